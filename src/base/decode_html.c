#include "base/charset.h"
#include "base/decode.h"
#include "base/html_entities.h"

/* What a tag does to the text around it. */
enum tag_action {
	TAG_INLINE, /* nothing */
	TAG_BREAK,  /* always one more line end */
	TAG_LINE,   /* stands on lines of its own */
	TAG_PARAGRAPH,
	TAG_CELL,
	TAG_PRE,
	TAG_HEAD,
	TAG_TITLE,
	TAG_META, /* belongs into <head> and does not end it */
	TAG_LINK, /* its text may name whom its address is of */
	TAG_RAW,  /* what follows is no text, up to the end tag of that name */
};

static const struct tag {
	char name[11];
	unsigned char action;
} tags[] = {
	/* in the order of their names */
	{"a", TAG_LINK},
	{"address", TAG_LINE},
	{"article", TAG_LINE},
	{"aside", TAG_LINE},
	{"b", TAG_INLINE},
	{"base", TAG_META},
	{"blockquote", TAG_LINE},
	{"body", TAG_LINE},
	{"br", TAG_BREAK},
	{"caption", TAG_LINE},
	{"center", TAG_LINE},
	{"code", TAG_INLINE},
	{"dd", TAG_LINE},
	{"div", TAG_LINE},
	{"dl", TAG_LINE},
	{"dt", TAG_LINE},
	{"em", TAG_INLINE},
	{"fieldset", TAG_LINE},
	{"font", TAG_INLINE},
	{"footer", TAG_LINE},
	{"form", TAG_LINE},
	{"h1", TAG_PARAGRAPH},
	{"h2", TAG_PARAGRAPH},
	{"h3", TAG_PARAGRAPH},
	{"h4", TAG_PARAGRAPH},
	{"h5", TAG_PARAGRAPH},
	{"h6", TAG_PARAGRAPH},
	{"head", TAG_HEAD},
	{"header", TAG_LINE},
	{"hr", TAG_LINE},
	{"i", TAG_INLINE},
	{"img", TAG_INLINE},
	{"legend", TAG_LINE},
	{"li", TAG_LINE},
	{"link", TAG_META},
	{"listing", TAG_PRE},
	{"main", TAG_LINE},
	{"meta", TAG_META},
	{"nav", TAG_LINE},
	{"noscript", TAG_META},
	{"ol", TAG_LINE},
	{"option", TAG_LINE},
	{"p", TAG_PARAGRAPH},
	{"pre", TAG_PRE},
	{"script", TAG_RAW},
	{"section", TAG_LINE},
	{"span", TAG_INLINE},
	{"strong", TAG_INLINE},
	{"style", TAG_RAW},
	{"table", TAG_LINE},
	{"tbody", TAG_LINE},
	{"td", TAG_CELL},
	{"th", TAG_CELL},
	{"title", TAG_TITLE},
	{"tr", TAG_LINE},
	{"tt", TAG_INLINE},
	{"u", TAG_INLINE},
	{"ul", TAG_LINE},
	{"xmp", TAG_PRE},
};

struct html {
	struct str in; /* what is still to read */
	char *start, *to;
	size_t lines;       /* line ends due before the next text */
	struct str mailto;  /* the address of the link that is open; else empty */
	size_t mailto_text; /* where its text begins in what is written */
	bool is_blank;      /* a blank is due before the next text */
	bool is_cell;       /* ... a tab: it is another cell of the row */
	bool in_pre, in_head, in_title;
	bool no_quotes;      /* from here on a tag has lost a quote: believe no quote any more */
	bool no_comment_end; /* there is no "-->" from here on */
};

/* Everything visible passes here, after the white space that is due. */
static void
html_text(struct html *h, struct str s)
{
	if (h->in_head && !h->in_title)
		return;
	if (h->to > h->start) {
		for (; h->lines > 0; h->lines--) {
			*h->to++ = '\n';
			h->is_blank = h->is_cell = false;
		}
		if (h->is_cell || h->is_blank)
			*h->to++ = h->is_cell ? '\t' : ' ';
	}
	h->lines = 0;
	h->is_blank = h->is_cell = false;
	memcpy(h->to, s.ptr, s.len);
	h->to += s.len;
}

static void
html_space(struct html *h, char c)
{
	if (!h->in_pre)
		h->is_blank = true;
	else if (c == '\n')
		h->lines++;
	else if (c == ' ' || c == '\t')
		html_text(h, (struct str){&c, 1});
}

/* At least `n` line ends before what comes next. */
static void
html_lines(struct html *h, size_t n)
{
	if (h->lines < n)
		h->lines = n;
}

