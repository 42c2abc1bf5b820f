/*
 * The lookups, on the real catalogue: every row is found by its own key, and every pattern finds
 * itself.
 */
#include "base/fold.h"
#include "catalogue/catalogue.h"
#include "catalogue/names.h"
#include "catalogue/patterns.h"
#include "catalogue/tables.h"
#include "tap.h"

#include <stdlib.h>

#define KEY_BYTES 512

/* The same name in capitals. */
static struct str
capitals(struct str s, char *out)
{
	for (size_t i = 0; i < s.len && i < KEY_BYTES; i++)
		out[i] = (char)(s.ptr[i] >= 'a' && s.ptr[i] <= 'z' ? s.ptr[i] - 32 : s.ptr[i]);
	return (struct str){out, s.len};
}

/* Counts the rows that do not hold, and names the first. */
struct tally {
	const char *what;
	size_t rows, wrong;
};

static void
hold(struct tally *t, bool ok, struct str key)
{
	t->rows++;
	if (!ok && t->wrong++ == 0)
		tap_show(t->what, key);
}

static void
done(const struct tally *t)
{
	tap_ok(t->wrong == 0, "%s: %zu of %zu", t->what, t->rows - t->wrong, t->rows);
}

static void
test_text(void)
{
	tap_ok(!str_is_set(catalogue_text((struct text){0, 0})), "{0, 0} is absent");
	struct tally t = {.what = "texts end in a NUL"};
	for (size_t i = 0; i < CATALOGUE_PHRASES; i++) {
		const struct str s = catalogue_text(catalogue_phrases[i].phrase);
		hold(&t, s.ptr[s.len] == '\0' && strlen(s.ptr) == s.len, s);
	}
	done(&t);
}

static void
test_names(void)
{
	struct tally t = {.what = "names in capitals"}, u = {.what = "names with more around them"};
	for (int k = 0; k < KNOWN__COUNT; k++) {
		const struct name_kind_row *const kind = &catalogue_name_kinds[k];
		const size_t starts = kind->by_len[CATALOGUE_NAME_BYTES + 1];
		for (size_t i = kind->by_len[0]; i < kind->next; i++) {
			const struct str name = catalogue_text(catalogue_names[i].name);
			char room[KEY_BYTES], more[KEY_BYTES];
			hold(&t, catalogue_is_named(k, capitals(name, room)), name);
			memset(more, '\1', sizeof more);
			memcpy(more + 1, name.ptr, name.len);
			const struct str behind = {more + 1, name.len + 1},
					 before = {more, name.len + 1};
			hold(&u,
				catalogue_is_named(k, behind) == (i >= starts && i < kind->ends) &&
					catalogue_is_named(k, before) == (i >= kind->ends) &&
					str_eq_case(catalogue_name_at_end(k, before),
						i >= kind->ends ? name : STR_NONE),
				name);
		}
	}
	done(&t);
	done(&u);
	static const char long_name[CATALOGUE_NAME_BYTES + 1];
	tap_ok(!catalogue_is_named(KNOWN_FROM_FIELD, STR_NONE) &&
			!catalogue_is_named(KNOWN_UNREAD_ADDRESS, STR("")) &&
			!str_is_set(catalogue_name_at_end(KNOWN_LIST_ADDRESS, STR_NONE)),
		"what is empty has no name");
	tap_ok(!catalogue_is_named(KNOWN_ROBOT_ADDRESS, (struct str){long_name, sizeof long_name}),
		"nor has what is longer than all names");
	tap_ok(!catalogue_is_named(KNOWN_TO_FIELD, STR("From")) &&
			catalogue_is_named(KNOWN_FROM_FIELD, STR("From")),
		"names of one kind are not those of another");
}

