/*
 * sts - the MTA-STS policies of domains that mail goes to: RFC 8461
 *
 * A domain may say over HTTPS which mail servers are its own, and that mail to it wants TLS with a
 * good certificate. A policy once had stands until its max_age is over, whatever the DNS or the web
 * server say meanwhile: taking these away must not take the protection away (s5.1). It is kept in a
 * file of its own, survives a restart, and is fetched again each day while mail goes there.
 *
 * Threads: that of the event loop; files are written by workers.
 */
#ifndef DELIVER_STS_H
#define DELIVER_STS_H

#include "deliver/https.h"
#include "deliver/sts_policy.h"

#define STS_PATH "/.well-known/mta-sts.txt"
#define STS_DOMAIN_BYTES_MAX                                                                       \
	240 /* its name, and "mta-sts." in front, is one of a host and of a file */
#define STS_DOMAINS_MAX 20000   /* policies in memory; no more are taken */
#define STS_FETCHES_MAX 100     /* at a time; past that nobody waits for one */
#define STS_AGE_S_MIN 60        /* a policy with a shorter max_age stands for that */
#define STS_AGAIN_MS 300000     /* after a fetch that failed: s3.3 */
#define STS_REFRESH_MS 86400000 /* a policy is fetched anew after that, or half its max_age */
#define STS_UNUSED_MS (INT64_C(30) * 86400000) /* ... unless no mail went there for so long */

struct sts;
struct sts_query;
struct workers;

/* A policy came, changed, or could not be had. */
struct sts_news {
	struct str domain;
	const struct sts_policy *policy; /* NULL: there is none */
	const char *words;               /* what is at fault; NULL: nothing */
};

struct sts_options {
	struct event_base *base;
	struct dns *dns;
	SSL_CTX *tls;
	struct workers *workers; /* freed before it */
	const char *folder;      /* of its files; NULL: nothing is kept */
	unsigned port;           /* of the web servers: 443 */
	int64_t timeout_ms;      /* of one address of these */
	void (*tell)(void *to, const struct sts_news *news); /* or NULL */
	void *to;
};

/* sts_new - reads what was kept; texts of the options are copied. NULL: no memory */
struct sts *sts_new(const struct sts_options *options);

/* sts_settings_set - for what begins from now on */
void sts_settings_set(struct sts *s, unsigned port, int64_t timeout_ms);

/* sts_free - behind workers_free(), before dns_free(); NULL is harmless */
void sts_free(struct sts *s);

/* policy: good until it returns; NULL: none stands */
typedef void sts_done(void *to, const struct sts_policy *policy);

/*
 * sts_ask - which policy a domain has
 *
 * done() is called later, once, from the loop: when the DNS has said whether there is a new policy,
 * and a new one is there or could not be had.
 * Returns  NULL when there cannot be one (a name that no host has), or memory ran out: done() is
 * not called
 */
struct sts_query *sts_ask(struct sts *s, struct str domain, sts_done *done, void *to);
void sts_cancel(struct sts_query *q); /* NULL is harmless */

/* sts_get - asks a domain's web server now, whatever is kept; for who looks at one */
struct https *sts_get(
	const struct sts_options *options, struct str domain, https_done *done, void *to);

/* sts_answer_parse - what the web server said; NULL, or what is wrong with it: *words is room for
 * that. The policy points into the answer */
const char *sts_answer_parse(const struct https_answer *answer, struct sts_policy *out,
	char words[static HTTPS_WORDS_MAX]);

/* Since the start, but for the first. */
struct sts_counts {
	uint64_t policies, fetched, fetches_failed; /* policies: that stand now */
};

void sts_counts(const struct sts *s, struct sts_counts *out);

#endif
