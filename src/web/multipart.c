#include "web/multipart.h"

#include "web/request.h"

static bool
fail(struct multipart *m, const char *why)
{
	m->why = why;
	return false;
}

/* bcharsnospace and the blank, which may not be the last */
static bool
is_boundary(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alnum((unsigned char)s.ptr[i]) &&
			(s.ptr[i] == '\0' || strchr("'()+_,-./:=? ", s.ptr[i]) == NULL))
			return false;
	return s.len > 0 && s.len <= MULTIPART_BOUNDARY_BYTES_MAX && s.ptr[s.len - 1] != ' ';
}

/* What follows a delimiter on its line: "--" ends it all, else blanks and CRLF. */
static bool
end_delimiter(struct multipart *m)
{
	m->is_last = str_starts(m->rest, STR("--"));
	if (m->is_last)
		return true;
	size_t i = 0;
	while (i < m->rest.len && (m->rest.ptr[i] == ' ' || m->rest.ptr[i] == '\t'))
		i++;
	m->rest = str_from(m->rest, i);
	if (!str_starts(m->rest, STR("\r\n")))
		return fail(m, "A delimiter of the form is not followed by a line end (CRLF).");
	/* The CRLF stays: an empty header begins with it. */
	return true;
}

bool
multipart_begin(struct multipart *m, struct str content_type, struct str body, struct arena *a)
{
	*m = (struct multipart){.arena = a};
	const struct str boundary = media_parameter(content_type, STR("boundary"), a);
	if (!is_boundary(boundary))
		return fail(
			m, "The Content-Type of the form has no boundary of 1 to 70 characters.");
	memcpy(m->delimiter, "\r\n--", 4);
	memcpy(m->delimiter + 4, boundary.ptr, boundary.len);
	m->delimiter_len = 4 + boundary.len;
	const struct str delimiter = {m->delimiter, m->delimiter_len};
	const struct str first = str_from(delimiter, 2);
	if (str_starts(body, first)) {
		m->rest = str_from(body, first.len);
		return end_delimiter(m);
	}
	const size_t at = str_find(body, delimiter, 0);
	if (at == STR_NPOS)
		return fail(m, "The boundary that Content-Type names does not occur in the body.");
	m->rest = str_from(body, at + delimiter.len);
	return end_delimiter(m);
}

/* "Content-Disposition: form-data; name=..." and "Content-Type: ..." */
static bool
read_fields(struct multipart *m, struct str header, struct multipart_part *part)
{
	bool has_disposition = false;
	for (struct str line; str_line(&header, &line);) {
		if (line.len == 0)
			continue;
		const struct str name = str_cut(&line, ':');
		if (!str_is_set(line))
			return fail(m, "A line in the header of a part of the form has no colon.");
		if (str_eq_case(name, STR("content-type"))) {
			part->type = str_trim(line);
		} else if (str_eq_case(name, STR("content-transfer-encoding"))) {
			const struct str coding = str_trim(line);
			if (!str_eq_case(coding, STR("binary")) &&
				!str_eq_case(coding, STR("8bit")) &&
				!str_eq_case(coding, STR("7bit")))
				return fail(m,
					"A part of the form has a Content-Transfer-Encoding; "
					"RFC 7578 has none.");
		} else if (str_eq_case(name, STR("content-disposition"))) {
			has_disposition = str_eq_case(media_type(line), STR("form-data"));
			part->name = media_parameter(line, STR("name"), m->arena);
			part->filename = media_parameter(line, STR("filename"), m->arena);
		}
	}
	if (!has_disposition || !str_is_set(part->name))
		return fail(
			m, "A part of the form has no Content-Disposition: form-data with a name.");
	return true;
}

bool
multipart_next(struct multipart *m, struct multipart_part *part)
{
	const struct str delimiter = {m->delimiter, m->delimiter_len};
	*part = (struct multipart_part){.name = STR_NONE};
	if (m->why != NULL || m->is_last)
		return false;
	if (++m->parts > MULTIPART_PARTS_MAX)
		return fail(m, "The form has more than 32 parts.");
	const size_t header =
		str_find(str_head(m->rest, MULTIPART_HEADER_BYTES_MAX), STR("\r\n\r\n"), 0);
	if (header == STR_NPOS)
		return fail(m,
			"The header of a part of the form is not ended by an empty line, or is "
			"longer than 4096 bytes.");
	/* The empty line's CRLF may be the one of the delimiter: a part may be empty. */
	const size_t end = str_find(m->rest, delimiter, header + 2);
	if (end == STR_NPOS)
		return fail(m, "The form breaks off: its closing delimiter is missing.");
	if (!read_fields(m, str_head(m->rest, header), part))
		return false;
	part->body = end > header + 4 ? (struct str){m->rest.ptr + header + 4, end - header - 4}
				      : (struct str){m->rest.ptr + end, 0};
	m->rest = str_from(m->rest, end + delimiter.len);
	return end_delimiter(m);
}
