/* test_queue_edges - what queue_commit() refuses, limits at their edge, damage, and room given back
 */
#include "model_disk.h"
#include "queue/queue.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>

static char alarm_words[512];

static void
alarm_keep(void *to, const char *words)
{
	(void)to;
	snprintf(alarm_words, sizeof alarm_words, "%s", words);
}

static struct queue *
opened(struct disk *d)
{
	struct queue *q = NULL;
	const struct queue_options options = {
		.segment_bytes = SEGMENT_BYTES_MIN, .salt = 3, .alarm = alarm_keep};
	alarm_words[0] = '\0';
	if (queue_open(d, &options, &q) != 0)
		puts("Bail out! the queue does not open");
	return q;
}

static void
result_keep(void *to, int error)
{
	*(int *)to = error;
}

#define NOT_ANSWERED 1

/* One commit, waited for. */
static int
commit(struct queue *q, struct queue_commit c)
{
	int result = NOT_ANSWERED;
	c.answer = result_keep;
	c.to = &result;
	const int error = queue_commit(q, &c);
	if (error != 0) {
		queue_intake_drop(c.intake);
		return error;
	}
	while (result == NOT_ANSWERED)
		queue_turn(q);
	return result;
}

static struct queue_intake *
intake(struct queue *q, int64_t now_ms, size_t bytes)
{
	struct queue_intake *const in = queue_intake_new(q, now_ms);
	char *const body = malloc(bytes + 1);
	memset(body, 'x', bytes + 1);
	if (!queue_intake_add(in, body, bytes))
		puts("# the message was not taken");
	free(body);
	return in;
}

/* Commits a message with `count` recipients, each with `bytes` of reply; 0 or the error. */
static int
message_put(struct queue *q, size_t count, size_t reply_bytes, size_t body_bytes, uint64_t *id)
{
	static char reply[QUEUE_TEXT_MAX + 1];
	memset(reply, 'r', sizeof reply);
	struct queue_recipient *const list = calloc(count + 1, sizeof *list);
	for (size_t i = 0; i < count; i++) {
		list[i].forward_path = STR("a@b.example");
		list[i].progress.reply = (struct str){reply, reply_bytes};
	}
	const struct queue_envelope envelope = {.recipients = list, .recipient_count = count};
	struct queue_intake *const in = intake(q, 1790000000000, body_bytes);
	*id = queue_intake_id(in);
	const int error = commit(q, (struct queue_commit){.intake = in, .envelope = &envelope});
	free(list);
	return error;
}

static void
test_refusals(void)
{
	struct disk *const d = model_disk_new(1);
	struct queue *const q = opened(d);
	uint64_t id, none;
	tap_is_int(message_put(q, 1, 0, 10, &id), 0, "a message");
	tap_is_int(message_put(q, 0, 0, 10, &none), -EINVAL, "without recipients");
	tap_is_int(message_put(q, 1, QUEUE_TEXT_MAX, 10, &none), 0, "a text of the largest size");
	tap_is_int(message_put(q, 1, QUEUE_TEXT_MAX + 1, 10, &none), -EINVAL, "one byte more");
	tap_is_int(message_put(q, QUEUE_RECIPIENTS_MAX, 0, 10, &none), -E2BIG,
		"more recipients than fit a frame");
	tap_is_int(message_put(q, QUEUE_RECIPIENTS_MAX + 1, 0, 10, &none), -EINVAL,
		"more recipients than may be");
	tap_is_int(message_put(q, 30000, 0, 700000, &none), 0, "very many recipients");
	struct queue_message many;
	tap_ok(queue_find(q, none, &many) && many.envelope.recipient_count == 30000, "all of them");

	struct queue_change c = {.message = id, .to = {.state = RECIPIENT_DELIVERED}};
	const struct queue_commit one = {.changes = &c, .change_count = 1};
	c.recipient = 1;
	tap_is_int(commit(q, one), -ENOENT, "a recipient that is not there");
	c.recipient = 0;
	c.message = 77;
	tap_is_int(commit(q, one), -ENOENT, "a message that is not there");
	c.message = id;
	struct queue_change two[2] = {c, c};
	tap_is_int(commit(q, (struct queue_commit){.changes = two, .change_count = 2}), -EBUSY,
		"one recipient twice in a commit");
	int result = NOT_ANSWERED;
	c.to.state = RECIPIENT_WAITING;
	struct queue_commit first = one;
	first.answer = result_keep;
	first.to = &result;
	tap_is_int(queue_commit(q, &first), 0, "a change");
	tap_is_int(queue_commit(q, &one), -EBUSY, "another while it is under way");
	while (result == NOT_ANSWERED)
		queue_turn(q);
	c.to.state = RECIPIENT_DELIVERED;
	tap_is_int(commit(q, one), 0, "another when it is done");
	tap_ok(!queue_find(q, id, NULL), "a message whose recipients are all final is gone");
	tap_is_int(commit(q, one), -ENOENT, "and cannot be changed");
	struct queue_counts counts;
	tap_ok(queue_audit(q, &counts), "the audit balances");
	tap_is_int(counts.final[RECIPIENT_DELIVERED], 1, "one is delivered");
	queue_close(q);
	model_disk_free(d);
}

