#include "receive/binary.h"

#include <stdlib.h>

#include "base/buf.h"
#include "receive/binary_part.h"
#include "smtp/base64.h"
#include "smtp/receiver.h"

/* A line that may be a delimiter: "--", boundary, "--" and blanks (RFC 2046 s5.1.1). */
#define CANDIDATE_BYTES_MAX 200
#define ARENA_BYTES_MAX ((size_t)256 << 10)
#define ENCODED_LINE_BYTES 57 /* become 76: RFC 2045 s6.8 */

static const char likeness[] = "a line begins like the boundary of a multipart, and is another";

struct level {
	char boundary[BINARY_BOUNDARY_BYTES_MAX];
	uint8_t len;
	bool is_signed, is_digest;
};

struct binary {
	binary_piece *put;
	void *to;
	const char *fault;   /* the first; NULL: none */
	struct receiver out; /* judges what is passed on */
	struct level levels[BINARY_DEPTH_MAX];
	size_t depth;
	bool is_in_header;
	bool is_encoding; /* the body at hand */
	bool is_in_digest;
	struct buf header;
	/* Of a body. What is held is not yet known to be its own: */
	enum { IN_LINE, AT_LINE_START, IN_CANDIDATE } at;
	bool holds_cr;   /* of IN_LINE and IN_CANDIDATE: perhaps half of a line end */
	bool holds_crlf; /* in front of this line */
	char candidate[CANDIDATE_BYTES_MAX];
	size_t candidate_len;
	/* Of base64. */
	char plain[ENCODED_LINE_BYTES];
	size_t plain_len;
	bool has_lines;
};

struct binary *
binary_new(uint32_t line_bytes_max, binary_piece *put, void *to)
{
	struct binary *const b = calloc(1, sizeof *b);
	if (b == NULL)
		return NULL;
	b->put = put;
	b->to = to;
	b->is_in_header = true;
	receiver_init(&b->out, RECEIVER_CHUNK, BARE_REFUSE, NUL_REFUSE, line_bytes_max);
	buf_init(&b->header, BINARY_HEADER_BYTES_MAX);
	return b;
}

void
binary_free(struct binary *b)
{
	if (b == NULL)
		return;
	buf_fini(&b->header);
	free(b);
}

static void
fail(struct binary *b, const char *fault)
{
	if (b->fault == NULL)
		b->fault = fault;
}

static void
flaw_look(struct binary *b)
{
	if (b->out.flaw == FLAW_LONG_LINE)
		fail(b, "a line that is not binary is too long");
	else if (b->out.flaw != FLAW_NONE)
		fail(b, "there are binary bytes outside of a part that says so");
}

static void
put(struct binary *b, struct str text)
{
	struct str piece;
	while (b->fault == NULL && receiver_next(&b->out, &text, &piece) == RECEIVER_PIECE)
		b->put(b->to, piece);
	flaw_look(b);
}

/* ---- bodies */

static void
line_encode(struct binary *b)
{
	char line[BASE64_BYTES(ENCODED_LINE_BYTES)];
	const size_t n = base64_encode((struct str){b->plain, b->plain_len}, line);
	if (b->has_lines)
		put(b, STR("\r\n"));
	put(b, (struct str){line, n});
	b->has_lines = true;
	b->plain_len = 0;
}

/* Bytes of the body, for certain. */
static void
content(struct binary *b, struct str bytes)
{
	if (!b->is_encoding) {
		put(b, bytes);
		return;
	}
	while (bytes.len > 0) {
		const struct str now = str_head(bytes, sizeof b->plain - b->plain_len);
		memcpy(b->plain + b->plain_len, now.ptr, now.len);
		b->plain_len += now.len;
		bytes = str_from(bytes, now.len);
		if (b->plain_len == sizeof b->plain)
			line_encode(b);
	}
}

static void
body_begin(struct binary *b, enum binary_body body)
{
	b->is_encoding = body == BINARY_TO_ENCODE;
	b->at = AT_LINE_START;
	b->holds_cr = b->holds_crlf = b->has_lines = false;
	b->candidate_len = 0;
}

