/* entry - what there is to say of each kind of thing, and saying it */
#include "directory/entry.h"

#include "base/net.h"
#include "directory/entry_inside.h"

#include <stdio.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))
#define QUOTA_MOST ((int64_t)1 << 50)

static const char *const mode_words[] = {"public", "members", "announcement", "domain", NULL};
static const char *const tls_words[] = {"offered", "off", "required", "verified", NULL};
static const char *const direction_words[] = {"local-to-local", "local-to-elsewhere",
	"elsewhere-to-local", "elsewhere-to-elsewhere", NULL};

/* clang-format off */
static const struct entry_property of_domain[] = {
	{.name = STR_INIT("active"), .type = PROPERTY_FLAG, .column = "is_active",
		.sql = "UPDATE domain SET is_active = ?2 WHERE id = ?1"},
	{.name = STR_INIT("catch_all"), .type = PROPERTY_ADDRESS, .may_be_empty = true, .column = "catch_all",
		.sql = "UPDATE domain SET catch_all = ?2 WHERE id = ?1"},
	{.name = STR_INIT("plus"), .type = PROPERTY_PLUS, .may_be_empty = true, .column = "plus",
		.sql = "UPDATE domain SET plus = ?2 WHERE id = ?1"},
	{.name = STR_INIT("suspended"), .type = PROPERTY_FLAG, .column = "is_suspended",
		.sql = "UPDATE domain SET is_suspended = ?2 WHERE id = ?1"},
};
enum { DOMAIN_ACTIVE, DOMAIN_CATCH_ALL };

static const struct entry_property of_account[] = {
	{.name = STR_INIT("active"), .type = PROPERTY_FLAG, .column = "n.is_active",
		.sql = "UPDATE name SET is_active = ?2 WHERE id = ?1"},
	{.name = STR_INIT("quota"), .type = PROPERTY_SIZE, .most = QUOTA_MOST, .column = "a.quota_bytes",
		.sql = "UPDATE account SET quota_bytes = ?2 WHERE id = ?1"},
	{.name = STR_INIT("forward"), .type = PROPERTY_ADDRESS, .may_be_empty = true, .column = "a.forward",
		.sql = "UPDATE account SET forward = ?2 WHERE id = ?1"},
	{.name = STR_INIT("keep_copy"), .type = PROPERTY_FLAG, .column = "a.keeps_copy",
		.sql = "UPDATE account SET keeps_copy = ?2 WHERE id = ?1"},
	{.name = STR_INIT("language"), .type = PROPERTY_LANGUAGE, .may_be_empty = true, .column = "a.language",
		.sql = "UPDATE account SET language = ?2 WHERE id = ?1"},
	{.name = STR_INIT("suspended"), .type = PROPERTY_FLAG, .column = "a.is_suspended",
		.sql = "UPDATE account SET is_suspended = ?2 WHERE id = ?1"},
	{.name = STR_INIT("moved"), .type = PROPERTY_ADDRESS, .may_be_empty = true, .column = "a.moved",
		.sql = "UPDATE account SET moved = ?2 WHERE id = ?1"},
	{.name = STR_INIT("scram_only"), .type = PROPERTY_FLAG, .column = "a.scram_only",
		.sql = "UPDATE account SET scram_only = ?2 WHERE id = ?1"},
	{.name = STR_INIT("password"), .type = PROPERTY_PASSWORD, .is_secret = true},
	{.name = STR_INIT("password_hash"), .type = PROPERTY_HASH, .is_secret = true, .column = "a.password"},
	{.name = STR_INIT("scram_sha_256"), .type = PROPERTY_KEYS, .is_secret = true,
		.column = "k.iterations || ':' || hex(k.salt) || ':' || hex(k.stored_key) || ':' || hex(k.server_key)"},
	/* Behind the password: a new one has no such day unless one is said with it. */
	{.name = STR_INIT("password_expires"), .type = PROPERTY_DATE, .may_be_empty = true,
		.column = "a.password_expires", .sql = "UPDATE account SET password_expires = ?2 WHERE id = ?1"},
};
enum { ACCOUNT_ACTIVE, ACCOUNT_SUSPENDED = 5 };

