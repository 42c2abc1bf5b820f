/*
 * mutate - damaged mail, of fifteen kinds
 *
 * The same random numbers make the same mutant on every machine.
 */
#ifndef TESTS_MUTATE_H
#define TESTS_MUTATE_H

#include "base/buf.h"
#include "random.h"

/* A kind of damage: writes `mail`, damaged, to `out` (empty); `other` is another mail, for those
 * that need two. */
typedef void mutation(struct random *r, struct str mail, struct str other, struct buf *out);

struct mutation_kind {
	const char *name;
	mutation *make;
};

#define MUTATION_KINDS 15
extern const struct mutation_kind mutation_kinds[MUTATION_KINDS];

#endif
