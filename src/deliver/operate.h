/*
 * operate - what an operator does with the queue: hold, release, try now, return, remove
 *
 * Everything goes the way of deliveries: a change is a commit of the queue, a return to the sender
 * is its report and the new state in one. What is under way at that moment ends as it ends; to hold
 * or remove it counts for what comes after.
 *
 * Threads: that of the event loop.
 */
#ifndef DELIVER_OPERATE_H
#define DELIVER_OPERATE_H

#include "deliver/select.h"

enum operate_act {
	OPERATE_HOLD,    /* not to be tried until it is released */
	OPERATE_RELEASE, /* what is held is tried again, now */
	OPERATE_RETRY,   /* what waits is tried now */
	OPERATE_RETURN,  /* given up, and the sender told */
	OPERATE_REMOVE   /* given up, and nobody told */
};

/* operate_act_find - "hold", "release", "retry", "bounce", "remove"; -1 when it is none */
int operate_act_find(struct str name);
struct str operate_act_name(enum operate_act act);

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
 * answer    called once, when all is durable, or when the runner ends. May be NULL
 */
void operate(struct deliver *d, enum operate_act act, const struct select_filter *filter,
	struct str who, operate_answer *answer, void *to);

#endif
