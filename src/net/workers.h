/*
 * workers - threads for what blocks, and its results back in the loop
 *
 * Passwords are hashed and mailboxes written here, so that nobody waits for them but who asked.
 * run() is called in one of the threads, then done() in the thread of the loop; in between the work
 * is the pool's. What is submitted is begun in the order in which it came.
 */
#ifndef NET_WORKERS_H
#define NET_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct workers;

/* Embedded in whatever the work is about. */
struct work {
	void (*run)(struct work *w);
	void (*done)(struct work *w);
	struct work *next; /* the pool's */
};

#define WORKERS_THREADS_MAX 64

/* workers_new - `threads` of them, 1 at least; NULL when the system gives no more */
struct workers *workers_new(struct event_base *base, unsigned threads);

/*
 * workers_new_behind - the same, whose threads let others have a processor first
 *
 * niceness   more than the loop's, as of nice(1): for work that nobody waits for at the other end
 * of a connection
 */
struct workers *workers_new_behind(struct event_base *base, unsigned threads, int niceness);

/* workers_submit - never fails; in the thread of the loop */
void workers_submit(struct workers *p, struct work *w);

/* workers_left - submitted, and not done */
size_t workers_left(const struct workers *p);

/* workers_free - waits for all that was submitted, and calls done() for it; NULL is harmless */
void workers_free(struct workers *p);

#endif
