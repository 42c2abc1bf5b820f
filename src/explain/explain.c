#include "explain/explain.h"

#include "judge/verp.h"
#include "read/address.h"

static struct str
sentence(const struct explanation *e, enum lang lang, struct arena *a, const char *prefix,
	struct str name)
{
	char key[64];
	const size_t n = strlen(prefix);
	if (n + name.len > sizeof key)
		return STR_NONE;
	memcpy(key, prefix, n);
	if (name.len > 0)
		memcpy(key + n, name.ptr, name.len);
	return fill_key((struct str){key, n + name.len}, &e->facts, lang, a);
}

/* Is the step one for this case? "[delayed] Wait" is none of a message that is not tried again,
 * "[failed] Send it again" of that only. Takes the mark away. */
static bool
fits(struct str *step, bool is_given_up)
{
	static const struct {
		struct str mark;
		bool is_given_up;
	} marks[] = {{STR_INIT("[delayed] "), false}, {STR_INIT("[failed] "), true}};
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (str_starts(*step, marks[i].mark)) {
			*step = str_from(*step, marks[i].mark.len);
			return marks[i].is_given_up == is_given_up;
		}
	return true;
}

/* "one | two" -> the steps */
static void
split_steps(struct str text, const struct explanation *e, enum lang lang, struct arena *a,
	struct steps *s)
{
	for (struct str rest = text; rest.len > 0 && s->count < STEPS_MAX;) {
		const size_t bar = str_find(rest, STR(" | "), 0);
		struct str one = str_trim(str_head(rest, bar));
		if (fits(&one, e->is_given_up) && one.len > 0)
			s->list[s->count++] = fill_text(one, &e->facts, lang, a);
		rest = bar == STR_NPOS ? STR("") : str_from(rest, bar + 3);
	}
}

static void
take_row(struct str key, enum lang lang, struct arena *a, struct explanation *e)
{
	const struct explanation_row *const row = catalogue_explanation_find(lang, key);
	e->key = key;
	if (row == NULL)
		return;
	e->headline = fill_text(catalogue_text(row->headline), &e->facts, lang, a);
	e->happened = fill_text(catalogue_text(row->happened), &e->facts, lang, a);
	e->why = fill_text(catalogue_text(row->why), &e->facts, lang, a);
	split_steps(catalogue_text(row->sender), e, lang, a, &e->sender);
	split_steps(catalogue_text(row->sending_admin), e, lang, a, &e->sending_admin);
	split_steps(catalogue_text(row->receiving_admin), e, lang, a, &e->receiving_admin);
}

/* 300 -> "5 minutes": a time for people. */
static struct str
duration(int64_t seconds, enum lang lang, struct arena *a)
{
	static const struct {
		int64_t seconds;
		struct str one, several;
	} units[] = {
		{86400, STR_INIT("time.day"), STR_INIT("time.days")},
		{3600, STR_INIT("time.hour"), STR_INIT("time.hours")},
		{60, STR_INIT("time.minute"), STR_INIT("time.minutes")},
		{1, STR_INIT("time.second"), STR_INIT("time.seconds")},
	};
	size_t i = 0;
	if (seconds < 0)
		return STR_NONE;
	/* "90 minutes" and "36 hours" are plainer than parts of the next unit. */
	while (i < 3 && (seconds < units[i].seconds || (seconds < units[i].seconds * 2 &&
							       seconds % units[i].seconds != 0)))
		i++;
	char digits[STR_DIGITS_MAX];
	const int64_t count = seconds / units[i].seconds;
	const struct fill number = {.n = str_digits(count, digits)};
	return fill_key(count == 1 ? units[i].one : units[i].several, &number, lang, a);
}

