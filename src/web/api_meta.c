/* GET /healthz, /metrics, /openapi.json, /problems/{name} - about the server itself */
#include "web/api.h"

#include "web/count.h"
#include "web/openapi.h"
#include "web/problem.h"

/* Nothing for people to read: the same in every language. */
static void
has_no_language(struct web_response *res)
{
	res->language = STR_NONE;
	res->vary &= ~WEB_VARY_LANGUAGE;
}

void
api_health(const struct web_call *call, struct web_response *res)
{
	res->fixed = call->form == WEB_JSON ? STR("{\"status\":\"ok\"}\n") : STR("ok\n");
	has_no_language(res);
}

void
api_metrics(const struct web_call *call, struct web_response *res)
{
	res->type = STR("text/plain; version=0.0.4; charset=utf-8");
	has_no_language(res);
	count_write(call->web, &res->body);
}

void
api_openapi(const struct web_call *call, struct web_response *res)
{
	(void)call;
	has_no_language(res);
	res->fixed = web_openapi;
	res->cache = WEB_CACHE_REVALIDATE;
}

void
api_problem(const struct web_call *call, struct web_response *res)
{
	const int p = problem_find(call->rest);
	if (p < 0) {
		problem_answer(PROBLEM_NOT_FOUND, STR_NONE, res);
		return;
	}
	has_no_language(res);
	res->language = STR("en");
	problem_describe((enum problem)p, call->form == WEB_JSON, &res->body);
	res->cache = WEB_CACHE_REVALIDATE;
}
