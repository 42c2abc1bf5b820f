/*
 * fuzz_binary - a message of BODY=BINARYMIME, converted
 *
 * However it is cut the result is the same; it is lines, and converting it again changes nothing.
 */
#include "receive/binary.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "fuzz.h"

#define OUT_BYTES_MAX ((size_t)16 << 20)

static void
put(void *to, struct str piece)
{
	assert(piece.len > 0);
	buf_add(to, piece);
}

static const char *
convert(struct str in, size_t step, struct buf *out)
{
	struct binary *const b = binary_new(0, put, out);
	assert(b != NULL);
	for (; in.len > 0; in = str_from(in, step))
		binary_add(b, str_head(in, step));
	const char *const fault = binary_end(b);
	binary_free(b);
	return fault;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str in = fuzz_copy(data, size);
	struct buf whole, cut, again;
	buf_init(&whole, OUT_BYTES_MAX);
	buf_init(&cut, OUT_BYTES_MAX);
	buf_init(&again, OUT_BYTES_MAX);
	const char *const fault = convert(in, in.len, &whole);
	assert(convert(in, 1, &cut) == fault);
	if (fault == NULL) {
		const struct str text = buf_str(&whole);
		assert(str_eq(text, buf_str(&cut)));
		for (size_t i = 0; i < text.len; i++) {
			assert(text.ptr[i] != '\0');
			assert(text.ptr[i] != '\n' || (i > 0 && text.ptr[i - 1] == '\r'));
			assert(text.ptr[i] != '\r' ||
				(i + 1 < text.len && text.ptr[i + 1] == '\n'));
		}
		assert(convert(text, 7, &again) == NULL && str_eq(buf_str(&again), text));
	}
	buf_fini(&whole);
	buf_fini(&cut);
	buf_fini(&again);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
