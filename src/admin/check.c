#include "admin/check.h"

#include "base/net.h"
#include "base/units.h"
#include "mailbox/maildir.h"

#include <stdio.h>

#define ARENA_BYTES ((size_t)64 << 20) /* of one address with all it leads to */

/* Networks with a shorter prefix are the public, not somebody's own. */
#define OWN_BITS_V4 8
#define OWN_BITS_V6 16

const char *const finding_names[FINDING_KIND_COUNT] = {
	[FINDING_LOOP] = "loop",
	[FINDING_NOWHERE] = "nowhere",
	[FINDING_NO_POSTMASTER] = "no_postmaster",
	[FINDING_NO_ABUSE] = "no_abuse",
	[FINDING_NO_MEMBERS] = "no_members",
	[FINDING_FULL] = "full",
	[FINDING_OPEN_RELAY] = "open_relay",
	[FINDING_NO_KEYS] = "no_keys",
};

struct check {
	struct directory *d;
	struct arena a;
	finding_taker *take;
	void *to;
	struct str mail_folder;
	int64_t now_s;
	bool failed; /* an address could not be looked up */
	struct str why;
	size_t members; /* of the list that is looked at */
	size_t without_keys;
	char first_without_keys[DIRECTORY_ADDRESS_MAX + 1];
};

static void
find(struct check *c, enum finding_kind kind, struct str name, struct str words)
{
	c->take(c->to, &(struct finding){kind, name, words});
}

static struct str
value_of(const struct entry *e, struct str property)
{
	const struct entry_form *const form = entry_form(e->kind);
	const size_t at = entry_property_find(form, property);
	return at < form->count ? e->values[at] : STR_NONE;
}

/* Does mail for it come somewhere? c->why says why not. */
static bool
leads_somewhere(struct check *c, struct str address, bool *is_loop)
{
	struct directory_answer answer;
	const struct directory_question question = {.recipient = address, .is_authenticated = true};
	directory_resolve(c->d, &question, &c->a, &answer);
	c->why = answer.why;
	*is_loop = answer.is_refused && answer.condition == CONDITION_FORWARD_LOOP;
	c->failed |= answer.is_refused && answer.condition == CONDITION_LOOKUP_FAILED;
	/* A list that would not take it from us takes it from others. */
	return !answer.is_refused || answer.condition == CONDITION_LIST_SENDER_REFUSED;
}

/* What `name` leads to, by `what`: "alias for", ... */
static void
look_at(struct check *c, struct str name, const char *what, struct str target)
{
	bool is_loop;
	if (leads_somewhere(c, target, &is_loop))
		return;
	const struct str says = arena_join(&c->a, str_of(what), target, STR(": "));
	find(c, is_loop ? FINDING_LOOP : FINDING_NOWHERE, name,
		arena_join(&c->a, says, c->why, STR_NONE));
}

/* ---- each kind */

static bool
take_domain(void *of, const struct entry *e)
{
	static const struct {
		struct str local;
		enum finding_kind kind;
		struct str words;
	} roles[] = {
		{STR_INIT("postmaster"), FINDING_NO_POSTMASTER,
			STR_INIT("nobody gets mail for the postmaster, which RFC 5321 wants of "
				 "every "
				 "domain: ")},
		{STR_INIT("abuse"), FINDING_NO_ABUSE,
			STR_INIT("nobody gets mail for abuse, where others complain (RFC 2142): ")},
	};
	struct check *const c = of;
	arena_reset(&c->a);
	const struct str catch_all = value_of(e, STR("catch_all"));
	if (catch_all.len > 0)
		look_at(c, e->name, "its catch-all leads nowhere: ", catch_all);
	bool is_loop;
	for (size_t i = 0; i < 2 && !str_eq(value_of(e, STR("active")), STR("no")); i++) {
		const struct str address = arena_join(&c->a, roles[i].local, STR("@"), e->name);
		if (!leads_somewhere(c, address, &is_loop) && !is_loop)
			find(c, roles[i].kind, e->name,
				arena_join(&c->a, roles[i].words,
					arena_join(&c->a, STR("nixie-admin alias add "), address,
						STR(" TARGET")),
					STR_NONE));
	}
	return !c->failed;
}

static void
look_at_size(struct check *c, const struct entry *e)
{
	char path[MAILBOX_PATH_MAX], room[160], used_room[UNITS_TEXT_BYTES];
	const int64_t quota = units_parse(value_of(e, STR("quota")), UNITS_BYTES);
	const size_t at = str_behind_last(e->name, '@');
	if (quota <= 0 || at == 0 || !str_is_set(c->mail_folder) ||
		!mailbox_path(
			c->mail_folder, str_from(e->name, at), str_head(e->name, at - 1), path))
		return;
	const int64_t used = maildir_used(path, (uint64_t)quota, c->now_s);
	if (used <= quota)
		return;
	const struct str shown = units_text(used, UNITS_BYTES, used_room);
	const struct str most = value_of(e, STR("quota"));
	snprintf(room, sizeof room,
		"its mailbox has %.*s bytes, and may have %.*s: new mail is refused",
		(int)shown.len, shown.ptr, (int)most.len, most.ptr);
	find(c, FINDING_FULL, e->name, str_of(room));
}

