#include "catalogue/patterns.h"

#include "catalogue/heads.h"
#include "catalogue/pattern_at.h"
#include "catalogue/tables.h"

/*
 * Each head of the text is looked up once. Where patterns are filed, each is compared, at a cost
 * that is bounded whatever the text (pattern_at.c).
 *
 * Every place of an anchor's segment has one anchor, so that nothing is found twice; only a
 * head may be the nearest to two anchors, and that is looked for.
 */

/* What a scan carries from place to place. */
struct scan {
	struct str text;
	unsigned tables;
	unsigned asked;               /* as in the filters and the entries */
	bool has_reasons, has_others; /* of an anchor's entries, which may have what is asked */
	size_t last_four;             /* how many places of the text have four bytes */
	struct pattern_hit *hits;
	size_t n, max;
};

/* Are the bytes there that the pattern must have near its anchor? Most have not. */
static inline bool
check_stands(const struct scan *s, size_t anchor_at, const struct pattern_entry *entry)
{
	/* Before the text it is far behind its end. */
	const size_t at = anchor_at + (size_t)entry->check_at;
	uint32_t found;
	if (at >= s->last_four)
		return entry->check == 0;
	memcpy(&found, s->text.ptr + at, sizeof found);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	found = __builtin_bswap32(found);
#endif
	return found == entry->check || entry->check == 0;
}

/*
 * Is the start of `hit` among the `n` hits already? Only heads are asked for. A hit that ends
 * before it had its anchor there too, and so had all the hits before that one.
 */
static bool
is_known(const struct pattern_hit *hits, size_t n, struct pattern_hit hit)
{
	while (n-- > 0) {
		const struct pattern_hit *const known = &hits[n];
		if (known->at + known->len < hit.at)
			return false;
		if (known->table == hit.table && known->row == hit.row && known->at == hit.at)
			return true;
	}
	return false;
}

/* Keeps the hit of a pattern whose anchor is at `at`, if it stands there and its table is asked
 * for; false when there is no room for one. */
static bool
try_entry(struct scan *s, size_t at, const struct pattern_entry *entry)
{
	if (s->n == s->max)
		return false;
	if ((entry->table & s->tables) == 0)
		return true;
	struct pattern_hit *const hit = &s->hits[s->n];
	s->n += pattern_stands(s->text, at, entry, hit) &&
		!(pattern_has_head(entry) && is_known(s->hits, s->n, *hit));
	return true;
}

/* Compares the patterns under an anchor that is at `at`; false when there is no room for more hits.
 */
static inline bool
try_anchor(struct scan *s, size_t at, const struct pattern_anchor *anchor)
{
	const struct pattern_entry *entry =
		catalogue_pattern_entries + (s->has_reasons ? anchor->first : anchor->others);
	const struct pattern_entry *const end =
		catalogue_pattern_entries + (s->has_others ? anchor[1].first : anchor->others);
	for (; entry < end; entry++)
		if (check_stands(s, at, entry) && (entry->asked & s->asked) != 0 &&
			!try_entry(s, at, entry))
			return false;
	return true;
}

static inline unsigned
asked_of_long(uint64_t eight)
{
	return catalogue_pattern_filter[pattern_hash_8(eight, PATTERN_FILTER_BITS)];
}

static inline unsigned
asked_of_short(uint32_t four)
{
	return catalogue_pattern_short_filter[pattern_hash_4(four, PATTERN_SHORT_FILTER_BITS)];
}

static inline const struct pattern_anchor *
first_long(uint64_t eight)
{
	return catalogue_pattern_anchors + pattern_hash_8(eight, PATTERN_LONG_BITS);
}

static inline const struct pattern_anchor *
first_short(uint32_t four)
{
	return catalogue_pattern_anchors + PATTERN_SHORT_AT +
	       pattern_hash_4(four, PATTERN_SHORT_BITS);
}

/* Compares the patterns with an anchor of eight bytes. */
static inline bool
try_long(struct scan *s, size_t at, uint64_t eight)
{
	for (const struct pattern_anchor *a = first_long(eight); a->bytes != 0; a++)
		if (a->bytes == eight)
			return try_anchor(s, at, a);
	return true;
}

