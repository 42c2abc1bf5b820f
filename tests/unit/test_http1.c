/* Requests in HTTP/1.1: what is read, what is refused and why, and every limit at its edge. Each is
 * also read in pieces, which must make no difference. */
#include "serve/http1.h"
#include "tap.h"

static struct arena arena;

/* All at once when step is 0, else so many bytes more at a time. */
static enum http_progress
parse(struct str bytes, size_t step, struct http_head *head)
{
	size_t scanned = 0;
	arena_reset(&arena);
	for (size_t n = step; step > 0 && n < bytes.len; n += step) {
		const enum http_progress p =
			http_head_parse(str_head(bytes, n), &scanned, &arena, head);
		if (p != HTTP_MORE)
			return p;
	}
	return http_head_parse(bytes, &scanned, &arena, head);
}

#define H "Host: x\r\n"

static const struct {
	const char *name, *bytes;
	unsigned status; /* of the problem; 0: it is read; 1: more is needed */
} heads[] = {
	{"plain", "GET / HTTP/1.1\r\n" H "\r\n", 0},
	{"nothing", "", 1},
	{"half a line", "GET / HT", 1},
	{"no empty line", "GET / HTTP/1.1\r\n" H, 1},
	{"half an empty line", "GET / HTTP/1.1\r\n" H "\r", 1},
	{"empty lines before", "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", 0},
	{"four empty lines", "\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", 0},
	{"five empty lines", "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", 400},
	{"1.0 without host", "GET / HTTP/1.0\r\n\r\n", 0},
	{"1.1 without host", "GET / HTTP/1.1\r\n\r\n", 400},
	{"two hosts", "GET / HTTP/1.1\r\n" H H "\r\n", 400},
	{"1.2", "GET / HTTP/1.2\r\n" H "\r\n", 0},
	{"2.0", "GET / HTTP/2.0\r\n" H "\r\n", 505},
	{"0.9", "GET /\r\n\r\n", 400},
	{"HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
	{"a TLS client", "\x16\x03\x01\x02\n", 400},
	{"lower case", "GET / http/1.1\r\n" H "\r\n", 400},
	{"two blanks", "GET  / HTTP/1.1\r\n" H "\r\n", 400},
	{"a blank at the end", "GET / HTTP/1.1 \r\n" H "\r\n", 400},
	{"a tab", "GET\t/\tHTTP/1.1\r\n" H "\r\n", 400},
	{"a method that is none", "G(T / HTTP/1.1\r\n" H "\r\n", 400},
	{"any method", "M-SEARCH / HTTP/1.1\r\n" H "\r\n", 0},
	{"bare LF", "GET / HTTP/1.1\n" H "\r\n", 400},
	{"bare LF at the end", "GET / HTTP/1.1\r\n" H "\n", 400},
	{"bare CR in a field", "GET / HTTP/1.1\r\n" H "A: b\rC: d\r\n\r\n", 400},
	{"no slash", "GET x HTTP/1.1\r\n" H "\r\n", 400},
	{"absolute", "GET http://a.b/c?d HTTP/1.1\r\n" H "\r\n", 0},
	{"absolute without path", "GET http://a.b HTTP/1.1\r\n" H "\r\n", 0},
	{"absolute with query", "GET http://a.b?c HTTP/1.1\r\n" H "\r\n", 0},
	{"authority", "CONNECT a.b:443 HTTP/1.1\r\n" H "\r\n", 400},
	{"star", "OPTIONS * HTTP/1.1\r\n" H "\r\n", 0},
	{"star with GET", "GET * HTTP/1.1\r\n" H "\r\n", 400},
	{"a fragment", "GET /a#b HTTP/1.1\r\n" H "\r\n", 400},
	{"8-bit target", "GET /\xc3\xa4 HTTP/1.1\r\n" H "\r\n", 400},
	{"folded", "GET / HTTP/1.1\r\n" H "A: b\r\n c\r\n\r\n", 400},
	{"folded at once", "GET / HTTP/1.1\r\n A: b\r\n" H "\r\n", 400},
	{"a blank before the colon", "GET / HTTP/1.1\r\n" H "A : b\r\n\r\n", 400},
	{"no colon", "GET / HTTP/1.1\r\n" H "A\r\n\r\n", 400},
	{"no name", "GET / HTTP/1.1\r\n" H ": b\r\n\r\n", 400},
	{"an empty value", "GET / HTTP/1.1\r\n" H "A:\r\n\r\n", 0},
	{"8-bit value", "GET / HTTP/1.1\r\n" H "A: \xff\r\n\r\n", 0},
	{"DEL in a value", "GET / HTTP/1.1\r\n" H "A: \x7f\r\n\r\n", 400},
	{"a tab in a value", "GET / HTTP/1.1\r\n" H "A: b\tc\r\n\r\n", 0},
	{"a length", "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello", 0},
	{"two lengths", "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
		400},
	{"a list of lengths", "POST / HTTP/1.1\r\n" H "Content-Length: 5, 5\r\n\r\n", 400},
	{"a negative length", "POST / HTTP/1.1\r\n" H "Content-Length: -5\r\n\r\n", 400},
	{"a signed length", "POST / HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\n", 400},
	{"a hexadecimal length", "POST / HTTP/1.1\r\n" H "Content-Length: 0x5\r\n\r\n", 400},
	{"an empty length", "POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n", 400},
	{"a huge length", "POST / HTTP/1.1\r\n" H "Content-Length: 9223372036854775807\r\n\r\n", 0},
	{"a length beyond", "POST / HTTP/1.1\r\n" H "Content-Length: 9223372036854775808\r\n\r\n",
		413},
	{"chunked", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n", 0},
	{"chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{"chunked and a length",
		"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
		400},
	{"chunked twice",
		"POST / HTTP/1.1\r\n" H
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
		501},
	{"gzip and chunked", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n",
		501},
	{"a hidden coding",
		"POST / HTTP/1.1\r\n" H "Transfer-Encoding: \x0b"
		"chunked\r\n\r\n",
		400},
	{"an unknown coding", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n", 501},
	{"100-continue",
		"POST / HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n", 0},
	{"another expectation", "POST / HTTP/1.1\r\n" H "Expect: 200-ok\r\n\r\n", 417},
};

static unsigned
status_of(enum problem p)
{
	struct web_response res;
	web_response_init(&res);
	problem_answer(p, STR_NONE, &res);
	const unsigned status = res.status;
	web_response_fini(&res);
	return status;
}

static void
test_heads(void)
{
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		struct http_head head;
		bool is_same = true;
		unsigned got = 0;
		for (size_t step = 0; step < 4; step++) {
			const enum http_progress p = parse(str_of(heads[i].bytes), step, &head);
			const unsigned status = p == HTTP_DONE   ? 0
						: p == HTTP_MORE ? 1
								 : status_of(head.problem);
			is_same = is_same && (step == 0 || status == got);
			got = status;
		}
		tap_is_int(got, heads[i].status, "head: %s", heads[i].name);
		tap_ok(is_same, "head: %s: in pieces", heads[i].name);
	}
}

static void
test_nul(void)
{
	static const char *const places[] = {"G@T / HTTP/1.1\r\n" H "\r\n",
		"GET /@ HTTP/1.1\r\n" H "\r\n", "GET / HTTP/1.1\r\n" H "A@: b\r\n\r\n",
		"GET / HTTP/1.1\r\n" H "A: @b\r\n\r\n"};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		char room[64];
		struct http_head head;
		const size_t len = strlen(places[i]);
		memcpy(room, places[i], len);
		*(char *)memchr(room, '@', len) = '\0';
		tap_is_int(parse((struct str){room, len}, 0, &head), HTTP_BAD, "a NUL: %zu", i);
	}
}

static void
test_fields(void)
{
	struct http_head head;
	const struct str in =
		STR("POST /a%20b?c=d&e HTTP/1.1\r\n" H "ACCEPT: text/plain\r\naccept:  */* \r\n"
		    "Accept-Language: de\r\nContent-Type: text/plain\r\nIf-None-Match: \"x\"\r\n"
		    "Forwarded: for=a\r\nX-Forwarded-For: b\r\nX-Forwarded-For: c\r\n"
		    "Connection: x, Close\r\nContent-Length: 3\r\n\r\nabc");
	tap_is_int(parse(in, 0, &head), HTTP_DONE, "fields: read");
	tap_is_str(head.request.method, STR("POST"), "fields: method");
	tap_is_str(head.request.path, STR("/a%20b"), "fields: path");
	tap_is_str(head.request.query, STR("c=d&e"), "fields: query");
	tap_is_str(head.request.accept, STR("text/plain, */*"), "fields: of one name are one list");
	tap_is_str(head.request.accept_language, STR("de"), "fields: language");
	tap_is_str(head.request.content_type, STR("text/plain"), "fields: type");
	tap_is_str(head.request.if_none_match, STR("\"x\""), "fields: tag");
	tap_is_str(head.forwarded, STR("for=a"), "fields: Forwarded");
	tap_is_str(head.x_forwarded_for, STR("b, c"), "fields: X-Forwarded-For");
	tap_ok(head.wants_close, "fields: Connection: close");
	tap_is_int(head.content_length, 3, "fields: length");
	tap_is_int(head.len, in.len - 3, "fields: where the body begins");
	parse(STR("GET http://a.b?c HTTP/1.1\r\n" H "\r\n"), 0, &head);
	tap_is_str(head.request.path, STR("/"), "absolute: path");
	tap_is_str(head.request.query, STR("c"), "absolute: query");
	tap_ok(!str_is_set(head.request.accept), "absent is absent");
	tap_ok(!head.wants_close, "1.1 stays open");
	parse(STR("GET / HTTP/1.0\r\n\r\n"), 0, &head);
	tap_ok(head.wants_close, "1.0 closes");
	parse(STR("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 0, &head);
	tap_ok(!head.wants_close, "1.0 with keep-alive stays open");
}

/* A request whose head, target and number of fields are so long. */
static struct str
make(struct buf *b, size_t target, size_t fields, size_t head)
{
	buf_clear(b);
	buf_add(b, STR("GET /"));
	for (size_t i = 1; i < target; i++)
		buf_add_char(b, 'x');
	buf_add(b, STR(" HTTP/1.1\r\n" H));
	for (size_t i = 1; i < fields; i++)
		buf_add(b, STR("A: b\r\n"));
	if (head > 0) {
		buf_add(b, STR("B: "));
		while (b->len < head - 4)
			buf_add_char(b, 'y');
		buf_add(b, STR("\r\n"));
	}
	buf_add(b, STR("\r\n"));
	return buf_str(b);
}

static void
test_limits(void)
{
	static const struct {
		const char *name;
		size_t target, fields, head;
		unsigned status;
	} rows[] = {
		{"HTTP_TARGET_BYTES_MAX", HTTP_TARGET_BYTES_MAX, 1, 0, 0},
		{"HTTP_TARGET_BYTES_MAX + 1", HTTP_TARGET_BYTES_MAX + 1, 1, 0, 414},
		{"a target as long as a head", HTTP_HEAD_BYTES_MAX, 1, 0, 414},
		{"HTTP_FIELDS_MAX", 1, HTTP_FIELDS_MAX, 0, 0},
		{"HTTP_FIELDS_MAX + 1", 1, HTTP_FIELDS_MAX + 1, 0, 431},
		{"HTTP_HEAD_BYTES_MAX", 1, 1, HTTP_HEAD_BYTES_MAX, 0},
		{"HTTP_HEAD_BYTES_MAX + 1", 1, 1, HTTP_HEAD_BYTES_MAX + 1, 431},
		{"twice HTTP_HEAD_BYTES_MAX", 1, 1, 2 * HTTP_HEAD_BYTES_MAX, 431},
	};
	struct buf b;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct http_head head;
		const struct str in = make(&b, rows[i].target, rows[i].fields, rows[i].head);
		const enum http_progress p = parse(in, 0, &head);
		tap_is_int(p == HTTP_BAD ? status_of(head.problem) : (unsigned)p - HTTP_DONE,
			rows[i].status, "%s", rows[i].name);
	}
	struct http_head head;
	const struct str in = make(&b, 1, 1, HTTP_HEAD_BYTES_MAX + 1);
	tap_is_int(parse(str_head(in, HTTP_HEAD_BYTES_MAX - 1), 0, &head), HTTP_MORE,
		"a head that may still end in time");
	tap_is_int(parse(str_head(in, HTTP_HEAD_BYTES_MAX), 0, &head), HTTP_BAD,
		"a head that cannot end in time");
	buf_fini(&b);
}

#define BODY_MAX 16

static const struct {
	const char *name, *bytes, *body;
	unsigned status; /* 0: read; 1: more is needed */
	size_t left;     /* bytes that belong to the next request */
} chunks[] = {
	{"one", "5\r\nhello\r\n0\r\n\r\n", "hello", 0, 0},
	{"two", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\nGET", "hello", 0, 3},
	{"none", "0\r\n\r\n", "", 0, 0},
	{"zeros before", "0005\r\nhello\r\n000\r\n\r\n", "hello", 0, 0},
	{"capital digits", "A\r\n0123456789\r\n0\r\n\r\n", "0123456789", 0, 0},
	{"an extension", "5;a=b;c\r\nhello\r\n0;d\r\n\r\n", "hello", 0, 0},
	{"a blank before the extension", "5 ; a\r\nhello\r\n0\r\n\r\n", "hello", 0, 0},
	{"a trailer", "5\r\nhello\r\n0\r\nA: b\r\nC: d\r\n\r\n", "hello", 0, 0},
	{"as much as there may be", "10\r\n0123456789abcdef\r\n0\r\n\r\n", "0123456789abcdef", 0,
		0},
	{"one byte more", "11\r\n0123456789abcdefg\r\n0\r\n\r\n", NULL, 413, 0},
	{"one byte more later", "10\r\n0123456789abcdef\r\n1\r\nx\r\n0\r\n\r\n", NULL, 413, 0},
	{"a size beyond", "fffffffffffffffff\r\nx", NULL, 413, 0},
	{"unfinished", "5\r\nhel", "hel", 1, 0},
	{"no trailer yet", "5\r\nhello\r\n0\r\n", "hello", 1, 0},
	{"no size", "\r\nhello\r\n", NULL, 400, 0},
	{"a size that is none", "x\r\nhello\r\n", NULL, 400, 0},
	{"a sign", "+5\r\nhello\r\n", NULL, 400, 0},
	{"0x", "0x5\r\nhello\r\n", NULL, 400, 0},
	{"a size and a word", "5 x\r\nhello\r\n", NULL, 400, 0},
	{"a bare LF", "5\nhello\r\n", NULL, 400, 0},
	{"a bare LF behind the data", "5\r\nhello\n0\r\n\r\n", NULL, 400, 0},
	{"longer than it says", "5\r\nhello!\r\n0\r\n\r\n", NULL, 400, 0},
	{"shorter than it says", "5\r\nhell\r\n0\r\n\r\n", NULL, 400, 0},
	{"a control character", "5;\x01\r\nhello\r\n0\r\n\r\n", NULL, 400, 0},
};

static unsigned
read_chunks(struct str in, size_t step, struct buf *body, size_t *left)
{
	struct http_chunks c = {.left = 0};
	enum http_progress p = HTTP_MORE;
	size_t done = 0;
	buf_clear(body);
	for (size_t n = step > 0 ? step : in.len; p == HTTP_MORE; n += step) {
		size_t used;
		const size_t end = n < in.len ? n : in.len;
		p = http_chunks_read(&c, (struct str){in.ptr + done, end - done}, body, &used);
		done += used;
		if (end == in.len)
			break;
	}
	*left = in.len - done;
	return p == HTTP_DONE ? 0 : p == HTTP_MORE ? 1 : status_of(c.problem);
}

static void
test_chunks(void)
{
	struct buf body;
	buf_init(&body, BODY_MAX);
	for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++)
		for (size_t step = 0; step < 3; step++) {
			size_t left;
			const unsigned got =
				read_chunks(str_of(chunks[i].bytes), step, &body, &left);
			tap_is_int(got, chunks[i].status, "chunks: %s, step %zu", chunks[i].name,
				step);
			if (chunks[i].body == NULL)
				continue;
			tap_ok(str_eq(buf_str(&body), str_of(chunks[i].body)),
				"chunks: %s, step %zu: the body", chunks[i].name, step);
			/* in pieces, what is behind it was not given yet */
			if (chunks[i].status == 0)
				tap_is_int(left, chunks[i].left, "chunks: %s, step %zu: the rest",
					chunks[i].name, step);
		}
	buf_fini(&body);
}

static void
test_chunk_limits(void)
{
	struct buf in, body;
	buf_init(&in, 1 << 20);
	buf_init(&body, BODY_MAX);
	for (size_t n = HTTP_CHUNK_LINE_BYTES_MAX - 1; n <= HTTP_CHUNK_LINE_BYTES_MAX + 1; n++) {
		size_t left;
		buf_clear(&in);
		buf_add(&in, STR("1;"));
		while (in.len < n - 2)
			buf_add_char(&in, 'x');
		buf_add(&in, STR("\r\n."));
		const unsigned got = read_chunks(buf_str(&in), 0, &body, &left);
		tap_is_int(got, n <= HTTP_CHUNK_LINE_BYTES_MAX ? 1 : 400,
			"HTTP_CHUNK_LINE_BYTES_MAX: %zu", n);
	}
	for (size_t n = HTTP_HEAD_BYTES_MAX - 1; n <= HTTP_HEAD_BYTES_MAX + 1; n++) {
		size_t left;
		buf_clear(&in);
		buf_add(&in, STR("0\r\n"));
		while (in.len - 3 + 100 <= n - 2) {
			for (size_t i = 0; i < 98; i++)
				buf_add_char(&in, 'x');
			buf_add(&in, STR("\r\n"));
		}
		while (in.len - 3 + 2 < n - 2)
			buf_add_char(&in, 'x');
		buf_add(&in, STR("\r\n\r\n"));
		const unsigned got = read_chunks(buf_str(&in), 0, &body, &left);
		tap_is_int(got, n <= HTTP_HEAD_BYTES_MAX ? 0 : 431,
			"a trailer of HTTP_HEAD_BYTES_MAX: %zu", n);
	}
	buf_fini(&in);
	buf_fini(&body);
}

int
main(void)
{
	arena_init(&arena, 1 << 20);
	test_heads();
	test_nul();
	test_fields();
	test_limits();
	test_chunks();
	test_chunk_limits();
	arena_fini(&arena);
	return tap_done();
}
