/* journal_inside - what journal.c (writing) and journal_open.c (reading) share */
#ifndef QUEUE_JOURNAL_INSIDE_H
#define QUEUE_JOURNAL_INSIDE_H

#include "queue/journal.h"

#include <pthread.h>
#include <stdatomic.h>

struct segment {
	uint64_t number;
	uint64_t end; /* behind its last frame */
	uint32_t salt;
	int file;
	bool is_damaged;
};

struct journal {
	struct disk *disk;
	uint64_t segment_bytes;
	uint32_t salt;

	/* the writer's alone */
	struct segment write_to; /* the newest; number 0 when there is none */
	bool is_open;            /* ... and may be written to */
	uint64_t newest;         /* number of the newest that ever was */
	uint64_t sequence;       /* of the last durable frame */

	pthread_mutex_t lock; /* of all below */
	pthread_cond_t work;
	struct segment *segments; /* the oldest first */
	size_t segment_count, segment_room;
	struct journal_write *waiting, **waiting_end;
	struct journal_write *done, **done_end;
	bool stop;

	atomic_uint era;
	int era_ended_by; /* the writer's: the error that ended the one before */
	int wake;
	pthread_t thread;
	bool has_thread;
};

/* Both with the lock held, or before there is a thread. */
struct segment *journal_segment(struct journal *j, uint64_t number);
int journal_segment_add(struct journal *j, const struct segment *s);

#endif
