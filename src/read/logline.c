#include "read/logline.h"

#include "base/json_walk.h"

#define TAG_BYTES_MAX 128 /* a syslog tag is short (RFC 3164: 32); longer ones are prose */

/* ---- stamps ---- */

int64_t
time_of(int64_t year, unsigned month, unsigned day, int64_t seconds)
{
	/* Days since 1970 in the proleptic Gregorian calendar, counted in years that begin in
	 * March, so that the leap day comes last. */
	const int64_t y = month <= 2 ? year - 1 : year;
	const int64_t era = (y >= 0 ? y : y - 399) / 400;
	const int64_t year_of_era = y - era * 400;
	const int64_t day_of_year =
		(153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + (int64_t)day - 1;
	const int64_t day_of_era =
		year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return (era * 146097 + day_of_era - 719468) * 86400 + seconds;
}

static void
put_digits(char *to, unsigned count, int64_t n)
{
	while (count-- > 0) {
		to[count] = (char)('0' + n % 10);
		n /= 10;
	}
}

struct str
time_text(int64_t time_s, bool has_zone, struct arena *a)
{
	char out[26] = "0000-00-00T00:00:00-00:00";
	if (time_s < 0 || time_s >= 253402300800) /* the year 10000 */
		return STR_NONE;
	const int64_t days = time_s / 86400 + 719468, seconds = time_s % 86400;
	const int64_t era = days / 146097, day_of_era = days % 146097;
	const int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	const int64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	const int64_t shifted = (5 * day_of_year + 2) / 153;
	const int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
	put_digits(out, 4, year_of_era + era * 400 + (month <= 2));
	put_digits(out + 5, 2, month);
	put_digits(out + 8, 2, day_of_year - (153 * shifted + 2) / 5 + 1);
	put_digits(out + 11, 2, seconds / 3600);
	put_digits(out + 14, 2, seconds / 60 % 60);
	put_digits(out + 17, 2, seconds % 60);
	if (has_zone)
		out[19] = 'Z';
	return arena_str(a, (struct str){out, has_zone ? 20 : 25});
}

/* Two digits at `at`, at most `max`; -1 when they are not there. */
static int
two(struct str s, size_t at, int max)
{
	if (at + 2 > s.len || !ascii_is_digit((unsigned char)s.ptr[at]) ||
		!ascii_is_digit((unsigned char)s.ptr[at + 1]))
		return -1;
	const int n = (s.ptr[at] - '0') * 10 + s.ptr[at + 1] - '0';
	return n <= max ? n : -1;
}

/* "04:05:06" at `at`, in seconds, or -1. */
static int64_t
clock_time(struct str s, size_t at)
{
	const int h = two(s, at, 23), m = two(s, at + 3, 59), sec = two(s, at + 6, 60);
	if (h < 0 || m < 0 || sec < 0 || s.ptr[at + 2] != ':' || s.ptr[at + 5] != ':')
		return -1;
	return (int64_t)h * 3600 + m * 60 + sec;
}

static size_t
skip_fraction(struct str s, size_t at)
{
	if (at < s.len && (s.ptr[at] == '.' || s.ptr[at] == ',') && at + 1 < s.len &&
		ascii_is_digit((unsigned char)s.ptr[at + 1])) {
		at++;
		while (at < s.len && ascii_is_digit((unsigned char)s.ptr[at]))
			at++;
	}
	return at;
}

/* "Z", "+01:00", "-0500" at *at: the offset in seconds, and *at behind it; false when there is
 * none.
 */
static bool
zone_at(struct str s, size_t *at, int64_t *offset)
{
	if (*at < s.len && (s.ptr[*at] == 'Z' || s.ptr[*at] == 'z')) {
		*offset = 0;
		*at += 1;
		return true;
	}
	if (*at >= s.len || (s.ptr[*at] != '+' && s.ptr[*at] != '-'))
		return false;
	const bool has_colon = *at + 3 < s.len && s.ptr[*at + 3] == ':';
	const int h = two(s, *at + 1, 23), m = two(s, *at + (has_colon ? 4 : 3), 59);
	if (h < 0 || m < 0)
		return false;
	*offset = ((int64_t)h * 3600 + m * 60) * (s.ptr[*at] == '-' ? -1 : 1);
	*at += has_colon ? 6 : 5;
	return true;
}

/* An ISO 8601 stamp at the start of `s`, its date and time apart by a T or a blank; how much of `s`
 * it takes, or 0. Exim writes its zone behind a blank. */
static size_t
iso_stamp(struct str s, struct logline *out)
{
	if (s.len < 19 || s.ptr[4] != '-' || s.ptr[7] != '-' ||
		(s.ptr[10] != 'T' && s.ptr[10] != ' '))
		return 0;
	const int century = two(s, 0, 99), years = two(s, 2, 99), month = two(s, 5, 12),
		  day = two(s, 8, 31);
	const int64_t seconds = clock_time(s, 11);
	if (century < 19 || years < 0 || month < 1 || day < 1 || seconds < 0)
		return 0;
	size_t at = skip_fraction(s, 19);
	int64_t offset = 0;
	size_t zone = at < s.len && s.ptr[at] == ' ' && s.ptr[10] == ' ' ? at + 1 : at;
	out->has_zone =
		(zone == at || (zone < s.len && s.ptr[zone] != 'Z')) && zone_at(s, &zone, &offset);
	if (out->has_zone)
		at = zone;
	out->time_s =
		time_of(century * 100 + years, (unsigned)month, (unsigned)day, seconds) - offset;
	if (at < s.len && !ascii_is_space((unsigned char)s.ptr[at]))
		return 0;
	return at;
}

struct str
logline_skip_stamp(struct str s)
{
	struct logline ignored;
	const size_t n = iso_stamp(s, &ignored);
	return n == 0 ? s : str_trim(str_from(s, n));
}

static unsigned
month_find(struct str s)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	for (unsigned i = 0; i < 12; i++)
		if (s.len >= 3 && memcmp(s.ptr, names + (size_t)i * 3, 3) == 0)
			return i + 1;
	return 0;
}

