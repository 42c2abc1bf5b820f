#include "web/site.h"

#include "assets.gen.h"
#include "web/request.h"
#include "web/write.h"

/* The pages of the reference, in the order of the navigation. */
static const struct {
	struct str path;
	const char *key;
} pages[] = {
	{STR_INIT("/guide"), "guide.title"},
	{STR_INIT("/reasons"), "ref.reasons"},
	{STR_INIT("/reply-codes"), "ref.reply_codes"},
	{STR_INIT("/enhanced-codes"), "ref.enhanced_codes"},
	{STR_INIT("/providers"), "ref.providers"},
	{STR_INIT("/blocklists"), "ref.blocklists"},
	{STR_INIT("/client-errors"), "ref.client_errors"},
	{STR_INIT("/conditions"), "ref.conditions"},
};

void
site_open(struct site *s, const struct web_call *call, struct web_response *res)
{
	*s = (struct site){.call = call, .res = res, .lang = call->lang, .arena = call->arena};
	out_init(&s->out, buf_sink, &res->body);
	const struct str asked = request_parameter(call->request->query, STR("lang"), call->arena);
	if (str_is_set(asked) && catalogue_lang_find(asked) == (int)call->lang)
		s->asked_lang = catalogue_lang_tag(call->lang);
}

void
site_close(struct site *s)
{
	(void)out_finish(&s->out); /* the body remembers that it failed */
}

struct str
site_name(const struct site *s, const char *prefix, struct str name)
{
	char key[80];
	const size_t n = strlen(prefix);
	if (n + name.len > sizeof key)
		return STR("");
	memcpy(key, prefix, n);
	if (name.len > 0)
		memcpy(key + n, name.ptr, name.len);
	return catalogue_sentence(s->lang, (struct str){key, n + name.len});
}

struct str
site_word(const struct site *s, const char *key)
{
	return catalogue_sentence(s->lang, str_of(key));
}

struct str
site_fill(const struct site *s, const char *key, const struct fill *facts)
{
	return fill_key(str_of(key), facts, s->lang, s->arena);
}

void
site_say(struct site *s, const char *key)
{
	html_text(&s->out, site_word(s, key));
}

void
site_paragraph(struct site *s, struct str text)
{
	if (text.len == 0)
		return;
	HTML(&s->out, "<p>");
	html_text(&s->out, text);
	HTML(&s->out, "</p>\n");
}

void
site_steps(struct site *s, const struct steps *steps)
{
	for (size_t i = 0; i < steps->count; i++) {
		HTML(&s->out, "<li>");
		html_text(&s->out, steps->list[i]);
		HTML(&s->out, "</li>\n");
	}
}

bool
site_part(struct str *rest, struct str *part)
{
	static const struct str bar = STR_INIT(" | ");
	if (rest->len == 0)
		return false;
	const size_t at = str_find(*rest, bar, 0);
	*part = str_head(*rest, at);
	*rest = at == STR_NPOS ? STR("") : str_from(*rest, at + bar.len);
	return true;
}

void
site_notice(struct site *s, struct str title, struct str how)
{
	struct str part;
	HTML(&s->out, "<article class=\"card plain\">\n<h2 id=\"answer\" tabindex=\"-1\">");
	html_text(&s->out, title);
	HTML(&s->out, "</h2>\n<section class=\"todo\">\n<h3>");
	site_say(s, "label.you");
	HTML(&s->out, "</h3>\n<ul>\n");
	while (site_part(&how, &part)) {
		HTML(&s->out, "<li>");
		html_text(&s->out, part);
		HTML(&s->out, "</li>\n");
	}
	HTML(&s->out, "</ul>\n</section>\n</article>\n");
}

static void
add_address(struct site *s, struct str folder, struct str name)
{
	html_text(&s->out, folder);
	html_component(&s->out, name);
	if (s->asked_lang.len == 0)
		return;
	HTML(&s->out, "?lang=");
	html_component(&s->out, s->asked_lang);
}

/* The address of the page itself, in a language. */
static void
add_own_address(struct site *s, const struct site_head *head, struct str lang)
{
	html_text(&s->out, head->folder);
	html_component(&s->out, head->name);
	if (head->query.len > 0) {
		HTML(&s->out, "?q=");
		html_component(&s->out, head->query);
	}
	if (lang.len == 0)
		return;
	if (head->query.len > 0)
		HTML(&s->out, "&amp;lang=");
	else
		HTML(&s->out, "?lang=");
	html_component(&s->out, lang);
}

void
site_href(struct site *s, struct str folder, struct str name)
{
	HTML(&s->out, " href=\"");
	add_address(s, folder, name);
	HTML(&s->out, "\"");
}

void
site_link(struct site *s, struct str folder, struct str name, struct str text)
{
	HTML(&s->out, "<a");
	site_href(s, folder, name);
	HTML(&s->out, ">");
	html_text(&s->out, text);
	HTML(&s->out, "</a>");
}

void
site_out_link(struct site *s, struct str address)
{
	if (!str_starts(address, STR("https://")) && !str_starts(address, STR("http://"))) {
		html_text(&s->out, address);
		return;
	}
	HTML(&s->out, "<a rel=\"noreferrer noopener external\" href=\"");
	html_text(&s->out, address);
	HTML(&s->out, "\">");
	html_text(&s->out, address);
	HTML(&s->out, "</a>");
}

/* The names of languages, each in itself: what a reader who cannot read this page looks for. */
static struct str
language_name(enum lang lang)
{
	return catalogue_sentence(lang, STR("page.own_name"));
}

/*
 * The languages, as links to this page in each. On a page that answers a POST they are buttons of
 * the form instead, so that what was pasted is not lost; nixie.js does the same where the answer
 * came by script.
 */
