/*
 * fuzz - what the targets share: an exact copy of the input, and where a slice may lie
 *
 * A target asserts what its module's header promises for any bytes; a property
 * that fails aborts. The copy is malloc'd to exact size, so that one byte too far
 * is seen.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "base/charset.h"

#undef NDEBUG
#include <assert.h>
#include <stdlib.h>

#define FUZZ_ARENA_BYTES ((size_t)256 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* fuzz_copy - the input in memory of its own; free(its ptr) */
static inline struct str
fuzz_copy(const uint8_t *data, size_t size)
{
	char *const copy = malloc(size > 0 ? size : 1);
	if (copy == NULL)
		abort();
	if (size > 0)
		memcpy(copy, data, size);
	return (struct str){copy, size};
}

/* fuzz_lies_in - absent, or all of it inside `whole` */
static inline bool
fuzz_lies_in(struct str s, struct str whole)
{
	return !str_is_set(s) || (s.len <= whole.len && str_is_within(s, whole));
}

/* fuzz_is_line - one line of UTF-8 */
static inline bool
fuzz_is_line(struct str s)
{
	return utf8_valid(s) && str_find_char(s, '\n', 0) == STR_NPOS &&
	       str_find_char(s, '\r', 0) == STR_NPOS;
}

#endif
