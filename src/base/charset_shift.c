/*
 * The charsets with a memory: the 7-bit ones, which shift between ASCII and
 * something else, and UTF-16. All but UTF-7 start each line in ASCII, so that a
 * text that lost a shift is unreadable to the end of the line only.
 */
#include "base/charset_tables.h"

#include "base/decode.h" /* base64_value */

static unsigned
byte_at(struct str s, size_t i)
{
	return i < s.len ? (unsigned char)s.ptr[i] : 0;
}

static bool
is_line_end(unsigned byte)
{
	return byte == '\n' || byte == '\r';
}

/* Is this byte one half of a character of a 94 by 94 set? */
static bool
is_cell_byte(unsigned byte)
{
	return byte >= 0x21 && byte <= 0x7E;
}

/* Takes a pair of 7-bit bytes as `read_char` reads the same pair with the high bits set. */
static size_t
take_pair(struct str s, charset_char_fn *read_char, char **to)
{
	uint32_t codepoint = CODEPOINT_BAD;
	size_t used = 1;
	if (is_cell_byte(byte_at(s, 1))) {
		const char pair[2] = {(char)(s.ptr[0] | 0x80), (char)(s.ptr[1] | 0x80)};
		read_char((struct str){pair, sizeof pair}, &codepoint);
		used = 2;
	}
	*to += utf8_put(codepoint, *to);
	return used;
}

/* ISO-2022-JP: what the bytes mean at the moment. */
enum jp { JP_ASCII, JP_ROMAN, JP_KATAKANA, JP_KANJI, JP_KANJI_212 };

static const struct jp_escape {
	struct str bytes;
	enum jp to;
} jp_escapes[] = {
	/* clang-format off */
	{STR_INIT("\x1B(B"), JP_ASCII},
	{STR_INIT("\x1B(J"), JP_ROMAN},
	{STR_INIT("\x1B(H"), JP_ROMAN}, /* an old mistake for J */
	{STR_INIT("\x1B(I"), JP_KATAKANA},
	{STR_INIT("\x1B$B"), JP_KANJI},
	{STR_INIT("\x1B$@"), JP_KANJI},
	{STR_INIT("\x1B$(B"), JP_KANJI},
	{STR_INIT("\x1B$(@"), JP_KANJI},
	{STR_INIT("\x1B$(D"), JP_KANJI_212},
	{STR_INIT("\x1B&@\x1B$B"), JP_KANJI}, /* the revision of 1990 */
	/* clang-format on */
};

static size_t
jp_escape(struct str s, enum jp *state)
{
	for (size_t i = 0; i < sizeof jp_escapes / sizeof jp_escapes[0]; i++)
		if (str_starts(s, jp_escapes[i].bytes)) {
			*state = jp_escapes[i].to;
			return jp_escapes[i].bytes.len;
		}
	return 0;
}

/* Takes one character that is no escape sequence and no control. */
static size_t
jp_char(struct str s, enum jp state, char **to)
{
	const unsigned c = byte_at(s, 0);
	uint32_t codepoint = c;
	switch (state) {
	case JP_KANJI:
		return take_pair(s, charset_char_euc_jp, to);
	case JP_KANJI_212:
		*to += utf8_put(CODEPOINT_BAD, *to);
		return is_cell_byte(byte_at(s, 1)) ? 2 : 1;
	case JP_KATAKANA:
		codepoint = c <= 0x5F ? 0xFF61 + c - 0x21 : CODEPOINT_BAD;
		break;
	case JP_ROMAN:
		/* Mailers on Windows write a backslash and a tilde in it and mean them; but the
		 * letter of JIS X 0201 is a yen sign and an overline, and RFC 1468 sides with it.
		 */
		codepoint = c == '\\' ? 0xA5 : c == '~' ? 0x203E : c;
		break;
	case JP_ASCII:
		break;
	}
	*to += utf8_put(codepoint, *to);
	return 1;
}

char *
charset_text_iso_2022_jp(struct str in, char *to)
{
	enum jp state = JP_ASCII, before_so = JP_ASCII;
	while (in.len > 0) {
		const unsigned c = byte_at(in, 0);
		size_t used = 1;
		if (c == 0x1B && (used = jp_escape(in, &state)) > 0) {
			in = str_from(in, used);
			continue;
		}
		used = 1;
		if (c == 0x0E) { /* SO and SI: katakana in the 7-bit JIS X 0201 way */
			before_so = state == JP_KATAKANA ? before_so : state;
			state = JP_KATAKANA;
		} else if (c == 0x0F) {
			state = before_so;
		} else if (c == 0x1B || c >= 0x80) {
			to += utf8_put(CODEPOINT_BAD, to);
		} else if (is_cell_byte(c)) {
			used = jp_char(in, state, &to);
		} else {
			*to++ = (char)c;
			if (is_line_end(c))
				state = before_so = JP_ASCII;
		}
		in = str_from(in, used);
	}
	return to;
}

