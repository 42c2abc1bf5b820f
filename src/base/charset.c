#include "base/charset.h"

#include "base/charset_tables.h"
#include "base/lanes.h"

/* How many bytes at the start of `s` are ASCII. */
static size_t
ascii_run(struct str s)
{
	for (size_t i = 0; i < s.len; i += LANES) {
		const unsigned high = lanes_high(lanes_next(s.ptr + i, s.len - i));
		if (high != 0)
			return i + lanes_first(high);
	}
	return s.len;
}

int
utf8_step(struct str s)
{
	const unsigned char first = (unsigned char)s.ptr[0];
	if (first < 0x80)
		return 1;
	if (first < 0xC2 || first > 0xF4)
		return -1;
	const int len = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
	/* No overlong forms, no surrogates, nothing past U+10FFFF: the second byte tells. */
	unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
	unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
	for (int i = 1; i < len; i++) {
		if ((size_t)i == s.len)
			return -i;
		const unsigned char next = (unsigned char)s.ptr[i];
		if (next < low || next > high)
			return -i;
		low = 0x80;
		high = 0xBF;
	}
	return len;
}

bool
utf8_valid(struct str s)
{
	while (s.len > 0) {
		const size_t run = ascii_run(s);
		if (run == s.len)
			break;
		s = str_from(s, run);
		/* What is no ASCII seldom comes alone. */
		while (s.len > 0 && (unsigned char)s.ptr[0] >= 0x80) {
			const int step = utf8_step(s);
			if (step < 0)
				return false;
			s = str_from(s, (size_t)step);
		}
	}
	return true;
}

struct str
utf8_head(struct str s, size_t max)
{
	size_t end = max;
	if (s.len <= max)
		return s;
	while (end > 0 && max - end < 3 && ((unsigned char)s.ptr[end] & 0xC0) == 0x80)
		end--;
	return str_head(s, end);
}

size_t
utf8_put(uint32_t codepoint, char *out)
{
	if (codepoint > 0x10FFFF || (codepoint >= 0xD800 && codepoint <= 0xDFFF))
		codepoint = CODEPOINT_BAD;
	if (codepoint < 0x80) {
		out[0] = (char)codepoint;
		return 1;
	}
	const size_t len = codepoint < 0x800 ? 2 : codepoint < 0x10000 ? 3 : 4;
	for (size_t i = len - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (codepoint & 0x3F));
		codepoint >>= 6;
	}
	out[0] = (char)(codepoint | (len == 2 ? 0xC0u : len == 3 ? 0xE0u : 0xF0u));
	return len;
}

/* Charsets in which a byte below 0x80 at the start of a character is ASCII. */
static char *
write_chars(struct str in, char *to, charset_char_fn *read_char)
{
	while (in.len > 0) {
		const size_t run = ascii_run(in);
		memcpy(to, in.ptr, run);
		to += run;
		in = str_from(in, run);
		if (in.len == 0)
			break;
		uint32_t codepoint = CODEPOINT_BAD;
		in = str_from(in, read_char(in, &codepoint));
		to += utf8_put(codepoint, to);
	}
	return to;
}

static char *
write_single(struct str in, char *to, const uint16_t *upper_half)
{
	for (size_t i = 0; i < in.len; i++) {
		const unsigned char c = (unsigned char)in.ptr[i];
		if (c < 0x80) {
			*to++ = (char)c;
			continue;
		}
		const uint16_t codepoint = upper_half[c - 0x80];
		to += utf8_put(codepoint == 0 ? CODEPOINT_BAD : codepoint, to);
	}
	return to;
}

static char *
write_utf8(struct str in, char *to)
{
	while (in.len > 0) {
		const size_t run = ascii_run(in);
		memcpy(to, in.ptr, run);
		to += run;
		in = str_from(in, run);
		if (in.len == 0)
			break;
		const int step = utf8_step(in);
		const size_t used = (size_t)(step < 0 ? -step : step);
		if (step < 0) {
			to += utf8_put(CODEPOINT_BAD, to);
		} else {
			memcpy(to, in.ptr, used);
			to += used;
		}
		in = str_from(in, used);
	}
	return to;
}

