/*
 * lanes - who stands in line for which place, and whose turn it is
 *
 * Lanes that have somebody in line form a ring and take turns, so that one busy place cannot hold
 * up the others. Who finds no room in its lane waits there, as 16 bytes.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "deliver/inside.h"

struct lane *
lane_find(const struct deliver *d, struct str name)
{
	return LANE_OF(table_find(&d->lanes, hash_add_case(HASH_FIRST, name)));
}

/* Two names of one hash share a lane, which harms nobody: each parcel knows where it goes. */
struct lane *
lane_get(struct deliver *d, struct str name)
{
	const uint64_t hash = hash_add_case(HASH_FIRST, name);
	struct lane *l = LANE_OF(table_find(&d->lanes, hash));
	if (l != NULL)
		return l;
	l = calloc(1, sizeof *l);
	if (l == NULL || !table_reserve(&d->lanes, 1)) {
		free(l);
		return NULL;
	}
	l->end = &l->first;
	table_add(&d->lanes, &l->node, hash);
	d->counts.lanes++;
	return l;
}

static void
ring_add(struct deliver *d, struct lane *l)
{
	l->next = NULL;
	l->link = d->ring_end;
	*d->ring_end = l;
	d->ring_end = &l->next;
}

static void
ring_remove(struct deliver *d, struct lane *l)
{
	*l->link = l->next;
	if (l->next != NULL)
		l->next->link = l->link;
	else
		d->ring_end = l->link;
	l->link = NULL;
}

/* Who found the lane full is looked at when it is due, as everybody: the lane does not take turns
 * any more. */
static void
full_release(struct deliver *d, struct lane *l, size_t most)
{
	for (; most > 0 && l->full.count > 0; most--) {
		const int64_t at_ms = due_next(&l->full);
		if (!due_add(&d->due, at_ms, due_take(&l->full, at_ms)))
			plan_walk_later(d);
	}
}

static void
lane_end(struct deliver *d, struct lane *l)
{
	if (l->in_line > 0 || l->under_way > 0)
		return;
	full_release(d, l, SIZE_MAX);
	table_remove(&d->lanes, &l->node);
	d->counts.lanes--;
	due_fini(&l->full);
	free(l);
}

void
lane_add(struct deliver *d, struct lane *l, struct parcel *p)
{
	p->lane = l;
	p->next = NULL;
	*l->end = p;
	l->end = &p->next;
	if (l->in_line++ == 0)
		ring_add(d, l);
	d->in_line++;
	d->counts.in_line += p->count;
}

static struct parcel *
lane_take(struct deliver *d, struct lane *l)
{
	struct parcel *const p = l->first;
	l->first = p->next;
	p->next = NULL;
	if (l->first == NULL)
		l->end = &l->first;
	if (--l->in_line == 0) {
		ring_remove(d, l);
		full_release(d, l, LANE_PARCELS_MAX);
	}
	d->in_line--;
	d->counts.in_line -= p->count;
	return p;
}

static bool
carrier_is_local(enum carrier carrier)
{
	return carrier == CARRIER_MAILDIR || carrier == CARRIER_PIPE;
}

static bool
carrier_has_room(struct deliver *d, const struct lane *l)
{
	const struct parcel *const p = l->first;
	if (carrier_is_local(p->carrier))
		return local_has_room(d->local, p->carrier);
	/* One is always with the remote side: its return is what wakes the lane again. */
	return d->away < d->settings.max_deliveries && (l->under_way == 0 || away_has_room(d, p));
}

static void
parcel_start(struct deliver *d, struct lane *l)
{
	struct parcel *const p = lane_take(d, l);
	l->under_way++;
	d->under_way++;
	p->began_ms = deliver_now(d);
	if (carrier_is_local(p->carrier)) {
		local_start(d->local, p);
	} else {
		d->away++;
		away_start(d, p);
	}
}

/* Each lane of the ring gets a turn, again and again, until nobody has room. */
void
lanes_turn(struct deliver *d)
{
	bool did = true;
	while (did) {
		did = false;
		struct lane *l = d->ring;
		struct lane *const last =
			l == NULL ? NULL : TABLE_OWNER(d->ring_end, struct lane, next);
		while (l != NULL) {
			struct lane *const next = l == last ? NULL : l->next;
			if (carrier_has_room(d, l)) {
				parcel_start(d, l);
				did = true;
			}
			l = next;
		}
	}
}

void
deliver_returned(void *to, struct parcel *p)
{
	struct deliver *const d = to;
	struct lane *const l = p->lane;
	settle(d, p);
	l->under_way--;
	d->under_way--;
	d->away -= !carrier_is_local(p->carrier);
	lane_end(d, l);
	parcel_free(p);
	deliver_wake(d);
}

/* What stands in line was not begun: it waits in the queue as it did before. */
void
lanes_clear(struct deliver *d)
{
	while (d->ring != NULL) {
		struct lane *const l = d->ring;
		struct parcel *const p = lane_take(d, l);
		for (size_t i = 0; i < p->count; i++)
			deliver_landed(d, p->message, p->recipients[i].place, 0);
		parcel_free(p);
		lane_end(d, l);
	}
}

void
lanes_fini(struct deliver *d)
{
	for (struct table_node *n; (n = table_next(&d->lanes, NULL)) != NULL;) {
		table_remove(&d->lanes, n);
		due_fini(&LANE_OF(n)->full);
		free(LANE_OF(n));
	}
	table_fini(&d->lanes);
}
