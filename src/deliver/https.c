#include "deliver/https.h"

#include "base/buf.h"
#include "base/net.h"
#include "dns/resolver.h"
#include "net/clock.h"
#include "net/http_answer.h"
#include "net/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define ADDRESSES_MAX 4 /* that are tried */
#define IN_BYTES (HTTP_HEAD_BYTES_MAX + 1024)
#define REQUEST_BYTES_MAX 1024

enum state { FINDING, CONNECTING, SHAKING, WRITING, READING };

struct https {
	struct event_base *base;
	SSL_CTX *tls;
	https_done *done;
	void *to;
	struct dns_query *queries[2]; /* AAAA, A */
	struct ip addresses[2][ADDRESSES_MAX];
	size_t counts[2];
	enum dns_status status[2];
	unsigned port;
	size_t next; /* address to be tried, by turns of the two */
	int64_t timeout_ms, end_ms;
	struct event timer;
	enum state state;
	struct stream stream;
	struct http_answer answer;
	size_t body_max;
	char host[DNS_NAME_BYTES_MAX + 1];
	char words[HTTPS_WORDS_MAX];
	char request[REQUEST_BYTES_MAX];
	size_t request_len, sent, in_len;
	char in[IN_BYTES];
};

static void connect_next(struct https *h);

static void
https_free(struct https *h)
{
	for (size_t i = 0; i < 2; i++)
		dns_cancel(h->queries[i]);
	evtimer_del(&h->timer);
	stream_close(&h->stream);
	http_answer_fini(&h->answer);
	free(h);
}

void
https_cancel(struct https *h)
{
	if (h != NULL)
		https_free(h);
}

static void
finish(struct https *h)
{
	struct https_answer a = {.words = h->words};
	if (h->words[0] == '\0')
		a = (struct https_answer){.status = h->answer.status,
			.type = str_of(h->answer.type),
			.body = buf_str(&h->answer.body)};
	h->done(h->to, &a);
	https_free(h);
}

/* This address was of no use: the next. */
static void
fail(struct https *h, const char *words)
{
	char ip[IP_TEXT_BYTES];
	ip_text(&h->addresses[h->next % 2][h->next / 2], ip);
	snprintf(h->words, sizeof h->words, "%.200s [%s]: %.120s", h->host, ip, words);
	h->next++;
	connect_next(h);
}

static void
fail_stream(struct https *h)
{
	char words[STREAM_WORDS_MAX];
	stream_error_words(&h->stream, words);
	fail(h, words);
}

/* ---- the conversation ----------------------------------------------------------------------- */

/* More of the request; false when it waits, or is gone. */
static bool
write_some(struct https *h)
{
	const long n = stream_write(&h->stream, h->request + h->sent, h->request_len - h->sent);
	if (n == STREAM_AGAIN) {
		stream_wait(&h->stream, STREAM_WRITE);
		return false;
	}
	if (n < 0) {
		fail_stream(h);
		return false;
	}
	h->sent += (size_t)n;
	if (h->sent == h->request_len)
		h->state = READING;
	return true;
}

static bool
read_some(struct https *h)
{
	const char *why = "";
	const long n = stream_read(&h->stream, h->in + h->in_len, sizeof h->in - h->in_len);
	if (n == STREAM_AGAIN) {
		stream_wait(&h->stream, STREAM_READ);
		return false;
	}
	if (n < 0) {
		fail_stream(h);
		return false;
	}
	h->in_len += (size_t)n;
	struct str in = {h->in, h->in_len};
	switch (http_answer_add(&h->answer, &in, n == 0, &why)) {
	case HTTP_BROKEN:
		fail(h, why);
		return false;
	case HTTP_WHOLE:
		h->words[0] = '\0';
		finish(h);
		return false;
	default:
		memmove(h->in, in.ptr, in.len);
		h->in_len = in.len;
		return true;
	}
}

