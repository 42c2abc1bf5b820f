#include "serve/http1.h"

#include "base/decode.h"

static enum http_progress
bad(struct http_head *h, enum problem p, const char *why)
{
	h->problem = p;
	h->why = why;
	return HTTP_BAD;
}

/* tchar, RFC 9110 s5.6.2 */
static bool
is_token(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alnum((unsigned char)s.ptr[i]) &&
			(s.ptr[i] == '\0' || strchr("!#$%&'*+-.^_`|~", s.ptr[i]) == NULL))
			return false;
	return s.len > 0;
}

/* field-value: visible characters, blanks, tabs, and bytes of other charsets */
static bool
is_value(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (((unsigned char)s.ptr[i] < ' ' && s.ptr[i] != '\t') || s.ptr[i] == 127)
			return false;
	return true;
}

static bool
is_target(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= ' ' || s.ptr[i] == 127 || s.ptr[i] == '#') /* also bytes > 127 */
			return false;
	return s.len > 0;
}

/* ---- the request line ---- */

static enum http_progress
read_version(struct str version, struct http_head *h)
{
	if (version.len != 8 || !str_starts(version, STR("HTTP/")) ||
		!ascii_is_digit(version.ptr[5]) || version.ptr[6] != '.' ||
		!ascii_is_digit(version.ptr[7]))
		return bad(h, PROBLEM_MALFORMED,
			"The request line has to be METHOD TARGET HTTP/1.1, with one blank "
			"between.");
	if (version.ptr[5] != '1')
		return bad(h, PROBLEM_VERSION, NULL);
	h->is_http_1_0 = version.ptr[7] == '0';
	return HTTP_DONE;
}

/* "/path?query", "http://host/path?query", and "*" for OPTIONS. */
static enum http_progress
read_target(struct str target, struct http_head *h)
{
	static const char why[] =
		"The target of the request has to be a path, such as /v1/explain.";
	if (!is_target(target))
		return bad(h, PROBLEM_MALFORMED, why);
	if (str_starts_case(target, STR("http://")) || str_starts_case(target, STR("https://"))) {
		const size_t host = str_find(target, STR("//"), 0) + 2;
		size_t path = host;
		while (path < target.len && target.ptr[path] != '/' && target.ptr[path] != '?')
			path++;
		target = str_from(target, path);
		if (target.len == 0)
			target = STR("/");
	}
	h->request.path = str_cut(&target, '?');
	h->request.query = target;
	if (h->request.path.len == 0)
		h->request.path = STR("/"); /* http://host?query */
	if (h->request.path.ptr[0] != '/' &&
		!(str_eq(h->request.path, STR("*")) && str_eq(h->request.method, STR("OPTIONS"))))
		return bad(h, PROBLEM_MALFORMED, why);
	return HTTP_DONE;
}

static enum http_progress
read_request_line(struct str line, struct http_head *h)
{
	h->request.method = str_cut(&line, ' ');
	const struct str target = str_cut(&line, ' ');
	if (!is_token(h->request.method) || !str_is_set(line))
		return bad(h, PROBLEM_MALFORMED,
			"The request line has to be METHOD TARGET HTTP/1.1, with one blank "
			"between.");
	const enum http_progress version = read_version(line, h);
	if (version != HTTP_DONE)
		return version;
	if (target.len > HTTP_TARGET_BYTES_MAX)
		return bad(h, PROBLEM_URI_TOO_LONG, NULL);
	return read_target(target, h);
}

/* ---- the fields ---- */

struct fields {
	struct http_head *h;
	struct arena *a;
	unsigned hosts, lengths, codings;
	struct str connection, expect, coding, length;
};

/* Several fields of one name are one list (RFC 9110 s5.3). */
static void
join(struct str *list, struct str value, struct arena *a)
{
	if (!str_is_set(*list)) {
		*list = value;
		return;
	}
	char *const to = arena_bytes(a, list->len + 2 + value.len);
	if (to == NULL)
		return;
	memcpy(to, list->ptr, list->len);
	memcpy(to + list->len, ", ", 2);
	if (value.len > 0)
		memcpy(to + list->len + 2, value.ptr, value.len);
	*list = (struct str){to, list->len + 2 + value.len};
}

static void
keep_field(struct fields *f, struct str name, struct str value)
{
	struct http_head *const h = f->h;
	const struct {
		struct str name;
		struct str *list;
		unsigned *count;
	} kept[] = {
		{STR("accept"), &h->request.accept, NULL},
		{STR("accept-language"), &h->request.accept_language, NULL},
		{STR("content-type"), &h->request.content_type, NULL},
		{STR("if-none-match"), &h->request.if_none_match, NULL},
		{STR("cookie"), &h->request.cookie, NULL},
		{STR("origin"), &h->request.origin, NULL},
		{STR("sec-fetch-site"), &h->request.fetch_site, NULL},
		{STR("forwarded"), &h->forwarded, NULL},
		{STR("x-forwarded-for"), &h->x_forwarded_for, NULL},
		{STR("connection"), &f->connection, NULL},
		{STR("expect"), &f->expect, NULL},
		{STR("transfer-encoding"), &f->coding, &f->codings},
		{STR("content-length"), &f->length, &f->lengths},
		{STR("host"), &h->request.host, &f->hosts},
	};
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		if (!str_eq_case(name, kept[i].name))
			continue;
		if (kept[i].list != NULL)
			join(kept[i].list, value, f->a);
		if (kept[i].count != NULL)
			++*kept[i].count;
	}
}

