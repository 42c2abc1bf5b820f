/* The queue: what waits, one message of it, and what is to be done about them. */
#include "desk/inside.h"

#include "base/json_walk.h"
#include "explain/page.h"

#define PAGE_ROWS "200" /* recipients on a page */
#define WORDS_MAX 24

/* One recipient as `nixied queue -o json` tells it. */
#define WAITING_FIELDS(X)                                                                          \
	X(id)                                                                                      \
	X(state)                                                                                   \
	X(from)                                                                                    \
	X(to)                                                                                      \
	X(arrived)                                                                                 \
	X(attempts)                                                                                \
	X(next)                                                                                    \
	X(reply)                                                                                   \
	X(why)                                                                                     \
	X(peer)

struct waiting {
#define X(name) struct str name;
	WAITING_FIELDS(X)
#undef X
};

static void
take_value(void *to, const struct json_path *path, struct str value)
{
	struct waiting *const w = to;
	if (path->depth != 1)
		return;
#define X(field)                                                                                   \
	if (str_eq(path->name[0], STR(#field)))                                                    \
		w->field = value;
	WAITING_FIELDS(X)
#undef X
}

/* ---- asking -----------------------------------------------------------------------------------
 */

struct request {
	struct str words[WORDS_MAX];
	size_t count;
	bool is_partial; /* what was asked for is not all in it: it would do more than that */
};

/* Words go to the server with a NUL behind each. */
static void
add_word(struct request *r, struct str word)
{
	if (r->count < WORDS_MAX && str_find_char(word, '\0', 0) == STR_NPOS)
		r->words[r->count++] = word;
	else
		r->is_partial = true;
}

/* The fields of the form are options of the command. */
static void
add_filter(struct request *r, struct desk_call *c)
{
	static const struct {
		const char *name;
		struct str option;
	} options[] = {{"to", STR_INIT("--to")}, {"from", STR_INIT("--from")},
		{"domain", STR_INIT("--domain")}, {"reason", STR_INIT("--reason")}};
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		const struct str value = desk_parameter(c, options[i].name);
		if (!str_is_set(value))
			continue;
		add_word(r, options[i].option);
		add_word(r, value);
	}
	const struct str state = desk_parameter(c, "state"), id = desk_parameter(c, "id");
	if (str_eq(state, STR("held")))
		add_word(r, STR("--held"));
	else if (str_eq(state, STR("waiting")))
		add_word(r, STR("--waiting"));
	else if (str_is_set(state))
		r->is_partial = true;
	/* What begins with "-" would be an option; it is no id either. */
	if (id.len > 0 && id.ptr[0] != '-')
		add_word(r, id);
	else if (str_is_set(id))
		r->is_partial = true;
	r->is_partial |= arena_failed(c->arena);
}

static int
ask(struct desk_call *c, const struct request *r, struct buf *answer)
{
	const struct desk_source *const source = &c->desk->source;
	return source->ask(source->to, r->words, r->count, answer);
}

static bool
tell_failure(struct desk_call *c, int code, struct str answer)
{
	if (code < 0)
		desk_notice(c,
			STR("The mail server does not answer: it does not run, or this page may "
			    "not "
			    "open control.sock in its folder."),
			true);
	else if (code > 1)
		desk_notice(c, answer, true);
	return code < 0 || code > 1;
}

/* ---- the list ---------------------------------------------------------------------------------
 */

static const struct desk_option states[] = {{"", "all"}, {"waiting", "waiting"}, {"held", "held"}};

static const struct desk_option acts[] = {{"retry", "try now"}, {"hold", "hold"},
	{"release", "release"}, {"bounce", "give up, and tell the sender"},
	{"remove", "give up, and tell nobody"}};

#define ACTS (sizeof acts / sizeof *acts)

static void
write_filter(struct desk_call *c)
{
	HTML(&c->out, "<form class=\"desk-form\" action=\"" DESK_PATH "/queue\">\n");
	desk_field(c, "to", "To", "a recipient");
	desk_field(c, "domain", "Domain", "example.org");
	desk_field(c, "from", "From", "a sender, or <>");
	desk_field(c, "reason", "Last answer", "C34, mailbox full");
	desk_choice(c, "state", "State", desk_parameter(c, "state"), states,
		sizeof states / sizeof *states);
	HTML(&c->out, "<button>Show</button>\n</form>\n");
}

static void
write_cell(struct desk_call *c, struct str text)
{
	HTML(&c->out, "<td>");
	html_text(&c->out, text);
	HTML(&c->out, "</td>");
}

/* "2026-11-22T09:14:03.120Z" as a person reads it. */
static void
write_moment(struct desk_call *c, struct str when)
{
	HTML(&c->out, "<td>");
	html_text(&c->out, str_head(when, 10));
	HTML(&c->out, " ");
	html_text(&c->out, str_head(str_from(when, 11), 5));
	HTML(&c->out, "</td>");
}

static void
write_waiting(struct desk_call *c, const struct waiting *w)
{
	struct out *const out = &c->out;
	HTML(out, "<tr><td><a href=\"" DESK_PATH "/queue/");
	html_component(out, w->id);
	HTML(out, "\">");
	html_text(out, w->id);
	HTML(out, "</a></td>");
	write_cell(c, w->state);
	write_cell(c, w->from.len > 0 ? w->from : STR("<>"));
	write_cell(c, w->to);
	write_moment(c, w->arrived);
	HTML(out, "<td class=\"number\">");
	html_text(out, w->attempts);
	HTML(out, "</td>");
	write_moment(c, w->next);
	HTML(out, "<td>");
	html_text(out, w->reply.len > 0 ? w->reply : w->why);
	HTML(out, "</td></tr>\n");
}

static void
write_list(struct desk_call *c, struct str lines)
{
	struct str line;
	size_t shown = 0;
	HTML(&c->out,
		"<div class=\"desk-wide\" tabindex=\"0\" role=\"region\" aria-label=\"Recipients\">"
		"<table class=\"desk-table\">\n<thead><tr><th scope=\"col\">message</th>"
		"<th scope=\"col\">state</th><th scope=\"col\">from</th><th scope=\"col\">to</th>"
		"<th scope=\"col\">arrived</th><th scope=\"col\">tried</th>"
		"<th scope=\"col\">next</th><th scope=\"col\">last answer</th></tr></thead>\n"
		"<tbody>\n");
	while (str_line(&lines, &line)) {
		struct waiting w = {.id = STR_NONE};
		if (!json_walk(line, c->arena, take_value, &w) || w.id.len == 0)
			continue;
		write_waiting(c, &w);
		shown++;
	}
	HTML(&c->out, "</tbody></table></div>\n<p class=\"hint\">");
	desk_number(c, shown);
	HTML(&c->out, " shown, at most " PAGE_ROWS ". Times are UTC.</p>\n");
}

static void
write_hidden(struct desk_call *c, const char *name)
{
	const struct str value = desk_parameter(c, name);
	if (!str_is_set(value))
		return;
	HTML(&c->out, "<input type=\"hidden\" name=\"");
	html_text(&c->out, str_of(name));
	HTML(&c->out, "\" value=\"");
	html_text(&c->out, value);
	HTML(&c->out, "\">");
}

/* What is to be done with all that fits the filter. */
static void
write_acts(struct desk_call *c, struct str id)
{
	static const char *const fields[] = {"to", "from", "domain", "reason", "state"};
	HTML(&c->out,
		"<form class=\"desk-form\" method=\"post\" action=\"" DESK_PATH "/queue\">\n");
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		write_hidden(c, fields[i]);
	if (str_is_set(id)) {
		HTML(&c->out, "<input type=\"hidden\" name=\"id\" value=\"");
		html_text(&c->out, id);
		HTML(&c->out, "\">");
	}
	desk_choice(c, "act",
		str_is_set(id) ? "With all its recipients" : "With all that fits, shown or not",
		STR("retry"), acts, ACTS);
	HTML(&c->out, "<button>Do it</button>\n</form>\n");
}

static void
tell_said(struct desk_call *c)
{
	const struct str said = desk_parameter(c, "said");
	if (str_is_set(said))
		desk_notice(c, said, false);
}

void
desk_queue(struct desk_call *c)
{
	struct request r = {.words = {STR_INIT("queue"), STR_INIT("list"), STR_INIT("-o"),
				    STR_INIT("json"), STR_INIT("--limit"), STR_INIT(PAGE_ROWS)},
		.count = 6};
	struct buf answer;
	buf_init(&answer, WEB_RESPONSE_BYTES_MAX);
	add_filter(&r, c);
	desk_begin(c, "Queue");
	tell_said(c);
	write_filter(c);
	const int code = ask(c, &r, &answer);
	if (!tell_failure(c, code, buf_str(&answer))) {
		if (code == 1)
			desk_notice(c, STR("Nothing waits that fits."), false);
		else {
			write_list(c, buf_str(&answer));
			write_acts(c, STR_NONE);
		}
	}
	desk_end(c);
	buf_fini(&answer);
}

/* ---- one message ------------------------------------------------------------------------------
 */

void
desk_message(struct desk_call *c)
{
	struct request r = {.words = {STR_INIT("queue"), STR_INIT("show")}, .count = 2};
	struct buf answer;
	buf_init(&answer, WEB_RESPONSE_BYTES_MAX);
	desk_begin(c, "A message in the queue");
	tell_said(c);
	/* As add_filter(): no option from there. */
	if (c->rest.len > 0 && c->rest.ptr[0] != '-')
		add_word(&r, c->rest);
	const int code = ask(c, &r, &answer);
	if (code < 0)
		tell_failure(c, code, STR_NONE);
	else if (code != 0) {
		c->res->status = 404;
		desk_notice(c, buf_str(&answer), true);
	} else {
		HTML(&c->out, "<pre>");
		html_lines(&c->out, buf_str(&answer));
		HTML(&c->out, "</pre>\n");
		write_acts(c, c->rest);
	}
	HTML(&c->out, "<p><a href=\"" DESK_PATH "/why?span=30d&amp;id=");
	html_component(&c->out, c->rest);
	HTML(&c->out, "\">What the log tells of it</a></p>\n");
	desk_end(c);
	buf_fini(&answer);
}

/* ---- doing ------------------------------------------------------------------------------------
 */

static bool
is_act(struct str act)
{
	for (size_t i = 0; i < ACTS; i++)
		if (str_eq(act, str_of(acts[i].value)))
			return true;
	return false;
}

static void
add_query(struct out *out, struct desk_call *c)
{
	static const char *const fields[] = {"to", "from", "domain", "reason", "state"};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const struct str value = desk_parameter(c, fields[i]);
		if (!str_is_set(value))
			continue;
		HTML(out, "&");
		out_add(out, str_of(fields[i]));
		HTML(out, "=");
		html_component(out, value);
	}
}

/* Back to where the form was, with what the server said. */
static void
go_back(struct desk_call *c, struct str said)
{
	struct buf address;
	struct out out;
	const struct str id = desk_parameter(c, "id");
	buf_init(&address, 16384);
	out_init(&out, buf_sink, &address);
	HTML(&out, DESK_PATH "/queue");
	/* A message that is given up is no more in the queue. */
	if (str_is_set(id) && !str_eq(desk_parameter(c, "act"), STR("bounce")) &&
		!str_eq(desk_parameter(c, "act"), STR("remove"))) {
		HTML(&out, "/");
		html_component(&out, id);
	}
	HTML(&out, "?said=");
	html_component(&out, str_trim(said));
	if (!str_is_set(id))
		add_query(&out, c);
	if (out_finish(&out) && !buf_failed(&address))
		desk_go(c, buf_str(&address));
	else
		desk_go(c, STR(DESK_PATH "/queue"));
	buf_fini(&address);
}

static void
refuse(struct desk_call *c, struct str words)
{
	c->res->status = 400;
	desk_begin(c, "Queue");
	desk_notice(c, words, true);
	desk_end(c);
}

void
desk_act(struct desk_call *c)
{
	struct request r = {.words = {STR_INIT("queue")}, .count = 1};
	struct buf answer;
	const struct str act = desk_parameter(c, "act");
	if (!is_act(act)) {
		refuse(c, STR("The form does not say what is to be done."));
		return;
	}
	add_word(&r, act);
	add_filter(&r, c);
	if (r.is_partial) {
		refuse(c, STR("The form does not say which messages: nothing was done."));
		return;
	}
	buf_init(&answer, WEB_RESPONSE_BYTES_MAX);
	if (r.count == 2)
		add_word(&r, STR("--all"));
	const int code = ask(c, &r, &answer);
	if (code < 0)
		go_back(c, STR("The mail server does not answer: nothing was done."));
	else
		go_back(c, buf_str(&answer));
	buf_fini(&answer);
}
