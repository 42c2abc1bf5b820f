#include "read/mime.h"

static const struct {
	struct str type;
	enum part_role role;
} roles[] = {
	{STR_INIT("message/delivery-status"), PART_STATUS},
	{STR_INIT("message/global-delivery-status"), PART_STATUS}, /* RFC 6533 */
	{STR_INIT("message/xdelivery-status"), PART_STATUS},       /* seen from gateways */
	{STR_INIT("text/delivery-status"), PART_STATUS},
	{STR_INIT("message/feedback-report"), PART_FEEDBACK},
	{STR_INIT("message/disposition-notification"), PART_DISPOSITION},
	{STR_INIT("message/global-disposition-notification"), PART_DISPOSITION},
	{STR_INIT("message/rfc822"), PART_RETURNED},
	{STR_INIT("message/global"), PART_RETURNED},
	{STR_INIT("message/partial"), PART_RETURNED},
	{STR_INIT("message/rfc822-headers"), PART_RETURNED},
	{STR_INIT("message/global-headers"), PART_RETURNED},
	{STR_INIT("text/rfc822-headers"), PART_RETURNED},
	{STR_INIT("text/rfc822-header"), PART_RETURNED},
	{STR_INIT("text/rfc822"), PART_RETURNED},
	{STR_INIT("text/html"), PART_HTML},
	{STR_INIT("text/"), PART_TEXT},
};

#define DISPOSITION_WITHIN 1000 /* bytes: fields of a notification before the one that tells */

/* Words at the head of a body that give away what a part without a useful type is. */
static enum part_role
role_by_content(struct str body)
{
	struct str name, value, line = STR_NONE, rest = body;
	while (str_line(&rest, &line) && str_is_blank(line))
		;
	if (!field_split(line, &name, &value))
		return PART_TEXT;
	if (str_eq_case(name, STR("Reporting-MTA")))
		return PART_STATUS;
	/* RFC 8098 has these two as well. */
	if (str_eq_case(name, STR("Final-Recipient")) ||
		str_eq_case(name, STR("Original-Recipient")))
		return str_has_case(str_head(body, DISPOSITION_WITHIN), STR("\nDisposition:"))
			       ? PART_DISPOSITION
			       : PART_STATUS;
	if (str_eq_case(name, STR("Feedback-Type")))
		return PART_FEEDBACK;
	if (str_eq_case(name, STR("Return-Path")) || str_eq_case(name, STR("Received")))
		return PART_RETURNED;
	return PART_TEXT;
}

/* Does it begin as only the fields of a report on delivery, or of a receipt, do? */
static bool
is_notification(struct str body)
{
	const struct str head = str_trim(str_head(body, 40));
	return str_starts_case(head, STR("Reporting-MTA")) ||
	       str_starts_case(head, STR("Final-Recipient")) ||
	       str_starts_case(head, STR("Original-Recipient"));
}

static enum part_role
role_of(struct str type, struct str body)
{
	if (!str_is_set(type))
		return role_by_content(body);
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
		if (!content_type_is(type, roles[i].type))
			continue;
		/* Gateways give everything the type text/plain, delivery-status too, and some
		 * another. */
		if (roles[i].role == PART_TEXT || is_notification(body))
			return role_by_content(body);
		return roles[i].role;
	}
	/* "Content-Type: text", "Content-Type: plain", and other things that mean text. */
	if (str_find_char(str_head(type, 40), '/', 0) == STR_NPOS || is_notification(body))
		return role_by_content(body);
	return PART_OTHER;
}

static void
add_leaf(struct mime *m, const struct header *h, bool is_alternative, struct arena *a)
{
	if (m->count == MIME_PARTS_MAX) {
		m->is_many = true;
		return;
	}
	const struct str type = header_find(h, STR("Content-Type"));
	const struct str disposition = header_find(h, STR("Content-Disposition"));
	struct part *const parts = arena_more(a, m->parts, m->count, &m->room, sizeof *parts);
	if (parts == NULL)
		return;
	m->parts = parts;
	struct part *const p = &parts[m->count++];
	*p = (struct part){
		.role = role_of(type, h->body),
		.type = type,
		.charset = str_is_set(type) ? content_type_parameter(type, STR("charset"), a)
					    : STR_NONE,
		.encoding = header_find(h, STR("Content-Transfer-Encoding")),
		.raw = h->body,
		.is_attachment = str_starts_case(disposition, STR("attachment")),
		.is_alternative = is_alternative,
	};
	if (str_is_set(disposition))
		p->name = content_type_parameter(disposition, STR("filename"), a);
	if (!str_is_set(p->name) && str_is_set(type))
		p->name = content_type_parameter(type, STR("name"), a);
	/* A gateway that knows no delivery-status passes it on as bytes with a name. */
	if (p->role == PART_OTHER && str_is_set(p->name) &&
		(str_has_case(p->name, STR("delivery-status")) ||
			str_eq_case(p->name, STR("details.txt"))))
		p->role = PART_STATUS;
	/* Mail programs attach a bounce as a file, and some call that bytes. */
	if (p->role == PART_OTHER && str_is_set(p->name) && str_ends_case(p->name, STR(".eml"))) {
		p->role = PART_RETURNED;
		p->type = STR("message/rfc822");
	}
}

