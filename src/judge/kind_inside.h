/* kind_inside - what the files of the judge of kinds share */
#ifndef JUDGE_KIND_INSIDE_H
#define JUDGE_KIND_INSIDE_H

#include "judge/kind.h"

#define KIND_BLOCKS_LOOKED_AT 64

/* kind_set - writes what a message is, and by which rule and words */
void kind_set(struct kind *k, enum nixie_kind kind, const char *rule, struct str words);

/* kind_of_text - of a text without a header; *k stays as it is where it is ordinary */
void kind_of_text(const struct facts *f, struct kind *k);

/* kind_has_final_block - does the answer under some address say no for good? */
bool kind_has_final_block(const struct facts *f);

/* kind_reason_in_prose - the reason that the words of the prose give; weight 0: none */
struct candidate kind_reason_in_prose(const struct facts *f);

#endif
