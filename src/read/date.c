#include "read/date.h"

#define DATE_BYTES_MAX 200 /* of a value that are read */

struct date {
	int year, month, day, hour, minute, second;
	int zone_minutes;
	bool has_zone, has_time, is_unknown_zone;
};

/* Zone names worth knowing: RFC 5322 s4.3, and those that are unambiguous in mail. */
static const struct {
	struct str name;
	int minutes;
} zones[] = {
	{STR_INIT("GMT"), 0},
	{STR_INIT("UTC"), 0},
	{STR_INIT("UT"), 0},
	{STR_INIT("Z"), 0},
	{STR_INIT("EST"), -300},
	{STR_INIT("EDT"), -240},
	{STR_INIT("CST"), -360},
	{STR_INIT("CDT"), -300},
	{STR_INIT("MST"), -420},
	{STR_INIT("MDT"), -360},
	{STR_INIT("PST"), -480},
	{STR_INIT("PDT"), -420},
	{STR_INIT("JST"), 540},
	{STR_INIT("CET"), 60},
	{STR_INIT("CEST"), 120},
	{STR_INIT("MEZ"), 60},
	{STR_INIT("MESZ"), 120},
	{STR_INIT("BST"), 60},
	{STR_INIT("MSK"), 180},
};

static int
month_of(struct str word)
{
	static const char names[][3] = {
		"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
	if (word.len < 3)
		return 0;
	const char a = (char)ascii_lower((unsigned char)word.ptr[0]);
	const char b = (char)ascii_lower((unsigned char)word.ptr[1]);
	const char c = (char)ascii_lower((unsigned char)word.ptr[2]);
	for (int m = 0; m < 12; m++)
		if (names[m][1] == b && names[m][0] == a && names[m][2] == c)
			return m + 1;
	return 0;
}

static int
days_in(int month, int year)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && is_leap);
}

/* "23:34:45", "23:34" */
static bool
parse_time(struct str word, struct date *d)
{
	struct str rest = word;
	const int64_t hour = str_number(str_cut(&rest, ':'), 23);
	if (!str_is_set(rest) || hour < 0)
		return false;
	const int64_t minute = str_number(str_cut(&rest, ':'), 59);
	const int64_t second = str_is_set(rest) ? str_number(rest, 60) : 0;
	if (minute < 0 || second < 0)
		return false;
	d->hour = (int)hour;
	d->minute = (int)minute;
	d->second = (int)second;
	d->has_time = true;
	return true;
}

/* "+0900", "-05:00", "JST" */
static bool
parse_zone(struct str word, struct date *d)
{
	if (word.len >= 5 && (word.ptr[0] == '+' || word.ptr[0] == '-') &&
		ascii_is_digit((unsigned char)word.ptr[1])) {
		const bool has_colon = word.ptr[3] == ':';
		const int64_t hours = str_number(str_head(str_from(word, 1), 2), 23);
		const int64_t minutes =
			str_number(str_head(str_from(word, has_colon ? 4 : 3), 2), 59);
		if (hours < 0 || minutes < 0)
			return false;
		d->zone_minutes = (int)(hours * 60 + minutes) * (word.ptr[0] == '-' ? -1 : 1);
		/* "-0000" says that the zone is not known: RFC 5322 s3.3. */
		d->is_unknown_zone = d->zone_minutes == 0 && word.ptr[0] == '-';
		d->has_zone = true;
		return true;
	}
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
		if (!str_eq_case(word, zones[i].name))
			continue;
		d->zone_minutes = zones[i].minutes;
		d->has_zone = true;
		return true;
	}
	return false;
}

/* "2010-04-29T23:34:45Z", "2010-04-29 23:34:45 +0900" */
static bool
parse_iso_day(struct str *word, struct date *d)
{
	if (word->len < 10 || word->ptr[4] != '-' || word->ptr[7] != '-')
		return false;
	d->year = (int)str_number(str_head(*word, 4), 9999);
	d->month = (int)str_number(str_head(str_from(*word, 5), 2), 12);
	d->day = (int)str_number(str_head(str_from(*word, 8), 2), 31);
	*word = str_from(*word, 10);
	if (str_starts_case(*word, STR("T"))) {
		struct str rest = str_from(*word, 1);
		size_t n = 0;
		while (n < rest.len &&
			(ascii_is_digit((unsigned char)rest.ptr[n]) || rest.ptr[n] == ':'))
			n++;
		(void)parse_time(str_head(rest, n), d);
		rest = str_from(rest, n);
		if (str_starts(rest, STR(".")))
			for (rest = str_from(rest, 1);
				rest.len > 0 && ascii_is_digit((unsigned char)rest.ptr[0]);)
				rest = str_from(rest, 1);
		(void)parse_zone(rest, d);
	}
	if (d->year > 0 && d->month > 0 && d->day > 0)
		return true;
	d->year = d->month = d->day = 0;
	return false;
}

/* The number that stands in these digits; -1 when one is none. */
static int
digits_value(const char *p, size_t count)
{
	int n = 0;
	for (size_t i = 0; i < count; i++) {
		if (!ascii_is_digit((unsigned char)p[i]))
			return -1;
		n = n * 10 + (p[i] - '0');
	}
	return n;
}

/*
 * "Thu, 29 Apr 2010 23:34:45 +0900", with or without the day of the week and a comment behind: the
 * form of RFC 5322 s3.3 to the letter, as nearly all are. False when it is another, which is then
 * read word by word; to the same result where both can.
 */
