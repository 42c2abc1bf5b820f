/* index - what is kept in memory of the messages that are not finished */
#include "queue/queue_inside.h"

#include <assert.h>
#include <stdlib.h>

/* ---- texts in one block */

struct texts {
	char *at;
};

static struct str
text_keep(struct texts *t, struct str s)
{
	const struct str kept = {t->at, s.len};
	if (s.len > 0)
		memcpy(t->at, s.ptr, s.len);
	t->at += s.len;
	return kept;
}

size_t
progress_bytes(const struct recipient_progress *p)
{
	return p->why.len + p->reply.len + p->peer.len + p->note.len;
}

static void
progress_keep(struct texts *t, struct recipient_progress *p)
{
	p->why = text_keep(t, p->why);
	p->reply = text_keep(t, p->reply);
	p->peer = text_keep(t, p->peer);
	p->note = text_keep(t, p->note);
}

size_t
envelope_bytes(const struct queue_envelope *v, const struct queue_recipient *recipients)
{
	size_t n = v->reverse_path.len + v->envelope_id.len + v->account.len + v->client.len +
		   v->helo.len + v->session.len;
	for (size_t i = 0; i < v->recipient_count; i++)
		n += recipients[i].forward_path.len + recipients[i].original.len +
		     progress_bytes(&recipients[i].progress);
	return n;
}

static void
envelope_keep(struct texts *t, struct queue_envelope *v)
{
	v->reverse_path = text_keep(t, v->reverse_path);
	v->envelope_id = text_keep(t, v->envelope_id);
	v->account = text_keep(t, v->account);
	v->client = text_keep(t, v->client);
	v->helo = text_keep(t, v->helo);
	v->session = text_keep(t, v->session);
	for (size_t i = 0; i < v->recipient_count; i++) {
		struct queue_recipient *const r = &v->recipients[i];
		r->forward_path = text_keep(t, r->forward_path);
		r->original = text_keep(t, r->original);
		progress_keep(t, &r->progress);
	}
}

/* ---- messages */

struct message *
message_find(const struct queue *q, uint64_t id)
{
	return MESSAGE_OF(table_find(&q->messages, id));
}

struct message *
message_new(const struct entry_message *e, const struct queue_recipient *recipients)
{
	struct message *const m = calloc(1, sizeof *m);
	if (m == NULL)
		return NULL;
	struct queue_envelope *const v = &m->shown.envelope;
	m->shown.id = e->message;
	m->shown.body_bytes = e->body_bytes;
	*v = e->envelope;
	const size_t text_bytes = envelope_bytes(v, recipients);
	v->recipients = calloc(v->recipient_count, sizeof *v->recipients);
	m->inside = calloc(v->recipient_count, sizeof *m->inside);
	m->texts = malloc(text_bytes + 1);
	if (v->recipients == NULL || m->inside == NULL || m->texts == NULL) {
		message_free(m);
		return NULL;
	}
	memcpy(v->recipients, recipients, v->recipient_count * sizeof *recipients);
	envelope_keep(&(struct texts){m->texts}, v);
	for (size_t i = 0; i < v->recipient_count; i++)
		m->open_count += !recipient_is_final(v->recipients[i].progress.state);
	m->stored_bytes = e->body_bytes + text_bytes;
	return m;
}

void
message_free(struct message *m)
{
	if (m == NULL)
		return;
	if (m->inside != NULL)
		for (size_t i = 0; i < m->shown.envelope.recipient_count; i++)
			free(m->inside[i].said);
	free(m->inside);
	free(m->shown.envelope.recipients);
	free(m->texts);
	free(m->body.list);
	free(m);
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

void
message_add(struct queue *q, struct message *m)
{
	table_add(&q->messages, &m->node, m->shown.id);
	q->stored_bytes += m->stored_bytes;
	if (m->shown.id > q->last_id)
		q->last_id = m->shown.id;
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
	message_free(m);
}

/* ---- changes */

bool
change_make(const struct queue_change *from, struct change_made *out)
{
	*out = (struct change_made){
		.message = from->message, .recipient = from->recipient, .progress = from->to};
	out->said = malloc(progress_bytes(&from->to) + 1);
	if (out->said == NULL)
		return false;
	progress_keep(&(struct texts){out->said}, &out->progress);
	return true;
}

/* Takes over c->said. */
void
message_apply(struct queue *q, struct message *m, struct change_made *c)
{
	struct recipient_progress *const p = &m->shown.envelope.recipients[c->recipient].progress;
	struct recipient_inside *const inside = &m->inside[c->recipient];
	if (!recipient_is_final(p->state) && recipient_is_final(c->progress.state))
		m->open_count--;
	free(inside->said);
	inside->said = c->said;
	c->said = NULL;
	*p = c->progress;
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
