/*
 * copy - whose copy of a message a recipient gets: the sender's own, or that of a list
 *
 * A list answers for what it sends (RFC 5321 s3.9.2, RFC 3461 s5.2.7.4): its return path is its
 * owner's, and nothing of the sender's ENVID, RET and NOTIFY goes on to its members. What has no
 * sender keeps none: whoever owns a list that another list is on could be told of failures for
 * ever.
 *
 * Pure.
 */
#ifndef DELIVER_COPY_H
#define DELIVER_COPY_H

#include "base/arena.h"
#include "queue/queue.h"

struct copy {
	uint32_t list;     /* as in struct queue_recipient */
	uint32_t flags;    /* of the message, for this copy */
	struct str sender; /* the reverse-path; empty: null */
	struct str envelope_id;
};

/* copy_of - texts live as long as those of the message, or in the arena. O(1) */
void copy_of(const struct queue_message *m, uint32_t list, struct arena *a, struct copy *out);

/* copy_list - the address of that list; absent: of none */
struct str copy_list(const struct queue_message *m, uint32_t list);

/* copy_members - how many recipients the list at that place has. O(recipients) */
size_t copy_members(const struct queue_message *m, uint32_t place);

#endif
