/* queue_inside - what the files of the queue share; nobody else includes it */
#ifndef QUEUE_QUEUE_INSIDE_H
#define QUEUE_QUEUE_INSIDE_H

#include "base/buf.h"
#include "queue/entry.h"
#include "queue/queue.h"
#include "queue/table.h"

/* Where a part of a message stands. */
struct extent {
	uint64_t segment, offset;
	size_t bytes;
};

struct extents {
	struct extent *list;
	size_t count, room;
	uint64_t bytes; /* of all */
};

/* What the index keeps of one recipient besides what it shows. */
struct recipient_inside {
	char *said; /* the texts of its progress, when they came with a change */
	bool is_changing;
};

struct message {
	struct queue_message shown; /* the first member: what queue_find() gives */
	struct table_node node;
	struct extents body;
	struct recipient_inside *inside;
	char *texts;       /* of the envelope, and of the recipients as they came */
	size_t open_count; /* recipients that are not final */
	size_t changing;   /* changes on their way to the disk */
	struct message *home_next,
		**home_link; /* of those whose oldest part is in the same segment */
	uint64_t stored_bytes;
};

/* Segments that may begin between two turns: more than could be filled, or fail, meanwhile. */
#define HOMES_AHEAD 64

/* A segment, as the index sees it. */
struct home {
	uint64_t number;
	struct message *first; /* messages whose oldest part is in here */
	size_t intakes;        /* ... and messages that are just being received */
	struct queue_counts counts;
};

/* A frame on its way, and what to do when it is there. */
struct job {
	struct journal_write write; /* the first member */
	struct queue *q;
	void (*finish)(struct job *job); /* with write.error set; frees nothing of the job itself */
	size_t body_at, body_bytes;      /* a part of a message within the payload */
	size_t front_at, front_bytes;    /* what goes in front of it all */
	struct queue_intake *intake;
	struct message *message;
	struct change_made *changes;
	size_t change_count;
	queue_answer *answer;
	void *to;
};

struct change_made {
	uint64_t message;
	uint32_t recipient;
	struct recipient_progress progress; /* its texts in `said` */
	char *said;
};

struct queue_intake {
	struct queue *q;
	uint64_t id;
	uint32_t era;
	uint64_t generation, bytes;
	struct buf part;  /* not yet on its way */
	struct buf front; /* what will stand before all of it */
	struct extents body;
	uint64_t home; /* the segment it holds, 0 = none */
	size_t in_flight;
	int error;
	bool is_dropped;
};

struct queue {
	struct disk *disk;
	struct journal *journal;
	struct queue_options options;
	uint64_t segment_bytes;
	struct table messages;
	struct home *homes; /* in order of their numbers */
	size_t home_count, home_room;
	struct queue_counts base; /* of segments that are gone */
	uint64_t last_id;
	uint64_t stored_bytes;
	size_t in_flight_bytes;
	struct mover *mover;     /* the message being moved, or NULL */
	bool is_dropping;        /* the counts before a drop are on their way */
	uint64_t drop_failed_at; /* the newest segment when a drop failed: wait for another */
	uint64_t generation;     /* of the last copy that was begun; starts anew with each run */
	struct table drafts;     /* parts whose message was not met yet: only while opening */
	int replay_error;        /* likewise */
};

#define MESSAGE_OF(node_) TABLE_OWNER(node_, struct message, node)

/* index.c: no input or output */
struct message *message_find(const struct queue *q, uint64_t id);
struct message *message_new(
	const struct entry_message *e, const struct queue_recipient *recipients);
void message_free(struct message *m);
void message_add(struct queue *q, struct message *m);
void message_remove(struct queue *q, struct message *m);
void message_home_set(struct queue *q, struct message *m, uint64_t oldest);
void message_apply(struct queue *q, struct message *m, struct change_made *c);
size_t progress_bytes(const struct recipient_progress *p);
size_t envelope_bytes(const struct queue_envelope *v, const struct queue_recipient *recipients);
bool change_make(const struct queue_change *from, struct change_made *out);
struct home *home_get(struct queue *q, uint64_t number);
bool homes_reserve(struct queue *q);
void home_drop_first(struct queue *q);
bool extents_reserve(struct extents *e, size_t more);
void extents_add(struct extents *e, struct extent x);
void extents_add_front(struct extents *e, struct extent x);
uint64_t extents_oldest(const struct extents *e, uint64_t than);
void counts_add(struct queue_counts *to, const struct queue_counts *c);

/* queue.c */
struct job *job_new(
	struct queue *q, struct buf *payload, uint32_t era, void (*finish)(struct job *));
void job_submit(struct job *job);
__attribute__((format(printf, 2, 3))) void queue_alarm_say(struct queue *q, const char *fmt, ...);

/* intake.c */
void intake_release(struct queue_intake *in);
bool intake_part_send(struct queue_intake *in);
void intake_join(struct queue_intake *in);

/* replay.c */
void replay_frame(void *to, uint64_t segment, uint64_t offset, struct str payload);
void replay_trouble(
	void *to, enum journal_trouble what, uint64_t segment, uint64_t from, uint64_t end);
int replay_done(struct queue *q);

/* compact.c: a step of tidying; false when there is nothing to tidy */
bool compact_step(struct queue *q);
void compact_end(struct queue *q);

#endif
