/* spread - a recipient that was accepted becomes those of the queue that it leads to */
#include "receive/spread.h"

#include "base/notify.h"
#include "smtp/xtext.h"

/* What an alias was called is what the sender knows. */
static struct str
original_of(struct mail *m, const struct spread *s, struct str address)
{
	return str_is_set(s->original) || !str_is_set(s->asked) || str_eq_case(address, s->asked)
		       ? s->original
		       : xtext_orcpt(s->asked, &m->arena);
}

/* NOTIFY of what goes on beside the copy that is told of: who asked for success alone is told of
 * nothing else. */
static uint32_t
without_success(uint32_t notify)
{
	const uint32_t rest = notify & ~(uint32_t)NOTIFY_SUCCESS;
	return rest != 0 || notify == 0 ? rest : NOTIFY_NEVER;
}

/* The mailbox that kept a copy of what it forwards, when the sender wants to hear of success: of
 * several behind each other the one that the sender wrote to, which is found last. */
static const struct directory_target *
kept_copy(const struct directory_answer *found, const struct spread *s)
{
	const struct directory_target *kept = NULL;
	if ((s->notify & NOTIFY_SUCCESS) == 0 || found->target_count + found->list_count < 2)
		return NULL;
	for (size_t i = 0; i < found->target_count; i++)
		if (found->targets[i].is_kept && found->targets[i].list == 0)
			kept = &found->targets[i];
	return kept;
}

/* Of a member or an inner list: `list` is the place of its own, and one. */
static struct queue_recipient
member_of(const struct spread *s, struct str address, uint32_t list)
{
	return (struct queue_recipient){.forward_path = address,
		.original = STR_NONE,
		.notify = NOTIFY_FAILURE,
		.list = list,
		.progress = s->progress};
}

static struct queue_recipient
direct(struct mail *m, const struct spread *s, struct str address, uint32_t notify)
{
	return (struct queue_recipient){.forward_path = address,
		.original = original_of(m, s, address),
		.notify = notify,
		.progress = s->progress};
}

/* The lists; places[i] is that of the i-th, and one. An outer one stands before those in it. */
static bool
add_lists(struct mail *m, const struct directory_answer *found, const struct spread *s,
	uint32_t notify, uint32_t *places)
{
	for (size_t i = 0; i < found->list_count; i++) {
		const struct directory_list *const l = &found->lists[i];
		struct queue_recipient r = l->list == 0
						   ? direct(m, s, l->address, notify)
						   : member_of(s, l->address, places[l->list - 1]);
		size_t place;
		r.kind = RECIPIENT_LIST;
		if (!mail_add_target(m, &r, &place))
			return false;
		places[i] = (uint32_t)place + 1;
	}
	return true;
}

bool
mail_spread(struct mail *m, const struct directory_answer *found, const struct spread *s)
{
	const struct directory_target *const kept = kept_copy(found, s);
	const uint32_t notify = kept != NULL ? without_success(s->notify) : s->notify;
	uint32_t *const places = arena_alloc(&m->arena, found->list_count + 1, sizeof *places);
	if (places == NULL || !add_lists(m, found, s, notify, places))
		return false;
	for (size_t i = 0; i < found->target_count; i++) {
		const struct directory_target *const t = &found->targets[i];
		struct queue_recipient r =
			t->list == 0 ? direct(m, s, t->address, t == kept ? s->notify : notify)
				     : member_of(s, t->address, places[t->list - 1]);
		size_t place;
		if (t == kept)
			r.kind = RECIPIENT_FORWARDED;
		if (!mail_add_target(m, &r, &place))
			return false;
	}
	return true;
}
