/*
 * tell - the report of what became of recipients, as a new message for the queue
 *
 * Its text is report/report.h's; here it gets its envelope, and the original is read for it. The
 * original is read when it is first asked for, and no more of it than is needed.
 */
#ifndef DELIVER_TELL_H
#define DELIVER_TELL_H

#include "deliver/copy.h"
#include "deliver/inside.h"
#include "report/guard.h"
#include "report/report.h"
#include "report/summary.h"

/* The message that is told of. */
struct tell_message {
	struct queue *queue;
	uint64_t id;
	struct arena *arena;
	struct str header; /* from the first byte on, at least the header, if it was read */
	bool has_header;
};

void tell_begin(struct tell_message *t, struct queue *queue, uint64_t id, struct arena *arena);

/* tell_header - the beginning of the message; empty when it cannot be read */
struct str tell_header(struct tell_message *t);

/* tell_failed_spf - did this server find, when it took the message, that it failed SPF? (its own
 * Authentication-Results, RFC 8601) */
bool tell_failed_spf(struct tell_message *t, struct str hostname);

struct tell_recipient {
	enum nixie_action action;
	struct str final, original;
	struct str packed; /* the timeline: report/attempt.h */
	bool is_expired;
	bool is_own_relay; /* a route of ours names the server */
	uint32_t attempts;
	int64_t give_up_ms, next_ms;
	struct str about; /* the id of its message, for tell_summary() */
};

/*
 * tell - puts a report into the entry: intake, envelope and bytes
 *
 * copy     whose mail it was: its sender is told
 * way      REPORT_TO_SENDER or REPORT_TO_POSTMASTER
 * Returns  false when memory ran out; the entry is then to be freed
 */
bool tell(struct deliver *d, struct tell_message *about, const struct copy *copy,
	const struct tell_recipient *list, size_t count, enum report_way way, int64_t now_ms,
	struct ledger_entry *e);

/* tell_write - the report of these facts, into the entry: its bytes, and what they need of a server
 */
bool tell_write(const struct report_facts *facts, struct arena *a, struct ledger_entry *e);

/* tell_summary - the same as tell(), of failures of many messages of that sender; subjects: of
 * these, one for each recipient; a: for the work */
bool tell_summary(struct deliver *d, struct str sender, const struct tell_recipient *list,
	const struct str *subjects, size_t count, int64_t now_ms, struct arena *a,
	struct ledger_entry *e);

/* tell_envelope - a new message from nobody to whom that address leads to; its intake has an id */
bool tell_envelope(struct deliver *d, struct str to, int64_t now_ms, struct ledger_entry *e);

/* tell_language - what the account of that address asks for; absent when it says nothing, or the
 * directory does not answer */
struct str tell_language(struct deliver *d, struct str address, struct arena *a);

#endif
