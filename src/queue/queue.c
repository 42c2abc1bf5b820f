/* queue - frames on their way, looking, beginning and end */
#include "queue/queue.h"

#include "queue/queue_inside.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ALARM_BYTES 512

static const char *const state_names[RECIPIENT_STATE_COUNT] = {
	"waiting", "held", "delivered", "relayed", "bounced", "discarded", "expanded"};

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

int64_t
queue_room(struct queue *q)
{
	const int64_t room = q->disk->ops->room(q->disk);
	return room >= 0 && (uint64_t)room >= q->options.keep_free_bytes
		       ? room - (int64_t)q->options.keep_free_bytes
		       : -1;
}

/* ---- looking */

bool
queue_find(const struct queue *q, uint64_t id, struct queue_message *out)
{
	const struct message *const m = message_find(q, id);
	if (m != NULL && out != NULL)
		message_show(q, m, out);
	return m != NULL;
}

bool
queue_walk(const struct queue *q, uint64_t *cursor, size_t most, queue_visit *fn, void *to)
{
	struct table_node *node;
	for (size_t seen = 0; seen < most;) {
		if (!table_walk(&q->messages, cursor, &node))
			return false;
		for (; node != NULL; node = node->next, seen++) {
			struct queue_message shown;
			message_show(q, MESSAGE_AT(node), &shown);
			if (!fn(to, &shown))
				return false;
		}
	}
	return true;
}

void
queue_each(const struct queue *q, queue_visit *fn, void *to)
{
	uint64_t cursor = 0;
	while (queue_walk(q, &cursor, SIZE_MAX, fn, to))
		;
}

int
queue_body_read(struct queue *q, uint64_t id, uint64_t offset, void *to, size_t bytes)
{
	const struct message *const m = message_find(q, id);
	if (m == NULL)
		return -ENOENT;
	char *at = to;
	for (size_t i = 0; i < m->part_count && bytes > 0; i++) {
		const struct extent x = message_parts(m)[i];
		if (offset >= x.bytes) {
			offset -= x.bytes;
			continue;
		}
		const size_t n = x.bytes - offset < bytes ? (size_t)(x.bytes - offset) : bytes;
		const int error = journal_read(q->journal, x.segment, x.offset + offset, at, n);
		if (error != 0)
			return error;
		at += n;
		bytes -= n;
		offset = 0;
	}
	return bytes == 0 ? 0 : -ERANGE;
}

void
queue_count(const struct queue *q, struct queue_counts *out)
{
	*out = q->base;
	for (size_t i = 0; i < q->home_count; i++)
		counts_add(out, &q->homes[i].counts);
	out->waiting = q->waiting;
	out->held = q->held;
	out->here = q->messages.count;
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
	audits_end(q);
	struct table_node *node;
	for (uint64_t cursor = 0; table_walk(&q->messages, &cursor, &node);)
		for (struct table_node *next; node != NULL; node = next) {
			next = node->next;
			message_free(MESSAGE_AT(node));
		}
	table_fini(&q->messages);
	whys_fini(&q->whys);
	free(q->homes);
	free(q);
}
