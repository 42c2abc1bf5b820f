/*
 * tap - the whole test framework: one `ok` line per case on stdout (TAP)
 *
 * A test program is a main() that makes checks and ends in `return tap_done();`.
 * Each check names itself printf-style; a failing one says where and what.
 * For programs of one thread.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>

static int tap_cases, tap_failures, tap_planned;

/* tap_plan - how many checks there will be; without it tap_done() counts them itself */
static inline void
tap_plan(int n)
{
	tap_planned = n;
	printf("1..%d\n", n);
}

/* tap_check - what tap_ok() calls; a name is one line, so a line end or `#` in it becomes a blank
 */
__attribute__((format(printf, 5, 6))) static inline bool
tap_check(bool ok, const char *cond, const char *file, int line, const char *fmt, ...)
{
	char name[256];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(name, sizeof name, fmt, ap);
	va_end(ap);
	for (char *p = name; *p != '\0'; p++)
		if (*p == '#' || (unsigned char)*p < ' ')
			*p = ' ';
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++tap_cases, name);
	if (!ok) {
		tap_failures++;
		printf("# %s:%d: %s\n", file, line, cond);
	}
	fflush(stdout); /* so that a crash later does not take this line with it */
	return ok;
}

static inline void
tap_show(const char *label, struct str s)
{
	printf("#   %s: ", label);
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == '\\')
			printf("\\x%02x", (unsigned char)s.ptr[i]);
		else
			putchar(s.ptr[i]);
	puts(s.ptr == NULL ? "(absent)" : "");
}

/* tap_ok(cond, fmt, ...) - one case; gives the value of `cond` back */
#define tap_ok(cond, ...) tap_check((cond), #cond, __FILE__, __LINE__, __VA_ARGS__)

/* tap_is_str(got, want, fmt, ...) - two slices are alike; absent and empty are not */
#define tap_is_str(got, want, ...)                                                                 \
	tap_same(tap_check(tap_alike((got), (want)), #got " is " #want, __FILE__, __LINE__,        \
			 __VA_ARGS__),                                                             \
		(got), (want))

/* tap_is_int(got, want, fmt, ...) - two numbers are equal; each is looked at once, so that a call
 * may stand there */
#define tap_is_int(got, want, ...)                                                                 \
	((void)(tap_got = (long long)(got)), (void)(tap_want = (long long)(want)),                 \
		tap_number(tap_check(                                                              \
			tap_got == tap_want, #got " is " #want, __FILE__, __LINE__, __VA_ARGS__)))
static long long tap_got, tap_want;

static inline bool
tap_alike(struct str got, struct str want)
{
	return str_is_set(got) == str_is_set(want) && str_eq(got, want);
}

static inline bool
tap_same(bool ok, struct str got, struct str want)
{
	if (!ok) {
		tap_show(" got", got);
		tap_show("want", want);
	}
	return ok;
}

static inline bool
tap_number(bool ok)
{
	if (!ok)
		printf("#   got %lld, want %lld\n", tap_got, tap_want);
	return ok;
}

/* tap_done - closes the report; what main() returns */
static inline int
tap_done(void)
{
	if (tap_planned == 0)
		printf("1..%d\n", tap_cases);
	return tap_failures == 0 && (tap_planned == 0 || tap_planned == tap_cases) ? 0 : 1;
}

#endif
