#include "cli/jobs.h"

#include "cli/cli.h"
#include "cli/item.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define WRITE_BYTES ((size_t)192 << 10) /* items are written in pieces of about this size */
#define BATCH_BYTES ((size_t)256 << 10) /* messages are handed to a thread by that many bytes */
#define BATCH_MESSAGES ((size_t)256)
#define LARGE_BYTES ((size_t)8 << 20) /* of batches larger than that there is one at a time */
#define TELL_EVERY_MAILS 64
#define RING_PER_JOB 4

/* ---- one thread ---- */

struct lonely {
	struct writer writer;
	struct put out, said;
};

static void
write_now(void *to)
{
	struct lonely *const l = to;
	writer_write(&l->writer, &l->out, &l->said);
}

static void
say_now(void *to, const char *what, const char *why, bool is_failure)
{
	struct lonely *const l = to;
	item_put_saying(&l->said, what, why);
	l->writer.is_failure |= is_failure;
	write_now(l);
}

static int
run_alone(const struct jobs_plan *plan, struct nixie_report *r)
{
	struct lonely l = {.out = {.ptr = NULL}};
	struct source source;
	struct message m;
	const struct source_options o = {plan->input == NIXIE_INPUT_TEXT, say_now, write_now, &l};
	source_init(&source, plan->paths, plan->count, &o);
	writer_init(&l.writer, plan->format, source_total_bytes(&source));
	while (l.writer.error == 0 && source_next(&source, &m)) {
		const char *const why = item_make(plan, r, &m, &l.out);
		if (why != NULL)
			say_now(&l, m.path, why, true);
		if (l.out.len >= WRITE_BYTES)
			write_now(&l);
		if (++l.writer.mails % TELL_EVERY_MAILS == 0)
			progress_tell(
				&l.writer.progress, l.writer.mails, source_done_bytes(&source));
	}
	write_now(&l);
	source_fini(&source);
	put_fini(&l.out);
	put_fini(&l.said);
	return writer_finish(&l.writer);
}

/* ---- several ---- */

/* A message, or, where path_at is SAID, something said about an input. All texts are in batch.in.
 */
struct entry {
	size_t at, len, path_at;
	uint64_t index;
};

#define SAID SIZE_MAX

struct batch {
	struct put in, out, said;
	struct entry entries[BATCH_MESSAGES];
	size_t count;
	uint64_t mails, done_bytes;
	bool is_failure, is_done;
};

struct team {
	const struct jobs_plan *plan;
	struct source source;    /* under `reading` */
	struct batch *filling;   /* under `reading` */
	uint64_t next_ticket;    /* under `reading` */
	bool is_over;            /* under `reading` */
	pthread_mutex_t reading; /* taken before `turning` */

	struct batch *ring; /* ticket t has ring[t % ring_count]; is_done is under `turning` */
	size_t ring_count;
	uint64_t written; /* tickets, under `turning` */
	bool is_writing;  /* under `turning`: whose it is may use `writer` */
	bool is_broken;   /* under `turning`: nothing more can be written */
	pthread_mutex_t turning;
	pthread_cond_t freed;
	struct writer writer;
};

/* One more entry: a message, or what is said of an input. */
static void
add_entry(struct batch *b, const char *bytes, size_t len, const char *path, uint64_t index)
{
	struct entry *const e = &b->entries[b->count++];
	*e = (struct entry){b->in.len, len, SAID, index};
	put_bytes(&b->in, bytes, len);
	if (path == NULL)
		return;
	e->path_at = b->in.len;
	put_bytes(&b->in, path, strlen(path) + 1);
}

/* A message may be followed by so many sayings that they fill the batch: the last of them are one
 * text then. */
static void
say_in_batch(void *to, const char *what, const char *why, bool is_failure)
{
	struct batch *const b = ((struct team *)to)->filling;
	b->is_failure |= is_failure;
	if (b->count > 0 && b->entries[b->count - 1].path_at == SAID) {
		struct entry *const last = &b->entries[b->count - 1];
		item_put_saying(&b->in, what, why);
		last->len = b->in.len - last->at;
		return;
	}
	add_entry(b, NULL, 0, NULL, 0);
	struct entry *const e = &b->entries[b->count - 1];
	item_put_saying(&b->in, what, why);
	e->len = b->in.len - e->at;
}

/* Fills a batch from the source. */
static void
fill(struct team *t, struct batch *b)
{
	struct message m;
	b->count = 0;
	b->in.len = 0;
	b->mails = 0;
	b->is_failure = false;
	t->filling = b;
	/* Each message may bring one saying before it. */
	while (b->count + 2 < BATCH_MESSAGES && b->in.len < BATCH_BYTES) {
		if (!source_next(&t->source, &m)) {
			t->is_over = true;
			break;
		}
		add_entry(b, m.bytes, m.len, m.path, m.index);
		b->mails++;
	}
	b->done_bytes = source_done_bytes(&t->source);
}

