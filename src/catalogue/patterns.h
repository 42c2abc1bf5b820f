/*
 * patterns - finds every catalogue pattern that occurs in a text, in one pass
 *
 * Thousands of patterns against every diagnostic: tried one by one they would be
 * the whole cost of reading a bounce. But words can only begin where words begin: at
 * an ASCII letter or digit that follows none, or at the first byte of a character
 * beyond ASCII. These places are the heads of a text, one byte in six; the heads of a pattern are
 * those that are heads wherever it stands. So each pattern is filed under the rarest of its words
 * (its anchor, up to eight bytes from a head), and the text is walked once: sixteen bytes at a
 * time to find the heads, at each of them one look into two small filters, and only where one
 * says "perhaps", the few patterns filed there are compared.
 *
 * The text must be folded (base/fold.h). What a pattern means: doc/catalogue.md.
 */
#ifndef CATALOGUE_PATTERNS_H
#define CATALOGUE_PATTERNS_H

#include "catalogue/catalogue.h"

enum pattern_table {
	PATTERN_PHRASE = 1 << 0,
	PATTERN_BLOCKLIST = 1 << 1,
	PATTERN_PROVIDER_CODE = 1 << 2, /* those with a pattern */
	PATTERN_SIGN = 1 << 3,
	PATTERN_GENERATOR = 1 << 4 /* not those whose pattern is only "*" */
};

/* Of signs and generators, only those rows that count in such a text (enum where, not WHERE_ANY);
 * or-ed with the tables. Of several, in any of them; without one, in all. */
#define PATTERN_IN(where) (1U << (8 + (where)))

#define PATTERN_WILD_BYTES 160 /* the most text one `*` stands for */
#define PATTERN_DIGIT_BYTES                                                                        \
	32 /* the longest number that `%d` stands for; it takes a whole one, never a part */

struct pattern_hit {
	uint16_t table; /* enum pattern_table */
	uint16_t row;   /* index into that table's rows */
	uint32_t at;    /* where in the folded text it begins */
	uint32_t len;   /* how much it covers; a leading or trailing `*` covers nothing */
};

/*
 * patterns_find - all occurrences of the patterns of `tables` in `folded`
 *
 * A pattern occurs at most once at each place where it can begin, and there as short as
 * its last words allow; occurrences of one pattern may overlap. A pattern whose first words are
 * too few to be filed under ("<*> is unknown") is found from its second words, back to the
 * nearest place where it can begin. Hits come in the order of their
 * beginnings, those that begin together in that of the tables and rows.
 *
 * tables   enum pattern_table, or-ed; and PATTERN_IN()
 * hits     room for `max`
 * Returns  how many were written; when there are more, some are left out, most of them from the end
 * Cost     O(n) plus a bounded amount for each place where an anchor stands, on any text
 */
size_t patterns_find(struct str folded, unsigned tables, struct pattern_hit *hits, size_t max);

#endif
