/*
 * entry - what stands in the frames of the queue's journal
 *
 *	entry    kind 1, length 4, then `length` bytes
 *	BODY     message 8, generation 8, bytes: a part of a message, in order
 *	FRONT    the same, but it goes in front of all that came before
 *	MESSAGE  a message was accepted: its envelope. Its parts stand before it
 *	COPY     the same of a message that was moved forward, with what became of its recipients
 *	CHANGE   what became of one recipient
 *	BASE     the counts of all segments up to one that is about to be dropped
 *
 * Numbers are little-endian; a text is a length of 4 bytes and its bytes. What a recipient asked
 *for (NOTIFY) shares its number with what kind it is and whose member: its upper bits. A BASE of an
 *older version has fewer states; they are added at the end, and a count that is not there is none.
 * Pure: bytes to values and back. The parsers take any bytes.
 */
#ifndef QUEUE_ENTRY_H
#define QUEUE_ENTRY_H

#include "base/buf.h"
#include "queue/queue.h"

enum entry_kind {
	ENTRY_BODY = 1,
	ENTRY_MESSAGE,
	ENTRY_COPY,
	ENTRY_CHANGE,
	ENTRY_BASE,
	ENTRY_FRONT
};

struct entry {
	enum entry_kind kind;
	struct str content;
};

/* entry_next - the next entry of a payload; false at its end, or at what is none */
bool entry_next(struct str *rest, struct entry *out);

struct entry_body {
	uint64_t message;
	uint64_t generation; /* which copy of the message: parts of another are none of it */
	struct str bytes;
};

/* Of ENTRY_MESSAGE and ENTRY_COPY. The recipients follow, one after the other, in `rest`. */
struct entry_message {
	uint64_t message;
	uint64_t generation;
	uint64_t body_bytes;
	struct queue_envelope envelope; /* its recipients pointer is not set */
	struct str rest;
};

struct entry_change {
	enum recipient_state from;
	struct queue_change change;
	struct str said; /* the bytes that state change.to; set by the parser */
};

struct entry_base {
	uint64_t through; /* the last segment that is counted */
	uint64_t last_id;
	struct queue_counts counts; /* without waiting and held */
};

#define ENTRY_FIXED_MAX 96 /* all but the texts, of an entry or a recipient in one */
#define ENTRY_HEAD_BYTES 5
#define ENTRY_BODY_HEAD_BYTES 16 /* before the bytes */

/* entry_body_write - kind: ENTRY_BODY or ENTRY_FRONT */
void entry_body_write(struct buf *b, enum entry_kind kind, const struct entry_body *e);
void entry_message_write(struct buf *b, enum entry_kind kind, const struct entry_message *e);
/* entry_change_write - gives where in b the bytes begin that state change.to; they go to its end */
size_t entry_change_write(struct buf *b, const struct entry_change *e);
void entry_base_write(struct buf *b, const struct entry_base *e);

/* All give false when the content is not what it should be; *out is then not to be used. */
bool entry_body_parse(struct str content, struct entry_body *out);
bool entry_message_parse(struct str content, struct entry_message *out);
/* said: the bytes that state its progress, for entry_progress_parse() */
bool entry_recipient_next(struct str *rest, struct queue_recipient *out, struct str *said);
bool entry_progress_parse(struct str said, struct recipient_progress *out);
bool entry_change_parse(struct str content, struct entry_change *out);
bool entry_base_parse(struct str content, struct entry_base *out);

#endif
