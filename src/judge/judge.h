/*
 * judge - facts to outcomes: what happened to each recipient, and why
 *
 * It decides and never parses: everything it looks at was found by src/read/, and everything it
 * knows stands in the catalogue. doc/judging.md argues the order of the rules.
 */
#ifndef JUDGE_JUDGE_H
#define JUDGE_JUDGE_H

#include "read/facts.h"

/* judge_report - the whole report; *out and all it points to live in the facts' arena and input.
 * When the arena fails the result is incomplete. O(recipients * words about each) */
void judge_report(struct facts *f, struct nixie_report_info *out);

#endif