static void
test_reasons(void)
{
	struct tally t = {.what = "reasons by name"}, u = {.what = "reasons in capitals"};
	for (int i = 0; i < REASON__COUNT; i++) {
		char room[KEY_BYTES];
		const struct str name = catalogue_text(catalogue_reasons[i].name);
		hold(&t, catalogue_reason_find(name) == i, name);
		hold(&u, catalogue_reason_find(capitals(name, room)) == i, name);
	}
	done(&t);
	done(&u);
	tap_is_int(catalogue_reason_find(STR("unknown")), REASON_UNKNOWN, "unknown");
	tap_is_int(catalogue_reason_find(STR("unknow")), -1, "a shorter name");
	tap_is_int(catalogue_reason_find(STR("unknownn")), -1, "a longer name");
	tap_is_int(catalogue_reason_find(STR("")), -1, "no name");
	tap_is_int(catalogue_reason_find(STR_NONE), -1, "absent");
	tap_is_int(catalogue_reason_find(STR("zzz")), -1, "behind the last");
	tap_is_int(catalogue_reasons[REASON_USER_UNKNOWN].verdict, VERDICT_HARD,
		"user_unknown is hard");
	tap_is_int(catalogue_reasons[REASON_MAILBOX_FULL].verdict, VERDICT_SOFT,
		"mailbox_full is soft");
	tap_is_str(catalogue_text(catalogue_reasons[REASON_USER_UNKNOWN].status_permanent),
		STR("5.1.1"), "user_unknown is 5.1.1");
}

static void
test_codes(void)
{
	struct tally t = {.what = "reply codes"}, u = {.what = "enhanced codes"},
		     v = {.what = "client errors"};
	bool others = false;
	size_t known = 0;
	for (size_t i = 0; i < CATALOGUE_REPLIES; i++) {
		const struct reply_row *const row = &catalogue_replies[i];
		hold(&t, catalogue_reply_find(row->code) == row && row->reason < REASON__COUNT,
			catalogue_text(row->name));
	}
	for (unsigned code = 0; code < 2000; code++)
		known += catalogue_reply_find(code) != NULL;
	done(&t);
	tap_is_int(known, CATALOGUE_REPLIES, "and no others");
	for (size_t i = 0; i < CATALOGUE_ENHANCED; i++) {
		const struct enhanced_row *const row = &catalogue_enhanced[i];
		char code[32];
		snprintf(code, sizeof code, "X.%u.%u", row->subject, row->detail);
		hold(&u,
			catalogue_enhanced_find(row->subject, row->detail) == row &&
				row->reason < REASON__COUNT &&
				str_eq(catalogue_text(row->code), str_of(code)),
			catalogue_text(row->code));
	}
	done(&u);
	tap_ok(catalogue_enhanced_find(9, 9) == NULL && catalogue_enhanced_find(1, 9999) == NULL &&
			catalogue_enhanced_find(~0U, ~0U) == NULL,
		"enhanced codes that are not there");
	for (size_t i = 0; i < CATALOGUE_CLIENT_ERRORS; i++) {
		const struct client_error_row *const row = &catalogue_client_errors[i];
		char room[KEY_BYTES];
		const struct str code = catalogue_text(row->code);
		hold(&v,
			catalogue_client_error_find(code) == row &&
				catalogue_client_error_find(capitals(code, room)) == row,
			code);
		others = others || catalogue_client_error_find(str_head(code, code.len - 1)) == row;
	}
	done(&v);
	tap_ok(!others && catalogue_client_error_find(STR("")) == NULL,
		"no client error by half its code");
}

struct told {
	size_t rows, names;
};

static void
tell(struct told *t, enum lang lang, const char *key)
{
	const struct code_words_row w = catalogue_code_words(lang, str_of(key));
	t->rows++;
	t->names += w.meaning.len > 0;
	if (w.meaning.len == 0)
		printf("# %s: not in %s\n", key, catalogue_lang_tag(lang).ptr);
}

/* Advice is for people who are stuck: no language leaves any in English, nor what a provider's code
 * means. */
