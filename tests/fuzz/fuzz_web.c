/*
 * fuzz_web - a request in, a whole response out: every address, parameter, form and type of body
 *
 * The input is a request as it stands on a connection; what is behind its header is the body.
 * Holds always: the status is one of ours; the header of the response is one header, whatever was
 * asked; an error is a problem; JSON is JSON; what is kept by caches has a tag; the same request
 * gives the same answer.
 */
#include "fuzz.h"
#include "json_check.h"
#include "serve/http1.h"

static void
check_header(const struct web_response *res)
{
	struct buf out;
	buf_init(&out, FUZZ_ARENA_BYTES);
	web_response_head(res, STR("Thu, 01 Jan 2026 00:00:00 GMT"), true, &out);
	const struct str head = buf_str(&out);
	assert(!buf_failed(&out));
	assert(str_starts(head, STR("HTTP/1.1 ")));
	assert(str_find(head, STR("\r\n\r\n"), 0) == head.len - 4);
	assert(str_has(head, STR("\r\nContent-Security-Policy: ")));
	for (size_t i = 0; i < head.len; i++) {
		assert((unsigned char)head.ptr[i] >= ' ' || head.ptr[i] == '\r' ||
			head.ptr[i] == '\n');
		assert(head.ptr[i] != '\n' || head.ptr[i - 1] == '\r');
	}
	buf_fini(&out);
}

static void
check_response(const struct web_response *res)
{
	const struct str body = web_response_body(res);
	assert(web_status_index(res->status) < WEB_STATUSES);
	assert((res->status >= 400) == (res->problem >= 0));
	if (res->problem >= 0)
		assert(str_eq(res->type, STR("application/problem+json")) &&
			res->cache == WEB_CACHE_NONE);
	if (str_eq(res->type, STR("application/problem+json")) ||
		(str_eq(res->type, STR("application/json")) && res->status == 200))
		assert(json_check(body));
	if (res->status == 200 && res->cache == WEB_CACHE_REVALIDATE)
		assert(res->etag.len == 18);
	check_header(res);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct web *web;
	struct arena a;
	struct http_head head;
	size_t scanned = 0;
	if (web == NULL)
		web = web_new();
	const struct str in = fuzz_copy(data, size);
	arena_init(&a, FUZZ_ARENA_BYTES);
	if (http_head_parse(in, &scanned, &a, &head) == HTTP_DONE) {
		struct web_response res, again;
		head.request.body = str_from(in, head.len);
		web_response_init(&res);
		web_answer(web, &head.request, &res);
		check_response(&res);
		if (!str_eq(head.request.path, STR("/metrics"))) {
			web_response_init(&again);
			web_answer(web, &head.request, &again);
			assert(again.status == res.status && str_eq(again.type, res.type) &&
				str_eq(web_response_body(&again), web_response_body(&res)));
			web_response_fini(&again);
		}
		web_response_fini(&res);
	}
	arena_fini(&a);
	free((void *)(uintptr_t)in.ptr);
	return 0;
}
