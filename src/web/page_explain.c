/*
 * GET / - the form; POST /explain - the form and the answer
 *
 * With ?part=answer only the answer is written, the same markup: nixie.js puts it into the page.
 */
#include "web/pages.h"

#include "nixie.h"
#include "read/mbox.h"
#include "web/answer.h"
#include "web/count.h"
#include "web/given.h"
#include "web/lookup.h"
#include "web/problem.h"
#include "web/refused.h"
#include "web/request.h"
#include "web/site.h"

#define MAILS_MAX 10                       /* of a mailbox that are explained */
#define MAIL_BYTES_MAX ((size_t)256 << 20) /* one message of a mailbox */
#define KEPT_BYTES_MAX 65536               /* of what was pasted: longer texts are not sent back */

static void
write_form(struct site *s, struct str text)
{
	struct out *const out = &s->out;
	HTML(out, "<form id=\"form\" method=\"post\" enctype=\"multipart/form-data\" "
		  "action=\"/explain");
	if (s->asked_lang.len > 0) {
		HTML(out, "?lang=");
		html_component(out, s->asked_lang);
	}
	HTML(out, "\" data-reading=\"");
	site_say(s, "page.reading");
	HTML(out, "\" data-failed=\"");
	site_say(s, "page.no_answer");
	HTML(out, "\" data-empty=\"");
	site_say(s, "page.empty");
	HTML(out, "\">\n<label for=\"text\">");
	site_say(s, "page.paste_label");
	HTML(out, "</label>\n<textarea id=\"text\" name=\"text\" rows=\"8\" spellcheck=\"false\" "
		  "autocapitalize=\"off\" autocomplete=\"off\" "
		  "aria-describedby=\"hint\">\n");
	/* The first line end behind <textarea> belongs to the markup. */
	html_lines(out, text);
	HTML(out, "</textarea>\n<p class=\"hint\" id=\"hint\">");
	site_say(s, "page.hint");
	HTML(out, "</p>\n<div class=\"act\"><button class=\"go\">");
	site_say(s, "page.button");
	HTML(out, "</button>\n<label>");
	site_say(s, "page.file");
	HTML(out, " <input type=\"file\" name=\"file\" aria-describedby=\"file-hint\" "
		  "accept=\".eml,.mbox,.mbx,.txt,message/rfc822,text/plain,application/mbox\">"
		  "</label></div>\n<p class=\"hint\" id=\"file-hint\">");
	site_say(s, "page.file_hint");
	HTML(out, "</p>\n<p class=\"privacy\">");
	site_say(s, "page.privacy");
	HTML(out, "</p>\n<p class=\"status\" id=\"status\" role=\"status\"></p>\n</form>\n");
}

static void
write_intro(struct site *s)
{
	HTML(&s->out, "<h1>");
	site_say(s, "page.title");
	HTML(&s->out, "</h1>\n<p class=\"lead\">");
	site_say(s, "page.intro");
	HTML(&s->out, "</p>\n");
}

void
page_home(const struct web_call *call, struct web_response *res)
{
	struct site s;
	site_open(&s, call, res);
	res->cache = WEB_CACHE_REVALIDATE;
	site_begin(
		&s, &(struct site_head){.title = site_word(&s, "page.title"), .folder = STR("/")});
	write_intro(&s);
	write_form(&s, STR(""));
	HTML(&s.out, "<div class=\"answers\" id=\"answers\"></div>\n");
	site_end(&s);
	site_close(&s);
}

/* What was given, read. */
struct reading {
	struct given given;
	struct str kept; /* what goes back into the form */
	const struct refused_file *refused;
	bool is_empty, is_lookup;
	struct nixie_report *report; /* of the first message */
	size_t mails;                /* more than 1: a mailbox */
};

static bool
read_one(struct reading *r, struct str bytes)
{
	return nixie_read(r->report, bytes.ptr, bytes.len, r->given.input) == NIXIE_OK;
}

static size_t
mail_end(struct str rest, size_t *next)
{
	struct mbox_end end = {.scanned = 0};
	mbox_find_end(rest.ptr, rest.len, true, MAIL_BYTES_MAX, &end);
	*next = end.next;
	return end.end;
}

static size_t
count_mails(struct str rest)
{
	size_t n = 0, next;
	for (; rest.len > 0; rest = str_from(rest, next), n++)
		(void)mail_end(rest, &next);
	return n;
}

