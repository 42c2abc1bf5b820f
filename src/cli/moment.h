/*
 * moment - a point in time as people give it to an option: "2026-11-01", "2026-11-01T08:00:00Z",
 * "today", "yesterday", "now", "90m", "7d ago"
 *
 * What names no zone is local time, and what is relative is measured from the clock, which is why
 * this is the program's and not the library's.
 */
#ifndef CLI_MOMENT_H
#define CLI_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/* A limit in time. Stamps without a zone are compared by the clock on the wall. */
struct moment {
	bool is_set;
	int64_t point, wall; /* since 1970; `wall` as if local time were UTC */
};

/*
 * moment_parse - reads one
 *
 * is_end   a date or day means its last second, not its first
 * Returns  false when it is none; *m then has no meaning
 */
bool moment_parse(const char *s, bool is_end, struct moment *m);

#endif
