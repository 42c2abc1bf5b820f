#include "serve/peer.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

void
peer_of_socket(const struct sockaddr *address, struct peer *peer)
{
	*peer = (struct peer){.is_local = false};
	/* Through void: a sockaddr is whatever its family says. */
	const void *const any = address;
	if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *const v6 = any;
		memcpy(peer->ip.bytes, &v6->sin6_addr, 16);
	} else if (address->sa_family == AF_INET) {
		const struct sockaddr_in *const v4 = any;
		peer->ip = ip_of_v4(&v4->sin_addr);
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
	struct peer found = {.is_local = false};
	if (!ip_parse(without_port(text), &found.ip))
		return false;
	*peer = found;
	return true;
}

void
peer_text(const struct peer *peer, char text[static IP_TEXT_BYTES])
{
	if (peer->is_local)
		snprintf(text, IP_TEXT_BYTES, "unix");
	else
		ip_text(&peer->ip, text);
}

bool
trusted_parse(struct str text, struct trusted *trusted)
{
	struct trusted found = {.is_local = str_eq(text, STR("unix"))};
	if (!found.is_local && net_parse(text, &found.net) != NET_OK)
		return false;
	*trusted = found;
	return true;
}

bool
trusted_has(const struct trusted *trusted, const struct peer *peer)
{
	if (trusted->is_local || peer->is_local)
		return trusted->is_local && peer->is_local;
	return net_has(&trusted->net, &peer->ip);
}

static bool
is_trusted(const struct trusted *trusted, size_t count, const struct peer *peer)
{
	for (size_t i = 0; i < count; i++)
		if (trusted_has(&trusted[i], peer))
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
peer_behind(const struct trusted *trusted, size_t count, struct str list, bool is_rfc7239,
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
