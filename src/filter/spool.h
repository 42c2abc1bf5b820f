/*
 * spool - a message while filters look at it: gathered as it comes, read as often as they want
 *
 * What is larger than SPOOL_MEMORY_BYTES goes into a file without a name in the data directory,
 * which is gone with the server. It is written and read on the event loop: these are copies to and
 * from the page cache, of pieces; nothing waits for the disk, since nothing is synced.
 */
#ifndef FILTER_SPOOL_H
#define FILTER_SPOOL_H

#include "base/buf.h"

#define SPOOL_MEMORY_BYTES ((size_t)256 << 10)
#define SPOOL_HEADER_BYTES_MAX ((size_t)256 << 10) /* of one that is larger, so much counts */

struct spool {
	struct buf memory;
	const char *folder; /* borrowed */
	int fd;             /* -1: all of it is in memory */
	uint64_t bytes;
	bool has_failed; /* neither memory nor room on the disk */
};

void spool_init(struct spool *t, const char *folder);
void spool_fini(struct spool *t);

/* spool_add - the next piece, copied; false when that failed, and then for good */
bool spool_add(struct spool *t, struct str piece);

/* spool_read - bytes from `offset` on; how many, 0 at the end, -1 when the disk failed */
long spool_read(const struct spool *t, uint64_t offset, void *to, size_t room);

/* spool_header - the header, with its blank line when it has one, into `out`; false: the disk */
bool spool_header(const struct spool *t, struct buf *out);

#endif
