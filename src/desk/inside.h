/* inside - what the files of desk share */
#ifndef DESK_INSIDE_H
#define DESK_INSIDE_H

#include "desk/desk.h"
#include "eventlog/why.h"
#include "web/html.h"
#include "web/write.h"

/* One request. */
struct desk_call {
	const struct desk *desk;
	const struct web_request *request;
	struct web_response *res;
	struct arena *arena;
	struct out out;
	struct str rest; /* what stands behind the route's path, decoded; absent: nothing */
};

typedef void desk_fn(struct desk_call *c);
desk_fn desk_home, desk_queue, desk_message, desk_act, desk_why;

/* ---- the frame of a page: desk_page.c */

void desk_begin(struct desk_call *c, const char *title);
void desk_end(struct desk_call *c);

/* desk_notice - something that is to be said first: a failure, or what was done */
void desk_notice(struct desk_call *c, struct str words, bool is_bad);

/* desk_parameter - of the query, or of the form that was sent; absent when it is not there or empty
 */
struct str desk_parameter(struct desk_call *c, const char *name);

/* desk_field - a labelled field of a form, with what was given */
void desk_field(struct desk_call *c, const char *name, const char *label, const char *hint);

/* desk_choice - a field with some values, of which one is chosen; "value\0label\0...\0" */
struct desk_option {
	const char *value, *label;
};
void desk_choice(struct desk_call *c, const char *name, const char *label, struct str chosen,
	const struct desk_option *options, size_t count);

/* desk_number, desk_time - as text of the page: "12,345", "2026-11-22 09:14:03" */
void desk_number(struct desk_call *c, uint64_t n);
void desk_time(struct desk_call *c, int64_t ms);

/* desk_go - 303 to another page of the desk, with what was done for desk_notice() */
void desk_go(struct desk_call *c, struct str address);

/* ---- the span of time that is looked at */

struct desk_span {
	const char *value, *label;
	int64_t ms;
	int64_t step_ms; /* of a bar in the chart */
};
extern const struct desk_span desk_spans[];
extern const size_t desk_span_count;

/* desk_span - the one that ?span= names, else the first */
const struct desk_span *desk_span(struct desk_call *c);

/* ---- failures over time: desk_chart.c */

#define CHART_BARS_MAX 60
#define CHART_KINDS 4

struct chart {
	int64_t from_ms, step_ms;
	size_t bars;
	uint64_t counts[CHART_BARS_MAX][CHART_KINDS];
};

/* chart_init - `span` up to now; bars begin at whole steps */
void chart_init(struct chart *chart, const struct desk_span *span, int64_t now_ms);

/* chart_add - counts the event, when it is one that is shown */
void chart_add(struct chart *chart, const struct eventlog_line *line);

/* chart_write - a picture, and the same as a table for who cannot see it */
void chart_write(const struct chart *chart, struct desk_call *c);

#endif