static void
test_advice(enum lang lang)
{
	const char *const tag = catalogue_lang_tag(lang).ptr;
	size_t own = 0, english = 0, lists = 0;
	for (size_t i = 0; i < CATALOGUE_PROVIDER_CODES; i++) {
		const struct provider_code_row *const row = &catalogue_provider_codes[i];
		const struct advice_row *const words = catalogue_advice(lang, row->advice);
		if (row->meaning.len > 0 &&
			catalogue_code_words(lang, catalogue_text(row->id)).meaning.len == 0) {
			english++;
			printf("# %s: not in %s\n", catalogue_text(row->id).ptr, tag);
		}
		if (words == NULL)
			continue;
		own++;
		if (words->advice.at == catalogue_advice(LANG_EN, row->advice)->advice.at)
			tap_ok(false, "%s: advice of %s in English", tag,
				catalogue_text(row->id).ptr);
	}
	for (size_t i = 0; i < CATALOGUE_BLOCKLISTS; i++) {
		const struct blocklist_row *const row = &catalogue_blocklists[i];
		const struct advice_row *const words = catalogue_advice(lang, row->advice);
		if (words == NULL)
			continue;
		lists++;
		if (words->advice.at == catalogue_advice(LANG_EN, row->advice)->advice.at)
			tap_ok(false, "%s: advice of %s in English", tag,
				catalogue_text(row->id).ptr);
	}
	tap_ok(own > 250 && lists > 140, "%s: advice of %zu codes, %zu blocklists", tag, own,
		lists);
	tap_is_int(english, 0, "%s: all meanings of providers' codes", tag);
}

/* doc/translating.md promises that what is missing is counted. */
static void
test_code_words(void)
{
	for (int l = 0; l < LANG__COUNT; l++) {
		const enum lang lang = (enum lang)l;
		const char *const tag = catalogue_lang_tag(lang).ptr;
		struct told replies = {0}, enhanced = {0}, errors = {0}, digits = {0};
		char key[KEY_BYTES];
		if (lang == LANG_EN)
			continue;
		for (size_t i = 0; i < CATALOGUE_REPLIES; i++) {
			snprintf(key, sizeof key, "reply:%u", catalogue_replies[i].code);
			tell(&replies, lang, key);
		}
		for (size_t i = 0; i < CATALOGUE_ENHANCED; i++) {
			snprintf(key, sizeof key, "enhanced:%s",
				catalogue_text(catalogue_enhanced[i].code).ptr);
			tell(&enhanced, lang, key);
		}
		for (size_t i = 0; i < CATALOGUE_CLIENT_ERRORS; i++) {
			snprintf(key, sizeof key, "client:%s",
				catalogue_text(catalogue_client_errors[i].code).ptr);
			tell(&errors, lang, key);
		}
		for (size_t i = 0; i < CATALOGUE_CODE_DIGITS; i++) {
			snprintf(key, sizeof key, "digit:%s",
				catalogue_text(catalogue_code_digits[i].code).ptr);
			tell(&digits, lang, key);
		}
		tap_is_int(replies.names, replies.rows, "%s: all reply codes", tag);
		tap_is_int(enhanced.names, enhanced.rows, "%s: all enhanced codes", tag);
		tap_is_int(errors.names, errors.rows, "%s: all client errors", tag);
		tap_is_int(digits.names, digits.rows, "%s: all digits", tag);
		test_advice(lang);
	}
	tap_ok(catalogue_code_words(LANG_EN, STR("reply:550")).meaning.len == 0,
		"English stands in the tables themselves");
	tap_ok(catalogue_code_words(LANG_DE, STR("reply:999")).key.len == 0, "no such code");
}

