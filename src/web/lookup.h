/*
 * lookup - one line that somebody wants to know about: a code, a name, or the reply of a server
 *
 * A code is answered out of the tables, a reply is read as `nixie reply` does; a line with both
 * gets both.
 */
#ifndef WEB_LOOKUP_H
#define WEB_LOOKUP_H

#include "nixie.h"
#include "web/site.h"

#define LOOKUP_BYTES_MAX 300 /* a longer line is a text to be explained */

/* lookup_is_short - is it one line, short enough? */
bool lookup_is_short(struct str text);

/* lookup_title - a title for the page */
struct str lookup_title(const struct site *s, struct str text);

/* lookup_write - the answer; `r` was read from `text` */
void lookup_write(struct site *s, struct str text, const struct nixie_report *r);

#endif
