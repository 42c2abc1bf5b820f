/*
 * How it stays linear. The segment with the anchor lies where the anchor says, and costs its
 * length. For every segment after it, the places within reach are tried: fewer than
 * PATTERN_SPAN_BYTES for all segments together, whatever the text. A head is looked for in the
 * PATTERN_WILD_BYTES + PATTERN_HEAD_BYTES before the anchor's segment.
 */
#include "catalogue/pattern_at.h"

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

/* The first place from `at` up to, not including, `limit` where the segment may begin; `limit` if
 * none. */
static size_t
next_candidate(struct str text, size_t at, size_t limit, const uint8_t *segment)
{
	if (*segment == PATTERN_DIGITS || at >= limit)
		return at;
	if (*segment > 1)
		return pattern_find_pair(text, at, limit, (const char *)segment + 1);
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

/* A pattern that is one literal, as most are. */
static bool
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

bool
pattern_stands(struct str text, size_t anchor_at, const struct pattern_entry *entry,
	struct pattern_hit *hit)
{
	if ((catalogue_pattern_code[entry->code] & PATTERN_PLAIN) != 0)
		return plain_stands(text, anchor_at, entry, hit);
	const uint8_t *const code = catalogue_pattern_code + entry->code;
	const uint8_t *const first = code + 3;
	const bool starts_word = (code[0] & PATTERN_STARTS_WORD) != 0;
	const bool ends_word = (code[0] & PATTERN_ENDS_WORD) != 0;
	const bool headed = pattern_has_head(entry);
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
