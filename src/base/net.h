/*
 * net - addresses of the Internet and networks of them
 *
 * An address is 16 bytes, an IPv4 one in its IPv6 form (::ffff:192.0.2.1), so that the same host
 * is the same however its address came.
 */
#ifndef BASE_NET_H
#define BASE_NET_H

#include "base/str.h"

#define IP_TEXT_BYTES 46                   /* the longest address as text, with its NUL */
#define NET_TEXT_BYTES (IP_TEXT_BYTES + 4) /* with a length behind it */

struct ip {
	unsigned char bytes[16];
};

/* Addresses that have their first `bits` in common; the others are 0 in `first`. */
struct net {
	struct ip first;
	unsigned bits; /* of the 128: 96 and more for one of IPv4 */
};

/* ip_parse - "192.0.2.1", "2001:db8::1"; false, and *ip as it was, when it is none */
bool ip_parse(struct str text, struct ip *ip);
/* ip_of_v4 - of four bytes, as they travel */
struct ip ip_of_v4(const void *bytes);
bool ip_is_v4(const struct ip *ip);
/* ip_client - what a client is counted by: an IPv4 address, or the first of the /64 that IPv6 gives
 * to one */
struct ip ip_client(const struct ip *ip);
/* ip_text - "192.0.2.1" also when it was written "::ffff:192.0.2.1"; NUL-terminated */
void ip_text(const struct ip *ip, char text[static IP_TEXT_BYTES]);

enum net_fault { NET_OK, NET_NO_ADDRESS, NET_BAD_LENGTH };

/*
 * net_parse - "192.0.2.0/24", "2001:db8::/32", or one address
 *
 * The length counts in the form that was written: ::ffff:10.0.0.0/104 is 10.0.0.0/8. Bits behind it
 * are taken for 0: 192.0.2.77/24 is 192.0.2.0/24.
 */
enum net_fault net_parse(struct str text, struct net *net);
bool net_has(const struct net *net, const struct ip *ip);
/* net_last - the last address of it, so that it is the range from net->first to there */
struct ip net_last(const struct net *net);
/* net_of_range - the network with this first and last address; false when there is none */
bool net_of_range(const struct ip *first, const struct ip *last, struct net *net);
/* net_text - "192.0.2.0/24"; one address alone is written without its length */
void net_text(const struct net *net, char text[static NET_TEXT_BYTES]);

#endif