static enum http_progress
read_field(struct str line, struct fields *f)
{
	if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
		return bad(f->h, PROBLEM_MALFORMED,
			"A field is folded over several lines; RFC 9112 does not allow that any "
			"more.");
	const struct str name = str_cut(&line, ':');
	if (!is_token(name) || !str_is_set(line))
		return bad(f->h, PROBLEM_MALFORMED,
			"A line of the header is not NAME: VALUE, without a blank before the "
			"colon.");
	if (!is_value(line)) /* first: what is trimmed are blanks and tabs alone */
		return bad(f->h, PROBLEM_MALFORMED,
			"A field of the header contains control characters.");
	keep_field(f, name, str_trim(line));
	return HTTP_DONE;
}

/* Is the word a member of the list? */
static bool
list_has(struct str list, struct str word)
{
	while (str_is_set(list))
		if (str_eq_case(str_trim(str_cut(&list, ',')), word))
			return true;
	return false;
}

static bool
is_number(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_digit((unsigned char)s.ptr[i]))
			return false;
	return s.len > 0;
}

/* How the body's length is told: RFC 9112 s6.3. */
static enum http_progress
frame_body(struct fields *f)
{
	struct http_head *const h = f->h;
	h->content_length = -1;
	if (f->codings > 0) {
		if (f->lengths > 0 || h->is_http_1_0)
			return bad(h, PROBLEM_MALFORMED,
				"Transfer-Encoding stands beside Content-Length or in HTTP/1.0; "
				"the "
				"length of a body is told in one way.");
		if (!str_eq_case(f->coding, STR("chunked")))
			return bad(h, PROBLEM_NOT_IMPLEMENTED, NULL);
		h->is_chunked = true;
		return HTTP_DONE;
	}
	if (f->lengths == 0)
		return HTTP_DONE;
	if (f->lengths > 1 || !is_number(f->length))
		return bad(h, PROBLEM_MALFORMED, "Content-Length has to be one number.");
	h->content_length = str_number(f->length, INT64_MAX);
	if (h->content_length < 0) /* more than fits */
		return bad(h, PROBLEM_TOO_LARGE, NULL);
	return HTTP_DONE;
}

static enum http_progress
weigh_fields(struct fields *f)
{
	struct http_head *const h = f->h;
	if (f->hosts > 1 || (f->hosts == 0 && !h->is_http_1_0))
		return bad(h, PROBLEM_MALFORMED, "The header needs one Host field.");
	h->wants_close = list_has(f->connection, STR("close")) ||
			 (h->is_http_1_0 && !list_has(f->connection, STR("keep-alive")));
	if (str_is_set(f->expect)) {
		if (!str_eq_case(f->expect, STR("100-continue")))
			return bad(h, PROBLEM_EXPECTATION, NULL);
		h->wants_continue = !h->is_http_1_0;
	}
	return frame_body(f);
}

static enum http_progress
read_head(struct str text, struct arena *a, struct http_head *h)
{
	struct fields f = {.h = h, .a = a};
	unsigned count = 0;
	size_t at = str_find(text, STR("\r\n"), 0);
	enum http_progress progress = read_request_line(str_head(text, at), h);
	while (progress == HTTP_DONE && (at += 2) < text.len) {
		const size_t end = str_find(text, STR("\r\n"), at);
		if (++count > HTTP_FIELDS_MAX)
			return bad(h, PROBLEM_HEADER, NULL);
		progress = read_field(str_head(str_from(text, at), end - at), &f);
		at = end;
	}
	if (progress != HTTP_DONE)
		return progress;
	if (arena_failed(a))
		return bad(h, PROBLEM_HEADER, NULL);
	return weigh_fields(&f);
}

/* Where the empty line stands, a bare LF, or nothing: looks at each byte once over all calls. */
static enum http_progress
find_end(struct str bytes, size_t begin, size_t *scanned, struct http_head *h, size_t *end)
{
	for (size_t at = *scanned > begin ? *scanned : begin; at < bytes.len; at++) {
		if (bytes.ptr[at] != '\n')
			continue;
		if (at == begin || bytes.ptr[at - 1] != '\r')
			return bad(h, PROBLEM_MALFORMED, "Lines of the header end in CRLF.");
		if (at >= begin + 3 && bytes.ptr[at - 2] == '\n') {
			*end = at + 1;
			return HTTP_DONE;
		}
	}
	*scanned = bytes.len;
	return HTTP_MORE;
}

