/*
 * shown - which characters of strangers' text may be shown to a person
 *
 * What a stranger wrote may hold characters that move a terminal's cursor, reorder the text
 * around them or are not seen at all. All that shows text, on a terminal or on a page, asks
 * here, character by character.
 */
#ifndef BASE_SHOWN_H
#define BASE_SHOWN_H

#include "base/str.h"

#define CHAR_BROKEN 0xFFFDu /* what bytes that are no UTF-8 are shown as */

/* utf8_next - the code point at the start of `s`, which is not empty, and how many bytes it takes;
 * CHAR_BROKEN for bytes that are no UTF-8 */
uint32_t utf8_next(struct str s, size_t *bytes);

/* is_shown - not the C0 and C1 controls (line ends and tabs among them: what these become is the
 * caller's matter), nor what reorders or hides text */
bool is_shown(uint32_t codepoint);

#endif