static const struct entry_property of_alias[] = {
	{.name = STR_INIT("active"), .type = PROPERTY_FLAG, .column = "n.is_active",
		.sql = "UPDATE name SET is_active = ?2 WHERE id = ?1"},
};

static const struct entry_property of_list[] = {
	{.name = STR_INIT("active"), .type = PROPERTY_FLAG, .column = "n.is_active",
		.sql = "UPDATE name SET is_active = ?2 WHERE id = ?1"},
	{.name = STR_INIT("mode"), .type = PROPERTY_WORD, .choices = mode_words, .column = "l.mode",
		.sql = "UPDATE list SET mode = ?2 WHERE id = ?1"},
	{.name = STR_INIT("needs_login"), .type = PROPERTY_FLAG, .column = "l.needs_login",
		.sql = "UPDATE list SET needs_login = ?2 WHERE id = ?1"},
	{.name = STR_INIT("owner"), .type = PROPERTY_ADDRESS, .may_be_empty = true, .column = "l.owner",
		.sql = "UPDATE list SET owner = ?2 WHERE id = ?1"},
};

static const struct entry_property of_route[] = {
	{.name = STR_INIT("host"), .type = PROPERTY_HOST, .column = "host",
		.sql = "UPDATE route SET host = ?2 WHERE id = ?1"},
	{.name = STR_INIT("port"), .type = PROPERTY_NUMBER, .least = 1, .most = 65535, .column = "port",
		.sql = "UPDATE route SET port = ?2 WHERE id = ?1"},
	{.name = STR_INIT("all_addresses"), .type = PROPERTY_FLAG, .column = "takes_all",
		.sql = "UPDATE route SET takes_all = ?2 WHERE id = ?1"},
	{.name = STR_INIT("tls"), .type = PROPERTY_WORD, .choices = tls_words, .column = "tls",
		.sql = "UPDATE route SET tls = ?2 WHERE id = ?1"},
	{.name = STR_INIT("immediate_tls"), .type = PROPERTY_FLAG, .column = "is_immediate",
		.sql = "UPDATE route SET is_immediate = ?2 WHERE id = ?1"},
	{.name = STR_INIT("lmtp"), .type = PROPERTY_FLAG, .column = "is_lmtp",
		.sql = "UPDATE route SET is_lmtp = ?2 WHERE id = ?1"},
	{.name = STR_INIT("user"), .type = PROPERTY_TEXT, .may_be_empty = true, .column = "user",
		.sql = "UPDATE route SET user = ?2 WHERE id = ?1"},
	{.name = STR_INIT("password"), .type = PROPERTY_TEXT, .may_be_empty = true, .is_secret = true,
		.column = "password", .sql = "UPDATE route SET password = ?2 WHERE id = ?1"},
};
enum { ROUTE_HOST };

static const struct entry_property of_range[] = {
	{.name = STR_INIT("name"), .type = PROPERTY_TEXT, .column = "name",
		.sql = "UPDATE range SET name = ?2 WHERE id = ?1"},
	{.name = STR_INIT("priority"), .type = PROPERTY_NUMBER, .most = 1000000, .column = "priority",
		.sql = "UPDATE range SET priority = ?2 WHERE id = ?1"},
	{.name = STR_INIT("allowed"), .type = PROPERTY_WORDS, .choices = direction_words, .column = "allowed",
		.sql = "UPDATE range SET allowed = ?2 WHERE id = ?1"},
	{.name = STR_INIT("needs_login"), .type = PROPERTY_WORDS, .choices = direction_words,
		.column = "needs_login", .sql = "UPDATE range SET needs_login = ?2 WHERE id = ?1"},
	{.name = STR_INIT("banned"), .type = PROPERTY_FLAG, .column = "is_banned",
		.sql = "UPDATE range SET is_banned = ?2 WHERE id = ?1"},
	{.name = STR_INIT("reason"), .type = PROPERTY_REPLY, .may_be_empty = true, .column = "reason",
		.sql = "UPDATE range SET reason = ?2 WHERE id = ?1"},
};
enum { RANGE_NAME };

