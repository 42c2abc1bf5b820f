#include "web/reference.h"

const struct reference_list reference_reasons = {
	STR_INIT("/reasons"), "ref.reasons", "ref.reasons_intro"};
const struct reference_list reference_replies = {
	STR_INIT("/reply-codes"), "ref.reply_codes", "ref.reply_codes_intro"};
const struct reference_list reference_enhanced = {
	STR_INIT("/enhanced-codes"), "ref.enhanced_codes", "ref.enhanced_codes_intro"};
const struct reference_list reference_providers = {
	STR_INIT("/providers"), "ref.providers", "ref.providers_intro"};
const struct reference_list reference_blocklists = {
	STR_INIT("/blocklists"), "ref.blocklists", "ref.blocklists_intro"};
const struct reference_list reference_client_errors = {
	STR_INIT("/client-errors"), "ref.client_errors", "ref.client_errors_intro"};
const struct reference_list reference_conditions = {
	STR_INIT("/conditions"), "ref.conditions", "ref.conditions_intro"};

static void
write_heading(struct site *s, struct str text)
{
	HTML(&s->out, "<h1>");
	html_text(&s->out, text);
	HTML(&s->out, "</h1>\n");
}

void
reference_open(struct site *s, const struct web_call *call, struct web_response *res,
	const struct reference_list *list)
{
	site_open(s, call, res);
	res->cache = WEB_CACHE_REVALIDATE;
	site_begin(s, &(struct site_head){.title = site_word(s, list->title),
			      .description = site_word(s, list->intro),
			      .folder = list->path});
	HTML(&s->out, "<div class=\"page\">\n");
	write_heading(s, site_word(s, list->title));
	HTML(&s->out, "<p class=\"lead\">");
	site_say(s, list->intro);
	HTML(&s->out, "</p>\n");
}

void
reference_page(struct site *s, const struct reference_page *page)
{
	const struct str path = page->list->path;
	char *const folder = arena_bytes(s->arena, path.len + 1);
	if (folder == NULL)
		return;
	memcpy(folder, path.ptr, path.len);
	folder[path.len] = '/';
	s->res->cache = WEB_CACHE_REVALIDATE;
	site_begin(s, &(struct site_head){.title = page->title,
			      .description = page->description,
			      .folder = {folder, path.len + 1},
			      .name = page->name});
	HTML(&s->out, "<div class=\"page\">\n<p class=\"crumb\">");
	site_link(s, path, STR_NONE, site_word(s, page->list->title));
	HTML(&s->out, "</p>\n");
	write_heading(s, page->heading);
}

void
reference_close(struct site *s)
{
	HTML(&s->out, "</div>\n");
	site_end(s);
	site_close(s);
}

void
reference_item(struct site *s, const struct entry_address *to, struct str text, struct str what)
{
	HTML(&s->out, "<li>");
	site_link(s, to->folder, to->name, text);
	if (what.len > 0) {
		HTML(&s->out, "<span class=\"what\">");
		html_text(&s->out, what);
		HTML(&s->out, "</span>");
	}
	HTML(&s->out, "</li>\n");
}

void
reference_heading(struct site *s, const char *key)
{
	HTML(&s->out, "<h2>");
	site_say(s, key);
	HTML(&s->out, "</h2>\n");
}

void
reference_entry(struct site *s, const struct web_call *call, struct web_response *res,
	const struct reference_list *list, const struct code_entry *e, const char *title_key)
{
	struct code_view v;
	site_open(s, call, res);
	const struct entry_address at = entry_address(e, s->arena);
	code_view(e, s->lang, s->arena, &v);
	/* A title says the code or the name: each has its own placeholder. */
	const struct fill names = {.code = at.name, .list = v.title, .reason = v.title};
	reference_page(s, &(struct reference_page){.list = list,
				  .name = at.name,
				  .title = site_fill(s, title_key, &names),
				  .description = v.meaning,
				  .heading = v.title});
	entry_facts(s, &v);
}

void
reference_reason_link(struct site *s, unsigned reason)
{
	const struct str name = catalogue_text(catalogue_reasons[reason].name);
	site_link(s, STR("/reasons/"), name, site_name(s, "reason.", name));
}
