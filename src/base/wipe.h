/*
 * wipe - overwrites what nobody should find again
 *
 * A memset() before free() is one that a compiler may leave out: nobody reads what it wrote. Here
 * it has to believe that somebody does.
 */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include <string.h>

static inline void
wipe(void *bytes, size_t n)
{
	if (n == 0)
		return;
	memset(bytes, 0, n);
	__asm__ volatile("" : : "r"(bytes) : "memory");
}

#endif
