/* test_directory - who is here, what may be, and where mail goes */
#include "directory/directory_inside.h"
#include "directory/entry.h"
#include "tap.h"

#include <argon2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct directory_error error;

static void
must(bool ok)
{
	if (!ok) {
		printf("Bail out! %s\n", error.words);
		exit(1);
	}
}

static bool
active_set(struct directory *d, enum entry_kind kind, const char *name, bool is_active)
{
	return entry_set(d,
		&(struct entry){.kind = kind,
			.name = str_of(name),
			.values = {is_active ? STR("yes") : STR("no")}},
		&error);
}

static bool
removed(struct directory *d, enum entry_kind kind, const char *name)
{
	return entry_remove(d, &(struct entry){.kind = kind, .name = str_of(name)}, &error);
}

static void
fill(struct directory *d)
{
	static const struct account_settings plain = {
		.password = STR_INIT("correct horse"), .quota_bytes = 1000};
	must(directory_domain_add(d, STR("A.example"), STR_NONE, &error));
	must(directory_domain_add(d, STR("b.example."), STR("all@b.example"), &error));
	must(directory_domain_add(d, STR("off.example"), STR_NONE, &error));
	must(directory_domain_add(d, STR("bücher.example"), STR_NONE, &error));
	must(directory_domain_add(d, STR("gone.example"), STR("nobody@a.example"), &error));
	must(directory_domain_alias_add(d, STR("alias.example"), STR("a.example"), &error));
	must(directory_account_add(d, STR("john@a.example"), &plain, &error));
	must(directory_account_add(d, STR("John+Doe@a.example"), &plain, &error));
	must(directory_account_add(d, STR("asleep@a.example"), &plain, &error));
	must(directory_account_add(d, STR("u@off.example"), &plain, &error));
	must(directory_account_add(d, STR("all@b.example"), &plain, &error));
	must(directory_account_add(d, STR("jörg@xn--bcher-kva.example"), &plain, &error));
	must(directory_account_add(d, STR("\"odd one\"@a.example"), &plain, &error));
	must(directory_account_add(d, STR("away@a.example"),
		&(struct account_settings){.forward = STR("me@elsewhere.example")}, &error));
	must(directory_account_add(d, STR("both@a.example"),
		&(struct account_settings){.forward = STR("nobody@a.example"), .keeps_copy = true},
		&error));
	must(directory_account_add(d, STR("lost@a.example"),
		&(struct account_settings){.forward = STR("nobody@a.example")}, &error));
	must(directory_alias_add(d, STR("info@a.example"), STR("john@a.example"), &error));
	must(directory_alias_add(d, STR("old@a.example"), STR("john@a.example"), &error));
	must(directory_alias_add(d, STR("out@a.example"), STR("x@elsewhere.example"), &error));
	must(directory_alias_add(d, STR("dead@a.example"), STR("nobody@a.example"), &error));

	const struct list_settings lists[] = {
		{.mode = LIST_PUBLIC},
		{.mode = LIST_MEMBERS},
		{.mode = LIST_ANNOUNCEMENT, .owner = STR("boss@far.example")},
		{.mode = LIST_DOMAIN},
		{.mode = LIST_PUBLIC, .needs_login = true},
		{.mode = LIST_PUBLIC},
		{.mode = LIST_PUBLIC},
	};
	static const char *const names[] = {"team@a.example", "club@a.example", "news@a.example",
		"staff@a.example", "inner@a.example", "empty@a.example", "shut@a.example"};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		must(directory_list_add(d, str_of(names[i]), &lists[i], &error));
		if (i < 5) {
			must(directory_member_add(
				d, str_of(names[i]), STR("john@a.example"), &error));
			must(directory_member_add(
				d, str_of(names[i]), STR("Far@far.example"), &error));
		}
	}
	must(directory_member_add(d, STR("team@a.example"), STR("info@a.example"), &error));
	must(directory_member_add(d, STR("team@a.example"), STR("asleep@a.example"), &error));
	must(directory_member_add(d, STR("team@a.example"), STR("nobody@a.example"), &error));
	must(directory_member_add(d, STR("shut@a.example"), STR("nobody@a.example"), &error));

	const struct route_settings all = {STR("mx.inside.example"), 2525, true};
	const struct route_settings some = {STR("mx.inside.example"), 0, false};
	must(directory_route_add(d, STR("routed.example"), &all, &error));
	must(directory_route_add(d, STR("*.routed.example"), &some, &error));
	must(directory_route_add(d, STR("some.example"), &some, &error));
	must(directory_route_address_add(d, STR("known@some.example"), &error));
	must(directory_route_add(d, STR("a.example"), &some, &error));
	must(directory_route_address_add(d, STR("gate@a.example"), &error));

	must(active_set(d, ENTRY_ACCOUNT, "asleep@a.example", false));
	must(active_set(d, ENTRY_ALIAS, "old@a.example", false));
	must(active_set(d, ENTRY_LIST, "news@a.example", true));
	must(active_set(d, ENTRY_DOMAIN, "off.example", false));
	must(directory_list_add(
		d, STR("quiet@a.example"), &(struct list_settings){.mode = LIST_PUBLIC}, &error));
	must(active_set(d, ENTRY_LIST, "quiet@a.example", false));
}

/* A target as text: "john@a.example", "x@y>elsewhere", "x@y>host:port". */
static void
answer_write(const struct directory_answer *answer, char *to, size_t room)
{
	size_t len = 0;
	to[0] = '\0';
	if (answer->is_refused)
		len += (size_t)snprintf(to, room, "refused");
	for (size_t i = 0; i < answer->target_count && len < room; i++) {
		const struct directory_target *const t = &answer->targets[i];
		len += (size_t)snprintf(to + len, room - len, "%s%.*s", i == 0 ? "" : " ",
			(int)t->address.len, t->address.ptr);
		if (t->kind == TARGET_ELSEWHERE)
			len += (size_t)snprintf(to + len, room - len, ">elsewhere");
		if (t->kind == TARGET_ROUTE)
			len += (size_t)snprintf(to + len, room - len, ">%.*s:%u",
				(int)t->route_host.len, t->route_host.ptr, t->route_port);
	}
}

#define OK CONDITION__COUNT

/* ---- lists: whose members, and who owns them */

static struct str
list_of(const struct directory_answer *answer, const char *address)
{
	for (size_t i = 0; i < answer->target_count; i++)
		if (str_eq_case(answer->targets[i].address, str_of(address)))
			return answer->targets[i].list == 0
				       ? STR("")
				       : answer->lists[answer->targets[i].list - 1].address;
	return STR("not there");
}

static void
ask_for(struct directory *d, const char *recipient, struct arena *a, struct directory_answer *out)
{
	const struct directory_question question = {
		.recipient = str_of(recipient), .postmaster = STR("root@far.example")};
	arena_reset(a);
	directory_resolve(d, &question, a, out);
}

static void
list_add(struct directory *d, const char *address, const char *owner)
{
	const struct list_settings settings = {
		.mode = LIST_PUBLIC, .owner = owner == NULL ? STR_NONE : str_of(owner)};
	must(directory_list_add(d, str_of(address), &settings, &error));
}

static void
member_add(struct directory *d, const char *list, const char *member)
{
	must(directory_member_add(d, str_of(list), str_of(member), &error));
}

static bool
owner_set(struct directory *d, const char *list, const char *owner)
{
	return entry_set(d,
		&(struct entry){
			.kind = ENTRY_LIST, .name = str_of(list), .values = {[3] = str_of(owner)}},
		&error);
}

