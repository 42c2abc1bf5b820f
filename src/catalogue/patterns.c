#include "catalogue/patterns.h"

#include "catalogue/heads.h"
#include "catalogue/tables.h"

/*
 * How it stays linear. Each head of the text is looked up once. Where patterns are
 * filed, each is compared: the segment with the anchor lies where the anchor says, and
 * costs its length. For every segment after it, the places within reach are tried: fewer
 * than PATTERN_SPAN_BYTES for all segments together, whatever the text. A head is looked
 * for in the PATTERN_WILD_BYTES + PATTERN_HEAD_BYTES before the anchor's segment.
 *
 * Every place of an anchor's segment has one anchor, so that nothing is found twice; only a
 * head may be the nearest to two anchors, and that is looked for.
 */

#define SET_WORDS (PATTERN_SPAN_BYTES / 64)

static bool
is_digit_at(struct str text, size_t at)
{
	return at < text.len && ascii_is_digit((unsigned char)text.ptr[at]);
}

static bool
is_word_at(struct str text, size_t at)
{
	return at < text.len && ascii_is_alnum((unsigned char)text.ptr[at]);
}

static bool
is_segment_end(const uint8_t *item)
{
	return *item == PATTERN_END || *item == PATTERN_WILD;
}

static const uint8_t *
next_item(const uint8_t *item)
{
	return *item <= PATTERN_LITERAL_BYTES ? item + 1 + *item : item + 1;
}

/* The `*` or the end behind the segment that begins with `item`. */
static const uint8_t *
segment_stop(const uint8_t *item)
{
	while (!is_segment_end(item))
		item = next_item(item);
	return item;
}

/* The end of the whole number that begins at `at`; 0 when none does, or when it is too long. */
static size_t
digits_end(struct str text, size_t at)
{
	if (!is_digit_at(text, at) || (at > 0 && is_digit_at(text, at - 1)))
		return 0;
	size_t end = at;
	while (is_digit_at(text, end)) {
		end++;
		if (end - at > PATTERN_DIGIT_BYTES)
			return 0;
	}
	return end;
}

/* The end of the items up to the next `*`, if they stand at `at`; 0 otherwise. */
static size_t
segment_end(struct str text, size_t at, const uint8_t *item)
{
	for (; !is_segment_end(item); item = next_item(item)) {
		if (*item == PATTERN_DIGITS) {
			at = digits_end(text, at);
			if (at == 0)
				return 0;
			continue;
		}
		if (text.len - at < *item ||
			!str_same_bytes(text.ptr + at, (const char *)item + 1, *item))
			return 0;
		at += *item;
	}
	return at;
}

/* Where the segment begins whose anchor is at `anchor_at`; false when it would begin before the
 * text. */
static bool
segment_start(struct str text, size_t anchor_at, const uint8_t *code, const uint8_t *segment,
	size_t *start)
{
	const uint8_t anchor_item = code[1], offset = code[2];
	if (anchor_at < offset)
		return false;
	size_t at = anchor_at - offset;
	/* Backwards, over what precedes the anchor's item; rarely anything: a `%d` has to stand
	 * there. */
	for (unsigned before = anchor_item; before > 0; before--) {
		const uint8_t *item = segment;
		for (unsigned i = 1; i < before; i++)
			item = next_item(item);
		if (*item != PATTERN_DIGITS) {
			if (at < *item)
				return false;
			at -= *item;
			continue;
		}
		if (is_digit_at(
			    text, at)) /* the number ends elsewhere, and that is another anchor's */
			return false;
		const size_t limit = at > PATTERN_DIGIT_BYTES ? at - PATTERN_DIGIT_BYTES : 0;
		while (at > limit && is_digit_at(text, at - 1))
			at--;
	}
	*start = at;
	return true;
}

/* Where the nearest head begins that the segment at *start can follow; false when there is none. */
static bool
head_start(struct str text, const uint8_t *head, bool starts_word, size_t *start)
{
	const size_t reach = PATTERN_WILD_BYTES + PATTERN_HEAD_BYTES;
	const size_t limit = *start > reach ? *start - reach : 0;
	for (size_t at = *start; at-- > limit;) {
		if (*head != PATTERN_DIGITS && (uint8_t)text.ptr[at] != head[1])
			continue;
		const size_t end = segment_end(text, at, head);
		if (end == 0 || end > *start || *start - end > PATTERN_WILD_BYTES)
			continue;
		if (starts_word && at > 0 && is_word_at(text, at - 1))
			continue;
		*start = at;
		return true;
	}
	return false;
}

static void
set_add(uint64_t *set, size_t at)
{
	set[at / 64] |= (uint64_t)1 << at % 64;
}

static bool
set_has(const uint64_t *set, size_t at)
{
	return (set[at / 64] >> at % 64 & 1) != 0;
}

/* The first place from `at` up to, not including, `limit` where these two bytes stand; `limit` if
 * there is none. */
static size_t
find_pair(struct str text, size_t at, size_t limit, const char pair[2])
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

/* The first place from `at` up to, not including, `limit` where the segment may begin; `limit` if
 * none. */
static size_t
next_candidate(struct str text, size_t at, size_t limit, const uint8_t *segment)
{
	if (*segment == PATTERN_DIGITS || at >= limit)
		return at;
	if (*segment > 1)
		return find_pair(text, at, limit, (const char *)segment + 1);
	const char *const p = memchr(text.ptr + at, segment[1], limit - at);
	return p == NULL ? limit : (size_t)(p - text.ptr);
}

