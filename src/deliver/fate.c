/*
 * fate - what follows for one recipient from an attempt, or from nobody having been asked
 *
 * retry_decide() says whether it is tried again, report_route() who is told.
 */
#include "deliver/settle_inside.h"

#define NOTED ", sender told"

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
sender_count(struct settling *s, const struct fate *f)
{
	return cap_count(&s->d->cap, f->copy.sender, s->now_ms);
}

/* Who is told, and by which rule nobody is. */
static enum report_way
route(struct settling *s, struct fate *f, bool is_noted)
{
	const bool is_report = (f->copy.flags & MESSAGE_REPORT) != 0;
	const struct guard_facts facts = {.action = f->action,
		.sender = f->copy.sender,
		.original = tell_header(&s->about),
		.notify = f->r->notify,
		.is_report = is_report,
		.is_double =
			(f->copy.flags & MESSAGE_LAST_REPORT) != 0 ||
			(is_report && str_eq_case(f->r->forward_path, s->d->settings.postmaster)),
		.is_courtesy = (f->copy.flags & MESSAGE_COURTESY) != 0,
		.is_authenticated = (f->copy.flags & MESSAGE_AUTHENTICATED) != 0,
		.failed_spf = tell_failed_spf(&s->about, s->d->settings.hostname),
		.is_repeated_delay = is_noted,
		.sent_lately = sender_count(s, f)->reports, /* without those of this parcel */
		.most = s->d->settings.reports_per_sender};
	return report_route(&facts, &f->rule);
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
	/* RFC 3464 s2.3.3: it is there, and went on to others. Of a list it is not to be said. */
	if (f->r->kind == RECIPIENT_FORWARDED)
		f->action = NIXIE_ACTION_EXPANDED;
	f->to.due_ms = 0;
	/* RFC 3461 s5.2.2: who relays to a server that knows DSN leaves the report to it. */
	if ((f->r->notify & NOTIFY_SUCCESS) == 0 || c->passed_dsn_on)
		return;
	f->way = route(s, f, false);
	if (f->way == REPORT_TO_SENDER) {
		f->kind = KIND_SUCCESS;
		f->packed = packed_with(s, before, &c->attempt);
	}
}

/* RFC 3461 s5.2.7.4: a list that has the message is where it was to go. */
static void
expand(struct settling *s, struct fate *f)
{
	f->to.state = RECIPIENT_EXPANDED;
	f->to.due_ms = 0;
	f->action = NIXIE_ACTION_DELIVERED;
	f->packed = STR("");
	if ((f->r->notify & NOTIFY_SUCCESS) == 0)
		return;
	f->way = route(s, f, false);
	if (f->way == REPORT_TO_SENDER)
		f->kind = KIND_SUCCESS;
}

static void
give_up(struct settling *s, struct fate *f)
{
	f->action = NIXIE_ACTION_FAILED;
	f->way = route(s, f, false);
	f->to.due_ms = 0;
	if (f->way == REPORT_IN_DIGEST) {
		/* The failure stands; its report comes when the sender's hour is over, and until
		 * then the recipient waits (scheduler.c knows the rule). */
		f->to.state = RECIPIENT_WAITING;
		f->to.due_ms = sender_count(s, f)->since_ms + CAP_HOUR_MS;
		f->to.why = STR(RULE_REPORT_LATER);
	} else if (f->way == REPORT_NONE) {
		f->to.state = RECIPIENT_DISCARDED;
		f->to.why = f->rule;
	} else {
		f->to.state = RECIPIENT_BOUNCED;
		f->kind = KIND_FAILURE;
	}
}

/* What is wrong, who said so, and whom it keeps from the mail, each in its field: the line is read
 * alone, and the digest counts those of one cause together. */
static void
alarm_operator(const struct settling *s, const struct fate *f)
{
	const struct carried *const c = &f->r->result;
	const struct nixie_outcome *const o = &f->decision.outcome;
	char id[QUEUE_ID_BYTES];
	queue_id_text(s->m.id, id);
	const struct eventlog_field fields[] = {
		{FIELD_ID, str_of(id)},
		{FIELD_TO, f->r->forward_path},
		{FIELD_CONDITION, settle_condition_id(f->condition)},
		{FIELD_REASON, {o->reason.ptr, o->reason.len}},
		{FIELD_PEER, c->peer},
		{FIELD_REPLY, c->attempt.answer},
		{FIELD_WORDS, f->decision.words},
	};
	deliver_log(s->d, LOG_ALARM, fields, sizeof fields / sizeof *fields);
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
		f->way = route(s, f, false);
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
		.sender = f->copy.sender,
		.hostname = s->d->settings.hostname,
		.attempts = f->to.attempts > 0 ? f->to.attempts : 1,
		.arrived_ms = v->arrived_ms,
		.now_ms = s->now_ms,
		.random = deliver_random(s->d),
		.notify = f->r->notify,
		.is_authenticated = (f->copy.flags & MESSAGE_AUTHENTICATED) != 0,
		.is_report = (f->copy.flags & MESSAGE_REPORT) != 0,
		.is_noticed = is_noted,
		.is_own_relay = s->p->is_own_relay,
		.is_ours = c->is_ours};
	retry_decide(&facts, &s->d->settings.retry, &s->arena, &f->decision);
	f->packed = c->outcome == CARRIED_UNTRIED ? before->note : packed_with(s, before, &attempt);
	f->to.note = f->packed;
	f->condition = attempt.condition;
	f->to.why = settle_condition_id(attempt.condition);
	if (f->to.why.len == 0)
		f->to.why = f->decision.rule;
	if (attempt.condition == CONDITION_RETURNED_BY_OPERATOR)
		f->decision.words = STR("an operator returned it");
	if (f->decision.act == RETRY_BOUNCE || attempt.condition == CONDITION_RETURNED_BY_OPERATOR)
		give_up(s, f);
	else
		wait_on(s, f, is_noted);
}

bool
fate_is_unchanged(const struct fate *f)
{
	return f->r->result.outcome == CARRIED_UNTRIED && f->kind == KIND_QUIET &&
	       f->to.state == RECIPIENT_WAITING && f->rule.len == 0;
}

void
fate_decide(struct settling *s, struct fate *f, const struct recipient_progress *before)
{
	const struct carried *const c = &f->r->result;
	const bool is_tried = c->outcome != CARRIED_UNTRIED && c->outcome != CARRIED_EXPANDED;
	f->condition = is_tried ? c->attempt.condition : ATTEMPT_ANSWERED;
	copy_of(&s->m, f->r->list, &s->arena, &f->copy);
	f->to = *before;
	f->to.changed_ms = s->now_ms;
	if (is_tried) {
		f->to.attempts++;
		f->to.reply = str_head(c->attempt.answer, QUEUE_TEXT_MAX);
		f->to.peer = str_head(c->peer, QUEUE_TEXT_MAX);
		s->d->counts.attempts++;
		book_attempt(s, f, before->due_ms);
	} else if (c->outcome == CARRIED_UNTRIED) {
		s->d->counts.untried++;
	}
	switch (c->outcome) {
	case CARRIED_DELIVERED:
	case CARRIED_RELAYED:
		succeed(s, f, before);
		break;
	case CARRIED_EXPANDED:
		expand(s, f);
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
