#include "read/signs.h"

#include "base/fold.h"
#include "catalogue/patterns.h"

#define HITS_MAX 256
#define SHORT_TEXT_BYTES 512

static bool
counts_here(const struct sign_row *row, enum where where)
{
	return row->where == where || (row->where == WHERE_ANY && where != WHERE_FROM);
}

static void
collect(struct str text, struct str folded, enum where where, struct sign_set *set)
{
	struct pattern_hit hits[HITS_MAX];
	const size_t n = patterns_find(folded, PATTERN_SIGN, hits, HITS_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct sign_row *const row = &catalogue_signs[hits[i].row];
		if (!counts_here(row, where) || sign_seen(set, row->sign))
			continue;
		set->bits |= (uint64_t)1 << row->sign;
		const size_t at = fold_origin(text, hits[i].at);
		set->first[row->sign].row = hits[i].row;
		set->first[row->sign].at = (uint32_t)at;
		set->first[row->sign].len =
			(uint32_t)(fold_origin(text, hits[i].at + hits[i].len) - at);
	}
}

void
signs_find(struct str text, enum where where, struct arena *a, struct sign_set *set)
{
	text = str_head(text, SIGN_TEXT_BYTES);
	char *const room = arena_bytes(a, text.len + 1);
	if (room == NULL || text.len == 0)
		return;
	const size_t n = fold_text(text, room);
	collect(text, (struct str){room, n}, where, set);
	arena_give_back(a, text.len + 1);
}

uint64_t
signs_in(struct str text)
{
	char room[SHORT_TEXT_BYTES];
	struct pattern_hit hits[64];
	uint64_t bits = 0;
	text = str_head(text, SHORT_TEXT_BYTES);
	const size_t n =
		patterns_find((struct str){room, fold_text(text, room)}, PATTERN_SIGN, hits, 64);
	for (size_t i = 0; i < n; i++)
		if (counts_here(&catalogue_signs[hits[i].row], WHERE_TEXT))
			bits |= (uint64_t)1 << catalogue_signs[hits[i].row].sign;
	return bits;
}

bool
sign_in(struct str text, enum sign sign, struct str *hit)
{
	char room[SHORT_TEXT_BYTES];
	struct pattern_hit hits[32];
	text = str_head(text, SHORT_TEXT_BYTES);
	const size_t len = fold_text(text, room);
	const size_t n = patterns_find((struct str){room, len}, PATTERN_SIGN, hits, 32);
	for (size_t i = 0; i < n; i++) {
		const struct sign_row *const row = &catalogue_signs[hits[i].row];
		if (row->sign != sign || !counts_here(row, WHERE_TEXT))
			continue;
		if (hit != NULL) {
			const size_t from = fold_origin(text, hits[i].at);
			const size_t to = fold_origin(text, hits[i].at + hits[i].len);
			*hit = (struct str){text.ptr + from, to - from};
		}
		return true;
	}
	return false;
}
