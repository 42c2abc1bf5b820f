/*
 * fuzz_hooks - what passes between the server and the process of the operator's script
 *
 * Holds always: reading comes to an end; slices lie in the input and within their limits; an
 * answer is one of those there are, and its tags leave a header a header; what was read and is
 * written again reads the same.
 */
#include "fuzz.h"
#include "hooks/frame.h"

static void
check_facts(struct str in)
{
	struct str rest = in;
	struct fact f;
	size_t left = rest.len + 1;
	while (fact_next(&rest, &f)) {
		assert(rest.len < left);
		left = rest.len;
		assert((unsigned)f.kind <= FACT_CHECK && str_is_set(f.text[0]) &&
			str_is_set(f.text[1]));
		for (size_t i = 0; i < HOOK_TEXTS_MAX; i++)
			assert(fuzz_lies_in(f.text[i], in));
	}
}

/* Fields, each with its CRLF; a folded line is never the first. */
static void
check_tags(struct str tags)
{
	bool is_first = true;
	while (tags.len > 0) {
		const size_t end = str_find(tags, STR("\r\n"), 0);
		assert(end != STR_NPOS && end > 0);
		const struct str line = str_head(tags, end);
		const bool is_folded = line.ptr[0] == ' ' || line.ptr[0] == '\t';
		assert(!is_folded || !is_first);
		assert(is_folded || str_find_char(line, ':', 0) != STR_NPOS);
		assert(memchr(line.ptr, '\0', line.len) == NULL &&
			memchr(line.ptr, '\r', line.len) == NULL &&
			memchr(line.ptr, '\n', line.len) == NULL);
		tags = str_from(tags, end + 2);
		is_first = false;
	}
}

static void
check_same(struct str a, struct str b)
{
	assert(str_is_set(a) == str_is_set(b) && str_eq(a, b));
}

static void
check_result(struct str in)
{
	struct hook_result r, again;
	struct buf out;
	hook_result_read(in, &r);
	assert((unsigned)r.act <= HOOK_FAILED && r.score <= HOOK_SCORE_MAX);
	assert(r.words.len <= HOOK_WORDS_BYTES_MAX && r.redirect.len <= HOOK_WORDS_BYTES_MAX &&
		r.score_words.len <= HOOK_WORDS_BYTES_MAX && r.log.len <= HOOK_WORDS_BYTES_MAX &&
		r.tags.len <= HOOK_TAGS_BYTES_MAX);
	assert(fuzz_lies_in(r.redirect, in) && fuzz_lies_in(r.tags, in));
	check_tags(r.tags);
	buf_init(&out, HOOK_FRAME_BYTES_MAX);
	hook_result_write(&out, &r);
	hook_result_read(buf_str(&out), &again);
	assert(r.act == again.act && r.score == again.score);
	check_same(r.words, again.words);
	check_same(r.redirect, again.redirect);
	check_same(r.tags, again.tags);
	check_same(r.score_words, again.score_words);
	check_same(r.log, again.log);
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str in = fuzz_copy(data, size);
	check_facts(in);
	check_result(in);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
