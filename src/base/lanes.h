/*
 * lanes - sixteen bytes of text at a time
 *
 * Reading mail is mostly passing over bytes that need nothing done: to the next line end, to the
 * next byte that JSON must escape, to the next word. Here are the few questions that this asks of
 * bytes; each is answered for 16 of them with some four instructions where the processor has SSE2,
 * which is every x86-64, and by plain C elsewhere. Nothing is found out at run time, and no other
 * file knows of either. LANES_PLAIN takes the plain C everywhere; tests/unit/test_lanes.c is built
 * both ways and asks the same of both.
 *
 * A mask has bit i for byte i. The caller has 16 bytes at `p`, but for the functions of a few.
 */
#ifndef BASE_LANES_H
#define BASE_LANES_H

#include "base/str.h"

#define LANES 16
#define LANES_ALL 0xFFFFu

#if defined(__SSE2__) && !defined(LANES_PLAIN)
#include <emmintrin.h>

struct lanes {
	__m128i v;
};

static inline struct lanes
lanes_load(const char *p)
{
	return (struct lanes){_mm_loadu_si128((const __m128i *)(const void *)p)};
}

static inline void
lanes_store(struct lanes l, char *p)
{
	_mm_storeu_si128((__m128i *)(void *)p, l.v);
}

/* lanes_load_few - the `n` bytes at `p`, fewer than 16, and NULs behind them. In two pieces that
 * overlap: no loop, and not a byte that is not the caller's. */
static inline struct lanes
lanes_load_few(const char *p, size_t n)
{
	uint64_t low = 0, high = 0;
	uint32_t four, last;
	if (n >= 8) {
		memcpy(&low, p, 8);
		memcpy(&high, p + n - 8, 8);
		high = n == 8 ? 0 : high >> 8 * (16 - n);
	} else if (n >= 4) {
		memcpy(&four, p, 4);
		memcpy(&last, p + n - 4, 4);
		low = four | (uint64_t)last << 8 * (n - 4);
	} else if (n > 0) {
		low = (unsigned char)p[0] | (uint64_t)(unsigned char)p[n / 2] << 8 * (n / 2) |
		      (uint64_t)(unsigned char)p[n - 1] << 8 * (n - 1);
	}
	return (struct lanes){_mm_set_epi64x((long long)high, (long long)low)};
}

/* lanes_store_few - the first `n` bytes, at most 16, to `p` */
static inline void
lanes_store_few(struct lanes l, char *p, size_t n)
{
	char all[LANES];
	_mm_storeu_si128((__m128i *)(void *)all, l.v);
	if (n >= 8) {
		memcpy(p + n - 8, all + n - 8, 8);
		memcpy(p, all, 8);
	} else if (n >= 4) {
		memcpy(p + n - 4, all + n - 4, 4);
		memcpy(p, all, 4);
	} else if (n > 0) {
		p[n - 1] = all[n - 1];
		p[n / 2] = all[n / 2];
		p[0] = all[0];
	}
}

/* lanes_equal - which bytes are `c` */
static inline unsigned
lanes_equal(struct lanes l, char c)
{
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(l.v, _mm_set1_epi8(c)));
}

/* lanes_either - which bytes are `c` or `d` */
static inline unsigned
lanes_either(struct lanes l, char c, char d)
{
	return (unsigned)_mm_movemask_epi8(_mm_or_si128(
		_mm_cmpeq_epi8(l.v, _mm_set1_epi8(c)), _mm_cmpeq_epi8(l.v, _mm_set1_epi8(d))));
}

/* lanes_both - where is `c` in one and `d` in the other? */
static inline unsigned
lanes_both(struct lanes one, char c, struct lanes other, char d)
{
	return (unsigned)_mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(one.v, _mm_set1_epi8(c)),
		_mm_cmpeq_epi8(other.v, _mm_set1_epi8(d))));
}

/* lanes_both_in_four - the same of 64 bytes at each place: is there such a pair at all? */
static inline bool
lanes_both_in_four(const char *one, char c, const char *other, char d)
{
	__m128i found = _mm_setzero_si128();
	for (unsigned i = 0; i < 4 * LANES; i += LANES)
		found = _mm_or_si128(found,
			_mm_and_si128(_mm_cmpeq_epi8(lanes_load(one + i).v, _mm_set1_epi8(c)),
				_mm_cmpeq_epi8(lanes_load(other + i).v, _mm_set1_epi8(d))));
	return _mm_movemask_epi8(found) != 0;
}

/* lanes_within - which bytes are from `low` to `high`, both below 0x7F */
static inline __m128i
lanes_within_(struct lanes l, char low, char high)
{
	/* Bytes are signed here: those from 0x80 are below every `low`. */
	return _mm_and_si128(_mm_cmpgt_epi8(l.v, _mm_set1_epi8((char)(low - 1))),
		_mm_cmpgt_epi8(_mm_set1_epi8((char)(high + 1)), l.v));
}

