/* What mail programs call From, To and Subject where they show or forward a mail. */
#include "read/text.h"

#include "catalogue/names.h"

/* "*From" of a program that made text of bold words, "De" and a blank that is not broken. */
static struct str
bare_name(struct str name)
{
	static const struct str blank = STR_INIT("\xC2\xA0");
	name = str_trim(name);
	while (name.len > 1 && (name.ptr[0] == '*' || name.ptr[0] == '_'))
		name = str_from(name, 1);
	for (;;) {
		if (str_ends_case(name, blank))
			name.len -= blank.len;
		else if (name.len > 1 &&
			 (name.ptr[name.len - 1] == '*' || name.ptr[name.len - 1] == '_'))
			name.len--;
		else
			return str_trim(name);
	}
}

bool
text_is_from_name(struct str name)
{
	return catalogue_is_named(KNOWN_FROM_FIELD, bare_name(name));
}

bool
text_is_to_name(struct str name)
{
	return catalogue_is_named(KNOWN_TO_FIELD, bare_name(name));
}

bool
text_is_subject_name(struct str name)
{
	return catalogue_is_named(KNOWN_SUBJECT_FIELD, bare_name(name));
}
