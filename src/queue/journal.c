/* journal - frames appended to segments; one batch, one sync */
#define _GNU_SOURCE /* eventfd */
#include "queue/journal.h"

#include "queue/journal_inside.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SPARE_NAME "spare"

uint32_t
journal_era(struct journal *j)
{
	return atomic_load(&j->era);
}

void
journal_submit(struct journal *j, struct journal_write *w)
{
	w->next = NULL;
	pthread_mutex_lock(&j->lock);
	*j->waiting_end = w;
	j->waiting_end = &w->next;
	pthread_cond_signal(&j->work);
	pthread_mutex_unlock(&j->lock);
}

struct journal_write *
journal_take(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	struct journal_write *const done = j->done;
	j->done = NULL;
	j->done_end = &j->done;
	if (done != NULL && j->wake >= 0) {
		uint64_t n;
		if (read(j->wake, &n, sizeof n) < 0)
			assert(errno == EAGAIN || errno == EINTR);
	}
	pthread_mutex_unlock(&j->lock);
	return done;
}

int
journal_wake_fd(struct journal *j)
{
	return j->wake;
}

/* Hands a list of answered frames to journal_take(). */
static void
give_back(struct journal *j, struct journal_write *first, struct journal_write **end)
{
	if (first == NULL)
		return;
	pthread_mutex_lock(&j->lock);
	*j->done_end = first;
	j->done_end = end;
	if (j->wake >= 0) {
		const uint64_t one = 1;
		if (write(j->wake, &one, sizeof one) < 0)
			assert(errno == EAGAIN || errno == EINTR);
	}
	pthread_mutex_unlock(&j->lock);
}

/* ---- segments */

struct segment *
journal_segment(struct journal *j, uint64_t number)
{
	for (size_t i = 0; i < j->segment_count; i++)
		if (j->segments[i].number == number)
			return &j->segments[i];
	return NULL;
}

int
journal_segment_add(struct journal *j, const struct segment *s)
{
	int error = 0;
	pthread_mutex_lock(&j->lock);
	if (j->segment_count == j->segment_room) {
		const size_t room = j->segment_room == 0 ? 16 : 2 * j->segment_room;
		struct segment *const more = realloc(j->segments, room * sizeof *more);
		if (more == NULL)
			error = -ENOMEM;
		else {
			j->segments = more;
			j->segment_room = room;
		}
	}
	if (error == 0)
		j->segments[j->segment_count++] = *s;
	pthread_mutex_unlock(&j->lock);
	return error;
}

static uint32_t
salt_of(const struct journal *j, uint64_t number)
{
	const uint64_t parts[3] = {j->salt, number, j->sequence};
	return payload_sum((struct str){(const char *)parts, sizeof parts});
}

/* A file for a new segment: the spare one, or else a new one. */
static int
segment_file(struct journal *j, const char *name)
{
	struct disk *const d = j->disk;
	if (d->ops->rename(d, SPARE_NAME, name) == 0)
		return d->ops->open(d, name, DISK_EDIT);
	int file = d->ops->open(d, name, DISK_CREATE);
	if (file == -EEXIST) { /* of an attempt that failed before */
		d->ops->unlink(d, name);
		file = d->ops->open(d, name, DISK_CREATE);
	}
	return file;
}

/* Keeps space for one more segment, for the day when the disk is full. It is no harm if it cannot
 * be had now. */
static void
spare_make(struct journal *j)
{
	struct disk *const d = j->disk;
	const int file = d->ops->open(d, SPARE_NAME, DISK_CREATE);
	if (file < 0)
		return;
	if (d->ops->reserve(d, file, j->segment_bytes) != 0)
		d->ops->unlink(d, SPARE_NAME);
	d->ops->close(d, file);
}

