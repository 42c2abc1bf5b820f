#include "read/header.h"

#include "base/decode.h"
#include "base/line.h"
#include "read/limits.h"

/* A field name is printable ASCII but for the colon: RFC 5322 s3.6.8. Longer ones than this are
 * text. */
#define NAME_BYTES_MAX 76
#define TORN_LINES_MAX 8 /* of a value that was wrapped without indent */

_Static_assert(HEADER_FIELDS_MAX <= UINT16_MAX, "struct header counts fields so");

/* How many bytes at the head of the line may stand in a name; one too many is enough to know. */
static inline size_t
name_length(struct str line)
{
	size_t n = 0;
	while (n < line.len && n <= NAME_BYTES_MAX) {
		const struct lanes l = lanes_next(line.ptr + n, line.len - n);
		const unsigned end = lanes_odd(l, '!') | lanes_either(l, ':', 127);
		if (end != 0)
			return n + lanes_first(end);
		n += LANES;
	}
	return n < line.len ? n : line.len;
}

static inline bool
split(struct str line, struct str *name, struct str *value)
{
	const size_t n = name_length(line);
	size_t colon = n;
	while (colon < line.len && (line.ptr[colon] == ' ' || line.ptr[colon] == '\t'))
		colon++;
	if (n == 0 || n > NAME_BYTES_MAX || colon >= line.len || line.ptr[colon] != ':')
		return false;
	/* One blank stands before nearly every value. */
	const size_t from = colon + 1 + (colon + 1 < line.len && line.ptr[colon + 1] == ' ');
	*name = str_head(line, n);
	*value = str_trim(str_from(line, from));
	return true;
}

bool
field_split(struct str line, struct str *name, struct str *value)
{
	return split(line, name, value);
}

/* Passes over what may stand before the first field. */
static struct str
skip_preamble(struct str in, struct header *h)
{
	if (str_starts(in, STR("\xEF\xBB\xBF")))
		in = str_from(in, 3);
	for (;;) {
		struct str rest = in, line;
		if (!str_line(&rest, &line))
			return in;
		if (str_starts(line, STR("From ")) || str_starts(line, STR(">From "))) {
			if (!str_is_set(h->from_line))
				h->from_line = line;
		} else if (!str_is_blank(line)) {
			return in;
		}
		in = rest;
	}
}

/* A field that stands in headers and not at the head of a line of words. */
static bool
is_of_header(struct str name)
{
	static const struct str names[] = {STR_INIT("Received"), STR_INIT("Return-Path"),
		STR_INIT("Message-ID"), STR_INIT("Date"), STR_INIT("From"), STR_INIT("To"),
		STR_INIT("Subject"), STR_INIT("MIME-Version"), STR_INIT("Delivered-To"),
		STR_INIT("Reply-To"), STR_INIT("DKIM-Signature"), STR_INIT("Auto-Submitted"),
		STR_INIT("Authentication-Results"), STR_INIT("Precedence"), STR_INIT("References"),
		STR_INIT("In-Reply-To")};
	return str_starts_case(name, STR("Content-")) || str_starts_case(name, STR("X-")) ||
	       str_starts_case(name, STR("ARC-")) ||
	       str_is_among(name, names, sizeof names / sizeof *names);
}

/* Is the line after this one, which is no field, a field again? Then this one is a continuation
 * without its indent; and so are several before a field that no text has. */
static bool
field_follows(struct str rest)
{
	struct str line, name, value;
	for (int lines = 0; lines < TORN_LINES_MAX && str_line(&rest, &line); lines++) {
		if (str_is_blank(line))
			return false;
		if (field_split(line, &name, &value) && value.len > 0 &&
			str_find_char(name, '/', 0) == STR_NPOS)
			return lines == 0 || is_of_header(name);
	}
	return false;
}

