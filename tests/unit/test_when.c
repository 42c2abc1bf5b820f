/* moments as text, and back */
#include "base/when.h"
#include "tap.h"

#include <time.h>

static void
known(void)
{
	static const struct {
		int64_t ms;
		const char *mail, *log;
	} rows[] = {
		{0, "Thu, 01 Jan 1970 00:00:00 +0000", "1970-01-01T00:00:00.000Z"},
		{-1, "Wed, 31 Dec 1969 23:59:59 +0000", "1969-12-31T23:59:59.999Z"},
		{1795338843120, "Sun, 22 Nov 2026 09:14:03 +0000", "2026-11-22T09:14:03.120Z"},
		{951782400000, "Tue, 29 Feb 2000 00:00:00 +0000", "2000-02-29T00:00:00.000Z"},
		{4107542399999, "Sun, 28 Feb 2100 23:59:59 +0000", "2100-02-28T23:59:59.999Z"},
		{4107542400000, "Mon, 01 Mar 2100 00:00:00 +0000", "2100-03-01T00:00:00.000Z"},
		{INT64_MAX, "Fri, 31 Dec 9999 23:59:59 +0000", "9999-12-31T23:59:59.999Z"},
		{INT64_MIN, "Sat, 01 Jan 0000 00:00:00 +0000", "0000-01-01T00:00:00.000Z"},
	};
	char room[WHEN_BYTES];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		tap_is_str(when_mail(rows[i].ms, room), str_of(rows[i].mail), "mail's");
		tap_is_str(when_log(rows[i].ms, room), str_of(rows[i].log), "the log's");
	}
}

/* Against the C library's calendar, every 17 hours and a bit for three centuries. */
static void
as_the_system(void)
{
	int wrong = 0;
	for (int64_t s = -3000000000; s < 7000000000; s += 61237) {
		const time_t t = (time_t)s;
		struct tm tm;
		gmtime_r(&t, &tm);
		const struct when_parts w = when_parts(s * 1000);
		wrong += w.year != tm.tm_year + 1900 || w.month != tm.tm_mon + 1 ||
			 w.day != tm.tm_mday || w.hour != tm.tm_hour || w.minute != tm.tm_min ||
			 w.second != tm.tm_sec || w.weekday != tm.tm_wday ||
			 when_of(w.year, w.month, w.day, w.hour, w.minute, w.second) != s;
	}
	tap_is_int(wrong, 0, "moments that differ from the system's calendar");
}

int
main(void)
{
	known();
	as_the_system();
	return tap_done();
}
