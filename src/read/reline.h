/*
 * reline - the line ends that a text has lost
 *
 * Some window, form or database keeps a mail as one line. What tells where lines began is what can
 * only stand at the head of one: the names of fields, the boundaries of parts, the recipients of a
 * report, and where the value of a field ends by its grammar, the text.
 */
#ifndef READ_RELINE_H
#define READ_RELINE_H

#include "base/arena.h"

/* reline_is_lost - is this one long line, or does it begin with one that no mail has? O(1) */
bool reline_is_lost(struct str text);

/* reline_message - a message, or its parts, in lines; other text as it is. O(n) */
struct str reline_message(struct str text, struct arena *a);

/* reline_prose - the same for prose: a line for each sentence, and each recipient at the head of
 * one. In a paste, which never had a header, blanks alone prove nothing: its columns are made of
 * them. The same length. O(n) */
struct str reline_prose(struct str text, bool is_paste, struct arena *a);

#endif
