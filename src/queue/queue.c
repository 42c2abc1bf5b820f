/* queue - commits, their answers, and the looking */
#include "queue/queue.h"

#include "queue/queue_inside.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ALARM_BYTES 512

static const char *const state_names[RECIPIENT_STATE_COUNT] = {
	"waiting", "held", "delivered", "relayed", "bounced", "discarded"};

const char *
recipient_state_name(enum recipient_state state)
{
	return (unsigned)state < RECIPIENT_STATE_COUNT ? state_names[state] : "unknown";
}

void
queue_alarm_say(struct queue *q, const char *fmt, ...)
{
	if (q->options.alarm == NULL)
		return;
	char words[ALARM_BYTES];
	va_list ap;
	va_start(ap, fmt);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, a line above */
	vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	q->options.alarm(q->options.alarm_to, words);
}

/* ---- frames on their way */

/* Takes over the payload's memory, when it succeeds. */
struct job *
job_new(struct queue *q, struct buf *payload, uint32_t era, void (*finish)(struct job *))
{
	if (buf_failed(payload))
		return NULL;
	struct job *const job = calloc(1, sizeof *job);
	unsigned char *const bytes = malloc(frame_bytes(payload->len));
	if (job == NULL || bytes == NULL) {
		free(job);
		free(bytes);
		return NULL;
	}
	memcpy(bytes + FRAME_HEAD_BYTES, payload->ptr, payload->len);
	job->write.bytes = bytes;
	job->write.payload_bytes = payload->len;
	job->write.era = era;
	job->q = q;
	job->finish = finish;
	buf_fini(payload);
	return job;
}

void
job_submit(struct job *job)
{
	job->q->in_flight_bytes += job->write.payload_bytes;
	journal_submit(job->q->journal, &job->write);
}

static bool
jobs_finish(struct queue *q)
{
	struct journal_write *w = journal_take(q->journal);
	const bool had_one = w != NULL;
	while (w != NULL) {
		struct journal_write *const next = w->next;
		struct job *const job = (struct job *)w;
		q->in_flight_bytes -= w->payload_bytes;
		job->finish(job);
		free(w->bytes);
		free(job);
		w = next;
	}
	return had_one;
}

bool
queue_turn(struct queue *q)
{
	bool did = false;
	if (journal_wake_fd(q->journal) < 0)
		did = journal_turn(q->journal);
	did |= jobs_finish(q);
	did |= compact_step(q);
	return did;
}

int
queue_wake_fd(struct queue *q)
{
	return journal_wake_fd(q->journal);
}

bool
queue_is_busy(const struct queue *q)
{
	return q->in_flight_bytes > QUEUE_IN_FLIGHT_MAX;
}

bool
queue_has_room(struct queue *q, uint64_t bytes)
{
	const int64_t room = q->disk->ops->room(q->disk);
	return room >= 0 && (uint64_t)room >= q->options.keep_free_bytes &&
	       (uint64_t)room - q->options.keep_free_bytes >= bytes;
}

/* ---- committing */

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
			recipient_is_final(r->progress.state))
			return false;
	}
	return true;
}

/* May this change be made now? */
static int
change_check(const struct queue *q, const struct queue_change *c, enum recipient_state *from)
{
	const struct message *const m = message_find(q, c->message);
	if (m == NULL || c->recipient >= m->shown.envelope.recipient_count)
		return -ENOENT;
	*from = m->shown.envelope.recipients[c->recipient].progress.state;
	if (recipient_is_final(*from))
		return -EALREADY;
	if (m->inside[c->recipient].is_changing)
		return -EBUSY;
	return progress_fits(&c->to) ? 0 : -EINVAL;
}

static void
change_mark(struct queue *q, const struct change_made *c, bool begins)
{
	struct message *const m = message_find(q, c->message);
	m->inside[c->recipient].is_changing = begins;
	if (begins)
		m->changing++;
	else
		m->changing--;
}

static void
changes_free(struct change_made *changes, size_t count)
{
	for (size_t i = 0; changes != NULL && i < count; i++)
		free(changes[i].said);
	free(changes);
}

/* The new message is on the disk: now it is in the index. */
static void
message_arrive(struct job *job)
{
	struct queue *const q = job->q;
	struct queue_intake *const in = job->intake;
	struct message *const m = job->message;
	if (job->body_bytes > 0)
		extents_add(&in->body, (struct extent){job->write.segment,
					       job->write.offset + job->body_at, job->body_bytes});
	if (job->front_bytes > 0)
		extents_add_front(
			&in->body, (struct extent){job->write.segment,
					   job->write.offset + job->front_at, job->front_bytes});
	m->body = in->body;
	in->body = (struct extents){0};
	struct home *const h = home_get(q, job->write.segment);
	h->counts.messages++;
	h->counts.accepted += m->shown.envelope.recipient_count;
	message_add(q, m);
	message_home_set(q, m, extents_oldest(&m->body, job->write.segment));
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
		change_mark(q, c, false);
		if (error != 0)
			continue;
		struct home *const h = home_get(q, job->write.segment);
		if (recipient_is_final(c->progress.state))
			h->counts.final[c->progress.state]++;
		message_apply(q, message_find(q, c->message), c);
	}
	if (job->intake != NULL) {
		job->intake->in_flight--;
		queue_intake_drop(job->intake);
	}
	message_free(job->message);
	changes_free(job->changes, job->change_count);
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

