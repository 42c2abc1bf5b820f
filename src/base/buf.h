/*
 * buf - text that grows while it is written, up to a ceiling
 *
 * A buffer is born with a ceiling; running past it, or out of memory, is
 * sticky: later writes do nothing and buf_failed() is true, so a writer tests
 * once, at its end. Memory is the heap's: buf_fini() frees it.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
	char *ptr;
	size_t len, room, limit_bytes;
	bool failed;
	bool is_private; /* what was in it is overwritten before its memory is given back; the owner
			    says so after buf_init() */
};

/* buf_init - an empty buffer that holds at most `limit_bytes` */
void buf_init(struct buf *b, size_t limit_bytes);
void buf_fini(struct buf *b);

/* buf_clear - empty again, keeping its memory and its failure forgotten */
void buf_clear(struct buf *b);

/* buf_reserve - makes room for `n` more bytes and returns where they go; NULL past the ceiling */
char *buf_reserve(struct buf *b, size_t n);

void buf_add(struct buf *b, struct str s);
void buf_add_number(struct buf *b, int64_t n);

static inline void
buf_add_char(struct buf *b, char c)
{
	char *const to = b->len < b->room && !b->failed ? b->ptr + b->len : buf_reserve(b, 1);
	if (to != NULL) {
		*to = c;
		b->len++;
	}
}

static inline struct str
buf_str(const struct buf *b)
{
	return (struct str){b->ptr, b->len};
}

static inline bool
buf_failed(const struct buf *b)
{
	return b->failed;
}

#endif
