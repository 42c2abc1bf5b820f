/* channel - c-ares on libevent */
#include "dns/channel.h"

#include <sys/select.h> /* ares.h needs it, and does not say so */

#include <ares.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/random.h>
#include <sys/time.h>

#define CLASS_IN 1
#define EDNS_BYTES 1232 /* what fits into a packet everywhere: DNS flag day 2020 */
#define FLAG_AD 0x20    /* in byte 3: tell whether DNSSEC held (RFC 6840 s5.7) */
#define TRIES 3
#define FIRST_TRY_SHARE 6 /* of the time: c-ares doubles it with each round */
#define FIRST_TRY_MS_MIN 100
#define SERVERS_BYTES_MAX 512

/*
 * c-ares tries the next server when one answers SERVFAIL or REFUSED, as it should, but then it does
 * not say which it was: "connection refused", whatever happened. So when all have been tried, the
 * question goes once more to the first, in a way that takes its answer as it is.
 */
enum way { WAY_ALL, WAY_FIRST, WAY_COUNT };

struct channel_socket {
	struct event event;
	ares_socket_t fd;
	struct channel_way *way;
	LIST_ENTRY(channel_socket) link;
};

struct channel_way {
	struct event_base *base;
	ares_channel ares;
	struct event timer;
	LIST_HEAD(channel_sockets, channel_socket) sockets;
};

struct channel {
	struct channel_way ways[WAY_COUNT];
};

struct channel_query {
	struct channel *channel;
	channel_done *done;
	void *context;
	enum way way;
	int len;
	unsigned char *bytes; /* of the query; ares_free_string() */
};

static void
timer_set(struct channel_way *c)
{
	struct timeval room;
	const struct timeval *const left = ares_timeout(c->ares, NULL, &room);
	if (left != NULL)
		evtimer_add(&c->timer, left);
	else
		evtimer_del(&c->timer);
}