static void
test_members(struct directory *d)
{
	struct directory_answer answer;
	struct arena a;
	arena_init(&a, 1 << 20);
	must(directory_domain_add(d, STR("l.example"), STR_NONE, &error));
	must(directory_account_add(d, STR("keeps@l.example"),
		&(struct account_settings){.forward = STR("outer@l.example"), .keeps_copy = true},
		&error));
	list_add(d, "inner@l.example", NULL);
	list_add(d, "outer@l.example", "boss@far.example");
	member_add(d, "inner@l.example", "x@far.example");
	member_add(d, "inner@l.example", "y@far.example");
	member_add(d, "outer@l.example", "inner@l.example");
	member_add(d, "outer@l.example", "y@far.example");
	ask_for(d, "outer@l.example", &a, &answer);
	tap_is_int(answer.list_count, 2, "a list in a list");
	tap_is_str(answer.lists[0].address, STR("outer@l.example"), "the outer one first");
	tap_is_int(answer.lists[0].list, 0, "it is nobody's member");
	tap_is_int(answer.lists[1].list, 1, "the inner one is a member of it");
	tap_is_str(list_of(&answer, "x@far.example"), STR("inner@l.example"), "each of its own");
	tap_is_str(list_of(&answer, "y@far.example"), STR("inner@l.example"),
		"who is on both is on the one found first");
	ask_for(d, "keeps@l.example", &a, &answer);
	tap_is_str(list_of(&answer, "keeps@l.example"), STR(""), "a mailbox beside a list");
	tap_ok(answer.targets[answer.target_count - 1].is_kept, "it keeps a copy");
	tap_is_int(answer.lists[0].list, 0, "the list is the forward's");
	member_add(d, "inner@l.example", "z@far.example");
	must(directory_alias_add(d, STR("z@l.example"), STR("z@far.example"), &error));
	ask_for(d, "z@l.example", &a, &answer);
	tap_is_int(answer.list_count, 0, "no list on the way of an alias");
	must(directory_list_add(
		d, STR("closed@l.example"), &(struct list_settings){.mode = LIST_MEMBERS}, &error));
	member_add(d, "closed@l.example", "w@far.example");
	list_add(d, "open@l.example", NULL);
	member_add(d, "open@l.example", "closed@l.example");
	member_add(d, "open@l.example", "y@far.example");
	ask_for(d, "open@l.example", &a, &answer);
	tap_ok(answer.list_count == 1 && answer.target_count == 1,
		"a list on it that does not take the mail is left out");
	list_add(d, "bare@l.example", NULL);
	must(directory_alias_add(d, STR("to.bare@l.example"), STR("bare@l.example"), &error));
	ask_for(d, "to.bare@l.example", &a, &answer);
	tap_ok(answer.is_refused && answer.condition == CONDITION_UNKNOWN_USER &&
			answer.target_count == 0 && answer.list_count == 0,
		"an alias of a list that nobody is on");
	list_add(d, "around@l.example", NULL);
	member_add(d, "around@l.example", "bare@l.example");
	ask_for(d, "around@l.example", &a, &answer);
	tap_is_int(answer.condition, CONDITION_UNKNOWN_USER, "and a list of such a list");
	arena_fini(&a);
}

static void
test_owner(struct directory *d)
{
	struct directory_answer answer;
	struct arena a;
	char targets[256];
	arena_init(&a, 1 << 20);
	ask_for(d, "Owner-outer@l.example", &a, &answer);
	answer_write(&answer, targets, sizeof targets);
	tap_is_str(str_of(targets), STR("boss@far.example>elsewhere"), "to its owner");
	tap_is_str(answer.owned, STR("outer@l.example"), "of that list");
	ask_for(d, "owner-inner@l.example", &a, &answer);
	answer_write(&answer, targets, sizeof targets);
	tap_is_str(str_of(targets), STR("root@far.example>elsewhere"),
		"without one, and no postmaster there, to ours");
	must(directory_account_add(d, STR("postmaster@l.example"),
		&(struct account_settings){.keeps_copy = true}, &error));
	ask_for(d, "owner-inner@l.example", &a, &answer);
	answer_write(&answer, targets, sizeof targets);
	tap_is_str(str_of(targets), STR("postmaster@l.example"), "to that of its domain");
	must(owner_set(d, "inner@l.example", "gone@l.example"));
	ask_for(d, "owner-inner@l.example", &a, &answer);
	answer_write(&answer, targets, sizeof targets);
	tap_is_str(str_of(targets), STR("postmaster@l.example"), "also when its owner is gone");
	must(active_set(d, ENTRY_LIST, "inner@l.example", false));
	ask_for(d, "owner-inner@l.example", &a, &answer);
	tap_ok(!answer.is_refused, "what comes back to a list that is off has an owner still");
	ask_for(d, "owner-nobody@l.example", &a, &answer);
	tap_is_int(answer.condition, CONDITION_UNKNOWN_USER, "of no list");
	ask_for(d, "owner-keeps@l.example", &a, &answer);
	tap_is_int(answer.condition, CONDITION_UNKNOWN_USER, "an account has none");

	tap_ok(!owner_set(d, "outer@l.example", "outer@l.example") &&
			strstr(error.words, "would go to the list itself: owner-outer@l.example -> "
					    "outer@l.example -> outer@l.example") != NULL,
		"a list is not its own owner: %s", error.words);
	must(directory_alias_add(d, STR("round@l.example"), STR("keeps@l.example"), &error));
	tap_ok(!owner_set(d, "outer@l.example", "round@l.example"), "by no way round: %s",
		error.words);
	/* What was closed later by others: nothing comes back to it all the same. */
	must(directory_alias_add(d, STR("late@l.example"), STR("x@far.example"), &error));
	must(owner_set(d, "outer@l.example", "late@l.example"));
	must(entry_set(d,
		&(struct entry){.kind = ENTRY_ALIAS,
			.name = STR("late@l.example"),
			.other = STR("outer@l.example")},
		&error));
	ask_for(d, "owner-outer@l.example", &a, &answer);
	answer_write(&answer, targets, sizeof targets);
	tap_is_str(str_of(targets), STR("postmaster@l.example"), "a circle ends at the postmaster");

	char name[80];
	snprintf(name, sizeof name, "%0*d@l.example", (int)DIRECTORY_LIST_LOCAL_MAX, 0);
	list_add(d, name, NULL);
	snprintf(name, sizeof name, "%0*d@l.example", (int)DIRECTORY_LIST_LOCAL_MAX + 1, 0);
	tap_ok(!directory_list_add(
		       d, str_of(name), &(struct list_settings){.mode = LIST_PUBLIC}, &error),
		"one letter too many: %s", error.words);
	tap_is_str(directory_owner_address(STR("odd one@l.example"), &a),
		STR("\"owner-odd one\"@l.example"), "as one writes it");
	arena_fini(&a);
}

