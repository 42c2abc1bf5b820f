/* The frame of the operator's pages, and the pieces they are made of. */
#include "desk/inside.h"

#include "assets.gen.h"
#include "base/when.h"
#include "web/request.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

const struct desk_span desk_spans[] = {
	{"24h", "24 hours", DAY_MS, HOUR_MS},
	{"7d", "7 days", 7 * DAY_MS, 6 * HOUR_MS},
	{"30d", "30 days", 30 * DAY_MS, DAY_MS},
};
const size_t desk_span_count = sizeof desk_spans / sizeof *desk_spans;

static const struct {
	struct str path, name;
} pages[] = {
	{STR_INIT(DESK_PATH), STR_INIT("Overview")},
	{STR_INIT(DESK_PATH "/queue"), STR_INIT("Queue")},
	{STR_INIT(DESK_PATH "/why"), STR_INIT("Why")},
};

void
desk_begin(struct desk_call *c, const char *title)
{
	struct out *const out = &c->out;
	HTML(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
	html_text(out, str_of(title));
	HTML(out, " \xC2\xB7 nixied</title>\n"
		  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		  "<meta name=\"color-scheme\" content=\"light dark\">\n"
		  "<meta name=\"robots\" content=\"noindex\">\n"
		  "<link rel=\"icon\" type=\"image/svg+xml\" href=\"" ASSET_FAVICON_SVG "\">\n"
		  "<link rel=\"stylesheet\" href=\"" ASSET_NIXIE_CSS "\">\n</head>\n<body>\n"
		  "<a class=\"skip\" href=\"#main\">Skip to the content</a>\n"
		  "<header class=\"top\">\n<a class=\"mark\" href=\"" DESK_PATH "\">"
		  "<svg viewBox=\"0 0 32 24\" width=\"32\" height=\"24\" aria-hidden=\"true\">"
		  "<path d=\"M2 3h28v18H2zM2 3l14 11L30 3\"/></svg>nixied</a>\n"
		  "<nav class=\"pages\" aria-label=\"Pages\"><ul>");
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		HTML(out, "<li><a href=\"");
		html_text(out, pages[i].path);
		HTML(out, "\"");
		if (str_eq(pages[i].path, c->request->path))
			HTML(out, " aria-current=\"page\"");
		HTML(out, ">");
		html_text(out, pages[i].name);
		HTML(out, "</a></li>");
	}
	HTML(out, "<li><a href=\"/\">Explain a bounce</a></li></ul></nav>\n</header>\n"
		  "<main id=\"main\" class=\"desk\">\n<h1>");
	html_text(out, str_of(title));
	HTML(out, "</h1>\n");
}

void
desk_end(struct desk_call *c)
{
	HTML(&c->out, "</main>\n</body>\n</html>\n");
}

void
desk_notice(struct desk_call *c, struct str words, bool is_bad)
{
	if (is_bad)
		HTML(&c->out, "<p class=\"desk-notice bad\" role=\"alert\">");
	else
		HTML(&c->out, "<p class=\"desk-notice\" role=\"status\">");
	html_text(&c->out, words);
	HTML(&c->out, "</p>\n");
}

struct str
desk_parameter(struct desk_call *c, const char *name)
{
	const bool is_form = str_eq(c->request->method, STR("POST"));
	const struct str value = request_parameter(
		is_form ? c->request->body : c->request->query, str_of(name), c->arena);
	return value.len > 0 ? value : STR_NONE;
}

void
desk_field(struct desk_call *c, const char *name, const char *label, const char *hint)
{
	struct out *const out = &c->out;
	HTML(out, "<label>");
	html_text(out, str_of(label));
	HTML(out, " <input name=\"");
	html_text(out, str_of(name));
	HTML(out, "\" autocomplete=\"off\" spellcheck=\"false\" placeholder=\"");
	html_text(out, str_of(hint));
	HTML(out, "\" value=\"");
	/* A token that was refused is not shown again. */
	if (c->res->status != 401)
		html_text(out, desk_parameter(c, name));
	HTML(out, "\"></label>\n");
}

void
desk_choice(struct desk_call *c, const char *name, const char *label, struct str chosen,
	const struct desk_option *options, size_t count)
{
	struct out *const out = &c->out;
	HTML(out, "<label>");
	html_text(out, str_of(label));
	HTML(out, " <select name=\"");
	html_text(out, str_of(name));
	HTML(out, "\">");
	for (size_t i = 0; i < count; i++) {
		HTML(out, "<option value=\"");
		html_text(out, str_of(options[i].value));
		HTML(out, "\"");
		if (str_eq(chosen, str_of(options[i].value)))
			HTML(out, " selected");
		HTML(out, ">");
		html_text(out, str_of(options[i].label));
		HTML(out, "</option>");
	}
	HTML(out, "</select></label>\n");
}

void
desk_number(struct desk_call *c, uint64_t n)
{
	char room[STR_DIGITS_MAX];
	struct str digits = str_digits((int64_t)n, room);
	/* Groups of three, from the right. */
	while (digits.len > 0) {
		const size_t head = (digits.len - 1) % 3 + 1;
		out_add(&c->out, str_head(digits, head));
		digits = str_from(digits, head);
		if (digits.len > 0)
			HTML(&c->out, ",");
	}
}

void
desk_time(struct desk_call *c, int64_t ms)
{
	char room[WHEN_BYTES];
	const struct str when = when_log(ms, room);
	HTML(&c->out, "<time datetime=\"");
	html_text(&c->out, when);
	HTML(&c->out, "\">");
	html_text(&c->out, str_head(when, 10));
	HTML(&c->out, " ");
	html_text(&c->out, str_head(str_from(when, 11), 8));
	HTML(&c->out, "</time>");
}

void
desk_go(struct desk_call *c, struct str address)
{
	c->res->status = 303;
	c->res->location = arena_str(c->arena, address);
}

const struct desk_span *
desk_span(struct desk_call *c)
{
	const struct str asked = desk_parameter(c, "span");
	for (size_t i = 0; i < desk_span_count; i++)
		if (str_eq(asked, str_of(desk_spans[i].value)))
			return &desk_spans[i];
	return &desk_spans[0];
}
