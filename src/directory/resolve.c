/*
 * resolve - where a recipient's mail goes, every alias, list and forward followed
 *
 * The order of the document: the domain, then account, alias, list, route, catch-all. The way is
 * kept, so that a loop is told in full.
 *
 * A list is more than an alias (RFC 5321 s3.9.2): it answers for what it sends, so each of its
 * members is known as one, and it has an owner, to whom what comes back goes.
 */
#include "base/hash.h"
#include "directory/directory_inside.h"

#include <assert.h>
#include <stdio.h>

#define SEEN_BUCKETS 1024

/* An address that is a target already. */
struct seen {
	struct str address;
	size_t target; /* its place */
	struct seen *next;
};

struct walk {
	struct directory *d;
	struct arena *a;
	const struct directory_question *question; /* NULL: nobody asks, rights do not matter */
	struct directory_answer *out;
	struct directory_target *targets;
	size_t room;
	struct directory_list *lists;
	size_t list_room;
	size_t list; /* whose members are walked, as in struct directory_target */
	struct directory_step *steps;
	size_t step_room;
	struct str way[DIRECTORY_DEPTH_MAX];
	size_t depth;
	bool asked_sender; /* the answer is not the same for everybody */
	struct seen *seen[SEEN_BUCKETS];
};

/* A step, when somebody wants to be told. */
static void
tell(struct walk *w, struct str one, struct str two, struct str three)
{
	if (w->question == NULL || !w->question->is_told)
		return;
	struct directory_step *const more =
		arena_more(w->a, w->steps, w->out->step_count, &w->step_room, sizeof *w->steps);
	if (more == NULL)
		return;
	w->steps = more;
	more[w->out->step_count++] =
		(struct directory_step){(unsigned)w->depth, arena_join(w->a, one, two, three)};
}

/* ---- what came out */

static bool
refuse(struct walk *w, enum condition condition, struct str why)
{
	w->out->is_refused = true;
	w->out->condition = condition;
	w->out->why = arena_str(w->a, why);
	return false;
}

static bool
refuse_naming(struct walk *w, enum condition condition, const char *what, struct str address)
{
	w->out->is_refused = true;
	w->out->condition = condition;
	w->out->why = arena_join(w->a, str_of(what), STR(" "), address);
	return false;
}

static bool
lookup_failed(struct walk *w)
{
	return refuse(w, CONDITION_LOOKUP_FAILED, str_of(sqlite3_errmsg(w->d->db)));
}

/* a@x -> b@x -> a@x */
static bool
refuse_loop(struct walk *w, struct str address)
{
	struct str why = STR_NONE;
	for (size_t i = 0; i < w->depth; i++)
		why = arena_join(w->a, why, w->way[i], STR(" -> "));
	return refuse(w, CONDITION_FORWARD_LOOP, arena_join(w->a, why, address, STR_NONE));
}

/* Adds a target, once. Who is no member's but a recipient of the sender's own is that alone. */
static bool
target_add(struct walk *w, const struct directory_target *target)
{
	const size_t bucket = hash_add_case(HASH_FIRST, target->address) % SEEN_BUCKETS;
	for (const struct seen *s = w->seen[bucket]; s != NULL; s = s->next)
		if (str_eq_case(s->address, target->address)) {
			assert(w->targets != NULL); /* it is among them */
			if (w->list == 0)
				w->targets[s->target].list = 0;
			w->targets[s->target].is_kept |= target->is_kept;
			return true;
		}
	if (w->out->target_count == DIRECTORY_TARGETS_MAX)
		return refuse(w, CONDITION_FORWARD_LOOP, STR("more targets than are allowed"));
	struct seen *const s = arena_alloc(w->a, 1, sizeof *s);
	struct directory_target *const more =
		arena_more(w->a, w->targets, w->out->target_count, &w->room, sizeof *w->targets);
	if (s == NULL || more == NULL)
		return refuse(w, CONDITION_LOOKUP_FAILED, STR("no memory"));
	w->targets = more;
	s->target = w->out->target_count;
	w->targets[s->target] = *target;
	w->targets[s->target].list = w->list;
	w->targets[w->out->target_count++].address = s->address = arena_str(w->a, target->address);
	s->next = w->seen[bucket];
	w->seen[bucket] = s;
	return true;
}