static void
test_resolve(struct directory *d)
{
	static const struct {
		const char *recipient, *sender;
		bool is_authenticated;
		enum condition want;
		const char *targets;
		enum directory_place place;
	} cases[] = {
		{"john@a.example", "", false, OK, "john@a.example", PLACE_LOCAL},
		{"JOHN@A.EXAMPLE", "", false, OK, "JOHN@a.example", PLACE_LOCAL},
		{"john@a.example.", "", false, OK, "john@a.example", PLACE_LOCAL},
		{"john@alias.example", "", false, OK, "john@a.example", PLACE_LOCAL},
		{"\"john\"@a.example", "", false, OK, "john@a.example", PLACE_LOCAL},
		{"\"jo\\hn\"@a.example", "", false, OK, "john@a.example", PLACE_LOCAL},
		{"\"odd one\"@a.example", "", false, OK, "odd one@a.example", PLACE_LOCAL},
		{"john+shop@a.example", "", false, OK, "john@a.example", PLACE_LOCAL},
		{"john+doe@a.example", "", false, OK, "john+doe@a.example", PLACE_LOCAL},
		{"+shop@a.example", "", false, CONDITION_NOT_IN_ROUTE, "", PLACE_LOCAL},
		{"jörg@BÜCHER.example", "", false, OK, "jörg@xn--bcher-kva.example", PLACE_LOCAL},
		{"nobody@bücher.example", "", false, CONDITION_UNKNOWN_USER, "", PLACE_LOCAL},
		{"asleep@a.example", "", false, CONDITION_ACCOUNT_INACTIVE, "", PLACE_LOCAL},
		{"old@a.example", "", false, CONDITION_ALIAS_INACTIVE, "", PLACE_LOCAL},
		{"quiet@a.example", "", false, CONDITION_LIST_INACTIVE, "", PLACE_LOCAL},
		{"u@off.example", "", false, CONDITION_DOMAIN_INACTIVE, "", PLACE_LOCAL},
		{"x@off.example", "", false, CONDITION_DOMAIN_INACTIVE, "", PLACE_LOCAL},
		{"info@a.example", "", false, OK, "john@a.example", PLACE_LOCAL},
		{"out@a.example", "", false, OK, "x@elsewhere.example>elsewhere", PLACE_LOCAL},
		{"away@a.example", "", false, OK, "me@elsewhere.example>elsewhere", PLACE_LOCAL},
		{"both@a.example", "", false, OK, "both@a.example", PLACE_LOCAL},
		{"lost@a.example", "", false, CONDITION_NOT_IN_ROUTE, "", PLACE_LOCAL},
		{"anybody@b.example", "", false, OK, "all@b.example", PLACE_LOCAL},
		{"anybody@gone.example", "", false, CONDITION_NOT_IN_ROUTE, "", PLACE_LOCAL},
		{"gate@a.example", "", false, OK, "gate@a.example>mx.inside.example:25",
			PLACE_LOCAL},
		{"nobody@a.example", "", false, CONDITION_NOT_IN_ROUTE, "", PLACE_LOCAL},
		/* lists: each target once, and nobody refused for another member's sake */
		{"team@a.example", "", false, OK, "Far@far.example>elsewhere john@a.example",
			PLACE_LOCAL},
		{"empty@a.example", "", false, CONDITION_UNKNOWN_USER, "", PLACE_LOCAL},
		{"shut@a.example", "", false, CONDITION_UNKNOWN_USER, "", PLACE_LOCAL},
		{"club@a.example", "far@FAR.example", false, OK,
			"Far@far.example>elsewhere john@a.example", PLACE_LOCAL},
		{"club@a.example", "else@far.example", true, CONDITION_LIST_SENDER_REFUSED, "",
			PLACE_LOCAL},
		{"club@a.example", "", true, CONDITION_LIST_SENDER_REFUSED, "", PLACE_LOCAL},
		{"news@a.example", "boss@far.example", false, OK,
			"Far@far.example>elsewhere john@a.example", PLACE_LOCAL},
		{"news@a.example", "john@a.example", true, CONDITION_LIST_SENDER_REFUSED, "",
			PLACE_LOCAL},
		{"staff@a.example", "anybody@a.example", false, OK,
			"Far@far.example>elsewhere john@a.example", PLACE_LOCAL},
		{"staff@a.example", "anybody@b.example", true, CONDITION_LIST_SENDER_REFUSED, "",
			PLACE_LOCAL},
		{"inner@a.example", "john@a.example", false, CONDITION_LIST_SENDER_REFUSED, "",
			PLACE_LOCAL},
		{"inner@a.example", "x@y.example", true, OK,
			"Far@far.example>elsewhere john@a.example", PLACE_LOCAL},
		/* routes */
		{"any@routed.example", "", false, OK, "any@routed.example>mx.inside.example:2525",
			PLACE_ROUTE},
		{"any@sub.routed.example", "", false, CONDITION_NOT_IN_ROUTE, "", PLACE_ROUTE},
		{"any@a.b.routed.example", "", false, CONDITION_NOT_IN_ROUTE, "", PLACE_ROUTE},
		{"known@some.example", "", false, OK, "known@some.example>mx.inside.example:25",
			PLACE_ROUTE},
		{"other@some.example", "", false, CONDITION_NOT_IN_ROUTE, "", PLACE_ROUTE},
		{"x@far.example", "", false, OK, "x@far.example>elsewhere", PLACE_ELSEWHERE},
		{"x@notrouted.example", "", false, OK, "x@notrouted.example>elsewhere",
			PLACE_ELSEWHERE},
		{"x@[192.0.2.1]", "", false, OK, "x@[192.0.2.1]>elsewhere", PLACE_ELSEWHERE},
		{"john", "", false, CONDITION_RCPT_ADDRESS_INVALID, "", PLACE_ELSEWHERE},
		{"@a.example", "", false, CONDITION_RCPT_ADDRESS_INVALID, "", PLACE_ELSEWHERE},
		{"john@", "", false, CONDITION_RCPT_ADDRESS_INVALID, "", PLACE_ELSEWHERE},
	};
	struct arena a;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct directory_question question = {.recipient = str_of(cases[i].recipient),
			.sender = str_of(cases[i].sender),
			.is_authenticated = cases[i].is_authenticated};
		struct directory_answer answer;
		char got[512];
		arena_reset(&a);
		directory_resolve(d, &question, &a, &answer);
		answer_write(&answer, got, sizeof got);
		const bool is_ok = cases[i].want == OK;
		tap_is_str(str_of(got), is_ok ? str_of(cases[i].targets) : STR("refused"),
			"%s from <%s>", cases[i].recipient, cases[i].sender);
		tap_ok(is_ok ? !answer.is_refused
			     : answer.condition == cases[i].want && answer.why.len > 0,
			"its condition: %.*s", (int)answer.why.len,
			answer.why.len > 0 ? answer.why.ptr : "");
		tap_is_int(answer.place, cases[i].place, "its place");
	}
	arena_fini(&a);
}

/* What a person is told of the way. */
static void
test_told(struct directory *d)
{
	static const struct {
		const char *recipient, *steps;
	} rows[] = {
		{"info+x@alias.example", "1 alias.example: a domain of this server: a.example\n"
					 "1 info+x@alias.example: what stands behind the plus is "
					 "for the recipient: info\n"
					 "1 info@a.example: an alias for john@a.example\n"
					 "2 a.example: a domain of this server\n"
					 "2 john@a.example: an account\n"
					 "2 john@a.example: mailbox\n"},
		{"any@b.example", "1 b.example: a domain of this server\n"
				  "1 any@b.example: nobody is named so; the domain's catch-all is "
				  "all@b.example\n"
				  "2 b.example: a domain of this server\n"
				  "2 all@b.example: an account\n"
				  "2 all@b.example: mailbox\n"},
		{"both@a.example",
			"1 a.example: a domain of this server\n"
			"1 both@a.example: an account\n"
			"1 both@a.example: keeps a copy and forwards to nobody@a.example\n"
			"2 a.example: a domain of this server\n"
			"1 nobody@a.example: left out of the forward: "
			"the route does not list nobody@a.example\n"
			"1 both@a.example: mailbox\n"},
		{"shut@a.example", "1 a.example: a domain of this server\n"
				   "1 shut@a.example: a list; members: 1\n"
				   "2 a.example: a domain of this server\n"
				   "1 nobody@a.example: left out of the list: "
				   "the route does not list nobody@a.example\n"},
		{"x@routed.example", "1 x@routed.example: by a route, to mx.inside.example\n"},
		{"x@far.example", "1 x@far.example: elsewhere\n"},
	};
	struct arena a;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char told[1024] = "";
		size_t len = 0;
		struct directory_answer answer;
		directory_resolve(d,
			&(struct directory_question){
				.recipient = str_of(rows[i].recipient), .is_told = true},
			&a, &answer);
		for (size_t n = 0; n < answer.step_count; n++)
			len += (size_t)snprintf(told + len, sizeof told - len, "%u %.*s\n",
				answer.steps[n].depth, (int)answer.steps[n].words.len,
				answer.steps[n].words.ptr);
		tap_is_str(str_of(told), str_of(rows[i].steps), "%s", rows[i].recipient);
	}
	struct directory_answer answer;
	directory_resolve(
		d, &(struct directory_question){.recipient = STR("x@far.example")}, &a, &answer);
	tap_is_int(answer.step_count, 0, "nothing is told that nobody wants");
	arena_fini(&a);
}

