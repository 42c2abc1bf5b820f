/*
 * stream - the bytes of one open file, unpacked where gzip or zstd packed it
 *
 * Reading stops at the size that the file had when it was opened: a log that grows
 * while it is read is read once.
 */
#ifndef CLI_STREAM_H
#define CLI_STREAM_H

#include "cli/unpack.h"

#include <stdint.h>

/* stream_idle - called before a read that may have to wait for another program */
typedef void stream_idle(void *to);

struct stream {
	int fd;
	bool may_wait, is_begun, is_at_end;
	uint64_t size_bytes;  /* 0: not known */
	uint64_t taken_bytes; /* from the file, as they lie there */
	const char *why;      /* what is wrong with it; NULL: nothing so far */
	struct unpack *unpack;
	char *raw; /* packed bytes that are still to be unpacked */
	size_t raw_at, raw_len;
	stream_idle *idle;
	void *idle_to;
};

void stream_init(struct stream *s, stream_idle *idle, void *to);
void stream_fini(struct stream *s);

/* stream_open - begins with `fd`, which stream_close() closes (except standard input) */
void stream_open(struct stream *s, int fd, bool may_wait, uint64_t size_bytes);
void stream_close(struct stream *s);

/*
 * stream_read - some more bytes
 *
 * room     at least PACKING_LOOK_BYTES
 * Returns  how many; 0 at the end, and then s->why tells whether it was a good one
 */
size_t stream_read(struct stream *s, char *to, size_t room);

#endif
