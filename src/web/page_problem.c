/*
 * A problem as a page: who posts the form without a script, or opens an address by hand, is a
 * person with a browser, and RFC 9457 is for programs.
 */
#include "web/problem.h"

#include "web/request.h"
#include "web/site.h"

/* The sentences of a problem; those that a person cannot mend have the common ones, with the
 * problem's own English behind them. */
static const char *
words_of(enum problem p)
{
	switch (p) {
	case PROBLEM_TOO_LARGE:
		return "too_large";
	case PROBLEM_TOO_MANY:
		return "too_many";
	case PROBLEM_TIMEOUT:
		return "timeout";
	case PROBLEM_BUSY:
		return "busy";
	case PROBLEM_METHOD:
		return "method";
	case PROBLEM_INTERNAL:
		return "internal";
	default:
		return NULL;
	}
}

static void
write_notice(struct site *s, enum problem p, struct str title)
{
	char room[STR_DIGITS_MAX];
	const char *const words = words_of(p);
	const unsigned wait_s = s->res->retry_after_s;
	const struct fill facts = {.n = str_digits(wait_s > 0 ? wait_s : 1, room)};
	const struct str key = arena_join(
		s->arena, STR("problem."), str_of(words != NULL ? words : "other"), STR("_how"));
	site_notice(s, title, fill_key(key, &facts, s->lang, s->arena));
	if (words != NULL)
		return;
	SITE_ENGLISH(s, "<p class=\"hint\"", ">");
	html_text(&s->out, problem_title(p));
	HTML(&s->out, "</p>\n");
}

static bool
wants_page(const struct web_request *req)
{
	return req != NULL && !str_starts(req->path, STR("/v1/")) &&
	       str_has_case(req->accept, STR("text/html"));
}

void
problem_page(const struct web_request *req, struct web_response *res)
{
	if (res->problem < 0 || !wants_page(req))
		return;
	const enum problem p = (enum problem)res->problem;
	struct web_call call = {.request = req, .arena = &res->arena};
	struct site s;
	buf_clear(&res->body);
	route_language(&call, res);
	res->type = STR("text/html; charset=utf-8");
	res->vary |= WEB_VARY_ACCEPT;
	site_open(&s, &call, res);
	const char *const words = words_of(p);
	const struct str title = site_name(&s, "problem.", str_of(words != NULL ? words : "other"));
	const struct str part = request_parameter(req->query, STR("part"), call.arena);
	if (str_eq(part, STR("answer"))) {
		write_notice(&s, p, title);
		site_close(&s);
		return;
	}
	site_begin(&s, &(struct site_head){.title = title, .folder = STR("/")});
	HTML(&s.out, "<h1 class=\"unseen\">");
	site_say(&s, "page.title");
	HTML(&s.out, "</h1>\n<div class=\"answers\">\n");
	write_notice(&s, p, title);
	HTML(&s.out, "</div>\n<p><a");
	site_href(&s, STR("/"), STR_NONE);
	HTML(&s.out, ">");
	site_say(&s, "page.again");
	HTML(&s.out, "</a></p>\n");
	site_end(&s);
	site_close(&s);
}