struct str
explain_date(struct str iso, struct arena *a)
{
	/* 2026-11-22T04:15:57+01:00, as reports carry it: day, hour and minute, and the zone apart.
	 */
	const size_t zone_at = 19;
	char room[40];
	if (iso.len < zone_at || iso.len > sizeof room || iso.ptr[10] != 'T' || iso.ptr[16] != ':')
		return iso;
	struct str zone = str_from(iso, zone_at);
	if (str_eq(zone, STR("+00:00")) || str_eq(zone, STR("-00:00")) || str_eq(zone, STR("Z")))
		zone = STR("UTC");
	memcpy(room, iso.ptr, 16);
	room[10] = ' ';
	size_t n = 16;
	if (zone.len > 0)
		room[n++] = ' ';
	memcpy(room + n, zone.ptr, zone.len);
	return arena_str(a, (struct str){room, n + zone.len});
}

struct str
explain_condition(struct str id, enum lang lang, struct arena *a)
{
	const int c = id.len > 0 ? catalogue_condition_find(id) : -1;
	if (c < 0)
		return STR_NONE;
	return arena_join(a, id, STR(": "),
		catalogue_text(catalogue_condition_words(lang, (enum condition)c)->title));
}

static struct str
code_text(const struct nixie_outcome *o, struct arena *a)
{
	char room[40];
	size_t n = 0;
	if (o->reply_code > 0 && o->reply_code < 1000) {
		room[n++] = (char)('0' + o->reply_code / 100);
		room[n++] = (char)('0' + o->reply_code / 10 % 10);
		room[n++] = (char)('0' + o->reply_code % 10);
	}
	if (o->status_origin == NIXIE_ORIGIN_STATED && o->status.len < 20) {
		if (n > 0)
			room[n++] = ' ';
		memcpy(room + n, o->status.ptr, o->status.len);
		n += o->status.len;
	}
	return n == 0 ? STR_NONE : arena_str(a, (struct str){room, n});
}

/* What is known of the case. With several recipients, none of them is {rcpt}. */
static void
gather_facts(const struct nixie_report_info *info, const struct nixie_outcome *o,
	enum explain_whom whom, enum lang lang, struct arena *a, struct explanation *e)
{
	struct fill *const f = &e->facts;
	struct str from = address_clean(str_in(info->original.from));
	if (str_find_char(from, '@', 0) == STR_NPOS)
		from = str_in(info->original.envelope_from);
	if (from.len == 0)
		from = str_in(info->to);
	from = verp_unsigned(from, a);
	f->from = from;
	f->sdom = address_domain(from);
	f->ours = str_in(info->reporting_mta);
	if (o == NULL)
		return;
	f->rcpt = verp_unsigned(
		str_in(o->original_recipient.len > 0 ? o->original_recipient : o->recipient), a);
	f->rdom = whom == EXPLAIN_OF_DOMAINS ? STR_NONE : address_domain(f->rcpt);
	if (whom != EXPLAIN_ONE)
		f->rcpt = STR_NONE;
	f->theirs = str_in(o->remote_mta.len > 0 ? o->remote_mta : o->remote_ip);
	if (f->theirs.len == 0 && o->refuser == NIXIE_REFUSER_REMOTE_SERVER)
		f->theirs = str_in(o->refuser_name);
	if (o->refuser == NIXIE_REFUSER_REMOTE_SERVER && f->theirs.len == 0)
		f->theirs = f->ours;
	if (o->refuser == NIXIE_REFUSER_OWN_SERVER && o->remote_mta.len == 0 &&
		o->refuser_name.len > 0)
		f->ours = str_in(o->refuser_name);
	f->ip = str_in(o->blocked_ip);
	f->list = str_in(o->blocklist);
	f->link = str_in(o->blocklist_link.len > 0 ? o->blocklist_link : o->help_link);
	if (!str_starts(f->link, STR("http")))
		f->link = STR_NONE;
	f->prov = str_in(o->provider);
	f->quote = str_in(o->diagnostic);
	f->until = explain_date(str_in(o->will_retry_until), a);
	f->wait = duration(o->retry_after_s, lang, a);
	f->code = code_text(o, a);
	f->reason = sentence(e, lang, a, "reason.", str_in(o->reason));
}

