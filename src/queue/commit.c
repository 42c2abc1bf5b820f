/*
 * commit - what becomes durable together: checked, written as entries of a frame, and put into the
 * index when the frame is on the disk
 */
#include "queue/queue_inside.h"

#include <errno.h>
#include <stdlib.h>

static bool
progress_fits(const struct recipient_progress *p)
{
	return p->why.len <= QUEUE_TEXT_MAX && p->reply.len <= QUEUE_TEXT_MAX &&
	       p->peer.len <= QUEUE_TEXT_MAX && p->note.len <= QUEUE_TEXT_MAX &&
	       (unsigned)p->state < RECIPIENT_STATE_COUNT;
}

static bool
envelope_fits(const struct queue_envelope *v)
{
	const struct str texts[] = {
		v->reverse_path, v->envelope_id, v->account, v->client, v->helo, v->session};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i].len > QUEUE_TEXT_MAX)
			return false;
	if (v->recipient_count == 0 || v->recipient_count > QUEUE_RECIPIENTS_MAX)
		return false;
	for (size_t i = 0; i < v->recipient_count; i++) {
		const struct queue_recipient *const r = &v->recipients[i];
		if (r->forward_path.len == 0 || r->forward_path.len > QUEUE_TEXT_MAX ||
			r->original.len > QUEUE_TEXT_MAX || !progress_fits(&r->progress) ||
			r->list > v->recipient_count || recipient_is_final(r->progress.state))
			return false;
	}
	return true;
}

/* Of the message that comes with the same commit? */
static bool
change_is_of_new(const struct queue_commit *commit, const struct queue_change *c)
{
	return commit->intake != NULL && c->message == commit->intake->id;
}

/* May this change be made now? */
static int
change_check(const struct queue *q, const struct queue_commit *commit, const struct queue_change *c,
	enum recipient_state *from)
{
	if (change_is_of_new(commit, c)) {
		if (c->recipient >= commit->envelope->recipient_count)
			return -ENOENT;
		*from = commit->envelope->recipients[c->recipient].progress.state;
		return progress_fits(&c->to) ? 0 : -EINVAL;
	}
	const struct message *const m = message_find(q, c->message);
	if (m == NULL || c->recipient >= m->recipient_count)
		return -ENOENT;
	*from = (enum recipient_state)m->recipients[c->recipient].state;
	if (recipient_is_final(*from))
		return -EALREADY;
	if (m->recipients[c->recipient].is_changing)
		return -EBUSY;
	return progress_fits(&c->to) ? 0 : -EINVAL;
}

/* fresh: the message that is not in the index yet, or NULL. */
static void
change_mark(struct queue *q, struct message *fresh, const struct change_made *c, bool begins)
{
	struct message *const m = fresh != NULL && fresh->node.key == c->message
					  ? fresh
					  : message_find(q, c->message);
	m->recipients[c->recipient].is_changing = begins;
	if (begins)
		m->changing++;
	else
		m->changing--;
}

/* The new message is on the disk: now it is in the index. */
static void
message_arrive(struct job *job)
{
	struct queue *const q = job->q;
	struct queue_intake *const in = job->intake;
	struct message *const m = job->message;
	if (job->body_bytes > 0)
		extents_add(&in->body, extent_make(job->write.segment,
					       job->write.offset + job->body_at, job->body_bytes));
	if (job->front_bytes > 0)
		extents_add_front(
			&in->body, extent_make(job->write.segment,
					   job->write.offset + job->front_at, job->front_bytes));
	const uint64_t oldest = extents_oldest(&in->body, job->write.segment);
	message_body_set(m, &in->body);
	message_words_move(m, job->write.segment, job->write.offset);
	struct home *const h = home_get(q, job->write.segment);
	h->counts.messages++;
	h->counts.accepted += m->recipient_count;
	message_add(q, m);
	message_home_set(q, m, oldest);
	job->message = NULL;
}

static void
commit_finish(struct job *job)
{
	struct queue *const q = job->q;
	const int error = job->write.error;
	if (error == 0 && job->message != NULL)
		message_arrive(job);
	for (size_t i = 0; i < job->change_count; i++) {
		struct change_made *const c = &job->changes[i];
		change_mark(q, job->message, c, false);
		if (error != 0)
			continue;
		struct home *const h = home_get(q, job->write.segment);
		if (recipient_is_final((enum recipient_state)c->to.state))
			h->counts.final[c->to.state]++;
		if (c->to.words.bytes > 0) {
			const struct extent w = c->to.words;
			c->to.words = extent_make(
				job->write.segment, job->write.offset + w.offset, w.bytes);
		}
		message_apply(q, message_find(q, c->message), c);
	}
	if (job->intake != NULL) {
		job->intake->in_flight--;
		queue_intake_drop(job->intake);
	}
	message_free(job->message);
	free(job->changes);
	if (job->answer != NULL)
		job->answer(job->to, error);
}

/* One entry of a body; *at: where its bytes are in the payload. */
static void
part_write(struct buf *payload, enum entry_kind kind, const struct queue_intake *in,
	struct str bytes, size_t *at, size_t *len)
{
	if (bytes.len == 0)
		return;
	*at = payload->len + ENTRY_HEAD_BYTES + ENTRY_BODY_HEAD_BYTES;
	*len = bytes.len;
	entry_body_write(payload, kind, &(struct entry_body){in->id, in->generation, bytes});
}

