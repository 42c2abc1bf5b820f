/* copy - whose copy of a message a recipient gets */
#include "deliver/copy.h"

#include "directory/directory.h"

/* RET may be what the list likes: its owner needs to see which message it was, and no more. A list
 * is known here, and so is its owner: nobody claims to be them. */
static uint32_t
flags_of_list(uint32_t flags)
{
	return (flags & ~(uint32_t)(MESSAGE_RET_FULL | MESSAGE_SIGNS_RETURN)) |
	       MESSAGE_RET_HEADERS | MESSAGE_AUTHENTICATED;
}

struct str
copy_list(const struct queue_message *m, uint32_t list)
{
	return list == 0 || list > m->envelope.recipient_count
		       ? STR_NONE
		       : queue_recipient(m, list - 1).forward_path;
}

void
copy_of(const struct queue_message *m, uint32_t list, struct arena *a, struct copy *out)
{
	const struct queue_envelope *const v = &m->envelope;
	const struct str address = copy_list(m, list);
	if (!str_is_set(address) || v->reverse_path.len == 0) {
		*out = (struct copy){list, v->flags, v->reverse_path, v->envelope_id};
		return;
	}
	*out = (struct copy){
		list, flags_of_list(v->flags), directory_owner_address(address, a), STR("")};
	/* Without memory nobody is told, rather than the wrong one. */
	if (!str_is_set(out->sender))
		out->sender = STR("");
}

size_t
copy_members(const struct queue_message *m, uint32_t place)
{
	size_t count = 0;
	for (size_t i = 0; i < m->envelope.recipient_count; i++)
		count += queue_recipient(m, i).list == place + 1;
	return count;
}
