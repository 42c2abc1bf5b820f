#include "read/logline.h"

#include "base/charset.h"
#include "base/json_walk.h"

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
	while (at < s.len && at < LOG_TAG_BYTES_MAX && is_tag_char((unsigned char)s.ptr[at]))
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
	if (id.len == 0 || (logtime_iso(stamp, out) == 0 && !str_eq(stamp, STR("-"))))
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
	const size_t iso = logtime_iso(s, out);
	const size_t stamp = iso > 0 ? iso : logtime_bsd(s, clock, out);
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
	{STR_INIT("MESSAGE"), SLOT_MESSAGE},
	{STR_INIT("SYSLOG_IDENTIFIER"), SLOT_PROGRAM},
	{STR_INIT("_HOSTNAME"), SLOT_HOST},
	{STR_INIT("_PID"), SLOT_PID},
	{STR_INIT("SYSLOG_PID"), SLOT_PID},
	{STR_INIT("__REALTIME_TIMESTAMP"), SLOT_MICROSECONDS},
	{STR_INIT("log"), SLOT_MESSAGE},
	{STR_INIT("msg"), SLOT_MESSAGE},
	{STR_INIT("message"), SLOT_MESSAGE},
	{STR_INIT("time"), SLOT_TIME},
	{STR_INIT("timestamp"), SLOT_TIME},
	{STR_INIT("@timestamp"), SLOT_TIME},
	{STR_INIT("ts"), SLOT_TIME},
	{STR_INIT("host"), SLOT_HOST},
	{STR_INIT("hostname"), SLOT_HOST},
	{STR_INIT("program"), SLOT_PROGRAM},
	{STR_INIT("ident"), SLOT_PROGRAM},
	{STR_INIT("tag"), SLOT_PROGRAM},
	{STR_INIT("appname"), SLOT_PROGRAM},
	{STR_INIT("app"), SLOT_PROGRAM},
	{STR_INIT("pid"), SLOT_PID},
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
	if (logtime_iso(value, &stamp) > 0) {
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
	line = utf8_head(line, LOG_LINE_BYTES_MAX);
	if (line.len == 0) {
		out->message = STR("");
		return;
	}
	if (line.ptr[0] == '{' && json_parse(line, clock, a, out))
		return;
	plain_parse(line, clock, out);
}