/* Moves the clock on to a stamp without a year; see the top of logline.h. */
static int
clock_year(struct log_clock *clock, unsigned month, unsigned day)
{
	if (clock->month != 0) {
		const int from = (int)(clock->month * 31 + clock->day),
			  to = (int)(month * 31 + day);
		if (to < from - 186)
			clock->year++;
		else if (to > from + 186)
			clock->year--;
	}
	clock->month = month;
	clock->day = day;
	return clock->year;
}

/* "Nov 22 04:05:06", "Nov  2 ...", also with a year behind the day; how much of `s` it takes, or 0.
 */
static size_t
bsd_stamp(struct str s, struct log_clock *clock, struct logline *out)
{
	const unsigned month = month_find(s);
	if (month == 0 || s.len < 15 || s.ptr[3] != ' ')
		return 0;
	size_t at = 4;
	at += s.ptr[at] == ' ';
	const int64_t day = str_number(str_from(s, at), 31);
	if (day < 1)
		return 0;
	at += day > 9 || s.ptr[at] == '0' ? 2 : 1;
	if (at + 9 > s.len || s.ptr[at] != ' ')
		return 0;
	at++;
	const int64_t year =
		s.len > at + 5 && s.ptr[at + 4] == ' ' ? str_number(str_from(s, at), 9999) : -1;
	if (year >= 1900)
		at += 5;
	const int64_t seconds = clock_time(s, at);
	if (seconds < 0)
		return 0;
	at = skip_fraction(s, at + 8);
	if (at < s.len && s.ptr[at] != ' ')
		return 0;
	out->time_s = time_of(year >= 1900 ? year : clock_year(clock, month, (unsigned)day), month,
		(unsigned)day, seconds);
	return at;
}

/* ---- host and tag ---- */

