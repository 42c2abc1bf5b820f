/*
 * random - numbers that look random and are the same on every machine (splitmix64)
 */
#ifndef TESTS_RANDOM_H
#define TESTS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
	uint64_t state; /* any number is a good start */
};

static inline uint64_t
random_next(struct random *r)
{
	uint64_t z = r->state += 0x9E3779B97F4A7C15u;
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

/* random_below - 0 to n - 1; n > 0 */
static inline size_t
random_below(struct random *r, size_t n)
{
	return (size_t)(random_next(r) % n);
}

#endif
