#include "smtp/xtext.h"

/* RFC 3461 s4 xchar */
static bool
is_xchar(unsigned char c)
{
	return c >= '!' && c <= '~' && c != '+' && c != '=';
}

/* The value of an upper-case hex digit, or -1: RFC 3461 knows no others. */
/* RFC 3461 s4 has small letters in no xtext. */
static bool
is_hex(unsigned char c)
{
	return hex_value(c) >= 0 && c < 'a';
}

bool
xtext_is_valid(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (is_xchar((unsigned char)s.ptr[i]))
			continue;
		if (s.ptr[i] != '+' || i + 2 >= s.len || !is_hex((unsigned char)s.ptr[i + 1]) ||
			!is_hex((unsigned char)s.ptr[i + 2]))
			return false;
		i += 2;
	}
	return true;
}

size_t
xtext_decode(struct str s, char *room)
{
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (c == '+' && i + 2 < s.len) {
			c = (char)(hex_value((unsigned char)s.ptr[i + 1]) * 16 +
				   hex_value((unsigned char)s.ptr[i + 2]));
			i += 2;
		}
		room[n++] = c;
	}
	return n;
}

size_t
xtext_encode(struct str s, char *room)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		const unsigned char c = (unsigned char)s.ptr[i];
		if (is_xchar(c)) {
			room[n++] = (char)c;
		} else {
			room[n++] = '+';
			room[n++] = digits[c >> 4];
			room[n++] = digits[c & 15];
		}
	}
	return n;
}

struct str
xtext_orcpt(struct str address, struct arena *a)
{
	char *const room = str_is_ascii(address) ? arena_bytes(a, 3 * address.len) : NULL;
	if (room != NULL) {
		const size_t n = xtext_encode(address, room);
		arena_give_back(a, 3 * address.len - n);
		address = (struct str){room, n};
	}
	return arena_failed(a) ? STR_NONE : arena_join(a, STR("rfc822;"), address, STR_NONE);
}
