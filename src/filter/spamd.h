/*
 * spamd - the machine of SpamAssassin's protocol: spamd/PROTOCOL, SYMBOLS and PING
 *
 *	> SYMBOLS SPAMC/1.5
 *	> Content-length: 1234
 *	>
 *	> (the message, our Received in front: the checks of the last hop need it)
 *	< SPAMD/1.1 0 EX_OK
 *	< Content-length: 18
 *	< Spam: True ; 15.3 / 5.0
 *	<
 *	< GTUBE,NO_RECEIVED
 *
 * One question is one connection: spamd closes it. Whether the points refuse or mark is not said
 * here: the limits are ours, and spamd's own counts for nothing.
 */
#ifndef FILTER_SPAMD_H
#define FILTER_SPAMD_H

#include "filter/machine.h"

#define SPAMD_HEAD_BYTES_MAX 4096
#define SPAMD_SYMBOLS_BYTES_MAX ((size_t)32 << 10)

struct spamd {
	struct machine m;
	bool has_text, has_status, has_points, is_body;
	int64_t body_bytes; /* that are announced; -1: up to the end */
};

void spamd_begin(struct spamd *s, const struct filter_question *q, struct buf *out);
void spamd_text(struct spamd *s, struct str piece, struct buf *out);
enum machine_wants spamd_next(struct spamd *s, struct str *in, bool is_end, struct buf *out);

#endif