static bool
is_tag_char(int c)
{
	return ascii_is_alnum(c) || c == '/' || c == '-' || c == '_' || c == '.' || c == '(' ||
	       c == ')' || c == '@';
}

/* "postfix/smtp[123]: " at the start of `s`; how much it takes, or 0. */
static size_t
tag_at(struct str s, struct logline *out)
{
	size_t at = 0;
	while (at < s.len && at < TAG_BYTES_MAX && is_tag_char((unsigned char)s.ptr[at]))
		at++;
	if (at == 0 || at == s.len)
		return 0;
	const struct str name = str_head(s, at);
	int64_t pid = -1;
	if (s.ptr[at] == '[') {
		size_t to = at + 1;
		while (to < s.len && to - at < 12 && ascii_is_digit((unsigned char)s.ptr[to]))
			to++;
		if (to >= s.len || s.ptr[to] != ']')
			return 0;
		pid = str_number(str_from(s, at + 1), 9999999999);
		at = to + 1;
	}
	/* Only "tag:" and "tag[1]:", and what journalctl makes of a tag without a colon. */
	if (at >= s.len || s.ptr[at] != ':' || (at + 1 < s.len && s.ptr[at + 1] != ' '))
		return 0;
	out->program = name;
	out->pid = pid;
	return at + 1;
}

/* "mx postfix/smtp[123]: text", with or without the host. */
static bool
host_and_tag(struct str s, struct logline *out)
{
	size_t n = tag_at(s, out);
	struct str host = STR_NONE;
	if (n == 0) {
		struct str rest = s;
		host = str_word(&rest);
		rest = str_trim(rest);
		n = host.len > 0 && host.len <= 255 ? tag_at(rest, out) : 0;
		if (n == 0)
			return false;
		s = rest;
	}
	out->host = host;
	out->message = str_trim(str_from(s, n));
	return true;
}

/* ---- RFC 5424 ---- */

static struct str
absent_if_nil(struct str s)
{
	return str_eq(s, STR("-")) ? STR_NONE : s;
}

/* "[id name=\"va]lue\"][...]" or "-" at the start of `s`: what stands behind it. */
static struct str
skip_structured(struct str s)
{
	if (str_starts(s, STR("-")))
		return str_from(s, 1);
	size_t at = 0;
	bool in_quotes = false, in_element = false;
	for (; at < s.len && (in_element || s.ptr[at] == '['); at++) {
		const char c = s.ptr[at];
		if (in_quotes && c == '\\')
			at++;
		else if (c == '"')
			in_quotes = !in_quotes;
		else if (!in_quotes)
			in_element = c != ']';
	}
	return str_from(s, at);
}

/* Behind "<22>1 ": stamp, host, program, pid, message id, structured data, message. */
static bool
rfc5424(struct str s, struct logline *out)
{
	struct str rest = s;
	const struct str stamp = str_word(&rest);
	const struct str host = str_word(&rest), program = str_word(&rest), pid = str_word(&rest);
	const struct str id = str_word(&rest);
	if (id.len == 0 || (iso_stamp(stamp, out) == 0 && !str_eq(stamp, STR("-"))))
		return false;
	out->host = absent_if_nil(host);
	out->program = absent_if_nil(program);
	out->pid = str_number(pid, 9999999999);
	rest = str_trim(skip_structured(str_trim(rest)));
	if (str_starts(rest, STR("\xEF\xBB\xBF")))
		rest = str_from(rest, 3);
	out->message = rest;
	return true;
}

/* "<22>" at the start of `s`: its length, or 0. */
static size_t
priority(struct str s)
{
	size_t at = 1;
	if (s.len < 3 || s.ptr[0] != '<')
		return 0;
	while (at < s.len && at < 5 && ascii_is_digit((unsigned char)s.ptr[at]))
		at++;
	return at > 1 && at < s.len && s.ptr[at] == '>' ? at + 1 : 0;
}

/* ---- plain lines ---- */

