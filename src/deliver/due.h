/*
 * due - which message is to be looked at next
 *
 * A heap of (time, message): 16 bytes for each message that waits, whatever number of recipients it
 * has. An entry is a hint to look and no promise: nobody takes one out when a message is held or
 * goes, since whoever is told "this one is due" asks the queue what of it is.
 *
 * Memory is the heap's. Times are the caller's, milliseconds since 1970.
 */
#ifndef DELIVER_DUE_H
#define DELIVER_DUE_H

#include "base/str.h"

struct due_entry {
	int64_t at_ms;
	uint64_t message;
};

struct due {
	struct due_entry *heap;
	size_t count, room;
};

/* due_add - false when memory ran out: then the message must be found again by a walk of the queue.
 * O(log n) */
bool due_add(struct due *d, int64_t at_ms, uint64_t message);

/* due_next - when the first entry is due; INT64_MAX when there is none */
static inline int64_t
due_next(const struct due *d)
{
	return d->count == 0 ? INT64_MAX : d->heap[0].at_ms;
}

/* due_take - takes out the first entry, when it is due at now_ms; 0 when none is. O(log n) */
uint64_t due_take(struct due *d, int64_t now_ms);

void due_clear(struct due *d);

/* due_fini - frees it; a zeroed one is empty and ready */
void due_fini(struct due *d);

#endif
