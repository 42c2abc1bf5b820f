/* nixied admin, nixie-admin - who and what the mail server knows */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nixied/admin.h"

#define ARENA_BYTES_MAX ((size_t)1 << 30) /* a table of a million accounts */

bool
admin_stdout(void *to, const char *bytes, size_t len)
{
	(void)to;
	return fwrite(bytes, 1, len, stdout) == len;
}

/* ---- the file */

static bool
directory_find(struct admin *o)
{
	if (o->directory_path != NULL && strlen(o->directory_path) >= sizeof o->path) {
		admin_complain("--directory: the path is too long");
		return false;
	}
	if (o->directory_path != NULL && o->conf_path == NULL) {
		snprintf(o->path, sizeof o->path, "%s", o->directory_path);
		return true;
	}
	if (!conf_read(&o->conf, o->conf_path))
		return false;
	bool ok = conf_path(&o->conf, "mail", o->mail_folder);
	if (o->directory_path != NULL)
		snprintf(o->path, sizeof o->path, "%s", o->directory_path);
	else
		ok = ok && conf_path(&o->conf, "directory.db", o->path);
	conf_free(&o->conf);
	return ok;
}

/* A file is made by the first thing that is put into it, and by no question. */
static bool
file_is_there(const struct admin *o)
{
	const char *const verb = o->word_count > 1 ? o->words[1] : "";
	const bool puts = strcmp(verb, "add") == 0 || strcmp(o->words[0], "import") == 0;
	if (puts || access(o->path, F_OK) == 0)
		return true;
	admin_complain("%s: %s; `nixie-admin domain add` makes it", o->path, strerror(errno));
	return false;
}

/* ---- changes */

/* The options of the line, as properties of the thing. */
static bool
properties_take(struct admin *o, struct entry *e)
{
	const struct entry_form *const form = entry_form(e->kind);
	for (size_t i = 0; i < o->property_count; i++) {
		const struct str name = o->properties[i].name;
		const size_t at = entry_property_find(form, name);
		if (at == form->count) {
			admin_complain("--%.*s: no such property of %.*s; `nixie-admin --help` "
				       "lists them",
				(int)name.len, name.ptr, (int)form->word.len, form->word.ptr);
			return false;
		}
		const struct str value = o->properties[i].value;
		e->values[at] = form->properties[at].may_be_empty && str_eq(value, STR("none"))
					? STR("")
					: value;
	}
	return true;
}

static bool
secret_take(struct entry *e, struct str password)
{
	const struct entry_form *const form = entry_form(e->kind);
	const size_t at = entry_property_find(form, STR("password"));
	if (at == form->count) {
		admin_complain("a %.*s has no password", (int)form->word.len, form->word.ptr);
		return false;
	}
	e->values[at] = password;
	return true;
}

/* Mail for postmaster and abuse in a new domain, but for what is there. */
static bool
roles_add(struct admin *o, struct str domain, struct directory_error *error)
{
	static const struct str roles[] = {STR_INIT("postmaster@"), STR_INIT("abuse@")};
	for (size_t i = 0; i < 2; i++) {
		const struct entry alias = {.kind = ENTRY_ALIAS,
			.name = arena_join(&o->a, roles[i], domain, STR_NONE),
			.other = str_of(o->postmaster)};
		const struct entry account = {.kind = ENTRY_ACCOUNT, .name = alias.name};
		if (!str_eq_case(alias.name, alias.other) && !entry_is_there(o->d, &alias) &&
			!entry_is_there(o->d, &account) && !entry_add(o->d, &alias, error))
			return false;
	}
	return true;
}

/* What goes with a domain. */
static const struct {
	enum entry_kind kind;
	const char *one, *many;
} parts_of_domain[] = {{ENTRY_ACCOUNT, "account", "accounts"}, {ENTRY_ALIAS, "alias", "aliases"},
	{ENTRY_LIST, "list", "lists"}, {ENTRY_DOMAIN_ALIAS, "domain alias", "domain aliases"}};
#define PARTS_OF_DOMAIN (sizeof parts_of_domain / sizeof *parts_of_domain)

static bool
count_one(void *to, const struct entry *e)
{
	(void)e;
	++*(size_t *)to;
	return true;
}

