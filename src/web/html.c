#include "web/html.h"

#include "base/charset.h"
#include "base/shown.h"

/* Printable ASCII that means nothing to a parser of HTML: most of any text. */
static inline bool
is_plain(unsigned char c)
{
	return c >= ' ' && c < 127 && c != '&' && c != '<' && c != '>' && c != '"' && c != '\'';
}

static size_t
plain_run(struct str text)
{
	size_t n = 0;
	while (n < text.len && is_plain((unsigned char)text.ptr[n]))
		n++;
	return n;
}

static void
add_char(struct out *out, uint32_t cp)
{
	char room[4];
	const size_t n = utf8_put(cp, room);
	for (size_t i = 0; i < n; i++) /* rare; out_add() would be inlined for it, at length */
		out_add_char(out, room[i]);
}

/* A character that a parser would take for markup; false when it is none. */
static bool
add_reference(struct out *out, uint32_t cp)
{
	switch (cp) {
	case '&':
		HTML(out, "&amp;");
		return true;
	case '<':
		HTML(out, "&lt;");
		return true;
	case '>':
		HTML(out, "&gt;");
		return true;
	case '"':
		HTML(out, "&quot;");
		return true;
	case '\'':
		HTML(out, "&#39;");
		return true;
	default:
		return false;
	}
}

static void
add_on_line(struct out *out, uint32_t cp)
{
	if (cp == '\t' || cp == '\n' || cp == '\r')
		out_add_char(out, ' ');
	else if (is_shown(cp) && !add_reference(out, cp))
		add_char(out, cp);
}

static void
add_in_lines(struct out *out, uint32_t cp)
{
	if (cp == '\t' || cp == '\n')
		out_add_char(out, (char)cp);
	else if (cp < ' ')
		add_char(out, 0x2400 + cp);
	else if (cp == 127)
		add_char(out, 0x2421);
	else if (is_shown(cp) && !add_reference(out, cp))
		add_char(out, cp);
}

void
html_text(struct out *out, struct str text)
{
	while (text.len > 0) {
		size_t bytes = plain_run(text);
		if (bytes > 0)
			out_add(out, str_head(text, bytes));
		else
			add_on_line(out, utf8_next(text, &bytes));
		text = str_from(text, bytes);
	}
}

void
html_lines(struct out *out, struct str text)
{
	while (text.len > 0) {
		size_t bytes = plain_run(text);
		if (bytes > 0) {
			out_add(out, str_head(text, bytes));
		} else if (text.ptr[0] == '\r') {
			bytes = text.len > 1 && text.ptr[1] == '\n' ? 2 : 1;
			out_add_char(out, '\n');
		} else {
			add_in_lines(out, utf8_next(text, &bytes));
		}
		text = str_from(text, bytes);
	}
}

void
html_component(struct out *out, struct str text)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < text.len; i++) {
		const unsigned char c = (unsigned char)text.ptr[i];
		if (ascii_is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
			out_add_char(out, (char)c);
			continue;
		}
		out_add_char(out, '%');
		out_add_char(out, hex[c >> 4]);
		out_add_char(out, hex[c & 15]);
	}
}
