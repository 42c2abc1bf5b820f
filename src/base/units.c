#include "base/units.h"

/* The largest first; the last has no letter. */
static const struct unit {
	char letter;
	int64_t factor;
} bytes[] = {{'G', 1 << 30}, {'M', 1 << 20}, {'K', 1 << 10}, {'\0', 1}},
  seconds[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}, {'\0', 1}}, none[] = {{'\0', 1}};

static const struct unit *
list_of(enum units units)
{
	return units == UNITS_BYTES ? bytes : units == UNITS_SECONDS ? seconds : none;
}

int64_t
units_parse(struct str text, enum units units)
{
	size_t digits = 0;
	while (digits < text.len && ascii_is_digit((unsigned char)text.ptr[digits]))
		digits++;
	const struct str letter = str_trim(str_from(text, digits));
	if (digits == 0 || letter.len > 1)
		return -1;
	char asked = letter.len == 0 ? '\0' : letter.ptr[0];
	if (units == UNITS_BYTES && asked >= 'a' && asked <= 'z')
		asked = (char)(asked - ('a' - 'A'));
	const struct unit *u = list_of(units);
	while (u->letter != asked && u->letter != '\0')
		u++;
	if (u->letter != asked)
		return -1;
	const int64_t n = str_number(text, INT64_MAX);
	return n < 0 || n > INT64_MAX / u->factor ? INT64_MAX : n * u->factor;
}

struct str
units_text(int64_t n, enum units units, char room[UNITS_TEXT_BYTES])
{
	const struct unit *u = list_of(units);
	while (u->letter != '\0' && (n == 0 || n % u->factor != 0))
		u++;
	const struct str number = str_digits(n / u->factor, room);
	if (u->letter == '\0')
		return number;
	room[STR_DIGITS_MAX] = u->letter;
	return (struct str){number.ptr, number.len + 1};
}

bool
rate_parse(struct str text, struct rate *out)
{
	const struct str number = str_trim(str_cut(&text, '/'));
	const int64_t count = units_parse(number, UNITS_NONE);
	const int64_t time_s = units_parse(str_trim(text), UNITS_SECONDS);
	if (count < 1 || count > RATE_COUNT_MAX || time_s < 1 || time_s > RATE_SECONDS_MAX)
		return false;
	*out = (struct rate){(uint32_t)count, (uint32_t)time_s};
	return true;
}