#define WITH(list) .properties = (list), .count = COUNT(list)
static const struct entry_form forms[ENTRY_KIND_COUNT] = {
	[ENTRY_DOMAIN] = {STR_INIT("domain"), STR_INIT("DOMAIN"), {NULL, 0}, STR_INIT("DOMAIN"), WITH(of_domain)},
	[ENTRY_DOMAIN_ALIAS] = {STR_INIT("domain-alias"), STR_INIT("NAME"), STR_INIT("DOMAIN"), STR_INIT("DOMAIN"), NULL, 0},
	[ENTRY_ACCOUNT] = {STR_INIT("account"), STR_INIT("ADDRESS"), {NULL, 0}, STR_INIT("DOMAIN"), WITH(of_account)},
	[ENTRY_IDENTITY] = {STR_INIT("identity"), STR_INIT("ACCOUNT"), STR_INIT("ADDRESS"), STR_INIT("ACCOUNT"), NULL, 0},
	[ENTRY_ALIAS] = {STR_INIT("alias"), STR_INIT("ADDRESS"), STR_INIT("TARGET"), STR_INIT("DOMAIN"), WITH(of_alias)},
	[ENTRY_LIST] = {STR_INIT("list"), STR_INIT("ADDRESS"), {NULL, 0}, STR_INIT("DOMAIN"), WITH(of_list)},
	[ENTRY_MEMBER] = {STR_INIT("member"), STR_INIT("LIST"), STR_INIT("ADDRESS"), STR_INIT("LIST"), NULL, 0},
	[ENTRY_ROUTE] = {STR_INIT("route"), STR_INIT("PATTERN"), {NULL, 0}, STR_INIT("PATTERN"), WITH(of_route)},
	[ENTRY_ROUTE_ADDRESS] = {STR_INIT("route-address"), STR_INIT("ADDRESS"), {NULL, 0}, STR_INIT("DOMAIN"), NULL, 0},
	[ENTRY_RANGE] = {STR_INIT("range"), STR_INIT("NETWORK"), {NULL, 0}, {NULL, 0}, WITH(of_range)},
};
/* clang-format on */

const struct entry_form *
entry_form(enum entry_kind kind)
{
	return &forms[kind];
}

enum entry_kind
entry_kind_find(struct str word)
{
	int kind = 0;
	while (kind < ENTRY_KIND_COUNT && !str_eq(forms[kind].word, word))
		kind++;
	return (enum entry_kind)kind;
}

size_t
entry_property_find(const struct entry_form *form, struct str name)
{
	size_t at = 0;
	for (; at < form->count; at++) {
		const struct str own = form->properties[at].name;
		size_t same = 0;
		while (own.len == name.len && same < own.len &&
			(own.ptr[same] == name.ptr[same] ||
				(own.ptr[same] == '_' && name.ptr[same] == '-')))
			same++;
		if (same == own.len && own.len == name.len)
			break;
	}
	return at;
}

/* ---- which one is meant */

static int64_t
id_of(sqlite3_stmt *s)
{
	const int64_t id = step(s) == STEP_ROW ? sqlite3_column_int64(s, 0) : 0;
	done(s);
	return id;
}

static struct str
other_of(const struct entry *e, struct name *room)
{
	return name_parse(e->other, room) ? room->whole : e->other;
}

/* The id of a member of a list, or an identity of an account. */
static int64_t
pair_find(struct directory *d, const struct entry *e, enum name_kind kind, enum query query,
	struct directory_error *error)
{
	struct name room;
	const int64_t owner = name_ours(d, e->name, kind, error);
	if (owner == 0)
		return 0;
	sqlite3_stmt *const s = ask_id(d, query, owner);
	bind_text(s, 2, other_of(e, &room));
	const int64_t id = id_of(s);
	if (id == 0)
		fail(error, "%.*s: not there: %.*s", SHOWN(e->name), SHOWN(e->other));
	return id;
}

