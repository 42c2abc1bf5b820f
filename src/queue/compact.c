/*
 * compact - room taken by what is finished, given back
 *
 * The oldest segment goes first, always: a record that closes a message stands in a later segment
 * than the message, so the message is gone for good before that record is. What still lives in the
 * oldest one is copied to the end first. That is done when more than half of all is dead, so a
 * byte is copied once on average.
 */
#include "queue/queue_inside.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define STEP_BYTES (256u << 10)   /* copied in one turn */
#define MOVE_ARENA_MAX (1u << 30) /* 50,000 recipients with all their words, and room */
#define SPARE_SEGMENTS 4          /* not worth the copying below that */

struct mover {
	uint64_t message, generation;
	uint32_t era;
	uint64_t done;       /* bytes that were sent off */
	struct extents body; /* the new one */
	size_t in_flight;
	int error;
};

static void
mover_free(struct queue *q)
{
	if (q->mover == NULL)
		return;
	free(q->mover->body.list);
	free(q->mover);
	q->mover = NULL;
}

static void
move_part_finish(struct job *job)
{
	struct mover *const v = job->q->mover;
	v->in_flight--;
	if (job->write.error != 0)
		v->error = job->write.error;
	else
		extents_add(&v->body, extent_make(job->write.segment,
					      job->write.offset + job->body_at, job->body_bytes));
}

static void
move_finish(struct job *job)
{
	struct queue *const q = job->q;
	struct mover *const v = q->mover;
	struct message *const m = message_find(q, v->message);
	v->in_flight--;
	if (job->write.error == 0 && m != NULL) {
		const uint64_t oldest = extents_oldest(&v->body, job->write.segment);
		const struct standing in = {{(const char *)job->write.bytes + FRAME_HEAD_BYTES,
						    job->write.payload_bytes},
			job->write.segment, job->write.offset};
		struct str rest = in.payload;
		struct entry entry;
		struct entry_message e;
		const bool is_ours = entry_next(&rest, &entry) &&
				     entry_message_parse(entry.content, &e) &&
				     message_words_set(q, m, &e, &in);
		assert(is_ours); /* we wrote it */
		message_body_set(m, &v->body);
		message_home_set(q, m, oldest);
	}
	mover_free(q);
}

static bool
move_send(struct queue *q, struct buf *payload, void (*finish)(struct job *), size_t body_bytes)
{
	struct mover *const v = q->mover;
	struct job *job = NULL;
	if (homes_reserve(q) && extents_reserve(&v->body, v->in_flight + 1))
		job = job_new(q, payload, v->era, finish);
	if (job == NULL) {
		buf_fini(payload);
		v->error = -ENOMEM;
		return false;
	}
	job->body_at = ENTRY_HEAD_BYTES + ENTRY_BODY_HEAD_BYTES;
	job->body_bytes = body_bytes;
	v->in_flight++;
	job_submit(job);
	return true;
}

static bool
move_part(struct queue *q, const struct message *m)
{
	struct mover *const v = q->mover;
	const uint64_t left = m->body_bytes - v->done;
	const size_t n = left < STEP_BYTES ? (size_t)left : STEP_BYTES;
	char *const bytes = malloc(n);
	if (bytes == NULL) {
		v->error = -ENOMEM;
		return false;
	}
	v->error = queue_body_read(q, v->message, v->done, bytes, n);
	bool sent = false;
	if (v->error == 0) {
		struct buf payload;
		buf_init(&payload, FRAME_PAYLOAD_MAX);
		entry_body_write(&payload, ENTRY_BODY,
			&(struct entry_body){v->message, v->generation, {bytes, n}});
		sent = move_send(q, &payload, move_part_finish, n);
		v->done += n;
	}
	free(bytes);
	return sent;
}

/*
 * The recipients with their words, as many as fit a frame: a message may have more timelines than
 * that. What finds no room are first the deliverer's notes, then the words of the other side.
 */
static struct queue_recipient *
recipients_read(const struct queue_message *m, struct arena *a)
{
	const size_t count = m->envelope.recipient_count;
	struct queue_recipient *const list = arena_alloc(a, count, sizeof *list);
	if (list == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++)
		list[i] = queue_recipient(m, i);
	size_t taken = ENTRY_FIXED_MAX * (1 + count) + envelope_bytes(&m->envelope, list);
	for (size_t i = 0; i < count; i++) {
		struct recipient_progress *const p = &list[i].progress;
		/* Words that cannot be read are lost; the recipient is not. */
		(void)queue_words(m, i, a, p);
		if (taken + p->note.len + p->reply.len + p->peer.len > FRAME_PAYLOAD_MAX)
			p->note = STR("");
		if (taken + p->reply.len + p->peer.len > FRAME_PAYLOAD_MAX)
			p->reply = p->peer = STR("");
		taken += p->note.len + p->reply.len + p->peer.len;
	}
	return arena_failed(a) ? NULL : list;
}

