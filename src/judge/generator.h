/* generator - which program wrote the report, by the marks in `catalogue/generators.tsv` added up
 */
#ifndef JUDGE_GENERATOR_H
#define JUDGE_GENERATOR_H

#include "read/facts.h"

/* generator_find - its name; absent when no program's marks reach 100. O(header + prose) */
struct str generator_find(const struct facts *f);

#endif
