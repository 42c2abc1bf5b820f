/*
 * audit - counting again, a few at a time, while the queue goes on
 *
 * What was passed by is told from the key alone (table_is_behind), so that a change to it is
 * counted once: here when it was passed, and by the walk when it was not.
 */
#include "queue/queue_inside.h"

#include <stdlib.h>

struct queue_audit {
	struct queue *q; /* NULL: it was closed */
	struct queue_audit *next;
	uint64_t cursor;
	uint64_t states[RECIPIENT_STATE_COUNT]; /* recipients in each, of messages that are here */
};

struct queue_audit *
queue_audit_new(struct queue *q)
{
	struct queue_audit *const a = calloc(1, sizeof *a);
	if (a == NULL)
		return NULL;
	a->q = q;
	a->next = q->audits;
	q->audits = a;
	return a;
}

bool
queue_audit_go(struct queue_audit *a, size_t most)
{
	struct table_node *node;
	if (a->q == NULL)
		return false;
	for (size_t seen = 0; seen < most;) {
		if (!table_walk(&a->q->messages, &a->cursor, &node))
			return false;
		for (seen++; node != NULL; node = node->next) {
			const struct message *const m = MESSAGE_AT(node);
			for (uint32_t i = 0; i < m->recipient_count; i++, seen++)
				a->states[m->recipients[i].state]++;
		}
	}
	return true;
}

bool
queue_audit_is_right(const struct queue_audit *a, struct queue_counts *out)
{
	uint64_t final = 0, done_here = 0; /* final, but its message still has others */
	if (a->q == NULL) {
		*out = (struct queue_counts){0};
		return false;
	}
	queue_count(a->q, out);
	const uint64_t waiting = a->states[RECIPIENT_WAITING], held = a->states[RECIPIENT_HELD];
	for (int s = 0; s < RECIPIENT_STATE_COUNT; s++) {
		final += out->final[s];
		if (recipient_is_final((enum recipient_state)s))
			done_here += a->states[s];
	}
	return waiting == out->waiting && held == out->held && final >= done_here &&
	       out->accepted == final + waiting + held;
}

void
queue_audit_free(struct queue_audit *a)
{
	if (a == NULL)
		return;
	if (a->q != NULL) {
		struct queue_audit **at = &a->q->audits;
		while (*at != a)
			at = &(*at)->next;
		*at = a->next;
	}
	free(a);
}

void
audits_count(struct queue *q, const struct message *m, unsigned state, int more)
{
	for (struct queue_audit *a = q->audits; a != NULL; a = a->next)
		if (table_is_behind(&m->node, a->cursor))
			a->states[state] += (uint64_t)(int64_t)more;
}

void
audits_end(struct queue *q)
{
	for (struct queue_audit *a = q->audits; a != NULL; a = a->next)
		a->q = NULL;
	q->audits = NULL;
}

bool
queue_audit(struct queue *q, struct queue_counts *out)
{
	struct queue_audit *const a = queue_audit_new(q);
	if (a == NULL)
		return false;
	while (queue_audit_go(a, SIZE_MAX))
		continue;
	const bool is_right = queue_audit_is_right(a, out);
	queue_audit_free(a);
	return is_right;
}
