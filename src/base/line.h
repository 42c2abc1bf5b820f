/*
 * line - the next line of a text, in place: str_line() without a call
 *
 * For the loops that pass over whole mails; all others call str_line().
 */
#ifndef BASE_LINE_H
#define BASE_LINE_H

#include "base/lanes.h"

/* The first line end, LF or CR, from `p` on; `end` when there is none. A lone CR ends a line too:
 * old Macintosh programs, and pasted text. */
static inline const char *
line_end(const char *p, const char *end)
{
	for (; end - p >= LANES; p += LANES) {
		const unsigned mask = lanes_either(lanes_load(p), '\n', '\r');
		if (mask != 0)
			return p + lanes_first(mask);
	}
	if (p == end)
		return end;
	const unsigned mask = lanes_either(lanes_load_few(p, (size_t)(end - p)), '\n', '\r');
	return mask != 0 ? p + lanes_first(mask) : end;
}

/* line_next - the next line without its line end (LF, CRLF or a lone CR); false at the end */
static inline bool
line_next(struct str *rest, struct str *line)
{
	if (rest->len == 0)
		return false;
	const char *const from = rest->ptr;
	const char *const end = from + rest->len;
	const char *p = line_end(from, end);
	*line = (struct str){from, (size_t)(p - from)};
	if (p < end && *p++ == '\r' && p < end && *p == '\n')
		p++;
	*rest = (struct str){p, (size_t)(end - p)};
	return true;
}

#endif
