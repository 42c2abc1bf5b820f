/*
 * peer - who a client is: its address, also behind proxies
 *
 * What a proxy says of a client (X-Forwarded-For, RFC 7239 Forwarded) counts only as far as the
 * proxies are trusted: anybody can write such a field.
 */
#ifndef SERVE_PEER_H
#define SERVE_PEER_H

#include "base/net.h"

#define PEER_HOPS_MAX 16 /* entries of a field that are looked at, from its end */

struct peer {
	struct ip ip;
	bool is_local; /* on a socket of the file system: it has no address */
};

/* Whose word is taken: the hosts of a network, or the clients without an address. */
struct trusted {
	struct net net;
	bool is_local;
};

struct sockaddr;

void peer_of_socket(const struct sockaddr *address, struct peer *peer);

/* peer_parse - "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]:4711"; false, and *peer
 * as it was, when it is none */
bool peer_parse(struct str text, struct peer *peer);

/* peer_text - "192.0.2.1", "2001:db8::1", "unix"; NUL-terminated */
void peer_text(const struct peer *peer, char text[static IP_TEXT_BYTES]);

/* trusted_parse - "10.0.0.0/8", "2001:db8::/32", "192.0.2.1", "unix" */
bool trusted_parse(struct str text, struct trusted *trusted);
bool trusted_has(const struct trusted *trusted, const struct peer *peer);

/*
 * peer_behind - the client that the nearest proxy nobody vouches for had
 *
 * Goes through `list` from its end, as long as who wrote the entry is trusted.
 * list       the value of X-Forwarded-For, or of Forwarded when is_rfc7239
 * peer       in: who is connected; out: the client
 */
void peer_behind(const struct trusted *trusted, size_t count, struct str list, bool is_rfc7239,
	struct peer *peer);

#endif
