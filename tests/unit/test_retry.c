#include "judge/retry_after.h"
#include "tap.h"

/* clang-format off */
static const struct row {
	const char *text;
	int64_t seconds;
} rows[] = {
	{"451 4.7.1 Greylisted, please try again in 300 seconds", 300},
	{"450 4.2.0 Greylisted for 5 minutes", 300},
	{"try again in 1 minute", 60},
	{"try again after 2 hours", 7200},
	{"wait 10 min. before you retry", 600},
	{"please wait at least 30 sec", 30},
	{"come back in 3 days", 259200},
	{"retry in 1 hour", 3600},
	{"greylisted, 60 s left", 60},
	{"retry in 90s", 90},
	{"retry in 00:05:00", 300},
	/* a number of something else */
	{"over quota by 300 bytes", -1},
	{"connection timed out after 30 attempts", -1},
	{"550 5.1.1 User unknown", -1},
	{"room 12 seconds this", -1},
	{"in 0 seconds", -1},
	{"mx1.in5 seconds", -1},
	{"in 99999999999999999999 seconds", -1},
	{"in 1.5.3 seconds", -1},
	{"", -1},
	{"7", -1},
};
/* clang-format on */

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		tap_is_int(retry_after(str_of(rows[i].text)), rows[i].seconds, "retry: '%s'",
			rows[i].text);
	tap_is_int(retry_after(STR_NONE), -1, "retry: absent");
	return tap_done();
}
