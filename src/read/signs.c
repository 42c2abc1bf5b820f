#include "read/signs.h"

#include "base/fold.h"
#include "base/line.h"
#include "read/limits.h"

#define HITS_MAX 512
#define SHORT_TEXT_BYTES 512
#define CHUNK_BYTES 4096 /* of prose that are searched at a time, to the end of a line */

struct str
sign_words(const struct sign_set *set, enum sign sign)
{
	if (!sign_seen(set, sign))
		return STR_NONE;
	return fold_origin_words(set->first[sign].text, set->first[sign].at, set->first[sign].len);
}

static void
note_sign(struct sign_set *set, const struct sign_row *row, struct str text, uint32_t at,
	uint32_t len)
{
	if (sign_seen(set, row->sign))
		return;
	set->bits |= (uint64_t)1 << row->sign;
	set->first[row->sign].text = text;
	set->first[row->sign].at = at;
	set->first[row->sign].len = len;
}

void
sign_note(struct sign_set *set, enum sign sign, struct str words)
{
	if (sign_seen(set, sign))
		return;
	set->bits |= (uint64_t)1 << sign;
	set->first[sign].text = words;
	set->first[sign].at = 0;
	set->first[sign].len = (uint32_t)words.len;
}

static void
note_mark(struct mark_set *marks, size_t row, enum where where)
{
	if (marks != NULL && catalogue_generators[row].where == where)
		mark_add(marks, row);
}

void
signs_find(struct str text, enum where where, struct arena *a, struct sign_set *set,
	struct mark_set *marks)
{
	struct pattern_hit hits[HITS_MAX];
	text = str_head(text, SIGN_TEXT_BYTES);
	char *const room = text.len == 0 ? NULL : arena_bytes(a, text.len);
	if (room == NULL)
		return;
	const struct str folded = {room, fold_text(text, room)};
	const unsigned tables = marks == NULL ? PATTERN_SIGN : PATTERN_SIGN | PATTERN_GENERATOR;
	const size_t n = patterns_find(folded, tables | PATTERN_IN(where), hits, HITS_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct pattern_hit *const h = &hits[i];
		if (h->table == PATTERN_GENERATOR)
			note_mark(marks, h->row, where);
		else if (sign_counts(&catalogue_signs[h->row], where))
			note_sign(set, &catalogue_signs[h->row], text, h->at, h->len);
	}
	arena_give_back(a, text.len);
}

bool
sign_in(struct str text, enum sign sign, struct str *hit)
{
	char room[SHORT_TEXT_BYTES];
	struct pattern_hit hits[32];
	text = str_head(text, SHORT_TEXT_BYTES);
	const size_t len = fold_text(text, room);
	const size_t n = patterns_find(
		(struct str){room, len}, PATTERN_SIGN | PATTERN_IN(WHERE_TEXT), hits, 32);
	const struct pattern_hit *first = NULL;
	for (size_t i = 0; i < n; i++) {
		const struct sign_row *const row = &catalogue_signs[hits[i].row];
		if (row->sign != sign || !sign_counts(row, WHERE_TEXT))
			continue;
		if (first == NULL || (hits[i].at == first->at && hits[i].len > first->len))
			first = &hits[i];
	}
	if (first != NULL && hit != NULL)
		*hit = fold_origin_words(text, first->at, first->len);
	return first != NULL;
}

/* Searches the lines of one chunk, whose folded text is `folded`. */
static void
search_chunk(struct text_line *lines, size_t count, struct str folded, struct sign_set *set,
	struct mark_set *marks, uint64_t *reply_signs)
{
	struct pattern_hit hits[HITS_MAX];
	struct text_line *line = lines;
	const struct text_line *const last = &lines[count - 1];
	const size_t n = patterns_find(folded,
		PATTERN_SIGN | PATTERN_GENERATOR | PATTERN_IN(WHERE_TEXT) | PATTERN_IN(WHERE_REPLY),
		hits, HITS_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct pattern_hit *const h = &hits[i];
		if (h->table == PATTERN_GENERATOR) {
			note_mark(marks, h->row, WHERE_TEXT);
			continue;
		}
		const struct sign_row *const row = &catalogue_signs[h->row];
		if (sign_counts(row, WHERE_REPLY))
			*reply_signs |= (uint64_t)1 << row->sign;
		if (!sign_counts(row, WHERE_TEXT))
			continue;
		/* The hits come in order, and so do the lines that they begin in. */
		while (line < last && line[1].folded_at <= h->at)
			line++;
		line->signs |= (uint64_t)1 << row->sign;
		/* The words may go on in the next lines of the chunk. */
		note_sign(set, row, str_between(line->raw.ptr, last->raw.ptr + last->raw.len),
			h->at - line->folded_at, h->len);
	}
}

bool
text_lines_read(struct str text, struct arena *a, struct text_lines *lines, struct sign_set *set,
	struct mark_set *marks)
{
	struct str rest = text, raw;
	size_t first = 0;
	uint32_t len = 0;
	*lines = (struct text_lines){.list = NULL};
	/* Each line is folded behind the one before it, with a blank between: as long as a chunk
	 * and one more line. */
	for (bool more = true; more && !lines->is_cut;) {
		const struct str chunk = rest;
		size_t bytes = 0;
		while ((more = line_next(&rest, &raw)) && bytes < CHUNK_BYTES) {
			lines->is_cut = lines->count == TEXT_LINES_MAX;
			if (lines->is_cut)
				break;
			struct text_line *const list = arena_more(
				a, lines->list, lines->count, &lines->room, sizeof *list);
			if (list == NULL)
				return false;
			lines->list = list;
			list[lines->count++] = (struct text_line){.raw = raw};
			bytes = (size_t)(rest.ptr - chunk.ptr);
			if (bytes >= CHUNK_BYTES)
				break;
		}
		if (lines->count == first)
			continue;
		char *const room = arena_bytes(a, bytes + 1);
		if (room == NULL)
			return false;
		len = 0;
		for (size_t i = first; i < lines->count; i++) {
			struct text_line *const l = &lines->list[i];
			if (len > 0 && room[len - 1] != ' ' && l->raw.len > 0)
				room[len++] = ' ';
			l->folded_at = len;
			len += (uint32_t)fold_text(l->raw, room + len);
		}
		search_chunk(&lines->list[first], lines->count - first, (struct str){room, len},
			set, marks, &lines->reply_signs);
		arena_give_back(a, bytes + 1);
		first = lines->count;
	}
	return true;
}