static void
test_loops(struct directory *d)
{
	must(directory_alias_add(d, STR("one@b.example"), STR("two@b.example"), &error));
	tap_ok(!directory_alias_add(d, STR("two@b.example"), STR("ONE@b.example"), &error),
		"an alias that leads back is refused");
	tap_ok(str_has(str_of(error.words), STR("two@b.example -> ONE@b.example -> two@b.example")),
		"with the way in full: %s", error.words);
	must(directory_list_add(
		d, STR("ring@b.example"), &(struct list_settings){.mode = LIST_MEMBERS}, &error));
	tap_ok(!directory_member_add(d, STR("ring@b.example"), STR("ring@b.example"), &error),
		"a list on itself is refused, whoever may write to it: %s", error.words);
	tap_ok(!directory_account_add(d, STR("self@b.example"),
		       &(struct account_settings){
			       .forward = STR("self@b.example"), .keeps_copy = true},
		       &error),
		"a forward to itself is refused: %s", error.words);
	tap_ok(!directory_alias_add(d, STR("self@a.example"), STR("self@alias.example"), &error),
		"a loop by way of another name of the domain too: %s", error.words);

	/* A loop that was there before, by hand: refused with the way, and as our own fault. */
	sqlite3_exec(d->db,
		"INSERT INTO name (domain, local, kind) SELECT id, 'two', 2 FROM domain WHERE name "
		"= "
		"'b.example';"
		"INSERT INTO alias SELECT id, 'one@b.example' FROM name WHERE local = 'two'",
		NULL, NULL, NULL);
	struct arena a;
	arena_init(&a, 1 << 20);
	struct directory_answer answer;
	directory_resolve(
		d, &(struct directory_question){.recipient = STR("one@b.example")}, &a, &answer);
	tap_ok(answer.is_refused && answer.condition == CONDITION_FORWARD_LOOP,
		"a loop in the tables is our fault");
	tap_is_str(answer.why, STR("one@b.example -> two@b.example -> one@b.example"), "in full");
	arena_fini(&a);
}

/* A chain of aliases, as long as may be, and one longer. */
static void
test_depth(struct directory *d)
{
	char from[64], to[64];
	must(directory_alias_add(d, STR("n0@b.example"), STR("john@a.example"), &error));
	for (int i = 1; i < DIRECTORY_DEPTH_MAX - 1; i++) {
		snprintf(from, sizeof from, "n%d@b.example", i);
		snprintf(to, sizeof to, "n%d@b.example", i - 1);
		must(directory_alias_add(d, str_of(from), str_of(to), &error));
	}
	tap_ok(!directory_alias_add(d, STR("last@b.example"), str_of(from), &error),
		"a chain longer than %d is refused", DIRECTORY_DEPTH_MAX);
	struct arena a;
	arena_init(&a, 1 << 20);
	struct directory_answer answer;
	directory_resolve(d, &(struct directory_question){.recipient = str_of(from)}, &a, &answer);
	tap_ok(!answer.is_refused && answer.target_count == 1, "a chain of %d is followed",
		DIRECTORY_DEPTH_MAX);
	arena_fini(&a);
}

static void
test_targets_limit(struct directory *d)
{
	char address[64];
	must(directory_list_add(
		d, STR("huge@b.example"), &(struct list_settings){.mode = LIST_PUBLIC}, &error));
	sqlite3_exec(d->db, "BEGIN", NULL, NULL, NULL);
	for (int i = 0; i <= DIRECTORY_TARGETS_MAX; i++) {
		snprintf(address, sizeof address,
			"INSERT INTO member SELECT id, 'm%d@far.example' FROM list", i);
		char sql[160];
		snprintf(sql, sizeof sql, "%s ORDER BY id DESC LIMIT 1", address);
		sqlite3_exec(d->db, sql, NULL, NULL, NULL);
		if (i == DIRECTORY_TARGETS_MAX - 1 || i == DIRECTORY_TARGETS_MAX) {
			sqlite3_exec(d->db, "COMMIT", NULL, NULL, NULL);
			struct arena a;
			arena_init(&a, 16 << 20);
			struct directory_answer answer;
			directory_resolve(d,
				&(struct directory_question){.recipient = STR("huge@b.example")},
				&a, &answer);
			if (i == DIRECTORY_TARGETS_MAX - 1)
				tap_is_int(answer.target_count, DIRECTORY_TARGETS_MAX,
					"as many targets as may be");
			else
				tap_ok(answer.is_refused, "one more is refused");
			arena_fini(&a);
			sqlite3_exec(d->db, "BEGIN", NULL, NULL, NULL);
		}
	}
	sqlite3_exec(d->db, "COMMIT", NULL, NULL, NULL);
}

static enum directory_login
directory_login_gives(struct directory *d, const char *user, const char *password)
{
	return directory_login(d, str_of(user), str_of(password), &(struct directory_account){0});
}

