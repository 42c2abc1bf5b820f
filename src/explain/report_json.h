/* report_json - a report as JSON: doc/report.schema.json. Absent is absent: no nulls, no empty
 * strings. */
#ifndef EXPLAIN_REPORT_JSON_H
#define EXPLAIN_REPORT_JSON_H

#include "base/json.h"
#include "explain/explain.h"

/* report_json - one object and a line end. The arena takes the sentences, when style->explain asks
 * for them */
void report_json(const struct nixie_report_info *info, const struct nixie_style *style,
	enum lang lang, struct arena *a, struct out *out);

#endif
