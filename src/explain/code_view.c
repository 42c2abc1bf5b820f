#include "explain/code_view.h"

#include <assert.h>

#include "catalogue/conditions.h"

/* What is absent is no fact. */
static void
put(struct code_view *v, const char *label, const char *name, struct str text, struct str value)
{
	assert(v->count < CODE_FACTS_MAX);
	if (text.len > 0 || value.len > 0)
		v->facts[v->count++] = (struct code_fact){label, name, text, value};
}

static void
put_text(struct code_view *v, const char *label, const char *name, struct text text)
{
	put(v, label, name, catalogue_text(text), STR_NONE);
}

/* The sentence "prefix" + name, or the name itself where there is none. */
static struct str
worded(enum lang lang, const char *prefix, struct str name, struct arena *a)
{
	const struct str sentence =
		catalogue_sentence(lang, arena_join(a, str_of(prefix), name, STR("")));
	return sentence.len > 0 ? sentence : name;
}

/* "RCPT, end of data": commands stay, words are those of the language. */
static struct str
stages(struct str list, enum lang lang, struct arena *a)
{
	struct str out = STR("");
	for (struct str rest = list; str_is_set(rest);) {
		const struct str one = str_trim(str_cut(&rest, ','));
		char key[32];
		for (size_t i = 0; i < one.len && i < sizeof key; i++)
			key[i] = one.ptr[i] == ' ' ? '_' : one.ptr[i];
		const struct str word =
			one.len < sizeof key ? catalogue_sentence(lang,
						       arena_join(a, STR("at."),
							       (struct str){key, one.len}, STR("")))
					     : STR_NONE;
		out = arena_join(
			a, out, out.len > 0 ? STR(", ") : STR(""), word.len > 0 ? word : one);
	}
	return out;
}

/* "recipient or receiving_admin": the first of them. */
static void
put_fixer(struct code_view *v, struct text fixer, enum lang lang, struct arena *a)
{
	struct str first = catalogue_text(fixer);
	if (first.len > 0)
		put(v, "label.who", "fixer", worded(lang, "fixer_name.", str_word(&first), a),
			catalogue_text(fixer));
}

/* The advice of the row itself; else that of its reason. */
static void
put_advice(struct code_view *v, struct str own, int reason, enum lang lang, struct arena *a)
{
	if (own.len > 0) {
		put(v, "label.advice", "advice", own, STR_NONE);
		return;
	}
	if (reason < 0)
		return;
	struct explanation e;
	const struct str name = catalogue_text(catalogue_reasons[reason].name);
	explain_key(name, lang, a, &e);
	put(v, "label.advice", "advice", explain_first_step(&e, explain_fixer(name)), STR_NONE);
}

/* The language's words, or the row's own English. */
static struct str
worded_or(struct text words, struct text own)
{
	return catalogue_text(words.len > 0 ? words : own);
}

static void
put_reason(struct code_view *v, int reason, enum lang lang, struct arena *a)
{
	if (reason < 0)
		return;
	const struct reason_row *const row = &catalogue_reasons[reason];
	const struct str name = catalogue_text(row->name);
	put(v, "label.reason", "reason", worded(lang, "reason.", name, a), name);
	put(v, NULL, "verdict", STR_NONE,
		str_of(nixie_verdict_name((enum nixie_verdict)row->verdict)));
}

/* The reason of a row; -1 = it names none. */
static int
reason_of(uint8_t reason)
{
	return reason == REASON_UNKNOWN ? -1 : reason;
}

static struct str
number(unsigned n, struct arena *a)
{
	char room[STR_DIGITS_MAX];
	return arena_str(a, str_digits(n, room));
}

static struct str
titled(struct str code, struct str name, struct arena *a)
{
	return name.len > 0 ? arena_join(a, code, STR(": "), name) : code;
}

static void
view_reply(const struct reply_row *r, enum lang lang, struct arena *a, struct code_view *v)
{
	const int reason = reason_of(r->reason);
	const struct str code = number(r->code, a);
	const struct code_words_row words =
		catalogue_code_words(lang, arena_join(a, STR("reply:"), code, STR("")));
	v->kind = "reply_code";
	v->title = titled(code, worded_or(words.name, r->name), a);
	v->meaning = worded_or(words.meaning, r->meaning);
	put_text(v, "label.code", "match", r->dotless);
	put(v, "label.stage", "stage", stages(catalogue_text(r->stage), lang, a),
		catalogue_text(r->stage));
	put_reason(v, reason, lang, a);
	if (reason >= 0)
		put_fixer(v, catalogue_reasons[reason].fixer, lang, a);
	put_advice(v, STR_NONE, reason, lang, a);
	put_text(v, "label.source", "source", r->source);
}

