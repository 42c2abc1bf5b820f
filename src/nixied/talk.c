#include "nixied/talk.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define LINE_BYTES_MAX 1000 /* of a command: addresses may have 256 and more */

static bool
fail(struct talk *t, const char *why)
{
	snprintf(t->words, sizeof t->words, "%s", why);
	return false;
}

/* Waits for the connection with an end, then lets every read and write have one too. */
static bool
reach(struct talk *t, const struct sockaddr *to, socklen_t len)
{
	const struct timeval patience = {.tv_sec = TALK_SECONDS};
	setsockopt(t->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(t->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (connect(t->fd, to, len) == 0)
		return true;
	/* connect() with SO_SNDTIMEO gives EINPROGRESS when its time is over. */
	return fail(t, errno == EINPROGRESS ? "no answer in time" : strerror(errno));
}

bool
talk_open(struct talk *t, const struct ip *ip, unsigned port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	const bool is_v4 = ip_is_v4(ip);
	memcpy(&in.sin_addr, ip->bytes + 12, 4);
	memcpy(&in6.sin6_addr, ip->bytes, 16);
	*t = (struct talk){.fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	if (t->fd < 0)
		return fail(t, strerror(errno));
	const struct sockaddr *const to =
		is_v4 ? (const struct sockaddr *)&in : (const struct sockaddr *)&in6;
	const bool is_there = reach(t, to, is_v4 ? sizeof in : sizeof in6);
	if (!is_there) {
		close(t->fd);
		t->fd = -1;
	}
	return is_there;
}

void
talk_close(struct talk *t)
{
	if (t->ssl != NULL)
		SSL_free(t->ssl);
	if (t->fd >= 0)
		close(t->fd);
	t->ssl = NULL;
	t->fd = -1;
}

/* ---- bytes ------------------------------------------------------------------------------------
 */

static long
take(struct talk *t)
{
	long n = 0;
	if (t->ssl != NULL) {
		n = SSL_read(t->ssl, t->in, sizeof t->in);
		if (n < 0)
			fail(t, "TLS failed");
	} else {
		do
			n = read(t->fd, t->in, sizeof t->in);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			fail(t, errno == EAGAIN ? "no answer in time" : strerror(errno));
	}
	if (n == 0)
		fail(t, "the connection was closed by the other end");
	t->at = 0;
	t->used = n > 0 ? (size_t)n : 0;
	return n;
}

/* The next byte, or -1. */
static int
next(struct talk *t)
{
	if (t->at == t->used && take(t) <= 0)
		return -1;
	return (unsigned char)t->in[t->at++];
}

static bool
give(struct talk *t, const char *bytes, size_t len)
{
	while (len > 0) {
		const long n = t->ssl != NULL ? SSL_write(t->ssl, bytes, (int)len)
					      : send(t->fd, bytes, len, MSG_NOSIGNAL);
		if (n <= 0 && t->ssl == NULL && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(t, t->ssl != NULL ? "TLS failed" : strerror(errno));
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* ---- replies ----------------------------------------------------------------------------------
 */

static bool
is_reply_line(const char *line)
{
	return line[0] >= '2' && line[0] <= '5' && ascii_is_digit(line[1]) &&
	       ascii_is_digit(line[2]) && (line[3] == ' ' || line[3] == '-' || line[3] == '\0');
}

/* One line behind `used` of t->reply, without its end; false: the connection failed. */
static bool
read_line(struct talk *t, size_t *used)
{
	size_t read_bytes = 0;
	for (int c; (c = next(t)) != '\n';) {
		if (c < 0)
			return false;
		if (++read_bytes > TALK_LINE_BYTES_MAX)
			return fail(t, "its reply did not end");
		if (c != '\r' && *used + 1 < sizeof t->reply)
			t->reply[(*used)++] = c >= ' ' && c != 127 ? (char)c : ' ';
	}
	t->reply[*used] = '\0';
	return true;
}

unsigned
talk_hear(struct talk *t)
{
	size_t used = 0;
	for (int lines = 0; lines < TALK_LINES_MAX; lines++) {
		const size_t from = used;
		if (!read_line(t, &used))
			return 0;
		const char *const line = t->reply + from;
		/* A line that found no more room is skipped, and counts as one that goes on. */
		if (used + 8 >= sizeof t->reply) {
			used = from;
			continue;
		}
		if (!is_reply_line(line)) {
			fail(t, "what it said is no reply of SMTP");
			return 0;
		}
		if (line[3] != '-')
			return (unsigned)(100 * (t->reply[0] - '0') + 10 * (t->reply[1] - '0') +
					  (t->reply[2] - '0'));
		t->reply[used++] = '\n';
	}
	fail(t, "its reply did not end");
	return 0;
}

unsigned
talk_say(struct talk *t, const char *format, ...)
{
	char line[LINE_BYTES_MAX];
	va_list ap;
	va_start(ap, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, a line above */
	const int n = vsnprintf(line, sizeof line - 2, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof line - 2) {
		fail(t, "the address is too long");
		return 0;
	}
	memcpy(line + n, "\r\n", 2);
	return give(t, line, (size_t)n + 2) ? talk_hear(t) : 0;
}

bool
talk_offers(const struct talk *t, struct str extension)
{
	struct str rest = str_of(t->reply), line;
	while (str_line(&rest, &line)) {
		struct str words = str_from(line, 4);
		if (str_eq_case(str_word(&words), extension))
			return true;
	}
	return false;
}

/* ---- TLS --------------------------------------------------------------------------------------
 */

bool
talk_secure(struct talk *t, SSL_CTX *context, const char *host, const char **complaint)
{
	char words[TALK_WORDS_MAX];
	char name[256]; /* OpenSSL's macro takes no constant */
	snprintf(name, sizeof name, "%s", host);
	*complaint = NULL;
	/* What came before the handshake is not to be taken for what comes after it. */
	if (t->at != t->used)
		return fail(t, "it sent more behind its answer to STARTTLS");
	t->ssl = SSL_new(context);
	if (t->ssl == NULL || SSL_set_fd(t->ssl, t->fd) != 1 ||
		SSL_set_tlsext_host_name(t->ssl, name) != 1 || SSL_set1_host(t->ssl, host) != 1)
		return fail(t, "memory ran out");
	SSL_set_verify(t->ssl, SSL_VERIFY_NONE, NULL);
	ERR_clear_error();
	if (SSL_connect(t->ssl) != 1) {
		ERR_error_string_n(ERR_peek_last_error(), words, sizeof words);
		return fail(t, ERR_peek_last_error() != 0 ? words : "the handshake failed");
	}
	const long verified = SSL_get_verify_result(t->ssl);
	if (verified != X509_V_OK)
		*complaint = X509_verify_cert_error_string(verified);
	return true;
}