/* Makes the items of a batch. */
static void
make(const struct team *t, struct nixie_report *r, struct batch *b)
{
	if (b->in.failed) {
		item_put_saying(&b->said, "parse", "not enough memory; mails were left out");
		b->is_failure = true;
		b->in.failed = false;
		return;
	}
	for (size_t i = 0; i < b->count; i++) {
		const struct entry *const e = &b->entries[i];
		if (e->path_at == SAID) {
			put_bytes(&b->said, b->in.ptr + e->at, e->len);
			continue;
		}
		const struct message m = {
			b->in.ptr + e->at, e->len, b->in.ptr + e->path_at, e->index};
		const char *const why = item_make(t->plan, r, &m, &b->out);
		if (why != NULL) {
			item_put_saying(&b->said, m.path, why);
			b->is_failure = true;
		}
	}
	if (b->in.room > LARGE_BYTES)
		put_fini(&b->in);
}

/* Writes one batch. Only whoever set is_writing is here. */
static bool
write_batch(struct team *t, struct batch *b)
{
	t->writer.is_failure |= b->is_failure;
	t->writer.mails += b->mails;
	const bool is_good = writer_write(&t->writer, &b->out, &b->said);
	if (b->out.room > LARGE_BYTES)
		put_fini(&b->out);
	progress_tell(&t->writer.progress, t->writer.mails, b->done_bytes);
	return is_good;
}

/* Says that a batch is done, and writes all that are next in order, unless somebody does. */
static void
hand_over(struct team *t, struct batch *done)
{
	pthread_mutex_lock(&t->turning);
	done->is_done = true;
	if (!t->is_writing) {
		t->is_writing = true;
		struct batch *b;
		while ((b = &t->ring[t->written % t->ring_count])->is_done) {
			pthread_mutex_unlock(&t->turning);
			const bool is_good = write_batch(t, b);
			pthread_mutex_lock(&t->turning);
			b->is_done = false;
			t->written++;
			t->is_broken |= !is_good;
			pthread_cond_broadcast(&t->freed);
		}
		t->is_writing = false;
	}
	pthread_mutex_unlock(&t->turning);
}

/* Waits until the batch of the next ticket is free; false when there is no use in going on.
 * Called by whoever is reading: all before are being made, by others, or written. */
static bool
take_batch(struct team *t, struct batch **b)
{
	pthread_mutex_lock(&t->turning);
	while (t->next_ticket - t->written >= t->ring_count && !t->is_broken)
		pthread_cond_wait(&t->freed, &t->turning);
	const bool is_useful = !t->is_broken;
	pthread_mutex_unlock(&t->turning);
	*b = &t->ring[t->next_ticket % t->ring_count];
	return is_useful;
}

static void *
work(void *arg)
{
	struct team *const t = arg;
	struct nixie_report *const r = nixie_report_new();
	for (bool is_over = r == NULL; !is_over;) {
		struct batch *b;
		pthread_mutex_lock(&t->reading);
		if (t->is_over || !take_batch(t, &b)) {
			t->is_over = true;
			pthread_mutex_unlock(&t->reading);
			break;
		}
		t->next_ticket++;
		fill(t, b);
		is_over = t->is_over;
		const bool is_large = b->in.len > LARGE_BYTES;
		if (!is_large)
			pthread_mutex_unlock(&t->reading);
		make(t, r, b);
		if (is_large)
			pthread_mutex_unlock(&t->reading);
		hand_over(t, b);
	}
	nixie_report_free(r);
	return NULL;
}

static int
run_team(const struct jobs_plan *plan)
{
	struct team t = {.plan = plan, .ring_count = (size_t)plan->jobs * RING_PER_JOB};
	pthread_t *const threads = calloc(plan->jobs, sizeof *threads);
	t.ring = calloc(t.ring_count, sizeof *t.ring);
	if (threads == NULL || t.ring == NULL) {
		complain("parse", "not enough memory for so many jobs");
		free(threads);
		free(t.ring);
		return EXIT_UNREADABLE;
	}
	const struct source_options o = {plan->input == NIXIE_INPUT_TEXT, say_in_batch, NULL, &t};
	pthread_mutex_init(&t.reading, NULL);
	pthread_mutex_init(&t.turning, NULL);
	pthread_cond_init(&t.freed, NULL);
	source_init(&t.source, plan->paths, plan->count, &o);
	writer_init(&t.writer, plan->format, source_total_bytes(&t.source));
	/* This thread is one of them; where no more can be had, fewer do the work. */
	unsigned started = 0;
	while (started + 1 < plan->jobs && pthread_create(&threads[started], NULL, work, &t) == 0)
		started++;
	work(&t);
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	if (!t.is_over) { /* none of them had the memory for a report */
		complain("parse", "not enough memory");
		t.writer.is_failure = true;
	}
	const int code = writer_finish(&t.writer);
	source_fini(&t.source);
	for (size_t i = 0; i < t.ring_count; i++) {
		put_fini(&t.ring[i].in);
		put_fini(&t.ring[i].out);
		put_fini(&t.ring[i].said);
	}
	free(t.ring);
	free(threads);
	pthread_cond_destroy(&t.freed);
	pthread_mutex_destroy(&t.turning);
	pthread_mutex_destroy(&t.reading);
	return code;
}

int
jobs_run(const struct jobs_plan *plan)
{
	if (plan->jobs > 1)
		return run_team(plan);
	struct nixie_report *const r = nixie_report_new();
	if (r == NULL) {
		complain("parse", "not enough memory");
		return EXIT_UNREADABLE;
	}
	const int code = run_alone(plan, r);
	nixie_report_free(r);
	return code;
}
