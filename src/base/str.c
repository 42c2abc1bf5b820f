#define _GNU_SOURCE /* memmem, memrchr: fast and safe on any bytes */
#include "base/str.h"

#include "base/line.h"

#define EACH_BYTE (UINT64_MAX / 0xFF) /* 1 in each byte */

static uint64_t
eight_bytes(const char *p)
{
	uint64_t eight;
	memcpy(&eight, p, sizeof eight);
	return eight;
}

/* Four to seven bytes: the first four and the last, which may be the same ones. */
static uint64_t
few_bytes(const char *p, size_t n)
{
	uint32_t first, last;
	memcpy(&first, p, sizeof first);
	memcpy(&last, p + n - sizeof last, sizeof last);
	return first | (uint64_t)last << 32;
}

/* Do eight bytes differ in nothing but the case of ASCII letters? */
static bool
is_same_case(uint64_t a, uint64_t b)
{
	const uint64_t other = a ^ b;
	if (other == 0)
		return true;
	if ((other & ~(EACH_BYTE * 0x20)) != 0)
		return false;
	/* Where they differ, 0x20 is the bit, and it has to be that of a letter: no byte below 'a',
	 * above 'z', or above 0x7F when that bit is set. The sums carry into no other byte. */
	const uint64_t small = (a | EACH_BYTE * 0x20) & EACH_BYTE * 0x7F;
	const uint64_t from_a = small + EACH_BYTE * (0x80 - 'a');
	const uint64_t above_z = small + EACH_BYTE * (0x7F - 'z');
	const uint64_t letters = from_a & ~above_z & ~a & EACH_BYTE * 0x80;
	return (other << 2 & ~letters) == 0;
}

bool
str_same_case(const char *a, const char *b, size_t len)
{
	size_t i = 0;
	if (len >= sizeof(uint64_t)) {
		for (; len - i >= sizeof(uint64_t); i += sizeof(uint64_t))
			if (!is_same_case(eight_bytes(a + i), eight_bytes(b + i)))
				return false;
		const size_t last = len - sizeof(uint64_t);
		return i == len || is_same_case(eight_bytes(a + last), eight_bytes(b + last));
	}
	if (len >= sizeof(uint32_t))
		return is_same_case(few_bytes(a, len), few_bytes(b, len));
	for (; i < len; i++)
		if (ascii_lower((unsigned char)a[i]) != ascii_lower((unsigned char)b[i]))
			return false;
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
	const size_t behind = needle.len - 1;
	if ((size_t)(end - p) <= behind)
		return NULL;
	const char *const stop = end - behind;
	unsigned mask;
	/* Most of a long text has neither, as a message has boundaries: four times sixteen. */
	while (stop - p >= 4 * LANES && !lanes_both_in_four(p, first, p + behind, last))
		p += 4 * LANES;
	for (; stop - p >= LANES; p += LANES) {
		mask = lanes_both(lanes_load(p), first, lanes_load(p + behind), last);
		for (; mask != 0; mask &= mask - 1)
			if (memcmp(p + lanes_first(mask), needle.ptr, needle.len) == 0)
				return p + lanes_first(mask);
	}
	const size_t left = (size_t)(stop - p);
	mask = lanes_both(lanes_load_few(p, left), first, lanes_load_few(p + behind, left), last);
	/* The NULs behind them are none of the text. */
	for (mask &= (1U << left) - 1; mask != 0; mask &= mask - 1)
		if (memcmp(p + lanes_first(mask), needle.ptr, needle.len) == 0)
			return p + lanes_first(mask);
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
	const char *const hit = memchr(s.ptr + from, c, s.len - from);
	return hit == NULL ? STR_NPOS : (size_t)(hit - s.ptr);
}

size_t
str_find_last(struct str s, char c)
{
	const char *const hit = s.len == 0 ? NULL : memrchr(s.ptr, c, s.len);
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
str_trim_blanks(struct str s)
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

bool
str_line(struct str *rest, struct str *line)
{
	return line_next(rest, line);
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
