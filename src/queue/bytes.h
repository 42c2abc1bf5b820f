/* bytes - numbers as they stand in files: little-endian, at any address */
#ifndef QUEUE_BYTES_H
#define QUEUE_BYTES_H

#include <stdint.h>

static inline void
bytes_put(unsigned char *to, uint64_t n, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		to[i] = (unsigned char)(n >> (8 * i));
}

static inline uint64_t
bytes_get(const void *from, unsigned count)
{
	const unsigned char *const p = from;
	uint64_t n = 0;
	for (unsigned i = count; i-- > 0;)
		n = n << 8 | p[i];
	return n;
}

#endif
