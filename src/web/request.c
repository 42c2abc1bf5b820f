#include "web/request.h"

#include "base/decode.h"

struct str
request_unescape(struct str in, bool is_form, struct arena *a)
{
	if (str_find_char(in, '%', 0) == STR_NPOS &&
		(!is_form || str_find_char(in, '+', 0) == STR_NPOS))
		return in;
	char *const out = arena_bytes(a, in.len);
	if (out == NULL)
		return STR_NONE;
	size_t n = 0;
	for (size_t i = 0; i < in.len; i++) {
		const int pair = in.ptr[i] == '%' ? hex_pair(str_from(in, i + 1)) : -1;
		out[n++] = (char)(pair >= 0 ? pair : is_form && in.ptr[i] == '+' ? ' ' : in.ptr[i]);
		i += pair >= 0 ? 2 : 0;
	}
	arena_give_back(a, in.len - n);
	return (struct str){out, n};
}

struct str
request_parameter(struct str pairs, struct str name, struct arena *a)
{
	while (str_is_set(pairs)) {
		struct str value = str_cut(&pairs, '&');
		if (str_eq(request_unescape(str_cut(&value, '='), true, a), name))
			return str_is_set(value) ? request_unescape(value, true, a) : STR("");
	}
	return STR_NONE;
}

bool
request_flag(struct str pairs, struct str name, bool otherwise, struct arena *a)
{
	const struct str value = request_parameter(pairs, name, a);
	if (!str_is_set(value))
		return otherwise;
	return value.len > 0 && !str_eq(value, STR("0")) && !str_eq_case(value, STR("no")) &&
	       !str_eq_case(value, STR("false"));
}

struct str
media_type(struct str content_type)
{
	return str_trim(str_cut(&content_type, ';'));
}

/* The next parameter's text of *rest, up to a ";" that stands in no quotes. */
static struct str
next_parameter(struct str *rest)
{
	bool is_quoted = false;
	size_t i = 0;
	for (; i < rest->len; i++) {
		const char c = rest->ptr[i];
		if (is_quoted && c == '\\' && i + 1 < rest->len)
			i++;
		else if (c == '"')
			is_quoted = !is_quoted;
		else if (c == ';' && !is_quoted)
			break;
	}
	const struct str one = str_head(*rest, i);
	*rest = str_from(*rest, i + 1);
	return one;
}

/* A token, or what stands in the quotes of a quoted-string. */
static struct str
unquote(struct str value, struct arena *a)
{
	if (value.len < 2 || value.ptr[0] != '"' || value.ptr[value.len - 1] != '"')
		return value;
	value = (struct str){value.ptr + 1, value.len - 2};
	if (str_find_char(value, '\\', 0) == STR_NPOS)
		return value;
	char *const out = arena_bytes(a, value.len);
	if (out == NULL)
		return STR_NONE;
	size_t n = 0;
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] == '\\' && i + 1 < value.len)
			i++;
		out[n++] = value.ptr[i];
	}
	return (struct str){out, n};
}

struct str
media_parameter(struct str content_type, struct str name, struct arena *a)
{
	next_parameter(&content_type);
	while (content_type.len > 0) {
		struct str value = next_parameter(&content_type);
		if (str_eq_case(str_trim(str_cut(&value, '=')), name) && str_is_set(value))
			return unquote(str_trim(value), a);
	}
	return STR_NONE;
}