/* What SCRAM asks for: of who is there and who is not, it must look the same. */
static void
test_scram(struct directory *d)
{
	struct arena a;
	arena_init(&a, 1 << 20);
	struct scram_secret keys, again, want;
	struct directory_account account;
	must(directory_password_set(d, STR("john@a.example"), STR("pencil"), &error));
	tap_ok(directory_scram_find(d, STR("john@a.example"), &a, &keys, &account) &&
			!keys.is_nobody && account.id > 0,
		"the keys of john");
	tap_ok(scram_derive(STR("pencil"), keys.salt, keys.iterations, &want) &&
			memcmp(want.stored_key, keys.stored_key, SCRAM_KEY_BYTES) == 0 &&
			memcmp(want.server_key, keys.server_key, SCRAM_KEY_BYTES) == 0,
		"are those of his password");
	const enum directory_login holds = directory_login_holds(d, &account);
	tap_is_int(holds, LOGIN_OK, "who he is can be asked for later");
	tap_ok(directory_scram_find(d, STR("JOHN@alias.example"), &a, &again, &account) &&
			str_eq(again.salt, keys.salt),
		"the same under another name");
	must(directory_password_set(d, STR("john@a.example"), STR("pencil"), &error));
	tap_ok(directory_scram_find(d, STR("john@a.example"), &a, &again, &account) &&
			!str_eq(again.salt, keys.salt),
		"another salt for each password");

	static const struct str nobodies[] = {STR_INIT("nobody@a.example"),
		STR_INIT("info@a.example"), STR_INIT("away@a.example"), STR_INIT("john"),
		STR_INIT(""), STR_INIT("x@far.example"), STR_INIT("team@a.example")};
	for (size_t i = 0; i < sizeof nobodies / sizeof *nobodies; i++) {
		struct scram_secret nobody;
		tap_ok(directory_scram_find(d, nobodies[i], &a, &nobody, &account) &&
				nobody.is_nobody && account.id == 0 &&
				nobody.iterations == keys.iterations &&
				nobody.salt.len == keys.salt.len,
			"<%.*s> has none, and it cannot be seen", (int)nobodies[i].len,
			nobodies[i].ptr);
		tap_ok(directory_scram_find(d, nobodies[i], &a, &again, &account) &&
				str_eq(again.salt, nobody.salt),
			"however often one looks");
	}
	struct scram_secret one, two;
	directory_scram_find(d, STR("nobody@a.example"), &a, &one, &account);
	directory_scram_find(d, STR("NoBody@Alias.Example."), &a, &two, &account);
	tap_ok(str_eq(one.salt, two.salt), "nor by another spelling");
	directory_scram_find(d, STR("nobody2@a.example"), &a, &two, &account);
	tap_ok(!str_eq(one.salt, two.salt), "each nobody has a salt of its own");

	must(active_set(d, ENTRY_ACCOUNT, "john@a.example", false));
	directory_scram_find(d, STR("john@a.example"), &a, &keys, &account);
	const enum directory_login off = directory_login_holds(d, &account);
	tap_is_int(off, LOGIN_DISABLED, "who is off is told so only behind the right proof");
	must(active_set(d, ENTRY_ACCOUNT, "john@a.example", true));
	sqlite3_exec(d->db, "UPDATE scram SET stored_key = x'00'", NULL, NULL, NULL);
	tap_ok(!directory_scram_find(d, STR("john@a.example"), &a, &keys, &account),
		"keys that are none are not used");
	sqlite3_exec(d->db, "DELETE FROM scram", NULL, NULL, NULL);
	tap_is_int(directory_login_gives(d, "john@a.example", "pencil"), LOGIN_OK,
		"without keys the password signs in");
	tap_ok(directory_scram_find(d, STR("john@a.example"), &a, &keys, &account) &&
			!keys.is_nobody,
		"and makes them");
	arena_fini(&a);
}

static void
test_login(struct directory *d)
{
	struct directory_account account;
	const struct str john = STR("john@a.example"), right = STR("correct horse");
	tap_is_int(argon2id_verify(password_of_nobody, "x", 1), ARGON2_VERIFY_MISMATCH,
		"the hash that stands in for nobody's is a real one");
	enum directory_login got = directory_login(d, john, right, &account);
	tap_is_int(got, LOGIN_OK, "the right password");
	got = directory_login(d, STR("JOHN@alias.example"), right, &(struct directory_account){0});
	tap_is_int(got, LOGIN_OK, "under another name of the domain");
	got = directory_login(d, john, STR("correct horsf"), &account);
	tap_is_int(got, LOGIN_WRONG, "a wrong password");
	got = directory_login(d, john, STR(""), &account);
	tap_is_int(got, LOGIN_WRONG, "an empty one");
	got = directory_login(d, STR("nobody@a.example"), right, &account);
	tap_is_int(got, LOGIN_WRONG, "nobody");
	got = directory_login(d, STR("john"), right, &account);
	tap_is_int(got, LOGIN_WRONG, "no address");
	got = directory_login(d, STR("info@a.example"), right, &account);
	tap_is_int(got, LOGIN_WRONG, "an alias is no account");
	got = directory_login(d, STR("away@a.example"), STR(""), &account);
	tap_is_int(got, LOGIN_WRONG, "an account without a password");
	got = directory_login(d, STR("asleep@a.example"), right, &account);
	tap_is_int(got, LOGIN_DISABLED, "an account that is off");
	got = directory_login(d, STR("u@off.example"), right, &account);
	tap_is_int(got, LOGIN_DISABLED, "an account of a domain that is off");

	directory_login(d, john, right, &account);
	got = directory_login_holds(d, &account);
	tap_is_int(got, LOGIN_OK, "a login holds");
	must(directory_password_set(d, john, STR("battery staple"), &error));
	got = directory_login_holds(d, &account);
	tap_is_int(got, LOGIN_WRONG, "not when the password was changed");
	got = directory_login(d, john, STR("battery staple"), &account);
	tap_is_int(got, LOGIN_OK, "the new password");
	must(active_set(d, ENTRY_ACCOUNT, "john@a.example", false));
	got = directory_login_holds(d, &account);
	tap_is_int(got, LOGIN_DISABLED, "not when the account is off");
	must(active_set(d, ENTRY_ACCOUNT, "john@a.example", true));
	got = directory_login_holds(d, &account);
	tap_is_int(got, LOGIN_WRONG, "nor when it is on again");

	/* What an account may also ask of who signs in. */
	static const struct {
		enum entry_kind kind;
		const char *name, *property, *value, *after;
		enum directory_login told, held;
	} asked[] = {
		{ENTRY_ACCOUNT, "john@a.example", "suspended", "yes", "no", LOGIN_DISABLED,
			LOGIN_DISABLED},
		{ENTRY_DOMAIN, "a.example", "suspended", "yes", "no", LOGIN_DISABLED,
			LOGIN_DISABLED},
		{ENTRY_ACCOUNT, "john@a.example", "password_expires", "2020-01-01", "",
			LOGIN_EXPIRED, LOGIN_EXPIRED},
		{ENTRY_ACCOUNT, "john@a.example", "password_expires", "9999-12-31", "", LOGIN_OK,
			LOGIN_OK},
		{ENTRY_ACCOUNT, "john@a.example", "scram_only", "yes", "no", LOGIN_TOO_WEAK,
			LOGIN_OK},
		{ENTRY_ACCOUNT, "john@a.example", "moved", "john@b.example", "", LOGIN_OK,
			LOGIN_OK},
	};
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		must(directory_login(d, john, STR("battery staple"), &account) == LOGIN_OK);
		struct entry e = {.kind = asked[i].kind, .name = str_of(asked[i].name)};
		const size_t at =
			entry_property_find(entry_form(e.kind), str_of(asked[i].property));
		e.values[at] = str_of(asked[i].value);
		must(entry_set(d, &e, &error));
		got = directory_login(
			d, john, STR("battery staple"), &(struct directory_account){0});
		tap_is_int(got, asked[i].told, "%s %s, by its password", asked[i].property,
			asked[i].value);
		got = directory_login(d, john, STR("wrong"), &(struct directory_account){0});
		tap_is_int(got, LOGIN_WRONG, "... and a wrong one is not told so");
		got = directory_login_holds(d, &account);
		tap_is_int(got, asked[i].held, "... and who is signed in");
		e.values[at] = str_of(asked[i].after);
		must(entry_set(d, &e, &error));
	}

	char longest[DIRECTORY_PASSWORD_MAX + 1];
	memset(longest, 'p', sizeof longest);
	tap_ok(directory_password_set(
		       d, john, (struct str){longest, DIRECTORY_PASSWORD_MAX}, &error),
		"the longest password");
	tap_ok(!directory_password_set(
		       d, john, (struct str){longest, DIRECTORY_PASSWORD_MAX + 1}, &error),
		"a longer one: %s", error.words);
	tap_ok(!directory_password_set(d, john, STR(""), &error), "an empty one: %s", error.words);
}

#define COMPOSED "p\xC3\xA4ssw\xC3\xB6rd"
#define DECOMPOSED "pa\xCC\x88sswo\xCC\x88rd"

