#include "read/letter_words.h"

#include "base/charset.h"
#include "base/fold.h"
#include "catalogue/catalogue.h"
#include "catalogue/tables.h"

#define VOTING_BYTES 1536 /* of a letter, by which its language is told */

/* Characters of three bytes and more are of scripts that put no blanks between words. */
static bool
is_wide(unsigned char c)
{
	return c >= 0xE0;
}

/* The first bytes as the rows have them; behind the text there are NULs. */
static uint64_t
head_of(struct str text, size_t at)
{
	uint64_t head;
	memcpy(&head, text.ptr + at, sizeof head);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	head = __builtin_bswap64(head);
#endif
	return head;
}

/* Does the text that begins with the head of a word go on with the rest of it? */
static bool
goes_on(struct str text, const struct letter_word_row *row)
{
	const struct str word = catalogue_text(row->word);
	const size_t head = sizeof row->head;
	return word.len <= head || (text.len >= word.len && memcmp(text.ptr + head, word.ptr + head,
								    word.len - head) == 0);
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
	for (uint32_t left = langs; left != 0; left &= left - 1)
		s->votes[__builtin_ctz(left)] += weight;
}

/* Notes all words that begin at `at`. */
static void
search_at(struct search *s, struct str text, size_t at)
{
	const uint64_t head = head_of(text, at);
	const struct letter_place *const place = letter_place(letter_key(head));
	const struct str rest = str_from(text, at);
	uint32_t langs = 0;
	for (size_t i = 0; i < place->count; i++) {
		const struct letter_word_row *const row = &catalogue_letter_words[place->first + i];
		if (((row->head ^ head) & row->mask) != 0 || (row->langs & s->langs) == 0 ||
			!goes_on(rest, row) ||
			(!row->is_stem && letter_byte((unsigned char)rest.ptr[row->word.len])))
			continue;
		s->classes |= (uint64_t)1 << row->class;
		langs |= row->langs;
	}
	if (s->votes != NULL && langs != 0)
		vote(s, langs);
}

/* The end of what stands at `at` without a blank in it; *may_be_name: it has what names have. */
static size_t
token_end(struct str text, size_t at, bool *may_be_name)
{
	*may_be_name = false;
	for (; at < text.len; at++) {
		const unsigned char c = (unsigned char)text.ptr[at];
		if (c == ' ' || is_wide(c))
			break;
		*may_be_name |= c == '@' || c == ':' || c == '.';
	}
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
	       letter_byte((unsigned char)token.ptr[dot - 1]) &&
	       letter_byte((unsigned char)token.ptr[dot + 1]);
}

static void
search_folded(struct search *s, struct str text)
{
	size_t plain_to = 0; /* no name begins before it */
	for (size_t at = 0; at < text.len;) {
		const unsigned char c = (unsigned char)text.ptr[at];
		if (is_wide(c)) {
			search_at(s, text, at);
			for (at++; at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80;)
				at++;
			continue;
		}
		if (!letter_byte(c)) {
			at++;
			continue;
		}
		if (at >= plain_to) {
			bool may_be_name;
			const size_t end = token_end(text, at, &may_be_name);
			const struct str token = str_between(text.ptr + at, text.ptr + end);
			if (may_be_name && is_name(token)) {
				if (str_find_char(token, '@', 0) != STR_NPOS)
					s->classes |= (uint64_t)1 << LETTER_ADDRESS;
				at = end;
				continue;
			}
			plain_to = may_be_name ? at : end;
		}
		search_at(s, text, at);
		while (at < text.len && letter_byte((unsigned char)text.ptr[at]))
			at++;
	}
}

static void
search_sentence(struct search *s, struct str sentence)
{
	char room[LETTER_SENTENCE_MAX + sizeof(uint64_t)];
	const size_t len = fold_text(str_head(sentence, LETTER_SENTENCE_MAX), room);
	memset(room + len, 0, sizeof(uint64_t));
	search_folded(s, (struct str){room, len});
}

uint64_t
letter_classes(struct str sentence, uint32_t langs)
{
	struct search s = {.langs = langs};
	search_sentence(&s, sentence);
	return s.classes;
}

uint32_t
letter_languages(struct str text)
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
