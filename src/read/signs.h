/*
 * signs - which of the catalogue's tell-tale words occur in a text
 *
 * `catalogue/signs.tsv` names what words show: that this is a failure, that a copy of
 * the message follows, that an address stands behind a label, at which step it failed. A text is
 * folded and searched once; what is asked of it later is a bit.
 */
#ifndef READ_SIGNS_H
#define READ_SIGNS_H

#include "base/arena.h"
#include "catalogue/patterns.h"

_Static_assert(SIGN__COUNT <= 64, "struct sign_set keeps one bit for each sign");

/* The signs of a text, and where each stands first. */
struct sign_set {
	uint64_t bits;
	struct {
		struct str text;  /* the piece of text it was found in, as given */
		uint32_t at, len; /* of the hit, in that piece folded */
	} first[SIGN__COUNT];
};

static inline bool
sign_seen(const struct sign_set *set, enum sign sign)
{
	return (set->bits >> sign) & 1;
}

/* sign_note - adds a sign that `words` as a whole show */
void sign_note(struct sign_set *set, enum sign sign, struct str words);

/* sign_words - the words that showed it; absent when it was not seen. O(piece) */
struct str sign_words(const struct sign_set *set, enum sign sign);

/* Which programs' marks occur, by row of catalogue_generators. */
struct mark_set {
	uint64_t bits[(CATALOGUE_GENERATORS + 63) / 64];
};

static inline bool
mark_seen(const struct mark_set *set, size_t row)
{
	return (set->bits[row / 64] >> (row % 64)) & 1;
}

static inline void
mark_add(struct mark_set *set, size_t row)
{
	set->bits[row / 64] |= (uint64_t)1 << row % 64;
}

/* mark_next - the first row at or after `row` whose mark occurs; past all rows when there is none
 */
static inline size_t
mark_next(const struct mark_set *set, size_t row)
{
	for (; row < CATALOGUE_GENERATORS; row = (row / 64 + 1) * 64) {
		const uint64_t left = set->bits[row / 64] >> row % 64;
		if (left != 0)
			return row + (size_t)__builtin_ctzll(left);
	}
	return row;
}

/*
 * signs_find - adds to *set the signs of rows for `where` (a subject, a From, a reply) that occur
 * in `text`, and to *marks the rows of generators for `where`
 *
 * set      keeps what it had; its bits zeroed by the caller before the first call
 * marks    may be NULL
 * Cost     O(n); the first SIGN_TEXT_BYTES of the text count
 */
#define SIGN_TEXT_BYTES 8192
void signs_find(struct str text, enum where where, struct arena *a, struct sign_set *set,
	struct mark_set *marks);

/* sign_in - does this sign, in a row for WHERE_TEXT, occur in a short text (its first 512 bytes)?
 * *hit, when not NULL: the first place, the longest there, a slice of `text` */
bool sign_in(struct str text, enum sign sign, struct str *hit);

/* sign_counts - does a row count in a text of kind `where`? */
static inline bool
sign_counts(const struct sign_row *row, enum where where)
{
	return (row->counts >> where & 1) != 0;
}

/* A line of prose and the signs that begin in it. */
struct text_line {
	struct str raw;
	uint64_t signs;
	uint32_t folded_at; /* used while it is made */
};

struct text_lines {
	struct text_line *list;
	size_t count, room;
	bool is_cut;          /* TEXT_LINES_MAX was reached; the lines behind it are not here */
	uint64_t reply_signs; /* those of rows for replies, in any line */
};

/*
 * text_lines_read - cuts `text` into its lines, and finds the signs (rows for WHERE_TEXT) and
 * generators' marks in it
 *
 * set, marks  added to, as by signs_find
 * Returns     false when the arena failed
 * Cost        O(n)
 */
bool text_lines_read(struct str text, struct arena *a, struct text_lines *lines,
	struct sign_set *set, struct mark_set *marks);

#endif