/* The password of `opaque` as a version that prepared none has kept it: the bytes as they are. */
static void
keep_raw(struct directory *d, struct str password)
{
	struct secrets secrets;
	char sql[400];
	must(secrets_make(password, &secrets));
	snprintf(sql, sizeof sql,
		"UPDATE account SET password = '%s' WHERE id = "
		"(SELECT id FROM name WHERE local = 'opaque');",
		secrets.hash);
	tap_ok(sqlite3_exec(d->db, sql, NULL, NULL, NULL) == SQLITE_OK, "kept as it came");
}

/* Passwords beyond ASCII: RFC 8265. */
static void
test_opaque(struct directory *d)
{
	static const struct {
		const char *kept, *given;
		bool is_raw; /* kept by a version that prepared none */
		enum directory_login want;
	} rows[] = {
		{COMPOSED, COMPOSED, false, LOGIN_OK},
		{COMPOSED, DECOMPOSED, false, LOGIN_OK},
		{DECOMPOSED, COMPOSED, false, LOGIN_OK},
		{DECOMPOSED, DECOMPOSED, false, LOGIN_OK},
		{"a\xC2\xA0z", "a z", false, LOGIN_OK},
		{COMPOSED, "passwort", false, LOGIN_WRONG},
		{COMPOSED, "p\xE4ssw\xF6rd", false, LOGIN_WRONG},
		{COMPOSED, "P\xC3\x84SSW\xC3\x96RD", false, LOGIN_WRONG},
		{COMPOSED, DECOMPOSED, true, LOGIN_OK},
		{DECOMPOSED, COMPOSED, true, LOGIN_WRONG}, /* as it was before */
		{DECOMPOSED, DECOMPOSED, true, LOGIN_OK},
		{"p\xE4ssw\xF6rd", "p\xE4ssw\xF6rd", true, LOGIN_OK}, /* no UTF-8 */
		{"p\xE4ssw\xF6rd", COMPOSED, true, LOGIN_WRONG},
	};
	const struct str whom = STR("opaque@a.example");
	must(directory_account_add(
		d, whom, &(struct account_settings){.password = STR(COMPOSED)}, &error));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].is_raw)
			keep_raw(d, str_of(rows[i].kept));
		else
			must(directory_password_set(d, whom, str_of(rows[i].kept), &error));
		tap_is_int(directory_login_gives(d, "opaque@a.example", rows[i].given),
			rows[i].want, "row %zu", i);
	}

	struct arena a;
	arena_init(&a, 1 << 20);
	struct scram_secret keys, want;
	struct directory_account account;
	keep_raw(d, STR(DECOMPOSED));
	must(directory_login_gives(d, "opaque@a.example", DECOMPOSED) == LOGIN_OK);
	tap_is_int(directory_login_gives(d, "opaque@a.example", COMPOSED), LOGIN_OK,
		"a login with the old bytes keeps them prepared");
	tap_ok(directory_scram_find(d, whom, &a, &keys, &account) &&
			scram_derive(STR(COMPOSED), keys.salt, keys.iterations, &want) &&
			memcmp(want.stored_key, keys.stored_key, SCRAM_KEY_BYTES) == 0,
		"and so the keys of SCRAM");
	arena_fini(&a);

	static const char *const refused[] = {"a\tb", "a\x7F", "p\xE4ss", "a\xC2\xADz", "\xCD\xB8"};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		tap_ok(!directory_password_set(d, whom, str_of(refused[i]), &error), "%s",
			error.words);
	tap_is_int(directory_login_gives(d, "opaque@a.example", COMPOSED), LOGIN_OK,
		"the one before stays");
}

