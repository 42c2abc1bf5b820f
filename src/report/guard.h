/*
 * guard - who is told of a failure, and who must not be: never a source of backscatter
 *
 * A report goes to an address that somebody claimed. So none goes to the null sender, none to what
 * a machine sent by itself, none past a number in an hour; and what came from outside and failed
 * SPF has no sender that could be told. RFC 3461 s5.2, RFC 5321 s6.1, RFC 3834.
 *
 * Pure.
 */
#ifndef REPORT_GUARD_H
#define REPORT_GUARD_H

#include "base/arena.h"
#include "nixie.h"

/* RFC 3461 s4.1, as in queue/queue.h and smtp/param.h; 0 = nothing was said */
enum report_notify {
	REPORT_NOTIFY_NEVER = 1,
	REPORT_NOTIFY_SUCCESS = 2,
	REPORT_NOTIFY_FAILURE = 4,
	REPORT_NOTIFY_DELAY = 8
};

/* What is known of the sender's mail. */
struct guard_facts {
	enum nixie_action action; /* what would be reported */
	struct str sender;        /* the reverse-path, without <>; empty: null */
	struct str original;      /* the message, or its header */
	uint32_t notify;          /* enum report_notify, several */
	bool is_report;           /* the message is a report that was made here */
	bool is_double;           /* ... to the postmaster already, about a bounce */
	bool is_courtesy;         /* ... that tells of nothing that failed */
	bool is_authenticated;    /* its sender signed in, or is on a net that may relay */
	bool failed_spf;          /* from outside, and SPF said fail */
	bool is_repeated_delay;   /* DELAYED: was told already */
	uint32_t sent_lately;     /* reports to this sender in the last hour */
	uint32_t most;            /* setting reports_per_sender; 0 = any number */
};

enum report_way {
	REPORT_TO_SENDER,
	REPORT_TO_POSTMASTER, /* a bounce that cannot be returned: told once, to the postmaster */
	REPORT_IN_DIGEST,     /* to the sender, later: the number for this hour is used up */
	REPORT_NONE
};

/* report_route - where the report goes; *rule says why, "rule:null-sender", static */
enum report_way report_route(const struct guard_facts *facts, struct str *rule);

/* header_is_automatic - was the message sent by a machine, and not to a person's wish? (RFC 3834
 * Auto-Submitted, Precedence bulk or junk, X-Auto-Response-Suppress) */
bool header_is_automatic(struct str original);

/* header_is_list - is it mail of a list? (List-Id and kin, Precedence: list) */
bool header_is_list(struct str original);

#endif