static inline unsigned
lanes_within(struct lanes l, char low, char high)
{
	return (unsigned)_mm_movemask_epi8(lanes_within_(l, low, high));
}

/* lanes_odd - which bytes are below `c`, itself below 0x80, or no ASCII */
static inline unsigned
lanes_odd(struct lanes l, char c)
{
	return (unsigned)_mm_movemask_epi8(_mm_cmpgt_epi8(_mm_set1_epi8(c), l.v));
}

/* lanes_high - which bytes are no ASCII */
static inline unsigned
lanes_high(struct lanes l)
{
	return (unsigned)_mm_movemask_epi8(l.v);
}

/* lanes_lead - which bytes are from 0xC0: the first of a sequence, in UTF-8 */
static inline unsigned
lanes_lead(struct lanes l)
{
	return (unsigned)_mm_movemask_epi8(
		_mm_and_si128(l.v, _mm_cmpgt_epi8(l.v, _mm_set1_epi8((char)0xBF))));
}

/* lanes_alnum - which bytes are ASCII digits or letters */
static inline unsigned
lanes_alnum(struct lanes l)
{
	const struct lanes small = {_mm_or_si128(l.v, _mm_set1_epi8(0x20))};
	return (unsigned)_mm_movemask_epi8(
		_mm_or_si128(lanes_within_(l, '0', '9'), lanes_within_(small, 'a', 'z')));
}

/* lanes_lower - ASCII capitals become small letters */
static inline struct lanes
lanes_lower(struct lanes l)
{
	const __m128i capitals = lanes_within_(l, 'A', 'Z');
	return (struct lanes){_mm_or_si128(l.v, _mm_and_si128(capitals, _mm_set1_epi8(0x20)))};
}

#else

struct lanes {
	unsigned char v[LANES];
};

static inline struct lanes
lanes_load(const char *p)
{
	struct lanes l;
	memcpy(l.v, p, LANES);
	return l;
}

static inline void
lanes_store(struct lanes l, char *p)
{
	memcpy(p, l.v, LANES);
}

static inline struct lanes
lanes_load_few(const char *p, size_t n)
{
	struct lanes l = {{0}};
	for (size_t i = 0; i < n; i++)
		l.v[i] = (unsigned char)p[i];
	return l;
}

static inline void
lanes_store_few(struct lanes l, char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (char)l.v[i];
}

static inline unsigned
lanes_within(struct lanes l, char low, char high)
{
	unsigned mask = 0;
	for (unsigned i = 0; i < LANES; i++)
		mask |= (unsigned)(l.v[i] >= (unsigned char)low && l.v[i] <= (unsigned char)high)
			<< i;
	return mask;
}

static inline unsigned
lanes_equal(struct lanes l, char c)
{
	return lanes_within(l, c, c);
}

static inline unsigned
lanes_either(struct lanes l, char c, char d)
{
	return lanes_equal(l, c) | lanes_equal(l, d);
}

static inline unsigned
lanes_both(struct lanes one, char c, struct lanes other, char d)
{
	return lanes_equal(one, c) & lanes_equal(other, d);
}

static inline bool
lanes_both_in_four(const char *one, char c, const char *other, char d)
{
	unsigned found = 0;
	for (unsigned i = 0; i < 4 * LANES; i += LANES)
		found |= lanes_both(lanes_load(one + i), c, lanes_load(other + i), d);
	return found != 0;
}

static inline unsigned
lanes_high(struct lanes l)
{
	return ~lanes_within(l, 0, 0x7F) & LANES_ALL;
}

static inline unsigned
lanes_odd(struct lanes l, char c)
{
	return ~lanes_within(l, c, 0x7F) & LANES_ALL;
}

static inline unsigned
lanes_lead(struct lanes l)
{
	return lanes_within(l, (char)0xC0, (char)0xFF);
}

static inline unsigned
lanes_alnum(struct lanes l)
{
	return lanes_within(l, '0', '9') | lanes_within(l, 'a', 'z') | lanes_within(l, 'A', 'Z');
}

static inline struct lanes
lanes_lower(struct lanes l)
{
	for (unsigned i = 0; i < LANES; i++)
		l.v[i] = (unsigned char)ascii_lower(l.v[i]);
	return l;
}

#endif

/* lanes_next - the bytes at `p`: 16, or those that are left, and NULs behind them */
static inline struct lanes
lanes_next(const char *p, size_t left)
{
	return left >= LANES ? lanes_load(p) : lanes_load_few(p, left);
}

/* lanes_first - the lowest bit of a mask that is not 0 */
static inline unsigned
lanes_first(unsigned mask)
{
	return (unsigned)__builtin_ctz(mask);
}

#endif
