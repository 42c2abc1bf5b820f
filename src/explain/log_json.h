/* log_json - an event of a log as one line of JSON: doc/report.schema.json's members of an outcome,
 * and where and when it was logged */
#ifndef EXPLAIN_LOG_JSON_H
#define EXPLAIN_LOG_JSON_H

#include "base/json.h"
#include "explain/explain.h"

/* log_info - an event as a report of one outcome, for all that writes reports. Points into *event
 */
void log_info(const struct nixie_log_event *event, struct nixie_report_info *info);

/* log_json - style->source_index is the number of the line, from 1. False when memory ran out */
bool log_json(const struct nixie_log_event *event, const struct nixie_style *style, enum lang lang,
	struct arena *a, struct out *out);

#endif