static bool walk(struct walk *w, struct str address);

/* ---- lists */

/* May the sender write to it? Gives what he lacks, absent when nothing. */
static struct str
list_lacks(struct walk *w, int64_t list, struct str address)
{
	sqlite3_stmt *s = ask_id(w->d, QUERY_LIST, list);
	w->asked_sender = true;
	if (step(s) != STEP_ROW) {
		done(s);
		return STR("the list's settings, which cannot be read");
	}
	const enum list_mode mode = (enum list_mode)sqlite3_column_int(s, 0);
	const bool needs_login = sqlite3_column_int(s, 1) != 0;
	const struct str owner = arena_str(w->a, column_text(s, 2));
	done(s);
	if (w->question == NULL)
		return STR_NONE;
	if (needs_login && !w->question->is_authenticated)
		return STR("a login, which the list asks for");
	struct name sender, here;
	const bool has_sender = name_parse(w->question->sender, &sender);
	switch (mode) {
	case LIST_PUBLIC:
		return STR_NONE;
	case LIST_ANNOUNCEMENT:
		return has_sender && str_eq_case(sender.whole, owner)
			       ? STR_NONE
			       : STR("the owner's address: it is a list for announcements");
	case LIST_DOMAIN:
		return has_sender && name_parse(address, &here) &&
				       str_eq_case(sender.domain, here.domain)
			       ? STR_NONE
			       : STR("an address in the list's domain");
	case LIST_MEMBERS:
		break;
	}
	s = ask_id(w->d, QUERY_MEMBER, list);
	bind_text(s, 2, has_sender ? sender.whole : STR(""));
	const bool is_member = step(s) == STEP_ROW;
	done(s);
	return is_member ? STR_NONE : STR("membership: the list is for its members");
}

/* The list, once; what is walked from here on are its members. False: no memory. */
static bool
list_enter(struct walk *w, struct str address)
{
	size_t i = 0;
	while (i < w->out->list_count && !str_eq_case(w->lists[i].address, address))
		i++;
	if (i == w->out->list_count) {
		struct directory_list *const more =
			arena_more(w->a, w->lists, i, &w->list_room, sizeof *w->lists);
		if (more == NULL)
			return refuse(w, CONDITION_LOOKUP_FAILED, STR("no memory"));
		w->lists = more;
		w->lists[w->out->list_count++] =
			(struct directory_list){arena_str(w->a, address), w->list};
	} else if (w->list == 0) {
		w->lists[i].list = 0;
	}
	w->list = i + 1;
	return true;
}

static bool
walk_members(struct walk *w, int64_t list, struct str address)
{
	const struct str lacks = list_lacks(w, list, address);
	if (str_is_set(lacks))
		return refuse(w, CONDITION_LIST_SENDER_REFUSED,
			arena_join(w->a, STR("the sender lacks "), lacks, STR_NONE));
	/* Read before they are followed: a list in a list asks the same question. */
	struct str *members = NULL;
	size_t count = 0, room = 0;
	sqlite3_stmt *const s = ask_id(w->d, QUERY_MEMBERS, list);
	enum step rc;
	while ((rc = step(s)) == STEP_ROW) {
		struct str *const more = arena_more(w->a, members, count, &room, sizeof *members);
		if (more == NULL)
			break;
		members = more;
		members[count++] = arena_str(w->a, column_text(s, 0));
	}
	done(s);
	if (rc != STEP_END)
		return lookup_failed(w);
	char digits[STR_DIGITS_MAX];
	tell(w, address, STR(": a list; members: "), str_digits((int64_t)count, digits));
	const size_t before = w->out->target_count;
	struct str barred = STR_NONE; /* a member who may come back */
	for (size_t i = 0; i < count; i++) {
		if (walk(w, members[i]))
			continue;
		/* A member who is gone is no reason to refuse the others. Our own trouble is. */
		if (w->out->condition == CONDITION_LOOKUP_FAILED ||
			w->out->condition == CONDITION_FORWARD_LOOP)
			return false;
		w->out->is_refused = false;
		if (w->out->condition == CONDITION_ACCOUNT_SUSPENDED ||
			w->out->condition == CONDITION_DOMAIN_SUSPENDED)
			barred = members[i];
		tell(w, members[i], STR(": left out of the list: "), w->out->why);
	}
	if (w->out->target_count == before && w->depth == 1 && str_is_set(barred))
		return refuse_naming(w, CONDITION_ACCOUNT_SUSPENDED,
			"all on the list are gone or suspended, as is", barred);
	if (w->out->target_count == before && w->depth == 1)
		return refuse_naming(w, CONDITION_UNKNOWN_USER, "nobody is on the list", address);
	return true;
}

