/* test_eventlog - lines are what their contract says, no value forges one, and a log that fails is
 * counted and told */
#include "eventlog/line.h"
#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOON INT64_C(1795341600007)
static struct arena arena;
static char room[EVENTLOG_LINE_BYTES_MAX];

static struct str
write_one(enum eventlog_format format, enum eventlog_name name, struct str value)
{
	const struct eventlog_field field = {name, value};
	const size_t len = eventlog_format_line(format, NOON, LOG_REFUSED, &field, 1, room);
	return (struct str){room, len};
}

static void
test_lines(void)
{
	static const struct {
		enum eventlog_name name;
		struct str value;
		const char *logfmt, *json;
	} cases[] = {
		{FIELD_SESSION, STR_INIT("7Q2F"), "session=7Q2F", "\"session\":\"7Q2F\""},
		{FIELD_FROM, STR_INIT("<>"), "from=<>", "\"from\":\"<>\""},
		{FIELD_HELO, STR_INIT(""), "helo=\"\"", "\"helo\":\"\""},
		{FIELD_WORDS, STR_INIT("a b"), "words=\"a b\"", "\"words\":\"a b\""},
		{FIELD_WORDS, STR_INIT("a=b"), "words=\"a=b\"", "\"words\":\"a=b\""},
		{FIELD_WORDS, STR_INIT("say \"x\\y\""), "words=\"say \\\"x\\\\y\\\"\"",
			"\"words\":\"say \\\"x\\\\y\\\"\""},
		{FIELD_HELO, STR_INIT("x\r\n2026-11-22T09:14:03.120Z accepted id=1"),
			"helo=\"x\\r\\n2026-11-22T09:14:03.120Z accepted id=1\"",
			"\"helo\":\"x\\r\\n2026-11-22T09:14:03.120Z accepted id=1\""},
		{FIELD_HELO, STR_INIT("\x1b[2J\x7f\t"), "helo=\"\\x1b[2J\\x7f\\t\"",
			"\"helo\":\"\\u001b[2J\\u007f\\t\""},
		{FIELD_TO, STR_INIT("j\xC3\xB6rg@example.org"), "to=\"j\xC3\xB6rg@example.org\"",
			"\"to\":\"j\xC3\xB6rg@example.org\""},
		/* What turns the text around, and what is no UTF-8. */
		{FIELD_TO, STR_INIT("\xE2\x80\xAEx"), "to=\"\\xe2\\x80\\xaex\"",
			"\"to\":\"\\u202ex\""},
		{FIELD_TO, STR_INIT("a\xFF"), "to=\"a\\xff\"", "\"to\":\"a\xEF\xBF\xBD\""},
		{FIELD_BYTES, STR_INIT("1024"), "bytes=1024", "\"bytes\":1024"},
		{FIELD_SCORE, STR_INIT("-2.5"), "score=-2.5", "\"score\":-2.5"},
		{FIELD_BYTES, STR_INIT("010"), "bytes=010", "\"bytes\":\"010\""},
		{FIELD_BYTES, STR_INIT("1."), "bytes=1.", "\"bytes\":\"1.\""},
		{FIELD_BYTES, STR_INIT("1}"), "bytes=1}", "\"bytes\":\"1}\""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char want[256];
		snprintf(want, sizeof want, "2026-11-22T10:00:00.007Z refused %s\n",
			cases[i].logfmt);
		tap_is_str(write_one(EVENTLOG_LOGFMT, cases[i].name, cases[i].value), str_of(want),
			"logfmt %zu", i);
		snprintf(want, sizeof want,
			"{\"time\":\"2026-11-22T10:00:00.007Z\",\"event\":\"refused\",%s}\n",
			cases[i].json);
		tap_is_str(write_one(EVENTLOG_JSON, cases[i].name, cases[i].value), str_of(want),
			"JSON %zu", i);
	}
	tap_is_str(write_one(EVENTLOG_LOGFMT, FIELD_TO, STR_NONE),
		STR("2026-11-22T10:00:00.007Z refused\n"), "an absent value has no field");
	const size_t len = eventlog_format_line(EVENTLOG_LOGFMT, -5, LOG_STOP, NULL, 0, room);
	tap_is_str(((struct str){room, len}), STR("1970-01-01T00:00:00.000Z stop\n"),
		"a clock before 1970 breaks no line");
}

static void
test_limits(void)
{
	static char value[3 * EVENTLOG_VALUE_BYTES_MAX];
	struct eventlog_line line;
	memset(value, 'x', sizeof value);
	for (int format = EVENTLOG_LOGFMT; format <= EVENTLOG_JSON; format++) {
		struct str written = write_one((enum eventlog_format)format, FIELD_HELO,
			(struct str){value, EVENTLOG_VALUE_BYTES_MAX});
		arena_reset(&arena);
		tap_ok(eventlog_read(written, &arena, &line), "a value of the most bytes is read");
		tap_is_int(line.field[FIELD_HELO].len, EVENTLOG_VALUE_BYTES_MAX, "whole");
		written = write_one((enum eventlog_format)format, FIELD_HELO,
			(struct str){value, EVENTLOG_VALUE_BYTES_MAX + 1});
		tap_ok(eventlog_read(written, &arena, &line), "and one more byte");
		tap_is_int(line.field[FIELD_HELO].len, EVENTLOG_VALUE_BYTES_MAX, "is cut");
		tap_is_str(str_from(line.field[FIELD_HELO], EVENTLOG_VALUE_BYTES_MAX - 5),
			STR("xx..."), "and says so");
	}
	/* As many fields as a line can have, and each as long as can be: the first stand. */
	struct eventlog_field fields[FIELD_COUNT];
	memset(value, '"', sizeof value);
	for (int f = 0; f < FIELD_COUNT; f++)
		fields[f] = (struct eventlog_field){
			(enum eventlog_name)f, {value, EVENTLOG_VALUE_BYTES_MAX / 2}};
	fields[FIELD_COUNT - 1].value = STR("short");
	for (int format = EVENTLOG_LOGFMT; format <= EVENTLOG_JSON; format++) {
		const size_t len = eventlog_format_line(
			(enum eventlog_format)format, NOON, LOG_REFUSED, fields, FIELD_COUNT, room);
		tap_ok(len <= EVENTLOG_LINE_BYTES_MAX && room[len - 1] == '\n',
			"a full line ends within its limit");
		arena_reset(&arena);
		tap_ok(eventlog_read((struct str){room, len}, &arena, &line), "and is read");
		tap_is_int(line.field[FIELD_SESSION].len, EVENTLOG_VALUE_BYTES_MAX / 2,
			"its first field is whole");
		tap_ok(!str_is_set(line.field[FIELD_SECONDS]), "one without room is left out");
		tap_is_str(line.field[FIELD_WORDS], STR("short"), "a short one finds room");
	}
}

static uint64_t
next_random(uint64_t *state) /* xorshift64 */
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Random values of every kind of byte come back as they went in. */
static void
test_round_trip(void)
{
	static const char *const kinds[] = {"a", " ", "\"", "\\", "=", "\n", "\r", "\t", "\x1b",
		"\x7f", "\xC3\xA9", "\xE2\x80\xAE", "\xFF", "\xEF\xBF\xBD", "\xF0\x9F\x92\x8C",
		"x1b", "n", "{", "}", ",", ":", "\\u0041", "\xC2\x85"};
	uint64_t state = 88172645463325252u;
	bool is_same = true, is_one_line = true;
	for (int round = 0; round < 20000; round++) {
		char bytes[256];
		size_t len = 0;
		struct eventlog_line line;
		for (uint64_t n = next_random(&state) % 24; n > 0; n--) {
			const struct str piece = str_of(kinds[(next_random(&state) >> 20) %
							      (sizeof kinds / sizeof *kinds)]);
			memcpy(bytes + len, piece.ptr, piece.len);
			len += piece.len;
		}
		const struct eventlog_field fields[] = {
			{FIELD_HELO, {bytes, len}}, {FIELD_SESSION, STR_INIT("7Q2F")}};
		const size_t n = eventlog_format_line(
			EVENTLOG_LOGFMT, NOON + round, LOG_CHECK, fields, 2, room);
		arena_reset(&arena);
		is_one_line &= str_find_char((struct str){room, n}, '\n', 0) == n - 1;
		is_same &= eventlog_read((struct str){room, n - 1}, &arena, &line) &&
			   line.time_ms == NOON + round && line.event == LOG_CHECK &&
			   str_eq(line.field[FIELD_HELO], fields[0].value) &&
			   str_eq(line.field[FIELD_SESSION], STR("7Q2F"));
	}
	tap_ok(is_same, "20000 random values are read as they were written");
	tap_ok(is_one_line, "and each made one line");
}

#define ENTRY "2026-11-22T10:00:00.007Z refused session=7Q2F reply=\"550 no\""

static void
test_reading(void)
{
	static const char *const good[] = {
		ENTRY,
		(ENTRY "\r"),
		("Nov 22 10:00:00 mx nixied[12]: " ENTRY),
		("2026-11-22T10:00:00+00:00 mx nixied[12]: " ENTRY),
		("<22>1 2026-11-22T10:00:00Z mx nixied 12 - - " ENTRY),
		("{\"MESSAGE\":\"2026-11-22T10:00:00.007Z refused session=7Q2F reply=\\\"550 "
		 "no\\\"\",\"SYSLOG_IDENTIFIER\":\"nixied\"}"),
		("{\"log\":\"2026-11-22T10:00:00.007Z refused session=7Q2F reply=\\\"550 "
		 "no\\\"\\n\",\"stream\":\"stderr\"}"),
		("{\"time\":\"2026-11-22T10:00:00.007Z\",\"event\":\"refused\",\"session\":"
		 "\"7Q2F\","
		 "\"reply\":\"550 no\"}"),
		("Nov 22 10:00:00 mx nixied[12]: "
		 "{\"time\":\"2026-11-22T10:00:00.007Z\",\"event\":\"refused\",\"session\":"
		 "\"7Q2F\","
		 "\"reply\":\"550 no\"}"),
		(ENTRY " later_field=\"of a newer version\" session=ABCD"),
	};
	static const char *const bad[] = {
		"",
		"refused session=7Q2F",
		"2026-11-22T10:00:00.007Z",
		"2026-11-22T10:00:00.007Z  refused",
		"2026-11-22T10:00:00.007Z unheard_of session=7Q2F",
		"2026-11-22T10:00:00Z refused session=7Q2F",
		"2026-11-22T10:00:00.007+01:00 refused",
		"2026-13-22T10:00:00.007Z refused",
		"{\"time\":\"2026-11-22T10:00:00.007Z\",\"session\":\"7Q2F\"}",
		"{\"time\":\"x\",\"event\":\"refused\"}",
		("Nov 22 10:00:00 mx postfix/smtp[1]: x: " ENTRY),
	};
	struct eventlog_line line;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		arena_reset(&arena);
		tap_ok(eventlog_read(str_of(good[i]), &arena, &line), "read: %s", good[i]);
		tap_ok(line.time_ms == NOON && line.event == LOG_REFUSED, "when and what");
		tap_is_str(line.field[FIELD_SESSION], STR("7Q2F"), "its session");
		tap_is_str(line.field[FIELD_REPLY], STR("550 no"), "its reply");
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		arena_reset(&arena);
		tap_ok(!eventlog_read(str_of(bad[i]), &arena, &line), "refused: %s", bad[i]);
	}
	arena_reset(&arena);
	tap_ok(eventlog_read(STR("2026-11-22T10:00:00.007Z refused session=7Q2F reply=\"550 n"),
		       &arena, &line),
		"a line that was cut off is read");
	tap_ok(!str_is_set(line.field[FIELD_REPLY]), "without what is not whole");
}