static bool
parts_count(struct admin *o, struct str domain, size_t counts[static PARTS_OF_DOMAIN],
	struct directory_error *error)
{
	bool ok = true;
	for (size_t i = 0; ok && i < PARTS_OF_DOMAIN; i++)
		ok = entry_list(
			o->d, parts_of_domain[i].kind, domain, count_one, &counts[i], error);
	return ok;
}

static void
parts_print(const size_t counts[static PARTS_OF_DOMAIN])
{
	const char *before = ", and with it ";
	for (size_t i = 0; i < PARTS_OF_DOMAIN; i++) {
		if (counts[i] == 0)
			continue;
		printf("%s%zu %s", before, counts[i],
			counts[i] == 1 ? parts_of_domain[i].one : parts_of_domain[i].many);
		before = ", ";
	}
	if (counts[0] > 0) /* accounts */
		fputs("; the mail in their mailboxes stays", stdout);
}

enum verb { VERB_ADD, VERB_SET, VERB_REMOVE, VERB_COUNT };

static bool
entry_do(struct admin *o, enum verb verb, const struct entry *e, struct directory_error *error)
{
	switch (verb) {
	case VERB_ADD:
		return entry_add(o->d, e, error);
	case VERB_SET:
		return entry_set(o->d, e, error);
	default:
		return entry_remove(o->d, e, error);
	}
}

/* Does it, or only tries: the same way, so that a dry run says what would be said. */
static int
change(struct admin *o, enum verb verb, const struct entry *e)
{
	static const char *const done[][2] = {
		[VERB_ADD] = {"added", "would be added"},
		[VERB_SET] = {"changed", "would be changed"},
		[VERB_REMOVE] = {"removed", "would be removed"},
	};
	const struct entry_form *const form = entry_form(e->kind);
	struct directory_error error;
	size_t parts[PARTS_OF_DOMAIN] = {0};
	bool ok = directory_begin(o->d, &error);
	if (ok) {
		if (verb == VERB_REMOVE && e->kind == ENTRY_DOMAIN)
			ok = parts_count(o, e->name, parts, &error);
		ok = ok && entry_do(o, verb, e, &error);
		if (ok && o->postmaster != NULL)
			ok = roles_add(o, e->name, &error);
		struct directory_error ending;
		if (!directory_end(o->d, ok && !o->is_dry, &ending) && ok) {
			ok = false;
			error = ending;
		}
	}
	if (!ok) {
		admin_complain("%s", error.words);
		return EXIT_NO;
	}
	printf("%.*s %.*s", (int)form->word.len, form->word.ptr, (int)e->name.len, e->name.ptr);
	if (str_is_set(form->other) && str_is_set(e->other))
		printf(" %.*s", (int)e->other.len, e->other.ptr);
	printf(" %s", done[verb][o->is_dry]);
	parts_print(parts);
	putchar('\n');
	return EXIT_DONE;
}

/* A route with a login and nothing to sign in with. */
static bool
logs_in_without_password(const struct entry *e)
{
	const struct entry_form *const form = entry_form(e->kind);
	return e->kind == ENTRY_ROUTE &&
	       e->values[entry_property_find(form, STR("user"))].len > 0 &&
	       e->values[entry_property_find(form, STR("password"))].len == 0;
}

/* add, and the password of an account. */
static int
add(struct admin *o, struct entry *e)
{
	char room[PASSWORD_ROOM];
	struct str password = STR_NONE;
	const bool asks = e->kind == ENTRY_ACCOUNT && !o->without_password;
	if ((asks || o->password_file != NULL) && !password_get(o, false, room, &password))
		return EXIT_NO;
	int code = EXIT_USAGE;
	if (!str_is_set(password) || secret_take(e, password))
		code = change(o, VERB_ADD, e);
	if (code == EXIT_DONE && asks && !str_is_set(password))
		printf("it cannot sign in until it has a password: nixie-admin account password "
		       "%.*s\n",
			(int)e->name.len, e->name.ptr);
	if (code == EXIT_DONE && logs_in_without_password(e))
		printf("it cannot sign in there until it has a password: nixie-admin route "
		       "password %.*s\n",
			(int)e->name.len, e->name.ptr);
	password_wipe(room);
	return code;
}

static int
set_password(struct admin *o, struct entry *e)
{
	char room[PASSWORD_ROOM];
	struct str password;
	if (!password_get(o, true, room, &password))
		return EXIT_NO;
	const int code = secret_take(e, password) ? change(o, VERB_SET, e) : EXIT_USAGE;
	password_wipe(room);
	return code;
}

