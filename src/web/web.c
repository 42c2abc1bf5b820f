#include "web/web.h"

#include <stdlib.h>

#include "web/problem.h"
#include "web/route.h"

struct web {
	char unused;
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
web_answer(struct web *w, const struct web_request *req, struct web_response *res)
{
	route_dispatch(w, req, res);
	if (buf_failed(&res->body) || arena_failed(&res->arena))
		problem_answer(PROBLEM_INTERNAL, STR_NONE, res);
}
