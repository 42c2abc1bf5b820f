/*
 * conditions - the lines of a server: which condition of the catalogue one is, and which it sends
 *
 * A condition is a reason for which a server answers as it does: `catalogue/conditions.tsv`. It has
 * two lines: that of today, and that of the document which the table grew out of ("documented").
 * People look up either, typed by hand, without its code or its full stop; and each may hold facts
 * where the table has a placeholder. So lines are compared by their letters and digits alone.
 *
 * nixied ends each reply with the condition and the session it was said in: "(C34 7Q2F)". Any text
 * may end like that, so the mark counts only behind the words of that condition.
 */
#ifndef CATALOGUE_CONDITIONS_H
#define CATALOGUE_CONDITIONS_H

#include "catalogue/catalogue.h"

#define CONDITION_LINE_BYTES_MAX                                                                   \
	2048 /* of a line that is compared; a longer one is none of ours                           \
	      */
#define CONDITION_SESSION_BYTES_MIN 4
#define CONDITION_SESSION_BYTES_MAX 16

enum reply_style { REPLY_MODERN, REPLY_DOCUMENTED };

/* What is sent: the placeholders of the sentence are the server's to fill. */
struct condition_line {
	unsigned reply;      /* 0: the condition has no reply, only a place in reports */
	struct str enhanced; /* absent: none is sent */
	struct str sentence;
};

/* condition_line - the line of that style; where the document has none, today's without its
 * enhanced code, which the document's server does not know */
struct condition_line condition_line(enum condition c, enum reply_style style);

/* condition_of_line - the condition that has this line in either style, with or without its codes
 * and its mark: enum condition, or -1. Of several, the one with the most words. O(rows * line) */
int condition_of_line(struct str line);

/* condition_says - is it a line of this condition? One whose sentence is a placeholder and nothing
 * else says anything, with its code; another code of the same class does for one that has words,
 * since filters may send their own */
bool condition_says(enum condition c, struct str line);

/* The mark at the end of a reply. */
struct condition_mark {
	enum condition condition;
	struct str session; /* CONDITION_SESSION_BYTES_MIN..MAX capitals and digits */
	size_t at;          /* of its "(" in the text */
};

/* condition_mark_find - the last mark in `text` with an id that exists; *out is written only when
 * there is one. O(n) */
bool condition_mark_find(struct str text, struct condition_mark *out);

#endif
