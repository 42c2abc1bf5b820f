/*
 * lookup - the DNS for a command that has nothing else to do than to wait for its answer
 *
 * The resolver of the server on a loop of its own. Answers live in the arena.
 */
#ifndef NIXIED_LOOKUP_H
#define NIXIED_LOOKUP_H

#include "check/ask.h"
#include "config/config.h"

struct lookup {
	struct event_base *base;
	struct dns *dns;
	struct arena *arena;
	const struct dns_answer *answer; /* the last one */
};

/* lookup_open - by dns_servers and dns_timeout; false: *complaint says why, a constant */
bool lookup_open(
	struct lookup *l, const struct config *config, struct arena *arena, const char **complaint);
void lookup_close(struct lookup *l);

/* lookup_ask - waits for the answer; NULL only when memory ran out */
const struct dns_answer *lookup_ask(struct lookup *l, enum dns_type type, struct str name);

#endif
