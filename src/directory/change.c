/* change - what is put into the directory, each in one transaction */
#include "directory/directory_inside.h"
#include "directory/schema.h"

#include <stdio.h>

/* "a@b.example" in a message to a person. */
#define SHOWN(s) (int)(s).len, (s).ptr

static bool
begin(struct directory *d, struct directory_error *error)
{
	return run(d, QUERY_BEGIN_CHANGE) || fail_database(d, error, "directory");
}

/* Ends it: all, or nothing. */
static bool
end(struct directory *d, bool ok, struct directory_error *error)
{
	if (ok && run(d, QUERY_COMMIT))
		return true;
	if (ok)
		fail_database(d, error, "directory");
	run(d, QUERY_ROLLBACK);
	return false;
}

/* Runs a statement whose values are bound. `what` is named when it is there already. */
static bool
insert(struct directory *d, sqlite3_stmt *s, struct str what, struct directory_error *error)
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
	return name_parse(address, out) ||
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
	return end(d, ok, error);
}

bool
directory_domain_add(
	struct directory *d, struct str given, struct str catch_all, struct directory_error *error)
{
	char room[256];
	struct str name;
	if (!domain_name(given, room, &name, error) ||
		(str_is_set(catch_all) && !address_check(catch_all, error)) || !begin(d, error))
		return false;
	bool ok = domain_is_new(d, name, error);
	if (ok) {
		sqlite3_stmt *const s = ask(d, QUERY_DOMAIN_ADD);
		bind_text(s, 1, name);
		bind_text(s, 2, catch_all);
		ok = insert(d, s, name, error);
	}
	return end(d, ok, error);
}

bool
directory_domain_alias_add(
	struct directory *d, struct str given, struct str domain, struct directory_error *error)
{
	char room[256], room2[256];
	struct str name, target;
	struct domain_row row;
	if (!domain_name(given, room, &name, error) ||
		!domain_name(domain, room2, &target, error) || !begin(d, error))
		return false;
	bool ok = domain_ours(d, target, &row, error) && domain_is_new(d, name, error);
	if (ok) {
		sqlite3_stmt *const s = ask(d, QUERY_DOMAIN_ALIAS_ADD);
		bind_text(s, 1, name);
		bind_number(s, 2, row.id);
		ok = insert(d, s, name, error);
	}
	return end(d, ok, error);
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
	return insert(d, s, address, error) ? sqlite3_last_insert_rowid(d->db) : 0;
}

/* The row of a name that must be there, and be of that kind; 0 when not. */
static int64_t
name_ours(
	struct directory *d, struct str address, enum name_kind kind, struct directory_error *error)
{
	static const char *const kinds[] = {
		[NAME_ACCOUNT] = "account", [NAME_ALIAS] = "alias", [NAME_LIST] = "list"};
	struct name name;
	struct domain_row domain;
	struct name_row row;
	if (!address_take(address, &name, error) || !domain_ours(d, name.domain, &domain, error))
		return 0;
	const enum step rc = name_find(d, domain.id, name.local, &row);
	if (rc == STEP_FAILED)
		fail_database(d, error, "directory");
	else if (rc == STEP_END || row.kind != (int)kind)
		fail(error, "%.*s: no such %s", SHOWN(address), kinds[kind]);
	return rc == STEP_ROW && row.kind == (int)kind ? row.id : 0;
}

static bool
secrets_of(struct str password, struct secrets *out, struct directory_error *error)
{
	return secrets_make(password, out) ||
	       fail(error, "the password must have 1 to %d bytes", DIRECTORY_PASSWORD_MAX);
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
	if (!begin(d, error))
		return false;
	const int64_t id = name_add(d, address, NAME_ACCOUNT, error);
	bool ok = id != 0;
	if (ok) {
		sqlite3_stmt *const s = ask_id(d, QUERY_ACCOUNT_ADD, id);
		bind_text(s, 2, has_password ? str_of(secrets.hash) : STR_NONE);
		bind_number(s, 3, settings->quota_bytes);
		bind_text(s, 4, settings->forward);
		bind_number(s, 5, settings->keeps_copy);
		ok = insert(d, s, address, error) &&
		     (!has_password || insert(d, ask_scram(d, id, &secrets), address, error));
	}
	return end_without_loop(d, ok, address, error);
}

bool
directory_password_set(
	struct directory *d, struct str address, struct str password, struct directory_error *error)
{
	struct secrets secrets;
	if (!secrets_of(password, &secrets, error) || !begin(d, error))
		return false;
	const int64_t id = name_ours(d, address, NAME_ACCOUNT, error);
	bool ok = id != 0;
	if (ok) {
		sqlite3_stmt *const s = ask_id(d, QUERY_PASSWORD_SET, id);
		bind_text(s, 2, str_of(secrets.hash));
		ok = insert(d, s, address, error) &&
		     insert(d, ask_scram(d, id, &secrets), address, error);
	}
	return end(d, ok, error);
}