/*
 * The next line "--boundary" at or after `from`, or STR_NPOS. `*end` is where
 * the line after it begins; *is_last when it is "--boundary--". A boundary that
 * is the beginning of another one is told apart by what follows it.
 */
static size_t
find_boundary(struct str body, struct str boundary, char line_end, size_t from, size_t *end,
	bool *is_last)
{
	const char dashes[] = {line_end, '-', '-'}; /* at the head of a line */
	while (from < body.len) {
		const char *const p = body.ptr + from;
		const struct str left = str_from(body, from);
		if (left.len >= boundary.len + 2 && p[0] == '-' && p[1] == '-' &&
			memcmp(p + 2, boundary.ptr, boundary.len) == 0) {
			struct str rest = left, line;
			(void)str_line(&rest, &line);
			const struct str tail = str_trim_end(str_from(line, boundary.len + 2));
			if (tail.len == 0 || str_eq(tail, STR("--"))) {
				*is_last = tail.len == 2;
				*end = body.len - rest.len;
				return from;
			}
		}
		from = str_find(body, (struct str){dashes, sizeof dashes}, from);
		if (from == STR_NPOS)
			return STR_NPOS;
		from++;
	}
	return STR_NPOS;
}

/* A body that begins with "--x" and a MIME field is a multipart, whatever its header says; gives x.
 */
static struct str
sniff_boundary(struct str body)
{
	struct str rest = body, line, next, name, value;
	for (int lines = 0; lines < 30 && str_line(&rest, &line); lines++) {
		if (!str_starts(line, STR("--")) || line.len < 6 || line.len > 200)
			continue;
		struct str after = rest;
		if (str_line(&after, &next) && field_split(next, &name, &value) &&
			str_starts_case(name, STR("Content-")))
			return str_trim_end(str_from(line, 2));
	}
	return STR_NONE;
}

static void walk(struct mime *m, const struct header *h, unsigned depth, bool is_alternative,
	struct arena *a);

/* A boundary in a body, as find_boundary() gives it. */
struct place {
	size_t at, end;
	bool is_last;
};

/* Are these the fields of another part, though the boundary before them says it was the last? */
static bool
begins_part(struct str rest)
{
	return str_starts_case(rest, STR("Content-Type:"));
}

static void
walk_multipart(struct mime *m, struct str body, struct str boundary, struct place first,
	unsigned depth, bool is_alternative, struct arena *a)
{
	size_t at = first.at, end = first.end;
	bool is_last = first.is_last;
	if (depth == 0)
		m->preamble = str_head(body, at);
	while (at != STR_NPOS && (!is_last || begins_part(str_from(body, end))) &&
		m->count < MIME_PARTS_MAX) {
		const size_t from = end;
		at = find_boundary(body, boundary, m->line_end, from, &end, &is_last);
		/* The line end before the boundary belongs to it; a part that is never closed ends
		 * with the body. */
		const struct str content =
			str_between(body.ptr + from, body.ptr + (at == STR_NPOS ? body.len : at));
		struct header part;
		/* A part that begins with a blank line has no header: text/plain, RFC 2046 s5.1. */
		struct str rest = content, line;
		if (str_line(&rest, &line) && line.len == 0)
			part = (struct header){.body = rest};
		else
			(void)header_parse(content, a, &part);
		if (part.count > 0 && !header_has(&part, STR("Content-Type")) &&
			!str_starts_case(part.fields[0].name, STR("Content-")))
			part = (struct header){.body = content}; /* text or a header that came
								    without a blank line */
		/* The fields of a notification right behind the part's own: the blank line between
		 * them was lost. */
		if (part.count > 0 && str_is_blank(part.body) &&
			(header_has(&part, STR("Final-Recipient")) ||
				header_has(&part, STR("Reporting-MTA"))))
			part.body = content;
		walk(m, &part, depth + 1, is_alternative, a);
	}
	if (at != STR_NPOS && !is_last)
		m->is_many = true;
}

