#include "base/buf.h"

#include <stdlib.h>

#include "base/wipe.h"

#define FIRST_ROOM_BYTES 4096

void
buf_init(struct buf *b, size_t limit_bytes)
{
	*b = (struct buf){.limit_bytes = limit_bytes};
}

void
buf_fini(struct buf *b)
{
	if (b->is_private)
		wipe(b->ptr, b->room);
	free(b->ptr);
	*b = (struct buf){.limit_bytes = b->limit_bytes, .is_private = b->is_private};
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

/* As realloc(), which leaves a copy where the bytes were. */
static char *
move(struct buf *b, size_t room)
{
	char *const ptr = malloc(room);
	if (ptr == NULL)
		return NULL;
	if (b->ptr != NULL) {
		memcpy(ptr, b->ptr, b->len);
		wipe(b->ptr, b->room);
	}
	free(b->ptr);
	return ptr;
}

char *
buf_reserve(struct buf *b, size_t n)
{
	if (b->failed || n > b->limit_bytes - b->len) {
		b->failed = true;
		return NULL;
	}
	if (b->ptr == NULL || b->room - b->len < n) {
		/* Never more room than the ceiling: buf_add_char() looks only at the room. */
		size_t room = b->room > 0 ? b->room : FIRST_ROOM_BYTES;
		if (room > b->limit_bytes)
			room = b->limit_bytes;
		while (room - b->len < n)
			room = room > b->limit_bytes / 2 ? b->limit_bytes : room * 2;
		const size_t size = room > 0 ? room : 1;
		char *const ptr = b->is_private ? move(b, size) : realloc(b->ptr, size);
		if (ptr == NULL) {
			b->failed = true;
			return NULL;
		}
		b->ptr = ptr;
		b->room = room;
	}
	return b->ptr + b->len;
}

void
buf_add(struct buf *b, struct str s)
{
	if (s.len == 0)
		return;
	char *const to = buf_reserve(b, s.len);
	if (to == NULL)
		return;
	memcpy(to, s.ptr, s.len);
	b->len += s.len;
}

void
buf_add_number(struct buf *b, int64_t n)
{
	char room[STR_DIGITS_MAX];
	buf_add(b, str_digits(n, room));
}
