#include "explain/report_text.h"

#include "explain/details.h"
#include "explain/page.h"

#define QUOTE_BYTES_MAX 1200 /* of the server's words: more is not read */
#define CASES_MAX 50         /* recipients explained one by one; the rest are listed */

struct writer {
	struct page page;
	const struct nixie_report_info *info;
	enum lang lang;
	struct arena *arena;
};

static struct str
label(const struct writer *w, const char *name)
{
	char key[48] = "label.";
	const size_t n = strlen(name);
	memcpy(key + 6, name, n);
	return catalogue_sentence(w->lang, (struct str){key, 6 + n});
}

static void
heading(struct writer *w, const char *name)
{
	page_blank(&w->page);
	page_text(&w->page, 0, STR(""), label(w, name), PAINT_HEADING);
}

static void
paragraph(struct writer *w, struct str text)
{
	if (text.len > 0)
		page_text(&w->page, 2, STR(""), text, PAINT_PLAIN);
}

static void
steps(struct writer *w, const struct steps *s)
{
	for (size_t i = 0; i < s->count; i++)
		page_text(&w->page, 4, STR("- "), s->list[i], PAINT_PLAIN);
}

static enum paint
paint_of(const struct nixie_outcome *o)
{
	if (o->action == NIXIE_ACTION_DELAYED)
		return PAINT_WAIT;
	return o->action == NIXIE_ACTION_FAILED ? PAINT_BAD : PAINT_GOOD;
}

static void
facts(struct writer *w, const struct nixie_outcome *o, const struct explanation *e)
{
	struct details d;
	unsigned columns = 0;
	details_gather(w->info, o, e, w->lang, w->arena, &d);
	heading(w, "facts");
	for (int i = 0; i < DETAIL__COUNT; i++) {
		const unsigned n = d.value[i].len > 0 ? text_columns(detail_label(i, w->lang)) : 0;
		columns = n > columns ? n : columns;
	}
	for (int i = 0; i < DETAIL__COUNT; i++)
		page_fact(&w->page, detail_label(i, w->lang), columns, d.value[i]);
}

static void
outcome(struct writer *w, const struct nixie_outcome *o, size_t n)
{
	struct explanation e;
	explain_outcome(w->info, o, w->lang, w->arena, &e);
	if (w->info->outcome_count > 1) {
		char room[2][STR_DIGITS_MAX];
		const struct fill numbers = {.n = str_digits((int64_t)n + 1, room[0]),
			.total = str_digits((int64_t)w->info->outcome_count, room[1])};
		page_line(&w->page, fill_key(STR("label.outcome_n"), &numbers, w->lang, w->arena),
			PAINT_FAINT);
	}
	page_text(&w->page, 0, STR(""), e.headline, paint_of(o));
	heading(w, "what_happened");
	paragraph(w, e.happened);
	paragraph(w, e.refused_by);
	paragraph(w, e.step);
	if (e.why.len > 0) {
		heading(w, "why");
		paragraph(w, e.why);
	}
	heading(w, "you");
	paragraph(w, e.whose_move);
	steps(w, &e.sender);
	if (e.write_to.len > 0)
		page_text(&w->page, 4, STR("- "), e.write_to, PAINT_PLAIN);
	if (e.advice.len > 0) {
		heading(w, "advice");
		paragraph(w, e.advice);
	}
	if (e.next.len > 0) {
		heading(w, "next");
		paragraph(w, e.next);
		paragraph(w, e.disagree);
		paragraph(w, e.last_answer);
		paragraph(w, e.verdict);
	}
	if (e.sending_admin.count > 0) {
		heading(w, "sending_admin");
		steps(w, &e.sending_admin);
	}
	if (e.receiving_admin.count > 0) {
		heading(w, "receiving_admin");
		steps(w, &e.receiving_admin);
	}
	if (e.quote.len > 0) {
		heading(w, "words");
		page_text(&w->page, 4, STR("> "), str_head_text(e.quote, QUOTE_BYTES_MAX),
			PAINT_QUOTE);
	}
	if (e.sure.len > 0) {
		heading(w, "sure");
		paragraph(w, e.sure);
		paragraph(w, e.links);
		paragraph(w, e.backscatter);
	}
	facts(w, o, &e);
}

static void
kind_only(struct writer *w)
{
	struct explanation e;
	explain_kind(w->info, w->lang, w->arena, &e);
	page_text(&w->page, 0, STR(""), e.headline, PAINT_HEADLINE);
	heading(w, "what_happened");
	paragraph(w, e.happened);
	if (e.why.len > 0) {
		heading(w, "why");
		paragraph(w, e.why);
	}
	if (e.sender.count > 0) {
		heading(w, "you");
		steps(w, &e.sender);
	}
	if (e.sending_admin.count > 0) {
		heading(w, "sending_admin");
		steps(w, &e.sending_admin);
	}
}

void
report_text(const struct nixie_report_info *info, const struct nixie_style *style, enum lang lang,
	struct arena *a, struct out *out)
{
	struct writer w = {.page = {out, style->columns, style->colour},
		.info = info,
		.lang = lang,
		.arena = a};
	const bool is_delivery = info->kind == NIXIE_KIND_FAILURE ||
				 info->kind == NIXIE_KIND_DELAY || info->kind == NIXIE_KIND_SUCCESS;
	if (!is_delivery || info->outcome_count == 0) {
		kind_only(&w);
		return;
	}
	for (size_t i = 0; i < info->outcome_count && i < CASES_MAX; i++) {
		if (i > 0) {
			page_blank(&w.page);
			page_line(&w.page, STR("----"), PAINT_FAINT);
		}
		outcome(&w, &info->outcomes[i], i);
	}
	if (info->outcome_count <= CASES_MAX)
		return;
	heading(&w, "address_list");
	for (size_t i = CASES_MAX; i < info->outcome_count; i++)
		page_fact(&w.page, str_in(info->outcomes[i].recipient), 40,
			str_in(info->outcomes[i].reason));
}
