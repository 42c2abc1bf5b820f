/*
 * test_queue - the promise of the queue, on a disk that loses power and fails
 *
 * Random lives: messages are taken, changed, dropped; the disk fails now and then; each life ends
 * in a clean close or a crash. After each the queue is opened again, and everything that was
 * answered must be true.
 */
#include "model_disk.h"
#include "queue/queue.h"
#include "tap.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define LIVES 5
#define STEPS 60
#define MESSAGES_MAX 512
#define RECIPIENTS 3

enum answered { NOT_YET, YES, NO };

struct recipient_want {
	enum recipient_state state;
	bool is_pending;
	enum recipient_state pending;
	unsigned may_return; /* states that were refused while the disk took nothing at all any more
			      */
};

/* What we were told of a message. */
struct want {
	uint64_t id, bytes, report_of;
	enum answered answered;
	size_t count;
	struct recipient_want recipients[RECIPIENTS];
	uint64_t front;              /* bytes that are put in front at the end */
	struct queue_intake *intake; /* still open */
};

struct world {
	struct disk *disk;
	struct queue *q;
	uint64_t now_ms, seed;
	struct want wants[MESSAGES_MAX];
	size_t want_count;
	unsigned faults; /* in a row that were asked for */
	bool is_quiet;   /* the disk failed for so long that a refused message may come back */
	char trouble[256];
	unsigned alarms;
	struct queue_audit *audit; /* that goes on between the steps */
	unsigned audits;           /* that came to their end */
};

static bool
complain(struct world *w, const char *what, uint64_t id)
{
	if (w->trouble[0] == '\0')
		snprintf(w->trouble, sizeof w->trouble, "seed %llu, message %llx: %s",
			(unsigned long long)w->seed, (unsigned long long)id, what);
	return false;
}

static unsigned char
byte_of(uint64_t id, uint64_t at)
{
	return (unsigned char)((id >> 16) * 31 + id * 7 + at * 131 + (at >> 8) * 17);
}

struct answer {
	struct world *w;
	size_t want;
	size_t recipient; /* of the change; RECIPIENTS: none */
	size_t changed;
};

static void
answer(void *to, int error)
{
	struct answer *const a = to;
	struct world *const w = a->w;
	if (a->want < MESSAGES_MAX)
		w->wants[a->want].answered = error == 0 ? YES : NO;
	if (a->recipient < RECIPIENTS) {
		struct recipient_want *const r = &w->wants[a->changed].recipients[a->recipient];
		if (error == 0)
			r->state = r->pending;
		r->may_return =
			error == 0 ? 0 : r->may_return | (w->is_quiet ? 1u << r->pending : 0);
		r->is_pending = false;
	}
	free(a);
}

static struct answer *
answer_new(struct world *w, size_t want, size_t changed, size_t recipient)
{
	struct answer *const a = malloc(sizeof *a);
	assert(a != NULL);
	*a = (struct answer){w, want, recipient, changed};
	return a;
}

static uint64_t
chance(struct world *w, uint64_t n)
{
	return model_disk_random(w->disk) % n;
}

static void
intake_begin(struct world *w)
{
	if (w->want_count == MESSAGES_MAX)
		return;
	struct want *const x = &w->wants[w->want_count++];
	*x = (struct want){.intake = queue_intake_new(w->q, (int64_t)w->now_ms)};
	x->id = queue_intake_id(x->intake);
	x->front = chance(w, 3) == 0 ? chance(w, QUEUE_FRONT_MAX + 1) : 0;
}

static void
intake_feed(struct world *w, struct want *x)
{
	static unsigned char bytes[300000];
	const size_t len =
		chance(w, 4) == 0 ? (size_t)chance(w, sizeof bytes) : (size_t)chance(w, 3000);
	for (size_t i = 0; i < len; i++)
		bytes[i] = byte_of(x->id, x->front + x->bytes + i);
	if (queue_intake_add(x->intake, bytes, len))
		x->bytes += len;
}