static void
view_enhanced(const struct enhanced_row *r, unsigned class, enum lang lang, struct arena *a,
	struct code_view *v)
{
	const struct str digits = number(class, a);
	const struct str code = catalogue_text(r->code);
	const int reason = reason_of(r->reason);
	const struct code_words_row words =
		catalogue_code_words(lang, arena_join(a, STR("enhanced:"), code, STR("")));
	v->kind = "enhanced_code";
	v->title = titled(class == 0 ? code : arena_join(a, digits, str_from(code, 1), STR("")),
		worded_or(words.name, r->name), a);
	v->meaning = worded_or(words.meaning, r->meaning);
	put_text(v, "label.code", "match", r->other_name);
	put(v, "label.cause", "cause", worded_or(words.cause, r->cause), STR_NONE);
	put_reason(v, reason, lang, a);
	put_fixer(v, r->fixer.len > 0 || reason < 0 ? r->fixer : catalogue_reasons[reason].fixer,
		lang, a);
	put_advice(v, STR_NONE, reason, lang, a);
	put_text(v, "label.source", "source", r->source);
}

static void
view_reason(
	enum reason reason, struct str key, enum lang lang, struct arena *a, struct code_view *v)
{
	const struct reason_row *const r = &catalogue_reasons[reason];
	struct explanation e;
	explain_key(key.len > 0 ? key : catalogue_text(r->name), lang, a, &e);
	v->kind = "reason";
	v->title = titled(catalogue_text(r->name), e.headline, a);
	v->meaning = explain_join(e.happened, e.why, a);
	put_reason(v, (int)reason, lang, a);
	put_fixer(v, r->fixer, lang, a);
	put_text(v, "label.source", "source", r->source);
	v->sender = e.sender;
	v->sending_admin = e.sending_admin;
	v->receiving_admin = e.receiving_admin;
}

static void
view_blocklist(const struct blocklist_row *r, enum lang lang, struct arena *a, struct code_view *v)
{
	const int reason = reason_of(r->reason);
	const struct code_words_row words = catalogue_code_words(lang, catalogue_text(r->id));
	v->kind = "blocklist";
	const struct advice_row *const advice = catalogue_advice(lang, r->advice);
	v->title = catalogue_text(r->name);
	v->meaning = advice != NULL && advice->meaning.len > 0 ? catalogue_text(advice->meaning)
							       : worded_or(words.meaning, r->kind);
	put_text(v, "label.code", "match", r->match);
	put_text(v, "label.provider", "operator", r->operator);
	put_reason(v, reason, lang, a);
	if (reason >= 0)
		put_fixer(v, catalogue_reasons[reason].fixer, lang, a);
	put_advice(v, advice != NULL ? catalogue_text(advice->advice) : STR_NONE, reason, lang, a);
	put_text(v, "label.link", "link", r->removal);
	put_text(v, "label.source", "source", r->source);
}

static void
view_provider_code(
	const struct provider_code_row *r, enum lang lang, struct arena *a, struct code_view *v)
{
	const struct code_words_row words = catalogue_code_words(lang, catalogue_text(r->id));
	const struct advice_row *const advice = catalogue_advice(lang, r->advice);
	struct explanation e;
	explain_key(catalogue_text(catalogue_reasons[r->reason].name), lang, a, &e);
	v->kind = "provider_code";
	v->title = catalogue_text(r->provider);
	v->meaning = r->meaning.len > 0 ? worded_or(words.meaning, r->meaning)
		     : advice != NULL && advice->meaning.len > 0 ? catalogue_text(advice->meaning)
								 : e.happened;
	put_text(v, "label.code", "match", r->pattern);
	put_reason(v, r->reason, lang, a);
	put_fixer(v, catalogue_reasons[r->reason].fixer, lang, a);
	put_advice(
		v, advice != NULL ? catalogue_text(advice->advice) : STR_NONE, r->reason, lang, a);
	put_text(v, "label.link", "link", r->link);
	put_text(v, "label.source", "source", r->source);
}

