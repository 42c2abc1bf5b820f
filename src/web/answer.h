/*
 * answer - a report, explained on a page: one card for each cause, and the text that was read
 *
 * The size is bounded whatever is given: groups.h and marked.h say by what. The words are those of
 * `nixie explain`.
 */
#ifndef WEB_ANSWER_H
#define WEB_ANSWER_H

#include "nixie.h"
#include "web/site.h"

/* answer_title - the headline of the first card: a title for the page */
struct str answer_title(struct site *s, const struct nixie_report_info *info);

/* answer_write - `text` is what the report was read from; absent: not shown. Of several answers on
 * a page, the first headline is that which a reader is taken to */
void answer_write(
	struct site *s, const struct nixie_report_info *info, struct str text, bool is_first);

#endif
