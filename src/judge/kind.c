#include "judge/kind_inside.h"

#include "catalogue/names.h"
#include "judge/marks.h"
#include "judge/scan.h"
#include "read/address.h"

void
kind_set(struct kind *k, enum nixie_kind kind, const char *rule, struct str words)
{
	*k = (struct kind){kind, rule, words};
}

/* By the actions, and where they are missing by the classes, of a report's fields: RFC 3464 s2.3.3.
 */
static bool
by_fields(const struct facts *f, struct kind *k)
{
	size_t failed = 0, delayed = 0, good = 0, temporary = 0;
	for (size_t i = 0; i < f->dsn.count; i++) {
		const struct dsn_recipient *const r = &f->dsn.recipients[i];
		switch (r->action) {
		case NIXIE_ACTION_FAILED:
			failed++;
			break;
		case NIXIE_ACTION_DELAYED:
			delayed++;
			break;
		case NIXIE_ACTION_DELIVERED:
		case NIXIE_ACTION_RELAYED:
		case NIXIE_ACTION_EXPANDED:
			good++;
			break;
		case NIXIE_ACTION_NONE:
			if (r->status.class == 2)
				good++;
			else if (r->status.class == 4 || r->status_reply / 100 == 4)
				temporary++;
			else if (r->status.class == 5 || r->status_reply / 100 == 5 ||
				 r->diagnostic.len > 0)
				failed++;
			break;
		}
	}
	if (failed + delayed + good + temporary == 0)
		return false;
	if (failed > 0) {
		kind_set(k, NIXIE_KIND_FAILURE, "kind:action-failed",
			f->dsn.recipients[0].action_text);
		return true;
	}
	if (delayed > 0) {
		kind_set(k, NIXIE_KIND_DELAY, "kind:action-delayed",
			f->dsn.recipients[0].action_text);
		return true;
	}
	if (temporary > 0) {
		/* No action: "4.x.x" may be either; the words tell. */
		const bool is_delay =
			sign_seen(&f->signs, SIGN_DELAY) || !sign_seen(&f->signs, SIGN_FAILURE);
		kind_set(k, is_delay ? NIXIE_KIND_DELAY : NIXIE_KIND_FAILURE, "kind:status-class",
			f->dsn.recipients[0].status_text);
		return true;
	}
	kind_set(k, NIXIE_KIND_SUCCESS, "kind:action-delivered", f->dsn.recipients[0].action_text);
	return true;
}

/* A receipt that is none: a Sieve script's "reject" is sent as one (RFC 5429 s2.1.1), and so are
 * refusals to read. */
static void
by_disposition(const struct facts *f, struct kind *k)
{
	const struct str what = f->disposition.disposition;
	const bool is_refusal = str_has_case(what, STR("failed")) ||
				(str_has_case(what, STR("deleted")) &&
					str_has_case(what, STR("automatic-action")) &&
					(sign_seen(&f->signs, SIGN_FAILURE) ||
						str_has_case(f->prose.all, STR("refused"))));
	if (is_refusal)
		kind_set(k, NIXIE_KIND_FAILURE, "kind:disposition-refused", what);
	else
		kind_set(k, NIXIE_KIND_RECEIPT, "kind:disposition", what);
}

static bool
has_auto_header(const struct facts *f)
{
	for (size_t i = 0; i < f->header.count; i++)
		if (catalogue_is_named(KNOWN_AWAY_FIELD, f->header.fields[i].name))
			return true;
	return mark_header_says(f, STR("Auto-Submitted"), STR("auto-replied")) ||
	       mark_header_says(f, STR("Precedence"), STR("auto_reply")) ||
	       mark_header_says(f, STR("X-Auto-Response"), STR("vacation"));
}

static bool
is_complaint(const struct facts *f)
{
	if (f->feedback.is_there)
		return true;
	if (str_starts_case(f->mime.report_type, STR("feedback-report")) ||
		sign_seen(&f->signs, SIGN_OPT_OUT))
		return true;
	/* Without a feedback-report: Hotmail's and others' forward the message with a line or two,
	 * or a field of their own. */
	if (header_has(&f->header, STR("X-HmXmrOriginalRecipient")))
		return true;
	/* "[SpamCop (192.0.2.1)] Undelivered Mail" complains of a report. */
	const struct sign_set *const s = &f->subject_signs;
	return sign_seen(s, SIGN_COMPLAINT) && f->returned.is_there &&
	       (!sign_seen(s, SIGN_FAILURE) ||
		       s->first[SIGN_COMPLAINT].at < s->first[SIGN_FAILURE].at);
}

