/*
 * tables - what tools/gen-catalogue writes besides the rows; for catalogue.c and patterns.c alone
 *
 * The generated file asserts that the generator was written for these limits. The
 * order in each index is that of bytes after ASCII letters became lower case.
 */
#ifndef CATALOGUE_TABLES_H
#define CATALOGUE_TABLES_H

#include "catalogue/catalogue.h"
#include "catalogue/patterns.h"

extern const uint16_t catalogue_reasons_by_name[];       /* REASON__COUNT */
extern const uint16_t catalogue_client_errors_by_code[]; /* CATALOGUE_CLIENT_ERRORS */
extern const uint16_t catalogue_conditions_by_id[];      /* CONDITION__COUNT */

/*
 * Where a provider's host is: one more than its row, in the place that its hash says or behind it,
 * before the first free one, which is 0. Most names of hosts are no provider's, and find such a
 * place at once. The hash is of the first eight bytes, in lower case more or less, and of the
 * length.
 */
#define PROVIDER_BITS 11
#define PROVIDER_SPARE 16 /* places more than hashes, so that no search goes round */
extern const uint16_t catalogue_provider_places[];

/*
 * The names, those of one kind together, each once whatever its languages: first the whole ones by
 * their length, then those that a text may begin with, then those that it may end with, the short
 * ones first. None is empty, and all are in small letters as far as those are ASCII.
 */
struct name_row {
	struct text name;
	uint8_t first; /* byte of it */
};
struct name_kind_row {
	uint16_t by_len[CATALOGUE_NAME_BYTES + 2]; /* where the whole ones of a length begin; the
						      last: those that a text may begin with */
	uint16_t ends, next; /* where those begin that it may end with, and the next kind */
};
extern const struct name_row catalogue_names[];
extern const struct name_kind_row catalogue_name_kinds[]; /* KNOWN__COUNT */

/* Sorted by key in each language, one language after the other, each with every key of English. */
extern const struct explanation_row
	catalogue_explanations[];                       /* LANG__COUNT * CATALOGUE_EXPLANATIONS */
extern const struct sentence_row catalogue_sentences[]; /* LANG__COUNT * CATALOGUE_SENTENCES */
extern const struct advice_row catalogue_advices[];     /* LANG__COUNT * CATALOGUE_ADVICE */

/* One language after the other: by enum condition; sorted by key, with the keys of all. */
extern const struct condition_words_row catalogue_condition_words_rows[];
extern const struct code_words_row catalogue_code_words_rows[]; /* LANG__COUNT *
								   CATALOGUE_CODE_WORDS */

extern const struct text catalogue_lang_tags[];  /* LANG__COUNT */
extern const struct text catalogue_sign_names[]; /* SIGN__COUNT */

/*
 * The compact form of a pattern. Its segments are what stands between its `*`.
 *
 *   flags            PATTERN_STARTS_WORD ..., or-ed
 *   item, offset     where the anchor is: in which item of its segment, how far into it
 *   items            1..250: that many literal bytes follow; PATTERN_DIGITS; PATTERN_WILD
 *   0                the end
 *
 * It neither begins nor ends with PATTERN_WILD, no literal has a digit beside
 * PATTERN_DIGITS, and the whole spans fewer than PATTERN_SPAN_BYTES. The anchor is in the
 * first segment; or, where that has no three literal bytes in a row, in the second, and
 * then the first spans at most PATTERN_HEAD_BYTES.
 */
#define PATTERN_LITERAL_BYTES 250
#define PATTERN_SPAN_BYTES 2048
#define PATTERN_HEAD_BYTES 64

enum {
	PATTERN_STARTS_WORD = 1,
	PATTERN_ENDS_WORD = 2,
	PATTERN_HAS_HEAD = 4, /* the anchor is in the second segment */
	PATTERN_PLAIN = 8     /* one literal, and no more */
};
enum { PATTERN_END = 0, PATTERN_DIGITS = 0xFE, PATTERN_WILD = 0xFF };

extern const uint8_t catalogue_pattern_code[];

/*
 * An anchor: the 3 to 8 bytes of a literal that begin at a head, and the patterns that are filed
 * under it: entries first .. others - 1 are of the tables of reasons, which are asked for always,
 * and others .. (of the next anchor) first - 1 are signs and generators; a search for one of the
 * two does not pass over the other. In all these numbers the first byte is the lowest.
 */
#define PATTERN_ANCHOR_BYTES 8
struct pattern_anchor {
	uint64_t bytes;
	uint16_t first, others;
	uint8_t len;
};