static void
html_entity(struct html *h)
{
	uint32_t codepoint = '&';
	size_t used = html_entity_parse(h->in, &codepoint);
	if (used == 0)
		used = 1;
	h->in = str_from(h->in, used);
	/* Soft hyphen, zero-width blank, byte order mark: put there to be unseen. */
	if (codepoint == 0xAD || codepoint == 0x200B || codepoint == 0xFEFF)
		return;
	if (codepoint == 0xA0 || (codepoint < 0x80 && ascii_is_space((int)codepoint))) {
		html_space(h, codepoint == 0xA0 ? ' ' : (char)codepoint);
		return;
	}
	char utf8[4];
	html_text(h, (struct str){utf8, utf8_put(codepoint, utf8)});
}

/* Does "=", and perhaps white space, stand before s.ptr[at]? */
static bool
is_behind_equals(struct str s, size_t at)
{
	while (at > 1 && ascii_is_space((unsigned char)s.ptr[at - 1]))
		at--;
	return at > 1 && s.ptr[at - 1] == '=';
}

/*
 * How long the tag at the start of `s` is, with its ">". Quoted values of
 * attributes may hold a ">"; but a quote is believed only behind "=", and none
 * is once a tag was seen that never closed its quote (else a text full of such
 * tags would cost its length each time).
 */
static size_t
tag_len(struct html *h, struct str s)
{
	for (size_t i = 1; i < s.len && !h->no_quotes; i++) {
		const char c = s.ptr[i];
		if (c == '>')
			return i + 1;
		if ((c != '"' && c != '\'') || !is_behind_equals(s, i))
			continue;
		i = str_find_char(s, c, i + 1);
		if (i == STR_NPOS)
			break;
	}
	h->no_quotes = true;
	const size_t end = str_find_char(s, '>', 0);
	return end == STR_NPOS ? s.len : end + 1;
}

/* How long the comment, declaration or instruction at the start of `s` is. */
static size_t
comment_len(struct html *h, struct str s)
{
	if (str_starts(s, STR("<!--")) && !h->no_comment_end) {
		const size_t end = str_find(s, STR("-->"), 2); /* "<!-->" is all of one */
		if (end != STR_NPOS)
			return end + 3;
		h->no_comment_end = true;
	}
	const size_t end = str_find_char(s, '>', 0);
	return end == STR_NPOS ? s.len : end + 1;
}

static const struct tag *
tag_find(struct str name)
{
	const char first = (char)ascii_lower((unsigned char)name.ptr[0]);
	for (size_t i = 0; i < sizeof tags / sizeof tags[0] && tags[i].name[0] <= first; i++)
		if (tags[i].name[0] == first && str_eq_case(str_of(tags[i].name), name))
			return &tags[i];
	return NULL;
}

/* Drops a script or style, whose start tag was just read. */
static void
html_skip_raw(struct html *h, struct str name)
{
	size_t at = 0;
	while ((at = str_find(h->in, STR("</"), at)) != STR_NPOS) {
		at += 2;
		if (str_starts_case(str_from(h->in, at), name))
			break;
	}
	h->in = at == STR_NPOS ? str_from(h->in, h->in.len) : str_from(h->in, at - 2);
}

static void
html_pre(struct html *h, bool is_end)
{
	html_lines(h, 1);
	h->in_pre = !is_end;
	if (is_end)
		return;
	/* The line end right behind <pre> is not part of it. */
	if (str_starts(h->in, STR("\r\n")))
		h->in = str_from(h->in, 2);
	else if (str_starts(h->in, STR("\n")))
		h->in = str_from(h->in, 1);
}

/* The address in the tag of a link, as it was written: <a href="mailto:a%40b.example?subject=c">.
 */
static struct str
link_address(struct str tag)
{
	static const struct str scheme = STR_INIT("mailto:");
	const size_t at = str_find_case(tag, scheme, 0);
	if (at == STR_NPOS)
		return STR("");
	const struct str rest = str_from(tag, at + scheme.len);
	size_t len = 0;
	while (len < rest.len && strchr("\"'?&> \t\r\n", rest.ptr[len]) == NULL)
		len++;
	return str_head(rest, len);
}

