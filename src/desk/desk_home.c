/* GET /operator - what needs a hand first, how it went over time, what failed most. */
#include "desk/inside.h"

#include "base/json_walk.h"
#include "catalogue/catalogue.h"
#include "eventlog/digest.h"

#define ROWS_MAX 8
#define LINE_ARENA_BYTES_MAX ((size_t)1 << 20)

struct reading {
	struct digest *digest;
	struct chart chart;
	struct arena arena; /* of one line */
	int64_t since_ms;
};

static void
read_line(void *to, struct str line)
{
	struct reading *const r = to;
	struct eventlog_line event;
	arena_reset(&r->arena);
	if (!eventlog_read(line, &r->arena, &event))
		return;
	chart_add(&r->chart, &event);
	if (event.time_ms >= r->since_ms)
		digest_add_event(r->digest, &event);
}

/* ---- the queue --------------------------------------------------------------------------------
 */

struct waiting {
	int64_t recipients, tried, held;
};

static void
read_count(void *to, const struct json_path *path, struct str value)
{
	struct waiting *const w = to;
	const struct {
		struct str name;
		int64_t *to;
	} parts[] = {{STR("recipients"), &w->recipients}, {STR("tried"), &w->tried},
		{STR("held"), &w->held}};
	for (size_t i = 0; path->depth == 1 && i < sizeof parts / sizeof *parts; i++)
		if (str_eq(path->name[0], parts[i].name))
			*parts[i].to = str_number(value, INT64_MAX);
}

static void
write_part(struct desk_call *c, int64_t number, const char *what)
{
	if (number <= 0)
		return;
	HTML(&c->out, ", ");
	desk_number(c, (uint64_t)number);
	html_text(&c->out, str_of(what));
}

static void
write_queue(struct desk_call *c)
{
	const struct str words[] = {STR("queue"), STR("count"), STR("-o"), STR("json")};
	struct waiting w = {0};
	struct buf answer;
	buf_init(&answer, WEB_RESPONSE_BYTES_MAX);
	const int code = c->desk->source.ask(
		c->desk->source.to, words, sizeof words / sizeof *words, &answer);
	if (code < 0) {
		desk_notice(c,
			STR("The mail server does not answer: it does not run, or this page may "
			    "not open control.sock in its folder. What the log says is below."),
			true);
		buf_fini(&answer);
		return;
	}
	json_walk(buf_str(&answer), c->arena, read_count, &w);
	HTML(&c->out, "<p class=\"desk-queue\"><a href=\"" DESK_PATH "/queue\">");
	desk_number(c, (uint64_t)w.recipients);
	html_text(&c->out, w.recipients == 1 ? STR(" recipient waits") : STR(" recipients wait"));
	HTML(&c->out, "</a>");
	write_part(c, w.tried, " tried already");
	write_part(c, w.held, " held");
	HTML(&c->out, ".</p>\n");
	buf_fini(&answer);
}

/* ---- the digest -------------------------------------------------------------------------------
 */

/* A condition or a reason leads to its page in the reference. */
static void
write_name(struct desk_call *c, const struct digest_row *row, const struct why_advice *advice)
{
	struct out *const out = &c->out;
	struct str title = advice->title;
	if (catalogue_condition_find(advice->name) >= 0) {
		HTML(out, "<a href=\"/conditions/");
	} else if (catalogue_reason_find(advice->name) >= 0) {
		HTML(out, "<a href=\"/reasons/");
		title = catalogue_sentence(
			LANG_EN, arena_join(c->arena, STR("reason."), advice->name, STR("")));
	} else {
		html_text(out, row->key);
		return;
	}
	html_component(out, advice->name);
	HTML(out, "\">");
	html_text(out, title.len > 0 ? title : advice->name);
	HTML(out, "</a> <code>");
	html_text(out, advice->name);
	HTML(out, "</code>");
}

