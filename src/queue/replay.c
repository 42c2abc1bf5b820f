/*
 * replay - the index, made again from the journal
 *
 * Entries come in the order in which they became durable. What is met without its beginning
 * belongs to a message that was finished, or that was moved forward and comes again.
 */
#include "queue/queue_inside.h"

#include <errno.h>
#include <stdlib.h>

#define WHY_DAMAGED STR("damaged")

/* Parts of a message, before its entry. */
struct draft {
	struct table_node node;
	uint64_t generation;
	struct extents body;
};

#define DRAFT_OF(node_) TABLE_OWNER(node_, struct draft, node)

static void
draft_free(struct queue *q, struct draft *d)
{
	if (d == NULL)
		return;
	table_remove(&q->drafts, &d->node);
	free(d->body.list);
	free(d);
}

static void
replay_body(struct queue *q, enum entry_kind kind, const struct entry_body *e, struct extent x)
{
	struct draft *d = DRAFT_OF(table_find(&q->drafts, e->message));
	if (d != NULL && d->generation != e->generation) {
		draft_free(q, d); /* a copy that was never finished */
		d = NULL;
	}
	if (d == NULL) {
		if (!table_reserve(&q->drafts, 1) || (d = calloc(1, sizeof *d)) == NULL) {
			q->replay_error = -ENOMEM;
			return;
		}
		d->generation = e->generation;
		table_add(&q->drafts, &d->node, e->message);
	}
	if (!extents_reserve(&d->body, 1))
		q->replay_error = -ENOMEM;
	else if (kind == ENTRY_FRONT)
		extents_add_front(&d->body, x);
	else
		extents_add(&d->body, x);
}

/* A message without its bytes cannot be sent, and is not thrown away either. */
static void
message_hold_damaged(struct queue *q, struct message *m)
{
	uint64_t bytes = 0;
	uint16_t why;
	for (uint32_t i = 0; i < m->part_count; i++)
		bytes += message_parts(m)[i].bytes;
	if (bytes == m->body_bytes)
		return;
	char id[QUEUE_ID_BYTES];
	queue_id_text(m->node.key, id);
	queue_alarm_say(q, "message %s: part of its body is not readable; it is held", id);
	if (!why_keep(&q->whys, WHY_DAMAGED, &why))
		q->replay_error = -ENOMEM;
	for (uint32_t i = 0; i < m->recipient_count; i++) {
		struct kept_recipient *const k = &m->recipients[i];
		if (recipient_is_final((enum recipient_state)k->state))
			continue;
		recipient_state_set(q, m, i, RECIPIENT_HELD);
		k->why = (uint32_t)why & WHYS_MAX;
	}
}

/* False when the entry is none; want of memory shows in replay_error. */
static bool
replay_message(struct queue *q, enum entry_kind kind, const struct entry_message *e,
	const struct standing *p)
{
	const uint64_t segment = p->segment;
	struct draft *const d = DRAFT_OF(table_find(&q->drafts, e->message));
	struct extents body = {0};
	if (d != NULL && d->generation == e->generation) {
		body = d->body;
		d->body = (struct extents){0};
	}
	draft_free(q, d);

	struct message *m = message_find(q, e->message);
	const bool was_known = m != NULL;
	bool is_sound = true;
	if (was_known) {
		/* When the new copy is not whole, the one it had is the better one. */
		is_sound = body.bytes != e->body_bytes || message_words_set(q, m, e, p);
		if (body.bytes != e->body_bytes || !is_sound) {
			free(body.list);
			return is_sound;
		}
	} else {
		m = table_reserve(&q->messages, 1) ? message_new(q, e, p, &is_sound) : NULL;
		if (m == NULL) {
			if (is_sound)
				q->replay_error = -ENOMEM;
			free(body.list);
			return is_sound;
		}
		message_add(q, m);
	}
	if (kind == ENTRY_MESSAGE) {
		struct home *const h = home_get(q, segment);
		h->counts.messages++;
		h->counts.accepted += e->envelope.recipient_count;
	}
	const uint64_t oldest = extents_oldest(&body, segment);
	message_body_set(m, &body);
	message_home_set(q, m, oldest);
	return true;
}

