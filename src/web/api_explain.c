/* POST /v1/explain - a mail, or any text about one */
#include "nixie.h"
#include "web/api.h"
#include "web/problem.h"
#include "web/request.h"
#include "web/write.h"

static void
write_report(const struct web_call *call, const struct nixie_report *r, struct web_response *res)
{
	const struct str pairs = call->request->query;
	const struct nixie_style style = {
		.lang = catalogue_lang_tag(call->lang).ptr,
		.explain = request_flag(pairs, STR("explain"), true, call->arena),
		.pretty = call->form == WEB_JSON &&
			  request_flag(pairs, STR("pretty"), false, call->arena),
	};
	const enum nixie_rc rc = call->form == WEB_TEXT
					 ? nixie_report_text(r, &style, buf_sink, &res->body)
					 : nixie_report_json(r, &style, buf_sink, &res->body);
	if (rc != NIXIE_OK)
		problem_answer(PROBLEM_INTERNAL, STR_NONE, res);
}

void
api_explain(const struct web_call *call, struct web_response *res)
{
	const struct str body = call->request->body;
	if (str_trim(body).len == 0) {
		problem_answer(PROBLEM_NOTHING_GIVEN, STR_NONE, res);
		return;
	}
	struct nixie_report *const r = nixie_report_new();
	if (r != NULL && nixie_read(r, body.ptr, body.len, NIXIE_INPUT_ANY) == NIXIE_OK)
		write_report(call, r, res);
	else
		problem_answer(PROBLEM_INTERNAL, STR_NONE, res);
	nixie_report_free(r);
}
