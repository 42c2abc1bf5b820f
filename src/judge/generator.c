#include "judge/generator.h"

#include "base/fold.h"
#include "catalogue/patterns.h"

#define ENOUGH 100
#define RECEIVED_MAX 4 /* fields, from the top, that are looked at */

/* The sums, one for each generator, at its first row. */
struct tally {
	uint16_t sum[CATALOGUE_GENERATORS + 1];
	struct mark_set seen;   /* the rows that were counted */
	struct mark_set summed; /* the first rows that have a sum */
};

static size_t
first_row(size_t row)
{
	while (row > 0 && catalogue_generators[row - 1].generator.at ==
				  catalogue_generators[row].generator.at)
		row--;
	return row;
}

static void
count(struct tally *t, size_t row)
{
	if (mark_seen(&t->seen, row))
		return;
	const size_t first = first_row(row);
	mark_add(&t->seen, row);
	mark_add(&t->summed, first);
	t->sum[first] += catalogue_generators[row].weight;
}

static void
count_marks(struct tally *t, const struct mark_set *marks)
{
	for (size_t row = 0; (row = mark_next(marks, row)) < CATALOGUE_GENERATORS; row++)
		count(t, row);
}

/* Counts the rows for this header field whose patterns occur in its value. */
static void
search_value(struct tally *t, struct str name, struct str value)
{
	char room[512];
	struct pattern_hit hits[16];
	const struct str head = str_head(value, sizeof room);
	const struct str folded = {room, fold_text(head, room)};
	const size_t n =
		patterns_find(folded, PATTERN_GENERATOR | PATTERN_IN(WHERE_HEADER), hits, 16);
	for (size_t i = 0; i < n; i++)
		if (str_eq_case(catalogue_text(catalogue_generators[hits[i].row].header), name))
			count(t, hits[i].row);
}

static void
count_headers(struct tally *t, const struct facts *f)
{
	struct str searched = STR_NONE; /* the name of the field that was searched last */
	for (const struct header_mark *m = catalogue_header_marks; m->row != HEADER_MARK_END; m++) {
		if (!header_may_have(&f->header, m->key))
			continue;
		const struct generator_row *const g = &catalogue_generators[m->row];
		const struct str name = catalogue_text(g->header);
		const struct str value = header_find_keyed(&f->header, name, m->key);
		if (!str_is_set(value))
			continue;
		if (str_eq(catalogue_text(g->pattern), STR("*"))) {
			count(t, m->row);
		} else if (!str_eq(name, searched)) {
			search_value(t, name, value);
			searched = name;
		}
	}
}

static size_t
best_row(const struct tally *t)
{
	size_t best = 0;
	for (size_t row = 0; (row = mark_next(&t->summed, row)) < CATALOGUE_GENERATORS; row++)
		if (t->sum[row] > t->sum[best])
			best = row;
	return best;
}

/* Where marks stand that are seldom needed: the last Received fields, and the report's fields as
 * text. */
static void
search_more(const struct facts *f, struct mark_set *marks)
{
	struct sign_set unused = {.bits = 0};
	for (size_t i = 0, received = 0; i < f->header.count && received < RECEIVED_MAX; i++)
		if (str_eq_case(f->header.fields[i].name, STR("Received"))) {
			signs_find(f->header.fields[i].value, WHERE_RECEIVED, f->arena, &unused,
				marks);
			received++;
		}
	for (size_t i = 0; i < f->mime.count; i++)
		if (f->mime.parts[i].role == PART_STATUS)
			signs_find(f->mime.parts[i].raw, WHERE_TEXT, f->arena, &unused, marks);
}

struct str
generator_find(const struct facts *f)
{
	if (!f->is_message)
		return STR_NONE;
	struct tally t = {.sum = {0}};
	count_marks(&t, &f->marks);
	count_headers(&t, f);
	size_t best = best_row(&t);
	if (t.sum[best] < ENOUGH) {
		struct mark_set more = {{0}};
		search_more(f, &more);
		count_marks(&t, &more);
		best = best_row(&t);
	}
	return t.sum[best] >= ENOUGH ? catalogue_text(catalogue_generators[best].generator)
				     : STR_NONE;
}