static void
on_timer(evutil_socket_t fd, short what, void *context)
{
	struct channel_way *const c = context;
	(void)fd;
	(void)what;
	ares_process_fd(c->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	timer_set(c);
}

static void
on_socket(evutil_socket_t fd, short what, void *context)
{
	struct channel_way *const c = ((struct channel_socket *)context)->way; /* may go in here */
	ares_process_fd(c->ares, (what & EV_READ) != 0 ? fd : ARES_SOCKET_BAD,
		(what & EV_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
	timer_set(c);
}

static struct channel_socket *
socket_find(struct channel_way *c, ares_socket_t fd)
{
	struct channel_socket *s;
	LIST_FOREACH(s, &c->sockets, link)
	if (s->fd == fd)
		break;
	return s;
}

static void
socket_free(struct channel_socket *s)
{
	event_del(&s->event);
	LIST_REMOVE(s, link);
	free(s);
}

/* c-ares says what it waits for. */
static void
on_state(void *context, ares_socket_t fd, int readable, int writable)
{
	struct channel_way *const c = context;
	struct channel_socket *s = socket_find(c, fd);
	if (!readable && !writable) {
		if (s != NULL)
			socket_free(s);
		return;
	}
	if (s == NULL) {
		s = calloc(1, sizeof *s);
		if (s == NULL)
			return; /* its queries end by time */
		s->fd = fd;
		s->way = c;
		LIST_INSERT_HEAD(&c->sockets, s, link);
	} else {
		event_del(&s->event);
	}
	event_assign(&s->event, c->base, fd,
		(short)((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0) | EV_PERSIST),
		on_socket, s);
	event_add(&s->event, NULL);
}

/* "127.0.0.1:53 [::1]" to c-ares, which wants commas; false when one is no address. */
static bool
servers_set(struct channel_way *c, struct str servers)
{
	char text[SERVERS_BYTES_MAX];
	size_t used = 0, count = 0;
	bool is_between = true;
	for (size_t i = 0; i < servers.len; i++) {
		const char byte = servers.ptr[i];
		const bool is_blank = byte == ',' || ascii_is_space((unsigned char)byte);
		if (used + 2 >= sizeof text || byte == '\0')
			return false;
		if (!is_blank && is_between) {
			if (used > 0)
				text[used++] = ',';
			count++;
		}
		if (!is_blank)
			text[used++] = byte;
		is_between = is_blank;
	}
	text[used] = '\0';
	return count <= DNS_SERVERS_MAX &&
	       (used == 0 || ares_set_servers_ports_csv(c->ares, text) == ARES_SUCCESS);
}

static bool
way_init(struct channel_way *c, enum way way, struct event_base *base,
	const struct dns_settings *settings, const char **complaint)
{
	const int64_t first_ms = settings->timeout_ms / FIRST_TRY_SHARE;
	struct ares_options options = {
		.flags = ARES_FLAG_EDNS | ARES_FLAG_STAYOPEN |
			 (way == WAY_FIRST ? ARES_FLAG_NOCHECKRESP : 0),
		.ednspsz = EDNS_BYTES,
		.timeout = first_ms > INT_MAX            ? INT_MAX
			   : first_ms < FIRST_TRY_MS_MIN ? FIRST_TRY_MS_MIN
							 : (int)first_ms,
		.tries = TRIES,
		.sock_state_cb = on_state,
		.sock_state_cb_data = c,
	};
	c->base = base;
	LIST_INIT(&c->sockets);
	evtimer_assign(&c->timer, base, on_timer, c);
	if (ares_init_options(&c->ares, &options,
		    ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
			    ARES_OPT_SOCK_STATE_CB) != ARES_SUCCESS) {
		*complaint = "the system's list of DNS servers cannot be read";
		return false;
	}
	if (servers_set(c, settings->servers))
		return true;
	*complaint = "a DNS server must be an address, or [address]:port, and there are at most 8";
	ares_destroy(c->ares);
	return false;
}

static void
way_fini(struct channel_way *c)
{
	ares_destroy(c->ares);
	struct channel_socket *next;
	for (struct channel_socket *s = LIST_FIRST(&c->sockets); s != NULL; s = next) {
		next = LIST_NEXT(s, link);
		socket_free(s);
	}
	evtimer_del(&c->timer);
}

struct channel *
channel_new(struct event_base *base, const struct dns_settings *settings, const char **complaint)
{
	struct channel *const c = calloc(1, sizeof *c);
	int made = 0;
	*complaint = "out of memory";
	if (c == NULL || ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
		free(c);
		return NULL;
	}
	while (made < WAY_COUNT &&
		way_init(&c->ways[made], (enum way)made, base, settings, complaint))
		made++;
	if (made == WAY_COUNT)
		return c;
	while (made-- > 0)
		way_fini(&c->ways[made]);
	ares_library_cleanup();
	free(c);
	return NULL;
}

void
channel_free(struct channel *c)
{
	for (int i = 0; i < WAY_COUNT; i++)
		way_fini(&c->ways[i]);
	ares_library_cleanup();
	free(c);
}

static enum dns_status
status_of(int ares)
{
	switch (ares) {
	case ARES_SUCCESS:
		return DNS_FOUND;
	case ARES_ETIMEOUT:
		return DNS_TIMEOUT;
	case ARES_ECONNREFUSED:
		return DNS_NO_SERVER;
	case ARES_ENOMEM:
		return DNS_OVERLOADED;
	default:
		return DNS_BROKEN;
	}
}

static void on_answer(void *context, int status, int timeouts, unsigned char *message, int bytes);

static void
query_send(struct channel_query *query)
{
	struct channel_way *const way = &query->channel->ways[query->way];
	ares_send(way->ares, query->bytes, query->len, on_answer, query); /* may free the query */
	timer_set(way);
}

static void
on_answer(void *context, int status, int timeouts, unsigned char *message, int bytes)
{
	struct channel_query *const query = context;
	(void)timeouts;
	if (status == ARES_ECONNREFUSED && query->way == WAY_ALL) {
		query->way = WAY_FIRST;
		query_send(query);
		return;
	}
	const bool is_there = message != NULL && bytes > 0;
	query->done(query->context, is_there ? DNS_FOUND : status_of(status),
		is_there ? (struct str){(const char *)message, (size_t)bytes} : STR_NONE);
	ares_free_string(query->bytes);
	free(query);
}

void
channel_send(
	struct channel *c, enum dns_type type, const char *name, channel_done *done, void *context)
{
	struct channel_query *const query = malloc(sizeof *query);
	unsigned char *bytes = NULL;
	unsigned short id;
	int len = 0;
	if (query == NULL || getrandom(&id, sizeof id, 0) != sizeof id ||
		ares_create_query(name, CLASS_IN, (int)type, id, 1, &bytes, &len, EDNS_BYTES) !=
			ARES_SUCCESS) {
		free(query);
		done(context, DNS_OVERLOADED, STR_NONE);
		return;
	}
	*query = (struct channel_query){c, done, context, WAY_ALL, len, bytes};
	bytes[3] |= FLAG_AD;
	query_send(query);
}
