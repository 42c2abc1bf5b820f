/*
 * log_senders - who sent the message of a queue id: servers log the sender once, on a line of its
 * own
 *
 * Bounded: past LOG_SENDERS_MAX messages the one that was not asked for longest is forgotten, and
 * its deliveries then have no sender. Every operation is O(1): a chain longer than LOG_CHAIN_MAX,
 * which only ids made for the purpose can build, drops its oldest.
 */
#ifndef READ_LOG_SENDERS_H
#define READ_LOG_SENDERS_H

#include "base/arena.h"

#define LOG_SENDERS_MAX 100000
#define LOG_CHAIN_MAX 32
#define LOG_SENDER_BYTES_MAX                                                                       \
	1024 /* of host, queue id and sender together; longer ones are not kept */

struct log_sender;

struct log_senders {
	struct log_sender *slots; /* [0] is the end of every list */
	uint32_t *buckets;
	uint32_t used, room; /* slots handed out so far; allocated */
	uint32_t newest, oldest, free;
	size_t count;
};

/* log_senders_fini - frees all; a zeroed struct is an empty table */
void log_senders_fini(struct log_senders *t);

/* log_senders_put - remembers (copies); forgets silently when memory runs out */
void log_senders_put(
	struct log_senders *t, struct str host, struct str queue_id, struct str sender);

/* log_senders_find - the sender, valid until the next put or drop; absent when it is not known */
struct str log_senders_find(struct log_senders *t, struct str host, struct str queue_id);

/* log_senders_drop - the message has left the queue */
void log_senders_drop(struct log_senders *t, struct str host, struct str queue_id);

#endif
