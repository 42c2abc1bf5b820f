#include "smtp/field.h"

bool
smtp_field_next(struct str *rest, struct str *field)
{
	size_t end = 0;
	if (rest->len == 0 || str_starts(*rest, STR("\r\n")))
		return false;
	do {
		const size_t eol = str_find(*rest, STR("\r\n"), end);
		end = eol == STR_NPOS ? rest->len : eol + 2;
	} while (end < rest->len && (rest->ptr[end] == ' ' || rest->ptr[end] == '\t'));
	*field = str_head(*rest, end);
	*rest = str_from(*rest, end);
	return true;
}

struct str
smtp_field_name(struct str field)
{
	const size_t colon = str_find_char(field, ':', 0);
	return colon == STR_NPOS ? STR("") : str_trim_end(str_head(field, colon));
}

struct str
smtp_field_value(struct str field)
{
	struct str value = str_from(field, str_find_char(field, ':', 0) + 1);
	while (value.len > 0 &&
		(value.ptr[value.len - 1] == '\r' || value.ptr[value.len - 1] == '\n'))
		value.len--;
	return value;
}
