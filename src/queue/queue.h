/*
 * queue - the messages that were accepted, and what became of each recipient
 *
 * The promise: once queue_commit() has answered 0, a message survives kill -9 and the loss of
 * power; when it answered anything else, the message is not there and never comes back. Every
 * recipient that was accepted is in exactly one state of `enum recipient_state`; five of them are
 * final. A message is gone when all its recipients are final. `doc/queue.md` argues each
 * transition, crash by crash.
 *
 * Messages and states live in a journal (queue/journal.h). An index of all that is not final is
 * kept in memory: a hundred bytes for a message, 32 for a recipient, and the texts of the envelope.
 * Bodies stay on the disk, and so do the words about a recipient's last attempt, which are read
 * when somebody asks for them (queue_words()).
 *
 * Time is the caller's: milliseconds since 1970.
 * Threads: one owner. A thread of the journal's writes, when queue_start() was called.
 */
#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H

#include "base/arena.h"
#include "base/notify.h"
#include "queue/disk.h"
#include "queue/journal.h"

#define QUEUE_RECIPIENTS_MAX 50000
#define QUEUE_FRONT_MAX (64u << 10)
#define QUEUE_TEXT_MAX 4096             /* of each text of an envelope or change, in bytes */
#define QUEUE_ID_BYTES 14               /* of queue_id_text(), with its NUL */
#define QUEUE_IN_FLIGHT_MAX (32u << 20) /* bytes on their way to the disk; see queue_is_busy() */

enum recipient_state {
	RECIPIENT_WAITING, /* to be tried when due_ms comes */
	RECIPIENT_HELD,    /* not to be tried: an operator, or damage, stopped it */
	/* final: */
	RECIPIENT_DELIVERED, /* in a mailbox here */
	RECIPIENT_RELAYED,   /* another server has taken it */
	RECIPIENT_BOUNCED,   /* given up; the report about it was queued with the same commit */
	RECIPIENT_DISCARDED, /* given up without a report, by the rule that `why` names */
	RECIPIENT_EXPANDED,  /* a list: its members are recipients of their own */
	RECIPIENT_STATE_COUNT
};

const char *recipient_state_name(enum recipient_state state);

static inline bool
recipient_is_final(enum recipient_state s)
{
	return s >= RECIPIENT_DELIVERED;
}

/* What the envelope asked for: RFC 3461, 6152, 6531, 8689. */
enum message_flag {
	MESSAGE_8BIT = 1 << 0,
	MESSAGE_SMTPUTF8 = 1 << 1,
	MESSAGE_REQUIRETLS = 1 << 2,
	MESSAGE_RET_FULL = 1 << 3,
	MESSAGE_RET_HEADERS = 1 << 4,
	MESSAGE_AUTHENTICATED = 1 << 5,
	MESSAGE_REPORT = 1 << 6,       /* made here, about another message */
	MESSAGE_SIGNS_RETURN = 1 << 7, /* of somebody here whose return path is signed outside */
	MESSAGE_LAST_REPORT = 1 << 8,  /* ... to the postmaster, about a report: none follows */
	MESSAGE_COURTESY = 1 << 9      /* ... of success, of delay, of DMARC: nothing had failed */
};

/* What is known of an attempt, or of the lack of one. All text is borrowed. */
struct recipient_progress {
	enum recipient_state state;
	uint32_t attempts;
	int64_t due_ms; /* when WAITING */
	int64_t changed_ms;
	struct str why; /* a condition or rule: "C34", "rule:null-sender" */
	/* Its words: these and changed_ms are on the disk alone, queue_words() reads them. */
	struct str reply; /* of the other side */
	struct str peer;  /* its name and address */
	struct str note;  /* the deliverer's own */
};

enum recipient_kind {
	RECIPIENT_PLAIN,
	RECIPIENT_LIST,     /* a mailing list: nothing is sent to it, its members stand beside it */
	RECIPIENT_FORWARDED /* a mailbox that keeps a copy of what it forwards, to recipients beside
			       it */
};

