/*
 * format - the forms in which nixie parse writes reports: one table
 *
 * An item is a report; in CSV and for Sisimai's users, an outcome. Each item is put with
 * `between` before it, also the first, where whoever writes the whole takes it away: so
 * items can be made apart from one another, by several threads.
 */
#ifndef CLI_FORMAT_H
#define CLI_FORMAT_H

#include "cli/put.h"

typedef enum nixie_rc format_put(
	struct put *p, const struct nixie_report *r, const struct nixie_style *style);

struct format {
	const char *output, *as; /* as they are asked for; as: NULL or "sisimai" */
	const char *before, *between, *after;
	bool is_pretty;
	format_put *put;
};

/*
 * format_find - by -o and --as; either may be NULL
 *
 * Returns  NULL when there is none; *why then says what is wrong with which word (*what)
 */
const struct format *format_find(
	const char *output, const char *as, const char **what, const char **why);

#endif
