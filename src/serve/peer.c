#include "serve/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

void
peer_of_socket(const struct sockaddr *address, struct peer *peer)
{
	*peer = (struct peer){.is_local = false};
	/* Through void: a sockaddr is whatever its family says. */
	const void *const any = address;
	if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *const v6 = any;
		memcpy(peer->bytes, &v6->sin6_addr, 16);
	} else if (address->sa_family == AF_INET) {
		const struct sockaddr_in *const v4 = any;
		memcpy(peer->bytes, mapped, 12);
		memcpy(peer->bytes + 12, &v4->sin_addr, 4);
	} else {
		peer->is_local = true;
	}
}

/* The address without a port: "[...]" taken off, or ":4711" behind the only colon. */
static struct str
without_port(struct str text)
{
	if (str_starts(text, STR("["))) {
		const size_t close = str_find_char(text, ']', 0);
		return close == STR_NPOS ? STR_NONE : str_head(str_from(text, 1), close - 1);
	}
	const size_t colon = str_find_char(text, ':', 0);
	return colon != STR_NPOS && str_find_char(text, ':', colon + 1) == STR_NPOS
		       ? str_head(text, colon)
		       : text;
}

bool
peer_parse(struct str text, struct peer *peer)
{
	char room[INET6_ADDRSTRLEN];
	struct peer found = {.is_local = false};
	text = without_port(text);
	if (text.len == 0 || text.len >= sizeof room || str_find_char(text, '\0', 0) != STR_NPOS)
		return false;
	memcpy(room, text.ptr, text.len);
	room[text.len] = '\0';
	if (inet_pton(AF_INET6, room, found.bytes) != 1) {
		memcpy(found.bytes, mapped, 12);
		if (inet_pton(AF_INET, room, found.bytes + 12) != 1)
			return false;
	}
	*peer = found;
	return true;
}

static bool
is_v4(const struct peer *peer)
{
	return !peer->is_local && memcmp(peer->bytes, mapped, 12) == 0;
}

void
peer_text(const struct peer *peer, char text[static PEER_TEXT_BYTES])
{
	if (peer->is_local)
		snprintf(text, PEER_TEXT_BYTES, "unix");
	else if (is_v4(peer))
		inet_ntop(AF_INET, peer->bytes + 12, text, PEER_TEXT_BYTES);
	else
		inet_ntop(AF_INET6, peer->bytes, text, PEER_TEXT_BYTES);
}

bool
net_parse(struct str text, struct net *net)
{
	struct net found = {.bits = 128};
	if (str_eq(text, STR("unix"))) {
		found.peer.is_local = true;
		*net = found;
		return true;
	}
	struct str bits = text;
	const struct str address = str_cut(&bits, '/');
	if (str_find_char(address, '[', 0) != STR_NPOS || !peer_parse(address, &found.peer))
		return false;
	if (str_is_set(bits)) {
		const unsigned most = is_v4(&found.peer) ? 32 : 128;
		const int64_t n = bits.len <= 3 ? str_number(bits, most) : -1;
		for (size_t i = 0; i < bits.len; i++)
			if (!ascii_is_digit((unsigned char)bits.ptr[i]))
				return false;
		if (n < 0)
			return false;
		found.bits = 128 - most + (unsigned)n;
	}
	*net = found;
	return true;
}

bool
net_has(const struct net *net, const struct peer *peer)
{
	if (net->peer.is_local || peer->is_local)
		return net->peer.is_local && peer->is_local;
	const unsigned whole = net->bits / 8, rest = net->bits % 8;
	if (memcmp(net->peer.bytes, peer->bytes, whole) != 0)
		return false;
	const unsigned mask = rest == 0 ? 0 : 0xffu << (8 - rest) & 0xffu;
	return rest == 0 || ((unsigned)(net->peer.bytes[whole] ^ peer->bytes[whole]) & mask) == 0;
}

static bool
is_trusted(const struct net *trusted, size_t count, const struct peer *peer)
{
	for (size_t i = 0; i < count; i++)
		if (net_has(&trusted[i], peer))
			return true;
	return false;
}

/* The last member of the list, which it loses. */
static struct str
last_member(struct str *list)
{
	size_t at = list->len;
	while (at > 0 && list->ptr[at - 1] != ',')
		at--;
	const struct str member = str_trim(str_from(*list, at));
	*list = at > 0 ? str_head(*list, at - 1) : STR_NONE;
	return member;
}

/* for="[2001:db8::1]:4711" of one element of Forwarded. */
static struct str
forwarded_for(struct str element)
{
	while (str_is_set(element)) {
		struct str value = str_cut(&element, ';');
		if (str_eq_case(str_trim(str_cut(&value, '=')), STR("for")))
			return str_unwrap(str_trim(value), '"', '"');
	}
	return STR_NONE;
}

void
peer_behind(const struct net *trusted, size_t count, struct str list, bool is_rfc7239,
	struct peer *peer)
{
	for (unsigned hop = 0; hop < PEER_HOPS_MAX && is_trusted(trusted, count, peer); hop++) {
		if (!str_is_set(list))
			return;
		const struct str member = last_member(&list);
		if (!peer_parse(is_rfc7239 ? forwarded_for(member) : member, peer))
			return; /* "unknown", "_hidden": the proxy before it is all we know */
	}
}
