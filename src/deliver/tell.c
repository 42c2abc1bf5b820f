/* tell - the report of what became of recipients, as a new message for the queue */
#include "deliver/tell.h"

#include "read/header.h"
#include "report/mailtext.h"

#define HEADER_ARENA_MAX (4u << 20)

void
tell_begin(struct tell_message *t, struct queue *queue, uint64_t id, struct arena *arena)
{
	*t = (struct tell_message){.queue = queue, .id = id, .arena = arena};
}

static struct str
body_head(struct tell_message *t, uint64_t most)
{
	struct queue_message m;
	if (!queue_find(t->queue, t->id, &m))
		return STR("");
	const size_t n = (size_t)(m.body_bytes < most ? m.body_bytes : most);
	char *const room = arena_bytes(t->arena, n + 1);
	if (room == NULL || queue_body_read(t->queue, t->id, 0, room, n) != 0)
		return STR("");
	return (struct str){room, n};
}

struct str
tell_header(struct tell_message *t)
{
	if (!t->has_header) {
		t->header = body_head(t, REPORT_HEADER_BYTES_MAX);
		t->has_header = true;
	}
	return t->header;
}

bool
tell_failed_spf(struct tell_message *t, struct str hostname)
{
	struct arena a;
	struct header h;
	bool failed = false;
	arena_init(&a, HEADER_ARENA_MAX);
	header_parse(tell_header(t), &a, &h);
	for (size_t i = 0; i < h.count; i++) {
		if (!str_eq_case(h.fields[i].name, STR("Authentication-Results")))
			continue;
		struct str rest = h.fields[i].value;
		const struct str who = str_cut(&rest, ';');
		if (!str_eq_case(str_trim(who), hostname))
			continue;
		failed = str_has_case(rest, STR("spf=fail"));
		break; /* ours stands first; one further down may be anybody's */
	}
	arena_fini(&a);
	return failed;
}

/* To whom: what the address leads to here, since the queue holds final addresses. */
static bool
recipients_make(struct deliver *d, struct str to, struct ledger_entry *e)
{
	struct queue_recipient *list = &e->recipient;
	size_t count = 1;
	struct arena a;
	arena_init(&a, PARCEL_ARENA_BYTES_MAX);
	struct directory_answer answer;
	directory_resolve(d->options.directory,
		&(struct directory_question){.recipient = to,
			.is_authenticated = true,
			.postmaster = d->settings.postmaster},
		&a, &answer);
	/* When there is nobody of that name here, the delivery will say so. */
	if (!answer.is_refused && answer.target_count > 0) {
		count = answer.target_count;
		list = arena_alloc(&e->arena, count, sizeof *list);
		for (size_t i = 0; list != NULL && i < count; i++)
			list[i].forward_path = arena_str(&e->arena, answer.targets[i].address);
	} else {
		list->forward_path = arena_str(&e->arena, to);
	}
	arena_fini(&a);
	for (size_t i = 0; list != NULL && i < count; i++)
		list[i].progress.due_ms = e->envelope.arrived_ms;
	e->envelope.recipients = list;
	e->envelope.recipient_count = count;
	return list != NULL && !arena_failed(&e->arena);
}

bool
tell_envelope(struct deliver *d, struct str to, int64_t now_ms, struct ledger_entry *e)
{
	e->intake = queue_intake_new(d->options.queue, now_ms);
	e->envelope = (struct queue_envelope){.arrived_ms = now_ms, .flags = MESSAGE_REPORT};
	return e->intake != NULL && recipients_make(d, to, e);
}

static const struct report_recipient *
recipients_tell(const struct tell_recipient *list, size_t count, struct arena *a)
{
	struct report_recipient *const out = arena_alloc(a, count, sizeof *out);
	for (size_t i = 0; out != NULL && i < count; i++) {
		const struct tell_recipient *const r = &list[i];
		struct attempt *attempts;
		const size_t attempt_count = attempts_unpack(r->packed, a, &attempts);
		out[i] = (struct report_recipient){.action = r->action,
			.final = r->final,
			.original = r->original.len > 0 ? r->original : STR_NONE,
			.is_expired = r->is_expired,
			.is_own_relay = r->is_own_relay,
			.attempts = attempts,
			.attempt_count = attempt_count,
			.attempts_made = r->attempts,
			.will_retry_until_ms = r->give_up_ms,
			.next_ms = r->next_ms,
			.about = r->about.len > 0 ? r->about : STR_NONE};
	}
	return out;
}