static char folder[] = "/tmp/test_eventlog.XXXXXX";
static char path[64], moved[64];

static size_t
file_read(const char *name, char *to, size_t most)
{
	const int fd = open(name, O_RDONLY);
	const ssize_t n = fd >= 0 ? read(fd, to, most) : -1;
	if (fd >= 0)
		close(fd);
	return n > 0 ? (size_t)n : 0;
}

static void
test_file(void)
{
	char error[EVENTLOG_ERROR_BYTES], text[4096];
	tap_ok(eventlog_open("/nowhere/at/all", EVENTLOG_LOGFMT, error) == NULL,
		"no folder, no log");
	tap_is_str(str_of(error), STR("its folder does not exist"), "and it says why");
	struct eventlog *const log = eventlog_open(path, EVENTLOG_LOGFMT, error);
	EVENTLOG(log, NOON, LOG_CONNECT, {FIELD_SESSION, STR("7Q2F")});
	eventlog_set_detail(log, EVENTLOG_TROUBLE);
	EVENTLOG(log, NOON, LOG_CONNECT, {FIELD_SESSION, STR("AAAA")});
	EVENTLOG(log, NOON, LOG_ACCEPTED, {FIELD_SESSION, STR("BBBB")});
	EVENTLOG(log, NOON, LOG_ALARM, {FIELD_WORDS, STR("a b")});
	eventlog_set_detail(log, EVENTLOG_MAIL);
	EVENTLOG(log, NOON, LOG_CHECK, {FIELD_SESSION, STR("CCCC")});
	EVENTLOG(log, NOON, LOG_ACCEPTED, {FIELD_SESSION, STR("DDDD")});
	struct stat st = {0};
	tap_is_int(stat(path, &st) == 0 ? st.st_mode & 07 : 7, 0, "nobody else reads it");
	tap_is_int(rename(path, moved), 0, "it is moved away");
	EVENTLOG(log, NOON, LOG_STOP, {FIELD_SESSION, STR_NONE});
	tap_ok(eventlog_reopen(log, error), "and opened anew");
	EVENTLOG(log, NOON, LOG_START, {FIELD_SESSION, STR_NONE});
	tap_is_str(((struct str){text, file_read(moved, text, sizeof text)}),
		STR("2026-11-22T10:00:00.007Z connect session=7Q2F\n"
		    "2026-11-22T10:00:00.007Z alarm words=\"a b\"\n"
		    "2026-11-22T10:00:00.007Z accepted session=DDDD\n"
		    "2026-11-22T10:00:00.007Z stop\n"),
		"the old file has what was written until then, as much as was wanted");
	tap_is_str(((struct str){text, file_read(path, text, sizeof text)}),
		STR("2026-11-22T10:00:00.007Z start\n"), "the new file the rest");
	tap_is_int(eventlog_lost(log), 0, "nothing was lost");
	eventlog_close(log);
	EVENTLOG(NULL, NOON, LOG_STOP, {FIELD_SESSION, STR_NONE});
	eventlog_close(NULL);
}

