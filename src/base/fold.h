/*
 * fold - text made comparable: one case, no accents, one kind of blank, quote and dash
 *
 * Letters of the ASCII, Latin, Cyrillic blocks and those of modern Greek go to lower case and lose
 * their accents, since servers and old mails write without them as often as with: "é" is e, "ł" l,
 * "ß" ss, "æ" ae, "ё" е, "ή" η (final sigma to sigma, the Turkish i without a dot to i). Marks that
 * stand behind their letter (U+0300..U+036F) vanish. Runs of white space (also
 * U+00A0, U+2000..U+200A, U+2028, U+2029, U+202F, U+3000) become one blank, none at either end;
 * U+2018..U+201B become ', U+201C..U+201F ", U+2010..U+2015 and U+2212 -; U+200B..U+200D, U+00AD
 * and U+FEFF vanish. Every other byte stays as it is, also where the text is not UTF-8. Folding
 * never makes text longer; in UTF-8, folding twice is folding once.
 *
 * tools/gen-catalogue folds the patterns by the same rules; tests/unit/test_fold.c
 * holds the two together.
 */
#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include "base/str.h"

/* fold_text - writes folded `raw` to `out` (room for raw.len bytes; may be raw.ptr) and returns its
 * length. O(n) */
size_t fold_text(struct str raw, char *out);

/*
 * fold_origin - the offset in `raw` of the text that stands at `at` in its folded form. O(n)
 *
 * For a blank it is the first byte of its white space; at the end or past it, it is the place
 * behind the last byte that was kept. So a piece of folded text is found in `raw` from the
 * origin of its first byte to the origin of the one behind its last: fold_origin_words().
 */
size_t fold_origin(struct str raw, size_t at);

/* fold_origin_words - the piece of `raw` whose folded form is the `len` bytes at `at`. O(n) */
struct str fold_origin_words(struct str raw, size_t at, size_t len);

#endif