static void
test_providers(void)
{
	struct tally t = {.what = "hosts of providers"}, u = {.what = "hosts below them"},
		     v = {.what = "hosts that only end alike"}, w = {.what = "codes of providers"};
	for (size_t i = 0; i < CATALOGUE_PROVIDERS; i++) {
		const struct provider_row *const row = &catalogue_providers[i];
		const struct str host = catalogue_text(row->host);
		char text[KEY_BYTES], room[KEY_BYTES];
		hold(&t,
			catalogue_provider_find(host) == row &&
				catalogue_provider_find(capitals(host, room)) == row,
			host);
		snprintf(text, sizeof text, "mx-1.a.b.%s.", host.ptr);
		hold(&u, catalogue_provider_find(str_of(text)) == row, host);
		snprintf(text, sizeof text, "x%s", host.ptr);
		hold(&v, catalogue_provider_find(str_of(text)) != row, host);
		for (size_t k = row->codes_from; k < (size_t)row->codes_from + row->codes; k++)
			hold(&w,
				k < CATALOGUE_PROVIDER_CODES &&
					str_eq(catalogue_text(catalogue_provider_codes[k].provider),
						catalogue_text(row->provider)),
				host);
	}
	done(&t);
	done(&u);
	done(&v);
	done(&w);
	static const struct str strangers[] = {STR_INIT(""), STR_INIT("."), STR_INIT(".."),
		STR_INIT("com"), STR_INIT("example.org"), STR_INIT(".com"), STR_INIT("a..b")};
	for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
		tap_ok(catalogue_provider_find(strangers[i]) == NULL, "no provider of \"%.*s\"",
			(int)strangers[i].len, strangers[i].ptr);
	tap_ok(catalogue_provider_find(STR_NONE) == NULL, "no provider of absent");

	/* Names of all lengths, to the border of the longest host and past it. */
	bool found = true;
	for (size_t len = 0; CATALOGUE_PROVIDERS > 0 && len < 300; len++) {
		char text[KEY_BYTES];
		const struct provider_row *const row = &catalogue_providers[0];
		const struct str host = catalogue_text(row->host);
		memset(text, len % 2 == 0 ? 'x' : '.', len);
		text[len] = '.';
		memcpy(text + len + 1, host.ptr, host.len);
		found = found &&
			catalogue_provider_find((struct str){text, len + 1 + host.len}) == row;
	}
	tap_ok(found, "a provider behind a long name");
	struct tally x = {.what = "ranges of provider codes"};
	for (size_t i = 0; i < CATALOGUE_PROVIDER_CODES; i++) {
		const struct provider_code_row *const row = &catalogue_provider_codes[i];
		hold(&x,
			row->detail_from <= row->detail_to && row->reason < REASON__COUNT &&
				row->verdict <= VERDICT_BLOCK && row->class <= 5 &&
				(row->subject == 255 ||
					(row->subject < 100 &&
						(row->class == 0 || row->class == 2 ||
							row->class >= 4))),
			catalogue_text(row->id));
	}
	done(&x);
}

