#include "catalogue/names.h"

#include "catalogue/tables.h"

/* Most names differ in their first byte: their text is looked at when that agrees. */
static inline bool
is_at(const struct name_row *row, const char *at)
{
	return ((at[0] ^ row->first) & 0xDF) == 0 &&
	       str_same_case(at, catalogue_text(row->name).ptr, row->name.len);
}

struct str
catalogue_name_at_end(enum known_name kind, struct str text)
{
	const struct name_kind_row *const k = &catalogue_name_kinds[kind];
	for (size_t i = k->next; i-- > k->ends;) {
		const struct name_row *const row = &catalogue_names[i];
		if (row->name.len <= text.len && is_at(row, text.ptr + text.len - row->name.len))
			return str_from(text, text.len - row->name.len);
	}
	return STR_NONE;
}

bool
catalogue_is_named(enum known_name kind, struct str text)
{
	const struct name_kind_row *const k = &catalogue_name_kinds[kind];
	if (text.len <= CATALOGUE_NAME_BYTES)
		for (size_t i = k->by_len[text.len]; i < k->by_len[text.len + 1]; i++)
			if (is_at(&catalogue_names[i], text.ptr))
				return true;
	for (size_t i = k->by_len[CATALOGUE_NAME_BYTES + 1]; i < k->ends; i++) {
		const struct name_row *const row = &catalogue_names[i];
		if (row->name.len <= text.len && is_at(row, text.ptr))
			return true;
	}
	return str_is_set(catalogue_name_at_end(kind, text));
}
