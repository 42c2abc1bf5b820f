/*
 * https - one small text over HTTPS, as a policy of MTA-STS is fetched (RFC 8461 s3.3)
 *
 * The server must prove its name. No redirect is followed, no proxy asked, nothing compressed, and
 * what is longer or takes longer than it may is no answer. doc/decisions/0019-https.md says why
 * this stands on net/stream.h and net/http_answer.h.
 *
 * Threads: that of the event loop, which it never blocks.
 */
#ifndef DELIVER_HTTPS_H
#define DELIVER_HTTPS_H

#include <openssl/ssl.h>

#include "base/str.h"

#define HTTPS_MS_MAX 60000 /* for all addresses together: s3.3 */
#define HTTPS_WORDS_MAX 400

struct dns;
struct event_base;
struct https;

struct https_question {
	struct event_base *base;
	struct dns *dns;
	SSL_CTX *tls;    /* tls_client_new() */
	struct str host; /* copied, and so is the path */
	struct str path;
	unsigned port;
	size_t body_max;
	int64_t timeout_ms; /* of one address */
};

struct https_answer {
	unsigned status;       /* 200; 0: there is no answer */
	struct str type, body; /* good until done() returns */
	const char *words;     /* of no answer: why */
};

typedef void https_done(void *to, const struct https_answer *answer);

/* https_get - asks; done() is called later, once, from the loop. NULL: no memory, or no such name
 */
struct https *https_get(const struct https_question *question, https_done *done, void *to);

/* https_cancel - done() is not called; NULL is harmless */
void https_cancel(struct https *h);

#endif
