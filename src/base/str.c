#define _GNU_SOURCE /* memmem: fast and safe on any bytes */
#include "base/str.h"

#include "base/lanes.h"

bool
str_same_case(const char *a, const char *b, size_t len)
{
	size_t i = 0;
	while (i < len) {
		uint64_t of_a, of_b;
		/* Mostly even the case is the same. */
		if (len - i >= sizeof of_a) {
			memcpy(&of_a, a + i, sizeof of_a);
			memcpy(&of_b, b + i, sizeof of_b);
			if (of_a == of_b) {
				i += sizeof of_a;
				continue;
			}
		}
		const size_t stop = len - i < sizeof of_a ? len : i + sizeof of_a;
		for (; i < stop; i++)
			if (a[i] != b[i] && ascii_lower((unsigned char)a[i]) !=
						    ascii_lower((unsigned char)b[i]))
				return false;
	}
	return true;
}

/* For a needle of this length and more, one that is hostile together with its text would cost its
 * length at each place. */
#define NEEDLE_LONG_BYTES 32

/* Looks at sixteen places together: do the first and the last byte of the needle stand there? */
static const char *
find_short(const char *p, const char *end, struct str needle)
{
	const char first = needle.ptr[0], last = needle.ptr[needle.len - 1];
	for (; (size_t)(end - p) >= LANES + needle.len - 1; p += LANES) {
		unsigned mask = lanes_equal(lanes_load(p), first) &
				lanes_equal(lanes_load(p + needle.len - 1), last);
		for (; mask != 0; mask &= mask - 1)
			if (memcmp(p + lanes_first(mask), needle.ptr, needle.len) == 0)
				return p + lanes_first(mask);
	}
	for (; (size_t)(end - p) >= needle.len; p++)
		if (*p == first && memcmp(p, needle.ptr, needle.len) == 0)
			return p;
	return NULL;
}

size_t
str_find(struct str s, struct str needle, size_t from)
{
	if (from > s.len || s.len - from < needle.len)
		return STR_NPOS;
	if (needle.len == 0)
		return from;
	const char *const hit =
		needle.len < NEEDLE_LONG_BYTES
			? find_short(s.ptr + from, s.ptr + s.len, needle)
			: memmem(s.ptr + from, s.len - from, needle.ptr, needle.len);
	return hit == NULL ? STR_NPOS : (size_t)(hit - s.ptr);
}

/*
 * The search hops with memchr from one occurrence of the first letter to the
 * next, in either case, and so stays near memory speed on ordinary text.
 */
size_t
str_find_case(struct str s, struct str needle, size_t from)
{
	if (from > s.len || s.len - from < needle.len)
		return STR_NPOS;
	if (needle.len == 0)
		return from;
	const int lower = ascii_lower((unsigned char)needle.ptr[0]);
	const int upper = lower >= 'a' && lower <= 'z' ? lower - 32 : lower;
	const char *const last = s.ptr + (s.len - needle.len);
	const char *p = s.ptr + from;
	const char *next_lower = NULL, *next_upper = NULL;
	while (p <= last) {
		const size_t left = (size_t)(last - p) + 1;
		if (next_lower < p) {
			next_lower = memchr(p, lower, left);
			if (next_lower == NULL)
				next_lower = last + 1;
		}
		if (next_upper < p) {
			next_upper = upper == lower ? last + 1 : memchr(p, upper, left);
			if (next_upper == NULL)
				next_upper = last + 1;
		}
		p = next_lower < next_upper ? next_lower : next_upper;
		if (p > last)
			break;
		if (str_starts_case((struct str){p, needle.len}, needle))
			return (size_t)(p - s.ptr);
		p++;
	}
	return STR_NPOS;
}

size_t
str_find_char(struct str s, char c, size_t from)
{
	if (from >= s.len)
		return STR_NPOS;
	const char *hit = memchr(s.ptr + from, c, s.len - from);
	return hit == NULL ? STR_NPOS : (size_t)(hit - s.ptr);
}

struct str
str_trim_end(struct str s)
{
	while (s.len > 0 && ascii_is_space((unsigned char)s.ptr[s.len - 1]))
		s.len--;
	return s;
}

struct str
str_trim(struct str s)
{
	while (s.len > 0 && ascii_is_space((unsigned char)s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	return str_trim_end(s);
}

struct str
str_cut(struct str *rest, char delim)
{
	const size_t at = str_find_char(*rest, delim, 0);
	struct str head = *rest;
	if (at == STR_NPOS) {
		*rest = STR_NONE;
		return head;
	}
	head.len = at;
	*rest = str_from(*rest, at + 1);
	return head;
}

/* The first line end, LF or CR, from `p` on; `end` when there is none. A lone CR ends a line too:
 * old Macintosh programs, and pasted text. */
static const char *
line_end(const char *p, const char *end)
{
	for (; end - p >= LANES; p += LANES) {
		const unsigned mask = lanes_either(lanes_load(p), '\n', '\r');
		if (mask != 0)
			return p + lanes_first(mask);
	}
	while (p < end && *p != '\n' && *p != '\r')
		p++;
	return p;
}

bool
str_line(struct str *rest, struct str *line)
{
	if (rest->len == 0)
		return false;
	const char *const end = line_end(rest->ptr, rest->ptr + rest->len);
	const size_t len = (size_t)(end - rest->ptr);
	size_t used = len < rest->len ? len + 1 : len;
	if (used < rest->len && *end == '\r' && end[1] == '\n')
		used++;
	*line = str_head(*rest, len);
	*rest = str_from(*rest, used);
	return true;
}

bool
str_is_among(struct str s, const struct str *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_case(s, list[i]))
			return true;
	return false;
}

struct str
str_word(struct str *rest)
{
	if (rest->len == 0)
		return *rest;
	size_t from = 0;
	while (from < rest->len && ascii_is_space((unsigned char)rest->ptr[from]))
		from++;
	size_t to = from;
	while (to < rest->len && !ascii_is_space((unsigned char)rest->ptr[to]))
		to++;
	const struct str word = {rest->ptr + from, to - from};
	*rest = str_from(*rest, to);
	return word;
}

struct str
str_unwrap(struct str s, char open, char close)
{
	if (s.len >= 2 && s.ptr[0] == open && s.ptr[s.len - 1] == close)
		return (struct str){s.ptr + 1, s.len - 2};
	return s;
}

int64_t
str_number(struct str s, int64_t max)
{
	int64_t n = 0;
	size_t i = 0;
	for (; i < s.len && ascii_is_digit((unsigned char)s.ptr[i]); i++) {
		const int64_t digit = s.ptr[i] - '0';
		if (digit > max || n > (max - digit) / 10)
			return -1;
		n = n * 10 + digit;
	}
	return i == 0 ? -1 : n;
}

struct str
str_digits(int64_t n, char room[STR_DIGITS_MAX])
{
	char *p = room + STR_DIGITS_MAX;
	uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	do {
		*--p = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (n < 0)
		*--p = '-';
	return str_between(p, room + STR_DIGITS_MAX);
}
