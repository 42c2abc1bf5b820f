/* author - whom a From field names */
#include "check/author.h"

/* Behind a quoted string or a comment that begins at `at`; comments nest. */
static size_t
skip(struct str s, size_t at)
{
	const bool is_quoted = s.ptr[at] == '"';
	unsigned depth = 0;
	for (; at < s.len; at++) {
		const char c = s.ptr[at];
		if (c == '\\') {
			at++;
		} else if (is_quoted) {
			if (c == '"' && depth++ > 0)
				return at + 1;
		} else if (c == '(') {
			depth++;
		} else if (c == ')' && --depth == 0) {
			return at + 1;
		}
	}
	return s.len;
}

static bool
is_domain_char(char c)
{
	return ascii_is_alnum((unsigned char)c) || c == '-' || c == '.' || c == '_' ||
	       (unsigned char)c >= 128;
}

bool
author_next(struct str *rest, struct str *domain)
{
	size_t at = 0;
	bool has_some = false, has_angle = false, is_in_angle = false;
	*domain = STR("");
	while (at < rest->len) {
		const char c = rest->ptr[at];
		if (c == '"' || c == '(') {
			at = skip(*rest, at);
			has_some = true;
			continue;
		}
		at++;
		if ((c == ',' || c == ';') && !is_in_angle) {
			if (has_some)
				break;
			continue;
		}
		has_some |= !ascii_is_space((unsigned char)c);
		if (c == '<') {
			is_in_angle = has_angle = true;
			*domain = STR("");
		} else if (c == '>') {
			is_in_angle = false;
		} else if (c == '@' && (is_in_angle || !has_angle)) {
			size_t end = at;
			while (end < rest->len && is_domain_char(rest->ptr[end]))
				end++;
			*domain = (struct str){rest->ptr + at, end - at};
			at = end;
		}
	}
	*rest = str_from(*rest, at);
	return has_some;
}
