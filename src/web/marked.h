/*
 * marked - the text that was given, with the words that decided marked in it
 *
 * A long text is shown in part: its beginning, and what stands around the marks. So the page stays
 * small whatever was pasted.
 */
#ifndef WEB_MARKED_H
#define WEB_MARKED_H

#include "nixie.h"
#include "web/site.h"

#define MARKS_MAX 64                /* places that are marked */
#define MARKED_WHOLE_BYTES_MAX 8192 /* a text up to this is shown whole */
#define MARKED_HEAD_BYTES 2048      /* of a longer one */
#define MARKED_AROUND_BYTES 512     /* before and behind each mark */

/* marked_write - a folded element with the text of the report `info`, which was read from `text` */
void marked_write(struct site *s, const struct nixie_report_info *info, struct str text);

#endif
