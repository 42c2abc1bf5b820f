/*
 * fuzz_code - the reference, asked for any bytes
 *
 * Holds always: NIXIE_OK or NIXIE_ABSENT, alike for text and JSON; absent writes nothing; the JSON
 * is one valid line; a sink that refuses is told as NIXIE_SINK.
 */
#include "base/buf.h"
#include "fuzz.h"
#include "json_check.h"
#include "nixie.h"
#include "sinks.h"

#define OUTPUT_BYTES_MAX ((size_t)64 << 20)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct nixie_style style = {.columns = 60};
	const struct str in = fuzz_copy(data, size);
	const struct nixie_str code = {in.ptr, in.len};
	struct buf json, text;
	buf_init(&json, OUTPUT_BYTES_MAX);
	buf_init(&text, OUTPUT_BYTES_MAX);
	const enum nixie_rc rc = nixie_code_json(code, &style, to_buf, &json);
	assert(nixie_code_text(code, &style, to_buf, &text) == rc);
	assert(rc == NIXIE_OK || rc == NIXIE_ABSENT);
	if (rc == NIXIE_OK) {
		assert(json_check_line(buf_str(&json)));
		assert(text.len > 0 && utf8_valid(buf_str(&text)));
		assert(nixie_code_json(code, &style, refuse, NULL) == NIXIE_SINK);
	} else {
		assert(json.len == 0 && text.len == 0);
	}
	buf_fini(&json);
	buf_fini(&text);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
