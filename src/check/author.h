/*
 * author - whom a From field names: the domains that DMARC asks about
 *
 * RFC 5322 s3.6.2, as far as a domain goes: quoted strings and comments are passed over, since a
 * name that looks like an address is none; an address in angle brackets counts before what stands
 * around it.
 *
 * Pure.
 */
#ifndef CHECK_AUTHOR_H
#define CHECK_AUTHOR_H

#include "base/str.h"

/* author_next - the domain of the next address of the list; *rest moves behind it. False at the
 * end; an address without a domain gives an empty one. Points into the value */
bool author_next(struct str *rest, struct str *domain);

#endif
