/*
 * returned - the message that a report is about, or its header: RFC 6522 s3, RFC 6533 s5
 */
#include "base/charset.h"
#include "report/inside.h"
#include "report/mailtext.h"

#define SAFE_LINE_BYTES_MAX 998

/* Lines that end in CRLF, none too long, no NUL: what may travel without an encoding. */
static bool
is_well_formed(struct str s)
{
	size_t column = 0;
	for (size_t i = 0; i < s.len; i++) {
		const char c = s.ptr[i];
		if (c == '\0' || (c == '\n' && (i == 0 || s.ptr[i - 1] != '\r')) ||
			(c == '\r' && (i + 1 == s.len || s.ptr[i + 1] != '\n')))
			return false;
		column = c == '\n' ? 0 : column + 1;
		if (column > SAFE_LINE_BYTES_MAX)
			return false;
	}
	return true;
}

/* What a 7-bit or 8-bit part may not have is encoded, which only message/global may be. */
static bool
needs_encoding(const struct draft *d)
{
	return !is_well_formed(d->facts->original) ||
	       (d->facts->is_utf8 && !is_ascii(d->facts->original) && !d->is_utf8);
}

bool
draft_returns_whole(const struct draft *d)
{
	const struct report_facts *const f = d->facts;
	bool is_failure = false;
	for (size_t i = 0; i < f->recipient_count && !is_failure; i++)
		is_failure = f->recipients[i].action == NIXIE_ACTION_FAILED;
	/* RFC 3461 s4.3: RET counts for failures alone. */
	return is_failure && f->returns_full && f->original.len == f->original_bytes &&
	       f->original.len <= REPORT_ORIGINAL_BYTES_MAX && (!needs_encoding(d) || f->is_utf8);
}

/* The last line may lack its end, and the boundary must begin one. */
static void
add_lines(struct buf *out, struct str text)
{
	buf_add(out, text);
	if (text.len == 0 || text.ptr[text.len - 1] != '\n')
		buf_add(out, STR("\r\n"));
}

static void
returned_message(const struct draft *d, struct buf *out)
{
	const struct str text = d->facts->original;
	buf_add(out, d->facts->is_utf8 ? STR("Content-Type: message/global\r\n")
				       : STR("Content-Type: message/rfc822\r\n"));
	if (needs_encoding(d)) {
		buf_add(out, STR("Content-Transfer-Encoding: base64\r\n\r\n"));
		mail_base64(out, text);
		return;
	}
	buf_add(out, is_ascii(text) ? STR("Content-Transfer-Encoding: 7bit\r\n\r\n")
				    : STR("Content-Transfer-Encoding: 8bit\r\n\r\n"));
	add_lines(out, text);
}

static void
returned_header(const struct draft *d, struct buf *out)
{
	const struct str text = d->header_bytes;
	if (is_ascii(text) && is_well_formed(text)) {
		buf_add(out, STR("Content-Type: text/rfc822-headers\r\n"
				 "Content-Transfer-Encoding: 7bit\r\n\r\n"));
		add_lines(out, text);
		return;
	}
	if (d->is_utf8 && utf8_valid(text) && is_well_formed(text)) {
		buf_add(out, STR("Content-Type: message/global-headers\r\n"
				 "Content-Transfer-Encoding: 8bit\r\n\r\n"));
		add_lines(out, text);
		return;
	}
	buf_add(out, utf8_valid(text) ? STR("Content-Type: text/rfc822-headers; charset=utf-8\r\n"
					    "Content-Transfer-Encoding: quoted-printable\r\n\r\n")
				      : STR("Content-Type: text/rfc822-headers\r\n"
					    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"));
	mail_quoted_printable(out, text);
}

void
draft_returned(const struct draft *d, struct buf *out)
{
	if (draft_returns_whole(d))
		returned_message(d, out);
	else
		returned_header(d, out);
}
