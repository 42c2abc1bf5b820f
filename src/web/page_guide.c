/* GET /guide - how to read a bounce. Its words are the rows "guide.NAME.title" and
 * "guide.NAME.text" of the sentences, with " | " between paragraphs; here is only their order. */
#include "web/pages.h"

#include "web/reference.h"

static const char *const chapters[] = {"what", "parts", "codes", "over", "who", "address", "full",
	"relay", "dns", "connection", "greylisting", "blocklists", "proof", "content",
	"backscatter", "write"};

#define CHAPTERS (sizeof chapters / sizeof *chapters)

static struct str
chapter_word(const struct site *s, const char *name, const char *part)
{
	char key[48] = "guide.";
	const size_t n = strlen(name), p = strlen(part);
	memcpy(key + 6, name, n);
	memcpy(key + 6 + n, part, p);
	return catalogue_sentence(s->lang, (struct str){key, 6 + n + p});
}

static void
write_contents(struct site *s)
{
	HTML(&s->out, "<ol class=\"toc\">\n");
	for (size_t i = 0; i < CHAPTERS; i++) {
		HTML(&s->out, "<li><a href=\"#");
		html_text(&s->out, str_of(chapters[i]));
		HTML(&s->out, "\">");
		html_text(&s->out, chapter_word(s, chapters[i], ".title"));
		HTML(&s->out, "</a></li>\n");
	}
	HTML(&s->out, "</ol>\n");
}

static void
write_chapter(struct site *s, const char *name)
{
	HTML(&s->out, "<h2 id=\"");
	html_text(&s->out, str_of(name));
	HTML(&s->out, "\">");
	html_text(&s->out, chapter_word(s, name, ".title"));
	HTML(&s->out, "</h2>\n");
	struct str rest = chapter_word(s, name, ".text"), part;
	while (site_part(&rest, &part))
		site_paragraph(s, part);
}

void
page_guide(const struct web_call *call, struct web_response *res)
{
	static const struct reference_list guide = {
		STR_INIT("/guide"), "guide.title", "guide.intro"};
	struct site s;
	reference_open(&s, call, res, &guide);
	write_contents(&s);
	for (size_t i = 0; i < CHAPTERS; i++)
		write_chapter(&s, chapters[i]);
	reference_close(&s);
}
