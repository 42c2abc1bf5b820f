/* report_text - a report as a page of text for people */
#ifndef EXPLAIN_REPORT_TEXT_H
#define EXPLAIN_REPORT_TEXT_H

#include "base/out.h"
#include "explain/explain.h"

void report_text(const struct nixie_report_info *info, const struct nixie_style *style,
	enum lang lang, struct arena *a, struct out *out);

#endif
