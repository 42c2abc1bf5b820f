/* test_entry - the directory as its operator says it: added, listed, changed, added again */
#include "directory/directory_inside.h"
#include "directory/entry.h"
#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

static struct directory_error error;

/* "account john@a.example quota=1G active=no" */
static bool
entry_read(const char *text, struct entry *e)
{
	struct str rest = str_of(text);
	*e = (struct entry){.kind = entry_kind_find(str_cut(&rest, ' '))};
	if (e->kind == ENTRY_KIND_COUNT)
		return false;
	const struct entry_form *const form = entry_form(e->kind);
	e->name = str_cut(&rest, ' ');
	if (str_is_set(form->other))
		e->other = str_cut(&rest, ' ');
	while (str_is_set(rest)) {
		struct str value = str_cut(&rest, ' ');
		const size_t at = entry_property_find(form, str_cut(&value, '='));
		if (at == form->count)
			return false;
		e->values[at] = str_is_set(value) ? value : STR("");
	}
	return true;
}

static bool
add(struct directory *d, const char *text)
{
	struct entry e;
	if (entry_read(text, &e))
		return entry_add(d, &e, &error);
	snprintf(error.words, sizeof error.words, "unreadable");
	return false;
}

static bool
set(struct directory *d, const char *text)
{
	struct entry e;
	return entry_read(text, &e) && entry_set(d, &e, &error);
}

static bool
removes(struct directory *d, const char *text)
{
	struct entry e;
	return entry_read(text, &e) && entry_remove(d, &e, &error);
}

static void
must(bool ok)
{
	if (!ok) {
		printf("Bail out! %s\n", error.words);
		exit(1);
	}
}

static struct directory *
open_new(char path[32])
{
	snprintf(path, 32, "entry-test.XXXXXX");
	const int fd = mkstemp(path);
	must(fd >= 0);
	close(fd);
	struct directory *const d = directory_open(path, &error);
	must(d != NULL);
	return d;
}

static void
close_and_remove(struct directory *d, const char *path)
{
	char more[48];
	directory_close(d);
	for (int i = 0; i < 3; i++) {
		snprintf(more, sizeof more, "%s%s", path, i == 0 ? "" : i == 1 ? "-wal" : "-shm");
		unlink(more);
	}
}

static const char *const things[] = {
	"domain a.example plus=-",
	"domain b.example active=no catch_all=john@a.example plus= suspended=yes",
	"domain-alias c.example a.example",
	"account john@a.example quota=1536M language=pt-BR password=horse",
	"account anna@a.example active=no forward=x@far.example keep_copy=no",
	"account gone@a.example suspended=yes moved=gone@far.example scram_only=yes "
	"password_expires=2028-02-29",
	"account old@a.example password_hash=hmailserver-md5:5ebe2294ecd0e0f08eab7690d2a6ee69",
	"identity john@a.example boss@far.example",
	"alias info@a.example john@a.example active=no",
	"list news@a.example owner=boss@far.example mode=announcement needs_login=yes",
	"list team@a.example active=no mode=domain",
	"member team@a.example john@a.example",
	"member team@a.example Far@far.example",
	"route far.example host=MX.far.example port=2525 all_addresses=no",
	"route *.sub.example host=/run/dovecot/LMTP lmtp=yes",
	"route * host=smart.example port=465 immediate_tls=yes tls=verified user=me "
	"password=s3cret",
	"route-address some@far.example",
	"range 192.0.2.77/24 name=office priority=20 "
	"allowed=local-to-local,local-to-elsewhere needs_login=",
	"range 198.51.100.0/24 banned=yes reason=spam",
	"range 2001:db8::/32",
};

struct listing {
	char bytes[16384];
	size_t len;
	struct directory *into; /* each is added here too, when set */
	bool ok, with_secrets;
};