/* The new message as an entry, and as a thing for the index. */
static struct message *
message_write(struct buf *payload, struct queue_intake *in, const struct queue_envelope *envelope,
	struct job *parts)
{
	part_write(
		payload, ENTRY_BODY, in, buf_str(&in->part), &parts->body_at, &parts->body_bytes);
	part_write(payload, ENTRY_FRONT, in, buf_str(&in->front), &parts->front_at,
		&parts->front_bytes);
	const struct entry_message e = {.message = in->id,
		.generation = in->generation,
		.body_bytes = in->bytes,
		.envelope = *envelope};
	entry_message_write(payload, ENTRY_MESSAGE, &e);
	return message_new(&e, envelope->recipients);
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
	for (size_t i = 0; i < c->change_count; i++) {
		enum recipient_state from;
		const int error = change_check(q, &c->changes[i], &from);
		if (error != 0)
			return error;
		for (size_t k = 0; k < i; k++) /* few, in practice one or a handful */
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
	for (; made < c->change_count; made++) {
		struct entry_change e = {.change = c->changes[made]};
		change_check(q, &e.change, &e.from);
		entry_change_write(&payload, &e);
		if (!change_make(&e.change, &changes[made]))
			goto fail;
	}
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
		change_mark(q, &changes[i], true);
	job_submit(job);
	return 0;
fail:
	changes_free(changes, c->change_count);
	message_free(message);
	buf_fini(&payload);
	return error;
}

/* ---- looking */

const struct queue_message *
queue_find(const struct queue *q, uint64_t id)
{
	const struct message *const m = message_find(q, id);
	return m == NULL ? NULL : &m->shown;
}

void
queue_each(const struct queue *q, queue_visit *fn, void *to)
{
	struct table_node *node = NULL;
	while ((node = table_next(&q->messages, node)) != NULL)
		if (!fn(to, &MESSAGE_OF(node)->shown))
			return;
}

int
queue_body_read(struct queue *q, uint64_t id, uint64_t offset, void *to, size_t bytes)
{
	const struct message *const m = message_find(q, id);
	if (m == NULL)
		return -ENOENT;
	char *at = to;
	for (size_t i = 0; i < m->body.count && bytes > 0; i++) {
		const struct extent *const x = &m->body.list[i];
		if (offset >= x->bytes) {
			offset -= x->bytes;
			continue;
		}
		const size_t n = x->bytes - offset < bytes ? (size_t)(x->bytes - offset) : bytes;
		const int error = journal_read(q->journal, x->segment, x->offset + offset, at, n);
		if (error != 0)
			return error;
		at += n;
		bytes -= n;
		offset = 0;
	}
	return bytes == 0 ? 0 : -ERANGE;
}

bool
queue_audit(const struct queue *q, struct queue_counts *out)
{
	*out = q->base;
	for (size_t i = 0; i < q->home_count; i++)
		counts_add(out, &q->homes[i].counts);
	struct table_node *node = NULL;
	uint64_t done_here = 0; /* final, but its message still has others */
	while ((node = table_next(&q->messages, node)) != NULL) {
		const struct queue_envelope *const v = &MESSAGE_OF(node)->shown.envelope;
		for (size_t i = 0; i < v->recipient_count; i++) {
			const enum recipient_state s = v->recipients[i].progress.state;
			out->waiting += s == RECIPIENT_WAITING;
			out->held += s == RECIPIENT_HELD;
			done_here += recipient_is_final(s);
		}
	}
	uint64_t final = 0;
	for (int s = 0; s < RECIPIENT_STATE_COUNT; s++)
		final += out->final[s];
	return final >= done_here && out->accepted == final + out->waiting + out->held;
}

/* ---- opening and closing */

int
queue_open(struct disk *disk, const struct queue_options *options, struct queue **out)
{
	struct queue *const q = calloc(1, sizeof *q);
	if (q == NULL)
		return -ENOMEM;
	q->disk = disk;
	q->options = *options;
	q->segment_bytes =
		options->segment_bytes == 0 ? SEGMENT_BYTES_DEFAULT : options->segment_bytes;
	if (q->options.keep_free_bytes == 0)
		q->options.keep_free_bytes = 2 * q->segment_bytes;
	const struct journal_reader reader = {q, replay_frame, replay_trouble};
	const struct journal_options journal = {options->segment_bytes, options->salt};
	int error = journal_open(disk, &journal, &reader, &q->journal);
	if (error == 0)
		error = replay_done(q);
	if (error != 0) {
		queue_close(q);
		return error;
	}
	*out = q;
	return 0;
}

int
queue_start(struct queue *q)
{
	return journal_start(q->journal);
}

void
queue_close(struct queue *q)
{
	if (q == NULL)
		return;
	if (q->journal != NULL) {
		while (q->in_flight_bytes > 0) {
			struct pollfd wake = {.fd = journal_wake_fd(q->journal), .events = POLLIN};
			if (wake.fd < 0)
				journal_turn(q->journal);
			else
				poll(&wake, 1, -1);
			jobs_finish(q);
		}
		compact_end(q);
		journal_close(q->journal);
	}
	struct table_node *node = NULL;
	while ((node = table_next(&q->messages, NULL)) != NULL)
		message_remove(q, MESSAGE_OF(node));
	table_fini(&q->messages);
	free(q->homes);
	free(q);
}
