/*
 * fuzz_dsn - the fields of a delivery status notification in any bytes
 *
 * Holds always: every value lies in the input, but for those that RFC 6533 or RFC 2047 encode; a
 * recipient kept has something to say; a status has a class that exists; line by line gives what
 * the whole gives; the same again.
 */
#include "fuzz.h"
#include "read/dsn.h"

static void
check_recipient(const struct dsn_recipient *r, struct str in)
{
	const struct str values[] = {r->actual, r->final_type, r->action_text, r->status_text,
		r->remote_mta, r->diagnostic_type, r->more, r->last_attempt, r->will_retry_until};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		assert(fuzz_lies_in(values[i], in));
	assert(r->final.len + r->original.len + r->actual.len + r->diagnostic.len > 0 ||
		r->action != NIXIE_ACTION_NONE || r->status.class != 0);
	assert(r->action <= NIXIE_ACTION_EXPANDED);
	assert(r->status.class == 0 || r->status.class == 2 || r->status.class == 4 ||
		r->status.class == 5);
	assert(r->status.subject <= 999 && r->status.detail <= 999);
	assert(r->status_reply == 0 || (r->status_reply >= 400 && r->status_reply < 600));
	assert(r->status_reply == 0 || r->status.class == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct dsn d = {.count = 0}, by_line = {.count = 0};
	const struct str in = fuzz_copy(data, size);
	struct str rest = in, line;
	arena_init(&a, FUZZ_ARENA_BYTES);
	dsn_parse(in, &a, &d);
	dsn_finish(&d, &a);
	while (str_line(&rest, &line))
		(void)dsn_line(line, &a, &by_line);
	dsn_finish(&by_line, &a);
	assert(d.count == by_line.count);
	assert(fuzz_lies_in(d.reporting_mta, in) && fuzz_lies_in(d.received_from_mta, in) &&
		fuzz_lies_in(d.arrival_date, in) && fuzz_lies_in(d.envelope_id, in) &&
		fuzz_lies_in(d.envelope_from, in) && fuzz_lies_in(d.queue_id, in));
	for (size_t i = 0; i < d.count; i++) {
		check_recipient(&d.recipients[i], in);
		assert(str_eq(d.recipients[i].final, by_line.recipients[i].final));
		assert(str_eq(d.recipients[i].diagnostic, by_line.recipients[i].diagnostic));
	}
	(void)action_parse(in);
	assert(!arena_failed(&a));
	arena_fini(&a);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
