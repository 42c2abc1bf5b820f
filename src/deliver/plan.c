/*
 * plan - when to look at a message, and which of its recipients are under way
 *
 * A heap of (time, message) says when; it is a hint, for who is due the queue says. A message some
 * of whose recipients are under way has a flight, which knows them.
 */
#include <assert.h>
#include <stdlib.h>

#include "deliver/inside.h"

#define WALK_AGAIN_MS 30000

/* ---- when to look at a message */

/* The message must be found again by a walk, since there was no memory for it. */
void
plan_walk_later(struct deliver *d)
{
	d->must_walk = true;
	d->walk_ms = deliver_now(d) + WALK_AGAIN_MS;
}

void
plan_look(struct deliver *d, uint64_t message, int64_t at_ms)
{
	if (at_ms == INT64_MAX)
		return;
	struct flight *const f = FLIGHT_OF(table_find(&d->flights, message));
	if (f != NULL) {
		if (f->planned_ms <= at_ms)
			return; /* that look will plan the next */
		f->planned_ms = at_ms;
	}
	if (!due_add(&d->due, at_ms, message))
		plan_walk_later(d);
}

bool
flight_has(const struct flight *f, uint32_t recipient)
{
	return f != NULL && recipient < f->recipient_count &&
	       (f->busy[recipient / 8] >> recipient % 8 & 1) != 0;
}

/* When the first recipient that waits, and is not under way, is due. */
int64_t
plan_message_due(struct deliver *d, const struct queue_message *m)
{
	const struct flight *const f = FLIGHT_OF(table_find(&d->flights, m->id));
	int64_t first = INT64_MAX;
	for (size_t i = 0; i < m->envelope.recipient_count; i++) {
		const struct recipient_progress p = queue_recipient(m, i).progress;
		if (p.state == RECIPIENT_WAITING && p.due_ms < first && !flight_has(f, (uint32_t)i))
			first = p.due_ms;
	}
	return first;
}

static bool
walk_visit(void *to, const struct queue_message *m)
{
	struct deliver *const d = to;
	const int64_t at_ms = plan_message_due(d, m);
	if (at_ms != INT64_MAX && !due_add(&d->due, at_ms, m->id)) {
		plan_walk_later(d);
		return false;
	}
	return true;
}

void
plan_walk(struct deliver *d)
{
	d->must_walk = false;
	due_clear(&d->due);
	for (struct table_node *n = NULL; (n = table_next(&d->flights, n)) != NULL;)
		FLIGHT_OF(n)->planned_ms = INT64_MAX;
	for (struct table_node *n = NULL; (n = table_next(&d->lanes, n)) != NULL;)
		due_clear(&LANE_OF(n)->full);
	queue_each(d->options.queue, walk_visit, d);
}

/* Entries that nobody needs any more are rare; when they are many all the same, begin anew. */
void
plan_tidy(struct deliver *d, size_t *limit)
{
	if (d->due.count <= *limit)
		return;
	struct queue_counts counts;
	queue_count(d->options.queue, &counts);
	const size_t messages = (size_t)counts.here;
	if (d->due.count > 2 * messages + DUE_SLACK)
		plan_walk(d);
	*limit = 2 * messages + 2 * DUE_SLACK;
}

/* ---- recipients under way */

struct flight *
flight_get(struct deliver *d, const struct queue_message *m)
{
	struct flight *f = FLIGHT_OF(table_find(&d->flights, m->id));
	if (f != NULL)
		return f;
	const size_t count = m->envelope.recipient_count;
	f = calloc(1, sizeof *f + (count + 7) / 8);
	if (f == NULL || !table_reserve(&d->flights, 1)) {
		free(f);
		return NULL;
	}
	f->recipient_count = count;
	f->planned_ms = INT64_MAX;
	table_add(&d->flights, &f->node, m->id);
	return f;
}

void
flight_end(struct deliver *d, struct flight *f)
{
	if (f->recipients > 0)
		return;
	table_remove(&d->flights, &f->node);
	free(f);
}

void
deliver_landed(struct deliver *d, uint64_t message, uint32_t recipient, int64_t not_before_ms)
{
	struct flight *const f = FLIGHT_OF(table_find(&d->flights, message));
	assert(f != NULL && flight_has(f, recipient));
	f->busy[recipient / 8] &= (unsigned char)~(1u << recipient % 8);
	f->recipients--;
	d->counts.under_way--;
	struct queue_message m;
	if (queue_find(d->options.queue, message, &m) && recipient < m.envelope.recipient_count) {
		const struct recipient_progress p = queue_recipient(&m, recipient).progress;
		if (p.state == RECIPIENT_WAITING)
			plan_look(d, message, p.due_ms > not_before_ms ? p.due_ms : not_before_ms);
	}
	flight_end(d, f);
	deliver_wake(d);
}

void
deliver_note_told(struct deliver *d, uint64_t message)
{
	struct flight *const f = FLIGHT_OF(table_find(&d->flights, message));
	if (f != NULL)
		f->is_told = true;
}

bool
deliver_was_told(const struct deliver *d, uint64_t message)
{
	const struct flight *const f = FLIGHT_OF(table_find(&d->flights, message));
	return f != NULL && f->is_told;
}

bool
deliver_is_under_way(const struct deliver *d, uint64_t message, uint32_t recipient)
{
	return flight_has(FLIGHT_OF(table_find(&d->flights, message)), recipient);
}

void
flights_fini(struct deliver *d)
{
	for (struct table_node *n; (n = table_next(&d->flights, NULL)) != NULL;) {
		table_remove(&d->flights, n);
		free(FLIGHT_OF(n));
	}
	table_fini(&d->flights);
}