/* The id of what its name alone tells. */
static int64_t
named_find(struct directory *d, enum query query, struct str name, const struct entry *e,
	struct directory_error *error)
{
	sqlite3_stmt *const s = ask(d, query);
	bind_text(s, 1, name);
	const int64_t id = id_of(s);
	if (id == 0)
		fail(error, "%.*s: no such %.*s", SHOWN(e->name), SHOWN(forms[e->kind].word));
	return id;
}

static int64_t
range_find(struct directory *d, const struct entry *e, struct directory_error *error)
{
	struct net net;
	if (net_parse(e->name, &net) != NET_OK) {
		fail(error, "%.*s: not an address or network: write 192.0.2.0/24 or 2001:db8::/32",
			SHOWN(e->name));
		return 0;
	}
	const struct ip last = net_last(&net);
	sqlite3_stmt *const s = ask(d, QUERY_RANGE_ID);
	bind_bytes(s, 1, net.first.bytes, sizeof net.first.bytes);
	bind_bytes(s, 2, last.bytes, sizeof last.bytes);
	const int64_t id = id_of(s);
	if (id == 0)
		fail(error, "%.*s: no such range", SHOWN(e->name));
	return id;
}

/* Its row in the table of its kind; 0, and the words, when there is none. */
static int64_t
entry_id(struct directory *d, const struct entry *e, struct directory_error *error)
{
	char room[258];
	struct str name;
	struct name address;
	switch (e->kind) {
	case ENTRY_DOMAIN:
		return domain_ours_id(d, e->name, error);
	case ENTRY_ACCOUNT:
		return name_ours(d, e->name, NAME_ACCOUNT, error);
	case ENTRY_ALIAS:
		return name_ours(d, e->name, NAME_ALIAS, error);
	case ENTRY_LIST:
		return name_ours(d, e->name, NAME_LIST, error);
	case ENTRY_MEMBER:
		return pair_find(d, e, NAME_LIST, QUERY_MEMBER_ID, error);
	case ENTRY_IDENTITY:
		return pair_find(d, e, NAME_ACCOUNT, QUERY_IDENTITY_ID, error);
	case ENTRY_DOMAIN_ALIAS:
		return named_find(d, QUERY_DOMAIN_ALIAS_ID,
			domain_parse(e->name, room, &name) ? name : e->name, e, error);
	case ENTRY_ROUTE:
		return named_find(d, QUERY_ROUTE,
			route_pattern(e->name, room, &name) ? name : e->name, e, error);
	case ENTRY_ROUTE_ADDRESS:
		return named_find(d, QUERY_ROUTE_ADDRESS_ID,
			name_parse(e->name, &address) ? address.whole : e->name, e, error);
	case ENTRY_RANGE:
		return range_find(d, e, error);
	case ENTRY_KIND_COUNT:
		break;
	}
	return 0;
}

/* ---- saying it */

/* A statement that is made for this once. */
static bool
run_once(struct directory *d, const char *sql, int64_t id, const struct entry_property *property,
	struct str text, struct directory_error *error)
{
	sqlite3_stmt *s = NULL;
	if (sqlite3_prepare_v2(d->db, sql, -1, &s, NULL) != SQLITE_OK)
		return fail_database(d, error, "directory");
	sqlite3_bind_int64(s, 1, id);
	const bool ok = (property == NULL || value_bind(s, property, text, error)) &&
			(step(s) == STEP_END || fail_database(d, error, "directory"));
	sqlite3_finalize(s);
	return ok;
}

