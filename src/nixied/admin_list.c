/* admin_list - what is in the directory, as a table for people or JSON for programs */
#include <stdio.h>

#include "base/json.h"
#include "base/units.h"
#include "nixied/admin.h"

#define CELLS_MAX (ENTRY_PROPERTIES_MAX + 2)
#define WIDTH_MAX 60 /* of a column, when another follows */

/* "ADDRESS" as the name of a member: "address" */
static struct str
small(struct str name, char room[32])
{
	size_t i = 0;
	for (; i < name.len && i < 32; i++)
		room[i] = (char)ascii_lower((unsigned char)name.ptr[i]);
	return (struct str){room, i};
}

/* ---- JSON */

static void
json_value(struct json *j, const struct entry_property *p, struct str value)
{
	switch (p->type) {
	case PROPERTY_FLAG:
		json_bool(j, p->name, str_eq(value, STR("yes")));
		break;
	case PROPERTY_SIZE:
		json_number(j, p->name, units_parse(value, UNITS_BYTES));
		break;
	case PROPERTY_NUMBER:
		json_number(j, p->name, units_parse(value, UNITS_NONE));
		break;
	case PROPERTY_WORDS:
		json_open(j, p->name, '[');
		while (value.len > 0)
			json_text(j, STR_NONE, str_cut(&value, ','));
		json_close(j, ']');
		break;
	case PROPERTY_WORD:
	case PROPERTY_TEXT:
	case PROPERTY_REPLY:
	case PROPERTY_ADDRESS:
	case PROPERTY_HOST:
	case PROPERTY_LANGUAGE:
	case PROPERTY_DATE:
	case PROPERTY_PLUS:
	case PROPERTY_PASSWORD:
	case PROPERTY_HASH:
	case PROPERTY_KEYS:
		json_text(j, p->name, value);
		break;
	}
}

static void
json_entry(struct json *j, const struct entry *e)
{
	const struct entry_form *const form = entry_form(e->kind);
	char room[32];
	json_open(j, STR_NONE, '{');
	json_text(j, small(form->name, room), e->name);
	if (str_is_set(form->other))
		json_text(j, small(form->other, room), e->other);
	for (size_t i = 0; i < form->count; i++) {
		const struct entry_property *const p = &form->properties[i];
		if (p->is_secret && p->column != NULL && p->type != PROPERTY_KEYS)
			json_bool(j, STR("has_password"), e->values[i].len > 0);
		else if (!p->is_secret && str_is_set(e->values[i]))
			json_value(j, p, e->values[i]);
	}
	json_close(j, '}');
}

static bool
take_json(void *to, const struct entry *e)
{
	json_entry(to, e);
	return true;
}

static bool
list_json(struct admin *o, enum entry_kind kind, struct str filter, struct directory_error *error)
{
	static struct out out;
	struct json j;
	out_init(&out, admin_stdout, NULL);
	json_init(&j, &out, true);
	json_open(&j, STR_NONE, '[');
	const bool ok = entry_list(o->d, kind, filter, take_json, &j, error);
	json_close(&j, ']');
	out_add_char(&out, '\n');
	return out_finish(&out) && ok;
}

/* ---- tables */

struct row {
	struct str cells[CELLS_MAX];
};

struct rows {
	struct arena *a;
	struct row *list;
	size_t count, room;
	struct row head;
	size_t columns;
	int widths[CELLS_MAX];
};

/* Characters, not bytes: those that go on are not counted. */
static int
width_of(struct str s)
{
	int width = 0;
	for (size_t i = 0; i < s.len; i++)
		width += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
	return width;
}

static void
widths_grow(struct rows *r, const struct row *row)
{
	for (size_t i = 0; i < r->columns; i++) {
		const int width = width_of(row->cells[i]);
		if (width > r->widths[i] && width <= WIDTH_MAX)
			r->widths[i] = width;
	}
}

static bool
take_row(void *to, const struct entry *e)
{
	struct rows *const r = to;
	const struct entry_form *const form = entry_form(e->kind);
	struct row *const list = arena_more(r->a, r->list, r->count, &r->room, sizeof *list);
	if (list == NULL)
		return false;
	r->list = list;
	struct row *const row = &list[r->count++];
	size_t n = 0;
	*row = (struct row){0};
	row->cells[n++] = arena_str(r->a, e->name);
	if (str_is_set(form->other))
		row->cells[n++] = arena_str(r->a, e->other);
	for (size_t i = 0; i < form->count; i++)
		if (!form->properties[i].is_secret)
			row->cells[n++] = arena_str(r->a, e->values[i]);
	widths_grow(r, row);
	return true;
}

static void
head_make(struct rows *r, enum entry_kind kind)
{
	const struct entry_form *const form = entry_form(kind);
	r->head.cells[r->columns++] = form->name;
	if (str_is_set(form->other))
		r->head.cells[r->columns++] = form->other;
	for (size_t i = 0; i < form->count; i++)
		if (!form->properties[i].is_secret)
			r->head.cells[r->columns++] = form->properties[i].name;
	widths_grow(r, &r->head);
}

/* Nothing is written as "-", so that a column is never missing. */
static void
print_row(const struct rows *r, const struct row *row)
{
	for (size_t i = 0; i < r->columns; i++) {
		const struct str cell = row->cells[i].len > 0 ? row->cells[i] : STR("-");
		const int pad = r->widths[i] - width_of(cell);
		fwrite(cell.ptr, 1, cell.len, stdout);
		if (i + 1 < r->columns)
			printf("%*s", (pad > 0 ? pad : 0) + 2, "");
	}
	putchar('\n');
}

