/*
 * fuzz_text - the prose of a report, whatever it is
 *
 * Holds always: the report's own words are the beginning of the text and the returned message
 * its end, and they do not overlap; every block and exchange lies in the report's own words; a
 * block has an address; the same again. Text that was mended is no longer than it was, and
 * still UTF-8 where it was.
 */
#include "base/charset.h"
#include "fuzz.h"
#include "read/limits.h"
#include "read/mend.h"
#include "read/text.h"

static void
check_prose(const struct prose *p, struct str in)
{
	assert(p->all.ptr == in.ptr && p->all.len <= in.len);
	assert(fuzz_lies_in(p->returned, in));
	if (str_is_set(p->returned)) {
		assert(p->returned.ptr >= p->all.ptr + p->all.len);
		assert(p->returned.ptr + p->returned.len == in.ptr + in.len);
	}
	for (size_t i = 0; i < p->count; i++) {
		const struct block *const b = &p->blocks[i];
		assert(b->address.len > 0 && b->address.len <= ADDRESS_BYTES_MAX);
		assert(fuzz_lies_in(b->address, p->all) && fuzz_lies_in(b->original, p->all));
		assert(fuzz_lies_in(b->own, p->all) && fuzz_lies_in(b->after, p->all));
		assert(b->naming <= NAMING_HEAD);
	}
	for (size_t i = 0; i < p->exchange_count; i++) {
		const struct exchange *const e = &p->dialogue[i];
		assert(fuzz_lies_in(e->host, p->all) && fuzz_lies_in(e->command, p->all) &&
			fuzz_lies_in(e->reply, p->all));
		assert(e->command.len + e->reply.len > 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct prose p, again;
	const struct str in = fuzz_copy(data, size);
	arena_init(&a, FUZZ_ARENA_BYTES);
	struct sign_set signs = {.bits = 0};
	struct mark_set marks = {{0}};
	text_read(in, true, &a, &signs, &marks, &p);
	text_read(in, true, &a, &signs, &marks, &again);
	check_prose(&p, in);
	const struct str mended = mend_typeset(in, &a);
	assert(mended.len <= in.len && (!utf8_valid(in) || utf8_valid(mended)));
	assert(p.count == again.count && p.exchange_count == again.exchange_count &&
		p.dsn.count == again.dsn.count && p.all.len == again.all.len);
	assert(!arena_failed(&a));
	arena_fini(&a);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