bool
kind_has_final_block(const struct facts *f)
{
	for (size_t i = 0; i < f->prose.count && i < KIND_BLOCKS_LOOKED_AT; i++) {
		const struct block *const b = &f->prose.blocks[i];
		const struct reply r = b->naming >= NAMING_LABEL
					       ? facts_reply(f, str_head(b->own, 4096))
					       : (struct reply){0};
		if (r.is_sure && r.code / 100 == 5)
			return true;
	}
	return false;
}

/* Is the one answer that is quoted a 4xx? */
static bool
answers_temporary(const struct facts *f)
{
	const struct reply r = facts_reply(f, str_head(f->prose.all, MARK_REPLY_BYTES));
	return r.is_sure && r.code / 100 == 4 && !kind_has_final_block(f) &&
	       !sign_seen(&f->signs, SIGN_EXPIRED);
}

static bool
is_delay(const struct facts *f)
{
	if (sign_seen(&f->subject_signs, SIGN_DELAY))
		return !sign_seen(&f->subject_signs, SIGN_FAILURE) ||
		       sign_seen(&f->signs, SIGN_DELAY);
	return sign_seen(&f->signs, SIGN_DELAY) && !sign_seen(&f->subject_signs, SIGN_FAILURE) &&
	       !header_has(&f->header, STR("X-Failed-Recipients")) && !kind_has_final_block(f) &&
	       !mark_quoted_failure(f);
}

struct candidate
kind_reason_in_prose(const struct facts *f)
{
	const struct scan_context about = {.is_reply = true};
	const struct blocklist_row *list = NULL;
	struct scanned scan;
	scan_make(f->prose.all, f->arena, &scan);
	return scan_text(&scan, &about, &list);
}

/* A server's letter about somebody else, in words of failure or delay that we do not know, with a
 * plain reason. One that passes by itself is tried again. */
static bool
by_reason(const struct facts *f, struct kind *k)
{
	if (!mark_names_other(f))
		return false;
	const struct candidate c = kind_reason_in_prose(f);
	if (c.weight < RANK_PHRASE_STRONG)
		return false;
	const bool passes = c.reason != REASON_MAILBOX_FULL &&
			    str_eq(catalogue_text(catalogue_reasons[c.reason].retried), STR("yes"));
	kind_set(k, passes ? NIXIE_KIND_DELAY : NIXIE_KIND_FAILURE, "kind:reason", STR_NONE);
	return true;
}

/* It tells of a failure in words we know, and that it goes on trying in words we do not: no answer
 * of a server is quoted that would say either. */
static bool
is_delayed_letter(const struct facts *f)
{
	if (sign_seen(&f->subject_signs, SIGN_FAILURE) || sign_seen(&f->signs, SIGN_EXPIRED) ||
		header_has(&f->header, STR("X-Failed-Recipients")) ||
		facts_reply(f, str_head(f->prose.all, MARK_REPLY_BYTES)).is_sure)
		return false;
	const struct letter l = facts_letter(f);
	return l.is_delayed && letter_is_report(&l) && letter_is_delay(&l) &&
	       !mark_quoted_failure(f);
}

/* A moderator's or a filter's: the message waits for somebody to do something. Both words are in
 * bounces too, so that a sure report is none of them, unless its subject says nothing else. */
static bool
by_request(const struct facts *f, unsigned points, struct kind *k)
{
	const bool is_sure_report = points >= REPORT_POINTS + 2;
	const bool says_failure = sign_seen(&f->subject_signs, SIGN_FAILURE);
	if (sign_seen(&f->subject_signs, SIGN_MODERATION) &&
		(!is_sure_report ||
			(!says_failure && mark_refusals(f) == 0 && !f->mime.is_report))) {
		kind_set(k, NIXIE_KIND_ORDINARY, "kind:moderation",
			sign_words(&f->subject_signs, SIGN_MODERATION));
		return true;
	}
	if (is_sure_report)
		return false;
	if (sign_seen(&f->subject_signs, SIGN_CHALLENGE) ||
		(sign_seen(&f->signs, SIGN_CHALLENGE) && !says_failure)) {
		kind_set(k, NIXIE_KIND_CHALLENGE, "kind:challenge",
			sign_words(&f->signs, SIGN_CHALLENGE));
		return true;
	}
	if (sign_seen(&f->signs, SIGN_MODERATION)) {
		kind_set(k, NIXIE_KIND_ORDINARY, "kind:moderation",
			sign_words(&f->signs, SIGN_MODERATION));
		return true;
	}
	return false;
}

