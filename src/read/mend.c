#include "read/mend.h"

#include "base/charset.h"
#include "base/line.h"
#include "read/header.h"
#include "read/limits.h"

#define LOOK_BYTES 1024       /* that tell whether there are zero bytes */
#define DOUBLED_LINES_MIN 8   /* line ends that must all be doubled */
#define FIRST_LINE_BYTES 1000 /* RFC 5322 s2.1.1: longer lines than 998 there are not */
#define PREFIX_BYTES_MAX 8    /* that stand before each line */
#define PREFIXED_LINES 12     /* that must all have them */
#define ESCAPED_ENDS_MIN 3    /* "\\n" in place of line ends */

static bool
has_utf16_mark(struct str in)
{
	return str_starts(in, STR("\xFF\xFE")) || str_starts(in, STR("\xFE\xFF"));
}

static struct str
without_zeros(struct str in, struct arena *a)
{
	char *const out = arena_bytes(a, in.len);
	size_t n = 0;
	for (size_t i = 0; out != NULL && i < in.len; i++)
		if (in.ptr[i] != '\0')
			out[n++] = in.ptr[i];
	return out == NULL ? in : (struct str){out, n};
}

static bool
is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

/* "\r\r\n": a gateway put a CR before each LF that had one. */
static bool
ends_in_crcrlf(struct str in)
{
	const struct str head = str_head(in, FIRST_LINE_BYTES);
	const char *const end = head.ptr + head.len;
	return str_starts(str_between(line_end(head.ptr, end), end), STR("\r\r\n"));
}

static struct str
with_lf(struct str in, struct arena *a)
{
	char *const out = arena_bytes(a, in.len);
	size_t n = 0;
	for (size_t i = 0; out != NULL && i < in.len; i++) {
		if (in.ptr[i] == '\n')
			while (n > 0 && out[n - 1] == '\r')
				n--;
		out[n++] = in.ptr[i];
	}
	return out == NULL ? in : (struct str){out, n};
}

/* The line ends in a row from text.ptr[*at] on; *at comes to stand behind them. */
static size_t
count_ends(struct str text, size_t *at)
{
	size_t n = 0;
	for (; *at < text.len && is_line_end(text.ptr[*at]); n++)
		*at += str_starts(str_from(text, *at), STR("\r\n")) ? 2 : 1;
	return n;
}

static bool
is_doubled(struct str text)
{
	size_t at = 0, places = 0;
	bool has_more = false;
	(void)count_ends(text, &at);
	for (;;) {
		const char *const end = text.ptr + text.len;
		at = (size_t)(line_end(text.ptr + at, end) - text.ptr);
		if (at == text.len)
			return has_more && places >= DOUBLED_LINES_MIN;
		const size_t n = count_ends(text, &at);
		if (n % 2 != 0 && at < text.len)
			return false;
		has_more = has_more || n > 2;
		places++;
	}
}

struct str
mend_doubled(struct str text, struct arena *a)
{
	if (text.len == 0 || !is_doubled(text))
		return text;
	char *const out = arena_bytes(a, text.len);
	if (out == NULL)
		return text;
	size_t n = 0;
	for (size_t i = 0; i < text.len;) {
		size_t ends = count_ends(text, &i);
		for (ends = (ends + 1) / 2; ends > 0; ends--)
			out[n++] = '\n';
		while (i < text.len && !is_line_end(text.ptr[i]))
			out[n++] = text.ptr[i++];
	}
	return (struct str){out, n};
}

/* Old Acorns and bad scripts end lines with LF CR. */
static bool
ends_in_lfcr(struct str in)
{
	const struct str head = str_head(in, FIRST_LINE_BYTES);
	const char *const end = head.ptr + head.len;
	const struct str rest = str_between(line_end(head.ptr, end), end);
	/* LF and then a blank line of CR LF begin so, too. */
	return str_starts(rest, STR("\n\r")) &&
	       (!str_starts(rest, STR("\n\r\n")) || str_starts(rest, STR("\n\r\n\r")));
}

static struct str
without_cr(struct str in, struct arena *a)
{
	char *const out = arena_bytes(a, in.len);
	size_t n = 0;
	for (size_t i = 0; out != NULL && i < in.len; i++)
		if (in.ptr[i] != '\r')
			out[n++] = in.ptr[i];
	return out == NULL ? in : (struct str){out, n};
}

/* What stands before the first field, and before every line behind it: "> ", a few blanks. Empty
 * when nothing does. */