static void
plain_parse(struct str line, struct log_clock *clock, struct logline *out)
{
	const size_t pri = priority(line);
	struct str s = str_from(line, pri);
	if (pri > 0 && str_starts(s, STR("1 ")) && rfc5424(str_from(s, 2), out))
		return;
	out->message = str_trim(s);
	const size_t iso = iso_stamp(s, out);
	const size_t stamp = iso > 0 ? iso : bsd_stamp(s, clock, out);
	if (stamp == 0) {
		out->time_s = -1;
		out->has_zone = false;
		(void)host_and_tag(s, out);
		/* Without a stamp a first word is no host: "said: ..." would make one of prose. */
		if (out->pid < 0)
			out->bare = str_trim(s);
		if (str_is_set(out->host))
			*out = (struct logline){.time_s = -1, .pid = -1, .message = str_trim(s)};
		return;
	}
	s = str_trim(str_from(s, stamp));
	out->message = s;
	if (host_and_tag(s, out) || iso == 0 || line.ptr[pri + 10] != ' ')
		return;
	/* Date and time apart by a blank and no tag: Exim's own log, perhaps with "[pid] ". */
	out->program = STR("exim");
	if (str_starts(s, STR("["))) {
		const int64_t pid = str_number(str_from(s, 1), 9999999999);
		const size_t close = str_find_char(str_head(s, 14), ']', 0);
		if (pid >= 0 && close != STR_NPOS) {
			out->pid = pid;
			out->message = str_trim(str_from(s, close + 1));
		}
	}
}

/* ---- JSON ---- */

/* What the JSON forms call their things: journald, docker, fluentd, and loggers at large. */
enum json_slot { SLOT_MESSAGE, SLOT_PROGRAM, SLOT_HOST, SLOT_PID, SLOT_MICROSECONDS, SLOT_TIME };

static const struct json_name {
	struct str name;
	enum json_slot slot;
} json_names[] = {
	{STR_INIT("MESSAGE"),              SLOT_MESSAGE     },
	{STR_INIT("SYSLOG_IDENTIFIER"),    SLOT_PROGRAM     },
	{STR_INIT("_HOSTNAME"),            SLOT_HOST        },
	{STR_INIT("_PID"),                 SLOT_PID         },
	{STR_INIT("SYSLOG_PID"),           SLOT_PID         },
	{STR_INIT("__REALTIME_TIMESTAMP"), SLOT_MICROSECONDS},
	{STR_INIT("log"),                  SLOT_MESSAGE     },
	{STR_INIT("msg"),                  SLOT_MESSAGE     },
	{STR_INIT("message"),              SLOT_MESSAGE     },
	{STR_INIT("time"),                 SLOT_TIME        },
	{STR_INIT("timestamp"),            SLOT_TIME        },
	{STR_INIT("@timestamp"),           SLOT_TIME        },
	{STR_INIT("ts"),                   SLOT_TIME        },
	{STR_INIT("host"),                 SLOT_HOST        },
	{STR_INIT("hostname"),             SLOT_HOST        },
	{STR_INIT("program"),              SLOT_PROGRAM     },
	{STR_INIT("ident"),                SLOT_PROGRAM     },
	{STR_INIT("tag"),                  SLOT_PROGRAM     },
	{STR_INIT("appname"),              SLOT_PROGRAM     },
	{STR_INIT("app"),                  SLOT_PROGRAM     },
	{STR_INIT("pid"),                  SLOT_PID         },
};

struct json_line {
	struct str line;
	struct arena *arena;
	struct logline *out;
	char *bytes; /* a MESSAGE as an array of byte values */
	size_t count, room;
};

static void
take_byte(struct json_line *j, struct str value)
{
	const int64_t n = str_number(value, 255);
	if (n < 0 || j->count >= LOG_LINE_BYTES_MAX)
		return;
	char *const bytes = arena_more(j->arena, j->bytes, j->count, &j->room, 1);
	if (bytes == NULL)
		return;
	j->bytes = bytes;
	j->bytes[j->count++] = (char)n;
	j->out->message = (struct str){j->bytes, j->count};
}

