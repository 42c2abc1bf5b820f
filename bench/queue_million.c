/*
 * queue_million - what a long queue costs: memory, the time to start, the time to look
 *
 *	queue_million make FOLDER MESSAGES RECIPIENTS BYTES
 *	queue_million open FOLDER
 *
 * `make` fills the queue of an empty folder with messages of so many recipients and bytes, each
 * recipient deferred three times: the answer of its server and the timeline are as nixied writes
 * them. `open` starts as the server does, reads the queue and puts what waits into the order of its
 * times, and tells how long that took and what memory it needs.
 */
#include "deliver/due.h"
#include "queue/queue.h"
#include "report/attempt.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RECIPIENTS_MAX 1000
#define BODY_BYTES_MAX (1u << 20)
#define IN_FLIGHT_MAX 512
#define ATTEMPTS 3
#define LOOKS 1000 /* messages that a list shows */

static const char answer[] =
	"451 4.7.1 Service unavailable - try again later; see https://postmaster.example.net/a/7";

static char body[BODY_BYTES_MAX];
static size_t in_flight;

struct made {
	struct queue *q;
	uint64_t id;
	size_t recipients;
	size_t number;
};

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
	fprintf(stderr, "queue_million: %s\n", what);
	exit(1);
}

/* ---- making one */

static void
on_deferred(void *to, int error)
{
	if (error != 0)
		fail(strerror(-error));
	free(to);
	in_flight--;
}

static void
on_taken(void *to, int error)
{
	struct made *const m = to;
	static struct queue_change changes[RECIPIENTS_MAX];
	static char note[ATTEMPTS_PACKED_BYTES_MAX];
	const int64_t now_ms = (int64_t)time(NULL) * 1000;
	if (error != 0)
		fail(strerror(-error));
	struct str packed = STR("");
	for (int i = 0; i < ATTEMPTS; i++) {
		const struct attempt a = {.at_ms = now_ms + (int64_t)i * 60000,
			.stage = NIXIE_STAGE_RCPT,
			.condition = ATTEMPT_ANSWERED,
			.host = STR("mx1.example.net"),
			.ip = STR("192.0.2.25"),
			.tls = STR("TLSv1.3 TLS_AES_256_GCM_SHA384"),
			.answer = str_of(answer)};
		packed = (struct str){note, attempts_pack(packed, &a, note)};
	}
	for (size_t i = 0; i < m->recipients; i++)
		changes[i] = (struct queue_change){.message = m->id,
			.recipient = (uint32_t)i,
			.to = {.state = RECIPIENT_WAITING,
				.attempts = ATTEMPTS,
				.due_ms = now_ms + 86400000 + (int64_t)(m->number * 7919 % 3600000),
				.changed_ms = now_ms,
				.why = STR("rule:retry"),
				.reply = str_of(answer),
				.peer = STR("mx1.example.net [192.0.2.25]"),
				.note = packed}};
	const struct queue_commit c = {.changes = changes,
		.change_count = m->recipients,
		.answer = on_deferred,
		.to = m};
	if (queue_commit(m->q, &c) != 0)
		fail("a change was refused");
}

static void
message_make(struct queue *q, size_t number, size_t recipients, size_t bytes)
{
	static struct queue_recipient list[RECIPIENTS_MAX];
	static char names[RECIPIENTS_MAX][48];
	char client[64], session[8];
	struct made *const m = malloc(sizeof *m);
	struct queue_intake *const in = queue_intake_new(q, (int64_t)time(NULL) * 1000);
	if (m == NULL || in == NULL || !queue_intake_add(in, body, bytes))
		fail("no memory");
	for (size_t i = 0; i < recipients; i++) {
		snprintf(names[i], sizeof names[i], "person.%zu@d%zu.example.net",
			number * recipients + i, i % 1000);
		list[i] = (struct queue_recipient){.forward_path = str_of(names[i])};
	}
	snprintf(client, sizeof client, "out%zu.example.com [192.0.2.%zu]", number % 100,
		number % 250);
	snprintf(session, sizeof session, "%04zX", number & 0xffff);
	const struct queue_envelope envelope = {.arrived_ms = (int64_t)time(NULL) * 1000,
		.reverse_path = STR("news-bounces@lists.example.com"),
		.client = str_of(client),
		.helo = STR("out.example.com"),
		.session = str_of(session),
		.recipients = list,
		.recipient_count = recipients};
	*m = (struct made){q, queue_intake_id(in), recipients, number};
	const struct queue_commit c = {
		.intake = in, .envelope = &envelope, .answer = on_taken, .to = m};
	if (queue_commit(q, &c) != 0)
		fail("a message was refused");
	in_flight++;
}

