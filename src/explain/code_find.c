#include "explain/code_find.h"

#include "base/fold.h"
#include "catalogue/conditions.h"
#include "catalogue/patterns.h"
#include "read/reply.h"

/* So many words, codes apart, are a sentence; behind a code, fewer are. */
#define WORDS_OF_A_REPLY 3
#define WORDS_BEHIND_A_CODE 2

/* Two wordings of one answer: of one provider, with the same advice. */
static bool
say_the_same(size_t one, size_t two)
{
	const struct provider_code_row *const a = &catalogue_provider_codes[one];
	const struct provider_code_row *const b = &catalogue_provider_codes[two];
	return a->provider.at == b->provider.at && a->reason == b->reason && a->advice.len > 0 &&
	       a->advice.at == b->advice.at && a->meaning.at == b->meaning.at;
}

static void
add(struct code_answer *to, enum code_kind kind, size_t row, unsigned class)
{
	for (size_t i = 0; i < to->count; i++)
		if (to->list[i].kind == kind &&
			(to->list[i].row == row || (kind == ENTRY_PROVIDER_CODE &&
							   say_the_same(to->list[i].row, row))))
			return;
	if (to->count < CODE_ENTRIES_MAX)
		to->list[to->count++] = (struct code_entry){kind, row, class, STR_NONE};
}

static void
find_reply(struct str code, struct code_answer *to)
{
	const int64_t n = str_number(code, 999);
	if (code.len != 3 || n < 100)
		return;
	const struct reply_row *const row = catalogue_reply_find((unsigned)n);
	if (row != NULL)
		add(to, ENTRY_REPLY, (size_t)(row - catalogue_replies), 0);
}

/* "5.7.26", "X.7.26", "5.7.26:"; and who uses it, but for a code within a sentence, which is of
 * one server. */
static void
find_enhanced(struct str code, bool is_alone, struct code_answer *to)
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
	for (size_t i = 0; i < CATALOGUE_PROVIDER_CODES && is_alone; i++) {
		const struct provider_code_row *const p = &catalogue_provider_codes[i];
		if (p->subject != 255 && p->subject == s.subject && p->detail_from <= s.detail &&
			s.detail <= p->detail_to &&
			(is_any || p->class == 0 || p->class == s.class) && p->detail_from > 0 &&
			s.subject >= 4 && to->count < 12)
			add(to, ENTRY_PROVIDER_CODE, i, 0);
	}
}

static void
find_client_error(struct str code, struct code_answer *to)
{
	const struct client_error_row *const row = catalogue_client_error_find(code);
	if (row != NULL)
		add(to, ENTRY_CLIENT_ERROR, (size_t)(row - catalogue_client_errors), 0);
}

static void
find_digit(struct str code, struct code_answer *to)
{
	for (size_t i = 0; i < CATALOGUE_CODE_DIGITS; i++)
		if (str_eq_case(catalogue_text(catalogue_code_digits[i].code), code))
			add(to, ENTRY_DIGIT, i, 0);
}

static void
find_reason(struct str code, struct code_answer *to)
{
	const int reason = catalogue_reason_find(code);
	if (reason >= 0)
		add(to, ENTRY_REASON, (size_t)reason, 0);
}

/* "spamhaus" within "pbl.spamhaus.org": who asks for one list is not told of all. */
static bool
is_part_of_list(const struct pattern_hit *hit, const struct pattern_hit *hits, size_t n)
{
	if (hit->table != PATTERN_BLOCKLIST)
		return false;
	for (size_t i = 0; i < n; i++)
		if (hits[i].table == PATTERN_BLOCKLIST && hits[i].len > hit->len &&
			hits[i].at <= hit->at && hit->at + hit->len <= hits[i].at + hits[i].len)
			return true;
	return false;
}

/* Blocklists and provider's tokens, by what occurs in the text asked about: "S3150", "[TSS04]",
 * "zen.spamhaus.org". */
static void
find_patterns(struct str code, struct arena *a, struct code_answer *to)
{
	struct pattern_hit hits[64];
	char *const room = arena_bytes(a, code.len + 1);
	if (room == NULL)
		return;
	const struct str folded = {room, fold_text(code, room)};
	const size_t n = patterns_find(folded, PATTERN_BLOCKLIST | PATTERN_PROVIDER_CODE, hits, 64);
	for (size_t i = 0; i < n; i++)
		if (!is_part_of_list(&hits[i], hits, n))
			add(to,
				hits[i].table == PATTERN_BLOCKLIST ? ENTRY_BLOCKLIST
								   : ENTRY_PROVIDER_CODE,
				hits[i].row, 0);
	if (folded.len < 3)
		return;
	/* A part of a name or token is enough to be asked about: "spamhaus", "TSS04". A token that
	 * is a list's, "S3150", may stand in answers of its provider too, and those have the
	 * advice. */
	const bool has_list = to->count > 0;
	if (has_list && (to->list[0].kind != ENTRY_BLOCKLIST || str_has(code, STR("."))))
		return;
	for (size_t i = 0; i < CATALOGUE_BLOCKLISTS && !has_list; i++)
		if (str_has_case(catalogue_text(catalogue_blocklists[i].name), code) ||
			str_has_case(catalogue_text(catalogue_blocklists[i].match), code))
			add(to, ENTRY_BLOCKLIST, i, 0);
	for (size_t i = 0; i < CATALOGUE_PROVIDER_CODES; i++)
		if (str_has_case(catalogue_text(catalogue_provider_codes[i].pattern), folded))
			add(to, ENTRY_PROVIDER_CODE, i, 0);
}

