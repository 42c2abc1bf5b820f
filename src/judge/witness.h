/*
 * witness - what other places of a report call the recipient that a field names
 *
 * A byte that was lost or changed on the way makes another address of one, and nothing in it shows
 * that. But a report names its recipient several times: in its prose, in the server's answer, in
 * X-Failed-Recipients, in the message that it returns. Where all of them but the field agree on an
 * address that differs from the field's in one byte, that is the one; two must be such as cannot be
 * an alias that the message was sent to at first.
 */
#ifndef JUDGE_WITNESS_H
#define JUDGE_WITNESS_H

#include "read/facts.h"

/* witness_address - `address`, or what the other places call it. Bounded: few places are asked, and
 * only of reports on few recipients */
struct str witness_address(
	const struct facts *f, const struct dsn_recipient *r, struct str address);

#endif
