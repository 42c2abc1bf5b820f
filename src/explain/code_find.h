/*
 * code_find - what the catalogue has about something a person looks up: a code, a line of a server,
 * a name
 *
 * Nobody says which it is, so every table is asked; what is surest stands first.
 */
#ifndef EXPLAIN_CODE_FIND_H
#define EXPLAIN_CODE_FIND_H

#include "base/arena.h"
#include "catalogue/catalogue.h"

#define CODE_ENTRIES_MAX 24

enum code_kind {
	ENTRY_CONDITION,
	ENTRY_REPLY,
	ENTRY_ENHANCED,
	ENTRY_REASON,
	ENTRY_BLOCKLIST,
	ENTRY_PROVIDER_CODE,
	ENTRY_CLIENT_ERROR,
	ENTRY_DIGIT
};

/* One thing the catalogue says about what was asked. */
struct code_entry {
	enum code_kind kind;
	size_t row;
	unsigned class; /* of the enhanced code as asked; 0 = any */
};

struct code_answer {
	struct code_entry list[CODE_ENTRIES_MAX];
	size_t count;
};

/* code_find - the first CODE_ENTRIES_MAX; count 0 when the catalogue does not know it. O(rows +
 * code) */
void code_find(struct str code, struct arena *a, struct code_answer *to);

#endif
