/*
 * hash - where a text, or an address, stands in a table
 *
 * FNV-1a for texts: who must be safe from chosen texts takes a first value that nobody knows.
 * Nothing that is kept or sent hangs on these numbers. Pure.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/str.h"

#define HASH_FIRST UINT64_C(14695981039346656037)

/* hash_add - `h` with these bytes behind what it stands for; hash_add_case - letters in any case
 * alike
 */
static inline uint64_t
hash_add(uint64_t h, struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		h = (h ^ (unsigned char)text.ptr[i]) * UINT64_C(1099511628211);
	return h;
}

static inline uint64_t
hash_add_case(uint64_t h, struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		h = (h ^ (unsigned char)ascii_lower((unsigned char)text.ptr[i])) *
		    UINT64_C(1099511628211);
	return h;
}

/* hash_address - 16 bytes under a seed: splitmix64's last steps, for each half */
static inline uint64_t
hash_address(uint64_t seed, const unsigned char bytes[16])
{
	uint64_t half[2], h = seed;
	memcpy(half, bytes, sizeof half);
	for (size_t i = 0; i < 2; i++) {
		h = (h ^ half[i]) * UINT64_C(0xbf58476d1ce4e5b9);
		h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
		h ^= h >> 31;
	}
	return h;
}

#endif
