/* checked - where a guest meets the checks (check/check.h): what they are told, and what they
 * answer later */
#ifndef RECEIVE_CHECKED_H
#define RECEIVE_CHECKED_H

#include "receive/guest.h"

/* checked_connect - the client is known: who it may be, and whether it is checked at all */
void checked_connect(struct guest *g);
/* checked_client - it is another one: XCLIENT */
void checked_client(struct guest *g);
void checked_mail(struct guest *g);

/*
 * checked_rcpt - may the recipient of m->candidates be taken? checked_end - may the message?
 *
 * Returns   false: rcpt_take() or end_commit() is called later, or the refusal told. true: *a is a
 *           refusal, or still what it was, and the caller goes on
 */
bool checked_rcpt(struct guest *g, uint32_t question, struct smtp_answer *a);
bool checked_end(struct guest *g, uint32_t question, struct smtp_answer *a);

/* rcpt_take - the candidates become recipients. end_commit - into the queue; false: the answer
 * comes later */
void rcpt_take(struct guest *g, struct smtp_answer *a);
bool end_commit(struct guest *g, uint32_t question, struct smtp_answer *a);

#endif