static void
intake_end(struct world *w, size_t at, const struct queue_change *change, size_t changed)
{
	static unsigned char bytes[QUEUE_FRONT_MAX];
	struct want *const x = &w->wants[at];
	struct queue_recipient list[RECIPIENTS] = {
		{.forward_path = STR("one@example.org"), .progress = {.due_ms = 5}},
		{.forward_path = STR("two@example.org"), .original = STR("rfc822;zwei")},
		{.forward_path = STR("three@example.net"), .notify = NOTIFY_NEVER}};
	for (size_t i = 0; i < x->front; i++)
		bytes[i] = byte_of(x->id, i);
	if (queue_intake_front(x->intake, bytes, (size_t)x->front))
		x->bytes += x->front;
	x->count = 1 + (size_t)chance(w, RECIPIENTS);
	const struct queue_envelope envelope = {.arrived_ms = (int64_t)w->now_ms,
		.reverse_path = STR("sender@example.com"),
		.envelope_id = STR("QQ314159"),
		.recipients = list,
		.recipient_count = x->count};
	struct answer *const a =
		answer_new(w, at, changed, change != NULL ? change->recipient : RECIPIENTS);
	const int error = queue_commit(w->q, &(struct queue_commit){.intake = x->intake,
						     .envelope = &envelope,
						     .changes = change,
						     .change_count = change != NULL,
						     .answer = answer,
						     .to = a});
	if (error != 0) { /* an earlier part failed */
		queue_intake_drop(x->intake);
		answer(a, error);
	}
	x->intake = NULL;
}

/* A change, or a bounce: a change and the report about it in one commit. */
static void
change_some(struct world *w, size_t at)
{
	struct want *const x = &w->wants[at];
	if (x->answered != YES || x->intake != NULL)
		return;
	const size_t r = (size_t)chance(w, x->count);
	struct recipient_want *const want = &x->recipients[r];
	if (want->is_pending || recipient_is_final(want->state))
		return;
	static const enum recipient_state to[] = {RECIPIENT_WAITING, RECIPIENT_HELD,
		RECIPIENT_DELIVERED, RECIPIENT_RELAYED, RECIPIENT_DISCARDED, RECIPIENT_BOUNCED};
	const struct queue_change change = {.message = x->id,
		.recipient = (uint32_t)r,
		.to = {.state = to[chance(w, sizeof to / sizeof *to)],
			.attempts = 7,
			.due_ms = 99,
			.why = STR("C34"),
			.reply = STR("550 5.1.1 no such user")}};
	want->is_pending = true;
	want->pending = change.to.state;
	if (change.to.state == RECIPIENT_BOUNCED && w->want_count < MESSAGES_MAX) {
		intake_begin(w);
		const size_t report = w->want_count - 1;
		w->wants[report].report_of = x->id;
		intake_feed(w, &w->wants[report]);
		intake_end(w, report, &change, at);
		return;
	}
	struct answer *const a = answer_new(w, MESSAGES_MAX, at, r);
	const int error = queue_commit(
		w->q, &(struct queue_commit){
			      .changes = &change, .change_count = 1, .answer = answer, .to = a});
	if (error != 0) {
		complain(w, "a change was refused", x->id);
		answer(a, error);
	}
}

static void
step(struct world *w)
{
	w->now_ms += chance(w, 50);
	const size_t at = w->want_count == 0 ? 0 : (size_t)chance(w, w->want_count);
	struct want *const x = &w->wants[at];
	switch (chance(w, 8)) {
	case 0:
	case 1:
		intake_begin(w);
		break;
	case 2:
		if (w->want_count > 0 && x->intake != NULL)
			intake_feed(w, x);
		break;
	case 3:
	case 4:
		for (size_t i = 0; i < w->want_count; i++)
			if (w->wants[i].intake != NULL) {
				intake_end(w, i, NULL, 0);
				break;
			}
		break;
	case 5:
	case 6:
		if (w->want_count > 0)
			change_some(w, at);
		break;
	default:
		if (w->want_count > 0 && x->intake != NULL && chance(w, 4) == 0) {
			queue_intake_drop(x->intake);
			x->intake = NULL;
			x->answered = NO;
		}
		queue_turn(w->q);
	}
}

static bool
body_is_right(struct world *w, const struct want *x)
{
	static unsigned char bytes[1 << 20];
	for (uint64_t at = 0; at < x->bytes; at += sizeof bytes) {
		const size_t n =
			x->bytes - at < sizeof bytes ? (size_t)(x->bytes - at) : sizeof bytes;
		if (queue_body_read(w->q, x->id, at, bytes, n) != 0)
			return false;
		for (size_t i = 0; i < n; i++)
			if (bytes[i] != byte_of(x->id, at + i))
				return false;
	}
	return true;
}

