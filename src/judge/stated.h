/* stated - a reply of nixied states its condition and its session itself: "(C34 7Q2F)"
 *
 * Whoever reads such a mark need not guess. But anybody may write one, and a forwarded bounce may
 * carry one that belongs to other words: it counts where it ends a line of that very condition.
 */
#ifndef JUDGE_STATED_H
#define JUDGE_STATED_H

#include "catalogue/conditions.h"

struct stated {
	enum condition condition;
	struct str session;
	struct str words; /* the mark as it stands in the text, without the brackets */
};

/* stated_find - the mark in a server's words; *out is written only when it counts. O(n) */
bool stated_find(struct str text, struct stated *out);

#endif
