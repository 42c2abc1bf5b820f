/*
 * stream - a connection that never blocks, in clear or under TLS
 *
 * What a session and a delivery stand on. The owner says what it waits for; when that may be
 * possible, ready() is called, and the owner tries again. TLS is hidden: that a read must wait
 * until something can be written, and that bytes may be there which no socket shows.
 *
 * The struct is the owner's memory, and must not move while it is open. ready() may close it.
 * Threads: that of the event base.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "base/net.h"
#include "base/str.h"

enum { STREAM_READ = 1, STREAM_WRITE = 2 };

/* Not bytes, but: */
enum stream_trouble {
	STREAM_END = 0,    /* the other end has closed */
	STREAM_AGAIN = -1, /* not now: stream_wait() */
	STREAM_FAILED = -2 /* stream_error_words() */
};

struct stream;
typedef void stream_ready(void *to);

struct stream {
	struct event event;
	SSL *ssl;
	stream_ready *ready;
	void *to;
	int fd;                        /* -1: not open */
	int error;                     /* errno of the last failure; 0: it was TLS's */
	short added;                   /* what the loop watches: EV_READ, EV_WRITE */
	short read_needs, write_needs; /* what reading and writing wait for */
	bool is_secure;                /* the handshake is done */
	bool has_failed;               /* TLS must not be shut down after it failed */
};

/* stream_address - the address of a connection as the system wants it; its length */
socklen_t stream_address(const struct ip *ip, unsigned port, struct sockaddr_storage *out);

/* stream_open - takes over a socket that is connected, and does not block */
void stream_open(struct stream *s, struct event_base *base, int fd, stream_ready *ready, void *to);

/*
 * stream_connect - a new connection; when ready() is called, stream_connected() tells how it went
 *
 * from      an address of this machine, or NULL
 * Returns   0, or an errno at once
 */
int stream_connect(struct stream *s, struct event_base *base, const struct sockaddr *to_address,
	socklen_t len, const struct sockaddr *from, socklen_t from_len, stream_ready *ready,
	void *to);

/* stream_connected - 0 when the connection is there; EINPROGRESS; else the errno */
int stream_connected(struct stream *s);

/* stream_close - closes it; harmless when it is closed. TLS is told, if that can be done at once */
void stream_close(struct stream *s);

/* stream_shut - nothing will be written any more, what the other end writes can still be read */
void stream_shut(struct stream *s);

static inline bool
stream_is_open(const struct stream *s)
{
	return s->fd >= 0;
}

static inline bool
stream_is_tls(const struct stream *s)
{
	return s->ssl != NULL;
}

/* stream_read, stream_write - bytes, more than 0, or enum stream_trouble */
long stream_read(struct stream *s, void *to, size_t room);
long stream_write(struct stream *s, const void *bytes, size_t len);

/* stream_wait - calls ready() when one of `wants` may be possible (STREAM_READ, STREAM_WRITE; 0:
 * not at all). It stays so until it is said otherwise */
void stream_wait(struct stream *s, unsigned wants);

/* stream_accept_tls, stream_connect_tls - what comes now is TLS. `host`: the name that is asked for
 * and, when `must_verify`, must stand in a good certificate. False: no memory */
bool stream_accept_tls(struct stream *s, SSL_CTX *context);
bool stream_connect_tls(struct stream *s, SSL_CTX *context, const char *host, bool must_verify);

/* What the DNS says of a certificate: RFC 6698. */
struct stream_tlsa {
	uint8_t usage, selector, matching;
	struct str data;
};

/*
 * stream_connect_dane - the same, and the certificate must match one of the records (RFC 7672)
 *
 * domain    may stand in the certificate in place of the host, where names count; or NULL
 * usable    how many of the records say something here; when none does, any certificate will do
 */
bool stream_connect_dane(struct stream *s, SSL_CTX *context, const char *host, const char *domain,
	const struct stream_tlsa *list, size_t count, size_t *usable);

/* stream_handshake - goes on with it: 1 when it is done, STREAM_AGAIN (the stream waits by itself;
 * call again when ready() is), STREAM_FAILED */
int stream_handshake(struct stream *s);

#define STREAM_WORDS_MAX 256

/* stream_error_words - why the last call failed */
void stream_error_words(const struct stream *s, char words[static STREAM_WORDS_MAX]);

/* stream_tls_words - "TLSv1.3 TLS_AES_256_GCM_SHA384", "" without TLS. Of a connection to another
 * server stream_is_verified() tells whether its certificate is good for the host */
void stream_tls_words(const struct stream *s, char words[static STREAM_WORDS_MAX]);
bool stream_is_verified(const struct stream *s);

#endif
