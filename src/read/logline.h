/*
 * logline - one line of a log, whoever wrote it: when, on which machine, by which program, and the
 * message
 *
 * Read are: traditional syslog (RFC 3164: "Nov 22 04:05:06 mx postfix/smtp[12]: ..."), the same
 * with an RFC 3339 stamp (rsyslog, journalctl -o short-iso), RFC 5424, Exim's own main log,
 * journald's JSON and its export framing, and the JSON lines of containers ({"log": ...}, {"time",
 * "msg"}). Which one it is, each line tells by itself: a file may change its form half-way.
 *
 * The trouble is the stamp without a year. There is no clock here, so the caller names the year of
 * the first such line, and the rule is: a stamp more than half a year before the one above it is of
 * the next year (December, then January); one more than half a year after it is of the year before
 * (a late line of December among those of January). Lines that run backwards by less change
 * nothing.
 */
#ifndef READ_LOGLINE_H
#define READ_LOGLINE_H

#include "base/arena.h"
#include "base/buf.h"

#define LOG_LINE_BYTES_MAX                                                                         \
	65536 /* of one line, or one value of a journal entry; more is cut off                     \
	       */

#define LOG_TAG_BYTES_MAX 128 /* a syslog tag is short (RFC 3164: 32); longer ones are prose */

struct logline {
	int64_t time_s;  /* since 1970, -1 = no stamp. Without a zone: as if it were UTC */
	bool has_zone;   /* the stamp names its zone */
	struct str host; /* absent when the line names none; so is the program */
	struct str program;
	int64_t pid; /* -1 = not named */
	struct str message;
	struct str bare; /* tag and message, where nothing but its colon says that the tag is one */
};

/* What a stamp without a year is measured by. Set `year`, zero the rest. */
struct log_clock {
	int year;
	unsigned month, day; /* of the last stamp without a year; 0 = none yet */
};

/*
 * logline_parse - one line, which is no part of a journal export
 *
 * line     borrowed, without its line end; any bytes
 * clock    read and moved on by stamps without a year
 * out      always written; slices of `line`, or of the arena where JSON had escapes. A line of no
 *          known form is all message.
 * Cost     O(n)
 */
void logline_parse(struct str line, struct log_clock *clock, struct arena *a, struct logline *out);

/* logline_skip_stamp - what stands behind an ISO stamp ("2026-11-22 04:05:06.123 +0100 ") at the
 * start of `s`; `s` when there is none. Exim puts its own behind syslog's. */
struct str logline_skip_stamp(struct str s);

/* time_text - seconds since 1970 as RFC 3339 in UTC, in the arena; "-00:00" when the zone is
 * unknown (RFC 3339 s4.3); absent for -1 */
struct str time_text(int64_t time_s, bool has_zone, struct arena *a);

/* time_of - the seconds since 1970 of a date and time in UTC; no check of the ranges */
int64_t time_of(int64_t year, unsigned month, unsigned day, int64_t seconds);

/* ---- stamps, for logline_parse() ---- */

/* logtime_iso - an ISO 8601 stamp at the start of `s`, its date and time apart by a T or a blank;
 * how much of `s` it takes, or 0. Exim writes its zone behind a blank. Sets time_s and has_zone,
 * which have no meaning after a 0 */
size_t logtime_iso(struct str s, struct logline *out);

/* logtime_bsd - "Nov 22 04:05:06", "Nov  2 ...", also with a year behind the day; how much of `s`
 * it takes, or 0. Sets time_s, and moves the clock on where there is no year */
size_t logtime_bsd(struct str s, struct log_clock *clock, struct logline *out);

/* ---- journald ---- */

/*
 * journal - `journalctl -o export`: fields on lines of their own, binary ones with their length, a
 * blank line behind each entry (systemd's JOURNAL_EXPORT_FORMATS)
 *
 * The framing may hold line ends, so the reader is given what stands between the LFs, in order, and
 * puts it together again.
 */
struct journal {
	struct buf message, tag, host, pid;
	int64_t time_s;
	bool in_entry;
	/* A binary value that is not complete: */
	struct buf *into; /* NULL: passed over */
	bool in_binary;
	unsigned length_bytes; /* of its length, read so far; 8 = all */
	uint64_t length;       /* still to come, with its line end */
};

enum journal_rc {
	JOURNAL_NOT_MINE, /* the line belongs to no export */
	JOURNAL_GOES_ON,
	JOURNAL_ENTRY /* an entry is complete: *out is it */
};

void journal_init(struct journal *j);
void journal_fini(struct journal *j);

/*
 * journal_line - the next line of what may be an export
 *
 * An entry begins with its cursor ("__CURSOR=..."), or "__REALTIME_TIMESTAMP=" where the cursor was
 * left out; outside an entry all other lines are not its.
 * out      on JOURNAL_ENTRY; valid until the next call
 */
enum journal_rc journal_line(struct journal *j, struct str line, struct logline *out);

/* journal_end - the entry that the end of the input completes */
enum journal_rc journal_end(struct journal *j, struct logline *out);

#endif
