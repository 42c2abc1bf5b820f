#include "read/mbox.h"

#include "base/lanes.h"

#define FROM_LINE_BYTES_MAX ((size_t)1000)  /* RFC 5322 s2.1.1 allows no longer line */
#define FIELD_NAME_BYTES_MAX ((size_t)76)   /* a longer word before a ":" is no field name */
#define HEADER_BYTES_MAX ((size_t)64 << 10) /* a Content-Length further down is not looked for */

#define CONTENT_LENGTH "content-length:"
#define CONTENT_LENGTH_BYTES (sizeof CONTENT_LENGTH - 1)

static bool
is_eol(char c)
{
	return c == '\n' || c == '\r';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char
lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

/*
 * Where the next line begins, from `at` on, that begins with `c` or `d`, or, when `or_empty`, is
 * empty; else `len`. This is all that most bytes of a mailbox ever meet.
 */
static inline size_t
find_line(const char *bytes, size_t at, size_t len, char c, char d, bool or_empty)
{
	if (at == 0)
		at = 1;
	for (; len >= LANES && at <= len - LANES; at += LANES) {
		const struct lanes l = lanes_load(bytes + at);
		unsigned begins = lanes_either(l, c, d);
		if (or_empty)
			begins |= lanes_either(l, '\n', '\r');
		if (begins == 0)
			continue;
		begins &= lanes_either(lanes_load(bytes + at - 1), '\n', '\r');
		if (begins != 0)
			return at + lanes_first(begins);
	}
	for (; at < len; at++)
		if ((bytes[at] == c || bytes[at] == d || (or_empty && is_eol(bytes[at]))) &&
			is_eol(bytes[at - 1]))
			break;
	return at < len ? at : len;
}

/* ---- the date in a From line ---- */

struct scan {
	const char *at, *end;
};

static void
blanks(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
		s->at++;
}

/* One of the names of three letters; a comma behind it is passed over. */
static bool
name(struct scan *s, const char *names)
{
	if (s->end - s->at < 3)
		return false;
	const char word[] = {lower(s->at[0]), lower(s->at[1]), lower(s->at[2])};
	for (; *names != '\0'; names += 3)
		if (memcmp(word, names, 3) == 0) {
			s->at += 3;
			if (s->at < s->end && *s->at == ',')
				s->at++;
			blanks(s);
			return true;
		}
	return false;
}

static bool
number(struct scan *s, int least, int most)
{
	int n = 0;
	while (s->at < s->end && is_digit(*s->at) && n < most) {
		s->at++;
		n++;
	}
	return n >= least && (s->at == s->end || !is_digit(*s->at));
}

/* "04:15" or "04:15:57" */
static bool
clock_time(struct scan *s)
{
	for (int i = 0; i < 3; i++) {
		if (i > 0) {
			if (s->at == s->end || *s->at != ':')
				return i == 2;
			s->at++;
		}
		if (!number(s, 1, 2))
			return false;
	}
	return true;
}

static bool
year(struct scan *s)
{
	return number(s, 4, 4) && (s->at == s->end || *s->at == ' ' || *s->at == '\t');
}

/* "2026", "GMT 2026", "+0100 2026", "EST5EDT 2026": the year and at most two zones before it. */
static bool
zones_and_year(struct scan *s)
{
	for (int words = 0; words < 3; words++) {
		blanks(s);
		const struct scan here = *s;
		if (year(s))
			return true;
		*s = here;
		while (s->at < s->end && *s->at != ' ' && *s->at != '\t')
			s->at++;
	}
	return false;
}

static bool
date(struct scan s)
{
	static const char days[] = "montuewedthufrisatsun";
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	if (!name(&s, days) || s.at == s.end)
		return false;
	if (name(&s, months)) { /* asctime: Nov 22 04:15:57 2026 */
		if (!number(&s, 1, 2))
			return false;
		blanks(&s);
		return clock_time(&s) && zones_and_year(&s);
	}
	if (!number(&s, 1, 2)) /* RFC 5322: 22 Nov 2026 04:15:57 */
		return false;
	blanks(&s);
	if (!name(&s, months) || !number(&s, 4, 4))
		return false;
	blanks(&s);
	return clock_time(&s);
}

static size_t
line_len(const char *bytes, size_t len)
{
	const size_t most = len < FROM_LINE_BYTES_MAX ? len : FROM_LINE_BYTES_MAX;
	const char *const lf = memchr(bytes, '\n', most);
	const size_t before_lf = lf != NULL ? (size_t)(lf - bytes) : most;
	const char *const cr = memchr(bytes, '\r', before_lf);
	return cr != NULL ? (size_t)(cr - bytes) : before_lf;
}

bool
mbox_is_from_line(const char *bytes, size_t len)
{
	if (len < 5 || memcmp(bytes, "From ", 5) != 0)
		return false;
	struct scan s = {bytes + 5, bytes + line_len(bytes, len)};
	if (s.at >= s.end || *s.at == ' ')
		return false;
	/* The sender may hold blanks ("john at example.org"): the date is looked for at each word.
	 */
	while (s.at < s.end) {
		while (s.at < s.end && *s.at != ' ' && *s.at != '\t')
			s.at++;
		blanks(&s);
		if (date(s))
			return true;
	}
	return false;
}

/* ---- one message ---- */

enum answer { NO, YES, NEEDS_MORE };

/* "Name:", "From ..." or ">From ..." */
static enum answer
is_header_line(const char *bytes, size_t len, bool is_all)
{
	size_t quoted = 0;
	while (quoted < len && quoted < FIELD_NAME_BYTES_MAX && bytes[quoted] == '>')
		quoted++;
	const size_t left = len - quoted;
	if (memcmp(bytes + quoted, "From ", left < 5 ? left : 5) == 0 && (left >= 5 || !is_all))
		return left >= 5 ? YES : NEEDS_MORE;
	for (size_t i = 0; i < len && i <= FIELD_NAME_BYTES_MAX; i++) {
		if (bytes[i] == ':')
			return i > 0 ? YES : NO;
		if (bytes[i] <= ' ' || bytes[i] > '~')
			return NO;
	}
	return len > FIELD_NAME_BYTES_MAX || is_all ? NO : NEEDS_MORE;
}

/* The last byte of the first line's end; 0 when more bytes are needed to tell. */
static char
first_line_end(const char *bytes, size_t len, bool is_all)
{
	const size_t n = line_len(bytes, len);
	if (n == len || (bytes[n] == '\r' && n + 1 == len))
		return is_all || n >= FROM_LINE_BYTES_MAX ? '\n' : '\0';
	return bytes[n] == '\r' && bytes[n + 1] != '\n' ? '\r' : '\n';
}

/* Does a message begin at `at`, where a line begins with an F? */
static enum answer
begins_at(const char *bytes, size_t at, size_t len, bool is_all, char line_end)
{
	size_t before = at - 1; /* the line end before it; then what is before that */
	if (bytes[before] != line_end)
		return NO;
	while (line_end == '\n' && before > 0 && bytes[before - 1] == '\r')
		before--;
	if (before == 0 || bytes[before - 1] != line_end)
		return NO;
	const char *const line = bytes + at;
	size_t left = len - at;
	if (left < 5)
		return is_all || memcmp(line, "From ", left) != 0 ? NO : NEEDS_MORE;
	if (memcmp(line, "From ", 5) != 0)
		return NO;
	size_t n = line_len(line, left);
	if (n == left && !is_all)
		return NEEDS_MORE;
	if (n == FROM_LINE_BYTES_MAX || !mbox_is_from_line(line, left))
		return NO;
	if (n + 1 >= left && !is_all) /* a CR that may be half of a line end */
		return NEEDS_MORE;
	if (n < left)
		n += line[n] == '\r' && n + 1 < left && line[n + 1] == '\n' ? 2 : 1;
	return is_header_line(line + n, left - n, is_all);
}

/* Where the empty line before `next` begins. */
static size_t
cut_empty_line(const char *bytes, size_t next)
{
	const size_t end = next - 1;
	return bytes[end] == '\n' && end > 0 && bytes[end - 1] == '\r' ? end - 1 : end;
}

/* Where the body begins, if the line that begins at `at` is empty, and not the LF of a CRLF; else
 * 0. */
static size_t
body_behind(const char *bytes, size_t at, size_t len)
{
	if (!is_eol(bytes[at]) || (bytes[at] == '\n' && bytes[at - 1] == '\r'))
		return 0;
	return bytes[at] == '\r' && at + 1 < len && bytes[at + 1] == '\n' ? at + 2 : at + 1;
}

/* The number in a Content-Length field whose line begins at `at`; `limit` + 1 when it is none, or
 * more. */
static size_t
length_in(const char *bytes, size_t at, size_t len, size_t limit)
{
	size_t i = 0;
	while (i < CONTENT_LENGTH_BYTES && at + i < len &&
		lower(bytes[at + i]) == CONTENT_LENGTH[i])
		i++;
	if (i < CONTENT_LENGTH_BYTES)
		return limit + 1;
	for (at += i; at < len && bytes[at] == ' '; at++)
		;
	if (at == len || !is_digit(bytes[at]))
		return limit + 1;
	size_t n = 0;
	for (; at < len && is_digit(bytes[at]) && n <= limit; at++)
		n = n * 10 + (size_t)(bytes[at] - '0');
	return n <= limit ? n : limit + 1;
}

/* Where the message ends by its own Content-Length; 0 when it has none. */
static size_t
stated_end(const char *bytes, size_t len, size_t limit)
{
	const size_t look = len < HEADER_BYTES_MAX ? len : HEADER_BYTES_MAX;
	size_t length = limit + 1;
	for (size_t at = 0; (at = find_line(bytes, at + 1, look, 'c', 'C', true)) < look;) {
		const size_t body = body_behind(bytes, at, look);
		if (body > 0)
			return length > limit || body > limit - length ? 0 : body + length;
		if (length > limit && !is_eol(bytes[at]))
			length = length_in(bytes, at, look, limit);
	}
	return 0;
}

/* Is `at` where a message may end: before empty lines and a From line, or before the end? */
static enum answer
ends_at(const char *bytes, size_t at, size_t len, bool is_all, size_t *next)
{
	if (at > len)
		return is_all ? NO : NEEDS_MORE;
	const size_t least = at + FROM_LINE_BYTES_MAX + 4;
	if (len < least && !is_all)
		return NEEDS_MORE;
	for (int line_ends = 0; line_ends < 4 && at < len && is_eol(bytes[at]); line_ends++)
		at++;
	*next = at;
	return at == len || (is_eol(bytes[at - 1]) && mbox_is_from_line(bytes + at, len - at)) ? YES
											       : NO;
}

bool
mbox_find_end(const char *bytes, size_t len, bool is_all, size_t limit, struct mbox_end *e)
{
	if (e->line_end == '\0')
		e->line_end = first_line_end(bytes, len, is_all);
	if (e->line_end == '\0')
		return false;
	for (size_t at = e->scanned; (at = find_line(bytes, at, len, 'F', 'F', false)) < len;
		at++) {
		e->scanned = at;
		const enum answer begins = begins_at(bytes, at, len, is_all, e->line_end);
		if (begins == NEEDS_MORE)
			return false;
		if (begins == NO)
			continue;
		const size_t stated = stated_end(bytes, at, limit);
		size_t next = at;
		if (stated > at) {
			const enum answer ends = ends_at(bytes, stated, len, is_all, &next);
			if (ends == NEEDS_MORE)
				return false;
			if (ends == YES) {
				e->end = stated;
				e->next = next;
				return true;
			}
		}
		e->end = cut_empty_line(bytes, at);
		e->next = at;
		return true;
	}
	e->scanned = len;
	if (!is_all)
		return false;
	e->end = e->next = len;
	return true;
}
