#include "base/arena.h"
#include "tap.h"

#define LIMIT_BYTES ((size_t)1 << 20)

static bool
is_zero(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return false;
	return true;
}

static void
test_pieces(void)
{
	struct arena a;
	arena_init(&a, LIMIT_BYTES);
	bool zero = true, aligned = true, apart = true;
	char *before = NULL;
	for (size_t n = 1; n < 600; n++) {
		char *const text = arena_bytes(&a, 1); /* puts the next one off its alignment */
		char *const piece = arena_alloc(&a, n, 1);
		zero = zero && is_zero(piece, n);
		aligned = aligned && (uintptr_t)piece % _Alignof(max_align_t) == 0;
		memset(piece, 0x5A, n);
		*text = 'x';
		if (before != NULL)
			apart = apart && *before == 'x';
		before = text;
	}
	tap_ok(zero, "pieces are zeroed");
	tap_ok(aligned, "pieces are aligned");
	tap_ok(apart, "pieces do not overlap");
	tap_ok(!arena_failed(&a), "nothing failed");
	tap_ok(arena_alloc(&a, 0, 8) != NULL, "nothing is a piece too");
	arena_fini(&a);
	tap_ok(a.last == NULL && a.used_bytes == 0, "finished");
	arena_fini(&a);
	tap_ok(true, "finished twice");
	tap_ok(arena_alloc(&a, 0, 0) != NULL && !arena_failed(&a), "nothing, as the first piece");
	arena_fini(&a);

	struct arena zeroed = {0};
	arena_fini(&zeroed);
	tap_ok(arena_alloc(&zeroed, 1, 1) == NULL && arena_failed(&zeroed),
		"a zeroed arena has no room");
	arena_fini(&zeroed);
}

static void
test_limit(void)
{
	static const size_t limits[] = {0, 1, 100, 16 * 1024, 16 * 1024 + 1, 100000};
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		struct arena a;
		arena_init(&a, limits[i]);
		tap_ok(arena_bytes(&a, limits[i] + 1) == NULL && arena_failed(&a),
			"limit %zu, one more", limits[i]);
		tap_ok(arena_bytes(&a, 0) == NULL && arena_alloc(&a, 1, 1) == NULL &&
				!str_is_set(arena_str(&a, STR("a"))),
			"limit %zu, failure is sticky", limits[i]);
		arena_give_back(&a, 0);
		arena_fini(&a);

		/* How much fits depends on the sanitizer; never more than the limit does. */
		arena_init(&a, limits[i]);
		size_t taken = 0;
		while (arena_bytes(&a, 7) != NULL)
			taken += 7;
		tap_ok(taken <= limits[i] && a.used_bytes <= limits[i], "limit %zu is kept: %zu",
			limits[i], taken);
		arena_reset(&a);
		tap_ok(!arena_failed(&a), "limit %zu, forgotten by reset", limits[i]);
		arena_fini(&a);
	}
	struct arena a;
	arena_init(&a, SIZE_MAX);
	tap_ok(arena_alloc(&a, SIZE_MAX, 2) == NULL && arena_failed(&a), "n * size overflows");
	arena_fini(&a);
	arena_init(&a, SIZE_MAX);
	tap_ok(arena_bytes(&a, SIZE_MAX) == NULL && arena_failed(&a), "SIZE_MAX bytes");
	arena_fini(&a);
}

static void
test_big(void)
{
	struct arena a;
	arena_init(&a, LIMIT_BYTES);
	char *const small = arena_alloc(&a, 1, 1);
	char *const big = arena_alloc(&a, 100000, 1);
	tap_ok(big != NULL && is_zero(big, 100000), "a piece larger than a block");
	memset(big, 1, 100000);
	tap_is_int(*small, 0, "and the one before it is untouched");
	arena_fini(&a);
}

static void
test_reset(void)
{
	struct arena a;
	arena_init(&a, LIMIT_BYTES);
	const char *const first = arena_alloc(&a, 10, 1);
	for (int i = 0; i < 100; i++)
		(void)arena_alloc(&a, 1000, 1);
	arena_reset(&a);
	const char *const again = arena_alloc(&a, 10, 1);
	tap_ok(first == again, "reset keeps the first block");
	tap_ok(is_zero(again, 10), "and what it hands out is zeroed again");
	for (int round = 0; round < 1000; round++) {
		arena_reset(&a);
		for (int i = 0; i < 50; i++)
			(void)arena_alloc(&a, 1000, 1);
	}
	tap_ok(!arena_failed(&a), "a thousand reports in one arena");
	arena_fini(&a);
	arena_init(&a, LIMIT_BYTES);
	arena_reset(&a);
	tap_ok(arena_alloc(&a, 1, 1) != NULL, "reset of an empty arena");
	arena_fini(&a);
}

/* Nothing of what was in it is found in what it hands out next. */
static void
test_private(void)
{
	struct arena a;
	arena_init(&a, LIMIT_BYTES);
	a.is_private = true;
	char *const text = arena_bytes(&a, 1000);
	memset(text, 's', 1000);
	arena_reset(&a);
	tap_ok(a.is_private, "private: still, after a reset");
	const char *const again = arena_bytes(&a, 1000);
	tap_ok(again == text && is_zero(again, 1000), "private: overwritten by a reset");
	arena_fini(&a);
	tap_ok(a.is_private && a.last == NULL, "private: still, after the end");
}

static void
test_text(void)
{
	struct arena a;
	arena_init(&a, LIMIT_BYTES);
	const struct str copy = arena_str(&a, STR("a\0b"));
	tap_is_str(copy, STR("a\0b"), "a copy keeps its NUL");
	tap_is_int(copy.ptr[copy.len], '\0', "and has one behind it");
	tap_ok(!str_is_set(arena_str(&a, STR_NONE)), "absent stays absent");
	tap_is_str(arena_str(&a, STR("")), STR(""), "empty stays present");

	char *const text = arena_bytes(&a, 100);
	memset(text, 'x', 100);
	arena_give_back(&a, 90);
	char *const next = arena_bytes(&a, 50);
	memset(next, 'y', 50);
	tap_ok(next >= text + 10 && next < text + 100, "what was given back is used again");
	tap_ok(text[9] == 'x', "and what was kept is kept");
	arena_fini(&a);
}

static void
test_more(void)
{
	struct arena a;
	arena_init(&a, LIMIT_BYTES);
	unsigned *items = NULL;
	size_t room = 0;
	bool kept = true;
	for (unsigned i = 0; i < 5000; i++) {
		items = arena_more(&a, items, i, &room, sizeof *items);
		if (items == NULL)
			break;
		items[i] = i * 7;
	}
	for (unsigned i = 0; items != NULL && i < 5000; i++)
		kept = kept && items[i] == i * 7;
	tap_ok(items != NULL && kept && room >= 5000, "an array of 5000 grows");
	arena_fini(&a);

	arena_init(&a, 20000);
	items = NULL;
	room = 0;
	size_t n = 0, room_before = 0;
	for (;;) {
		unsigned *const more = arena_more(&a, items, n, &room, sizeof *items);
		if (more == NULL)
			break;
		items = more;
		items[n++] = 1;
		room_before = room;
	}
	tap_ok(arena_failed(&a) && room == room_before && n <= 5000,
		"past the limit an array does not grow, and its room is as it was");
	arena_fini(&a);
}

int
main(void)
{
	test_pieces();
	test_limit();
	test_big();
	test_reset();
	test_private();
	test_text();
	test_more();
	return tap_done();
}
