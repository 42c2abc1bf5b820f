/*
 * mend - bytes of a message as they were before a disk, a gateway or an editor had them
 *
 * UTF-16 with a byte order mark, zero bytes between the text, CR CR LF, LF CR, "\n" in place of
 * line ends, every line end twice, marks of a quotation before every line: each is told by the
 * first lines, so that a message without such damage pays for a look at those. Nothing is mended on
 * suspicion: what could be the message as it was sent stays.
 */
#ifndef READ_MEND_H
#define READ_MEND_H

#include "base/arena.h"

/*
 * mend_bytes - `in` as UTF-8 or what it was, without zero bytes, and with one line end where each
 * was written twice, or in other signs
 *
 * Returns  `in` itself when nothing has to be mended, or the arena failed; else text in the arena.
 * Cost     O(1) where there is nothing to mend, O(n) where there is
 */
struct str mend_bytes(struct str in, struct arena *a);

/* mend_doubled - text of which each line end was written twice, with one; else `text` itself. Lines
 * with one blank line between any two prove nothing, people write so: somewhere must be more. O(n),
 * and seldom more than two lines */
struct str mend_doubled(struct str text, struct arena *a);

/* mend_wrapped_addresses - "<a-long-name" at the end of a line and "@b.example>" on the next:
 * joined */
struct str mend_wrapped_addresses(struct str text, struct arena *a);

/* mend_typeset - text (UTF-8) as a program for mail has it, where one that sets text for the eye
 * was between: blanks at which no line breaks are blanks; signs that are not seen are gone from
 * between the letters of ASCII; a dash in an address is its hyphen, and "\_" is "_" there. O(n);
 * where all is ASCII, a look at the bytes */
struct str mend_typeset(struct str text, struct arena *a);

#endif