static struct place
first_boundary(const struct mime *m, struct str body, struct str boundary)
{
	struct place p = {STR_NPOS, 0, false};
	if (str_is_set(boundary))
		p.at = find_boundary(body, boundary, m->line_end, 0, &p.end, &p.is_last);
	return p;
}

/* Is this part, which is the whole message, not what its type says? Words are no bytes, and begin
 * with no field as a message or a report does. */
static bool
is_no_such_type(const struct part *p)
{
	struct str rest = p->raw, line = STR_NONE, name, value;
	if (p->role == PART_OTHER)
		return (content_type_is(p->type, STR("application/octet-stream")) ||
			       content_type_is(p->type, STR("multipart/"))) &&
		       !str_starts_case(p->encoding, STR("base64"));
	if (p->role != PART_RETURNED && p->role != PART_STATUS)
		return false;
	while (str_line(&rest, &line) && str_is_blank(line))
		;
	return !str_is_set(p->encoding) && !field_split(line, &name, &value);
}

/* Is the boundary in this text that of a message which is returned in it, and which names it in its
 * own header? */
static bool
is_of_returned(struct str type, struct str body, size_t boundary_at)
{
	/* A body that begins with a blank begins with the rest of a field: its own, of a header
	 * that is lost. */
	const bool is_text =
		content_type_is(type, STR("text/")) ||
		(!str_is_set(type) && body.len > 0 && !ascii_is_space((unsigned char)body.ptr[0]));
	return is_text && boundary_at != STR_NPOS &&
	       str_has_case(str_head(body, boundary_at), STR("boundary="));
}

static void
walk(struct mime *m, const struct header *h, unsigned depth, bool is_alternative, struct arena *a)
{
	const struct str type = header_find(h, STR("Content-Type"));
	struct str boundary = STR_NONE;
	if (m->count == MIME_PARTS_MAX) {
		m->is_many = true;
		return;
	}
	if (content_type_is(type, STR("multipart/"))) {
		boundary = content_type_parameter(type, STR("boundary"), a);
		if (content_type_is(type, STR("multipart/report")) && depth <= 1) {
			m->is_report = true;
			m->report_type = content_type_parameter(type, STR("report-type"), a);
		}
		is_alternative =
			is_alternative || content_type_is(type, STR("multipart/alternative"));
	}
	struct place first = first_boundary(m, h->body, boundary);
	if (first.at == STR_NPOS && (depth == 0 || content_type_is(type, STR("multipart/")))) {
		boundary = sniff_boundary(h->body);
		first = first_boundary(m, h->body, boundary);
		if (is_of_returned(type, h->body, first.at))
			boundary = STR_NONE;
	} else if (first.at == STR_NPOS) {
		boundary = STR_NONE;
	}
	if (boundary.len == 0) {
		add_leaf(m, h, is_alternative, a);
		/* A multipart whose parts cannot be told apart is still text to be read, and so is
		 * all of a message whose type lies. */
		if (m->count > 0 && (content_type_is(type, STR("multipart/")) ||
					    (depth == 0 && is_no_such_type(&m->parts[0]))))
			m->parts[m->count - 1].role = role_by_content(h->body);
		return;
	}
	m->is_multipart = true;
	if (depth >= MIME_DEPTH_MAX) {
		m->is_deep = true;
		return;
	}
	walk_multipart(m, h->body, boundary, first, depth, is_alternative, a);
}

void
mime_parse(const struct header *h, struct arena *a, struct mime *m)
{
	*m = (struct mime){0};
	/* Lines that end in CR alone are met in mail from old Macintosh programs; then all of them
	 * do. */
	m->line_end = str_find_char(h->body, '\n', 0) == STR_NPOS ? '\r' : '\n';
	walk(m, h, 0, false, a);
	if (m->count == 0 || h->body.len == 0)
		return;
	struct part *const last = &m->parts[m->count - 1];
	const char *const end = h->body.ptr + h->body.len;
	last->is_torn = last->raw.len > 0 && last->raw.ptr + last->raw.len == end &&
			end[-1] != '\n' && end[-1] != '\r';
}
