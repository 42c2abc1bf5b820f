/* GET /look-up?q= - what a code, a name or a line means */
#include "web/pages.h"

#include "web/given.h"
#include "web/lookup.h"
#include "web/problem.h"
#include "web/request.h"
#include "web/site.h"

#define QUERY_BYTES_MAX 2000 /* the rest of a longer one is not read */

/* Things to look up: one of each kind. */
static const struct str examples[] = {STR_INIT("5.7.26"), STR_INIT("550"), STR_INIT("421 4.7.0"),
	STR_INIT("S3150"), STR_INIT("0x800CCC79"), STR_INIT("[TSS04]"),
	STR_INIT("zen.spamhaus.org"), STR_INIT("Use HELO/EHLO first")};

static void
write_form(struct site *s, struct str asked)
{
	struct out *const out = &s->out;
	HTML(out, "<form role=\"search\" method=\"get\" action=\"/look-up\">\n");
	if (s->asked_lang.len > 0) {
		HTML(out, "<input type=\"hidden\" name=\"lang\" value=\"");
		html_text(out, s->asked_lang);
		HTML(out, "\">\n");
	}
	HTML(out, "<label for=\"q\">");
	site_say(s, "lookup.label");
	HTML(out, "</label>\n<div class=\"row\"><input type=\"search\" id=\"q\" name=\"q\" "
		  "spellcheck=\"false\" autocapitalize=\"off\" autocomplete=\"off\" value=\"");
	html_text(out, asked);
	HTML(out, "\"><button class=\"go\">");
	site_say(s, "lookup.button");
	HTML(out, "</button></div>\n<div class=\"hint\">");
	site_say(s, "lookup.hint");
	HTML(out, " <ul>");
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		HTML(out, "<li><a href=\"/look-up?q=");
		html_component(out, examples[i]);
		if (s->asked_lang.len > 0) {
			HTML(out, "&amp;lang=");
			html_component(out, s->asked_lang);
		}
		HTML(out, "\">");
		html_text(out, examples[i]);
		HTML(out, "</a></li> ");
	}
	HTML(out, "</ul></div>\n</form>\n");
}

static void
write_answer(struct site *s, struct str asked)
{
	struct nixie_report *const r = given_report();
	if (r != NULL && nixie_read(r, asked.ptr, asked.len, NIXIE_INPUT_TEXT) == NIXIE_OK)
		lookup_write(s, asked, r);
	else
		s->res->status = 500;
	nixie_report_free(r);
}

void
page_lookup(const struct web_call *call, struct web_response *res)
{
	struct site s;
	const struct str asked = str_head_text(
		str_trim(request_parameter(call->request->query, STR("q"), call->arena)),
		QUERY_BYTES_MAX);
	site_open(&s, call, res);
	site_begin(&s, &(struct site_head){.title = asked.len > 0 ? lookup_title(&s, asked)
								  : site_word(&s, "lookup.title"),
			       .folder = STR("/look-up"),
			       .query = asked});
	HTML(&s.out, "<h1>");
	site_say(&s, "lookup.title");
	HTML(&s.out, "</h1>\n");
	write_form(&s, asked);
	if (asked.len > 0)
		write_answer(&s, asked);
	site_end(&s);
	site_close(&s);
}
