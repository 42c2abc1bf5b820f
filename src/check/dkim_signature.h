/*
 * dkim_signature - what the field of a signature says: RFC 6376 s3.5
 *
 * Threads: those of the struct dkim.
 */
#ifndef CHECK_DKIM_SIGNATURE_H
#define CHECK_DKIM_SIGNATURE_H

#include "check/dkim.h"

/* dkim_signature_parse - fills in `s` out of s->field; what it adds is in the arena of `d`. What is
 * wrong, in words; absent: nothing */
struct str dkim_signature_parse(struct dkim *d, struct dkim_signature *s);

/* dkim_passed_parse - the same of an ARC-Message-Signature, where i= is a number and v= means
 * nothing: RFC 8617 s4.1.2 */
struct str dkim_passed_parse(struct dkim *d, struct dkim_signature *s);

#endif
