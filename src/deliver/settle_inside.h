/* settle_inside - what the files of settling share; nobody else includes it */
#ifndef DELIVER_SETTLE_INSIDE_H
#define DELIVER_SETTLE_INSIDE_H

#include "deliver/inside.h"
#include "deliver/tell.h"

enum kind { KIND_QUIET, KIND_FAILURE, KIND_DELAY, KIND_SUCCESS, KIND_COUNT };

/* What follows for one recipient. */
struct fate {
	const struct parcel_recipient *r;
	enum kind kind;
	enum condition condition; /* of the attempt that decided; ATTEMPT_ANSWERED: none of ours */
	struct recipient_progress to;
	struct copy copy; /* whose mail it is: the sender's, or a list's */
	struct retry_decision decision;
	struct str packed; /* the timeline with this attempt */
	enum nixie_action action;
	enum report_way way;
	struct str rule; /* of the report that was not written, or the decision */
};

struct settling {
	struct deliver *d;
	const struct parcel *p;
	struct queue_message m; /* when it is there */
	struct arena arena;
	struct tell_message about; /* the original, read when it is needed */
	int64_t now_ms;
	enum { TOLD_UNKNOWN, TOLD_NO, TOLD_YES } was_told; /* of a delay of this message */
};

/* The lines of the log, when an entry is durable. */

struct line {
	uint64_t message;
	int64_t arrived_ms;
	uint32_t recipient;
	enum eventlog_event event;
	int64_t not_before_ms;
	struct str to, list, reason, condition, status, rule, words, peer, reply, next;
	uint32_t attempt;
	size_t members; /* of a list */
};

struct book {
	struct deliver *d;
	struct str sender;
	struct line *lines;
	size_t count;
	enum kind kind;
};

/* fate.c: what follows for f->r, whose progress was `before` */
void fate_decide(struct settling *s, struct fate *f, const struct recipient_progress *before);

/* fate_is_unchanged - nobody was asked: that changes nothing, but time goes on all the same */
bool fate_is_unchanged(const struct fate *f);

/* book.c: the condition's id; absent when a server's answer is what there is */
struct str settle_condition_id(enum condition c);
void book_line_fill(
	const struct fate *f, const struct queue_message *m, struct arena *a, struct line *out);
void book_attempt(const struct settling *s, const struct fate *f, int64_t was_due_ms);

/* book_durable - logs and counts it all; `to` is the book, as ledger.h wants it */
void book_durable(void *to, struct ledger_entry *e, uint64_t report);

#endif