/* Does ISO-2022-JP turn to kanji somewhere in it? Nothing else in mail has these bytes. */
static bool
has_kanji_escape(struct str in)
{
	size_t at = 0;
	while ((at = str_find_char(in, '\x1B', at)) != STR_NPOS) {
		at++;
		if (in.len - at >= 2 && in.ptr[at] == '$' &&
			(in.ptr[at + 1] == 'B' || in.ptr[at + 1] == '@'))
			return true;
	}
	return false;
}

/* US-ASCII and UTF-8 only where all of it is right. */
static enum charset
charset_guess(struct str in)
{
	const bool is_ascii = ascii_run(in) == in.len;
	if (!is_ascii && utf8_valid(in))
		return CHARSET_UTF_8;
	if (has_kanji_escape(in))
		return CHARSET_ISO_2022_JP;
	return is_ascii ? CHARSET_US_ASCII : charset_guess_bytes(in);
}

static bool
is_guessed(enum charset cs)
{
	return cs <= CHARSET_US_ASCII || cs == CHARSET__BEFORE_SINGLE || cs >= CHARSET__COUNT;
}

char *
charset_write(enum charset cs, struct str in, char *to)
{
	static charset_char_fn *const chars[CHARSET__COUNT] = {
		[CHARSET_SHIFT_JIS] = charset_char_shift_jis,
		[CHARSET_EUC_JP] = charset_char_euc_jp,
		[CHARSET_EUC_KR] = charset_char_euc_kr,
		[CHARSET_GB18030] = charset_char_gb18030,
		[CHARSET_BIG5] = charset_char_big5,
	};
	static charset_text_fn *const texts[CHARSET__COUNT] = {
		[CHARSET_US_ASCII] = write_utf8,
		[CHARSET_UTF_8] = write_utf8,
		[CHARSET_UTF_7] = charset_text_utf_7,
		[CHARSET_UTF_16] = charset_text_utf_16,
		[CHARSET_UTF_16LE] = charset_text_utf_16le,
		[CHARSET_UTF_16BE] = charset_text_utf_16be,
		[CHARSET_ISO_2022_JP] = charset_text_iso_2022_jp,
		[CHARSET_ISO_2022_KR] = charset_text_iso_2022_kr,
		[CHARSET_HZ] = charset_text_hz,
	};
	if (in.len == 0)
		return to;
	if (is_guessed(cs))
		cs = charset_guess(in);
	if (texts[cs] != NULL)
		return texts[cs](in, to);
	if (chars[cs] != NULL)
		return write_chars(in, to, chars[cs]);
	return write_single(in, to, charset_single[cs - CHARSET_SINGLE_FIRST]);
}

/* Would charset_write() copy `in` as it stands? `cs` is not one to guess. */
static bool
is_right_already(enum charset cs, struct str in)
{
	switch (cs) {
	case CHARSET_UTF_8:
		return utf8_valid(in);
	case CHARSET_UTF_16:
	case CHARSET_UTF_16LE:
	case CHARSET_UTF_16BE:
		return in.len == 0;
	default:
		break;
	}
	if (ascii_run(in) < in.len)
		return false;
	switch (cs) {
	case CHARSET_UTF_7:
		return str_find_char(in, '+', 0) == STR_NPOS;
	case CHARSET_HZ:
		return str_find_char(in, '~', 0) == STR_NPOS;
	case CHARSET_ISO_2022_JP:
	case CHARSET_ISO_2022_KR:
		return str_find_char(in, '\x1B', 0) == STR_NPOS &&
		       str_find_char(in, '\x0E', 0) == STR_NPOS &&
		       str_find_char(in, '\x0F', 0) == STR_NPOS;
	default:
		return true;
	}
}

struct str
charset_to_utf8(enum charset cs, struct str in, struct arena *a)
{
	if (!str_is_set(in))
		return in;
	if (cs == CHARSET_UTF_8 && str_starts(in, STR("\xEF\xBB\xBF")))
		in = str_from(in, 3);
	if (is_guessed(cs)) {
		cs = charset_guess(in);
		if (cs == CHARSET_US_ASCII || cs == CHARSET_UTF_8)
			return in;
	}
	if (is_right_already(cs, in))
		return in;
	const size_t room = charset_write_max(in);
	char *const text = arena_bytes(a, room);
	if (text == NULL)
		return STR_NONE;
	const struct str out = str_between(text, charset_write(cs, in, text));
	arena_give_back(a, room - out.len);
	return out;
}
