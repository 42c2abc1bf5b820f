/*
 * edit - what a filter wants changed in a message, and a header with those changes
 *
 * Fields that are added go in front of the message, where a server's own fields belong (RFC 5321
 * s4.4), and cost nothing. The other changes mean that the header or the body is written anew.
 * Nothing is changed on disk: it is done before the message goes to the queue.
 *
 * Names and values are checked when they are added: a filter cannot break the header or begin the
 * body. A value may be folded over lines, with LF or CRLF.
 */
#ifndef FILTER_EDIT_H
#define FILTER_EDIT_H

#include "base/arena.h"
#include "base/buf.h"

#define EDITS_MAX 1000             /* of one answer */
#define EDIT_VALUE_BYTES_MAX 65536 /* of a field */
#define EDIT_BODY_BYTES_MAX ((size_t)64 << 20)

enum edit_kind {
	EDIT_ADD,         /* a field, in front */
	EDIT_INSERT,      /* a field, to be the index-th: from 0 */
	EDIT_CHANGE,      /* the index-th field of that name, from 1, or else added */
	EDIT_DELETE,      /* the index-th of that name; 0: all of them; below 0: from the last */
	EDIT_BODY,        /* the body is `value`, all of it */
	EDIT_SENDER,      /* value */
	EDIT_ADD_RCPT,    /* value */
	EDIT_DELETE_RCPT, /* value */
	EDIT_ONLY_RCPT,   /* value takes the place of all recipients */
	EDIT_HOLD,        /* the message waits for an operator; value: why */
	EDIT_DISCARD      /* accepted, and thrown away by that name; value: why */
};

struct edit {
	enum edit_kind kind;
	int index;
	struct str name, value;
	struct edit *next;
};

struct edits {
	struct edit *first, **end; /* `end` is set by the first edit_add() */
	size_t count;
};

/*
 * edit_add - one more; name and value are copied into the arena
 *
 * Returns  false: too many, too long, no memory, or a name or value that would break the header
 */
bool edit_add(struct edits *e, struct arena *a, enum edit_kind kind, int index, struct str name,
	struct str value);

/* edits_append - those of `more` behind these; `more` is not used any more */
void edits_append(struct edits *e, const struct edits *more);

/* edits_touch - do some of them change what is there? What is only added does not */
bool edits_touch_header(const struct edits *e);
/* edits_body - the new body; absent: it stays */
struct str edits_body(const struct edits *e);

/* edits_front - the fields that are added, each with its CRLF, as they are to stand: the one that
 * was added last comes first, as when each is put in front of what is there */
void edits_front(const struct edits *e, struct buf *out);

/* edits_header - `header` (lines that end in CRLF; with its blank line, when it has one) with all
 * changes but what edits_front() writes. O(fields * edits) */
void edits_header(const struct edits *e, struct str header, struct buf *out);

#endif
