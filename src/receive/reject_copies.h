/*
 * reject_copies - refused mail, seen by those it was for
 *
 * For people of `rejects_folder`: what was refused for good at the end of its text lies for a while
 * in the folder Rejects of their own mailbox, with X-Nixie-Reason in front, so that whoever waits
 * for a message finds out why it never came. Its sender was told no and hears nothing else; nothing
 * of it is in the queue. Never a virus, whoever found it.
 *
 * Written by a worker. How many are under way is bounded: in a flood the rest is not shown.
 */
#ifndef RECEIVE_REJECT_COPIES_H
#define RECEIVE_REJECT_COPIES_H

#include "catalogue/conditions.h"
#include "config/config.h"

#define REJECT_COPIES_UNDER_WAY_MAX 32 /* messages */
#define REJECT_COPIES_RECIPIENTS_MAX 100

struct guest;
struct mail;
struct reject_copies;
struct workers;

struct reject_copies *reject_copies_new(void); /* NULL: no memory */
void reject_copies_free(struct reject_copies *r);

void reject_copies_configure(struct reject_copies *r, const struct config *config);
void reject_copies_start(struct reject_copies *r, struct workers *workers);

/* reject_copies_want - is the text of this message to be held? */
bool reject_copies_want(const struct reject_copies *r, const struct mail *m);

/* reject_copies_show - it was refused: takes its text, m->copy, when somebody is to see it. How
 * many do */
size_t reject_copies_show(
	struct reject_copies *r, struct guest *g, enum condition c, struct str reply);

/* reject_copies_sweep - removes what is old; at most once in REJECT_COPIES_SWEEP_MS */
#define REJECT_COPIES_SWEEP_MS 3600000
void reject_copies_sweep(struct reject_copies *r);

#endif
