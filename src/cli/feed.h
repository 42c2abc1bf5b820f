/*
 * feed - the bytes of one open file, unpacked where gzip or zstd packed it
 *
 * Reading stops at the size that the file had when it was opened: a log that grows
 * while it is read is read once.
 */
#ifndef CLI_FEED_H
#define CLI_FEED_H

#include "cli/unpack.h"

#include <stdint.h>

/* feed_idle - called before a read that may have to wait for another program */
typedef void feed_idle(void *to);

struct feed {
	int fd;
	bool may_wait, is_begun, is_at_end;
	uint64_t size_bytes;  /* 0: not known */
	uint64_t taken_bytes; /* from the file, as they lie there */
	const char *why;      /* what is wrong with it; NULL: nothing so far */
	struct unpack *unpack;
	char *raw; /* packed bytes that are still to be unpacked */
	size_t raw_at, raw_len;
	feed_idle *idle;
	void *idle_to;
};

void feed_init(struct feed *s, feed_idle *idle, void *to);
void feed_fini(struct feed *s);

/* feed_open - begins with `fd`, which feed_close() closes (except standard input) */
void feed_open(struct feed *s, int fd, bool may_wait, uint64_t size_bytes);
void feed_close(struct feed *s);

/*
 * feed_read - some more bytes
 *
 * room     at least PACKING_LOOK_BYTES
 * Returns  how many; 0 at the end, and then s->why tells whether it was a good one
 */
size_t feed_read(struct feed *s, char *to, size_t room);

#endif
