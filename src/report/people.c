/*
 * people - the words of a report for the person who sent the message
 *
 * The same explanations as those of `nixie explain`, in the order in which a worried person asks:
 * what happened, what can I do, will it be tried again; then what proves it. Of a delay only what
 * says that there is nothing to do.
 */
#include "explain/explain.h"
#include "report/inside.h"
#include "report/judged.h"
#include "report/mailtext.h"
#include "report/sheet.h"

#define CAUSES_MAX 8 /* that are explained; recipients of further ones are listed with theirs */

/* Recipients of one cause. */
struct cause {
	size_t first; /* the recipient whose words are used */
	size_t count;
	enum explain_whom whom;
	struct str key;
};

struct teller {
	const struct draft *d;
	struct sheet *s;
	enum lang lang;
	struct cause causes[CAUSES_MAX];
	size_t cause_count;
	size_t listed;     /* addresses so far, of REPORT_SHOWN_RECIPIENTS_MAX */
	uint8_t *cause_of; /* of each recipient: CAUSES_MAX is none */
};

static struct str
sentence(const struct teller *t, const char *key, const struct fill *facts)
{
	return fill_key(str_of(key), facts, t->lang, t->d->arena);
}

static struct str
label(const struct teller *t, const char *key)
{
	return catalogue_sentence(t->lang, str_of(key));
}

static struct str
number(const struct teller *t, uint64_t n)
{
	char digits[STR_DIGITS_MAX];
	return arena_str(t->d->arena, str_digits((int64_t)n, digits));
}

/* ---- who fares alike */

static struct str
domain_of(const struct draft_recipient *r)
{
	const size_t at = r->final.len;
	for (size_t i = at; i > 0; i--)
		if (r->final.ptr[i - 1] == '@')
			return str_from(r->final, i);
	return STR_NONE;
}

static bool
is_alike(const struct draft_recipient *a, const struct draft_recipient *b)
{
	const struct nixie_outcome *const x = &a->outcome, *const y = &b->outcome;
	return x->action == y->action && x->verdict == y->verdict && x->refuser == y->refuser &&
	       x->is_expired == y->is_expired && x->stage == y->stage &&
	       a->given->is_own_relay == b->given->is_own_relay && x->reply_code == y->reply_code &&
	       str_eq(str_in(x->reason), str_in(y->reason)) &&
	       str_eq(str_in(x->remote_mta), str_in(y->remote_mta)) &&
	       str_eq(situation_find(x), situation_find(y));
}

static void
find_causes(struct teller *t)
{
	const struct draft *const d = t->d;
	for (size_t i = 0; i < d->facts->recipient_count; i++) {
		const struct draft_recipient *const r = &d->recipients[i];
		size_t k = 0;
		while (k < t->cause_count && !is_alike(r, &d->recipients[t->causes[k].first]))
			k++;
		t->cause_of[i] = (uint8_t)k;
		if (k == CAUSES_MAX)
			continue;
		struct cause *const c = &t->causes[k];
		if (k == t->cause_count) {
			*c = (struct cause){.first = i, .count = 0, .whom = EXPLAIN_ONE};
			t->cause_count++;
		}
		if (c->count > 0 && c->whom != EXPLAIN_OF_DOMAINS)
			c->whom = str_eq_case(domain_of(r), domain_of(&d->recipients[c->first]))
					  ? EXPLAIN_OF_DOMAIN
					  : EXPLAIN_OF_DOMAINS;
		c->count++;
	}
}

/* The address as the sender knows it. */
static struct str
known_address(const struct draft_recipient *r)
{
	return r->original.len > 0 ? r->original : r->final;
}

