/*
 * log_report - a log summed up for the people who run the server: what to repair here, what fails
 * most
 *
 * A recipient who was put off and was reached in the end counts as reached: by queue id and
 * address. So greylisting that worked is no trouble. Memory is bounded, whatever the log's length:
 * past PENDING_MAX messages waiting at once, or DISTINCT_MAX addresses, counts become those of
 * tries.
 */
#ifndef CLI_LOG_REPORT_H
#define CLI_LOG_REPORT_H

#include "nixie.h"

#define PENDING_MAX 1000000  /* recipients put off at the same time */
#define DISTINCT_MAX 2000000 /* addresses told apart */
#define LEAVES_MAX 2048      /* reason, provider and blocklist together */
#define DEAD_SHOWN_MAX 50    /* dead addresses that are listed */

struct log_report;

/* log_report_new - NULL when memory ran out */
struct log_report *log_report_new(const struct nixie_style *style);
void log_report_free(struct log_report *r);

/* log_report_add - counts one event of `log`, which stood at path:line (copied). False when memory
 * ran out; then the report is not to be trusted */
bool log_report_add(struct log_report *r, struct nixie_log *log,
	const struct nixie_log_event *event, const char *path, uint64_t line);

/* log_report_pass_over - counts an event that nobody asked for */
void log_report_pass_over(struct log_report *r, const struct nixie_log_event *event);

/* log_report_text - writes it; `lines` were read in all. False when the sink stopped */
bool log_report_text(const struct log_report *r, uint64_t lines, nixie_sink *sink, void *to);

#endif
