#include "smtp/proxy.h"
#include "tap.h"

#define V2 "\r\n\r\n\0\r\nQUIT\n"

/* clang-format off */
static const struct row { struct str in; enum proxy_result want; struct str said; size_t used; } rows[] = {
	{STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.7 56324 25\r\nEHLO x\r\n"), PROXY_OK,
		STR_INIT("192.0.2.1:56324 198.51.100.7:25"), 44},
	{STR_INIT("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n"), PROXY_OK,
		STR_INIT("2001:db8::1:1 2001:db8::2:65535"), 44},
	{STR_INIT("PROXY UNKNOWN\r\n"), PROXY_OK, STR_INIT("local"), 15},
	{STR_INIT("PROXY UNKNOWN ffff:f::1 2 whatever\r\n"), PROXY_OK, STR_INIT("local"), 36},
	{STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.7 56324 25"), PROXY_MORE, {NULL, 0}, 0},
	{STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.7 56324 25\n"), PROXY_MORE, {NULL, 0}, 0},
	{STR_INIT(""), PROXY_MORE, {NULL, 0}, 0},
	{STR_INIT("P"), PROXY_MORE, {NULL, 0}, 0},
	{STR_INIT("\r\n\r"), PROXY_MORE, {NULL, 0}, 0},
	{STR_INIT("EHLO x\r\n"), PROXY_BAD, {NULL, 0}, 0},
	{STR_INIT("\r\nEHLO"), PROXY_BAD, {NULL, 0}, 0},
	{STR_INIT("PROXY TCP5 192.0.2.1 198.51.100.7 1 25\r\n"), PROXY_BAD, {NULL, 0}, 0},
	{STR_INIT("PROXY TCP4 2001:db8::1 198.51.100.7 1 25\r\n"), PROXY_BAD, {NULL, 0}, 0},
	{STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.7 65536 25\r\n"), PROXY_BAD, {NULL, 0}, 0},
	{STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.7 01 25\r\n"), PROXY_BAD, {NULL, 0}, 0},
	{STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.7 1\r\n"), PROXY_BAD, {NULL, 0}, 0},
	{STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.7 1 25 x\r\n"), PROXY_BAD, {NULL, 0}, 0},
	{STR_INIT("PROXY TCP4  192.0.2.1 198.51.100.7 1 25\r\n"), PROXY_BAD, {NULL, 0}, 0},
	{STR_INIT(V2 "\x21\x11\0\x0C" "\xC0\0\x02\x01" "\xC6\x33\x64\x07" "\xDC\x04" "\0\x19" "EHLO"), PROXY_OK,
		STR_INIT("192.0.2.1:56324 198.51.100.7:25"), 28},
	{STR_INIT(V2 "\x21\x11\0\x0F" "\xC0\0\x02\x01" "\xC6\x33\x64\x07" "\0\x01" "\0\x19" "tlv" "EHLO"), PROXY_OK,
		STR_INIT("192.0.2.1:1 198.51.100.7:25"), 31},
	{STR_INIT(V2 "\x21\x21\0\x24" "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\1" "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\2"
		"\0\x01" "\0\x19"), PROXY_OK, STR_INIT("2001:db8::1:1 2001:db8::2:25"), 52},
	{STR_INIT(V2 "\x20\0\0\0"), PROXY_OK, STR_INIT("local"), 16},
	{STR_INIT(V2 "\x21\x31\0\x02xx"), PROXY_OK, STR_INIT("local"), 18},
	{STR_INIT(V2 "\x21\x11\0\x0B" "\xC0\0\x02\x01" "\xC6\x33\x64\x07" "\xDC\x04" "\0"), PROXY_BAD, {NULL, 0}, 0},
	{STR_INIT(V2 "\x11"), PROXY_BAD, {NULL, 0}, 0},
	{STR_INIT(V2 "\x22"), PROXY_BAD, {NULL, 0}, 0},
	{STR_INIT(V2), PROXY_MORE, {NULL, 0}, 0},
	{STR_INIT(V2 "\x21\x11\0\x0C" "\xC0\0\x02\x01"), PROXY_MORE, {NULL, 0}, 0},
	{STR_INIT(V2 "\x20\0\x0F\xF0"), PROXY_MORE, {NULL, 0}, 0},
	{STR_INIT(V2 "\x20\0\x0F\xF1"), PROXY_BAD, {NULL, 0}, 0}, /* 16 + 4081 bytes */
};
/* clang-format on */

static struct str
say(const struct proxy *p, char *room)
{
	char a[ENDPOINT_TEXT_BYTES], b[ENDPOINT_TEXT_BYTES];
	const size_t na = endpoint_print(&p->source, a), nb = endpoint_print(&p->destination, b);
	if (p->is_local)
		return STR("local");
	return (struct str){room, (size_t)snprintf(room, 200, "%.*s:%u %.*s:%u", (int)na, a,
					  p->source.port, (int)nb, b, p->destination.port)};
}

int
main(void)
{
	char room[200], line[PROXY_V1_BYTES_MAX + 1];
	struct proxy p;
	size_t used = 0;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *const row = &rows[i];
		if (!tap_is_int(proxy_parse(row->in, &p, &used), row->want, "row %zu", i) ||
			row->want != PROXY_OK)
			continue;
		tap_is_str(say(&p, room), row->said, "row %zu says", i);
		tap_is_int(used, row->used, "row %zu is so long", i);
		/* Any beginning of it asks for more, so that where the bytes were cut changes
		 * nothing. */
		size_t n = 0;
		while (n < used && proxy_parse(str_head(row->in, n), &p, &used) == PROXY_MORE)
			n++;
		tap_is_int(n, row->used, "row %zu is complete there and no sooner", i);
	}
	memset(line, 'x', sizeof line);
	memcpy(line, "PROXY UNKNOWN ", 14);
	memcpy(line + PROXY_V1_BYTES_MAX - 2, "\r\n", 2);
	tap_is_int(proxy_parse((struct str){line, PROXY_V1_BYTES_MAX}, &p, &used), PROXY_OK,
		"the longest line");
	memcpy(line + PROXY_V1_BYTES_MAX - 2, "x\r\n", 3);
	tap_is_int(proxy_parse((struct str){line, PROXY_V1_BYTES_MAX + 1}, &p, &used), PROXY_BAD,
		"one longer");
	struct endpoint e = {0};
	tap_is_int(endpoint_print(&e, room), 0, "no family, no text");
	tap_ok(!endpoint_parse(STR(""), &e) && !endpoint_parse(STR("192.0.2"), &e) &&
			!endpoint_parse(STR("1\0002"), &e) && !endpoint_parse(STR("[::1]"), &e),
		"no addresses");
	return tap_done();
}
