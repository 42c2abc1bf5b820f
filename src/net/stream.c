#include "net/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <unistd.h>

socklen_t
stream_address(const struct ip *ip, unsigned port, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof *out);
	if (ip_is_v4(ip)) {
		struct sockaddr_in *const in = (struct sockaddr_in *)out;
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		memcpy(&in->sin_addr, ip->bytes + 12, 4);
		return sizeof *in;
	}
	struct sockaddr_in6 *const in6 = (struct sockaddr_in6 *)out;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((uint16_t)port);
	memcpy(&in6->sin6_addr, ip->bytes, sizeof ip->bytes);
	return sizeof *in6;
}

static void
on_event(evutil_socket_t fd, short what, void *stream)
{
	struct stream *const s = stream;
	(void)fd;
	(void)what;
	s->ready(s->to);
}

void
stream_open(struct stream *s, struct event_base *base, int fd, stream_ready *ready, void *to)
{
	const int yes = 1;
	*s = (struct stream){
		.fd = fd, .ready = ready, .to = to, .read_needs = EV_READ, .write_needs = EV_WRITE};
	/* A reply goes out in one piece. Fails, harmlessly, on a socket of the file system. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) < 0)
		errno = 0;
	event_assign(&s->event, base, fd, EV_PERSIST, on_event, s);
}

int
stream_connect(struct stream *s, struct event_base *base, const struct sockaddr *to_address,
	socklen_t len, const struct sockaddr *from, socklen_t from_len, stream_ready *ready,
	void *to)
{
	const int fd = socket(to_address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	s->fd = -1;
	if (fd < 0)
		return errno;
	if (from != NULL && bind(fd, from, from_len) < 0) {
		const int error = errno;
		close(fd);
		return error;
	}
	stream_open(s, base, fd, ready, to);
	if (connect(fd, to_address, len) < 0 && errno != EINPROGRESS) {
		const int error = errno;
		stream_close(s);
		return error;
	}
	stream_wait(s, STREAM_WRITE);
	return 0;
}

int
stream_connected(struct stream *s)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof s->error, peer_len = sizeof peer;
	s->error = 0;
	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &s->error, &len) < 0)
		s->error = errno;
	if (s->error == 0 && getpeername(s->fd, (struct sockaddr *)&peer, &peer_len) < 0)
		s->error = errno == ENOTCONN ? EINPROGRESS : errno;
	return s->error;
}

void
stream_close(struct stream *s)
{
	if (s->fd < 0)
		return;
	event_del(&s->event);
	if (s->ssl != NULL) {
		ERR_clear_error();
		if (s->is_secure && !s->has_failed)
			SSL_shutdown(s->ssl);
		SSL_free(s->ssl);
		s->ssl = NULL;
		ERR_clear_error();
	}
	close(s->fd);
	s->fd = -1;
}

void
stream_shut(struct stream *s)
{
	if (s->ssl != NULL && s->is_secure && !s->has_failed) {
		ERR_clear_error();
		SSL_shutdown(s->ssl);
		ERR_clear_error();
	}
	shutdown(s->fd, SHUT_WR);
}

/* What OpenSSL wants before it can go on; gives what the caller is told. */
static int
tls_trouble(struct stream *s, int result, short *needs)
{
	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		*needs = EV_READ;
		return STREAM_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		*needs = EV_WRITE;
		return STREAM_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return STREAM_END;
	case SSL_ERROR_SYSCALL:
		s->error = errno;
		s->has_failed = true;
		return STREAM_FAILED;
	default:
		s->error = 0;
		s->has_failed = true;
		return STREAM_FAILED;
	}
}

static long
socket_trouble(struct stream *s)
{
	if (errno == EAGAIN || errno == EINTR)
		return STREAM_AGAIN;
	s->error = errno;
	return STREAM_FAILED;
}

long
stream_read(struct stream *s, void *to, size_t room)
{
	if (s->ssl == NULL) {
		const ssize_t n = recv(s->fd, to, room, 0);
		return n >= 0 ? n : socket_trouble(s);
	}
	ERR_clear_error();
	s->read_needs = EV_READ;
	const int n = SSL_read(s->ssl, to, room < INT32_MAX ? (int)room : INT32_MAX);
	return n > 0 ? n : tls_trouble(s, n, &s->read_needs);
}

long
stream_write(struct stream *s, const void *bytes, size_t len)
{
	if (len == 0)
		return STREAM_AGAIN;
	if (s->ssl == NULL) {
		const ssize_t n = send(s->fd, bytes, len, MSG_NOSIGNAL);
		return n >= 0 ? n : socket_trouble(s);
	}
	ERR_clear_error();
	s->write_needs = EV_WRITE;
	const int n = SSL_write(s->ssl, bytes, len < INT32_MAX ? (int)len : INT32_MAX);
	if (n > 0)
		return n;
	const int trouble = tls_trouble(s, n, &s->write_needs);
	return trouble == STREAM_END ? STREAM_FAILED : trouble;
}

