/*
 * intake - a message while it is being received
 *
 * It is gathered in memory up to INTAKE_PART_BYTES; each full part goes to the journal at once, so
 * a large message costs no more memory than a small one. Parts without the MESSAGE entry behind
 * them are nothing: the entry makes the message.
 */
#include "queue/queue_inside.h"

#include <errno.h>
#include <stdlib.h>

#define INTAKE_PART_BYTES (256u << 10)

/* Of a generation of its own: parts of another with the same id are none of it. */
static struct queue_intake *
intake_make(struct queue *q, uint64_t id)
{
	struct queue_intake *const in = calloc(1, sizeof *in);
	if (in == NULL)
		return NULL;
	in->q = q;
	in->id = id;
	in->era = journal_era(q->journal);
	in->generation = ++q->generation;
	buf_init(&in->part, INTAKE_PART_BYTES);
	buf_init(&in->front, QUEUE_FRONT_MAX + INTAKE_PART_BYTES);
	return in;
}

struct queue_intake *
queue_intake_new(struct queue *q, int64_t now_ms)
{
	/* A time, so that ids sort and none comes back after a restart; then a count. */
	const uint64_t by_time = now_ms > 0 ? (uint64_t)now_ms << 16 : 0;
	const uint64_t id = by_time > q->last_id ? by_time : q->last_id + 1;
	struct queue_intake *const in = intake_make(q, id);
	if (in != NULL)
		q->last_id = id;
	return in;
}

struct queue_intake *
queue_intake_again(struct queue_intake *old)
{
	struct queue_intake *const in = intake_make(old->q, old->id);
	if (in != NULL)
		queue_intake_drop(old);
	return in;
}

uint64_t
queue_intake_id(const struct queue_intake *in)
{
	return in->id;
}

uint64_t
queue_intake_bytes(const struct queue_intake *in)
{
	return in->bytes;
}

int
queue_intake_error(const struct queue_intake *in)
{
	return in->error;
}

/* Nothing holds it any more: frees it, when its parts are back. */
void
intake_release(struct queue_intake *in)
{
	if (!in->is_dropped || in->in_flight > 0)
		return;
	if (in->home != 0)
		home_get(in->q, in->home)->intakes--;
	free(in->body.list);
	buf_fini(&in->part);
	buf_fini(&in->front);
	free(in);
}

static void
part_finish(struct job *job)
{
	struct queue_intake *const in = job->intake;
	in->in_flight--;
	if (job->write.error != 0) {
		if (in->error == 0)
			in->error = job->write.error;
	} else {
		extents_add(&in->body, extent_make(job->write.segment,
					       job->write.offset + job->body_at, job->body_bytes));
		struct home *const h = home_get(in->q, job->write.segment);
		if (in->home == 0) {
			in->home = h->number;
			h->intakes++;
		}
	}
	intake_release(in);
}

/* Sends off what is gathered. */
bool
intake_part_send(struct queue_intake *in)
{
	struct buf payload;
	buf_init(&payload, FRAME_PAYLOAD_MAX);
	entry_body_write(&payload, ENTRY_BODY,
		&(struct entry_body){in->id, in->generation, buf_str(&in->part)});
	/* One extent for each part under way, and one for the last, which goes with the commit. */
	struct job *job = NULL;
	if (extents_reserve(&in->body, in->in_flight + 2) && homes_reserve(in->q))
		job = job_new(in->q, &payload, in->era, part_finish);
	if (job == NULL) {
		buf_fini(&payload);
		in->error = -ENOMEM;
		return false;
	}
	job->intake = in;
	job->body_at = ENTRY_HEAD_BYTES + ENTRY_BODY_HEAD_BYTES;
	job->body_bytes = in->part.len;
	in->in_flight++;
	buf_clear(&in->part);
	job_submit(job);
	return true;
}

bool
queue_intake_add(struct queue_intake *in, const void *bytes, size_t len)
{
	struct str rest = {bytes, len};
	if (in->error != 0)
		return false;
	while (rest.len > 0) {
		const struct str now = str_head(rest, INTAKE_PART_BYTES - in->part.len);
		buf_add(&in->part, now);
		if (buf_failed(&in->part)) {
			in->error = -ENOMEM;
			return false;
		}
		rest = str_from(rest, now.len);
		in->bytes += now.len;
		if (in->part.len == INTAKE_PART_BYTES && !intake_part_send(in))
			return false;
	}
	return true;
}

bool
queue_intake_front(struct queue_intake *in, const void *bytes, size_t len)
{
	if (in->error != 0)
		return false;
	if (len <= QUEUE_FRONT_MAX - in->front.len)
		buf_add(&in->front, (struct str){bytes, len});
	else
		in->error = -E2BIG;
	if (in->error != 0 || buf_failed(&in->front)) {
		in->error = in->error != 0 ? in->error : -ENOMEM;
		return false;
	}
	in->bytes += len;
	return true;
}

/* Of a small message, the most common one, front and text are one part. */
void
intake_join(struct queue_intake *in)
{
	if (in->front.len == 0 || in->body.count > 0 || in->in_flight > 0)
		return;
	buf_add(&in->front, buf_str(&in->part));
	if (buf_failed(&in->front)) {
		in->error = -ENOMEM;
		return;
	}
	const struct buf joined = in->front;
	in->front = in->part;
	in->part = joined;
	buf_clear(&in->front);
}

void
queue_intake_drop(struct queue_intake *in)
{
	if (in == NULL)
		return;
	in->is_dropped = true;
	intake_release(in);
}
