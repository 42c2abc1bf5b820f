/*
 * fuzz_decode - every decoder and every charset on any bytes
 *
 * The first byte selects, the rest is the input. Holds always: no overrun (the
 * input is malloc'd to exact size), a result within the bound that decode.h and
 * charset.h give, valid UTF-8 where they promise it, and the same result again.
 */
#include "base/charset.h"
#include "base/decode.h"

#include <assert.h>
#include <stdlib.h>

#define ARENA_LIMIT_BYTES ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct decoder {
	struct str (*run)(struct str in, struct arena *a);
	size_t per_len; /* bytes out for each byte in, at the most */
	bool is_utf8;   /* whatever comes in */
} decoders[] = {
	{decode_base64, 1, false},
	{decode_quoted_printable, 1, false},
	{decode_words, 3, true},
	{decode_rfc2231, 3, true},
	{decode_xtext, 1, false},
	{decode_unitext, 1, false},
	{decode_html, 3, true},
};

#define DECODERS (sizeof decoders / sizeof decoders[0])

static void
check_decoder(const struct decoder *d, struct str in, struct arena *a)
{
	const struct str out = d->run(in, a);
	const struct str again = d->run(in, a);
	assert(str_is_set(out) && str_eq(out, again));
	assert(out.len <= in.len * d->per_len);
	assert(!d->is_utf8 || utf8_valid(out));
	if (d->run == decode_words) {
		assert(str_find_char(out, '\n', 0) == STR_NPOS);
		assert(str_find_char(out, '\r', 0) == STR_NPOS);
	}
	if (d->run == decode_html && utf8_valid(in))
		assert(out.len <= in.len);
}

static void
check_charset(enum charset cs, struct str in, struct arena *a)
{
	const struct str out = charset_to_utf8(cs, in, a);
	assert(str_is_set(out) && utf8_valid(out));
	assert(out.len <= charset_write_max(in));
	/* Once UTF-8, it stays. */
	const struct str again = charset_to_utf8(CHARSET_UNKNOWN, out, a);
	assert(str_find_char(out, '\x1B', 0) != STR_NPOS || again.ptr == out.ptr);
	(void)charset_find(in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	if (size == 0)
		return 0;
	char *const copy = malloc(size > 1 ? size - 1 : 1);
	if (copy == NULL)
		return 0;
	if (size > 1)
		memcpy(copy, data + 1, size - 1);
	const struct str in = {copy, size - 1};
	arena_init(&a, ARENA_LIMIT_BYTES);
	if (data[0] < 0x80)
		check_charset((enum charset)(data[0] % CHARSET__COUNT), in, &a);
	else
		check_decoder(&decoders[(data[0] - 0x80) % DECODERS], in, &a);
	arena_fini(&a);
	free(copy);
	return 0;
}