/* A disk that is full in the middle of a line: RLIMIT_FSIZE does that. */
static void
test_full(void)
{
	char error[EVENTLOG_ERROR_BYTES], text[4096];
	struct rlimit old = {0}, small = {0};
	unlink(path);
	struct eventlog *const log = eventlog_open(path, EVENTLOG_LOGFMT, error);
	EVENTLOG(log, NOON, LOG_START, {FIELD_SESSION, STR_NONE});
	getrlimit(RLIMIT_FSIZE, &old);
	small = (struct rlimit){31 + 10, old.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	EVENTLOG(log, NOON, LOG_STOP, {FIELD_SESSION, STR_NONE}); /* a piece of it */
	EVENTLOG(log, NOON, LOG_CONNECT, {FIELD_SESSION, STR("1111")});
	EVENTLOG(log, NOON, LOG_CONNECT, {FIELD_SESSION, STR("2222")});
	tap_is_int(eventlog_lost(log), 2, "lines that could not be written are counted");
	setrlimit(RLIMIT_FSIZE, &old);
	EVENTLOG(log, NOON, LOG_CONNECT, {FIELD_SESSION, STR("3333")});
	tap_is_str(((struct str){text, file_read(path, text, sizeof text)}),
		STR("2026-11-22T10:00:00.007Z start\n"
		    "2026-11-22T10:00:00.007Z stop\n"
		    "2026-11-22T10:00:00.007Z alarm words=\"2 lines of this log could not be "
		    "written before this one\"\n"
		    "2026-11-22T10:00:00.007Z connect session=3333\n"),
		"when there is room again, the line is made whole and the loss is said");
	eventlog_close(log);
}

static void
count_due(void *count)
{
	++*(int *)count;
}

/* Lines that are written together: none before it is time, all of them then. */
static void
test_gathered(void)
{
	char error[EVENTLOG_ERROR_BYTES];
	static char text[1 << 18];
	struct rlimit old = {0};
	struct stat st = {0};
	int due = 0;
	unlink(path);
	struct eventlog *const log = eventlog_open(path, EVENTLOG_LOGFMT, error);
	eventlog_gather(log, count_due, &due);
	eventlog_flush(log);
	EVENTLOG(log, NOON, LOG_START, {FIELD_SESSION, STR_NONE});
	EVENTLOG(log, NOON, LOG_CONNECT, {FIELD_SESSION, STR("1111")});
	tap_is_int(file_read(path, text, sizeof text), 0, "nothing is written yet");
	tap_is_int(due, 1, "who writes it was told, once");
	eventlog_flush(log);
	tap_is_str(((struct str){text, file_read(path, text, sizeof text)}),
		STR("2026-11-22T10:00:00.007Z start\n"
		    "2026-11-22T10:00:00.007Z connect session=1111\n"),
		"then all of it, in its order");
	tap_ok(eventlog_reopen(log, error), "nothing is left for");
	EVENTLOG(log, NOON, LOG_STOP, {FIELD_SESSION, STR_NONE});
	tap_is_int(due, 2, "the next one is told of again");

	/* The disk is full within the second of four: 77 bytes are there. */
	getrlimit(RLIMIT_FSIZE, &old);
	const struct rlimit small = {77 + 30 + 10, old.rlim_max};
	EVENTLOG(log, NOON, LOG_CONNECT, {FIELD_SESSION, STR("2222")});
	EVENTLOG(log, NOON, LOG_CONNECT, {FIELD_SESSION, STR("3333")});
	EVENTLOG(log, NOON, LOG_CONNECT, {FIELD_SESSION, STR("4444")});
	setrlimit(RLIMIT_FSIZE, &small);
	eventlog_flush(log);
	tap_is_int(eventlog_lost(log), 2, "those of which nothing was written are lost");
	EVENTLOG(log, NOON, LOG_CONNECT, {FIELD_SESSION, STR("5555")});
	EVENTLOG(log, NOON, LOG_CONNECT, {FIELD_SESSION, STR("6666")});
	eventlog_flush(log);
	tap_is_int(eventlog_lost(log), 4, "and those behind them");
	setrlimit(RLIMIT_FSIZE, &old);
	EVENTLOG(log, NOON, LOG_CONNECT, {FIELD_SESSION, STR("7777")});
	eventlog_flush(log);
	tap_is_str(str_from((struct str){text, file_read(path, text, sizeof text)}, 77),
		STR("2026-11-22T10:00:00.007Z stop\n"
		    "2026-11-22T10:00:00.007Z connect session=2222\n"
		    "2026-11-22T10:00:00.007Z alarm words=\"4 lines of this log could not be "
		    "written before this one\"\n"
		    "2026-11-22T10:00:00.007Z connect session=7777\n"),
		"the one that was begun is made whole, and the loss is said");

	/* As many as are kept: they do not wait for more. */
	stat(path, &st);
	const off_t before = st.st_size;
	for (int i = 0; i < 65536 / 46; i++)
		EVENTLOG(log, NOON, LOG_CONNECT, {FIELD_SESSION, STR("8888")});
	stat(path, &st);
	tap_is_int(st.st_size, before, "64 KiB of lines wait");
	EVENTLOG(log, NOON, LOG_CONNECT, {FIELD_SESSION, STR("9999")});
	stat(path, &st);
	tap_is_int(st.st_size, before + (65536 / 46 + 1) * 46, "one more, and all are written");
	EVENTLOG(log, NOON, LOG_STOP, {FIELD_SESSION, STR_NONE});
	eventlog_close(log);
	stat(path, &st);
	tap_is_int(st.st_size, before + (65536 / 46 + 1) * 46 + 30, "the end leaves nothing");
	eventlog_flush(NULL);
}

/* Standard error is a pipe that nobody reads. */
static void
test_pipe(void)
{
	char error[EVENTLOG_ERROR_BYTES];
	static char text[1 << 17];
	int ends[2];
	const int kept = dup(STDERR_FILENO);
	if (pipe(ends) != 0)
		return;
	dup2(ends[1], STDERR_FILENO);
	struct eventlog *const log = eventlog_open(NULL, EVENTLOG_JSON, error);
	for (int i = 0; i < 4000; i++)
		EVENTLOG(log, NOON, LOG_CONNECT, {FIELD_SESSION, STR("7Q2F")});
	tap_ok(eventlog_lost(log) > 0, "a full pipe is not waited for");
	tap_ok((fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK) == 0,
		"and standard error is as it was for others");
	const ssize_t n = read(ends[0], text, sizeof text);
	tap_ok(n > 0, "somebody reads it");
	EVENTLOG(log, NOON, LOG_STOP, {FIELD_SESSION, STR_NONE});
	const ssize_t more = read(ends[0], text + n, sizeof text - (size_t)n);
	struct str all = {text, (size_t)n + (size_t)(more > 0 ? more : 0)}, line, last = STR_NONE;
	bool is_whole = true, is_told = false;
	while (str_line(&all, &line)) {
		struct eventlog_line event;
		arena_reset(&arena);
		is_whole &= eventlog_read(line, &arena, &event);
		is_told |= event.event == LOG_ALARM;
		last = line;
	}
	tap_ok(is_whole, "every line is whole");
	tap_ok(is_told, "the loss is told");
	tap_is_str(last, STR("{\"time\":\"2026-11-22T10:00:00.007Z\",\"event\":\"stop\"}"),
		"and then it goes on");
	eventlog_close(log);
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(ends[0]);
	close(ends[1]);
}

/* As journald gives it: a priority in front of each line. */
static void
test_journal(void)
{
	char error[EVENTLOG_ERROR_BYTES], text[512], stream[64];
	const int kept = dup(STDERR_FILENO);
	const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct stat st = {0};
	fstat(fd, &st);
	snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)st.st_dev,
		(unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	dup2(fd, STDERR_FILENO);
	struct eventlog *const log = eventlog_open(NULL, EVENTLOG_LOGFMT, error);
	EVENTLOG(log, NOON, LOG_START, {FIELD_SESSION, STR_NONE});
	EVENTLOG(log, NOON, LOG_ALARM, {FIELD_WORDS, STR("fire")});
	eventlog_close(log);
	dup2(kept, STDERR_FILENO);
	unsetenv("JOURNAL_STREAM");
	close(kept);
	close(fd);
	tap_is_str(((struct str){text, file_read(path, text, sizeof text)}),
		STR("<6>2026-11-22T10:00:00.007Z start\n"
		    "<3>2026-11-22T10:00:00.007Z alarm words=fire\n"),
		"journald learns what is urgent");
}

int
main(void)
{
	arena_init(&arena, (size_t)1 << 20);
	test_lines();
	test_limits();
	test_round_trip();
	test_reading();
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/log", folder);
	snprintf(moved, sizeof moved, "%s/log.1", folder);
	test_file();
	test_full();
	test_gathered();
	test_pipe();
	test_journal();
	unlink(path);
	unlink(moved);
	rmdir(folder);
	arena_fini(&arena);
	return tap_done();
}
