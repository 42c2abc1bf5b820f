/*
 * test_faults - mail by SMTP on a disk that fails at every step, and then loses power
 *
 * A client sends some messages; one after the other, each operation of the disk fails, in each way,
 * so often. Whatever was answered: what got 250 is there, whole and once; what got another answer
 * is not; the audit balances; and with the fault over, mail is taken again.
 */
#include "queue/model_disk.h"
#include "receive/rehearsal.h"
#include "tap.h"

#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#define LETTERS 9
#define LAST (LETTERS - 1) /* sent when nothing fails any more */
#define TEXT_BYTES_MAX 400000
#define FOREVER 100000u
/* The write fails, the cut behind it, and the next segment: then the disk takes nothing at all, and
 * only then may be found what was refused (doc/queue.md). */
#define STRICT_MAX 2

enum outcome { NOTHING, WAS_TAKEN, WAS_REFUSED };

struct letter {
	enum outcome said;
	uint64_t id;
	bool is_tried;     /* to be delivered */
	bool is_delivered; /* that is durable */
	unsigned found;
};

struct world {
	struct disk *disk;
	struct queue *queue;
	struct event_base *base;
	struct receive *receive;
	struct rehearsal *session;
	struct buf replies;
	struct letter letters[LETTERS];
	uint64_t accepted; /* the last one the server told of */
	int change_error;
	bool has_answer;
	unsigned full; /* answers 452 */
	char trouble[200];
};

static struct arena arena;
static struct config config;
static struct directory *directory;
static char *text; /* of a letter */

static bool
complain(struct world *w, const char *what, size_t letter)
{
	if (w->trouble[0] == '\0')
		snprintf(w->trouble, sizeof w->trouble, "letter %zu %s", letter, what);
	return false;
}

/* ---- letters */

static size_t
letter_write(size_t n)
{
	static const size_t lines[LETTERS] = {1, 130, 1, 4000, 2, 1, 130, 1, 1};
	size_t len =
		(size_t)snprintf(text, TEXT_BYTES_MAX, "Message-ID: <%zu@far.example>\r\n\r\n", n);
	for (size_t i = 0; i < lines[n]; i++)
		len += (size_t)snprintf(text + len, TEXT_BYTES_MAX - len,
			"letter %zu, line %06zu, which is as long as lines are in mail.......\r\n",
			n, i);
	return len;
}

/* The code of the last reply. */
static int
say(struct world *w, struct str bytes)
{
	buf_clear(&w->replies);
	if (!rehearsal_say(w->session, bytes, &w->replies))
		return 0;
	struct str rest = buf_str(&w->replies), line = STR_NONE;
	while (str_line(&rest, &line))
		continue;
	return w->replies.len == 0 ? 0 : (int)str_number(str_head(line, 3), 999);
}

static bool
connect_client(struct world *w)
{
	struct receive_error error;
	const struct rehearsal_client client = {
		.address = {.family = 4, .bytes = {192, 0, 2, 7}, .port = 40000}};
	rehearsal_free(w->session);
	w->session = rehearsal_new(w->receive, &config, &config.listeners[0], &client, &error);
	return w->session != NULL && say(w, STR("")) == 220 &&
	       say(w, STR("EHLO far.example\r\n")) == 250;
}

static void
accepted(void *to, uint64_t message)
{
	((struct world *)to)->accepted = message;
}

/* Every answer but 250 is a passing one, for the fault is ours. */
static void
letter_send(struct world *w, size_t n)
{
	struct letter *const l = &w->letters[n];
	static const char *const before[] = {
		"MAIL FROM:<x@far.example>\r\n", "RCPT TO:<ann@here.example>\r\n", "DATA\r\n"};
	int code = 250;
	l->said = WAS_REFUSED;
	for (size_t i = 0; i < sizeof before / sizeof *before && code < 400; i++)
		code = say(w, str_of(before[i]));
	if (code == 354) {
		const size_t len = letter_write(n);
		memcpy(text + len, ".\r\n", 3);
		code = say(w, (struct str){text, len + 3});
	}
	if (code == 250) {
		l->said = WAS_TAKEN;
		l->id = w->accepted;
	} else if (code == 452) {
		w->full++;
	} else if (code != 451) {
		complain(w, "got another answer than 250, 451 or 452", n);
	}
	if (code == 0 && !connect_client(w))
		complain(w, "cannot be followed by another", n);
	say(w, STR("RSET\r\n"));
}

/* ---- what a runner does: it is delivered, or is not, if that cannot be written down */

