/*
 * base64 - RFC 4648 s4 to the letter, for AUTH
 *
 * decode_base64() in base/decode skips what it does not know, as mail bodies want it; RFC 4954 s4
 * wants such a line refused.
 */
#ifndef SMTP_BASE64_H
#define SMTP_BASE64_H

#include "base/str.h"

#define BASE64_BYTES(n) (((n) + 2) / 3 * 4)

/*
 * base64_decode - the bytes that `in` stands for
 *
 * room      in.len / 4 * 3 bytes
 * Returns   false when `in` is not base64: another byte, wrong padding, bits left over; then
 *           nothing may be read from room
 */
bool base64_decode(struct str in, char *room, size_t *length);

/* base64_encode - `in` as base64, with padding; room: BASE64_BYTES(in.len) bytes; their number */
size_t base64_encode(struct str in, char *room);

#endif
