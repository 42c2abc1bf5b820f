#include "eventlog/line.h"

#include "base/shown.h"
#include "base/when.h"

static const struct str event_names[] = {
#define X(id, name, meaning) STR_INIT(name),
	EVENTLOG_EVENTS(X)
#undef X
};

static const struct str field_names[] = {
#define X(id, name, meaning) STR_INIT(name),
	EVENTLOG_FIELDS(X)
#undef X
};

/* Fields that are numbers, and are numbers in JSON too. */
static bool
is_number_field(enum eventlog_name name)
{
	switch (name) {
	case FIELD_RECIPIENTS:
	case FIELD_BYTES:
	case FIELD_CODE:
	case FIELD_SCORE:
	case FIELD_ATTEMPT:
	case FIELD_DELAY_MS:
	case FIELD_MESSAGES:
	case FIELD_ERRORS:
	case FIELD_SECONDS:
		return true;
	default:
		return false;
	}
}

struct str
eventlog_event_name(enum eventlog_event event)
{
	return event_names[event];
}

struct str
eventlog_field_name(enum eventlog_name name)
{
	return field_names[name];
}

enum eventlog_event
eventlog_event_find(struct str name)
{
	unsigned e = 0;
	while (e < LOG_EVENT_COUNT && !str_eq(event_names[e], name))
		e++;
	return (enum eventlog_event)e;
}

enum eventlog_name
eventlog_field_find(struct str name)
{
	unsigned f = 0;
	while (f < FIELD_COUNT && !str_eq(field_names[f], name))
		f++;
	return (enum eventlog_name)f;
}

/* ---- writing ---- */

#define PIECE_BYTES_MAX 16 /* one character as written: four escaped bytes at the most */
#define CUT_MARK "..."
#define CUT_BYTES (sizeof CUT_MARK - 1)

struct written {
	char *to;
	size_t len;
};

static void
put(struct written *w, struct str s)
{
	memcpy(w->to + w->len, s.ptr, s.len);
	w->len += s.len;
}

static void
put_stamp(struct written *w, int64_t now_ms)
{
	char stamp[WHEN_BYTES];
	put(w, when_log(now_ms < 0 ? 0 : now_ms, stamp));
}

static size_t
put_hex(char *to, const char *mark, unsigned digits, uint32_t n)
{
	static const char hex[] = "0123456789abcdef";
	to[0] = '\\';
	to[1] = *mark;
	for (unsigned i = 0; i < digits; i++)
		to[2 + i] = hex[n >> 4 * (digits - 1 - i) & 15];
	return 2 + digits;
}

/* A character that is not shown as it is, `bytes` of it in `s`; how much was written. */
static size_t
escape(enum eventlog_format format, uint32_t cp, struct str s, size_t bytes, char *to)
{
	const char *const letter = cp == '"'    ? "\""
				   : cp == '\\' ? "\\"
				   : cp == '\n' ? "n"
				   : cp == '\r' ? "r"
				   : cp == '\t' ? "t"
						: NULL;
	size_t n = 0;
	if (letter != NULL) {
		to[0] = '\\';
		to[1] = *letter;
		return 2;
	}
	if (format == EVENTLOG_LOGFMT) {
		for (size_t i = 0; i < bytes; i++)
			n += put_hex(to + n, "x", 2, (unsigned char)s.ptr[i]);
		return n;
	}
	if (cp == CHAR_BROKEN) {
		memcpy(to, "\xEF\xBF\xBD", 3);
		return 3;
	}
	/* All that is_shown() refuses lies in the first plane. */
	return put_hex(to, "u", 4, cp);
}

static bool
is_true_fffd(struct str s, size_t bytes)
{
	return bytes == 3 && memcmp(s.ptr, "\xEF\xBF\xBD", 3) == 0;
}

/* The value with its escapes, at most EVENTLOG_VALUE_BYTES_MAX; cut, and marked as such, where it
 * is longer. */
