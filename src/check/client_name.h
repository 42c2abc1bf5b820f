/*
 * client_name - the client's name by reverse DNS, for those who want it before MAIL: milters
 *
 * The checks ask for it with the first message (check/origin.h); a milter is told the name when the
 * client connects. Nobody waits for a slow DNS longer than CLIENT_NAME_WAIT_MS: then the name is
 * not known, and what comes later is told with the next question. The loopback is never asked
 * about: 127.0.0.1 and ::1 are "localhost" (RFC 6761 s6.3), the rest of 127/8 is nobody
 * (RFC 6303 s4.2).
 *
 * Threads: that of the event loop.
 */
#ifndef CHECK_CLIENT_NAME_H
#define CHECK_CLIENT_NAME_H

#include "base/net.h"
#include "check/check.h"

#define CLIENT_NAME_WAIT_MS                                                                        \
	5000 /* below what a client waits for its greeting: RFC 5321 s4.5.3.2                      \
	      */

struct client_name;

typedef void client_name_done(void *to);

/*
 * client_name_new - asks
 *
 * done     called from the loop, once, when the name is known or its time is over; never when
 *          client_name_is_open() is false behind this call
 * Returns  NULL: no memory, and the name stays unknown
 */
struct client_name *client_name_new(
	struct checks *c, const struct ip *ip, client_name_done *done, void *to);

/*
 * client_name_claim - who speaks for the client says what it is called (XCLIENT): nobody is asked
 *
 * n         *n is made when it is NULL, and is not open then; without memory it stays so
 * name      absent: it has none, or (is_temporary) nobody could tell for now
 */
enum client_claim { CLAIM_NAME /* leads back */, CLAIM_REVERSE_NAME /* be it true or not */ };
void client_name_claim(
	struct client_name **n, enum client_claim claim, struct str name, bool is_temporary);

/* client_name_claimed - what was said so; NULL: nothing */
struct reverse_check;
const struct reverse_check *client_name_claimed(const struct client_name *n);

/* client_name_free - done() is not called any more; NULL is harmless */
void client_name_free(struct client_name *n);

/* client_name_is_open - will done() be called? NULL: no */
bool client_name_is_open(const struct client_name *n);

/* What is known by now, as Sendmail and Postfix name it. The slices live as long as `n`, and hold
 * until the next turn of the loop. */
struct client_name_facts {
	struct str name;    /* leads back to the address; absent: none does */
	struct str ptr;     /* what the address calls itself, be it true or not; absent: nothing */
	struct str resolve; /* "OK", "FAIL" (no name), "FORGED", "TEMP" (nobody could tell) */
};
struct client_name_facts client_name_facts(const struct client_name *n);

#endif
