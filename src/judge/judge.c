#include "judge/judge.h"

#include "judge/attempts.h"
#include "judge/generator.h"
#include "judge/kind.h"
#include "judge/reason.h"
#include "judge/refuser.h"
#include "judge/retry_after.h"
#include "judge/verp.h"
#include "read/address.h"
#include "read/date.h"
#include "read/host.h"

#define EVIDENCE_MAX 6 /* of one outcome */

static struct nixie_str
out(struct str s)
{
	return (struct nixie_str){s.ptr, s.len};
}

/* Where in the input these words stand, also when they were joined from several lines; words that
 * were decoded have no place. */
static int64_t
offset_of(const struct facts *f, struct str words, const struct words *in)
{
	if (!str_is_set(words))
		return -1;
	if (str_is_within(words, f->input))
		return words.ptr - f->input.ptr;
	if (in == NULL || words.len == 0 || !str_is_within(words, in->text) ||
		!str_is_within(in->raw, f->input))
		return -1;
	const size_t at = reply_join_origin(in->raw, (size_t)(words.ptr - in->text.ptr));
	return at < in->raw.len ? in->raw.ptr + at - f->input.ptr : -1;
}

/* The evidence for one outcome, while it grows. */
struct proofs {
	struct nixie_evidence list[EVIDENCE_MAX];
	size_t count;
};

static void
add_proof(const struct facts *f, struct proofs *p, struct str decided, struct str rule,
	struct str words, const struct words *in)
{
	if (p->count == EVIDENCE_MAX)
		return;
	p->list[p->count++] = (struct nixie_evidence){
		out(decided), out(rule), out(words), offset_of(f, words, in)};
}

static void
keep_proofs(const struct facts *f, const struct proofs *p, struct nixie_outcome *o)
{
	struct nixie_evidence *const kept = arena_alloc(f->arena, p->count, sizeof *kept);
	if (kept == NULL || p->count == 0)
		return;
	memcpy(kept, p->list, p->count * sizeof *kept);
	o->evidence = kept;
	o->evidence_count = p->count;
}

static enum nixie_action
action_of(const struct person *who, enum nixie_kind kind)
{
	if (who->dsn != NULL && who->dsn->action != NIXIE_ACTION_NONE)
		return who->dsn->action;
	if (who->is_delivered)
		return NIXIE_ACTION_DELIVERED;
	if (who->is_delayed)
		return NIXIE_ACTION_DELAYED;
	switch (kind) {
	case NIXIE_KIND_FAILURE:
		return NIXIE_ACTION_FAILED;
	case NIXIE_KIND_DELAY:
		return NIXIE_ACTION_DELAYED;
	case NIXIE_KIND_SUCCESS:
		return NIXIE_ACTION_DELIVERED;
	default:
		return NIXIE_ACTION_NONE;
	}
}

static enum nixie_said
said_by(const struct reply *r)
{
	const unsigned class = r->code != 0 ? r->code / 100 : r->status.class;
	return class == 5   ? NIXIE_SAID_PERMANENT
	       : class == 4 ? NIXIE_SAID_TEMPORARY
	       : class == 2 ? NIXIE_SAID_SUCCESS
			    : NIXIE_SAID_NOTHING;
}

/* "local@domain" without a mistake that can be seen. */
static bool
is_well_formed(struct str address)
{
	size_t at = 0;
	const struct str found = address_next(address, &at);
	return str_is_set(found) && found.len == address.len && address.ptr[0] != '.' &&
	       !str_has(address, STR("..")) && !str_has(address, STR(".@"));
}

/* A server that takes mail from a program reads the lines of the header, and what it calls
 * malformed may be two addresses in one: the one it names is still good. */
static bool
is_malformed_line(const struct finding *found, const struct nixie_outcome *o)
{
	return found->why.reason == REASON_BAD_ADDRESS && found->reply.code == 0 &&
	       !found->is_status_stated &&
	       is_well_formed((struct str){o->recipient.ptr, o->recipient.len});
}

