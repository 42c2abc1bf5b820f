/*
 * metrics - the server's counters for Prometheus, over HTTP
 *
 * GET /metrics, in the text format 0.0.4; nothing else. What is counted has no address and no name
 * of a person in it. A client has METRICS_TIMEOUT_S for its request and its answer, and few are
 * served at a time: the counters must never be in the way of mail.
 *
 * Threads: that of the event base.
 */
#ifndef NIXIED_METRICS_H
#define NIXIED_METRICS_H

#include "base/buf.h"
#include "deliver/deliver.h"
#include "deliver/sts.h"
#include "dns/resolver.h"
#include "eventlog/eventlog.h"
#include "hooks/hooks.h"
#include "queue/queue.h"
#include "receive/receive.h"

#define METRICS_CLIENTS_MAX 8
#define METRICS_REQUEST_BYTES_MAX 4096
#define METRICS_TIMEOUT_S 10
#define METRICS_BYTES_MAX ((size_t)1 << 20)

/* What is told of; NULL: is left out. */
struct metrics_facts {
	int64_t started_s; /* since 1970 */
	uint64_t log_lost;
	const struct receive_counts *receive;
	const struct queue_counts *queue;
	const struct deliver_counts *deliver;
	const struct census *census;
	const struct filters *filters;
	const struct hooks_counts *hooks;
	const struct sts_counts *policies;
	const struct dns_counts *dns;
};

/* metrics_write - all of it as Prometheus reads it. Pure */
void metrics_write(const struct metrics_facts *facts, struct buf *out);

struct event_base;
struct metrics;

/* Writes what the counters are now. */
typedef void metrics_teller(void *to, struct buf *out);

/* metrics_open - a door at that address, shut until metrics_start(). NULL, and `why` */
struct metrics *metrics_open(struct event_base *base, struct str address, char why[static 256]);
void metrics_start(struct metrics *m, metrics_teller *tell, void *to);
/* metrics_address - where it waits: "127.0.0.1:9125" */
const char *metrics_address(const struct metrics *m);
void metrics_free(struct metrics *m); /* NULL is harmless */

#endif
