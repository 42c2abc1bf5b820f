#include "filter/machine.h"

#include "base/charset.h"

#include <stdarg.h>
#include <stdio.h>

#define POINTS_MAX ((int64_t)1000000000) /* a million of them: more is nonsense */

struct str
filter_point_name(enum filter_point p)
{
	static const struct str names[] = {
		[FILTER_PING] = STR_INIT("ping"),
		[FILTER_CONNECT] = STR_INIT("connect"),
		[FILTER_HELO] = STR_INIT("EHLO"),
		[FILTER_MAIL] = STR_INIT("MAIL"),
		[FILTER_RCPT] = STR_INIT("RCPT"),
		[FILTER_DATA] = STR_INIT("DATA"),
		[FILTER_END] = STR_INIT("end of data"),
	};
	return names[p];
}

enum machine_wants
machine_broken(struct machine *m, const char *format, ...)
{
	va_list words;
	va_start(words, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, a line above */
	vsnprintf(m->trouble, sizeof m->trouble, format, words);
	va_end(words);
	for (char *c = m->trouble; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '?';
	m->can_go_on = false;
	return MACHINE_BROKEN;
}

bool
machine_line(struct str *in, struct str *line)
{
	const size_t end = str_find_char(*in, '\n', 0);
	if (end == STR_NPOS)
		return false;
	*line = str_head(*in, end);
	if (line->len > 0 && line->ptr[line->len - 1] == '\r')
		line->len--;
	*in = str_from(*in, end + 1);
	return true;
}

struct str
machine_keep(const struct filter_question *q, struct str words, size_t bytes_max)
{
	words = str_head_text(str_trim(words), bytes_max);
	char *const to = words.len > 0 ? arena_bytes(q->arena, words.len) : NULL;
	if (to == NULL)
		return STR_NONE;
	const bool is_utf8 = utf8_valid(words);
	for (size_t i = 0; i < words.len; i++) {
		const unsigned char c = (unsigned char)words.ptr[i];
		if (c == '\r' || c == '\n' || c == '\t')
			to[i] = ' ';
		else
			to[i] = c < ' ' || c == 0x7f || (c > 0x7f && !is_utf8) ? '?' : (char)c;
	}
	return (struct str){to, words.len};
}

/* class.subject.detail, RFC 3463 s2: of three digits at most */
static bool
is_status(struct str s)
{
	unsigned parts = 0;
	if (s.len < 5 || (s.ptr[0] != '4' && s.ptr[0] != '5') || s.ptr[1] != '.')
		return false;
	for (s = str_from(s, 2); str_is_set(s); parts++) {
		const struct str part = str_cut(&s, '.');
		if (part.len == 0 || part.len > 3)
			return false;
		for (size_t i = 0; i < part.len; i++)
			if (!ascii_is_digit((unsigned char)part.ptr[i]))
				return false;
	}
	return parts == 2;
}

struct str
machine_take_status(struct str *words)
{
	struct str rest = *words;
	const struct str first = str_word(&rest);
	const bool has = is_status(first);
	*words = str_trim(has ? rest : *words);
	return has ? first : STR_NONE;
}

void
machine_keep_codes(struct machine *m, unsigned code, struct str status)
{
	struct filter_answer *const a = &m->answer;
	const unsigned class = a->verdict == FILTER_REFUSE ? 5 : 4;
	if (code / 100 == class && code != 421)
		a->code = code;
	if (status.len > 0 && (unsigned)(status.ptr[0] - '0') == class)
		a->status = arena_str(m->question.arena, status);
}

bool
machine_points(struct str s, int64_t *points)
{
	int64_t n = 0;
	s = str_trim(s);
	const bool is_negative = s.len > 0 && s.ptr[0] == '-';
	s = str_from(s, is_negative || (s.len > 0 && s.ptr[0] == '+'));
	if (s.len == 0 || !ascii_is_digit((unsigned char)s.ptr[0]))
		return false;
	for (; s.len > 0 && ascii_is_digit((unsigned char)s.ptr[0]); s = str_from(s, 1))
		if (n < POINTS_MAX)
			n = n * 10 + (s.ptr[0] - '0');
	n = n < POINTS_MAX / 1000 ? n * 1000 : POINTS_MAX;
	if (s.len > 0 && s.ptr[0] == '.') {
		int64_t unit = 100;
		for (s = str_from(s, 1); s.len > 0 && ascii_is_digit((unsigned char)s.ptr[0]);
			s = str_from(s, 1), unit /= 10)
			n += (s.ptr[0] - '0') * unit;
	}
	/* 1e-05 and kin: as good as what stands before it, when that is small */
	if (s.len > 0 && ascii_lower((unsigned char)s.ptr[0]) == 'e')
		n = str_has(s, STR("-")) ? 0 : POINTS_MAX;
	else if (s.len > 0)
		return false;
	*points = is_negative ? -n : n;
	return true;
}

struct str
machine_put_points(int64_t points, char room[MACHINE_POINTS_BYTES])
{
	/* One digit behind the point, rounded, as the filters themselves write. */
	const int64_t tenths = (points < 0 ? points - 50 : points + 50) / 100;
	const int64_t size = tenths < 0 ? -tenths : tenths;
	const int n = snprintf(room, MACHINE_POINTS_BYTES, "%s%lld.%lld", tenths < 0 ? "-" : "",
		(long long)(size / 10), (long long)(size % 10));
	return (struct str){room, (size_t)n};
}
