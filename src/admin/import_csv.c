/*
 * import_csv - accounts out of a table: RFC 4180, with ';' or tabs as well as commas
 *
 *	address,password,quota
 *	john@a.example,secret,1G
 *
 * The first line names the columns: address, and any property of an account. An empty field says
 * nothing.
 */
#include "admin/import_inside.h"

#define COLUMNS_MAX (ENTRY_PROPERTIES_MAX + 1)
#define COLUMN_ADDRESS ENTRY_PROPERTIES_MAX

struct table {
	struct import *i;
	struct str rest;
	unsigned long line; /* of what comes next */
	char separator;
};

enum field { FIELD_MORE, FIELD_LAST, FIELD_BROKEN };

/* The next field of the row; in quotes it may hold separators, line ends, and "" for a quote. */
static enum field
field_read(struct table *t, struct str *out)
{
	struct str *const rest = &t->rest;
	const bool is_quoted = str_starts(*rest, STR("\""));
	size_t at = is_quoted ? 1 : 0, n = 0;
	char *const to = arena_bytes(t->i->a, is_quoted ? rest->len : 1);
	if (to == NULL)
		return FIELD_BROKEN;
	if (is_quoted) {
		for (; at < rest->len; at++) {
			if (rest->ptr[at] == '"' &&
				(at + 1 == rest->len || rest->ptr[at + 1] != '"'))
				break;
			at += rest->ptr[at] == '"';
			t->line += rest->ptr[at] == '\n';
			to[n++] = rest->ptr[at];
		}
		if (at == rest->len)
			return FIELD_BROKEN;
		at++;
		*out = (struct str){to, n};
		arena_give_back(t->i->a, rest->len - n);
	} else {
		while (at < rest->len && rest->ptr[at] != t->separator && rest->ptr[at] != '\n')
			at++;
		*out = str_trim(str_head(*rest, at));
	}
	/* CR before LF, and nothing else, may stand behind a quote. */
	if (at < rest->len && rest->ptr[at] == '\r')
		at++;
	if (at < rest->len && rest->ptr[at] == t->separator) {
		*rest = str_from(*rest, at + 1);
		return FIELD_MORE;
	}
	if (at < rest->len && rest->ptr[at] != '\n')
		return FIELD_BROKEN;
	*rest = str_from(*rest, at + 1);
	t->line++;
	return FIELD_LAST;
}

/* What separates the columns: what the first line has most of. */
static char
separator_of(struct str text)
{
	static const char candidates[] = {',', ';', '\t'};
	char best = ',';
	size_t most = 0;
	struct str line;
	if (!str_line(&text, &line))
		return best;
	for (size_t c = 0; c < sizeof candidates; c++) {
		size_t n = 0;
		for (size_t i = 0; i < line.len; i++)
			n += line.ptr[i] == candidates[c];
		if (n > most) {
			most = n;
			best = candidates[c];
		}
	}
	return best;
}

/* The columns that the first line names; false when one is nothing of an account. */
static bool
head_read(struct table *t, size_t columns[COLUMNS_MAX], size_t *count)
{
	const struct entry_form *const form = entry_form(ENTRY_ACCOUNT);
	bool has_address = false;
	enum field ends = FIELD_MORE;
	*count = 0;
	while (ends == FIELD_MORE) {
		struct str name;
		ends = field_read(t, &name);
		if (ends == FIELD_BROKEN || *count == COLUMNS_MAX || name.len == 0) {
			import_mistake(t->i, 1, STR("the first line must name the columns: "),
				STR("address,password,quota"), STR_NONE);
			return false;
		}
		const bool is_address = str_eq_case(name, STR("address"));
		const size_t at = is_address ? COLUMN_ADDRESS : entry_property_find(form, name);
		if (!is_address && at == form->count) {
			import_mistake(t->i, 1, STR("an account has no \""), name,
				STR("\": the columns are address and the properties of accounts"));
			return false;
		}
		has_address |= is_address;
		columns[(*count)++] = at;
	}
	if (!has_address)
		import_mistake(t->i, 1, STR("no column \"address\" in the first line"), STR_NONE,
			STR_NONE);
	return has_address;
}

void
read_csv(struct import *i, struct str text)
{
	struct table t = {.i = i, .rest = text, .line = 1, .separator = separator_of(text)};
	size_t columns[COLUMNS_MAX], count;
	if (!head_read(&t, columns, &count))
		return;
	while (t.rest.len > 0) {
		const unsigned long line = t.line;
		struct entry e = {.kind = ENTRY_ACCOUNT};
		enum field ends = FIELD_MORE;
		size_t n = 0;
		bool has_something = false, is_told = false; /* of its mistake */
		for (; ends == FIELD_MORE; n++) {
			struct str value;
			ends = field_read(&t, &value);
			if (ends == FIELD_BROKEN) {
				import_mistake(i, line,
					STR("a quote is not closed, or something stands behind it"),
					STR_NONE, STR_NONE);
				return;
			}
			has_something |= value.len > 0;
			if (n >= count || value.len == 0)
				continue;
			if (columns[n] == COLUMN_ADDRESS) {
				e.name = import_address(i, line, value);
				is_told = !str_is_set(e.name);
			} else {
				e.values[columns[n]] = value;
			}
		}
		if (!has_something || is_told)
			continue;
		if (n > count)
			import_mistake(i, line, STR("more fields than the first line names"),
				STR_NONE, STR_NONE);
		else if (!str_is_set(e.name))
			import_mistake(i, line, STR("no address"), STR_NONE, STR_NONE);
		else
			import_entry(i, line, &e);
	}
}
