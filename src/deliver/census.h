/*
 * census - what became of recipients, counted by destination, reason and provider
 *
 * For graphs: a number never becomes less. Whom there is no room for is counted under
 * CENSUS_OTHERS: the names come from strangers, and memory must not grow with them. Reasons and
 * providers are the catalogue's, and always have room.
 */
#ifndef DELIVER_CENSUS_H
#define DELIVER_CENSUS_H

#include "base/arena.h"

#define CENSUS_ROWS_MAX 400 /* of each kind, the others' with them */
#define CENSUS_OTHERS "(others)"

enum census_kind {
	CENSUS_DESTINATION, /* the domain of the recipient */
	CENSUS_REASON,      /* of who was not reached */
	CENSUS_PROVIDER,    /* whose server answered; none where the catalogue knows none */
	CENSUS_KINDS
};

enum census_outcome {
	CENSUS_DELIVERED,
	CENSUS_RELAYED,
	CENSUS_DEFERRED,
	CENSUS_BOUNCED,
	CENSUS_DISCARDED,
	CENSUS_EXPANDED, /* a list: its members are recipients of their own */
	CENSUS_OUTCOMES
};

struct census_row {
	struct str key; /* in lower case, of characters that may stand in a label */
	uint64_t n[CENSUS_OUTCOMES];
};

struct census {
	struct arena arena;
	struct census_row rows[CENSUS_KINDS][CENSUS_ROWS_MAX];
	size_t count[CENSUS_KINDS];
};

void census_init(struct census *c);
void census_fini(struct census *c);

/* census_add - one more; an empty key is none. O(rows) */
void census_add(struct census *c, enum census_kind kind, struct str key, enum census_outcome how);

/* "destination", "relayed": the names of a label and of its value */
struct str census_kind_name(enum census_kind kind);
struct str census_outcome_name(enum census_outcome how);

#endif