static void
change_answer(void *to, int error)
{
	struct world *const w = to;
	w->change_error = error;
	w->has_answer = true;
}

static void
letter_deliver(struct world *w, size_t n)
{
	const struct queue_change change = {.message = w->letters[n].id,
		.to = {.state = RECIPIENT_DELIVERED, .changed_ms = 1790000000000}};
	w->has_answer = false;
	if (w->letters[n].said != WAS_TAKEN ||
		queue_commit(w->queue, &(struct queue_commit){.changes = &change,
					       .change_count = 1,
					       .answer = change_answer,
					       .to = w}) != 0)
		return;
	w->letters[n].is_tried = true;
	while (!w->has_answer)
		queue_turn(w->queue);
	w->letters[n].is_delivered = w->change_error == 0;
}

/* ---- a life */

static bool
server_begin(struct world *w)
{
	const struct receive_parts parts = {
		.directory = directory, .queue = w->queue, .accepted = accepted, .to = w};
	w->receive = receive_new(w->base);
	return w->receive != NULL && receive_start(w->receive, &parts) && connect_client(w);
}

static void
server_end(struct world *w)
{
	rehearsal_free(w->session);
	w->session = NULL;
	receive_free(w->receive);
	w->receive = NULL;
}

static bool
queue_begin(struct world *w)
{
	const struct queue_options options = {
		.segment_bytes = 64 << 10, .salt = 1, .keep_free_bytes = 1000};
	return queue_open(w->disk, &options, &w->queue) == 0;
}

/* The power goes; what the queue does at its end reaches nothing any more. */
static void
power_goes(struct world *w)
{
	model_disk_crash(w->disk);
	model_disk_fail(w->disk, 1, UINT32_MAX, MODEL_FAIL);
	queue_close(w->queue);
	w->queue = NULL;
	model_disk_crash(w->disk);
}

/* A message of the queue is one of the letters, whole. */
static bool
visit(void *to, const struct queue_message *m)
{
	struct world *const w = to;
	char *const body = malloc((size_t)m->body_bytes + 1);
	if (body == NULL || queue_body_read(w->queue, m->id, 0, body, (size_t)m->body_bytes) != 0) {
		free(body);
		return complain(w, "cannot be read", LETTERS);
	}
	const struct str all = {body, (size_t)m->body_bytes};
	const size_t at = str_find(all, STR("Message-ID: <"), 0);
	const size_t n = at == STR_NPOS ? LETTERS : (size_t)(body[at + 13] - '0');
	const size_t len = n < LETTERS ? letter_write(n) : 0;
	if (n < LETTERS && str_eq(str_from(all, at), (struct str){text, len}))
		w->letters[n].found++;
	else
		complain(w, "is not as it was sent", n);
	free(body);
	return true;
}

static void
judge(struct world *w, bool is_strict)
{
	struct queue_counts counts;
	queue_each(w->queue, visit, w);
	for (size_t n = 0; n < LETTERS; n++) {
		const struct letter *const l = &w->letters[n];
		/* What failed for good may be there all the same, of deliveries too. */
		const bool is_due = !l->is_delivered && (is_strict || !l->is_tried);
		if (l->said == WAS_TAKEN && is_due && l->found == 0)
			complain(w, "got 250 and is not there", n);
		if (l->said == WAS_REFUSED && l->found > 0 && is_strict)
			complain(w, "was refused and is there", n);
		if (l->is_delivered && l->found > 0)
			complain(w, "was delivered and waits", n);
		if (l->found > 1)
			complain(w, "is there twice", n);
	}
	if (!queue_audit(w->queue, &counts))
		complain(w, "and the others do not balance", LETTERS);
}

/* The power goes when all was sent and the fault is over, or as soon as something was refused.
 * Gives how many operations there were; without a fault, when `after` is 0. */