/* Compares the patterns with shorter anchors; several may stand here, "mail" and "mailbox". */
static bool
try_short(struct scan *s, size_t at, uint64_t eight)
{
	const uint32_t three = (uint32_t)eight & 0xFFFFFF;
	const struct pattern_anchor *a;
	for (a = first_short((uint32_t)eight); a->bytes != 0; a++)
		if (((eight ^ a->bytes) << (64 - 8 * a->len)) == 0 && !try_anchor(s, at, a))
			return false;
	for (a = catalogue_pattern_anchors + PATTERN_THREE_AT +
		 pattern_hash_4(three, PATTERN_THREE_BITS);
		a->bytes != 0; a++)
		if (a->bytes == three && !try_anchor(s, at, a))
			return false;
	return true;
}

/* The anchors at no head, each with a search of its own; there are few. */
static bool
try_loose(struct scan *s)
{
	const struct pattern_anchor *anchor = catalogue_pattern_anchors + PATTERN_LOOSE_AT;
	for (; anchor->bytes != 0; anchor++) {
		if (!(s->has_reasons && anchor->first < anchor->others) &&
			!(s->has_others && anchor->others < anchor[1].first))
			continue;
		const char pair[2] = {
			(char)(anchor->bytes & 0xFF), (char)(anchor->bytes >> 8 & 0xFF)};
		for (size_t at = 0;
			(at = pattern_find_pair(s->text, at, s->text.len, pair)) < s->text.len;
			at++)
			if (!try_anchor(s, at, anchor))
				return false;
	}
	return true;
}

/*
 * Looks at the heads of a block. False when there is no room for more hits. The filters say yes at
 * one head in four, as if by chance: so the heads they let pass are gathered first, without a
 * branch that the processor would have to guess.
 */
static bool
try_heads(struct scan *s, const struct heads *h)
{
	const unsigned asked = s->asked;
	uint8_t passed[HEADS_BYTES];
	unsigned count = 0;
	for (uint64_t heads = h->bits; heads != 0; heads &= heads - 1) {
		const unsigned i = (unsigned)__builtin_ctzll(heads);
		const uint64_t eight = heads_eight(h, i);
		passed[count] = (uint8_t)i;
		count += ((asked_of_long(eight) | asked_of_short((uint32_t)eight)) & asked) != 0;
	}
	for (unsigned k = 0; k < count; k++) {
		/* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): `count` were written */
		const unsigned i = passed[k];
		const uint64_t eight = heads_eight(h, i);
		if ((asked_of_long(eight) & asked) != 0 && !try_long(s, h->at + i, eight))
			return false;
		if ((asked_of_short((uint32_t)eight) & asked) != 0 &&
			!try_short(s, h->at + i, eight))
			return false;
	}
	return true;
}

static void
find_all(struct scan *s)
{
	struct heads h;
	heads_begin(&h, s->text);
	while (heads_next(&h))
		if (!try_heads(s, &h))
			return;
	(void)try_loose(s);
}

static bool
comes_before(const struct pattern_hit *a, const struct pattern_hit *b)
{
	return a->at != b->at         ? a->at < b->at
	       : a->table != b->table ? a->table < b->table
				      : a->row < b->row;
}

/* They are nearly in order: each was found at an anchor not far behind its beginning. */
static void
put_in_order(struct pattern_hit *hits, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const struct pattern_hit hit = hits[i];
		size_t to = i;
		for (; to > 0 && comes_before(&hit, &hits[to - 1]); to--)
			hits[to] = hits[to - 1];
		hits[to] = hit;
	}
}

size_t
patterns_find(struct str folded, unsigned tables, struct pattern_hit *hits, size_t max)
{
	const unsigned reasons = PATTERN_PHRASE | PATTERN_BLOCKLIST | PATTERN_PROVIDER_CODE;
	const unsigned others = PATTERN_SIGN | PATTERN_GENERATOR;
	const unsigned places = tables >> 8 != 0 ? tables >> 8 : UINT8_MAX;
	const bool has_reasons = (tables & reasons) != 0, has_others = (tables & others) != 0;
	struct scan s = {.text = str_head(folded, UINT32_MAX),
		.tables = tables,
		.asked = (has_reasons ? PATTERN_ASKED_ALWAYS : 0U) |
			 (has_others ? places & ~(unsigned)PATTERN_ASKED_ALWAYS : 0U),
		.has_reasons = has_reasons,
		.has_others = has_others,
		.last_four = folded.len < 4 ? 0 : str_head(folded, UINT32_MAX).len - 3,
		.hits = hits,
		.max = max};
	find_all(&s);
	put_in_order(hits, s.n);
	return s.n;
}
