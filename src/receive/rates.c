/* rates - how often somebody did something */
#include "receive/rates.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/hash.h"

#define BUCKETS 16384

static const struct str names[] = {
#define X(id, name) STR_INIT(name),
	RATE_KINDS(X)
#undef X
};

/* Of one key. */
struct rate_bucket {
	int64_t empty_us;                  /* when it will be */
	struct rate_bucket *next;          /* in its place of the table */
	struct rate_bucket *older, *newer; /* by when it was last counted */
	uint16_t key_bytes;
	char key[];
};

struct rate_table {
	size_t count;
	struct rate_bucket *oldest, *newest;
	struct rate_bucket **places; /* NULL until the first is counted */
};

struct rates {
	uint64_t seed; /* unknown to those who would like to fill one place */
	bool has_changed;
	struct rate_table tables[RATE_KIND_COUNT];
};

struct rates *
rates_new(void)
{
	struct rates *const r = calloc(1, sizeof *r);
	if (r != NULL && getrandom(&r->seed, sizeof r->seed, 0) != sizeof r->seed)
		r->seed = (uint64_t)(uintptr_t)r;
	return r;
}

void
rates_free(struct rates *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < RATE_KIND_COUNT; i++) {
		struct rate_bucket *next;
		for (struct rate_bucket *b = r->tables[i].oldest; b != NULL; b = next) {
			next = b->newer;
			free(b);
		}
		free(r->tables[i].places);
	}
	free(r);
}

static struct rate_bucket **
place_of(const struct rates *r, const struct rate_table *t, struct str key)
{
	return &t->places[hash_add_case(r->seed, key) % BUCKETS];
}

static struct str
key_of(const struct rate_bucket *b)
{
	return (struct str){b->key, b->key_bytes};
}

static struct rate_bucket *
find(const struct rates *r, const struct rate_table *t, struct str key)
{
	if (t->places == NULL)
		return NULL;
	struct rate_bucket *b = *place_of(r, t, key);
	while (b != NULL && !str_eq_case(key_of(b), key))
		b = b->next;
	return b;
}

static void
unlink_age(struct rate_table *t, struct rate_bucket *b)
{
	*(b->older != NULL ? &b->older->newer : &t->oldest) = b->newer;
	*(b->newer != NULL ? &b->newer->older : &t->newest) = b->older;
}

static void
link_newest(struct rate_table *t, struct rate_bucket *b)
{
	b->newer = NULL;
	b->older = t->newest;
	*(t->newest != NULL ? &t->newest->newer : &t->oldest) = b;
	t->newest = b;
}

static void
forget(const struct rates *r, struct rate_table *t, struct rate_bucket *b)
{
	struct rate_bucket **at = place_of(r, t, key_of(b));
	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
	unlink_age(t, b);
	t->count--;
	free(b);
}

/* The bucket of a key, now the newest. The oldest go when they are empty, or when there are too
 * many. NULL: no memory. */
static struct rate_bucket *
bucket_get(struct rates *r, struct rate_table *t, struct str key, int64_t now_us)
{
	struct rate_bucket *b = find(r, t, key);
	if (b != NULL) {
		unlink_age(t, b);
		link_newest(t, b);
		return b;
	}
	if (t->places == NULL)
		t->places = calloc(BUCKETS, sizeof(struct rate_bucket *));
	b = t->places != NULL ? malloc(sizeof *b + key.len) : NULL;
	if (b == NULL)
		return NULL;
	/* Two for each that comes, so that those that are empty do not stay. */
	for (int i = 0; i < 2 && t->oldest != NULL; i++)
		if (t->oldest->empty_us <= now_us || t->count >= RATES_MAX)
			forget(r, t, t->oldest);
	b->empty_us = 0;
	b->key_bytes = (uint16_t)key.len;
	memcpy(b->key, key.ptr, key.len);
	struct rate_bucket **const place = place_of(r, t, key);
	b->next = *place;
	*place = b;
	link_newest(t, b);
	t->count++;
	return b;
}

/* What one costs, and what fits in. */
static int64_t
one_us(const struct rate *limit)
{
	return (int64_t)limit->seconds * 1000000 / limit->count;
}

static int64_t
room_us(const struct rate *limit)
{
	return one_us(limit) * limit->count;
}

/* How full it is. More than fits in was counted on another clock, or under another limit. */
static int64_t
fill_us(const struct rate_bucket *b, const struct rate *limit, int64_t now_us)
{
	const int64_t fill = b == NULL ? 0 : b->empty_us - now_us;
	return fill < 0 || fill > room_us(limit) ? 0 : fill;
}

int64_t
rates_wait_ms(const struct rates *r, enum rate_kind kind, struct str key, const struct rate *limit,
	int64_t now_ms)
{
	const struct rate_bucket *const b =
		find(r, &r->tables[kind], str_head(key, RATES_KEY_BYTES_MAX));
	const int64_t over_us = fill_us(b, limit, now_ms * 1000) + one_us(limit) - room_us(limit);
	return over_us > 0 ? (over_us + 999) / 1000 : 0;
}

void
rates_count(struct rates *r, enum rate_kind kind, struct str key, const struct rate *limit,
	int64_t now_ms)
{
	const int64_t now_us = now_ms * 1000;
	struct rate_bucket *const b =
		bucket_get(r, &r->tables[kind], str_head(key, RATES_KEY_BYTES_MAX), now_us);
	if (b == NULL)
		return;
	b->empty_us = now_us + fill_us(b, limit, now_us) + one_us(limit);
	r->has_changed = true;
}

/* ---- on disk: "nixie-rates 1", then "KIND TIME KEY" */

static const struct str first_line = STR_INIT("nixie-rates 1");

bool
rates_has_changed(const struct rates *r)
{
	return r->has_changed;
}

void
rates_write(struct rates *r, struct buf *out, int64_t now_ms)
{
	buf_add(out, first_line);
	buf_add_char(out, '\n');
	for (size_t i = 0; i < RATE_KIND_COUNT; i++)
		for (const struct rate_bucket *b = r->tables[i].oldest; b != NULL; b = b->newer) {
			if (b->empty_us <= now_ms * 1000 ||
				str_find_char(key_of(b), '\n', 0) != STR_NPOS)
				continue;
			buf_add(out, names[i]);
			buf_add_char(out, ' ');
			buf_add_number(out, b->empty_us);
			buf_add_char(out, ' ');
			buf_add(out, key_of(b));
			buf_add_char(out, '\n');
		}
	r->has_changed = false;
}

void
rates_read(struct rates *r, struct str text, int64_t now_ms)
{
	if (!str_eq(str_cut(&text, '\n'), first_line))
		return;
	while (text.len > 0) {
		struct str line = str_cut(&text, '\n');
		const struct str name = str_cut(&line, ' ');
		const int64_t empty_us = str_number(str_cut(&line, ' '), INT64_MAX);
		size_t kind = 0;
		while (kind < RATE_KIND_COUNT && !str_eq(names[kind], name))
			kind++;
		if (kind == RATE_KIND_COUNT || empty_us <= now_ms * 1000 || line.len == 0 ||
			line.len > RATES_KEY_BYTES_MAX || r->tables[kind].count >= RATES_MAX)
			continue;
		struct rate_bucket *const b = bucket_get(r, &r->tables[kind], line, now_ms * 1000);
		if (b != NULL)
			b->empty_us = empty_us;
	}
}
