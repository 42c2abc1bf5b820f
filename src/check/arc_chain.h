/*
 * arc_chain - the ARC sets of a header, and what is hashed of them: RFC 8617 s4, s5.1
 *
 * Pure; any thread.
 */
#ifndef CHECK_ARC_CHAIN_H
#define CHECK_ARC_CHAIN_H

#include "base/buf.h"

#define ARC_SETS_MAX 50 /* s5.1: more are no chain */

/* As Authentication-Results has them: RFC 8617 s9, but for the last. */
enum arc_result { ARC_NONE, ARC_PASS, ARC_FAIL, ARC_TEMPERROR, ARC_RESULT_COUNT };
struct str arc_result_name(enum arc_result r);

/* In the order in which a set is hashed: s5.1.1 */
enum arc_kind { ARC_RESULTS, ARC_MESSAGE, ARC_SEAL, ARC_KIND_COUNT };

/* arc_field_name - "ARC-Seal" */
struct str arc_field_name(enum arc_kind kind);

struct arc_chain {
	struct str sets[ARC_SETS_MAX][ARC_KIND_COUNT]; /* whole fields; [0] is i=1 */
	size_t count;                                  /* the highest i= */
	struct str wrong; /* why it is no chain, a constant; absent: its form is right */
	bool has_failed;  /* the newest seal says cv=fail: nobody seals any more (s5.1) */
};

/* arc_chain_find - of the fields of a header, each "Name: value" with its line ends. Without ARC:
 * count is 0 and nothing is wrong */
void arc_chain_find(const struct str *fields, size_t field_count, struct arc_chain *out);

/* arc_results_say - did the set with that ARC-Authentication-Results find that DMARC passed, for
 * just this domain in From? Comments and quoted strings say nothing */
bool arc_results_say(struct str field, struct str from);

#endif
