/* Rates: how many, how long, who is forgotten, and what a restart leaves. */
#include "receive/rates.h"
#include "tap.h"

#include <stdio.h>

#define NOW INT64_C(1800000000000) /* ms since 1970 */

static struct rate
rate(const char *text)
{
	struct rate r = {0};
	tap_ok(rate_parse(str_of(text), &r), "%s is a rate", text);
	return r;
}

static int64_t
wait_ms(const struct rates *r, const char *key, const struct rate *limit, int64_t now_ms)
{
	return rates_wait_ms(r, RATE_USER, str_of(key), limit, now_ms);
}

static void
count(struct rates *r, const char *key, const struct rate *limit, int64_t now_ms)
{
	rates_count(r, RATE_USER, str_of(key), limit, now_ms);
}

static void
test_parse(void)
{
	static const char *const wrong[] = {"", "5", "5/", "/1h", "0/1h", "5/0", "-1/1h", "5/1w",
		"5/1h/1", "1000001/1h", "1/31d", "x/1h"};
	struct rate r = {7, 7};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		tap_ok(!rate_parse(str_of(wrong[i]), &r) && r.count == 7, "\"%s\" is no rate",
			wrong[i]);
	tap_ok(rate_parse(STR("1000000/30d"), &r) && r.count == 1000000 && r.seconds == 2592000,
		"the largest and longest");
	tap_ok(rate_parse(STR(" 3 / 2m "), &r) && r.count == 3 && r.seconds == 120, "with blanks");
}

static void
test_counts(void)
{
	struct rates *const r = rates_new();
	const struct rate limit = rate("3/1m");
	for (int i = 0; i < 3; i++) {
		tap_is_int(wait_ms(r, "a@b.example", &limit, NOW), 0, "one of three");
		count(r, "a@b.example", &limit, NOW);
	}
	tap_is_int(wait_ms(r, "a@b.example", &limit, NOW), 20000,
		"the fourth waits for a third of it");
	tap_is_int(wait_ms(r, "A@B.Example", &limit, NOW + 5000), 15000,
		"... less later, in any case");
	tap_is_int(wait_ms(r, "c@b.example", &limit, NOW), 0, "another one does not");
	tap_is_int(rates_wait_ms(r, RATE_SENDER, STR("a@b.example"), &limit, NOW), 0,
		"nor another kind");
	tap_is_int(wait_ms(r, "a@b.example", &limit, NOW + 19999), 1, "a moment too early");
	tap_is_int(wait_ms(r, "a@b.example", &limit, NOW + 20000), 0, "in time");
	count(r, "a@b.example", &limit, NOW + 20000);
	tap_is_int(wait_ms(r, "a@b.example", &limit, NOW + 20000), 20000, "... and full again");
	tap_is_int(
		wait_ms(r, "a@b.example", &limit, NOW + 80000), 0, "empty after all of the time");
	for (int i = 0; i < 3; i++)
		count(r, "a@b.example", &limit, NOW + 80000);
	tap_is_int(
		wait_ms(r, "a@b.example", &limit, NOW + 80000), 20000, "three at once, not more");
	tap_is_int(wait_ms(r, "a@b.example", &limit, NOW - 3600000), 0,
		"a clock that went back forgives");
	rates_free(r);
}

static void
test_many(void)
{
	struct rates *const r = rates_new();
	const struct rate limit = rate("1/1d");
	char key[32];
	rates_count(r, RATE_USER, STR("first"), &limit, NOW);
	for (int i = 0; i < RATES_MAX; i++) {
		snprintf(key, sizeof key, "made-up-%d", i);
		rates_count(r, RATE_SENDER, str_of(key), &limit, NOW);
	}
	tap_ok(wait_ms(r, "first", &limit, NOW) > 0,
		"made-up senders do not make an account forgotten");
	tap_ok(rates_wait_ms(r, RATE_SENDER, STR("made-up-0"), &limit, NOW) > 0,
		"as many as may be");
	rates_count(r, RATE_SENDER, STR("one more"), &limit, NOW);
	tap_is_int(rates_wait_ms(r, RATE_SENDER, STR("made-up-0"), &limit, NOW), 0,
		"one more: the oldest goes");
	tap_ok(rates_wait_ms(r, RATE_SENDER, STR("made-up-2"), &limit, NOW) > 0,
		"... and no other");
	rates_free(r);
}

static void
test_kept(void)
{
	struct rates *const r = rates_new(), *const next = rates_new();
	const struct rate limit = rate("2/1h");
	struct buf text;
	buf_init(&text, RATES_FILE_BYTES_MAX);
	tap_ok(!rates_has_changed(r), "nothing to keep");
	count(r, "a b@c.example", &limit, NOW);
	count(r, "a b@c.example", &limit, NOW);
	count(r, "early", &limit, NOW - 86400000);
	count(r, "with\nline", &limit, NOW);
	tap_ok(rates_has_changed(r), "something to keep");
	rates_write(r, &text, NOW);
	tap_ok(!rates_has_changed(r), "kept");
	tap_is_str(buf_str(&text), STR("nixie-rates 1\nuser 1800003600000000 a b@c.example\n"),
		"what is not empty, and can be a line");
	buf_add(&text, STR("user x y\nnobody 1900000000000000 k\nuser 1900000000000000\n\nuser"));
	rates_read(next, buf_str(&text), NOW);
	tap_is_int(
		wait_ms(next, "a b@c.example", &limit, NOW), 1800000, "a restart forgives nothing");
	buf_clear(&text);
	rates_write(next, &text, NOW);
	tap_is_str(buf_str(&text), STR("nixie-rates 1\nuser 1800003600000000 a b@c.example\n"),
		"... and makes nothing of rubbish");
	rates_free(next);
	struct rates *const other = rates_new();
	rates_read(other, STR("nixie-rates 2\nuser 1900000000000000 k\n"), NOW);
	tap_is_int(wait_ms(other, "k", &limit, NOW), 0, "another form is not read");
	rates_free(other);
	buf_fini(&text);
	rates_free(r);
}

int
main(void)
{
	test_parse();
	test_counts();
	test_many();
	test_kept();
	return tap_done();
}