static inline bool
push(struct header *h, size_t *room, struct arena *a, struct header_field f)
{
	struct header_field *const fields =
		arena_more(a, h->fields, h->count, room, sizeof *fields);
	if (fields == NULL)
		return false;
	h->fields = fields;
	h->fields[h->count++] = f;
	const uint32_t slot = header_slot(f.key);
	*(h->first[slot] == 0 ? &h->first[slot] : &fields[h->last[slot] - 1].next) =
		(uint16_t)h->count;
	h->last[slot] = (uint16_t)h->count;
	return true;
}

bool
header_parse(struct str in, struct arena *a, struct header *h)
{
	*h = (struct header){.body = in};
	struct str rest = skip_preamble(in, h);
	size_t room = 0;
	struct str line, name, value;
	struct header_field *last = NULL;
	for (;;) {
		const struct str before = rest;
		if (!line_next(&rest, &line)) {
			h->body = rest;
			break;
		}
		if (line.len == 0 ||
			((unsigned char)line.ptr[0] <= ' ' && h->count > 0 && str_is_blank(line))) {
			h->body = rest;
			break;
		}
		if (field_continues(line) && h->count > 0) {
			if (last != NULL)
				last->value =
					str_trim(str_between(last->value.ptr, line.ptr + line.len));
			continue;
		}
		if (split(line, &name, &value)) {
			last = NULL;
			if (h->count == HEADER_FIELDS_MAX) {
				h->is_cut = true;
				continue;
			}
			if (!push(h, &room, a,
				    (struct header_field){name, value, header_key(name), 0}))
				return false;
			last = &h->fields[h->count - 1];
			continue;
		}
		/* mbox's ">From " may stand between the fields, after a From_ line that somebody
		 * escaped. */
		if (str_starts(line, STR(">From ")) || str_starts(line, STR("From ")))
			continue;
		if (h->count == 0)
			return false;
		if (last != NULL && field_follows(rest)) {
			last->value = str_trim(str_between(last->value.ptr, line.ptr + line.len));
			continue;
		}
		h->body = before;
		break;
	}
	if (h->count == 0)
		h->body = in;
	return h->count > 0;
}

bool
header_go_on(struct header *h, struct arena *a)
{
	struct str rest = h->body, line = STR_NONE, name, value;
	struct header more;
	while (str_line(&rest, &line) && str_is_blank(line))
		;
	if (!field_split(line, &name, &value) || value.len == 0 || !is_of_header(name) ||
		header_has(h, name))
		return false;
	/* What is said in the text of a message that has all it needs is its text. */
	const bool is_whole = header_has(h, STR("From")) && header_has(h, STR("Subject")) &&
			      header_has(h, STR("Date"));
	if ((is_whole && !str_starts_case(name, STR("MIME-Version")) &&
		    !str_starts_case(name, STR("Content-T"))) ||
		!header_parse(str_between(line.ptr, h->body.ptr + h->body.len), a, &more))
		return false;
	size_t known = 0;
	for (size_t i = 0; i < more.count; i++)
		known += is_of_header(more.fields[i].name);
	if (known * 2 < more.count || header_has(&more, STR("Reporting-MTA")) ||
		header_has(&more, STR("Final-Recipient")))
		return false;
	size_t room = h->count;
	for (size_t i = 0; i < more.count && h->count < HEADER_FIELDS_MAX; i++) {
		more.fields[i].next = 0;
		if (!push(h, &room, a, more.fields[i]))
			return false;
	}
	h->body = more.body;
	return true;
}

/* Most programs spell a name as its RFC does. */
static inline bool
is_name(struct str given, struct str name)
{
	return given.len == name.len &&
	       (str_same_bytes(given.ptr, name.ptr, name.len) || str_eq_case(given, name));
}

struct str
header_find_keyed(const struct header *h, struct str name, uint32_t key)
{
	for (size_t i = h->first[header_slot(key)]; i != 0; i = h->fields[i - 1].next) {
		const struct header_field *const f = &h->fields[i - 1];
		if (f->key == key && is_name(f->name, name))
			return f->value;
	}
	return STR_NONE;
}

struct str
header_text(struct str value, struct arena *a)
{
	return decode_words(str_head(value, HEADER_VALUE_MAX), a);
}
