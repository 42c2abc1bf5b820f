/*
 * fuzz_date - dates in any bytes
 *
 * Holds always: absent, or a date-time of RFC 3339 s5.6 that exists, and that reads back as itself.
 */
#include "fuzz.h"
#include "read/date.h"

static int
two(const char *p)
{
	assert(ascii_is_digit(p[0]) && ascii_is_digit(p[1]));
	return (p[0] - '0') * 10 + p[1] - '0';
}

static void
check_rfc3339(struct str s)
{
	static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	assert(s.len == strlen("2010-04-29T23:34:45+09:00"));
	const char *const p = s.ptr;
	const int year = two(p) * 100 + two(p + 2), month = two(p + 5), day = two(p + 8);
	assert(p[4] == '-' && p[7] == '-' && p[10] == 'T' && p[13] == ':' && p[16] == ':' &&
		p[22] == ':');
	assert(month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1]);
	assert(month != 2 || day < 29 || (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)));
	assert(two(p + 11) <= 23 && two(p + 14) <= 59 && two(p + 17) <= 60);
	assert((p[19] == '+' || p[19] == '-') && two(p + 20) <= 23 && two(p + 23) <= 59);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	const struct str in = fuzz_copy(data, size);
	arena_init(&a, FUZZ_ARENA_BYTES);
	const struct str date = date_text(in, &a);
	if (str_is_set(date)) {
		check_rfc3339(date);
		assert(str_eq(date_text(date, &a), date));
	}
	assert(!arena_failed(&a));
	arena_fini(&a);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
