#include "read/mend.h"

#include "base/charset.h"
#include "base/line.h"

#define LOOK_BYTES 1024       /* that tell whether there are zero bytes */
#define DOUBLED_LINES_MIN 8   /* line ends that must all be doubled */
#define FIRST_LINE_BYTES 1000 /* RFC 5322 s2.1.1: longer lines than 998 there are not */

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
	return mend_doubled(in, a);
}
