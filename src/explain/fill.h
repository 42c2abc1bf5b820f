/*
 * fill - sentences of the catalogue with the facts of one case put in
 *
 * "{rcpt}" and kin are replaced; where a fact is absent, the language's stand-in ("the recipient")
 * is, and a sentence that then begins with a small letter gets a capital. A sentence that only
 * quotes words which are not there ("It said: {quote}") is left out behind another.
 */
#ifndef EXPLAIN_FILL_H
#define EXPLAIN_FILL_H

#include "base/arena.h"
#include "catalogue/catalogue.h"

#define FILL_NAMES(X)                                                                              \
	X(rcpt)                                                                                    \
	X(rdom)                                                                                    \
	X(from)                                                                                    \
	X(sdom)                                                                                    \
	X(theirs)                                                                                  \
	X(ours)                                                                                    \
	X(ip)                                                                                      \
	X(list)                                                                                    \
	X(link)                                                                                    \
	X(prov)                                                                                    \
	X(quote)                                                                                   \
	X(until)                                                                                   \
	X(wait)                                                                                    \
	X(code)                                                                                    \
	X(reason)                                                                                  \
	X(n)                                                                                       \
	X(total)

/* The facts, by placeholder. Absent ones are absent. */
struct fill {
#define X(name) struct str name;
	FILL_NAMES(X)
#undef X
};

/* fill_text - `sentence` with its placeholders replaced, in the arena; a sentence without one is
 * returned as it is */
struct str fill_text(
	struct str sentence, const struct fill *facts, enum lang lang, struct arena *a);

/* fill_key - the sentence of that key, filled; absent when the catalogue has none */
struct str fill_key(struct str key, const struct fill *facts, enum lang lang, struct arena *a);

#endif
