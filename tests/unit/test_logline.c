#include "read/logline.h"
#include "tap.h"

/* 2026-11-22T04:05:06Z */
#define WHEN 1795320306

/* clang-format off */
static const struct row {
	const char *name, *line;
	int64_t time_s;
	bool has_zone;
	const char *host, *program;
	int64_t pid;
	const char *message;
} rows[] = {
	{"syslog", "Nov 22 04:05:06 mx postfix/smtp[123]: a: to=<b>", WHEN, false, "mx", "postfix/smtp", 123, "a: to=<b>"},
	{"syslog, no pid", "Nov 22 04:05:06 mx exim: text", WHEN, false, "mx", "exim", -1, "text"},
	{"syslog, no host", "Nov 22 04:05:06 postfix/smtp[123]: text", WHEN, false, NULL, "postfix/smtp", 123, "text"},
	{"syslog, short day", "Nov  2 04:05:06 mx a[1]: t", WHEN - 20 * 86400, false, "mx", "a", 1, "t"},
	{"syslog, zero in the day", "Nov 02 04:05:06 mx a[1]: t", WHEN - 20 * 86400, false, "mx", "a", 1, "t"},
	{"syslog, own year", "Nov 22 2025 04:05:06 mx a[1]: t", WHEN - 365 * 86400, false, "mx", "a", 1, "t"},
	{"syslog, priority", "<22>Nov 22 04:05:06 mx a[1]: t", WHEN, false, "mx", "a", 1, "t"},
	{"syslog, fraction", "Nov 22 04:05:06.123 mx a[1]: t", WHEN, false, "mx", "a", 1, "t"},
	{"syslog, no tag", "Nov 22 04:05:06 mx last message repeated 2 times", WHEN, false, NULL, NULL, -1, "mx last message repeated 2 times"},
	{"rsyslog", "2026-11-22T05:05:06.123456+01:00 mx postfix/smtp[9]: t", WHEN, true, "mx", "postfix/smtp", 9, "t"},
	{"short-iso", "2026-11-21T23:05:06-0500 mx postfix/smtp[9]: t", WHEN, true, "mx", "postfix/smtp", 9, "t"},
	{"rsyslog, UTC", "2026-11-22T04:05:06Z mx postfix/smtp[9]: t", WHEN, true, "mx", "postfix/smtp", 9, "t"},
	{"RFC 5424", "<22>1 2026-11-22T04:05:06.003Z mx postfix/smtp 123 - - t u", WHEN, true, "mx", "postfix/smtp", 123, "t u"},
	{"RFC 5424, nothing known", "<22>1 - - - - - - t u", -1, false, NULL, NULL, -1, "t u"},
	{"RFC 5424, structured data", "<22>1 2026-11-22T04:05:06Z mx a 1 ID47 [x@1 a=\"b ] \\\" c\"][y] \xEF\xBB\xBFt", WHEN, true, "mx", "a", 1, "t"},
	{"Exim", "2026-11-22 04:05:06 1tEabc-00000000123-0001 Completed", WHEN, false, NULL, "exim", -1, "1tEabc-00000000123-0001 Completed"},
	{"Exim, zone and pid", "2026-11-22 05:05:06.123 +0100 [77] 1tEabc-00000000123-0001 Completed", WHEN, true, NULL, "exim", 77, "1tEabc-00000000123-0001 Completed"},
	{"a blank in the stamp", "2026-11-22 04:05:06 mx postfix/smtp[9]: t", WHEN, false, "mx", "postfix/smtp", 9, "t"},
	{"journald", "{\"__REALTIME_TIMESTAMP\":\"1795320306000123\",\"_HOSTNAME\":\"mx\",\"SYSLOG_IDENTIFIER\":\"postfix/smtp\",\"_PID\":\"9\",\"MESSAGE\":\"a \\\"b\\\"\"}", WHEN, true, "mx", "postfix/smtp", 9, "a \"b\""},
	{"journald, bytes", "{\"SYSLOG_IDENTIFIER\":\"a\",\"MESSAGE\":[97,32,195,188]}", -1, false, NULL, "a", -1, "a \xC3\xBC"},
	{"docker", "{\"log\":\"Nov 21 01:01:01 in postfix/smtp[9]: t\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T04:05:06.1Z\"}", WHEN, true, "in", "postfix/smtp", 9, "t"},
	{"time and msg", "{\"time\":\"2026-11-22T04:05:06Z\",\"msg\":\"postfix/smtp[9]: t\",\"host\":\"mx\"}", WHEN, true, "mx", "postfix/smtp", 9, "t"},
	{"seconds in JSON", "{\"ts\":1795320306.25,\"message\":\"t\",\"program\":\"exim\"}", WHEN, true, NULL, "exim", -1, "t"},
	{"no stamp", "postfix/smtp[9]: t", -1, false, NULL, "postfix/smtp", 9, "t"},
	{"prose", "host mx said: no", -1, false, NULL, NULL, -1, "host mx said: no"},
	{"nothing", "", -1, false, NULL, NULL, -1, ""},
	{"broken stamp", "Nov 22 24:05:06 mx a[1]: t", -1, false, NULL, NULL, -1, "Nov 22 24:05:06 mx a[1]: t"},
	{"broken date", "2026-13-22T04:05:06Z mx a[1]: t", -1, false, NULL, NULL, -1, "2026-13-22T04:05:06Z mx a[1]: t"},
	{"broken JSON", "{\"MESSAGE\":\"t", -1, false, NULL, NULL, -1, "t"},
};

