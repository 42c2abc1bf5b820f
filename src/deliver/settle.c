/*
 * settle - what became of a parcel's recipients, written down: states, and reports of them
 *
 * For each recipient retry_decide() says what follows, report_route() who is told. What is told in
 * one report goes into one entry of the ledger, so that state and report are durable together:
 * failures, delays and successes apart, since a person must not take one for the other.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "base/when.h"
#include "deliver/inside.h"
#include "deliver/tell.h"

#define NOTED ", sender told"
#define UNTRIED_PAUSE_MS 20000        /* when nobody says when to come again */
#define SETTLE_ARENA_MAX (256u << 20) /* a limit: hundreds of answers are judged for one report */
#define TOLD_TOO_MAX 100              /* of others that wait, in a notice of delay */
/* Changes in one commit: so many of the longest fit into a frame of the queue. */
#define ENTRY_CHANGES_MAX 200

/* ---- what is told in one report */

enum kind { KIND_QUIET, KIND_FAILURE, KIND_DELAY, KIND_SUCCESS, KIND_COUNT };

/* What follows for one recipient. */
struct fate {
	const struct parcel_recipient *r;
	enum kind kind;
	struct recipient_progress to;
	struct retry_decision decision;
	struct str packed; /* the timeline with this attempt */
	enum nixie_action action;
	enum report_way way;
	struct str rule; /* of the report that was not written, or the decision */
};

struct settling {
	struct deliver *d;
	const struct parcel *p;
	struct queue_message m; /* when it is there */
	struct arena arena;
	struct tell_message about; /* the original, read when it is needed */
	int64_t now_ms;
	enum { TOLD_UNKNOWN, TOLD_NO, TOLD_YES } was_told; /* of a delay of this message */
};

/* ---- the lines of the log, when an entry is durable */

struct line {
	uint32_t recipient;
	enum eventlog_event event;
	int64_t not_before_ms;
	struct str to, reason, condition, status, rule, words, peer, reply, next;
	uint32_t attempt;
};

struct book {
	struct deliver *d;
	uint64_t message;
	int64_t arrived_ms;
	struct str sender;
	struct line *lines;
	size_t count;
	enum kind kind;
};

static void
line_log(const struct book *b, const struct line *l, uint64_t report)
{
	char id[QUEUE_ID_BYTES], report_id[QUEUE_ID_BYTES], digits[STR_DIGITS_MAX];
	char waited[STR_DIGITS_MAX];
	queue_id_text(b->message, id);
	queue_id_text(report, report_id);
	const struct eventlog_field fields[] = {
		{FIELD_ID, str_of(id)},
		{FIELD_FROM, b->sender.len > 0 ? b->sender : STR("<>")},
		{FIELD_TO, l->to},
		{FIELD_CONDITION, l->condition},
		{FIELD_STATUS, l->status},
		{FIELD_REASON, l->reason},
		{FIELD_PEER, l->peer},
		{FIELD_REPLY, l->reply},
		{FIELD_RULE, l->rule},
		{FIELD_ATTEMPT, l->attempt == 0 ? STR_NONE : str_digits(l->attempt, digits)},
		{FIELD_NEXT, l->next},
		{FIELD_REPORT, report == 0 ? STR_NONE : str_of(report_id)},
		{FIELD_DELAY_MS, str_digits(deliver_now(b->d) - b->arrived_ms, waited)},
		{FIELD_WORDS, l->words},
	};
	deliver_log(b->d, l->event, fields, sizeof fields / sizeof *fields);
}

static void
count_line(struct deliver *d, const struct line *l)
{
	struct deliver_counts *const c = &d->counts;
	c->delivered += l->event == LOG_DELIVERED;
	c->relayed += l->event == LOG_RELAYED;
	c->deferred += l->event == LOG_DEFERRED;
	c->bounced += l->event == LOG_BOUNCED;
	c->discarded += l->event == LOG_DISCARDED;
}

