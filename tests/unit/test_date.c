#include "read/date.h"
#include "tap.h"

/* clang-format off */
static const struct row {
	const char *in, *want; /* NULL: no date */
} rows[] = {
	/* RFC 5322 s3.3 and its appendix A */
	{"Thu, 29 Apr 2010 23:34:45 +0900 (JST)", "2010-04-29T23:34:45+09:00"},
	{"Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00"},
	{"Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00"},
	{"Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n               -0330 (Newfoundland Time)",
		"1969-02-13T23:32:00-03:30"},
	{"21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06+00:00"},
	{"1 Jan 2024 00:00:00 +0000", "2024-01-01T00:00:00+00:00"},
	{"31 Dec 2016 23:59:60 +0000", "2016-12-31T23:59:60+00:00"},
	/* s3.3: "-0000" says nothing of a zone; RFC 3339 s4.3 has "-00:00" for that */
	{"1 Jan 2024 00:00:00 -0000", "2024-01-01T00:00:00-00:00"},
	/* s4.3: obsolete years and zones */
	{"1 Jan 49 10:00 UT", "2049-01-01T10:00:00+00:00"},
	{"1 Jan 50 10:00 EST", "1950-01-01T10:00:00-05:00"},
	{"1 Jan 103 10:00 EDT", "2003-01-01T10:00:00-04:00"},
	{"1 Jan 10 10:00 PST", "2010-01-01T10:00:00-08:00"},
	/* no zone, or one that nobody knows: RFC 5322 s4.3 wants "-0000" */
	{"1 Jan 2024 10:00:00", "2024-01-01T10:00:00-00:00"},
	{"1 Jan 2024 10:00:00 XYZ", "2024-01-01T10:00:00-00:00"},
	/* other orders and habits */
	{"Thu Apr 29 23:34:45 2010", "2010-04-29T23:34:45-00:00"},
	{"Thu Apr 29 23:34:45 JST 2010", "2010-04-29T23:34:45+09:00"},
	{"Thu,29 Apr 2010 23:34:45 +0900", "2010-04-29T23:34:45+09:00"},
	{"thu, 29 APRIL 2010 23:34:45 +0900", "2010-04-29T23:34:45+09:00"},
	{"29 Apr 2010 3:04:05 +0000", "2010-04-29T03:04:05+00:00"},
	{"Mon, 15 Jul 2024 08:09:10 MESZ", "2024-07-15T08:09:10+02:00"},
	/* ISO 8601, RFC 3339 */
	{"2010-04-29T23:34:45Z", "2010-04-29T23:34:45+00:00"},
	{"2010-04-29T23:34:45.123456+05:30", "2010-04-29T23:34:45+05:30"},
	{"2010-04-29 23:34:45 -0700", "2010-04-29T23:34:45-07:00"},
	{"2010-04-29T23:34:45-00:00", "2010-04-29T23:34:45-00:00"},
	{"2010-04-29t23:34:45z", "2010-04-29T23:34:45+00:00"},
	/* leap years */
	{"29 Feb 2024 10:00:00 +0000", "2024-02-29T10:00:00+00:00"},
	{"29 Feb 2000 10:00:00 +0000", "2000-02-29T10:00:00+00:00"},
	/* no date */
	{"29 Feb 2023 10:00:00 +0000", NULL},
	{"29 Feb 1900 10:00:00 +0000", NULL},
	{"31 Apr 2010 10:00:00 +0000", NULL},
	{"0 Jan 2010 10:00:00 +0000", NULL},
	{"32 Jan 2010 10:00:00 +0000", NULL},
	{"1 Jan 2010 24:00:00 +0000", NULL},
	{"1 Jan 2010 10:60:00 +0000", NULL},
	{"1 Jan 2010 10:00:61 +0000", NULL},
	{"2010-13-01T10:00:00Z", NULL},
	{"2010-99-12 2010 10:20:30", NULL},
	{"2010-00-10T10:00:00Z", NULL},
	{"1 Foo 2010 10:00:00 +0000", NULL},
	{"1 Jan 2010", NULL},
	{"10:00:00", NULL},
	{"tomorrow", NULL},
	{"", NULL},
	{"  ", NULL},
	{"99999999999999999999 Jan 2010 10:00:00", NULL},
};
/* clang-format on */

/* Nearly all dates are read by place; with a second blank between its words each is read word by
 * word. Both must say the same of every date that is one byte off. */
static void
test_two_ways(struct arena *a)
{
	static const char *const plain[] = {"Thu, 29 Apr 2010 23:34:45 +0900 (JST)",
		"Thu, 29 Apr 2010 23:34:45 -0000", "1 Jul 2003 10:52:37 +0200"};
	static const char bytes[] = " 0123456789:,;+-(aAzZ.\t";
	unsigned wrong = 0;
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		for (size_t at = 0; plain[i][at] != '\0'; at++)
			for (size_t b = 0; bytes[b] != '\0'; b++) {
				char once[64], twice[128];
				size_t n = 0;
				for (size_t k = 0; (once[k] = plain[i][k]) != '\0'; k++)
					;
				once[at] = bytes[b];
				for (size_t k = 0; once[k] != '\0'; k++) {
					twice[n++] = once[k];
					if (once[k] == ' ')
						twice[n++] = ' ';
				}
				wrong += !str_eq(date_text(str_of(once), a),
					date_text((struct str){twice, n}, a));
				arena_reset(a);
			}
	tap_is_int(wrong, 0, "read by place as word by word");
}

int
main(void)
{
	struct arena a;
	arena_init(&a, 65536);
	test_two_ways(&a);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct str got = date_text(str_of(rows[i].in), &a);
		tap_is_str(got, str_of(rows[i].want), "date: %s", rows[i].in);
	}
	tap_is_str(date_text(STR_NONE, &a), STR_NONE, "date: absent");
	tap_is_str(date_text(STR("1 J\0an 2010 10:00"), &a), STR_NONE, "date: a NUL");
	arena_fini(&a);
	return tap_done();
}
