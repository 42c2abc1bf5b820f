/* GET /reasons, GET /reasons/{} - why mail comes back: all reasons, and each */
#include "web/pages.h"

#include "explain/explain.h"
#include "web/reference.h"

#define TYPICAL_MAX 8        /* replies that are shown for a reason */
#define TYPICAL_BYTES_MIN 12 /* shorter ones say too little, longer ones are of one program */
#define TYPICAL_BYTES_MAX 80
#define PROVIDERS_SHOWN_MAX 24

static void
write_family(struct site *s, struct str family)
{
	HTML(&s->out, "<h2>");
	html_text(&s->out, site_name(s, "family.", family));
	HTML(&s->out, "</h2>\n<ul class=\"list\">\n");
	for (int i = 0; i < REASON__COUNT; i++) {
		const struct reason_row *const row = &catalogue_reasons[i];
		struct explanation e;
		if (!str_eq(catalogue_text(row->family), family))
			continue;
		const struct str name = catalogue_text(row->name);
		explain_key(name, s->lang, s->arena, &e);
		reference_item(s, &(struct entry_address){STR("/reasons/"), name},
			site_name(s, "reason.", name), e.headline);
	}
	HTML(&s->out, "</ul>\n");
}

void
page_reasons(const struct web_call *call, struct web_response *res)
{
	struct site s;
	reference_open(&s, call, res, &reference_reasons);
	/* A family's rows stand together. */
	struct str last = STR_NONE;
	for (int i = 0; i < REASON__COUNT; i++) {
		const struct str family = catalogue_text(catalogue_reasons[i].family);
		if (!str_eq(family, last))
			write_family(&s, family);
		last = family;
	}
	reference_close(&s);
}

static void
write_steps(struct site *s, const char *label, const struct steps *steps)
{
	if (steps->count == 0)
		return;
	HTML(&s->out, "<details open>\n<summary>");
	site_say(s, label);
	HTML(&s->out, "</summary>\n<ul>\n");
	site_steps(s, steps);
	HTML(&s->out, "</ul>\n</details>\n");
}

static void
write_todo(struct site *s, const struct explanation *e, struct str reason)
{
	HTML(&s->out, "<section class=\"todo\">\n");
	reference_heading(s, "label.you");
	site_paragraph(s, site_name(s, "fixer.", explain_fixer(reason)));
	HTML(&s->out, "<ol>\n");
	site_steps(s, &e->sender);
	HTML(&s->out, "</ol>\n</section>\n");
}

static void
write_sign(struct site *s, const char *label, struct str value)
{
	HTML(&s->out, "<tr><th scope=\"row\">");
	site_say(s, label);
	HTML(&s->out, "</th><td>");
	html_text(&s->out, value);
	HTML(&s->out, "</td></tr>\n");
}

/* What it means for the address, and who can do something. */
static void
write_signs(struct site *s, int reason)
{
	const struct reason_row *const row = &catalogue_reasons[reason];
	HTML(&s->out, "<table class=\"facts\">\n");
	write_sign(s, "label.verdict",
		site_name(s, "page.address_",
			str_of(nixie_verdict_name((enum nixie_verdict)row->verdict))));
	write_sign(s, "label.who",
		site_name(s, "fixer_name.", explain_fixer(catalogue_text(row->name))));
	HTML(&s->out, "</table>\n");
}

/* The other explanations of the reason, by the case. */
static void
write_cases(struct site *s, int reason)
{
	struct str last = STR_NONE;
	bool is_open = false;
	for (size_t i = 0; i < CATALOGUE_SITUATIONS; i++) {
		const struct str key = catalogue_text(catalogue_situations[i].key);
		struct explanation e;
		if (catalogue_situations[i].reason != reason || str_eq(key, last) ||
			str_find_char(key, '/', 0) == STR_NPOS)
			continue;
		last = key;
		if (!is_open)
			reference_heading(s, "ref.cases");
		is_open = true;
		explain_key(key, s->lang, s->arena, &e);
		HTML(&s->out, "<details>\n<summary>");
		html_text(&s->out, e.headline);
		HTML(&s->out, "</summary>\n");
		site_paragraph(s, e.happened);
		site_paragraph(s, e.why);
		HTML(&s->out, "<ul>\n");
		site_steps(s, &e.sender);
		HTML(&s->out, "</ul>\n</details>\n");
	}
}