static void
take_time(struct logline *out, struct str value)
{
	struct logline stamp = {.time_s = -1};
	if (iso_stamp(value, &stamp) > 0) {
		out->time_s = stamp.time_s;
		out->has_zone = stamp.has_zone;
		return;
	}
	/* Seconds since 1970, or thousandths of them. */
	const int64_t n = str_number(value, INT64_MAX / 16);
	if (n < 0)
		return;
	out->time_s = n > 100000000000 ? n / 1000 : n;
	out->has_zone = true;
}

static void
json_member(void *to, const struct json_path *path, struct str value)
{
	struct json_line *const j = to;
	struct logline *const out = j->out;
	/* A line that was cut off behind a name: the value would begin at its end. */
	if (value.ptr == j->line.ptr + j->line.len)
		return;
	if (path->depth == 2 && str_eq(path->name[0], STR("MESSAGE")) &&
		!str_is_set(path->name[1])) {
		take_byte(j, value);
		return;
	}
	if (path->depth != 1)
		return;
	for (size_t i = 0; i < sizeof json_names / sizeof *json_names; i++) {
		if (!str_eq(json_names[i].name, path->name[0]))
			continue;
		switch (json_names[i].slot) {
		case SLOT_MESSAGE:
			out->message = str_trim(value);
			break;
		case SLOT_PROGRAM:
			out->program = value;
			break;
		case SLOT_HOST:
			out->host = value;
			break;
		case SLOT_PID:
			out->pid = str_number(value, 9999999999);
			break;
		case SLOT_MICROSECONDS:
			out->time_s = str_number(value, INT64_MAX / 16);
			out->time_s = out->time_s < 0 ? -1 : out->time_s / 1000000;
			out->has_zone = out->time_s >= 0;
			break;
		case SLOT_TIME:
			take_time(out, value);
			break;
		}
		return;
	}
}

static bool
json_parse(struct str line, struct log_clock *clock, struct arena *a, struct logline *out)
{
	struct json_line j = {.line = line, .arena = a, .out = out};
	if (!json_walk(line, a, json_member, &j))
		return false;
	if (str_is_set(out->program))
		return true;
	/* A container's line is a whole log line again, with or without a stamp of its own; the
	 * collector's has a year and a zone. */
	struct logline inner = {.time_s = -1, .pid = -1};
	plain_parse(out->message, clock, &inner);
	out->message = inner.message;
	out->program = inner.program;
	out->bare = inner.bare;
	out->pid = inner.pid >= 0 ? inner.pid : out->pid;
	if (str_is_set(inner.host))
		out->host = inner.host;
	if (out->time_s < 0) {
		out->time_s = inner.time_s;
		out->has_zone = inner.has_zone;
	}
	return true;
}

void
logline_parse(struct str line, struct log_clock *clock, struct arena *a, struct logline *out)
{
	*out = (struct logline){.time_s = -1, .pid = -1};
	line = str_head(line, LOG_LINE_BYTES_MAX);
	if (line.len == 0) {
		out->message = STR("");
		return;
	}
	if (line.ptr[0] == '{' && json_parse(line, clock, a, out))
		return;
	plain_parse(line, clock, out);
}

/* ---- journald's export ---- */

void
journal_init(struct journal *j)
{
	*j = (struct journal){.time_s = -1};
	buf_init(&j->message, LOG_LINE_BYTES_MAX);
	buf_init(&j->tag, TAG_BYTES_MAX);
	buf_init(&j->host, 256);
	buf_init(&j->pid, 32);
}

void
journal_fini(struct journal *j)
{
	buf_fini(&j->message);
	buf_fini(&j->tag);
	buf_fini(&j->host);
	buf_fini(&j->pid);
}

