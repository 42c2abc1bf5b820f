/*
 * refused - files that people take for the mail and that are none: known by their first bytes, and
 * refused with advice how to get at the mail itself
 */
#ifndef WEB_REFUSED_H
#define WEB_REFUSED_H

#include "web/site.h"

struct refused_file {
	const char *name, *how; /* keys of sentences: what it is, and what to do */
};

/* refused_find - what the bytes are, when they are no mail; NULL when they may be read. O(1) */
const struct refused_file *refused_find(struct str bytes);

/* refused_write - the card that says so */
void refused_write(struct site *s, const struct refused_file *what);

/* refused_title - a title for the page */
struct str refused_title(const struct site *s, const struct refused_file *what);

#endif