static void
turn(struct queue *q)
{
	struct pollfd wake = {.fd = queue_wake_fd(q), .events = POLLIN};
	poll(&wake, 1, 1000);
	while (queue_turn(q))
		;
}

static void
make(struct queue *q, size_t messages, size_t recipients, size_t bytes)
{
	if (queue_start(q) != 0)
		fail("the queue cannot be started");
	for (size_t i = 0; i < messages; i++) {
		message_make(q, i, recipients, bytes);
		while (in_flight >= IN_FLIGHT_MAX || queue_is_busy(q))
			turn(q);
	}
	while (in_flight > 0)
		turn(q);
}

/* ---- looking at it */

static long
memory_kib(const char *label)
{
	char line[256];
	long kib = 0;
	FILE *const f = fopen("/proc/self/status", "r");
	if (f == NULL)
		return 0;
	while (fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, label, strlen(label)) == 0)
			kib = strtol(line + strlen(label), NULL, 10);
	fclose(f);
	return kib;
}

static bool
due_visit(void *to, const struct queue_message *m)
{
	int64_t first = INT64_MAX;
	for (size_t i = 0; i < m->envelope.recipient_count; i++) {
		const int64_t at_ms = queue_recipient(m, i).progress.due_ms;
		first = at_ms < first ? at_ms : first;
	}
	return due_add(to, first, m->id);
}

static void
show(struct queue *q, double opened_s)
{
	struct queue_counts counts;
	struct due due = {0};
	double began = now_s();
	queue_each(q, due_visit, &due);
	const double due_s = now_s() - began;
	began = now_s();
	const bool balances = queue_audit(q, &counts);
	const double audit_s = now_s() - began;
	printf("%" PRIu64 " messages, %" PRIu64 " recipients wait: read in %.2f s, in order of time in "
	       "%.2f s; resident %.1f MiB, at the most %.1f MiB; audit %s in %.3f s\n",
		counts.messages, counts.waiting, opened_s, due_s,
		(double)memory_kib("VmRSS:") / 1024, (double)memory_kib("VmHWM:") / 1024,
		balances ? "balances" : "FAILS", audit_s);
	due_fini(&due);
}

int
main(int argc, char **argv)
{
	struct disk *disk;
	struct queue *q;
	const bool makes = argc == 6 && strcmp(argv[1], "make") == 0;
	if (!makes && (argc != 3 || strcmp(argv[1], "open") != 0))
		fail("usage: queue_million make FOLDER MESSAGES RECIPIENTS BYTES, or open FOLDER");
	if (disk_folder_open(argv[2], &disk) < 0)
		fail("the folder cannot be opened, or another process has it");
	const double began = now_s();
	if (queue_open(disk, &(struct queue_options){.salt = (uint32_t)time(NULL)}, &q) != 0)
		fail("the queue cannot be opened");
	if (makes) {
		const size_t recipients = strtoul(argv[4], NULL, 10);
		const size_t bytes = strtoul(argv[5], NULL, 10);
		if (recipients < 1 || recipients > RECIPIENTS_MAX || bytes > sizeof body)
			fail("1 to 1000 recipients, and at most 1 MiB");
		memset(body, 'x', sizeof body);
		make(q, strtoul(argv[3], NULL, 10), recipients, bytes);
	} else {
		show(q, now_s() - began);
	}
	queue_close(q);
	disk->ops->free(disk);
	return 0;
}