/* A link that shows a name hides the address: "Name <a@b.example>". */
static void
html_link(struct html *h, struct str tag, bool is_end)
{
	const struct str text = str_between(h->start + h->mailto_text, h->to);
	struct str rest = h->mailto;
	h->mailto = is_end ? STR("") : link_address(tag);
	h->mailto_text = (size_t)(h->to - h->start);
	if (!is_end || rest.len == 0 || str_is_blank(text) ||
		str_find_char(text, '@', 0) != STR_NPOS)
		return;
	html_space(h, ' ');
	html_text(h, STR("<"));
	while (rest.len > 0) {
		const int byte = rest.ptr[0] == '%' ? hex_pair(str_from(rest, 1)) : -1;
		const bool is_escaped = byte > ' ' && byte < 0x7F;
		const char c = is_escaped ? (char)byte : rest.ptr[0];
		html_text(h, (struct str){&c, 1});
		rest = str_from(rest, is_escaped ? 3 : 1);
	}
	html_text(h, STR(">"));
}

static void
html_apply(struct html *h, const struct tag *tag, struct str whole, bool is_end)
{
	/* As in a browser, what cannot stand in <head> ends it, if its end tag got lost. */
	if (tag->action < TAG_HEAD)
		h->in_head = h->in_title = false;
	switch ((enum tag_action)tag->action) {
	case TAG_INLINE:
	case TAG_META:
		break;
	case TAG_BREAK:
		h->lines++;
		break;
	case TAG_LINE:
		html_lines(h, 1);
		break;
	case TAG_PARAGRAPH:
		html_lines(h, 2);
		break;
	case TAG_CELL:
		h->is_cell = true;
		break;
	case TAG_PRE:
		html_pre(h, is_end);
		break;
	case TAG_HEAD:
		h->in_head = !is_end;
		break;
	case TAG_TITLE:
		h->in_title = !is_end;
		html_lines(h, 1);
		break;
	case TAG_LINK:
		html_link(h, whole, is_end);
		break;
	case TAG_RAW:
		if (!is_end)
			html_skip_raw(h, str_of(tag->name));
		break;
	}
}

/* Takes what starts with "<". */
static void
html_tag(struct html *h)
{
	const struct str s = h->in;
	const bool is_end = s.len > 1 && s.ptr[1] == '/';
	const size_t from = is_end ? 2 : 1;
	if (!is_end && s.len > 1 && (s.ptr[1] == '!' || s.ptr[1] == '?')) {
		h->in = str_from(s, comment_len(h, s));
		return;
	}
	size_t to = from;
	while (to < s.len && s.ptr[to] != '>' && s.ptr[to] != '/' && s.ptr[to] != '<' &&
		!ascii_is_space((unsigned char)s.ptr[to]))
		to++;
	const struct str name = {s.ptr + from, to - from};
	/* "1 < 2", and the "<user@host>" and "<http://host>" that nobody escaped, are text. */
	if (name.len == 0 || !ascii_is_alpha((unsigned char)name.ptr[0]) ||
		str_find_char(name, '@', 0) != STR_NPOS || name.ptr[name.len - 1] == ':') {
		h->in = str_from(s, 1);
		html_text(h, str_head(s, 1));
		return;
	}
	h->in = str_from(s, tag_len(h, s));
	const struct tag *const tag = tag_find(name);
	if (tag != NULL)
		html_apply(h, tag, str_head(s, s.len - h->in.len), is_end);
}

/* How many bytes at the start of `s` are plain text: neither markup nor white space. */
static size_t
plain_run(struct str s)
{
	size_t i = 0;
	while (i < s.len && s.ptr[i] != '<' && s.ptr[i] != '&' && s.ptr[i] != '\xC2' &&
		!ascii_is_space((unsigned char)s.ptr[i]))
		i++;
	return i;
}

struct str
decode_html(struct str in, struct arena *a)
{
	in = charset_to_utf8(utf8_valid(in) ? CHARSET_UTF_8 : CHARSET_UNKNOWN, in, a);
	if (!str_is_set(in))
		return STR_NONE;
	const size_t room = in.len;
	char *const out = arena_bytes(a, room);
	if (out == NULL)
		return STR_NONE;
	struct html h = {.in = in, .start = out, .to = out};
	while (h.in.len > 0) {
		size_t run = plain_run(h.in);
		const char next = run < h.in.len ? h.in.ptr[run] : '\0';
		if (run == 0 && next == '\xC2' && !str_starts(h.in, STR("\xC2\xA0")))
			run = 2; /* some other character from U+0080 to U+00BF */
		if (run > 0) {
			html_text(&h, str_head(h.in, run));
			h.in = str_from(h.in, run);
		} else if (next == '<') {
			html_tag(&h);
		} else if (next == '&') {
			html_entity(&h);
		} else {
			html_space(&h, next == '\xC2' ? ' ' : next);
			h.in = str_from(h.in, next == '\xC2' ? 2 : 1);
		}
	}
	const size_t len = (size_t)(h.to - out);
	arena_give_back(a, room - len);
	return str_trim((struct str){out, len});
}
