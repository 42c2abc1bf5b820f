#include "explain/code.h"

#include "base/fold.h"
#include "base/json.h"
#include "catalogue/patterns.h"
#include "explain/page.h"
#include "read/reply.h"

#define ENTRIES_MAX 24

enum entry_kind {
	ENTRY_REPLY,
	ENTRY_ENHANCED,
	ENTRY_REASON,
	ENTRY_BLOCKLIST,
	ENTRY_PROVIDER_CODE,
	ENTRY_CLIENT_ERROR,
	ENTRY_DIGIT
};

/* One thing the catalogue says about what was asked. */
struct entry {
	enum entry_kind kind;
	size_t row;
	unsigned class; /* of the enhanced code as asked; 0 = any */
};

struct answer {
	struct entry list[ENTRIES_MAX];
	size_t count;
};

static void
add(struct answer *to, enum entry_kind kind, size_t row, unsigned class)
{
	for (size_t i = 0; i < to->count; i++)
		if (to->list[i].kind == kind && to->list[i].row == row)
			return;
	if (to->count < ENTRIES_MAX)
		to->list[to->count++] = (struct entry){kind, row, class};
}

static void
find_reply(struct str code, struct answer *to)
{
	const int64_t n = str_number(code, 999);
	if (code.len != 3 || n < 100)
		return;
	const struct reply_row *const row = catalogue_reply_find((unsigned)n);
	if (row != NULL)
		add(to, ENTRY_REPLY, (size_t)(row - catalogue_replies), 0);
}

/* "5.7.26", "X.7.26", "5.7.26:" */
static void
find_enhanced(struct str code, struct answer *to)
{
	struct status s;
	char room[16];
	if (code.len < 5 || code.len >= sizeof room)
		return;
	memcpy(room, code.ptr, code.len);
	const bool is_any = (room[0] | 32) == 'x';
	if (is_any)
		room[0] = '5';
	if (status_parse((struct str){room, code.len}, &s) != code.len)
		return;
	const struct enhanced_row *const row = catalogue_enhanced_find(s.subject, s.detail);
	if (row != NULL)
		add(to, ENTRY_ENHANCED, (size_t)(row - catalogue_enhanced), is_any ? 0 : s.class);
	for (size_t i = 0; i < CATALOGUE_PROVIDER_CODES; i++) {
		const struct provider_code_row *const p = &catalogue_provider_codes[i];
		if (p->subject != 255 && p->subject == s.subject && p->detail_from <= s.detail &&
			s.detail <= p->detail_to &&
			(is_any || p->class == 0 || p->class == s.class) && p->detail_from > 0 &&
			s.subject >= 4 && to->count < 12)
			add(to, ENTRY_PROVIDER_CODE, i, 0);
	}
}

static void
find_client_error(struct str code, struct answer *to)
{
	const struct client_error_row *const row = catalogue_client_error_find(code);
	if (row != NULL)
		add(to, ENTRY_CLIENT_ERROR, (size_t)(row - catalogue_client_errors), 0);
}

static void
find_digit(struct str code, struct answer *to)
{
	for (size_t i = 0; i < CATALOGUE_CODE_DIGITS; i++)
		if (str_eq_case(catalogue_text(catalogue_code_digits[i].code), code))
			add(to, ENTRY_DIGIT, i, 0);
}

static void
find_reason(struct str code, struct answer *to)
{
	const int reason = catalogue_reason_find(code);
	if (reason >= 0)
		add(to, ENTRY_REASON, (size_t)reason, 0);
}

/* Blocklists and provider's tokens, by what occurs in the text asked about: "S3150", "[TSS04]",
 * "zen.spamhaus.org". */
static void
find_patterns(struct str code, struct arena *a, struct answer *to)
{
	struct pattern_hit hits[64];
	char *const room = arena_bytes(a, code.len + 1);
	if (room == NULL)
		return;
	const struct str folded = {room, fold_text(code, room)};
	const size_t n = patterns_find(folded, PATTERN_BLOCKLIST | PATTERN_PROVIDER_CODE, hits, 64);
	for (size_t i = 0; i < n; i++)
		add(to, hits[i].table == PATTERN_BLOCKLIST ? ENTRY_BLOCKLIST : ENTRY_PROVIDER_CODE,
			hits[i].row, 0);
	if (to->count > 0 || folded.len < 3)
		return;
	/* A part of a name or token is enough to be asked about: "spamhaus", "TSS04". */
	for (size_t i = 0; i < CATALOGUE_BLOCKLISTS; i++)
		if (str_has_case(catalogue_text(catalogue_blocklists[i].name), code) ||
			str_has_case(catalogue_text(catalogue_blocklists[i].match), code))
			add(to, ENTRY_BLOCKLIST, i, 0);
	for (size_t i = 0; i < CATALOGUE_PROVIDER_CODES; i++)
		if (str_has_case(catalogue_text(catalogue_provider_codes[i].pattern), folded))
			add(to, ENTRY_PROVIDER_CODE, i, 0);
}

