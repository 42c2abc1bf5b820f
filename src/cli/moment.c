#include "cli/moment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Days since 1970 of a date. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	const int64_t y = month <= 2 ? year - 1 : year;
	const int64_t era = y / 400, of_era = y % 400;
	const int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t
wall_of(const struct tm *tm)
{
	return days_of(tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday) * 86400 +
	       tm->tm_hour * 3600 + tm->tm_min * 60 + tm->tm_sec;
}

static bool
at_point(int64_t point, struct moment *m)
{
	const time_t t = (time_t)point;
	struct tm tm;
	if (localtime_r(&t, &tm) == NULL)
		return false;
	*m = (struct moment){true, point, wall_of(&tm)};
	return true;
}

static bool
at_wall(struct tm tm, struct moment *m)
{
	tm.tm_isdst = -1;
	const int64_t wall = wall_of(&tm);
	const time_t point = mktime(&tm);
	*m = (struct moment){true, (int64_t)point, wall};
	return point != (time_t)-1;
}

/* `count` digits at *s, which moves behind them; -1 when they are not there. */
static int
digits(const char **s, int count)
{
	int n = 0;
	for (int i = 0; i < count; i++, (*s)++) {
		if (**s < '0' || **s > '9')
			return -1;
		n = n * 10 + (**s - '0');
	}
	return n;
}

static bool
skip(const char **s, char c)
{
	const bool is_there = **s == c;
	*s += is_there;
	return is_there;
}

/* "08:00", "08:00:30", "08:00:30.5" at *s. */
static bool
clock_parse(const char **s, struct tm *tm)
{
	tm->tm_hour = digits(s, 2);
	if (tm->tm_hour < 0 || tm->tm_hour > 23 || !skip(s, ':'))
		return false;
	tm->tm_min = digits(s, 2);
	if (tm->tm_min < 0 || tm->tm_min > 59)
		return false;
	if (skip(s, ':'))
		tm->tm_sec = digits(s, 2);
	if (skip(s, '.'))
		*s += strspn(*s, "0123456789");
	return tm->tm_sec >= 0 && tm->tm_sec <= 60;
}

/* "2026-11-01", with or without "T08:00[:00][.5]" and a zone. `is_end`: a date means its last
 * second. */
static bool
date_parse(const char *s, bool is_end, struct moment *m)
{
	const int year = digits(&s, 4);
	if (year < 1970 || !skip(&s, '-'))
		return false;
	const int month = digits(&s, 2);
	if (month < 1 || month > 12 || !skip(&s, '-'))
		return false;
	const int day = digits(&s, 2);
	if (day < 1 || day > 31)
		return false;
	struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
	if (*s == '\0') {
		tm.tm_hour = is_end ? 23 : 0;
		tm.tm_min = tm.tm_sec = is_end ? 59 : 0;
		return at_wall(tm, m);
	}
	if ((!skip(&s, 'T') && !skip(&s, 't') && !skip(&s, ' ')) || !clock_parse(&s, &tm))
		return false;
	if (*s == '\0')
		return at_wall(tm, m);
	if (strcmp(s, "Z") == 0 || strcmp(s, "z") == 0)
		return at_point(wall_of(&tm), m);
	const int sign = *s == '-' ? 1 : -1;
	if (!skip(&s, '-') && !skip(&s, '+'))
		return false;
	const int hours = digits(&s, 2);
	const int minutes = hours >= 0 && skip(&s, ':') ? digits(&s, 2) : -1;
	return minutes >= 0 && *s == '\0' &&
	       at_point(wall_of(&tm) + sign * (hours * 3600 + minutes * 60), m);
}

/* "2h", "7d ago" */
static bool
ago_parse(const char *s, int64_t now, struct moment *m)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	char *end;
	errno = 0;
	const long n = strtol(s, &end, 10);
	if (end == s || n < 0 || n > 1000000 || errno != 0)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (*end == units[i].unit && (end[1] == '\0' || strcmp(end + 1, " ago") == 0))
			return at_point(now - n * units[i].seconds, m);
	return false;
}

bool
moment_parse(const char *s, bool is_end, struct moment *m)
{
	const time_t now = time(NULL);
	struct tm tm;
	if (strcmp(s, "now") == 0)
		return at_point((int64_t)now, m);
	const bool is_yesterday = strcmp(s, "yesterday") == 0;
	if ((is_yesterday || strcmp(s, "today") == 0) && localtime_r(&now, &tm) != NULL) {
		tm.tm_mday -= is_yesterday;
		tm.tm_hour = is_end ? 23 : 0;
		tm.tm_min = tm.tm_sec = is_end ? 59 : 0;
		tm.tm_isdst = -1;
		const time_t point =
			mktime(&tm); /* also makes a 0th the last of the month before */
		return point != (time_t)-1 && at_point((int64_t)point, m);
	}
	return ago_parse(s, (int64_t)now, m) || date_parse(s, is_end, m);
}
