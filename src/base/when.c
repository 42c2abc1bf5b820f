#include "base/when.h"

#define DAY_MS INT64_C(86400000)
#define FIRST_MS (-INT64_C(62167219200) * 1000)      /* 0000-01-01 */
#define LAST_MS (INT64_C(253402300799) * 1000 + 999) /* 9999-12-31T23:59:59.999 */

/* Days and dates: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". A year that begins in
 * March ends in its leap day, an era is 400 of them. */
#define DAYS_PER_ERA 146097
#define DAYS_TO_1970 719468 /* from 0000-03-01 */

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

struct when_parts
when_parts(int64_t ms)
{
	ms = ms < FIRST_MS ? FIRST_MS : ms > LAST_MS ? LAST_MS : ms;
	const int64_t days = floor_div(ms, DAY_MS), in_day = ms - days * DAY_MS;
	const int64_t z = days + DAYS_TO_1970, era = floor_div(z, DAYS_PER_ERA);
	const int64_t doe = z - era * DAYS_PER_ERA;
	const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	const int64_t mp = (5 * doy + 2) / 153;
	const int64_t month = mp + (mp < 10 ? 3 : -9);
	return (struct when_parts){.year = (int)(yoe + era * 400 + (month <= 2)),
		.month = (int)month,
		.day = (int)(doy - (153 * mp + 2) / 5 + 1),
		.hour = (int)(in_day / 3600000),
		.minute = (int)(in_day / 60000 % 60),
		.second = (int)(in_day / 1000 % 60),
		.millisecond = (int)(in_day % 1000),
		.weekday = (int)(((days + 4) % 7 + 7) % 7)};
}

int64_t
when_of(int year, int month, int day, int hour, int minute, int second)
{
	const int64_t y = year - (month <= 2), era = floor_div(y, 400), yoe = y - era * 400;
	const int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	const int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return (era * DAYS_PER_ERA + doe - DAYS_TO_1970) * 86400 + hour * 3600 + minute * 60 +
	       second;
}

static char *
put(char *at, const char *text, size_t n)
{
	memcpy(at, text, n);
	return at + n;
}

static char *
put_number(char *at, int n, int digits)
{
	for (int i = digits; i-- > 0; n /= 10)
		at[i] = (char)('0' + n % 10);
	return at + digits;
}

static char *
put_time(char *at, const struct when_parts *w)
{
	at = put(put_number(at, w->hour, 2), ":", 1);
	at = put(put_number(at, w->minute, 2), ":", 1);
	return put_number(at, w->second, 2);
}

struct str
when_mail(int64_t ms, char room[static WHEN_BYTES])
{
	static const char weekdays[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const struct when_parts w = when_parts(ms);
	char *at = put(put(room, weekdays + 3 * w.weekday, 3), ", ", 2);
	at = put(put_number(at, w.day, 2), " ", 1);
	at = put(put(at, months + 3 * (w.month - 1), 3), " ", 1);
	at = put(put_number(at, w.year, 4), " ", 1);
	at = put(put_time(at, &w), " +0000", 6);
	return str_between(room, at);
}

struct str
when_log(int64_t ms, char room[static WHEN_BYTES])
{
	const struct when_parts w = when_parts(ms);
	char *at = put(put_number(room, w.year, 4), "-", 1);
	at = put(put_number(at, w.month, 2), "-", 1);
	at = put(put_number(at, w.day, 2), "T", 1);
	at = put(put_time(at, &w), ".", 1);
	at = put(put_number(at, w.millisecond, 3), "Z", 1);
	return str_between(room, at);
}