static bool
take(void *to, const struct entry *e)
{
	struct listing *const t = to;
	const struct entry_form *const form = entry_form(e->kind);
	t->len += (size_t)snprintf(t->bytes + t->len, sizeof t->bytes - t->len, "%.*s %.*s%s%.*s",
		(int)form->word.len, form->word.ptr, (int)e->name.len, e->name.ptr,
		e->other.len > 0 ? " " : "", (int)e->other.len,
		e->other.len > 0 ? e->other.ptr : "");
	for (size_t i = 0; i < form->count; i++)
		if (e->values[i].len > 0 && (t->with_secrets || !form->properties[i].is_secret))
			t->len += (size_t)snprintf(t->bytes + t->len, sizeof t->bytes - t->len,
				" %.*s=%.*s", (int)form->properties[i].name.len,
				form->properties[i].name.ptr, (int)e->values[i].len,
				e->values[i].ptr);
	t->len += (size_t)snprintf(t->bytes + t->len, sizeof t->bytes - t->len, "\n");
	if (t->into != NULL)
		must(entry_add(t->into, e, &error));
	return true;
}

static void
list_all(struct directory *d, struct listing *t)
{
	t->len = 0;
	t->bytes[0] = '\0';
	for (int kind = 0; kind < ENTRY_KIND_COUNT; kind++)
		tap_ok(entry_list(d, (enum entry_kind)kind, STR_NONE, take, t, &error), "listed");
}

static void
list_of(struct directory *d, enum entry_kind kind, const char *filter, struct listing *t)
{
	t->len = 0;
	t->bytes[0] = '\0';
	tap_ok(entry_list(d, kind, str_of(filter), take, t, &error), "listed: %s", filter);
}

/* What is listed is added to another file, and is the same there. */
static void
test_round(struct directory *d)
{
	static struct listing one, two;
	char path[32];
	struct directory *const other = open_new(path);
	for (size_t i = 0; i < sizeof things / sizeof *things; i++)
		tap_ok(add(d, things[i]), "%s: %s", things[i], error.words);
	one = (struct listing){.into = other, .with_secrets = true};
	list_all(d, &one);
	two = (struct listing){.with_secrets = true};
	list_all(other, &two);
	tap_is_str(str_of(two.bytes), str_of(one.bytes), "the same in another file");
	enum directory_login got = directory_login(
		other, STR("john@a.example"), STR("horse"), &(struct directory_account){0});
	tap_is_int(got, LOGIN_OK, "the password went along");
	struct arena a;
	arena_init(&a, 1 << 16);
	struct scram_secret keys, again;
	struct directory_account account;
	directory_scram_find(d, STR("john@a.example"), &a, &keys, &account);
	directory_scram_find(other, STR("john@a.example"), &a, &again, &account);
	tap_ok(!again.is_nobody && str_eq(keys.salt, again.salt) &&
			memcmp(keys.stored_key, again.stored_key, SCRAM_KEY_BYTES) == 0 &&
			memcmp(keys.server_key, again.server_key, SCRAM_KEY_BYTES) == 0,
		"and the keys of SCRAM");
	arena_fini(&a);
	two.with_secrets = false;
	list_all(other, &two);
	tap_is_str(str_of(two.bytes),
		STR("domain a.example active=yes plus=- suspended=no\n"
		    "domain b.example active=no catch_all=john@a.example suspended=yes\n"
		    "domain-alias c.example a.example\n"
		    "account anna@a.example active=no quota=0 forward=x@far.example keep_copy=no "
		    "suspended=no "
		    "scram_only=no\n"
		    "account gone@a.example active=yes quota=0 keep_copy=yes suspended=yes "
		    "moved=gone@far.example scram_only=yes password_expires=2028-02-29\n"
		    "account john@a.example active=yes quota=1536M keep_copy=yes language=pt-BR "
		    "suspended=no scram_only=no\n"
		    "account old@a.example active=yes quota=0 keep_copy=yes suspended=no "
		    "scram_only=no\n"
		    "identity john@a.example boss@far.example\n"
		    "alias info@a.example john@a.example active=no\n"
		    "list news@a.example active=yes mode=announcement needs_login=yes "
		    "owner=boss@far.example\n"
		    "list team@a.example active=no mode=domain needs_login=no\n"
		    "member team@a.example Far@far.example\n"
		    "member team@a.example john@a.example\n"
		    "route * host=smart.example port=465 all_addresses=yes tls=verified "
		    "immediate_tls=yes lmtp=no user=me\n"
		    "route *.sub.example host=/run/dovecot/LMTP port=25 all_addresses=yes "
		    "tls=offered immediate_tls=no lmtp=yes\n"
		    "route far.example host=mx.far.example port=2525 all_addresses=no tls=offered "
		    "immediate_tls=no lmtp=no\n"
		    "route-address some@far.example\n"
		    "range 192.0.2.0/24 name=office priority=20 "
		    "allowed=local-to-local,local-to-elsewhere banned=no\n"
		    "range 2001:db8::/32 name=2001:db8::/32 priority=0 "
		    "allowed=local-to-local,local-to-elsewhere,elsewhere-to-local,"
		    "elsewhere-to-elsewhere "
		    "needs_login=local-to-elsewhere,elsewhere-to-elsewhere banned=no\n"
		    "range 198.51.100.0/24 name=198.51.100.0/24 priority=0 "
		    "allowed=local-to-local,local-to-elsewhere,elsewhere-to-local,"
		    "elsewhere-to-elsewhere "
		    "needs_login=local-to-elsewhere,elsewhere-to-elsewhere banned=yes "
		    "reason=spam\n"),
		"and without secrets");
	close_and_remove(other, path);
}

