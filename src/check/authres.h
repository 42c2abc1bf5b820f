/*
 * authres - Authentication-Results: what was found, for who reads the message later. RFC 8601
 *
 * Pure.
 */
#ifndef CHECK_AUTHRES_H
#define CHECK_AUTHRES_H

#include "base/buf.h"

struct authres {
	struct buf *out;
	bool has_any;
};

/* authres_begin - the field's name and who says it */
void authres_begin(struct authres *a, struct buf *out, struct str host);
/* authres_result - "dkim=pass", with what is in brackets (absent: nothing) */
void authres_result(struct authres *a, struct str method, struct str result, struct str comment);
/* authres_property - " header.d=example.org" behind the last result; quoted where it must be.
 * Absent or empty: left out */
void authres_property(struct authres *a, struct str name, struct str value);
/* authres_end - "none" when there was no result; the line end */
void authres_end(struct authres *a);

/* authres_is_of - does this field, "Name: value", claim to be one of that host's? Such a field of a
 * stranger must not go on: s5 */
bool authres_is_of(struct str field, struct str host);

#endif
