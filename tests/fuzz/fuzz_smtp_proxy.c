/*
 * fuzz_smtp_proxy - the header of the PROXY protocol
 *
 * Holds always: consumed <= length; what was enough is not enough when it is cut, and never bad
 * before; PROXY_MORE ends at the limit; an address that prints reads as itself.
 */
#include "fuzz.h"
#include "smtp/proxy.h"

static void
check_endpoint(const struct endpoint *e)
{
	char room[ENDPOINT_TEXT_BYTES];
	struct endpoint back = {0};
	const struct str text = {room, endpoint_print(e, room)};
	assert(text.len > 0 && endpoint_parse(text, &back));
	assert(back.family == e->family && memcmp(back.bytes, e->bytes, 16) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str in = fuzz_copy(data, size);
	struct proxy p = {0}, cut;
	size_t used = 0;
	const enum proxy_result result = proxy_parse(in, &p, &used);
	assert(result != PROXY_MORE || in.len < PROXY_V2_BYTES_MAX);
	if (result == PROXY_OK) {
		assert(used > 0 && used <= in.len);
		if (!p.is_local) {
			check_endpoint(&p.source);
			check_endpoint(&p.destination);
		}
		for (size_t n = 0; n < used; n++) {
			size_t ignored;
			assert(proxy_parse(str_head(in, n), &cut, &ignored) == PROXY_MORE);
		}
	}
	struct endpoint e;
	if (endpoint_parse(in, &e))
		check_endpoint(&e);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
