/*
 * rejects - mail that was refused for good at the end of its text, kept for a while
 *
 * For domains of `keep_rejects`, so that their administrator can see what was refused and why, and
 * release what should not have been. The sender was told no, so nothing here is mail that was
 * accepted: the queue and its audit know nothing of it until it is released.
 *
 * The text is held in memory while it comes, REJECT_MESSAGE_BYTES_MAX at most, and only where it is
 * for such a domain, or for somebody who is to see it. Files are written and old ones removed by a
 * worker; past `keep_rejects_size` the oldest go, and until they have, no more are kept.
 */
#ifndef RECEIVE_REJECTS_H
#define RECEIVE_REJECTS_H

#include "catalogue/conditions.h"
#include "config/config.h"
#include "receive/reject_file.h"

#define REJECTS_SWEEP_S 60

struct event_base;
struct guest;
struct mail;
struct rejects;
struct workers;

/* rejects_new - nothing is kept until it is configured. NULL: no memory */
struct rejects *rejects_new(void);
void rejects_free(struct rejects *r); /* when the workers are gone; NULL is harmless */

/* rejects_configure - for whom, how long, how much; the folder is data_directory's */
void rejects_configure(struct rejects *r, const struct config *config);

/* rejects_start - from now on files are written and removed */
void rejects_start(struct rejects *r, struct event_base *base, struct workers *workers);

/* rejects_add - the next piece of a message's text */
void rejects_add(const struct rejects *r, struct mail *m, struct str piece);

struct rejects_kept {
	bool by_operator; /* in a file, for nixied rejects */
	size_t shown_to;  /* recipients, in their own mailboxes: receive/reject_copies.h */
};

/* rejects_keep - it was refused at its end, with this reply: it is kept for whoever wants it, once
 * for a message */
struct rejects_kept rejects_keep(
	struct guest *g, enum condition c, unsigned code, struct str reply);

#endif