static void
body_end(struct binary *b)
{
	if (b->is_encoding && b->plain_len > 0)
		line_encode(b);
	b->is_encoding = false;
}

/* What was held is the body's own. */
static void
release(struct binary *b)
{
	if (b->holds_crlf)
		content(b, STR("\r\n"));
	content(b, (struct str){b->candidate, b->candidate_len});
	b->holds_crlf = false;
	b->candidate_len = 0;
}

/* Which of the open multiparts the line delimits: its number from 1, and whether it is the last
 * time; 0: none. One that begins like a delimiter and goes on is read so by some and not by
 * others. */
static size_t
delimited(struct binary *b, struct str line, bool *is_last)
{
	while (line.len > 0 && (line.ptr[line.len - 1] == ' ' || line.ptr[line.len - 1] == '\t'))
		line.len--;
	if (!str_starts(line, STR("--")))
		return 0;
	line = str_from(line, 2);
	bool is_like_one = false;
	for (size_t i = b->depth; i > 0; i--) {
		const struct level *const l = &b->levels[i - 1];
		const struct str boundary = {l->boundary, l->len};
		*is_last = str_eq(str_from(line, l->len), STR("--"));
		if (!str_starts(line, boundary))
			continue;
		if (line.len == l->len || *is_last)
			return i;
		is_like_one = true;
	}
	if (is_like_one)
		fail(b, likeness);
	return 0;
}

static void
header_begin(struct binary *b, bool is_in_digest)
{
	b->is_in_header = true;
	b->is_in_digest = is_in_digest;
	buf_fini(&b->header);
	buf_init(&b->header, BINARY_HEADER_BYTES_MAX);
}

/* The candidate is a whole line; true: a delimiter, and the body before it has ended. */
static bool
delimit(struct binary *b, struct str line_end)
{
	bool is_last = false;
	const size_t level = delimited(b, (struct str){b->candidate, b->candidate_len}, &is_last);
	if (level == 0)
		return false;
	body_end(b);
	if (b->holds_crlf)
		put(b, STR("\r\n"));
	put(b, (struct str){b->candidate, b->candidate_len});
	put(b, line_end);
	b->depth = level - is_last;
	body_begin(b, BINARY_AS_IT_IS);
	if (!is_last)
		header_begin(b, b->levels[level - 1].is_digest);
	return true;
}

static void
line_ends(struct binary *b)
{
	b->holds_cr = false;
	if (b->at == IN_CANDIDATE && delimit(b, STR("\r\n")))
		return;
	release(b);
	b->holds_crlf = true;
	b->at = AT_LINE_START;
}

/* A byte of this line. */
static void
line_byte(struct binary *b, char c)
{
	bool is_last = false;
	if (b->at != IN_CANDIDATE) {
		content(b, (struct str){&c, 1});
		return;
	}
	b->candidate[b->candidate_len++] = c;
	if (b->candidate_len < sizeof b->candidate && (b->candidate_len != 2 || c == '-'))
		return;
	/* It is longer than a delimiter. Does it only go on like none? */
	if (delimited(b, (struct str){b->candidate, b->candidate_len}, &is_last) > 0)
		fail(b, likeness);
	release(b);
	b->at = IN_LINE;
}

/* One byte where more is to be known than that it is text. */
static void
body_byte(struct binary *b, char c)
{
	if (b->holds_cr && c == '\n') {
		line_ends(b);
		return;
	}
	if (b->at == AT_LINE_START && c == '-' && b->depth > 0)
		b->at = IN_CANDIDATE;
	if (b->at != IN_CANDIDATE) {
		release(b);
		b->at = IN_LINE;
	}
	if (b->holds_cr)
		line_byte(b, '\r');
	b->holds_cr = c == '\r';
	if (!b->holds_cr)
		line_byte(b, c);
}

