#include "read/letter.h"

#include "base/charset.h"
#include "base/fold.h"

#define VOTING_BYTES 1536   /* of a letter, by which its language is told */
#define SHORT_LINE_BYTES 45 /* a line that ends before was not wrapped: it is one of a list */

/* Characters of three bytes and more are of scripts that put no blanks between words. */
static bool
is_wide(unsigned char c)
{
	return c >= 0xE0;
}

static bool
is_letter(unsigned char c)
{
	return ascii_is_alnum(c) || (c >= 0x80 && !is_wide(c));
}

/* The end of what stands at `at` without a blank in it. */
static size_t
token_end(struct str text, size_t at)
{
	while (at < text.len && text.ptr[at] != ' ' && !is_wide((unsigned char)text.ptr[at]))
		at++;
	return at;
}

/* An address, a host, a link: the words in it say nothing. */
static bool
is_name(struct str token)
{
	if (str_find_char(token, '@', 0) != STR_NPOS || str_has(token, STR("://")))
		return true;
	const size_t dot = str_find_char(token, '.', 1);
	return dot != STR_NPOS && dot + 1 < token.len &&
	       is_letter((unsigned char)token.ptr[dot - 1]) &&
	       is_letter((unsigned char)token.ptr[dot + 1]);
}

/* The first of the words from `i` up to `end` whose head is this or a later one. */
static size_t
first_with(size_t i, size_t end, uint32_t head)
{
	while (i < end) {
		const size_t middle = i + (end - i) / 2;
		if (catalogue_letter_words[middle].head >= head)
			end = middle;
		else
			i = middle + 1;
	}
	return i;
}

/* The first bytes as the rows have them. */
static uint32_t
head_of(struct str text)
{
	uint32_t head = 0;
	for (size_t i = 0; i < sizeof head; i++)
		head = head << 8 | (i < text.len ? (unsigned char)text.ptr[i] : 0);
	return head;
}

/* What the words of a text are searched for: their classes, where a language of `langs` has them;
 * or how often each language has one. */
struct search {
	uint32_t langs;
	uint64_t classes;
	uint16_t *votes; /* CATALOGUE_LETTER_LANGS; NULL: nobody asks */
};

/* A word of one language alone tells more than one of several. */
static void
vote(struct search *s, uint32_t langs)
{
	const uint16_t weight = (langs & (langs - 1)) == 0 ? 2 : 1;
	for (size_t i = 0; i < CATALOGUE_LETTER_LANGS; i++)
		if ((langs >> i & 1) != 0)
			s->votes[i] += weight;
}

/* Notes all words that begin at `at`; each has two bytes at least. What begins with a word is
 * sorted behind it. */
static void
search_at(struct search *s, struct str text, size_t at)
{
	const struct str rest = str_from(text, at);
	const unsigned char first = (unsigned char)rest.ptr[0];
	const uint32_t head = head_of(rest);
	const size_t end = catalogue_letter_heads[first + 1];
	uint32_t langs = 0;
	for (size_t i = first_with(catalogue_letter_heads[first], end, head & 0xFFFF0000);
		i < end && catalogue_letter_words[i].head <= head; i++) {
		const struct letter_word_row *const row = &catalogue_letter_words[i];
		if (((row->head ^ head) & row->mask) != 0 || (row->langs & s->langs) == 0)
			continue;
		const struct str word = catalogue_text(row->word);
		if (str_starts(rest, word) &&
			(row->is_stem || word.len == rest.len ||
				!is_letter((unsigned char)rest.ptr[word.len]))) {
			s->classes |= (uint64_t)1 << row->class;
			langs |= row->langs;
		}
	}
	if (s->votes != NULL && langs != 0)
		vote(s, langs);
}

static void
search_sentence(struct search *s, struct str sentence)
{
	char room[LETTER_SENTENCE_MAX];
	const struct str text = {room, fold_text(sentence, room)};
	bool is_inside = false; /* the character before is one of a word */
	for (size_t at = 0; at < text.len;) {
		const unsigned char c = (unsigned char)text.ptr[at];
		if (is_wide(c)) {
			search_at(s, text, at);
			is_inside = false;
			for (at++; at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80;)
				at++;
			continue;
		}
		if (!is_inside && is_letter(c)) {
			const size_t end = token_end(text, at);
			const struct str token = str_between(text.ptr + at, text.ptr + end);
			if (is_name(token)) {
				if (str_find_char(token, '@', 0) != STR_NPOS)
					s->classes |= (uint64_t)1 << LETTER_ADDRESS;
				at = end;
				continue;
			}
			search_at(s, text, at);
		}
		is_inside = is_letter(c);
		at++;
	}
}

static uint64_t
classes_in(struct str sentence, uint32_t langs)
{
	struct search s = {.langs = langs};
	search_sentence(&s, sentence);
	return s.classes;
}

/* The languages with half as many words as the one that has most: "je" is Czech and French, and
 * only the letter as a whole tells which. A neighbour's words are good for both. */
static uint32_t
languages_of(struct str text)
{
	uint16_t votes[CATALOGUE_LETTER_LANGS] = {0};
	struct search s = {.langs = UINT32_MAX, .votes = votes};
	text = str_head(text, VOTING_BYTES);
	while (text.len > 0) {
		const struct str piece = utf8_head(text, LETTER_SENTENCE_MAX);
		search_sentence(&s, piece);
		text = str_from(text, piece.len > 0 ? piece.len : text.len);
	}
	unsigned most = 0;
	uint32_t langs = 0;
	for (size_t i = 0; i < CATALOGUE_LETTER_LANGS; i++)
		most = votes[i] > most ? votes[i] : most;
	for (size_t i = 0; i < CATALOGUE_LETTER_LANGS; i++)
		langs |= (uint32_t)(votes[i] * 2U >= most) << i;
	return langs;
}

