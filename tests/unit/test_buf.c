#include "base/buf.h"
#include "tap.h"

static void
test_growing(void)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	bool same = true;
	for (int i = 0; i < 100000; i++)
		buf_add_char(&b, (char)i);
	for (int i = 0; i < 100000; i++)
		same = same && buf_str(&b).ptr[i] == (char)i;
	tap_ok(same && buf_str(&b).len == 100000 && !buf_failed(&b), "100,000 bytes, one by one");
	buf_clear(&b);
	for (int i = 0; i < 1000; i++)
		buf_add(&b, STR("0123456789"));
	tap_is_int(buf_str(&b).len, 10000, "1000 times ten");
	tap_ok(str_eq(str_from(buf_str(&b), 9990), STR("0123456789")), "the last ten");
	buf_fini(&b);
	buf_fini(&b);
	tap_ok(b.ptr == NULL && b.len == 0, "finished twice");
	buf_add(&b, STR("again"));
	tap_is_str(buf_str(&b), STR("again"), "a finished buffer can be used again");
	buf_fini(&b);
}

static void
test_private(void)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	b.is_private = true;
	bool same = true;
	for (int i = 0; i < 100000; i++)
		buf_add_char(&b, (char)i);
	for (int i = 0; i < 100000; i++)
		same = same && buf_str(&b).ptr[i] == (char)i;
	tap_ok(same && b.len == 100000 && !buf_failed(&b), "private: moved, with all its bytes");
	buf_fini(&b);
	tap_ok(b.is_private && b.ptr == NULL, "private: still, after the end");
	buf_add(&b, STR("again"));
	tap_is_str(buf_str(&b), STR("again"), "private: and may be used again");
	buf_fini(&b);
}

static void
test_limit(void)
{
	static const size_t limits[] = {0, 1, 5, 4095, 4096, 4097, 10000};
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		const size_t limit = limits[i];
		struct buf b;
		buf_init(&b, limit);
		for (size_t n = 0; n < limit; n++)
			buf_add_char(&b, 'x');
		tap_ok(!buf_failed(&b) && b.len == limit, "limit %zu: as many fit", limit);
		buf_add_char(&b, 'x');
		tap_ok(buf_failed(&b) && b.len == limit, "limit %zu: no more", limit);
		buf_clear(&b);
		tap_ok(!buf_failed(&b), "limit %zu: cleared", limit);
		if (limit >= 5) {
			for (size_t n = 0; n + 5 <= limit; n += 5)
				buf_add(&b, STR("01234"));
			const size_t len = b.len;
			buf_add(&b, STR("56789"));
			tap_ok(buf_failed(&b) && b.len == len, "limit %zu: by fives, no more",
				limit);
			buf_add_char(&b, 'x');
			buf_add(&b, STR("x"));
			buf_add_number(&b, 1);
			tap_ok(buf_failed(&b) && b.len == len && buf_reserve(&b, 1) == NULL,
				"limit %zu: failure is sticky", limit);
		}
		buf_fini(&b);
	}
	struct buf b;
	buf_init(&b, SIZE_MAX / 2);
	tap_ok(buf_reserve(&b, SIZE_MAX) == NULL && buf_failed(&b), "SIZE_MAX bytes");
	buf_fini(&b);
	buf_init(&b, 10);
	tap_ok(buf_reserve(&b, 0) != NULL, "room for nothing is room");
	buf_add(&b, STR_NONE);
	tap_ok(b.len == 0 && !buf_failed(&b), "absent adds nothing");
	buf_fini(&b);
}

static void
test_numbers(void)
{
	static const struct {
		int64_t n;
		const char *want;
	} rows[] = {
		{0, "0"},
		{7, "7"},
		{-7, "-7"},
		{1000000, "1000000"},
		{INT64_MAX, "9223372036854775807"},
		{INT64_MIN, "-9223372036854775808"},
	};
	struct buf b;
	buf_init(&b, 100);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_clear(&b);
		buf_add_number(&b, rows[i].n);
		tap_is_str(buf_str(&b), str_of(rows[i].want), "number %s", rows[i].want);
	}
	buf_fini(&b);
}

int
main(void)
{
	test_growing();
	test_private();
	test_limit();
	test_numbers();
	return tap_done();
}
