/*
 * fuzz_dkim - a message with signatures, then a NUL, then the record of every key
 *
 * Holds always: it ends; the results are the same however the text is cut into pieces; a signature
 * has a result and, when it did not pass, a reason; nobody but the key's owner passes (no record
 * here is one).
 */
#include "check/dkim.h"
#include "fuzz.h"

static size_t
run(struct str message, struct str key, size_t piece, enum dkim_result results[DKIM_SIGNATURES_MAX])
{
	struct dkim *const d = dkim_new(1600000000);
	unsigned asked = 0;
	for (struct str rest = message; rest.len > 0; rest = str_from(rest, piece))
		dkim_add(d, str_head(rest, piece));
	const struct dns_record record = {.data = key};
	for (bool more = dkim_begin(d); more;) {
		const struct dns_answer answer = {.status = DNS_FOUND,
			.type = d->ask.type,
			.name = d->ask.name,
			.records = &record,
			.count = 1};
		assert(++asked <= DKIM_SIGNATURES_MAX && d->ask.type == DNS_TXT);
		more = dkim_step(d, &answer);
	}
	for (size_t i = 0; i < d->count; i++) {
		results[i] = d->signatures[i].result;
		assert(d->signatures[i].is_done && results[i] < DKIM_RESULT_COUNT);
		assert(results[i] != DKIM_NONE);
		assert(results[i] == DKIM_PASS || d->signatures[i].words.len > 0);
	}
	assert(d->count <= DKIM_SIGNATURES_MAX && d->field_count <= DKIM_FIELDS_MAX);
	const struct str from = dkim_field_find(d, STR("From"), 0);
	assert(fuzz_lies_in(from, buf_str(&d->header)));
	const size_t count = d->count;
	dkim_free(d);
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str in = fuzz_copy(data, size);
	struct str key = in;
	enum dkim_result one[DKIM_SIGNATURES_MAX], other[DKIM_SIGNATURES_MAX];
	const struct str message = str_cut(&key, '\0');
	if (!str_is_set(key))
		key = STR("");
	const size_t count = run(message, key, 1, one);
	assert(run(message, key, size + 1, other) == count);
	for (size_t i = 0; i < count; i++)
		assert(one[i] == other[i]);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
