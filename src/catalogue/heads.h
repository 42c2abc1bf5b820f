/*
 * heads - where words can begin in a folded text: patterns.h says what a head is
 *
 * Most bytes of a text are no heads, so they are looked for 64 at a time, and each block gives a
 * bit for each of its bytes. At the end of the text a block is a copy with NULs behind it, so that
 * nobody who looks at a head has to ask whether the eight bytes from there on are all the text's.
 */
#ifndef CATALOGUE_HEADS_H
#define CATALOGUE_HEADS_H

#include "base/lanes.h"

#define HEADS_BYTES 64     /* of text, whose heads are looked for together */
#define HEADS_MORE_BYTES 8 /* that may be read behind a head */

struct heads {
	struct str text;
	size_t at;          /* of the block in the text */
	const char *block;  /* the bytes from there on */
	uint64_t bits;      /* the heads among them; bit 0 is the first */
	uint64_t is_inside; /* did a word go on behind them? */
	char last[HEADS_BYTES + HEADS_MORE_BYTES];
};

/* heads_begin - of `text` from its beginning; then heads_next() as long as there are blocks, each
 * of which has `at`, `block` and `bits` set */
static inline void
heads_begin(struct heads *h, struct str text)
{
	h->text = text;
	h->at = -(size_t)HEADS_BYTES;
	h->is_inside = 0;
}

static inline bool
heads_next(struct heads *h)
{
	h->at += HEADS_BYTES;
	if (h->at >= h->text.len)
		return false;
	const size_t left = h->text.len - h->at;
	h->block = h->text.ptr + h->at;
	if (left < sizeof h->last) {
		memset(h->last, 0, sizeof h->last);
		memcpy(h->last, h->block, left);
		h->block = h->last;
	}
	uint64_t word = 0, lead = 0;
	for (unsigned i = 0; i < HEADS_BYTES; i += LANES) {
		const struct lanes l = lanes_load(h->block + i);
		word |= (uint64_t)lanes_alnum(l) << i;
		lead |= (uint64_t)lanes_lead(l) << i;
	}
	h->bits = (word & ~(word << 1 | h->is_inside)) | lead;
	h->is_inside = word >> (HEADS_BYTES - 1);
	return true;
}

/* heads_eight - the eight bytes at a head, bit `i` of the block; the first one lowest */
static inline uint64_t
heads_eight(const struct heads *h, unsigned i)
{
	uint64_t eight;
	memcpy(&eight, h->block + i, sizeof eight);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	eight = __builtin_bswap64(eight);
#endif
	return eight;
}

#endif
