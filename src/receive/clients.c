#include "receive/clients.h"
#include "base/hash.h"

#include <stdlib.h>
#include <sys/random.h>

#define BUCKETS 16384

struct client {
	struct ip key;
	uint32_t connections, failures;
	int64_t failing_since_ms, banned_until_ms;
	struct client *next;          /* in its bucket */
	struct client *older, *newer; /* by when it was seen */
};

struct clients {
	uint64_t seed;
	size_t count;
	struct client *oldest, *newest;
	struct client *buckets[BUCKETS];
};

struct clients *
clients_new(void)
{
	struct clients *const c = calloc(1, sizeof *c);
	/* Unknown to those who would like to fill one bucket. */
	if (c != NULL && getrandom(&c->seed, sizeof c->seed, 0) != sizeof c->seed)
		c->seed = (uint64_t)(uintptr_t)c;
	return c;
}

void
clients_free(struct clients *c)
{
	if (c == NULL)
		return;
	for (struct client *i = c->oldest, *next; i != NULL; i = next) {
		next = i->newer;
		free(i);
	}
	free(c);
}

static size_t
bucket_of(const struct clients *c, const struct ip *key)
{
	return hash_address(c->seed, key->bytes) % BUCKETS;
}

static void
unlink_age(struct clients *c, struct client *i)
{
	*(i->older != NULL ? &i->older->newer : &c->oldest) = i->newer;
	*(i->newer != NULL ? &i->newer->older : &c->newest) = i->older;
}

static void
link_newest(struct clients *c, struct client *i)
{
	i->newer = NULL;
	i->older = c->newest;
	*(c->newest != NULL ? &c->newest->newer : &c->oldest) = i;
	c->newest = i;
}

static struct client *
find(const struct clients *c, const struct ip *ip)
{
	const struct ip key = ip_client(ip);
	struct client *i = c->buckets[bucket_of(c, &key)];
	while (i != NULL && memcmp(&i->key, &key, sizeof key) != 0)
		i = i->next;
	return i;
}

static void
forget(struct clients *c, struct client *i)
{
	struct client **at = &c->buckets[bucket_of(c, &i->key)];
	while (*at != i)
		at = &(*at)->next;
	*at = i->next;
	unlink_age(c, i);
	c->count--;
	free(i);
}

/* Makes room, of those that have nothing open; false when all have. */
static bool
make_room(struct clients *c)
{
	if (c->count < CLIENTS_MAX)
		return true;
	for (struct client *i = c->oldest; i != NULL; i = i->newer)
		if (i->connections == 0) {
			forget(c, i);
			return true;
		}
	return false;
}

static struct client *
place_of(struct clients *c, const struct ip *ip)
{
	struct client *i = find(c, ip);
	if (i != NULL) {
		unlink_age(c, i);
	} else {
		if (!make_room(c) || (i = calloc(1, sizeof *i)) == NULL)
			return NULL;
		i->key = ip_client(ip);
		struct client **const bucket = &c->buckets[bucket_of(c, &i->key)];
		i->next = *bucket;
		*bucket = i;
		c->count++;
	}
	link_newest(c, i);
	return i;
}

uint32_t
clients_enter(struct clients *c, const struct ip *ip)
{
	struct client *const i = place_of(c, ip);
	return i != NULL ? ++i->connections : 0;
}

void
clients_leave(struct clients *c, const struct ip *ip)
{
	struct client *const i = find(c, ip);
	if (i == NULL || i->connections == 0)
		return;
	if (--i->connections == 0 && i->failures == 0 && i->banned_until_ms == 0)
		forget(c, i);
}

bool
clients_failed(
	struct clients *c, const struct ip *ip, unsigned most, int64_t ban_ms, int64_t now_ms)
{
	struct client *const i = most > 0 ? place_of(c, ip) : NULL;
	if (i == NULL)
		return false;
	if (i->failures == 0 || now_ms - i->failing_since_ms > ban_ms) {
		i->failures = 0;
		i->failing_since_ms = now_ms;
	}
	const bool was_banned = i->banned_until_ms > now_ms;
	if (++i->failures >= most)
		i->banned_until_ms = now_ms + ban_ms;
	return !was_banned && i->banned_until_ms > now_ms;
}

void
clients_signed_in(struct clients *c, const struct ip *ip)
{
	struct client *const i = find(c, ip);
	if (i != NULL)
		i->failures = 0;
}

void
clients_bans(const struct clients *c, int64_t now_ms, clients_ban *fn, void *to)
{
	for (const struct client *i = c->oldest; i != NULL; i = i->newer) {
		const struct net who = {.first = i->key, .bits = ip_is_v4(&i->key) ? 128 : 64};
		if (i->banned_until_ms > now_ms)
			fn(to, &who, i->banned_until_ms - now_ms);
	}
}

size_t
clients_lift(struct clients *c, const struct net *which, int64_t now_ms)
{
	size_t count = 0;
	struct ip key = {{0}};
	if (which != NULL)
		key = ip_client(&which->first); /* of one address in a /64 */
	for (struct client *i = c->oldest; i != NULL; i = i->newer) {
		if (which != NULL && !net_has(which, &i->key) &&
			memcmp(&i->key, &key, sizeof key) != 0)
			continue;
		count += i->banned_until_ms > now_ms;
		i->banned_until_ms = 0;
		i->failures = 0;
	}
	return count;
}

int64_t
clients_banned_ms(const struct clients *c, const struct ip *ip, int64_t now_ms)
{
	const struct client *const i = find(c, ip);
	return i != NULL && i->banned_until_ms > now_ms ? i->banned_until_ms - now_ms : 0;
}
