/*
 * feedback - domains that ask for it are told each day who sent in their name: RFC 7489 s7
 *
 * What was counted (check/tally.h) of a day (UTC) that is over is composed by a worker, the domains
 * that its addresses are in are asked whether they want it (s7.1), and it goes into the queue like
 * any report, signed, with the null reverse-path. One at a time, one a second at the most: nobody
 * waits for them. What the DNS does not tell for now is tried again each hour, for three days.
 *
 * Threads: that of the loop.
 */
#ifndef FEEDBACK_FEEDBACK_H
#define FEEDBACK_FEEDBACK_H

#include "config/config.h"
#include "dns/resolver.h"
#include "eventlog/eventlog.h"
#include "net/workers.h"
#include "queue/queue.h"

#define FEEDBACK_WORDS_MAX 1400
#define FEEDBACK_KEEP_DAYS 30 /* that `nixied dmarc` can show */
#define FEEDBACK_AGAIN_S 3600 /* after a DNS that does not tell */
#define FEEDBACK_GIVE_UP_DAYS 3
#define FEEDBACK_SPREAD_S 7200 /* over which servers begin, by their names */

struct event_base;
struct feedback;
struct signing;

/* What it stands on; all of it outlives it. */
struct feedback_parts {
	struct event_base *base;
	struct dns *dns;
	struct queue *queue;
	struct workers *workers;
	struct signing *signing;
	struct eventlog *log;
	const char *path;                             /* of the tally; borrowed */
	void (*accepted)(void *to, uint64_t message); /* one more is in the queue */
	void *to;
};

/* feedback_new - nothing is sent until it is configured; NULL: no memory */
struct feedback *feedback_new(const struct feedback_parts *parts);

/* feedback_configure - hostname: what this server calls itself; copied. False, and *words; then all
 * is as it was */
bool feedback_configure(struct feedback *f, const struct config *config, struct str hostname,
	char words[static FEEDBACK_WORDS_MAX]);

/* feedback_free - behind workers_free() and queue_close(), before dns_free(); NULL is harmless */
void feedback_free(struct feedback *f);

#endif