static void
list_recipients(struct teller *t, size_t cause)
{
	const struct draft *const d = t->d;
	uint64_t left = 0;
	for (size_t i = 0; i < d->facts->recipient_count; i++) {
		const struct draft_recipient *const r = &d->recipients[i];
		if (t->cause_of[i] != cause)
			continue;
		if (t->listed++ < REPORT_SHOWN_RECIPIENTS_MAX)
			sheet_fact(t->s, label(t, "label.recipient"), known_address(r));
		else
			left++;
	}
	const struct fill f = {.n = number(t, left)};
	if (left > 0)
		sheet_add(t->s, BLOCK_PARAGRAPH, sentence(t, "label.more", &f));
}

/* ---- the timeline */

static struct str
attempt_line(const struct teller *t, const struct attempt *at, bool has_answer)
{
	struct arena *const a = t->d->arena;
	const struct judged_case c = {.attempt = at};
	struct str where = draft_host(at->host);
	const struct str ip = draft_host(at->ip);
	const struct str tls = mail_clean(at->tls, ATTEMPT_SHORT_BYTES_MAX, a);
	struct str answer = judged_diagnostic(&c, a);
	const bool was_reached = at->stage > NIXIE_STAGE_CONNECT;
	if (ip.len > 0)
		where = arena_join(a, where, where.len > 0 ? STR(" [") : STR("["),
			arena_join(a, ip, STR("]"), STR("")));
	if (where.len > 0 && (tls.len > 0 || was_reached)) {
		struct str name = tls; /* "TLSv1.3" is enough for people */
		name = tls.len > 0 ? str_word(&name) : label(t, "bounce.in_clear");
		where = arena_join(a, where, STR(", "), name);
	}
	if (!judged_is_answer(at))
		return answer; /* the words of a condition name the host */
	if (!has_answer)
		return where;
	if (answer.len == 0)
		answer = label(t, "bounce.no_answer");
	return where.len > 0 ? arena_join(a, where, STR(": "), answer) : answer;
}

static uint64_t
attempts_made(const struct report_recipient *r)
{
	return r->attempts_made > r->attempt_count ? r->attempts_made : r->attempt_count;
}

static void
timeline(struct teller *t, const struct report_recipient *r)
{
	const size_t n = r->attempt_count, shown = REPORT_SHOWN_ATTEMPTS_MAX;
	const uint64_t left = attempts_made(r) - (n > shown ? shown : n);
	if (n == 0)
		return;
	sheet_heading(t->s, label(t, "bounce.attempts"));
	for (size_t i = 0; i < n; i++) {
		if (n > shown && i > 0 && i <= n - shown)
			continue;
		sheet_fact(t->s, draft_date(t->d, r->attempts[i].at_ms),
			attempt_line(t, &r->attempts[i], n > 1)); /* one: it follows in full */
		const struct fill f = {.n = number(t, left)};
		if (i == 0 && left > 0 && n > 1)
			sheet_fact(t->s, STR("..."), sentence(t, "bounce.left_out", &f));
	}
}

static void
steps(struct teller *t, const struct steps *list)
{
	for (size_t i = 0; i < list->count; i++)
		sheet_add(t->s, BLOCK_STEP, list->list[i]);
}

static void
exact_answer(struct teller *t, const struct explanation *e)
{
	sheet_heading(t->s, label(t, "bounce.exact"));
	sheet_add(t->s, BLOCK_QUOTE, e->quote);
}

/* ---- one cause, by how it ended */

/* Who said no. A server that a route of ours names is not the one that receives mail for that
 * domain: the reader of the report cannot know it, we do. */
static struct str
refused_by(const struct teller *t, const struct draft_recipient *r, const struct explanation *e)
{
	const bool is_by_route =
		r->given->is_own_relay && r->outcome.refuser == NIXIE_REFUSER_REMOTE_SERVER;
	return is_by_route ? sentence(t, "refuser.own_route", &e->facts) : e->refused_by;
}

/* A bounce that bounced, to the postmaster: nothing that its sender could do is of use here. */
static bool
is_for_postmaster(const struct draft *d)
{
	return !d->facts->is_notice && !str_eq_case(d->to, d->facts->sender);
}

