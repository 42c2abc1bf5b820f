/*
 * fuzz_patterns - the catalogue's patterns in any text, and the signs made of them
 *
 * The first byte chooses the tables. Holds always: a hit lies in the text, names a row that exists
 * in a table that was asked for; room for fewer gives some of them, in order; a sign's words lie in
 * the text that was given.
 */
#include "base/fold.h"
#include "fuzz.h"
#include "read/signs.h"

#include "catalogue/patterns.h"

#define HITS_MAX 4096

static size_t
rows_of(unsigned table)
{
	switch (table) {
	case PATTERN_PHRASE:
		return CATALOGUE_PHRASES;
	case PATTERN_BLOCKLIST:
		return CATALOGUE_BLOCKLISTS;
	case PATTERN_PROVIDER_CODE:
		return CATALOGUE_PROVIDER_CODES;
	case PATTERN_SIGN:
		return CATALOGUE_SIGNS;
	case PATTERN_GENERATOR:
		return CATALOGUE_GENERATORS;
	default:
		return 0;
	}
}

static void
check_hits(struct str folded, unsigned tables)
{
	static struct pattern_hit hits[HITS_MAX], fewer[HITS_MAX];
	const size_t n = patterns_find(folded, tables, hits, HITS_MAX);
	assert(n <= HITS_MAX);
	for (size_t i = 0; i < n; i++) {
		assert(hits[i].table & tables);
		assert(hits[i].row < rows_of(hits[i].table));
		assert(hits[i].len > 0 && hits[i].at <= folded.len &&
			hits[i].len <= folded.len - hits[i].at);
	}
	const size_t half = n / 2;
	assert(patterns_find(folded, tables, fewer, half) == half);
	/* Without room for all, some of them are left out, and nothing else changes. */
	for (size_t i = 0, at = 0; i < half; i++, at++) {
		while (at < n && memcmp(&hits[at], &fewer[i], sizeof *hits) != 0)
			at++;
		assert(at < n);
	}
}

static void
check_signs(struct str in)
{
	struct arena a;
	struct sign_set set = {.bits = 0};
	struct str hit = STR_NONE;
	arena_init(&a, FUZZ_ARENA_BYTES);
	signs_find(in, WHERE_TEXT, &a, &set, NULL);
	for (int s = 0; s < SIGN__COUNT; s++) {
		if (sign_seen(&set, (enum sign)s)) {
			assert(fuzz_lies_in(sign_words(&set, (enum sign)s), in));
		}
		const bool is_in = sign_in(in, (enum sign)s, &hit);
		assert(!is_in || (hit.len > 0 && fuzz_lies_in(hit, in)));
	}
	arena_fini(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	const struct str in = fuzz_copy(data + 1, size - 1);
	char *const room = malloc(in.len > 0 ? in.len : 1);
	if (room == NULL)
		abort();
	const size_t n = fold_text(in, room);
	assert(n <= in.len);
	/* The text must end where its memory ends. */
	const struct str folded = fuzz_copy((const uint8_t *)room, n);
	check_hits(folded, data[0] % 32);
	check_signs(in);
	free(room);
	free((void *)(uintptr_t)folded.ptr);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
