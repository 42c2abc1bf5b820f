/*
 * when - moments as text, in UTC: milliseconds since 1970 into what mail and logs write
 *
 * The proleptic Gregorian calendar, years 0 to 9999; a moment outside is written as the nearest
 * inside. Pure: no clock, no locale.
 */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include "base/str.h"

#define WHEN_BYTES 40

struct when_parts {
	int year, month, day, hour, minute, second, millisecond; /* month and day from 1 */
	int weekday;                                             /* 0 = Sunday */
};

struct when_parts when_parts(int64_t ms);

/* when_of - the other way: seconds since 1970 of a date that exists */
int64_t when_of(int year, int month, int day, int hour, int minute, int second);

/* when_mail - "Sun, 22 Nov 2026 09:14:03 +0000" (RFC 5322 s3.3) */
struct str when_mail(int64_t ms, char room[static WHEN_BYTES]);

/* when_log - "2026-11-22T09:14:03.120Z" (RFC 3339) */
struct str when_log(int64_t ms, char room[static WHEN_BYTES]);

#endif
