/*
 * clamd - the machine of ClamAV's protocol: clamd(8), INSTREAM and PING
 *
 *	> zINSTREAM\0 {length 4, bytes} ... 0000
 *	< stream: Eicar-Test-Signature FOUND\0
 *
 * One scan is one connection: clamd closes it. A virus refuses the message; what clamd cannot scan
 * is trouble, and never "clean".
 */
#ifndef FILTER_CLAMD_H
#define FILTER_CLAMD_H

#include "filter/machine.h"

#define CLAMD_REPLY_BYTES_MAX 1024

struct clamd {
	struct machine m;
	bool has_text; /* all of it was sent */
};

void clamd_begin(struct clamd *c, const struct filter_question *q, struct buf *out);
void clamd_text(struct clamd *c, struct str piece, struct buf *out);
enum machine_wants clamd_next(struct clamd *c, struct str *in, bool is_end, struct buf *out);

#endif