static void
test_final_is_final(void)
{
	struct disk *const d = model_disk_new(2);
	struct queue *const q = opened(d);
	uint64_t id;
	message_put(q, 2, 0, 10, &id);
	struct queue_change c = {.message = id, .to = {.state = RECIPIENT_RELAYED}};
	const struct queue_commit one = {.changes = &c, .change_count = 1};
	tap_is_int(commit(q, one), 0, "one of two recipients is final");
	tap_is_int(commit(q, one), -EALREADY, "for good");
	queue_close(q);
	model_disk_free(d);
}

/* A message, and what became of its recipients at once: both, or neither. */
static int
message_put_changed(struct queue *q, uint32_t recipient, size_t changes, uint64_t *id)
{
	struct queue_recipient list[] = {
		{.forward_path = STR("a@b.example"), .progress.state = RECIPIENT_HELD},
		{.forward_path = STR("c@b.example")}};
	const struct queue_envelope envelope = {.recipients = list, .recipient_count = 2};
	struct queue_intake *const in = intake(q, 1790000000000, 100);
	*id = queue_intake_id(in);
	const struct queue_change c = {.message = *id,
		.recipient = recipient,
		.to = {.state = RECIPIENT_DISCARDED, .why = STR("rule:x")}};
	struct queue_change list_of_changes[] = {c, c};
	if (changes == 2 && recipient == 0)
		list_of_changes[1].recipient = 1;
	return commit(q, (struct queue_commit){.intake = in,
				 .envelope = &envelope,
				 .changes = list_of_changes,
				 .change_count = changes});
}

static void
test_changed_as_it_comes(void)
{
	struct disk *const d = model_disk_new(12);
	struct queue *q = opened(d);
	struct queue_message m;
	struct queue_counts counts;
	uint64_t one, both, none;
	tap_is_int(message_put_changed(q, 0, 1, &one), 0, "one of two is final as it comes");
	tap_ok(queue_find(q, one, &m) &&
			queue_recipient(&m, 0).progress.state == RECIPIENT_DISCARDED &&
			queue_recipient(&m, 1).progress.state == RECIPIENT_WAITING,
		"... and the other waits");
	tap_is_int(message_put_changed(q, 0, 2, &both), 0, "both are final as they come");
	tap_ok(!queue_find(q, both, NULL), "... and the message is gone");
	tap_is_int(message_put_changed(q, 2, 1, &none), -ENOENT, "a recipient that it has not");
	tap_is_int(message_put_changed(q, 1, 2, &none), -EBUSY, "one recipient twice");
	model_disk_fail(d, 1, UINT32_MAX, MODEL_FAIL);
	tap_ok(message_put_changed(q, 0, 1, &none) != 0 && !queue_find(q, none, NULL),
		"a disk that fails takes neither");
	model_disk_fail(d, 1, 0, MODEL_FAIL);
	queue_close(q);
	model_disk_crash(d);
	q = opened(d);
	tap_ok(queue_find(q, one, &m) &&
			queue_recipient(&m, 0).progress.state == RECIPIENT_DISCARDED,
		"after a crash it is as it was");
	tap_ok(!queue_find(q, both, NULL), "... and what was gone is gone");
	tap_ok(queue_audit(q, &counts), "the audit balances");
	tap_is_int(counts.final[RECIPIENT_DISCARDED], 3, "three were discarded");
	queue_close(q);
	model_disk_free(d);
}

