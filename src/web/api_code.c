/* GET /v1/code/{code}, GET /v1/reasons - the reference */
#include "web/api.h"

#include "base/json.h"
#include "explain/explain.h"
#include "nixie.h"
#include "web/problem.h"
#include "web/request.h"
#include "web/write.h"

void
api_code(const struct web_call *call, struct web_response *res)
{
	const struct nixie_str code = {call->rest.ptr, call->rest.len};
	const struct nixie_style style = {.lang = catalogue_lang_tag(call->lang).ptr,
		.pretty = request_flag(call->request->query, STR("pretty"), false, call->arena)};
	const enum nixie_rc rc = call->form == WEB_TEXT
					 ? nixie_code_text(code, &style, buf_sink, &res->body)
					 : nixie_code_json(code, &style, buf_sink, &res->body);
	res->cache = WEB_CACHE_REVALIDATE;
	if (rc == NIXIE_ABSENT)
		problem_answer(PROBLEM_UNKNOWN_CODE, STR_NONE, res);
	else if (rc != NIXIE_OK)
		problem_answer(PROBLEM_INTERNAL, STR_NONE, res);
}

/* The sentence "reason.NAME" of the language. */
static struct str
short_name(struct str reason, enum lang lang, struct arena *a)
{
	static const char head[] = "reason.";
	char *const key = arena_bytes(a, sizeof head - 1 + reason.len);
	if (key == NULL)
		return STR_NONE;
	memcpy(key, head, sizeof head - 1);
	memcpy(key + sizeof head - 1, reason.ptr, reason.len);
	return catalogue_sentence(lang, (struct str){key, sizeof head - 1 + reason.len});
}

static void
write_reason(struct json *j, const struct reason_row *row, const struct web_call *call)
{
	const struct str name = catalogue_text(row->name);
	struct explanation e;
	explain_key(name, call->lang, call->arena, &e);
	json_open(j, STR_NONE, '{');
	json_text(j, STR("reason"), name);
	json_text_if(j, STR("name"), short_name(name, call->lang, call->arena));
	json_text_if(j, STR("family"), catalogue_text(row->family));
	json_text(j, STR("verdict"), str_of(nixie_verdict_name((enum nixie_verdict)row->verdict)));
	json_text_if(j, STR("fault"), catalogue_text(row->fault));
	json_text_if(j, STR("fixer"), catalogue_text(row->fixer));
	json_text_if(j, STR("retried"), catalogue_text(row->retried));
	json_text_if(j, STR("meaning"), e.happened);
	json_text_if(j, STR("why"), e.why);
	json_text_if(j, STR("advice"), explain_first_step(&e, explain_fixer(name)));
	json_text_if(j, STR("source"), catalogue_text(row->source));
	json_close(j, '}');
}

void
api_reasons(const struct web_call *call, struct web_response *res)
{
	struct out out;
	struct json j;
	out_init(&out, buf_sink, &res->body);
	json_init(&j, &out, request_flag(call->request->query, STR("pretty"), false, call->arena));
	json_open(&j, STR_NONE, '{');
	json_number(&j, STR("schema"), NIXIE_SCHEMA);
	json_open(&j, STR("reasons"), '[');
	for (size_t i = 0; i < REASON__COUNT; i++)
		write_reason(&j, &catalogue_reasons[i], call);
	json_close(&j, ']');
	json_close(&j, '}');
	out_add_char(&out, '\n');
	out_finish(&out);
	res->cache = WEB_CACHE_REVALIDATE;
}
