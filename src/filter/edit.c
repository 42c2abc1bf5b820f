#include "filter/edit.h"

#include "smtp/field.h"

/* RFC 5322 s3.6.8: printable, no colon. */
static bool
is_field_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		const unsigned char c = (unsigned char)name.ptr[i];
		if (c <= ' ' || c >= 127 || c == ':')
			return false;
	}
	return name.len > 0 && name.len <= 255;
}

static bool
is_of_header(enum edit_kind kind)
{
	return kind <= EDIT_DELETE;
}

/* A value with its lines folded rightly: each line end is CRLF and what follows begins with a
 * blank; empty lines are left out. Absent when it cannot be. */
static struct str
fold(struct arena *a, struct str value)
{
	struct str line;
	size_t n = 0;
	if (value.len > EDIT_VALUE_BYTES_MAX)
		return STR_NONE;
	char *const to = arena_bytes(a, 3 * value.len + 1); /* LF becomes CRLF and a tab */
	if (to == NULL)
		return STR_NONE;
	for (bool is_first = true; str_line(&value, &line); is_first = false) {
		line = is_first ? line : str_trim_end(line);
		if (!is_first && str_trim(line).len == 0)
			continue;
		if (!is_first) {
			memcpy(to + n, "\r\n", 2);
			n += 2;
			if (line.ptr[0] != ' ' && line.ptr[0] != '\t')
				to[n++] = '\t';
		}
		for (size_t i = 0; i < line.len; i++)
			to[n++] = line.ptr[i] == '\0' ? '?' : line.ptr[i];
	}
	return (struct str){to, n};
}

/* An address as a filter may write it: in brackets, or without. No line ends, no blanks. */
static bool
is_address(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7f || s.ptr[i] == '<' ||
			s.ptr[i] == '>')
			return false;
	return s.len <= 320;
}

bool
edit_add(struct edits *e, struct arena *a, enum edit_kind kind, int index, struct str name,
	struct str value)
{
	struct str kept = STR_NONE;
	if (e->count == EDITS_MAX || (is_of_header(kind) && !is_field_name(name)))
		return false;
	if (kind == EDIT_BODY)
		kept = value.len > EDIT_BODY_BYTES_MAX ? STR_NONE : arena_str(a, value);
	else if (is_of_header(kind))
		kept = fold(a, value);
	else if (kind == EDIT_HOLD || kind == EDIT_DISCARD || is_address(value))
		kept = arena_str(a, value);
	struct edit *const one = arena_alloc(a, 1, sizeof *one);
	if (one == NULL || !str_is_set(kept))
		return false;
	*one = (struct edit){.kind = kind,
		.index = index,
		.name = is_of_header(kind) ? arena_str(a, name) : STR_NONE,
		.value = kept};
	if (e->first == NULL)
		e->end = &e->first;
	*e->end = one;
	e->end = &one->next;
	e->count++;
	return !arena_failed(a);
}

void
edits_append(struct edits *e, const struct edits *more)
{
	if (more->first == NULL)
		return;
	if (e->first == NULL)
		e->end = &e->first;
	*e->end = more->first;
	e->end = more->end;
	e->count += more->count;
}

/* Is it put in front of what is there, and no more? */
static bool
is_front(const struct edit *e)
{
	return e->kind == EDIT_ADD || (e->kind == EDIT_INSERT && e->index <= 1);
}

bool
edits_touch_header(const struct edits *e)
{
	for (const struct edit *one = e->first; one != NULL; one = one->next)
		if (is_of_header(one->kind) && !is_front(one))
			return true;
	return false;
}

struct str
edits_body(const struct edits *e)
{
	struct str body = STR_NONE;
	for (const struct edit *one = e->first; one != NULL; one = one->next)
		if (one->kind == EDIT_BODY)
			body = one->value;
	return body;
}

static void
put_field(struct buf *out, const struct edit *e)
{
	buf_add(out, e->name);
	buf_add_char(out, ':');
	if (e->value.len > 0 && e->value.ptr[0] != ' ' && e->value.ptr[0] != '\t')
		buf_add_char(out, ' ');
	buf_add(out, e->value);
	buf_add(out, STR("\r\n"));
}

static void
front_from(const struct edit *e, struct buf *out)
{
	const struct edit *list[EDITS_MAX];
	size_t count = 0;
	for (; e != NULL && count < EDITS_MAX; e = e->next)
		if (is_front(e))
			list[count++] = e;
	while (count > 0)
		put_field(out, list[--count]);
}

void
edits_front(const struct edits *e, struct buf *out)
{
	front_from(e->first, out);
}

/* ---- one change after the other */

/* How many fields of that name there are. */
static int
count_of(struct str header, struct str name)
{
	struct str field;
	int n = 0;
	while (smtp_field_next(&header, &field))
		n += str_eq_case(smtp_field_name(field), name);
	return n;
}

static void
apply(const struct edit *e, struct str header, struct buf *out)
{
	struct str rest = header, field;
	const int count = e->kind == EDIT_INSERT ? 0 : count_of(header, e->name);
	/* Which one: index -1 is the last. */
	const int which = e->index < 0 ? count + 1 + e->index : e->index;
	int nth = 0, place = 0;
	bool is_done = false;
	while (smtp_field_next(&rest, &field)) {
		const bool is_named = str_eq_case(smtp_field_name(field), e->name);
		nth += is_named;
		place++;
		if (e->kind == EDIT_INSERT && place == e->index) {
			put_field(out, e);
			is_done = true;
		}
		if (e->kind == EDIT_DELETE && is_named && (e->index == 0 || nth == which))
			continue;
		if (e->kind == EDIT_CHANGE && is_named && nth == which) {
			put_field(out, e);
			is_done = true;
			continue;
		}
		buf_add(out, field);
	}
	if (!is_done && e->kind != EDIT_DELETE)
		put_field(out, e);
	buf_add(out, rest);
}

void
edits_header(const struct edits *e, struct str header, struct buf *out)
{
	struct buf one;
	buf_init(&one, out->limit_bytes);
	buf_add(out, header);
	for (const struct edit *edit = e->first; edit != NULL && !buf_failed(out);
		edit = edit->next) {
		if (!is_of_header(edit->kind) || is_front(edit))
			continue;
		buf_clear(&one);
		apply(edit, buf_str(out), &one);
		const bool has_failed = buf_failed(&one);
		const struct buf before = *out;
		*out = one;
		one = before;
		out->failed |= has_failed;
	}
	buf_fini(&one);
}
