/* change - what is put into the directory, each in one transaction */
#include "directory/directory_inside.h"
#include "directory/entry.h"

/* "a@b.example" in a message to a person. */

bool
change_begin(struct directory *d, struct directory_error *error)
{
	if (!run(d, d->depth == 0 ? QUERY_BEGIN_CHANGE : QUERY_BEGIN_INNER))
		return fail_database(d, error, "directory");
	d->depth++;
	d->is_held = false;
	return true;
}

bool
change_end(struct directory *d, bool keep, struct directory_error *error)
{
	const bool is_inner = --d->depth > 0;
	if (keep && run(d, is_inner ? QUERY_COMMIT_INNER : QUERY_COMMIT))
		return true;
	if (keep)
		fail_database(d, error, "directory");
	run(d, is_inner ? QUERY_ROLLBACK_INNER : QUERY_ROLLBACK);
	if (is_inner)
		run(d, QUERY_COMMIT_INNER); /* undone, it still stands there */
	return false;
}

bool
directory_begin(struct directory *d, struct directory_error *error)
{
	return change_begin(d, error);
}

bool
directory_end(struct directory *d, bool keep, struct directory_error *error)
{
	return change_end(d, keep, error) || !keep;
}

bool
change_run(struct directory *d, sqlite3_stmt *s, struct str what, struct directory_error *error)
{
	const bool ok = step(s) == STEP_END;
	const int code = sqlite3_extended_errcode(d->db);
	if (!ok && (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY))
		fail(error, "%.*s: is there already", SHOWN(what));
	else if (!ok)
		fail_database(d, error, "directory");
	done(s);
	return ok;
}

/* ---- domains */

static bool
domain_name(struct str given, char room[256], struct str *out, struct directory_error *error)
{
	return domain_parse(given, room, out) ||
	       fail(error, "%.*s: not a domain: write example.org", SHOWN(given));
}

static bool
address_take(struct str address, struct name *out, struct directory_error *error)
{
	return name_new(address, out) ||
	       fail(error, "%.*s: not an address: write user@example.org", SHOWN(address));
}

static bool
address_check(struct str address, struct directory_error *error)
{
	return address_take(address, &(struct name){0}, error);
}

/* The domain of an address, which must be one of ours. */
static bool
domain_ours(
	struct directory *d, struct str name, struct domain_row *out, struct directory_error *error)
{
	const enum step rc = domain_find(d, name, out);
	if (rc == STEP_FAILED)
		return fail_database(d, error, "directory");
	return rc == STEP_ROW ||
	       fail(error, "%.*s: no such domain here: add it first", SHOWN(name));
}

/* Neither a domain nor the alias of one may have the name. */
static bool
domain_is_new(struct directory *d, struct str name, struct directory_error *error)
{
	struct domain_row row;
	const enum step rc = domain_find(d, name, &row);
	if (rc == STEP_FAILED)
		return fail_database(d, error, "directory");
	return rc == STEP_END || fail(error, "%.*s: is there already", SHOWN(name));
}

/* Ends a change that may have closed a loop. */
static bool
end_without_loop(struct directory *d, bool ok, struct str address, struct directory_error *error)
{
	char why[DIRECTORY_WORDS_MAX - 64];
	if (ok && loop_find(d, address, why, sizeof why))
		ok = fail(error, "%.*s: would lead back to itself: %s", SHOWN(address), why);
	return change_end(d, ok, error);
}

bool
directory_domain_add(
	struct directory *d, struct str given, struct str catch_all, struct directory_error *error)
{
	char room[256];
	struct str name;
	if (!domain_name(given, room, &name, error) ||
		(str_is_set(catch_all) && !address_check(catch_all, error)) ||
		!change_begin(d, error))
		return false;
	bool ok = domain_is_new(d, name, error);
	if (ok) {
		sqlite3_stmt *const s = ask(d, QUERY_DOMAIN_ADD);
		bind_text(s, 1, name);
		bind_text(s, 2, catch_all);
		ok = change_run(d, s, name, error);
	}
	return change_end(d, ok, error);
}

bool
directory_domain_alias_add(
	struct directory *d, struct str given, struct str domain, struct directory_error *error)
{
	char room[256], room2[256];
	struct str name, target;
	struct domain_row row;
	if (!domain_name(given, room, &name, error) ||
		!domain_name(domain, room2, &target, error) || !change_begin(d, error))
		return false;
	bool ok = domain_ours(d, target, &row, error) && domain_is_new(d, name, error);
	if (ok) {
		sqlite3_stmt *const s = ask(d, QUERY_DOMAIN_ALIAS_ADD);
		bind_text(s, 1, name);
		bind_number(s, 2, row.id);
		ok = change_run(d, s, name, error);
	}
	return change_end(d, ok, error);
}

/* ---- names */

