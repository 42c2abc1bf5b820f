/*
 * date - the dates of mail as RFC 3339
 *
 * RFC 5322 s3.3 with its obsolete forms, and what programs write instead:
 * without the day of the week, without a zone, with a zone's name, ISO 8601.
 */
#ifndef READ_DATE_H
#define READ_DATE_H

#include "base/arena.h"

/* date_text - "Thu, 29 Apr 2010 23:34:45 +0900 (JST)" as "2010-04-29T23:34:45+09:00"; absent when
 * it is no date that exists. A date without a zone gets "-00:00" (RFC 3339 s4.3: unknown). */
struct str date_text(struct str in, struct arena *a);

#endif