static void
add_next(const struct nixie_outcome *o, enum lang lang, struct arena *a, struct explanation *e)
{
	const char *key;
	if (o->action == NIXIE_ACTION_DELAYED)
		key = o->retry_after_s >= 0 ? "retry.delayed_wait" : "retry.delayed";
	else if (!o->is_final)
		key = "retry.not_needed";
	else if (o->verdict == NIXIE_VERDICT_SOFT)
		key = "retry.failed_soft";
	else if (o->verdict == NIXIE_VERDICT_BLOCK)
		key = "retry.failed_block";
	else if (o->verdict == NIXIE_VERDICT_HARD)
		key = "retry.failed_hard";
	else
		key = "retry.failed_unknown";
	e->next = fill_key(str_of(key), &e->facts, lang, a);
	if (!o->is_final || o->verdict == NIXIE_VERDICT_UNKNOWN)
		return;
	const bool is_soft = o->verdict == NIXIE_VERDICT_SOFT;
	if (o->said == NIXIE_SAID_PERMANENT && is_soft && !o->is_expired)
		e->disagree = fill_key(STR("retry.disagree_permanent"), &e->facts, lang, a);
	else if (o->said == NIXIE_SAID_TEMPORARY && !is_soft)
		e->disagree = fill_key(STR("retry.disagree_temporary"), &e->facts, lang, a);
	if (o->is_expired)
		e->last_answer = fill_key(
			e->facts.quote.len > 0 ? STR("retry.expired") : STR("retry.expired_silent"),
			&e->facts, lang, a);
}

struct str
explain_fixer(struct str reason)
{
	const int row = catalogue_reason_find(reason);
	if (row < 0)
		return STR("depends");
	struct str fixer = catalogue_text(catalogue_reasons[row].fixer);
	return str_word(&fixer);
}

struct str
explain_first_step(const struct explanation *e, struct str fixer)
{
	const struct steps *const s = str_eq(fixer, STR("sending_admin"))     ? &e->sending_admin
				      : str_eq(fixer, STR("receiving_admin")) ? &e->receiving_admin
									      : &e->sender;
	return s->count > 0 ? s->list[0] : e->sender.count > 0 ? e->sender.list[0] : STR_NONE;
}

/* The situation knows better than the reason. */
static struct str
usual_fixer(const struct nixie_outcome *o)
{
	const struct str fixer = situation_fixer(o);
	return fixer.len > 0 ? fixer : explain_fixer(str_in(o->reason));
}

/* What passes by itself, while somebody tries again, does not when nobody does. */
static bool
is_left_alone(const struct nixie_outcome *o)
{
	return o->is_final && o->action != NIXIE_ACTION_DELAYED &&
	       str_eq(usual_fixer(o), STR("nobody"));
}

struct str
explain_fixer_of(const struct nixie_outcome *o)
{
	return is_left_alone(o) ? STR("sender") : usual_fixer(o);
}

static void
add_quote(const struct nixie_outcome *o, struct explanation *e)
{
	e->quote = str_in(o->diagnostic);
	for (size_t i = 0; e->quote.len == 0 && i < o->evidence_count; i++)
		if (str_eq(str_in(o->evidence[i].decided), STR("reason")))
			e->quote = str_in(o->evidence[i].words);
}

struct str
explain_join(struct str one, struct str two, struct arena *a)
{
	if (one.len == 0)
		return two;
	const bool is_japanese = str_ends_case(one, STR("\xE3\x80\x82"));
	return arena_join(a, one, is_japanese ? STR("") : STR(" "), two);
}

/* The row of the provider's code that gave the reason; NULL when it was another rule. */
static const struct provider_code_row *
deciding_code(const struct nixie_outcome *o)
{
	for (size_t i = 0; i < o->evidence_count; i++) {
		const struct str rule = str_in(o->evidence[i].rule);
		if (!str_starts(rule, STR("provider:")) ||
			!str_eq(str_in(o->evidence[i].decided), STR("reason")))
			continue;
		for (size_t k = 0; k < CATALOGUE_PROVIDER_CODES; k++)
			if (str_eq(catalogue_text(catalogue_provider_codes[k].id), rule))
				return &catalogue_provider_codes[k];
		return NULL;
	}
	return NULL;
}