static enum nixie_verdict
verdict_of(const struct finding *found, const struct nixie_outcome *o)
{
	if (o->action == NIXIE_ACTION_DELIVERED || o->action == NIXIE_ACTION_RELAYED ||
		o->action == NIXIE_ACTION_EXPANDED)
		return NIXIE_VERDICT_UNKNOWN;
	enum nixie_verdict v = (enum nixie_verdict)catalogue_reasons[found->why.reason].verdict;
	if (found->why.weight == 0)
		v = NIXIE_VERDICT_UNKNOWN;
	if (found->why.provider_code != NULL &&
		found->why.provider_code->verdict != VERDICT_UNKNOWN)
		v = (enum nixie_verdict)found->why.provider_code->verdict;
	if (v == NIXIE_VERDICT_HARD && is_malformed_line(found, o))
		v = NIXIE_VERDICT_BLOCK;
	/* While the sender's server keeps trying, nothing is settled. */
	if (v == NIXIE_VERDICT_HARD && o->action == NIXIE_ACTION_DELAYED)
		v = NIXIE_VERDICT_SOFT;
	return v;
}

/* The reason's usual code where the report states none: marked as inferred. */
static void
fill_status(const struct facts *f, const struct finding *found, struct nixie_outcome *o)
{
	if (found->is_status_stated) {
		o->status = out(status_text(found->reply.status, f->arena));
		o->status_origin = NIXIE_ORIGIN_STATED;
		return;
	}
	if (found->why.weight == 0)
		return;
	const struct reason_row *const row = &catalogue_reasons[found->why.reason];
	const bool is_temporary =
		o->said == NIXIE_SAID_TEMPORARY ||
		(o->said == NIXIE_SAID_NOTHING && o->action == NIXIE_ACTION_DELAYED);
	const struct text code = is_temporary ? row->status_temporary : row->status_permanent;
	if (code.len == 0)
		return;
	o->status = out(catalogue_text(code));
	o->status_origin = NIXIE_ORIGIN_INFERRED;
}

static bool
names_listed_ip(enum reason r)
{
	return r == REASON_IP_BLOCKLISTED || r == REASON_IP_REPUTATION || r == REASON_DYNAMIC_IP ||
	       r == REASON_REVERSE_DNS || r == REASON_SPF_FAILURE || r == REASON_GEO_BLOCKED;
}

static void
fill_reputation(const struct finding *found, const struct origin *from, struct nixie_outcome *o)
{
	const enum reason reason = found->why.reason;
	if (found->why.weight == 0)
		return;
	if (found->blocklist != NULL &&
		(reason == REASON_IP_BLOCKLISTED || reason == REASON_DOMAIN_BLOCKLISTED ||
			reason == REASON_DYNAMIC_IP || reason == REASON_IP_REPUTATION ||
			reason == REASON_SPAM_CONTENT)) {
		o->blocklist = out(catalogue_text(found->blocklist->name));
		struct str removal = catalogue_text(found->blocklist->removal);
		if (str_starts(removal, STR("http")))
			o->blocklist_link = out(str_word(&removal));
	}
	if (found->why.provider_code != NULL)
		o->help_link = out(catalogue_text(found->why.provider_code->link));
	if (!names_listed_ip(reason) || found->quoted == NULL)
		return;
	size_t at = 0;
	struct str ip;
	while (str_is_set(ip = ip_next(found->quoted->text, &at)))
		if (!str_eq(ip, from->ip)) {
			o->blocked_ip = out(ip);
			return;
		}
}

static void
fill_reason(const struct facts *f, const struct finding *found, struct proofs *proofs,
	struct nixie_outcome *o)
{
	o->reason = out(catalogue_text(
		catalogue_reasons[found->why.weight > 0 ? found->why.reason : REASON_UNKNOWN]
			.name));
	o->confidence = found->confidence;
	if (found->why.weight == 0)
		return;
	if (found->said != NULL) {
		add_proof(f, proofs, STR("reason"), found->why.rule, found->why.words, found->said);
		return;
	}
	/* A code decided: quote it where it stands. */
	struct str words = STR_NONE;
	if (found->quoted != NULL) {
		const struct str code = status_text(found->reply.status, f->arena);
		const size_t at = code.len > 0 ? str_find(found->quoted->text, code, 0) : STR_NPOS;
		if (at != STR_NPOS)
			words = (struct str){found->quoted->text.ptr + at, code.len};
	}
	const struct str rule =
		str_starts(found->why.rule, STR("X."))
			? arena_join(f->arena, STR("enhanced:"), found->why.rule, STR(""))
		: str_is_set(found->why.rule) ? found->why.rule
					      : STR("reply-code");
	add_proof(f, proofs, STR("reason"), rule, words, found->quoted);
}