struct queue_recipient {
	struct str forward_path; /* where to */
	struct str original;     /* ORCPT, as it came */
	uint32_t notify;         /* enum notify; 0 = not stated */
	enum recipient_kind kind;
	uint32_t list; /* of a member: one more than the place of its list in the envelope; 0: of
			  none */
	struct recipient_progress progress;
};

struct queue_envelope {
	int64_t arrived_ms;
	uint32_t flags;
	struct str reverse_path; /* empty: the null reverse-path */
	struct str envelope_id, account, client, helo, session;
	struct queue_recipient *recipients;
	size_t recipient_count;
};

/* A message, as the index has it. Its texts are the index's, good until the next queue_turn(). */
struct queue_message {
	uint64_t id;
	uint64_t body_bytes;
	struct queue_envelope envelope; /* without a list: queue_recipient() gives each */
	const struct queue *of;
	const struct message *kept;
};

/* Something for an operator to know, in words. */
typedef void queue_alarm(void *to, const char *words);

struct queue_options {
	uint64_t segment_bytes;   /* 0: SEGMENT_BYTES_DEFAULT */
	uint64_t keep_free_bytes; /* queue_room() leaves these alone; 0: two segments */
	uint32_t salt;            /* any number, better a new one each time */
	queue_alarm *alarm;       /* may be NULL */
	void *alarm_to;
};

struct queue;

/*
 * queue_open - reads the queue in the folder of `disk`, which stays the caller's
 *
 * Returns  0, or a negative errno
 * Cost     reads every segment once
 */
int queue_open(struct disk *disk, const struct queue_options *options, struct queue **out);

/* queue_start - a thread writes from now on; 0 or a negative errno. Without it queue_turn() writes
 */
int queue_start(struct queue *q);

/* queue_close - writes what was committed and calls its answers; NULL is harmless */
void queue_close(struct queue *q);

/* queue_wake_fd - readable when queue_turn() has something to say; -1 without queue_start() */
int queue_wake_fd(struct queue *q);

/* queue_turn - calls the answers that are due, and tidies a little; false when there was nothing
 * to do */
bool queue_turn(struct queue *q);

/* queue_room - bytes that messages may take and leave enough space; -1: not even an empty one. What
 * is larger is told 452 4.3.1. Asks the file system */
int64_t queue_room(struct queue *q);

/* queue_is_busy - more is on its way to the disk than should be: read no more from clients until
 * queue_turn() */
bool queue_is_busy(const struct queue *q);

/* ---- taking a message */

struct queue_intake;

/* queue_intake_new - room for a message that is being received; NULL when memory ran out */
struct queue_intake *queue_intake_new(struct queue *q, int64_t now_ms);

/* queue_intake_id - the id that the message will have */
uint64_t queue_intake_id(const struct queue_intake *in);

/* queue_intake_add - more of its bytes, copied; false when memory or the disk failed, and then for
 * good: queue_intake_error() */
bool queue_intake_add(struct queue_intake *in, const void *bytes, size_t len);
/* queue_intake_front - what is to stand in front of all of them: header fields that are known only
 * when the message is complete. At most QUEUE_FRONT_MAX bytes, in all; false as above */
bool queue_intake_front(struct queue_intake *in, const void *bytes, size_t len);
/* queue_intake_again - the same message from its beginning: the id stays, nothing that was added
 * does. NULL: no memory, and the old one is as it was; else the old one is gone */
struct queue_intake *queue_intake_again(struct queue_intake *in);
int queue_intake_error(const struct queue_intake *in);
uint64_t queue_intake_bytes(const struct queue_intake *in);

/* queue_intake_drop - forgets the message; NULL is harmless */
void queue_intake_drop(struct queue_intake *in);

/* ---- committing */

struct queue_change {
	uint64_t message;
	uint32_t recipient; /* its place in the envelope */
	struct recipient_progress to;
};

