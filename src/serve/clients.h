/*
 * clients - how much each client may have: requests by a token bucket, connections by number
 *
 * A client is an IPv4 address, or an IPv6 network of 64 bits, since that is what one customer
 * gets. A new client takes the place of the one not heard of for the longest time among
 * CLIENTS_WAYS, never of one that is connected. The table has CLIENTS_PER_CONNECTION places for
 * each connection there may be, at least CLIENTS_MIN: so full of strangers as it can get, in one of
 * 2,000 servers with the most connections there is a single client without a place. No clock here:
 * now_ms is the caller's, and never goes back.
 *
 * Any thread; one lock.
 */
#ifndef SERVE_CLIENTS_H
#define SERVE_CLIENTS_H

#include "serve/peer.h"

#define CLIENTS_PER_CONNECTION 16
#define CLIENTS_MIN 16384
#define CLIENTS_WAYS 8

struct clients_limits {
	uint64_t rate;        /* requests a second; 0: no limit */
	uint64_t burst;       /* ... at once, after a while without any */
	uint64_t connections; /* at a time */
	uint64_t all;         /* connections of all clients at a time: how large the table is */
};

struct clients;

/* serve_clients_new - `seed` keeps strangers from knowing who shares a place with whom; NULL when
 * memory ran out */
struct clients *serve_clients_new(const struct clients_limits *limits, uint64_t seed);
void serve_clients_free(struct clients *c);

/*
 * clients_connect - a connection of that client; false when it has too many already
 *
 * is_counted  true: it wants a clients_disconnect(). False also where there was no place for the
 *             client, which then may
 */
bool clients_connect(struct clients *c, const struct peer *peer, int64_t now_ms, bool *is_counted);
void clients_disconnect(struct clients *c, const struct peer *peer);

/*
 * clients_take - one request more
 *
 * Returns  0, or in how many seconds it may be asked again
 */
unsigned clients_take(struct clients *c, const struct peer *peer, int64_t now_ms);

/* clients_charge - what was asked turned out to be worth `requests` more: the next has to wait for
 * them. At most a burst is owed */
void clients_charge(struct clients *c, const struct peer *peer, uint64_t requests);

#endif
