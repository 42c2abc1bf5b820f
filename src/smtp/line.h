/*
 * line - the next command in the input
 *
 * A command ends in CRLF and has at most so many bytes as its verb allows. One that is longer is
 * not kept: its bytes are used up as they come, and it is refused at its end (C04); without an end
 * in sight the session is (C02).
 */
#ifndef SMTP_LINE_H
#define SMTP_LINE_H

#include "smtp/session.h"

enum line_result {
	LINE_MORE, /* not complete; of a too long one, what there was is used up */
	LINE_OK,
	LINE_TOO_LONG,
	LINE_ENDLESS,
	LINE_BARE,   /* a CR or LF of its own in it, where those are refused */
	LINE_FOREIGN /* begins as no text does: TLS or another protocol */
};

/*
 * line_read - the line at the start of `in`
 *
 * line      without its line end; a slice of `in`; on LINE_OK
 * bytes     how many of `in` belong to it, with its end; 0 on LINE_MORE
 * limit     of the verb at its start, with CRLF; written on LINE_TOO_LONG
 * O(new bytes): what was searched once is not searched again
 */
enum line_result line_read(
	struct session *s, struct str *in, struct str *line, size_t *bytes, size_t *limit);

/* line_use - the line is dealt with: `bytes` of `in` are used up */
void line_use(struct session *s, struct str *in, size_t bytes);

#endif
