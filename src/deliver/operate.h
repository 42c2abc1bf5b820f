/*
 * operate - what an operator does with the queue: look, hold, release, try now, return, remove
 *
 * Everything goes the way of deliveries: a change is a commit of the queue, a return to the sender
 * is its report and the new state in one. What is under way at that moment ends as it ends; to hold
 * or remove it counts for what comes after.
 *
 * Threads: that of the event loop.
 */
#ifndef DELIVER_OPERATE_H
#define DELIVER_OPERATE_H

#include "deliver/deliver.h"

/* Which recipients. All that is set must fit; nothing set fits all. */
struct operate_filter {
	uint64_t message;       /* 0: any */
	struct str recipient;   /* an address; without regard to case */
	struct str destination; /* a domain of recipients */
	struct str sender;      /* an address; "<>" is the null one */
	struct str
		reason; /* in its condition or rule, or in the last reply: "C34", "mailbox full" */
	bool only_waiting, only_held;
};

struct operate_found {
	const struct queue_message *message;
	uint32_t recipient;
	bool is_under_way; /* being tried at this moment */
};

/* operate_each - visits what is not final and fits, in no order; the visitor returns false to stop.
 * Returns how many were visited. O(queue), or O(recipients) when the filter names a message */
typedef bool operate_visit(void *to, const struct operate_found *found);
size_t operate_each(
	struct deliver *d, const struct operate_filter *filter, operate_visit *visit, void *to);

enum operate_act {
	OPERATE_HOLD,    /* not to be tried until it is released */
	OPERATE_RELEASE, /* what is held is tried again, now */
	OPERATE_RETRY,   /* what waits is tried now */
	OPERATE_RETURN,  /* given up, and the sender told */
	OPERATE_REMOVE   /* given up, and nobody told */
};

/* operate_act_find - "hold", "release", "retry", "bounce", "remove"; -1 when it is none */
int operate_act_find(struct str name);

struct operate_result {
	size_t fitted;  /* recipients */
	size_t changed; /* of them, and it is durable; of RETURN: that were begun */
	size_t skipped; /* for which it made no sense: held already, being tried ... */
	bool no_memory; /* it ended early */
};

typedef void operate_answer(void *to, const struct operate_result *result);

/*
 * operate - does it to all that fit
 *
 * who       for the log: the operator
 * answer    called once, when all is durable; perhaps from within. May be NULL
 */
void operate(struct deliver *d, enum operate_act act, const struct operate_filter *filter,
	struct str who, operate_answer *answer, void *to);

#endif
