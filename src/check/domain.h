/*
 * domain - can mail be sent to this domain at all? Asked for a recipient, before it is taken
 *
 * The machine is that of the sender's domain (check/origin.h), the question the other way round.
 */
#ifndef CHECK_DOMAIN_H
#define CHECK_DOMAIN_H

#include "check/check.h"

struct domain_look;

enum domain_state {
	DOMAIN_TAKES_MAIL, /* it has an MX, or an address (RFC 5321 s5.1) */
	DOMAIN_UNKNOWN,    /* it has neither, or does not exist */
	DOMAIN_TAKES_NONE, /* it says so: RFC 7505 */
	DOMAIN_NOT_TOLD    /* the DNS does not tell for now */
};

/* Called once, from the loop. */
typedef void domain_seen(void *to, enum domain_state state);

/* domain_look - NULL, and nobody is called: it cannot be asked (no DNS, no memory), or need not be:
 * an address in brackets */
struct domain_look *domain_look(struct checks *c, struct str domain, domain_seen *seen, void *to);

/* domain_forget - nobody is called; NULL is harmless */
void domain_forget(struct domain_look *l);

#endif