static bool
list_text(struct admin *o, enum entry_kind kind, struct str filter, struct directory_error *error)
{
	struct rows r = {.a = &o->a};
	head_make(&r, kind);
	if (!entry_list(o->d, kind, filter, take_row, &r, error))
		return false;
	if (arena_failed(&o->a)) {
		snprintf(error->words, sizeof error->words,
			"too many for a table: use -o json, or name a %.*s",
			(int)entry_form(kind)->within.len, entry_form(kind)->within.ptr);
		return false;
	}
	if (r.count > 0)
		print_row(&r, &r.head);
	for (size_t i = 0; i < r.count; i++)
		print_row(&r, &r.list[i]);
	return true;
}

static int
finish(bool ok, const struct directory_error *error)
{
	if (!ok)
		admin_complain("%s", error->words);
	else if (fflush(stdout) != 0 || ferror(stdout)) {
		admin_complain("the output could not be written");
		ok = false;
	}
	return ok ? EXIT_DONE : EXIT_TROUBLE;
}

/* Is there what a list is confined to: the thing itself, or what it is in? Else it says so: an
 * empty list of what is not there would be taken for one of what is. */
static bool
is_known(struct admin *o, enum entry_kind kind, struct str filter)
{
	static const enum entry_kind within[ENTRY_KIND_COUNT] = {[ENTRY_DOMAIN] = ENTRY_DOMAIN,
		[ENTRY_DOMAIN_ALIAS] = ENTRY_DOMAIN,
		[ENTRY_ACCOUNT] = ENTRY_DOMAIN,
		[ENTRY_IDENTITY] = ENTRY_ACCOUNT,
		[ENTRY_ALIAS] = ENTRY_DOMAIN,
		[ENTRY_LIST] = ENTRY_DOMAIN,
		[ENTRY_MEMBER] = ENTRY_LIST,
		[ENTRY_ROUTE] = ENTRY_ROUTE,
		[ENTRY_ROUTE_ADDRESS] = ENTRY_ROUTE,
		[ENTRY_RANGE] = ENTRY_RANGE};
	const bool is_pair = kind == ENTRY_MEMBER || kind == ENTRY_IDENTITY;
	const bool is_address = str_find_char(filter, '@', 0) != STR_NPOS;
	const enum entry_kind wanted = is_address && !is_pair ? kind : within[kind];
	/* Addresses of a route may be in a domain below its pattern. */
	if (!str_is_set(filter) || (kind == ENTRY_ROUTE_ADDRESS && !is_address) ||
		entry_is_there(o->d, &(struct entry){.kind = wanted, .name = filter}) ||
		(kind == ENTRY_DOMAIN_ALIAS &&
			entry_is_there(o->d, &(struct entry){.kind = kind, .name = filter})))
		return true;
	admin_complain("%.*s: no such %.*s", (int)filter.len, filter.ptr,
		(int)entry_form(wanted)->word.len, entry_form(wanted)->word.ptr);
	return false;
}

int
admin_list(struct admin *o, enum entry_kind kind, struct str filter)
{
	struct directory_error error = {"the output could not be written"};
	if (!is_known(o, kind, filter))
		return EXIT_NO;
	const bool ok = o->is_json ? list_json(o, kind, filter, &error)
				   : list_text(o, kind, filter, &error);
	return finish(ok, &error);
}

/* ---- one */

struct shown {
	struct admin *o;
	size_t count;
	struct json json;
};

static bool
take_shown(void *to, const struct entry *e)
{
	struct shown *const s = to;
	const struct entry_form *const form = entry_form(e->kind);
	s->count++;
	if (s->o->is_json) {
		json_entry(&s->json, e);
		return true;
	}
	char room[32];
	const struct str name = small(form->name, room);
	printf("%-16.*s %.*s\n", (int)name.len, name.ptr, (int)e->name.len, e->name.ptr);
	for (size_t i = 0; i < form->count; i++) {
		const struct entry_property *const p = &form->properties[i];
		/* The keys of SCRAM are made with the password: it is enough to say so once. */
		if (p->column == NULL || p->type == PROPERTY_KEYS)
			continue;
		const struct str label = p->is_secret ? STR("password") : p->name;
		const struct str value = e->values[i].len == 0 ? STR("-")
					 : p->is_secret        ? STR("(set)")
							       : e->values[i];
		printf("%-16.*s %.*s\n", (int)label.len, label.ptr, (int)value.len, value.ptr);
	}
	return true;
}

int
admin_show(struct admin *o, enum entry_kind kind, struct str name)
{
	static struct out out;
	struct directory_error error;
	struct shown s = {.o = o};
	out_init(&out, admin_stdout, NULL);
	json_init(&s.json, &out, true);
	bool ok = entry_list(o->d, kind, name, take_shown, &s, &error);
	if (o->is_json && s.count > 0) {
		out_add_char(&out, '\n');
		ok = out_finish(&out) && ok;
	}
	if (ok && s.count == 0) {
		admin_complain("%.*s: no such %.*s", (int)name.len, name.ptr,
			(int)entry_form(kind)->word.len, entry_form(kind)->word.ptr);
		return EXIT_NO;
	}
	return finish(ok, &error);
}
