#include "net/http_answer.h"

#include <stdio.h>

#define CHUNK_LINE_BYTES_MAX 256

static const char too_long[] = "its answer is too long";

void
http_answer_init(struct http_answer *h, size_t body_max)
{
	*h = (struct http_answer){.left = -1};
	buf_init(&h->body, body_max);
}

void
http_answer_fini(struct http_answer *h)
{
	buf_fini(&h->body);
}

static enum http_answer_state
broken(const char **why, const char *words)
{
	*why = words;
	return HTTP_BROKEN;
}

/* A line without its line end; false when it is not whole. */
static bool
take_line(struct str *in, struct str *line)
{
	const size_t end = str_find_char(*in, '\n', 0);
	if (end == STR_NPOS)
		return false;
	*line = str_trim_end(str_head(*in, end));
	*in = str_from(*in, end + 1);
	return true;
}

/* NULL, or what is wrong. */
static const char *
take_field(struct http_answer *h, struct str line)
{
	static const char *const senseless = "its header makes no sense";
	const struct str name = str_cut(&line, ':');
	const struct str value = str_trim(line);
	if (str_eq_case(name, STR("Content-Length"))) {
		h->left = str_number(value, INT64_MAX);
		if (h->left < 0)
			return senseless;
		return (uint64_t)h->left > h->body.limit_bytes ? too_long : NULL;
	}
	if (str_eq_case(name, STR("Content-Type")))
		snprintf(h->type, sizeof h->type, "%.*s",
			(int)str_head(value, HTTP_TYPE_BYTES_MAX).len,
			value.len > 0 ? value.ptr : "");
	if (str_eq_case(name, STR("Transfer-Encoding"))) {
		h->is_chunked = str_has_case(value, STR("chunked"));
		return h->is_chunked ? NULL : senseless;
	}
	if (str_eq_case(name, STR("Connection")))
		h->keeps = h->keeps && !str_has_case(value, STR("close"));
	return NULL;
}

/* The status line and the fields, once all of them are there. */
static enum http_answer_state
take_head(struct http_answer *h, struct str *in, const char **why)
{
	struct str line;
	size_t end = str_find(*in, STR("\r\n\r\n"), 0);
	/* The same limit however it arrives. */
	if ((end == STR_NPOS ? in->len : end + 3) > HTTP_HEAD_BYTES_MAX)
		return broken(why, "its header has no end");
	if (end == STR_NPOS)
		return HTTP_MORE;
	struct str head = str_head(*in, end + 2);
	*in = str_from(*in, end + 4);
	take_line(&head, &line);
	struct str rest = line;
	const struct str version = str_word(&rest);
	const int64_t status = str_number(str_word(&rest), 999);
	if (!str_starts(version, STR("HTTP/1.")) || status < 100)
		return broken(why, "it does not speak HTTP");
	h->status = (unsigned)status;
	h->keeps = !str_eq(version, STR("HTTP/1.0"));
	while (take_line(&head, &line)) {
		const char *const wrong = take_field(h, line);
		if (wrong != NULL)
			return broken(why, wrong);
	}
	if (status < 200) { /* the answer itself is still to come */
		h->left = -1;
		return HTTP_MORE;
	}
	h->has_head = true;
	h->left = h->is_chunked ? 0 : h->left;
	return HTTP_MORE;
}

static bool
take_body(struct http_answer *h, struct str *in, size_t n)
{
	const struct str piece = str_head(*in, n);
	buf_add(&h->body, piece);
	*in = str_from(*in, piece.len);
	if (h->left >= 0)
		h->left -= (int64_t)piece.len;
	return !buf_failed(&h->body);
}

/* "1f;ext" in hexadecimal; -1 */
static int64_t
chunk_length(struct str line)
{
	int64_t n = 0;
	size_t i = 0;
	for (; i < line.len && i < 8; i++) {
		const int c = ascii_lower((unsigned char)line.ptr[i]);
		if (!ascii_is_digit(c) && !(c >= 'a' && c <= 'f'))
			break;
		n = n * 16 + (ascii_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	const bool is_over = i == line.len || line.ptr[i] == ';' || line.ptr[i] == ' ';
	return i > 0 && is_over ? n : -1;
}

static enum http_answer_state
take_chunks(struct http_answer *h, struct str *in, const char **why)
{
	for (;;) {
		struct str line;
		if (h->left > 0) {
			if (!take_body(h, in, (size_t)h->left))
				return broken(why, too_long);
			if (h->left > 0)
				return HTTP_MORE;
		}
		const size_t end = str_find_char(*in, '\n', 0);
		if ((end == STR_NPOS ? in->len : end) > CHUNK_LINE_BYTES_MAX)
			return broken(why, "its chunks have no end");
		if (!take_line(in, &line))
			return HTTP_MORE;
		if (h->is_trailer) {
			if (line.len == 0)
				return HTTP_WHOLE;
			continue;
		}
		if (line.len == 0) /* behind a chunk */
			continue;
		h->left = chunk_length(line);
		if (h->left < 0)
			return broken(why, "its chunks make no sense");
		h->is_trailer = h->left == 0;
	}
}

enum http_answer_state
http_answer_add(struct http_answer *h, struct str *in, bool is_end, const char **why)
{
	while (!h->has_head) {
		const size_t before = in->len;
		const enum http_answer_state state = take_head(h, in, why);
		if (state == HTTP_BROKEN)
			return state;
		if (!h->has_head && in->len == before)
			return is_end ? broken(why,
						"it closed the connection before it had answered")
				      : HTTP_MORE;
	}
	if (h->is_chunked) {
		const enum http_answer_state state = take_chunks(h, in, why);
		return state == HTTP_MORE && is_end ? broken(why, "its answer breaks off") : state;
	}
	if (!take_body(h, in, h->left >= 0 ? (size_t)h->left : in->len))
		return broken(why, too_long);
	if (h->left == 0 || (h->left < 0 && is_end)) {
		h->keeps = h->keeps && h->left == 0;
		return HTTP_WHOLE;
	}
	return is_end ? broken(why, "its answer breaks off") : HTTP_MORE;
}