static void
body_take(struct binary *b, struct str *in)
{
	size_t n = 0;
	if (b->at == IN_LINE && !b->holds_cr) {
		const char *const cr = memchr(in->ptr, '\r', in->len);
		n = cr == NULL ? in->len : (size_t)(cr - in->ptr);
		content(b, str_head(*in, n));
	}
	if (n == 0)
		body_byte(b, in->ptr[n++]);
	*in = str_from(*in, n);
}

/* ---- headers */

/* Is there a line in it that begins like a delimiter? Then its part has no body, for some. */
static bool
has_delimiter(struct str header)
{
	return str_starts(header, STR("--")) || str_has(header, STR("\r\n--"));
}

/* The header is whole; `blank` is the line behind it. */
static void
header_end(struct binary *b, struct str blank)
{
	struct arena a;
	struct binary_part part;
	const struct str header = str_head(buf_str(&b->header), b->header.len - blank.len);
	bool is_signed = false;
	for (size_t i = 0; i < b->depth; i++)
		is_signed |= b->levels[i].is_signed;
	arena_init(&a, ARENA_BYTES_MAX);
	const char *const fault = binary_part_read(header, b->is_in_digest, &a, &part);
	if (fault != NULL)
		fail(b, fault);
	else if (b->depth > 0 && has_delimiter(header))
		fail(b, "the header of a part does not end");
	else if (is_signed && str_is_set(part.field))
		fail(b, "a part of what is signed is binary");
	else if (part.body == BINARY_MULTIPART && b->depth == BINARY_DEPTH_MAX)
		fail(b, "multiparts are too deep in each other");
	if (b->fault == NULL) {
		const size_t at =
			str_is_set(part.field) ? (size_t)(part.field.ptr - header.ptr) : header.len;
		put(b, str_head(header, at));
		put(b, part.replacement);
		put(b, str_from(header, at + part.field.len));
		put(b, blank);
	}
	if (b->fault == NULL && part.body == BINARY_MULTIPART) {
		struct level *const l = &b->levels[b->depth++];
		memcpy(l->boundary, part.boundary.ptr, part.boundary.len);
		l->len = (uint8_t)part.boundary.len;
		l->is_signed = part.is_signed;
		l->is_digest = part.is_digest;
	}
	arena_fini(&a);
	b->is_in_header = false;
	body_begin(b, part.body);
	if (part.body == BINARY_NESTED)
		header_begin(b, false);
}

static void
header_take(struct binary *b, struct str *in)
{
	const char *const lf = memchr(in->ptr, '\n', in->len);
	const size_t n = lf == NULL ? in->len : (size_t)(lf - in->ptr) + 1;
	const struct str blank = STR("\r\n");
	buf_add(&b->header, str_head(*in, n));
	*in = str_from(*in, n);
	if (buf_failed(&b->header)) {
		fail(b, "the header of a part is too large");
		return;
	}
	const struct str header = buf_str(&b->header);
	if (str_eq(header, blank) || str_ends_case(header, STR("\r\n\r\n")))
		header_end(b, blank);
}

void
binary_add(struct binary *b, struct str bytes)
{
	while (bytes.len > 0 && b->fault == NULL)
		(b->is_in_header ? header_take : body_take)(b, &bytes);
}

const char *
binary_end(struct binary *b)
{
	struct str piece;
	if (b->fault == NULL && b->is_in_header)
		header_end(b, STR(""));
	if (b->fault == NULL && b->at == IN_CANDIDATE && !b->holds_cr && delimit(b, STR("")))
		b->is_in_header = false;
	if (b->fault == NULL) {
		const bool is_line = b->is_encoding;
		release(b);
		if (b->holds_cr)
			content(b, STR("\r"));
		b->holds_cr = false;
		body_end(b);
		if (is_line && b->has_lines)
			put(b, STR("\r\n"));
	}
	if (b->fault == NULL && receiver_finish(&b->out, &piece) == RECEIVER_PIECE)
		b->put(b->to, piece);
	flaw_look(b);
	return b->fault;
}
