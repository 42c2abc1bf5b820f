/*
 * fuzz_sts - what a domain says of its mail servers: the first byte says in which form
 *
 * p: a policy; r: its record in the DNS; h: what a web server answers. Holds always: a policy that
 * is taken has servers, unless its mode is none, whose names lie in the text and name themselves
 * when they are no pattern; an id is 1 to 32 letters and digits; an answer is no longer than it may
 * be.
 */
#include "deliver/sts.h"
#include "fuzz.h"
#include "net/http_answer.h"

#define BODY_MAX 256

static void
check_policy(struct str in)
{
	struct sts_policy p;
	if (sts_policy_parse(in, &p) != NULL)
		return;
	assert(in.len <= STS_POLICY_BYTES_MAX && p.mode < STS_MODE_COUNT);
	assert(p.max_age_s >= 0 && p.max_age_s <= STS_MAX_AGE_S_MAX);
	assert(p.mx_count <= STS_MX_MAX && (p.mx_count > 0 || p.mode == STS_NONE));
	for (size_t i = 0; i < p.mx_count; i++) {
		assert(p.mx[i].len > 0 && fuzz_lies_in(p.mx[i], in));
		assert(sts_policy_names(&p, p.mx[i]));
	}
	assert(!sts_policy_names(&p, STR("")));
}

static void
check_record(struct str in)
{
	struct str id;
	if (sts_record_parse(in, &id) != NULL)
		return;
	assert(sts_record_starts(in) && fuzz_lies_in(id, in));
	assert(id.len > 0 && id.len <= STS_ID_BYTES_MAX);
	for (size_t i = 0; i < id.len; i++)
		assert(ascii_is_alnum((unsigned char)id.ptr[i]));
}

/* In pieces of `step` bytes: the same outcome however it arrives. */
static enum http_answer_state
answer_read(struct str in, size_t step, struct http_answer *h)
{
	enum http_answer_state state = HTTP_MORE;
	size_t len = 0;
	const char *why = NULL;
	http_answer_init(h, BODY_MAX);
	while (state == HTTP_MORE) {
		const bool is_end = len == in.len;
		len = in.len - len > step ? len + step : in.len;
		struct str some = str_head(in, len);
		state = http_answer_add(h, &some, is_end, &why);
		in = (struct str){some.ptr, in.len - (size_t)(some.ptr - in.ptr)};
		len = some.len;
		if (is_end)
			break;
	}
	assert(state != HTTP_MORE && (state == HTTP_WHOLE || why != NULL));
	assert(h->body.len <= BODY_MAX && strlen(h->type) <= HTTP_TYPE_BYTES_MAX);
	return state;
}

static void
check_answer(struct str in)
{
	struct http_answer whole, pieces;
	struct sts_policy p;
	char words[HTTPS_WORDS_MAX];
	const enum http_answer_state state = answer_read(in, in.len + 1, &whole);
	if (state == HTTP_WHOLE) {
		const struct https_answer answer = {.status = whole.status,
			.type = str_of(whole.type),
			.body = buf_str(&whole.body)};
		const char *const wrong = sts_answer_parse(&answer, &p, words);
		assert(wrong != NULL || whole.status == 200);
	}
	assert(answer_read(in, 1, &pieces) == state);
	if (state == HTTP_WHOLE)
		assert(str_eq(buf_str(&whole.body), buf_str(&pieces.body)) &&
			whole.status == pieces.status);
	http_answer_fini(&whole);
	http_answer_fini(&pieces);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	const struct str in = fuzz_copy(data + 1, size - 1);
	if (data[0] == 'p')
		check_policy(in);
	else if (data[0] == 'r')
		check_record(in);
	else
		check_answer(in);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
