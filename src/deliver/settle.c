/*
 * settle - what became of a parcel's recipients, written down: states, and reports of them
 *
 * For each recipient retry_decide() says what follows, report_route() who is told. What is told in
 * one report goes into one entry of the ledger, so that state and report are durable together:
 * failures, delays and successes apart, since a person must not take one for the other.
 */
#include <stdlib.h>

#include "deliver/settle_inside.h"

#define UNTRIED_PAUSE_MS 20000        /* when nobody says when to come again */
#define SETTLE_ARENA_MAX (256u << 20) /* a limit: hundreds of answers are judged for one report */
#define TOLD_TOO_MAX 100              /* of others that wait, in a notice of delay */
/* Changes in one commit: so many of the longest fit into a frame of the queue. */
#define ENTRY_CHANGES_MAX 200

static void
change_fill(
	const struct settling *s, const struct fate *f, struct arena *a, struct queue_change *out)
{
	*out = (struct queue_change){
		.message = s->p->message, .recipient = f->r->place, .to = f->to};
	struct recipient_progress *const to = &out->to;
	to->why = arena_str(a, to->why);
	to->reply = arena_str(a, to->reply);
	to->peer = arena_str(a, to->peer);
	/* What is final goes to the journal and out of the index: its story is in the log. */
	to->note = recipient_is_final(to->state) ? STR_NONE : arena_str(a, to->note);
}

/* Who else waits: a notice of delay names them, and they need none of their own. */
static size_t
told_too(struct settling *s, const struct fate *fates, size_t count, struct tell_recipient *to)
{
	size_t n = 0;
	for (size_t i = 0; i < s->m.envelope.recipient_count && n < TOLD_TOO_MAX; i++) {
		struct queue_recipient r = queue_recipient(&s->m, i);
		bool is_one = r.progress.state != RECIPIENT_WAITING || r.progress.attempts == 0 ||
			      r.list != fates[0].copy.list ||
			      (r.notify != 0 && (r.notify & NOTIFY_DELAY) == 0);
		for (size_t k = 0; k < count && !is_one; k++)
			is_one = fates[k].r->place == i;
		if (is_one)
			continue;
		/* A timeline that cannot be read is not shown. */
		(void)queue_words(&s->m, i, &s->arena, &r.progress);
		to[n++] = (struct tell_recipient){.action = NIXIE_ACTION_DELAYED,
			.final = r.forward_path,
			.original = r.original,
			.packed = r.progress.note,
			.attempts = r.progress.attempts,
			.give_up_ms = fates[0].decision.give_up_ms,
			.next_ms = r.progress.due_ms};
	}
	return n;
}

/* NULL when memory ran out. */
static const struct tell_recipient *
told_list(struct settling *s, const struct fate *fates, size_t count, enum kind kind,
	size_t *told_count)
{
	struct tell_recipient *const told =
		arena_alloc(&s->arena, count + TOLD_TOO_MAX, sizeof *told);
	for (size_t i = 0; told != NULL && i < count; i++)
		told[i] = (struct tell_recipient){.action = fates[i].action,
			.final = fates[i].r->forward_path,
			.original = fates[i].r->original,
			.packed = fates[i].packed,
			.is_expired = fates[i].decision.is_expired,
			.is_own_relay = s->p->is_own_relay,
			.attempts = fates[i].to.attempts,
			.give_up_ms = fates[i].decision.give_up_ms,
			.next_ms = fates[i].to.due_ms};
	*told_count = count;
	if (told != NULL && kind == KIND_DELAY)
		*told_count += told_too(s, fates, count, told + count);
	return told;
}