static void
write_example(struct desk_call *c, const struct eventlog_line *l)
{
	static const struct {
		enum eventlog_name field;
		const char *before;
	} parts[] = {{FIELD_FROM, "from "}, {FIELD_TO, "to "}, {FIELD_CLIENT, "by "},
		{FIELD_PEER, "at "}, {FIELD_REPLY, ": "}};
	bool has_any = false;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		const struct str value = l->field[parts[i].field];
		if (value.len == 0)
			continue;
		if (!has_any)
			HTML(&c->out, "<p class=\"hint\">e.g. ");
		else if (parts[i].field != FIELD_REPLY)
			HTML(&c->out, " ");
		html_text(&c->out, str_of(parts[i].before));
		html_text(&c->out, value);
		has_any = true;
	}
	if (has_any)
		HTML(&c->out, "</p>");
}

static void
write_row(struct desk_call *c, const struct digest_row *row, bool has_advice, bool is_plain)
{
	struct out *const out = &c->out;
	struct why_advice advice = {.name = row->key};
	HTML(out, "<tr><td class=\"number\">");
	desk_number(c, row->count);
	HTML(out, "</td><td>");
	if (!is_plain && why_advice_of(&row->example, &advice))
		write_name(c, row, &advice);
	else
		html_text(out, row->key);
	if (has_advice && advice.to_do.len > 0) {
		HTML(out, "<p><strong>To do:</strong> ");
		html_text(out, advice.to_do);
		HTML(out, "</p>");
	}
	if (has_advice && advice.setting.len > 0) {
		HTML(out, "<p>Setting: <code>");
		html_text(out, advice.setting);
		HTML(out, "</code></p>");
	}
	if (!is_plain)
		write_example(c, &row->example);
	HTML(out, "</td></tr>\n");
}

static void
open_table(struct desk_call *c, const char *heading)
{
	HTML(&c->out, "<section>\n<h2>");
	html_text(&c->out, str_of(heading));
	HTML(&c->out, "</h2>\n<table class=\"desk-table\">\n<tbody>\n");
}

static void
write_kind(struct desk_call *c, const struct digest *d, enum digest_kind kind, const char *heading,
	bool is_plain)
{
	size_t count;
	const struct digest_row *const rows = digest_rows(d, kind, &count);
	size_t shown = 0, left = 0;
	for (size_t i = 0; i < count; i++) {
		if (!is_plain && digest_is_ours(kind, rows[i].key))
			continue; /* write_ours() has told it */
		if (shown == ROWS_MAX) {
			left++;
			continue;
		}
		if (shown++ == 0)
			open_table(c, heading);
		write_row(c, &rows[i], false, is_plain);
	}
	if (shown == 0)
		return;
	HTML(&c->out, "</tbody></table>\n");
	if (left > 0) {
		HTML(&c->out, "<p class=\"hint\">and ");
		desk_number(c, left);
		HTML(&c->out, " more kinds: <code>nixied digest</code> lists them</p>\n");
	}
	HTML(&c->out, "</section>\n");
}

/* What the people here can mend, with how. */
static void
write_ours(struct desk_call *c, const struct digest *d)
{
	static const enum digest_kind kinds[] = {
		DIGEST_ALARM, DIGEST_OWN_FAULT, DIGEST_REFUSED, DIGEST_BOUNCED, DIGEST_WAITING};
	bool has_any = false;
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		size_t count, shown = 0;
		const struct digest_row *const rows = digest_rows(d, kinds[k], &count);
		for (size_t i = 0; i < count && shown < ROWS_MAX; i++) {
			if (!digest_is_ours(kinds[k], rows[i].key))
				continue;
			if (!has_any)
				open_table(c, "Needs a hand here first");
			has_any = true;
			shown++;
			write_row(c, &rows[i], true, false);
		}
	}
	if (has_any)
		HTML(&c->out, "</tbody></table>\n</section>\n");
	else
		desk_notice(c, STR("Nothing needs a hand here."), false);
}

