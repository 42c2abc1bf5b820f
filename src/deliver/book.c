/* book - what the log says of attempts, and of outcomes when they are durable */
#include "base/when.h"
#include "deliver/settle_inside.h"
#include "read/address.h"

struct str
settle_condition_id(enum condition c)
{
	return c == ATTEMPT_ANSWERED || (unsigned)c >= CONDITION__COUNT
		       ? STR_NONE
		       : catalogue_text(catalogue_conditions[c].id);
}

/* The window of RFC 1047: why the message may be there twice. A mailbox here knows what it has. */
static struct str
doubt_of(const struct settling *s, const struct carried *c, int64_t was_due_ms)
{
	const int64_t crash_ms = s->d->options.after_crash_ms;
	if (c->may_be_taken) /* the next attempt may make it two */
		return STR("rule:may-be-taken");
	if (s->p->carrier != CARRIER_MAILDIR && s->p->arrived_ms <= crash_ms &&
		was_due_ms <= crash_ms) /* this one may have */
		return STR("rule:after-crash");
	return STR_NONE;
}

void
book_attempt(const struct settling *s, const struct fate *f, int64_t was_due_ms)
{
	static const char *const results[] = {[CARRIED_UNTRIED] = "untried",
		[CARRIED_DELIVERED] = "delivered",
		[CARRIED_RELAYED] = "relayed",
		[CARRIED_FAILED] = "failed",
		[CARRIED_UNREADABLE] = "unreadable",
		[CARRIED_EXPANDED] = "expanded"};
	const struct parcel_recipient *const r = f->r;
	const struct carried *const c = &r->result;
	const struct str doubt = doubt_of(s, c, was_due_ms);
	char number[STR_DIGITS_MAX], code[STR_DIGITS_MAX], took[STR_DIGITS_MAX];
	const struct eventlog_field fields[] = {
		{FIELD_ID, s->p->id},
		{FIELD_TO, r->forward_path},
		{FIELD_TARGET, str_eq_case(r->address, r->forward_path) ? STR_NONE : r->address},
		{FIELD_FROM, s->p->signed_path},
		{FIELD_ATTEMPT, str_digits(f->to.attempts, number)},
		{FIELD_RESULT, str_of(results[c->outcome])},
		{FIELD_PEER, c->peer},
		{FIELD_TLS, c->attempt.tls},
		{FIELD_STAGE, str_of(c->stage)},
		{FIELD_CODE, c->code == 0 ? STR_NONE : str_digits(c->code, code)},
		{FIELD_REPLY, c->attempt.answer},
		{FIELD_RULE, doubt},
		{FIELD_SECONDS, str_digits(c->took_ms / 1000, took)},
		{FIELD_WORDS, c->words},
	};
	deliver_log(s->d, LOG_ATTEMPT, fields, sizeof fields / sizeof *fields);
	/* The outcome may be durable before this turn of the loop is over, and then nothing but
	 * this line tells of a doubt. */
	if (doubt.len > 0)
		eventlog_flush(s->d->options.log);
}

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
		[RECIPIENT_EXPANDED] = LOG_EXPANDED,
	};
	return events[f->to.state];
}

void
book_line_fill(
	const struct fate *f, const struct queue_message *m, struct arena *a, struct line *out)
{
	const struct nixie_outcome *const o = &f->decision.outcome;
	char when[WHEN_BYTES];
	*out = (struct line){.message = m->id,
		.arrived_ms = m->envelope.arrived_ms,
		.recipient = f->r->place,
		.event = event_of(f),
		.not_before_ms = f->r->result.not_before_ms,
		.to = arena_str(a, f->r->forward_path),
		.reason = arena_str(a, (struct str){o->reason.ptr, o->reason.len}),
		.condition = settle_condition_id(f->condition),
		.status = arena_str(a, (struct str){o->status.ptr, o->status.len}),
		.rule = arena_str(a, f->rule.len > 0 ? f->rule : f->decision.rule),
		.words = f->to.state == RECIPIENT_HELD ? STR("held for an operator")
						       : arena_str(a, f->decision.words),
		.peer = f->to.peer.len > 0 ? arena_str(a, f->to.peer) : STR_NONE,
		.reply = f->to.reply.len > 0 ? arena_str(a, f->to.reply) : STR_NONE,
		.attempt = f->to.attempts,
		.list = arena_str(a, copy_list(m, f->copy.list)),
		.members = event_of(f) == LOG_EXPANDED ? copy_members(m, f->r->place) : 0,
		.next = f->to.state == RECIPIENT_WAITING
				? arena_str(a, when_log(f->to.due_ms, when))
				: STR_NONE};
}

