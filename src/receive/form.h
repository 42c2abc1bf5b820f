/*
 * form - is a header what RFC 5322 wants? For X67
 *
 * s3.6: nothing but fields; exactly one From and one Date, at most one of the others that have a
 * number; somebody named in From, and Sender where it names several.
 *
 * Pure.
 */
#ifndef RECEIVE_FORM_H
#define RECEIVE_FORM_H

#include "base/str.h"

#define FORM_WORDS_BYTES 120

/*
 * form_fault - what is wrong with it
 *
 * header        lines with CRLF, up to its end or a blank line; when it was cut, what is left of
 *               its last line is not looked at
 * is_completed  Date and Message-ID are added where they are missing (RFC 6409 s8)
 * Returns       the words, in the room: "it has 2 From fields"; absent when nothing is
 */
struct str form_fault(
	struct str header, bool is_cut, bool is_completed, char room[static FORM_WORDS_BYTES]);

#endif