static void
test_filters(struct directory *d)
{
	static const struct {
		enum entry_kind kind;
		const char *filter, *want;
	} rows[] = {
		{ENTRY_DOMAIN, "B.example",
			"domain b.example active=no catch_all=john@a.example suspended=yes\n"},
		{ENTRY_DOMAIN, "far.example", ""},
		{ENTRY_ACCOUNT, "b.example", ""},
		{ENTRY_ACCOUNT, "OLD@A.example",
			"account old@a.example active=yes quota=0 keep_copy=yes suspended=no "
			"scram_only=no\n"},
		{ENTRY_DOMAIN_ALIAS, "a.example", "domain-alias c.example a.example\n"},
		{ENTRY_DOMAIN_ALIAS, "c.example", "domain-alias c.example a.example\n"},
		{ENTRY_IDENTITY, "john@a.example", "identity john@a.example boss@far.example\n"},
		{ENTRY_MEMBER, "news@a.example", ""},
		{ENTRY_ROUTE_ADDRESS, "far.example", "route-address some@far.example\n"},
		{ENTRY_ROUTE, "*.Sub.example",
			"route *.sub.example host=/run/dovecot/LMTP port=25 all_addresses=yes "
			"tls=offered immediate_tls=no lmtp=yes\n"},
	};
	static struct listing t;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		list_of(d, rows[i].kind, rows[i].filter, &t);
		tap_is_str(str_of(t.bytes), str_of(rows[i].want), "what is listed");
	}
}