/* The blocklist that is named, when it is why: a reply about something else may name one too. */
static const struct blocklist_row *
deciding_list(const struct nixie_outcome *o)
{
	const struct blocklist_row *const list = catalogue_blocklist_named(str_in(o->blocklist));
	const int reason = catalogue_reason_find(str_in(o->reason));
	if (list == NULL || reason < 0)
		return NULL;
	return list->reason == reason || str_eq(catalogue_text(catalogue_reasons[reason].family),
						 STR("reputation"))
		       ? list
		       : NULL;
}

/* What the provider's own code asks for, or else the blocklist, where the catalogue says more than
 * the reason does. */
static void
add_advice(const struct nixie_outcome *o, enum lang lang, struct arena *a, struct explanation *e)
{
	const struct provider_code_row *const code = deciding_code(o);
	const struct blocklist_row *const list = deciding_list(o);
	const struct advice_row *row = code != NULL ? catalogue_advice(lang, code->advice) : NULL;
	if (row == NULL && list != NULL)
		row = catalogue_advice(lang, list->advice);
	if (row == NULL)
		return;
	e->advice = explain_join(catalogue_text(row->meaning), catalogue_text(row->advice), a);
}

static void
add_help(const struct nixie_report_info *info, const struct nixie_outcome *o, enum lang lang,
	struct arena *a, struct explanation *e)
{
	const bool is_left = is_left_alone(o);
	const struct str fixer = e->fixer = explain_fixer_of(o);
	bool names_postmaster = false; /* one of the steps says already whom to write to */
	e->whose_move = sentence(e, lang, a, "fixer.", is_left ? STR("again") : fixer);
	for (size_t i = 0; i < e->sender.count; i++)
		names_postmaster =
			names_postmaster || str_has(e->sender.list[i], STR("postmaster@"));
	if (names_postmaster)
		e->write_to = STR_NONE;
	else if (str_eq(fixer, STR("receiving_admin")) || o->verdict == NIXIE_VERDICT_UNKNOWN)
		e->write_to = fill_key(
			o->refuser == NIXIE_REFUSER_OWN_SERVER ? STR("postmaster_own")
			: o->verdict == NIXIE_VERDICT_BLOCK    ? STR("postmaster_other_account")
							       : STR("postmaster"),
			&e->facts, lang, a);
	else if (str_eq(fixer, STR("sending_admin")))
		e->write_to = fill_key(STR("postmaster_own"), &e->facts, lang, a);
	const bool is_identified =
		info->original.message_id.len > 0 || info->original.subject.len > 0;
	if (info->kind == NIXIE_KIND_FAILURE && !is_identified && info->message_id.len > 0)
		e->backscatter = fill_key(STR("warn.backscatter"), &e->facts, lang, a);
	const struct str text = str_in(o->diagnostic);
	if (str_has_case(text, STR("http://")) || str_has_case(text, STR("https://")))
		e->links = fill_key(STR("warn.links"), &e->facts, lang, a);
}

/* "Your own side said no: {ours} ...": an explanation that names the sender's own server as the one
 * who refused says so in its first sentence, and needs no second. */
static bool
says_refuser(struct str key, const struct nixie_outcome *o)
{
	const struct explanation_row *const row = catalogue_explanation_find(LANG_EN, key);
	const struct str happened = row != NULL ? catalogue_text(row->happened) : STR("");
	return (o->refuser == NIXIE_REFUSER_OWN_SERVER && str_has(happened, STR("{ours}"))) ||
	       (o->refuser == NIXIE_REFUSER_DNS && str_has(happened, STR("No server refused")));
}

/* A situation may say in its own words what else follows from the reason or the verdict:
 * "reason.policy_refused/by_hand". */