static struct str
find_prefix(struct str in)
{
	struct str rest = in, line, name, value;
	size_t n = 0, lines = 0;
	while (n < in.len && n < PREFIX_BYTES_MAX && strchr(" \t>|", in.ptr[n]) != NULL &&
		in.ptr[n] != '\0')
		n++;
	const struct str prefix = str_head(in, n), bare = str_trim_end(prefix);
	if (n == 0 || n == in.len || !str_line(&rest, &line) ||
		!field_split(str_from(line, n), &name, &value))
		return STR("");
	for (; lines < PREFIXED_LINES && str_line(&rest, &line); lines++)
		if (!str_starts(line, prefix) && !str_eq(str_trim_end(line), bare))
			return STR("");
	return lines < PREFIXED_LINES ? STR("") : prefix;
}

static struct str
without_prefix(struct str in, struct str prefix, struct arena *a)
{
	const struct str bare = str_trim_end(prefix);
	char *const out = arena_bytes(a, in.len + 1);
	size_t n = 0;
	struct str line;
	if (out == NULL)
		return in;
	while (str_line(&in, &line)) {
		if (str_starts(line, prefix))
			line = str_from(line, prefix.len);
		else if (str_eq(str_trim_end(line), bare))
			line = STR("");
		if (line.len > 0)
			memcpy(out + n, line.ptr, line.len);
		n += line.len;
		out[n++] = '\n';
	}
	return (struct str){out, n};
}

/* One line, as programs print a text for programs: "From: a\\r\\nTo: b". JSON is read as such. */
static bool
is_escaped(struct str in)
{
	const struct str head = str_head(in, FIRST_LINE_BYTES);
	const char *const end = head.ptr + head.len;
	size_t ends = 0;
	if (in.ptr[0] == '{' || in.ptr[0] == '[' || line_end(head.ptr, end) != end)
		return false;
	for (size_t at = 0; (at = str_find(head, STR("\\n"), at)) != STR_NPOS; at++)
		ends++;
	return ends >= ESCAPED_ENDS_MIN;
}

static struct str
unescaped(struct str in, struct arena *a)
{
	/* "b'From: a": Python's bytes */
	if (str_starts(in, STR("b'")) || str_starts(in, STR("b\"")))
		in = str_from(in, 2);
	char *const out = arena_bytes(a, in.len);
	size_t n = 0;
	for (size_t i = 0; out != NULL && i < in.len; i++) {
		char c = in.ptr[i];
		if (c == '\\' && i + 1 < in.len) {
			c = in.ptr[++i];
			if (c == 'r')
				continue;
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		out[n++] = c;
	}
	return out == NULL ? in : (struct str){out, n};
}

/* The bytes of an address on one side of the line end at `at`: at most so many, none of them white,
 * up to the bracket. */
static bool
has_bracket_before(struct str text, size_t at)
{
	const size_t limit = at > ADDRESS_BYTES_MAX ? at - ADDRESS_BYTES_MAX : 0;
	while (at > limit && !ascii_is_space((unsigned char)text.ptr[at - 1]))
		if (text.ptr[--at] == '<')
			return true;
	return false;
}

static bool
has_bracket_behind(struct str text, size_t at)
{
	const size_t limit = text.len - at > ADDRESS_BYTES_MAX ? at + ADDRESS_BYTES_MAX : text.len;
	for (; at < limit && !ascii_is_space((unsigned char)text.ptr[at]); at++)
		if (text.ptr[at] == '>')
			return true;
	return false;
}

struct str
mend_wrapped_addresses(struct str text, struct arena *a)
{
	size_t first = str_find(text, STR("\n@"), 0);
	if (first == STR_NPOS)
		return text;
	char *const out = arena_bytes(a, text.len);
	size_t n = 0, from = 0;
	if (out == NULL)
		return text;
	for (size_t at = first; at != STR_NPOS; at = str_find(text, STR("\n@"), at + 1)) {
		const size_t end = at > 0 && text.ptr[at - 1] == '\r' ? at - 1 : at;
		if (!has_bracket_before(text, end) || !has_bracket_behind(text, at + 1))
			continue;
		memcpy(out + n, text.ptr + from, end - from);
		n += end - from;
		from = at + 1;
	}
	memcpy(out + n, text.ptr + from, text.len - from);
	return (struct str){out, n + text.len - from};
}

struct str
mend_bytes(struct str in, struct arena *a)
{
	const struct str look = str_head(in, LOOK_BYTES);
	if (in.len < 2)
		return in;
	if (has_utf16_mark(in))
		in = charset_to_utf8(CHARSET_UTF_16, in, a);
	else if (memchr(look.ptr, '\0', look.len) != NULL)
		in = without_zeros(in, a);
	if (in.len > 0 && ends_in_crcrlf(in))
		in = with_lf(in, a);
	else if (in.len > 0 && ends_in_lfcr(in))
		in = without_cr(in, a);
	if (in.len > 0 && is_escaped(in))
		in = unescaped(in, a);
	const struct str prefix = in.len > 0 ? find_prefix(in) : STR("");
	if (prefix.len > 0)
		in = without_prefix(in, prefix, a);
	return mend_doubled(in, a);
}