static bool
read_plain(struct str in, struct date *d)
{
	if (in.len > 5 && in.ptr[3] == ',' && in.ptr[4] == ' ' &&
		ascii_is_alpha((unsigned char)in.ptr[0]) &&
		ascii_is_alpha((unsigned char)in.ptr[1]) &&
		ascii_is_alpha((unsigned char)in.ptr[2]) && month_of(in) == 0)
		in = str_from(in, 5);
	if (in.len > 1 && in.ptr[1] == ' ')
		d->day = digits_value(in.ptr, 1);
	else if (in.len > 2 && in.ptr[2] == ' ')
		d->day = digits_value(in.ptr, 2);
	/* From the blank behind the day on, each thing has its place. */
	in = str_from(in, in.len > 1 && in.ptr[1] == ' ' ? 1 : 2);
	static const char form[] = " Apr 2010 23:34:45 +0900";
	const size_t len = sizeof form - 1;
	if (d->day < 1 || d->day > 31 || in.len < len ||
		(in.len > len && !str_starts(str_from(in, len), STR(" ("))))
		return false;
	const char *const p = in.ptr;
	if (p[4] != ' ' || p[9] != ' ' || p[12] != ':' || p[15] != ':' || p[18] != ' ' ||
		(p[19] != '+' && p[19] != '-'))
		return false;
	const int zone_hour = digits_value(p + 20, 2), zone_minute = digits_value(p + 22, 2);
	d->month = month_of((struct str){p + 1, 3});
	d->year = digits_value(p + 5, 4);
	d->hour = digits_value(p + 10, 2);
	d->minute = digits_value(p + 13, 2);
	d->second = digits_value(p + 16, 2);
	d->zone_minutes = (zone_hour * 60 + zone_minute) * (p[19] == '-' ? -1 : 1);
	d->is_unknown_zone = d->zone_minutes == 0 && p[19] == '-';
	d->has_zone = d->has_time = true;
	return d->month > 0 && d->year >= 0 && d->hour >= 0 && d->hour <= 23 && d->minute >= 0 &&
	       d->minute <= 59 && d->second >= 0 && d->second <= 60 && zone_hour >= 0 &&
	       zone_hour <= 23 && zone_minute >= 0 && zone_minute <= 59;
}

/* The last two digits. */
static void
put(char *out, size_t *n, unsigned value)
{
	out[(*n)++] = (char)('0' + value / 10 % 10);
	out[(*n)++] = (char)('0' + value % 10);
}

/* Word by word, in any order. */
static void
read_words(struct str in, struct date *d)
{
	struct str rest = str_head(in, DATE_BYTES_MAX);
	int year = -1;
	for (struct str word; (word = str_word(&rest)).len > 0;) {
		while (word.len > 0 &&
			(word.ptr[word.len - 1] == ',' || word.ptr[word.len - 1] == ';'))
			word.len--;
		if (str_starts(word, STR("(")))
			break; /* a comment: "(JST)" */
		const size_t comma = str_find_char(word, ',', 0);
		if (comma != STR_NPOS) /* "Thu,29" */
			word = str_from(word, comma + 1);
		if (d->day == 0 && parse_iso_day(&word, d)) {
			year = d->year;
			continue;
		}
		if (str_find_char(word, ':', 0) != STR_NPOS && !d->has_time && parse_time(word, d))
			continue;
		if (d->has_time && !d->has_zone && parse_zone(word, d))
			continue;
		if (d->month == 0 && (d->month = month_of(word)) > 0)
			continue;
		const int64_t n = str_number(word, 9999);
		if (n < 0)
			continue;
		if (d->day == 0 && n >= 1 && n <= 31)
			d->day = (int)n;
		else if (year < 0)
			year = (int)n;
	}
	d->year = year;
}

struct str
date_text(struct str in, struct arena *a)
{
	struct date d = {0};
	if (!read_plain(in, &d)) {
		d = (struct date){0};
		read_words(in, &d);
	}
	int year = d.year;
	/* RFC 5322 s4.3: years of two digits, and of three. */
	if (year >= 0 && year < 50)
		year += 2000;
	else if (year >= 50 && year < 1000)
		year += 1900;
	if (d.month == 0 || d.day == 0 || year < 1900 || !d.has_time ||
		d.day > days_in(d.month, year))
		return STR_NONE;
	char out[32];
	size_t n = 0;
	const int zone = d.zone_minutes < 0 ? -d.zone_minutes : d.zone_minutes;
	put(out, &n, (unsigned)year / 100);
	put(out, &n, (unsigned)year % 100);
	out[n++] = '-';
	put(out, &n, (unsigned)d.month);
	out[n++] = '-';
	put(out, &n, (unsigned)d.day);
	out[n++] = 'T';
	put(out, &n, (unsigned)d.hour);
	out[n++] = ':';
	put(out, &n, (unsigned)d.minute);
	out[n++] = ':';
	put(out, &n, (unsigned)d.second);
	out[n++] = !d.has_zone || d.is_unknown_zone || d.zone_minutes < 0 ? '-' : '+';
	put(out, &n, (unsigned)zone / 60);
	out[n++] = ':';
	put(out, &n, (unsigned)zone % 60);
	return arena_str(a, (struct str){out, n});
}
