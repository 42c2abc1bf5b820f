/*
 * json_check - is this one JSON value? (RFC 8259, strictly; and strings of well-formed UTF-8)
 *
 * Written apart from base/json.c, which it is there to check.
 */
#ifndef TESTS_JSON_CHECK_H
#define TESTS_JSON_CHECK_H

#include "base/charset.h"

#define JSON_CHECK_DEPTH 64

static inline void
json_skip_blanks(struct str *s)
{
	while (s->len > 0 &&
		(s->ptr[0] == ' ' || s->ptr[0] == '\t' || s->ptr[0] == '\n' || s->ptr[0] == '\r'))
		*s = str_from(*s, 1);
}

static inline bool
json_take(struct str *s, struct str word)
{
	const bool is_there = str_starts(*s, word);
	if (is_there)
		*s = str_from(*s, word.len);
	return is_there;
}

static inline bool
json_take_string(struct str *s)
{
	if (!json_take(s, STR("\"")))
		return false;
	while (s->len > 0) {
		const unsigned char c = (unsigned char)s->ptr[0];
		if (json_take(s, STR("\"")))
			return true;
		if (c < ' ')
			return false;
		if (c == '\\') {
			const char what = s->len > 1 ? s->ptr[1] : '\0';
			if (what == '\0' || strchr("\"\\/bfnrtu", what) == NULL)
				return false;
			*s = str_from(*s, 2);
			for (int i = 0; what == 'u' && i < 4; i++) {
				const char h = s->len > 0 ? s->ptr[0] : ' ';
				if (!ascii_is_digit(h) && !((h | 32) >= 'a' && (h | 32) <= 'f'))
					return false;
				*s = str_from(*s, 1);
			}
			continue;
		}
		const int step = utf8_step(*s);
		if (step <= 0)
			return false;
		*s = str_from(*s, (size_t)step);
	}
	return false;
}

static inline size_t
json_take_digits(struct str *s)
{
	size_t n = 0;
	while (n < s->len && ascii_is_digit(s->ptr[n]))
		n++;
	*s = str_from(*s, n);
	return n;
}

static inline bool
json_take_number(struct str *s)
{
	(void)json_take(s, STR("-"));
	const bool is_zero = str_starts(*s, STR("0"));
	const size_t n = json_take_digits(s);
	if (n == 0 || (is_zero && n > 1))
		return false;
	if (json_take(s, STR(".")) && json_take_digits(s) == 0)
		return false;
	if (json_take(s, STR("e")) || json_take(s, STR("E"))) {
		if (!json_take(s, STR("+")))
			(void)json_take(s, STR("-"));
		return json_take_digits(s) > 0;
	}
	return true;
}

static inline bool
json_take_value(struct str *s, int depth)
{
	json_skip_blanks(s);
	if (s->len == 0 || depth > JSON_CHECK_DEPTH)
		return false;
	const char open = s->ptr[0];
	if (open == '"')
		return json_take_string(s);
	if (open != '{' && open != '[')
		return json_take(s, STR("true")) || json_take(s, STR("false")) ||
		       json_take(s, STR("null")) || json_take_number(s);
	const struct str close = open == '{' ? STR("}") : STR("]");
	*s = str_from(*s, 1);
	json_skip_blanks(s);
	if (json_take(s, close))
		return true;
	for (;;) {
		json_skip_blanks(s);
		if (open == '{') {
			if (!json_take_string(s))
				return false;
			json_skip_blanks(s);
			if (!json_take(s, STR(":")))
				return false;
		}
		if (!json_take_value(s, depth + 1))
			return false;
		json_skip_blanks(s);
		if (json_take(s, close))
			return true;
		if (!json_take(s, STR(",")))
			return false;
	}
}

/* json_check - one value, and nothing but blanks behind it */
static inline bool
json_check(struct str text)
{
	if (!json_take_value(&text, 0))
		return false;
	json_skip_blanks(&text);
	return text.len == 0;
}

/* json_check_line - one value on one line that ends in LF */
static inline bool
json_check_line(struct str text)
{
	return text.len > 0 && text.ptr[text.len - 1] == '\n' &&
	       str_find_char(text, '\n', 0) == text.len - 1 && json_check(text);
}

#endif
