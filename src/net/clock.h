/* clock - the time in milliseconds: for timers, and since 1970. Any thread */
#ifndef NET_CLOCK_H
#define NET_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t
clock_ms_of(clockid_t which)
{
	struct timespec t = {0}; /* MemorySanitizer does not see it filled */
	clock_gettime(which, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* clock_mono_ms - never goes back; of no day */
static inline int64_t
clock_mono_ms(void)
{
	return clock_ms_of(CLOCK_MONOTONIC);
}

/* clock_wall_ms - since 1970 */
static inline int64_t
clock_wall_ms(void)
{
	return clock_ms_of(CLOCK_REALTIME);
}

#endif
