/*
 * table - things found by a 64-bit key; the node lives in the thing
 *
 * A hash table with chains. It grows when told to (table_reserve), so that table_add cannot fail.
 */
#ifndef QUEUE_TABLE_H
#define QUEUE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_node {
	struct table_node *next;
	uint64_t key;
};

struct table {
	struct table_node **buckets;
	size_t bucket_count; /* a power of two, or 0 */
	size_t count;
};

/* TABLE_AT - the thing that a node lives in; TABLE_OWNER - the same, of a node that may be NULL */
#define TABLE_AT(node_, type, member) ((type *)(void *)((char *)(node_)-offsetof(type, member)))
#define TABLE_OWNER(node_, type, member) ((node_) == NULL ? NULL : TABLE_AT(node_, type, member))

/* table_reserve - room for `more` nodes; false when memory ran out, and nothing changed */
bool table_reserve(struct table *t, size_t more);
void table_fini(struct table *t);

/* table_add - room must have been reserved; a key may stand there once */
void table_add(struct table *t, struct table_node *node, uint64_t key);
struct table_node *table_find(const struct table *t, uint64_t key);
void table_remove(struct table *t, struct table_node *node);

/* table_next - every node, in no order: NULL first. The table must not change meanwhile */
struct table_node *table_next(const struct table *t, const struct table_node *node);

/*
 * table_walk - a few of the nodes, chained by `next`; perhaps none
 *
 * cursor   0 at first. Between two calls the table may change: what is in it all the time is met
 *          once
 * Returns  false, and no nodes, when all were met
 */
bool table_walk(const struct table *t, uint64_t *cursor, struct table_node **out);

/* table_is_behind - would a walk that has come to this cursor have met the node, were it there? */
bool table_is_behind(const struct table_node *node, uint64_t cursor);

#endif
