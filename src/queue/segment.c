/* segment - the bytes of the queue's files */
#include "queue/segment.h"

#include "queue/bytes.h"

#include <stdio.h>
#include <zlib.h>

#define SEGMENT_MAGIC "NIXIEQUE"
#define SEGMENT_SUFFIX ".queue"
#define NAME_DIGITS 16
#define FRAME_MAGIC 0x4d41524eu /* "NRAM" */

enum head_at {
	HEAD_MAGIC = 0,
	HEAD_VERSION = 8,
	HEAD_SALT = 12,
	HEAD_NUMBER = 16,
	HEAD_PREVIOUS_END = 24,
	HEAD_FIRST_SEQUENCE = 32,
	HEAD_CRC = SEGMENT_HEAD_BYTES - 4
};

enum frame_at {
	FRAME_AT_MAGIC = 0,
	FRAME_AT_BYTES = 4,
	FRAME_AT_PAYLOAD_CRC = 8,
	FRAME_AT_HEAD_CRC = 12,
	FRAME_AT_SEQUENCE = 16,
	FRAME_AT_DURABLE = 24
};

static uint32_t
sum(uint32_t from, const void *bytes, size_t len)
{
	return (uint32_t)crc32_z(from, bytes, len);
}

void
segment_name(uint64_t number, char name[SEGMENT_NAME_BYTES])
{
	snprintf(name, SEGMENT_NAME_BYTES, "%0*llx" SEGMENT_SUFFIX, NAME_DIGITS,
		(unsigned long long)number);
}

uint64_t
segment_number(const char *name)
{
	uint64_t n = 0;
	for (int i = 0; i < NAME_DIGITS; i++) {
		const int c = (unsigned char)name[i];
		if (ascii_is_digit(c))
			n = n << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			n = n << 4 | (uint64_t)(c - 'a' + 10);
		else
			return 0;
	}
	return strcmp(name + NAME_DIGITS, SEGMENT_SUFFIX) == 0 ? n : 0;
}

void
segment_head_write(const struct segment_head *head, unsigned char to[SEGMENT_HEAD_BYTES])
{
	memset(to, 0, SEGMENT_HEAD_BYTES);
	memcpy(to + HEAD_MAGIC, SEGMENT_MAGIC, 8);
	bytes_put(to + HEAD_VERSION, SEGMENT_VERSION, 4);
	bytes_put(to + HEAD_SALT, head->salt, 4);
	bytes_put(to + HEAD_NUMBER, head->number, 8);
	bytes_put(to + HEAD_PREVIOUS_END, head->previous_end, 8);
	bytes_put(to + HEAD_FIRST_SEQUENCE, head->first_sequence, 8);
	bytes_put(to + HEAD_CRC, sum(0, to, HEAD_CRC), 4);
}

bool
segment_head_parse(struct str bytes, struct segment_head *out)
{
	if (bytes.len < SEGMENT_HEAD_BYTES ||
		memcmp(bytes.ptr + HEAD_MAGIC, SEGMENT_MAGIC, 8) != 0 ||
		bytes_get(bytes.ptr + HEAD_VERSION, 4) != SEGMENT_VERSION ||
		bytes_get(bytes.ptr + HEAD_CRC, 4) != sum(0, bytes.ptr, HEAD_CRC))
		return false;
	*out = (struct segment_head){
		.salt = (uint32_t)bytes_get(bytes.ptr + HEAD_SALT, 4),
		.number = bytes_get(bytes.ptr + HEAD_NUMBER, 8),
		.previous_end = bytes_get(bytes.ptr + HEAD_PREVIOUS_END, 8),
		.first_sequence = bytes_get(bytes.ptr + HEAD_FIRST_SEQUENCE, 8),
	};
	return true;
}

uint32_t
payload_sum(struct str payload)
{
	return sum(0, payload.ptr, payload.len);
}

/* The checksum of a frame's head: over the salt, and all of it but the checksum itself. */
static uint32_t
head_sum(const unsigned char head[FRAME_HEAD_BYTES], uint32_t salt)
{
	unsigned char seed[4];
	bytes_put(seed, salt, 4);
	uint32_t crc = sum(0, seed, sizeof seed);
	crc = sum(crc, head, FRAME_AT_HEAD_CRC);
	return sum(crc, head + FRAME_AT_SEQUENCE, FRAME_HEAD_BYTES - FRAME_AT_SEQUENCE);
}

void
frame_head_write(const struct frame *frame, uint32_t salt, unsigned char to[FRAME_HEAD_BYTES])
{
	bytes_put(to + FRAME_AT_MAGIC, FRAME_MAGIC, 4);
	bytes_put(to + FRAME_AT_BYTES, frame->payload.len, 4);
	bytes_put(to + FRAME_AT_PAYLOAD_CRC, frame->payload_crc, 4);
	bytes_put(to + FRAME_AT_SEQUENCE, frame->sequence, 8);
	bytes_put(to + FRAME_AT_DURABLE, frame->durable, 8);
	bytes_put(to + FRAME_AT_HEAD_CRC, head_sum(to, salt), 4);
}

bool
frame_head_parse(struct str bytes, uint32_t salt, struct frame *out, size_t *payload_bytes)
{
	const unsigned char *const p = (const unsigned char *)bytes.ptr;
	if (bytes.len < FRAME_HEAD_BYTES || bytes_get(p + FRAME_AT_MAGIC, 4) != FRAME_MAGIC ||
		bytes_get(p + FRAME_AT_HEAD_CRC, 4) != head_sum(p, salt))
		return false;
	*payload_bytes = (size_t)bytes_get(p + FRAME_AT_BYTES, 4);
	*out = (struct frame){
		.payload_crc = (uint32_t)bytes_get(p + FRAME_AT_PAYLOAD_CRC, 4),
		.sequence = bytes_get(p + FRAME_AT_SEQUENCE, 8),
		.durable = bytes_get(p + FRAME_AT_DURABLE, 8),
	};
	return *payload_bytes <= FRAME_PAYLOAD_MAX;
}

size_t
frame_parse(struct str bytes, uint32_t salt, struct frame *out)
{
	struct frame f;
	size_t payload_bytes;
	if (!frame_head_parse(bytes, salt, &f, &payload_bytes))
		return 0;
	const size_t whole = frame_bytes(payload_bytes);
	if (whole > bytes.len)
		return 0;
	f.payload = (struct str){bytes.ptr + FRAME_HEAD_BYTES, payload_bytes};
	if (payload_sum(f.payload) != f.payload_crc)
		return 0;
	*out = f;
	return whole;
}
