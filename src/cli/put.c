#include "cli/put.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM_BYTES ((size_t)64 << 10)
#define REPLACEMENT "\xEF\xBF\xBD"

void
put_fini(struct put *p)
{
	free(p->ptr);
	*p = (struct put){.ptr = NULL};
}

static bool
make_room(struct put *p, size_t more)
{
	if (p->failed)
		return false;
	if (more <= p->room - p->len)
		return true;
	size_t room = p->room > 0 ? p->room : FIRST_ROOM_BYTES;
	while (room - p->len < more)
		room *= 2;
	char *const ptr = realloc(p->ptr, room);
	if (ptr == NULL) {
		p->failed = true;
		return false;
	}
	p->ptr = ptr;
	p->room = room;
	return true;
}

void
put_bytes(struct put *p, const char *bytes, size_t len)
{
	if (len == 0 || !make_room(p, len))
		return;
	memcpy(p->ptr + p->len, bytes, len);
	p->len += len;
}

void
put_words(struct put *p, const char *words)
{
	put_bytes(p, words, strlen(words));
}

void
put_char(struct put *p, char c)
{
	put_bytes(p, &c, 1);
}

void
put_number(struct put *p, int64_t n)
{
	char digits[24];
	char *at = digits + sizeof digits;
	uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	do {
		*--at = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (n < 0)
		*--at = '-';
	put_bytes(p, at, (size_t)(digits + sizeof digits - at));
}

/* The length of the character of 2 to 4 bytes at the start of `s`; 0 when it is none (RFC 3629). */
static size_t
wide_step(const unsigned char *s, size_t len)
{
	const unsigned char c = s[0];
	const size_t n = c >= 0xC2 && c <= 0xDF   ? 2
			 : (c & 0xF0) == 0xE0     ? 3
			 : c >= 0xF0 && c <= 0xF4 ? 4
						  : 0;
	if (n == 0 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	if ((c == 0xE0 && s[1] < 0xA0) || (c == 0xED && s[1] > 0x9F) ||
		(c == 0xF0 && s[1] < 0x90) || (c == 0xF4 && s[1] > 0x8F))
		return 0;
	return n;
}

static void
escape(struct put *p, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	const char *const letters = "\"\"\\\\\nn\rr\tt";
	for (const char *l = letters; *l != '\0'; l += 2)
		if ((unsigned char)*l == c) {
			put_bytes(p, (const char[]){'\\', l[1]}, 2);
			return;
		}
	put_bytes(p, (const char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
}

static void
put_text(struct put *p, struct nixie_str text, bool is_json)
{
	const unsigned char *const s = (const unsigned char *)text.ptr;
	size_t from = 0, i = 0;
	while (i < text.len) {
		const bool is_odd = is_json ? s[i] < 32 || s[i] == '"' || s[i] == '\\' : s[i] == 0;
		const size_t step = is_odd ? 0 : s[i] < 128 ? 1 : wide_step(s + i, text.len - i);
		if (step > 0) {
			i += step;
			continue;
		}
		put_bytes(p, text.ptr + from, i - from);
		if (is_odd && is_json)
			escape(p, s[i]);
		else
			put_words(p, REPLACEMENT);
		from = ++i;
	}
	if (text.len > from)
		put_bytes(p, text.ptr + from, text.len - from);
}

void
put_utf8(struct put *p, struct nixie_str text)
{
	put_text(p, text, false);
}

void
put_json(struct put *p, struct nixie_str text)
{
	put_char(p, '"');
	put_text(p, text, true);
	put_char(p, '"');
}

bool
put_sink(void *to, const char *bytes, size_t len)
{
	struct put *const p = to;
	put_bytes(p, bytes, len);
	return !p->failed;
}
