/*
 * journal_open - what a journal holds, after whatever happened to it
 *
 * A frame counts when it stands before the end that the next segment's head states, or, in the
 * newest segment, when every frame before it is sound. Whatever else looks like a frame was never
 * promised: it was written after a failure, or lost its predecessors in the crash that ended it.
 */
#include "queue/journal_inside.h"

#include <errno.h>
#include <stdlib.h>

#define WINDOW_BYTES (FRAME_HEAD_BYTES + FRAME_PAYLOAD_MAX + FRAME_ALIGN)

/* A view of a file that moves forward. */
struct window {
	struct disk *disk;
	int file;
	char *bytes;
	uint64_t from; /* the offset of bytes[0] */
	size_t len;
};

/* At most `bytes` at `offset`, fewer only at the end of the file; absent on an error. */
static struct str
window_at(struct window *w, uint64_t offset, size_t bytes)
{
	if (offset < w->from || offset + bytes > w->from + w->len) {
		const ssize_t n =
			w->disk->ops->read(w->disk, w->file, w->bytes, WINDOW_BYTES, offset);
		w->from = offset;
		w->len = n < 0 ? 0 : (size_t)n;
	}
	return str_head(
		str_from((struct str){w->bytes, w->len}, (size_t)(offset - w->from)), bytes);
}

static size_t
frame_at(struct window *w, uint64_t offset, uint64_t end, uint32_t salt, struct frame *out)
{
	size_t payload_bytes;
	if (!frame_head_parse(window_at(w, offset, FRAME_HEAD_BYTES), salt, out, &payload_bytes) ||
		offset + frame_bytes(payload_bytes) > end)
		return 0;
	return frame_parse(window_at(w, offset, frame_bytes(payload_bytes)), salt, out);
}

/*
 * The next sound frame behind a bad one, or `end`. In the newest segment only a frame that was
 * written when number `lost` was already durable: it proves that the bad one had been promised.
 */
static uint64_t
frame_behind(struct window *w, const struct segment *s, uint64_t from, uint64_t end, uint64_t lost)
{
	struct frame f;
	for (uint64_t at = from + FRAME_ALIGN; at < end; at += FRAME_ALIGN) {
		if (w->from > at || at + FRAME_HEAD_BYTES > w->from + w->len)
			window_at(w, at, FRAME_HEAD_BYTES);
		if (frame_at(w, at, end, s->salt, &f) > 0 && f.durable >= lost)
			return at;
	}
	return end;
}

/*
 * Reads a segment. `stated_end` is what the next one says, 0 for the newest. Gives where its last
 * batch begins: all before is known to have been durable.
 */
static uint64_t
segment_read(struct journal *j, struct segment *s, uint64_t first_sequence, uint64_t stated_end,
	const struct journal_reader *reader, struct window *w)
{
	const int64_t size = j->disk->ops->size(j->disk, s->file);
	const bool is_sealed = stated_end != 0;
	const uint64_t end = is_sealed ? stated_end : size < 0 ? 0 : (uint64_t)size;
	uint64_t expected = first_sequence, at = SEGMENT_HEAD_BYTES, last_batch = at;
	w->file = s->file;
	w->len = 0;
	s->end = at;
	while (at < end) {
		struct frame f;
		const size_t whole = frame_at(w, at, end, s->salt, &f);
		if (whole > 0 && f.sequence >= expected) {
			reader->frame(reader->to, s->number, at + FRAME_HEAD_BYTES, f.payload);
			if (f.durable + 1 ==
				f.sequence) /* all before were, when this was written */
				last_batch = at;
			expected = f.sequence + 1;
			at += whole;
			s->end = at;
			continue;
		}
		const uint64_t next = frame_behind(w, s, at, end, is_sealed ? 0 : expected);
		if (next == end && !is_sealed) {
			struct str rest = window_at(w, at, FRAME_HEAD_BYTES);
			static const char zeros[FRAME_HEAD_BYTES];
			if (rest.len < FRAME_HEAD_BYTES || memcmp(rest.ptr, zeros, rest.len) != 0)
				reader->trouble(reader->to, JOURNAL_TORN_END, s->number, at, end);
			break;
		}
		s->is_damaged = true;
		reader->trouble(reader->to, JOURNAL_DAMAGED, s->number, at, next);
		at = next;
	}
	if (is_sealed)
		s->end = stated_end;
	if (expected > j->sequence + 1)
		j->sequence = expected - 1;
	return last_batch;
}

/*
 * What was read need not be on the disk: after a sync that failed, the system shows bytes that it
 * will never write. So before anybody is told of the last batch, it is written once more.
 */