/* A row in `name`; gives its id, 0 when it could not be. */
static int64_t
name_add(
	struct directory *d, struct str address, enum name_kind kind, struct directory_error *error)
{
	struct name name;
	struct domain_row domain;
	if (!address_take(address, &name, error) || !domain_ours(d, name.domain, &domain, error))
		return 0;
	sqlite3_stmt *const s = ask_id(d, QUERY_NAME_ADD, domain.id);
	bind_text(s, 2, name.local);
	bind_number(s, 3, kind);
	return change_run(d, s, address, error) ? sqlite3_last_insert_rowid(d->db) : 0;
}

/* The row of a name that must be there, and be of that kind; 0 when not. */
int64_t
name_ours(
	struct directory *d, struct str address, enum name_kind kind, struct directory_error *error)
{
	static const char *const kinds[] = {
		[NAME_ACCOUNT] = "account", [NAME_ALIAS] = "alias", [NAME_LIST] = "list"};
	struct name name;
	struct domain_row domain;
	struct name_row row;
	if (!name_parse(address, &name)) {
		fail(error, "%.*s: not an address: write user@example.org", SHOWN(address));
		return 0;
	}
	if (!domain_ours(d, name.domain, &domain, error))
		return 0;
	const enum step rc = name_find(d, domain.id, name.local, &row);
	if (rc == STEP_FAILED)
		fail_database(d, error, "directory");
	else if (rc == STEP_END || row.kind != (int)kind)
		fail(error, "%.*s: no such %s", SHOWN(address), kinds[kind]);
	return rc == STEP_ROW && row.kind == (int)kind ? row.id : 0;
}

int64_t
domain_ours_id(struct directory *d, struct str name, struct directory_error *error)
{
	char room[256];
	struct str domain;
	struct domain_row row;
	return domain_name(name, room, &domain, error) && domain_ours(d, domain, &row, error)
		       ? row.id
		       : 0;
}

static bool
secrets_of(struct str password, struct secrets *out, struct directory_error *error)
{
	char room[OPAQUE_ROOM_BYTES];
	struct str prepared;
	if (password.len == 0 || password.len > DIRECTORY_PASSWORD_MAX)
		return fail(error, "the password must have 1 to %d bytes", DIRECTORY_PASSWORD_MAX);
	if (!opaque_prepare(password, room, &prepared))
		return fail(error,
			"the password has a character that keyboards do not give alike: a control, "
			"one that is not seen or not known, or what is not UTF-8; use others");
	const bool ok = secrets_make(prepared, out);
	scram_cleanse(room, sizeof room);
	return ok || fail(error, "the password cannot be kept: not enough memory");
}

bool
directory_account_add(struct directory *d, struct str address,
	const struct account_settings *settings, struct directory_error *error)
{
	const bool has_password = str_is_set(settings->password);
	struct secrets secrets;
	if ((has_password && !secrets_of(settings->password, &secrets, error)) ||
		(str_is_set(settings->forward) && !address_check(settings->forward, error)))
		return false;
	if (settings->quota_bytes < 0)
		return fail(error, "%.*s: a quota is 0 (none) or more", SHOWN(address));
	if (!change_begin(d, error))
		return false;
	const int64_t id = name_add(d, address, NAME_ACCOUNT, error);
	bool ok = id != 0;
	if (ok) {
		sqlite3_stmt *const s = ask_id(d, QUERY_ACCOUNT_ADD, id);
		bind_text(s, 2, has_password ? str_of(secrets.hash) : STR_NONE);
		bind_number(s, 3, settings->quota_bytes);
		bind_text(s, 4, settings->forward);
		bind_number(s, 5, settings->keeps_copy);
		ok = change_run(d, s, address, error) &&
		     (!has_password || change_run(d, ask_scram(d, id, &secrets), address, error));
	}
	return end_without_loop(d, ok, address, error);
}

bool
directory_password_set(
	struct directory *d, struct str address, struct str password, struct directory_error *error)
{
	struct secrets secrets;
	if (!secrets_of(password, &secrets, error) || !change_begin(d, error))
		return false;
	const int64_t id = name_ours(d, address, NAME_ACCOUNT, error);
	bool ok = id != 0;
	if (ok) {
		sqlite3_stmt *const s = ask_id(d, QUERY_PASSWORD_SET, id);
		bind_text(s, 2, str_of(secrets.hash));
		ok = change_run(d, s, address, error) &&
		     change_run(d, ask_scram(d, id, &secrets), address, error);
	}
	return change_end(d, ok, error);
}

bool
directory_alias_add(
	struct directory *d, struct str address, struct str target, struct directory_error *error)
{
	if (!address_check(target, error) || !change_begin(d, error))
		return false;
	const int64_t id = name_add(d, address, NAME_ALIAS, error);
	bool ok = id != 0;
	if (ok) {
		sqlite3_stmt *const s = ask_id(d, QUERY_ALIAS_ADD, id);
		bind_text(s, 2, target);
		ok = change_run(d, s, address, error);
	}
	return end_without_loop(d, ok, address, error);
}

