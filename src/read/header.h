/*
 * header - the header of a message, however broken: RFC 5322 s2.2, and what is really sent
 *
 * Accepts before the first field: a byte-order mark, blank lines, an mbox "From "
 * line. Accepts in it: fields without a name's worth of sense (passed over), a
 * continuation that lost its indent, a blank before the colon. A header ends at
 * a blank line, or at a line that cannot belong to one.
 */
#ifndef READ_HEADER_H
#define READ_HEADER_H

#include "base/arena.h"

struct header_field {
	struct str name;
	struct str value; /* trimmed, still folded and encoded */
	uint32_t key;     /* header_key() of the name */
	uint16_t next;    /* one more than the next field in its slot; 0 = none */
};

#define HEADER_SLOTS 64

struct header {
	struct header_field *fields;
	size_t count;
	struct str body;      /* what follows the header */
	struct str from_line; /* "From x@y date" of an mbox, without its line end; absent when there
				 is none */
	/* For each slot of a key, one more than the first and the last field with such a key: a
	 * search goes from the one to the other, or ends at once. */
	uint16_t first[HEADER_SLOTS], last[HEADER_SLOTS];
	bool is_cut; /* HEADER_FIELDS_MAX was reached */
};

/*
 * header_parse - reads the header at the start of `in`
 *
 * in       borrowed; the fields point into it
 * Returns  false when `in` does not begin with a header at all: not one field before the first line
 * that cannot be one; then *h has no fields and its body is all of `in` Cost     O(header)
 */
bool header_parse(struct str in, struct arena *a, struct header *h);

/* header_go_on - takes up the rest of a header that a blank line has cut in two: the body begins
 * with fields that this header lacks and no text has. False when it does not, or the arena failed
 */
bool header_go_on(struct header *h, struct arena *a);

/* header_key - a number that names which differ in case alone have in common, and others seldom; of
 * a name that the compiler knows it is a constant */
static inline uint32_t
header_key(struct str name)
{
	const unsigned char *const p = (const unsigned char *)name.ptr;
	const size_t n = name.len;
	return n == 0 ? 0
		      : (uint32_t)(n & 0xFF) | (uint32_t)(p[0] | 32) << 8 |
				(uint32_t)(p[n - 1] | 32) << 16 | (uint32_t)(p[n / 2] | 32) << 24;
}

static inline uint32_t
header_slot(uint32_t key)
{
	return key * 0x9E3779B1U >> 26;
}

/* header_may_have - false when there is surely no field whose name has that key */
static inline bool
header_may_have(const struct header *h, uint32_t key)
{
	return h->first[header_slot(key)] != 0;
}

/* header_find - the value of the first field of that name; absent when there is none. O(fields)
 * header_find_keyed - the same where the key of the name is known */
struct str header_find_keyed(const struct header *h, struct str name, uint32_t key);

static inline struct str
header_find(const struct header *h, struct str name)
{
	const uint32_t key = header_key(name);
	return header_may_have(h, key) ? header_find_keyed(h, name, key) : STR_NONE;
}

/* header_has - is there a field of that name? */
static inline bool
header_has(const struct header *h, struct str name)
{
	return str_is_set(header_find(h, name));
}

/* header_text - a value unfolded and with its encoded words decoded (RFC 2047) to UTF-8 */
struct str header_text(struct str value, struct arena *a);

/* field_split - is `line` "Name: value"? A name is printable ASCII without blanks; one blank before
 * the colon is let pass. Then true with both set; `value` is trimmed. */
bool field_split(struct str line, struct str *name, struct str *value);

/* field_continues - is this line the continuation of a folded field? */
static inline bool
field_continues(struct str line)
{
	return line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t');
}

#endif