/* No person sent it: RFC 3834 s5, and what vacation programs wrote before that. */
static bool
is_sent_by_itself(const struct facts *f)
{
	return facts_has_null_path(f) || mark_header_says(f, STR("Auto-Submitted"), STR("auto-")) ||
	       header_has(&f->header, STR("X-Auto-Response-Suppress")) ||
	       (!mark_list(f) && (mark_header_says(f, STR("Precedence"), STR("junk")) ||
					 mark_header_says(f, STR("Precedence"), STR("bulk"))));
}

static bool
tells_of_absence(const struct facts *f)
{
	return sign_seen(&f->signs, SIGN_AUTO_REPLY) || (facts_letter(f).is_away && !mark_list(f));
}

/* A list that answers a post: no mail server, but its subject says that the post failed and its
 * words that the list is closed. */
static bool
is_refused_post(const struct facts *f)
{
	const bool is_told = sign_seen(&f->subject_signs, SIGN_FAILURE) ||
			     (sign_seen(&f->signs, SIGN_FAILURE) && facts_has_null_path(f));
	if (!is_told || !is_sent_by_itself(f))
		return false;
	const struct candidate c = kind_reason_in_prose(f);
	return c.weight >= RANK_PHRASE_STRONG && c.reason == REASON_LIST_RESTRICTED;
}

/* "Out of office: Undeliverable: Offer" answers what was called so, and no person or server else
 * puts it in this order. */
static bool
is_answer_to_failure(const struct facts *f)
{
	const struct sign_set *const s = &f->subject_signs;
	if (!(has_auto_header(f) || (is_sent_by_itself(f) && facts_letter(f).is_away)) ||
		f->returned.is_there || address_is_robot(f->from_address))
		return false;
	/* "Re: Undeliverable: Offer / Automatic reply" */
	return s->first[SIGN_AUTO_REPLY].at < s->first[SIGN_FAILURE].at ||
	       (header_has(&f->header, STR("In-Reply-To")) && facts_letter(f).is_away);
}

/* "Your address has changed (automatic reply)", from the postmaster, who goes on: mail to the old
 * one did not arrive. */
static bool
is_robots_failure(const struct facts *f, unsigned points)
{
	return points >= REPORT_POINTS && address_is_robot(f->from_address) &&
	       !has_auto_header(f) && mark_prose_tells(f) && mark_names_other(f);
}

/* Receipts and auto-replies that their subject gives away. */
static bool
by_automat(const struct facts *f, unsigned points, struct kind *k)
{
	const bool is_report = points >= REPORT_POINTS;
	/* "Return receipt" is the subject of Sendmail's reports of success too. */
	if (!is_report && (sign_seen(&f->subject_signs, SIGN_RECEIPT) ||
				  (sign_seen(&f->subject_signs, SIGN_SUCCESS) &&
					  sign_seen(&f->signs, SIGN_RECEIPT)))) {
		kind_set(k, NIXIE_KIND_RECEIPT, "kind:receipt-subject",
			sign_words(&f->signs, SIGN_RECEIPT));
		return true;
	}
	/* A newsletter may say "on vacation" too. */
	if (sign_seen(&f->subject_signs, SIGN_AUTO_REPLY) &&
		(has_auto_header(f) || !mark_list(f)) &&
		(!sign_seen(&f->subject_signs, SIGN_FAILURE) || points == 0 ||
			is_answer_to_failure(f)) &&
		!is_robots_failure(f, points) && mark_refusals(f) == 0 &&
		!header_has(&f->header, STR("X-Failed-Recipients"))) {
		kind_set(k, NIXIE_KIND_AUTO_REPLY, "kind:auto-reply-subject",
			sign_words(&f->signs, SIGN_AUTO_REPLY));
		return true;
	}
	return false;
}

