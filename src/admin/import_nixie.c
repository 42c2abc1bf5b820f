/* import_nixie - the text form, as `nixie-admin export` writes it */
#include "admin/import_inside.h"
#include "admin/words.h"

/* "quota=1G" */
static bool
property_read(struct import *i, unsigned long line, struct str word, struct entry *e)
{
	const struct entry_form *const form = entry_form(e->kind);
	struct str value = word;
	const struct str name = str_cut(&value, '=');
	const size_t at = entry_property_find(form, name);
	if (at == form->count || !str_is_set(value)) {
		import_mistake(i, line,
			arena_join(i->a, form->word, STR(" has no property "), name),
			str_is_set(value) ? STR("") : STR(": write name=value"), STR_NONE);
		return false;
	}
	e->values[at] = value;
	return true;
}

static void
line_read(struct import *i, unsigned long number, struct str line)
{
	struct str word;
	struct entry e = {.kind = ENTRY_DOMAIN};
	for (int at = 0; word_next(&line, i->a, &word); at++) {
		if (!str_is_set(word)) {
			import_mistake(i, number, STR("a quote is not closed"), STR_NONE, STR_NONE);
			return;
		}
		if (at == 0 && (e.kind = entry_kind_find(word)) == ENTRY_KIND_COUNT) {
			import_mistake(i, number, word, STR(": no such kind of thing"), STR_NONE);
			return;
		}
		const bool has_other = str_is_set(entry_form(e.kind)->other);
		if (at == 1)
			e.name = word;
		else if (at == 2 && has_other)
			e.other = word;
		else if (at > 1 && !property_read(i, number, word, &e))
			return;
		if (at == 0 && line.len == 0)
			break;
	}
	if (!str_is_set(e.name))
		import_mistake(i, number, entry_form(e.kind)->word, STR(" of what? "),
			entry_form(e.kind)->name);
	else
		import_entry(i, number, &e);
}

void
read_nixie(struct import *i, struct str text)
{
	struct str line;
	for (unsigned long number = 1; str_line(&text, &line); number++) {
		const struct str first = str_trim(line);
		if (first.len > 0 && first.ptr[0] != '#')
			line_read(i, number, line);
	}
}