static bool
walk_list(struct walk *w, int64_t list, struct str address)
{
	const size_t outer = w->list;
	const bool ok = list_enter(w, address) && walk_members(w, list, address);
	w->list = outer;
	return ok;
}

/* ---- who owns a list */

/* As if nobody had been found yet. */
static void
targets_forget(struct walk *w)
{
	memset(w->seen, 0, sizeof w->seen);
	w->out->target_count = w->out->list_count = 0;
}

/* Its owner, else the postmaster of its domain, else ours. In the way stands the list itself: what
 * comes back for it must never go to it. Who asks for loops alone asks about the owner alone. */
static bool
walk_owner(struct walk *w, int64_t list, struct str address)
{
	sqlite3_stmt *const s = ask_id(w->d, QUERY_LIST, list);
	const enum step rc = step(s);
	const struct str owner = rc == STEP_ROW ? arena_str(w->a, column_text(s, 2)) : STR_NONE;
	const size_t before = w->out->target_count;
	done(s);
	if (rc != STEP_ROW)
		return lookup_failed(w);
	if (w->depth == DIRECTORY_DEPTH_MAX)
		return refuse_loop(w, address);
	const struct str domain = str_from(address, str_behind_last(address, '@'));
	const struct str tries[] = {owner, arena_join(w->a, STR("postmaster@"), domain, STR_NONE),
		w->question != NULL ? w->question->postmaster : STR_NONE};
	const size_t count = w->question != NULL ? sizeof tries / sizeof *tries : 1;
	bool ok = false;
	w->asked_sender = true; /* the postmaster is the question's */
	w->out->owned = arena_str(w->a, address);
	w->way[w->depth++] = w->out->owned;
	for (size_t i = 0; i < count && !ok && !w->out->is_refused; i++) {
		if (!str_is_set(tries[i]))
			continue;
		tell(w, address, STR(": a list; what is for its owner goes to "), tries[i]);
		ok = walk(w, tries[i]) && w->out->target_count > before;
		if (ok || w->question == NULL || w->out->condition == CONDITION_LOOKUP_FAILED)
			continue;
		tell(w, tries[i], STR(": takes none of it: "), w->out->why);
		w->out->is_refused = false;
		if (before == 0)
			targets_forget(w);
	}
	w->depth--;
	return ok || (w->out->is_refused ? false
			     : w->question == NULL
				     ? true
				     : refuse_naming(w, CONDITION_UNKNOWN_USER,
					       "nobody takes the mail for the owner of", address));
}

/* ---- the kinds of names */