static void
on_durable(void *to, struct ledger_entry *e, uint64_t report)
{
	struct book *const b = to;
	struct deliver *const d = b->d;
	(void)e;
	if (report != 0) {
		d->counts.reports += b->kind == KIND_FAILURE;
		d->counts.delay_notices += b->kind == KIND_DELAY;
		d->counts.success_reports += b->kind == KIND_SUCCESS;
	}
	for (size_t i = 0; i < b->count; i++) {
		const struct line *const l = &b->lines[i];
		line_log(b, l, report);
		count_line(d, l);
		if (b->kind == KIND_DELAY && report != 0) {
			struct line told = *l;
			told.event = LOG_DELAYED;
			line_log(b, &told, report);
		}
		deliver_landed(d, b->message, l->recipient, l->not_before_ms);
	}
	if (report != 0)
		deliver_added(d, report);
}

/* ---- one attempt, as it was */

static void
log_attempt(const struct settling *s, const struct parcel_recipient *r, uint32_t attempt)
{
	static const char *const results[] = {[CARRIED_UNTRIED] = "untried",
		[CARRIED_DELIVERED] = "delivered",
		[CARRIED_RELAYED] = "relayed",
		[CARRIED_FAILED] = "failed",
		[CARRIED_UNREADABLE] = "unreadable"};
	const struct carried *const c = &r->result;
	char number[STR_DIGITS_MAX], code[STR_DIGITS_MAX], took[STR_DIGITS_MAX];
	const struct eventlog_field fields[] = {
		{FIELD_ID, s->p->id},
		{FIELD_TO, r->forward_path},
		{FIELD_TARGET, str_eq_case(r->address, r->forward_path) ? STR_NONE : r->address},
		{FIELD_ATTEMPT, str_digits(attempt, number)},
		{FIELD_RESULT, str_of(results[c->outcome])},
		{FIELD_PEER, c->peer},
		{FIELD_TLS, c->attempt.tls},
		{FIELD_STAGE, str_of(c->stage)},
		{FIELD_CODE, c->code == 0 ? STR_NONE : str_digits(c->code, code)},
		{FIELD_REPLY, c->attempt.answer},
		/* The window of RFC 1047: the next attempt may make it two. */
		{FIELD_RULE, c->may_be_taken ? STR("rule:may-be-taken") : STR_NONE},
		{FIELD_SECONDS, str_digits(c->took_ms / 1000, took)},
		{FIELD_WORDS, c->words},
	};
	deliver_log(s->d, LOG_ATTEMPT, fields, sizeof fields / sizeof *fields);
}

/* ---- what follows */

static struct str
condition_id(enum condition c)
{
	return c == ATTEMPT_ANSWERED || (unsigned)c >= CONDITION__COUNT
		       ? STR_NONE
		       : catalogue_text(catalogue_conditions[c].id);
}

static bool
was_noted(const struct recipient_progress *p)
{
	return str_ends_case(p->why, STR(NOTED));
}

/* Was the sender told of a delay of this message? One notice names all who wait. */
static bool
message_was_noted(struct settling *s)
{
	if (s->was_told == TOLD_UNKNOWN) {
		/* A notice may be on its way to the disk. */
		s->was_told = deliver_was_told(s->d, s->p->message) ? TOLD_YES : TOLD_NO;
		for (size_t i = 0; i < s->m.envelope.recipient_count && s->was_told == TOLD_NO;
			i++) {
			const struct queue_recipient r = queue_recipient(&s->m, i);
			if (was_noted(&r.progress))
				s->was_told = TOLD_YES;
		}
	}
	return s->was_told == TOLD_YES;
}

/* Reports that went to the sender in this hour. */
static struct cap_count *
sender_count(struct settling *s)
{
	return cap_count(&s->d->cap, s->m.envelope.reverse_path, s->now_ms);
}

