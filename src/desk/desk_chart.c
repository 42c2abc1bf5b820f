/* Failures over time: bars of what was refused, put off and given up beside what arrived. */
#include "desk/inside.h"

#include "base/when.h"

#define WIDTH 720
#define HEIGHT 200
#define BASE 170 /* the line on which the bars stand */
#define TOP 14

/* The classes are those of nixie.css. */
static const struct {
	const char *name;
	struct str class;
} kinds[CHART_KINDS] = {
	{"refused", STR_INIT("bar-refused")},
	{"given up", STR_INIT("bar-bounced")},
	{"put off", STR_INIT("bar-deferred")},
	{"delivered", STR_INIT("bar-delivered")},
};

static int
kind_of(enum eventlog_event event)
{
	switch (event) {
	case LOG_REFUSED:
		return 0;
	case LOG_BOUNCED:
		return 1;
	case LOG_DEFERRED:
		return 2;
	case LOG_DELIVERED:
	case LOG_RELAYED:
		return 3;
	default:
		return -1;
	}
}

void
chart_init(struct chart *chart, const struct desk_span *span, int64_t now_ms)
{
	const int64_t end = (now_ms / span->step_ms + 1) * span->step_ms;
	*chart = (struct chart){.step_ms = span->step_ms};
	chart->bars = (size_t)(span->ms / span->step_ms);
	chart->from_ms = end - (int64_t)chart->bars * span->step_ms;
}

void
chart_add(struct chart *chart, const struct eventlog_line *line)
{
	const int kind = kind_of(line->event);
	if (kind < 0 || line->time_ms < chart->from_ms)
		return;
	const size_t bar = (size_t)((line->time_ms - chart->from_ms) / chart->step_ms);
	if (bar < chart->bars)
		chart->counts[bar][kind]++;
}

static uint64_t
bar_sum(const struct chart *chart, size_t bar)
{
	uint64_t sum = 0;
	for (int k = 0; k < CHART_KINDS; k++)
		sum += chart->counts[bar][k];
	return sum;
}

static uint64_t
highest(const struct chart *chart)
{
	uint64_t most = 0;
	for (size_t i = 0; i < chart->bars; i++)
		if (bar_sum(chart, i) > most)
			most = bar_sum(chart, i);
	return most;
}

static void
add_number(struct desk_call *c, uint64_t n)
{
	char room[STR_DIGITS_MAX];
	out_add(&c->out, str_digits((int64_t)n, room));
}

static void
write_rect(struct desk_call *c, struct str class, uint64_t x, uint64_t y, uint64_t width,
	uint64_t height)
{
	struct out *const out = &c->out;
	HTML(out, "<rect class=\"");
	html_text(out, class);
	HTML(out, "\" x=\"");
	add_number(c, x);
	HTML(out, "\" y=\"");
	add_number(c, y);
	HTML(out, "\" width=\"");
	add_number(c, width);
	HTML(out, "\" height=\"");
	add_number(c, height);
	HTML(out, "\"/>");
}

/* "11-22 09:00"; of whole days without the clock. */
static void
write_label(struct desk_call *c, const struct chart *chart, size_t bar)
{
	char room[WHEN_BYTES];
	const struct str when = when_log(chart->from_ms + (int64_t)bar * chart->step_ms, room);
	html_text(&c->out, str_head(str_from(when, 5), 5));
	if (chart->step_ms >= INT64_C(86400000))
		return;
	HTML(&c->out, " ");
	html_text(&c->out, str_head(str_from(when, 11), 5));
}

static void
write_bar(const struct chart *chart, size_t bar, uint64_t most, struct desk_call *c)
{
	const uint64_t slot = WIDTH / chart->bars;
	uint64_t y = BASE;
	HTML(&c->out, "<g><title>");
	write_label(c, chart, bar);
	for (int k = 0; k < CHART_KINDS; k++) {
		HTML(&c->out, ", ");
		html_text(&c->out, str_of(kinds[k].name));
		HTML(&c->out, ": ");
		add_number(c, chart->counts[bar][k]);
	}
	HTML(&c->out, "</title>");
	/* Well at the bottom, trouble on top of it. */
	for (int k = CHART_KINDS - 1; k >= 0; k--) {
		const uint64_t n = chart->counts[bar][k];
		uint64_t height = n * (BASE - TOP) / most;
		/* What happened once in a busy hour is seen all the same. */
		height = n > 0 && height == 0 ? 1 : height;
		height = height < y ? height : y;
		y -= height;
		if (height > 0)
			write_rect(c, kinds[k].class, bar * slot + 1, y, slot - 2, height);
	}
	HTML(&c->out, "</g>");
}

static void
write_table(const struct chart *chart, struct desk_call *c)
{
	struct out *const out = &c->out;
	HTML(out, "<details><summary>The same as a table</summary>\n<table class=\"desk-table\">\n"
		  "<thead><tr><th scope=\"col\">from (UTC)</th>");
	for (int k = 0; k < CHART_KINDS; k++) {
		HTML(out, "<th scope=\"col\">");
		html_text(out, str_of(kinds[k].name));
		HTML(out, "</th>");
	}
	HTML(out, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < chart->bars; i++) {
		if (bar_sum(chart, i) == 0)
			continue;
		HTML(out, "<tr><th scope=\"row\">");
		write_label(c, chart, i);
		HTML(out, "</th>");
		for (int k = 0; k < CHART_KINDS; k++) {
			HTML(out, "<td>");
			desk_number(c, chart->counts[i][k]);
			HTML(out, "</td>");
		}
		HTML(out, "</tr>\n");
	}
	HTML(out, "</tbody></table></details>\n");
}

void
chart_write(const struct chart *chart, struct desk_call *c)
{
	struct out *const out = &c->out;
	const uint64_t most = highest(chart);
	if (most == 0)
		return;
	HTML(out, "<figure class=\"desk-chart\">\n<figcaption>Recipients over time");
	for (int k = 0; k < CHART_KINDS; k++) {
		HTML(out, " <span class=\"key ");
		html_text(out, kinds[k].class);
		HTML(out, "\">");
		html_text(out, str_of(kinds[k].name));
		HTML(out, "</span>");
	}
	HTML(out,
		"</figcaption>\n<svg viewBox=\"0 0 720 200\" role=\"img\" "
		"aria-label=\"Bars of what was refused, given up, put off and delivered; the table "
		"below has the numbers\">");
	for (size_t i = 0; i < chart->bars; i++)
		if (bar_sum(chart, i) > 0)
			write_bar(chart, i, most, c);
	HTML(out, "<line x1=\"0\" y1=\"170\" x2=\"720\" y2=\"170\"/><text x=\"0\" y=\"190\">");
	write_label(c, chart, 0);
	HTML(out, "</text><text x=\"720\" y=\"190\" text-anchor=\"end\">");
	write_label(c, chart, chart->bars - 1);
	HTML(out, "</text><text x=\"0\" y=\"11\">");
	desk_number(c, most);
	HTML(out, "</text></svg>\n");
	write_table(chart, c);
	HTML(out, "</figure>\n");
}
