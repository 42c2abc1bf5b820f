/*
 * attempts - of the answers to several attempts, the one that decided
 *
 * Some reports list every attempt: "421 busy", "451 greylisted", "550 no such user". The message
 * was returned for the last one.
 */
#ifndef JUDGE_ATTEMPTS_H
#define JUDGE_ATTEMPTS_H

#include "judge/people.h"

/* attempts_decide - where a server's words to somebody who failed begin with an answer that says
 * "later", and one that says no for good stands behind it: leaves what is from there on. Not where
 * the time ran out, for then the answer before it tells why */
void attempts_decide(const struct facts *f, struct person *who);

/* attempts_end - is the last answer in this text one that says no for good? */
bool attempts_end(struct str text);

#endif