/* "C34", "unknown_user", "Use HELO/EHLO first", "550 5.1.1 Unknown user <x@y> (C34 7Q2F)" */
static void
find_condition(struct str code, struct code_answer *to)
{
	struct condition_mark mark;
	int c = catalogue_condition_find(code);
	if (c < 0)
		c = condition_of_line(code);
	if (c < 0 && condition_mark_find(code, &mark))
		c = mark.condition;
	if (c >= 0)
		add(to, ENTRY_CONDITION, (size_t)c, 0);
}

/* The letters and digits of both are the same, whatever stands between and however they are
 * written.
 */
static bool
same_letters(struct str a, struct str b)
{
	for (;;) {
		while (a.len > 0 && !ascii_is_alnum((unsigned char)a.ptr[0]))
			a = str_from(a, 1);
		while (b.len > 0 && !ascii_is_alnum((unsigned char)b.ptr[0]))
			b = str_from(b, 1);
		if (a.len == 0 || b.len == 0)
			return a.len == b.len;
		if (ascii_lower((unsigned char)a.ptr[0]) != ascii_lower((unsigned char)b.ptr[0]))
			return false;
		a = str_from(a, 1);
		b = str_from(b, 1);
	}
}

/* "Mailbox full", "Requested action not taken: mailbox unavailable.": the name of a code in the
 * registry, or in the lists that people have. */
static void
find_name(struct str name, struct code_answer *to)
{
	if (same_letters(name, STR("")))
		return;
	for (size_t i = 0; i < CATALOGUE_REPLIES; i++)
		if (same_letters(name, catalogue_text(catalogue_replies[i].name)) ||
			same_letters(name, catalogue_text(catalogue_replies[i].other_name)))
			add(to, ENTRY_REPLY, i, 0);
	for (size_t i = 0; i < CATALOGUE_ENHANCED; i++)
		if (same_letters(name, catalogue_text(catalogue_enhanced[i].name)) ||
			same_letters(name, catalogue_text(catalogue_enhanced[i].other_name)))
			add(to, ENTRY_ENHANCED, i, 0);
	for (size_t i = 0; i < CATALOGUE_CODE_DIGITS; i++)
		if (same_letters(name, catalogue_text(catalogue_code_digits[i].name)) ||
			same_letters(name, catalogue_text(catalogue_code_digits[i].other_name)))
			add(to, ENTRY_DIGIT, i, 0);
}

void
code_find(struct str code, struct arena *a, struct code_answer *to)
{
	to->count = 0;
	code = str_trim(code);
	find_condition(code, to);
	find_client_error(code, to);
	find_reason(code, to);
	find_digit(code, to);
	find_name(code, to);
	to->whole = to->count;
	const bool is_sentence = code_is_sentence(code);
	for (struct str rest = code, word; (word = str_word(&rest)).len > 0;) {
		while (word.len > 0 && strchr("()[]#,;:", word.ptr[0]) != NULL &&
			word.ptr[0] != '\0')
			word = str_from(word, 1);
		while (word.len > 0 && strchr("()[]#,;:-", word.ptr[word.len - 1]) != NULL &&
			word.ptr[word.len - 1] != '\0')
			word.len--;
		find_reply(word, to);
		find_enhanced(word, !is_sentence, to);
	}
	if (to->count == 0 || (is_sentence && to->whole == 0))
		find_patterns(code, a, to);
}

/* Words of letters: "5.7.1", "[TSS04]" and names of hosts are none. */
static size_t
count_words(struct str text)
{
	size_t n = 0;
	for (struct str word; (word = str_word(&text)).len > 0;) {
		bool is_word = word.len > 1;
		for (size_t i = 0; i < word.len; i++) {
			const unsigned char c = (unsigned char)word.ptr[i];
			const bool is_last = i + 1 == word.len;
			is_word =
				is_word &&
				(ascii_is_alpha(c) || c >= 128 || c == '\'' || c == '-' ||
					c == '/' || (is_last && strchr(".,:;!?", (char)c) != NULL));
		}
		n += is_word;
	}
	return n;
}

bool
code_is_first(struct str text)
{
	return text.len > 0 && ascii_is_digit((unsigned char)text.ptr[0]);
}

bool
code_is_sentence(struct str text)
{
	return count_words(text) >= (code_is_first(text) ? WORDS_BEHIND_A_CODE : WORDS_OF_A_REPLY);
}

void
code_put_reason(struct code_answer *to, struct str code, int reason, struct str key)
{
	if (to->whole > 0 || (to->count > 0 && !code_is_sentence(code)))
		return;
	size_t from = 0;
	while (from < to->count &&
		(to->list[from].kind != ENTRY_REASON || to->list[from].row != (size_t)reason))
		from++;
	if (from == to->count && to->count < CODE_ENTRIES_MAX)
		to->count++;
	if (from == to->count)
		from--; /* full: the last gives way */
	memmove(to->list + 1, to->list, from * sizeof *to->list);
	to->list[0] = (struct code_entry){ENTRY_REASON, (size_t)reason, 0, key};
}
