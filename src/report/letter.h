/*
 * letter - what all mail that the server writes has: its header, and its words as text and HTML
 */
#ifndef REPORT_LETTER_H
#define REPORT_LETTER_H

#include "report/sheet.h"

/* All of it cleaned, but `id` and `raw`. */
struct letter {
	struct arena *arena;
	struct str hostname, postmaster, to;
	struct str id; /* its Message-ID is <id@hostname> */
	int64_t now_ms;
	enum lang lang;
	struct str raw;    /* what is put into it as it is: no boundary occurs there */
	bool is_of_itself; /* it answers no message */
};

/* letter_boundary - a boundary that occurs nowhere else in the message; `which` tells several apart
 */
struct str letter_boundary(const struct letter *l, struct str which);

/* letter_head - the header, up to MIME-Version. `about` is the Message-ID of what it answers; it
 * may be anything, and is left out when it is none */
void letter_head(const struct letter *l, struct str subject, struct str about, struct buf *out);

/* letter_part - the line between two parts; `end` is "--" behind the last */
void letter_part(struct str bound, struct str end, struct buf *out);

/* letter_words - multipart/alternative of the sheet, from its Content-Type on */
void letter_words(const struct letter *l, const struct sheet *s, struct buf *out);

#endif