bool
end_of_list(struct directory *d, bool keep, struct str list, struct directory_error *error)
{
	char why[DIRECTORY_WORDS_MAX - 160];
	if (keep && owner_loop_find(d, list, why, sizeof why))
		keep = fail(error, "%.*s: what is for its owner would go to the list itself: %s",
			SHOWN(list), why);
	return change_end(d, keep, error);
}

bool
directory_list_add(struct directory *d, struct str address, const struct list_settings *settings,
	struct directory_error *error)
{
	if (settings->mode == LIST_ANNOUNCEMENT && !str_is_set(settings->owner))
		return fail(error, "%.*s: a list for announcements needs an owner", SHOWN(address));
	if (str_is_set(settings->owner) && !address_check(settings->owner, error))
		return false;
	struct name name;
	if (name_parse(address, &name) && name.local.len > DIRECTORY_LIST_LOCAL_MAX)
		return fail(error,
			"%.*s: the name of a list has at most %d characters before the @: its "
			"owner's "
			"is " DIRECTORY_OWNER_PREFIX "NAME, and none may have more than 64",
			SHOWN(address), (int)DIRECTORY_LIST_LOCAL_MAX);
	if (!change_begin(d, error))
		return false;
	const int64_t id = name_add(d, address, NAME_LIST, error);
	bool ok = id != 0;
	if (ok) {
		sqlite3_stmt *const s = ask_id(d, QUERY_LIST_ADD, id);
		bind_number(s, 2, settings->mode);
		bind_number(s, 3, settings->needs_login);
		bind_text(s, 4, settings->owner);
		ok = change_run(d, s, address, error);
	}
	return end_of_list(d, ok, address, error);
}

/* Adds an address, as the tables have them, to a list, a route or an account. */
static bool
address_add(struct directory *d, enum query query, int64_t id, struct str address,
	struct directory_error *error)
{
	struct name name;
	if (!address_take(address, &name, error))
		return false;
	sqlite3_stmt *const s = ask_id(d, query, id);
	bind_text(s, 2, name.whole);
	return change_run(d, s, address, error);
}

bool
directory_member_add(
	struct directory *d, struct str list, struct str member, struct directory_error *error)
{
	if (!change_begin(d, error))
		return false;
	const int64_t id = name_ours(d, list, NAME_LIST, error);
	const bool ok = id != 0 && address_add(d, QUERY_MEMBER_ADD, id, member, error);
	return end_without_loop(d, ok, list, error);
}

bool
directory_identity_add(
	struct directory *d, struct str account, struct str address, struct directory_error *error)
{
	if (!change_begin(d, error))
		return false;
	const int64_t id = name_ours(d, account, NAME_ACCOUNT, error);
	const bool ok = id != 0 && address_add(d, QUERY_IDENTITY_ADD, id, address, error);
	return change_end(d, ok, error);
}

/* ---- routes */

bool
directory_route_add(struct directory *d, struct str pattern, const struct route_settings *settings,
	struct directory_error *error)
{
	char room[258], host_room[256];
	struct str stored, host;
	if (!route_pattern(pattern, room, &stored))
		return fail(error, "%.*s: not a domain: write example.org, *.example.org or *",
			SHOWN(pattern));
	if (!route_host_parse(settings->host, host_room, &host))
		return fail(error,
			"%.*s: not a host: write mail.example.org, or the path of a socket",
			SHOWN(settings->host));
	if (settings->port > 65535)
		return fail(error, "%u: a port is 1 to 65535", settings->port);
	if (!change_begin(d, error))
		return false;
	sqlite3_stmt *const s = ask(d, QUERY_ROUTE_ADD);
	bind_text(s, 1, stored);
	bind_text(s, 2, host);
	bind_number(s, 3, settings->port == 0 ? 25 : settings->port);
	bind_number(s, 4, settings->takes_all);
	return change_end(d, change_run(d, s, pattern, error), error);
}

bool
directory_route_address_add(struct directory *d, struct str address, struct directory_error *error)
{
	struct name name;
	if (!address_take(address, &name, error) || !change_begin(d, error))
		return false;
	sqlite3_stmt *const s = ask(d, QUERY_ROUTE);
	bind_text(s, 1, name.domain);
	const enum step rc = step(s);
	const int64_t id = rc == STEP_ROW ? sqlite3_column_int64(s, 0) : 0;
	done(s);
	if (rc == STEP_END)
		fail(error, "%.*s: no route for this domain: add it first", SHOWN(name.domain));
	else if (rc == STEP_FAILED)
		fail_database(d, error, "directory");
	const bool ok = id != 0 && address_add(d, QUERY_ROUTE_ADDRESS_ADD, id, address, error);
	return change_end(d, ok, error);
}
