/* authres - Authentication-Results */
#include "check/authres.h"

static const struct str name = STR_INIT("Authentication-Results");

/* RFC 2045 token, and what addresses have besides: RFC 8601 s2.2 pvalue. */
static bool
is_plain(char c)
{
	return ascii_is_alnum((unsigned char)c) || memchr(".-_+@!#$%&'*^`{|}~/", c, 19) != NULL;
}

static char
shown(char c)
{
	return c >= ' ' && c <= '~' ? c : '?';
}

void
authres_begin(struct authres *a, struct buf *out, struct str host)
{
	*a = (struct authres){out, false};
	buf_add(out, name);
	buf_add(out, STR(": "));
	buf_add(out, host);
}

void
authres_result(struct authres *a, struct str method, struct str result, struct str comment)
{
	a->has_any = true;
	buf_add(a->out, STR(";\r\n\t"));
	buf_add(a->out, method);
	buf_add_char(a->out, '=');
	buf_add(a->out, result);
	if (comment.len == 0)
		return;
	buf_add(a->out, STR(" ("));
	for (size_t i = 0; i < comment.len; i++) {
		if (memchr("()\\", comment.ptr[i], 3) != NULL)
			buf_add_char(a->out, '\\');
		buf_add_char(a->out, shown(comment.ptr[i]));
	}
	buf_add_char(a->out, ')');
}

void
authres_property(struct authres *a, struct str property, struct str value)
{
	bool must_quote = false;
	if (value.len == 0)
		return;
	for (size_t i = 0; i < value.len; i++)
		must_quote |= !is_plain(value.ptr[i]);
	buf_add_char(a->out, ' ');
	buf_add(a->out, property);
	buf_add(a->out, must_quote ? STR("=\"") : STR("="));
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] == '"' || value.ptr[i] == '\\')
			buf_add_char(a->out, '\\');
		buf_add_char(a->out, shown(value.ptr[i]));
	}
	if (must_quote)
		buf_add_char(a->out, '"');
}

void
authres_end(struct authres *a)
{
	if (!a->has_any)
		buf_add(a->out, STR("; none"));
	buf_add(a->out, STR("\r\n"));
}

bool
authres_is_of(struct str field, struct str host)
{
	struct str value = field;
	if (!str_eq_case(str_trim(str_cut(&value, ':')), name) || !str_is_set(value))
		return false;
	/* Comments may stand in front of the name; then it is not read but taken for ours. */
	value = str_trim(value);
	if (value.len > 0 && value.ptr[0] == '(')
		return true;
	value = str_unwrap(str_trim(str_cut(&value, ';')), '"', '"');
	const struct str id = str_word(&value);
	return str_eq_case(id, host) || str_eq_case(str_unwrap(id, '"', '"'), host);
}
