/*
 * refusals - what a signed-in person's program was refused for good, kept until it is told
 *
 * Collected while a transaction lasts, so that ten wrong addresses in a message make one notice
 * (deliver/notice.h), for those whom `notify_refused_submissions` names. The same recipient is told
 * of once in a session, however often the program asks. Mistakes of the program in the protocol are
 * not told, nor bad logins: the person could do nothing with them, or was not the one.
 */
#ifndef RECEIVE_REFUSALS_H
#define RECEIVE_REFUSALS_H

#include "smtp/session.h"

#define REFUSALS_MAX 100       /* recipients of a notice; more are in the log alone */
#define REFUSALS_SEEN_MAX 1000 /* recipients of a session that are told of */
#define REFUSALS_ARENA_MAX (1u << 20)

struct guest;

/* refusals_are_told - is it somebody who wants to know? */
bool refusals_are_told(const struct guest *g);

/* refusals_add - a reply was a refusal */
void refusals_add(struct guest *g, const struct smtp_event *e);

/* refusals_tell - the transaction is over: what was collected is told. The mail is still there */
void refusals_tell(struct guest *g);

/* refusals_free - the session is over; tells first */
void refusals_free(struct guest *g);

#endif
