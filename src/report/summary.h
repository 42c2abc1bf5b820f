/*
 * summary - the failures past a sender's reports of an hour, in one message
 *
 * A mailing that went wrong would bring its sender a thousand reports. Those past the setting
 * `reports_per_sender` (REPORT_IN_DIGEST of report/guard.h) are told together: for people in a line
 * each, for programs in the fields of RFC 3464. That knows one message for each report; here every
 * recipient has its own, and X-Nixie-Queue-ID names it.
 *
 * Pure, like report/report.h, and as proof against what strangers wrote.
 */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include "report/report.h"

#define SUMMARY_SHOWN_MAX 500 /* failures that are listed; of more the number */

struct summary_facts {
	struct str hostname, postmaster, id, to; /* as in struct report_facts */
	int64_t now_ms;
	enum lang lang;
	const struct report_recipient *recipients; /* given up; at least one, each with `about` */
	const struct str *subjects;                /* of their messages, as the headers have them */
	size_t count;
};

/* summary_write - as report_write(); O(recipients) */
bool summary_write(const struct summary_facts *facts, struct arena *a, struct buf *out);

#endif
