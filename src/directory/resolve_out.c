/* What comes out of a walk: targets, or a refusal; and the way there, for who wants to be told. */
#include "base/hash.h"
#include "directory/resolve_inside.h"

#include <assert.h>

void
walk_tell(struct walk *w, struct str one, struct str two, struct str three)
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

bool
walk_refuse(struct walk *w, enum condition condition, struct str why)
{
	w->out->is_refused = true;
	w->out->condition = condition;
	w->out->why = arena_str(w->a, why);
	return false;
}

bool
walk_refuse_naming(struct walk *w, enum condition condition, const char *what, struct str address)
{
	w->out->is_refused = true;
	w->out->condition = condition;
	w->out->why = arena_join(w->a, str_of(what), STR(" "), address);
	return false;
}

bool
walk_lookup_failed(struct walk *w)
{
	return walk_refuse(w, CONDITION_LOOKUP_FAILED, str_of(sqlite3_errmsg(w->d->db)));
}

bool
walk_refuse_loop(struct walk *w, struct str address)
{
	struct str why = STR_NONE;
	for (size_t i = 0; i < w->depth; i++)
		why = arena_join(w->a, why, w->way[i], STR(" -> "));
	return walk_refuse(w, CONDITION_FORWARD_LOOP, arena_join(w->a, why, address, STR_NONE));
}

bool
walk_target(struct walk *w, const struct directory_target *target)
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
		return walk_refuse(w, CONDITION_FORWARD_LOOP, STR("more targets than are allowed"));
	struct seen *const s = arena_alloc(w->a, 1, sizeof *s);
	struct directory_target *const more =
		arena_more(w->a, w->targets, w->out->target_count, &w->room, sizeof *w->targets);
	if (s == NULL || more == NULL)
		return walk_refuse(w, CONDITION_LOOKUP_FAILED, STR("no memory"));
	w->targets = more;
	s->target = w->out->target_count;
	w->targets[s->target] = *target;
	w->targets[s->target].list = w->list;
	w->targets[w->out->target_count++].address = s->address = arena_str(w->a, target->address);
	s->next = w->seen[bucket];
	w->seen[bucket] = s;
	return true;
}