/* What whoever sent the message can do. */
static void
tell_sender(struct teller *t, const struct explanation *e, bool has_advice)
{
	struct sheet *const s = t->s;
	sheet_add(s, BLOCK_PARAGRAPH, e->whose_move);
	steps(t, &e->sender);
	sheet_add(s, BLOCK_STEP, e->write_to);
	if (has_advice)
		sheet_add(s, BLOCK_STEP, e->advice);
}

static void
tell_postmaster(struct teller *t)
{
	const struct fill f = {.ours = t->d->hostname};
	sheet_add(t->s, BLOCK_PARAGRAPH, sentence(t, "bounce.double_why", &f));
	sheet_add(t->s, BLOCK_STEP, label(t, "bounce.double_first"));
	sheet_add(t->s, BLOCK_STEP, label(t, "bounce.double_many"));
	sheet_add(t->s, BLOCK_STEP, label(t, "bounce.double_real"));
}

static void
tell_failed(struct teller *t, const struct draft_recipient *r, const struct explanation *e)
{
	struct sheet *const s = t->s;
	/* What a blocklist or a provider asks for is in the words of those who can do it. */
	const bool is_for_admin = str_eq(e->fixer, STR("sending_admin"));
	sheet_heading(s, label(t, "label.what_happened"));
	sheet_add(s, BLOCK_PARAGRAPH, e->happened);
	sheet_add(s, BLOCK_PARAGRAPH, refused_by(t, r, e));
	sheet_heading(s, label(t, "label.why"));
	sheet_add(s, BLOCK_PARAGRAPH, e->why);
	sheet_heading(s, label(t, "label.you"));
	if (is_for_postmaster(t->d))
		tell_postmaster(t);
	else
		tell_sender(t, e, !is_for_admin);
	sheet_heading(s, label(t, "label.next"));
	const struct fill f = {.n = number(t, attempts_made(r->given))};
	if (r->outcome.is_expired && attempts_made(r->given) > 0)
		sheet_add(s, BLOCK_PARAGRAPH, sentence(t, "bounce.given_up", &f));
	sheet_add(s, BLOCK_PARAGRAPH, e->next);
	sheet_add(s, BLOCK_PARAGRAPH, e->disagree);
	sheet_add(s, BLOCK_PARAGRAPH, e->verdict);
	if (!t->d->facts->is_notice) /* it was one answer, and that follows */
		timeline(t, r->given);
	exact_answer(t, e);
	sheet_add(s, BLOCK_PARAGRAPH, e->step);
	sheet_add(s, BLOCK_PARAGRAPH, e->links);
	sheet_heading(s, label(t, "label.sending_admin"));
	if (is_for_admin)
		sheet_add(s, BLOCK_STEP, e->advice);
	steps(t, &e->sending_admin);
	sheet_heading(s, label(t, "label.receiving_admin"));
	steps(t, &e->receiving_admin);
}

/* Called temporary, but of a cause that does not go away by itself: an unknown user. Then there is
 * something to do, and now is the time. */
static bool
is_doubtful(const struct nixie_outcome *o)
{
	const int reason = catalogue_reason_find(str_in(o->reason));
	const uint8_t verdict = reason < 0 ? VERDICT_UNKNOWN : catalogue_reasons[reason].verdict;
	return verdict == VERDICT_HARD || verdict == VERDICT_BLOCK;
}

