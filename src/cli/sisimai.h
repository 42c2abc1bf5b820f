/*
 * sisimai - a report with the field names and reason names of Sisimai 5
 *
 * So that a program which reads Sisimai's output reads ours: doc/sisimai.md tells
 * what is the same and what is not. As there, what is no bounce and no complaint is
 * not written at all.
 */
#ifndef CLI_SISIMAI_H
#define CLI_SISIMAI_H

#include "cli/put.h"

/* sisimai_put - one object and a line end for each outcome, `between` before each; indented when
 * style->pretty */
void sisimai_put(struct put *p, const struct nixie_report_info *info,
	const struct nixie_style *style, const char *between);

#endif
