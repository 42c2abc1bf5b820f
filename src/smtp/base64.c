#include "smtp/base64.h"

#include "base/decode.h"

bool
base64_decode(struct str in, char *room, size_t *length)
{
	size_t n = 0;
	if (in.len % 4 != 0)
		return false;
	for (size_t i = 0; i < in.len; i += 4) {
		uint32_t bits = 0;
		size_t pads = 0;
		for (size_t j = 0; j < 4; j++) {
			const char c = in.ptr[i + j];
			const int value = base64_value((unsigned char)c);
			/* "=" stands at the end only, once or twice. */
			if (c == '=' && i + 4 == in.len && j >= 2)
				pads++;
			else if (value < 0 || pads > 0)
				return false;
			bits = bits << 6 | (uint32_t)(value < 0 ? 0 : value);
		}
		if ((pads == 1 && (bits & 0xFF) != 0) || (pads == 2 && (bits & 0xFFFF) != 0))
			return false;
		for (size_t j = 0; j < 3 - pads; j++)
			room[n++] = (char)(bits >> (16 - 8 * j) & 0xFF);
	}
	*length = n;
	return true;
}

size_t
base64_encode(struct str in, char *room)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = 0;
	for (size_t i = 0; i < in.len; i += 3) {
		const size_t left = in.len - i;
		uint32_t bits = 0;
		for (size_t j = 0; j < 3; j++)
			bits = bits << 8 | (j < left ? (unsigned char)in.ptr[i + j] : 0u);
		for (size_t j = 0; j < 4; j++)
			room[n++] = j <= left ? digits[bits >> (18 - 6 * j) & 63] : '=';
	}
	return n;
}