static bool
secret_set(struct directory *d, const struct entry *e, int64_t id,
	const struct entry_property *property, struct str value, struct directory_error *error)
{
	struct secrets secrets;
	char hash[PASSWORD_HASH_MAX];
	if (property->type == PROPERTY_PASSWORD)
		return directory_password_set(d, e->name, value, error);
	if (property->type == PROPERTY_KEYS) {
		if (value.len == 0)
			return true;
		return (keys_parse(value, &secrets) ||
			       fail(error, "%.*s: keys are iterations:salt:stored:server",
				       SHOWN(property->name))) &&
		       change_run(d, ask_scram(d, id, &secrets), e->name, error);
	}
	/* The keys are those of the password before. */
	if (value.len > 0 && !hash_take(value, hash))
		return fail(error,
			"%.*s: not a hash that can be kept: argon2id's begins with "
			"$argon2id$",
			SHOWN(property->name));
	sqlite3_stmt *const s = ask_id(d, QUERY_PASSWORD_SET, id);
	bind_text(s, 2, value.len == 0 ? STR_NONE : str_of(hash));
	return change_run(d, s, e->name, error) &&
	       change_run(d, ask_id(d, QUERY_SCRAM_REMOVE, id), e->name, error);
}

static bool
properties_set(
	struct directory *d, const struct entry *e, int64_t id, struct directory_error *error)
{
	const struct entry_form *const form = &forms[e->kind];
	for (size_t i = 0; i < form->count; i++) {
		const struct entry_property *const p = &form->properties[i];
		const struct str value = e->values[i];
		if (!str_is_set(value))
			continue;
		if (p->sql == NULL ? !secret_set(d, e, id, p, value, error)
				   : !run_once(d, p->sql, id, p, value, error))
			return false;
	}
	if (e->kind == ENTRY_ACCOUNT &&
		(str_eq_case(e->values[ACCOUNT_ACTIVE], STR("no")) ||
			str_eq_case(e->values[ACCOUNT_SUSPENDED], STR("yes"))))
		/* Who is logged in is so no longer. */
		return change_run(d, ask_id(d, QUERY_EPOCH_RAISE, id), e->name, error);
	if (e->kind != ENTRY_LIST)
		return true;
	sqlite3_stmt *const s = ask_id(d, QUERY_LIST_LACKS_OWNER, id);
	bind_number(s, 2, LIST_ANNOUNCEMENT);
	return id_of(s) == 0 ||
	       fail(error, "%.*s: a list for announcements needs an owner", SHOWN(e->name));
}

/* The second name of what is there already. */
static bool
other_set(struct directory *d, const struct entry *e, int64_t id, struct directory_error *error)
{
	static const struct entry_property target = {
		.name = STR_INIT("target"), .type = PROPERTY_ADDRESS};
	if (!str_is_set(e->other))
		return true;
	if (e->kind == ENTRY_ALIAS)
		return run_once(d, "UPDATE alias SET target = ?2 WHERE id = ?1", id, &target,
			e->other, error);
	if (e->kind != ENTRY_DOMAIN_ALIAS)
		return true;
	const int64_t domain = domain_ours_id(d, e->other, error);
	sqlite3_stmt *const s = ask_id(d, QUERY_DOMAIN_ALIAS_SET, id);
	bind_number(s, 2, domain);
	if (domain == 0)
		done(s);
	return domain != 0 && change_run(d, s, e->name, error);
}

/* Ends a change; what may have closed a loop is looked at. */
static bool
end_checked(struct directory *d, bool ok, const struct entry *e, struct directory_error *error)
{
	char why[DIRECTORY_WORDS_MAX - 64];
	const struct str from = e->kind == ENTRY_DOMAIN ? e->values[DOMAIN_CATCH_ALL] : e->name;
	const bool may_loop = e->kind == ENTRY_ACCOUNT || e->kind == ENTRY_ALIAS ||
			      (e->kind == ENTRY_DOMAIN && from.len > 0);
	if (ok && may_loop && loop_find(d, from, why, sizeof why))
		ok = fail(error, "%.*s: would lead back to itself: %s", SHOWN(from), why);
	return e->kind == ENTRY_LIST ? end_of_list(d, ok, e->name, error)
				     : change_end(d, ok, error);
}

