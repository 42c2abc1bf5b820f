/*
 * words - the text form of the directory: `account john@a.example quota=1G "name=a b"`
 *
 * Words with blanks between them. Quotes keep blanks together, wherever in a word they begin; a
 * backslash in quotes takes the next byte as it is. # at the beginning of a word ends the line.
 */
#ifndef ADMIN_WORDS_H
#define ADMIN_WORDS_H

#include "base/arena.h"
#include "base/buf.h"

/* word_next - false at the end of the line. *word is absent when a quote is not closed; it lives in
 * the arena, or in the line */
bool word_next(struct str *line, struct arena *a, struct str *word);

/* word_add - with quotes where it needs some. `key` with a '=' in front, when it is set */
void word_add(struct buf *b, struct str key, struct str word);

#endif