/* The state of a recipient that is there must be one that we could expect. */
static bool
recipient_check(struct world *w, struct want *x, size_t i, bool is_there, enum recipient_state got)
{
	struct recipient_want *const r = &x->recipients[i];
	const unsigned may =
		1u << r->state | (r->is_pending ? 1u << r->pending : 0) | r->may_return;
	r->is_pending = false;
	r->may_return = 0;
	if (is_there) {
		r->state = got;
		return (may & 1u << got) != 0 ||
		       complain(w, "a recipient is in a state it cannot be in", x->id);
	}
	for (int s = RECIPIENT_DELIVERED; s < RECIPIENT_STATE_COUNT; s++)
		if ((may & 1u << s) != 0) {
			r->state = (enum recipient_state)s;
			return true;
		}
	return complain(w, "lost", x->id);
}

static bool
want_check(struct world *w, struct want *x)
{
	struct queue_message found;
	const struct queue_message *const m = queue_find(w->q, x->id, &found) ? &found : NULL;
	if (x->answered == NO)
		return m == NULL || w->is_quiet || complain(w, "was refused, and is there", x->id);
	if (x->answered == NOT_YET) {
		x->answered = m == NULL ? NO : YES;
		if (m == NULL)
			return true;
	}
	if (m != NULL && (m->body_bytes != x->bytes || !body_is_right(w, x)))
		return complain(w, "its body is wrong", x->id);
	if (m != NULL && m->envelope.recipient_count != x->count)
		return complain(w, "its envelope is wrong", x->id);
	bool ok = true;
	for (size_t i = 0; i < x->count; i++)
		ok &= recipient_check(
			w, x, i, m != NULL, m == NULL ? 0 : queue_recipient(m, i).progress.state);
	return ok;
}

static void
alarm_count(void *to, const char *words)
{
	(void)words;
	((struct world *)to)->alarms++;
}

static bool
life_begin(struct world *w)
{
	const struct queue_options options = {.segment_bytes = SEGMENT_BYTES_MIN,
		.salt = (uint32_t)model_disk_random(w->disk),
		.alarm = alarm_count,
		.alarm_to = w};
	const int error = queue_open(w->disk, &options, &w->q);
	if (error != 0)
		return complain(w, "the queue does not open", (uint64_t)-error);
	bool ok = true;
	for (size_t i = 0; i < w->want_count && ok; i++)
		ok = want_check(w, &w->wants[i]);
	struct queue_counts counts;
	if (ok && !queue_audit(w->q, &counts))
		ok = complain(w, "the audit does not balance", counts.accepted);
	return ok;
}

/* Every change with its report, or neither: "bounced" and its message are one commit. */
static bool
reports_check(struct world *w)
{
	for (size_t i = 0; i < w->want_count; i++) {
		const struct want *const x = &w->wants[i];
		if (x->report_of == 0 || x->answered == NOT_YET)
			continue;
		for (size_t k = 0; k < w->want_count; k++) {
			if (w->wants[k].id != x->report_of)
				continue;
			bool has_bounced = false;
			for (size_t r = 0; r < w->wants[k].count; r++)
				has_bounced |= w->wants[k].recipients[r].state == RECIPIENT_BOUNCED;
			if (x->answered == YES && !has_bounced)
				return complain(w, "a report without a bounce", x->id);
		}
	}
	return true;
}

static void
intakes_drop(struct world *w)
{
	for (size_t i = 0; i < w->want_count; i++)
		if (w->wants[i].intake != NULL) {
			queue_intake_drop(w->wants[i].intake);
			w->wants[i].intake = NULL;
			w->wants[i].answered = NO;
		}
}

/* A piece of the audit, between two things that happen; it must be right whatever they were. */
static bool
audit_on(struct world *w)
{
	struct queue_counts counts;
	if (w->audit == NULL)
		w->audit = queue_audit_new(w->q);
	assert(w->audit != NULL);
	if (queue_audit_go(w->audit, 3))
		return true;
	const bool is_right = queue_audit_is_right(w->audit, &counts);
	queue_audit_free(w->audit);
	w->audit = NULL;
	w->audits++;
	return is_right || complain(w, "an audit in pieces does not balance", counts.accepted);
}

