/*
 * deliver - the queue's runner: what is due is tried, and what became of it is made durable
 *
 * It is told of each new message (deliver_added()), finds out where each recipient goes, hands
 * parcels to the carriers (mailboxes and commands here, other servers), and writes down the
 * outcome: delivered, relayed, tried again later, given up with a report. doc/delivery.md has the
 * rules.
 *
 * Each recipient ends in one state of the queue, whatever happens: nothing is decided before it is
 * durable, and an attempt whose outcome was not is made again.
 *
 * Threads: that of the event loop, which owns the queue and the directory too.
 */
#ifndef DELIVER_DELIVER_H
#define DELIVER_DELIVER_H

#include "deliver/census.h"
#include "deliver/pipe.h"
#include "deliver/settings.h"
#include "directory/directory.h"
#include "eventlog/eventlog.h"
#include "queue/queue.h"

struct event_base;
struct return_paths;
struct signing;
struct workers;

struct deliver_options {
	struct event_base *base;
	struct queue *queue;
	struct directory *directory;
	struct workers *workers;
	struct signing *signing;           /* NULL: reports go unsigned */
	struct return_paths *return_paths; /* NULL: those of people here go unsigned */
	struct remote *remote;
	struct pipe_helper *pipe;                /* NULL: no commands */
	const char *cap_path;                    /* a file for deliver/cap.h, or NULL */
	struct eventlog *log;                    /* NULL: nothing is logged */
	const struct deliver_settings *settings; /* copied, its texts borrowed */
	int64_t (*now_ms)(void *clock);          /* wall time; NULL: the system's */
	void *clock;
	/* When the server began after one that did not end in order; 0: there was none. What was
	 * due by then may have been under way, and been taken (RFC 1047). */
	int64_t after_crash_ms;
	uint32_t seed; /* of the jitter */
};

struct deliver;

/* deliver_new - NULL when memory ran out. Everything in the options is borrowed */
struct deliver *deliver_new(const struct deliver_options *options);

/* deliver_start - finds what waits in the queue, and begins. O(queue) */
void deliver_start(struct deliver *d);

/* deliver_settings_set - for what begins from now on; texts are borrowed */
void deliver_settings_set(struct deliver *d, const struct deliver_settings *settings);

/* deliver_added - a message was committed, or an operator changed one: look at it. Never fails; the
 * looking comes later */
void deliver_added(struct deliver *d, uint64_t message);

/* deliver_turn - does what is due, a bounded piece of it; gives the time at which to call it again.
 * The event loop calls it; a test may */
int64_t deliver_turn(struct deliver *d);

/*
 * deliver_stop - begins nothing any more, and cancels what can be
 *
 * What is under way in threads and commands ends by itself: deliver_is_idle() tells when. Then
 * deliver_free(). The queue must be turned meanwhile, so that outcomes become durable.
 */
void deliver_stop(struct deliver *d);
bool deliver_is_idle(const struct deliver *d);

/* deliver_free - after the queue was closed, which answers the last commits; NULL is harmless */
void deliver_free(struct deliver *d);

/* Since the start, but for the first line. */
struct deliver_counts {
	uint64_t under_way, in_line, lanes; /* recipients, recipients, places: now */
	uint64_t attempts, delivered, relayed, deferred, bounced, discarded, expanded, held;
	uint64_t reports, delay_notices, success_reports, untried;
};

void deliver_counts(const struct deliver *d, struct deliver_counts *out);

/* deliver_census - the same outcomes, by whom they concern; since the start */
const struct census *deliver_census(const struct deliver *d);

#endif
