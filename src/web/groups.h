/* groups - the outcomes of a report, those with the same cause put together */
#ifndef WEB_GROUPS_H
#define WEB_GROUPS_H

#include "explain/explain.h"

#define GROUPS_MAX 12          /* causes that are told one by one */
#define GROUP_ADDRESSES_MAX 30 /* addresses of one cause that are listed */

struct group {
	const struct nixie_outcome *first;
	struct str key;   /* of the explanation */
	size_t count;     /* recipients */
	bool has_domains; /* they are at different domains */
	const struct nixie_outcome *some[GROUP_ADDRESSES_MAX];
};

struct groups {
	struct group list[GROUPS_MAX];
	size_t count;
	size_t others; /* recipients of further causes */
};

/* groups_find - in the order in which the report names them. O(outcomes * GROUPS_MAX) */
void groups_find(const struct nixie_report_info *info, struct groups *g);

#endif
