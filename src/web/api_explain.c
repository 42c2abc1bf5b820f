/* POST /v1/explain, POST /v1/reply - a mail, or any text about one; many mails in an mbox */
#include "web/api.h"

#include "read/mbox.h"
#include "web/count.h"
#include "web/given.h"
#include "web/problem.h"
#include "web/request.h"
#include "web/write.h"

#define MAIL_BYTES_MAX ((size_t)256 << 20)

static struct nixie_style
style_of(const struct web_call *call)
{
	const struct str pairs = call->request->query;
	return (struct nixie_style){
		.lang = catalogue_lang_tag(call->lang).ptr,
		/* An address named "explain" explains; ?explain=0 gives what `nixie parse` does. */
		.explain = request_flag(pairs, STR("explain"), true, call->arena),
		.pretty = call->form == WEB_JSON &&
			  request_flag(pairs, STR("pretty"), false, call->arena),
	};
}

static enum nixie_rc
write_one(const struct web_call *call, struct nixie_report *r, const struct given *given,
	const struct nixie_style *style, struct web_response *res)
{
	const enum nixie_rc rc = nixie_read(r, given->bytes.ptr, given->bytes.len, given->input);
	if (rc != NIXIE_OK)
		return rc;
	count_report(call->web, nixie_report_info(r));
	return call->form == WEB_TEXT ? nixie_report_text(r, style, buf_sink, &res->body)
				      : nixie_report_json(r, style, buf_sink, &res->body);
}

/* What stands before, between and behind the reports of a mailbox, by form: as `nixie parse` has
 * it. */
static const struct {
	struct str before, between, after;
} frames[WEB_FORM__COUNT] = {
	[WEB_JSON] = {STR_INIT("[\n"), STR_INIT(","), STR_INIT("]\n")},
	[WEB_TEXT] = {STR_INIT(""), STR_INIT("\n====\n\n"), STR_INIT("")},
};

static enum nixie_rc
write_mbox(const struct web_call *call, struct nixie_report *r, const struct given *given,
	struct nixie_style *style, struct web_response *res)
{
	enum nixie_rc rc = NIXIE_OK;
	struct str rest = given->bytes;
	style->source_path = "-";
	buf_add(&res->body, frames[call->form].before);
	for (uint64_t i = 0; rc == NIXIE_OK && rest.len > 0; i++) {
		struct mbox_end end = {.scanned = 0};
		mbox_find_end(rest.ptr, rest.len, true, MAIL_BYTES_MAX, &end);
		const struct given one = {
			.bytes = str_head(rest, end.end), .input = NIXIE_INPUT_ANY};
		if (i > 0)
			buf_add(&res->body, frames[call->form].between);
		style->source_index = i;
		rc = write_one(call, r, &one, style, res);
		rest = str_from(rest, end.next);
	}
	buf_add(&res->body, frames[call->form].after);
	return rc;
}

static void
explain(const struct web_call *call, const struct given *given, struct web_response *res)
{
	struct nixie_style style = style_of(call);
	struct nixie_report *const r = given_report();
	const enum nixie_rc rc = r == NULL        ? NIXIE_NOMEM
				 : given->is_mbox ? write_mbox(call, r, given, &style, res)
						  : write_one(call, r, given, &style, res);
	nixie_report_free(r);
	/* A body that failed is told by web_answer(), for all routes. */
	if (rc != NIXIE_OK && rc != NIXIE_SINK)
		problem_answer(
			rc == NIXIE_LIMIT ? PROBLEM_TOO_LARGE : PROBLEM_INTERNAL, STR_NONE, res);
}

void
api_explain(const struct web_call *call, struct web_response *res)
{
	struct given given;
	if (given_find(call, &given, res))
		explain(call, &given, res);
}

void
api_reply(const struct web_call *call, struct web_response *res)
{
	struct given given;
	if (!given_find(call, &given, res))
		return;
	given.input = NIXIE_INPUT_TEXT;
	explain(call, &given, res);
}
