/* import_postfix - the sources of Postfix's tables: aliases(5), virtual(5), virtual mailboxes */
#include "admin/import_inside.h"

/* The lines of such a file: comments, and lines that begin with a blank and go on. */
struct lines {
	struct import *i;
	struct str rest;
	unsigned long next;
};

static bool
is_comment(struct str line)
{
	const struct str first = str_trim(line);
	return first.len == 0 || first.ptr[0] == '#';
}

static bool
logical_line(struct lines *l, struct str *out, unsigned long *number)
{
	struct str line = STR_NONE;
	do {
		if (!str_line(&l->rest, &line))
			return false;
		l->next++;
	} while (is_comment(line));
	*number = l->next;
	*out = line;
	for (struct str ahead = l->rest, more; str_line(&ahead, &more); l->rest = ahead) {
		/* A comment in the middle ends nothing. */
		const bool goes_on = is_comment(more) || more.ptr[0] == ' ' || more.ptr[0] == '\t';
		if (!goes_on)
			break;
		l->next++;
		if (!is_comment(more))
			*out = arena_join(l->i->a, *out, STR(" "), str_trim(more));
	}
	return true;
}

/* The next of "a, b c": a word, or what quotes and what stands behind them say. */
static struct str
target_next(struct str *rest)
{
	size_t from = 0;
	while (from < rest->len && (rest->ptr[from] == ',' || ascii_is_space(rest->ptr[from])))
		from++;
	size_t to = from;
	for (bool is_quoted = false; to < rest->len; to++) {
		is_quoted ^= rest->ptr[to] == '"';
		if (!is_quoted && (rest->ptr[to] == ',' || ascii_is_space(rest->ptr[to])))
			break;
	}
	const struct str target = str_head(str_from(*rest, from), to - from);
	*rest = str_from(*rest, to);
	return target;
}

/* What a target is that is no address: a command, a file, a list in a file. */
static const char *
not_an_address(struct str target)
{
	const struct str inside = str_unwrap(target, '"', '"');
	return str_starts(inside, STR("|"))                ? "a command"
	       : str_starts(inside, STR("/"))              ? "a file"
	       : str_starts_case(inside, STR(":include:")) ? "a list in a file"
							   : NULL;
}

/* The targets of an address; 0 when there is none, or one that cannot be kept. */
static size_t
targets_read(struct import *i, unsigned long line, struct str address, struct str rest,
	struct str targets[IMPORT_TARGETS_MAX])
{
	size_t count = 0;
	for (struct str target; (target = target_next(&rest)).len > 0;) {
		const char *const what = not_an_address(target);
		if (what != NULL) {
			import_note(i, line, arena_join(i->a, address, STR(": left out: "), target),
				STR(" is "), str_of(what));
			return 0;
		}
		if (count == IMPORT_TARGETS_MAX) {
			import_mistake(i, line, address,
				STR(": more than 1000 targets: make a list"), STR_NONE);
			return 0;
		}
		/* \john: the mailbox, looked up no further. */
		if (target.ptr[0] == '\\')
			target = str_from(target, 1);
		target = import_address(i, line, target);
		if (!str_is_set(target))
			return 0;
		targets[count++] = target;
	}
	if (count == 0)
		import_mistake(i, line, address, STR(": leads nowhere"), STR_NONE);
	return count;
}

/* "name: target, target" */
void
read_aliases(struct import *i, struct str text)
{
	struct lines l = {.i = i, .rest = text};
	struct str targets[IMPORT_TARGETS_MAX], line;
	for (unsigned long number; logical_line(&l, &line, &number);) {
		struct str rest = line;
		const struct str name =
			str_trim(str_unwrap(str_trim(str_cut(&rest, ':')), '"', '"'));
		if (!str_is_set(rest) || name.len == 0) {
			import_mistake(i, number,
				STR("not a line of aliases(5): write  name: target"), STR_NONE,
				STR_NONE);
			continue;
		}
		const struct str address = import_address(i, number, name);
		if (!str_is_set(address))
			continue;
		const size_t count = targets_read(i, number, address, rest, targets);
		if (count > 0)
			import_alias(i, number, address, targets, count);
	}
}

