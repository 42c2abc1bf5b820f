/*
 * retry - what to do after an attempt that failed: again, and when; or give up; or ask an operator
 *
 * Decided by what was said, as libnixie reads it, and not by its first digit alone: who is
 * greylisted comes back when asked to, a full mailbox is tried later than a busy server, a hopeless
 * answer is not tried again, and a refusal that is our own fault (our login at a relay, our
 * configuration) waits for an operator instead of being blamed on the sender. doc/reports.md argues
 * the times.
 *
 * Pure: no clock, and chance is a number of the caller's.
 */
#ifndef REPORT_RETRY_H
#define REPORT_RETRY_H

#include "report/attempt.h"

/* Seconds. X(name, default): the defaults and settings of the same names (config/table.h). */
#define RETRY_SETTINGS(X)                                                                          \
	X(retry_first, 180)        /* after the first attempt */                                   \
	X(retry_longest, 10800)    /* between attempts */                                          \
	X(queue_lifetime, 432000)  /* of a message: 5 days */                                      \
	X(report_lifetime, 86400)  /* of a report or an automatic reply: 1 day */                  \
	X(delay_notice_user, 3600) /* to people who signed in; 0 = never */                        \
	X(delay_notice, 14400)     /* to others; 0 = never */                                      \
	X(own_fault_wait, 3600)    /* what is our own fault is tried again so late */

struct retry_settings {
#define X(name, standard) int64_t name##_s;
	RETRY_SETTINGS(X)
#undef X
};

/* retry_defaults - the defaults */
void retry_defaults(struct retry_settings *out);

struct retry_facts {
	struct attempt attempt; /* the one that has just failed */
	struct str rcpt;        /* the forward-path, without <> */
	struct str sender;      /* the reverse-path, without <>; empty: null */
	struct str hostname;    /* ours */
	uint32_t attempts;      /* made so far, with this one: at least 1 */
	int64_t arrived_ms, now_ms;
	uint32_t random;       /* any number: the jitter */
	uint32_t notify;       /* enum report_notify of report/guard.h, several; 0: unsaid */
	bool is_authenticated; /* by a person who signed in */
	bool is_report;        /* made here, about another message, or an automatic reply */
	bool is_noticed;       /* its sender has been told of the delay */
	bool is_ours;          /* the deliverer knows that it is our own doing */
	bool is_own_relay;     /* the server is one that a route of ours names: a smart host */
};

enum retry_act {
	RETRY_AGAIN,   /* at due_ms */
	RETRY_BOUNCE,  /* give up: report_route() of report/guard.h says who is told */
	RETRY_OPERATOR /* our own fault: at due_ms again, and an alarm now; after the lifetime hold
			  it for the operator (due_ms 0) instead of bouncing */
};

struct retry_decision {
	enum retry_act act;
	int64_t due_ms;     /* of AGAIN and OPERATOR; 0: hold until an operator releases it */
	int64_t give_up_ms; /* when the time for retries ends: Will-Retry-Until */
	bool is_expired;    /* BOUNCE: because that time is over */
	bool is_alarm;      /* an operator must look */
	bool is_notice_due; /* tell the sender of the delay now */
	int64_t notice_ms;  /* when that becomes due, if it was not told; 0 = never. Attempts are
			       planned so that one falls on it */
	struct str rule;    /* what decided: "rule:retry-as-asked"; static */
	struct str words;   /* for the log and the operator, in English; in the arena or static */
	struct nixie_outcome
		outcome; /* what libnixie made of the answer: reason, verdict, status */
};

/* retry_decide - fills *out; its text lives in the facts, the arena or the catalogue. O(answer) */
void retry_decide(const struct retry_facts *facts, const struct retry_settings *settings,
	struct arena *a, struct retry_decision *out);

/* retry_asked_s - the seconds that an answer asks to wait, "try again in 300 s", "5 minutes", a
 * point in time; -1 when it does not say */
int64_t retry_asked_s(struct str answer, int64_t now_ms);

#endif