/* The new message as an entry, and as a thing for the index; NULL when memory ran out. */
static struct message *
message_write(struct buf *payload, struct queue_intake *in, const struct queue_envelope *envelope,
	struct job *parts)
{
	part_write(
		payload, ENTRY_BODY, in, buf_str(&in->part), &parts->body_at, &parts->body_bytes);
	part_write(payload, ENTRY_FRONT, in, buf_str(&in->front), &parts->front_at,
		&parts->front_bytes);
	const size_t at = payload->len;
	entry_message_write(payload, ENTRY_MESSAGE,
		&(struct entry_message){.message = in->id,
			.generation = in->generation,
			.body_bytes = in->bytes,
			.envelope = *envelope});
	struct str rest = str_from(buf_str(payload), at);
	struct entry entry;
	struct entry_message e;
	bool is_sound;
	if (buf_failed(payload) || !entry_next(&rest, &entry) ||
		!entry_message_parse(entry.content, &e))
		return NULL;
	const struct standing nowhere_yet = {.payload = buf_str(payload)};
	return message_new(in->q, &e, &nowhere_yet, &is_sound);
}

/* A change as an entry, and for the index; false when memory ran out. */
static bool
change_write(struct buf *payload, struct queue *q, const struct queue_commit *commit,
	const struct queue_change *change, struct change_made *out)
{
	struct entry_change e = {.change = *change};
	change_check(q, commit, change, &e.from);
	const size_t at = entry_change_write(payload, &e);
	*out = (struct change_made){.message = change->message, .recipient = change->recipient};
	return !buf_failed(payload) &&
	       progress_keep(q, &change->to, extent_make(0, at, payload->len - at), &out->to);
}

/* No less than what it takes in a frame. */
static size_t
commit_bytes(const struct queue_commit *c)
{
	size_t n = 0;
	if (c->intake != NULL)
		n = ENTRY_FIXED_MAX * (3 + c->envelope->recipient_count) + c->intake->part.len +
		    c->intake->front.len + envelope_bytes(c->envelope, c->envelope->recipients);
	for (size_t i = 0; i < c->change_count; i++)
		n += ENTRY_FIXED_MAX + progress_bytes(&c->changes[i].to);
	return n;
}

static bool
is_behind(const struct queue_change *a, const struct queue_change *b)
{
	return a->message > b->message || (a->message == b->message && a->recipient > b->recipient);
}

static int
commit_check(struct queue *q, const struct queue_commit *c)
{
	if (c->intake != NULL) {
		if (c->intake->error != 0)
			return c->intake->error;
		if (!envelope_fits(c->envelope))
			return -EINVAL;
	}
	if (commit_bytes(c) > FRAME_PAYLOAD_MAX)
		return -E2BIG;
	bool is_in_order = true; /* then none is there twice */
	for (size_t i = 0; i < c->change_count; i++) {
		enum recipient_state from;
		const int error = change_check(q, c, &c->changes[i], &from);
		if (error != 0)
			return error;
		is_in_order =
			is_in_order && (i == 0 || is_behind(&c->changes[i], &c->changes[i - 1]));
		for (size_t k = 0; !is_in_order && k < i; k++) /* few */
			if (c->changes[k].message == c->changes[i].message &&
				c->changes[k].recipient == c->changes[i].recipient)
				return -EBUSY;
	}
	return 0;
}

int
queue_commit(struct queue *q, const struct queue_commit *c)
{
	if (c->intake != NULL)
		intake_join(c->intake);
	int error = commit_check(q, c);
	if (error != 0)
		return error;
	error = -ENOMEM;
	struct buf payload;
	buf_init(&payload, FRAME_PAYLOAD_MAX);
	struct job parts = {0}, *job = NULL;
	struct message *message = NULL;
	size_t made = 0;
	struct change_made *const changes =
		calloc(c->change_count > 0 ? c->change_count : 1, sizeof *changes);
	if (changes == NULL || !table_reserve(&q->messages, 1) || !homes_reserve(q))
		goto fail;
	if (c->intake != NULL) {
		if (!extents_reserve(&c->intake->body, c->intake->in_flight + 2))
			goto fail;
		message = message_write(&payload, c->intake, c->envelope, &parts);
		if (message == NULL)
			goto fail;
	}
	for (; made < c->change_count; made++)
		if (!change_write(&payload, q, c, &c->changes[made], &changes[made]))
			goto fail;
	job = job_new(q, &payload, c->intake != NULL ? c->intake->era : journal_era(q->journal),
		commit_finish);
	if (job == NULL)
		goto fail;
	job->intake = c->intake;
	job->body_at = parts.body_at;
	job->body_bytes = parts.body_bytes;
	job->front_at = parts.front_at;
	job->front_bytes = parts.front_bytes;
	job->message = message;
	job->changes = changes;
	job->change_count = c->change_count;
	job->answer = c->answer;
	job->to = c->to;
	if (job->intake != NULL)
		job->intake->in_flight++;
	for (size_t i = 0; i < made; i++)
		change_mark(q, message, &changes[i], true);
	job_submit(job);
	return 0;
fail:
	free(changes);
	message_free(message);
	buf_fini(&payload);
	return error;
}
