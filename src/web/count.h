/*
 * count - what GET /metrics tells: numbers, never who or what
 *
 * Any thread at any time; a number may be one behind another for a moment.
 */
#ifndef WEB_COUNT_H
#define WEB_COUNT_H

#include <stdatomic.h>

#include "nixie.h"
#include "web/problem.h"
#include "web/route.h"

#define COUNT_KINDS (NIXIE_KIND_RECEIPT + 1)
#define COUNT_BUCKETS 10
#define COUNT_ROUTES_MAX 64

struct counters {
	/* by route, the last for requests that fit none */
	atomic_uint_least64_t answers[COUNT_ROUTES_MAX + 1][WEB_STATUSES];
	atomic_uint_least64_t problems[PROBLEM__COUNT];
	atomic_uint_least64_t mails[COUNT_KINDS];
	atomic_uint_least64_t reasons[REASON__COUNT];     /* outcomes */
	atomic_uint_least64_t buckets[COUNT_BUCKETS + 1]; /* each request in one; the last is over
							     all bounds */
	atomic_uint_least64_t micros, bytes_in, bytes_out, connections_total;
	atomic_int_least64_t connections;
};

/* count_report - a mail was read */
void count_report(struct web *w, const struct nixie_report_info *info);

/* count_write - the numbers in Prometheus' text format 0.0.4 */
void count_write(struct web *w, struct buf *out);

/* web_counters - where web.c keeps them */
struct counters *web_counters(struct web *w);

#endif
