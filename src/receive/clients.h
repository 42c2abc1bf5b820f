/*
 * clients - what is counted for each client: its connections, and logins that failed
 *
 * A client is an IPv4 address or a /64 of IPv6. A table with a ceiling: when it is full, the one
 * that was seen longest ago and has nothing open goes. Threads: one.
 */
#ifndef RECEIVE_CLIENTS_H
#define RECEIVE_CLIENTS_H

#include "base/net.h"

#define CLIENTS_MAX 65536

struct clients;

struct clients *clients_new(void);
void clients_free(struct clients *c);

/* clients_enter - one more connection; how many it has with it, or 0 when it cannot be counted */
uint32_t clients_enter(struct clients *c, const struct ip *ip);
void clients_leave(struct clients *c, const struct ip *ip);

/* clients_failed - a login failed: from `most` failures within `ban_ms` on it is banned for as
 * long. True when that begins now. most = 0: never */
bool clients_failed(
	struct clients *c, const struct ip *ip, unsigned most, int64_t ban_ms, int64_t now_ms);
/* clients_signed_in - its failures are forgiven */
void clients_signed_in(struct clients *c, const struct ip *ip);
/* clients_banned_ms - how much longer; 0 = it is not */
int64_t clients_banned_ms(const struct clients *c, const struct ip *ip, int64_t now_ms);

/* clients_bans - calls fn with each that is banned, those that were seen longest ago first: its
 * address or /64, and how much longer. O(clients) */
typedef void clients_ban(void *to, const struct net *who, int64_t left_ms);
void clients_bans(const struct clients *c, int64_t now_ms, clients_ban *fn, void *to);
/* clients_lift - those of a network may sign in again, and their failures are forgiven; NULL: all
 * may. How many were banned */
size_t clients_lift(struct clients *c, const struct net *which, int64_t now_ms);

#endif
