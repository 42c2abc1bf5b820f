#include "receive/binary_part.h"

#include "read/content_type.h"
#include "smtp/field.h"

/* Is it the field of that name? Then its value. */
static bool
value_of(struct str field, struct str name, struct str *value)
{
	const size_t colon = str_find_char(field, ':', 0);
	if (colon == STR_NPOS || !str_eq_case(str_trim(str_head(field, colon)), name))
		return false;
	*value = str_trim(str_from(field, colon + 1));
	return true;
}

/* Bodies that other encodings hide are nobody's but the reader's. */
static bool
is_identity(struct str encoding)
{
	return !str_is_set(encoding) || str_eq_case(encoding, STR("binary")) ||
	       str_eq_case(encoding, STR("8bit")) || str_eq_case(encoding, STR("7bit"));
}

static const char *
multipart_read(struct str type, struct arena *a, struct binary_part *out)
{
	out->body = BINARY_MULTIPART;
	out->boundary = str_trim(content_type_parameter(type, STR("boundary"), a));
	out->is_signed = content_type_is(type, STR("multipart/signed"));
	out->is_digest = content_type_is(type, STR("multipart/digest"));
	return out->boundary.len == 0 || out->boundary.len > BINARY_BOUNDARY_BYTES_MAX
		       ? "a multipart has no boundary, or none that is allowed"
		       : NULL;
}

const char *
binary_part_read(struct str header, bool is_in_digest, struct arena *a, struct binary_part *out)
{
	struct str type = STR_NONE, encoding = STR_NONE, field, value;
	*out = (struct binary_part){.body = BINARY_AS_IT_IS};
	while (smtp_field_next(&header, &field)) {
		struct str *const which =
			value_of(field, STR("Content-Type"), &value)                ? &type
			: value_of(field, STR("Content-Transfer-Encoding"), &value) ? &encoding
										    : NULL;
		if (which == NULL)
			continue;
		if (str_is_set(*which))
			return "a part has two Content-Type or Content-Transfer-Encoding fields";
		*which = value;
		if (which == &encoding)
			out->field = field;
	}
	const bool is_binary = str_eq_case(encoding, STR("binary"));
	if (!is_identity(encoding)) {
		out->body = BINARY_AS_IT_IS;
	} else if (str_is_set(type) && content_type_is(type, STR("multipart/"))) {
		const char *const fault = multipart_read(type, a, out);
		if (fault != NULL)
			return fault;
	} else if (str_is_set(type) ? content_type_is(type, STR("message/rfc822")) ||
					      content_type_is(type, STR("message/global"))
				    : is_in_digest) {
		out->body = BINARY_NESTED;
	} else if (is_binary && !(str_is_set(type) && content_type_is(type, STR("message/")))) {
		out->body = BINARY_TO_ENCODE;
	}
	if (!is_binary)
		out->field = STR_NONE;
	else /* RFC 2046 s5.1, s5.2: what has parts has no encoding of its own */
		out->replacement = out->body == BINARY_TO_ENCODE
					   ? STR("Content-Transfer-Encoding: base64\r\n")
					   : STR("Content-Transfer-Encoding: 8bit\r\n");
	return NULL;
}
