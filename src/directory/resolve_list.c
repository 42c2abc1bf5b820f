/*
 * Lists, and their owners. A list is more than an alias (RFC 5321 s3.9.2): it answers for what it
 * sends, so each of its members is known as one, and it has an owner, to whom what comes back goes.
 */
#include "directory/resolve_inside.h"

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
			return walk_refuse(w, CONDITION_LOOKUP_FAILED, STR("no memory"));
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
		return walk_refuse(w, CONDITION_LIST_SENDER_REFUSED,
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
		return walk_lookup_failed(w);
	char digits[STR_DIGITS_MAX];
	walk_tell(w, address, STR(": a list; members: "), str_digits((int64_t)count, digits));
	const size_t before = w->out->target_count;
	struct str barred = STR_NONE; /* a member who may come back */
	for (size_t i = 0; i < count; i++) {
		if (walk_address(w, members[i]))
			continue;
		/* A member who is gone is no reason to refuse the others. Our own trouble is. */
		if (w->out->condition == CONDITION_LOOKUP_FAILED ||
			w->out->condition == CONDITION_FORWARD_LOOP)
			return false;
		w->out->is_refused = false;
		if (w->out->condition == CONDITION_ACCOUNT_SUSPENDED ||
			w->out->condition == CONDITION_DOMAIN_SUSPENDED)
			barred = members[i];
		walk_tell(w, members[i], STR(": left out of the list: "), w->out->why);
	}
	if (w->out->target_count == before && w->depth == 1 && str_is_set(barred))
		return walk_refuse_naming(w, CONDITION_ACCOUNT_SUSPENDED,
			"all on the list are gone or suspended, as is", barred);
	if (w->out->target_count == before && w->depth == 1)
		return walk_refuse_naming(
			w, CONDITION_UNKNOWN_USER, "nobody is on the list", address);
	return true;
}

bool
walk_list(struct walk *w, int64_t list, struct str address)
{
	const size_t outer = w->list, before = w->out->list_count;
	const bool ok = list_enter(w, address) && walk_members(w, list, address);
	w->list = outer;
	if (!ok) /* one that does not take it is none on the way */
		w->out->list_count = before;
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

bool
walk_owner(struct walk *w, int64_t list, struct str address)
{
	sqlite3_stmt *const s = ask_id(w->d, QUERY_LIST, list);
	const enum step rc = step(s);
	const struct str owner = rc == STEP_ROW ? arena_str(w->a, column_text(s, 2)) : STR_NONE;
	const size_t before = w->out->target_count;
	done(s);
	if (rc != STEP_ROW)
		return walk_lookup_failed(w);
	if (w->depth == DIRECTORY_DEPTH_MAX)
		return walk_refuse_loop(w, address);
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
		walk_tell(w, address, STR(": a list; what is for its owner goes to "), tries[i]);
		ok = walk_address(w, tries[i]) && w->out->target_count > before;
		if (ok || w->question == NULL || w->out->condition == CONDITION_LOOKUP_FAILED)
			continue;
		walk_tell(w, tries[i], STR(": takes none of it: "), w->out->why);
		w->out->is_refused = false;
		if (before == 0)
			targets_forget(w);
	}
	w->depth--;
	return ok || (w->out->is_refused ? false
			     : w->question == NULL
				     ? true
				     : walk_refuse_naming(w, CONDITION_UNKNOWN_USER,
					       "nobody takes the mail for the owner of", address));
}
