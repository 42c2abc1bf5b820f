/*
 * select - which recipients of the queue an operator means
 *
 * A queue may be long, so it is walked through in pieces, one in each turn of the runner: nobody
 * waits for it but who asked. What is found is named, not kept: who comes to it later looks again.
 *
 * Threads: that of the event loop.
 */
#ifndef DELIVER_SELECT_H
#define DELIVER_SELECT_H

#include "deliver/deliver.h"

/* Which recipients. All that is set must fit; nothing set fits all. Texts are borrowed. */
struct select_filter {
	uint64_t message;       /* 0: any */
	struct str recipient;   /* an address; without regard to case */
	struct str destination; /* a domain of recipients */
	struct str sender;      /* an address; "<>" is the null one */
	struct str reason;      /* in its condition or rule, or in the last reply: "C34", "mailbox
				   full"; or what libnixie makes of that: "mailbox_full" */
	bool only_waiting, only_held;
};

struct select_place {
	uint64_t message;
	uint32_t recipient;
};

/* What was found: those that came first into the queue, in that order. */
struct selection {
	struct select_place *places;
	size_t count, room;
	size_t fitted; /* all that fit, shown or not */
	size_t tried;  /* ... at least once */
	size_t held;
	bool no_memory;   /* it ended early */
	bool was_stopped; /* the same, by the runner's end: there is no queue any more */
};

void selection_fini(struct selection *s);

/* Takes *found over. */
typedef void select_done(void *to, struct selection *found);

/*
 * select_start - walks through the queue for what is not final and fits
 *
 * most      places that are wanted; what fits beyond is counted
 * done      called once, from a later turn of the runner, or from deliver_free() with what was
 *           found until then; when there is no memory to begin with, from within
 */
void select_start(struct deliver *d, const struct select_filter *filter, size_t most,
	select_done *done, void *to);

/* A place, as it is now. */
struct select_found {
	struct queue_message message;
	struct queue_recipient recipient; /* without its words: queue_words() */
	bool is_under_way;                /* being tried at this moment */
};

/* select_reason - what libnixie makes of the last attempt, as the log has it: "greylisted"; absent
 * before the first. `p` with its words; text lives in the catalogue */
struct str select_reason(const struct deliver *d, const struct queue_message *m, size_t place,
	const struct recipient_progress *p, struct arena *a);

/* select_look - false when it is final, or gone, meanwhile */
bool select_look(
	const struct deliver *d, const struct select_place *place, struct select_found *out);

#endif
