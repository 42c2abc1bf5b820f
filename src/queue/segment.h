/*
 * segment - the bytes of the queue's files: a head, then frames, each proved by checksums
 *
 * A segment is written from front to back and never changed. A frame is what becomes durable
 * together: it is there whole, or it is not there. Everything is little-endian.
 *
 *	head   magic 8, version 4, salt 4, number 8, previous_end 8, first_sequence 8,
 *	       zeros, crc 4 in the last bytes; SEGMENT_HEAD_BYTES in all
 *	frame  magic 4, payload_bytes 4, payload_crc 4, head_crc 4, sequence 8, durable 8, payload,
 *	       zeros up to a multiple of FRAME_ALIGN
 *
 * The salt is in every checksum, so that old bytes of a disk block used again are no frames.
 * `durable` says which frames were on stable storage when this one was written. That tells a torn
 * end, which is normal after a loss of power, from a hole in what was promised, which is not.
 *
 * Pure: no input or output.
 */
#ifndef QUEUE_SEGMENT_H
#define QUEUE_SEGMENT_H

#include "base/str.h"

#define SEGMENT_HEAD_BYTES 4096 /* a block, so that no frame shares one with it */
#define SEGMENT_VERSION 1
#define FRAME_HEAD_BYTES 32
#define FRAME_ALIGN 8
#define FRAME_PAYLOAD_MAX (4u << 20)
#define SEGMENT_NAME_BYTES 32

struct segment_head {
	uint32_t salt;
	uint64_t number;         /* 1, 2, 3 ... */
	uint64_t previous_end;   /* what the segment before holds: bytes behind are void */
	uint64_t first_sequence; /* of the first frame in here */
};

/* segment_name - "0000000000000001.queue" */
void segment_name(uint64_t number, char name[SEGMENT_NAME_BYTES]);

/* segment_number - the number in a name; 0 when it is not the name of a segment */
uint64_t segment_number(const char *name);

void segment_head_write(const struct segment_head *head, unsigned char to[SEGMENT_HEAD_BYTES]);

/* segment_head_parse - false when the bytes are no head, or a damaged one */
bool segment_head_parse(struct str bytes, struct segment_head *out);

/* frame_bytes - of a frame with such a payload, padding and all */
static inline size_t
frame_bytes(size_t payload_bytes)
{
	return (FRAME_HEAD_BYTES + payload_bytes + FRAME_ALIGN - 1) / FRAME_ALIGN * FRAME_ALIGN;
}

/* payload_sum - the checksum of a payload, which anybody may compute before the frame has its place
 */
uint32_t payload_sum(struct str payload);

struct frame {
	struct str payload;
	uint32_t payload_crc;
	uint64_t sequence, durable;
};

/* frame_head_write - the head of frame->payload in a segment with this salt */
void frame_head_write(const struct frame *frame, uint32_t salt, unsigned char to[FRAME_HEAD_BYTES]);

/* frame_parse - the frame at the start of `bytes`; gives its length with padding, 0 when there is
 * none or it is damaged. The payload points into `bytes` */
size_t frame_parse(struct str bytes, uint32_t salt, struct frame *out);

/* frame_head_parse - the head alone is sound; the payload, which may not be there, is not looked at
 */
bool frame_head_parse(struct str bytes, uint32_t salt, struct frame *out, size_t *payload_bytes);

#endif