/* Who is told, and by which rule nobody is. */
static enum report_way
route(struct settling *s, const struct parcel_recipient *r, enum nixie_action action, bool is_noted,
	struct str *rule)
{
	const struct queue_envelope *const v = &s->m.envelope;
	const bool is_report = (v->flags & MESSAGE_REPORT) != 0;
	const struct guard_facts facts = {.action = action,
		.sender = v->reverse_path,
		.original = tell_header(&s->about),
		.notify = r->notify,
		.is_report = is_report,
		.is_double = is_report && str_eq_case(r->forward_path, s->d->settings.postmaster),
		.is_authenticated = (v->flags & MESSAGE_AUTHENTICATED) != 0,
		.failed_spf = tell_failed_spf(&s->about, s->d->settings.hostname),
		.is_repeated_delay = is_noted,
		.sent_lately = sender_count(s)->reports, /* without those of this parcel */
		.most = s->d->settings.reports_per_sender};
	return report_route(&facts, rule);
}

/* The timeline with this attempt in it. */
static struct str
packed_with(struct settling *s, const struct recipient_progress *before, const struct attempt *a)
{
	char *const room = arena_bytes(&s->arena, ATTEMPTS_PACKED_BYTES_MAX);
	if (room == NULL)
		return before->note;
	const size_t n = attempts_pack(before->note, a, room);
	arena_give_back(&s->arena, ATTEMPTS_PACKED_BYTES_MAX - n);
	return (struct str){room, n};
}

static void
succeed(struct settling *s, struct fate *f, const struct recipient_progress *before)
{
	const struct carried *const c = &f->r->result;
	const bool is_here = c->outcome == CARRIED_DELIVERED;
	f->to.state = is_here ? RECIPIENT_DELIVERED : RECIPIENT_RELAYED;
	f->action = is_here ? NIXIE_ACTION_DELIVERED : NIXIE_ACTION_RELAYED;
	f->to.due_ms = 0;
	/* RFC 3461 s5.2.2: who relays to a server that knows DSN leaves the report to it. */
	if ((f->r->notify & NOTIFY_SUCCESS) == 0 || c->passed_dsn_on)
		return;
	f->way = route(s, f->r, f->action, false, &f->rule);
	if (f->way == REPORT_TO_SENDER) {
		f->kind = KIND_SUCCESS;
		f->packed = packed_with(s, before, &c->attempt);
	}
}

/* What is wrong, with the words of who said so, and whom it keeps from the mail: the line is read
 * alone. */
static void
alarm_operator(struct settling *s, const struct fate *f)
{
	const struct carried *const c = &f->r->result;
	struct arena *const a = &s->arena;
	struct str words = f->decision.words;
	if (str_is_set(c->peer) && c->peer.len > 0)
		words = arena_join(a, words, STR(": "), c->peer);
	if (c->attempt.answer.len > 0)
		words = arena_join(a, words, STR(": "), c->attempt.answer);
	words = arena_join(a, words, STR(", for "), f->r->forward_path);
	words = arena_str(a, words);
	deliver_alarm(s->d, str_is_set(words) ? words.ptr : "our own fault: an operator must look");
}

static void
give_up(struct settling *s, struct fate *f)
{
	f->action = NIXIE_ACTION_FAILED;
	f->way = route(s, f->r, f->action, false, &f->rule);
	f->to.due_ms = 0;
	if (f->way == REPORT_IN_DIGEST) {
		/* The failure stands; its report comes when the sender's hour is over, and until
		 * then the recipient waits (scheduler.c knows the rule). */
		f->to.state = RECIPIENT_WAITING;
		f->to.due_ms = sender_count(s)->since_ms + CAP_HOUR_MS;
		f->to.why = STR(RULE_REPORT_LATER);
	} else if (f->way == REPORT_NONE) {
		f->to.state = RECIPIENT_DISCARDED;
		f->to.why = f->rule;
	} else {
		f->to.state = RECIPIENT_BOUNCED;
		f->kind = KIND_FAILURE;
	}
}

