/* The text of a message on its way out: CRLF, dots, chunks. RFC 5321 s4.5.2, s2.3.8; RFC 3030. */
#include "smtp/client_inside.h"

#include <assert.h>

/* What must be free behind a step of the text: two bytes more that it may need, the CRLF that a
 * message without one gets at its end, and ".". */
#define TEXT_TAIL_BYTES 8

#define CHUNK_HEAD_BYTES_MAX 40 /* "BDAT 18446744073709551615 LAST" */

static void
write_bytes(struct reply_buffer *out, const char *bytes, size_t n)
{
	memcpy(out->ptr + out->len, bytes, n);
	out->len += n;
}

/* A run of bytes up to its line end, or as far as there is room. Most lines end in CRLF, and are
 * one copy. Returns the bytes used. */
static size_t
run_write(struct reply_buffer *out, struct str rest, char *last)
{
	const size_t room = out->room - out->len - TEXT_TAIL_BYTES;
	const char *const end = memchr(rest.ptr, '\n', rest.len);
	const size_t line = end == NULL ? rest.len : (size_t)(end - rest.ptr);
	const char *const cr = memchr(rest.ptr, '\r', line);
	const size_t plain = cr == NULL ? line : (size_t)(cr - rest.ptr);
	if (plain + 2 > room) {
		const size_t n = plain < room ? plain : room;
		write_bytes(out, rest.ptr, n);
		*last = n > 0 ? rest.ptr[n - 1] : *last;
		return n;
	}
	write_bytes(out, rest.ptr, plain);
	*last = plain > 0 ? rest.ptr[plain - 1] : *last;
	if (plain == rest.len)
		return plain;
	if (cr != NULL && plain + 1 < line) { /* a CR that ends no line is made one that does */
		write_bytes(out, "\r\n", 2);
		*last = '\n';
		return plain + 1;
	}
	if (cr != NULL && end == NULL) { /* the last byte: its LF may be yet to come */
		*last = '\r';
		return plain + 1;
	}
	write_bytes(out, "\r\n", 2);
	*last = '\n';
	return line + 1;
}

/* Writes text as far as there is room; the bytes used. */
static size_t
text_write(struct reply_buffer *out, struct str piece, bool stuffs, char *last)
{
	size_t used = 0;
	while (used < piece.len && out->room - out->len >= TEXT_TAIL_BYTES + 2) {
		if (*last == '\r') {
			write_bytes(out, "\r\n", 2);
			*last = '\n';
			used += piece.ptr[used] == '\n';
		} else if (*last == '\n' && stuffs && piece.ptr[used] == '.') {
			write_bytes(out, "..", 2);
			*last = '.';
			used++;
		} else {
			used += run_write(out, str_from(piece, used), last);
		}
	}
	return used;
}

static void
line_end(struct reply_buffer *out, char *last)
{
	if (*last != '\n')
		write_bytes(out, "\r\n", 2);
	*last = '\n';
}

/* The piece as one chunk. Its size goes in front, and is known only behind it. */
static size_t
chunk_write(struct client *c, struct reply_buffer *out, struct str piece, bool is_last)
{
	struct client_exchange *const x = &c->exchange;
	char digits[STR_DIGITS_MAX], head_room[CHUNK_HEAD_BYTES_MAX];
	struct reply_buffer head = {head_room, 0, sizeof head_room};
	const size_t gap = CHUNK_HEAD_BYTES_MAX;
	struct reply_buffer body = {out->ptr + out->len + gap, 0, out->room - out->len - gap};
	const size_t used = text_write(&body, piece, false, &x->last);
	x->is_whole = is_last && used == piece.len;
	if (x->is_whole)
		line_end(&body, &x->last);
	if (body.len == 0 && !x->is_whole)
		return used;
	SAY(&head, STR("BDAT "), str_digits((int64_t)body.len, digits),
		x->is_whole ? STR(" LAST") : STR(""));
	write_bytes(out, head.ptr, head.len);
	memmove(out->ptr + out->len, body.ptr, body.len);
	out->len += body.len;
	x->chunks_said++;
	return used;
}

size_t
client_text(
	struct client *c, struct str piece, bool is_last, struct reply_buffer *out, int64_t now_ms)
{
	struct client_exchange *const x = &c->exchange;
	assert(c->state == CLIENT_STATE_TEXT);
	size_t used = 0;
	if (out->room - out->len < CLIENT_OUT_BYTES_MIN)
		return 0;
	c->step_ms = now_ms;
	if (client_uses_chunks(c)) {
		used = chunk_write(c, out, piece, is_last);
	} else {
		used = text_write(out, piece, true, &x->last);
		x->is_whole = is_last && used == piece.len;
		if (x->is_whole) {
			line_end(out, &x->last);
			SAY(out, STR("."));
		}
	}
	if (x->is_whole)
		client_set_state(c, CLIENT_STATE_END);
	return used;
}
