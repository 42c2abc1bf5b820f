/*
 * policy - the machine of Postfix's policy protocol: SMTPD_POLICY_README
 *
 *	> request=smtpd_access_policy
 *	> protocol_state=RCPT
 *	> ...
 *	>
 *	< action=DEFER_IF_PERMIT Greylisted, come again
 *	<
 *
 * What an action means is a table in policy.c. One that only Postfix could follow (FILTER, a
 * restriction class) is trouble, and told so: it is never passed over. A connection is good for any
 * number of questions.
 */
#ifndef FILTER_POLICY_H
#define FILTER_POLICY_H

#include "filter/machine.h"

#define POLICY_REPLY_BYTES_MAX ((size_t)16 << 10)

struct policy {
	struct machine m;
	bool has_action;
};

void policy_begin(struct policy *p, const struct filter_question *q, struct buf *out);
enum machine_wants policy_next(struct policy *p, struct str *in, bool is_end, struct buf *out);

#endif
