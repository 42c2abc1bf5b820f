#include "read/letter.h"

#include "base/charset.h"
#include "base/lanes.h"
#include "read/letter_words.h"

#define SHORT_LINE_BYTES 45 /* a line that ends before was not wrapped: it is one of a list */

/* The next byte from `at` on at which a sentence, or a line, may end; the end when there is none.
 */
static size_t
next_stop(struct str text, size_t at)
{
	for (; at < text.len; at += LANES) {
		const struct lanes l = lanes_next(text.ptr + at, text.len - at);
		const unsigned found =
			lanes_either(l, '\n', '.') | lanes_either(l, '!', '?') | lanes_lead(l);
		if (found != 0)
			return at + lanes_first(found);
	}
	return text.len;
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
	for (; (at = next_stop(text, at)) < text.len && !is_end(text, at, line); at++)
		if (text.ptr[at] == '\n')
			line = at + 1;
	at += at < text.len;
	const struct str sentence = str_head(text, at);
	*rest = str_from(all, at);
	*classes = letter_classes(sentence, langs);
	return sentence;
}

static bool
holds(const struct letter_rule_row *rule, uint64_t classes)
{
	return (classes & rule->needs) == rule->needs && (classes & rule->unless) == 0;
}

/* What a sentence of these classes means: a bit for each enum letter_means, and the first rule that
 * holds and gives a reason, if it is one before *rule. */
static unsigned
meanings(uint64_t classes, size_t *rule)
{
	unsigned means = 0;
	for (size_t i = 0; i < CATALOGUE_LETTER_RULES; i++) {
		if (!holds(&catalogue_letter_rules[i], classes))
			continue;
		means |= 1U << catalogue_letter_rules[i].means;
		if (i < *rule && catalogue_letter_rules[i].means == LETTER_MEANS_REASON)
			*rule = i;
	}
	return means;
}

static bool
has_meaning(unsigned means, enum letter_means which)
{
	return (means >> which & 1) != 0;
}

/* Thai has no commas: a blank parts its clauses. */
static bool
is_thai_blank(struct str s, size_t at)
{
	return s.ptr[at] == ' ' && at > 2 && at + 1 < s.len && s.ptr[at + 1] == '\xE0' &&
	       (unsigned char)s.ptr[at - 3] == 0xE0;
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
				is_thai_blank(sentence, at) ||
				str_starts(str_from(sentence, at), STR("\xE3\x80\x81")) ||
				str_starts(
					str_from(sentence, at), STR("\xEF\xBC\x8C"))); /* 、 ， */
		if (at < sentence.len && !is_comma)
			continue;
		size_t rule = 0; /* a clause gives no reason of its own */
		const struct str clause = str_between(sentence.ptr + from, sentence.ptr + at);
		const unsigned means = meanings(letter_classes(clause, l->langs), &rule);
		l->is_delayed |= has_meaning(means, LETTER_MEANS_DELAY);
		l->has_ended |= has_meaning(means, LETTER_MEANS_ENDED);
		from = at;
	}
}

static void
keep_sentence(struct letter_sentences *kept, struct arena *a, struct str one)
{
	struct str *const list = arena_more(a, kept->list, kept->count, &kept->room, sizeof *list);
	if (list == NULL)
		return;
	kept->list = list;
	list[kept->count++] = one;
}

void
letter_read_telling(
	struct str text, struct arena *a, struct letter *l, struct letter_sentences *telling)
{
	/* Without one of these no clause of the sentence tells of a delay, or of its end. */
	static const uint64_t going_on = UINT64_C(1) << LETTER_TRY | UINT64_C(1) << LETTER_RETRY |
					 UINT64_C(1) << LETTER_STILL | UINT64_C(1) << LETTER_QUEUE |
					 UINT64_C(1) << LETTER_ENDED;
	*l = (struct letter){.rule = LETTER_NO_RULE, .words = STR_NONE};
	text = str_head(text, LETTER_BYTES_MAX);
	l->langs = letter_languages(text);
	uint64_t classes;
	for (struct str one; str_is_set(one = letter_sentence(&text, l->langs, &classes));) {
		const size_t rule = l->rule;
		l->speaks_of_mail |=
			(classes >> LETTER_MAIL & 1) != 0 || (classes >> LETTER_BOX & 1) != 0;
		const unsigned means = meanings(classes, &l->rule);
		const bool fails = has_meaning(means, LETTER_MEANS_FAILURE);
		const bool is_delayed = has_meaning(means, LETTER_MEANS_DELAY);
		l->fails |= fails;
		l->is_delayed |= is_delayed;
		l->is_away |= has_meaning(means, LETTER_MEANS_AWAY);
		l->is_other |= has_meaning(means, LETTER_MEANS_OTHER);
		l->is_persons |= has_meaning(means, LETTER_MEANS_PERSON);
		if (l->rule != rule)
			l->words = one;
		if ((classes & going_on) != 0)
			read_clauses(one, l);
		if (telling != NULL && (fails || is_delayed))
			keep_sentence(telling, a, one);
	}
}

void
letter_read(struct str text, struct letter *l)
{
	letter_read_telling(text, NULL, l, NULL);
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
