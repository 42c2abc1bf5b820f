/*
 * str - a borrowed slice of text, and what one does with it
 *
 * A slice points into memory somebody else owns: the message, an arena, or a
 * constant. {NULL, 0} is "absent", {p, 0} is "present and empty". Nothing here
 * allocates, needs a NUL, or asks the locale: letters are ASCII letters.
 *
 * Any thread, any time: all functions are pure.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *ptr;
	size_t len;
};

#define STR_INIT(s)                                                                                \
	{                                                                                          \
		(s), sizeof(s) - 1                                                                 \
	}
#define STR(s) ((struct str){(s), sizeof(s) - 1})
#define STR_NONE ((struct str){NULL, 0})
/* for "%.*s" of printf() */
#define SHOWN(s) (int)(s).len, (s).ptr

static inline bool
ascii_is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static inline bool
ascii_is_alpha(int c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static inline bool
ascii_is_alnum(int c)
{
	return ascii_is_digit(c) || ascii_is_alpha(c);
}

static inline bool
ascii_is_space(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline int
ascii_lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c | 32 : c;
}

/* hex_value - of a hexadecimal digit in either case; -1: it is none */
static inline int
hex_value(int c)
{
	const int lower = ascii_lower(c);
	return ascii_is_digit(c) ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static inline bool
str_is_set(struct str s)
{
	return s.ptr != NULL;
}

/* str_of - the slice over a C string; NULL gives "absent" */
static inline struct str
str_of(const char *cstr)
{
	return cstr == NULL ? STR_NONE : (struct str){cstr, strlen(cstr)};
}

/* str_between - the slice [from, to); `from` past `to` gives an empty one */
static inline struct str
str_between(const char *from, const char *to)
{
	return (struct str){from, from < to ? (size_t)(to - from) : 0};
}

/* str_from - `s` without its first `n` bytes; all of it gone when n > len */
static inline struct str
str_from(struct str s, size_t n)
{
	if (n > s.len)
		n = s.len;
	if (n == 0)
		return s; /* also when absent: NULL + 0 is undefined */
	return (struct str){s.ptr + n, s.len - n};
}

/* str_head - the first `n` bytes of `s`, or all */
static inline struct str
str_head(struct str s, size_t n)
{
	return (struct str){s.ptr, n < s.len ? n : s.len};
}

/* str_head_text - at most `n` bytes of UTF-8 text, not cutting a character in two */
static inline struct str
str_head_text(struct str s, size_t n)
{
	if (n >= s.len)
		return s;
	while (n > 0 && ((unsigned char)s.ptr[n] & 0xC0) == 0x80)
		n--;
	return (struct str){s.ptr, n};
}

/* str_same_bytes - memcmp() of a few bytes, without a call */
static inline bool
str_same_bytes(const char *a, const char *b, size_t n)
{
	uint64_t one, other;
	uint32_t half, other_half;
	if (n < sizeof half)
		return n == 0 || (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
	if (n < sizeof one) {
		memcpy(&half, a, sizeof half);
		memcpy(&other_half, b, sizeof other_half);
		if (half != other_half)
			return false;
		memcpy(&half, a + n - sizeof half, sizeof half);
		memcpy(&other_half, b + n - sizeof other_half, sizeof other_half);
		return half == other_half;
	}
	for (size_t i = 0; i < n - sizeof one; i += sizeof one) {
		memcpy(&one, a + i, sizeof one);
		memcpy(&other, b + i, sizeof other);
		if (one != other)
			return false;
	}
	memcpy(&one, a + n - sizeof one, sizeof one);
	memcpy(&other, b + n - sizeof other, sizeof other);
	return one == other;
}

static inline bool
str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool
str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

/* The ...case functions fold ASCII letters only. Most comparisons end at the first letter. */
bool str_same_case(const char *a, const char *b, size_t len);

static inline bool
str_starts_case(struct str s, struct str prefix)
{
	return s.len >= prefix.len &&
	       (prefix.len == 0 || (((s.ptr[0] ^ prefix.ptr[0]) & 0xDF) == 0 &&
					   str_same_case(s.ptr, prefix.ptr, prefix.len)));
}

static inline bool
str_eq_case(struct str a, struct str b)
{
	return a.len == b.len && str_starts_case(a, b);
}

static inline bool
str_ends_case(struct str s, struct str suffix)
{
	return s.len >= suffix.len && str_starts_case(str_from(s, s.len - suffix.len), suffix);
}

/* str_find - offset of the first `needle` at or after `from`, or STR_NPOS */
#define STR_NPOS ((size_t)-1)
size_t str_find(struct str s, struct str needle, size_t from);
size_t str_find_case(struct str s, struct str needle, size_t from);
size_t str_find_char(struct str s, char c, size_t from);

/* str_find_last - offset of the last `c`, or STR_NPOS */
size_t str_find_last(struct str s, char c);

/* str_behind_last - offset of what stands behind the last `c`; 0 when there is none */
static inline size_t
str_behind_last(struct str s, char c)
{
	const size_t at = str_find_last(s, c);
	return at == STR_NPOS ? 0 : at + 1;
}

static inline bool
str_has(struct str s, struct str needle)
{
	return str_find(s, needle, 0) != STR_NPOS;
}

static inline bool
str_has_case(struct str s, struct str needle)
{
	return str_find_case(s, needle, 0) != STR_NPOS;
}

/* str_trim - without white space at both ends; keeps "present and empty". Most texts have none. */
struct str str_trim_blanks(struct str s);
struct str str_trim_end(struct str s);

static inline struct str
str_trim(struct str s)
{
	return s.len == 0 || ((unsigned char)s.ptr[0] > ' ' &&
				     (unsigned char)s.ptr[s.len - 1] > ' ')
		       ? s
		       : str_trim_blanks(s);
}

/* str_is_below - has this name of a host labels in front of those of `domain`? Case is no matter */
static inline bool
str_is_below(struct str name, struct str domain)
{
	return name.len > domain.len && name.ptr[name.len - domain.len - 1] == '.' &&
	       str_ends_case(name, domain);
}

/* str_is_ascii - has it nothing of eight bits? */
static inline bool
str_is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] >= 128)
			return false;
	return true;
}

