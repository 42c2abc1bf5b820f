/*
 * http_answer - the answer of an HTTP server, read by the one who asked: RFC 9112
 *
 * A status, the body, and whether the connection is good for more. The body is gathered, up to a
 * limit; its end is by length, by chunks, or by the end of the connection.
 */
#ifndef NET_HTTP_ANSWER_H
#define NET_HTTP_ANSWER_H

#include "base/buf.h"

#define HTTP_HEAD_BYTES_MAX ((size_t)16 << 10)
#define HTTP_TYPE_BYTES_MAX 127 /* a longer Content-Type is cut */

enum http_answer_state { HTTP_MORE, HTTP_WHOLE, HTTP_BROKEN };

struct http_answer {
	unsigned status;                    /* 200 */
	char type[HTTP_TYPE_BYTES_MAX + 1]; /* Content-Type; "" when it is not said */
	struct buf body;
	bool keeps; /* the connection may be used again */
	/* inside: */
	bool has_head, is_chunked, is_trailer;
	int64_t left; /* of the body, or of the chunk at hand; -1: not known */
};

/* http_answer_init - body_max: bytes of the body; more is no answer */
void http_answer_init(struct http_answer *h, size_t body_max);
void http_answer_fini(struct http_answer *h);

/* http_answer_add - takes of *in what is the answer's; is_end: nothing more will come. *why is
 * written when it is broken */
enum http_answer_state http_answer_add(
	struct http_answer *h, struct str *in, bool is_end, const char **why);

#endif