static void
test_room(void)
{
	struct disk *const d = model_disk_new(3);
	struct queue *const q = opened(d);
	const int64_t keep = 2 * SEGMENT_BYTES_MIN;
	model_disk_room_set(d, keep + 1000);
	tap_is_int(queue_room(q), 1000, "room for what leaves enough");
	model_disk_room_set(d, keep);
	tap_is_int(queue_room(q), 0, "none that is left");
	model_disk_room_set(d, keep - 1);
	tap_is_int(queue_room(q), -1, "no room when less is left than must be");
	model_disk_room_set(d, -EIO);
	tap_is_int(queue_room(q), -1, "no room when the disk does not say");
	queue_close(q);
	model_disk_free(d);
}

/* A disk that has no room fails new messages, and still takes what becomes of the old ones: there
 * is a spare segment. */
static void
test_full(void)
{
	struct disk *const d = model_disk_new(4);
	struct queue *const q = opened(d);
	uint64_t id, other;
	message_put(q, 1, 0, 10, &id);
	tap_is_int(message_put(q, 1, 0, SEGMENT_BYTES_MIN - 20000, &other), 0, "nearly a segment");
	model_disk_fail(d, 1, 1, MODEL_FULL);
	tap_is_int(message_put(q, 1, 0, 10, &other), -ENOSPC, "a full disk fails a commit");
	tap_ok(!queue_find(q, other, NULL), "which is not there");
	tap_is_int(message_put(q, 1, 0, 10, &other), 0, "the next one is");
	queue_close(q);
	model_disk_free(d);
}

static size_t segments;

static void
segment_count(void *to, const char *name)
{
	(void)to;
	segments += segment_number(name) != 0;
}

/* Finished messages give their room back, however long one of them stays. */
static void
test_compaction(void)
{
	struct disk *const d = model_disk_new(5);
	struct queue *q = opened(d);
	uint64_t stays, id;
	message_put(q, 2, 5, 40000, &stays);
	for (int i = 0; i < 400; i++) {
		message_put(q, 1, 0, 20000, &id);
		const struct queue_change c = {.message = id, .to = {.state = RECIPIENT_DELIVERED}};
		if (commit(q, (struct queue_commit){.changes = &c, .change_count = 1}) != 0)
			puts("# a change failed");
		while (queue_turn(q))
			;
	}
	segments = 0;
	d->ops->each_name(d, segment_count, NULL);
	tap_ok(segments <= 8, "400 finished messages leave few segments: %zu", segments);
	tap_ok(queue_find(q, stays, NULL), "one that was moved again and again is there");
	queue_close(q);
	model_disk_crash(d);
	q = opened(d);
	struct queue_message found;
	const struct queue_message *const m = queue_find(q, stays, &found) ? &found : NULL;
	struct recipient_progress said = {0};
	struct arena a;
	arena_init(&a, 1 << 20);
	tap_ok(m != NULL && queue_words(m, 1, &a, &said) == 0, "its words can be read");
	tap_is_int(said.reply.len, 5, "all of them");
	arena_fini(&a);
	tap_ok(m != NULL && m->body_bytes == 40000 && m->envelope.recipient_count == 2 &&
			queue_recipient(m, 1).progress.state == RECIPIENT_WAITING,
		"also after a loss of power");
	char last;
	tap_ok(queue_body_read(q, stays, 39999, &last, 1) == 0 && last == 'x', "its last byte too");
	tap_is_int(queue_body_read(q, stays, 40000, &last, 1), -ERANGE, "and none behind it");
	struct queue_counts counts;
	tap_ok(queue_audit(q, &counts), "the audit balances");
	tap_is_int(counts.messages, 401, "and knows of messages long gone");
	tap_is_int(counts.final[RECIPIENT_DELIVERED], 400, "and what became of them");
	queue_close(q);
	model_disk_free(d);
}