static void
judge_person(
	const struct facts *f, struct person *who, enum nixie_kind kind, struct nixie_outcome *o)
{
	struct proofs evidence = {.count = 0};
	struct proofs *const proofs = &evidence;
	struct origin from;
	struct finding found;
	*o = (struct nixie_outcome){.retry_after_s = -1};
	o->recipient = who->recipient.len > 0 ? out(who->recipient) : out(STR_NONE);
	o->original_recipient = who->original.len > 0 ? out(who->original) : out(STR_NONE);
	o->action = action_of(who, kind);
	o->is_final = o->action == NIXIE_ACTION_FAILED;
	const bool went_well = o->action == NIXIE_ACTION_DELIVERED ||
			       o->action == NIXIE_ACTION_RELAYED ||
			       o->action == NIXIE_ACTION_EXPANDED;
	origin_find(f, who, &from);
	if (o->action == NIXIE_ACTION_FAILED)
		attempts_decide(f, who);
	reason_find(f, who, &from, went_well, &found);
	o->is_expired = found.is_expired && o->is_final;
	o->reply_code = found.reply.code;
	o->said = said_by(&found.reply);
	if (found.quoted != NULL)
		o->diagnostic = out(found.quoted->text);
	o->remote_mta = out(from.host);
	o->remote_ip = out(from.ip);
	o->stage = from.stage;
	if (!went_well) {
		fill_reason(f, &found, proofs, o);
		fill_reputation(&found, &from, o);
		refuser_find(f, who, &from, &found, o);
	}
	if (found.has_condition) {
		o->condition = out(catalogue_text(catalogue_conditions[found.stated.condition].id));
		o->session = out(found.stated.session);
	}
	fill_status(f, &found, o);
	o->verdict = verdict_of(&found, o);
	if (str_is_set(from.stage_words) && !went_well)
		add_proof(f, proofs, STR("stage"), STR("sign"), from.stage_words, found.quoted);
	if (found.quoted != NULL && o->said != NIXIE_SAID_PERMANENT)
		o->retry_after_s = retry_after(found.quoted->text);
	if (who->dsn != NULL) {
		o->last_attempt = out(date_text(who->dsn->last_attempt, f->arena));
		o->will_retry_until = out(date_text(who->dsn->will_retry_until, f->arena));
	}
	if (who->named_by != NULL)
		add_proof(f, proofs, STR("recipient"), str_of(who->named_by), who->recipient, NULL);
	keep_proofs(f, proofs, o);
}

static void
fill_original(const struct facts *f, struct nixie_original *o)
{
	o->message_id = out(f->returned.message_id);
	o->subject = out(f->returned.subject);
	o->from = out(f->returned.from);
	o->to = out(f->returned.to);
	o->date = out(date_text(f->returned.date, f->arena));
	o->list_id = out(f->returned.list_id);
	o->envelope_id = out(str_is_set(f->dsn.envelope_id) ? f->dsn.envelope_id
							    : f->feedback.original_envelope_id);
	const struct str sender = str_is_set(f->dsn.envelope_from)
					  ? address_typed(f->dsn.envelope_from, NULL)
					  : address_clean(f->feedback.original_mail_from);
	o->envelope_from = out(sender.len > 0 ? sender : f->returned.return_path);
	if (f->disposition.is_there && o->message_id.ptr == NULL)
		o->message_id = out(f->disposition.original_message_id);
}

static void
fill_notes(const struct facts *f, struct nixie_report_info *info)
{
	struct nixie_note *const notes = arena_alloc(f->arena, f->note_count, sizeof *notes);
	if (notes == NULL)
		return;
	for (size_t i = 0; i < f->note_count; i++)
		notes[i] = (struct nixie_note){out(str_of(f->notes[i].what)),
			f->notes[i].at == STR_NPOS ? -1 : (int64_t)f->notes[i].at};
	info->notes = notes;
	info->note_count = f->note_count;
}

