/*
 * connection - one client, from its first byte to its last
 *
 * A request at a time: its head, its body, the answer. Each of these has its time, so that nobody
 * can hold a connection by being slow, in sending or in taking. What arrives behind a refused
 * request is read and dropped for a while (LINGER), because closing at once would take the
 * refusal back from a client that is still sending (RFC 9112 s9.6).
 */
#ifndef SERVE_CONNECTION_H
#define SERVE_CONNECTION_H

#include <stdatomic.h>

#include "serve/clients.h"
#include "serve/http1.h"
#include "serve/settings.h"

#define CONNECTION_READ_BYTES ((size_t)16 << 10)
#define CONNECTION_ROOM_BYTES (HTTP_HEAD_BYTES_MAX + CONNECTION_READ_BYTES)
#define CONNECTION_READS_MAX 64 /* before it is another connection's turn */
#define CONNECTION_LINGER_MS 2000
#define CONNECTION_RETRY_S 5 /* what a busy server asks for */
#define CONNECTION_BYTES_PER_REQUEST                                                               \
	((size_t)64 << 10)                        /* a body of so many counts as one request more */
#define CONNECTION_SMALL_BYTES ((size_t)64 << 10) /* answers up to here do not count as memory */
#define CONNECTION_STACK_BYTES ((size_t)64 << 10) /* so deep an answer is made */
#define CONNECTION_ARENA_BYTES_MAX ((size_t)256 << 10)

enum phase {
	PHASE_HEAD,   /* a request is waited for, or its head arrives */
	PHASE_BODY,   /* its body arrives */
	PHASE_ANSWER, /* the answer is sent */
	PHASE_LINGER, /* all is sent; what still arrives is dropped */
	PHASE_OVER    /* to be closed */
};

/* What connections share. */
struct service {
	const struct settings *settings;
	struct web *web;
	struct clients *clients;
	atomic_size_t connections;
	atomic_size_t held_bytes; /* bodies and answers: --max-memory */
};

struct connection {
	int fd;
	enum phase phase;
	struct service *service;
	struct peer peer;                 /* who is connected */
	struct peer client;               /* whose request it is: a proxy may stand between */
	bool is_counted;                  /* the peer's connection is, in the table of clients */
	size_t held_bytes;                /* of service->held_bytes */
	char room[CONNECTION_ROOM_BYTES]; /* the head, and behind it what came last */
	size_t len, scanned;
	size_t most;        /* so many bytes of `room` were ever used since it was wiped */
	struct arena arena; /* of the head */
	struct http_head head;
	struct http_chunks chunks;
	struct buf body;
	struct web_response res;
	struct buf out;       /* the head of the answer, or "100 Continue" */
	size_t sent;          /* of head and body of the answer */
	bool is_last;         /* the connection ends behind this answer */
	bool is_stopping;     /* ... behind whatever is being done */
	uint64_t took_micros; /* to make the answer */
	int64_t deadline_ms;
	struct connection *next, *before; /* for whoever keeps a list */
	bool wants_write;                 /* the socket is full: what epoll was told */
};

/* connection_new - for a socket that does not block; takes it over. A client that has too many
 * already is refused at once. NULL when memory ran out, and then the socket is still the caller's
 */
struct connection *connection_new(
	int fd, const struct peer *peer, struct service *service, int64_t now_ms);

/* connection_free - and the socket is closed */
void connection_free(struct connection *c);

/* connection_serve - does what can be done without waiting; PHASE_OVER when it is to be freed */
void connection_serve(struct connection *c, int64_t now_ms);

/* connection_refuse - instead of reading anything: there are too many */
void connection_refuse(struct connection *c, enum problem p, int64_t now_ms);

/* connection_expire - its deadline has passed */
void connection_expire(struct connection *c, int64_t now_ms);

/* connection_stop - no request after the one that is being read or answered */
void connection_stop(struct connection *c, int64_t now_ms);

#endif
