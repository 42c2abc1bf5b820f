/*
 * fuzz_header - the header reader on any bytes
 *
 * Holds always: fields and body lie in the input, in its order, and the body ends where it
 * ends; a name is printable ASCII without blank or colon; a decoded value is one line of UTF-8;
 * no header means no fields and all of the input as body; the same again the second time.
 */
#include "fuzz.h"
#include "read/header.h"
#include "read/limits.h"

static void
check_field(const struct header_field *f, struct str in, struct arena *a)
{
	struct str name, value;
	assert(f->name.len > 0 && fuzz_lies_in(f->name, in));
	for (size_t i = 0; i < f->name.len; i++)
		assert(f->name.ptr[i] > ' ' && f->name.ptr[i] < 127 && f->name.ptr[i] != ':');
	assert(str_is_set(f->value) && fuzz_lies_in(f->value, in));
	assert(str_eq(str_trim(f->value), f->value));
	assert(f->value.ptr > f->name.ptr);
	const struct str text = header_text(f->value, a);
	assert(str_is_set(text) && fuzz_is_line(text));
	/* The line it stands on is a field of that name. */
	const struct str line = str_between(f->name.ptr, f->value.ptr + f->value.len);
	assert(field_split(line, &name, &value) && str_eq(name, f->name));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct header h, again;
	const struct str in = fuzz_copy(data, size);
	arena_init(&a, FUZZ_ARENA_BYTES);
	const bool is_header = header_parse(in, &a, &h);
	assert(header_parse(in, &a, &again) == is_header && again.count == h.count);
	assert(is_header == (h.count > 0) && h.count <= HEADER_FIELDS_MAX);
	assert(str_is_set(h.body) && h.body.ptr + h.body.len == in.ptr + in.len);
	assert(fuzz_lies_in(h.body, in) && fuzz_lies_in(h.from_line, in));
	assert(is_header || h.body.len == in.len);
	for (size_t i = 0; i < h.count; i++) {
		const struct header_field *const f = &h.fields[i];
		check_field(f, in, &a);
		assert(i == 0 || f[-1].value.ptr + f[-1].value.len <= f->name.ptr);
		assert(f->value.ptr + f->value.len <= h.body.ptr);
		assert(str_eq(f->name, again.fields[i].name) &&
			str_eq(f->value, again.fields[i].value));
		assert(str_is_set(header_find(&h, f->name)));
	}
	assert(!arena_failed(&a));
	arena_fini(&a);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
