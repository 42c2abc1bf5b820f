#include "serve/clients.h"
#include "base/hash.h"

#include <pthread.h>
#include <stdlib.h>

#define TOKEN 1000 /* what one request costs, in thousandths: one for each millisecond and rate */

struct client {
	unsigned char key[16];
	bool is_used;
	unsigned connections;
	int64_t tokens;  /* below 0: owed */
	int64_t seen_ms; /* when the tokens were counted last */
};

struct clients {
	pthread_mutex_t lock;
	struct clients_limits limits;
	uint64_t seed;
	size_t sets;
	struct client table[][CLIENTS_WAYS];
};

struct clients *
serve_clients_new(const struct clients_limits *limits, uint64_t seed)
{
	const uint64_t wanted = limits->all * CLIENTS_PER_CONNECTION;
	const size_t sets = (size_t)(wanted > CLIENTS_MIN ? wanted : CLIENTS_MIN) / CLIENTS_WAYS;
	struct clients *const c = calloc(1, sizeof *c + sets * sizeof *c->table);
	if (c == NULL)
		return NULL;
	c->limits = *limits;
	c->seed = seed;
	c->sets = sets;
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void
serve_clients_free(struct clients *c)
{
	if (c == NULL)
		return;
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static void
make_key(const struct peer *peer, unsigned char key[16])
{
	const struct ip client = ip_client(&peer->ip);
	if (peer->is_local)
		memset(key, 0xff, 16); /* a multicast address: nobody's */
	else
		memcpy(key, client.bytes, 16);
}

static size_t
set_of(const struct clients *c, const unsigned char key[16])
{
	return hash_address(c->seed, key) % c->sets;
}

/* The client's place; NULL when all it could have are those of connected clients. */
static struct client *
place_of(struct clients *c, const struct peer *peer, int64_t now_ms)
{
	unsigned char key[16];
	make_key(peer, key);
	struct client *const set = c->table[set_of(c, key)];
	struct client *oldest = NULL;
	for (size_t i = 0; i < CLIENTS_WAYS; i++) {
		if (set[i].is_used && memcmp(set[i].key, key, 16) == 0)
			return &set[i];
		if (set[i].connections == 0 &&
			(oldest == NULL || !set[i].is_used ||
				(oldest->is_used && set[i].seen_ms < oldest->seen_ms)))
			oldest = &set[i];
	}
	if (oldest == NULL)
		return NULL;
	*oldest = (struct client){
		.is_used = true, .tokens = (int64_t)c->limits.burst * TOKEN, .seen_ms = now_ms};
	memcpy(oldest->key, key, 16);
	return oldest;
}

bool
clients_connect(struct clients *c, const struct peer *peer, int64_t now_ms, bool *is_counted)
{
	pthread_mutex_lock(&c->lock);
	struct client *const client = place_of(c, peer, now_ms);
	const bool may = client == NULL || client->connections < c->limits.connections;
	*is_counted = may && client != NULL;
	if (*is_counted)
		client->connections++;
	pthread_mutex_unlock(&c->lock);
	return may;
}

void
clients_disconnect(struct clients *c, const struct peer *peer)
{
	pthread_mutex_lock(&c->lock);
	struct client *const client = place_of(c, peer, 0); /* is there: it is connected */
	if (client != NULL && client->connections > 0)
		client->connections--;
	pthread_mutex_unlock(&c->lock);
}

static void
refill(const struct clients *c, struct client *client, int64_t now_ms)
{
	const int64_t full = (int64_t)c->limits.burst * TOKEN;
	const int64_t since_ms = now_ms - client->seen_ms;
	client->seen_ms = now_ms;
	/* The rate has a ceiling, so only the time can make the product too large. */
	if (since_ms > 2 * full / (int64_t)c->limits.rate)
		client->tokens = full;
	else if (since_ms > 0)
		client->tokens += since_ms * (int64_t)c->limits.rate;
	if (client->tokens > full)
		client->tokens = full;
}

unsigned
clients_take(struct clients *c, const struct peer *peer, int64_t now_ms)
{
	if (c->limits.rate == 0)
		return 0;
	unsigned wait_s = 0;
	pthread_mutex_lock(&c->lock);
	struct client *const client = place_of(c, peer, now_ms);
	if (client != NULL) {
		refill(c, client, now_ms);
		const int64_t lacking = TOKEN - client->tokens;
		const int64_t each_s = (int64_t)c->limits.rate * 1000;
		if (lacking > 0)
			wait_s = (unsigned)((lacking + each_s - 1) / each_s);
		else
			client->tokens -= TOKEN;
	}
	pthread_mutex_unlock(&c->lock);
	return wait_s;
}

void
clients_charge(struct clients *c, const struct peer *peer, uint64_t requests)
{
	if (c->limits.rate == 0 || requests == 0)
		return;
	const int64_t full = (int64_t)c->limits.burst * TOKEN;
	pthread_mutex_lock(&c->lock);
	struct client *const client = place_of(c, peer, 0);
	if (client != NULL) {
		client->tokens -=
			requests < 2 * c->limits.burst ? (int64_t)requests * TOKEN : 2 * full;
		if (client->tokens < -full)
			client->tokens = -full;
	}
	pthread_mutex_unlock(&c->lock);
}