static void
test_mistakes(struct directory *d)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{"domain a.example", "a.example: is there already"},
		{"domain e.example active=perhaps", "active=perhaps: it is yes or no"},
		{"domain e.example plus=x",
			"plus=x: one character that is no letter and no digit, such as +"},
		{"domain e.example plus=++",
			"plus=++: one character that is no letter and no digit, such as +"},
		{"domain e.example catch_all=x",
			"catch_all=x: not an address: write user@example.org"},
		{"domain e.example catch_all=x@e.example",
			NULL}, /* nobody is there yet, which is no loop */
		{"domain-alias x.example", "x.example: DOMAIN is missing"},
		{"account z@a.example quota=1T",
			"quota=1T: a size is a number, or one with K, M or G"},
		{"account z@a.example quota=2000000G", "quota=2000000G: it must be 0 to 1048576G"},
		{"account z@a.example language=german-",
			"language=german-: not a language: write de or pt-BR"},
		{"account z@a.example password=", "the password must have 1 to 512 bytes"},
		{"account z@a.example password_hash=$1$abc",
			"password_hash: not a hash that can be kept: argon2id's begins with "
			"$argon2id$"},
		{"account z@a.example "
		 "password_hash=hmailserver-md5:5ebe2294ecd0e0f08eab7690d2a6ee6",
			"password_hash: not a hash that can be kept: argon2id's begins with "
			"$argon2id$"},
		{"account z@a.example scram_sha_256=4096:00:00:00",
			"scram_sha_256: keys are iterations:salt:stored:server"},
		{"account z@a.example forward=z@a.example",
			"z@a.example: would lead back to itself: z@a.example -> z@a.example"},
		{"list z@a.example mode=announcement",
			"z@a.example: a list for announcements needs an owner"},
		{"list z@a.example mode=secret",
			"mode=secret: it is one of public, members, announcement, domain"},
		{"route z.example", "z.example: a route needs a host"},
		{"route z.example host=a@b",
			"a@b: not a host: write mail.example.org, or the path of a socket"},
		{"route a.*.example host=h",
			"a.*.example: not a domain: write example.org, *.example.org or *"},
		{"route z.example host=h port=0", "port=0: it must be 1 to 65535"},
		{"route z.example host=h port=65536", "port=65536: it must be 1 to 65535"},
		{"range 192.0.2.0/24",
			"192.0.2.0/24: there is a range for exactly this network already"},
		{"range 10.0.0.0/8 allowed=up,down", "allowed=up: it is any of local-to-local, "
						     "local-to-elsewhere, elsewhere-to-local, "
						     "elsewhere-to-elsewhere"},
		{"range 10.0.0.0/8 reason=5.7.1", "reason=5.7.1: begins with a code: write words "
						  "alone, for the reply has its "
						  "own"},
		{"range 10.0.0.0/8 reason=554-x", "reason=554-x: begins with a code: write words "
						  "alone, for the reply has its "
						  "own"},
		{"range 10.0.0.0/8 priority=high", "priority=high: it must be a whole number"},
		{"member nolist@a.example x@a.example", "nolist@a.example: no such list"},
		{"identity info@a.example x@a.example", "info@a.example: no such account"},
		/* What a hand slips to; mail could never come to it. */
		{"alias z@a.example anna@a.example,john@a.example",
			"anna@a.example,john@a.example: not an address: write user@example.org"},
		{"alias z@a.example <anna@a.example>",
			"<anna@a.example>: not an address: write user@example.org"},
		{"alias z@a.example anna@far.example>",
			"anna@far.example>: not an address: write user@example.org"},
		{"account a,b@a.example", "a,b@a.example: not an address: write user@example.org"},
		{"account a@b@a.example", "a@b@a.example: not an address: write user@example.org"},
		{"list z@a.example owner=a;b@far.example",
			"owner=a;b@far.example: not an address: write user@example.org"},
		{"account \xFC@a.example",
			"\xFC@a.example: not an address: write user@example.org"},
	};
	static struct listing before, after;
	list_all(d, &before);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const bool ok = add(d, rows[i].text);
		tap_ok(ok == (rows[i].words == NULL), "%s", rows[i].text);
		if (ok)
			must(removes(d, "domain e.example"));
		else
			tap_is_str(
				str_of(error.words), str_of(rows[i].words), "what is said of it");
	}
	list_all(d, &after);
	tap_is_str(str_of(after.bytes), str_of(before.bytes), "and nothing of a mistake stays");
}

/* Quotes say that it is meant; they are shown wherever they are needed again. */
static void
test_quoted(struct directory *d)
{
	static struct listing t;
	tap_ok(add(d, "account \"odd\\\"one,\"@a.example forward=\"a@b\"@far.example"), "%s",
		error.words);
	list_of(d, ENTRY_ACCOUNT, "\"odd\\\"one,\"@a.example", &t);
	tap_is_str(str_of(t.bytes),
		STR("account \"odd\\\"one,\"@a.example active=yes quota=0 "
		    "forward=\"a@b\"@far.example keep_copy=yes suspended=no "
		    "scram_only=no\n"),
		"it is shown as it can be written again");
	tap_ok(removes(d, "account odd\"one,@a.example"),
		"what an older program let in can be removed: %s", error.words);
}

