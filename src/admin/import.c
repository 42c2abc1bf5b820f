#include "admin/import_inside.h"

#include <assert.h>

const char *const import_form_names[IMPORT_FORM_COUNT] = {
	[IMPORT_NIXIE] = "nixie",
	[IMPORT_CSV] = "csv",
	[IMPORT_ALIASES] = "aliases",
	[IMPORT_VIRTUAL] = "virtual",
	[IMPORT_MAILBOXES] = "mailboxes",
	[IMPORT_HMAILSERVER] = "hmailserver",
};

static import_reader *const readers[IMPORT_FORM_COUNT] = {
	[IMPORT_NIXIE] = read_nixie,
	[IMPORT_CSV] = read_csv,
	[IMPORT_ALIASES] = read_aliases,
	[IMPORT_VIRTUAL] = read_virtual,
	[IMPORT_MAILBOXES] = read_mailboxes,
	[IMPORT_HMAILSERVER] = read_hmailserver,
};

static void
remark(struct import *i, struct import_remarks *to, unsigned long line, struct str words)
{
	to->count++;
	if (to->kept == IMPORT_REMARKS_MAX)
		return;
	struct import_remark *const list =
		arena_more(i->a, to->list, to->kept, &to->room, sizeof *to->list);
	if (list == NULL)
		return;
	to->list = list;
	list[to->kept++] = (struct import_remark){line, words};
}

void
import_mistake(
	struct import *i, unsigned long line, struct str one, struct str two, struct str three)
{
	remark(i, &i->mistakes, line, arena_join(i->a, one, two, three));
}

void
import_note(struct import *i, unsigned long line, struct str one, struct str two, struct str three)
{
	remark(i, &i->notes, line, arena_join(i->a, one, two, three));
}

void
entry_value_set(struct entry *e, struct str property, struct str value)
{
	const struct entry_form *const form = entry_form(e->kind);
	const size_t at = entry_property_find(form, property);
	assert(at < form->count);
	e->values[at] = value;
}

struct str
import_address(struct import *i, unsigned long line, struct str name)
{
	if (str_find_char(name, '@', 0) != STR_NPOS)
		return name;
	if (i->plan.domain.len > 0)
		return arena_join(i->a, name, STR("@"), i->plan.domain);
	import_mistake(
		i, line, name, STR(": has no domain: say with --domain which it is in"), STR_NONE);
	return STR_NONE;
}

void
import_domain(struct import *i, unsigned long line, struct str address)
{
	struct str domain = address;
	str_cut(&domain, '@');
	const struct entry as_domain = {.kind = ENTRY_DOMAIN, .name = domain};
	const struct entry as_alias = {.kind = ENTRY_DOMAIN_ALIAS, .name = domain};
	if (i->plan.adds_domains && domain.len > 0 && !entry_is_there(i->d, &as_domain) &&
		!entry_is_there(i->d, &as_alias))
		import_entry(i, line, &as_domain);
}

bool
import_entry(struct import *i, unsigned long line, const struct entry *e)
{
	struct directory_error error;
	if (e->kind == ENTRY_ACCOUNT || e->kind == ENTRY_ALIAS || e->kind == ENTRY_LIST)
		import_domain(i, line, e->name);
	const bool is_change = i->plan.updates && entry_is_there(i->d, e);
	if (is_change ? !entry_set(i->d, e, &error) : !entry_add(i->d, e, &error)) {
		import_mistake(i, line, arena_str(i->a, str_of(error.words)), STR_NONE, STR_NONE);
		return false;
	}
	if (is_change)
		i->changed[e->kind]++;
	else
		i->added[e->kind]++;
	return true;
}

/* The account of that name gets the others' mail too: `john: john, boss` of a Postfix map. */
static void
forward_set(struct import *i, unsigned long line, struct str address, const struct str *targets,
	size_t count, size_t self)
{
	struct entry e = {.kind = ENTRY_ACCOUNT, .name = address};
	struct directory_error error;
	if (count != 2) {
		import_note(i, line, address,
			STR(": left out: its own mailbox and several others; make a list of them"),
			STR_NONE);
		return;
	}
	entry_value_set(&e, STR("forward"), targets[1 - self]);
	entry_value_set(&e, STR("keep_copy"), STR("yes"));
	if (entry_set(i->d, &e, &error))
		i->changed[ENTRY_ACCOUNT]++;
	else
		import_mistake(i, line, arena_str(i->a, str_of(error.words)),
			STR(" (it keeps a copy and forwards: import the accounts first)"),
			STR_NONE);
}

void
import_alias(struct import *i, unsigned long line, struct str address, const struct str *targets,
	size_t count)
{
	for (size_t n = 0; n < count; n++)
		if (str_eq_case(targets[n], address)) {
			/* Alone it says that the address is not rewritten. */
			if (count > 1)
				forward_set(i, line, address, targets, count, n);
			return;
		}
	struct entry e = {.kind = ENTRY_ALIAS, .name = address};
	if (count == 1) {
		e.other = targets[0];
		import_entry(i, line, &e);
		return;
	}
	e.kind = ENTRY_LIST;
	if (count == 0 || !import_entry(i, line, &e))
		return;
	for (size_t n = 0; n < count; n++) {
		const struct entry member = {
			.kind = ENTRY_MEMBER, .name = address, .other = targets[n]};
		bool is_twice = false;
		for (size_t k = 0; k < n; k++)
			is_twice |= str_eq_case(targets[k], targets[n]);
		if (!is_twice)
			import_entry(i, line, &member);
	}
}

bool
import_run(struct directory *d, const struct import_plan *plan, struct str text, bool is_dry,
	struct arena *a, struct import *out)
{
	struct directory_error error;
	*out = (struct import){.d = d, .plan = *plan, .a = a};
	if (!directory_begin(d, &error)) {
		import_mistake(out, 0, arena_str(a, str_of(error.words)), STR_NONE, STR_NONE);
		return false;
	}
	if (str_starts(text, STR("\xEF\xBB\xBF")) && plan->form != IMPORT_HMAILSERVER)
		text = str_from(text, 3);
	readers[plan->form](out, text);
	if (arena_failed(a))
		import_mistake(out, 0, STR("not enough memory for all of it"), STR_NONE, STR_NONE);
	bool ok = out->mistakes.count == 0;
	if (!directory_end(d, ok && !is_dry, &error)) {
		ok = false;
		import_mistake(out, 0, arena_str(a, str_of(error.words)), STR_NONE, STR_NONE);
	}
	return ok;
}