/* A report by its type, of which the fields are gone: cut off, or taken out. Few are about anything
 * but failures, and those say so. */
static bool
by_type(const struct facts *f, struct kind *k)
{
	if (!f->mime.is_report || !str_starts_case(f->mime.report_type, STR("delivery-status")) ||
		sign_seen(&f->signs, SIGN_SUCCESS))
		return false;
	for (size_t i = 0; i < f->mime.count; i++)
		if (f->mime.parts[i].role == PART_STATUS)
			return false;
	const bool is_delay =
		sign_seen(&f->signs, SIGN_DELAY) && !sign_seen(&f->signs, SIGN_FAILURE);
	kind_set(k, is_delay ? NIXIE_KIND_DELAY : NIXIE_KIND_FAILURE, "kind:report-type",
		f->mime.report_type);
	return true;
}

void
kind_find(const struct facts *f, struct kind *k)
{
	kind_set(k, NIXIE_KIND_ORDINARY, "kind:nothing", STR_NONE);
	if (is_complaint(f)) {
		kind_set(k, NIXIE_KIND_COMPLAINT, "kind:feedback-report", f->feedback.type);
		return;
	}
	/* What a person quotes in an answer is what was talked of. */
	const bool is_quotation = f->is_message && f->is_quoted && mark_persons_answer(f);
	const bool is_talk = f->is_message && f->prose.dsn.count > 0 && mark_lists_talk(f);
	if (!is_quotation && !is_talk && by_fields(f, k))
		return;
	if (f->disposition.is_there) {
		by_disposition(f, k);
		return;
	}
	if (!f->is_message) {
		kind_of_text(f, k);
		return;
	}
	const unsigned points = mark_points(f);
	const bool is_report = points >= REPORT_POINTS;
	if (by_request(f, points, k))
		return;
	if (!is_report && is_refused_post(f)) {
		kind_set(k, NIXIE_KIND_FAILURE, "kind:post-refused",
			sign_words(&f->signs, SIGN_FAILURE));
		return;
	}
	if (by_automat(f, points, k))
		return;
	if (is_report && is_delay(f)) {
		kind_set(
			k, NIXIE_KIND_DELAY, "kind:delay-words", sign_words(&f->signs, SIGN_DELAY));
		return;
	}
	if (is_report && sign_seen(&f->subject_signs, SIGN_SUCCESS) &&
		!sign_seen(&f->signs, SIGN_FAILURE)) {
		kind_set(k, NIXIE_KIND_SUCCESS, "kind:success-words",
			sign_words(&f->signs, SIGN_SUCCESS));
		return;
	}
	if (is_report && is_delayed_letter(f)) {
		kind_set(k, NIXIE_KIND_DELAY, "kind:delay-letter", STR_NONE);
		return;
	}
	/* Words in no language we know, and an answer that promises more: it is still being tried.
	 */
	if (is_report && !sign_seen(&f->signs, SIGN_FAILURE) &&
		!header_has(&f->header, STR("X-Failed-Recipients")) && answers_temporary(f)) {
		kind_set(k, NIXIE_KIND_DELAY, "kind:temporary-answer", STR_NONE);
		return;
	}
	if (is_report &&
		(sign_seen(&f->signs, SIGN_FAILURE) || mark_refusals(f) > 0 || mark_head_block(f) ||
			header_has(&f->header, STR("X-Failed-Recipients")) ||
			mark_described_refusal(f))) {
		kind_set(k, NIXIE_KIND_FAILURE, "kind:failure-words",
			sign_words(&f->signs, SIGN_FAILURE));
		return;
	}
	if (is_report && by_reason(f, k))
		return;
	/* No word is known; the server's answer that is quoted says no for good. */
	const struct reply answer = facts_reply(f, str_head(f->prose.all, MARK_REPLY_BYTES));
	if (is_report && answer.is_sure && answer.code / 100 == 5) {
		kind_set(k, NIXIE_KIND_FAILURE, "kind:answer", STR_NONE);
		return;
	}
	if (by_type(f, k))
		return;
	if (has_auto_header(f) || (is_sent_by_itself(f) && tells_of_absence(f)))
		kind_set(k, NIXIE_KIND_AUTO_REPLY, "kind:auto-reply",
			sign_words(&f->signs, SIGN_AUTO_REPLY));
}
