#include "web/problem.h"

#include "base/json.h"
#include "web/write.h"

static const struct row {
	struct str type, title, advice;
	unsigned status;
} problems[] = {
#define X(id, name, status, title, advice)                                                         \
	{STR_INIT("/problems/" name), STR_INIT(title), STR_INIT(advice), status},
	PROBLEMS(X)
#undef X
};

static void
write_problem(const struct row *row, struct str detail, struct buf *body)
{
	struct out out;
	struct json j;
	out_init(&out, buf_sink, body);
	json_init(&j, &out, false);
	json_open(&j, STR_NONE, '{');
	json_text(&j, STR("type"), row->type);
	json_text(&j, STR("title"), row->title);
	json_number(&j, STR("status"), (int64_t)row->status);
	json_text(&j, STR("detail"), str_is_set(detail) ? detail : row->advice);
	json_close(&j, '}');
	out_add_char(&out, '\n');
	out_finish(&out);
}

void
problem_answer(enum problem p, struct str detail, struct web_response *res)
{
	res->status = problems[p].status;
	res->type = STR("application/problem+json");
	res->language = STR("en");
	res->fixed = STR_NONE;
	res->etag = STR_NONE;
	res->cache = WEB_CACHE_NONE;
	buf_clear(&res->body);
	write_problem(&problems[p], detail, &res->body);
}

unsigned
problem_status(enum problem p)
{
	return problems[p].status;
}