/* A byte goes wrong in what had been durable: everything else is there, and it is said aloud. */
static void
test_damage(void)
{
	enum { MESSAGES = 20, BODY = 1000 };
	size_t quiet = 0, crowds = 0, held = 0, lost = 0;
	for (uint64_t at = SEGMENT_HEAD_BYTES; at < SEGMENT_HEAD_BYTES + MESSAGES * 1000;
		at += 97) {
		struct disk *const d = model_disk_new(6);
		struct queue *q = opened(d);
		uint64_t ids[MESSAGES];
		for (int i = 0; i < MESSAGES; i++)
			message_put(q, 1, 0, BODY, &ids[i]);
		queue_close(q);
		model_disk_damage(d, "0000000000000001.queue", at);
		q = opened(d);
		size_t missing = 0;
		for (int i = 0; i < MESSAGES; i++) {
			struct queue_message found;
			const struct queue_message *const m =
				queue_find(q, ids[i], &found) ? &found : NULL;
			missing += m == NULL;
			held += m != NULL && queue_recipient(m, 0).progress.state == RECIPIENT_HELD;
		}
		crowds += missing > 1;
		lost += missing;
		quiet += missing > 0 && alarm_words[0] == '\0';
		queue_close(q);
		model_disk_free(d);
	}
	tap_ok(lost > 50, "a damaged byte costs a message");
	tap_is_int(crowds, 0, "and only one");
	tap_is_int(quiet, 0, "and never in silence");
	tap_is_int(held, 0, "whole messages are not held");
}

/* The body's first part is in one segment, its entry in the next: the part is lost. */
static void
test_damaged_body(void)
{
	struct disk *const d = model_disk_new(7);
	struct queue *q = opened(d);
	uint64_t id;
	message_put(q, 2, 0, 600000, &id);
	queue_close(q);
	model_disk_damage(d, "0000000000000001.queue", SEGMENT_HEAD_BYTES + 5000);
	q = opened(d);
	struct queue_message found;
	const struct queue_message *const m = queue_find(q, id, &found) ? &found : NULL;
	tap_ok(m != NULL && queue_recipient(m, 1).progress.state == RECIPIENT_HELD,
		"a message that lost a part of its body is held");
	tap_ok(str_has(str_of(alarm_words), STR("it is held")), "and that is said");
	struct queue_counts counts;
	tap_ok(queue_audit(q, &counts) && counts.held == 2, "the audit counts it");
	queue_close(q);
	model_disk_free(d);
}

/* The head of a segment that is not the newest: what is in the others is there. */
static void
test_damaged_head(void)
{
	struct disk *const d = model_disk_new(8);
	uint64_t ids[3];
	for (int i = 0; i < 3; i++) { /* each run writes a segment of its own */
		struct queue *const q = opened(d);
		message_put(q, 1, 0, 10, &ids[i]);
		queue_close(q);
	}
	model_disk_damage(d, "0000000000000002.queue", 20);
	struct queue *const q = opened(d);
	tap_ok(queue_find(q, ids[0], NULL) && queue_find(q, ids[2], NULL),
		"a damaged head costs no message of other segments");
	tap_ok(str_has(str_of(alarm_words), STR("segment 2")), "and is said: %s", alarm_words);
	tap_is_int(message_put(q, 1, 0, 10, &ids[1]), 0, "and the queue goes on");
	queue_close(q);
	model_disk_free(d);
}

