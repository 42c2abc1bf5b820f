/*
 * head - the header of a message while it arrives: what it has, and what is put in front of it
 *
 * In front of it goes our Received field, and, for mail of our own users, the fields that it must
 * have and lacks (RFC 6409 s8). Of a header larger than HEAD_BYTES_MAX only so much is looked at.
 */
#ifndef RECEIVE_HEAD_H
#define RECEIVE_HEAD_H

#include "base/buf.h"

#define HEAD_BYTES_MAX ((size_t)256 << 10)
#define HEAD_MESSAGE_ID_BYTES_MAX 512

struct head {
	struct buf text;
	bool is_over;      /* what comes now is no header any more */
	unsigned received; /* fields */
	bool has_date, has_from, has_message_id;
	bool has_8bit;
	bool is_cut;           /* it is larger than what is looked at */
	struct str message_id; /* in the text */
};

void head_init(struct head *h);
void head_fini(struct head *h);

/* head_add - the next bytes, lines ending in CRLF; how many of them are the header's, which is over
 * (is_over) with them when there are more. What there is no memory for ends it */
size_t head_add(struct head *h, struct str piece);

/* head_end - there is no more: the message was a header alone */
void head_end(struct head *h);

/* What our Received field says: RFC 5321 s4.4. Absent: unknown. */
struct trace {
	struct str helo, client, client_name, host, protocol, id, session, tls, recipient;
	int64_t now_ms;
};

/* trace_write - the field with its CRLF; every line at most 78 bytes where its words allow it */
void trace_write(const struct trace *t, struct buf *out);

/* head_complete - the fields that the header lacks: Date, Message-ID */
void head_complete(const struct head *h, const struct trace *t, struct buf *out);

#endif
