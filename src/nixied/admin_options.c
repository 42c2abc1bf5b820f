/* admin_options - the command line of `nixied admin` */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "nixied/admin.h"

#define WORDS_BYTES 2048 /* of a complaint */

const char admin_usage[] =
	"Usage: nixie-admin [OPTION]... THING VERB [NAME [OTHER]] [--PROPERTY VALUE]...\n"
	"       nixie-admin show ADDRESS\n"
	"       nixie-admin check\n"
	"       nixie-admin export [--secrets]\n"
	"       nixie-admin import FORM FILE\n"
	"Manages who and what the mail server knows; it may run meanwhile.\n"
	"\n"
	"Things, with their names and properties:\n"
	"  domain DOMAIN           active, catch_all, plus, suspended\n"
	"  domain-alias NAME DOMAIN\n"
	"  account ADDRESS         active, quota, forward, keep_copy, language, suspended,\n"
	"                          moved, scram_only, password_expires\n"
	"  identity ACCOUNT ADDRESS\n"
	"  alias ADDRESS TARGET    active\n"
	"  list ADDRESS            active, mode (public, members, announcement, domain),\n"
	"                          needs_login, owner\n"
	"  member LIST ADDRESS\n"
	"  route PATTERN           host, port, all_addresses, tls (offered, off, required,\n"
	"                          verified), immediate_tls, lmtp, user\n"
	"  route-address ADDRESS\n"
	"  range NETWORK           name, priority, allowed, needs_login, banned, reason\n"
	"\n"
	"Verbs: add, set, remove, enable, disable, show, list; of an account also password;\n"
	"and every property: `account quota ADDRESS 1G`, `domain catch_all DOMAIN none`.\n"
	"Forms of import: nixie (what export writes), csv, aliases, virtual, mailboxes\n"
	"(Postfix's), hmailserver (its backup's XML).\n"
	"\n"
	"  -c, --config FILE      the configuration; else $NIXIED_CONF, else " NIXIED_CONF_DEFAULT
	"\n"
	"  --directory FILE       the directory itself, without a configuration\n"
	"  -o text|json           how to write lists and answers (text)\n"
	"  -n, --dry-run          change nothing, and say what would be\n"
	"  --password-file FILE   its first line is the password; - is standard input. Without\n"
	"                         it a terminal is asked\n"
	"  --no-password          add an account that cannot sign in\n"
	"  --postmaster ADDRESS   of `domain add`: gets mail for postmaster and abuse there\n"
	"  --from ADDRESS         of `show`: who sends\n"
	"  --authenticated        of `show`: the sender has signed in\n"
	"  --domain DOMAIN        of `import`: of names without one\n"
	"  --update               of `import`: change what is there already\n"
	"  --add-domains          of `import`: add domains that are not there\n"
	"  -h, --help             this help\n";

void
admin_complain(const char *fmt, ...)
{
	char words[WORDS_BYTES];
	va_list ap;
	va_start(ap, fmt);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, a line above */
	vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	fprintf(stderr, "nixie-admin: %s\n", words);
}

static bool
mistake(const char *what, const char *why, int *code)
{
	admin_complain("%s: %s; `nixie-admin --help` shows how", what, why);
	*code = EXIT_USAGE;
	return false;
}

/* Options that take nothing, and those that take a value. */
static bool *
flag_of(struct admin *o, const char *name)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{"--dry-run", &o->is_dry},
		{"-n", &o->is_dry},
		{"--secrets", &o->has_secrets},
		{"--update", &o->updates},
		{"--add-domains", &o->adds_domains},
		{"--authenticated", &o->is_authenticated},
		{"--no-password", &o->without_password},
	};
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (strcmp(name, flags[i].name) == 0)
			return flags[i].flag;
	return NULL;
}

static const char **
value_of(struct admin *o, struct str name, const char **format)
{
	const struct {
		const char *name;
		const char **value;
	} values[] = {
		{"--config", &o->conf_path},
		{"-c", &o->conf_path},
		{"--directory", &o->directory_path},
		{"--password-file", &o->password_file},
		{"--from", &o->sender},
		{"--domain", &o->domain},
		{"--postmaster", &o->postmaster},
		{"-o", format},
		{"--output", format},
	};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		if (str_eq(name, str_of(values[i].name)))
			return values[i].value;
	return NULL;
}

/* Is it a secret of something? What only looks like one is taken for one. */
static bool
is_secret(struct str name)
{
	for (int kind = 0; kind < ENTRY_KIND_COUNT; kind++) {
		const struct entry_form *const form = entry_form((enum entry_kind)kind);
		const size_t at = entry_property_find(form, name);
		if (at < form->count)
			return form->properties[at].is_secret;
	}
	return str_starts(name, STR("password")) || str_starts(name, STR("scram"));
}

/* "--quota" "1G": a property of the thing; which it has is not known yet. */
static bool
property_take(struct admin *o, struct str name, const char *value, int *code)
{
	name = str_from(name, 2);
	if (o->property_count == ENTRY_PROPERTIES_MAX)
		return mistake("too many options", "nothing has so many properties", code);
	if (is_secret(name))
		return mistake("a password does not belong on a command line, where others see it",
			"use --password-file FILE, or wait to be asked", code);
	o->properties[o->property_count].name = name;
	o->properties[o->property_count++].value = str_of(value);
	return true;
}

static bool
option_take(struct admin *o, int argc, char **argv, int *i, const char **format, int *code)
{
	const char *const given = argv[*i];
	bool *const flag = flag_of(o, given);
	if (flag != NULL) {
		*flag = true;
		return true;
	}
	struct str name = str_of(given);
	const char *value = NULL;
	const size_t equals = str_find_char(name, '=', 0);
	if (equals != STR_NPOS && str_starts(name, STR("--"))) {
		value = given + equals + 1;
		name = str_head(name, equals);
	}
	const char **const known = value_of(o, name, format);
	if (known == NULL && !str_starts(name, STR("--")))
		return mistake(given, "no such option", code);
	if (value == NULL) {
		if (*i + 1 == argc)
			return mistake(given, "needs a value", code);
		value = argv[++*i];
	}
	if (known == NULL)
		return property_take(o, name, value, code);
	*known = value;
	return true;
}

bool
admin_options(int argc, char **argv, struct admin *o, int *code)
{
	const char *format = "text";
	bool only_words = false;
	for (int i = 1; i < argc; i++) {
		if (only_words || argv[i][0] != '-' || argv[i][1] == '\0') {
			if (o->word_count == (int)(sizeof o->words / sizeof *o->words))
				return mistake(argv[i], "more than can be meant", code);
			o->words[o->word_count++] = argv[i];
		} else if (strcmp(argv[i], "--") == 0) {
			only_words = true;
		} else if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
			fputs(admin_usage, stdout);
			*code = EXIT_DONE;
			return false;
		} else if (!option_take(o, argc, argv, &i, &format, code))
			return false;
	}
	o->is_json = strcmp(format, "json") == 0;
	if (!o->is_json && strcmp(format, "text") != 0)
		return mistake(format, "no such format: text or json", code);
	if (o->word_count == 0) {
		fputs(admin_usage, stderr);
		*code = EXIT_USAGE;
		return false;
	}
	return true;
}
