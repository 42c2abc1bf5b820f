/*
 * http1 - the bytes of a connection as HTTP/1.1 requests: RFC 9112
 *
 * Bytes in, a request or a status out; no socket, no memory of its own. Strict where two readers
 * of one stream could disagree about where a request ends, because a proxy may stand before us:
 * lines end in CRLF, fields are not folded, a length is stated once and in one way. Everything
 * refused here is refused with a sentence.
 */
#ifndef SERVE_HTTP1_H
#define SERVE_HTTP1_H

#include "base/buf.h"
#include "web/problem.h"
#include "web/web.h"

#define HTTP_HEAD_BYTES_MAX ((size_t)16 << 10)  /* request line and fields; 431 beyond */
#define HTTP_TARGET_BYTES_MAX ((size_t)4096)    /* 414 beyond */
#define HTTP_FIELDS_MAX 100                     /* 431 beyond */
#define HTTP_EMPTY_LINES_MAX 4                  /* before a request (RFC 9112 s2.2) */
#define HTTP_CHUNK_LINE_BYTES_MAX ((size_t)256) /* size and extensions of a chunk */

enum http_progress {
	HTTP_MORE, /* more bytes are needed */
	HTTP_DONE,
	HTTP_BAD /* refused: `problem` and `why` say so; the connection cannot go on */
};

/* The head of a request. Slices point into the bytes it was parsed from, but joined values into
 * the arena. */
struct http_head {
	struct web_request request;
	struct str forwarded, x_forwarded_for;
	size_t len;             /* of the head, with the empty line */
	int64_t content_length; /* -1: none stated */
	bool is_chunked;
	bool is_http_1_0;
	bool wants_close;    /* the client does not want another request on this connection */
	bool wants_continue; /* Expect: 100-continue */
	enum problem problem;
	const char *why; /* with HTTP_BAD; static text, NULL: the problem's own advice */
};

/*
 * http_head_parse - the head at the start of `bytes`
 *
 * scanned   how many bytes were looked at in vain before, so that a slow client costs no more than
 *           a fast one; 0 for a new request. Updated on HTTP_MORE
 * head      written on HTTP_DONE and HTTP_BAD
 */
enum http_progress http_head_parse(
	struct str bytes, size_t *scanned, struct arena *a, struct http_head *head);

/* A body in chunks, on its way (RFC 9112 s7.1). A zeroed struct is a good beginning. */
struct http_chunks {
	enum { CHUNK_SIZE, CHUNK_DATA, CHUNK_DATA_END, CHUNK_TRAILER } at;
	size_t left;          /* of the data of this chunk */
	size_t trailer_bytes; /* so far */
	enum problem problem; /* with HTTP_BAD */
	const char *why;
};

/*
 * http_chunks_read - takes what it can of `bytes`
 *
 * body      the data is added; its limit is the limit of the body
 * used      how many bytes were taken, written always: the rest comes again with more behind it
 * Returns   HTTP_DONE behind the last line of the trailer
 */
enum http_progress http_chunks_read(
	struct http_chunks *c, struct str bytes, struct buf *body, size_t *used);

#endif