static bool
add_bare(struct directory *d, const struct entry *e, struct directory_error *error)
{
	static const struct account_settings account = {.keeps_copy = true};
	static const struct list_settings list = {.mode = LIST_PUBLIC};
	const struct route_settings route = {.host = e->values[ROUTE_HOST], .takes_all = true};
	struct directory_range range = directory_range_default();
	switch (e->kind) {
	case ENTRY_DOMAIN:
		return directory_domain_add(d, e->name, STR_NONE, error);
	case ENTRY_DOMAIN_ALIAS:
		return directory_domain_alias_add(d, e->name, e->other, error);
	case ENTRY_ACCOUNT:
		return directory_account_add(d, e->name, &account, error);
	case ENTRY_IDENTITY:
		return directory_identity_add(d, e->name, e->other, error);
	case ENTRY_ALIAS:
		return directory_alias_add(d, e->name, e->other, error);
	case ENTRY_LIST:
		return directory_list_add(d, e->name, &list, error);
	case ENTRY_MEMBER:
		return directory_member_add(d, e->name, e->other, error);
	case ENTRY_ROUTE:
		if (route.host.len == 0)
			return fail(error, "%.*s: a route needs a host", SHOWN(e->name));
		return directory_route_add(d, e->name, &route, error);
	case ENTRY_ROUTE_ADDRESS:
		return directory_route_address_add(d, e->name, error);
	case ENTRY_RANGE:
		range.name = e->values[RANGE_NAME].len > 0 ? e->values[RANGE_NAME] : e->name;
		return directory_range_add(d, e->name, 0, &range, error);
	case ENTRY_KIND_COUNT:
		break;
	}
	return false;
}

bool
entry_add(struct directory *d, const struct entry *e, struct directory_error *error)
{
	if (str_is_set(forms[e->kind].other) && !str_is_set(e->other))
		return fail(error, "%.*s: %.*s is missing", SHOWN(e->name),
			SHOWN(forms[e->kind].other));
	if (!change_begin(d, error))
		return false;
	bool ok = add_bare(d, e, error);
	if (ok && forms[e->kind].count > 0) {
		const int64_t id = entry_id(d, e, error);
		ok = id != 0 && properties_set(d, e, id, error);
	}
	return end_checked(d, ok, e, error);
}

bool
entry_set(struct directory *d, const struct entry *e, struct directory_error *error)
{
	if (!change_begin(d, error))
		return false;
	const int64_t id = entry_id(d, e, error);
	const bool ok = id != 0 && other_set(d, e, id, error) && properties_set(d, e, id, error);
	return end_checked(d, ok, e, error);
}

bool
entry_is_there(struct directory *d, const struct entry *e)
{
	return entry_id(d, e, &(struct directory_error){{0}}) != 0;
}

bool
entry_remove(struct directory *d, const struct entry *e, struct directory_error *error)
{
	static const char *const removes[] = {
		[ENTRY_DOMAIN] = "DELETE FROM domain WHERE id = ?1",
		[ENTRY_DOMAIN_ALIAS] = "DELETE FROM domain_alias WHERE rowid = ?1",
		[ENTRY_ACCOUNT] = "DELETE FROM name WHERE id = ?1",
		[ENTRY_IDENTITY] = "DELETE FROM identity WHERE rowid = ?1",
		[ENTRY_ALIAS] = "DELETE FROM name WHERE id = ?1",
		[ENTRY_LIST] = "DELETE FROM name WHERE id = ?1",
		[ENTRY_MEMBER] = "DELETE FROM member WHERE rowid = ?1",
		[ENTRY_ROUTE] = "DELETE FROM route WHERE id = ?1",
		[ENTRY_ROUTE_ADDRESS] = "DELETE FROM route_address WHERE rowid = ?1",
		[ENTRY_RANGE] = "DELETE FROM range WHERE id = ?1",
	};
	if (!change_begin(d, error))
		return false;
	const int64_t id = entry_id(d, e, error);
	const bool ok = id != 0 && run_once(d, removes[e->kind], id, NULL, STR_NONE, error);
	return change_end(d, ok, error);
}
