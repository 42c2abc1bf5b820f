/*
 * control_list - what `nixied queue` shows: recipients, all or some, or how many there are
 *
 * Threads: that of the event base.
 */
#ifndef NIXIED_CONTROL_LIST_H
#define NIXIED_CONTROL_LIST_H

#include "nixied/control.h"

/* A request as it was understood. */
struct asked {
	struct select_filter filter;
	const struct control_request *request;
	struct str verb;
	bool is_json, is_all, wants_body;
	size_t limit;
};

/* control_list - those that fit, the oldest first, up to the limit; `done` as for control_answer()
 */
void control_list(
	const struct control_parts *parts, const struct asked *a, control_done *done, void *to);

/* control_count - how many fit, and how they stand */
void control_count(
	const struct control_parts *parts, const struct asked *a, control_done *done, void *to);

/* control_list_one - one of them; nothing when it has gone meanwhile */
void control_list_one(const struct control_parts *parts, const struct select_place *place,
	bool is_json, struct buf *out);

/* control_list_deed - what an operator's decision came to, as JSON */
void control_list_deed(struct str act, const struct operate_result *result, struct buf *out);

#endif
