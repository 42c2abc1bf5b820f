/* GET /providers, GET /providers/{} - mail providers and filters, and what they answer */
#include "web/pages.h"

#include "web/reference.h"

static int
by_name(const struct text *a, const struct text *b)
{
	const struct str x = catalogue_text(*a), y = catalogue_text(*b);
	for (size_t i = 0; i < x.len && i < y.len; i++) {
		const int d =
			ascii_lower((unsigned char)x.ptr[i]) - ascii_lower((unsigned char)y.ptr[i]);
		if (d != 0)
			return d;
	}
	return x.len < y.len ? -1 : x.len > y.len;
}

/* Providers are known by their servers, by their replies, or by both. */
#define NAMES_MAX (CATALOGUE_PROVIDERS + CATALOGUE_PROVIDER_CODES)

/* Puts a name in its place in the alphabet, once. The same text stands at the same place in the
 * pool. */
static void
add_name(struct text names[NAMES_MAX], size_t *n, struct text name)
{
	size_t at = *n;
	for (size_t i = 0; i < *n; i++)
		if (names[i].at == name.at)
			return;
	for (; at > 0 && by_name(&name, &names[at - 1]) < 0; at--)
		names[at] = names[at - 1];
	names[at] = name;
	(*n)++;
}

static size_t
list_names(struct text names[NAMES_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < CATALOGUE_PROVIDERS; i++)
		add_name(names, &n, catalogue_providers[i].provider);
	for (size_t i = 0; i < CATALOGUE_PROVIDER_CODES; i++)
		add_name(names, &n, catalogue_provider_codes[i].provider);
	return n;
}

void
page_providers(const struct web_call *call, struct web_response *res)
{
	struct site s;
	struct text names[NAMES_MAX];
	reference_open(&s, call, res, &reference_providers);
	HTML(&s.out, "<ul class=\"columns\">\n");
	const size_t n = list_names(names);
	for (size_t i = 0; i < n; i++) {
		const struct str name = catalogue_text(names[i]);
		reference_item(&s,
			&(struct entry_address){STR("/providers/"), entry_slug(name, s.arena)},
			name, STR_NONE);
	}
	HTML(&s.out, "</ul>\n");
	reference_close(&s);
}

/* The name of which this is the slug; absent when there is none. */
static struct text
find(struct str slug, struct arena *a)
{
	for (size_t i = 0; i < CATALOGUE_PROVIDERS; i++)
		if (str_eq(entry_slug(catalogue_text(catalogue_providers[i].provider), a), slug))
			return catalogue_providers[i].provider;
	for (size_t i = 0; i < CATALOGUE_PROVIDER_CODES; i++)
		if (str_eq(entry_slug(catalogue_text(catalogue_provider_codes[i].provider), a),
			    slug))
			return catalogue_provider_codes[i].provider;
	return (struct text){0, 0};
}

/* "550 5.7.26" of a row */
static void
write_codes_of(struct site *s, const struct provider_code_row *row)
{
	struct out *const out = &s->out;
	if (row->reply_code != 0)
		out_add_number(out, row->reply_code);
	if (row->subject == 255)
		return;
	HTML(out, " ");
	if (row->class == 0)
		HTML(out, "X");
	else
		out_add_number(out, row->class);
	HTML(out, ".");
	out_add_number(out, row->subject);
	HTML(out, ".");
	out_add_number(out, row->detail_from);
	if (row->detail_to == row->detail_from)
		return;
	HTML(out, "\xE2\x80\x93");
	out_add_number(out, row->detail_to);
}

static void
write_what(struct site *s, struct str text)
{
	HTML(&s->out, "<span class=\"what\">");
	html_text(&s->out, text);
	HTML(&s->out, "</span>");
}

/* What the row says itself, in the language or else in English, or what its advice does; then the
 * advice. */
static void
write_meaning(struct site *s, const struct provider_code_row *row)
{
	const struct advice_row *const advice = catalogue_advice(s->lang, row->advice);
	const struct text words = catalogue_code_words(s->lang, catalogue_text(row->id)).meaning;
	if (words.len > 0) {
		write_what(s, catalogue_text(words));
	} else if (row->meaning.len > 0) {
		SITE_ENGLISH(s, "<span class=\"what\"", ">");
		html_text(&s->out, catalogue_text(row->meaning));
		HTML(&s->out, "</span>");
	} else if (advice != NULL && advice->meaning.len > 0) {
		write_what(s, catalogue_text(advice->meaning));
	}
	if (advice != NULL)
		write_what(s, catalogue_text(advice->advice));
}

static void
write_code(struct site *s, const struct provider_code_row *row)
{
	struct out *const out = &s->out;
	HTML(out, "<li><code lang=\"en\">");
	write_codes_of(s, row);
	HTML(out, " ");
	html_text(out, entry_pattern(catalogue_text(row->pattern), s->arena));
	HTML(out, "</code><span class=\"what\">");
	reference_reason_link(s, row->reason);
	HTML(out, "</span>");
	write_meaning(s, row);
	if (row->link.len > 0) {
		HTML(out, "<span class=\"what\">");
		site_out_link(s, catalogue_text(row->link));
		HTML(out, "</span>");
	}
	HTML(out, "</li>\n");
}

static void
write_all_codes(struct site *s, struct text provider)
{
	size_t n = 0;
	for (size_t i = 0; i < CATALOGUE_PROVIDER_CODES; i++) {
		if (catalogue_provider_codes[i].provider.at != provider.at)
			continue;
		if (n++ == 0)
			HTML(&s->out, "<ul class=\"list\">\n");
		write_code(s, &catalogue_provider_codes[i]);
	}
	if (n > 0)
		HTML(&s->out, "</ul>\n");
	else
		site_paragraph(s, site_word(s, "ref.no_codes"));
}

static void
write_hosts(struct site *s, struct text provider)
{
	size_t n = 0;
	for (size_t i = 0; i < CATALOGUE_PROVIDERS; i++) {
		if (catalogue_providers[i].provider.at != provider.at)
			continue;
		if (n++ == 0) {
			reference_heading(s, "ref.servers");
			HTML(&s->out, "<ul class=\"columns\">\n");
		}
		HTML(&s->out, "<li><code>");
		html_text(&s->out, catalogue_text(catalogue_providers[i].host));
		HTML(&s->out, "</code></li>\n");
	}
	if (n > 0)
		HTML(&s->out, "</ul>\n");
}

void
page_provider(const struct web_call *call, struct web_response *res)
{
	struct site s;
	const struct text provider = find(call->rest, call->arena);
	if (provider.len == 0) {
		site_not_found(call, res);
		return;
	}
	const struct str name = catalogue_text(provider);
	site_open(&s, call, res);
	const struct str title = site_fill(&s, "ref.provider_title", &(struct fill){.prov = name});
	reference_page(&s, &(struct reference_page){.list = &reference_providers,
				   .name = call->rest,
				   .title = title,
				   .description = site_word(&s, "ref.providers_intro"),
				   .heading = name});
	write_all_codes(&s, provider);
	write_hosts(&s, provider);
	reference_close(&s);
}
