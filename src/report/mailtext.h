/*
 * mailtext - text into mail: bodies in a transfer encoding, fields of a header
 *
 * RFC 2045 s6, RFC 2047, RFC 5322. The other direction is base/decode.h.
 */
#ifndef REPORT_MAILTEXT_H
#define REPORT_MAILTEXT_H

#include "base/arena.h"
#include "base/buf.h"

#define MAIL_LINE_BYTES_MAX 76

/* mail_body - Content-Transfer-Encoding, a blank line, and the text: as it is, when it is short
 * lines of ASCII, else the shorter of quoted-printable and base64. Line ends become CRLF */
void mail_body(struct buf *out, struct str text);

void mail_quoted_printable(struct buf *out, struct str text);
void mail_base64(struct buf *out, struct str bytes);

/* mail_words - a phrase or unstructured text in a field, `at` bytes from the line's start: ASCII
 * as it is, else encoded words. Folded */
void mail_words(struct buf *out, struct str text, size_t at);

/* mail_folded - ASCII or UTF-8 text in a field, folded where it has blanks */
void mail_folded(struct buf *out, struct str text, size_t at);

/* mail_clean - `s` without controls and other bytes that could end a field: what strangers gave,
 * before it goes into one. In the arena, at most `most` bytes */
struct str mail_clean(struct str s, size_t most, struct arena *a);

/* is_ascii - no byte above 127 */
bool is_ascii(struct str s);

#endif
