/*
 * greylist_walk - the file of the greylist, row by row, for an operator; also while a server has it
 *
 * Rows are read and taken out some hundreds at a time, so that the server never waits for longer
 * than it would for a commit of its own.
 */
#ifndef CHECK_GREYLIST_WALK_H
#define CHECK_GREYLIST_WALK_H

#include "check/greylist.h"

struct greylist_row {
	struct str network; /* "192.0.2.0/24" */
	struct str domain;  /* of the sender; "<>" is the null one */
	int64_t first_s, last_s, ends_s;
	bool is_known; /* else it must come again */
};

/* Asked for each row, in the order of the networks' texts; true: it is to be taken out. */
typedef bool greylist_visit(void *to, const struct greylist_row *row);

/* greylist_walk - the rows taken out; -1, and *words, when the file cannot be read or written, and
 * -2 when there is none */
int64_t greylist_walk(
	const char *path, greylist_visit *fn, void *to, char words[static GREYLIST_WORDS_MAX]);

#endif