/* A complaint's or a receipt's one recipient, when it names one. */
static void
gather_addressee(const struct facts *f, struct people *p)
{
	struct str address = f->feedback.is_there
				     ? address_clean(f->feedback.original_rcpt_to)
				     : address_typed(f->disposition.final_recipient, NULL);
	/* Hotmail's stands in the report or in the message it returns. */
	if (address.len == 0)
		address = address_clean(header_find(&f->header, STR("X-HmXmrOriginalRecipient")));
	if (address.len == 0 && f->returned.is_there)
		address = address_clean(
			header_find(&f->returned.header, STR("X-HmXmrOriginalRecipient")));
	*p = (struct people){0};
	if (address.len == 0)
		return;
	p->list = arena_alloc(f->arena, 1, sizeof *p->list);
	if (p->list == NULL)
		return;
	p->list[0] = (struct person){.recipient = address, .named_by = "field"};
	p->count = 1;
}

static void
judge_people(struct facts *f, struct nixie_report_info *info)
{
	const bool is_delivery = info->kind == NIXIE_KIND_FAILURE ||
				 info->kind == NIXIE_KIND_DELAY || info->kind == NIXIE_KIND_SUCCESS;
	struct people people;
	if (is_delivery)
		people_gather(f, true, &people);
	else
		gather_addressee(f, &people);
	/* A report that names nobody still has one outcome: somebody was not reached, and why may
	 * be known. */
	if (is_delivery && people.count == 0) {
		people.list = arena_alloc(f->arena, 1, sizeof *people.list);
		if (people.list == NULL)
			return;
		people.count = 1;
		people_say_prose(f, &people);
		facts_note(f, "no-recipient", STR_NPOS);
	}
	if (people.is_many)
		facts_note(f, "recipients-limit", STR_NPOS);
	struct nixie_outcome *const outcomes =
		arena_alloc(f->arena, people.count, sizeof *outcomes);
	if (outcomes == NULL)
		return;
	for (size_t i = 0; i < people.count; i++) {
		if (is_delivery)
			judge_person(f, &people.list[i], info->kind, &outcomes[i]);
		else
			outcomes[i] = (struct nixie_outcome){
				.recipient = out(people.list[i].recipient), .retry_after_s = -1};
	}
	info->outcomes = outcomes;
	info->outcome_count = people.count;
}

void
judge_report(struct facts *f, struct nixie_report_info *info)
{
	struct kind kind;
	kind_find(f, &kind);
	*info = (struct nixie_report_info){.kind = kind.kind};
	info->generator = out(generator_find(f));
	size_t at = 0;
	info->reporting_mta = out(host_clean(f->dsn.reporting_mta));
	info->reporting_ip = out(ip_next(f->dsn.reporting_mta, &at));
	info->received_from_mta = out(host_clean(f->dsn.received_from_mta));
	info->arrival_date = out(date_text(
		str_is_set(f->dsn.arrival_date) ? f->dsn.arrival_date : f->feedback.arrival_date,
		f->arena));
	if (kind.kind == NIXIE_KIND_COMPLAINT)
		info->feedback_type =
			out(!f->feedback.is_there && sign_seen(&f->signs, SIGN_OPT_OUT)
					? STR("opt-out")
					: f->feedback.type);
	info->verp_recipient = out(verp_decode(f->to_address, f->arena));
	info->subject = out(f->subject);
	info->from = out(f->from);
	info->to = out(f->to_address);
	info->date = out(date_text(f->date, f->arena));
	info->message_id = out(f->message_id);
	fill_original(f, &info->original);
	judge_people(f, info);
	struct nixie_evidence *const why = arena_alloc(f->arena, 1, sizeof *why);
	if (why != NULL) {
		*why = (struct nixie_evidence){out(STR("kind")), out(str_of(kind.rule)),
			out(kind.words), offset_of(f, kind.words, NULL)};
		info->evidence = why;
		info->evidence_count = 1;
	}
	fill_notes(f, info);
}