static void
write_mail_number(struct site *s, const char *key, size_t n, size_t total)
{
	char room[2][STR_DIGITS_MAX];
	const struct fill numbers = {
		.n = str_digits((int64_t)n, room[0]), .total = str_digits((int64_t)total, room[1])};
	HTML(&s->out, "<p class=\"mail-n\">");
	html_text(&s->out, site_fill(s, key, &numbers));
	HTML(&s->out, "</p>\n");
}

static bool
write_mailbox(struct site *s, struct reading *r)
{
	struct str rest = r->given.bytes;
	for (size_t i = 0; i < r->mails && i < MAILS_MAX; i++) {
		size_t next;
		const struct str mail = str_head(rest, mail_end(rest, &next));
		if (!read_one(r, mail))
			return false;
		count_report(s->call->web, nixie_report_info(r->report));
		write_mail_number(s, "page.mail_n", i + 1, r->mails);
		answer_write(s, nixie_report_info(r->report), mail, i == 0);
		rest = str_from(rest, next);
	}
	if (r->mails > MAILS_MAX)
		write_mail_number(s, "page.more_mails", r->mails - MAILS_MAX, MAILS_MAX);
	return true;
}

static struct str
title_of(struct site *s, const struct reading *r)
{
	if (r->is_empty)
		return site_word(s, "page.title");
	if (r->refused != NULL)
		return refused_title(s, r->refused);
	if (r->is_lookup)
		return lookup_title(s, r->given.bytes);
	return answer_title(s, nixie_report_info(r->report));
}

static bool
write_answer(struct site *s, struct reading *r)
{
	if (r->is_empty) {
		HTML(&s->out, "<h2 id=\"answer\" tabindex=\"-1\">");
		site_say(s, "page.empty");
		HTML(&s->out, "</h2>\n");
	} else if (r->refused != NULL) {
		refused_write(s, r->refused);
	} else if (r->is_lookup) {
		lookup_write(s, r->given.bytes, r->report);
	} else if (r->mails > 1) {
		return write_mailbox(s, r);
	} else {
		count_report(s->call->web, nixie_report_info(r->report));
		answer_write(s, nixie_report_info(r->report), r->given.bytes, true);
	}
	return true;
}

static bool
write_page(struct site *s, struct reading *r)
{
	site_begin(s, &(struct site_head){
			      .title = title_of(s, r), .folder = STR("/"), .is_answer = true});
	HTML(&s->out, "<h1 class=\"unseen\">");
	site_say(s, "page.title");
	HTML(&s->out, "</h1>\n<div class=\"answers\" id=\"answers\">\n");
	const bool is_written = write_answer(s, r);
	HTML(&s->out, "</div>\n<h2 class=\"again\">");
	site_say(s, "page.again");
	HTML(&s->out, "</h2>\n");
	write_form(s, r->kept);
	site_end(s);
	return is_written;
}

static bool
read_given(const struct web_call *call, struct reading *r, struct web_response *res)
{
	*r = (struct reading){.is_empty = false};
	if (!given_take(call, &r->given, res))
		return false;
	const struct str bytes = r->given.bytes;
	r->is_empty = str_trim(bytes).len == 0;
	r->refused = refused_find(bytes);
	r->kept = bytes.len <= KEPT_BYTES_MAX && r->refused == NULL ? bytes : STR("");
	if (r->is_empty || r->refused != NULL)
		return true;
	r->report = given_report();
	r->is_lookup = lookup_is_short(bytes);
	r->mails = r->given.is_mbox || mbox_is_from_line(bytes.ptr, bytes.len) ? count_mails(bytes)
									       : 1;
	size_t next;
	const struct str first = r->mails > 1 ? str_head(bytes, mail_end(bytes, &next)) : bytes;
	if (r->report != NULL && read_one(r, first))
		return true;
	problem_answer(PROBLEM_INTERNAL, STR_NONE, res);
	return false;
}

void
page_explain(const struct web_call *call, struct web_response *res)
{
	struct reading r;
	struct site s;
	if (read_given(call, &r, res)) {
		const struct str part =
			request_parameter(call->request->query, STR("part"), call->arena);
		site_open(&s, call, res);
		const bool is_written =
			str_eq(part, STR("answer")) ? write_answer(&s, &r) : write_page(&s, &r);
		site_close(&s);
		if (!is_written)
			problem_answer(PROBLEM_INTERNAL, STR_NONE, res);
	}
	nixie_report_free(r.report);
}