static void
find_all(struct str code, struct arena *a, struct answer *to)
{
	to->count = 0;
	code = str_trim(code);
	find_client_error(code, to);
	find_reason(code, to);
	find_digit(code, to);
	for (struct str rest = code, word; (word = str_word(&rest)).len > 0;) {
		while (word.len > 0 && strchr("()[]#,;:", word.ptr[0]) != NULL &&
			word.ptr[0] != '\0')
			word = str_from(word, 1);
		while (word.len > 0 && strchr("()[]#,;:-", word.ptr[word.len - 1]) != NULL &&
			word.ptr[word.len - 1] != '\0')
			word.len--;
		find_reply(word, to);
		find_enhanced(word, to);
	}
	if (to->count == 0)
		find_patterns(code, a, to);
}

/* What all kinds of entries have in common when they are shown. */
struct view {
	struct str title, kind, meaning, also, cause, advice, link, fixer, source;
	int reason; /* -1 = none */
};

static struct str
enhanced_title(const struct enhanced_row *row, unsigned class, struct arena *a)
{
	const struct str code = catalogue_text(row->code);
	const struct str name = catalogue_text(row->name);
	char *const room = arena_bytes(a, code.len + 2 + name.len);
	if (room == NULL)
		return code;
	memcpy(room, code.ptr, code.len);
	if (class != 0)
		room[0] = (char)('0' + class);
	room[code.len] = ':';
	room[code.len + 1] = ' ';
	memcpy(room + code.len + 2, name.ptr, name.len);
	return (struct str){room, code.len + 2 + name.len};
}

static struct str
number_title(unsigned code, struct str name, struct arena *a)
{
	char *const room = arena_bytes(a, 5 + name.len);
	if (room == NULL)
		return name;
	room[0] = (char)('0' + code / 100);
	room[1] = (char)('0' + code / 10 % 10);
	room[2] = (char)('0' + code % 10);
	room[3] = ':';
	room[4] = ' ';
	memcpy(room + 5, name.ptr, name.len);
	return (struct str){room, 5 + name.len};
}

static void
view_entry(const struct entry *e, struct arena *a, struct view *v)
{
	*v = (struct view){.reason = -1};
	switch (e->kind) {
	case ENTRY_REPLY: {
		const struct reply_row *const r = &catalogue_replies[e->row];
		v->kind = STR("reply_code");
		v->title = number_title(r->code, catalogue_text(r->name), a);
		v->meaning = catalogue_text(r->meaning);
		v->also = catalogue_text(r->dotless);
		v->cause = catalogue_text(r->stage);
		v->source = catalogue_text(r->source);
		v->reason = r->reason == REASON_UNKNOWN ? -1 : r->reason;
		return;
	}
	case ENTRY_ENHANCED: {
		const struct enhanced_row *const r = &catalogue_enhanced[e->row];
		v->kind = STR("enhanced_code");
		v->title = enhanced_title(r, e->class, a);
		v->meaning = catalogue_text(r->meaning);
		v->also = catalogue_text(r->other_name);
		v->cause = catalogue_text(r->cause);
		v->fixer = catalogue_text(r->fixer);
		v->source = catalogue_text(r->source);
		v->reason = r->reason == REASON_UNKNOWN ? -1 : r->reason;
		return;
	}
	case ENTRY_REASON: {
		const struct reason_row *const r = &catalogue_reasons[e->row];
		v->kind = STR("reason");
		v->title = catalogue_text(r->name);
		v->meaning = catalogue_text(r->meaning);
		v->advice = catalogue_text(r->advice);
		v->fixer = catalogue_text(r->fixer);
		v->source = catalogue_text(r->source);
		v->reason = (int)e->row;
		return;
	}
	case ENTRY_BLOCKLIST: {
		const struct blocklist_row *const r = &catalogue_blocklists[e->row];
		v->kind = STR("blocklist");
		v->title = catalogue_text(r->name);
		v->meaning = catalogue_text(r->kind);
		v->also = catalogue_text(r->match);
		v->cause = catalogue_text(r->operator);
		v->link = catalogue_text(r->removal);
		v->source = catalogue_text(r->source);
		v->reason = r->reason == REASON_UNKNOWN ? -1 : r->reason;
		return;
	}
	case ENTRY_PROVIDER_CODE: {
		const struct provider_code_row *const r = &catalogue_provider_codes[e->row];
		v->kind = STR("provider_code");
		v->title = catalogue_text(r->provider);
		v->also = catalogue_text(r->pattern);
		v->meaning = r->meaning.len > 0
				     ? catalogue_text(r->meaning)
				     : catalogue_text(catalogue_reasons[r->reason].meaning);
		v->advice = catalogue_text(r->advice);
		v->link = catalogue_text(r->link);
		v->source = catalogue_text(r->source);
		v->reason = r->reason;
		return;
	}
	case ENTRY_DIGIT: {
		const struct digit_row *const r = &catalogue_code_digits[e->row];
		v->kind = STR("code_digit");
		v->title = catalogue_text(r->code);
		v->also = catalogue_text(r->name);
		v->meaning = catalogue_text(r->meaning);
		v->source = catalogue_text(r->source);
		return;
	}
	case ENTRY_CLIENT_ERROR: {
		const struct client_error_row *const r = &catalogue_client_errors[e->row];
		v->kind = STR("client_error");
		v->title = catalogue_text(r->code);
		v->meaning = catalogue_text(r->meaning);
		v->also = catalogue_text(r->smtp_equivalent);
		v->cause = catalogue_text(r->origin);
		v->advice = catalogue_text(r->advice);
		v->source = catalogue_text(r->source);
		v->reason = r->reason == REASON_UNKNOWN ? -1 : r->reason;
		return;
	}
	}
}

