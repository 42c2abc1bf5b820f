#include "receive/form.h"

#include "check/author.h"

#include <stdio.h>

#define SHOWN_BYTES 40 /* of a line that is no field */

enum { FIELD_FROM, FIELD_DATE, FIELD_SENDER };

/* RFC 5322 s3.6: those that may stand once. */
static const struct {
	struct str name;
	bool is_needed, is_added; /* added: by who completes the header */
} fields[] = {
	[FIELD_FROM] = {STR_INIT("From"), true, false},
	[FIELD_DATE] = {STR_INIT("Date"), true, true},
	[FIELD_SENDER] = {STR_INIT("Sender"), false, false},
	{STR_INIT("Reply-To"), false, false},
	{STR_INIT("To"), false, false},
	{STR_INIT("Cc"), false, false},
	{STR_INIT("Bcc"), false, false},
	{STR_INIT("Message-ID"), false, false},
	{STR_INIT("In-Reply-To"), false, false},
	{STR_INIT("References"), false, false},
	{STR_INIT("Subject"), false, false},
};
#define FIELDS (sizeof fields / sizeof *fields)

/* The bytes of a field's name; 0 when the line is no field. */
static size_t
name_len(struct str line)
{
	size_t n = 0;
	while (n < line.len && line.ptr[n] > ' ' && line.ptr[n] < 127 && line.ptr[n] != ':')
		n++;
	size_t colon = n;
	while (colon < line.len && (line.ptr[colon] == ' ' || line.ptr[colon] == '\t'))
		colon++;
	return colon < line.len && line.ptr[colon] == ':' ? n : 0;
}

/* The next field with its folded lines, without its last CRLF; false at the header's end. */
static bool
field_next(struct str *rest, struct str *field)
{
	const struct str all = *rest;
	struct str line;
	if (!str_line(rest, &line) || line.len == 0)
		return false;
	while (rest->len > 0 && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t'))
		str_line(rest, &line);
	*field = (struct str){all.ptr, (size_t)(line.ptr + line.len - all.ptr)};
	return true;
}

static size_t
authors_of(struct str field, bool *has_domain)
{
	struct str rest = str_from(field, str_find_char(field, ':', 0) + 1), domain;
	size_t n = 0;
	*has_domain = false;
	for (; author_next(&rest, &domain); n++)
		*has_domain |= domain.len > 0;
	return n;
}

static struct str
words(char room[static FORM_WORDS_BYTES], int len)
{
	return (struct str){room, len < FORM_WORDS_BYTES ? (size_t)len : FORM_WORDS_BYTES - 1};
}

struct str
form_fault(struct str header, bool is_cut, bool is_completed, char room[static FORM_WORDS_BYTES])
{
	size_t seen[FIELDS] = {0}, authors = 0;
	bool has_domain = false;
	struct str field;
	if (is_cut)
		header = str_head(header, str_behind_last(header, '\n'));
	while (field_next(&header, &field)) {
		const struct str name = str_head(field, name_len(field));
		struct str line = field;
		if (name.len == 0) {
			str_line(&line, &field);
			const struct str shown = str_head_text(field, SHOWN_BYTES);
			return words(room, snprintf(room, FORM_WORDS_BYTES, "no field: %.*s",
						   (int)shown.len, shown.ptr));
		}
		for (size_t i = 0; i < FIELDS; i++)
			seen[i] += str_eq_case(name, fields[i].name);
		if (str_eq_case(name, fields[FIELD_FROM].name))
			authors = authors_of(field, &has_domain);
	}
	for (size_t i = 0; i < FIELDS; i++) {
		const struct str name = fields[i].name;
		if (seen[i] > 1)
			return words(
				room, snprintf(room, FORM_WORDS_BYTES, "it has %zu %.*s fields",
					      seen[i], (int)name.len, name.ptr));
		if (seen[i] == 0 && fields[i].is_needed && !is_cut &&
			!(is_completed && fields[i].is_added))
			return words(room, snprintf(room, FORM_WORDS_BYTES, "it has no %.*s",
						   (int)name.len, name.ptr));
	}
	if (seen[FIELD_FROM] == 1 && !has_domain)
		return STR("From names nobody");
	if (authors > 1 && seen[FIELD_SENDER] == 0 && !is_cut)
		return STR("From names several, and there is no Sender");
	return STR_NONE;
}