static void
view_client_error(
	const struct client_error_row *r, enum lang lang, struct arena *a, struct code_view *v)
{
	const int reason = reason_of(r->reason);
	const struct str code = catalogue_text(r->code);
	const struct code_words_row words =
		catalogue_code_words(lang, arena_join(a, STR("client:"), code, STR("")));
	v->kind = "client_error";
	v->title = code;
	v->meaning = worded_or(words.meaning, r->meaning);
	put_text(v, "label.code", "match", r->smtp_equivalent);
	put_text(v, "label.program", "program", r->origin);
	put_reason(v, reason, lang, a);
	put_advice(v, worded_or(words.advice, r->advice), reason, lang, a);
	put_text(v, "label.source", "source", r->source);
}

static void
view_digit(const struct digit_row *r, enum lang lang, struct arena *a, struct code_view *v)
{
	const struct str code = catalogue_text(r->code);
	const struct code_words_row words =
		catalogue_code_words(lang, arena_join(a, STR("digit:"), code, STR("")));
	v->kind = "code_digit";
	v->title = titled(code, worded_or(words.name, r->name), a);
	v->meaning = worded_or(words.meaning, r->meaning);
	put_text(v, "label.source", "source", r->source);
}

/* "550 5.1.1 Unknown user <{rcpt}>"; absent when nothing is sent. */
static struct str
line_text(const struct condition_line *line, struct arena *a)
{
	struct str codes = line->reply != 0 ? number(line->reply, a) : STR("");
	if (line->enhanced.len > 0)
		codes = arena_join(a, codes, codes.len > 0 ? STR(" ") : STR(""), line->enhanced);
	return arena_join(a, codes, codes.len > 0 ? STR(" ") : STR(""), line->sentence);
}

static void
view_condition(enum condition c, enum lang lang, struct arena *a, struct code_view *v)
{
	static const char *const sees[] = {
		"returned", "retried", "program", "programs", "report", "accepted"};
	static const char *const retry[] = {"no", "yes", "when_fixed"};
	static const char *const after[] = {"stays", "reset", "closes"};
	const struct condition_row *const r = &catalogue_conditions[c];
	const struct condition_words_row *const words = catalogue_condition_words(lang, c);
	const struct condition_line line = condition_line(c, REPLY_MODERN);
	v->kind = "condition";
	v->title = titled(catalogue_text(r->id), catalogue_text(words->title), a);
	v->meaning = catalogue_text(words->trigger);
	put_text(v, NULL, "id", r->id);
	put_text(v, NULL, "name", r->name);
	put(v, "label.line_today", "reply", line_text(&line, a), STR_NONE);
	put_text(v, "label.line_documented", "documented", r->documented);
	put_text(v, "label.difference", "difference", words->note);
	put(v, "label.stage", "stage", stages(catalogue_text(r->stage), lang, a),
		catalogue_text(r->stage));
	put_text(v, "label.setting", "setting", r->setting);
	put(v, "label.sees", "sees", worded(lang, "condition.sees.", str_of(sees[r->sees]), a),
		str_of(sees[r->sees]));
	put_text(v, "label.sender_does", "sender", words->sender);
	put_text(v, "label.admin_does", "admin", words->admin);
	put(v, "label.again", "retry", worded(lang, "condition.retry.", str_of(retry[r->retry]), a),
		str_of(retry[r->retry]));
	if (r->reply != 0)
		put(v, "label.after", "after",
			worded(lang, "condition.after.", str_of(after[r->after]), a),
			str_of(after[r->after]));
	put_fixer(v, r->fixer, lang, a);
	if (r->is_refusal)
		put_reason(v, r->reason, lang, a);
	put_text(v, "label.source", "source", r->source);
}

void
code_view(const struct code_entry *e, enum lang lang, struct arena *a, struct code_view *v)
{
	*v = (struct code_view){.count = 0};
	switch (e->kind) {
	case ENTRY_CONDITION:
		view_condition((enum condition)e->row, lang, a, v);
		return;
	case ENTRY_REPLY:
		view_reply(&catalogue_replies[e->row], lang, a, v);
		return;
	case ENTRY_ENHANCED:
		view_enhanced(&catalogue_enhanced[e->row], e->class, lang, a, v);
		return;
	case ENTRY_REASON:
		view_reason((enum reason)e->row, e->key, lang, a, v);
		return;
	case ENTRY_BLOCKLIST:
		view_blocklist(&catalogue_blocklists[e->row], lang, a, v);
		return;
	case ENTRY_PROVIDER_CODE:
		view_provider_code(&catalogue_provider_codes[e->row], lang, a, v);
		return;
	case ENTRY_CLIENT_ERROR:
		view_client_error(&catalogue_client_errors[e->row], lang, a, v);
		return;
	case ENTRY_DIGIT:
		view_digit(&catalogue_code_digits[e->row], lang, a, v);
		return;
	}
}
