/*
 * fuzz_mime - the parts of any message
 *
 * Holds always: every part lies in the body, in its order; there are no more than
 * MIME_PARTS_MAX; what is meant to be read decodes to UTF-8 of at most three bytes for each; a
 * message without a multipart is one part; the same again the second time.
 */
#include "fuzz.h"
#include "read/mime.h"

static void
check_part(const struct part *p, struct str in, struct arena *a)
{
	assert(str_is_set(p->raw) && fuzz_lies_in(p->raw, in));
	assert(fuzz_lies_in(p->type, in) && fuzz_lies_in(p->encoding, in));
	assert(p->role <= PART_RETURNED);
	const struct str text = part_decode(p, a);
	assert(str_is_set(text) && text.len <= p->raw.len * 3);
	assert(p->role == PART_OTHER || utf8_valid(text));
	assert(!str_is_set(p->name) || p->name.len <= HEADER_VALUE_MAX * 3);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct header h;
	struct mime m, again;
	const struct str in = fuzz_copy(data, size);
	arena_init(&a, FUZZ_ARENA_BYTES);
	(void)header_parse(in, &a, &h);
	mime_parse(&h, &a, &m);
	mime_parse(&h, &a, &again);
	assert(m.count == again.count && m.count <= MIME_PARTS_MAX);
	assert(m.is_multipart || m.count == 1);
	assert(fuzz_lies_in(m.preamble, h.body));
	for (size_t i = 0; i < m.count; i++) {
		check_part(&m.parts[i], in, &a);
		assert(fuzz_lies_in(m.parts[i].raw, h.body));
		assert(m.parts[i].raw.ptr == again.parts[i].raw.ptr &&
			m.parts[i].role == again.parts[i].role);
		assert(i == 0 ||
			m.parts[i - 1].raw.ptr + m.parts[i - 1].raw.len <= m.parts[i].raw.ptr);
	}
	assert(!arena_failed(&a));
	arena_fini(&a);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
