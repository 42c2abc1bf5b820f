/* ledger - what was decided about recipients, until it is durable */
#include "deliver/ledger.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define ALARM_BYTES 256

void
ledger_init(struct ledger *l, struct queue *queue, int64_t (*now_ms)(void *), void *clock,
	queue_alarm *alarm, void *alarm_to)
{
	*l = (struct ledger){.queue = queue,
		.alarm = alarm,
		.alarm_to = alarm_to,
		.again_ms = INT64_MAX,
		.now_ms = now_ms,
		.clock = clock};
	l->again_end = &l->again;
}

struct ledger_entry *
ledger_entry_new(size_t changes)
{
	struct ledger_entry *const e = calloc(1, sizeof *e);
	if (e == NULL)
		return NULL;
	arena_init(&e->arena, LEDGER_ENTRY_BYTES_MAX);
	buf_init(&e->bytes, LEDGER_ENTRY_BYTES_MAX);
	e->changes = arena_alloc(&e->arena, changes > 0 ? changes : 1, sizeof *e->changes);
	if (e->changes == NULL) {
		ledger_entry_free(e);
		return NULL;
	}
	return e;
}

void
ledger_entry_free(struct ledger_entry *e)
{
	if (e == NULL)
		return;
	queue_intake_drop(e->intake);
	buf_fini(&e->bytes);
	arena_fini(&e->arena);
	free(e);
}

void
ledger_fini(struct ledger *l)
{
	while (l->again != NULL) {
		struct ledger_entry *const e = l->again;
		l->again = e->next;
		ledger_entry_free(e);
	}
	ledger_init(l, l->queue, l->now_ms, l->clock, l->alarm, l->alarm_to);
}

static void
entry_done(struct ledger *l, struct ledger_entry *e)
{
	l->open--;
	if (e->durable != NULL)
		e->durable(e->to, e, e->message);
	ledger_entry_free(e);
}

static void
entry_wait(struct ledger *l, struct ledger_entry *e, int error)
{
	if (e->failures++ == 0 && error != -EBUSY && l->alarm != NULL) {
		char words[ALARM_BYTES];
		if (e->is_alone)
			snprintf(words, sizeof words,
				"a notice cannot be written to the queue: %s. It is tried again "
				"until it can",
				strerror(-error));
		else
			snprintf(words, sizeof words,
				"what became of %zu recipients cannot be written to the queue: "
				"%s. It is tried again until it can; a crash before that delivers "
				"to them twice",
				e->change_count, strerror(-error));
		l->alarm(l->alarm_to, words);
	}
	e->next = NULL;
	*l->again_end = e;
	l->again_end = &e->next;
	if (l->again_ms == INT64_MAX)
		l->again_ms = l->now_ms(l->clock) + LEDGER_AGAIN_MS;
}

static void
entry_answer(void *to, int error)
{
	struct ledger_entry *const e = to;
	if (error == 0)
		entry_done(e->ledger, e);
	else
		entry_wait(e->ledger, e, error);
}

/* Leaves out recipients that somebody else has finished, or whose message is gone. */
static void
changes_filter(struct ledger *l, struct ledger_entry *e)
{
	size_t kept = 0;
	for (size_t i = 0; i < e->change_count; i++) {
		const struct queue_change *const c = &e->changes[i];
		struct queue_message m;
		if (queue_find(l->queue, c->message, &m) &&
			c->recipient < m.envelope.recipient_count &&
			!recipient_is_final(queue_recipient(&m, c->recipient).progress.state))
			e->changes[kept++] = *c;
	}
	e->change_count = kept;
}

/* The bytes of the new message, in an intake; an intake does not outlive a commit. One that is made
 * anew has another id than the bytes name, which harms nobody: the log has the right one. */
static int
entry_intake(struct ledger *l, struct ledger_entry *e)
{
	if (e->intake == NULL)
		e->intake = queue_intake_new(l->queue, e->envelope.arrived_ms);
	if (e->intake == NULL)
		return -ENOMEM;
	e->message = queue_intake_id(e->intake);
	if (queue_intake_bytes(e->intake) == 0 &&
		!queue_intake_add(e->intake, e->bytes.ptr, e->bytes.len))
		return queue_intake_error(e->intake);
	return 0;
}

static void
entry_commit(struct ledger *l, struct ledger_entry *e)
{
	changes_filter(l, e);
	if (e->change_count == 0 && !e->is_alone) {
		/* A report is about changes: without them there is nothing to tell. */
		queue_intake_drop(e->intake);
		e->intake = NULL;
		e->message = 0;
		entry_done(l, e);
		return;
	}
	const bool has_message = e->bytes.len > 0;
	int error = has_message ? entry_intake(l, e) : 0;
	if (error == 0)
		error = queue_commit(
			l->queue, &(struct queue_commit){.intake = has_message ? e->intake : NULL,
					  .envelope = has_message ? &e->envelope : NULL,
					  .changes = e->changes,
					  .change_count = e->change_count,
					  .answer = entry_answer,
					  .to = e});
	if (error == 0) {
		e->intake = NULL;
		return;
	}
	/* One that is merely in another's way can be used again; one that failed cannot. */
	if (error != -EBUSY) {
		queue_intake_drop(e->intake);
		e->intake = NULL;
	}
	entry_wait(l, e, error);
}

static void
entry_signed(void *to, struct str fields)
{
	struct ledger_entry *const e = to;
	struct buf whole;
	buf_init(&whole, LEDGER_ENTRY_BYTES_MAX);
	buf_add(&whole, fields);
	buf_add(&whole, buf_str(&e->bytes));
	if (buf_failed(&whole)) { /* better unsigned than not told */
		buf_fini(&whole);
	} else {
		buf_fini(&e->bytes);
		e->bytes = whole;
	}
	entry_commit(e->ledger, e);
}

void
ledger_enter(struct ledger *l, struct ledger_entry *e)
{
	assert(e->next == NULL);
	e->ledger = l;
	l->open++;
	if (e->bytes.len == 0 ||
		signing_text(l->signing, buf_str(&e->bytes), entry_signed, e) == NULL)
		entry_commit(l, e);
}

void
ledger_flush(struct ledger *l)
{
	struct ledger_entry *list = l->again;
	l->again = NULL;
	l->again_end = &l->again;
	l->again_ms = INT64_MAX;
	while (list != NULL) {
		struct ledger_entry *const e = list;
		list = e->next;
		e->next = NULL;
		entry_commit(l, e);
	}
}

void
ledger_turn(struct ledger *l, int64_t now_ms)
{
	if (now_ms >= l->again_ms)
		ledger_flush(l);
}
