#include "smtp/reply.h"

#include <assert.h>

#define FACT_BYTES_MAX 1500

/* The text of a reply, before it is cut into lines. */
struct draft {
	char ptr[REPLY_BYTES_MAX / 2];
	size_t len, line_ends;
};

static void
draft_add(struct draft *d, struct str s)
{
	const struct str part = str_head(s, sizeof d->ptr - d->len);
	if (part.len > 0)
		memcpy(d->ptr + d->len, part.ptr, part.len);
	d->len += part.len;
}

static void
draft_add_number(struct draft *d, int64_t n)
{
	char digits[STR_DIGITS_MAX];
	draft_add(d, str_digits(n, digits));
}

/* A fact: of printable characters, and LF for a new line. */
static void
draft_add_fact(struct draft *d, struct str fact, bool may_be_utf8)
{
	fact = str_head_text(str_trim(fact), FACT_BYTES_MAX);
	if (!str_is_set(fact))
		draft_add(d, STR("-"));
	for (size_t i = 0; i < fact.len; i++) {
		const unsigned char c = (unsigned char)fact.ptr[i];
		const bool is_line_end = c == '\n' && d->line_ends < REPLY_LINE_ENDS_MAX;
		const bool is_kept =
			(c >= ' ' && c < 127) || is_line_end || (c >= 128 && may_be_utf8);
		d->line_ends += is_line_end;
		if (c != '\r' || i + 1 == fact.len || fact.ptr[i + 1] != '\n')
			draft_add(d, is_kept ? (struct str){fact.ptr + i, 1} : STR("?"));
	}
}

/* The fact of that name. */
static void
draft_add_named(struct draft *d, struct str name, const struct facts *f, bool may_be_utf8)
{
#define X(field)                                                                                   \
	if (str_eq(name, STR(#field))) {                                                           \
		draft_add_fact(d, f->field, may_be_utf8);                                          \
		return;                                                                            \
	}
	FACT_TEXTS(X)
#undef X
#define X(field)                                                                                   \
	if (str_eq(name, STR(#field))) {                                                           \
		draft_add_number(d, f->field);                                                     \
		return;                                                                            \
	}
	FACT_NUMBERS(X)
#undef X
	assert(false); /* a placeholder that no fact fills: test_smtp_reply fills them all */
}

static void
draft_fill(struct draft *d, struct str sentence, const struct facts *f, bool may_be_utf8)
{
	while (str_is_set(sentence)) {
		draft_add(d, str_cut(&sentence, '{'));
		if (str_is_set(sentence))
			draft_add_named(d, str_cut(&sentence, '}'), f, may_be_utf8);
	}
}

static void
out_add(struct reply_buffer *out, struct str s)
{
	assert(s.len <= out->room - out->len);
	if (s.len > 0)
		memcpy(out->ptr + out->len, s.ptr, s.len);
	out->len += s.len;
}

void
reply_line(struct reply_buffer *out, unsigned code, char sep, struct str text)
{
	char digits[STR_DIGITS_MAX];
	out_add(out, str_digits(code, digits));
	out_add(out, (struct str){&sep, 1});
	out_add(out, text);
	out_add(out, STR("\r\n"));
}

/* How much of `text` goes on a line of `room` bytes: up to a line end, else to a blank, else what
 * fits. */
static size_t
line_fit(struct str text, size_t room)
{
	const size_t end = str_find_char(str_head(text, room + 1), '\n', 0);
	if (end != STR_NPOS)
		return end;
	if (text.len <= room)
		return text.len;
	for (size_t i = room; i > room / 2; i--)
		if (text.ptr[i] == ' ')
			return i;
	return str_head_text(text, room).len;
}

unsigned
reply_write(struct reply_buffer *out, const struct reply_form *form, enum condition c,
	const struct facts *facts)
{
	struct condition_line line = condition_line(c, form->style);
	if (facts->code != 0 && facts->code / 100 == line.reply / 100)
		line.reply = facts->code;
	if (facts->enhanced.len > 0 && line.enhanced.len > 0 &&
		facts->enhanced.ptr[0] == line.enhanced.ptr[0])
		line.enhanced = facts->enhanced;
	const struct str enhanced = form->is_greeting ? STR_NONE : line.enhanced;
	const size_t room =
		REPLY_LINE_BYTES_MAX - 4 - 2 - (enhanced.len > 0 ? enhanced.len + 1 : 0);
	struct draft d;
	char text[REPLY_LINE_BYTES_MAX];
	d.len = d.line_ends = 0;
	draft_fill(&d, line.sentence, facts, form->may_be_utf8);
	d.len = d.len > sizeof d.ptr - 64 ? sizeof d.ptr - 64 : d.len; /* the mark has its place */
	if (line.reply >= 400 && form->session.len > 0) {
		draft_add(&d, STR(" ("));
		draft_add(&d, catalogue_text(catalogue_conditions[c].id));
		draft_add(&d, STR(" "));
		draft_add(&d, form->session);
		draft_add(&d, STR(")"));
	}
	struct str rest = {d.ptr, d.len};
	do {
		const struct str part = str_head(rest, line_fit(rest, room));
		size_t n = 0;
		rest = str_from(rest, part.len);
		rest = str_from(rest, rest.len > 0 && (rest.ptr[0] == '\n' || rest.ptr[0] == ' '));
		if (enhanced.len > 0) {
			memcpy(text, enhanced.ptr, enhanced.len);
			text[enhanced.len] = ' ';
			n = enhanced.len + 1;
		}
		memcpy(text + n, part.ptr, part.len);
		reply_line(out, line.reply, rest.len > 0 || form->has_more ? '-' : ' ',
			(struct str){text, n + part.len});
	} while (rest.len > 0);
	return line.reply;
}