static int
batch_make_durable(struct journal *j, const struct segment *s, uint64_t from)
{
	struct disk *const d = j->disk;
	char name[SEGMENT_NAME_BYTES], bytes[4096];
	segment_name(s->number, name);
	const int file = d->ops->open(d, name, DISK_EDIT);
	if (file < 0)
		return file;
	int error = 0;
	while (error == 0 && from < s->end) {
		const size_t n =
			s->end - from < sizeof bytes ? (size_t)(s->end - from) : sizeof bytes;
		const ssize_t got = d->ops->read(d, file, bytes, n, from);
		error = got < 0 ? (int)got : (size_t)got < n ? -EIO : 0;
		if (error == 0)
			error = d->ops->write(d, file, &(struct iovec){bytes, n}, 1, from);
		from += n;
	}
	if (error == 0)
		error = d->ops->sync(d, file);
	d->ops->close(d, file);
	return error;
}

struct found {
	uint64_t *numbers;
	size_t count, room;
	int error;
};

static void
name_found(void *to, const char *name)
{
	struct found *const f = to;
	const uint64_t number = segment_number(name);
	if (number == 0)
		return;
	if (f->count == f->room) {
		const size_t room = f->room == 0 ? 64 : 2 * f->room;
		uint64_t *const more = realloc(f->numbers, room * sizeof *more);
		if (more == NULL) {
			f->error = -ENOMEM;
			return;
		}
		f->numbers = more;
		f->room = room;
	}
	f->numbers[f->count++] = number;
}

static int
number_order(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

struct candidate {
	struct segment segment;
	struct segment_head head;
	bool is_sound;
};

static int
candidate_open(struct journal *j, uint64_t number, struct window *w, struct candidate *out)
{
	char name[SEGMENT_NAME_BYTES];
	segment_name(number, name);
	const int file = j->disk->ops->open(j->disk, name, DISK_READ);
	if (file < 0)
		return file;
	*out = (struct candidate){.segment = {.number = number, .file = file}};
	w->file = file;
	w->len = 0;
	out->is_sound = segment_head_parse(window_at(w, 0, SEGMENT_HEAD_BYTES), &out->head) &&
			out->head.number == number;
	out->segment.salt = out->head.salt;
	return 0;
}

/* All segments, in order. Each needs to know its successor's head. */
static int
segments_read(struct journal *j, const struct found *found, const struct journal_reader *reader,
	struct window *w)
{
	struct candidate next = {0};
	int error = found->count == 0 ? 0 : candidate_open(j, found->numbers[0], w, &next);
	for (size_t i = 0; error == 0 && i < found->count; i++) {
		struct candidate now = next;
		const bool is_last = i + 1 == found->count;
		if (!is_last && (error = candidate_open(j, found->numbers[i + 1], w, &next)) != 0) {
			j->disk->ops->close(j->disk, now.segment.file);
			break;
		}
		struct segment *const s = &now.segment;
		if (now.is_sound) {
			const bool has_heir =
				!is_last && next.is_sound && next.segment.number == s->number + 1;
			const uint64_t last_batch = segment_read(j, s, now.head.first_sequence,
				has_heir ? next.head.previous_end : 0, reader, w);
			if (!has_heir)
				error = batch_make_durable(j, s, last_batch);
		} else if (!is_last) {
			/* The newest may have died before its head was durable: nothing was in it.
			 */
			s->is_damaged = true;
			reader->trouble(reader->to, JOURNAL_NO_HEAD, s->number, 0, 0);
		}
		j->newest = s->number;
		if (error == 0 && (now.is_sound || !is_last)) {
			error = journal_segment_add(j, s);
			j->write_to = *s;
		}
		if (error != 0 || (!now.is_sound && is_last))
			j->disk->ops->close(j->disk, s->file);
		if (!now.is_sound && is_last)
			j->newest = s->number - 1; /* its number, and name, are free again */
		if (error != 0 && !is_last)
			j->disk->ops->close(j->disk, next.segment.file);
	}
	return error;
}

int
journal_open(struct disk *disk, const struct journal_options *options,
	const struct journal_reader *reader, struct journal **out)
{
	struct found found = {0};
	struct window w = {.disk = disk};
	struct journal *const j = calloc(1, sizeof *j);
	if (j == NULL)
		return -ENOMEM;
	j->disk = disk;
	j->salt = options->salt;
	j->segment_bytes =
		options->segment_bytes == 0 ? SEGMENT_BYTES_DEFAULT : options->segment_bytes;
	if (j->segment_bytes < SEGMENT_BYTES_MIN)
		j->segment_bytes = SEGMENT_BYTES_MIN;
	if (j->segment_bytes > SEGMENT_BYTES_MAX)
		j->segment_bytes = SEGMENT_BYTES_MAX;
	j->wake = -1;
	j->waiting_end = &j->waiting;
	j->done_end = &j->done;
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->work, NULL);

	int error = -ENOMEM;
	w.bytes = malloc(WINDOW_BYTES);
	if (w.bytes != NULL)
		error = disk->ops->each_name(disk, name_found, &found);
	if (error == 0)
		error = found.error;
	if (error == 0) {
		if (found.count > 1)
			qsort(found.numbers, found.count, sizeof *found.numbers, number_order);
		error = segments_read(j, &found, reader, &w);
	}
	free(found.numbers);
	free(w.bytes);
	if (error != 0) {
		journal_close(j);
		return error;
	}
	*out = j;
	return 0;
}
