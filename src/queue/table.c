/* table - things found by a 64-bit key */
#include "queue/table.h"

#include <assert.h>
#include <stdlib.h>

#define BUCKETS_FIRST 64

/* The upper bits choose: when the table grows each bucket becomes two that stand in its place, so
 * the order of all stays. */
static unsigned
bucket_shift(const struct table *t)
{
	return 64 - (unsigned)__builtin_ctzll(t->bucket_count);
}

static uint64_t
hash_of(uint64_t key)
{
	/* Keys are times: their low bits count, their high bits hardly change. */
	key ^= key >> 32;
	return key * 0x9E3779B97F4A7C15u;
}

static size_t
bucket_of(const struct table *t, uint64_t key)
{
	return (size_t)(hash_of(key) >> bucket_shift(t));
}

bool
table_reserve(struct table *t, size_t more)
{
	size_t n = t->bucket_count == 0 ? BUCKETS_FIRST : t->bucket_count;
	if (more > SIZE_MAX / 4 - t->count)
		return false;
	while (n < t->count + more)
		n *= 2;
	if (n == t->bucket_count)
		return true;
	struct table wider = {calloc(n, sizeof(struct table_node *)), n, 0};
	if (wider.buckets == NULL)
		return false;
	for (size_t i = 0; i < t->bucket_count; i++)
		for (struct table_node *node = t->buckets[i], *next; node != NULL; node = next) {
			next = node->next;
			table_add(&wider, node, node->key);
		}
	free(t->buckets);
	*t = wider;
	return true;
}

void
table_fini(struct table *t)
{
	free(t->buckets);
	*t = (struct table){0};
}

void
table_add(struct table *t, struct table_node *node, uint64_t key)
{
	assert(t->bucket_count > 0);
	struct table_node **const to = &t->buckets[bucket_of(t, key)];
	node->key = key;
	node->next = *to;
	*to = node;
	t->count++;
}

struct table_node *
table_find(const struct table *t, uint64_t key)
{
	if (t->bucket_count == 0)
		return NULL;
	struct table_node *node = t->buckets[bucket_of(t, key)];
	while (node != NULL && node->key != key)
		node = node->next;
	return node;
}

void
table_remove(struct table *t, struct table_node *node)
{
	struct table_node **at = &t->buckets[bucket_of(t, node->key)];
	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	t->count--;
}

struct table_node *
table_next(const struct table *t, const struct table_node *node)
{
	if (node != NULL && node->next != NULL)
		return node->next;
	for (size_t i = node == NULL ? 0 : bucket_of(t, node->key) + 1; i < t->bucket_count; i++)
		if (t->buckets[i] != NULL)
			return t->buckets[i];
	return NULL;
}

bool
table_walk(const struct table *t, uint64_t *cursor, struct table_node **out)
{
	if (t->bucket_count == 0 || *cursor == UINT64_MAX)
		return false;
	const size_t at = (size_t)(*cursor >> bucket_shift(t));
	*out = t->buckets[at];
	*cursor = at + 1 == t->bucket_count ? UINT64_MAX : (uint64_t)(at + 1) << bucket_shift(t);
	return true;
}

bool
table_is_behind(const struct table_node *node, uint64_t cursor)
{
	return cursor == UINT64_MAX || hash_of(node->key) < cursor;
}
