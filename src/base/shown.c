#include "base/shown.h"

#include "base/charset.h"

uint32_t
utf8_next(struct str s, size_t *bytes)
{
	const unsigned char c = (unsigned char)s.ptr[0];
	const int step = utf8_step(s);
	if (step <= 0) {
		*bytes = step < 0 ? (size_t)-step : 1;
		return CHAR_BROKEN;
	}
	*bytes = (size_t)step;
	if (step == 1)
		return c;
	uint32_t cp = c & (0x7Fu >> step);
	for (int i = 1; i < step; i++)
		cp = cp << 6 | ((unsigned char)s.ptr[i] & 0x3F);
	return cp;
}

bool
is_shown(uint32_t cp)
{
	return cp >= 0x20 && cp != 0x61C && !(cp >= 0x7F && cp < 0xA0) &&
	       !(cp >= 0x200B && cp <= 0x200F) && !(cp >= 0x202A && cp <= 0x202E) &&
	       !(cp >= 0x2060 && cp <= 0x206F) && cp != 0xFEFF;
}