static struct buf *
journal_slot(struct journal *j, struct str name)
{
	if (str_eq(name, STR("MESSAGE")))
		return &j->message;
	if (str_eq(name, STR("SYSLOG_IDENTIFIER")))
		return &j->tag;
	if (str_eq(name, STR("_HOSTNAME")))
		return &j->host;
	return str_eq(name, STR("_PID")) || str_eq(name, STR("SYSLOG_PID")) ? &j->pid : NULL;
}

/* Adds what still fits: a value that is too long is cut, not lost. */
static void
journal_add(struct buf *b, struct str s)
{
	if (b != NULL && b->len < b->limit_bytes)
		buf_add(b, str_head(s, b->limit_bytes - b->len));
}

static enum journal_rc
journal_finish(struct journal *j, struct logline *out)
{
	const bool has_message = j->message.len > 0;
	j->in_entry = j->in_binary = false;
	*out = (struct logline){.time_s = j->time_s,
		.has_zone = j->time_s >= 0,
		.host = j->host.len > 0 ? buf_str(&j->host) : STR_NONE,
		.program = j->tag.len > 0 ? buf_str(&j->tag) : STR_NONE,
		.pid = str_number(j->pid.len > 0 ? buf_str(&j->pid) : STR(""), 9999999999),
		.message = has_message ? str_trim(buf_str(&j->message)) : STR("")};
	return has_message ? JOURNAL_ENTRY : JOURNAL_GOES_ON;
}

static void
journal_begin(struct journal *j)
{
	buf_clear(&j->message);
	buf_clear(&j->tag);
	buf_clear(&j->host);
	buf_clear(&j->pid);
	j->time_s = -1;
	j->in_entry = true;
}

/* A piece of a binary value, with the LF behind it: eight bytes of length, the lowest first, the
 * value, a line end. */
static void
journal_binary(struct journal *j, struct str line)
{
	size_t at = 0;
	const size_t given = line.len + 1;
	for (; j->length_bytes < 8 && at < given; at++) {
		const unsigned char c = at < line.len ? (unsigned char)line.ptr[at] : '\n';
		j->length |= (uint64_t)c << (8 * j->length_bytes++);
		if (j->length_bytes == 8 && j->length < UINT64_MAX)
			j->length++; /* its line end */
	}
	if (j->length_bytes < 8)
		return;
	const uint64_t take = given - at < j->length ? given - at : j->length;
	j->length -= take;
	journal_add(j->into, str_head(str_from(line, at), (size_t)take));
	if (j->length > 0 && at + take == given)
		journal_add(j->into, STR("\n"));
	j->in_binary = j->length > 0;
}

enum journal_rc
journal_line(struct journal *j, struct str line, struct logline *out)
{
	if (j->in_binary) {
		journal_binary(j, line);
		return JOURNAL_GOES_ON;
	}
	const bool is_cursor = str_starts(line, STR("__CURSOR="));
	const bool is_time = str_starts(line, STR("__REALTIME_TIMESTAMP="));
	if (!j->in_entry && !is_cursor && !is_time)
		return JOURNAL_NOT_MINE;
	if (!j->in_entry)
		journal_begin(j);
	if (line.len == 0)
		return journal_finish(j, out);
	if (is_time) {
		const int64_t n = str_number(str_from(line, 21), INT64_MAX / 16);
		j->time_s = n < 0 ? -1 : n / 1000000;
		return JOURNAL_GOES_ON;
	}
	const size_t equals = str_find_char(str_head(line, 65), '=', 0);
	struct buf *const to = journal_slot(j, str_head(line, equals));
	if (to != NULL)
		buf_clear(to);
	if (equals == STR_NPOS) {
		j->in_binary = true;
		j->into = to;
		j->length = 0;
		j->length_bytes = 0;
	} else {
		journal_add(to, str_from(line, equals + 1));
	}
	return JOURNAL_GOES_ON;
}

enum journal_rc
journal_end(struct journal *j, struct logline *out)
{
	return j->in_entry ? journal_finish(j, out) : JOURNAL_NOT_MINE;
}
