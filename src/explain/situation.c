/*
 * situation - which of a reason's explanations fits this case
 *
 * "Relaying denied" wants opposite advice when one's own server says it and when the recipient's
 * does. `catalogue/situations.tsv` has the cases; the first row that holds is taken, and a reason
 * without one has its plain explanation.
 */
#include "explain/explain.h"

#include "read/address.h"

static bool
list_is_dead(const struct nixie_outcome *o)
{
	const struct blocklist_row *const row = catalogue_blocklist_named(str_in(o->blocklist));
	return row != NULL && row->is_dead;
}

/* Does the answer have an address besides the recipient's? */
static bool
names_another(const struct nixie_outcome *o)
{
	const struct str text = str_head(str_in(o->diagnostic), SITUATION_BYTES_MAX);
	size_t at = 0;
	for (struct str one; str_is_set(one = address_next(text, &at));)
		if (!str_eq_case(one, str_in(o->recipient)) &&
			!str_eq_case(one, str_in(o->original_recipient)))
			return true;
	return false;
}

static bool
holds(enum situation_when when, const struct nixie_outcome *o)
{
	switch (when) {
	case WHEN_ALWAYS:
		return true;
	case WHEN_OWN_SERVER:
		return o->refuser == NIXIE_REFUSER_OWN_SERVER;
	case WHEN_REMOTE_SERVER:
		return o->refuser == NIXIE_REFUSER_REMOTE_SERVER ||
		       o->refuser == NIXIE_REFUSER_FILTER || o->refuser == NIXIE_REFUSER_FORWARDER;
	case WHEN_SAID_TEMPORARY:
		return o->said == NIXIE_SAID_TEMPORARY;
	case WHEN_SAID_PERMANENT:
		return o->said == NIXIE_SAID_PERMANENT;
	case WHEN_EXPIRED:
		return o->is_expired;
	case WHEN_LIST_IS_DEAD:
		return list_is_dead(o);
	case WHEN_LIST_IS_UNNAMED:
		return o->blocklist.len == 0;
	case WHEN_PROVIDER_HIDES:
		return str_eq(str_in(o->status), STR("5.4.1")) &&
		       str_has_case(str_in(o->diagnostic), STR("access denied"));
	case WHEN_NO_WORDS:
		return o->diagnostic.len == 0;
	case WHEN_NAMES_ANOTHER:
		return names_another(o);
	case WHEN_BEFORE_TEXT:
		return o->stage > NIXIE_STAGE_NONE && o->stage < NIXIE_STAGE_DATA;
	}
	return false;
}

/* Does `word` begin a word of the text, outside of addresses? */
static bool
word_occurs(struct str word, struct str text)
{
	for (size_t at = 0; (at = str_find_case(text, word, at)) != STR_NPOS; at++) {
		struct str rest = str_from(text, at);
		size_t from = at;
		while (from > 0 && !ascii_is_space((unsigned char)text.ptr[from - 1]))
			from--;
		struct str whole = str_from(text, from);
		whole = str_word(&whole);
		if ((at == 0 || !ascii_is_alpha((unsigned char)text.ptr[at - 1])) &&
			str_find_char(whole, '@', 0) == STR_NPOS && rest.len > 0)
			return true;
	}
	return false;
}

static bool
words_occur(struct str words, struct str text)
{
	if (words.len == 0)
		return true;
	for (struct str rest = words; str_is_set(rest);)
		if (word_occurs(str_cut(&rest, '|'), text))
			return true;
	return false;
}

static const struct situation_row *
row_of(const struct nixie_outcome *o)
{
	const int reason = catalogue_reason_find(str_in(o->reason));
	const struct str text = str_head(str_in(o->diagnostic), SITUATION_BYTES_MAX);
	for (size_t i = 0; i < CATALOGUE_SITUATIONS; i++) {
		const struct situation_row *const row = &catalogue_situations[i];
		if (row->reason == reason && holds((enum situation_when)row->when, o) &&
			words_occur(catalogue_text(row->words), text))
			return row;
	}
	return NULL;
}

struct str
situation_find(const struct nixie_outcome *o)
{
	const struct situation_row *const row = row_of(o);
	return row != NULL ? catalogue_text(row->key) : str_in(o->reason);
}

struct str
situation_fixer(const struct nixie_outcome *o)
{
	const struct situation_row *const row = row_of(o);
	return row != NULL ? catalogue_text(row->fixer) : STR("");
}