/* str_is_blank - is there nothing but white space? */
static inline bool
str_is_blank(struct str s)
{
	size_t n = 0;
	while (n < s.len && ascii_is_space((unsigned char)s.ptr[n]))
		n++;
	return n == s.len;
}

/* str_cut - the head before `delim`, with *rest moved past it; the whole of *rest, and *rest
 * becomes absent, when there is no `delim` */
struct str str_cut(struct str *rest, char delim);

/* str_line - the next line without its line end (LF, CRLF or a lone CR); false at the end */
bool str_line(struct str *rest, struct str *line);

/* str_is_among - is `s` one of these, ASCII case aside? */
bool str_is_among(struct str s, const struct str *list, size_t count);

/* str_word - the next run of non-blank bytes of *rest; empty at the end */
struct str str_word(struct str *rest);

/* str_unwrap - `s` without one `open` in front and one `close` behind, when it has both */
struct str str_unwrap(struct str s, char open, char close);

/* str_number - the decimal number at the start of `s`, at most `max`; -1 when there is none or it
 * is larger */
int64_t str_number(struct str s, int64_t max);

/* str_digits - `n` in decimal, at the end of `room`, which the answer points into */
#define STR_DIGITS_MAX 20 /* of INT64_MIN, with its sign */
struct str str_digits(int64_t n, char room[STR_DIGITS_MAX]);

/* str_is_within - does `s` point into `whole`? (so that its offset there has a meaning) */
static inline bool
str_is_within(struct str s, struct str whole)
{
	return whole.ptr != NULL && s.ptr >= whole.ptr && s.ptr + s.len <= whole.ptr + whole.len;
}

#endif