static bool
connected(struct https *h)
{
	const int error = stream_connected(&h->stream);
	if (error == EINPROGRESS)
		return false;
	if (error != 0) {
		fail(h, strerror(error));
		return false;
	}
	if (!stream_connect_tls(&h->stream, h->tls, h->host, true)) {
		fail(h, "TLS could not be set up here");
		return false;
	}
	/* Where nothing else tells the end of a text, somebody in between could make it earlier. */
	SSL_clear_options(h->stream.ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
	h->state = SHAKING;
	return true;
}

static bool
shake(struct https *h)
{
	const int done = stream_handshake(&h->stream);
	if (done == STREAM_AGAIN)
		return false;
	if (done == STREAM_FAILED) {
		fail_stream(h);
		return false;
	}
	h->state = WRITING;
	return true;
}

static void
run(void *https)
{
	static bool (*const steps[])(struct https *) = {[CONNECTING] = connected,
		[SHAKING] = shake,
		[WRITING] = write_some,
		[READING] = read_some};
	struct https *const h = https;
	while (steps[h->state](h))
		continue;
}

static void
on_timer(evutil_socket_t fd, short what, void *https)
{
	(void)fd;
	(void)what;
	fail(https, "it took too long");
}

/* ---- addresses ------------------------------------------------------------------------------ */

static void
answer_begin(struct https *h)
{
	http_answer_fini(&h->answer);
	http_answer_init(&h->answer, h->body_max);
	h->sent = h->in_len = 0;
	h->state = CONNECTING;
}

static void
connect_next(struct https *h)
{
	const int64_t left_ms = h->end_ms - clock_mono_ms();
	const int64_t wait_ms = h->timeout_ms < left_ms ? h->timeout_ms : left_ms;
	stream_close(&h->stream);
	evtimer_del(&h->timer);
	while (h->next < 2 * (size_t)ADDRESSES_MAX && h->next / 2 >= h->counts[h->next % 2])
		h->next++;
	if (h->next >= 2 * (size_t)ADDRESSES_MAX || wait_ms <= 0) {
		finish(h);
		return;
	}
	struct sockaddr_storage address;
	const socklen_t bytes =
		stream_address(&h->addresses[h->next % 2][h->next / 2], h->port, &address);
	const struct timeval wait = {wait_ms / 1000, wait_ms % 1000 * 1000};
	answer_begin(h);
	evtimer_add(&h->timer, &wait);
	const int error = stream_connect(
		&h->stream, h->base, (struct sockaddr *)&address, bytes, NULL, 0, run, h);
	if (error != 0)
		fail(h, strerror(error));
}

static void
on_addresses(struct https *h, const struct dns_answer *answer, size_t family)
{
	h->queries[family] = NULL;
	h->status[family] = answer->status;
	h->counts[family] = dns_answer_ips(answer, h->addresses[family], ADDRESSES_MAX);
	if (h->queries[0] != NULL || h->queries[1] != NULL)
		return;
	const size_t said = dns_is_failure(h->status[0]) ? 0 : 1;
	const struct str status = dns_status_name(h->status[said]);
	snprintf(h->words, sizeof h->words, "the addresses of %s: %.*s", h->host, (int)status.len,
		status.ptr);
	h->end_ms = clock_mono_ms() + HTTPS_MS_MAX;
	connect_next(h);
}

static void
on_aaaa(void *https, const struct dns_answer *answer)
{
	on_addresses(https, answer, 0);
}

static void
on_a(void *https, const struct dns_answer *answer)
{
	on_addresses(https, answer, 1);
}

/* "Host: mta-sts.example.org:8443"; false when there is no room for it. */
static bool
request_write(struct https *h, const struct https_question *q)
{
	char port[8] = "";
	if (q->port != 443)
		snprintf(port, sizeof port, ":%u", q->port % 65536);
	const int n = snprintf(h->request, sizeof h->request,
		"GET %.*s HTTP/1.1\r\nHost: %s%s\r\nUser-Agent: nixied\r\nAccept: text/plain\r\n"
		"Accept-Encoding: identity\r\nConnection: close\r\n\r\n",
		(int)q->path.len, q->path.ptr, h->host, port);
	h->request_len = n > 0 ? (size_t)n : 0;
	return h->request_len > 0 && h->request_len < sizeof h->request;
}

struct https *
https_get(const struct https_question *q, https_done *done, void *to)
{
	if (q->host.len == 0 || q->host.len > DNS_NAME_BYTES_MAX)
		return NULL;
	struct https *const h = calloc(1, sizeof *h);
	if (h == NULL)
		return NULL;
	h->base = q->base;
	h->tls = q->tls;
	h->done = done;
	h->to = to;
	h->port = q->port;
	h->timeout_ms = q->timeout_ms;
	h->body_max = q->body_max;
	h->stream.fd = -1;
	http_answer_init(&h->answer, q->body_max);
	evtimer_assign(&h->timer, q->base, on_timer, h);
	snprintf(h->host, sizeof h->host, "%.*s", (int)q->host.len, q->host.ptr);
	h->queries[0] = dns_ask(q->dns, DNS_AAAA, q->host, on_aaaa, h);
	h->queries[1] = dns_ask(q->dns, DNS_A, q->host, on_a, h);
	if (h->queries[0] != NULL && h->queries[1] != NULL && request_write(h, q))
		return h;
	https_free(h);
	return NULL;
}
