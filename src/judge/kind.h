/*
 * kind - what a message is: a failure, a delay, a success, a complaint, an automatic reply, a
 * challenge, a receipt, or mail
 *
 * No single sign decides but the fields of a standard report: bounces come with
 * Auto-Submitted: auto-replied, vacation notices from MAILER-DAEMON, complaints without a
 * feedback-report.
 */
#ifndef JUDGE_KIND_H
#define JUDGE_KIND_H

#include "judge/people.h"

struct kind {
	enum nixie_kind kind;
	const char *rule; /* static: "kind:action-failed" */
	struct str words;
};

/* kind_find - from the facts alone. O(recipients) */
void kind_find(const struct facts *f, struct kind *k);

#endif
