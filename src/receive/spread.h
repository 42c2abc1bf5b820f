/*
 * spread - a recipient that was accepted becomes those of the queue that it leads to
 *
 * RFC 5321 s3.9 and RFC 3461 s5.2.7 tell three cases apart:
 *
 *	an alias   what the sender asked for goes on with the message, to the one it leads to
 *	a forward  of a mailbox that keeps a copy: what becomes of the copy is told to the sender,
 *as "expanded"; nothing that goes well is told of those beside it a list     is where the sender's
 *message ends: the list is a recipient, which is told of as delivered, and nothing the sender asked
 *for is asked of its members. What becomes of them is the business of the list's owner: failures
 *alone, and never the sender's
 *
 * Members stand beside their list in the envelope, so that one commit has both, and no crash can
 * come between.
 */
#ifndef RECEIVE_SPREAD_H
#define RECEIVE_SPREAD_H

#include "receive/mail.h"

struct spread {
	struct str asked; /* as the sender wrote it: what the sender knows; absent: nobody asked */
	struct str original; /* ORCPT as it came; absent */
	uint32_t notify;
	struct recipient_progress progress; /* of each */
};

/* mail_spread - adds those that the answer names; false: no memory, or too many */
bool mail_spread(struct mail *m, const struct directory_answer *found, const struct spread *s);

#endif
