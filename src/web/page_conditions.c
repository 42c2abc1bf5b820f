/* GET /conditions, GET /conditions/{} - the errors of hMailServer, each with its trigger, what the
 * sender sees, and what the administrator does */
#include "web/pages.h"

#include "web/reference.h"

void
page_conditions(const struct web_call *call, struct web_response *res)
{
	struct site s;
	reference_open(&s, call, res, &reference_conditions);
	HTML(&s.out, "<ul class=\"list\">\n");
	for (size_t i = 0; i < CONDITION__COUNT; i++) {
		const struct code_entry e = {ENTRY_CONDITION, i, 0, STR_NONE};
		const struct entry_address at = entry_address(&e, s.arena);
		struct code_view v;
		code_view(&e, s.lang, s.arena, &v);
		const struct str documented = catalogue_text(catalogue_conditions[i].documented);
		reference_item(&s, &at, v.title, documented.len > 0 ? documented : v.meaning);
	}
	HTML(&s.out, "</ul>\n");
	reference_close(&s);
}

void
page_condition(const struct web_call *call, struct web_response *res)
{
	struct site s;
	const int c = catalogue_condition_find(call->rest);
	if (c < 0) {
		site_not_found(call, res);
		return;
	}
	reference_entry(&s, call, res, &reference_conditions,
		&(struct code_entry){ENTRY_CONDITION, (size_t)c, 0, STR_NONE},
		"ref.condition_title");
	reference_close(&s);
}
