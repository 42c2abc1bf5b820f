/*
 * content_type - the value of a Content-Type or Content-Disposition field: RFC 2045 s5.1, RFC 2231
 *
 * Tolerates what is really sent: a missing semicolon, a quote that never closes, blanks around the
 * equals sign.
 */
#ifndef READ_CONTENT_TYPE_H
#define READ_CONTENT_TYPE_H

#include "base/arena.h"

/*
 * content_type_parameter - "x" of `multipart/mixed; boundary="x"`
 *
 * A value that is continued (name*0, name*1 ...) is put together, an extended one (name*) decoded.
 * Returns  a slice of `value`, or text in the arena; absent when there is no such parameter
 * Cost     O(value), of which HEADER_VALUE_MAX bytes are read
 */
struct str content_type_parameter(struct str value, struct str name, struct arena *a);

/* content_type_is - is `value`, a Content-Type as written, of `type`, e.g. "multipart/"? A slash at
 * the end: any subtype */
bool content_type_is(struct str value, struct str type);

#endif