/* Is it a reply that many servers give, in this language? */
static bool
is_typical(const struct phrase_row *p, int reason, struct str lang)
{
	const struct str phrase = catalogue_text(p->phrase);
	return p->reason == reason && p->strength >= STRENGTH_STRONG && p->generator.len == 0 &&
	       p->where != WHERE_TEXT && phrase.len >= TYPICAL_BYTES_MIN &&
	       phrase.len <= TYPICAL_BYTES_MAX && str_find_char(phrase, ' ', 0) != STR_NPOS &&
	       str_eq(catalogue_text(p->lang), lang);
}

static void
write_typical(struct site *s, int reason)
{
	size_t n = 0;
	for (size_t i = 0; i < CATALOGUE_PHRASES && n < TYPICAL_MAX; i++) {
		const struct phrase_row *const p = &catalogue_phrases[i];
		/* Replies are in English nearly always. */
		if (!is_typical(p, reason, STR("en")))
			continue;
		if (n++ == 0) {
			reference_heading(s, "ref.typical");
			HTML(&s->out, "<ul lang=\"en\">\n");
		}
		HTML(&s->out, "<li><code>");
		html_text(&s->out, entry_pattern(catalogue_text(p->phrase), s->arena));
		HTML(&s->out, "</code></li>\n");
	}
	if (n > 0)
		HTML(&s->out, "</ul>\n");
}

static void
add_code(struct site *s, const struct code_entry *e, size_t *n)
{
	const struct entry_address at = entry_address(e, s->arena);
	if ((*n)++ == 0) {
		reference_heading(s, "ref.codes_of");
		HTML(&s->out, "<ul class=\"columns\">\n");
	}
	reference_item(s, &at, at.name, STR_NONE);
}

static void
write_codes(struct site *s, int reason)
{
	size_t n = 0;
	for (size_t i = 0; i < CATALOGUE_REPLIES; i++)
		if (catalogue_replies[i].reason == reason)
			add_code(s, &(struct code_entry){ENTRY_REPLY, i, 0, STR_NONE}, &n);
	for (size_t i = 0; i < CATALOGUE_ENHANCED; i++)
		if (catalogue_enhanced[i].reason == reason)
			add_code(s, &(struct code_entry){ENTRY_ENHANCED, i, 0, STR_NONE}, &n);
	for (size_t i = 0; i < CATALOGUE_CLIENT_ERRORS; i++)
		if (catalogue_client_errors[i].reason == reason)
			add_code(s, &(struct code_entry){ENTRY_CLIENT_ERROR, i, 0, STR_NONE}, &n);
	if (n > 0)
		HTML(&s->out, "</ul>\n");
}

/* Providers that have replies of their own for it. Their rows stand together. */
static void
write_providers(struct site *s, int reason)
{
	struct text last = {0, 0};
	size_t n = 0;
	for (size_t i = 0; i < CATALOGUE_PROVIDER_CODES && n < PROVIDERS_SHOWN_MAX; i++) {
		const struct provider_code_row *const row = &catalogue_provider_codes[i];
		if (row->reason != reason || (n > 0 && row->provider.at == last.at))
			continue;
		last = row->provider;
		if (n++ == 0) {
			reference_heading(s, "ref.providers_of");
			HTML(&s->out, "<ul class=\"columns\">\n");
		}
		const struct code_entry e = {ENTRY_PROVIDER_CODE, i, 0, STR_NONE};
		const struct entry_address at = entry_address(&e, s->arena);
		reference_item(s, &at, catalogue_text(row->provider), STR_NONE);
	}
	if (n > 0)
		HTML(&s->out, "</ul>\n");
}

void
page_reason(const struct web_call *call, struct web_response *res)
{
	struct site s;
	struct explanation e;
	const int reason = catalogue_reason_find(call->rest);
	if (reason < 0) {
		site_not_found(call, res);
		return;
	}
	const struct str name = catalogue_text(catalogue_reasons[reason].name);
	site_open(&s, call, res);
	const struct str words = site_name(&s, "reason.", name);
	explain_key(name, s.lang, s.arena, &e);
	reference_page(&s,
		&(struct reference_page){.list = &reference_reasons,
			.name = name,
			.title = site_fill(&s, "ref.reason_title", &(struct fill){.reason = words}),
			.description = e.happened,
			.heading = e.headline});
	HTML(&s.out, "<p class=\"lead\">");
	html_text(&s.out, e.happened);
	HTML(&s.out, "</p>\n");
	write_todo(&s, &e, name);
	reference_heading(&s, "label.why");
	site_paragraph(&s, e.why);
	write_signs(&s, reason);
	write_steps(&s, "label.sending_admin", &e.sending_admin);
	write_steps(&s, "label.receiving_admin", &e.receiving_admin);
	write_cases(&s, reason);
	write_typical(&s, reason);
	write_codes(&s, reason);
	write_providers(&s, reason);
	reference_close(&s);
}
