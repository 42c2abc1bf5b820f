/*
 * arena - the memory of one report, taken piece by piece and freed at once
 *
 * An arena has a byte limit. Running past it, or out of memory, is sticky:
 * every later request gives NULL and arena_failed() is true, so a parser
 * may build on and test once, at its end. Nothing in an arena is freed alone,
 * and nothing that must be closed lives in one.
 *
 * Under AddressSanitizer the slack between pieces is poisoned, because an
 * overrun inside a bare arena would otherwise go unseen.
 *
 * One arena belongs to one thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena_block;

struct arena {
	struct arena_block *last; /* the block in use; each knows the one before it */
	char *at, *end;           /* free room in it */
	size_t used_bytes;        /* handed out and kept in blocks, all told */
	size_t limit_bytes;
	bool failed;
	bool is_at_limit; /* ... because of the limit, not for want of memory */
	bool is_private;  /* what was in it is overwritten when it is freed or used again; the owner
			     says so after arena_init() */
};

/* arena_init - an empty arena that will never hold more than `limit_bytes` */
void arena_init(struct arena *a, size_t limit_bytes);

/* arena_fini - frees everything; harmless on a zeroed or finished arena */
void arena_fini(struct arena *a);

/* arena_reset - as new, but keeps its first block so that the next report costs no malloc */
void arena_reset(struct arena *a);

/* arena_alloc - n * size zeroed bytes, aligned for any object; NULL past the limit (sticky) */
void *arena_alloc(struct arena *a, size_t n, size_t size);

/* arena_bytes - `n` bytes, not zeroed, not aligned: for text */
char *arena_bytes(struct arena *a, size_t n);

/* arena_give_back - the last `n` of the newest piece were not needed after all; only right after it
 * was taken */
void arena_give_back(struct arena *a, size_t n);

/* arena_str - a copy of `s` with a NUL behind it (not counted); absent on failure or when `s` is
 * absent */
struct str arena_str(struct arena *a, struct str s);

/* arena_join - the three, one behind the other; the first alone on failure */
struct str arena_join(struct arena *a, struct str one, struct str two, struct str three);

/*
 * arena_more - room for one more item in an array that doubles when it is full
 *
 * items    the array so far, in this arena, or NULL; `count` items of `size` bytes
 * room     how many it has room for; changed when it moves
 * Returns  the array, perhaps elsewhere; NULL past the limit (and *room as it was). What is past
 *          `count` is not zeroed
 */
void *arena_double(struct arena *a, void *items, size_t count, size_t *room, size_t size);

static inline void *
arena_more(struct arena *a, void *items, size_t count, size_t *room, size_t size)
{
	return count < *room ? items : arena_double(a, items, count, room, size);
}

static inline bool
arena_failed(const struct arena *a)
{
	return a->failed;
}

#endif
