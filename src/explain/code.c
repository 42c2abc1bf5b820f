#include "explain/code.h"

#include "base/json.h"
#include "explain/code_view.h"
#include "explain/page.h"

static void
write_view(struct page *p, const struct code_view *v, enum lang lang)
{
	unsigned columns = 0;
	page_text(p, 0, STR(""), v->title, PAINT_HEADLINE);
	page_text(p, 2, STR(""), v->meaning, PAINT_PLAIN);
	for (size_t i = 0; i < v->count; i++) {
		if (v->facts[i].label == NULL)
			continue;
		const unsigned n =
			text_columns(catalogue_sentence(lang, str_of(v->facts[i].label)));
		columns = n > columns ? n : columns;
	}
	for (size_t i = 0; i < v->count; i++)
		if (v->facts[i].label != NULL)
			page_fact(p, catalogue_sentence(lang, str_of(v->facts[i].label)), columns,
				v->facts[i].text);
}

bool
code_write_text(struct str code, const struct nixie_style *style, enum lang lang, struct arena *a,
	struct out *out)
{
	struct code_answer found;
	struct page page = {out, style->columns, style->colour};
	code_find(code, a, &found);
	for (size_t i = 0; i < found.count; i++) {
		struct code_view v;
		code_view(&found.list[i], lang, a, &v);
		if (i > 0)
			page_blank(&page);
		write_view(&page, &v, lang);
	}
	return found.count > 0;
}

bool
code_write_json(struct str code, const struct nixie_style *style, enum lang lang, struct arena *a,
	struct out *out)
{
	struct code_answer found;
	struct json j;
	code_find(code, a, &found);
	if (found.count == 0)
		return false;
	json_init(&j, out, style->pretty);
	json_open(&j, STR_NONE, '{');
	json_number(&j, STR("schema"), NIXIE_SCHEMA);
	json_text(&j, STR("code"), code);
	json_open(&j, STR("entries"), '[');
	for (size_t i = 0; i < found.count; i++) {
		struct code_view v;
		code_view(&found.list[i], lang, a, &v);
		json_open(&j, STR_NONE, '{');
		json_text(&j, STR("kind"), str_of(v.kind));
		json_text(&j, STR("title"), v.title);
		json_text_if(&j, STR("meaning"), v.meaning);
		for (size_t k = 0; k < v.count; k++)
			if (v.facts[k].name != NULL)
				json_text(&j, str_of(v.facts[k].name),
					v.facts[k].value.len > 0 ? v.facts[k].value
								 : v.facts[k].text);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	out_add_char(out, '\n');
	return true;
}