/* Where the last segment of a pattern ends that begins at `from` or up to PATTERN_WILD_BYTES behind
 * it; 0 when it does not. */
static size_t
last_end_behind(struct str text, size_t from, const uint8_t *segment, bool ends_word)
{
	const size_t limit =
		text.len - from > PATTERN_WILD_BYTES ? from + PATTERN_WILD_BYTES + 1 : text.len;
	for (size_t at = from; (at = next_candidate(text, at, limit, segment)) < limit; at++) {
		const size_t end = segment_end(text, at, segment);
		if (end != 0 && (!ends_word || !is_word_at(text, end)))
			return end;
	}
	return 0;
}

/*
 * The end of the segments from `segment` on, the first of which follows a `*` whose text begins
 * at `from`; 0 when they do not follow. A segment may stand at several places, and only one of
 * them may have the next within its reach: so all the places where a segment can end are kept,
 * as a set counted from `from`.
 */
static size_t
rest_end(struct str text, size_t from, const uint8_t *segment, bool ends_word)
{
	if (*segment_stop(segment) == PATTERN_END)
		return last_end_behind(text, from, segment, ends_word);
	uint64_t ends[SET_WORDS], new_ends[SET_WORDS];
	size_t last_end = from;
	memset(ends, 0, sizeof ends);
	set_add(ends, 0);
	for (;;) {
		const uint8_t *const stop = segment_stop(segment);
		size_t limit = last_end + PATTERN_WILD_BYTES + 1;
		if (limit > text.len)
			limit = text.len;
		size_t new_last = 0;
		size_t known = from; /* the ends before it are in `reach`: one past where they let
					it begin */
		size_t reach = 0;
		memset(new_ends, 0, sizeof new_ends);
		for (size_t at = from; (at = next_candidate(text, at, limit, segment)) < limit;
			at++) {
			for (; known <= at && known <= last_end; known++)
				if (set_has(ends, known - from))
					reach = known + PATTERN_WILD_BYTES + 1;
			const size_t end = at < reach ? segment_end(text, at, segment) : 0;
			if (end == 0)
				continue;
			if (*stop == PATTERN_WILD) {
				set_add(new_ends, end - from);
				if (end > new_last)
					new_last = end;
			} else if (!ends_word || !is_word_at(text, end)) {
				return end;
			}
		}
		if (new_last == 0)
			return 0;
		memcpy(ends, new_ends, sizeof ends);
		last_end = new_last;
		segment = stop + 1;
	}
}

static bool
has_head(const struct pattern_entry *entry)
{
	return (catalogue_pattern_code[entry->code] & PATTERN_HAS_HEAD) != 0;
}

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

/* pattern_stands() for a pattern that is one literal, as most are. */
static inline bool
plain_stands(struct str text, size_t anchor_at, const struct pattern_entry *entry,
	struct pattern_hit *hit)
{
	const uint8_t *const code = catalogue_pattern_code + entry->code;
	const uint8_t offset = code[2], len = code[3];
	const size_t start = anchor_at - offset;
	if (anchor_at < offset || text.len - start < len ||
		!str_same_bytes(text.ptr + start, (const char *)code + 4, len) ||
		((code[0] & PATTERN_STARTS_WORD) != 0 && start > 0 &&
			is_word_at(text, start - 1)) ||
		((code[0] & PATTERN_ENDS_WORD) != 0 && is_word_at(text, start + len)))
		return false;
	*hit = (struct pattern_hit){
		.table = entry->table, .row = entry->row, .at = (uint32_t)start, .len = len};
	return true;
}

/* Does the pattern stand where its anchor was found? Then `hit` says where. */
static bool
pattern_stands(struct str text, size_t anchor_at, const struct pattern_entry *entry,
	struct pattern_hit *hit)
{
	const uint8_t *const code = catalogue_pattern_code + entry->code;
	const uint8_t *const first = code + 3;
	const bool starts_word = (code[0] & PATTERN_STARTS_WORD) != 0;
	const bool ends_word = (code[0] & PATTERN_ENDS_WORD) != 0;
	const bool headed = has_head(entry);
	const uint8_t *const segment = headed ? segment_stop(first) + 1 : first;
	size_t start;
	if (!segment_start(text, anchor_at, code, segment, &start))
		return false;
	if (!headed && starts_word && start > 0 && is_word_at(text, start - 1))
		return false;
	size_t end = segment_end(text, start, segment);
	if (end == 0)
		return false;
	const uint8_t *const stop = segment_stop(segment);
	if (*stop == PATTERN_WILD)
		end = rest_end(text, end, stop + 1, ends_word);
	else if (ends_word && is_word_at(text, end))
		return false;
	if (end == 0 || (headed && !head_start(text, first, starts_word, &start)))
		return false;
	*hit = (struct pattern_hit){.table = entry->table,
		.row = entry->row,
		.at = (uint32_t)start,
		.len = (uint32_t)(end - start)};
	return true;
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
	if ((catalogue_pattern_code[entry->code] & PATTERN_PLAIN) != 0)
		s->n += plain_stands(s->text, at, entry, hit);
	else
		s->n += pattern_stands(s->text, at, entry, hit) &&
			!(has_head(entry) && is_known(s->hits, s->n, *hit));
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
		for (size_t at = 0; (at = find_pair(s->text, at, s->text.len, pair)) < s->text.len;
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
