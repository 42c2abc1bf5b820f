#include "base/buf.h"
#include "read/reply.h"
#include "tap.h"

#include <stdlib.h>

#define ARENA_LIMIT_BYTES ((size_t)1 << 20)

/* clang-format off */
static const struct parse_row {
	struct str in;
	size_t used;
	struct status want;
} parse_rows[] = {
	{STR_INIT("5.1.1"), 5, {5, 1, 1}},
	{STR_INIT("4.2.2 full"), 5, {4, 2, 2}},
	{STR_INIT("2.0.0\t"), 5, {2, 0, 0}},
	{STR_INIT("5.7.606 x"), 7, {5, 7, 606}},
	{STR_INIT("5.123.999"), 9, {5, 123, 999}},
	{STR_INIT("5.01.001:"), 8, {5, 1, 1}},
	{STR_INIT("5.1.1."), 5, {5, 1, 1}},
	{STR_INIT("5.1.1)"), 5, {5, 1, 1}},
	{STR_INIT("5.1"), 0, {0, 0, 0}},
	{STR_INIT("5.1."), 0, {0, 0, 0}},
	{STR_INIT("5..1.1"), 0, {0, 0, 0}},
	{STR_INIT("3.1.1"), 0, {0, 0, 0}},
	{STR_INIT("1.1.1"), 0, {0, 0, 0}},
	{STR_INIT("5.1.1.2"), 0, {0, 0, 0}},
	{STR_INIT("5.1.1000"), 0, {0, 0, 0}},
	{STR_INIT("5.1000.1"), 0, {0, 0, 0}},
	{STR_INIT("5.1.1a"), 0, {0, 0, 0}},
	{STR_INIT(" 5.1.1"), 0, {0, 0, 0}},
	{STR_INIT("x.1.1"), 0, {0, 0, 0}},
	{STR_INIT("55.1.1"), 0, {0, 0, 0}},
	{STR_INIT(""), 0, {0, 0, 0}},
};

/* All the status codes of a text, with a blank between them. */
static const struct next_row {
	struct str in, want;
} next_rows[] = {
	{STR_INIT("550 5.1.1 User unknown"), STR_INIT("5.1.1")},
	{STR_INIT("(#5.1.1)"), STR_INIT("5.1.1")},
	{STR_INIT("550-5.7.26 a 550 5.7.27"), STR_INIT("5.7.26 5.7.27")},
	{STR_INIT("4.4.7, then 5.4.7; 2.1.5"), STR_INIT("4.4.7 5.4.7 2.1.5")},
	{STR_INIT("from 192.0.2.1 5.1.1.9 10.4.2.2"), STR_INIT("")},
	{STR_INIT("v4.5.6 x5.1.1 nginx/4.2.0 user_5.1.1 a@5.1.1"), STR_INIT("")},
	{STR_INIT("exim-4.9.2"), STR_INIT("")},
	{STR_INIT("5.1 5.1.1"), STR_INIT("5.1.1")},
	{STR_INIT("\xE3\x82\xA8\xE3\x83\xA9\xE3\x83\xBC" "5.2.2\xE3\x80\x82"), STR_INIT("5.2.2")},
	{STR_INIT("Status:5.1.1\r\n"), STR_INIT("5.1.1")},
	{STR_INIT(""), STR_INIT("")},
};

static const struct scan_row {
	struct str in;
	unsigned code;
	struct status status;
	int is_sure; /* -1: no matter */
} scan_rows[] = {
	{STR_INIT("550 5.1.1 User unknown"), 550, {5, 1, 1}, 1},
	{STR_INIT("550 User unknown"), 550, {0, 0, 0}, 1},
	{STR_INIT("550-5.7.1 one\r\n550 5.7.1 two"), 550, {5, 7, 1}, 1},
	{STR_INIT("rcpt failed (550 <a@b.example>: no such user here)"), 550, {0, 0, 0}, 1},
	{STR_INIT("the mailbox is full (500 MB)"), 500, {0, 0, 0}, 0},
	{STR_INIT("host mx.example[192.0.2.1] said: 452 4.2.2 Mailbox full (in reply to RCPT TO command)"), 452, {4, 2, 2}, 1},
	{STR_INIT("smtp; 554 5.7.1 <a@b.example>: Relay access denied"), 554, {5, 7, 1}, 1},
	{STR_INIT("Remote server returned '421 4.7.0 later'"), 421, {4, 7, 0}, 1},
	{STR_INIT("Der Server antwortete: 553 5.1.8 Absender unbekannt"), 553, {5, 1, 8}, 1},
	{STR_INIT("550 5.0.0 rejected (#5.1.1)"), 550, {5, 1, 1}, 1},
	{STR_INIT("5.1.1 no such user"), 0, {5, 1, 1}, -1},
	{STR_INIT("sent to mx[192.0.2.1]:587 on 12:45:50"), 0, {0, 0, 0}, -1},
	{STR_INIT("message of 552 bytes? no: 5520, 1550, 550x, a550, 550@b, 5.50"), 552, {0, 0, 0}, 0},
	{STR_INIT("call +49-550-123, room /550/, host-550.example, 550.example"), 0, {0, 0, 0}, -1},
	{STR_INIT("250 2.1.5 ok"), 0, {0, 0, 0}, -1},
	{STR_INIT("all is well"), 0, {0, 0, 0}, -1},
	{STR_INIT("565 688 499"), 0, {0, 0, 0}, -1},
	{STR_INIT("line one\n  451 4.3.0 try later"), 451, {4, 3, 0}, 1},
	{STR_INIT(""), 0, {0, 0, 0}, -1},
};

