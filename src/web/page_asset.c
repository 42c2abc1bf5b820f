/* GET /assets/{} - style, script and icon, compiled in. Their addresses change with their content:
 * tools/gen-assets */
#include "web/pages.h"

#include "assets.gen.h"
#include "web/problem.h"

void
page_asset(const struct web_call *call, struct web_response *res)
{
	for (size_t i = 0; i < ASSETS; i++) {
		if (!str_eq(call->rest, str_of(assets[i].name)))
			continue;
		res->type = str_of(assets[i].type);
		res->fixed = (struct str){(const char *)assets[i].bytes, assets[i].len};
		res->cache = WEB_CACHE_FOR_EVER;
		res->language = STR_NONE;
		res->vary = 0;
		return;
	}
	problem_answer(PROBLEM_NOT_FOUND, STR_NONE, res);
}
