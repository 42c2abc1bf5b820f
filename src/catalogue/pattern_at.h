/*
 * pattern_at - does a pattern stand where its anchor was found? For patterns.c alone
 *
 * A pattern is compiled into items: literals, and `%d`; those between two `*` are a segment.
 * The anchor is in the first segment, or in the second, and the first is then the head.
 */
#ifndef CATALOGUE_PATTERN_AT_H
#define CATALOGUE_PATTERN_AT_H

#include "base/lanes.h"
#include "catalogue/patterns.h"
#include "catalogue/tables.h"

/* Has it first words that are too few to be filed under? */
static inline bool
pattern_has_head(const struct pattern_entry *entry)
{
	return (catalogue_pattern_code[entry->code] & PATTERN_HAS_HEAD) != 0;
}

/* Does the pattern of `entry` stand where its anchor is at `anchor_at`? Then *hit says where. */
bool pattern_stands(struct str text, size_t anchor_at, const struct pattern_entry *entry,
	struct pattern_hit *hit);

/* The first place from `at` up to, not including, `limit` where these two bytes stand; `limit` if
 * there is none. */
static inline size_t
pattern_find_pair(struct str text, size_t at, size_t limit, const char pair[2])
{
	for (; at < limit; at += LANES) {
		const struct lanes here = lanes_next(text.ptr + at, limit - at);
		const struct lanes behind = lanes_next(text.ptr + at + 1, text.len - at - 1);
		/* NOLINTNEXTLINE(readability-suspicious-call-argument): each with its byte */
		const unsigned found = lanes_both(here, pair[0], behind, pair[1]);
		if (found != 0)
			return at + lanes_first(found);
	}
	return limit;
}

#endif
