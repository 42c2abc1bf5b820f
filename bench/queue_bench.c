/*
 * queue_bench - how many messages a second the queue makes durable
 *
 *	queue_bench FOLDER SESSIONS BYTES SECONDS
 *
 * Each session commits a message, waits for the answer, marks it delivered, and begins again, as a
 * client does that sends one message after the other. One thread for all sessions, and the
 * journal's. FOLDER must exist and be empty; it stays as it is then.
 */
#include "queue/queue.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SESSIONS_MAX 10000

struct session {
	struct queue *q;
	uint64_t id;
	double began;
	bool is_accepted;
};

static char body[1 << 20];
static size_t body_bytes;
static uint64_t accepted;
static double *waits;
static size_t wait_count, wait_room;
static bool is_over;

static double
now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
fail(const char *what)
{
	fprintf(stderr, "queue_bench: %s\n", what);
	exit(1);
}

static void session_step(void *to, int error);

static void
session_begin(struct session *s)
{
	struct queue_recipient to = {.forward_path = {"user@example.org", 16}};
	const struct queue_envelope envelope = {.reverse_path = {"sender@example.com", 18},
		.recipients = &to,
		.recipient_count = 1};
	struct queue_intake *const in = queue_intake_new(s->q, (int64_t)time(NULL) * 1000);
	if (in == NULL || !queue_intake_add(in, body, body_bytes))
		fail("no memory");
	s->id = queue_intake_id(in);
	s->began = now_s();
	const struct queue_commit c = {
		.intake = in, .envelope = &envelope, .answer = session_step, .to = s};
	if (queue_commit(s->q, &c) != 0)
		fail("a message was refused");
}

static void
session_step(void *to, int error)
{
	struct session *const s = to;
	if (error != 0)
		fail(strerror(-error));
	if (is_over)
		return;
	s->is_accepted = !s->is_accepted;
	if (!s->is_accepted) {
		session_begin(s);
		return;
	}
	accepted++;
	if (wait_count < wait_room)
		waits[wait_count++] = now_s() - s->began;
	const struct queue_change change = {.message = s->id, .to = {.state = RECIPIENT_DELIVERED}};
	const struct queue_commit c = {
		.changes = &change, .change_count = 1, .answer = session_step, .to = s};
	if (queue_commit(s->q, &c) != 0)
		fail("a change was refused");
}

static int
wait_order(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

int
main(int argc, char **argv)
{
	struct disk *disk;
	struct queue *q;
	if (argc != 5)
		fail("usage: queue_bench FOLDER SESSIONS BYTES SECONDS");
	const size_t sessions = strtoul(argv[2], NULL, 10);
	body_bytes = strtoul(argv[3], NULL, 10);
	const double seconds = strtod(argv[4], NULL);
	if (sessions < 1 || sessions > SESSIONS_MAX || body_bytes > sizeof body)
		fail("1 to 10000 sessions, and at most 1 MiB");
	memset(body, 'x', sizeof body);
	if (disk_folder_open(argv[1], &disk) < 0)
		fail("the folder cannot be opened, or another process has it");
	if (queue_open(disk, &(struct queue_options){.salt = (uint32_t)time(NULL)}, &q) != 0 ||
		queue_start(q) != 0)
		fail("the queue cannot be opened");
	struct session *const all = calloc(sessions, sizeof *all);
	wait_room = 10000000;
	waits = malloc(wait_room * sizeof *waits);
	if (all == NULL || waits == NULL)
		fail("no memory");
	const double began = now_s();
	for (size_t i = 0; i < sessions; i++) {
		all[i].q = q;
		session_begin(&all[i]);
	}
	while (now_s() - began < seconds) {
		struct pollfd wake = {.fd = queue_wake_fd(q), .events = POLLIN};
		poll(&wake, 1, 1000);
		while (queue_turn(q))
			;
	}
	const double took = now_s() - began;
	qsort(waits, wait_count, sizeof *waits, wait_order);
	printf("%zu sessions, %zu bytes: %.0f messages a second; to the answer: median %.2f ms, "
	       "99 %% %.2f ms\n",
		sessions, body_bytes, (double)accepted / took, waits[wait_count / 2] * 1e3,
		waits[wait_count * 99 / 100] * 1e3);
	is_over = true;
	queue_close(q);
	disk->ops->free(disk);
	free(all);
	free(waits);
	return 0;
}