static struct str
sentence(enum lang lang, const char *prefix, struct str name)
{
	char key[64];
	const size_t n = strlen(prefix);
	if (n + name.len > sizeof key)
		return STR("");
	memcpy(key, prefix, n);
	if (name.len > 0)
		memcpy(key + n, name.ptr, name.len);
	return catalogue_sentence(lang, (struct str){key, n + name.len});
}

static void
write_view(struct page *p, const struct view *v, enum lang lang)
{
	const struct reason_row *const reason =
		v->reason < 0 ? NULL : &catalogue_reasons[v->reason];
	page_text(p, 0, STR(""), v->title, PAINT_HEADLINE);
	page_text(p, 2, STR(""), v->meaning, PAINT_PLAIN);
	const struct str fixer = v->fixer.len > 0 ? v->fixer
				 : reason != NULL ? catalogue_text(reason->fixer)
						  : STR("");
	struct str first_fixer = fixer;
	first_fixer = str_word(&first_fixer);
	const struct str advice = v->advice.len > 0 ? v->advice
				  : reason != NULL  ? catalogue_text(reason->advice)
						    : STR("");
	const struct {
		const char *label;
		struct str value;
	} rows[] = {
		{"label.code", v->also},
		{"label.cause", v->cause},
		{"label.reason", reason != NULL
					 ? sentence(lang, "reason.", catalogue_text(reason->name))
					 : STR("")},
		{"label.who", fixer.len > 0 ? sentence(lang, "fixer_name.", first_fixer) : STR("")},
		{"label.advice", advice},
		{"label.link", v->link},
		{"label.source", v->source},
	};
	unsigned columns = 0;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const unsigned n =
			rows[i].value.len > 0
				? text_columns(catalogue_sentence(lang, str_of(rows[i].label)))
				: 0;
		columns = n > columns ? n : columns;
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		page_fact(
			p, catalogue_sentence(lang, str_of(rows[i].label)), columns, rows[i].value);
}

bool
code_write_text(struct str code, const struct nixie_style *style, enum lang lang, struct arena *a,
	struct out *out)
{
	struct answer found;
	struct page page = {out, style->columns, style->colour};
	find_all(code, a, &found);
	for (size_t i = 0; i < found.count; i++) {
		struct view v;
		view_entry(&found.list[i], a, &v);
		if (i > 0)
			page_blank(&page);
		write_view(&page, &v, lang);
	}
	return found.count > 0;
}

bool
code_write_json(struct str code, const struct nixie_style *style, enum lang lang, struct arena *a,
	struct out *out)
{
	struct answer found;
	struct json j;
	(void)lang;
	find_all(code, a, &found);
	if (found.count == 0)
		return false;
	json_init(&j, out, style->pretty);
	json_open(&j, STR_NONE, '{');
	json_number(&j, STR("schema"), NIXIE_SCHEMA);
	json_text(&j, STR("code"), code);
	json_open(&j, STR("entries"), '[');
	for (size_t i = 0; i < found.count; i++) {
		struct view v;
		view_entry(&found.list[i], a, &v);
		json_open(&j, STR_NONE, '{');
		json_text(&j, STR("kind"), v.kind);
		json_text(&j, STR("title"), v.title);
		json_text_if(&j, STR("meaning"), v.meaning);
		json_text_if(&j, STR("match"), v.also);
		json_text_if(&j, STR("cause"), v.cause);
		json_text_if(&j, STR("fixer"), v.fixer);
		json_text_if(&j, STR("advice"), v.advice);
		json_text_if(&j, STR("link"), v.link);
		if (v.reason >= 0) {
			json_text(&j, STR("reason"),
				catalogue_text(catalogue_reasons[v.reason].name));
			json_text(&j, STR("verdict"),
				str_of(nixie_verdict_name(
					(enum nixie_verdict)catalogue_reasons[v.reason].verdict)));
		}
		json_text_if(&j, STR("source"), v.source);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	out_add_char(out, '\n');
	return true;
}