/* One change of one recipient. */
static int
change(struct queue *q, uint64_t id, uint32_t place, struct recipient_progress to)
{
	const struct queue_change c = {.message = id, .recipient = place, .to = to};
	return commit(q, (struct queue_commit){.changes = &c, .change_count = 1});
}

static void
finish_some(struct queue *q, int count)
{
	uint64_t id;
	for (int i = 0; i < count; i++) {
		message_put(q, 1, 0, 20000, &id);
		change(q, id, 0, (struct recipient_progress){.state = RECIPIENT_DELIVERED});
		while (queue_turn(q))
			;
	}
}

/* A message with more timelines than fit a frame is moved all the same. */
static void
test_long_words(void)
{
	enum { MANY = 1200 };
	struct disk *const d = model_disk_new(11);
	struct queue *q = opened(d);
	static char note[QUEUE_TEXT_MAX];
	struct queue_message m;
	struct arena a;
	uint64_t id;
	memset(note, 'n', sizeof note);
	message_put(q, MANY, 0, 1000, &id);
	for (uint32_t i = 0; i < MANY; i++)
		if (change(q, id, i,
			    (struct recipient_progress){.attempts = 1,
				    .due_ms = i,
				    .why = STR("rule:retry"),
				    .reply = STR("451 later"),
				    .note = {note, sizeof note}}) != 0)
			puts("# a change failed");
	finish_some(q, 600);
	segments = 0;
	d->ops->each_name(d, segment_count, NULL);
	tap_ok(segments <= 140, "what is finished has gone: %zu segments", segments);
	for (int round = 0; round < 2; round++) {
		arena_init(&a, 1 << 20);
		struct recipient_progress first, last;
		tap_ok(queue_find(q, id, &m) && m.envelope.recipient_count == MANY, "it is there");
		first = queue_recipient(&m, 0).progress;
		last = queue_recipient(&m, MANY - 1).progress;
		tap_ok(queue_words(&m, 0, &a, &first) == 0 &&
				queue_words(&m, MANY - 1, &a, &last) == 0,
			"its words can be read");
		tap_is_int((long)first.note.len, QUEUE_TEXT_MAX, "the first timeline");
		tap_is_int((long)last.note.len, 0, "the last one found no room");
		tap_is_str(last.reply, STR("451 later"), "but what the server said did");
		tap_ok(last.due_ms == MANY - 1 && last.attempts == 1, "and when it is due");
		tap_is_str(last.why, STR("rule:retry"), "and why");
		arena_fini(&a);
		queue_close(q);
		if (round == 0)
			model_disk_crash(d);
		q = opened(d);
	}
	queue_close(q);
	model_disk_free(d);
}

struct walked {
	uint64_t ids[400];
	unsigned visits[400];
	size_t count;
};

static bool
walk_count(void *to, const struct queue_message *m)
{
	struct walked *const w = to;
	for (size_t i = 0; i < w->count; i++)
		w->visits[i] += w->ids[i] == m->id;
	return true;
}

/* In pieces, while messages come (the table grows) and go. */
static void
test_walk(void)
{
	struct disk *const d = model_disk_new(12);
	struct queue *const q = opened(d);
	static struct walked w;
	uint64_t cursor = 0, id;
	for (; w.count < 400; w.count++)
		message_put(q, 1, 0, 10, &w.ids[w.count]);
	size_t pieces = 0, gone = 0;
	while (queue_walk(q, &cursor, 10, walk_count, &w)) {
		pieces++;
		for (int i = 0; i < 30; i++)
			message_put(q, 1, 0, 10, &id);
		change(q, w.ids[gone], 0,
			(struct recipient_progress){.state = RECIPIENT_DISCARDED});
		w.visits[gone++] = 1; /* whether it was met before or never */
	}
	unsigned wrong = 0;
	for (size_t i = 0; i < w.count; i++)
		wrong += w.visits[i] != 1;
	tap_ok(pieces > 20, "%zu pieces", pieces);
	tap_is_int(wrong, 0, "each message is visited once");
	cursor = 0;
	struct queue_counts counts;
	queue_count(q, &counts);
	tap_ok(queue_audit(q, &counts) && counts.here == 400 + 30 * pieces - gone,
		"as many as are there");
	queue_close(q);
	model_disk_free(d);
}

