/* line_read - the lines that line.c writes, read again */
#include "base/json_walk.h"
#include "eventlog/line.h"
#include "read/logline.h"

#include <assert.h>

#define STAMP_BYTES (sizeof "2026-11-22T09:14:03.120Z" - 1)
#define STAMP_POINT 19

/* "2026-11-22T09:14:03.120Z" and nothing else; -1 when it is none. */
static int64_t
stamp_read(struct str s)
{
	struct logline at;
	if (s.len != STAMP_BYTES || s.ptr[10] != 'T' || s.ptr[STAMP_POINT] != '.' ||
		s.ptr[STAMP_BYTES - 1] != 'Z' || logtime_iso(s, &at) != STAMP_BYTES)
		return -1;
	return at.time_s * 1000 + str_number(str_from(s, STAMP_POINT + 1), 999);
}

/* What stands in quotes at the start of *rest, moved past them; absent when they do not close. */
static struct str
quoted_read(struct str *rest, struct arena *a)
{
	size_t end = 1;
	bool has_escapes = false;
	while (end < rest->len && rest->ptr[end] != '"') {
		has_escapes |= rest->ptr[end] == '\\';
		end += rest->ptr[end] == '\\' ? 2 : 1;
	}
	if (end >= rest->len)
		return STR_NONE;
	const struct str raw = {rest->ptr + 1, end - 1};
	*rest = str_from(*rest, end + 1);
	if (!has_escapes)
		return raw;
	char *const to = arena_bytes(a, raw.len);
	size_t n = 0;
	if (to == NULL)
		return STR_NONE;
	for (size_t i = 0; i < raw.len; i++) {
		char c = raw.ptr[i];
		if (c == '\\' && i + 1 < raw.len) {
			c = raw.ptr[++i];
			const int high = c == 'x' && i + 2 < raw.len
						 ? hex_value((unsigned char)raw.ptr[i + 1])
						 : -1;
			const int low = high >= 0 ? hex_value((unsigned char)raw.ptr[i + 2]) : -1;
			if (low >= 0) {
				c = (char)(high << 4 | low);
				i += 2;
			} else if (c == 'n') {
				c = '\n';
			} else if (c == 'r') {
				c = '\r';
			} else if (c == 't') {
				c = '\t';
			}
		}
		to[n++] = c;
	}
	arena_give_back(a, raw.len - n);
	return (struct str){to, n};
}

static void
field_take(struct eventlog_line *out, struct str name, struct str value)
{
	const enum eventlog_name f = eventlog_field_find(name);
	if (f != FIELD_COUNT && !str_is_set(out->field[f]))
		out->field[f] = value;
}

static bool
logfmt_read(struct str line, struct arena *a, struct eventlog_line *out)
{
	out->time_ms = stamp_read(str_head(line, STAMP_BYTES));
	if (out->time_ms < 0 || line.len <= STAMP_BYTES || line.ptr[STAMP_BYTES] != ' ')
		return false;
	struct str rest = str_from(line, STAMP_BYTES + 1);
	out->event = eventlog_event_find(str_cut(&rest, ' '));
	if (out->event == LOG_EVENT_COUNT)
		return false;
	while (rest.len > 0) {
		const size_t equals = str_find_char(rest, '=', 0);
		if (equals == STR_NPOS)
			return true;
		const struct str name = str_head(rest, equals);
		rest = str_from(rest, equals + 1);
		if (rest.len == 0 || rest.ptr[0] != '"') {
			field_take(out, name, str_cut(&rest, ' '));
			continue;
		}
		const struct str value = quoted_read(&rest, a);
		if (!str_is_set(value) || (rest.len > 0 && rest.ptr[0] != ' '))
			return true;
		field_take(out, name, value);
		rest = str_from(rest, 1);
	}
	return true;
}

static void
member_take(void *to, const struct json_path *path, struct str value)
{
	struct eventlog_line *const out = to;
	if (path->depth != 1)
		return;
	if (str_eq(path->name[0], STR("time")) && out->time_ms < 0)
		out->time_ms = stamp_read(value);
	else if (str_eq(path->name[0], STR("event")) && out->event == LOG_EVENT_COUNT)
		out->event = eventlog_event_find(value);
	else
		field_take(out, path->name[0], value);
}

static bool
bare_read(struct str line, struct arena *a, struct eventlog_line *out)
{
	*out = (struct eventlog_line){.time_ms = -1, .event = LOG_EVENT_COUNT};
	if (!str_starts(line, STR("{\"time\":\"")))
		return logfmt_read(line, a, out);
	return json_walk(line, a, member_take, out) && out->time_ms >= 0 &&
	       out->event != LOG_EVENT_COUNT;
}

/* The line in an envelope: journald's JSON, that of containers, and of collectors. */
static void
envelope_take(void *to, const struct json_path *path, struct str value)
{
	static const struct str names[] = {
		STR_INIT("MESSAGE"), STR_INIT("log"), STR_INIT("message"), STR_INIT("msg")};
	struct str *const inside = to;
	for (size_t i = 0; path->depth == 1 && i < sizeof names / sizeof *names; i++)
		if (str_eq(path->name[0], names[i]))
			*inside = value;
}

bool
eventlog_read(struct str line, struct arena *a, struct eventlog_line *out)
{
	line = str_trim_end(line);
	if (bare_read(line, a, out))
		return true;
	struct str inside = STR_NONE;
	if (str_starts(line, STR("{"))) {
		json_walk(line, a, envelope_take, &inside);
	} else {
		/* The year of a stamp in front is of no interest: ours has one. */
		struct log_clock clock = {.year = 2000};
		struct logline around;
		logline_parse(line, &clock, a, &around);
		inside = around.message;
	}
	return str_is_set(inside) && inside.len < line.len && bare_read(str_trim(inside), a, out);
}