/* A pattern under its anchor. The check is four more bytes of the same literal, compared before
 * anything else is looked at; 0 where the literal has no more. */
struct pattern_entry {
	uint32_t check;
	uint32_t code; /* where its compact form begins in catalogue_pattern_code */
	uint16_t row;
	uint8_t table;   /* enum pattern_table */
	int8_t check_at; /* counted from the anchor */
	uint8_t asked;   /* by which searches: 1 << enum where of the texts in which the row counts;
			    PATTERN_ASKED_ALWAYS for the tables of reasons, which have no place */
};
#define PATTERN_ASKED_ALWAYS (1 << WHERE_ANY)

/*
 * Where an anchor is: in the place that its hash says, or behind it, before the first empty place,
 * whose bytes are 0. Those of eight bytes come first; then those of four to seven, by their first
 * four; those of three; and those that begin at no head, each of which is looked for by itself.
 * Behind each kind are a few places more than there are hashes, so that no search goes round.
 */
#define PATTERN_LONG_BITS 15
#define PATTERN_SHORT_BITS 13
#define PATTERN_THREE_BITS 6
#define PATTERN_SPARE 64
#define PATTERN_SHORT_AT ((1 << PATTERN_LONG_BITS) + PATTERN_SPARE)
#define PATTERN_THREE_AT (PATTERN_SHORT_AT + (1 << PATTERN_SHORT_BITS) + PATTERN_SPARE)
#define PATTERN_LOOSE_AT (PATTERN_THREE_AT + (1 << PATTERN_THREE_BITS) + PATTERN_SPARE)
extern const struct pattern_anchor catalogue_pattern_anchors[];
extern const struct pattern_entry catalogue_pattern_entries[];

/*
 * The filters: what a head may be the anchor of. In each, a byte says by which searches the anchors
 * with that hash are asked for (`asked` of their entries, or-ed): one filter by all eight bytes,
 * one by the first four of shorter ones. An anchor of three has a place for itself, and one with
 * each byte that may follow it; of that byte, pattern_hash_4() takes the lower half alone, so that
 * these are 16 places and not 256.
 */
#define PATTERN_FILTER_BITS 16
#define PATTERN_SHORT_FILTER_BITS 14
extern const uint8_t catalogue_pattern_filter[];
extern const uint8_t catalogue_pattern_short_filter[];

static inline uint32_t
pattern_hash_8(uint64_t eight, unsigned bits)
{
	return (uint32_t)(eight * 0x9E3779B97F4A7C15U >> (64 - bits));
}

static inline uint32_t
pattern_hash_4(uint32_t four, unsigned bits)
{
	return four * 0x9E377910U >> (32 - bits);
}

static inline uint32_t
provider_hash(struct str host)
{
	char head[sizeof(uint64_t)] = {0};
	uint64_t eight;
	memcpy(head, host.ptr, host.len < sizeof head ? host.len : sizeof head);
	memcpy(&eight, head, sizeof eight);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	eight = __builtin_bswap64(eight);
#endif
	return pattern_hash_8((eight | 0x2020202020202020U) + host.len, PROVIDER_BITS);
}

/*
 * The words of letters that begin alike, found by their key: the first three bytes, the third left
 * out where it is no letter, so that a word of two is found whatever stands behind it. A key is in
 * the place that its hash says or behind it, before the first free one, whose key is 0. Most words
 * that people write are none of the catalogue, and find such a place at once.
 */
#define LETTER_BITS 12
#define LETTER_SPARE 16 /* places more than hashes, so that no search goes round */
struct letter_place {
	uint32_t key;
	uint16_t first, count; /* of catalogue_letter_words */
};
extern const struct letter_place catalogue_letter_places[];

/* letter_byte - is it one of those that words are made of, where blanks are between them? */
static inline bool
letter_byte(unsigned char c)
{
	return ascii_is_alnum(c) || (c >= 0x80 && c < 0xE0);
}

/* letter_key - of eight bytes, the first one highest */
static inline uint32_t
letter_key(uint64_t head)
{
	return (uint32_t)(head >> 40) & (letter_byte(head >> 40 & 0xFF) ? 0xFFFFFF : 0xFFFF00);
}

/* letter_place - of the words with that key; its count is 0 when there are none */
static inline const struct letter_place *
letter_place(uint32_t key)
{
	const struct letter_place *p = &catalogue_letter_places[pattern_hash_4(key, LETTER_BITS)];
	while (p->key != key && p->key != 0)
		p++;
	return p;
}

#endif