static void
test_words(void)
{
	struct tally t = {.what = "explanations of reasons"}, u = {.what = "names of languages"};
	for (int lang = 0; lang < LANG__COUNT; lang++) {
		for (int i = 0; i < REASON__COUNT; i++) {
			const struct str key = catalogue_text(catalogue_reasons[i].name);
			const struct explanation_row *const row =
				catalogue_explanation_find((enum lang)lang, key);
			hold(&t,
				row != NULL && str_eq(catalogue_text(row->key), key) &&
					str_is_set(catalogue_text(row->headline)),
				key);
		}
		const struct str tag = catalogue_lang_tag((enum lang)lang);
		hold(&u, catalogue_lang_find(tag) == lang, tag);
		tap_ok(str_is_set(catalogue_sentence((enum lang)lang, STR("absent.rcpt"))),
			"a sentence in %.*s", (int)tag.len, tag.ptr);
	}
	done(&t);
	done(&u);
	tap_ok(catalogue_explanation_find(LANG_EN, STR("")) == NULL &&
			catalogue_explanation_find(
				LANG_EN, STR("user_unknown/no_such_situation")) == NULL,
		"no explanation");
	tap_ok(!str_is_set(catalogue_sentence(LANG_EN, STR("no.such.key"))) &&
			!str_is_set(catalogue_sentence(LANG_EN, STR_NONE)),
		"no sentence");
	static const struct {
		const char *tag;
		int want;
	} rows[] = {
		{"en", LANG_EN},
		{"EN", LANG_EN},
		{"en-GB", LANG_EN},
		{"en_US.UTF-8", LANG_EN},
		{"en@euro", LANG_EN},
		{"e", -1},
		{"enx", -1},
		{"", -1},
		{"C", -1},
		{"POSIX", -1},
		{"-en", -1},
		{"xx-en", -1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		tap_is_int(catalogue_lang_find(str_of(rows[i].tag)), rows[i].want,
			"language \"%s\"", rows[i].tag);
	struct tally v = {.what = "names of signs"};
	for (int i = 0; i < SIGN__COUNT; i++)
		hold(&v, str_is_set(catalogue_sign_name((enum sign)i)), STR("?"));
	for (size_t i = 0; i < CATALOGUE_SIGNS; i++)
		hold(&v, catalogue_signs[i].sign < SIGN__COUNT,
			catalogue_text(catalogue_signs[i].pattern));
	done(&v);
}

static int
by_text(const void *a, const void *b)
{
	const struct str *const x = a, *const y = b;
	return strcmp(x->ptr, y->ptr);
}

static void
test_ids(void)
{
	static struct str
		ids[CATALOGUE_PHRASES + CATALOGUE_BLOCKLISTS + CATALOGUE_PROVIDER_CODES + 1];
	size_t n = 0;
	for (size_t i = 0; i < CATALOGUE_PHRASES; i++)
		ids[n++] = catalogue_text(catalogue_phrases[i].id);
	for (size_t i = 0; i < CATALOGUE_BLOCKLISTS; i++)
		ids[n++] = catalogue_text(catalogue_blocklists[i].id);
	for (size_t i = 0; i < CATALOGUE_PROVIDER_CODES; i++)
		ids[n++] = catalogue_text(catalogue_provider_codes[i].id);
	qsort(ids, n, sizeof *ids, by_text);
	struct tally t = {.what = "evidence ids are unique"};
	for (size_t i = 1; i < n; i++)
		hold(&t, !str_eq(ids[i - 1], ids[i]), ids[i]);
	done(&t);
}

/* A text that the pattern matches, among other words. */
static struct str
example_of(struct str pattern, char *out)
{
	const struct str before = STR("..., "), behind = STR(" (x)");
	char folded[KEY_BYTES];
	size_t n = before.len;
	memcpy(out, before.ptr, before.len);
	pattern = (struct str){folded, fold_text(str_head(pattern, KEY_BYTES), folded)};
	for (size_t i = 0; i < pattern.len; i++) {
		const char c = pattern.ptr[i];
		if (c == '\\' && i + 1 < pattern.len &&
			(pattern.ptr[i + 1] == '*' || pattern.ptr[i + 1] == '%'))
			out[n++] = pattern.ptr[++i];
		else if (c == '*' && i > 0 && i + 1 < pattern.len)
			out[n++] = '.';
		else if (c == '%') {
			out[n++] = '7';
			i++;
		} else if (c != '*')
			out[n++] = c;
	}
	memcpy(out + n, behind.ptr, behind.len);
	return (struct str){out, n + behind.len};
}

static void
find_itself(struct tally *t, unsigned table, size_t row, struct text pattern)
{
	static struct pattern_hit hits[4096];
	char text[KEY_BYTES + 16];
	const struct str s = catalogue_text(pattern);
	if (!str_is_set(s) || (table == PATTERN_GENERATOR && str_eq(s, STR("*"))))
		return;
	const size_t n = patterns_find(example_of(s, text), table, hits, 4096);
	bool found = false;
	for (size_t i = 0; i < n; i++)
		found = found || (hits[i].table == table && hits[i].row == row);
	hold(t, found, s);
}

static void
test_patterns(void)
{
	struct tally t = {.what = "phrases find themselves"},
		     u = {.what = "blocklists find themselves"},
		     v = {.what = "provider codes find themselves"},
		     w = {.what = "signs find themselves"},
		     x = {.what = "generators find themselves"};
	for (size_t i = 0; i < CATALOGUE_PHRASES; i++)
		find_itself(&t, PATTERN_PHRASE, i, catalogue_phrases[i].phrase);
	for (size_t i = 0; i < CATALOGUE_BLOCKLISTS; i++)
		find_itself(&u, PATTERN_BLOCKLIST, i, catalogue_blocklists[i].match);
	for (size_t i = 0; i < CATALOGUE_PROVIDER_CODES; i++)
		find_itself(&v, PATTERN_PROVIDER_CODE, i, catalogue_provider_codes[i].pattern);
	for (size_t i = 0; i < CATALOGUE_SIGNS; i++)
		find_itself(&w, PATTERN_SIGN, i, catalogue_signs[i].pattern);
	for (size_t i = 0; i < CATALOGUE_GENERATORS; i++)
		find_itself(&x, PATTERN_GENERATOR, i, catalogue_generators[i].pattern);
	done(&t);
	done(&u);
	done(&v);
	done(&w);
	done(&x);
}

int
main(void)
{
	test_text();
	test_names();
	test_reasons();
	test_codes();
	test_code_words();
	test_providers();
	test_words();
	test_ids();
	test_patterns();
	return tap_done();
}
