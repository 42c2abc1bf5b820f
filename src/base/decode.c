#include "base/decode.h"

#include "base/charset.h"

int
base64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* base64_write(); *is_torn when there is something in it that no base64 has, or a line that ends
 * within a group. */
static inline char *
write_base64(struct str in, char *to, bool *is_torn)
{
	uint32_t bits = 0;
	unsigned count = 0;
	for (size_t i = 0; i < in.len; i++) {
		const unsigned char c = (unsigned char)in.ptr[i];
		const int value = base64_value(c);
		if (value < 0) {
			if (c == '=') /* the end of a group; what bits are left mean nothing */
				count = 0;
			else if (c == '\n' ? count != 0 : !ascii_is_space(c))
				*is_torn = true;
			continue;
		}
		bits = bits << 6 | (uint32_t)value;
		count += 6;
		if (count >= 8) {
			count -= 8;
			*to++ = (char)(bits >> count & 0xFF);
		}
	}
	return to;
}

char *
base64_write(struct str in, char *to)
{
	bool is_torn = false;
	return write_base64(in, to, &is_torn);
}

struct str
decode_base64_noting(struct str in, struct arena *a, bool *is_torn)
{
	*is_torn = false;
	if (!str_is_set(in))
		return in;
	const size_t room = in.len / 4 * 3 + 3;
	char *const out = arena_bytes(a, room);
	if (out == NULL)
		return STR_NONE;
	const struct str bytes = str_between(out, write_base64(in, out, is_torn));
	arena_give_back(a, room - bytes.len);
	return bytes;
}

struct str
decode_base64(struct str in, struct arena *a)
{
	bool is_torn = false;
	return decode_base64_noting(in, a, &is_torn);
}

int
hex_pair(struct str s)
{
	if (s.len < 2)
		return -1;
	const int high = hex_value((unsigned char)s.ptr[0]);
	const int low = hex_value((unsigned char)s.ptr[1]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/*
 * Is there nothing but blanks between the "=" before `s` and the end of its line? *len gets their
 * length with the line end. The end of the text will do: a line that was cut off.
 */
static bool
is_soft_break(struct str s, size_t *len)
{
	size_t i = 0;
	while (i < s.len && (s.ptr[i] == ' ' || s.ptr[i] == '\t'))
		i++;
	const bool is_crlf = str_starts(str_from(s, i), STR("\r\n"));
	*len = i < s.len ? i + 1 + is_crlf : i;
	return i == s.len || s.ptr[i] == '\r' || s.ptr[i] == '\n';
}

struct str
decode_quoted_printable(struct str in, struct arena *a)
{
	if (!str_is_set(in) || str_find_char(in, '=', 0) == STR_NPOS)
		return in;
	const size_t room = in.len;
	char *const out = arena_bytes(a, room);
	if (out == NULL)
		return STR_NONE;
	char *to = out;
	while (in.len > 0) {
		size_t run = str_find_char(in, '=', 0);
		run = run == STR_NPOS ? in.len : run;
		memcpy(to, in.ptr, run);
		to += run;
		if (run == in.len)
			break;
		in = str_from(in, run + 1);
		const int byte = hex_pair(in);
		size_t used = 2;
		if (byte >= 0) {
			*to++ = (char)byte;
		} else if (!is_soft_break(in, &used)) {
			*to++ = '=';
			used = 0;
		}
		in = str_from(in, used);
	}
	arena_give_back(a, room - (size_t)(to - out));
	return str_between(out, to);
}

struct str
decode_rfc2231(struct str in, struct arena *a)
{
	enum charset cs = CHARSET_UNKNOWN;
	const size_t first = str_find_char(in, '\'', 0);
	const size_t second = first == STR_NPOS ? STR_NPOS : str_find_char(in, '\'', first + 1);
	if (second != STR_NPOS) {
		cs = charset_find(str_head(in, first));
		in = str_from(in, second + 1);
	}
	if (!str_is_set(in) || str_find_char(in, '%', 0) == STR_NPOS)
		return charset_to_utf8(cs, in, a);
	const size_t room = in.len;
	char *const out = arena_bytes(a, room);
	if (out == NULL)
		return STR_NONE;
	char *to = out;
	while (in.len > 0) {
		const int byte = in.ptr[0] == '%' ? hex_pair(str_from(in, 1)) : -1;
		*to++ = byte < 0 ? in.ptr[0] : (char)byte;
		in = str_from(in, byte < 0 ? 1 : 3);
	}
	arena_give_back(a, room - (size_t)(to - out));
	return charset_to_utf8(cs, str_between(out, to), a);
}

/* Reads "\x{" 1*6HEXDIG "}"; the bytes used, or 0 when `s` does not start with one that is a
 * character. */
static size_t
embedded_char(struct str s, uint32_t *codepoint)
{
	size_t i = 3;
	uint32_t value = 0;
	if (!str_starts(s, STR("\\x{")))
		return 0;
	for (; i < s.len && i < 3 + 6; i++) {
		const int digit = hex_value((unsigned char)s.ptr[i]);
		if (digit < 0)
			break;
		value = value << 4 | (uint32_t)digit;
	}
	if (i == 3 || i == s.len || s.ptr[i] != '}')
		return 0;
	if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
		return 0;
	*codepoint = value;
	return i + 1;
}

/* Reads "+" 2HEXDIG. Lower-case digits are not xtext: "joe+fax@" is an address as it stands. */
static int
xtext_byte(struct str s)
{
	if (s.len < 3 || s.ptr[0] != '+' || (s.ptr[1] >= 'a' && s.ptr[1] <= 'f') ||
		(s.ptr[2] >= 'a' && s.ptr[2] <= 'f'))
		return -1;
	return hex_pair(str_from(s, 1));
}

static struct str
decode_address(struct str in, bool is_xtext, struct arena *a)
{
	if (!str_has(in, STR("\\x{")) && !(is_xtext && str_find_char(in, '+', 0) != STR_NPOS))
		return in;
	const size_t room = in.len;
	char *const out = arena_bytes(a, room);
	if (out == NULL)
		return STR_NONE;
	char *to = out;
	while (in.len > 0) {
		uint32_t codepoint = 0;
		size_t used = embedded_char(in, &codepoint);
		const int byte = is_xtext ? xtext_byte(in) : -1;
		if (used > 0) {
			to += utf8_put(codepoint, to);
		} else {
			*to++ = byte < 0 ? in.ptr[0] : (char)byte;
			used = byte < 0 ? 1 : 3;
		}
		in = str_from(in, used);
	}
	arena_give_back(a, room - (size_t)(to - out));
	return str_between(out, to);
}

struct str
decode_xtext(struct str in, struct arena *a)
{
	return decode_address(in, true, a);
}

struct str
decode_unitext(struct str in, struct arena *a)
{
	return decode_address(in, false, a);
}
