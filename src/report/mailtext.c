#include "report/mailtext.h"

#include "base/shown.h"

#define WORD_BYTES 45 /* of text in an encoded word: 60 of base64 and 12 around it */

bool
is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] > 127)
			return false;
	return true;
}

struct str
mail_clean(struct str s, size_t most, struct arena *a)
{
	size_t n = 0, bytes;
	s = str_head_text(s, most);
	char *const room = arena_bytes(a, s.len);
	if (room == NULL)
		return STR("");
	for (; s.len > 0; s = str_from(s, bytes)) {
		const uint32_t cp = utf8_next(s, &bytes);
		if (is_shown(cp) && cp != CHAR_BROKEN) {
			memcpy(room + n, s.ptr, bytes);
			n += bytes;
		}
	}
	return (struct str){room, n};
}

/* ---- bodies */

static void
put_hex(struct buf *out, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";
	buf_add_char(out, '=');
	buf_add_char(out, digits[c >> 4]);
	buf_add_char(out, digits[c & 15]);
}

/* "From " and a dot at the start of a line are changed on the way by some (RFC 2049 s3). */
static bool
is_safe(struct str line, size_t i, size_t column)
{
	const unsigned char c = (unsigned char)line.ptr[i];
	if (column == 0 && (c == '.' || c == 'F'))
		return false;
	if (c == ' ' || c == '\t')
		return i + 1 < line.len;
	return c > ' ' && c < 127 && c != '=';
}

void
mail_quoted_printable(struct buf *out, struct str text)
{
	struct str line;
	while (str_line(&text, &line)) {
		size_t column = 0;
		size_t run = 0; /* safe bytes that were not yet written */
		for (size_t i = 0; i < line.len; i++) {
			const bool safe = is_safe(line, i, column);
			const bool is_full = column + (safe ? 1 : 3) > MAIL_LINE_BYTES_MAX - 1;
			if (is_full || !safe) {
				buf_add(out, (struct str){line.ptr + i - run, run});
				run = 0;
			}
			if (is_full) {
				buf_add(out, STR("=\r\n"));
				column = 0;
			}
			if (safe)
				run++;
			else
				put_hex(out, (unsigned char)line.ptr[i]);
			column += safe ? 1 : 3;
		}
		buf_add(out, (struct str){line.ptr + line.len - run, run});
		buf_add(out, STR("\r\n"));
	}
}

static void
put_base64(struct buf *out, struct str s)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < s.len; i += 3) {
		const unsigned char *const p = (const unsigned char *)s.ptr + i;
		const size_t n = s.len - i < 3 ? s.len - i : 3;
		const unsigned bits = (unsigned)p[0] << 16 | (n > 1 ? (unsigned)p[1] << 8 : 0) |
				      (n > 2 ? p[2] : 0);
		buf_add_char(out, alphabet[bits >> 18]);
		buf_add_char(out, alphabet[bits >> 12 & 63]);
		buf_add_char(out, n > 1 ? alphabet[bits >> 6 & 63] : '=');
		buf_add_char(out, n > 2 ? alphabet[bits & 63] : '=');
	}
}

void
mail_base64(struct buf *out, struct str bytes)
{
	const size_t line = MAIL_LINE_BYTES_MAX / 4 * 3;
	for (; bytes.len > 0; bytes = str_from(bytes, line)) {
		put_base64(out, str_head(bytes, line));
		buf_add(out, STR("\r\n"));
	}
}

static bool
is_plain(struct str text)
{
	struct str line;
	while (str_line(&text, &line)) {
		if (line.len > MAIL_LINE_BYTES_MAX || str_starts(line, STR("From ")))
			return false;
		for (size_t i = 0; i < line.len; i++)
			if ((unsigned char)line.ptr[i] > 126 ||
				((unsigned char)line.ptr[i] < ' ' && line.ptr[i] != '\t'))
				return false;
	}
	return true;
}

/* Text with its line ends as CRLF, for base64. */
static void
put_crlf(struct buf *out, struct str text)
{
	struct str line;
	while (str_line(&text, &line)) {
		buf_add(out, line);
		buf_add(out, STR("\r\n"));
	}
}

void
mail_body(struct buf *out, struct str text)
{
	size_t long_ones = 0;
	for (size_t i = 0; i < text.len; i++)
		long_ones += (unsigned char)text.ptr[i] > 127;
	if (is_plain(text)) {
		buf_add(out, STR("Content-Transfer-Encoding: 7bit\r\n\r\n"));
		put_crlf(out, text);
	} else if (long_ones > text.len / 6) {
		struct buf crlf;
		buf_init(&crlf, out->limit_bytes);
		put_crlf(&crlf, text);
		buf_add(out, STR("Content-Transfer-Encoding: base64\r\n\r\n"));
		mail_base64(out, buf_str(&crlf));
		out->failed = out->failed || buf_failed(&crlf);
		buf_fini(&crlf);
	} else {
		buf_add(out, STR("Content-Transfer-Encoding: quoted-printable\r\n\r\n"));
		mail_quoted_printable(out, text);
	}
}

/* ---- fields */

void
mail_folded(struct buf *out, struct str text, size_t at)
{
	bool is_first = true;
	for (struct str word = str_word(&text); word.len > 0; word = str_word(&text)) {
		const bool fits = at + 1 + word.len <= MAIL_LINE_BYTES_MAX;
		if (!is_first && !fits) {
			buf_add(out, STR("\r\n"));
			at = 0;
		}
		/* A word that no line can hold is cut: a line has at most 998 bytes. */
		while (word.len > 900) {
			const struct str head = str_head_text(word, 900);
			buf_add(out, is_first ? STR("") : STR(" "));
			buf_add(out, head);
			buf_add(out, STR("\r\n"));
			word = str_from(word, head.len > 0 ? head.len : 900);
			is_first = false;
			at = 0;
		}
		buf_add(out, is_first ? STR("") : STR(" "));
		buf_add(out, word);
		at += word.len + !is_first;
		is_first = false;
	}
}

void
mail_words(struct buf *out, struct str text, size_t at)
{
	if (is_ascii(text) && !str_has(text, STR("=?"))) {
		mail_folded(out, text, at);
		return;
	}
	for (bool is_first = true; text.len > 0; is_first = false) {
		const size_t room = is_first && at > 12 ? WORD_BYTES / 2 : WORD_BYTES;
		struct str part = str_head_text(text, room);
		if (part.len == 0)
			part = str_head(text, room);
		buf_add(out, is_first ? STR("") : STR("\r\n "));
		buf_add(out, STR("=?UTF-8?B?"));
		put_base64(out, part);
		buf_add(out, STR("?="));
		text = str_from(text, part.len);
	}
}