static void
write_languages(struct site *s, const struct site_head *head)
{
	struct out *const out = &s->out;
	HTML(out, "<nav class=\"languages\" aria-label=\"");
	site_say(s, "page.language");
	HTML(out, "\"><ul>");
	for (int i = 0; i < LANG__COUNT; i++) {
		const struct str tag = catalogue_lang_tag((enum lang)i);
		HTML(out, "<li>");
		if (head->is_answer) {
			HTML(out, "<button form=\"form\" formaction=\"/explain?lang=");
			html_component(out, tag);
			HTML(out, "\" lang=\"");
		} else {
			HTML(out, "<a href=\"");
			add_own_address(s, head, tag);
			HTML(out, "\" hreflang=\"");
			html_text(out, tag);
			HTML(out, "\" lang=\"");
		}
		html_text(out, tag);
		HTML(out, "\"");
		if (i == (int)s->lang)
			HTML(out, " aria-current=\"true\"");
		HTML(out, ">");
		html_text(out, language_name((enum lang)i));
		if (head->is_answer)
			HTML(out, "</button></li>");
		else
			HTML(out, "</a></li>");
	}
	HTML(out, "</ul></nav>\n");
}

static void
write_alternates(struct site *s, const struct site_head *head)
{
	struct out *const out = &s->out;
	HTML(out, "<link rel=\"canonical\" href=\"");
	add_own_address(s, head, s->asked_lang);
	HTML(out, "\">\n");
	for (int i = 0; i < LANG__COUNT; i++) {
		HTML(out, "<link rel=\"alternate\" hreflang=\"");
		html_text(out, catalogue_lang_tag((enum lang)i));
		HTML(out, "\" href=\"");
		add_own_address(s, head, catalogue_lang_tag((enum lang)i));
		HTML(out, "\">\n");
	}
}

static void
write_head(struct site *s, const struct site_head *head)
{
	struct out *const out = &s->out;
	HTML(out, "<!DOCTYPE html>\n<html lang=\"");
	html_text(out, catalogue_lang_tag(s->lang));
	HTML(out, "\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
	html_text(out, head->title);
	HTML(out, " \xC2\xB7 ");
	site_say(s, "page.site");
	HTML(out, "</title>\n<meta name=\"description\" content=\"");
	html_text(out,
		head->description.len > 0 ? head->description : site_word(s, "page.description"));
	HTML(out, "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		  "<meta name=\"color-scheme\" content=\"light dark\">\n");
	if (head->is_answer)
		HTML(out, "<meta name=\"robots\" content=\"noindex\">\n");
	else
		write_alternates(s, head);
	HTML(out, "<link rel=\"icon\" type=\"image/svg+xml\" href=\"" ASSET_FAVICON_SVG "\">\n"
		  "<link rel=\"stylesheet\" href=\"" ASSET_NIXIE_CSS "\">\n"
		  "<script src=\"" ASSET_NIXIE_JS "\" defer></script>\n</head>\n");
}

static void
write_page_link(struct site *s, struct str path, const char *key, struct str here)
{
	HTML(&s->out, "<li><a");
	site_href(s, path, STR_NONE);
	if (str_eq(path, here))
		HTML(&s->out, " aria-current=\"page\"");
	HTML(&s->out, ">");
	site_say(s, key);
	HTML(&s->out, "</a></li>");
}

void
site_begin(struct site *s, const struct site_head *head)
{
	struct out *const out = &s->out;
	write_head(s, head);
	HTML(out, "<body>\n<a class=\"skip\" href=\"#main\">");
	site_say(s, "page.skip");
	HTML(out, "</a>\n<header class=\"top\">\n<a class=\"mark\"");
	site_href(s, STR("/"), STR_NONE);
	HTML(out, "><svg viewBox=\"0 0 32 24\" width=\"32\" height=\"24\" aria-hidden=\"true\">"
		  "<path d=\"M2 3h28v18H2zM2 3l14 11L30 3\"/></svg>");
	site_say(s, "page.site");
	HTML(out, "</a>\n<nav class=\"pages\" aria-label=\"");
	site_say(s, "page.nav");
	HTML(out, "\"><ul>");
	write_page_link(s, STR("/"), "page.explain", head->folder);
	write_page_link(s, STR("/look-up"), "lookup.nav", head->folder);
	write_page_link(s, STR("/guide"), "guide.nav", head->folder);
	HTML(out, "</ul></nav>\n");
	write_languages(s, head);
	HTML(out, "</header>\n<main id=\"main\">\n");
}

void
site_end(struct site *s)
{
	struct out *const out = &s->out;
	HTML(out, "</main>\n<footer class=\"foot\">\n<nav aria-label=\"");
	site_say(s, "ref.title");
	HTML(out, "\"><h2>");
	site_say(s, "ref.title");
	HTML(out, "</h2><ul>");
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
		write_page_link(s, pages[i].path, pages[i].key, STR_NONE);
	HTML(out, "</ul></nav>\n</footer>\n</body>\n</html>\n");
}

void
site_not_found(const struct web_call *call, struct web_response *res)
{
	struct site s;
	site_open(&s, call, res);
	res->status = 404;
	site_begin(&s,
		&(struct site_head){.title = site_word(&s, "ref.not_found"), .folder = STR("/")});
	HTML(&s.out, "<h1>");
	site_say(&s, "ref.not_found");
	HTML(&s.out, "</h1>\n<p><a");
	site_href(&s, STR("/look-up"), STR_NONE);
	HTML(&s.out, ">");
	site_say(&s, "lookup.title");
	HTML(&s.out, "</a></p>\n");
	site_end(&s);
	site_close(&s);
}
