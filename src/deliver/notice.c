#include "deliver/notice.h"

#include "deliver/inside.h"
#include "deliver/tell.h"

#define WORK_ARENA_MAX ((size_t)16 << 20)

static void
log_notice(struct deliver *d, const struct notice *n, uint64_t report, struct str rule)
{
	char id[QUEUE_ID_BYTES];
	queue_id_text(report, id);
	const struct eventlog_field fields[] = {{FIELD_SESSION, n->session},
		{FIELD_CLIENT, n->client}, {FIELD_USER, n->account},
		{FIELD_FROM, n->sender.len > 0 ? n->sender : STR_NONE},
		{FIELD_REPORT, report == 0 ? STR_NONE : str_of(id)}, {FIELD_RULE, rule}};
	deliver_log(d, LOG_NOTICE, fields, sizeof fields / sizeof *fields);
}

static void
durable(void *deliver, struct ledger_entry *e, uint64_t message)
{
	struct deliver *const d = deliver;
	(void)e;
	d->counts.reports++;
	deliver_added(d, message);
}

static const struct report_recipient *
recipients_make(const struct notice *n, struct arena *a)
{
	struct report_recipient *const list = arena_alloc(a, n->count, sizeof *list);
	struct attempt *const attempts = arena_alloc(a, n->count, sizeof *attempts);
	if (list == NULL || attempts == NULL)
		return NULL;
	for (size_t i = 0; i < n->count; i++) {
		const struct notice_recipient *const r = &n->recipients[i];
		attempts[i] = (struct attempt){.at_ms = r->at_ms,
			.stage = r->stage,
			.condition = ATTEMPT_ANSWERED,
			.answer = r->reply};
		list[i] = (struct report_recipient){.action = NIXIE_ACTION_FAILED,
			.final = r->rcpt,
			.original = STR_NONE,
			.about = STR_NONE,
			.attempts = &attempts[i],
			.attempt_count = 1};
	}
	return list;
}

/* The notice into the entry. False: no memory, or it became too large. */
static bool
write_notice(struct deliver *d, const struct notice *n, bool is_last, int64_t now_ms,
	struct arena *a, struct ledger_entry *e)
{
	char id[QUEUE_ID_BYTES];
	if (!tell_envelope(d, n->account, now_ms, e))
		return false;
	queue_id_text(queue_intake_id(e->intake), id);
	const struct report_facts facts = {.hostname = d->settings.hostname,
		.postmaster = d->settings.postmaster,
		.id = str_of(id),
		.about = n->session,
		.to = n->account,
		.now_ms = now_ms,
		.lang = report_language(
			n->header, tell_language(d, n->account, a), d->settings.lang),
		.sender = n->sender.len > 0 ? n->sender : n->account,
		.envelope_id = STR_NONE,
		.arrived_ms = n->began_ms,
		.is_notice = true,
		.is_last_notice = is_last,
		.client = n->client,
		.original = n->header,
		.original_bytes = n->header.len,
		.recipients = recipients_make(n, a),
		.recipient_count = n->count};
	return facts.recipients != NULL && tell_write(&facts, a, e) && !arena_failed(&e->arena);
}

void
deliver_notice(struct deliver *d, const struct notice *n)
{
	const int64_t now_ms = deliver_now(d);
	const uint32_t most = d->settings.reports_per_sender;
	const uint32_t before = cap_count(&d->cap, n->account, now_ms)->reports;
	struct arena work;
	if (most > 0 && before >= most) {
		log_notice(d, n, 0, STR("rule:too-many-reports"));
		return;
	}
	struct ledger_entry *const e = d->is_stopping ? NULL : ledger_entry_new(0);
	arena_init(&work, WORK_ARENA_MAX);
	if (e != NULL && write_notice(d, n, before + 1 == most, now_ms, &work, e)) {
		log_notice(d, n, queue_intake_id(e->intake), STR_NONE);
		e->is_alone = true;
		e->durable = durable;
		e->to = d;
		cap_add(&d->cap, n->account, now_ms);
		ledger_enter(&d->ledger, e);
		deliver_wake(d);
	} else {
		ledger_entry_free(e);
		log_notice(d, n, 0, STR("rule:not-written"));
	}
	arena_fini(&work);
}