/* What the index has no room for is on the disk. */
static void
test_kept(void)
{
	enum { REASONS = 4095, ATTEMPTS = 2047 };
	struct disk *const d = model_disk_new(13);
	struct queue *const q = opened(d);
	struct queue_message m;
	struct arena a;
	char why[16];
	uint64_t id;
	arena_init(&a, 1 << 20);
	message_put(q, 2, 0, 10, &id);
	for (int i = 1; i <= REASONS; i++) {
		snprintf(why, sizeof why, "W%d", i);
		change(q, id, 0,
			(struct recipient_progress){
				.attempts = ATTEMPTS, .why = str_of(why), .reply = STR("r")});
	}
	change(q, id, 1,
		(struct recipient_progress){
			.attempts = ATTEMPTS + 1, .why = STR("one more"), .reply = STR("r")});
	queue_find(q, id, &m);
	struct recipient_progress known = queue_recipient(&m, 0).progress;
	struct recipient_progress more = queue_recipient(&m, 1).progress;
	tap_is_str(known.why, STR("W4095"), "the last reason that there is room for");
	tap_is_int(known.attempts, ATTEMPTS, "the most attempts");
	tap_is_str(more.why, STR(""), "one more is not in memory");
	tap_is_int(more.attempts, ATTEMPTS, "nor one more attempt");
	tap_is_int(queue_words(&m, 1, &a, &more), 0, "read");
	tap_is_str(more.why, STR("one more"), "it is on the disk");
	tap_is_int(more.attempts, ATTEMPTS + 1, "and so is the number");
	arena_fini(&a);
	queue_close(q);
	model_disk_free(d);
}

/* Header fields that come last and stand first. */
static void
test_front(void)
{
	struct queue_recipient to = {.forward_path = STR("a@b.example")};
	const struct queue_envelope envelope = {.recipients = &to, .recipient_count = 1};
	static char bytes[QUEUE_FRONT_MAX + 1];
	const size_t sizes[] = {0, 5, 256 << 10, 700000};
	struct disk *const d = model_disk_new(9);
	struct queue *const q = opened(d);
	memset(bytes, 'F', sizeof bytes);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct queue_intake *const in = intake(q, 1, sizes[i]);
		const uint64_t id = queue_intake_id(in);
		char read[3] = "";
		tap_ok(queue_intake_front(in, bytes, QUEUE_FRONT_MAX), "the largest front");
		tap_is_int((long)queue_intake_bytes(in), (long)(QUEUE_FRONT_MAX + sizes[i]),
			"... counts as bytes of the message");
		tap_is_int(commit(q, (struct queue_commit){.intake = in, .envelope = &envelope}), 0,
			"... and is taken");
		tap_ok(queue_body_read(q, id, QUEUE_FRONT_MAX - 1, read, sizes[i] > 0 ? 2 : 1) ==
					0 &&
				read[0] == 'F' && (sizes[i] == 0 || read[1] == 'x'),
			"... before a text of %zu bytes", sizes[i]);
	}
	struct queue_intake *const in = intake(q, 1, 1);
	tap_ok(!queue_intake_front(in, bytes, sizeof bytes) && queue_intake_error(in) == -E2BIG,
		"one byte more is refused");
	queue_intake_drop(in);
	queue_close(q);
	d->ops->free(d);
}

int
main(void)
{
	test_refusals();
	test_final_is_final();
	test_changed_as_it_comes();
	test_room();
	test_full();
	test_compaction();
	test_damage();
	test_damaged_body();
	test_damaged_head();
	test_front();
	test_long_words();
	test_walk();
	test_kept();
	return tap_done();
}