enum http_progress
http_head_parse(struct str bytes, size_t *scanned, struct arena *a, struct http_head *head)
{
	*head = (struct http_head){.content_length = -1, .problem = PROBLEM_MALFORMED};
	size_t begin = 0, end = 0;
	for (unsigned i = 0;
		i < HTTP_EMPTY_LINES_MAX && str_starts(str_from(bytes, begin), STR("\r\n")); i++)
		begin += 2;
	const struct str limited = str_head(bytes, begin + HTTP_HEAD_BYTES_MAX);
	const enum http_progress found = find_end(limited, begin, scanned, head, &end);
	if (found == HTTP_MORE && limited.len == begin + HTTP_HEAD_BYTES_MAX) {
		const bool is_line = !str_has(limited, STR("\n"));
		return bad(head, is_line ? PROBLEM_URI_TOO_LONG : PROBLEM_HEADER, NULL);
	}
	if (found != HTTP_DONE)
		return found;
	head->len = end;
	return read_head(str_head(str_from(bytes, begin), end - 2 - begin), a, head);
}

/* ---- chunks ---- */

static enum http_progress
bad_chunk(struct http_chunks *c, enum problem p, const char *why)
{
	c->problem = p;
	c->why = why;
	return HTTP_BAD;
}

/* The next line of *bytes with its CRLF taken off; HTTP_MORE when it is not whole. */
static enum http_progress
chunk_line(struct http_chunks *c, struct str *bytes, struct str *line)
{
	const size_t end = str_find_char(str_head(*bytes, HTTP_CHUNK_LINE_BYTES_MAX), '\n', 0);
	if (end == STR_NPOS && bytes->len >= HTTP_CHUNK_LINE_BYTES_MAX)
		return bad_chunk(c, PROBLEM_MALFORMED, "A line between the chunks is too long.");
	if (end == STR_NPOS)
		return HTTP_MORE;
	if (end == 0 || bytes->ptr[end - 1] != '\r')
		return bad_chunk(c, PROBLEM_MALFORMED, "Lines between the chunks end in CRLF.");
	*line = str_head(*bytes, end - 1);
	*bytes = str_from(*bytes, end + 1);
	return HTTP_DONE;
}

/* "1a0" or "1a0;extension" */
static enum http_progress
read_size(struct http_chunks *c, struct str line)
{
	static const char hex[] = "0123456789abcdef";
	size_t size = 0, i = 0;
	for (; i < line.len; i++) {
		const char *const digit = memchr(hex, ascii_lower(line.ptr[i]), 16);
		if (digit == NULL)
			break;
		if (size > SIZE_MAX >> 5)
			return bad_chunk(c, PROBLEM_TOO_LARGE, NULL);
		size = size << 4 | (size_t)(digit - hex);
	}
	const struct str rest = str_trim(str_from(line, i));
	if (i == 0 || (rest.len > 0 && rest.ptr[0] != ';') || !is_value(line))
		return bad_chunk(
			c, PROBLEM_MALFORMED, "The size of a chunk is no hexadecimal number.");
	c->left = size;
	c->at = size > 0 ? CHUNK_DATA : CHUNK_TRAILER;
	return HTTP_DONE;
}

static enum http_progress
read_trailer(struct http_chunks *c, struct str line, bool *is_end)
{
	*is_end = line.len == 0;
	c->trailer_bytes += line.len + 2;
	if (c->trailer_bytes > HTTP_HEAD_BYTES_MAX)
		return bad_chunk(c, PROBLEM_HEADER, NULL);
	return HTTP_DONE;
}

enum http_progress
http_chunks_read(struct http_chunks *c, struct str bytes, struct buf *body, size_t *used)
{
	struct str rest = bytes, line;
	enum http_progress progress = HTTP_DONE;
	bool is_end = false;
	while (progress == HTTP_DONE && !is_end) {
		if (c->at == CHUNK_DATA) {
			const struct str data = str_head(rest, c->left);
			if (data.len > body->limit_bytes - body->len)
				progress = bad_chunk(c, PROBLEM_TOO_LARGE, NULL);
			else
				buf_add(body, data);
			rest = str_from(rest, data.len);
			c->left -= data.len;
			if (c->left == 0)
				c->at = CHUNK_DATA_END;
			else if (progress == HTTP_DONE)
				progress = HTTP_MORE;
			continue;
		}
		progress = chunk_line(c, &rest, &line);
		if (progress != HTTP_DONE)
			break;
		if (c->at == CHUNK_TRAILER) {
			progress = read_trailer(c, line, &is_end);
		} else if (c->at == CHUNK_SIZE) {
			progress = read_size(c, line);
		} else if (line.len > 0) {
			progress = bad_chunk(c, PROBLEM_MALFORMED,
				"A chunk is longer than the size before it says.");
		} else {
			c->at = CHUNK_SIZE;
		}
	}
	*used = bytes.len - rest.len;
	return progress;
}