static void
test_changes(struct directory *d)
{
	static struct listing t;
	struct directory_account account;
	directory_login(d, STR("john@a.example"), STR("horse"), &account);
	must(set(d, "account john@a.example quota=2G language= forward=anna@a.example"));
	list_of(d, ENTRY_ACCOUNT, "john@a.example", &t);
	tap_is_str(str_of(t.bytes),
		STR("account john@a.example active=yes quota=2G forward=anna@a.example "
		    "keep_copy=yes suspended=no "
		    "scram_only=no\n"),
		"what is said changes, what is not stays");
	enum directory_login holds = directory_login_holds(d, &account);
	tap_is_int(holds, LOGIN_OK, "a login stays good");
	must(set(d, "account john@a.example active=no") &&
		set(d, "account john@a.example active=yes"));
	holds = directory_login_holds(d, &account);
	tap_is_int(holds, LOGIN_WRONG, "but not when the account was off");
	must(set(d, "account anna@a.example forward=john@a.example"));
	tap_ok(!set(d, "account anna@a.example active=yes"), "a loop, once all are on: %s",
		error.words);
	must(set(d, "alias info@a.example anna@a.example active=yes"));
	list_of(d, ENTRY_ALIAS, "a.example", &t);
	tap_is_str(str_of(t.bytes), STR("alias info@a.example anna@a.example active=yes\n"),
		"an alias leads elsewhere");
	tap_ok(!set(d, "alias info@a.example INFO@a.example"), "not to itself: %s", error.words);
	must(set(d, "domain-alias c.example b.example"));
	tap_ok(!set(d, "domain-alias c.example nowhere.example"), "%s", error.words);
	tap_ok(!set(d, "account nobody@a.example quota=1"), "%s", error.words);
	must(add(d, "alias round@a.example nobody@a.example"));
	tap_ok(!set(d, "domain a.example catch_all=round@a.example"), "a catch-all that loops: %s",
		error.words);

	must(directory_login(d, STR("old@a.example"), STR("secret"), &account) == LOGIN_OK);
	t.with_secrets = true;
	list_of(d, ENTRY_ACCOUNT, "old@a.example", &t);
	tap_ok(str_has(str_of(t.bytes), STR("password_hash=$argon2id$")) &&
			str_has(str_of(t.bytes), STR("scram_sha_256=65536:")),
		"hMailServer's hash is ours after the first login");
	tap_ok(directory_login(d, STR("old@a.example"), STR("secret"), &account) == LOGIN_OK,
		"and the second goes too");
	/* Of the six letters "abcdef" and the password. */
	must(set(d, "account old@a.example "
		    "password_hash=hmailserver-sha256:abcdef"
		    "DC0b1e46aec57b30c43e1308ddda569b40829c1a0a541afef902cfae193e8031"));
	tap_ok(directory_login(d, STR("old@a.example"), STR("secret"), &account) == LOGIN_OK,
		"the hash with a salt");
	must(set(d, "account old@a.example "
		    "password_hash=hmailserver-sha256:abcdeg"
		    "dc0b1e46aec57b30c43e1308ddda569b40829c1a0a541afef902cfae193e8031"));
	tap_ok(directory_login(d, STR("old@a.example"), STR("secret"), &account) == LOGIN_WRONG,
		"a hash that is not the password's");
	must(set(d, "account old@a.example password_hash="));
	tap_ok(directory_login(d, STR("old@a.example"), STR("secret"), &account) == LOGIN_WRONG,
		"without a password nobody signs in");
}

/* The language of whoever is behind an address. */
static void
test_language(struct directory *d)
{
	static const struct {
		const char *address, *want;
	} rows[] = {
		{"john@a.example", "sv"},
		{"JOHN-shop@d.example", "sv"},
		{"nick@a.example", "sv"},
		{"old@a.example", NULL},
		{"nobody@a.example", NULL},
		{"x@far.example", NULL},
		{"", NULL},
		{"rubbish", NULL},
	};
	struct arena a;
	arena_init(&a, 1 << 16);
	must(add(d, "domain-alias d.example a.example"));
	must(set(d, "account john@a.example language=sv forward="));
	must(add(d, "alias nick@a.example john@a.example"));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str got;
		const bool ok = directory_language(d, str_of(rows[i].address), &a, &got);
		tap_ok(ok, "the language of %s", rows[i].address);
		tap_is_str(got, str_of(rows[i].want), "is");
	}
	arena_fini(&a);
}

