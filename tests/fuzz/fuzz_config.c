/* fuzz_config - a file that says anything: what is taken is written again, and means the same */
#include "config/config.h"
#include "config/value.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str in = fuzz_copy(data, size);
	static struct config config;
	struct config_complaints complaints;
	struct arena a;
	arena_init(&a, FUZZ_ARENA_BYTES);
	const bool ok = config_parse(in, &a, &config, &complaints);
	assert(ok == (complaints.count == 0));
	assert(config.listener_count <= CONFIG_LISTENERS_MAX);
	for (size_t i = 0; i < complaints.count && i < CONFIG_COMPLAINTS_MAX; i++)
		assert(complaints.list[i].words.len > 0);
	for (int s = 0; s < SETTING_COUNT; s++) {
		const struct config_value *const v = &config.values[s];
		const struct setting_row row = config_row((enum config_setting)s);
		if (v->line == 0)
			continue;
		struct config_value again = {0};
		struct str text = config_value_text((enum config_setting)s, v, &a);
		if (str_starts(text, STR("\"")))
			text = str_unwrap(text, '"', '"');
		assert(!str_is_set(config_value_parse(&row, text, &a, &again)));
		assert(again.number == v->number && str_eq(again.text, v->text));
	}
	arena_fini(&a);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
