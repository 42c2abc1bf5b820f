/*
 * journal - frames appended to segments, many made durable by one sync
 *
 * While one batch is on its way to the disk the next one gathers, so the busier the server, the
 * fewer syncs for each message (group commit). A frame given to journal_submit() comes back by
 * journal_take() when it is on stable storage, or when it is certain that it is not accepted.
 *
 * When a write or sync fails, nobody can tell what of the segment's end is on the disk, and asking
 * again lies (a failed fsync forgets what it could not write). So the segment is cut at its last
 * durable byte and left, and the next one says in its head where that was. All that was under way
 * fails with it: what belongs together carries the era in which it began, and a new era begins
 * with each failure.
 *
 * Threads: one owner calls everything here; with journal_start() a thread of the journal's own
 * writes.
 */
#ifndef QUEUE_JOURNAL_H
#define QUEUE_JOURNAL_H

#include "queue/disk.h"
#include "queue/segment.h"

#define SEGMENT_BYTES_DEFAULT (64u << 20)
#define SEGMENT_BYTES_MIN (64u << 10)
#define SEGMENT_BYTES_MAX (UINT64_C(1) << 36)
#define BATCH_FRAMES_MAX 512 /* written together */

struct journal;

/* A frame on its way. The caller's, except between journal_submit() and journal_take(). */
struct journal_write {
	struct journal_write *next;
	unsigned char *bytes; /* FRAME_HEAD_BYTES of room, the payload, room up to frame_bytes() */
	size_t payload_bytes;
	uint32_t era; /* journal_era() when what this belongs to began */
	/* the answer */
	int error;        /* 0 = durable; else a negative errno, and it never will be */
	uint64_t segment; /* where it is */
	uint64_t offset;  /* of the payload in there */
};

enum journal_trouble {
	JOURNAL_TORN_END, /* the last moments before a crash: nothing that was promised */
	JOURNAL_DAMAGED,  /* bytes that had been durable are not readable any more */
	JOURNAL_NO_HEAD   /* a whole segment is not readable */
};

/* What journal_open() tells of what it finds, in the order in which it was written. */
struct journal_reader {
	void *to;
	void (*frame)(void *to, uint64_t segment, uint64_t offset, struct str payload);
	void (*trouble)(
		void *to, enum journal_trouble what, uint64_t segment, uint64_t from, uint64_t end);
};

struct journal_options {
	uint64_t segment_bytes; /* a frame that is larger has one to itself. 0:
				   SEGMENT_BYTES_DEFAULT; kept between MIN and MAX */
	uint32_t salt;          /* any number, better a new one each time */
};

/*
 * journal_open - reads what is there and makes ready to write behind it
 *
 * disk     borrowed until journal_close()
 * Returns  0, or a negative errno and *out unchanged. What the reader was told is durable, and
 *          only then to be believed, when this returns 0
 * Cost     reads every byte once; the memory of one frame
 */
int journal_open(struct disk *disk, const struct journal_options *options,
	const struct journal_reader *reader, struct journal **out);

/* journal_close - writes what was submitted, stops the thread; NULL is harmless */
void journal_close(struct journal *j);

/* journal_start - from now on a thread writes; without it, journal_turn() must be called. 0 or a
 * negative errno */
int journal_start(struct journal *j);

uint32_t journal_era(struct journal *j);
void journal_submit(struct journal *j, struct journal_write *w);

/* journal_turn - writes one batch and syncs it; false when nothing waited */
bool journal_turn(struct journal *j);

/* journal_take - the frames that are done, in the order of their submission; NULL when none is */
struct journal_write *journal_take(struct journal *j);

/* journal_wake_fd - readable when journal_take() has something; -1 without a thread */
int journal_wake_fd(struct journal *j);

/* journal_read - bytes of a durable frame; 0, or a negative errno */
int journal_read(struct journal *j, uint64_t segment, uint64_t offset, void *to, size_t bytes);

struct journal_extent {
	uint64_t oldest, newest; /* segments; both 0 when there is none */
	uint64_t bytes;          /* of all of them, as far as written */
};
struct journal_extent journal_extent(struct journal *j);

/*
 * journal_drop_oldest - removes the oldest segment; it must not be the newest
 *
 * Gone for good when this returns 0, so that the next one may follow: a record that closes an
 * earlier one must never be gone before it. A damaged segment is not removed but renamed, to
 * "damaged-NAME", for people to look at.
 */
int journal_drop_oldest(struct journal *j);

#endif