static bool
walk_account(struct walk *w, int64_t id, struct str address)
{
	sqlite3_stmt *const s = ask_id(w->d, QUERY_ACCOUNT, id);
	if (step(s) != STEP_ROW) {
		done(s);
		return lookup_failed(w);
	}
	struct directory_target target = {.kind = TARGET_MAILBOX,
		.address = address,
		.account = id,
		.quota_bytes = sqlite3_column_int64(s, 0)};
	const struct str forward = arena_str(w->a, column_text(s, 1));
	const bool keeps = sqlite3_column_int(s, 2) != 0 || !str_is_set(forward);
	const bool is_suspended = sqlite3_column_int(s, 3) != 0;
	const struct str moved = arena_str(w->a, column_text(s, 4));
	done(s);
	if (is_suspended)
		return refuse_naming(
			w, CONDITION_ACCOUNT_SUSPENDED, "suspended: the account", address);
	if (str_is_set(moved)) {
		w->out->moved_to = moved;
		return refuse(w, CONDITION_MOVED_AWAY,
			arena_join(w->a, address, STR(" has moved to "), moved));
	}
	tell(w, address, STR(": an account"), STR_NONE);
	if (str_is_set(forward)) {
		tell(w, address,
			keeps ? STR(": keeps a copy and forwards to ") : STR(": forwards to "),
			forward);
		const bool ok = walk(w, forward);
		/* With a copy kept here, a forward that leads nowhere is no reason to refuse. */
		if (!ok && (!keeps || w->out->condition == CONDITION_LOOKUP_FAILED ||
				   w->out->condition == CONDITION_FORWARD_LOOP))
			return false;
		if (!ok)
			tell(w, forward, STR(": left out of the forward: "), w->out->why);
		w->out->is_refused = false;
		target.is_kept = ok;
	}
	if (!keeps)
		return true;
	tell(w, address, STR(": mailbox"), STR_NONE);
	return target_add(w, &target);
}

static bool
walk_alias(struct walk *w, int64_t id, struct str address)
{
	sqlite3_stmt *const s = ask_id(w->d, QUERY_ALIAS, id);
	const enum step rc = step(s);
	const struct str target = rc == STEP_ROW ? arena_str(w->a, column_text(s, 0)) : STR_NONE;
	done(s);
	if (rc != STEP_ROW)
		return lookup_failed(w);
	tell(w, address, STR(": an alias for "), target);
	return walk(w, target);
}

static bool
walk_name(struct walk *w, const struct name_row *row, struct str address)
{
	static const struct {
		enum condition condition;
		const char *why;
	} inactive[] = {
		[NAME_ACCOUNT] = {CONDITION_ACCOUNT_INACTIVE, "not active: the account"},
		[NAME_ALIAS] = {CONDITION_ALIAS_INACTIVE, "not active: the alias"},
		[NAME_LIST] = {CONDITION_LIST_INACTIVE, "not active: the list"},
	};
	if (row->kind < NAME_ACCOUNT || row->kind > NAME_LIST)
		return lookup_failed(w);
	if (!row->is_active)
		return refuse_naming(
			w, inactive[row->kind].condition, inactive[row->kind].why, address);
	if (row->kind == NAME_ACCOUNT)
		return walk_account(w, row->id, address);
	return row->kind == NAME_ALIAS ? walk_alias(w, row->id, address)
				       : walk_list(w, row->id, address);
}

/* ---- routes */

/* Gives false and no refusal when the route does not take the address. */
static bool
walk_route(struct walk *w, const struct route_row *route, const struct name *name)
{
	if (!route->takes_all) {
		sqlite3_stmt *const s = ask_id(w->d, QUERY_ROUTE_ADDRESS, route->id);
		bind_text(s, 2, name->whole);
		const enum step rc = step(s);
		done(s);
		if (rc == STEP_FAILED)
			return lookup_failed(w);
		if (rc == STEP_END)
			return false;
	}
	tell(w, name->whole, STR(": by a route, to "), route->host);
	return target_add(w, &(struct directory_target){.kind = TARGET_ROUTE,
				     .address = name->whole,
				     .route_host = route->host,
				     .route_port = route->port});
}

/* ---- one address */