static void
tell_delayed(struct teller *t, const struct draft_recipient *r, const struct explanation *e)
{
	struct sheet *const s = t->s;
	const struct fill f = {.n = number(t, attempts_made(r->given)),
		.until = r->given->next_ms > 0 ? draft_date(t->d, r->given->next_ms) : STR_NONE};
	sheet_add(s, BLOCK_PARAGRAPH, sentence(t, "bounce.late", &f));
	if (r->given->next_ms > 0)
		sheet_add(s, BLOCK_PARAGRAPH, sentence(t, "bounce.next", &f));
	sheet_add(s, BLOCK_PARAGRAPH,
		fill_key(STR("retry.delayed"), &e->facts, t->lang, t->d->arena));
	sheet_add(s, BLOCK_PARAGRAPH, sentence(t, "bounce.urgent", &f));
	sheet_add(s, BLOCK_PARAGRAPH, sentence(t, "bounce.cancel", &e->facts));
	sheet_heading(s, label(t, "bounce.why_late"));
	sheet_add(s, BLOCK_PARAGRAPH, e->happened);
	sheet_add(s, BLOCK_PARAGRAPH, e->why);
	if (is_doubtful(&r->outcome)) {
		if (e->facts.code.len > 0)
			sheet_add(s, BLOCK_PARAGRAPH,
				fill_key(STR("retry.disagree_temporary"), &e->facts, t->lang,
					t->d->arena));
		sheet_heading(s, label(t, "label.you"));
		steps(t, &e->sender);
	}
	timeline(t, r->given);
	exact_answer(t, e);
}

static void
tell_through(struct teller *t, const struct explanation *e)
{
	sheet_add(t->s, BLOCK_PARAGRAPH, e->happened);
	sheet_add(t->s, BLOCK_PARAGRAPH, e->why);
	steps(t, &e->sender);
	exact_answer(t, e);
}

/* Who writes, and what became of the message; in the situation's own words where it has such. */
static struct str
intro_of(const struct teller *t, const struct explanation *e)
{
	const struct str own = arena_join(t->d->arena, STR("bounce.intro/"), e->key, STR(""));
	if (str_is_set(catalogue_sentence(t->lang, own)))
		return own;
	return t->d->facts->is_notice ? STR("bounce.intro_refused") : STR("bounce.intro");
}

static void
tell_cause(struct teller *t, size_t k)
{
	const struct cause *const c = &t->causes[k];
	const struct draft_recipient *const r = &t->d->recipients[c->first];
	const bool is_delayed = r->outcome.action == NIXIE_ACTION_DELAYED;
	struct explanation e;
	explain_cause(&t->d->info, &t->d->outcomes[c->first], c->whom, t->lang, t->d->arena, &e);
	sheet_add(t->s, BLOCK_HEADLINE,
		is_delayed ? fill_key(is_doubtful(&r->outcome) ? STR("bounce.still_trying_but")
							       : STR("bounce.still_trying"),
				     &e.facts, t->lang, t->d->arena)
			   : e.headline);
	if (k == 0 && r->outcome.action == NIXIE_ACTION_FAILED)
		sheet_add(t->s, BLOCK_PARAGRAPH,
			fill_key(intro_of(t, &e), &e.facts, t->lang, t->d->arena));
	list_recipients(t, k);
	if (k == 0) {
		sheet_fact(t->s, label(t, "label.subject"), str_in(t->d->info.original.subject));
		sheet_fact(t->s, label(t, "label.date"),
			explain_date(str_in(t->d->info.original.date), t->d->arena));
	}
	if (is_delayed)
		tell_delayed(t, r, &e);
	else if (explain_is_through(&r->outcome))
		tell_through(t, &e);
	else
		tell_failed(t, r, &e);
}

/* Those of causes that were not explained. */
static void
tell_rest(struct teller *t)
{
	const struct draft *const d = t->d;
	bool is_first = true;
	for (size_t i = 0; i < d->facts->recipient_count; i++) {
		if (t->cause_of[i] < CAUSES_MAX)
			continue;
		if (is_first)
			sheet_heading(t->s, label(t, "label.address_list"));
		is_first = false;
		const struct nixie_outcome *const o = &d->recipients[i].outcome;
		if (t->listed++ < REPORT_SHOWN_RECIPIENTS_MAX)
			sheet_fact(t->s, known_address(&d->recipients[i]),
				catalogue_sentence(t->lang, arena_join(d->arena, STR("reason."),
								    str_in(o->reason), STR(""))));
	}
}

