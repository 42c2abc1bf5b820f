/* request - what a request says: its parameters, decoded, and its media types */
#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include "base/arena.h"

/* request_unescape - `in` with its %XX decoded, and "+" as a blank when `is_form`; a malformed %XX
 * stays as it is. `in` itself when there is nothing to do, else bytes in the arena */
struct str request_unescape(struct str in, bool is_form, struct arena *a);

/* request_parameter - the value of the first `name` in "a=1&b=2", a query or the body of a form
 * (application/x-www-form-urlencoded), decoded; absent when there is none, empty without "=" */
struct str request_parameter(struct str pairs, struct str name, struct arena *a);

/* request_flag - is the parameter there, and neither empty, "0", "no" nor "false"? `otherwise` when
 * it is not there */
bool request_flag(struct str pairs, struct str name, bool otherwise, struct arena *a);

/* media_type - "type/subtype" at the head of a Content-Type, without parameters; compare with
 * str_eq_case() */
struct str media_type(struct str content_type);

/* media_parameter - the value of a parameter of a Content-Type (RFC 9110 s5.6.6), unquoted; absent
 * when there is none */
struct str media_parameter(struct str content_type, struct str name, struct arena *a);

#endif
