/* queue_inside - what the files of the queue share; nobody else includes it */
#ifndef QUEUE_QUEUE_INSIDE_H
#define QUEUE_QUEUE_INSIDE_H

#include "base/buf.h"
#include "queue/entry.h"
#include "queue/queue.h"
#include "queue/table.h"

/* Where bytes of the journal stand. */
struct extent {
	uint64_t segment;
	uint64_t offset : 40, bytes : 24; /* EXTENT_OFFSET_MAX; FRAME_PAYLOAD_MAX and less */
};
#define EXTENT_OFFSET_MAX ((UINT64_C(1) << 40) - 1)
#define EXTENT_BYTES_MAX ((1u << 24) - 1)

static inline struct extent
extent_make(uint64_t segment, uint64_t offset, size_t bytes)
{
	return (struct extent){segment, offset & EXTENT_OFFSET_MAX, bytes & EXTENT_BYTES_MAX};
}

/* The payload of a frame, and where it stands. */
struct standing {
	struct str payload;
	uint64_t segment, offset;
};

/* Where a part of it stands. */
static inline struct extent
standing_part(const struct standing *p, struct str part)
{
	return extent_make(p->segment, p->offset + (uint64_t)(part.ptr - p->payload.ptr), part.len);
}

struct extents {
	struct extent *list;
	size_t count, room;
	uint64_t bytes; /* of all */
};

/* Conditions and rules: few, and said of millions. A number stands for each; 0 is none. */
#define WHYS_MAX 4095 /* what is there more is on the disk alone */
struct whys {
	char **texts; /* with their NUL */
	size_t count;
	uint16_t slots[2 * (WHYS_MAX + 1)]; /* by hash; 0 = free */
};

/* What the index keeps of one recipient. */
struct kept_recipient {
	int64_t due_ms;
	struct extent words; /* what states its progress; of 0 bytes: there are no words */
	uint32_t text;       /* where its addresses begin, in the texts of its message */
	/* has_part: its kind and its list stand before them, in 4 bytes */
	uint32_t why : 12, attempts : 11, notify : 4, state : 3, is_changing : 1, has_part : 1;
};
#define KEPT_ATTEMPTS_MAX 2047 /* more are counted on the disk alone */

/* One piece of memory: the recipients and the texts stand behind. kept.c knows how. */
struct message {
	struct table_node node; /* its key is the id */
	struct message *home_next,
		**home_link; /* of those whose oldest part is in the same segment */
	int64_t arrived_ms;
	uint64_t body_bytes, stored_bytes;
	union {
		struct extent one; /* most have one part */
		struct extent *list;
	} parts;
	uint32_t part_count;
	uint32_t flags;
	uint32_t recipient_count;
	uint32_t open_count; /* recipients that are not final */
	uint32_t changing;   /* changes on their way to the disk */
	struct kept_recipient recipients[];
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

/* A change, as the index will have it. */
struct change_made {
	uint64_t message;
	struct kept_recipient to; /* but for text and notify */
	uint32_t recipient;
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
	struct whys whys;
	uint64_t waiting, held; /* recipients */
	struct home *homes;     /* in order of their numbers */
	size_t home_count, home_room;
	struct queue_counts base; /* of segments that are gone */
	uint64_t last_id;
	uint64_t stored_bytes;
	size_t in_flight_bytes;
	struct queue_audit *audits; /* that are under way */
	struct mover *mover;        /* the message being moved, or NULL */
	bool is_dropping;           /* the counts before a drop are on their way */
	uint64_t drop_failed_at;    /* the newest segment when a drop failed: wait for another */
	uint64_t generation;        /* of the last copy that was begun; starts anew with each run */
	struct table drafts;        /* parts whose message was not met yet: only while opening */
	int replay_error;           /* likewise */
};

#define MESSAGE_OF(node_) TABLE_OWNER(node_, struct message, node)
#define MESSAGE_AT(node_) TABLE_AT(node_, struct message, node)

/* ---- audit.c */

/* audits_count - a recipient of m is so, or is so no more: those that passed m by hear of it */
void audits_count(struct queue *q, const struct message *m, unsigned state, int more);
/* audits_end - the queue goes; they stay until they are freed */
void audits_end(struct queue *q);

/* ---- kept.c: a message in little memory; no input or output */

/*
 * message_new - of an entry that was parsed, of the payload `in`; its recipients are in e->rest
 *
 * Returns   NULL when memory ran out, or when the entry is none: *is_sound tells
 */
struct message *message_new(
	struct queue *q, const struct entry_message *e, const struct standing *in, bool *is_sound);
void message_free(struct message *m);
void message_show(const struct queue *q, const struct message *m, struct queue_message *out);
const struct extent *message_parts(const struct message *m);
/* message_body_set - takes the list of `body` over */
void message_body_set(struct message *m, struct extents *body);
/* message_words_set - they are in this entry now, that of a copy; false when it is none */
bool message_words_set(struct queue *q, struct message *m, const struct entry_message *e,
	const struct standing *in);
/* message_words_move - the payload that they are in was thought to stand nowhere; now it stands */
void message_words_move(struct message *m, uint64_t segment, uint64_t offset);
/* message_words_put - of one recipient, from now on */
void message_words_put(struct queue *q, struct message *m, uint32_t place, struct extent words);
/* progress_keep - false when memory ran out; words: what states it, kept if there are any */
bool progress_keep(struct queue *q, const struct recipient_progress *p, struct extent words,
	struct kept_recipient *out);
bool why_keep(struct whys *w, struct str text, uint16_t *out);
void whys_fini(struct whys *w);
size_t progress_bytes(const struct recipient_progress *p);
size_t envelope_bytes(const struct queue_envelope *v, const struct queue_recipient *recipients);

/* ---- index.c: no input or output */
struct message *message_find(const struct queue *q, uint64_t id);
void message_add(struct queue *q, struct message *m);
void message_remove(struct queue *q, struct message *m);
void message_home_set(struct queue *q, struct message *m, uint64_t oldest);
void message_apply(struct queue *q, struct message *m, const struct change_made *c);
void recipient_state_set(
	struct queue *q, struct message *m, uint32_t place, enum recipient_state state);
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
