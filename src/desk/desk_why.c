/* GET /operator/why - what became of mail, or why it was refused. */
#include "desk/inside.h"

#include "base/when.h"
#include "explain/page.h"

#define STORIES_MAX 50 /* on a page, the last ones */
#define COLUMNS 100

static const struct {
	const char *name, *label, *hint;
	size_t at;
} questions[] = {
	{"from", "From", "u@example.org, or <>", offsetof(struct why_query, from)},
	{"to", "To", "a recipient", offsetof(struct why_query, to)},
	{"client", "Client", "192.0.2.1, a network, a name", offsetof(struct why_query, client)},
	{"session", "Session", "7Q2F, of (C34 7Q2F)", offsetof(struct why_query, session)},
	{"id", "Message", "its id in the queue", offsetof(struct why_query, id)},
	{"message_id", "Message-ID", "a part of it", offsetof(struct why_query, message_id)},
};

#define QUESTIONS (sizeof questions / sizeof *questions)

static void
write_form(struct desk_call *c)
{
	struct desk_option spans[8];
	HTML(&c->out, "<form class=\"desk-form\" action=\"" DESK_PATH "/why\">\n");
	for (size_t i = 0; i < QUESTIONS; i++)
		desk_field(c, questions[i].name, questions[i].label, questions[i].hint);
	for (size_t i = 0; i < desk_span_count; i++)
		spans[i] = (struct desk_option){desk_spans[i].value, desk_spans[i].label};
	desk_choice(c, "span", "Of the last", str_of(desk_span(c)->value), spans, desk_span_count);
	HTML(&c->out, "<button>Tell</button>\n</form>\n");
}

struct reading {
	const struct desk_source *source;
	char error[DESK_ERROR_BYTES];
};

/* All of the log: what happened in that time may have begun long before. */
static bool
read_log(void *from, why_line *line, void *to)
{
	struct reading *const r = from;
	return r->source->read_log(r->source->to, INT64_MIN, line, to, r->error);
}

static void
write_story(struct desk_call *c, const struct why_story *story)
{
	struct buf text;
	struct out out;
	buf_init(&text, WEB_RESPONSE_BYTES_MAX);
	out_init(&out, buf_sink, &text);
	struct page page = {&out, COLUMNS, false};
	why_text(story, &page);
	(void)out_finish(&out);
	HTML(&c->out, "<pre class=\"desk-story\">");
	html_lines(&c->out, buf_str(&text));
	HTML(&c->out, "</pre>\n");
	buf_fini(&text);
}

static void
write_stories(struct desk_call *c, struct why *w)
{
	const struct why_story *stories;
	size_t count;
	if (!why_stories(w, &stories, &count))
		desk_notice(
			c, STR("More belongs to this than fits into memory: ask for less."), true);
	const size_t from = count > STORIES_MAX ? count - STORIES_MAX : 0;
	if (count == 0)
		desk_notice(c,
			STR("Nothing fits: it did not come to this server in that time, or under "
			    "another name."),
			false);
	if (from > 0) {
		HTML(&c->out, "<p class=\"hint\">The last 50 of ");
		desk_number(c, count);
		HTML(&c->out, ".</p>\n");
	}
	/* The newest first. */
	for (size_t i = count; i > from; i--)
		write_story(c, &stories[i - 1]);
}

static void
tell(struct desk_call *c, const struct why_query *query)
{
	struct reading r = {&c->desk->source, "There is not enough memory."};
	struct why *const w = why_new(query);
	if (w != NULL && why_read(w, read_log, &r))
		write_stories(c, w);
	else
		desk_notice(c, str_of(r.error), true);
	why_free(w);
}

void
desk_why(struct desk_call *c)
{
	const struct desk_source *const source = &c->desk->source;
	struct why_query query = {.until_ms = INT64_MAX};
	bool is_asked = false;
	query.since_ms = source->now_ms(source->to) - desk_span(c)->ms;
	for (size_t i = 0; i < QUESTIONS; i++) {
		const struct str value = desk_parameter(c, questions[i].name);
		is_asked |= str_is_set(value);
		memcpy((char *)&query + questions[i].at, &value, sizeof value);
	}
	desk_begin(c, "Why?");
	write_form(c);
	if (is_asked)
		tell(c, &query);
	else
		HTML(&c->out,
			"<p class=\"hint\">Say what you know: a sender, a recipient, or what "
			"stands at "
			"the end of a refusal, as (C34 7Q2F). A * stands for anything.</p>\n");
	desk_end(c);
}
