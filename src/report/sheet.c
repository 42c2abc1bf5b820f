#include "report/sheet.h"

#include "base/shown.h"
#include "explain/page.h"

static void
add(struct sheet *s, struct block b)
{
	struct block *const list = arena_more(s->arena, s->list, s->count, &s->room, sizeof *list);
	if (list == NULL)
		return;
	s->list = list;
	list[s->count++] = b;
}

/* A heading that nothing followed is taken back. */
static void
drop_heading(struct sheet *s)
{
	if (s->count > 0 && s->list[s->count - 1].kind == BLOCK_HEADING)
		s->count--;
}

void
sheet_add(struct sheet *s, enum block_kind kind, struct str text)
{
	if (kind == BLOCK_HEADLINE || kind == BLOCK_LINE)
		drop_heading(s);
	if (text.len > 0 || kind == BLOCK_LINE)
		add(s, (struct block){kind, STR_NONE, text});
}

void
sheet_heading(struct sheet *s, struct str text)
{
	drop_heading(s);
	if (text.len > 0)
		add(s, (struct block){BLOCK_HEADING, STR_NONE, text});
}

void
sheet_fact(struct sheet *s, struct str label, struct str text)
{
	if (text.len > 0)
		add(s, (struct block){BLOCK_FACT, label, text});
}

/* The blocks that are written: a heading at the end has nothing under it. */
static size_t
written(const struct sheet *s)
{
	return s->count > 0 && s->list[s->count - 1].kind == BLOCK_HEADING ? s->count - 1
									   : s->count;
}

/* Of the facts that stand together, from `from` on: how wide their labels are. */
static unsigned
label_columns(const struct sheet *s, size_t from)
{
	unsigned most = 0;
	for (size_t i = from; i < s->count && s->list[i].kind == BLOCK_FACT; i++) {
		const unsigned n = text_columns(s->list[i].label);
		most = n > most ? n : most;
	}
	return most;
}

/* ---- text */

static bool
to_buf(void *to, const char *bytes, size_t len)
{
	struct buf *const b = to;
	buf_add(b, (struct str){bytes, len});
	return !buf_failed(b);
}

/* Facts and words are easier to tell apart with a blank line between them. */
static bool
is_apart(enum block_kind before, enum block_kind b)
{
	const bool is_words = b == BLOCK_PARAGRAPH || b == BLOCK_STEP;
	const bool was_words = before == BLOCK_PARAGRAPH || before == BLOCK_STEP;
	return (before == BLOCK_FACT && is_words) || (was_words && b == BLOCK_FACT);
}

void
sheet_text(const struct sheet *s, struct buf *out)
{
	struct out o;
	struct page p = {&o, SHEET_COLUMNS, false};
	unsigned columns = 0;
	out_init(&o, to_buf, out);
	for (size_t i = 0; i < written(s); i++) {
		const struct block *const b = &s->list[i];
		const bool begins_facts = i == 0 || s->list[i - 1].kind != BLOCK_FACT;
		if (i > 0 && is_apart(s->list[i - 1].kind, b->kind))
			page_blank(&p);
		switch (b->kind) {
		case BLOCK_HEADLINE:
			if (i > 0)
				page_blank(&p);
			page_text(&p, 0, STR(""), b->text, PAINT_PLAIN);
			page_blank(&p);
			break;
		case BLOCK_HEADING:
			page_blank(&p);
			page_text(&p, 0, STR(""), b->text, PAINT_PLAIN);
			break;
		case BLOCK_PARAGRAPH:
			page_text(&p, 2, STR(""), b->text, PAINT_PLAIN);
			break;
		case BLOCK_STEP:
			page_text(&p, 4, STR("- "), b->text, PAINT_PLAIN);
			break;
		case BLOCK_QUOTE:
			page_text(&p, 4, STR("> "), b->text, PAINT_PLAIN);
			break;
		case BLOCK_FACT:
			columns = begins_facts ? label_columns(s, i) : columns;
			page_fact(&p, b->label, columns, b->text);
			break;
		case BLOCK_LINE:
			page_blank(&p);
			page_line(&p, STR("----"), PAINT_PLAIN);
			break;
		}
	}
	(void)out_finish(&o);
}

/* ---- HTML
 *
 * What mail programs make of it decides its form. All style is inline, since Gmail takes away what
 * is in the head. Outlook, which has Word write the page, knows no white-space in <pre>, so an
 * answer of a server is a paragraph that it can break. overflow-wrap is for phones: an answer may
 * be one word of 300 bytes. No colour is named for text, and the scheme is left to the reader's
 * program, so that nothing is dark on dark at night. Nothing is fetched from anywhere.
 */

