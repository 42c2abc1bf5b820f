#include "catalogue/catalogue.h"
#include "catalogue/tables.h"

/* Byte order after ASCII letters became lower case: that of the generator's sorted indexes. */
static int
compare_case(struct str a, struct str b)
{
	const size_t len = a.len < b.len ? a.len : b.len;
	for (size_t i = 0; i < len; i++) {
		const int difference =
			ascii_lower((unsigned char)a.ptr[i]) - ascii_lower((unsigned char)b.ptr[i]);
		if (difference != 0)
			return difference;
	}
	return (a.len > b.len) - (a.len < b.len);
}

/* How `what` compares to row `i` of some sorted table: below 0, 0, above 0. */
typedef int compare_row(const void *what, size_t i);

/* The row among the first `n` that compares equal, or STR_NPOS. */
static size_t
search(size_t n, const void *what, compare_row *compare)
{
	size_t from = 0, to = n;
	while (from < to) {
		const size_t middle = from + (to - from) / 2;
		const int order = compare(what, middle);
		if (order == 0)
			return middle;
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return STR_NPOS;
}

static int
compare_reason(const void *name, size_t i)
{
	const struct reason_row *const row = &catalogue_reasons[catalogue_reasons_by_name[i]];
	return compare_case(*(const struct str *)name, catalogue_text(row->name));
}

int
catalogue_reason_find(struct str name)
{
	const size_t i = search(REASON__COUNT, &name, compare_reason);
	return i == STR_NPOS ? -1 : catalogue_reasons_by_name[i];
}

static int
compare_reply(const void *code, size_t i)
{
	const unsigned a = *(const unsigned *)code, b = catalogue_replies[i].code;
	return (a > b) - (a < b);
}

const struct reply_row *
catalogue_reply_find(unsigned code)
{
	const size_t i = search(CATALOGUE_REPLIES, &code, compare_reply);
	return i == STR_NPOS ? NULL : &catalogue_replies[i];
}

static int
compare_enhanced(const void *code, size_t i)
{
	const unsigned *const a = code;
	const struct enhanced_row *const b = &catalogue_enhanced[i];
	if (a[0] != b->subject)
		return a[0] < b->subject ? -1 : 1;
	return (a[1] > b->detail) - (a[1] < b->detail);
}

const struct enhanced_row *
catalogue_enhanced_find(unsigned subject, unsigned detail)
{
	const unsigned code[] = {subject, detail};
	const size_t i = search(CATALOGUE_ENHANCED, code, compare_enhanced);
	return i == STR_NPOS ? NULL : &catalogue_enhanced[i];
}

static int
compare_client_error(const void *code, size_t i)
{
	const struct client_error_row *const row =
		&catalogue_client_errors[catalogue_client_errors_by_code[i]];
	return compare_case(*(const struct str *)code, catalogue_text(row->code));
}

const struct client_error_row *
catalogue_client_error_find(struct str code)
{
	const size_t i = search(CATALOGUE_CLIENT_ERRORS, &code, compare_client_error);
	return i == STR_NPOS ? NULL : &catalogue_client_errors[catalogue_client_errors_by_code[i]];
}

/* The row whose host is this one. */
static const struct provider_row *
provider_of(struct str host)
{
	for (size_t at = provider_hash(host); catalogue_provider_places[at] != 0; at++) {
		const struct provider_row *const row =
			&catalogue_providers[catalogue_provider_places[at] - 1];
		if (str_eq_case(catalogue_text(row->host), host))
			return row;
	}
	return NULL;
}

const struct provider_row *
catalogue_provider_find(struct str host)
{
	if (host.len > 0 && host.ptr[host.len - 1] == '.')
		host.len--;
	/* No row is longer than that; so a hostile name costs no more than an honest one. */
	if (host.len > CATALOGUE_PROVIDER_HOST_BYTES) {
		const size_t at =
			str_find_char(host, '.', host.len - CATALOGUE_PROVIDER_HOST_BYTES - 1);
		if (at == STR_NPOS)
			return NULL;
		host = str_from(host, at + 1);
	}
	for (; host.len > 0; str_cut(&host, '.')) {
		const struct provider_row *const row = provider_of(host);
		if (row != NULL)
			return row;
	}
	return NULL;
}

static int
compare_key(struct str a, struct str b)
{
	const size_t len = a.len < b.len ? a.len : b.len;
	const int order = len == 0 ? 0 : memcmp(a.ptr, b.ptr, len);
	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int
compare_explanation(const void *key, size_t i)
{
	return compare_key(*(const struct str *)key, catalogue_text(catalogue_explanations[i].key));
}

/* Where the language lacks a key, the generator put the English row: one search finds both. */
const struct explanation_row *
catalogue_explanation_find(enum lang lang, struct str key)
{
	const size_t i = search(CATALOGUE_EXPLANATIONS, &key, compare_explanation);
	return i == STR_NPOS ? NULL
			     : &catalogue_explanations[(size_t)lang * CATALOGUE_EXPLANATIONS + i];
}

static int
compare_sentence(const void *key, size_t i)
{
	return compare_key(*(const struct str *)key, catalogue_text(catalogue_sentences[i].key));
}

struct str
catalogue_sentence(enum lang lang, struct str key)
{
	const size_t i = search(CATALOGUE_SENTENCES, &key, compare_sentence);
	if (i == STR_NPOS)
		return STR_NONE;
	return catalogue_text(catalogue_sentences[(size_t)lang * CATALOGUE_SENTENCES + i].text);
}

const struct condition_words_row *
catalogue_condition_words(enum lang lang, enum condition c)
{
	return &catalogue_condition_words_rows[(size_t)lang * CONDITION__COUNT + c];
}

static int
compare_advice(const void *key, size_t i)
{
	return compare_key(*(const struct str *)key, catalogue_text(catalogue_advices[i].key));
}

const struct advice_row *
catalogue_advice(enum lang lang, struct text key)
{
	const struct str name = catalogue_text(key);
	const size_t i = key.len > 0 ? search(CATALOGUE_ADVICE, &name, compare_advice) : STR_NPOS;
	return i == STR_NPOS ? NULL : &catalogue_advices[(size_t)lang * CATALOGUE_ADVICE + i];
}

static int
compare_code_words(const void *key, size_t i)
{
	return compare_key(
		*(const struct str *)key, catalogue_text(catalogue_code_words_rows[i].key));
}

struct code_words_row
catalogue_code_words(enum lang lang, struct str key)
{
	const size_t i = search(CATALOGUE_CODE_WORDS, &key, compare_code_words);
	return i == STR_NPOS ? (struct code_words_row){.key = {0, 0}}
			     : catalogue_code_words_rows[(size_t)lang * CATALOGUE_CODE_WORDS + i];
}

static int
compare_condition(const void *id, size_t i)
{
	return compare_case(*(const struct str *)id,
		catalogue_text(catalogue_conditions[catalogue_conditions_by_id[i]].id));
}

int
catalogue_condition_find(struct str id)
{
	const size_t i = search(CONDITION__COUNT, &id, compare_condition);
	if (i != STR_NPOS)
		return catalogue_conditions_by_id[i];
	for (int c = 0; c < CONDITION__COUNT; c++)
		if (str_eq_case(catalogue_text(catalogue_conditions[c].name), id))
			return c;
	return -1;
}

/* The length of the subtag at the start: "pt" of "pt_BR.UTF-8". */
static size_t
subtag_len(struct str tag)
{
	size_t len = 0;
	while (len < tag.len && ascii_is_alnum((unsigned char)tag.ptr[len]))
		len++;
	return len;
}

/* How many subtags the two have in common from the start. */
static unsigned
common_subtags(struct str a, struct str b)
{
	unsigned n = 0;
	for (;;) {
		const size_t len = subtag_len(a);
		if (len == 0 || len != subtag_len(b) ||
			!str_eq_case(str_head(a, len), str_head(b, len)))
			return n;
		n++;
		a = str_from(a, len);
		b = str_from(b, len);
		if (a.len == 0 || b.len == 0 || (a.ptr[0] != '-' && a.ptr[0] != '_'))
			return n;
		a = str_from(a, 1);
		b = str_from(b, 1);
	}
}

/* The language that shares the most subtags; among equals the first. */
int
catalogue_lang_find(struct str tag)
{
	int best = -1;
	unsigned best_common = 0;
	for (int lang = 0; lang < LANG__COUNT; lang++) {
		const unsigned common =
			common_subtags(tag, catalogue_text(catalogue_lang_tags[lang]));
		if (common > best_common) {
			best = lang;
			best_common = common;
		}
	}
	return best;
}

struct str
catalogue_lang_tag(enum lang lang)
{
	return catalogue_text(catalogue_lang_tags[lang]);
}

struct str
catalogue_sign_name(enum sign sign)
{
	return catalogue_text(catalogue_sign_names[sign]);
}

const struct blocklist_row *
catalogue_blocklist_named(struct str name)
{
	for (size_t i = 0; i < CATALOGUE_BLOCKLISTS; i++)
		if (str_eq(catalogue_text(catalogue_blocklists[i].name), name))
			return &catalogue_blocklists[i];
	return NULL;
}
