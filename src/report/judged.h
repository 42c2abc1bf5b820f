/*
 * judged - what libnixie makes of an attempt: the same as of the report about it
 *
 * The answer is brought into the form in which it stands in a report's Diagnostic-Code, and judged
 * in that form, so that a decision made here, the words of the report and whoever reads the report
 * agree.
 */
#ifndef REPORT_JUDGED_H
#define REPORT_JUDGED_H

#include "read/reply.h"
#include "report/attempt.h"

#define DIAGNOSTIC_SENT_BYTES_MAX 2000 /* of an answer, in a report */

/* Whom an attempt was about. */
struct judged_case {
	const struct attempt *attempt; /* NULL: there was none */
	struct str rcpt;               /* without <> */
	struct str original;           /* the address in ORCPT, when it is another; absent */
	struct str sender, hostname;
	bool is_sender_elsewhere; /* report_facts has it */
	struct str about;     /* the message's id in the queue, for the mark of a condition of ours;
				 absent: no mark */
	struct status status; /* what the report's Status field says; class 0: not decided yet */
	enum nixie_action action;
	bool is_expired;
	bool is_own; /* the answer is what this server said itself */
};

/* judged_diagnostic - the answer on one line of UTF-8, without controls; empty when there is none.
 * In the arena, or part of the attempt */
struct str judged_diagnostic(const struct judged_case *c, struct arena *a);

/* judged_command - the step as a command, "RCPT"; absent when no server was spoken to */
struct str judged_command(const struct attempt *attempt);

/* judged_is_answer - did that server say it, or was it found here? */
static inline bool
judged_is_answer(const struct attempt *attempt)
{
	return attempt != NULL && attempt->condition >= CONDITION__COUNT;
}

/* judged_status - what Status is to say, by what was made of the answer: its own code, or one that
 * fits its reason; no more than the class where the reason is a guess; 4.4.7 when time ran out */
struct status judged_status(const struct judged_case *c, const struct nixie_outcome *outcome);

/* judged_outcome - text lives in the case, the arena or the catalogue. O(answer) */
void judged_outcome(const struct judged_case *c, struct arena *a, struct nixie_outcome *out);

#endif