/* The bytes at the start of `s` that stand for themselves: most of a text. */
static size_t
plain_bytes(struct str s)
{
	size_t n = 0;
	while (n < s.len && s.ptr[n] >= ' ' && s.ptr[n] < 0x7F && s.ptr[n] != '&' &&
		s.ptr[n] != '<' && s.ptr[n] != '>' && s.ptr[n] != '"')
		n++;
	return n;
}

static void
escape(struct buf *out, struct str s)
{
	for (size_t bytes; s.len > 0; s = str_from(s, bytes)) {
		bytes = plain_bytes(s);
		if (bytes > 0) {
			buf_add(out, str_head(s, bytes));
			continue;
		}
		const uint32_t cp = utf8_next(s, &bytes);
		if (cp == CHAR_BROKEN)
			buf_add(out, STR("\xEF\xBF\xBD"));
		else if (cp == '&')
			buf_add(out, STR("&amp;"));
		else if (cp == '<')
			buf_add(out, STR("&lt;"));
		else if (cp == '>')
			buf_add(out, STR("&gt;"));
		else if (cp == '"')
			buf_add(out, STR("&quot;"));
		else if (!is_shown(cp))
			buf_add_char(out, ' ');
		else
			buf_add(out, str_head(s, bytes));
	}
}

/* What stands around a block, and around those of its kind that follow one another. */
static const struct {
	struct str open, close, group_open, group_close;
} markup[] = {
	[BLOCK_HEADLINE] = {STR_INIT("<h1 style=\"font-size:1.3em\">"), STR_INIT("</h1>\n"),
		STR_INIT(""), STR_INIT("")},
	[BLOCK_HEADING] = {STR_INIT("<h2 style=\"font-size:1em;margin:1.2em 0 0\">"),
		STR_INIT("</h2>\n"), STR_INIT(""), STR_INIT("")},
	[BLOCK_PARAGRAPH] = {STR_INIT("<p style=\"margin:.4em 0\">"), STR_INIT("</p>\n"),
		STR_INIT(""), STR_INIT("")},
	[BLOCK_STEP] = {STR_INIT("<li>"), STR_INIT("</li>\n"),
		STR_INIT("<ul style=\"margin:.4em 0\">\n"), STR_INIT("</ul>\n")},
	[BLOCK_QUOTE] = {STR_INIT("<p style=\"margin:.4em 0;padding:.5em .8em;"
				  "border-left:3px solid #999;font-family:monospace\">"),
		STR_INIT("</p>\n"), STR_INIT(""), STR_INIT("")},
	[BLOCK_FACT] = {STR_INIT("</th><td style=\"padding:0\">"), STR_INIT("</td></tr>\n"),
		STR_INIT("<table style=\"margin:.4em 0;border-spacing:0\">\n"),
		STR_INIT("</table>\n")},
	[BLOCK_LINE] = {STR_INIT("<hr>"), STR_INIT("\n"), STR_INIT(""), STR_INIT("")},
};

static struct str
title_of(const struct sheet *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].kind == BLOCK_HEADLINE)
			return s->list[i].text;
	return STR("");
}

void
sheet_html(const struct sheet *s, enum lang lang, struct buf *out)
{
	const size_t count = written(s);
	buf_add(out, STR("<!DOCTYPE html>\n<html lang=\""));
	escape(out, catalogue_lang_tag(lang));
	buf_add(out, STR("\">\n<head>\n<meta charset=\"utf-8\">\n"
			 "<meta name=\"viewport\" content=\"width=device-width\">\n"
			 "<meta name=\"color-scheme\" content=\"light dark\">\n<title>"));
	escape(out, title_of(s));
	buf_add(out, STR("</title>\n</head>\n"
			 "<body style=\"font-family:sans-serif;line-height:1.4;max-width:42em;"
			 "overflow-wrap:anywhere\">\n"));
	for (size_t i = 0; i < count; i++) {
		const struct block *const b = &s->list[i];
		const enum block_kind before = i > 0 ? s->list[i - 1].kind : BLOCK_LINE;
		if (i == 0 || before != b->kind)
			buf_add(out, markup[b->kind].group_open);
		if (b->kind == BLOCK_FACT) {
			buf_add(out, STR("<tr><th style=\"text-align:left;vertical-align:top;"
					 "padding:0 1em 0 0;font-weight:normal;opacity:.7\">"));
			escape(out, b->label);
		}
		buf_add(out, markup[b->kind].open);
		escape(out, b->text);
		buf_add(out, markup[b->kind].close);
		if (i + 1 == count || s->list[i + 1].kind != b->kind)
			buf_add(out, markup[b->kind].group_close);
	}
	buf_add(out, STR("</body>\n</html>\n"));
}