/* A new segment to write to. Its head is durable, and its name, before anything is in it. */
static int
segment_begin(struct journal *j)
{
	struct segment s = {.number = j->newest + 1, .end = SEGMENT_HEAD_BYTES};
	s.salt = salt_of(j, s.number);
	char name[SEGMENT_NAME_BYTES];
	segment_name(s.number, name);
	struct disk *const d = j->disk;
	if ((s.file = segment_file(j, name)) < 0)
		return s.file;
	unsigned char bytes[SEGMENT_HEAD_BYTES];
	segment_head_write(&(struct segment_head){.salt = s.salt,
				   .number = s.number,
				   .previous_end = j->write_to.end,
				   .first_sequence = j->sequence + 1},
		bytes);
	int error = d->ops->reserve(d, s.file, j->segment_bytes);
	if (error == 0)
		error = d->ops->write(d, s.file, &(struct iovec){bytes, sizeof bytes}, 1, 0);
	if (error == 0)
		error = d->ops->sync(d, s.file);
	if (error == 0)
		error = d->ops->sync_names(d);
	if (error == 0)
		error = journal_segment_add(j, &s);
	if (error != 0) {
		d->ops->close(d, s.file);
		d->ops->unlink(d, name);
		return error;
	}
	if (j->write_to.number != 0 && j->is_open) /* what was reserved and not used */
		d->ops->truncate(d, j->write_to.file, j->write_to.end);
	j->newest = s.number;
	j->write_to = s;
	j->is_open = true;
	spare_make(j);
	return 0;
}

static void
end_publish(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	journal_segment(j, j->write_to.number)->end = j->write_to.end;
	pthread_mutex_unlock(&j->lock);
}

/* ---- writing */

/* As many frames as fit the segment, from the head of *list. */
static int
batch_gather(struct journal *j, struct journal_write *list, struct iovec *parts, uint64_t *bytes)
{
	int n = 0;
	*bytes = 0;
	for (struct journal_write *w = list; w != NULL && n < BATCH_FRAMES_MAX; w = w->next) {
		const size_t whole = frame_bytes(w->payload_bytes);
		const uint64_t end = j->write_to.end + *bytes;
		/* A frame that no segment has room for is alone in one. */
		if (end + whole > j->segment_bytes && end > SEGMENT_HEAD_BYTES)
			break;
		const struct frame frame = {
			.payload = {(char *)w->bytes + FRAME_HEAD_BYTES, w->payload_bytes},
			.payload_crc = payload_sum((struct str){
				(char *)w->bytes + FRAME_HEAD_BYTES, w->payload_bytes}),
			.sequence = j->sequence + 1 + (uint64_t)n,
			.durable = j->sequence,
		};
		frame_head_write(&frame, j->write_to.salt, w->bytes);
		memset(w->bytes + FRAME_HEAD_BYTES + w->payload_bytes, 0,
			whole - FRAME_HEAD_BYTES - w->payload_bytes);
		w->segment = j->write_to.number;
		w->offset = j->write_to.end + *bytes + FRAME_HEAD_BYTES;
		parts[n++] = (struct iovec){w->bytes, whole};
		*bytes += whole;
	}
	return n;
}

/* Nobody knows what is behind the last durable byte: cut it off, and never write here again. */
static void
segment_leave(struct journal *j)
{
	struct disk *const d = j->disk;
	const bool is_cut = j->is_open &&
			    d->ops->truncate(d, j->write_to.file, j->write_to.end) == 0 &&
			    d->ops->sync(d, j->write_to.file) == 0;
	const bool had_one = j->is_open;
	j->is_open = false;
	/* When it cannot be cut, the head of the next segment says where it ended. When that fails
	 * too, the disk takes nothing at all any more, and then what was refused may be found there
	 * after a crash: a message twice, since its sender tries again, but none lost. */
	if (had_one && !is_cut)
		(void)segment_begin(j);
	atomic_fetch_add(&j->era, 1);
}

/* Writes the first frames of the list; gives how many, or a negative errno. */
static int
batch_write(struct journal *j, struct journal_write *list)
{
	struct iovec parts[BATCH_FRAMES_MAX];
	struct disk *const d = j->disk;
	uint64_t bytes = 0;
	int n = j->is_open ? batch_gather(j, list, parts, &bytes) : 0;
	if (n == 0) {
		const int error = segment_begin(j);
		if (error != 0)
			return error;
		n = batch_gather(j, list, parts, &bytes);
		assert(n > 0);
	}
	int error = d->ops->write(d, j->write_to.file, parts, n, j->write_to.end);
	if (error == 0)
		error = d->ops->sync(d, j->write_to.file);
	if (error != 0)
		return error;
	j->write_to.end += bytes;
	j->sequence += (uint64_t)n;
	end_publish(j);
	return n;
}

/* Answers `n` frames of the list, or all of it, and gives the rest. */
static struct journal_write *
batch_answer(struct journal *j, struct journal_write *list, int n, int error)
{
	struct journal_write *last = list;
	for (int i = 1;; i++, last = last->next) {
		last->error = error;
		if (i == n || last->next == NULL)
			break;
	}
	struct journal_write *const rest = last->next;
	last->next = NULL;
	give_back(j, list, &last->next);
	return rest;
}

