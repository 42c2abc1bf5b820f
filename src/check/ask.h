/*
 * ask - what a check wants to know next
 *
 * The checks are machines without I/O: X_begin() and X_step() give true when `ask` holds a
 * question, whose answer goes to X_step(); false when there is a result.
 */
#ifndef CHECK_ASK_H
#define CHECK_ASK_H

#include "dns/resolver.h"

struct ask {
	enum dns_type type;
	struct str name; /* the machine's, until the answer is given to it */
};

#endif