static const struct join_row {
	struct str in, want;
} join_rows[] = {
	{STR_INIT("550 no"), STR_INIT("550 no")},
	{STR_INIT("  550 no \r\n"), STR_INIT("550 no")},
	{STR_INIT("550-5.7.1 one\n550-5.7.1 two\n550 5.7.1 three"), STR_INIT("550 5.7.1 one two three")},
	{STR_INIT("550-one\r\n550-two\r\n550 three\r\n"), STR_INIT("550 one two three")},
	{STR_INIT("smtp; 550 one\r\n\ttwo\r\n   three"), STR_INIT("smtp; 550 one two three")},
	{STR_INIT("one\rtwo"), STR_INIT("one two")},
	{STR_INIT("one\n\n \ntwo"), STR_INIT("one two")},
	{STR_INIT("550-one\n551 two"), STR_INIT("550 one 551 two")},
	{STR_INIT("550-\n550 two"), STR_INIT("550 two")},
	{STR_INIT("550-\n550-\n"), STR_INIT("550")},
	{STR_INIT("\n"), STR_INIT("")},
	{STR_INIT(""), STR_INIT("")},
};
/* clang-format on */

static void
test_status(struct arena *a)
{
	struct buf out;
	buf_init(&out, 4096);
	for (size_t i = 0; i < sizeof parse_rows / sizeof *parse_rows; i++) {
		const struct parse_row *const row = &parse_rows[i];
		struct status s = {0};
		tap_is_int(
			status_parse(row->in, &s), row->used, "parse: used of '%s'", row->in.ptr);
		tap_ok(status_same(s, row->want), "parse: '%s'", row->in.ptr);
	}
	for (size_t i = 0; i < sizeof next_rows / sizeof *next_rows; i++) {
		size_t at = 0, found;
		struct status s;
		buf_clear(&out);
		while ((s = status_next(next_rows[i].in, &at, &found)).class != 0) {
			if (out.len > 0)
				buf_add_char(&out, ' ');
			buf_add(&out, status_text(s, a));
		}
		if (!tap_ok(str_eq(buf_str(&out), next_rows[i].want), "next: in '%s'",
			    next_rows[i].in.ptr))
			tap_show("got", buf_str(&out));
	}
	tap_is_str(status_text((struct status){5, 40, 103}, a), STR("5.40.103"), "text: 5.40.103");
	tap_is_str(status_text((struct status){0, 1, 1}, a), STR_NONE, "text: none");
	tap_ok(status_is_vague((struct status){5, 0, 0}) &&
			!status_is_vague((struct status){5, 0, 1}),
		"vague: X.0.0 alone");
	buf_fini(&out);
}

static void
test_scan(void)
{
	for (size_t i = 0; i < sizeof scan_rows / sizeof *scan_rows; i++) {
		const struct scan_row *const row = &scan_rows[i];
		const struct reply r = reply_scan(row->in);
		tap_is_int(r.code, row->code, "scan: code of '%s'", row->in.ptr);
		if (!tap_ok(status_same(r.status, row->status), "scan: status of '%s'",
			    row->in.ptr))
			printf("#   got %d.%d.%d\n", r.status.class, r.status.subject,
				r.status.detail);
		if (row->is_sure >= 0)
			tap_is_int(r.is_sure, row->is_sure, "scan: is '%s' sure", row->in.ptr);
	}
}

static void
test_skip_rules(void)
{
	static const struct {
		struct str in, want;
	} rows[] = {
		{STR_INIT("-------server message\n550 no\n"), STR_INIT("550 no\n")},
		{STR_INIT("=====\n\n---- x ----\r\nno"), STR_INIT("no")},
		{STR_INIT("550 no\n-----\nmore"), STR_INIT("550 no\n-----\nmore")},
		{STR_INIT("--no\n"), STR_INIT("--no\n")},
		{STR_INIT("-----"), STR_INIT("")},
		{STR_INIT(""), STR_INIT("")},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct str got = reply_skip_rules(rows[i].in);
		tap_ok(str_eq(got, rows[i].want), "rules at the head: row %zu", i);
	}
}

/* A megabyte of blanks behind many numbers that might be codes: hangs if each of them reads on to
 * the end. */
static void
test_cost(void)
{
	const size_t len = (size_t)1 << 20, head = len / 8;
	char *const text = malloc(len);
	if (!tap_ok(text != NULL, "cost: memory"))
		return;
	memset(text, ' ', len);
	for (size_t i = 0; i + 6 < head; i += 6)
		memcpy(text + i, "x 450 ", 6);
	const struct reply r = reply_scan((struct str){text, len});
	tap_is_int(r.code, 450, "cost: the first that may be one");
	free(text);
}

int
main(void)
{
	struct arena a;
	arena_init(&a, ARENA_LIMIT_BYTES);
	test_status(&a);
	test_scan();
	test_skip_rules();
	for (size_t i = 0; i < sizeof join_rows / sizeof *join_rows; i++) {
		const struct str in = join_rows[i].in, joined = reply_join(in, &a);
		size_t wrong = 0;
		tap_is_str(joined, join_rows[i].want, "join: '%s'", in.ptr);
		for (size_t at = 0; at < joined.len; at++)
			wrong += joined.ptr[at] != ' ' &&
				 joined.ptr[at] != in.ptr[reply_join_origin(in, at)];
		tap_is_int(wrong, 0, "join: '%s': where each letter stood", in.ptr);
		tap_is_int(
			reply_join_origin(in, joined.len), in.len, "join: '%s': its end", in.ptr);
	}
	test_cost();
	arena_fini(&a);
	return tap_done();
}