static void
put_escaped(struct written *w, enum eventlog_format format, struct str value)
{
	const size_t start = w->len;
	size_t cut = start; /* the last place where the mark would still have room */
	while (value.len > 0) {
		char piece[PIECE_BYTES_MAX];
		size_t bytes = 1, n = 1;
		const uint32_t cp = utf8_next(value, &bytes);
		const bool is_plain = is_shown(cp) && cp != '"' && cp != '\\' &&
				      (cp != CHAR_BROKEN || is_true_fffd(value, bytes));
		/* What is no UTF-8 may be longer than a character is; byte by byte it is not. */
		if (cp == CHAR_BROKEN && !is_plain)
			bytes = 1;
		if (is_plain)
			memcpy(piece, value.ptr, n = bytes);
		else
			n = escape(format, cp, value, bytes, piece);
		if (w->len - start + n > EVENTLOG_VALUE_BYTES_MAX) {
			w->len = cut;
			put(w, STR(CUT_MARK));
			return;
		}
		put(w, (struct str){piece, n});
		if (w->len - start + CUT_BYTES <= EVENTLOG_VALUE_BYTES_MAX)
			cut = w->len;
		value = str_from(value, bytes);
	}
}

static bool
is_bare(struct str value)
{
	for (size_t i = 0; i < value.len; i++) {
		const char c = value.ptr[i];
		if (c <= ' ' || c > '~' || c == '"' || c == '=' || c == '\\')
			return false;
	}
	return value.len > 0 && value.len <= EVENTLOG_VALUE_BYTES_MAX;
}

/* A number as JSON has them: -?digits, perhaps .digits, no zero in front. */
static bool
is_json_number(struct str s)
{
	size_t i = s.len > 0 && s.ptr[0] == '-';
	const size_t first = i;
	while (i < s.len && ascii_is_digit(s.ptr[i]))
		i++;
	if (i == first || i - first > 15 || (s.ptr[first] == '0' && i - first > 1))
		return false;
	if (i == s.len)
		return true;
	const size_t point = i++;
	while (i < s.len && ascii_is_digit(s.ptr[i]))
		i++;
	return s.ptr[point] == '.' && i == s.len && i > point + 1 && s.len <= 32;
}

static void
put_field(struct written *w, enum eventlog_format format, enum eventlog_name name, struct str value)
{
	const bool is_json = format == EVENTLOG_JSON;
	put(w, is_json ? STR(",\"") : STR(" "));
	put(w, field_names[name]);
	put(w, is_json ? STR("\":") : STR("="));
	if (is_json ? is_number_field(name) && is_json_number(value) : is_bare(value)) {
		put(w, value);
		return;
	}
	put(w, STR("\""));
	put_escaped(w, format, value);
	put(w, STR("\""));
}

size_t
eventlog_format_line(enum eventlog_format format, int64_t now_ms, enum eventlog_event event,
	const struct eventlog_field *fields, size_t count,
	char room[static EVENTLOG_LINE_BYTES_MAX])
{
	struct written w = {room, 0};
	const bool is_json = format == EVENTLOG_JSON;
	if (is_json)
		put(&w, STR("{\"time\":\""));
	put_stamp(&w, now_ms);
	put(&w, is_json ? STR("\",\"event\":\"") : STR(" "));
	put(&w, event_names[event]);
	if (is_json)
		put(&w, STR("\""));
	for (size_t i = 0; i < count; i++) {
		const struct eventlog_field *const f = &fields[i];
		/* As JSON: a comma, four quotes, a colon; at the end the bracket and the LF. */
		const size_t least = field_names[f->name].len + 8;
		if (!str_is_set(f->value))
			continue;
		if (EVENTLOG_LINE_BYTES_MAX - w.len < least + EVENTLOG_VALUE_BYTES_MAX) {
			char field[EVENTLOG_VALUE_BYTES_MAX + 64];
			struct written apart = {field, 0};
			put_field(&apart, format, f->name, f->value);
			if (apart.len + 2 <= EVENTLOG_LINE_BYTES_MAX - w.len)
				put(&w, (struct str){field, apart.len});
			continue;
		}
		put_field(&w, format, f->name, f->value);
	}
	put(&w, is_json ? STR("}\n") : STR("\n"));
	return w.len;
}