static void
watch(struct stream *s, short events)
{
	struct event_base *const base = event_get_base(&s->event);
	if (events == s->added)
		return;
	event_del(&s->event);
	event_assign(&s->event, base, s->fd, (short)(events | EV_PERSIST), on_event, s);
	if (events != 0)
		event_add(&s->event, NULL);
	s->added = events;
}

void
stream_wait(struct stream *s, unsigned wants)
{
	short events = 0;
	if (wants & STREAM_READ)
		events |= s->read_needs;
	if (wants & STREAM_WRITE)
		events |= s->write_needs;
	watch(s, events);
	/* Bytes that TLS has taken from the socket already will not make it readable again. */
	if ((wants & STREAM_READ) && s->ssl != NULL && SSL_pending(s->ssl) > 0)
		event_active(&s->event, EV_READ, 0);
}

static bool
tls_begin(struct stream *s, SSL_CTX *context)
{
	ERR_clear_error();
	s->ssl = SSL_new(context);
	if (s->ssl == NULL)
		return false;
	if (SSL_set_fd(s->ssl, s->fd) == 1)
		return true;
	SSL_free(s->ssl);
	s->ssl = NULL;
	return false;
}

bool
stream_accept_tls(struct stream *s, SSL_CTX *context)
{
	if (!tls_begin(s, context))
		return false;
	SSL_set_accept_state(s->ssl);
	return true;
}

bool
stream_connect_tls(struct stream *s, SSL_CTX *context, const char *host, bool must_verify)
{
	if (!tls_begin(s, context))
		return false;
	SSL_set_connect_state(s->ssl);
	SSL_set_verify(s->ssl, must_verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	if (host == NULL)
		return true;
	/* Copied: OpenSSL's macro takes it without its const. */
	char name[256];
	if (snprintf(name, sizeof name, "%s", host) >= (int)sizeof name)
		return false;
	return SSL_set_tlsext_host_name(s->ssl, name) == 1 && SSL_set1_host(s->ssl, host) == 1;
}

#define USAGE_DANE_TA 2 /* RFC 7218; 0 and 1 mean nothing to a mail server: RFC 7672 s3.1.3 */
#define USAGE_DANE_EE 3

bool
stream_connect_dane(struct stream *s, SSL_CTX *context, const char *host, const char *domain,
	const struct stream_tlsa *list, size_t count, size_t *usable)
{
	*usable = 0;
	if (!stream_connect_tls(s, context, host, false))
		return false;
	if (SSL_dane_enable(s->ssl, host) <= 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct stream_tlsa *const r = &list[i];
		if (r->usage != USAGE_DANE_TA && r->usage != USAGE_DANE_EE)
			continue;
		/* 0: a kind that OpenSSL does not know, or bytes that are none */
		const int added = SSL_dane_tlsa_add(s->ssl, r->usage, r->selector, r->matching,
			(const unsigned char *)r->data.ptr, r->data.len);
		*usable += added > 0;
	}
	ERR_clear_error(); /* of records that were passed over */
	if (*usable == 0)
		return true;
	SSL_set_verify(s->ssl, SSL_VERIFY_PEER, NULL);
	return domain == NULL || SSL_add1_host(s->ssl, domain) == 1;
}

int
stream_handshake(struct stream *s)
{
	short needs = EV_READ;
	ERR_clear_error();
	const int done = SSL_do_handshake(s->ssl);
	if (done == 1) {
		s->is_secure = true;
		return 1;
	}
	const int trouble = tls_trouble(s, done, &needs);
	if (trouble != STREAM_AGAIN) {
		s->has_failed = true;
		return STREAM_FAILED;
	}
	watch(s, needs);
	return STREAM_AGAIN;
}

void
stream_error_words(const struct stream *s, char words[static STREAM_WORDS_MAX])
{
	if (s->error != 0) {
		snprintf(words, STREAM_WORDS_MAX, "%s", strerror(s->error));
		return;
	}
	const long verified = s->ssl != NULL ? SSL_get_verify_result(s->ssl) : X509_V_OK;
	const unsigned long code = ERR_peek_error();
	const char *const reason = code != 0 ? ERR_reason_error_string(code) : NULL;
	if (verified != X509_V_OK && !s->is_secure &&
		SSL_get_verify_mode(s->ssl) != SSL_VERIFY_NONE)
		snprintf(words, STREAM_WORDS_MAX, "the certificate is not good: %s",
			X509_verify_cert_error_string(verified));
	else
		snprintf(words, STREAM_WORDS_MAX, "%s",
			reason != NULL ? reason : "the other end closed the connection");
}

void
stream_tls_words(const struct stream *s, char words[static STREAM_WORDS_MAX])
{
	words[0] = '\0';
	if (s->is_secure)
		snprintf(words, STREAM_WORDS_MAX, "%s %s", SSL_get_version(s->ssl),
			SSL_get_cipher_name(s->ssl));
}

bool
stream_is_verified(const struct stream *s)
{
	return s->is_secure && SSL_get_verify_result(s->ssl) == X509_V_OK &&
	       SSL_get0_peer_certificate(s->ssl) != NULL;
}
