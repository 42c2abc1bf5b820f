#include "explain/code.h"

#include "base/json.h"
#include "explain/code_view.h"
#include "explain/page.h"

static void
find(struct str code, const struct code_line *line, struct arena *a, struct code_answer *found)
{
	code_find(code, a, found);
	if (line != NULL)
		code_put_reason(found, code, line->reason, line->key);
}

static void
write_steps(struct page *p, const char *label, const struct steps *s, enum lang lang)
{
	if (s->count == 0)
		return;
	page_blank(p);
	page_text(p, 2, STR(""), catalogue_sentence(lang, str_of(label)), PAINT_HEADING);
	for (size_t i = 0; i < s->count; i++)
		page_text(p, 4, STR("- "), s->list[i], PAINT_PLAIN);
}

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
	write_steps(p, "label.you", &v->sender, lang);
	write_steps(p, "label.sending_admin", &v->sending_admin, lang);
	write_steps(p, "label.receiving_admin", &v->receiving_admin, lang);
}

bool
code_write_text(struct str code, const struct code_line *line, const struct nixie_style *style,
	enum lang lang, struct arena *a, struct out *out)
{
	struct code_answer found;
	struct page page = {out, style->columns, style->colour};
	find(code, line, a, &found);
	for (size_t i = 0; i < found.count; i++) {
		struct code_view v;
		code_view(&found.list[i], lang, a, &v);
		if (i > 0)
			page_blank(&page);
		write_view(&page, &v, lang);
	}
	return found.count > 0;
}

static void
put_steps(struct json *j, const struct code_view *v)
{
	const struct {
		struct str name;
		const struct steps *steps;
	} sides[] = {{STR("sender"), &v->sender}, {STR("sending_admin"), &v->sending_admin},
		{STR("receiving_admin"), &v->receiving_admin}};
	if (v->sender.count == 0)
		return;
	json_open(j, STR("steps"), '{');
	for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
		if (sides[i].steps->count == 0)
			continue;
		json_open(j, sides[i].name, '[');
		for (size_t k = 0; k < sides[i].steps->count; k++)
			json_text(j, STR_NONE, sides[i].steps->list[k]);
		json_close(j, ']');
	}
	json_close(j, '}');
}

bool
code_write_json(struct str code, const struct code_line *line, const struct nixie_style *style,
	enum lang lang, struct arena *a, struct out *out)
{
	struct code_answer found;
	struct json j;
	find(code, line, a, &found);
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
		put_steps(&j, &v);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	out_add_char(out, '\n');
	return true;
}
