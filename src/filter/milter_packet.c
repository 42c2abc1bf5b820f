#include "filter/milter_packet.h"

static void
put_u32(char to[4], uint32_t n)
{
	to[0] = (char)(n >> 24);
	to[1] = (char)(n >> 16);
	to[2] = (char)(n >> 8);
	to[3] = (char)n;
}

static uint32_t
get_u32(const char *at)
{
	const unsigned char *const b = (const unsigned char *)at;
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

struct packet
packet_begin(struct buf *out, char letter)
{
	const struct packet p = {out, out->len};
	buf_add(out, (struct str){"\0\0\0\0", 4});
	buf_add_char(out, letter);
	return p;
}

void
packet_bytes(struct packet *p, struct str s)
{
	buf_add(p->out, s);
}

void
packet_text(struct packet *p, struct str s)
{
	/* A NUL inside would be the end of it. */
	const size_t nul = str_find_char(s, '\0', 0);
	buf_add(p->out, str_head(s, nul == STR_NPOS ? s.len : nul));
	buf_add_char(p->out, '\0');
}

void
packet_number(struct packet *p, uint32_t n)
{
	char bytes[4];
	put_u32(bytes, n);
	buf_add(p->out, (struct str){bytes, sizeof bytes});
}

void
packet_end(struct packet *p)
{
	if (!buf_failed(p->out))
		put_u32(p->out->ptr + p->at, (uint32_t)(p->out->len - p->at - 4));
}

enum packet_read
packet_next(struct str *in, char *letter, struct str *rest)
{
	if (in->len < 4)
		return PACKET_MORE;
	const uint32_t n = get_u32(in->ptr);
	if (n == 0 || n > MILTER_PACKET_BYTES_MAX)
		return PACKET_BROKEN;
	if (in->len - 4 < n)
		return PACKET_MORE;
	*letter = in->ptr[4];
	*rest = (struct str){in->ptr + 5, n - 1};
	*in = str_from(*in, 4 + (size_t)n);
	return PACKET_WHOLE;
}

bool
packet_take_number(struct str *rest, uint32_t *n)
{
	if (rest->len < 4)
		return false;
	*n = get_u32(rest->ptr);
	*rest = str_from(*rest, 4);
	return true;
}

bool
packet_take_text(struct str *rest, struct str *text)
{
	const size_t nul = str_find_char(*rest, '\0', 0);
	if (nul == STR_NPOS)
		return false;
	*text = str_head(*rest, nul);
	*rest = str_from(*rest, nul + 1);
	return true;
}
