/*
 * fuzz_queue - a journal whose frames hold anything
 *
 * The input is cut into payloads, which get right heads and checksums, so that the entries are
 * looked at; a byte in front of each says how long it is. Whatever they say, the queue opens, its
 * messages can be looked at and read, and it takes a new one.
 */
#include "fuzz.h"
#include "queue/model_disk.h"
#include "queue/queue.h"

#define SEGMENT "0000000000000001.queue"
#define SALT 7
#define PIECE_BYTES 16 /* for each step of the length byte */

static void
write_all(struct disk *d, int file, const void *bytes, size_t len, uint64_t at)
{
	union {
		const void *in;
		void *out;
	} p = {.in = bytes};
	const int error = d->ops->write(d, file, &(struct iovec){p.out, len}, 1, at);
	assert(error == 0);
}

static struct disk *
journal_of(struct str rest)
{
	struct disk *const d = model_disk_new(1);
	const int file = d->ops->open(d, SEGMENT, DISK_CREATE);
	unsigned char head[SEGMENT_HEAD_BYTES];
	uint64_t at = SEGMENT_HEAD_BYTES, sequence = 1;
	segment_head_write(
		&(struct segment_head){.salt = SALT, .number = 1, .first_sequence = 1}, head);
	write_all(d, file, head, sizeof head, 0);
	while (rest.len > 0) {
		const size_t len = (unsigned char)rest.ptr[0] * (size_t)PIECE_BYTES;
		struct frame f = {.payload = str_head(str_from(rest, 1), len),
			.sequence = sequence,
			.durable = sequence - 1};
		f.payload_crc = payload_sum(f.payload);
		frame_head_write(&f, SALT, head);
		write_all(d, file, head, FRAME_HEAD_BYTES, at);
		write_all(d, file, f.payload.ptr, f.payload.len, at + FRAME_HEAD_BYTES);
		at += frame_bytes(f.payload.len);
		rest = str_from(rest, 1 + len);
		sequence++;
	}
	d->ops->close(d, file);
	return d;
}

static bool
message_look(void *to, const struct queue_message *m)
{
	struct queue *const q = to;
	char bytes[64];
	const size_t n = m->body_bytes < sizeof bytes ? (size_t)m->body_bytes : sizeof bytes;
	const int error = queue_body_read(q, m->id, m->body_bytes - n, bytes, n);
	/* A body that is not whole is held. */
	for (size_t i = 0; i < m->envelope.recipient_count; i++) {
		struct recipient_progress p = queue_recipient(m, i).progress;
		struct arena a;
		arena_init(&a, 1 << 20);
		assert(error == 0 || p.state != RECIPIENT_WAITING);
		(void)queue_words(m, i, &a, &p);
		arena_fini(&a);
	}
	return true;
}

static void
taken(void *to, int error)
{
	*(bool *)to = error == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str in = fuzz_copy(data, size);
	struct disk *const d = journal_of(in);
	struct queue *q = NULL;
	int error = queue_open(d, &(struct queue_options){.segment_bytes = SEGMENT_BYTES_MIN}, &q);
	assert(error == 0);
	struct queue_counts counts;
	queue_audit(q, &counts);
	queue_each(q, message_look, q);

	bool is_taken = false;
	struct queue_recipient to = {.forward_path = STR("a@example.org")};
	const struct queue_envelope envelope = {.recipients = &to, .recipient_count = 1};
	struct queue_intake *const intake = queue_intake_new(q, 0);
	const uint64_t id = queue_intake_id(intake);
	error = queue_commit(q,
		&(struct queue_commit){
			.intake = intake, .envelope = &envelope, .answer = taken, .to = &is_taken});
	assert(error == 0);
	for (int i = 0; i < 100 && queue_turn(q); i++)
		;
	assert(is_taken && queue_find(q, id, NULL));
	queue_close(q);
	d->ops->free(d);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
