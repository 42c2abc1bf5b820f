/*
 * fuzz_reply - codes, joined lines and waiting times in a server's words
 *
 * Holds always: consumed <= length; a status found and written reads back as the same; a code
 * stands where it is said to; a joined reply is one line, not longer, and joins to itself.
 */
#include "fuzz.h"
#include "judge/retry_after.h"
#include "read/reply.h"

static void
check_status(struct status s, struct arena *a)
{
	struct status back = {0};
	const struct str text = status_text(s, a);
	assert(s.class == 2 || s.class == 4 || s.class == 5);
	assert(s.subject <= 999 && s.detail <= 999);
	assert(text.len >= 5 && text.len <= 9);
	assert(status_parse(text, &back) == text.len && status_same(back, s));
}

static void
check_all_statuses(struct str in, struct arena *a)
{
	size_t at = 0, found = 0;
	for (;;) {
		const size_t from = at;
		const struct status s = status_next(in, &at, &found);
		assert(at <= in.len);
		if (s.class == 0)
			break;
		assert(found >= from && found < at);
		check_status(s, a);
		struct status there = {0};
		assert(status_parse(str_from(in, found), &there) == at - found);
		assert(status_same(there, s));
	}
	assert(at == in.len);
}

static void
check_reply(struct str in, struct arena *a)
{
	const struct reply r = reply_scan(in);
	assert(r.status.class == 0 || r.status.class == 4 || r.status.class == 5);
	if (r.status.class != 0)
		check_status(r.status, a);
	if (r.code == 0)
		return;
	assert(r.code >= 400 && r.code < 600 && r.at + 3 <= in.len);
	assert(str_number(str_head(str_from(in, r.at), 3), 999) == (int64_t)r.code);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct status s = {0};
	const struct str in = fuzz_copy(data, size);
	arena_init(&a, FUZZ_ARENA_BYTES);
	assert(status_parse(in, &s) <= in.len);
	check_all_statuses(in, &a);
	check_reply(in, &a);
	const struct str line = reply_join(in, &a);
	assert(str_is_set(line) && line.len <= in.len);
	assert(str_find_char(line, '\n', 0) == STR_NPOS &&
		str_find_char(line, '\r', 0) == STR_NPOS);
	assert(str_eq(reply_join(line, &a), line));
	const int64_t wait = retry_after(in);
	assert(wait == -1 || (wait > 0 && wait <= (int64_t)86400 * 1000000));
	assert(!arena_failed(&a));
	arena_fini(&a);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