/* The year follows the months: in order, from 2025. */
static const struct step {
	const char *stamp;
	int year;
} steps[] = {
	{"Nov 30", 2025}, {"Dec 31", 2025}, {"Jan  1", 2026}, {"Dec 31", 2025}, {"Jan  1", 2026},
	{"May 15", 2026}, {"Apr 30", 2026}, {"Oct 15", 2026}, {"Feb  1", 2027}, {"Jul  1", 2027},
	{"Dec 24", 2027}, {"Jan  3", 2028},
};
/* clang-format on */

static void
check_rows(struct arena *a)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *const r = &rows[i];
		struct log_clock clock = {.year = 2026};
		struct logline l;
		arena_reset(a);
		logline_parse(str_of(r->line), &clock, a, &l);
		tap_is_int(l.time_s, r->time_s, "%s: time", r->name);
		tap_ok(l.has_zone == r->has_zone, "%s: zone", r->name);
		tap_is_str(l.host, str_of(r->host), "%s: host", r->name);
		tap_is_str(l.program, str_of(r->program), "%s: program", r->name);
		tap_is_int(l.pid, r->pid, "%s: pid", r->name);
		tap_is_str(l.message, str_of(r->message), "%s: message", r->name);
	}
}

static void
check_years(struct arena *a)
{
	struct log_clock clock = {.year = 2025};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		char line[64];
		struct logline l;
		snprintf(line, sizeof line, "%s 01:02:03 mx a[1]: t", steps[i].stamp);
		logline_parse(str_of(line), &clock, a, &l);
		const struct str text = time_text(l.time_s, false, a);
		tap_is_int(str_number(text, 9999), steps[i].year, "year of %s, step %zu",
			steps[i].stamp, i);
	}
}

static void
check_times(struct arena *a)
{
	tap_is_str(time_text(0, true, a), STR("1970-01-01T00:00:00Z"), "the epoch");
	tap_is_str(time_text(951782400, true, a), STR("2000-02-29T00:00:00Z"), "a leap day");
	tap_is_str(time_text(WHEN, false, a), STR("2026-11-22T04:05:06-00:00"), "no zone");
	tap_is_str(time_text(-1, false, a), STR_NONE, "no time");
	tap_is_int(time_of(2000, 2, 29, 0), 951782400, "there and back");
	tap_is_int(time_of(1900, 3, 1, 0), -2203891200, "before the epoch");
}

/* Feeds `bytes` as its lines, and gives the messages of its entries, a bar behind each. */
static struct str
entries(struct str bytes, char *out, struct logline *last)
{
	struct journal j;
	size_t n = 0, at = 0;
	journal_init(&j);
	while (at <= bytes.len) {
		const size_t lf = str_find_char(bytes, '\n', at);
		const bool is_end = lf == STR_NPOS;
		if (is_end && at == bytes.len)
			break;
		const struct str line = {bytes.ptr + at, (is_end ? bytes.len : lf) - at};
		struct logline l;
		if (journal_line(&j, line, &l) == JOURNAL_ENTRY) {
			memcpy(out + n, l.message.ptr, l.message.len);
			n += l.message.len;
			out[n++] = '|';
			last->time_s = l.time_s;
			last->pid = l.pid;
		}
		at = is_end ? bytes.len + 1 : lf + 1;
	}
	struct logline l;
	if (journal_end(&j, &l) == JOURNAL_ENTRY) {
		memcpy(out + n, l.message.ptr, l.message.len);
		n += l.message.len;
		out[n++] = '$';
	}
	journal_fini(&j);
	return (struct str){out, n};
}

static void
check_journal(void)
{
	char out[256];
	struct logline last = {.time_s = 0};
	tap_is_str(entries(STR("__CURSOR=s\n__REALTIME_TIMESTAMP=1795320306000000\n_PID=7\n"
			       "MESSAGE=one\nSYSLOG_IDENTIFIER=a\n\n__CURSOR=t\nMESSAGE=two\n\n"),
			   out, &last),
		STR("one|two|"), "two entries");
	tap_is_str(
		entries(STR("__CURSOR=s\nMESSAGE\n\3\0\0\0\0\0\0\0a\nb\n_PID=7\n\n"), out, &last),
		STR("a\nb|"), "a binary value with a line end");
	tap_is_str(entries(STR("__CURSOR=s\nMESSAGE\n\12\0\0\0\0\0\0\0"
			       "0123456789\n\n"),
			   out, &last),
		STR("0123456789|"), "a length that is itself a line end");
	tap_is_str(entries(STR("__CURSOR=s\nX\n\2\0\0\0\0\0\0\0\n\n\nMESSAGE=m\n\n"), out, &last),
		STR("m|"), "a passed over value of line ends");
	tap_is_str(entries(STR("__CURSOR=s\nMESSAGE=cut off"), out, &last), STR("cut off$"),
		"the last entry is not closed");
	tap_is_str(entries(STR("Nov 22 no journal\nMESSAGE=x\n\n"), out, &last), STR(""),
		"what is no export");
	tap_is_int(last.pid, -1, "no pid");
	(void)entries(
		STR("__REALTIME_TIMESTAMP=1795320306000000\n_PID=7\nMESSAGE=one\n\n"), out, &last);
	tap_is_int(last.time_s, WHEN, "the time of an entry");
	tap_is_int(last.pid, 7, "its pid");
}

int
main(void)
{
	struct arena a;
	arena_init(&a, (size_t)1 << 20);
	check_rows(&a);
	check_years(&a);
	check_times(&a);
	check_journal();
	arena_fini(&a);
	return tap_done();
}
