/*
 * dkim_text - the forms of RFC 6376: tag lists, and what is hashed of header and body
 *
 * Pure but for the hash. A body is canonicalized while it arrives: a machine holds back blanks and
 * line ends until it knows that something follows them, a few bytes at any time.
 */
#ifndef CHECK_DKIM_TEXT_H
#define CHECK_DKIM_TEXT_H

#include "base/arena.h"
#include "base/buf.h"

#define DKIM_TAGS_MAX 32

struct dkim_tag {
	struct str name, value; /* value: white space at both ends taken off, none within */
};

struct dkim_tags {
	struct dkim_tag list[DKIM_TAGS_MAX];
	size_t count;
};

/* dkim_tags_parse - s3.2; false: no tag list, a name twice, or more than DKIM_TAGS_MAX */
bool dkim_tags_parse(struct str text, struct dkim_tags *out);

/* dkim_tag - the value; absent when it is not there */
struct str dkim_tag(const struct dkim_tags *tags, struct str name);

/* dkim_without_blanks - base64 and names may be folded: s2.8 FWS; absent without memory */
struct str dkim_without_blanks(struct str s, struct arena *a);

/* dkim_list_has - is `item` in "a:b:c"? Without regard to case and blanks */
bool dkim_list_has(struct str list, struct str item);

/* dkim_field_add - one field, "Name: value CRLF", as it is hashed: s3.4.1, s3.4.2; with its CRLF */
void dkim_field_add(struct buf *out, struct str field, bool is_relaxed);

/* dkim_field_is - has the field, "Name: value", that name? */
bool dkim_field_is(struct str field, struct str name);

/* dkim_fields_find - the fields of a header, each with its folded lines and line ends, from the
 * top; those past `most` are left out. Returns how many */
size_t dkim_fields_find(struct str header, struct str *fields, size_t most);

/* dkim_signed_add - the fields that h= names, each name from the bottom up, as they are hashed; a
 * name without a field is nothing: s5.4.2. At most DKIM_FIELDS_MAX fields */
#define DKIM_FIELDS_MAX 2000
void dkim_signed_add(
	const struct str *fields, size_t count, struct str names, bool is_relaxed, struct buf *out);

/* dkim_field_without_b - a field with a signature, and nothing in its b=: s3.5; absent without
 * memory
 */
struct str dkim_field_without_b(struct str field, struct arena *a);

/* ---- the body: s3.4.3, s3.4.4 */

#define DKIM_PIECE_BYTES 2048

struct dkim_body {
	bool is_relaxed;
	bool has_cr;    /* a CR that may be the first half of a line end */
	bool has_blank; /* relaxed: blanks that may be at the end of a line */
	bool has_text;  /* something was given out */
	uint64_t ends;  /* line ends that may be the last ones */
	size_t used;
	char piece[DKIM_PIECE_BYTES];
	void (*give)(void *to, struct str piece); /* what is to be hashed */
	void *to;
};

void dkim_body_add(struct dkim_body *b, struct str piece);
void dkim_body_end(struct dkim_body *b);

#endif
