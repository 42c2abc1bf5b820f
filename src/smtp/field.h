/*
 * field - the fields of a header as it travels: lines that end in CRLF, folded or not
 *
 * For what adds, removes and signs fields, and must give back every byte. Mail that is broken is
 * read by read/header.h.
 *
 * RFC 5322 s2.2. Any thread: all functions are pure, and their slices are of what they are given.
 */
#ifndef SMTP_FIELD_H
#define SMTP_FIELD_H

#include "base/str.h"

/* smtp_field_next - the next field of *rest with its folded lines and line ends; false at the blank
 * line, which stays in *rest, and at the end */
bool smtp_field_next(struct str *rest, struct str *field);

/* smtp_field_name - what stands before the colon; "" without one */
struct str smtp_field_name(struct str field);

/* smtp_field_value - what stands behind the colon, blanks and all, without the last line end */
struct str smtp_field_value(struct str field);

#endif
