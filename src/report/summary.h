/*
 * summary - the failures past a sender's reports of an hour, in one message
 *
 * A mailing that went wrong would bring its sender a thousand reports. Those past the setting
 * `reports_per_sender` (REPORT_IN_DIGEST of report/guard.h) are told together. It is no report in
 * the sense of RFC 3464, which knows one message each.
 *
 * Pure, like report/report.h, and as proof against what strangers wrote.
 */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include "report/report.h"

#define SUMMARY_SHOWN_MAX 500 /* failures that are listed; of more the number */

/* A recipient who was given up. */
struct summary_item {
	struct str rcpt;    /* without <> */
	struct str subject; /* of the message, as its header has it */
	struct str reason;  /* as libnixie names it: "user_unknown" */
	struct str about;   /* the message's id in the queue */
};

struct summary_facts {
	struct str hostname, postmaster, id, to; /* as in struct report_facts */
	int64_t now_ms;
	enum lang lang;
	const struct summary_item *items; /* at least one */
	size_t count;
};

/* summary_write - as report_write(); O(items that are shown) */
bool summary_write(const struct summary_facts *facts, struct arena *a, struct buf *out);

#endif