struct str
tell_language(struct deliver *d, struct str address, struct arena *a)
{
	struct str language = STR_NONE;
	return address.len > 0 && directory_language(d->options.directory, address, a, &language)
		       ? language
		       : STR_NONE;
}

/* Is the sender none of those who have a mailbox here? When the directory does not answer, it is
 * taken for one of them. */
static bool
is_elsewhere(struct deliver *d, struct str sender)
{
	enum directory_place place;
	return sender.len > 0 && directory_place(d->options.directory, sender, &place) &&
	       place != PLACE_LOCAL;
}

bool
tell_write(const struct report_facts *facts, struct arena *a, struct ledger_entry *e)
{
	if (!report_write(facts, a, &e->bytes))
		return false;
	if (report_is_utf8(facts))
		e->envelope.flags |= MESSAGE_SMTPUTF8;
	if (report_is_8bit(buf_str(&e->bytes)))
		e->envelope.flags |= MESSAGE_8BIT;
	return true;
}

bool
tell(struct deliver *d, struct tell_message *about, const struct copy *copy,
	const struct tell_recipient *list, size_t count, enum report_way way, int64_t now_ms,
	struct ledger_entry *e)
{
	struct queue_message m;
	if (!queue_find(d->options.queue, about->id, &m))
		return false;
	const struct queue_envelope *const v = &m.envelope;
	const struct str to = way == REPORT_TO_POSTMASTER ? d->settings.postmaster : copy->sender;
	if (!tell_envelope(d, to, now_ms, e))
		return false;
	/* Not by its address: the postmaster's may be an alias of somebody elsewhere. */
	if (way == REPORT_TO_POSTMASTER)
		e->envelope.flags |= MESSAGE_LAST_REPORT;
	else if (list[0].action != NIXIE_ACTION_FAILED)
		e->envelope.flags |= MESSAGE_COURTESY;
	char id[QUEUE_ID_BYTES], about_id[QUEUE_ID_BYTES];
	queue_id_text(queue_intake_id(e->intake), id);
	queue_id_text(about->id, about_id);
	const bool returns_full = (copy->flags & MESSAGE_RET_FULL) != 0;
	const struct str original = returns_full && m.body_bytes <= REPORT_ORIGINAL_BYTES_MAX
					    ? body_head(about, m.body_bytes)
					    : tell_header(about);
	const struct report_facts facts = {.hostname = d->settings.hostname,
		.postmaster = d->settings.postmaster,
		.id = str_of(id),
		.about = str_of(about_id),
		.to = to,
		.now_ms = now_ms,
		.lang = report_language(
			original, tell_language(d, to, about->arena), d->settings.lang),
		.sender = copy->sender,
		.envelope_id = copy->envelope_id.len > 0 ? copy->envelope_id : STR_NONE,
		.is_utf8 = (copy->flags & MESSAGE_SMTPUTF8) != 0,
		.returns_full = returns_full,
		.arrived_ms = v->arrived_ms,
		.is_from_outside = (copy->flags & MESSAGE_AUTHENTICATED) == 0,
		.is_sender_elsewhere =
			(copy->flags & MESSAGE_AUTHENTICATED) == 0 && is_elsewhere(d, copy->sender),
		.client = v->client.len > 0 ? v->client : STR_NONE,
		.original = original,
		.original_bytes = m.body_bytes,
		.recipients = recipients_tell(list, count, about->arena),
		.recipient_count = count};
	if (facts.recipients == NULL)
		return false;
	return tell_write(&facts, about->arena, e);
}

bool
tell_summary(struct deliver *d, struct str sender, const struct tell_recipient *list,
	const struct str *subjects, size_t count, int64_t now_ms, struct arena *a,
	struct ledger_entry *e)
{
	char id[QUEUE_ID_BYTES];
	if (!tell_envelope(d, sender, now_ms, e))
		return false;
	queue_id_text(queue_intake_id(e->intake), id);
	const struct summary_facts facts = {.hostname = d->settings.hostname,
		.postmaster = d->settings.postmaster,
		.id = str_of(id),
		.to = sender,
		.now_ms = now_ms,
		.lang = report_language(STR(""), tell_language(d, sender, a), d->settings.lang),
		.recipients = recipients_tell(list, count, a),
		.subjects = subjects,
		.count = count};
	if (facts.recipients == NULL || !summary_write(&facts, a, &e->bytes))
		return false;
	if (!is_ascii(sender))
		e->envelope.flags |= MESSAGE_SMTPUTF8;
	if (report_is_8bit(buf_str(&e->bytes)))
		e->envelope.flags |= MESSAGE_8BIT;
	return true;
}