bool
directory_alias_add(
	struct directory *d, struct str address, struct str target, struct directory_error *error)
{
	if (!address_check(target, error) || !begin(d, error))
		return false;
	const int64_t id = name_add(d, address, NAME_ALIAS, error);
	bool ok = id != 0;
	if (ok) {
		sqlite3_stmt *const s = ask_id(d, QUERY_ALIAS_ADD, id);
		bind_text(s, 2, target);
		ok = insert(d, s, address, error);
	}
	return end_without_loop(d, ok, address, error);
}

bool
directory_list_add(struct directory *d, struct str address, const struct list_settings *settings,
	struct directory_error *error)
{
	if (settings->mode == LIST_ANNOUNCEMENT && !str_is_set(settings->owner))
		return fail(error, "%.*s: a list for announcements needs an owner", SHOWN(address));
	if (str_is_set(settings->owner) && !address_check(settings->owner, error))
		return false;
	if (!begin(d, error))
		return false;
	const int64_t id = name_add(d, address, NAME_LIST, error);
	bool ok = id != 0;
	if (ok) {
		sqlite3_stmt *const s = ask_id(d, QUERY_LIST_ADD, id);
		bind_number(s, 2, settings->mode);
		bind_number(s, 3, settings->needs_login);
		bind_text(s, 4, settings->owner);
		ok = insert(d, s, address, error);
	}
	return end(d, ok, error);
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
	return insert(d, s, address, error);
}

bool
directory_member_add(
	struct directory *d, struct str list, struct str member, struct directory_error *error)
{
	if (!begin(d, error))
		return false;
	const int64_t id = name_ours(d, list, NAME_LIST, error);
	const bool ok = id != 0 && address_add(d, QUERY_MEMBER_ADD, id, member, error);
	return end_without_loop(d, ok, list, error);
}

bool
directory_identity_add(
	struct directory *d, struct str account, struct str address, struct directory_error *error)
{
	if (!begin(d, error))
		return false;
	const int64_t id = name_ours(d, account, NAME_ACCOUNT, error);
	const bool ok = id != 0 && address_add(d, QUERY_IDENTITY_ADD, id, address, error);
	return end(d, ok, error);
}

/* ---- routes */

bool
directory_route_add(struct directory *d, struct str pattern, const struct route_settings *settings,
	struct directory_error *error)
{
	char room[256], host_room[256];
	struct str name, host;
	const bool is_wild = str_starts(pattern, STR("*."));
	if (!domain_name(str_from(pattern, is_wild ? 2 : 0), room, &name, error) ||
		!domain_name(settings->host, host_room, &host, error))
		return false;
	if (settings->port > 65535)
		return fail(error, "%u: a port is 1 to 65535", settings->port);
	char stored[258];
	const int len = snprintf(stored, sizeof stored, "%s%.*s", is_wild ? "*." : "", SHOWN(name));
	if (!begin(d, error))
		return false;
	sqlite3_stmt *const s = ask(d, QUERY_ROUTE_ADD);
	bind_text(s, 1, (struct str){stored, (size_t)len});
	bind_text(s, 2, host);
	bind_number(s, 3, settings->port == 0 ? 25 : settings->port);
	bind_number(s, 4, settings->takes_all);
	return end(d, insert(d, s, pattern, error), error);
}

bool
directory_route_address_add(struct directory *d, struct str address, struct directory_error *error)
{
	struct name name;
	if (!address_take(address, &name, error) || !begin(d, error))
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
	return end(d, ok, error);
}

/* ---- on, off, gone */

static int64_t
thing_ours(struct directory *d, enum directory_thing thing, struct str name,
	struct directory_error *error)
{
	static const enum name_kind kinds[] = {[THING_ACCOUNT] = NAME_ACCOUNT,
		[THING_ALIAS] = NAME_ALIAS,
		[THING_LIST] = NAME_LIST};
	char room[256];
	struct str domain;
	struct domain_row row;
	if (thing != THING_DOMAIN)
		return name_ours(d, name, kinds[thing], error);
	return domain_name(name, room, &domain, error) && domain_ours(d, domain, &row, error)
		       ? row.id
		       : 0;
}

bool
directory_active_set(struct directory *d, enum directory_thing thing, struct str name,
	bool is_active, struct directory_error *error)
{
	if (!begin(d, error))
		return false;
	const int64_t id = thing_ours(d, thing, name, error);
	bool ok = id != 0;
	if (ok) {
		sqlite3_stmt *const s = ask_id(
			d, thing == THING_DOMAIN ? QUERY_DOMAIN_ACTIVE : QUERY_NAME_ACTIVE, id);
		bind_number(s, 2, is_active);
		ok = insert(d, s, name, error);
	}
	/* Who is logged in is so no longer. */
	if (ok && thing == THING_ACCOUNT && !is_active)
		ok = insert(d, ask_id(d, QUERY_EPOCH_RAISE, id), name, error);
	return end(d, ok, error);
}

bool
directory_remove(struct directory *d, enum directory_thing thing, struct str name,
	struct directory_error *error)
{
	if (!begin(d, error))
		return false;
	const int64_t id = thing_ours(d, thing, name, error);
	const bool ok =
		id != 0 &&
		insert(d,
			ask_id(d, thing == THING_DOMAIN ? QUERY_DOMAIN_REMOVE : QUERY_NAME_REMOVE,
				id),
			name, error);
	return end(d, ok, error);
}