static void
replay_change(struct queue *q, const struct entry_change *e, const struct standing *p)
{
	const struct queue_change *const c = &e->change;
	if (recipient_is_final(c->to.state) && !recipient_is_final(e->from))
		home_get(q, p->segment)->counts.final[c->to.state]++;
	struct message *const m = message_find(q, c->message);
	if (m == NULL || c->recipient >= m->recipient_count)
		return;
	struct change_made made = {.message = c->message, .recipient = c->recipient};
	if (progress_keep(q, &c->to, standing_part(p, e->said), &made.to))
		message_apply(q, m, &made);
	else
		q->replay_error = -ENOMEM;
}

static void
replay_base(struct queue *q, const struct entry_base *e)
{
	q->base = e->counts;
	if (e->last_id > q->last_id)
		q->last_id = e->last_id;
	/* The segment may still be there, when the crash came before it was gone. */
	for (size_t i = 0; i < q->home_count; i++)
		if (q->homes[i].number <= e->through)
			q->homes[i].counts = (struct queue_counts){0};
}

void
replay_frame(void *to, uint64_t segment, uint64_t offset, struct str payload)
{
	struct queue *const q = to;
	const struct standing standing = {payload, segment, offset};
	struct str rest = payload;
	struct entry e;
	if (!homes_reserve(q)) {
		q->replay_error = -ENOMEM;
		return;
	}
	home_get(q, segment);
	while (rest.len > 0 && q->replay_error == 0) {
		struct entry_body body;
		struct entry_message message;
		struct entry_change change;
		struct entry_base base;
		bool ok = entry_next(&rest, &e);
		if (!ok)
			rest = STR_NONE;
		else if (e.kind == ENTRY_BODY || e.kind == ENTRY_FRONT) {
			ok = entry_body_parse(e.content, &body);
			if (ok)
				replay_body(q, e.kind, &body, standing_part(&standing, body.bytes));
		} else if (e.kind == ENTRY_MESSAGE || e.kind == ENTRY_COPY) {
			ok = entry_message_parse(e.content, &message);
			if (ok)
				ok = replay_message(q, e.kind, &message, &standing);
		} else if (e.kind == ENTRY_CHANGE) {
			ok = entry_change_parse(e.content, &change);
			if (ok)
				replay_change(q, &change, &standing);
		} else {
			ok = entry_base_parse(e.content, &base);
			if (ok)
				replay_base(q, &base);
		}
		if (!ok)
			queue_alarm_say(q,
				"segment %llu, byte %llu: an entry of a newer version, or a fault "
				"of ours; skipped",
				(unsigned long long)segment, (unsigned long long)offset);
	}
}

void
replay_trouble(void *to, enum journal_trouble what, uint64_t segment, uint64_t from, uint64_t end)
{
	static const char *const words[] = {
		[JOURNAL_TORN_END] = "ends in a write that was cut off; nothing promised is lost",
		[JOURNAL_DAMAGED] = "is damaged: messages may be lost; the file will be kept",
		[JOURNAL_NO_HEAD] = "is not readable: messages are lost; the file will be kept",
	};
	queue_alarm_say(to, "segment %llu, bytes %llu to %llu: %s", (unsigned long long)segment,
		(unsigned long long)from, (unsigned long long)end, words[what]);
}

int
replay_done(struct queue *q)
{
	struct table_node *node;
	for (uint64_t cursor = 0; table_walk(&q->drafts, &cursor, &node);)
		for (struct table_node *next; node != NULL; node = next) {
			next = node->next;
			draft_free(q, DRAFT_OF(node)); /* never accepted */
		}
	table_fini(&q->drafts);
	for (struct message *m = MESSAGE_OF(table_next(&q->messages, NULL)); m != NULL;
		m = MESSAGE_OF(table_next(&q->messages, &m->node)))
		message_hold_damaged(q, m);
	/* Copies begun in this run are unlike those of any run before, which wrote segments of
	 * other numbers. */
	q->generation = journal_extent(q->journal).newest << 32;
	return q->replay_error;
}
