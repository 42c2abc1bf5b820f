/*
 * fuzz_forms - what a client writes about what it sends and wants: media types, forms, Accept,
 * languages
 *
 * The first line is the value of a field, the rest is a body.
 * Holds always: parts lie in the body, in order, and there are no more than are allowed; what is
 * refused is refused with a sentence; a choice is one of the offers; decoding never makes text
 * longer.
 */
#include "fuzz.h"
#include "web/accept.h"
#include "web/multipart.h"
#include "web/request.h"

static void
check_parts(struct str type, struct str body, struct arena *a)
{
	struct multipart m;
	struct multipart_part part;
	const char *end = body.ptr;
	unsigned count = 0;
	const bool is_begun = multipart_begin(&m, type, body, a);
	assert(is_begun == (m.why == NULL));
	while (is_begun && multipart_next(&m, &part)) {
		assert(str_is_set(part.name) && fuzz_lies_in(part.body, body));
		assert(part.body.ptr >= end);
		end = part.body.ptr + part.body.len;
		assert(++count <= MULTIPART_PARTS_MAX);
	}
	assert(m.why != NULL || m.is_last);
}

static void
check_choices(struct str value)
{
	static const struct str offers[] = {
		STR_INIT("application/json"), STR_INIT("text/plain"), STR_INIT("text/html")};
	const int type = accept_type(value, offers, 3);
	assert(type >= -1 && type < 3);
	assert(accept_type(value, offers, 0) <= 0);
	assert(accept_language(value) < LANG__COUNT);
	accept_has_tag(value, STR("\"0123456789abcdef\""));
}

static void
check_decoding(struct str value, struct arena *a)
{
	const struct str names[] = {STR("charset"), STR("boundary"), STR("name"), STR("q")};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert(media_parameter(value, names[i], a).len <= value.len);
		assert(request_parameter(value, names[i], a).len <= value.len);
		request_flag(value, names[i], true, a);
	}
	assert(request_unescape(value, true, a).len <= value.len);
	assert(fuzz_lies_in(media_type(value), value));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	const struct str in = fuzz_copy(data, size);
	struct str body = in;
	const struct str value = str_cut(&body, '\n');
	arena_init(&a, FUZZ_ARENA_BYTES);
	check_parts(value, str_is_set(body) ? body : STR(""), &a);
	check_choices(value);
	check_decoding(value, &a);
	check_decoding(body, &a);
	assert(!arena_failed(&a));
	arena_fini(&a);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