static bool
walk_local(struct walk *w, const struct domain_row *domain, const struct name *name)
{
	struct name_row row;
	struct str local = name->local;
	const enum step rc = name_find_plus(w->d, domain, &local, &row);
	if (rc == STEP_FAILED)
		return lookup_failed(w);
	const struct str host = str_of(domain->name);
	if (rc == STEP_ROW && local.len < name->local.len)
		tell(w, name->whole, STR(": what stands behind the plus is for the recipient: "),
			local);
	if (rc == STEP_ROW)
		return walk_name(w, &row, arena_join(w->a, local, STR("@"), host));
	if (str_starts_case(name->local, STR(DIRECTORY_OWNER_PREFIX))) {
		const struct str list = str_from(name->local, sizeof DIRECTORY_OWNER_PREFIX - 1);
		const enum step is_list = name_find(w->d, domain->id, list, &row);
		if (is_list == STEP_FAILED)
			return lookup_failed(w);
		/* Also of a list that is off: what it sent before may still come back. */
		if (is_list == STEP_ROW && row.kind == NAME_LIST)
			return walk_owner(w, row.id, arena_join(w->a, list, STR("@"), host));
	}

	struct route_row route;
	const enum step routed = route_find(w->d, host, w->a, &route);
	if (routed == STEP_FAILED)
		return lookup_failed(w);
	if (routed == STEP_ROW && (walk_route(w, &route, name) || w->out->is_refused))
		return !w->out->is_refused;
	/* Who is meant to get everything, and is not there, is not looked for again. */
	if (domain->catch_all[0] != '\0' && !str_eq_case(name->whole, str_of(domain->catch_all))) {
		const struct str all = arena_str(w->a, str_of(domain->catch_all));
		tell(w, name->whole, STR(": nobody is named so; the domain's catch-all is "), all);
		return walk(w, all);
	}
	if (routed == STEP_ROW)
		return refuse_naming(
			w, CONDITION_NOT_IN_ROUTE, "the route does not list", name->whole);
	return refuse_naming(w, CONDITION_UNKNOWN_USER, "nobody here is named", name->whole);
}

static bool
walk_found(struct walk *w, const struct name *name)
{
	struct domain_row domain;
	const enum step rc = domain_find(w->d, name->domain, &domain);
	if (rc == STEP_FAILED)
		return lookup_failed(w);
	if (rc == STEP_ROW) {
		if (w->depth == 1)
			w->out->place = PLACE_LOCAL;
		tell(w, name->domain, STR(": a domain of this server"),
			str_eq(name->domain, str_of(domain.name))
				? STR_NONE
				: arena_join(w->a, STR(": "), str_of(domain.name), STR_NONE));
		if (!domain.is_active)
			return refuse_naming(w, CONDITION_DOMAIN_INACTIVE, "not active: the domain",
				str_of(domain.name));
		if (domain.is_suspended)
			return refuse_naming(w, CONDITION_DOMAIN_SUSPENDED, "suspended: the domain",
				str_of(domain.name));
		return walk_local(w, &domain, name);
	}
	struct route_row route;
	const enum step routed = route_find(w->d, name->domain, w->a, &route);
	if (routed == STEP_FAILED)
		return lookup_failed(w);
	if (w->depth == 1)
		w->out->place = routed == STEP_ROW ? PLACE_ROUTE : PLACE_ELSEWHERE;
	if (routed == STEP_END) {
		tell(w, name->whole, STR(": elsewhere"), STR_NONE);
		return target_add(w, &(struct directory_target){
					     .kind = TARGET_ELSEWHERE, .address = name->whole});
	}
	if (walk_route(w, &route, name) || w->out->is_refused)
		return !w->out->is_refused;
	return refuse_naming(w, CONDITION_NOT_IN_ROUTE, "the route does not list", name->whole);
}

static bool
walk(struct walk *w, struct str address)
{
	struct name name;
	if (!name_parse(address, &name))
		return refuse_naming(w, CONDITION_RCPT_ADDRESS_INVALID, "no address:", address);
	for (size_t i = 0; i < w->depth; i++)
		if (str_eq_case(w->way[i], name.whole))
			return refuse_loop(w, name.whole);
	if (w->depth == DIRECTORY_DEPTH_MAX)
		return refuse_loop(w, name.whole);
	w->way[w->depth++] = arena_str(w->a, name.whole);
	const bool ok = walk_found(w, &name);
	w->depth--;
	return ok;
}

/* ---- what was answered before */

