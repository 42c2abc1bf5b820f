/*
 * xtext - values of ESMTP parameters: RFC 3461 s4 xtext, to the letter
 *
 * decode_xtext() in base/decode forgives what reports do to addresses; here the client listens and
 * is told.
 */
#ifndef SMTP_XTEXT_H
#define SMTP_XTEXT_H

#include "base/arena.h"

/* xtext_is_valid - only "!".."~" without "+" and "=", and "+" with two upper-case hex digits;
 * empty text is valid */
bool xtext_is_valid(struct str s);

/*
 * xtext_decode - the bytes that valid xtext stands for
 *
 * room      s.len bytes; may be s.ptr
 * Returns   how many were written
 */
size_t xtext_decode(struct str s, char *room);

/*
 * xtext_encode - any bytes as xtext
 *
 * room      3 * s.len bytes
 * Returns   how many were written
 */
size_t xtext_encode(struct str s, char *room);

/* xtext_orcpt - an address as ORCPT has it (RFC 3461 s4.2), "rfc822;ann+2Bshop@example.org", in the
 * arena; what is beyond ASCII stays as it is (RFC 6533 s3). Absent without memory */
struct str xtext_orcpt(struct str address, struct arena *a);

#endif