static uint64_t
life(struct world *w, uint64_t seed, uint64_t after, unsigned count, enum model_fault how,
	bool is_short)
{
	*w = (struct world){.disk = model_disk_new(seed), .base = event_base_new()};
	buf_init(&w->replies, 1 << 16);
	uint64_t operations = 0;
	if (queue_begin(w) && server_begin(w)) {
		const uint64_t before = model_disk_operations(w->disk);
		if (after > 0)
			model_disk_fail(w->disk, after, count, how);
		for (size_t n = 0; n < LAST; n++) {
			letter_send(w, n);
			if (is_short && w->letters[n].said == WAS_REFUSED)
				break;
			if (n % 3 == 1)
				letter_deliver(w, n);
		}
		operations = model_disk_operations(w->disk) - before;
		if (!is_short) {
			model_disk_fail(w->disk, 1, 0, MODEL_FAIL);
			letter_send(w, LAST);
			if (w->letters[LAST].said != WAS_TAKEN)
				complain(w, "is not taken, with the fault over", LAST);
		}
		server_end(w);
		power_goes(w);
		if (queue_begin(w))
			judge(w, count <= STRICT_MAX);
		else
			complain(w, "are in a queue that does not open", LETTERS);
		queue_close(w->queue);
	} else {
		complain(w, "finds no server", 0);
	}
	server_end(w);
	buf_fini(&w->replies);
	event_base_free(w->base);
	model_disk_free(w->disk);
	return operations;
}

/* ---- all of them */

static struct world world;

static void
test_each_step(enum model_fault how, const char *name)
{
	static const unsigned counts[] = {1, STRICT_MAX, 3, 7, FOREVER};
	const uint64_t steps = life(&world, 1, 0, 0, MODEL_FAIL, false);
	tap_ok(world.trouble[0] == '\0' && steps > 2 * LETTERS, "without a fault %llu steps %s",
		(unsigned long long)steps, world.trouble);
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		uint64_t bad = 0, refused = 0, full = 0;
		for (uint64_t after = 1; after <= 2 * steps; after++) {
			const bool is_short = after > steps;
			const uint64_t at = is_short ? after - steps : after;
			life(&world, 1000 * after + 10 * i + how, at, counts[i], how, is_short);
			full += world.full;
			for (size_t n = 0; n < LETTERS; n++)
				refused += world.letters[n].said == WAS_REFUSED;
			if (world.trouble[0] != '\0' && bad++ < 5)
				printf("# step %llu%s: %s\n", (unsigned long long)at,
					is_short ? ", then no power" : "", world.trouble);
		}
		tap_ok(bad == 0 && refused >= steps,
			"%s, %u times from each of %llu steps on: %llu letters refused", name,
			counts[i], (unsigned long long)steps, (unsigned long long)refused);
		if (how == MODEL_FULL)
			tap_ok(full > 0, "... %llu for want of room", (unsigned long long)full);
	}
}

/* Too little room is said at MAIL, before anything is sent. */
static void
test_room(void)
{
	struct world *const w = &world;
	*w = (struct world){.disk = model_disk_new(9), .base = event_base_new()};
	buf_init(&w->replies, 1 << 16);
	tap_ok(queue_begin(w) && server_begin(w), "a server");
	model_disk_room_set(w->disk, 999);
	tap_is_int(say(w, STR("MAIL FROM:<x@far.example>\r\n")), 452, "no room");
	tap_ok(str_has(buf_str(&w->replies), STR("452 4.3.1")), "with its status");
	model_disk_room_set(w->disk, 2000);
	tap_is_int(say(w, STR("MAIL FROM:<x@far.example> SIZE=1001\r\n")), 452, "none for so much");
	tap_is_int(say(w, STR("MAIL FROM:<x@far.example> SIZE=1000\r\n")), 250, "a byte less");
	server_end(w);
	queue_close(w->queue);
	buf_fini(&w->replies);
	event_base_free(w->base);
	model_disk_free(w->disk);
}

int
main(void)
{
	static const char conf[] = "hostname = mx.here.example\nspf = off\n"
				   "listener mx {\n\taddress = 127.0.0.1:0\n\t"
				   "max_messages_per_session = 0\n}\n";
	char path[] = "faults-test.XXXXXX";
	struct config_complaints complaints;
	struct directory_error error;
	const int fd = mkstemp(path);
	text = malloc(TEXT_BYTES_MAX);
	arena_init(&arena, 1 << 20);
	if (fd < 0 || text == NULL || !config_parse(STR(conf), &arena, &config, &complaints))
		return 99;
	close(fd);
	directory = directory_open(path, &error);
	if (directory == NULL ||
		!directory_domain_add(directory, STR("here.example"), STR_NONE, &error) ||
		!directory_account_add(
			directory, STR("ann@here.example"), &(struct account_settings){0}, &error))
		return 99;
	test_each_step(MODEL_FAIL, "it fails");
	test_each_step(MODEL_FAIL_HALF, "it fails half done");
	test_each_step(MODEL_FULL, "it is full");
	test_room();
	directory_close(directory);
	unlink(path);
	arena_fini(&arena);
	free(text);
	return tap_done();
}