/* Does a sentence end at `at`? */
static bool
is_end(struct str text, size_t at, size_t line)
{
	const char c = text.ptr[at];
	if (c == '\n') {
		const size_t end = at > 0 && text.ptr[at - 1] == '\r' ? at - 1 : at;
		return end - line < SHORT_LINE_BYTES;
	}
	if (c == '.' || c == '!' || c == '?')
		return at + 1 == text.len || ascii_is_space((unsigned char)text.ptr[at + 1]);
	/* 。 ！ ？ */
	return str_starts(str_from(text, at), STR("\xE3\x80\x82")) ||
	       str_starts(str_from(text, at), STR("\xEF\xBC\x81")) ||
	       str_starts(str_from(text, at), STR("\xEF\xBC\x9F"));
}

struct str
letter_sentence(struct str *rest, uint32_t langs, uint64_t *classes)
{
	const struct str all = str_trim(*rest);
	const struct str text = utf8_head(all, LETTER_SENTENCE_MAX);
	if (text.len == 0)
		return STR_NONE;
	size_t line = 0, at = 0;
	for (; at < text.len && !is_end(text, at, line); at++)
		if (text.ptr[at] == '\n')
			line = at + 1;
	at += at < text.len;
	const struct str sentence = str_head(text, at);
	*rest = str_from(all, at);
	*classes = classes_in(sentence, langs);
	return sentence;
}

static bool
holds(const struct letter_rule_row *rule, uint64_t classes)
{
	return (classes & rule->needs) == rule->needs && (classes & rule->unless) == 0;
}

/* What sentences of these classes mean besides a reason: a bit for each enum letter_means. */
static unsigned
meanings(uint64_t classes)
{
	unsigned means = 0;
	for (size_t i = 0; i < CATALOGUE_LETTER_RULES; i++)
		means |= (unsigned)holds(&catalogue_letter_rules[i], classes)
			 << catalogue_letter_rules[i].means;
	return means;
}

static bool
has_meaning(unsigned means, enum letter_means which)
{
	return (means >> which & 1) != 0;
}

bool
letter_says(uint64_t classes, enum letter_means means)
{
	return has_meaning(meanings(classes), means);
}

/* "It is not lost, we try again every hour": what was negated before the comma does not touch
 * what comes behind it. */
static void
read_clauses(struct str sentence, struct letter *l)
{
	size_t from = 0;
	for (size_t at = 0; at <= sentence.len; at++) {
		const bool is_comma =
			at < sentence.len &&
			(sentence.ptr[at] == ',' || sentence.ptr[at] == ';' ||
				str_starts(str_from(sentence, at), STR("\xE3\x80\x81")) ||
				str_starts(
					str_from(sentence, at), STR("\xEF\xBC\x8C"))); /* 、 ， */
		if (at < sentence.len && !is_comma)
			continue;
		const uint64_t classes =
			classes_in(str_between(sentence.ptr + from, sentence.ptr + at), l->langs);
		const unsigned means = meanings(classes);
		l->is_delayed |= has_meaning(means, LETTER_MEANS_DELAY);
		l->has_ended |= has_meaning(means, LETTER_MEANS_ENDED);
		from = at;
	}
}

void
letter_read(struct str text, struct letter *l)
{
	/* Without one of these no clause of the sentence tells of a delay, or of its end. */
	static const uint64_t going_on = UINT64_C(1) << LETTER_TRY | UINT64_C(1) << LETTER_RETRY |
					 UINT64_C(1) << LETTER_STILL | UINT64_C(1) << LETTER_QUEUE |
					 UINT64_C(1) << LETTER_ENDED;
	*l = (struct letter){.rule = LETTER_NO_RULE, .words = STR_NONE};
	text = str_head(text, LETTER_BYTES_MAX);
	l->langs = languages_of(text);
	uint64_t classes;
	for (struct str one; str_is_set(one = letter_sentence(&text, l->langs, &classes));) {
		l->speaks_of_mail |=
			(classes >> LETTER_MAIL & 1) != 0 || (classes >> LETTER_BOX & 1) != 0;
		const unsigned means = meanings(classes);
		l->fails |= has_meaning(means, LETTER_MEANS_FAILURE);
		l->is_delayed |= has_meaning(means, LETTER_MEANS_DELAY);
		l->is_away |= has_meaning(means, LETTER_MEANS_AWAY);
		l->is_other |= has_meaning(means, LETTER_MEANS_OTHER);
		l->is_persons |= has_meaning(means, LETTER_MEANS_PERSON);
		if ((classes & going_on) != 0)
			read_clauses(one, l);
		for (size_t i = 0; i < CATALOGUE_LETTER_RULES && i < l->rule; i++) {
			if (catalogue_letter_rules[i].means != LETTER_MEANS_REASON ||
				!holds(&catalogue_letter_rules[i], classes))
				continue;
			l->rule = i;
			l->words = one;
		}
	}
}

bool
letter_is_report(const struct letter *l)
{
	return !l->is_away && !l->is_other &&
	       (l->fails || l->is_delayed || l->rule != LETTER_NO_RULE);
}

bool
letter_is_delay(const struct letter *l)
{
	if (l->has_ended || l->fails || l->is_delayed || l->rule == LETTER_NO_RULE)
		return l->is_delayed && !l->has_ended;
	/* Only a reason is told: one that passes by itself is waited for. */
	const enum reason reason = (enum reason)catalogue_letter_rules[l->rule].reason;
	return reason != REASON_MAILBOX_FULL &&
	       str_eq(catalogue_text(catalogue_reasons[reason].retried), STR("yes"));
}