static void
wait_on(struct settling *s, struct fate *f, bool is_noted)
{
	f->to.state = RECIPIENT_WAITING;
	f->to.due_ms = f->decision.due_ms;
	if (f->decision.act == RETRY_OPERATOR && f->decision.due_ms == 0)
		f->to.state = RECIPIENT_HELD;
	if (f->decision.is_notice_due && !is_noted && message_was_noted(s))
		is_noted = true;
	if (f->decision.is_notice_due && !is_noted) {
		f->action = NIXIE_ACTION_DELAYED;
		f->way = route(s, f->r, f->action, false, &f->rule);
		/* Who is not to be told needs not be asked about at every attempt. */
		is_noted = true;
		if (f->way == REPORT_TO_SENDER)
			f->kind = KIND_DELAY;
	}
	if (is_noted)
		f->to.why = arena_join(&s->arena, f->to.why, STR(NOTED), STR_NONE);
	if (f->decision.is_alarm)
		alarm_operator(s, f);
}

/* The attempt that decides: this one, or, when nobody was asked, the last there was. */
static bool
last_attempt(struct settling *s, const struct recipient_progress *before, struct attempt *out)
{
	struct attempt *list;
	const size_t count = attempts_unpack(before->note, &s->arena, &list);
	if (count > 0)
		*out = list[count - 1];
	return count > 0;
}

static void
fail(struct settling *s, struct fate *f, const struct recipient_progress *before)
{
	const struct queue_envelope *const v = &s->m.envelope;
	const bool is_noted = was_noted(before);
	const struct carried *const c = &f->r->result;
	struct attempt attempt = c->attempt;
	if (c->outcome == CARRIED_UNTRIED && !last_attempt(s, before, &attempt))
		attempt = (struct attempt){.at_ms = s->now_ms, .condition = CONDITION_NEVER_TRIED};
	const struct retry_facts facts = {.attempt = attempt,
		.rcpt = f->r->forward_path,
		.sender = v->reverse_path,
		.hostname = s->d->settings.hostname,
		.attempts = f->to.attempts > 0 ? f->to.attempts : 1,
		.arrived_ms = v->arrived_ms,
		.now_ms = s->now_ms,
		.random = deliver_random(s->d),
		.notify = f->r->notify,
		.is_authenticated = (v->flags & MESSAGE_AUTHENTICATED) != 0,
		.is_report = (v->flags & MESSAGE_REPORT) != 0,
		.is_noticed = is_noted,
		.is_own_relay = s->p->is_own_relay,
		.is_ours = c->is_ours};
	retry_decide(&facts, &s->d->settings.retry, &s->arena, &f->decision);
	f->packed = c->outcome == CARRIED_UNTRIED ? before->note : packed_with(s, before, &attempt);
	f->to.note = f->packed;
	f->to.why = condition_id(attempt.condition);
	if (f->to.why.len == 0)
		f->to.why = f->decision.rule;
	if (f->decision.act == RETRY_BOUNCE || attempt.condition == CONDITION_RETURNED_BY_OPERATOR)
		give_up(s, f);
	else
		wait_on(s, f, is_noted);
}

/* Nobody was asked: that changes nothing, but time goes on all the same. */
static bool
is_unchanged(const struct fate *f)
{
	return f->r->result.outcome == CARRIED_UNTRIED && f->kind == KIND_QUIET &&
	       f->to.state == RECIPIENT_WAITING && f->rule.len == 0;
}