/* ---- THING VERB NAME [OTHER] */

static int
usage_fault(const char *what, const char *why)
{
	admin_complain("%s: %s; `nixie-admin --help` shows how", what, why);
	return EXIT_USAGE;
}

/* `account quota ADDRESS 1G` is `account set ADDRESS --quota 1G`. */
static int
set_property(struct admin *o, struct entry *e, size_t at)
{
	const struct entry_property *const p = &entry_form(e->kind)->properties[at];
	if (p->is_secret)
		return set_password(o, e);
	if (o->word_count < 4)
		return usage_fault(o->words[1], "name the value");
	const struct str value = str_of(o->words[3]);
	e->values[at] = p->may_be_empty && str_eq(value, STR("none")) ? STR("") : value;
	e->other = STR_NONE;
	return properties_take(o, e) ? change(o, VERB_SET, e) : EXIT_USAGE;
}

static int
thing(struct admin *o, enum entry_kind kind)
{
	const struct entry_form *const form = entry_form(kind);
	const char *const verb = o->word_count > 1 ? o->words[1] : "list";
	const struct str name = o->word_count > 2 ? str_of(o->words[2]) : STR_NONE;
	struct entry e = {.kind = kind,
		.name = name,
		.other = o->word_count > 3 ? str_of(o->words[3]) : STR_NONE};
	if (strcmp(verb, "list") == 0)
		return admin_list(o, kind, name);
	if (!str_is_set(name))
		return usage_fault(o->words[0], "A name is missing");
	if (strcmp(verb, "show") == 0)
		return admin_show(o, kind, name);
	const size_t at = entry_property_find(form, str_of(verb));
	if (at < form->count)
		return set_property(o, &e, at);
	if (str_is_set(e.other) && !str_is_set(form->other))
		return usage_fault(o->words[3], "more than can be meant");
	const size_t active = entry_property_find(form, STR("active"));
	const bool is_on = strcmp(verb, "enable") == 0;
	if ((is_on || strcmp(verb, "disable") == 0) && active < form->count) {
		e.values[active] = is_on ? STR("yes") : STR("no");
		return change(o, VERB_SET, &e);
	}
	if (!properties_take(o, &e))
		return EXIT_USAGE;
	if (strcmp(verb, "add") == 0)
		return add(o, &e);
	if (strcmp(verb, "remove") == 0)
		return change(o, VERB_REMOVE, &e);
	if (strcmp(verb, "set") != 0)
		return usage_fault(verb, "no such verb of this thing");
	return o->password_file != NULL ? set_password(o, &e) : change(o, VERB_SET, &e);
}

static int
run(struct admin *o)
{
	const char *const word = o->words[0];
	const int count = o->word_count;
	const enum entry_kind kind = entry_kind_find(str_of(word));
	const bool adds_domain =
		kind == ENTRY_DOMAIN && count > 1 && strcmp(o->words[1], "add") == 0;
	if (o->postmaster != NULL && !adds_domain)
		return usage_fault("--postmaster", "is of `domain add` alone");
	if (kind < ENTRY_KIND_COUNT)
		return thing(o, kind);
	if (strcmp(word, "show") == 0)
		return count == 2 ? admin_way(o, str_of(o->words[1]))
				  : usage_fault(word, "name an address");
	if (strcmp(word, "check") == 0 && count == 1)
		return admin_check(o);
	if (strcmp(word, "export") == 0 && count == 1)
		return admin_export(o);
	if (strcmp(word, "import") == 0)
		return count == 3 ? admin_import(o, o->words[1], o->words[2])
				  : usage_fault(word, "name the form and the file");
	return usage_fault(word, "no such command");
}

int
cmd_admin(int argc, char **argv)
{
	static struct admin o; /* paths are large */
	struct directory_error error;
	int code = EXIT_USAGE;
	o = (struct admin){.d = NULL};
	if (!admin_options(argc, argv, &o, &code))
		return code;
	if (!directory_find(&o))
		return EXIT_USAGE;
	if (!file_is_there(&o))
		return EXIT_TROUBLE;
	o.d = directory_open(o.path, &error);
	if (o.d == NULL) {
		admin_complain("%s", error.words);
		return EXIT_TROUBLE;
	}
	arena_init(&o.a, ARENA_BYTES_MAX);
	code = run(&o);
	arena_fini(&o.a);
	directory_close(o.d);
	return code;
}