static bool
move_entry(struct queue *q, const struct message *m)
{
	struct queue_message shown;
	struct arena a;
	struct buf payload;
	arena_init(&a, MOVE_ARENA_MAX);
	buf_init(&payload, FRAME_PAYLOAD_MAX);
	message_show(q, m, &shown);
	shown.envelope.recipients = recipients_read(&shown, &a);
	bool sent = false;
	if (shown.envelope.recipients == NULL) {
		q->mover->error = -ENOMEM;
	} else {
		entry_message_write(&payload, ENTRY_COPY,
			&(struct entry_message){.message = shown.id,
				.generation = q->mover->generation,
				.body_bytes = shown.body_bytes,
				.envelope = shown.envelope});
		sent = move_send(q, &payload, move_finish, 0);
	}
	buf_fini(&payload);
	arena_fini(&a);
	return sent;
}

/* One step of the message that is being moved. */
static bool
move_step(struct queue *q)
{
	struct mover *const v = q->mover;
	const struct message *const m = message_find(q, v->message);
	if (v->in_flight > 0)
		return false;
	if (v->error != 0 || m == NULL) { /* it will be tried again, or is finished */
		const bool failed = v->error != 0;
		mover_free(q);
		return !failed;
	}
	if (v->done < m->body_bytes)
		return move_part(q, m);
	/* The copy must not miss a change that was sent off before it. */
	return m->changing == 0 && move_entry(q, m);
}

static bool
move_begin(struct queue *q, const struct home *h)
{
	for (const struct message *m = h->first; m != NULL; m = m->home_next)
		if (m->changing == 0) {
			q->mover = calloc(1, sizeof *q->mover);
			if (q->mover == NULL)
				return false;
			q->mover->message = m->node.key;
			q->mover->generation = ++q->generation;
			q->mover->era = journal_era(q->journal);
			return true;
		}
	return false;
}

static void
drop_finish(struct job *job)
{
	struct queue *const q = job->q;
	q->is_dropping = false;
	if (job->write.error != 0)
		return;
	home_get(q, job->write.segment);
	const uint64_t oldest = journal_extent(q->journal).oldest;
	const int error = journal_drop_oldest(q->journal);
	if (error != 0) {
		q->drop_failed_at = journal_extent(q->journal).newest;
		queue_alarm_say(q, "segment %llu cannot be removed: %s", (unsigned long long)oldest,
			strerror(-error));
		return;
	}
	if (q->home_count > 0 && q->homes[0].number == oldest)
		home_drop_first(q);
}

/* The counts of what goes must outlive it. */
static bool
drop_begin(struct queue *q, const struct home *h, uint64_t oldest)
{
	struct entry_base e = {.through = oldest, .last_id = q->last_id, .counts = q->base};
	if (h != NULL)
		counts_add(&e.counts, &h->counts);
	struct buf payload;
	buf_init(&payload, FRAME_PAYLOAD_MAX);
	entry_base_write(&payload, &e);
	struct job *job = NULL;
	if (homes_reserve(q))
		job = job_new(q, &payload, journal_era(q->journal), drop_finish);
	if (job == NULL) {
		buf_fini(&payload);
		return false;
	}
	q->is_dropping = true;
	job_submit(job);
	return true;
}

bool
compact_step(struct queue *q)
{
	if (q->is_dropping)
		return false;
	if (q->mover != NULL)
		return move_step(q);
	const struct journal_extent e = journal_extent(q->journal);
	/* The writer is ahead of the index. Frames come back in order: when one of a later segment
	 * has, everything in the oldest one is known. */
	if (q->home_count == 0 || q->homes[q->home_count - 1].number <= e.oldest ||
		q->drop_failed_at == e.newest)
		return false;
	const struct home *const h =
		q->home_count > 0 && q->homes[0].number == e.oldest ? &q->homes[0] : NULL;
	if (h == NULL || (h->first == NULL && h->intakes == 0))
		return drop_begin(q, h, e.oldest);
	if (h->first == NULL || e.bytes <= 2 * q->stored_bytes + SPARE_SEGMENTS * q->segment_bytes)
		return false;
	return move_begin(q, h);
}

void
compact_end(struct queue *q)
{
	mover_free(q);
}
