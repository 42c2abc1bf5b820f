/* fuzz_why - a log of anything, asked for anything: stories and a digest are made, and shown text
 * has no control characters. The first line is the question: "from to client session", by blanks,
 * "-" for nothing */
#include "eventlog/digest.h"
#include "eventlog/why.h"
#include "fuzz.h"

#define LINES_MAX 2000

static bool
is_shown_text(void *to, const char *bytes, size_t len)
{
	(void)to;
	for (size_t i = 0; i < len; i++)
		assert((unsigned char)bytes[i] >= ' ' || bytes[i] == '\n');
	return true;
}

static struct str
asked(struct str *rest)
{
	const struct str word = str_word(rest);
	return word.len == 0 || str_eq(word, STR("-")) ? STR_NONE : word;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str in = fuzz_copy(data, size);
	static struct out out;
	struct str rest = in, question = STR(""), line;
	(void)str_line(&rest, &question);
	struct why_query query = {.since_ms = INT64_MIN, .until_ms = INT64_MAX};
	query.from = asked(&question);
	query.to = asked(&question);
	query.client = asked(&question);
	query.session = asked(&question);
	struct why *const w = why_new(&query);
	struct digest *const d = digest_new();
	assert(w != NULL && d != NULL);
	for (int pass = 0; pass < 3; pass++) {
		struct str lines = rest;
		for (int n = 0; n < LINES_MAX && str_line(&lines, &line); n++) {
			if (pass == 0)
				digest_add(d, line, INT64_MIN, INT64_MAX);
			if (pass < 2)
				why_select(w, line);
			else
				why_collect(w, line);
		}
	}
	const struct why_story *stories;
	size_t count;
	struct page page = {&out, 80, false};
	out_init(&out, is_shown_text, NULL);
	(void)why_stories(w, &stories, &count);
	for (size_t i = 0; i < count; i++) {
		assert(stories[i].count > 0);
		assert(i == 0 || stories[i - 1].time_ms <= stories[i].time_ms);
		why_text(&stories[i], &page);
		why_json(&stories[i], &out);
	}
	assert(digest_end(d));
	digest_text(d, &page);
	digest_json(d, &out);
	assert(out_finish(&out));
	digest_free(d);
	why_free(w);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
