/*
 * why - what became of a message or a try to send one, told out of the log
 *
 * People ask by what they know: a sender, a recipient, a time, the mark at the end of a reply. The
 * answer is on many lines, written hours apart by sessions and deliveries, and a message that was
 * refused never had an id. So lines are joined by session and by id, and what belongs together is
 * one story.
 *
 * The log is read three times, in the order of time: why_select() twice over all of it, then
 * why_collect() once. Memory is that of the lines that belong to what was asked, at most
 * WHY_BYTES_MAX and half as much again; a log of any size can be asked.
 *
 * Pure. One thread at a time.
 */
#ifndef EVENTLOG_WHY_H
#define EVENTLOG_WHY_H

#include "base/buf.h"
#include "eventlog/line.h"
#include "explain/page.h"

#define WHY_BYTES_MAX ((size_t)256 << 20)

/* What is asked; absent is anything. Addresses match as a part, or as a whole with * and ? in them,
 * without regard to case; "<>" is the null sender. */
struct why_query {
	struct str from, to, message_id;
	struct str client; /* an address, a network, or a name */
	struct str session, id;
	int64_t since_ms, until_ms; /* of the events that are asked for; both included */
};

enum why_kind {
	WHY_MESSAGE, /* was taken: an id, and what became of each recipient */
	WHY_REFUSAL, /* a sender or its recipients were refused */
	WHY_UNSENT,  /* recipients were accepted, and no message came for them */
	WHY_SESSION  /* came and went with nothing to refuse */
};

struct why_record {
	struct eventlog_line line;
	struct why_record *next_of_session, *next_of_id;
	bool is_told; /* in a story */
};

struct why_story {
	enum why_kind kind;
	int64_t time_ms;                   /* when it was decided: taken, or refused first */
	struct str session, id;            /* absent: none is known */
	const struct why_record **records; /* in the order of time */
	size_t count;
	/* The message is a report: the first line of what it tells of. NULL: it is none, or that is
	 * not in the log. */
	const struct why_record *about;
	/* What became of the reports that this message made: their last records. */
	const struct why_record **reports;
	size_t report_count;
	size_t place; /* in which it was found */
	bool is_open; /* of WHY_UNSENT: the session's end is not in the log */
};

struct why;

/* why_new - the texts of the query are borrowed until why_free(); NULL: no memory */
struct why *why_new(const struct why_query *query);
void why_free(struct why *w);

/* A line of the log; those that nixied did not write are passed over. */
void why_select(struct why *w, struct str line);
void why_collect(struct why *w, struct str line);

/* why_read - all that is to be read, in the order it wants: `read` gives every line of the log to
 * line(to, ...), as often as it is called. false as soon as `read` gives that */
typedef void why_line(void *to, struct str line);
typedef bool why_reader(void *from, why_line *line, void *to);
bool why_read(struct why *w, why_reader *read, void *from);

/* why_stories - when all was read: the stories by time, in *out. false: more belongs to what was
 * asked than there is room for, and what is here is not all */
bool why_stories(struct why *w, const struct why_story **out, size_t *count);

/* why_span - of which time the log is; false: there was no line of nixied in it */
bool why_span(const struct why *w, int64_t *first_ms, int64_t *last_ms);

/* What a condition's or a reason's row says about a refusal or a failed delivery. */
struct why_advice {
	struct str name;    /* "C34", "mailbox_full" */
	struct str title;   /* "No such mailbox" */
	struct str meaning; /* what causes it */
	struct str setting; /* absent: none */
	struct str to_do;   /* what those who run this server do */
};

/* why_advice_of - false when the line names neither a condition nor a reason that exists, or when
 * nothing failed */
bool why_advice_of(const struct eventlog_line *l, struct why_advice *out);

/* why_say - one event in a sentence or two */
void why_say(const struct eventlog_line *l, struct buf *b);

/* why_text - one story for people */
void why_text(const struct why_story *story, struct page *page);

/* why_json - one story as a JSON object on one line */
void why_json(const struct why_story *story, struct out *out);

#endif
