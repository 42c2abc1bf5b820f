/* dkim_text - tag lists, and what is hashed of header and body */
#include "check/dkim_text.h"

#include "smtp/field.h"

static bool
is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_blank(char c)
{
	return is_wsp(c) || c == '\r' || c == '\n';
}

static struct str
trim(struct str s)
{
	while (s.len > 0 && is_blank(s.ptr[0]))
		s = str_from(s, 1);
	while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

bool
dkim_tags_parse(struct str text, struct dkim_tags *out)
{
	out->count = 0;
	while (str_is_set(text)) {
		struct str tag = str_cut(&text, ';');
		if (trim(tag).len == 0) {
			if (str_is_set(text)) /* only the last may be empty */
				return false;
			break;
		}
		const struct str name = trim(str_cut(&tag, '='));
		if (!str_is_set(tag) || name.len == 0 || out->count == DKIM_TAGS_MAX ||
			!ascii_is_alpha((unsigned char)name.ptr[0]))
			return false;
		for (size_t i = 0; i < name.len; i++)
			if (!ascii_is_alnum((unsigned char)name.ptr[i]) && name.ptr[i] != '_')
				return false;
		if (str_is_set(dkim_tag(out, name)))
			return false;
		out->list[out->count++] = (struct dkim_tag){name, trim(tag)};
	}
	return out->count > 0;
}

struct str
dkim_tag(const struct dkim_tags *tags, struct str name)
{
	for (size_t i = 0; i < tags->count; i++)
		if (str_eq(tags->list[i].name, name)) /* s3.2: case counts */
			return tags->list[i].value;
	return STR_NONE;
}

struct str
dkim_without_blanks(struct str s, struct arena *a)
{
	char *const room = arena_bytes(a, s.len);
	size_t used = 0;
	if (room == NULL)
		return STR_NONE;
	for (size_t i = 0; i < s.len; i++)
		if (!is_blank(s.ptr[i]))
			room[used++] = s.ptr[i];
	return (struct str){room, used};
}

bool
dkim_list_has(struct str list, struct str item)
{
	while (str_is_set(list))
		if (str_eq_case(trim(str_cut(&list, ':')), item))
			return true;
	return false;
}

void
dkim_field_add(struct buf *out, struct str field, bool is_relaxed)
{
	if (!is_relaxed) {
		buf_add(out, field);
		return;
	}
	struct str value = field;
	const struct str name = trim(str_cut(&value, ':'));
	bool has_blank = false, is_first = true;
	for (size_t i = 0; i < name.len; i++)
		buf_add_char(out, (char)ascii_lower((unsigned char)name.ptr[i]));
	buf_add_char(out, ':');
	for (size_t i = 0; i < value.len; i++) {
		if (is_blank(value.ptr[i])) {
			has_blank = true;
			continue;
		}
		if (has_blank && !is_first)
			buf_add_char(out, ' ');
		buf_add_char(out, value.ptr[i]);
		has_blank = is_first = false;
	}
	buf_add(out, STR("\r\n"));
}

bool
dkim_field_is(struct str field, struct str name)
{
	const size_t colon = str_find_char(field, ':', 0);
	return colon != STR_NPOS && str_eq_case(str_trim(str_head(field, colon)), name);
}

size_t
dkim_fields_find(struct str header, struct str *fields, size_t most)
{
	size_t count = 0;
	for (struct str field; count < most && smtp_field_next(&header, &field);)
		fields[count++] = field;
	return count;
}

void
dkim_signed_add(
	const struct str *fields, size_t count, struct str names, bool is_relaxed, struct buf *out)
{
	bool taken[DKIM_FIELDS_MAX] = {false};
	while (str_is_set(names)) {
		const struct str name = trim(str_cut(&names, ':'));
		for (size_t i = count; i-- > 0;) {
			if (taken[i] || !dkim_field_is(fields[i], name))
				continue;
			taken[i] = true;
			dkim_field_add(out, fields[i], is_relaxed);
			break;
		}
	}
}

struct str
dkim_field_without_b(struct str field, struct arena *a)
{
	const size_t colon = str_find_char(field, ':', 0);
	for (size_t at = colon == STR_NPOS ? field.len : colon + 1; at < field.len;) {
		const size_t semicolon = str_find_char(field, ';', at);
		const size_t end = semicolon == STR_NPOS ? field.len : semicolon;
		const size_t equals = str_find_char(str_head(field, end), '=', at);
		if (equals != STR_NPOS &&
			str_eq(trim((struct str){field.ptr + at, equals - at}), STR("b"))) {
			/* The last tag ends where the field does: its line end stays. */
			const size_t from =
				end == field.len && field.len >= 2 ? field.len - 2 : end;
			return arena_join(
				a, str_head(field, equals + 1), STR_NONE, str_from(field, from));
		}
		at = end + 1;
	}
	return field;
}

/* ---- the body */

static void
flush(struct dkim_body *b)
{
	if (b->used > 0)
		b->give(b->to, (struct str){b->piece, b->used});
	b->used = 0;
}

static void
put(struct dkim_body *b, char c)
{
	if (b->used == DKIM_PIECE_BYTES)
		flush(b);
	b->piece[b->used++] = c;
}

/* What was held back is not at the end: it counts. */
static void
put_held(struct dkim_body *b)
{
	for (; b->ends > 0; b->ends--) {
		put(b, '\r');
		put(b, '\n');
	}
	if (b->has_blank)
		put(b, ' ');
	b->has_blank = false;
	b->has_text = true;
}

static void
take(struct dkim_body *b, char c)
{
	if (b->has_cr) {
		b->has_cr = false;
		if (c == '\n') {
			b->has_blank = false;
			b->ends++;
			return;
		}
		put_held(b); /* a CR alone is a character */
		put(b, '\r');
	}
	if (c == '\r') {
		b->has_cr = true;
	} else if (b->is_relaxed && is_wsp(c)) {
		b->has_blank = true;
	} else {
		put_held(b);
		put(b, c);
	}
}

void
dkim_body_add(struct dkim_body *b, struct str piece)
{
	for (size_t i = 0; i < piece.len; i++)
		take(b, piece.ptr[i]);
}

void
dkim_body_end(struct dkim_body *b)
{
	if (b->has_cr) {
		put_held(b);
		put(b, '\r');
		b->has_cr = false;
	}
	/* s3.4.3: an empty body is a line end; s3.4.4: or nothing */
	if (b->has_text || !b->is_relaxed) {
		put(b, '\r');
		put(b, '\n');
	}
	flush(b);
}