/* What people can quote: the message's id, and what decided. */
static struct str
reference(const struct draft *d)
{
	const struct nixie_outcome *const o = &d->recipients[0].outcome;
	const struct str about = mail_clean(d->facts->about, DRAFT_ADDRESS_BYTES_MAX, d->arena);
	const struct str what = o->condition.len > 0 ? explain_condition(str_in(o->condition),
							       d->facts->lang, d->arena)
						     : str_in(o->reason);
	return what.len > 0 ? arena_join(d->arena, about, STR(", "), what) : about;
}

void
draft_sheet(const struct draft *d, struct sheet *s)
{
	struct teller t = {.d = d, .s = s, .lang = d->facts->lang};
	const struct fill f = {.ours = d->hostname};
	t.cause_of = arena_alloc(d->arena, d->facts->recipient_count, 1);
	if (t.cause_of == NULL)
		return;
	find_causes(&t);
	if (is_for_postmaster(d))
		sheet_add(s, BLOCK_PARAGRAPH, sentence(&t, "bounce.to_postmaster", &f));
	for (size_t k = 0; k < t.cause_count; k++) {
		if (k > 0)
			sheet_add(s, BLOCK_LINE, STR(""));
		tell_cause(&t, k);
	}
	tell_rest(&t);
	sheet_add(s, BLOCK_LINE, STR(""));
	sheet_fact(s, label(&t, "label.reported_by"), d->hostname);
	sheet_fact(s, label(&t, "bounce.reference"), reference(d));
	if (!is_for_postmaster(d))
		sheet_add(s, BLOCK_PARAGRAPH, sentence(&t, "bounce.ask", &f));
	if (d->facts->is_from_outside && d->info.kind == NIXIE_KIND_FAILURE &&
		!is_for_postmaster(d))
		sheet_add(s, BLOCK_PARAGRAPH, sentence(&t, "warn.backscatter", &f));
	if (d->facts->is_last_notice)
		sheet_add(s, BLOCK_PARAGRAPH, label(&t, "bounce.last_notice"));
	if (d->facts->original.len == 0)
		return;
	if (d->facts->returns_full && !draft_returns_whole(d))
		sheet_add(s, BLOCK_PARAGRAPH, label(&t, "bounce.too_large"));
	sheet_add(s, BLOCK_PARAGRAPH,
		label(&t,
			draft_returns_whole(d) ? "bounce.returned_below" : "bounce.headers_below"));
}

struct str
draft_subject(const struct draft *d)
{
	const enum nixie_action action = d->info.kind == NIXIE_KIND_FAILURE ? NIXIE_ACTION_FAILED
					 : d->info.kind == NIXIE_KIND_DELAY ? NIXIE_ACTION_DELAYED
									    : NIXIE_ACTION_NONE;
	size_t first = 0, n = 0; /* of those that the kind is named after */
	for (size_t i = d->facts->recipient_count; i > 0; i--)
		if (d->outcomes[i - 1].action == action || action == NIXIE_ACTION_NONE) {
			first = i - 1;
			n++;
		}
	const struct nixie_outcome *const o = &d->outcomes[first];
	const enum lang lang = d->facts->lang;
	struct explanation e;
	char digits[STR_DIGITS_MAX];
	explain_cause(&d->info, o, EXPLAIN_ONE, lang, d->arena, &e);
	if (explain_is_through(o))
		return e.headline;
	e.facts.n = arena_str(d->arena, str_digits((int64_t)n, digits));
	if (o->action == NIXIE_ACTION_DELAYED)
		return fill_key(n == 1 ? STR("bounce.subject_delayed")
				       : STR("bounce.subject_delayed_several"),
			&e.facts, lang, d->arena);
	return fill_key(
		n == 1 ? STR("bounce.subject_failed") : STR("bounce.subject_failed_several"),
		&e.facts, lang, d->arena);
}