static void
test_send_as(struct directory *d)
{
	struct name_row row;
	struct domain_row domain;
	domain_find(d, STR("a.example"), &domain);
	name_find(d, domain.id, STR("john"), &row);
	must(directory_identity_add(d, STR("john@a.example"), STR("boss@far.example"), &error));
	static const struct {
		const char *address;
		bool may;
	} cases[] = {
		{"john@a.example", true},
		{"John@ALIAS.example", true},
		{"john+shop@a.example", true},
		{"info@a.example", true},
		{"boss@far.example", true},
		{"other@far.example", false},
		{"asleep@a.example", false},
		{"team@a.example", false},
		{"nobody@a.example", false},
		{"rubbish", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool failed;
		const bool may =
			directory_may_send_as(d, row.id, str_of(cases[i].address), &failed);
		tap_ok(may == cases[i].may && !failed, "john as %s", cases[i].address);
	}
}

static void
test_ranges(struct directory *d)
{
	struct directory_range all = {.name = STR("all"), .allowed = 1u << ELSEWHERE_TO_LOCAL};
	struct directory_range inside = {
		.name = STR("inside"), .allowed = 15, .needs_login = 1u << ELSEWHERE_TO_ELSEWHERE};
	struct directory_range one = {.name = STR("one"), .allowed = 15};
	struct arena a;
	struct directory_range got;
	arena_init(&a, 1 << 20);
	tap_ok(directory_range_find(d, STR("192.0.2.1"), &a, &got) &&
			got.needs_login ==
				(1u << LOCAL_TO_ELSEWHERE | 1u << ELSEWHERE_TO_ELSEWHERE),
		"without any range: relaying wants a login");
	must(directory_range_add(d, STR("0.0.0.0/0"), 10, &all, &error));
	must(directory_range_add(d, STR("192.0.2.77/24"), 20, &inside, &error));
	must(directory_range_add(d, STR("192.0.2.5"), 30, &one, &error));
	must(directory_range_add(d, STR("2001:db8::/33"), 20, &inside, &error));
	static const struct {
		const char *ip, *name;
	} cases[] = {
		{"192.0.1.255", "all"},
		{"192.0.2.0", "inside"},
		{"192.0.2.255", "inside"},
		{"192.0.3.0", "all"},
		{"192.0.2.5", "one"},
		{"::ffff:192.0.2.5", "one"},
		{"255.255.255.255", "all"},
		{"2001:db8::", "inside"},
		{"2001:db8:7fff:ffff:ffff:ffff:ffff:ffff", "inside"},
		{"2001:db8:8000::", "of all other addresses"},
		{"rubbish", "of all other addresses"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		directory_range_find(d, str_of(cases[i].ip), &a, &got);
		tap_is_str(got.name, str_of(cases[i].name), "%s", cases[i].ip);
	}
	static const char *const wrong[] = {"192.0.2.0/33", "2001:db8::/129", "192.0.2/24",
		"192.0.2.0/", "example.org", "", "192.0.2.99/24"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		tap_ok(!directory_range_add(d, str_of(wrong[i]), 1, &all, &error), "\"%s\": %s",
			wrong[i], error.words);
	arena_fini(&a);
}

static void
test_refusals(struct directory *d)
{
	static const struct account_settings plain = {0};
	tap_ok(!directory_domain_add(d, STR("a.EXAMPLE"), STR_NONE, &error), "%s", error.words);
	tap_ok(!directory_domain_add(d, STR("alias.example"), STR_NONE, &error), "%s", error.words);
	tap_ok(!directory_domain_add(d, STR("two words"), STR_NONE, &error), "%s", error.words);
	tap_ok(!directory_domain_add(d, STR("c.example"), STR("no address"), &error), "%s",
		error.words);
	tap_ok(!directory_domain_alias_add(d, STR("a.example"), STR("b.example"), &error), "%s",
		error.words);
	tap_ok(!directory_domain_alias_add(d, STR("c.example"), STR("far.example"), &error), "%s",
		error.words);
	tap_ok(!directory_account_add(d, STR("JOHN@alias.example"), &plain, &error), "%s",
		error.words);
	tap_ok(!directory_account_add(d, STR("info@a.example"), &plain, &error), "%s", error.words);
	tap_ok(!directory_account_add(d, STR("x@far.example"), &plain, &error), "%s", error.words);
	tap_ok(!directory_list_add(d, STR("l@a.example"),
		       &(struct list_settings){.mode = LIST_ANNOUNCEMENT}, &error),
		"%s", error.words);
	tap_ok(!directory_member_add(d, STR("john@a.example"), STR("x@far.example"), &error), "%s",
		error.words);
	tap_ok(!directory_member_add(d, STR("team@a.example"), STR("JOHN@a.example"), &error), "%s",
		error.words);
	tap_ok(!directory_route_address_add(d, STR("x@far.example"), &error), "%s", error.words);
	tap_ok(!removed(d, ENTRY_ALIAS, "john@a.example"), "%s", error.words);

	must(removed(d, ENTRY_LIST, "team@a.example"));
	must(removed(d, ENTRY_DOMAIN, "b.example"));
	struct arena a;
	arena_init(&a, 1 << 20);
	struct directory_answer answer;
	directory_resolve(
		d, &(struct directory_question){.recipient = STR("all@b.example")}, &a, &answer);
	tap_is_int(answer.place, PLACE_ELSEWHERE, "a domain that was removed is elsewhere");
	arena_fini(&a);
}

/* What the file cannot answer is never "Unknown user". */
static void
test_broken(struct directory *d)
{
	sqlite3_exec(d->db, "DROP TABLE alias; DROP TABLE range", NULL, NULL, NULL);
	struct arena a;
	arena_init(&a, 1 << 20);
	struct directory_answer answer;
	directory_resolve(
		d, &(struct directory_question){.recipient = STR("info@a.example")}, &a, &answer);
	tap_ok(answer.is_refused && answer.condition == CONDITION_LOOKUP_FAILED,
		"a table that is gone: %.*s", (int)answer.why.len, answer.why.ptr);
	struct directory_range range;
	tap_ok(!directory_range_find(d, STR("192.0.2.1"), &a, &range), "a range that is not known");
	arena_fini(&a);
}

static void
test_open(const char *path)
{
	struct directory *const d = directory_open(path, &error);
	must(d != NULL);
	struct stat st = {0};
	tap_ok(stat(path, &st) == 0 && (st.st_mode & 077) == 0, "only its owner may read it");
	struct directory *const other = directory_open(path, &error);
	tap_ok(other != NULL, "two may have it open");
	must(directory_domain_add(d, STR("new.example"), STR_NONE, &error));
	enum directory_place place;
	tap_ok(directory_place(other, STR("new.example"), &place) && place == PLACE_LOCAL,
		"and one sees what the other did, at once");
	directory_close(other);
	sqlite3_exec(d->db, "PRAGMA user_version = 99", NULL, NULL, NULL);
	directory_close(d);
	tap_ok(directory_open(path, &error) == NULL, "of a newer version: %s", error.words);
	tap_ok(directory_open("/no/such/folder/file", &error) == NULL, "no folder: %s",
		error.words);
	FILE *const f = fopen(path, "w");
	fputs("This is no database, but it is long enough to be taken for one at first sight "
	      "......",
		f);
	fclose(f);
	tap_ok(directory_open(path, &error) == NULL, "no database: %s", error.words);
}

static enum condition
condition_of(struct directory *d, const char *recipient, const char *sender)
{
	struct arena a;
	arena_init(&a, 1 << 20);
	struct directory_answer answer;
	directory_resolve(d,
		&(struct directory_question){
			.recipient = str_of(recipient), .sender = str_of(sender)},
		&a, &answer);
	arena_fini(&a);
	return answer.is_refused ? answer.condition : CONDITION__COUNT;
}

/* What is kept of answers: never longer than it is true, whoever changes the file. */
static void
count_due(void *count)
{
	++*(int *)count;
}

static void
test_kept(const char *path)
{
	struct directory *const d = directory_open(path, &error), *const other = directory_open(
									  path, &error);
	must(d != NULL && other != NULL);
	must(directory_domain_add(other, STR("k.example"), STR_NONE, &error));
	tap_is_int(condition_of(d, "jo@k.example", ""), CONDITION_UNKNOWN_USER, "nobody yet");
	tap_ok(kept_find(d, KEPT_WAY, STR("jo@k.example")) != NULL, "the answer is kept");
	must(directory_account_add(
		other, STR("jo@k.example"), &(struct account_settings){0}, &error));
	tap_ok(kept_find(d, KEPT_WAY, STR("jo@k.example")) == NULL,
		"... until another connection changes the file");
	tap_is_int(condition_of(d, "jo@k.example", ""), CONDITION__COUNT, "there he is");
	tap_ok(kept_find(d, KEPT_WAY, STR("jo@k.example")) != NULL, "the new answer is kept");
	must(active_set(d, ENTRY_ACCOUNT, "jo@k.example", false));
	tap_is_int(condition_of(d, "jo@k.example", ""), CONDITION_ACCOUNT_INACTIVE,
		"a change of one's own counts too");

	int due = 0;
	directory_hold(d, count_due, &due);
	tap_is_int(condition_of(d, "jo@k.example", ""), CONDITION_ACCOUNT_INACTIVE, "held");
	tap_is_int(due, 1, "who holds is told that he does");
	must(active_set(other, ENTRY_ACCOUNT, "jo@k.example", true));
	tap_is_int(condition_of(d, "jo@k.example", ""), CONDITION_ACCOUNT_INACTIVE,
		"questions of one turn are answered by one state");
	tap_is_int(due, 1, "... once");
	directory_release(d);
	tap_is_int(
		condition_of(d, "jo@k.example", ""), CONDITION__COUNT, "the next ones by the new");
	must(active_set(d, ENTRY_ACCOUNT, "jo@k.example", false));
	tap_is_int(condition_of(d, "jo@k.example", ""), CONDITION_ACCOUNT_INACTIVE,
		"a change of one's own counts while it is held, too");
	directory_hold(d, NULL, NULL);
	directory_release(d);

	/* The answer for one sender is not that for another. */
	must(directory_list_add(
		d, STR("l@k.example"), &(struct list_settings){.mode = LIST_MEMBERS}, &error));
	must(directory_member_add(d, STR("l@k.example"), STR("x@far.example"), &error));
	tap_is_int(condition_of(d, "l@k.example", "x@far.example"), CONDITION__COUNT, "a member");
	tap_is_int(condition_of(d, "l@k.example", "y@far.example"), CONDITION_LIST_SENDER_REFUSED,
		"nobody else, when a member has just been let in");

	/* What is undone was never true. */
	must(change_begin(d, &error));
	must(directory_account_add(d, STR("un@k.example"), &(struct account_settings){0}, &error));
	tap_is_int(condition_of(d, "un@k.example", ""), CONDITION__COUNT, "there, within a change");
	change_end(d, false, &error);
	tap_is_int(condition_of(d, "un@k.example", ""), CONDITION_UNKNOWN_USER, "which is undone");

	enum directory_place place;
	tap_ok(directory_place(d, STR("p.example"), &place) && place == PLACE_ELSEWHERE,
		"elsewhere");
	must(directory_domain_add(other, STR("p.example"), STR_NONE, &error));
	tap_ok(directory_place(d, STR("p.example"), &place) && place == PLACE_LOCAL, "then here");
	struct arena a;
	arena_init(&a, 1 << 20);
	struct directory_range range;
	tap_ok(directory_range_find(d, STR("192.0.2.9"), &a, &range) && range.allowed == 15,
		"of no range");
	must(directory_range_add(other, STR("192.0.2.0/28"), 9,
		&(struct directory_range){.name = STR("n"), .allowed = 1}, &error));
	for (int i = 0; i < 2; i++)
		tap_ok(directory_range_find(d, STR("192.0.2.9"), &a, &range) &&
				range.allowed == 1 && str_eq(range.name, STR("n")),
			"of a new one%s", i == 1 ? ", asked again" : "");
	arena_fini(&a);

	/* The edge of what is kept. */
	static char text[DIRECTORY_KEPT_BYTES_MAX];
	memset(text, 'x', sizeof text);
	struct kept_answer large = {.why = {text, sizeof text - 1}};
	(void)kept_find(d, KEPT_PLACE, STR("k"));
	kept_put(d, KEPT_PLACE, STR("k"), &large);
	tap_ok(kept_find(d, KEPT_PLACE, STR("k")) != NULL, "%d bytes are kept",
		DIRECTORY_KEPT_BYTES_MAX);
	large.why.len++;
	(void)kept_find(d, KEPT_PLACE, STR("m"));
	kept_put(d, KEPT_PLACE, STR("m"), &large);
	tap_ok(kept_find(d, KEPT_PLACE, STR("m")) == NULL, "one more is not");
	tap_ok(kept_find(d, KEPT_WAY, STR("k")) == NULL, "kinds of questions are not confused");
	directory_close(d);
	directory_close(other);
}

/* The tables of version 1, as a file from then has them. Never changed with the program. */
static const char version_1[] =
	"CREATE TABLE domain ("
	" id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, is_active INTEGER NOT NULL DEFAULT 1,"
	" catch_all TEXT, plus TEXT NOT NULL DEFAULT '+') STRICT;"
	"CREATE TABLE domain_alias ("
	" name TEXT PRIMARY KEY, domain INTEGER NOT NULL REFERENCES domain ON DELETE CASCADE) "
	"STRICT;"
	"CREATE TABLE name ("
	" id INTEGER PRIMARY KEY, domain INTEGER NOT NULL REFERENCES domain ON DELETE CASCADE,"
	" local TEXT NOT NULL COLLATE NOCASE, kind INTEGER NOT NULL,"
	" is_active INTEGER NOT NULL DEFAULT 1, UNIQUE (domain, local)) STRICT;"
	"CREATE TABLE account ("
	" id INTEGER PRIMARY KEY REFERENCES name ON DELETE CASCADE, password TEXT,"
	" epoch INTEGER NOT NULL DEFAULT 1, quota_bytes INTEGER NOT NULL DEFAULT 0,"
	" forward TEXT, keeps_copy INTEGER NOT NULL DEFAULT 1) STRICT;"
	"CREATE TABLE alias ("
	" id INTEGER PRIMARY KEY REFERENCES name ON DELETE CASCADE, target TEXT NOT NULL) STRICT;"
	"CREATE TABLE list ("
	" id INTEGER PRIMARY KEY REFERENCES name ON DELETE CASCADE, mode INTEGER NOT NULL,"
	" needs_login INTEGER NOT NULL, owner TEXT) STRICT;"
	"CREATE TABLE member ("
	" list INTEGER NOT NULL REFERENCES list ON DELETE CASCADE,"
	" address TEXT NOT NULL COLLATE NOCASE, PRIMARY KEY (list, address)) STRICT;"
	"CREATE TABLE route ("
	" id INTEGER PRIMARY KEY, pattern TEXT NOT NULL UNIQUE, host TEXT NOT NULL,"
	" port INTEGER NOT NULL, takes_all INTEGER NOT NULL) STRICT;"
	"CREATE TABLE route_address ("
	" route INTEGER NOT NULL REFERENCES route ON DELETE CASCADE,"
	" address TEXT NOT NULL COLLATE NOCASE, PRIMARY KEY (route, address)) STRICT;"
	"CREATE TABLE identity ("
	" account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,"
	" address TEXT NOT NULL COLLATE NOCASE, PRIMARY KEY (account, address)) STRICT;"
	"CREATE TABLE range ("
	" id INTEGER PRIMARY KEY, name TEXT NOT NULL, low BLOB NOT NULL, high BLOB NOT NULL,"
	" priority INTEGER NOT NULL, allowed INTEGER NOT NULL, needs_login INTEGER NOT NULL,"
	" UNIQUE (low, high)) STRICT;";

/* A file of an older version has what the new one wants, and keeps what it had. */
static void
test_migration(const char *path)
{
	struct secrets secrets;
	char sql[512];
	sqlite3 *db = NULL;
	tap_ok(sqlite3_open(path, &db) == SQLITE_OK &&
			sqlite3_exec(db, version_1, NULL, NULL, NULL) == SQLITE_OK &&
			secrets_make(STR("correct horse"), &secrets),
		"a file of version 1");
	snprintf(sql, sizeof sql,
		"PRAGMA user_version = 1;"
		"INSERT INTO domain (id, name) VALUES (7, 'a.example');"
		"INSERT INTO name (id, domain, local, kind) VALUES (3, 7, 'John', 1);"
		"INSERT INTO account (id, password, quota_bytes) VALUES (3, '%s', 99);"
		"INSERT INTO route VALUES (1, 'far.example', 'mx.far.example', 26, 1);",
		secrets.hash);
	tap_ok(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "somebody is in it");
	sqlite3_close(db);

	struct directory *const d = directory_open(path, &error);
	must(d != NULL);
	struct arena a;
	arena_init(&a, 1 << 20);
	struct directory_account account;
	struct scram_secret keys;
	tap_ok(directory_scram_find(d, STR("john@a.example"), &a, &keys, &account) &&
			keys.is_nobody && account.id == 0,
		"he has no keys of SCRAM yet");
	tap_is_int(directory_login_gives(d, "john@a.example", "correct horse"), LOGIN_OK,
		"he signs in with his password");
	tap_ok(directory_scram_find(d, STR("john@a.example"), &a, &keys, &account) &&
			!keys.is_nobody && account.id == 3 && account.epoch == 1,
		"and has keys then, without being signed out elsewhere");
	struct directory_answer answer;
	directory_resolve(
		d, &(struct directory_question){.recipient = STR("x@far.example")}, &a, &answer);
	tap_ok(!answer.is_refused && answer.target_count == 1 && answer.targets[0].route_port == 26,
		"the route is as it was");
	arena_fini(&a);
	directory_close(d);
	struct directory *const again = directory_open(path, &error);
	tap_ok(again != NULL, "and the file is opened again");
	directory_close(again);
}

int
main(void)
{
	char path[] = "directory-test.XXXXXX", more[64];
	const int fd = mkstemp(path);
	if (fd < 0)
		return 99;
	close(fd);
	struct directory *const d = directory_open(path, &error);
	must(d != NULL);
	fill(d);
	test_resolve(d);
	test_members(d);
	test_owner(d);
	test_told(d);
	test_loops(d);
	test_depth(d);
	test_targets_limit(d);
	test_login(d);
	test_opaque(d);
	test_scram(d);
	test_send_as(d);
	test_ranges(d);
	test_refusals(d);
	test_broken(d);
	directory_close(d);
	unlink(path);
	test_open(path);
	unlink(path);
	test_kept(path);
	unlink(path);
	test_migration(path);
	unlink(path);
	for (int i = 0; i < 2; i++) {
		snprintf(more, sizeof more, "%s%s", path, i == 0 ? "-wal" : "-shm");
		unlink(more);
	}
	return tap_done();
}
