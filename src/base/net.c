#include "base/net.h"

#include <arpa/inet.h>
#include <stdio.h>

#define ALL_BITS 128
#define V4_BITS 32

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool
ip_parse(struct str text, struct ip *ip)
{
	char room[IP_TEXT_BYTES];
	struct ip found;
	if (text.len == 0 || text.len >= sizeof room || str_find_char(text, '\0', 0) != STR_NPOS)
		return false;
	memcpy(room, text.ptr, text.len);
	room[text.len] = '\0';
	memcpy(found.bytes, mapped, sizeof mapped);
	if (inet_pton(AF_INET, room, found.bytes + sizeof mapped) != 1 &&
		inet_pton(AF_INET6, room, found.bytes) != 1)
		return false;
	*ip = found;
	return true;
}

struct ip
ip_of_v4(const void *bytes)
{
	struct ip ip;
	memcpy(ip.bytes, mapped, sizeof mapped);
	memcpy(ip.bytes + sizeof mapped, bytes, sizeof ip.bytes - sizeof mapped);
	return ip;
}

bool
ip_is_v4(const struct ip *ip)
{
	return memcmp(ip->bytes, mapped, sizeof mapped) == 0;
}

struct ip
ip_client(const struct ip *ip)
{
	struct ip client = *ip;
	if (!ip_is_v4(ip))
		memset(client.bytes + 8, 0, sizeof client.bytes - 8);
	return client;
}

void
ip_text(const struct ip *ip, char text[static IP_TEXT_BYTES])
{
	if (ip_is_v4(ip))
		inet_ntop(AF_INET, ip->bytes + sizeof mapped, text, IP_TEXT_BYTES);
	else
		inet_ntop(AF_INET6, ip->bytes, text, IP_TEXT_BYTES);
}

/* The bits of byte `at` that belong to the network. */
static unsigned
mask_of(const struct net *net, unsigned at)
{
	const unsigned before = at * 8;
	return net->bits >= before + 8 ? 0xff
	       : net->bits <= before   ? 0
				       : 0xffu << (8 - (net->bits - before)) & 0xff;
}

enum net_fault
net_parse(struct str text, struct net *net)
{
	struct str length = text;
	const struct str address = str_cut(&length, '/');
	struct net found = {.bits = ALL_BITS};
	if (!ip_parse(address, &found.first))
		return NET_NO_ADDRESS;
	if (str_is_set(length)) {
		char digits[STR_DIGITS_MAX];
		const unsigned most =
			str_find_char(address, ':', 0) == STR_NPOS ? V4_BITS : ALL_BITS;
		const int64_t n = str_number(length, most);
		if (n < 0 || !str_eq(str_digits(n, digits), length))
			return NET_BAD_LENGTH;
		found.bits = ALL_BITS - most + (unsigned)n;
	}
	for (unsigned i = 0; i < sizeof found.first.bytes; i++)
		found.first.bytes[i] &= (unsigned char)mask_of(&found, i);
	*net = found;
	return NET_OK;
}

bool
net_has(const struct net *net, const struct ip *ip)
{
	for (unsigned i = 0; i < sizeof ip->bytes; i++)
		if ((ip->bytes[i] & mask_of(net, i)) != net->first.bytes[i])
			return false;
	return true;
}

struct ip
net_last(const struct net *net)
{
	struct ip last = net->first;
	for (unsigned i = 0; i < sizeof last.bytes; i++)
		last.bytes[i] |= (unsigned char)~mask_of(net, i);
	return last;
}

bool
net_of_range(const struct ip *first, const struct ip *last, struct net *net)
{
	for (unsigned bits = 0; bits <= ALL_BITS; bits++) {
		const struct net tried = {*first, bits};
		const struct ip end = net_last(&tried);
		if (net_has(&tried, first) && memcmp(&end, last, sizeof end) == 0) {
			*net = tried;
			return true;
		}
	}
	return false;
}

void
net_text(const struct net *net, char text[static NET_TEXT_BYTES])
{
	/* One of fewer than 96 bits is none of IPv4: their last is 1 in every mapped address. */
	const unsigned before = ip_is_v4(&net->first) ? ALL_BITS - V4_BITS : 0;
	ip_text(&net->first, text);
	const size_t len = strlen(text);
	if (net->bits < ALL_BITS)
		snprintf(text + len, NET_TEXT_BYTES - len, "/%u", net->bits - before);
}
