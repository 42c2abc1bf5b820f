/*
 * fuzz_arc - a message with a chain of ARC, then a NUL, then the record of every key
 *
 * Holds always: it ends, with at most one question for each set and one more; a chain that does not
 * hold says why; nobody but a key's owner passes (no record here is one, and no set is signed);
 * nobody is believed whose chain does not hold. What a set says of DMARC is the same whether it is
 * asked alone or within a header, and nothing is read beyond the field.
 */
#include "check/arc.h"
#include "fuzz.h"

static void
run(struct str message, struct str key)
{
	struct dkim *const d = dkim_new(1600000000);
	struct arc *const a = malloc(sizeof *a);
	struct str by;
	unsigned asked = 0;
	dkim_add(d, message);
	const struct dns_record record = {.data = key};
	(void)dkim_begin(d);
	for (bool more = arc_begin(a, d); more;) {
		const struct dns_answer answer = {.status = DNS_FOUND,
			.type = a->ask.type,
			.name = a->ask.name,
			.records = &record,
			.count = 1};
		assert(++asked <= ARC_SETS_MAX + 1 && a->ask.type == DNS_TXT);
		more = arc_step(a, &answer);
	}
	assert(d->chain.count <= ARC_SETS_MAX && a->result < ARC_RESULT_COUNT);
	assert(a->result != ARC_PASS);
	assert(a->result == ARC_NONE || a->words.len > 0);
	assert(!arc_vouches(a, STR("example.org a.example"), STR("example.org"), &by));
	for (size_t n = 0; n < d->chain.count; n++)
		for (int kind = 0; kind < ARC_KIND_COUNT; kind++)
			assert(fuzz_lies_in(d->chain.sets[n][kind], buf_str(&d->header)));
	free(a);
	dkim_free(d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str in = fuzz_copy(data, size);
	struct str key = in;
	const struct str message = str_cut(&key, '\0');
	run(message, str_is_set(key) ? key : STR(""));
	(void)arc_results_say(in, STR("example.org"));
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
