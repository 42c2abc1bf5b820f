#include "serve/stamp.h"

#include <time.h>

/* strftime() would ask the locale for the names. */
static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* A form: two digits of the time go to each of these places. */
struct form {
	struct str text;
	int year, month, day, hour, minute, second; /* month: -1, it is a name */
};

static struct str
write_form(const struct form *f, const struct tm *t, char *room)
{
	const int year = t->tm_year + 1900;
	const struct {
		int at, value;
	} pairs[] = {
		{f->year, year / 100},
		{f->year + 2, year % 100},
		{f->month, t->tm_mon + 1},
		{f->day, t->tm_mday},
		{f->hour, t->tm_hour},
		{f->minute, t->tm_min},
		{f->second, t->tm_sec},
	};
	memcpy(room, f->text.ptr, f->text.len);
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		if (pairs[i].at < 0)
			continue;
		room[pairs[i].at] = (char)('0' + pairs[i].value / 10 % 10);
		room[pairs[i].at + 1] = (char)('0' + pairs[i].value % 10);
	}
	return (struct str){room, f->text.len};
}

struct str
stamp_http(char room[static STAMP_BYTES])
{
	static const struct form form = {
		STR_INIT("Ddd, 00 Mmm 0000 00:00:00 GMT"), 12, -1, 5, 17, 20, 23};
	const time_t now = time(NULL);
	struct tm t;
	if (gmtime_r(&now, &t) == NULL)
		return STR_NONE;
	const struct str text = write_form(&form, &t, room);
	memcpy(room, days + (size_t)(3 * t.tm_wday), 3);
	memcpy(room + 8, months + (size_t)(3 * t.tm_mon), 3);
	return text;
}

struct str
stamp_log(char room[static STAMP_BYTES])
{
	static const struct form form = {STR_INIT("0000-00-00T00:00:00Z"), 0, 5, 8, 11, 14, 17};
	const time_t now = time(NULL);
	struct tm t;
	return gmtime_r(&now, &t) != NULL ? write_form(&form, &t, room) : STR_NONE;
}