/* Is the answer the same whoever asks, and worth keeping? */
static bool
may_keep(const struct walk *w)
{
	return !w->asked_sender && w->out->target_count <= 1 && !arena_failed(w->a) &&
	       !(w->out->is_refused && w->out->condition == CONDITION_LOOKUP_FAILED);
}

static void
keep(const struct walk *w)
{
	const struct directory_answer *const o = w->out;
	struct kept_answer kept = {.is_refused = o->is_refused,
		.has_target = o->target_count > 0,
		.condition = o->condition,
		.place = o->place,
		.why = o->why,
		.moved_to = o->moved_to};
	if (kept.has_target)
		kept.target = o->targets[0];
	kept_put(w->d, KEPT_WAY, w->question->recipient, &kept);
}

static bool
is_kept(struct directory *d, const struct directory_question *question, struct arena *a,
	struct directory_answer *out)
{
	const struct kept_answer *const kept =
		question->is_told ? NULL : kept_find(d, KEPT_WAY, question->recipient);
	if (kept == NULL)
		return false;
	*out = (struct directory_answer){.is_refused = kept->is_refused,
		.condition = kept->condition,
		.why = arena_str(a, kept->why),
		.moved_to = arena_str(a, kept->moved_to),
		.place = kept->place};
	if (!kept->has_target)
		return true;
	struct directory_target *const target = arena_alloc(a, 1, sizeof *target);
	if (target == NULL)
		return false;
	*target = kept->target;
	target->address = arena_str(a, target->address);
	target->route_host = arena_str(a, target->route_host);
	out->targets = target;
	out->target_count = 1;
	return !arena_failed(a);
}

/* ---- all of it */

static void
walk_all(struct directory *d, const struct directory_question *question, struct arena *a,
	struct directory_answer *out)
{
	struct walk w = {.d = d, .a = a, .question = question, .out = out};
	*out = (struct directory_answer){.place = PLACE_ELSEWHERE};
	/* One state of the file for the whole way; within changes there is but one. */
	const bool has_begun = d->depth == 0 && run(d, QUERY_BEGIN);
	if (!has_begun && d->depth == 0)
		lookup_failed(&w);
	else
		walk(&w, question->recipient);
	if (has_begun)
		run(d, QUERY_COMMIT);
	if (arena_failed(a))
		refuse(&w, CONDITION_LOOKUP_FAILED, STR("no memory"));
	if (out->is_refused)
		out->target_count = out->list_count = 0;
	out->targets = w.targets;
	out->lists = w.lists;
	out->steps = w.steps;
	if (may_keep(&w))
		keep(&w);
}

void
directory_resolve(struct directory *d, const struct directory_question *question, struct arena *a,
	struct directory_answer *out)
{
	if (!is_kept(d, question, a, out))
		walk_all(d, question, a, out);
}

struct str
directory_owner_address(struct str list, struct arena *a)
{
	char room[NAME_WRITTEN_BYTES_MAX];
	const struct str whole = arena_join(a, STR(DIRECTORY_OWNER_PREFIX), list, STR_NONE);
	return arena_failed(a) ? STR_NONE : arena_str(a, name_written(whole, room));
}

#define LOOP_ARENA_MAX (8u << 20)

bool
owner_loop_find(struct directory *d, struct str list, char *why, size_t room)
{
	struct name name;
	struct arena a;
	arena_init(&a, LOOP_ARENA_MAX);
	const struct str owner =
		name_parse(list, &name) ? directory_owner_address(name.whole, &a) : STR_NONE;
	const bool is_loop = str_is_set(owner) && loop_find(d, owner, why, room);
	arena_fini(&a);
	return is_loop;
}

bool
loop_find(struct directory *d, struct str address, char *why, size_t room)
{
	struct arena a;
	arena_init(&a, LOOP_ARENA_MAX);
	struct directory_answer out = {0};
	struct walk w = {.d = d, .a = &a, .out = &out};
	walk(&w, address);
	const bool is_loop = out.is_refused && out.condition == CONDITION_FORWARD_LOOP;
	if (is_loop)
		snprintf(why, room, "%.*s", (int)out.why.len, out.why.ptr);
	arena_fini(&a);
	return is_loop;
}
