/*
 * multipart - the fields of a form: multipart/form-data, RFC 7578 over RFC 2046 s5.1
 *
 * Written by programs, so it is read strictly: CRLF, a closing delimiter, a name for every part.
 * Nothing is copied; part after part comes out of the bytes.
 */
#ifndef WEB_MULTIPART_H
#define WEB_MULTIPART_H

#include "base/arena.h"

#define MULTIPART_BOUNDARY_BYTES_MAX 70 /* RFC 2046 s5.1.1 */
#define MULTIPART_PARTS_MAX 32
#define MULTIPART_HEADER_BYTES_MAX ((size_t)4096) /* of one part */

struct multipart {
	struct str rest;                                  /* behind the last delimiter */
	char delimiter[4 + MULTIPART_BOUNDARY_BYTES_MAX]; /* CRLF "--" boundary */
	size_t delimiter_len;
	struct arena *arena;
	unsigned parts;
	bool is_last;    /* the closing delimiter was met */
	const char *why; /* what is wrong, as a sentence; NULL: nothing so far */
};

struct multipart_part {
	struct str name;
	struct str filename; /* absent: the part is no file */
	struct str type;     /* its Content-Type; absent: text */
	struct str body;
};

/* multipart_begin - `content_type` is that of the body; false, with m->why, when it names no good
 * boundary, or it does not occur */
bool multipart_begin(
	struct multipart *m, struct str content_type, struct str body, struct arena *a);

/* multipart_next - false at the end, and when m->why is set */
bool multipart_next(struct multipart *m, struct multipart_part *part);

#endif