static void
take_own_words(enum lang lang, struct arena *a, struct explanation *e)
{
	static const char *const prefixes[] = {"reason.", "retry.", "verdict.", "fixer."};
	struct str *const words[] = {&e->facts.reason, &e->next, &e->verdict, &e->whose_move};
	if (str_find_char(e->key, '/', 0) == STR_NPOS)
		return;
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		const struct str key = arena_join(a, str_of(prefixes[i]), e->key, STR(""));
		if (str_is_set(catalogue_sentence(lang, key)))
			*words[i] = fill_key(key, &e->facts, lang, a);
	}
}

void
explain_outcome(const struct nixie_report_info *info, const struct nixie_outcome *o, enum lang lang,
	struct arena *a, struct explanation *e)
{
	explain_cause(info, o, EXPLAIN_ONE, lang, a, e);
}

/* "Come again later" is not a no, and who reads that a server said no thinks it is over. */
static bool
was_put_off(const struct nixie_outcome *o)
{
	return o->action == NIXIE_ACTION_DELAYED &&
	       (o->refuser == NIXIE_REFUSER_REMOTE_SERVER || o->refuser == NIXIE_REFUSER_FILTER ||
		       o->refuser == NIXIE_REFUSER_UNKNOWN);
}

void
explain_cause(const struct nixie_report_info *info, const struct nixie_outcome *o,
	enum explain_whom whom, enum lang lang, struct arena *a, struct explanation *e)
{
	*e = (struct explanation){
		.key = STR_NONE, .is_given_up = o->is_final && o->action != NIXIE_ACTION_DELAYED};
	gather_facts(info, o, whom, lang, a, e);
	if (o->action == NIXIE_ACTION_DELIVERED)
		take_row(STR("kind/success"), lang, a, e);
	else if (o->action == NIXIE_ACTION_RELAYED)
		take_row(STR("kind/relayed"), lang, a, e);
	else if (o->action == NIXIE_ACTION_EXPANDED)
		take_row(STR("kind/expanded"), lang, a, e);
	else
		take_row(situation_find(o), lang, a, e);
	if (e->headline.len == 0)
		take_row(str_in(o->reason), lang, a, e);
	if (explain_is_through(o))
		return;
	if (!says_refuser(e->key, o))
		e->refused_by = sentence(e, lang, a, was_put_off(o) ? "put_off." : "refuser.",
			str_of(nixie_refuser_name(o->refuser)));
	if (o->stage != NIXIE_STAGE_NONE)
		e->step = sentence(e, lang, a, "stage.", str_of(nixie_stage_name(o->stage)));
	add_next(o, lang, a, e);
	e->verdict = sentence(e, lang, a, "verdict.", str_of(nixie_verdict_name(o->verdict)));
	e->sure = fill_key(o->confidence >= 80   ? STR("sure.high")
			   : o->confidence >= 50 ? STR("sure.medium")
			   : o->confidence > 0   ? STR("sure.low")
						 : STR("sure.none"),
		&e->facts, lang, a);
	add_quote(o, e);
	add_advice(o, lang, a, e);
	add_help(info, o, lang, a, e);
	take_own_words(lang, a, e);
}

void
explain_key(struct str key, enum lang lang, struct arena *a, struct explanation *e)
{
	*e = (struct explanation){.key = STR_NONE};
	take_row(key, lang, a, e);
}

void
explain_kind(const struct nixie_report_info *info, enum lang lang, struct arena *a,
	struct explanation *e)
{
	char key[32] = "kind/";
	const char *const name = nixie_kind_name(info->kind);
	*e = (struct explanation){.key = STR_NONE};
	gather_facts(
		info, info->outcome_count > 0 ? &info->outcomes[0] : NULL, EXPLAIN_ONE, lang, a, e);
	memcpy(key + 5, name, strlen(name));
	take_row(arena_str(a, (struct str){key, 5 + strlen(name)}), lang, a, e);
}