/* A result: 0, or a negative errno and nothing of the commit is, or ever will be, there. */
typedef void queue_answer(void *to, int error);

/* What becomes durable together, or not at all. */
struct queue_commit {
	struct queue_intake *intake;           /* a new message, or NULL */
	const struct queue_envelope *envelope; /* of it */
	const struct queue_change *changes;    /* of the new message, too: it arrives with them */
	size_t change_count;
	queue_answer *answer; /* called by queue_turn() or queue_close(), once; may be NULL */
	void *to;
};

/*
 * queue_commit - everything given is copied; the intake is taken over when this returns 0
 *
 * Returns  0: it is on its way, and the answer tells. Else nothing was done:
 *          -EINVAL no recipients, or a text past QUEUE_TEXT_MAX; -E2BIG more than fits a frame;
 *          -ENOENT no such message or recipient; -EALREADY the recipient is final;
 *          -EBUSY another change of it is on its way; -ENOMEM;
 *          else the intake's error
 */
int queue_commit(struct queue *q, const struct queue_commit *commit);

/* ---- looking */

/* queue_find - false, and *out unchanged, when there is no such message, or no more; out may be
 * NULL
 */
bool queue_find(const struct queue *q, uint64_t id, struct queue_message *out);

/* queue_recipient - one of a message that queue_find() gave, without the words. O(1) */
struct queue_recipient queue_recipient(const struct queue_message *m, size_t place);

/* queue_words - adds the words to what queue_recipient() gave, in the arena; 0, or a negative errno
 * and they are absent. Reads the disk */
int queue_words(const struct queue_message *m, size_t place, struct arena *a,
	struct recipient_progress *out);

/* queue_each - calls fn for every message, in no order; fn returns false to stop */
typedef bool queue_visit(void *to, const struct queue_message *m);
void queue_each(const struct queue *q, queue_visit *fn, void *to);

/*
 * queue_walk - the same in pieces, so that a long queue holds nobody up
 *
 * cursor   0 at first; what it is afterwards is the queue's
 * most     about so many messages are visited in one call
 * Returns  false when that was the end. What is in the queue from the first call to the last is
 *          visited once, whatever comes and goes meanwhile
 */
bool queue_walk(const struct queue *q, uint64_t *cursor, size_t most, queue_visit *fn, void *to);

/* queue_body_read - bytes of a message; 0, or a negative errno */
int queue_body_read(struct queue *q, uint64_t id, uint64_t offset, void *to, size_t bytes);

/* Recipients, since the queue was made. */
struct queue_counts {
	uint64_t messages, accepted;
	uint64_t final[RECIPIENT_STATE_COUNT]; /* by final state */
	uint64_t waiting, held;
	uint64_t here; /* messages that are not gone */
};

/* queue_count - as they were counted along the way. O(segments) */
void queue_count(const struct queue *q, struct queue_counts *out);

/*
 * queue_audit_new, _go, _is_right, _free - counts again, one by one, while the queue goes on
 *
 * Right is: accepted = final + waiting + held, as it must be, and queue_count() knows it.
 *
 * most     about so many recipients, and all of a message, are looked at in one call
 * Returns  _new: NULL without memory; _go: false when that was the end, and then _is_right() is due
 *          before anything else; after queue_close() nothing is right, and _free is due still
 */
struct queue_audit;
struct queue_audit *queue_audit_new(struct queue *q);
bool queue_audit_go(struct queue_audit *a, size_t most);
bool queue_audit_is_right(const struct queue_audit *a, struct queue_counts *out);
void queue_audit_free(struct queue_audit *a);

/* queue_audit - all of it at once; false also without memory. O(recipients) */
bool queue_audit(struct queue *q, struct queue_counts *out);

/* queue_id_text - an id as people write it: 13 letters and digits, no I, L, O, U */
void queue_id_text(uint64_t id, char to[QUEUE_ID_BYTES]);

/* queue_id_parse - the id in a text, in upper or lower case; 0 when it is none */
uint64_t queue_id_parse(struct str text);

#endif
