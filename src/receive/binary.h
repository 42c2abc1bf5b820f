/*
 * binary - a message of BODY=BINARYMIME made one that every mailbox and server can have
 *
 * RFC 3030 s3 lets no such message go on to who has not offered it, and RFC 6152 s3 has it
 * converted: bodies whose Content-Transfer-Encoding is binary become base64, byte for byte what
 * they were, and all else stays. It is done while the text comes in, so that the queue, a Maildir,
 * a command, LMTP, other servers and our own signature all have the same text, in lines.
 *
 * What cannot be converted without a guess has a fault and is no message: binary bytes outside of a
 * body that says so, a part of something signed, a header that can be read in two ways.
 *
 * A machine without I/O: how the bytes were cut into pieces changes nothing.
 */
#ifndef RECEIVE_BINARY_H
#define RECEIVE_BINARY_H

#include "base/str.h"

#define BINARY_HEADER_BYTES_MAX ((size_t)64 << 10) /* of the message, or of a part */
#define BINARY_DEPTH_MAX 16                        /* multiparts in multiparts */

/* The next piece of the text as it is to be: no CR or LF alone, no NUL. */
typedef void binary_piece(void *to, struct str piece);

struct binary;

/* binary_new - line_bytes_max: of a line that is not converted, 0 = any; NULL: no memory */
struct binary *binary_new(uint32_t line_bytes_max, binary_piece *put, void *to);
/* binary_free - NULL is harmless */
void binary_free(struct binary *b);

/* binary_add - the next bytes as they came; after a fault nothing more is put */
void binary_add(struct binary *b, struct str bytes);

/* binary_end - there are no more; what is wrong with the message, or NULL */
const char *binary_end(struct binary *b);

#endif
