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
	struct str key; /* of a reason: the explanation that fits the line asked about; absent: its
			   own */
};

struct code_answer {
	struct code_entry list[CODE_ENTRIES_MAX];
	size_t count;
	size_t whole; /* so many at the front are what the whole text names, not words in it */
};

/* code_find - the first CODE_ENTRIES_MAX; count 0 when the catalogue does not know it. O(rows +
 * code) */
void code_find(struct str code, struct arena *a, struct code_answer *to);

/* code_is_sentence - is it a line of a server rather than a code or a name? code_is_first - does a
 * code stand at its head? */
bool code_is_sentence(struct str text);
bool code_is_first(struct str text);

/* code_put_reason - a line that was read gave that reason: it stands first, where the line is a
 * sentence that names nothing as a whole, or nothing else is known of it. `key` is that of the
 * explanation */
void code_put_reason(struct code_answer *to, struct str code, int reason, struct str key);

#endif
