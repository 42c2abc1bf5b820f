#include "base/arena.h"

#include <stdlib.h>

#include "base/wipe.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#define REDZONE_BYTES 16
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#define REDZONE_BYTES 0
#endif

#define BLOCK_BYTES ((size_t)16 * 1024) /* most reports fit in one */
#define ALIGN_BYTES (_Alignof(max_align_t))

struct arena_block {
	struct arena_block *before;
	size_t size_bytes; /* of `room` */
	max_align_t room[];
};

void
arena_init(struct arena *a, size_t limit_bytes)
{
	*a = (struct arena){.limit_bytes = limit_bytes};
}

static void
free_blocks(struct arena *a, struct arena_block *keep)
{
	while (a->last != keep) {
		struct arena_block *const b = a->last;
		a->last = b->before;
		UNPOISON(b->room, b->size_bytes);
		if (a->is_private)
			wipe(b->room, b->size_bytes);
		free(b);
	}
}

void
arena_fini(struct arena *a)
{
	free_blocks(a, NULL);
	*a = (struct arena){.limit_bytes = a->limit_bytes, .is_private = a->is_private};
}

void
arena_reset(struct arena *a)
{
	struct arena_block *first = a->last;
	while (first != NULL && first->before != NULL)
		first = first->before;
	free_blocks(a, first);
	*a = (struct arena){
		.limit_bytes = a->limit_bytes, .last = first, .is_private = a->is_private};
	if (first != NULL) {
		a->at = (char *)first->room;
		a->end = a->at + first->size_bytes;
		a->used_bytes = first->size_bytes;
		if (a->is_private) {
			UNPOISON(a->at, first->size_bytes);
			wipe(a->at, first->size_bytes);
		}
		POISON(a->at, first->size_bytes);
	}
}

/* Makes room for `need` bytes in a new block; false (sticky) past the limit. */
static bool
arena_grow(struct arena *a, size_t need)
{
	size_t size = need > BLOCK_BYTES ? need : BLOCK_BYTES;
	/* Many blocks in a row mean a big report: larger ones then, or the list of them grows too
	 * long. */
	if (size < a->used_bytes / 4)
		size = a->used_bytes / 4;
	if (size > a->limit_bytes - a->used_bytes)
		size = need;
	if (a->failed || size > a->limit_bytes - a->used_bytes) {
		a->failed = a->is_at_limit = true;
		return false;
	}
	struct arena_block *const b = malloc(sizeof *b + size);
	if (b == NULL) {
		a->failed = true;
		return false;
	}
	b->before = a->last;
	b->size_bytes = size;
	a->last = b;
	a->at = (char *)b->room;
	a->end = a->at + size;
	a->used_bytes += size;
	POISON(a->at, size);
	return true;
}

static char *
take(struct arena *a, size_t n, size_t align)
{
	size_t pad = a->at == NULL ? 0 : -(uintptr_t)a->at & (align - 1);
	if (n > SIZE_MAX / 2) {
		a->failed = true;
		return NULL;
	}
	if (a->failed)
		return NULL;
	if (a->at == NULL || (size_t)(a->end - a->at) < pad + n + REDZONE_BYTES) {
		if (!arena_grow(a, n + REDZONE_BYTES))
			return NULL;
		pad = 0;
	}
	char *const piece = a->at + pad;
	a->at = piece + n + REDZONE_BYTES;
	UNPOISON(piece, n);
	return piece;
}

void *
arena_alloc(struct arena *a, size_t n, size_t size)
{
	if (size != 0 && n > SIZE_MAX / 2 / size) {
		a->failed = true;
		return NULL;
	}
	char *const piece = take(a, n * size, ALIGN_BYTES);
	return piece == NULL ? NULL : memset(piece, 0, n * size);
}

char *
arena_bytes(struct arena *a, size_t n)
{
	return take(a, n, 1);
}

void
arena_give_back(struct arena *a, size_t n)
{
	if (a->failed)
		return;
	a->at -= n;
	POISON(a->at - REDZONE_BYTES, n + REDZONE_BYTES);
}

struct str
arena_str(struct arena *a, struct str s)
{
	if (!str_is_set(s))
		return STR_NONE;
	char *const copy = arena_bytes(a, s.len + 1);
	if (copy == NULL)
		return STR_NONE;
	if (s.len > 0)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	return (struct str){copy, s.len};
}

struct str
arena_join(struct arena *a, struct str one, struct str two, struct str three)
{
	const struct str parts[] = {one, two, three};
	char *const room = arena_bytes(a, one.len + two.len + three.len + 1);
	size_t n = 0;
	if (room == NULL)
		return one;
	for (size_t i = 0; i < 3; i++) {
		if (parts[i].len > 0)
			memcpy(room + n, parts[i].ptr, parts[i].len);
		n += parts[i].len;
	}
	return (struct str){room, n};
}

void *
arena_double(struct arena *a, void *items, size_t count, size_t *room, size_t size)
{
	const size_t more = *room == 0 ? 8 : *room * 2;
	if (more > SIZE_MAX / 2 / size) {
		a->failed = true;
		return NULL;
	}
	void *const grown = take(a, more * size, ALIGN_BYTES);
	if (grown == NULL)
		return NULL;
	if (count > 0)
		memcpy(grown, items, count * size);
	*room = more;
	return grown;
}