static bool
take_account(void *of, const struct entry *e)
{
	struct check *const c = of;
	arena_reset(&c->a);
	const struct str forward = value_of(e, STR("forward"));
	if (forward.len > 0)
		look_at(c, e->name, "it forwards to ", forward);
	look_at_size(c, e);
	if (value_of(e, STR("password_hash")).len > 0 &&
		value_of(e, STR("scram_sha_256")).len == 0 && c->without_keys++ == 0)
		snprintf(c->first_without_keys, sizeof c->first_without_keys, "%.*s",
			(int)e->name.len, e->name.ptr);
	return !c->failed;
}

static bool
take_alias(void *of, const struct entry *e)
{
	struct check *const c = of;
	arena_reset(&c->a);
	look_at(c, e->name, "it is an alias for ", e->other);
	return !c->failed;
}

static bool
take_member(void *of, const struct entry *e)
{
	struct check *const c = of;
	arena_reset(&c->a);
	c->members++;
	look_at(c, e->name, "it has the member ", e->other);
	return !c->failed;
}

static bool
take_list(void *of, const struct entry *e)
{
	struct check *const c = of;
	struct directory_error error;
	c->members = 0;
	c->failed |= !entry_list(c->d, ENTRY_MEMBER, e->name, take_member, c, &error);
	const struct str owner = value_of(e, STR("owner"));
	if (owner.len > 0)
		look_at(c, e->name, "its owner is ", owner);
	if (c->members == 0 && !c->failed)
		find(c, FINDING_NO_MEMBERS, e->name,
			STR("a list without members: its mail is refused"));
	return !c->failed;
}

static bool
take_range(void *of, const struct entry *e)
{
	struct check *const c = of;
	struct net net;
	const struct str direction = STR("elsewhere-to-elsewhere");
	if (net_parse(e->name, &net) != NET_OK)
		return true;
	const bool is_v4 = ip_is_v4(&net.first);
	const bool is_public = is_v4 ? net.bits < 96 + OWN_BITS_V4 : net.bits < OWN_BITS_V6;
	if (is_public && str_has(value_of(e, STR("allowed")), direction) &&
		!str_has(value_of(e, STR("needs_login")), direction))
		find(c, FINDING_OPEN_RELAY, e->name,
			STR("everybody there may send to everybody without signing in, which makes "
			    "this server an open relay: take elsewhere-to-elsewhere out of "
			    "allowed, "
			    "or into needs_login"));
	return true;
}

static void
tell_without_keys(struct check *c)
{
	char words[400];
	if (c->without_keys == 0)
		return;
	snprintf(words, sizeof words,
		"accounts with a password of an import, this one first: %zu. They cannot sign in "
		"by "
		"SCRAM-SHA-256, which programs prefer, until they have signed in by PLAIN or LOGIN "
		"once: leave scram-sha-256 out of auth_mechanisms until then, or set new passwords",
		c->without_keys);
	find(c, FINDING_NO_KEYS, str_of(c->first_without_keys), str_of(words));
}

bool
check_run(struct directory *d, struct str mail_folder, int64_t now_s, finding_taker *take, void *to,
	struct directory_error *error)
{
	static const struct {
		enum entry_kind kind;
		entry_taker *take;
	} looks[] = {
		{ENTRY_DOMAIN, take_domain},
		{ENTRY_ACCOUNT, take_account},
		{ENTRY_ALIAS, take_alias},
		{ENTRY_LIST, take_list},
		{ENTRY_RANGE, take_range},
	};
	struct check c = {
		.d = d, .take = take, .to = to, .mail_folder = mail_folder, .now_s = now_s};
	arena_init(&c.a, ARENA_BYTES);
	bool ok = true;
	for (size_t i = 0; i < sizeof looks / sizeof *looks && ok && !c.failed; i++)
		ok = entry_list(d, looks[i].kind, STR_NONE, looks[i].take, &c, error);
	if (ok && !c.failed)
		tell_without_keys(&c);
	if (ok && c.failed)
		snprintf(error->words, sizeof error->words,
			"an address could not be looked up: %.*s", (int)c.why.len,
			c.why.len > 0 ? c.why.ptr : "");
	arena_fini(&c.a);
	return ok && !c.failed;
}
