/* Answers of HTTP servers: where they end, what they may not be, and each limit at its edge. */
#include "net/http_answer.h"
#include "tap.h"

#define BODY_MAX 8

struct sample {
	const char *name, *bytes;
	bool is_end;
	enum http_answer_state want;
	unsigned status;
	const char *body, *type, *why; /* why: of one that is broken */
};

static const struct sample samples[] = {
	{"a length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", false, HTTP_WHOLE, 200, "ab",
		"", NULL},
	{"its type",
		"HTTP/1.1 200 OK\r\nContent-type: text/plain; x=y \r\nContent-Length: 0\r\n\r\n",
		false, HTTP_WHOLE, 200, "", "text/plain; x=y", NULL},
	{"not all of it", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", false, HTTP_MORE, 200,
		"ab", "", NULL},
	{"broken off", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", true, HTTP_BROKEN, 200,
		"ab", "", "its answer breaks off"},
	{"up to the end", "HTTP/1.0 404 No\r\n\r\nab", true, HTTP_WHOLE, 404, "ab", "", NULL},
	{"hints before it",
		"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
		"1\r\n\r\na",
		false, HTTP_WHOLE, 200, "a", "", NULL},
	{"as long as may be", "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n12345678", false,
		HTTP_WHOLE, 200, "12345678", "", NULL},
	{"a byte more", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", false, HTTP_BROKEN, 200, "",
		"", "its answer is too long"},
	{"... without a length", "HTTP/1.1 200 OK\r\n\r\n123456789", false, HTTP_BROKEN, 200, "",
		"", "its answer is too long"},
	{"... in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n",
		false, HTTP_BROKEN, 200, "", "", "its answer is too long"},
	{"no chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", false,
		HTTP_BROKEN, 200, "", "", "its chunks make no sense"},
	{"a coding nobody asked for", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", false,
		HTTP_BROKEN, 200, "", "", "its header makes no sense"},
	{"no number", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", false, HTTP_BROKEN, 200, "",
		"", "its header makes no sense"},
	{"another protocol", "220 mail ESMTP\r\n\r\n", false, HTTP_BROKEN, 0, "", "",
		"it does not speak HTTP"},
	{"nothing", "", true, HTTP_BROKEN, 0, "", "",
		"it closed the connection before it had answered"},
};

static void
test_samples(void)
{
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		const struct sample *const s = &samples[i];
		struct http_answer h;
		struct str in = str_of(s->bytes);
		const char *why = NULL;
		http_answer_init(&h, BODY_MAX);
		tap_ok(http_answer_add(&h, &in, s->is_end, &why) == s->want &&
				h.status == s->status,
			"%s", s->name);
		tap_ok(s->why == NULL ? why == NULL : why != NULL && strcmp(why, s->why) == 0,
			"... why: %s", why != NULL ? why : "-");
		tap_is_str(str_of(h.type), str_of(s->type), "... its type");
		if (s->want != HTTP_BROKEN || s->body[0] != '\0')
			tap_is_str(buf_str(&h.body).len == 0 ? STR("") : buf_str(&h.body),
				str_of(s->body), "... its body");
		http_answer_fini(&h);
	}
}

static void
test_chunks(void)
{
	static const char bytes[] =
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
		"\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nA: b\r\n\r\nnext";
	struct http_answer h;
	const char *why = "";
	struct str in = str_of(bytes);
	http_answer_init(&h, BODY_MAX);
	tap_ok(http_answer_add(&h, &in, false, &why) == HTTP_WHOLE, "chunks, behind a 100");
	tap_is_str(buf_str(&h.body), STR("abcde"), "... make a body");
	tap_is_str(in, STR("next"), "... and leave what is not theirs");
	tap_ok(h.keeps && h.status == 200, "... the connection is good for more");
	http_answer_fini(&h);
}

static void
test_header_limit(void)
{
	static char bytes[HTTP_HEAD_BYTES_MAX + 2];
	struct http_answer h;
	const char *why = "";
	memset(bytes, 'x', sizeof bytes);
	memcpy(bytes, "HTTP/1.1 200 OK\r\n", 17);
	struct str in = {bytes, HTTP_HEAD_BYTES_MAX};
	http_answer_init(&h, BODY_MAX);
	tap_ok(http_answer_add(&h, &in, false, &why) == HTTP_MORE, "a header as long as may be");
	in = (struct str){bytes, HTTP_HEAD_BYTES_MAX + 1};
	tap_ok(http_answer_add(&h, &in, false, &why) == HTTP_BROKEN, "... and a byte more");
	http_answer_fini(&h);
}

/* A trailer as long as may be, and one byte longer: all at once, and without its end. */
static void
test_line_limit(void)
{
	static const int lengths[] = {256, 257};
	for (size_t i = 0; i < 2; i++) {
		char bytes[500];
		struct http_answer h;
		const char *why = "";
		const int n = snprintf(bytes, sizeof bytes,
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n%0*d\n\r\n",
			lengths[i], 1);
		struct str in = {bytes, (size_t)n};
		http_answer_init(&h, BODY_MAX);
		tap_ok(http_answer_add(&h, &in, false, &why) == (i == 0 ? HTTP_WHOLE : HTTP_BROKEN),
			"a trailer of %d bytes", lengths[i]);
		http_answer_fini(&h);
		in = (struct str){bytes, (size_t)n - 3};
		http_answer_init(&h, BODY_MAX);
		tap_ok(http_answer_add(&h, &in, false, &why) == (i == 0 ? HTTP_MORE : HTTP_BROKEN),
			"... the same, before its end came");
		http_answer_fini(&h);
	}
}

static void
test_type_limit(void)
{
	static char bytes[400];
	struct http_answer h;
	const char *why = "";
	const int n = snprintf(bytes, sizeof bytes,
		"HTTP/1.1 200 OK\r\nContent-Type: %0200d\r\nContent-Length: 0\r\n\r\n", 1);
	struct str in = {bytes, (size_t)n};
	http_answer_init(&h, BODY_MAX);
	tap_ok(http_answer_add(&h, &in, false, &why) == HTTP_WHOLE &&
			strlen(h.type) == HTTP_TYPE_BYTES_MAX,
		"a type that has no end is cut");
	http_answer_fini(&h);
}

int
main(void)
{
	test_samples();
	test_chunks();
	test_header_limit();
	test_line_limit();
	test_type_limit();
	return tap_done();
}
