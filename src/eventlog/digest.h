/*
 * digest - the log summed up for whoever runs the server: what needs a hand here first, what failed
 * most, and where
 *
 * A recipient who was put off and was reached in the end is no trouble. Memory is bounded whatever
 * the log's length: past DIGEST_ROWS_MAX different keys of a kind the rest is counted together,
 * past DIGEST_WAITING_MAX recipients that were put off, waiting ones are not told apart any more.
 *
 * Pure. One thread at a time.
 */
#ifndef EVENTLOG_DIGEST_H
#define EVENTLOG_DIGEST_H

#include "eventlog/line.h"
#include "explain/page.h"

#define DIGEST_ROWS_MAX 4096
#define DIGEST_WAITING_MAX ((size_t)1 << 20) /* a power of two */
#define DIGEST_SHOWN_MAX 10                  /* of each kind */

enum digest_kind {
	DIGEST_ALARM,     /* by its words */
	DIGEST_REFUSED,   /* by condition */
	DIGEST_CLIENT,    /* refused, by the client's address */
	DIGEST_LOGIN,     /* that failed, by the client's address */
	DIGEST_BOUNCED,   /* by reason or condition */
	DIGEST_WAITING,   /* likewise: put off, and not reached since */
	DIGEST_OWN_FAULT, /* put off by what only we can mend: our relay, our disk */
	DIGEST_DISCARDED, /* by rule */
	DIGEST_DOMAIN,    /* not reached, by the domain of the recipient */
	DIGEST_KINDS
};

struct digest_row {
	struct str key;
	uint64_t count;
	int64_t first_ms, last_ms;
	struct eventlog_line example; /* one of the last */
};

enum digest_total {
	TOTAL_CONNECTIONS,
	TOTAL_MESSAGES,
	TOTAL_BYTES,
	TOTAL_DELIVERED,
	TOTAL_RELAYED,
	TOTAL_WAITING,
	TOTAL_BOUNCED,
	TOTAL_DISCARDED,
	TOTAL_EXPANDED,
	TOTAL_RETURNED,
	TOTAL_REFUSED,
	TOTAL_LOGINS,
	TOTAL_LOGIN_FAILURES,
	TOTAL_TLS_FAILURES,
	TOTAL_ALARMS,
	DIGEST_TOTALS
};

struct digest;

struct digest *digest_new(void); /* NULL: no memory */
void digest_free(struct digest *d);

/* digest_add - a line of the log, in the order of time; what nixied did not write is passed over,
 * as is what lies outside since_ms..until_ms */
void digest_add(struct digest *d, struct str line, int64_t since_ms, int64_t until_ms);

/* digest_add_event - the same of a line that was read already; its texts are copied where needed */
void digest_add_event(struct digest *d, const struct eventlog_line *l);

/* digest_end - all was read. false: memory ran out, and the counts are too small */
bool digest_end(struct digest *d);

/* After digest_end(): the rows of a kind, most first; how many there are. */
const struct digest_row *digest_rows(const struct digest *d, enum digest_kind kind, size_t *count);
uint64_t digest_total(const struct digest *d, enum digest_total total);

/* digest_span - the times of the first and last line that was counted; false: there was none */
bool digest_span(const struct digest *d, int64_t *first_ms, int64_t *last_ms);

/* digest_is_ours - can what stands in that row be mended here? */
bool digest_is_ours(enum digest_kind kind, struct str key);

void digest_text(const struct digest *d, struct page *page);

/* digest_json - one object on one line */
void digest_json(const struct digest *d, struct out *out);

#endif