static void
decide(struct settling *s, struct fate *f, const struct recipient_progress *before)
{
	const struct carried *const c = &f->r->result;
	f->to = *before;
	f->to.changed_ms = s->now_ms;
	if (c->outcome != CARRIED_UNTRIED) {
		f->to.attempts++;
		f->to.reply = str_head(c->attempt.answer, QUEUE_TEXT_MAX);
		f->to.peer = str_head(c->peer, QUEUE_TEXT_MAX);
		s->d->counts.attempts++;
		log_attempt(s, f->r, f->to.attempts);
	} else {
		s->d->counts.untried++;
	}
	switch (c->outcome) {
	case CARRIED_DELIVERED:
	case CARRIED_RELAYED:
		succeed(s, f, before);
		break;
	case CARRIED_UNREADABLE:
		f->to.state = RECIPIENT_HELD;
		f->to.why = STR("rule:unreadable");
		break;
	case CARRIED_FAILED:
	case CARRIED_UNTRIED:
		fail(s, f, before);
		break;
	}
	/* An operator who held it meanwhile meant it: only an end overrules that. */
	if (before->state == RECIPIENT_HELD && f->to.state == RECIPIENT_WAITING)
		f->to.state = RECIPIENT_HELD;
}

/* ---- entries */

static enum eventlog_event
event_of(const struct fate *f)
{
	static const enum eventlog_event events[RECIPIENT_STATE_COUNT] = {
		[RECIPIENT_WAITING] = LOG_DEFERRED,
		[RECIPIENT_HELD] = LOG_DEFERRED,
		[RECIPIENT_DELIVERED] = LOG_DELIVERED,
		[RECIPIENT_RELAYED] = LOG_RELAYED,
		[RECIPIENT_BOUNCED] = LOG_BOUNCED,
		[RECIPIENT_DISCARDED] = LOG_DISCARDED,
	};
	return events[f->to.state];
}

static void
line_fill(const struct fate *f, struct arena *a, struct line *out)
{
	const struct nixie_outcome *const o = &f->decision.outcome;
	char when[WHEN_BYTES];
	*out = (struct line){.recipient = f->r->place,
		.event = event_of(f),
		.not_before_ms = f->r->result.not_before_ms,
		.to = arena_str(a, f->r->forward_path),
		.reason = arena_str(a, (struct str){o->reason.ptr, o->reason.len}),
		.condition = condition_id(f->r->result.attempt.condition),
		.status = arena_str(a, (struct str){o->status.ptr, o->status.len}),
		.rule = arena_str(a, f->rule.len > 0 ? f->rule : f->decision.rule),
		.words = f->to.state == RECIPIENT_HELD ? STR("held for an operator")
						       : arena_str(a, f->decision.words),
		.peer = arena_str(a, f->to.peer),
		.reply = arena_str(a, f->to.reply),
		.attempt = f->to.attempts,
		.next = f->to.state == RECIPIENT_WAITING
				? arena_str(a, when_log(f->to.due_ms, when))
				: STR_NONE};
}

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
			.message = s->p->message,
			.arrived_ms = s->m.envelope.arrived_ms,
			.sender = arena_str(&e->arena, s->p->reverse_path),
			.lines = lines,
			.count = count,
			.kind = kind};
		for (size_t i = 0; i < count; i++) {
			change_fill(s, &fates[i], &e->arena, &e->changes[i]);
			line_fill(&fates[i], &e->arena, &lines[i]);
		}
		e->change_count = count;
		e->durable = on_durable;
		e->to = b;
		ok = !arena_failed(&e->arena);
	}
	if (ok && kind != KIND_QUIET) {
		size_t told_count;
		const struct tell_recipient *const told =
			told_list(s, fates, count, kind, &told_count);
		ok = told != NULL && tell(s->d, &s->about, told, told_count, way, s->now_ms, e);
	}
	if (ok) {
		if (way == REPORT_TO_SENDER && (kind == KIND_FAILURE || kind == KIND_DELAY))
			/* one, of however many recipients it tells */
			cap_add(&s->d->cap, s->m.envelope.reverse_path, s->now_ms);
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
			decide(&s, &f, &before);
		}
		if (is_gone || fates == NULL || is_unchanged(&f)) {
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
