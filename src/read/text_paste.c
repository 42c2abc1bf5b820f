/* Text as people hand it on: quoted in a forward, wrapped anew by a mail program. */
#include "base/lanes.h"
#include "read/address.h"
#include "read/limits.h"
#include "read/text.h"

static bool
is_quote_mark(char c)
{
	return c == '>' || c == '|';
}

#define QUOTED_LINES_MIN 3

/* Do so many lines begin with a quote mark? Few texts have one at all, and no line is looked at
 * without. */
static bool
has_quoted_lines(struct str text)
{
	size_t lines = 0;
	for (size_t i = 0; i < text.len; i += LANES) {
		unsigned marks = lanes_either(lanes_next(text.ptr + i, text.len - i), '>', '|');
		for (; marks != 0; marks &= marks - 1) {
			size_t at = i + lanes_first(marks);
			while (at > 0 && ascii_is_space((unsigned char)text.ptr[at - 1]) &&
				text.ptr[at - 1] != '\n' && text.ptr[at - 1] != '\r')
				at--;
			if (at > 0 && text.ptr[at - 1] != '\n' && text.ptr[at - 1] != '\r')
				continue;
			if (++lines == QUOTED_LINES_MIN)
				return true;
		}
	}
	return false;
}

/* Is most of this text a quotation, each line of it behind a '>' or a '|'? */
static bool
is_quoted(struct str text)
{
	struct str rest = str_head(text, 65536), line;
	size_t quoted = 0, plain = 0;
	if (!has_quoted_lines(rest))
		return false;
	while (str_line(&rest, &line)) {
		const struct str bare = str_trim(line);
		if (bare.len > 0)
			*(is_quote_mark(bare.ptr[0]) ? &quoted : &plain) += 1;
	}
	return quoted >= QUOTED_LINES_MIN && quoted * 2 > plain;
}

struct str
text_unquote(struct str text, struct arena *a)
{
	for (int depth = 0; depth < QUOTE_DEPTH_MAX && is_quoted(text); depth++) {
		char *const out = arena_bytes(a, text.len + 1);
		if (out == NULL)
			return text;
		size_t n = 0;
		struct str rest = text, line;
		while (str_line(&rest, &line)) {
			if (line.len > 0 && is_quote_mark(line.ptr[0]))
				line = str_from(line, line.len > 1 && line.ptr[1] == ' ' ? 2 : 1);
			if (line.len > 0)
				memcpy(out + n, line.ptr, line.len);
			n += line.len;
			if (n < text.len)
				out[n++] = '\n';
		}
		text = (struct str){out, n};
	}
	return text;
}

/* Does a line of a transcript or a report begin here, so that it stood at the head of one before
 * somebody wrapped the text anew? */
static bool
begins_line(struct str rest, struct str before)
{
	if (rest.len < 8)
		return false;
	if (str_starts(rest, STR(">>> ")))
		return ascii_is_alpha((unsigned char)rest.ptr[4]);
	if (str_starts(rest, STR("<<< ")))
		return ascii_is_digit((unsigned char)rest.ptr[4]);
	if (str_starts(rest, STR("----- ")))
		return ascii_is_alpha((unsigned char)rest.ptr[6]);
	if (str_starts(rest, STR("... while talking to ")))
		return true;
	/* "(in reply to RCPT TO command) <b@y>: host ...": the next recipient */
	if (rest.ptr[0] != '<' || before.len == 0 ||
		(before.ptr[before.len - 1] != ')' && before.ptr[before.len - 1] != '.'))
		return false;
	const size_t close = str_find_char(str_head(rest, ADDRESS_BYTES_MAX), '>', 0);
	return close != STR_NPOS && str_starts(str_from(rest, close + 1), STR(": ")) &&
	       str_find_char(str_head(rest, close), '@', 0) != STR_NPOS;
}

/* The next place from `i` on, which is not 0, with a line end, or a blank behind which a line could
 * begin; none is the last byte. The end when there is none. */
static size_t
next_joint(struct str text, size_t i)
{
	for (; i + 1 < text.len; i += LANES) {
		const size_t left = text.len - i;
		const struct lanes here = lanes_next(text.ptr + i, left);
		const struct lanes before = lanes_next(text.ptr + i - 1, left);
		const struct lanes behind = lanes_next(text.ptr + i + 1, left - 1);
		const unsigned found =
			lanes_equal(here, '\n') |
			(lanes_equal(here, ' ') &
				(lanes_equal(before, '-') | lanes_either(behind, '<', '>') |
					lanes_either(behind, '-', '.')));
		if (found != 0)
			return i + lanes_first(found);
	}
	return text.len;
}

struct str
text_unwrap(struct str text, struct arena *a)
{
	char *out = NULL;
	bool is_in_rule = false; /* amid "----- Transcript of session follows -----" */
	for (size_t i = 1; (i = next_joint(text, i)) + 1 < text.len; i++) {
		if (text.ptr[i] == '\n') {
			is_in_rule = false;
			continue;
		}
		const struct str before = str_head(text, i);
		const bool is_dashes = str_ends_case(before, STR("-----"));
		/* Behind its second dashes a line ends. */
		const bool is_behind_rule = is_dashes && is_in_rule;
		if (is_dashes)
			is_in_rule = !is_in_rule;
		if (!is_behind_rule && !begins_line(str_from(text, i + 1), before))
			continue;
		if (out == NULL) {
			out = arena_bytes(a, text.len);
			if (out == NULL)
				return text;
			memcpy(out, text.ptr, text.len);
		}
		out[i] = '\n';
	}
	return out == NULL ? text : (struct str){out, text.len};
}