/* "@a.example": everybody there. */
static void
catch_all_read(struct import *i, unsigned long line, struct str key, struct str value)
{
	struct entry e = {.kind = ENTRY_DOMAIN, .name = str_from(key, 1)};
	struct directory_error error;
	struct str rest = value;
	const struct str target = target_next(&rest);
	if (str_starts(target, STR("@"))) {
		/* @a.example @b.example: the same people under another name. */
		const struct entry alias = {
			.kind = ENTRY_DOMAIN_ALIAS, .name = e.name, .other = str_from(target, 1)};
		import_domain(i, line, target);
		import_entry(i, line, &alias);
		return;
	}
	if (target_next(&rest).len > 0) {
		import_note(i, line, key,
			STR(": left out: a catch-all has one target: make a list"), STR_NONE);
		return;
	}
	const struct str address = import_address(i, line, target);
	if (!str_is_set(address))
		return;
	import_domain(i, line, key);
	entry_value_set(&e, STR("catch_all"), address);
	if (entry_set(i->d, &e, &error))
		i->changed[ENTRY_DOMAIN]++;
	else
		import_mistake(i, line, arena_str(i->a, str_of(error.words)), STR_NONE, STR_NONE);
}

/* The key of a line, and what stands behind it. False when it is none, which is told. */
static bool
key_read(
	struct import *i, unsigned long number, struct str line, struct str *key, struct str *value)
{
	*value = line;
	*key = target_next(value);
	*value = str_trim(*value);
	if (str_starts(*key, STR("/")) || str_eq(*key, STR("if")) || str_eq(*key, STR("endif")))
		import_mistake(i, number,
			STR("a table of regular expressions cannot be imported: list its "
			    "addresses"),
			STR_NONE, STR_NONE);
	else if (value->len == 0)
		import_mistake(i, number, *key, STR(": nothing stands behind it"), STR_NONE);
	else
		return true;
	return false;
}

void
read_virtual(struct import *i, struct str text)
{
	struct lines l = {.i = i, .rest = text};
	struct str targets[IMPORT_TARGETS_MAX], line, key, value;
	for (unsigned long number; logical_line(&l, &line, &number);) {
		if (!key_read(i, number, line, &key, &value))
			continue;
		if (key.ptr[0] == '@') {
			catch_all_read(i, number, key, value);
			continue;
		}
		if (str_find_char(key, '@', 0) == STR_NPOS && str_has(key, STR("."))) {
			/* "a.example anything": a domain of aliases. */
			const struct entry e = {.kind = ENTRY_DOMAIN, .name = key};
			if (!entry_is_there(i->d, &e))
				import_entry(i, number, &e);
			continue;
		}
		const struct str address = import_address(i, number, key);
		if (!str_is_set(address))
			continue;
		const size_t count = targets_read(i, number, address, value, targets);
		if (count > 0)
			import_alias(i, number, address, targets, count);
	}
}

/* "john@a.example  a.example/john/": an account, whose mailbox is in another place here. */
void
read_mailboxes(struct import *i, struct str text)
{
	struct lines l = {.i = i, .rest = text};
	struct str line, key, value;
	for (unsigned long number; logical_line(&l, &line, &number);) {
		if (!key_read(i, number, line, &key, &value))
			continue;
		if (key.ptr[0] == '@') {
			import_note(i, number, key,
				STR(": left out: one mailbox for everybody: set it as catch_all"),
				STR_NONE);
			continue;
		}
		const struct entry e = {
			.kind = ENTRY_ACCOUNT, .name = import_address(i, number, key)};
		if (str_is_set(e.name))
			import_entry(i, number, &e);
	}
}
