/*
 * decode - from the encodings that carry text through mail back to the text
 *
 * Base64, quoted-printable, encoded words, parameter values, xtext, and HTML as
 * far as a bounce needs it. Mail is often cut off, folded in odd places and
 * encoded by programs that had not read the RFC: nothing here fails on its
 * input; what cannot be decoded is kept as it is, or left out where a function
 * says so.
 *
 * All functions: `in` is borrowed, any bytes; absent in, absent out; the result
 * points into `in` or into the arena and is absent when the arena failed; time
 * and memory are O(n). Any thread; two calls at once want two arenas.
 */
#ifndef BASE_DECODE_H
#define BASE_DECODE_H

#include "base/arena.h"
#include "base/str.h"

/*
 * decode_base64 - the bytes that base64 text stands for
 *
 * Grammar   RFC 2045 s6.8; line ends and all other bytes outside the alphabet
 *           are skipped. Padding ends a group: more base64 behind it (two
 *           encodings glued together) is decoded too. Text that was cut off
 *           gives the bytes that were complete.
 * Returns   bytes in the arena, 3 for each 4 of `in` at the most
 */
struct str decode_base64(struct str in, struct arena *a);

/* decode_base64_noting - decode_base64(); *is_torn tells whether `in` has bytes that no base64 has,
 * or a line that ends within a group: something was lost or changed, or it is no base64 */
struct str decode_base64_noting(struct str in, struct arena *a, bool *is_torn);

/* base64_write - decode_base64() into the caller's memory, (len / 4 + 1) * 3 bytes; returns its end
 */
char *base64_write(struct str in, char *to);

/* base64_value - what one byte of the alphabet stands for, 0..63, or -1 */
int base64_value(unsigned char c);

/* hex_pair - the byte that the two hex digits at the start of `s` stand for, or -1 */
int hex_pair(struct str s);

/*
 * decode_quoted_printable - the bytes that quoted-printable text stands for
 *
 * Grammar   RFC 2045 s6.7; soft line breaks end in CRLF, LF, CR or the end of
 *           `in`, with blanks before that; hex digits in either case; a
 *           malformed =XX is kept as it is
 * Returns   `in` itself when it has no "="; else bytes in the arena, not more
 *           than `in` has
 */
struct str decode_quoted_printable(struct str in, struct arena *a);

/*
 * decode_words - a header field's value as one line of UTF-8
 *
 * Grammar   RFC 2047, with the language of RFC 2231 s5. White space between two
 *           encoded words is dropped, and characters split over words of one
 *           charset are put together. Folding becomes one blank, at the end
 *           nothing.
 * Accepted  because mailers send it: words next to other text or in quotes,
 *           blanks in the text of a word, a word that lost its "?=" (it ends at
 *           the first blank), raw 8-bit text (UTF-8 or windows-1252) and raw
 *           ISO-2022-JP.
 * Returns   `in` itself when there is nothing to do; else text in the arena, 3
 *           bytes for each of `in` at the most. Always valid UTF-8 without a CR
 *           or LF (one from inside a word becomes a blank), so that a decoded
 *           name cannot forge a line.
 */
struct str decode_words(struct str in, struct arena *a);

/*
 * decode_rfc2231 - an extended parameter value as UTF-8
 *
 * Grammar   RFC 2231 s4, RFC 5987: charset "'" [language] "'" text with %XX;
 *           without the two quotes all of it is text. For a value in several
 *           pieces (s3) join the pieces first. A malformed %XX is kept as it is.
 * Returns   a part of `in` when there is nothing to decode; else text in the
 *           arena; always valid UTF-8
 */
struct str decode_rfc2231(struct str in, struct arena *a);

/*
 * decode_xtext - the bytes that xtext stands for
 *
 * Grammar   RFC 3461 s4 ("+" and two upper-case hex digits) and RFC 6533 s3
 *           utf-8-addr-xtext ("\x{" 1 to 6 hex digits "}", a code point). All
 *           else is kept, "+ab" too: plus signs in addresses that nobody
 *           encoded are common.
 * Returns   `in` itself when there is nothing to decode; else bytes in the
 *           arena, not more than `in` has, perhaps not UTF-8
 */
struct str decode_xtext(struct str in, struct arena *a);

/* decode_unitext - the "\x{...}" of decode_xtext() alone (RFC 6533 s3 utf-8-addr-unitext) */
struct str decode_unitext(struct str in, struct arena *a);

/*
 * decode_html - HTML as plain text, good enough to read a bounce
 *
 * Tags and comments are dropped; <script>, <style> and <head> (but not <title>)
 * with what they hold. <br>, <p>, <div>, <tr>, <li>, <h1> and their like end a
 * line, paragraphs and headings with an empty line; a table cell is a blank.
 * White space collapses, except in <pre>; non-breaking blanks are blanks.
 * A link to an address whose text shows none has it behind the text, in angle brackets.
 * Entities are decoded, numeric ones as a browser does (128..159 are
 * windows-1252). "<user@example.org>", which bounces often fail to escape, is
 * text. A tag, comment or script that never ends does not swallow more than it
 * must.
 *
 * in        UTF-8; other bytes are read as charset_to_utf8() reads CHARSET_UNKNOWN
 * Returns   valid UTF-8 text in the arena with LF line ends, no white space at
 *           either end; not more bytes than the UTF-8 of `in`
 */
struct str decode_html(struct str in, struct arena *a);

#endif
