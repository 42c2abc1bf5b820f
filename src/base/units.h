/*
 * units - sizes and times as people write them: 64K, 10M, 5m, 2h
 *
 * K, M and G are powers of 1024, in either case; of times m is the minute, and letters are small.
 */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include "base/str.h"

#define UNITS_TEXT_BYTES (STR_DIGITS_MAX + 1)

enum units { UNITS_NONE, UNITS_BYTES, UNITS_SECONDS };

/*
 * units_parse - a whole number, perhaps with a unit, a blank between them or none
 *
 * Returns  -1 when it is none; INT64_MAX when it is more than that
 */
int64_t units_parse(struct str text, enum units units);

/* units_text - `n`, 0 or more, with the largest unit that leaves no rest; written into room */
struct str units_text(int64_t n, enum units units, char room[UNITS_TEXT_BYTES]);

/* So many in so long. */
struct rate {
	uint32_t count, seconds;
};

#define RATE_COUNT_MAX 1000000
#define RATE_SECONDS_MAX 2592000 /* 30 days */

/* rate_parse - "300/1h"; false, and *out as it was, when it is none, or past those limits */
bool rate_parse(struct str text, struct rate *out);

#endif
