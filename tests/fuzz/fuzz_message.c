/*
 * fuzz_message - any bytes to a whole report, as JSON and as text
 *
 * The lowest bits of the length choose how the bytes are taken. Holds always: what message_check.h
 * says; NIXIE_OK under the default limit; under a small one NIXIE_OK or NIXIE_LIMIT and an empty
 * report; a second report of the same bytes, in an object that read others before, is equal.
 */
#include "message_check.h"

static void
check_pretty(const struct nixie_report *r)
{
	const struct nixie_style style = {.explain = true, .pretty = true};
	struct buf b;
	buf_init(&b, CHECK_OUTPUT_BYTES);
	assert(nixie_report_json(r, &style, to_buf, &b) == NIXIE_OK && json_check(buf_str(&b)));
	buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum nixie_input kinds[] = {
		NIXIE_INPUT_ANY, NIXIE_INPUT_MESSAGE, NIXIE_INPUT_TEXT, NIXIE_INPUT_ANY};
	const enum nixie_input kind = kinds[size & 3];
	const struct str in = fuzz_copy(data, size);
	struct buf out[4];
	struct nixie_report *const r = nixie_report_new(), *const again = nixie_report_new();
	assert(r != NULL && again != NULL);
	for (int i = 0; i < 4; i++)
		buf_init(&out[i], CHECK_OUTPUT_BYTES);

	nixie_report_limit(again, 1024 + size % 8192);
	const enum nixie_rc small = nixie_read(again, in.ptr, in.len, kind);
	assert(small == NIXIE_OK || small == NIXIE_LIMIT);
	assert(small == NIXIE_OK || nixie_report_info(again)->outcome_count == 0);
	nixie_report_limit(again, 0);
	assert(nixie_read(again, in.ptr, in.len / 2, kind) == NIXIE_OK);

	assert(nixie_read(r, in.ptr, in.len, kind) == NIXIE_OK);
	assert(nixie_read(again, in.ptr, in.len, kind) == NIXIE_OK);
	check_report(r, in);
	check_json(r, true, &out[0]);
	check_page(r, &out[1]);
	check_json(again, true, &out[2]);
	check_page(again, &out[3]);
	check_pretty(r);
	assert(str_eq(buf_str(&out[0]), buf_str(&out[2])));
	assert(str_eq(buf_str(&out[1]), buf_str(&out[3])));

	for (int i = 0; i < 4; i++)
		buf_fini(&out[i]);
	nixie_report_free(r);
	nixie_report_free(again);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
