#include "smtp/proxy.h"

#include <arpa/inet.h>

#define V2_HEADER_BYTES 16

static const struct str v1_start = STR_INIT("PROXY "), v2_start = STR_INIT("\r\n\r\n\0\r\nQUIT\n");

/* Is `in` as far as it goes the beginning of `whole`? */
static bool
may_become(struct str in, struct str whole)
{
	return str_starts(whole, str_head(in, whole.len));
}

bool
endpoint_parse(struct str text, struct endpoint *out)
{
	char cstr[INET6_ADDRSTRLEN];
	struct endpoint e = {0};
	if (text.len == 0 || text.len >= sizeof cstr || str_find_char(text, '\0', 0) != STR_NPOS)
		return false;
	memcpy(cstr, text.ptr, text.len);
	cstr[text.len] = '\0';
	e.family = str_find_char(text, ':', 0) == STR_NPOS ? 4 : 6;
	if (inet_pton(e.family == 4 ? AF_INET : AF_INET6, cstr, e.bytes) != 1)
		return false;
	*out = e;
	return true;
}

size_t
endpoint_print(const struct endpoint *e, char room[ENDPOINT_TEXT_BYTES])
{
	if (e->family == 0 || inet_ntop(e->family == 4 ? AF_INET : AF_INET6, e->bytes, room,
				      ENDPOINT_TEXT_BYTES) == NULL)
		return 0;
	return strlen(room);
}

/* A port in decimal without leading zeros, all of `text`. */
static bool
port_parse(struct str text, uint16_t *out)
{
	char digits[STR_DIGITS_MAX];
	const int64_t n = str_number(text, UINT16_MAX);
	if (n < 0 || !str_eq(str_digits(n, digits), text))
		return false;
	*out = (uint16_t)n;
	return true;
}

static enum proxy_result
v1_parse(struct str in, struct proxy *out, size_t *used)
{
	const size_t end = str_find(str_head(in, PROXY_V1_BYTES_MAX), STR("\r\n"), 0);
	if (end == STR_NPOS)
		return in.len < PROXY_V1_BYTES_MAX ? PROXY_MORE : PROXY_BAD;
	struct str line = str_from(str_head(in, end), v1_start.len);
	struct proxy p = {0};
	const struct str protocol = str_cut(&line, ' ');
	if (str_eq(protocol, STR("UNKNOWN"))) {
		p.is_local = true;
	} else {
		const uint8_t family = str_eq(protocol, STR("TCP4"))   ? 4
				       : str_eq(protocol, STR("TCP6")) ? 6
								       : 0;
		const struct str source = str_cut(&line, ' '), destination = str_cut(&line, ' ');
		const struct str port = str_cut(&line, ' ');
		if (family == 0 || !endpoint_parse(source, &p.source) ||
			!endpoint_parse(destination, &p.destination) || p.source.family != family ||
			p.destination.family != family || !port_parse(port, &p.source.port) ||
			!port_parse(line, &p.destination.port))
			return PROXY_BAD;
	}
	*out = p;
	*used = end + 2;
	return PROXY_OK;
}

static uint16_t
be16(const unsigned char *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static enum proxy_result
v2_parse(struct str in, struct proxy *out, size_t *used)
{
	const unsigned char *const p = (const unsigned char *)in.ptr;
	struct proxy proxy = {0};
	if (in.len > 12 && p[12] != 0x20 && p[12] != 0x21)
		return PROXY_BAD;
	if (in.len < V2_HEADER_BYTES)
		return PROXY_MORE;
	const size_t length = be16(p + 14);
	if (V2_HEADER_BYTES + length > PROXY_V2_BYTES_MAX)
		return PROXY_BAD;
	if (in.len < V2_HEADER_BYTES + length)
		return PROXY_MORE;
	/* TCP over IPv4 or IPv6; of anything else the proxy's own addresses are all there is. */
	const uint8_t family = p[13] == 0x11 ? 4 : p[13] == 0x21 ? 6 : 0;
	const size_t bytes = family == 4 ? 4 : 16;
	proxy.is_local = p[12] == 0x20 || family == 0;
	if (!proxy.is_local) {
		if (length < 2 * bytes + 4)
			return PROXY_BAD;
		const unsigned char *const at = p + V2_HEADER_BYTES;
		proxy.source.family = proxy.destination.family = family;
		memcpy(proxy.source.bytes, at, bytes);
		memcpy(proxy.destination.bytes, at + bytes, bytes);
		proxy.source.port = be16(at + 2 * bytes);
		proxy.destination.port = be16(at + 2 * bytes + 2);
	}
	*out = proxy;
	*used = V2_HEADER_BYTES + length;
	return PROXY_OK;
}

enum proxy_result
proxy_parse(struct str in, struct proxy *out, size_t *used)
{
	if (str_starts(in, v1_start))
		return v1_parse(in, out, used);
	if (str_starts(in, v2_start))
		return v2_parse(in, out, used);
	return may_become(in, v1_start) || may_become(in, v2_start) ? PROXY_MORE : PROXY_BAD;
}
