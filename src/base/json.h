/*
 * json - RFC 8259, written as it goes
 *
 * Commas and indentation are kept track of here, so that a caller only names its members. Text that
 * is not UTF-8 is made so: each byte that cannot be read becomes U+FFFD.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/out.h"

struct json {
	struct out *out;
	unsigned depth;
	bool pretty;
	bool has_member; /* a comma is due before the next member */
};

static inline void
json_init(struct json *j, struct out *o, bool pretty)
{
	*j = (struct json){.out = o, .pretty = pretty};
}

/* `name` is the member's name in an object, and absent in an array or at the top. Names are ASCII
 * and written as they are. */
void json_open(struct json *j, struct str name, char bracket); /* '{' or '[' */
void json_close(struct json *j, char bracket);                 /* '}' or ']' */
void json_text(struct json *j, struct str name, struct str value);
void json_number(struct json *j, struct str name, int64_t value);
void json_percent(struct json *j, struct str name, unsigned percent); /* 95 -> 0.95 */
void json_bool(struct json *j, struct str name, bool value);

/* json_text_if - json_text, or nothing when the value is absent or empty */
static inline void
json_text_if(struct json *j, struct str name, struct str value)
{
	if (value.len > 0)
		json_text(j, name, value);
}

#endif
