/*
 * journal - the export framing of journald, put together again out of what stands between the LFs
 *
 * https://systemd.io/JOURNAL_EXPORT_FORMATS: a field is NAME=value and a line end; or its NAME
 * alone, then the length of the value in eight bytes, the value and a line end, when the value is
 * binary.
 */
#include "read/logline.h"

void
journal_init(struct journal *j)
{
	*j = (struct journal){.time_s = -1};
	buf_init(&j->message, LOG_LINE_BYTES_MAX);
	buf_init(&j->tag, LOG_TAG_BYTES_MAX);
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
