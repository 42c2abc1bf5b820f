/* index - what is kept in memory of the messages that are not finished */
#include "queue/queue_inside.h"

#include <assert.h>
#include <stdlib.h>

/* ---- messages */

struct message *
message_find(const struct queue *q, uint64_t id)
{
	return MESSAGE_OF(table_find(&q->messages, id));
}

void
message_home_set(struct queue *q, struct message *m, uint64_t oldest)
{
	if (m->home_link != NULL) {
		*m->home_link = m->home_next;
		if (m->home_next != NULL)
			m->home_next->home_link = m->home_link;
	}
	struct home *const h = home_get(q, oldest);
	m->home_next = h->first;
	m->home_link = &h->first;
	if (h->first != NULL)
		h->first->home_link = &m->home_next;
	h->first = m;
}

/* How many wait and are held, with this one or without it. */
static void
state_count(struct queue *q, const struct message *m, unsigned state, int more)
{
	audits_count(q, m, state, more);
	if (state == RECIPIENT_WAITING)
		q->waiting += (uint64_t)(int64_t)more;
	else if (state == RECIPIENT_HELD)
		q->held += (uint64_t)(int64_t)more;
}

void
message_add(struct queue *q, struct message *m)
{
	table_add(&q->messages, &m->node, m->node.key);
	q->stored_bytes += m->stored_bytes;
	for (uint32_t i = 0; i < m->recipient_count; i++)
		state_count(q, m, m->recipients[i].state, 1);
	if (m->node.key > q->last_id)
		q->last_id = m->node.key;
}

void
message_remove(struct queue *q, struct message *m)
{
	if (m->home_link != NULL) {
		*m->home_link = m->home_next;
		if (m->home_next != NULL)
			m->home_next->home_link = m->home_link;
	}
	table_remove(&q->messages, &m->node);
	q->stored_bytes -= m->stored_bytes;
	for (uint32_t i = 0; i < m->recipient_count; i++)
		state_count(q, m, m->recipients[i].state, -1);
	message_free(m);
}

/* ---- changes */

void
recipient_state_set(struct queue *q, struct message *m, uint32_t place, enum recipient_state state)
{
	struct kept_recipient *const k = &m->recipients[place];
	if (!recipient_is_final((enum recipient_state)k->state) && recipient_is_final(state))
		m->open_count--;
	state_count(q, m, k->state, -1);
	k->state = (unsigned)state & 7;
	state_count(q, m, k->state, 1);
}

void
message_apply(struct queue *q, struct message *m, const struct change_made *c)
{
	struct kept_recipient *const k = &m->recipients[c->recipient];
	recipient_state_set(q, m, c->recipient, (enum recipient_state)c->to.state);
	k->due_ms = c->to.due_ms;
	k->why = c->to.why;
	k->attempts = c->to.attempts;
	message_words_put(q, m, c->recipient, c->to.words);
	if (m->open_count == 0 && m->changing == 0)
		message_remove(q, m);
}

/* ---- segments */

/* The lists point back at their heads, which have moved. */
static void
homes_relink(struct queue *q)
{
	for (size_t i = 0; i < q->home_count; i++)
		if (q->homes[i].first != NULL)
			q->homes[i].first->home_link = &q->homes[i].first;
}

bool
homes_reserve(struct queue *q)
{
	if (q->home_room - q->home_count >= HOMES_AHEAD)
		return true;
	const size_t room = q->home_count + HOMES_AHEAD + q->home_room;
	struct home *const homes = realloc(q->homes, room * sizeof *homes);
	if (homes == NULL)
		return false;
	q->homes = homes;
	q->home_room = room;
	homes_relink(q);
	return true;
}

void
home_drop_first(struct queue *q)
{
	counts_add(&q->base, &q->homes[0].counts);
	q->home_count--;
	memmove(q->homes, q->homes + 1, q->home_count * sizeof *q->homes);
	homes_relink(q);
}

/* Numbers come in order, so a new one goes to the end; room must have been reserved. */
struct home *
home_get(struct queue *q, uint64_t number)
{
	for (size_t i = q->home_count; i-- > 0;)
		if (q->homes[i].number == number)
			return &q->homes[i];
	assert(q->home_count < q->home_room);
	assert(q->home_count == 0 || q->homes[q->home_count - 1].number < number);
	struct home *const h = &q->homes[q->home_count++];
	*h = (struct home){.number = number};
	return h;
}

void
counts_add(struct queue_counts *to, const struct queue_counts *c)
{
	to->messages += c->messages;
	to->accepted += c->accepted;
	for (int s = 0; s < RECIPIENT_STATE_COUNT; s++)
		to->final[s] += c->final[s];
}

/* ---- bodies */

bool
extents_reserve(struct extents *e, size_t more)
{
	if (e->room - e->count >= more)
		return true;
	const size_t room = e->count + more + e->room;
	struct extent *const list = realloc(e->list, room * sizeof *list);
	if (list == NULL)
		return false;
	e->list = list;
	e->room = room;
	return true;
}

void
extents_add(struct extents *e, struct extent x)
{
	assert(e->count < e->room);
	e->list[e->count++] = x;
	e->bytes += x.bytes;
}

void
extents_add_front(struct extents *e, struct extent x)
{
	assert(e->count < e->room);
	memmove(e->list + 1, e->list, e->count * sizeof *e->list);
	e->list[0] = x;
	e->count++;
	e->bytes += x.bytes;
}

uint64_t
extents_oldest(const struct extents *e, uint64_t than)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->list[i].segment < than)
			than = e->list[i].segment;
	return than;
}
