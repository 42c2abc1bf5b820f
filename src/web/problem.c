#include "web/problem.h"

#include "base/json.h"
#include "web/write.h"

#define PREFIX "/problems/"

static const struct row {
	struct str type, title, advice;
	unsigned status;
} problems[] = {
#define X(id, name, status, title, advice)                                                         \
	{STR_INIT(PREFIX name), STR_INIT(title), STR_INIT(advice), status},
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
	res->problem = (int)p;
	res->status = problems[p].status;
	res->type = STR("application/problem+json");
	res->language = STR("en");
	res->fixed = STR_NONE;
	res->etag = STR_NONE;
	res->cache = WEB_CACHE_NONE;
	buf_clear(&res->body);
	write_problem(&problems[p], detail, &res->body);
}

int
problem_find(struct str name)
{
	for (int p = 0; p < PROBLEM__COUNT; p++)
		if (str_eq(problem_name((enum problem)p), name))
			return p;
	return -1;
}

struct str
problem_name(enum problem p)
{
	return str_from(problems[p].type, sizeof PREFIX - 1);
}

struct str
problem_title(enum problem p)
{
	return problems[p].title;
}

void
problem_describe(enum problem p, bool is_json, struct buf *body)
{
	const struct row *const row = &problems[p];
	if (is_json) {
		write_problem(row, row->advice, body);
		return;
	}
	const struct str parts[] = {row->title, STR(".\n"), row->advice, STR("\n")};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		buf_add(body, parts[i]);
}