static void
test_routes(struct directory *d)
{
	static const struct {
		const char *domain, *host; /* NULL: none */
		unsigned port;
		bool is_lmtp, is_immediate;
		enum route_tls tls;
		const char *user;
	} rows[] = {
		{"FAR.example", "mx.far.example", 2525, false, false, ROUTE_TLS_OFFERED, NULL},
		{"x.y.sub.example", "/run/dovecot/LMTP", 25, true, false, ROUTE_TLS_OFFERED, NULL},
		{"sub.example", "smart.example", 465, false, true, ROUTE_TLS_VERIFIED, "me"},
		{"else.example", "smart.example", 465, false, true, ROUTE_TLS_VERIFIED, "me"},
	};
	struct arena a;
	struct directory_route route;
	bool found;
	arena_init(&a, 1 << 16);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		tap_ok(directory_route_find(d, str_of(rows[i].domain), &a, &found, &route) && found,
			"%s has a route", rows[i].domain);
		tap_is_str(route.host, str_of(rows[i].host), "its host");
		tap_ok(route.port == rows[i].port && route.is_lmtp == rows[i].is_lmtp &&
				route.is_tls_immediate == rows[i].is_immediate &&
				route.tls == rows[i].tls &&
				str_eq(route.user, str_of(rows[i].user)) &&
				str_is_set(route.password) == (rows[i].user != NULL),
			"how it is spoken to");
	}
	enum directory_place place;
	tap_ok(directory_place(d, STR("else.example"), &place) && place == PLACE_ELSEWHERE,
		"the smart host makes nothing ours");
	must(removes(d, "route *"));
	tap_ok(directory_route_find(d, STR("else.example"), &a, &found, &route) && !found,
		"without it there is no route");
	arena_fini(&a);
}

static void
test_removal(struct directory *d)
{
	static const char *const gone[] = {"member team@a.example john@a.example",
		"identity john@a.example boss@far.example", "alias info@a.example",
		"route-address some@far.example", "range 192.0.2.0/24", "domain-alias c.example",
		"route far.example", "list team@a.example", "account john@a.example",
		"domain a.example"};
	for (size_t i = 0; i < sizeof gone / sizeof *gone; i++) {
		tap_ok(removes(d, gone[i]), "%s is removed", gone[i]);
		tap_ok(!removes(d, gone[i]), "once: %s", error.words);
	}
	static struct listing t;
	list_of(d, ENTRY_ACCOUNT, NULL, &t);
	tap_is_str(str_of(t.bytes), STR(""), "with the domain its accounts");
}

/* Many at once: one may fail alone, all may be undone. */
static void
test_transaction(struct directory *d)
{
	static struct listing before, after;
	list_all(d, &before);
	must(directory_begin(d, &error) && add(d, "domain t.example") &&
		add(d, "account u@t.example"));
	tap_ok(!add(d, "list v@t.example mode=announcement"), "one fails: %s", error.words);
	tap_ok(add(d, "list v@t.example"), "and left nothing behind");
	struct arena a;
	arena_init(&a, 1 << 16);
	struct directory_answer answer;
	directory_resolve(
		d, &(struct directory_question){.recipient = STR("u@t.example")}, &a, &answer);
	tap_ok(!answer.is_refused && answer.target_count == 1, "what was added is there");
	arena_fini(&a);
	tap_ok(directory_end(d, false, &error), "undone");
	list_all(d, &after);
	tap_is_str(str_of(after.bytes), str_of(before.bytes), "all of it");
	must(directory_begin(d, &error) && add(d, "domain t.example") &&
		directory_end(d, true, &error));
	list_of(d, ENTRY_DOMAIN, "t.example", &after);
	tap_ok(after.len > 0, "kept, it stays");
}

int
main(void)
{
	char path[32];
	struct directory *const d = open_new(path);
	test_round(d);
	test_filters(d);
	test_mistakes(d);
	test_quoted(d);
	test_changes(d);
	test_language(d);
	test_routes(d);
	test_removal(d);
	test_transaction(d);
	close_and_remove(d, path);
	return tap_done();
}
