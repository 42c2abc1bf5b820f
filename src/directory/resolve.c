/*
 * resolve - where a recipient's mail goes, every alias, list and forward followed
 *
 * The order of the document: the domain, then account, alias, list, route, catch-all. The way is
 * kept, so that a loop is told in full.
 */
#include "directory/resolve_inside.h"

#include <stdio.h>

#define LOOP_ARENA_MAX (8u << 20)

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
		walk_lookup_failed(&w);
	else if (walk_address(&w, question->recipient) && out->target_count == 0)
		/* A name for a list that nobody is on: mail to it would be kept for no one. */
		walk_refuse_naming(
			&w, CONDITION_UNKNOWN_USER, "nobody is behind", question->recipient);
	if (has_begun)
		run(d, QUERY_COMMIT);
	if (arena_failed(a))
		walk_refuse(&w, CONDITION_LOOKUP_FAILED, STR("no memory"));
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
	walk_address(&w, address);
	const bool is_loop = out.is_refused && out.condition == CONDITION_FORWARD_LOOP;
	if (is_loop)
		snprintf(why, room, "%.*s", (int)out.why.len, out.why.ptr);
	arena_fini(&a);
	return is_loop;
}
