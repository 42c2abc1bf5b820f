/* inside - what the files of the runner share; nobody else includes it */
#ifndef DELIVER_INSIDE_H
#define DELIVER_INSIDE_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "deliver/cap.h"
#include "deliver/deliver.h"
#include "deliver/due.h"
#include "deliver/ledger.h"
#include "deliver/parcel.h"
#include "net/workers.h"
#include "queue/table.h"

#define PARCELS_IN_LINE_MAX 2000 /* more are not looked at until some have gone */
#define LANE_PARCELS_MAX 500     /* of one place, so that others have a turn */
#define NO_MEMORY_MS 20000       /* when to look again at what there was no memory for */
#define LOOK_RECIPIENTS_MAX 200  /* of one message in one go */
#define LOOKS_IN_TURN_MAX 50
#define LOOKS_AGAIN_MAX 25 /* of them, at what found its lane full */
#define LOCAL_PARCEL_RECIPIENTS_MAX 20
#define LOCAL_PARCELS_MAX 64
#define PARCEL_ARENA_BYTES_MAX (8u << 20)

/* Given up, but its sender has had as many reports in this hour as are allowed: nothing is tried
 * any more, the report is due when the recipient is (later.c). */
#define RULE_REPORT_LATER "rule:report-later"

/* A message some of whose recipients are under way. */
struct flight {
	struct table_node node;
	size_t recipients;  /* under way */
	int64_t planned_ms; /* the earliest entry of it in the heap, as far as is known */
	size_t recipient_count;
	bool is_told;         /* of the delay: the notice is written, or being written */
	unsigned char busy[]; /* a bit for each recipient */
};

/* What goes to one place. */
struct lane {
	struct table_node node;
	struct parcel *first, **end;
	size_t in_line, under_way;
	struct due full;           /* messages that found no room in it, the first first */
	struct lane *next, **link; /* the ring of those that have somebody in line */
};

#define FLIGHT_OF(node_) TABLE_OWNER(node_, struct flight, node)
#define LANE_OF(node_) TABLE_OWNER(node_, struct lane, node)

struct local;
struct trip;

struct deliver {
	struct deliver_options options;
	struct deliver_settings settings;
	struct due due;
	struct ledger ledger;
	struct table flights, lanes, later;
	struct lane *ring, **ring_end;
	size_t in_line, under_way; /* parcels */
	size_t away;               /* of them, with other servers */
	size_t due_limit;          /* entries of the heap that are not looked into */
	struct local *local;
	struct trip *trips;          /* with other servers: away.c */
	struct selecting *selecting; /* walks through the queue: select.c */
	struct event event;
	bool has_event, is_started, is_stopping, must_walk;
	int64_t alarm_ms; /* of the last that comes in crowds */
	int64_t walk_ms;  /* when to look for what memory did not suffice for */
	uint64_t random;
	struct cap cap; /* of reports */
	struct deliver_counts counts;
	struct census census;
};

int64_t deliver_now(struct deliver *d);
uint32_t deliver_random(struct deliver *d);
void deliver_alarm(void *d, const char *words);
void deliver_alarm_rarely(struct deliver *d, const char *words); /* of what comes in crowds */
void deliver_wake(struct deliver *d);                            /* calls deliver_turn() soon */
void deliver_log(struct deliver *d, enum eventlog_event event, const struct eventlog_field *fields,
	size_t count);

/* plan.c: when to look at a message */
#define DUE_SLACK 100000 /* entries of the heap beyond one for each message */
void plan_look(struct deliver *d, uint64_t message, int64_t at_ms); /* INT64_MAX: never */
void plan_walk(struct deliver *d);                                  /* anew, through the queue */
void plan_walk_later(struct deliver *d); /* a message had no room: it must be found by a walk */
void plan_tidy(
	struct deliver *d, size_t *limit); /* entries that nobody needs, when they are many */
/* plan_message_due - when the first who waits, and is not under way, is due */
int64_t plan_message_due(struct deliver *d, const struct queue_message *m);

/* ... and who is under way. flight_end() frees it when nobody is */
struct flight *flight_get(struct deliver *d, const struct queue_message *m);
bool flight_has(const struct flight *f, uint32_t recipient);
void flight_end(struct deliver *d, struct flight *f);
void flights_fini(struct deliver *d);

/* lanes.c */
struct lane *lane_find(const struct deliver *d, struct str name); /* NULL: nobody goes there */
struct lane *lane_get(struct deliver *d, struct str name);        /* NULL: no memory */
void lane_add(struct deliver *d, struct lane *l, struct parcel *p);
void lanes_turn(struct deliver *d);  /* begins what has room */
void lanes_clear(struct deliver *d); /* what was not begun waits in the queue as before */
void lanes_fini(struct deliver *d);

/* deliver_returned - results are in the parcel; it is taken over */
void deliver_returned(void *d, struct parcel *p);

/* look.c */
void look_at(struct deliver *d, uint64_t message);

/* The recipient is not under way any more; the message is looked at again when it is due, and not
 * before that time. */
void deliver_landed(struct deliver *d, uint64_t message, uint32_t recipient, int64_t not_before_ms);

/* A notice of delay was written about a message that is under way. */
void deliver_note_told(struct deliver *d, uint64_t message);
bool deliver_was_told(const struct deliver *d, uint64_t message);

bool deliver_is_under_way(const struct deliver *d, uint64_t message, uint32_t recipient);

/* Ends recipients of a message with a condition of ours, by way of settle(), and in one report. How
 * many: not those that are under way or final, nor, when memory ran out, the rest. At most
 * LOOK_RECIPIENTS_MAX at a time. */
size_t deliver_settle(struct deliver *d, uint64_t message, const uint32_t *recipients, size_t count,
	enum condition condition);

/* later.c: a recipient that is due under RULE_REPORT_LATER is kept for a message to its sender
 * that tells of many; the caller marks it as under way. False: it is to be settled alone */
bool later_add(struct deliver *d, const struct queue_message *m, uint32_t place);
/* ... writes what is due; has_more: other messages are due, of which some may belong to it. True:
 * some are still kept */
bool later_turn(struct deliver *d, bool has_more);
void later_clear(struct deliver *d); /* what is kept waits in the queue as before */
void later_fini(struct deliver *d);

/* settle.c: writes down what became of a parcel's recipients, and calls deliver_landed() for each
 * when that is durable. The parcel stays the caller's */
void settle(struct deliver *d, const struct parcel *p);

/* select.c: a piece of what operators look for; false when nobody does */
bool select_turn(struct deliver *d);
void select_stop(struct deliver *d); /* ends it with what was found */

/* local.c: mailboxes and commands here */
struct local *local_new(struct deliver *d);
void local_free(struct local *l);
bool local_has_room(const struct local *l, enum carrier carrier);
void local_start(struct local *l, struct parcel *p); /* ends in deliver_returned(), later */
bool local_turn(struct local *l); /* reads a piece of what must be read; false: nothing to read */
bool local_is_idle(const struct local *l);

/* away.c: other servers */
bool away_has_room(struct deliver *d, const struct parcel *p);
void away_start(struct deliver *d, struct parcel *p);
void away_stop(struct deliver *d);

#endif
