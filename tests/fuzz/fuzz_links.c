/*
 * fuzz_links - where a message of strangers leads to
 *
 * Holds always: no more domains than LINKS_MAX, each once, each a name that can be asked: lower
 * case, with a dot, of names' bytes, at most 253 of them.
 */
#include "check/links.h"
#include "fuzz.h"

static void
check(const struct links *l)
{
	assert(l->count <= LINKS_MAX);
	for (size_t i = 0; i < l->count; i++) {
		const struct str d = l->domain[i];
		assert(d.len > 2 && d.len <= 253 && str_find_char(d, '.', 0) != STR_NPOS);
		for (size_t k = 0; k < d.len; k++)
			assert((unsigned char)d.ptr[k] > ' ' && (unsigned char)d.ptr[k] < 127 &&
				ascii_lower((unsigned char)d.ptr[k]) == (unsigned char)d.ptr[k]);
		for (size_t k = 0; k < i; k++)
			assert(!str_eq(d, l->domain[k]));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str in = {(const char *)data, size};
	struct arena a;
	struct links l = {.count = 0};
	arena_init(&a, (size_t)4 << 20);
	links_find(in, &a, &l);
	check(&l);
	l.count = 0;
	links_scan(in, true, &a, &l);
	check(&l);
	arena_fini(&a);
	return 0;
}