/* The fates of one kind, from `from` on, as one entry; gives how many it holds. */
static size_t
enter(struct settling *s, const struct fate *fates, size_t count, enum kind kind,
	enum report_way way)
{
	struct ledger_entry *const e = ledger_entry_new(count);
	struct book *const b = e == NULL ? NULL : arena_alloc(&e->arena, 1, sizeof *b);
	struct line *const lines = b == NULL ? NULL : arena_alloc(&e->arena, count, sizeof *lines);
	bool ok = lines != NULL;
	if (ok) {
		*b = (struct book){.d = s->d,
			.sender = arena_str(&e->arena, fates[0].copy.sender),
			.lines = lines,
			.count = count,
			.kind = kind};
		for (size_t i = 0; i < count; i++) {
			change_fill(s, &fates[i], &e->arena, &e->changes[i]);
			book_line_fill(&fates[i], &s->m, &e->arena, &lines[i]);
		}
		e->change_count = count;
		e->durable = book_durable;
		e->to = b;
		ok = !arena_failed(&e->arena);
	}
	if (ok && kind != KIND_QUIET) {
		size_t told_count;
		const struct tell_recipient *const told =
			told_list(s, fates, count, kind, &told_count);
		ok = told != NULL &&
		     tell(s->d, &s->about, &fates[0].copy, told, told_count, way, s->now_ms, e);
	}
	if (ok) {
		if (way == REPORT_TO_SENDER && (kind == KIND_FAILURE || kind == KIND_DELAY))
			/* one, of however many recipients it tells */
			cap_add(&s->d->cap, fates[0].copy.sender, s->now_ms);
		if (kind == KIND_DELAY)
			deliver_note_told(s->d, s->p->message);
		ledger_enter(&s->d->ledger, e);
	} else {
		/* No memory: as if it had not been tried, which a delivery in a mailbox here
		 * survives without a second copy. */
		ledger_entry_free(e);
		for (size_t i = 0; i < count; i++)
			deliver_landed(s->d, s->p->message, fates[i].r->place,
				s->now_ms + UNTRIED_PAUSE_MS);
	}
	return count;
}

/* Fates that go into one entry stand together. */
static int
fate_order(const void *a, const void *b)
{
	const struct fate *const x = a, *const y = b;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->copy.list != y->copy.list)
		return x->copy.list < y->copy.list ? -1 : 1;
	if (x->kind != KIND_QUIET && x->way != y->way)
		return x->way < y->way ? -1 : 1;
	return x->r->place < y->r->place ? -1 : x->r->place > y->r->place;
}

static void
enter_all(struct settling *s, struct fate *fates, size_t count)
{
	if (count > 1)
		qsort(fates, count, sizeof *fates, fate_order);
	for (size_t i = 0; i < count;) {
		size_t n = 1;
		while (i + n < count && n < ENTRY_CHANGES_MAX &&
			fates[i + n].kind == fates[i].kind &&
			fates[i + n].copy.list == fates[i].copy.list &&
			(fates[i].kind == KIND_QUIET || fates[i + n].way == fates[i].way))
			n++;
		i += enter(s, fates + i, n, fates[i].kind, fates[i].way);
	}
}

void
settle(struct deliver *d, const struct parcel *p)
{
	struct settling s = {.d = d, .p = p, .now_ms = deliver_now(d)};
	const bool is_there = queue_find(d->options.queue, p->message, &s.m);
	arena_init(&s.arena, SETTLE_ARENA_MAX);
	struct fate *const fates = arena_alloc(&s.arena, p->count, sizeof *fates);
	size_t count = 0;
	bool is_unreadable = false;
	tell_begin(&s.about, d->options.queue, p->message, &s.arena);
	for (size_t i = 0; i < p->count; i++) {
		const struct parcel_recipient *const r = &p->recipients[i];
		struct recipient_progress before = {.state = RECIPIENT_DISCARDED};
		if (is_there)
			before = queue_recipient(&s.m, r->place).progress;
		struct fate f = {.r = r};
		/* An operator has finished it while it was under way. */
		const bool is_gone = recipient_is_final(before.state);
		if (!is_gone && fates != NULL) {
			/* What was said before and cannot be read is missed in a report, no more.
			 */
			(void)queue_words(&s.m, r->place, &s.arena, &before);
			fate_decide(&s, &f, &before);
		}
		if (is_gone || fates == NULL || fate_is_unchanged(&f)) {
			const int64_t again = r->result.not_before_ms;
			deliver_landed(d, p->message, r->place,
				again > s.now_ms ? again : s.now_ms + UNTRIED_PAUSE_MS);
			continue;
		}
		is_unreadable |= r->result.outcome == CARRIED_UNREADABLE;
		fates[count++] = f;
	}
	if (is_unreadable)
		deliver_alarm(
			d, arena_join(&s.arena,
				   STR("a message cannot be read from the queue and is held: "),
				   p->id, STR_NONE)
				   .ptr);
	enter_all(&s, fates, count);
	arena_fini(&s.arena);
}