char *
charset_text_iso_2022_kr(struct str in, char *to)
{
	bool is_korean = false;
	while (in.len > 0) {
		const unsigned c = byte_at(in, 0);
		size_t used = 1;
		if (str_starts(in, STR("\x1B$)C"))) {
			used = 4; /* the announcer at the start of the text: says nothing new */
		} else if (c == 0x0E || c == 0x0F) {
			is_korean = c == 0x0E;
		} else if (c == 0x1B || c >= 0x80) {
			to += utf8_put(CODEPOINT_BAD, to);
		} else if (is_korean && is_cell_byte(c)) {
			used = take_pair(in, charset_char_euc_kr, &to);
		} else {
			*to++ = (char)c;
			if (is_line_end(c))
				is_korean = false;
		}
		in = str_from(in, used);
	}
	return to;
}

char *
charset_text_hz(struct str in, char *to)
{
	bool is_chinese = false;
	while (in.len > 0) {
		const unsigned c = byte_at(in, 0), next = byte_at(in, 1);
		size_t used = 1;
		if (c == '~' && (next == '{' || next == '}')) {
			is_chinese = next == '{';
			used = 2;
		} else if (c == '~' && !is_chinese) {
			if (next == '~')
				*to++ = '~';
			else if (next != '\n' && next != '\r')
				to += utf8_put(CODEPOINT_BAD, to);
			used = next == '~' || next == '\n' ? 2 : 1;
			if (next == '\r')
				used = byte_at(in, 2) == '\n' ? 3 : 2;
		} else if (c >= 0x80) {
			to += utf8_put(CODEPOINT_BAD, to);
		} else if (is_chinese && is_cell_byte(c)) {
			used = take_pair(in, charset_char_gb18030, &to);
		} else {
			*to++ = (char)c;
			if (is_line_end(c))
				is_chinese = false;
		}
		in = str_from(in, used);
	}
	return to;
}

/* UTF-16 code units on their way to UTF-8: a high surrogate waits for its other half. */
struct utf16 {
	uint32_t high; /* 0 when none waits */
	char *to;
};

static void
utf16_end(struct utf16 *u)
{
	if (u->high != 0)
		u->to += utf8_put(CODEPOINT_BAD, u->to);
	u->high = 0;
}

static void
utf16_unit(struct utf16 *u, uint32_t unit)
{
	if (unit >= 0xDC00 && unit <= 0xDFFF && u->high != 0) {
		u->to += utf8_put(0x10000 + ((u->high - 0xD800) << 10) + (unit - 0xDC00), u->to);
		u->high = 0;
		return;
	}
	utf16_end(u);
	if (unit >= 0xD800 && unit <= 0xDBFF)
		u->high = unit;
	else
		u->to += utf8_put(unit, u->to);
}

static char *
write_utf16(struct str in, char *to, bool is_little)
{
	struct utf16 u = {0, to};
	if (str_starts(in, STR("\xFF\xFE")) || str_starts(in, STR("\xFE\xFF"))) {
		is_little = in.ptr[0] == '\xFF';
		in = str_from(in, 2);
	}
	for (; in.len > 1; in = str_from(in, 2)) {
		const unsigned first = byte_at(in, 0), second = byte_at(in, 1);
		utf16_unit(&u, is_little ? second << 8 | first : first << 8 | second);
	}
	utf16_end(&u);
	if (in.len > 0) /* half a unit */
		u.to += utf8_put(CODEPOINT_BAD, u.to);
	return u.to;
}

char *
charset_text_utf_16le(struct str in, char *to)
{
	return write_utf16(in, to, true);
}

char *
charset_text_utf_16be(struct str in, char *to)
{
	return write_utf16(in, to, false);
}

/* RFC 2781 s4.3: without a mark, big-endian; but Windows writes the other way round, and the
 * NUL halves of the ASCII in any text give it away. */
char *
charset_text_utf_16(struct str in, char *to)
{
	size_t nuls[2] = {0, 0};
	for (size_t i = 0; i < in.len; i++)
		nuls[i % 2] += in.ptr[i] == '\0';
	return write_utf16(in, to, nuls[1] > nuls[0]);
}

/*
 * One shifted run of UTF-7, after its "+". Left-over bits are padding: fewer
 * than six, and zero (RFC 2152), or something is missing.
 */
static struct str
utf_7_run(struct str in, struct utf16 *u)
{
	uint32_t bits = 0;
	unsigned count = 0;
	int value;
	while (in.len > 0 && (value = base64_value((unsigned char)in.ptr[0])) >= 0) {
		bits = bits << 6 | (uint32_t)value;
		count += 6;
		if (count >= 16) {
			count -= 16;
			utf16_unit(u, bits >> count & 0xFFFF);
			bits &= (1u << count) - 1;
		}
		in = str_from(in, 1);
	}
	utf16_end(u);
	if (count >= 6 || bits != 0)
		u->to += utf8_put(CODEPOINT_BAD, u->to);
	return in.len > 0 && in.ptr[0] == '-' ? str_from(in, 1) : in;
}

char *
charset_text_utf_7(struct str in, char *to)
{
	struct utf16 u = {0, to};
	while (in.len > 0) {
		const unsigned c = byte_at(in, 0), next = byte_at(in, 1);
		in = str_from(in, 1);
		if (c == '+' && next == '-') {
			*u.to++ = '+';
			in = str_from(in, 1);
		} else if (c == '+' && base64_value((unsigned char)next) >= 0) {
			in = utf_7_run(in, &u);
		} else {
			/* A "+" that shifts nothing is malformed, but "+ 49" was meant so. */
			u.to += utf8_put(c >= 0x80 ? CODEPOINT_BAD : c, u.to);
		}
	}
	return u.to;
}
