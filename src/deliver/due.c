/* due - which message is to be looked at next */
#include "deliver/due.h"

#include <stdlib.h>

#define ROOM_FIRST 1024

static bool
reserve(struct due *d)
{
	if (d->count < d->room)
		return true;
	/* By half: of a million entries, doubling would waste as many. */
	const size_t room = d->room == 0 ? ROOM_FIRST : d->room + d->room / 2;
	struct due_entry *const heap = realloc(d->heap, room * sizeof *heap);
	if (heap == NULL)
		return false;
	d->heap = heap;
	d->room = room;
	return true;
}

bool
due_add(struct due *d, int64_t at_ms, uint64_t message)
{
	if (!reserve(d))
		return false;
	size_t i = d->count++;
	while (i > 0) {
		const size_t parent = (i - 1) / 2;
		if (d->heap[parent].at_ms <= at_ms)
			break;
		d->heap[i] = d->heap[parent];
		i = parent;
	}
	d->heap[i] = (struct due_entry){at_ms, message};
	return true;
}

uint64_t
due_take(struct due *d, int64_t now_ms)
{
	if (due_next(d) > now_ms || d->count == 0)
		return 0;
	const uint64_t first = d->heap[0].message;
	const struct due_entry last = d->heap[--d->count];
	size_t i = 0;
	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= d->count)
			break;
		if (child + 1 < d->count && d->heap[child + 1].at_ms < d->heap[child].at_ms)
			child++;
		if (last.at_ms <= d->heap[child].at_ms)
			break;
		d->heap[i] = d->heap[child];
		i = child;
	}
	if (d->count > 0)
		d->heap[i] = last;
	return first;
}

void
due_clear(struct due *d)
{
	d->count = 0;
}

void
due_fini(struct due *d)
{
	free(d->heap);
	*d = (struct due){0};
}