/* The power goes. What the queue has in memory is freed by queue_close(), and neither the disk nor
 * anybody who waits for an answer is to notice that. */
static bool
life_crash(struct world *w)
{
	intakes_drop(w);
	struct want *const wants = malloc(sizeof w->wants);
	assert(wants != NULL);
	memcpy(wants, w->wants, sizeof w->wants);
	model_disk_crash(w->disk);
	model_disk_fail(w->disk, 1, UINT32_MAX, MODEL_FAIL);
	queue_close(w->q);
	model_disk_crash(w->disk);
	memcpy(w->wants, wants, sizeof w->wants);
	free(wants);
	return true;
}

static bool
life_close(struct world *w)
{
	intakes_drop(w);
	queue_close(w->q);
	bool ok = true;
	for (size_t i = 0; i < w->want_count; i++)
		if (w->wants[i].answered == NOT_YET)
			ok = complain(w, "was never answered", w->wants[i].id);
	return ok;
}

static uint64_t audits; /* of all worlds */

static bool
world_run(uint64_t seed, unsigned faults, char trouble[256])
{
	struct world *const w = calloc(1, sizeof *w);
	assert(w != NULL);
	w->disk = model_disk_new(seed);
	w->seed = seed;
	w->now_ms = 1790000000000;
	bool ok = true;
	for (int life = 0; life < LIVES && ok; life++) {
		w->now_ms += 1000; /* no machine restarts faster */
		ok = life_begin(w) && reports_check(w);
		if (!ok)
			break;
		for (int i = 0; i < STEPS; i++) {
			if (faults > 0 && chance(w, STEPS / 3) == 0) {
				const unsigned count = 1 + (unsigned)chance(w, faults);
				/* fault, cut, its sync, and the five steps of another segment */
				w->is_quiet |= count > 2;
				model_disk_fail(w->disk, 1 + chance(w, 12), count,
					(enum model_fault)chance(w, 3));
			}
			step(w);
			ok = audit_on(w) && ok;
		}
		const bool crashes = chance(w, 4) != 0;
		if (!crashes) {
			model_disk_fail(w->disk, 1, 0, MODEL_FAIL);
			while (queue_turn(w->q))
				;
		}
		ok = (crashes ? life_crash(w) : life_close(w)) && ok;
		w->q = NULL;
		/* The queue went before it came to its end. */
		struct queue_counts counts;
		if (w->audit != NULL &&
			(queue_audit_go(w->audit, 1) || queue_audit_is_right(w->audit, &counts)))
			ok = complain(w, "an audit of a queue that is closed", 0);
		queue_audit_free(w->audit);
		w->audit = NULL;
	}
	if (ok)
		ok = life_begin(w) && reports_check(w);
	queue_close(w->q);
	audits += w->audits;
	memcpy(trouble, w->trouble, sizeof w->trouble);
	model_disk_free(w->disk);
	free(w);
	return ok;
}

static void
worlds_run(const char *what, uint64_t from, uint64_t count, unsigned faults)
{
	char trouble[256] = "";
	uint64_t seed = from;
	while (seed < from + count && world_run(seed, faults, trouble))
		seed++;
	if (!tap_ok(seed == from + count, "%s: %llu worlds of %d lives", what,
		    (unsigned long long)count, LIVES))
		printf("# %s\n", trouble);
}

int
main(int argc, char **argv)
{
	if (argc > 1) { /* one world, to look at it */
		char trouble[256] = "";
		const bool ok = world_run(strtoull(argv[1], NULL, 10), argc > 2 ? 2 : 0, trouble);
		puts(ok ? "ok" : trouble);
		return !ok;
	}
	worlds_run("loss of power", 1, 150, 0);
	worlds_run("loss of power and faults", 10001, 150, 2);
	tap_ok(audits > 100, "audits in pieces, all of them right: %llu",
		(unsigned long long)audits);
	worlds_run("loss of power and a disk that stays broken for a while", 20001, 100, 40);
	return tap_done();
}
