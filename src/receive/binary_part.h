/*
 * binary_part - what the header of a message or of one of its parts says of the body behind it
 *
 * For binary.c, which must know where bodies end and which of them are to be written anew. A header
 * that can be understood in two ways has a fault: whoever reads the message next might take the
 * other one.
 *
 * Pure.
 */
#ifndef RECEIVE_BINARY_PART_H
#define RECEIVE_BINARY_PART_H

#include "base/arena.h"
#include "base/str.h"

#define BINARY_BOUNDARY_BYTES_MAX 70 /* RFC 2046 s5.1.1 */

enum binary_body {
	BINARY_AS_IT_IS, /* a leaf, or nothing that is known */
	BINARY_TO_ENCODE,
	BINARY_MULTIPART, /* parts with a boundary between them */
	BINARY_NESTED     /* a message: its header begins */
};

struct binary_part {
	enum binary_body body;
	struct str boundary;           /* of BINARY_MULTIPART; of the header, or in the arena */
	struct str field, replacement; /* a field of the header, and what takes its place; absent */
	bool is_signed;                /* multipart/signed: what is in it must stay as it is */
	bool is_digest;                /* its parts are messages, unless they say otherwise */
};

/*
 * binary_part_read
 *
 * header        lines with CRLF, without the blank one
 * is_in_digest  part of a multipart/digest
 * Returns       what is wrong with it; NULL: nothing, and *out is written
 */
const char *binary_part_read(
	struct str header, bool is_in_digest, struct arena *a, struct binary_part *out);

#endif