static void
write_totals(struct desk_call *c, const struct digest *d)
{
	static const struct {
		enum digest_total total;
		const char *label;
	} shown[] = {{TOTAL_MESSAGES, "messages taken"}, {TOTAL_DELIVERED, "delivered here"},
		{TOTAL_RELAYED, "relayed"}, {TOTAL_WAITING, "put off, not reached yet"},
		{TOTAL_BOUNCED, "given up"}, {TOTAL_REFUSED, "refused"},
		{TOTAL_DISCARDED, "discarded"}, {TOTAL_LOGIN_FAILURES, "wrong logins"}};
	HTML(&c->out, "<dl class=\"desk-totals\">\n");
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
		HTML(&c->out, "<div><dt>");
		html_text(&c->out, str_of(shown[i].label));
		HTML(&c->out, "</dt><dd>");
		desk_number(c, digest_total(d, shown[i].total));
		HTML(&c->out, "</dd></div>\n");
	}
	HTML(&c->out, "</dl>\n");
}

static void
write_spans(struct desk_call *c, const struct desk_span *here)
{
	HTML(&c->out, "<nav class=\"desk-spans\" aria-label=\"Time\"><ul>");
	for (size_t i = 0; i < desk_span_count; i++) {
		HTML(&c->out, "<li><a href=\"" DESK_PATH "?span=");
		html_component(&c->out, str_of(desk_spans[i].value));
		HTML(&c->out, "\"");
		if (&desk_spans[i] == here)
			HTML(&c->out, " aria-current=\"true\"");
		HTML(&c->out, ">");
		html_text(&c->out, str_of(desk_spans[i].label));
		HTML(&c->out, "</a></li>");
	}
	HTML(&c->out, "</ul></nav>\n");
}

static void
write_digest(struct desk_call *c, const struct reading *r)
{
	int64_t first_ms, last_ms;
	if (!digest_span(r->digest, &first_ms, &last_ms)) {
		desk_notice(c, STR("The log has no event in that time."), false);
		return;
	}
	write_totals(c, r->digest);
	chart_write(&r->chart, c);
	write_ours(c, r->digest);
	write_kind(c, r->digest, DIGEST_REFUSED, "Refused, and nothing to do here", false);
	write_kind(c, r->digest, DIGEST_BOUNCED, "Given up, and nothing to do here", false);
	write_kind(c, r->digest, DIGEST_WAITING, "Put off, and tried again by itself", false);
	write_kind(c, r->digest, DIGEST_DOMAIN, "Not reached, by domain", true);
	write_kind(c, r->digest, DIGEST_CLIENT, "Refused most, by client", true);
	write_kind(c, r->digest, DIGEST_LOGIN, "Wrong logins, by client", true);
	write_kind(c, r->digest, DIGEST_DISCARDED, "Discarded, by rule", true);
}

void
desk_home(struct desk_call *c)
{
	const struct desk_span *const span = desk_span(c);
	const struct desk_source *const source = &c->desk->source;
	const int64_t now_ms = source->now_ms(source->to);
	char error[DESK_ERROR_BYTES];
	struct reading r = {.digest = digest_new(), .since_ms = now_ms - span->ms};
	chart_init(&r.chart, span, now_ms);
	arena_init(&r.arena, LINE_ARENA_BYTES_MAX);
	desk_begin(c, "Mail server");
	write_spans(c, span);
	write_queue(c);
	if (r.digest == NULL)
		desk_notice(c, STR("There is not enough memory to read the log."), true);
	else if (!source->read_log(source->to, r.since_ms, read_line, &r, error))
		desk_notice(c, str_of(error), true);
	else if (!digest_end(r.digest))
		desk_notice(c, STR("There is not enough memory: the counts are too small."), true);
	if (r.digest != NULL)
		write_digest(c, &r);
	desk_end(c);
	digest_free(r.digest);
	arena_fini(&r.arena);
}
