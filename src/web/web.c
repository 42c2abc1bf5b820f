#include "web/web.h"
#include "base/hash.h"

#include <stdlib.h>

#include "web/accept.h"
#include "web/count.h"
#include "web/problem.h"

struct web {
	struct counters counters;
	web_more *more;
	void *more_to;
};

struct web *
web_new(void)
{
	return calloc(1, sizeof(struct web));
}

void
web_free(struct web *w)
{
	free(w);
}

void
web_extend(struct web *w, web_more *more, void *to)
{
	w->more = more;
	w->more_to = to;
}

struct counters *
web_counters(struct web *w)
{
	return &w->counters;
}

/* The tag of the answer's content, and 304 when the client has that. */
static void
tag(const struct web_request *req, struct web_response *res)
{
	static const char hex[] = "0123456789abcdef";
	char *const text = arena_bytes(&res->arena, 18);
	if (text == NULL)
		return;
	uint64_t h = hash_add(HASH_FIRST, web_response_body(res));
	text[0] = text[17] = '"';
	for (size_t i = 16; i > 0; i--, h >>= 4)
		text[i] = hex[h & 15];
	res->etag = (struct str){text, 18};
	if (accept_has_tag(req->if_none_match, res->etag))
		res->status = 304;
}

void
web_answer(struct web *w, const struct web_request *req, struct web_response *res)
{
	if (w->more == NULL || !w->more(w->more_to, req, res))
		route_dispatch(w, req, res);
	if (buf_failed(&res->body))
		problem_answer(PROBLEM_TOO_LARGE,
			STR("The answer would be longer than 64 MiB: send less at a time, or ask "
			    "without explanations (?explain=0)."),
			res);
	else if (arena_failed(&res->arena))
		problem_answer(PROBLEM_INTERNAL, STR_NONE, res);
	problem_page(req, res);
	if (res->status == 200 && res->cache == WEB_CACHE_REVALIDATE)
		tag(req, res);
}
