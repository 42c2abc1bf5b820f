/* parcel - some recipients of one message that go the same way */
#include "deliver/parcel.h"

#include <stdlib.h>

void
parcel_fail_one(
	struct parcel *p, size_t i, enum condition condition, struct str words, int64_t now_ms)
{
	struct parcel_recipient *const r = &p->recipients[i];
	r->result = (struct carried){.outcome = CARRIED_FAILED,
		.attempt = {.at_ms = now_ms, .condition = condition},
		.words = arena_str(&p->arena, words)};
	const struct attempt_blanks blanks = {.rcpt = r->forward_path,
		.sender = p->reverse_path,
		.address = r->address,
		.text = words};
	r->result.attempt.answer = attempt_words(condition, &blanks, &p->arena);
}

void
parcel_fail(struct parcel *p, enum condition condition, struct str words, int64_t now_ms)
{
	for (size_t i = 0; i < p->count; i++)
		parcel_fail_one(p, i, condition, words, now_ms);
}

void
parcel_free(struct parcel *p)
{
	if (p == NULL)
		return;
	struct arena a = p->arena; /* the parcel itself lives in it */
	arena_fini(&a);
}