static void
line_log(const struct book *b, const struct line *l, uint64_t report)
{
	char id[QUEUE_ID_BYTES], report_id[QUEUE_ID_BYTES], digits[STR_DIGITS_MAX];
	char waited[STR_DIGITS_MAX], members[STR_DIGITS_MAX];
	queue_id_text(l->message, id);
	queue_id_text(report, report_id);
	const struct eventlog_field fields[] = {
		{FIELD_ID, str_of(id)},
		{FIELD_FROM, b->sender.len > 0 ? b->sender : STR("<>")},
		{FIELD_TO, l->to},
		{FIELD_LIST, l->list},
		{FIELD_RECIPIENTS, l->event == LOG_EXPANDED
					   ? str_digits((int64_t)l->members, members)
					   : STR_NONE},
		{FIELD_CONDITION, l->condition},
		{FIELD_STATUS, l->status},
		{FIELD_REASON, l->reason},
		{FIELD_PEER, l->peer},
		{FIELD_REPLY, l->reply},
		{FIELD_RULE, l->rule},
		{FIELD_ATTEMPT, l->attempt == 0 ? STR_NONE : str_digits(l->attempt, digits)},
		{FIELD_NEXT, l->next},
		{FIELD_REPORT, report == 0 ? STR_NONE : str_of(report_id)},
		{FIELD_DELAY_MS, str_digits(deliver_now(b->d) - l->arrived_ms, waited)},
		{FIELD_WORDS, l->words},
	};
	deliver_log(b->d, l->event, fields, sizeof fields / sizeof *fields);
}

static void
count_by(struct deliver *d, const struct line *l)
{
	static const enum census_outcome outcomes[LOG_EVENT_COUNT] = {
		[LOG_DELIVERED] = CENSUS_DELIVERED,
		[LOG_RELAYED] = CENSUS_RELAYED,
		[LOG_DEFERRED] = CENSUS_DEFERRED,
		[LOG_BOUNCED] = CENSUS_BOUNCED,
		[LOG_DISCARDED] = CENSUS_DISCARDED,
		[LOG_EXPANDED] = CENSUS_EXPANDED,
	};
	const enum census_outcome how = outcomes[l->event];
	struct str peer = l->peer; /* "mx.there.example [192.0.2.1]:25" */
	const struct provider_row *const provider = catalogue_provider_find(str_word(&peer));
	census_add(&d->census, CENSUS_DESTINATION, address_domain(l->to), how);
	if (how == CENSUS_DEFERRED || how == CENSUS_BOUNCED || how == CENSUS_DISCARDED)
		census_add(&d->census, CENSUS_REASON, l->reason, how);
	if (provider != NULL)
		census_add(&d->census, CENSUS_PROVIDER, catalogue_text(provider->provider), how);
}

static void
count_line(struct deliver *d, const struct line *l)
{
	struct deliver_counts *const c = &d->counts;
	count_by(d, l);
	c->delivered += l->event == LOG_DELIVERED;
	c->relayed += l->event == LOG_RELAYED;
	c->deferred += l->event == LOG_DEFERRED;
	c->bounced += l->event == LOG_BOUNCED;
	c->discarded += l->event == LOG_DISCARDED;
	c->expanded += l->event == LOG_EXPANDED;
}

void
book_durable(void *to, struct ledger_entry *e, uint64_t report)
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
		deliver_landed(d, l->message, l->recipient, l->not_before_ms);
	}
	if (report != 0)
		deliver_added(d, report);
}
