/*
 * ledger - what was decided about recipients, until it is durable
 *
 * An entry is committed whole: the new states, and with them the report that tells of them. What
 * has been delivered stays delivered, so a disk that says no does not undo it: the entry is kept
 * and committed again until it holds, and an operator is told. Only what another hand did meanwhile
 * (an operator removed the recipient) is left out.
 *
 * Threads: the queue's owner.
 */
#ifndef DELIVER_LEDGER_H
#define DELIVER_LEDGER_H

#include "base/arena.h"
#include "base/buf.h"
#include "queue/queue.h"
#include "sign/signing.h"

#define LEDGER_AGAIN_MS 5000 /* from a commit that failed to the next */
#define LEDGER_ENTRY_BYTES_MAX (64u << 20)

struct ledger_entry;

/* It is durable. `message` is the id of the new message, 0 when there is none. */
typedef void ledger_durable(void *to, struct ledger_entry *e, uint64_t message);

struct ledger_entry {
	struct ledger_entry *next; /* the ledger's, until it is durable */
	struct ledger *ledger;
	struct arena arena; /* of everything below */
	struct queue_change *changes;
	size_t change_count;
	/* a new message, when bytes are there */
	struct queue_envelope envelope;
	struct queue_recipient recipient; /* its one recipient, when envelope.recipients is it */
	struct buf bytes;
	struct queue_intake *intake; /* made before the bytes, so that they can name its id */
	uint64_t message;
	bool is_alone;           /* the message tells of no recipient in the queue */
	ledger_durable *durable; /* called once; then the entry is freed */
	void *to;                /* the owner's */
	unsigned failures;
};

struct ledger {
	struct queue *queue;
	queue_alarm *alarm;
	void *alarm_to;
	struct ledger_entry *again, **again_end; /* those that wait for another commit */
	int64_t again_ms;                        /* when; INT64_MAX: none waits */
	size_t open;                             /* entries that are not durable */
	struct signing *signing; /* NULL: new messages go unsigned; set behind ledger_init() */
	int64_t (*now_ms)(void *clock);
	void *clock;
};

void ledger_init(struct ledger *l, struct queue *queue, int64_t (*now_ms)(void *), void *clock,
	queue_alarm *alarm, void *alarm_to);

/* ledger_fini - frees what was never durable; the threads that sign must have ended, and the queue
 * be closed before, for they answer */
void ledger_fini(struct ledger *l);

/* ledger_entry_new - an empty one, with room for so many changes; NULL when memory ran out */
struct ledger_entry *ledger_entry_new(size_t changes);
void ledger_entry_free(struct ledger_entry *e);

/* ledger_enter - takes the entry over; a new message is signed before it is committed */
void ledger_enter(struct ledger *l, struct ledger_entry *e);

/* ledger_turn - commits again what is due at now_ms */
void ledger_turn(struct ledger *l, int64_t now_ms);

/* ledger_flush - commits all that waits at once: the last chance before an end */
void ledger_flush(struct ledger *l);

#endif
