/*
 * line - an event as a line of the log, and back
 *
 * logfmt:	2026-11-22T09:14:03.120Z refused session=7Q2F reply="550 5.1.1 Unknown user"
 * JSON:	{"time":"2026-11-22T09:14:03.120Z","event":"refused","session":"7Q2F",...}
 *
 * A value of logfmt that has anything but printable ASCII, or a blank, a quote, a backslash or a
 * "=", stands in quotes. In quotes \" \\ \n \r \t are what they are in C, and \x1b is any other
 * byte that is not shown as it is: controls, what reorders or hides text, what is no UTF-8. So what
 * is read is what was written, byte for byte. JSON cannot say a byte that is no UTF-8: it becomes
 * U+FFFD.
 *
 * Pure.
 */
#ifndef EVENTLOG_LINE_H
#define EVENTLOG_LINE_H

#include "base/arena.h"
#include "eventlog/eventlog.h"

/* eventlog_format_line - the line with its LF, in `room`; how long it is */
size_t eventlog_format_line(enum eventlog_format format, int64_t now_ms, enum eventlog_event event,
	const struct eventlog_field *fields, size_t count,
	char room[static EVENTLOG_LINE_BYTES_MAX]);

struct eventlog_line {
	int64_t time_ms;
	enum eventlog_event event;
	struct str field[FIELD_COUNT]; /* absent: not there. Of two of a name the first */
};

/*
 * eventlog_read - a line that nixied wrote
 *
 * line     without its LF; in front of it there may be what syslog or journald put there, and it
 *          may stand in an envelope of JSON (journalctl -o json, containers)
 * a        values with escapes are unpacked there
 * Returns  false when it is none: then *out has no meaning. Fields of other names are passed over,
 *          a value that was cut off is left out
 */
bool eventlog_read(struct str line, struct arena *a, struct eventlog_line *out);

struct str eventlog_event_name(enum eventlog_event event);
struct str eventlog_field_name(enum eventlog_name name);

/* By their names; LOG_EVENT_COUNT, FIELD_COUNT when there is none. */
enum eventlog_event eventlog_event_find(struct str name);
enum eventlog_name eventlog_field_find(struct str name);

#endif