bool
journal_turn(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	struct journal_write *list = j->waiting;
	j->waiting = NULL;
	j->waiting_end = &j->waiting;
	pthread_mutex_unlock(&j->lock);
	if (list == NULL)
		return false;

	while (list != NULL) {
		/* What began before a failure has lost a part, or may have: it fails with it, and
		 * for the same reason, so that a disk which is full is called full. */
		if (list->era != atomic_load(&j->era)) {
			list = batch_answer(j, list, 1, j->era_ended_by);
			continue;
		}
		const int n = batch_write(j, list);
		if (n < 0) {
			j->era_ended_by = n;
			segment_leave(j);
		}
		list = n < 0 ? batch_answer(j, list, 1, n) : batch_answer(j, list, n, 0);
	}
	return true;
}

static void *
writer(void *arg)
{
	struct journal *const j = arg;
	for (;;) {
		pthread_mutex_lock(&j->lock);
		while (j->waiting == NULL && !j->stop)
			pthread_cond_wait(&j->work, &j->lock);
		const bool stop = j->stop && j->waiting == NULL;
		pthread_mutex_unlock(&j->lock);
		if (stop)
			return NULL;
		journal_turn(j);
	}
}

int
journal_start(struct journal *j)
{
	j->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (j->wake < 0)
		return -errno;
	const int error = pthread_create(&j->thread, NULL, writer, j);
	if (error != 0) {
		close(j->wake);
		j->wake = -1;
		return -error;
	}
	j->has_thread = true;
	return 0;
}

void
journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	if (j->has_thread) {
		pthread_mutex_lock(&j->lock);
		j->stop = true;
		pthread_cond_signal(&j->work);
		pthread_mutex_unlock(&j->lock);
		pthread_join(j->thread, NULL);
	} else
		while (journal_turn(j))
			;
	if (j->is_open)
		j->disk->ops->truncate(j->disk, j->write_to.file, j->write_to.end);
	for (size_t i = 0; i < j->segment_count; i++)
		j->disk->ops->close(j->disk, j->segments[i].file);
	if (j->wake >= 0)
		close(j->wake);
	pthread_cond_destroy(&j->work);
	pthread_mutex_destroy(&j->lock);
	free(j->segments);
	free(j);
}

/* ---- reading and dropping */

int
journal_read(struct journal *j, uint64_t segment, uint64_t offset, void *to, size_t bytes)
{
	pthread_mutex_lock(&j->lock);
	const struct segment *const s = journal_segment(j, segment);
	const int file = s == NULL ? -1 : s->file;
	pthread_mutex_unlock(&j->lock);
	if (file < 0)
		return -ENOENT;
	const ssize_t n = j->disk->ops->read(j->disk, file, to, bytes, offset);
	if (n < 0)
		return (int)n;
	return (size_t)n == bytes ? 0 : -EIO;
}

struct journal_extent
journal_extent(struct journal *j)
{
	struct journal_extent e = {0};
	pthread_mutex_lock(&j->lock);
	if (j->segment_count > 0) {
		e.oldest = j->segments[0].number;
		e.newest = j->segments[j->segment_count - 1].number;
	}
	for (size_t i = 0; i < j->segment_count; i++)
		e.bytes += j->segments[i].end;
	pthread_mutex_unlock(&j->lock);
	return e;
}

int
journal_drop_oldest(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	assert(j->segment_count > 1);
	const struct segment s = j->segments[0];
	pthread_mutex_unlock(&j->lock);

	struct disk *const d = j->disk;
	char name[SEGMENT_NAME_BYTES], aside[SEGMENT_NAME_BYTES + sizeof "damaged-"];
	segment_name(s.number, name);
	snprintf(aside, sizeof aside, "damaged-%s", name);
	/* Used again as the spare one: its blocks are there, and were written to, which makes
	 * later syncs cheaper. The salt of its next life makes its frames void. */
	int error = d->ops->rename(d, name, s.is_damaged ? aside : SPARE_NAME);
	if (error == 0)
		error = d->ops->sync_names(d);
	if (error != 0)
		return error;
	d->ops->close(d, s.file);
	pthread_mutex_lock(&j->lock);
	j->segment_count--;
	memmove(j->segments, j->segments + 1, j->segment_count * sizeof *j->segments);
	pthread_mutex_unlock(&j->lock);
	return 0;
}
