/*
 * logtime - the stamps of log lines: dates of ISO 8601 and of traditional syslog, and the seconds
 * since 1970 that they are
 */
#include "read/logline.h"

int64_t
time_of(int64_t year, unsigned month, unsigned day, int64_t seconds)
{
	/* Days since 1970 in the proleptic Gregorian calendar, counted in years that begin in
	 * March, so that the leap day comes last. */
	const int64_t y = month <= 2 ? year - 1 : year;
	const int64_t era = (y >= 0 ? y : y - 399) / 400;
	const int64_t year_of_era = y - era * 400;
	const int64_t day_of_year =
		(153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + (int64_t)day - 1;
	const int64_t day_of_era =
		year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return (era * 146097 + day_of_era - 719468) * 86400 + seconds;
}

static void
put_digits(char *to, unsigned count, int64_t n)
{
	while (count-- > 0) {
		to[count] = (char)('0' + n % 10);
		n /= 10;
	}
}

struct str
time_text(int64_t time_s, bool has_zone, struct arena *a)
{
	char out[26] = "0000-00-00T00:00:00-00:00";
	if (time_s < 0 || time_s >= 253402300800) /* the year 10000 */
		return STR_NONE;
	const int64_t days = time_s / 86400 + 719468, seconds = time_s % 86400;
	const int64_t era = days / 146097, day_of_era = days % 146097;
	const int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	const int64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	const int64_t shifted = (5 * day_of_year + 2) / 153;
	const int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
	put_digits(out, 4, year_of_era + era * 400 + (month <= 2));
	put_digits(out + 5, 2, month);
	put_digits(out + 8, 2, day_of_year - (153 * shifted + 2) / 5 + 1);
	put_digits(out + 11, 2, seconds / 3600);
	put_digits(out + 14, 2, seconds / 60 % 60);
	put_digits(out + 17, 2, seconds % 60);
	if (has_zone)
		out[19] = 'Z';
	return arena_str(a, (struct str){out, has_zone ? 20 : 25});
}

/* Two digits at `at`, at most `max`; -1 when they are not there. */
static int
two(struct str s, size_t at, int max)
{
	if (at + 2 > s.len || !ascii_is_digit((unsigned char)s.ptr[at]) ||
		!ascii_is_digit((unsigned char)s.ptr[at + 1]))
		return -1;
	const int n = (s.ptr[at] - '0') * 10 + s.ptr[at + 1] - '0';
	return n <= max ? n : -1;
}

/* "04:05:06" at `at`, in seconds, or -1. */
static int64_t
clock_time(struct str s, size_t at)
{
	const int h = two(s, at, 23), m = two(s, at + 3, 59), sec = two(s, at + 6, 60);
	if (h < 0 || m < 0 || sec < 0 || s.ptr[at + 2] != ':' || s.ptr[at + 5] != ':')
		return -1;
	return (int64_t)h * 3600 + m * 60 + sec;
}

static size_t
skip_fraction(struct str s, size_t at)
{
	if (at < s.len && (s.ptr[at] == '.' || s.ptr[at] == ',') && at + 1 < s.len &&
		ascii_is_digit((unsigned char)s.ptr[at + 1])) {
		at++;
		while (at < s.len && ascii_is_digit((unsigned char)s.ptr[at]))
			at++;
	}
	return at;
}

/* "Z", "+01:00", "-0500" at *at: the offset in seconds, and *at behind it; false when there is
 * none.
 */
static bool
zone_at(struct str s, size_t *at, int64_t *offset)
{
	if (*at < s.len && (s.ptr[*at] == 'Z' || s.ptr[*at] == 'z')) {
		*offset = 0;
		*at += 1;
		return true;
	}
	if (*at >= s.len || (s.ptr[*at] != '+' && s.ptr[*at] != '-'))
		return false;
	const bool has_colon = *at + 3 < s.len && s.ptr[*at + 3] == ':';
	const int h = two(s, *at + 1, 23), m = two(s, *at + (has_colon ? 4 : 3), 59);
	if (h < 0 || m < 0)
		return false;
	*offset = ((int64_t)h * 3600 + m * 60) * (s.ptr[*at] == '-' ? -1 : 1);
	*at += has_colon ? 6 : 5;
	return true;
}

size_t
logtime_iso(struct str s, struct logline *out)
{
	if (s.len < 19 || s.ptr[4] != '-' || s.ptr[7] != '-' ||
		(s.ptr[10] != 'T' && s.ptr[10] != ' '))
		return 0;
	const int century = two(s, 0, 99), years = two(s, 2, 99), month = two(s, 5, 12),
		  day = two(s, 8, 31);
	const int64_t seconds = clock_time(s, 11);
	if (century < 19 || years < 0 || month < 1 || day < 1 || seconds < 0)
		return 0;
	size_t at = skip_fraction(s, 19);
	int64_t offset = 0;
	size_t zone = at < s.len && s.ptr[at] == ' ' && s.ptr[10] == ' ' ? at + 1 : at;
	out->has_zone =
		(zone == at || (zone < s.len && s.ptr[zone] != 'Z')) && zone_at(s, &zone, &offset);
	if (out->has_zone)
		at = zone;
	out->time_s =
		time_of(century * 100 + years, (unsigned)month, (unsigned)day, seconds) - offset;
	if (at < s.len && !ascii_is_space((unsigned char)s.ptr[at]))
		return 0;
	return at;
}

struct str
logline_skip_stamp(struct str s)
{
	struct logline ignored;
	const size_t n = logtime_iso(s, &ignored);
	return n == 0 ? s : str_trim(str_from(s, n));
}

static unsigned
month_find(struct str s)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	for (unsigned i = 0; i < 12; i++)
		if (s.len >= 3 && memcmp(s.ptr, names + (size_t)i * 3, 3) == 0)
			return i + 1;
	return 0;
}

/* Moves the clock on to a stamp without a year; see the top of logline.h. */
static int
clock_year(struct log_clock *clock, unsigned month, unsigned day)
{
	if (clock->month != 0) {
		const int from = (int)(clock->month * 31 + clock->day),
			  to = (int)(month * 31 + day);
		if (to < from - 186)
			clock->year++;
		else if (to > from + 186)
			clock->year--;
	}
	clock->month = month;
	clock->day = day;
	return clock->year;
}

size_t
logtime_bsd(struct str s, struct log_clock *clock, struct logline *out)
{
	const unsigned month = month_find(s);
	if (month == 0 || s.len < 15 || s.ptr[3] != ' ')
		return 0;
	size_t at = 4;
	at += s.ptr[at] == ' ';
	const int64_t day = str_number(str_from(s, at), 31);
	if (day < 1)
		return 0;
	at += day > 9 || s.ptr[at] == '0' ? 2 : 1;
	if (at + 9 > s.len || s.ptr[at] != ' ')
		return 0;
	at++;
	const int64_t year =
		s.len > at + 5 && s.ptr[at + 4] == ' ' ? str_number(str_from(s, at), 9999) : -1;
	if (year >= 1900)
		at += 5;
	const int64_t seconds = clock_time(s, at);
	if (seconds < 0)
		return 0;
	at = skip_fraction(s, at + 8);
	if (at < s.len && s.ptr[at] != ' ')
		return 0;
	out->time_s = time_of(year >= 1900 ? year : clock_year(clock, month, (unsigned)day), month,
		(unsigned)day, seconds);
	return at;
}
