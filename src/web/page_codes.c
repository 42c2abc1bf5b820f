/* GET /reply-codes, /enhanced-codes, /client-errors, and each code of them */
#include "web/pages.h"

#include "read/reply.h"
#include "web/reference.h"

#define USERS_MAX 40 /* rows of providers that are shown for a code */

static void
write_list(struct site *s, enum code_kind kind, size_t count, bool (*is_in)(size_t row))
{
	HTML(&s->out, "<ul class=\"list\">\n");
	for (size_t i = 0; i < count; i++) {
		const struct code_entry e = {kind, i, 0, STR_NONE};
		const struct entry_address at = entry_address(&e, s->arena);
		struct code_view v;
		if (is_in != NULL && !is_in(i))
			continue;
		code_view(&e, s->lang, s->arena, &v);
		reference_item(s, &at, v.title, v.meaning);
	}
	HTML(&s->out, "</ul>\n");
}

/* What the first and the second digit mean, before the codes themselves. */
static void
write_digits(struct site *s)
{
	HTML(&s->out, "<ul>\n");
	for (size_t i = 0; i < CATALOGUE_CODE_DIGITS; i++) {
		const struct code_entry e = {ENTRY_DIGIT, i, 0, STR_NONE};
		struct code_view v;
		code_view(&e, s->lang, s->arena, &v);
		HTML(&s->out, "<li><b>");
		html_text(&s->out, v.title);
		HTML(&s->out, "</b> ");
		html_text(&s->out, v.meaning);
		HTML(&s->out, "</li>\n");
	}
	HTML(&s->out, "</ul>\n");
}

static bool
is_reply_code(size_t row)
{
	return !str_eq(catalogue_text(catalogue_replies[row].class), STR("client"));
}

static bool
is_error_number(size_t row)
{
	return !is_reply_code(row);
}

void
page_replies(const struct web_call *call, struct web_response *res)
{
	struct site s;
	reference_open(&s, call, res, &reference_replies);
	write_digits(&s);
	write_list(&s, ENTRY_REPLY, CATALOGUE_REPLIES, is_reply_code);
	reference_heading(&s, "ref.not_replies");
	write_list(&s, ENTRY_REPLY, CATALOGUE_REPLIES, is_error_number);
	reference_close(&s);
}

void
page_enhanced(const struct web_call *call, struct web_response *res)
{
	struct site s;
	reference_open(&s, call, res, &reference_enhanced);
	write_list(&s, ENTRY_ENHANCED, CATALOGUE_ENHANCED, NULL);
	reference_close(&s);
}

void
page_client_errors(const struct web_call *call, struct web_response *res)
{
	struct site s;
	reference_open(&s, call, res, &reference_client_errors);
	write_list(&s, ENTRY_CLIENT_ERROR, CATALOGUE_CLIENT_ERRORS, NULL);
	reference_close(&s);
}

static void
write_user(struct site *s, size_t row, size_t *n)
{
	const struct code_entry e = {ENTRY_PROVIDER_CODE, row, 0, STR_NONE};
	const struct entry_address at = entry_address(&e, s->arena);
	const struct provider_code_row *const p = &catalogue_provider_codes[row];
	const struct str pattern = entry_pattern(catalogue_text(p->pattern), s->arena);
	if (++*n > USERS_MAX)
		return;
	if (*n == 1) {
		reference_heading(s, "ref.users");
		HTML(&s->out, "<ul class=\"list\">\n");
	}
	HTML(&s->out, "<li>");
	site_link(s, at.folder, at.name, catalogue_text(p->provider));
	if (pattern.len > 0) {
		HTML(&s->out, " <code lang=\"en\">");
		html_text(&s->out, pattern);
		HTML(&s->out, "</code>");
	}
	HTML(&s->out, "<span class=\"what\">");
	reference_reason_link(s, p->reason);
	HTML(&s->out, "</span></li>\n");
}

static void
end_users(struct site *s, size_t n)
{
	char room[STR_DIGITS_MAX];
	if (n > 0)
		HTML(&s->out, "</ul>\n");
	if (n > USERS_MAX)
		site_paragraph(s,
			site_fill(s, "label.more",
				&(struct fill){.n = str_digits((int64_t)(n - USERS_MAX), room)}));
}

void
page_reply(const struct web_call *call, struct web_response *res)
{
	struct site s;
	const int64_t code = str_number(call->rest, 999);
	const struct reply_row *const row =
		call->rest.len == 3 && code >= 100 ? catalogue_reply_find((unsigned)code) : NULL;
	if (row == NULL) {
		site_not_found(call, res);
		return;
	}
	reference_entry(&s, call, res, &reference_replies,
		&(struct code_entry){ENTRY_REPLY, (size_t)(row - catalogue_replies), 0, STR_NONE},
		"ref.reply_title");
	size_t n = 0;
	for (size_t i = 0; i < CATALOGUE_PROVIDER_CODES; i++)
		if (catalogue_provider_codes[i].reply_code == row->code)
			write_user(&s, i, &n);
	end_users(&s, n);
	reference_close(&s);
}

static bool
uses_enhanced(const struct provider_code_row *p, const struct status *s)
{
	return p->subject == s->subject && p->detail_from <= s->detail &&
	       s->detail <= p->detail_to && (p->class == 0 || p->class == s->class);
}

void
page_enhanced_code(const struct web_call *call, struct web_response *res)
{
	struct site s;
	struct status status;
	const bool is_code =
		call->rest.len > 0 && status_parse(call->rest, &status) == call->rest.len;
	const struct enhanced_row *const row =
		is_code ? catalogue_enhanced_find(status.subject, status.detail) : NULL;
	if (row == NULL) {
		site_not_found(call, res);
		return;
	}
	reference_entry(&s, call, res, &reference_enhanced,
		&(struct code_entry){
			ENTRY_ENHANCED, (size_t)(row - catalogue_enhanced), status.class, STR_NONE},
		"ref.enhanced_title");
	size_t n = 0;
	for (size_t i = 0; i < CATALOGUE_PROVIDER_CODES; i++)
		if (uses_enhanced(&catalogue_provider_codes[i], &status))
			write_user(&s, i, &n);
	end_users(&s, n);
	reference_close(&s);
}

void
page_client_error(const struct web_call *call, struct web_response *res)
{
	struct site s;
	const struct client_error_row *const row = catalogue_client_error_find(call->rest);
	if (row == NULL) {
		site_not_found(call, res);
		return;
	}
	reference_entry(&s, call, res, &reference_client_errors,
		&(struct code_entry){
			ENTRY_CLIENT_ERROR, (size_t)(row - catalogue_client_errors), 0, STR_NONE},
		"ref.client_error_title");
	reference_close(&s);
}
