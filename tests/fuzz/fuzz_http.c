/*
 * fuzz_http - requests and chunks, out of the bytes of a connection
 *
 * Holds always: what is read does not depend on how the bytes came; slices lie in the bytes or were
 * joined in the arena; a request that is read has a method, a path, and one way of telling its
 * length; a body keeps its limit, and never more is taken than there is.
 */
#include "fuzz.h"
#include "serve/http1.h"

#define BODY_BYTES_MAX 4096

static enum http_progress
parse_in_pieces(struct str in, size_t step, struct arena *a, struct http_head *head)
{
	size_t scanned = 0;
	for (size_t n = step; n < in.len; n += step) {
		const enum http_progress p = http_head_parse(str_head(in, n), &scanned, a, head);
		assert(scanned <= n);
		if (p != HTTP_MORE)
			return p;
	}
	return http_head_parse(in, &scanned, a, head);
}

static void
check_head(struct str in, const struct http_head *h)
{
	assert(h->len >= 4 && h->len <= in.len);
	assert(str_eq(str_from(str_head(in, h->len), h->len - 4), STR("\r\n\r\n")));
	assert(h->request.method.len > 0 && fuzz_lies_in(h->request.method, in));
	assert(h->request.path.len > 0 && h->request.path.len <= HTTP_TARGET_BYTES_MAX);
	assert(h->request.path.ptr[0] == '/' || h->request.path.ptr[0] == '*');
	assert(!h->is_chunked || h->content_length == -1);
	const struct str values[] = {h->request.path, h->request.query, h->request.accept,
		h->request.accept_language, h->request.content_type, h->request.if_none_match,
		h->forwarded, h->x_forwarded_for};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		for (size_t k = 0; k < values[i].len; k++)
			assert(values[i].ptr[k] != '\r' && values[i].ptr[k] != '\n' &&
				values[i].ptr[k] != '\0');
}

/* The body of the chunks in `in` that come `step` bytes at a time. */
static enum http_progress
read_chunks(struct str in, size_t step, struct buf *body, size_t *done)
{
	struct http_chunks c = {.left = 0};
	enum http_progress p = HTTP_MORE;
	buf_clear(body);
	*done = 0;
	for (size_t end = step < in.len ? step : in.len;;
		end = in.len - end > step ? end + step : in.len) {
		size_t used;
		p = http_chunks_read(&c, (struct str){in.ptr + *done, end - *done}, body, &used);
		assert(used <= end - *done && body->len <= BODY_BYTES_MAX);
		*done += used;
		if (p != HTTP_MORE || end == in.len)
			return p;
	}
}

static void
check_chunks(struct str in)
{
	struct buf whole, pieces;
	size_t all, some;
	buf_init(&whole, BODY_BYTES_MAX);
	buf_init(&pieces, BODY_BYTES_MAX);
	const enum http_progress p = read_chunks(in, in.len > 0 ? in.len : 1, &whole, &all);
	for (size_t step = 1; step <= 3; step++) {
		assert(read_chunks(in, step, &pieces, &some) == p);
		if (p != HTTP_BAD)
			assert(some == all && str_eq(buf_str(&pieces), buf_str(&whole)));
	}
	buf_fini(&whole);
	buf_fini(&pieces);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct http_head head, again;
	size_t scanned = 0;
	const struct str in = fuzz_copy(data, size);
	arena_init(&a, FUZZ_ARENA_BYTES);
	const enum http_progress p = http_head_parse(in, &scanned, &a, &head);
	for (size_t step = 1; step <= 7; step += 3) {
		assert(parse_in_pieces(in, step, &a, &again) == p);
		if (p == HTTP_DONE)
			assert(again.len == head.len &&
				str_eq(again.request.path, head.request.path) &&
				again.content_length == head.content_length);
		else if (p == HTTP_BAD)
			assert(again.problem == head.problem);
	}
	if (p == HTTP_DONE) {
		check_head(in, &head);
		if (head.is_chunked)
			check_chunks(str_from(in, head.len));
	}
	check_chunks(in);
	arena_fini(&a);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
