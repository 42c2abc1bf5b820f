#include "judge/generator.h"

#include "base/fold.h"
#include "catalogue/patterns.h"

#define ENOUGH 100
#define TEXT_BYTES 8192 /* marks stand at the head of a report */
#define HITS_MAX 64

/* The sums, one for each row; that of the first row of a generator is the one that counts. */
struct tally {
	uint16_t sum[CATALOGUE_GENERATORS + 1];
	bool seen[CATALOGUE_GENERATORS + 1];
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
	if (t->seen[row])
		return;
	t->seen[row] = true;
	t->sum[first_row(row)] += catalogue_generators[row].weight;
}

static void
count_text(struct tally *t, struct str text, enum where where, struct arena *a)
{
	struct pattern_hit hits[HITS_MAX];
	text = str_head(text, TEXT_BYTES);
	char *const room = arena_bytes(a, text.len + 1);
	if (room == NULL || text.len == 0)
		return;
	const struct str folded = {room, fold_text(text, room)};
	const size_t n = patterns_find(folded, PATTERN_GENERATOR, hits, HITS_MAX);
	for (size_t i = 0; i < n; i++)
		if (catalogue_generators[hits[i].row].where == where)
			count(t, hits[i].row);
	arena_give_back(a, text.len + 1);
}

static void
count_header(struct tally *t, const struct facts *f, size_t row)
{
	const struct generator_row *const g = &catalogue_generators[row];
	const struct str value = header_find(&f->header, catalogue_text(g->header));
	if (!str_is_set(value))
		return;
	const struct str pattern = catalogue_text(g->pattern);
	if (str_eq(pattern, STR("*"))) {
		count(t, row);
		return;
	}
	char room[512];
	struct pattern_hit hits[16];
	const struct str head = str_head(value, sizeof room);
	const struct str folded = {room, fold_text(head, room)};
	const size_t n = patterns_find(folded, PATTERN_GENERATOR, hits, 16);
	for (size_t i = 0; i < n; i++)
		if (hits[i].row == row)
			count(t, row);
}

struct str
generator_find(const struct facts *f)
{
	struct tally t = {.sum = {0}};
	if (!f->is_message)
		return STR_NONE;
	count_text(&t, f->subject, WHERE_SUBJECT, f->arena);
	count_text(&t, f->from, WHERE_FROM, f->arena);
	count_text(&t, f->message_id, WHERE_MESSAGE_ID, f->arena);
	for (size_t i = 0, received = 0; i < f->header.count && received < 4; i++)
		if (str_eq_case(f->header.fields[i].name, STR("Received"))) {
			count_text(&t, f->header.fields[i].value, WHERE_RECEIVED, f->arena);
			received++;
		}
	for (size_t row = 0; row < CATALOGUE_GENERATORS; row++)
		if (catalogue_generators[row].where == WHERE_HEADER)
			count_header(&t, f, row);
	count_text(&t, f->prose.all, WHERE_TEXT, f->arena);
	for (size_t i = 0; i < f->mime.count; i++)
		if (f->mime.parts[i].role == PART_STATUS)
			count_text(&t, f->mime.parts[i].raw, WHERE_TEXT, f->arena);
	size_t best = 0;
	for (size_t row = 1; row < CATALOGUE_GENERATORS; row++)
		if (t.sum[row] > t.sum[best])
			best = row;
	return t.sum[best] >= ENOUGH ? catalogue_text(catalogue_generators[best].generator)
				     : STR_NONE;
}
