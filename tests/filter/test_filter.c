/* What filters have of their own: changes of a header, numbers, places, packets, the message
 * meanwhile, and limits. */
#include "filter/clamd.h"
#include "filter/edit.h"
#include "filter/machine.h"
#include "filter/milter_packet.h"
#include "filter/settings.h"
#include "filter/spool.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER "From: a\r\nX: one\r\nSubject: long\r\n folded\r\nx: two\r\nX: three\r\n\r\n"

static struct arena arena;

/* The header after one change. */
static void
changed(enum edit_kind kind, int index, const char *name, const char *value, const char *want)
{
	struct edits e = {NULL, NULL, 0};
	struct buf out;
	buf_init(&out, 65536);
	tap_ok(edit_add(&e, &arena, kind, index, str_of(name), str_of(value)), "%s %d is added",
		name, index);
	edits_front(&e, &out);
	struct buf rest;
	buf_init(&rest, 65536);
	edits_header(&e, STR(HEADER), &rest);
	buf_add(&out, buf_str(&rest));
	tap_is_str(buf_str(&out), str_of(want), "... and does what it says");
	buf_fini(&out);
	buf_fini(&rest);
}

static void
test_header(void)
{
	changed(EDIT_ADD, 0, "New", "v", "New: v\r\n" HEADER);
	changed(EDIT_INSERT, 0, "New", "v", "New: v\r\n" HEADER);
	changed(EDIT_INSERT, 1, "New", "v", "New: v\r\n" HEADER);
	changed(EDIT_INSERT, 3, "New", "v",
		"From: a\r\nX: one\r\nNew: v\r\nSubject: long\r\n folded\r\nx: two\r\nX: "
		"three\r\n\r\n");
	changed(EDIT_INSERT, 99, "New", "v",
		"From: a\r\nX: one\r\nSubject: long\r\n folded\r\nx: two\r\nX: three\r\nNew: "
		"v\r\n\r\n");
	changed(EDIT_CHANGE, 2, "x", "new",
		"From: a\r\nX: one\r\nSubject: long\r\n folded\r\nx: new\r\nX: three\r\n\r\n");
	changed(EDIT_CHANGE, 4, "X", "new",
		"From: a\r\nX: one\r\nSubject: long\r\n folded\r\nx: two\r\nX: three\r\nX: "
		"new\r\n\r\n");
	changed(EDIT_CHANGE, 1, "Subject", "a\nb\n\n  c\r\nd", /* folded as it must be */
		"From: a\r\nX: one\r\nSubject: a\r\n\tb\r\n  c\r\n\td\r\nx: two\r\nX: "
		"three\r\n\r\n");
	changed(EDIT_DELETE, 0, "X", "", "From: a\r\nSubject: long\r\n folded\r\n\r\n");
	changed(EDIT_DELETE, 1, "X", "",
		"From: a\r\nSubject: long\r\n folded\r\nx: two\r\nX: three\r\n\r\n");
	changed(EDIT_DELETE, -1, "X", "",
		"From: a\r\nX: one\r\nSubject: long\r\n folded\r\nx: two\r\n\r\n");
	changed(EDIT_DELETE, 9, "X", "", HEADER);
}

static void
test_what_is_refused(void)
{
	static const char *const names[] = {"", "a b", "a:b", "a\r\nb", "\xc3\xa4"};
	static const char *const addresses[] = {"a b", "a\r\nRCPT TO:<c>", "<a>", "a\x7f"};
	struct edits e = {NULL, NULL, 0};
	char *const long_value = malloc(EDIT_VALUE_BYTES_MAX + 1);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		tap_ok(!edit_add(&e, &arena, EDIT_ADD, 0, str_of(names[i]), STR("v")),
			"a name that is none: %zu", i);
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		tap_ok(!edit_add(&e, &arena, EDIT_ADD_RCPT, 0, STR_NONE, str_of(addresses[i])),
			"an address that is none: %zu", i);
	tap_is_int(e.count, 0, "none of them counts");
	memset(long_value, 'x', EDIT_VALUE_BYTES_MAX + 1);
	tap_ok(edit_add(&e, &arena, EDIT_ADD, 0, STR("X"),
		       (struct str){long_value, EDIT_VALUE_BYTES_MAX}),
		"a value of EDIT_VALUE_BYTES_MAX");
	tap_ok(!edit_add(&e, &arena, EDIT_ADD, 0, STR("X"),
		       (struct str){long_value, EDIT_VALUE_BYTES_MAX + 1}),
		"... and one byte more");
	free(long_value);
	while (e.count < EDITS_MAX && edit_add(&e, &arena, EDIT_ADD, 0, STR("X"), STR("v")))
		;
	tap_is_int(e.count, EDITS_MAX, "EDITS_MAX of them");
	tap_ok(!edit_add(&e, &arena, EDIT_ADD, 0, STR("X"), STR("v")), "... and no more");
}

static void
test_points(void)
{
	static const struct {
		const char *text;
		int64_t points;
		const char *shown;
	} rows[] = {{"15.3", 15300, "15.3"}, {" -1.25 ", -1250, "-1.3"}, {"0", 0, "0.0"},
		{"+7.0001", 7000, "7.0"}, {"-0.04", -40, "0.0"}, {"1e-05", 0, "0.0"},
		{"99999999999999999999", 1000000000, "1000000.0"}};
	static const char *const wrong[] = {"", "-", "x", "1.2.3", "1 2", ".5", "nan"};
	char room[MACHINE_POINTS_BYTES];
	int64_t points = 0;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		tap_ok(machine_points(str_of(rows[i].text), &points), "%s", rows[i].text);
		tap_is_int(points, rows[i].points, "... in thousandths");
		tap_is_str(machine_put_points(points, room), str_of(rows[i].shown),
			"... and as people write it");
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		tap_ok(!machine_points(str_of(wrong[i]), &points), "\"%s\" is no number", wrong[i]);
}

static void
test_places(void)
{
	static const char *const good[] = {"unix:/run/x.sock", "/run/x.sock", "127.0.0.1:783",
		"[::1]:783", "inet:127.0.0.1:1", "inet6:[::1]:65535", "localhost:10023"};
	static const char *const bad[] = {"", "unix:run", "127.0.0.1", "127.0.0.1:0",
		"127.0.0.1:65536", "127.0.0.1:1x", "host.example:25", "[::1]", ":25"};
	struct filter_place place;
	char path[200] = "/";
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		tap_ok(filter_place_parse(str_of(good[i]), &place), "%s is a place", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		tap_ok(!filter_place_parse(str_of(bad[i]), &place), "\"%s\" is none", bad[i]);
	memset(path + 1, 'p', sizeof path - 1);
	tap_ok(filter_place_parse((struct str){path, 107}, &place), "the longest path of a socket");
	tap_ok(!filter_place_parse((struct str){path, 108}, &place), "... and one byte more");
}

static void
test_packets(void)
{
	char letter = 0;
	struct str rest, in;
	struct buf out;
	uint32_t n;
	buf_init(&out, 1 << 21);
	struct packet p = packet_begin(&out, 'h');
	packet_text(&p, STR("name"));
	packet_number(&p, 0x01020304);
	packet_end(&p);
	for (size_t i = 0; i < out.len; i++) {
		in = str_head(buf_str(&out), i);
		tap_ok(packet_next(&in, &letter, &rest) == PACKET_MORE, "%zu bytes are not enough",
			i);
	}
	in = buf_str(&out);
	tap_ok(packet_next(&in, &letter, &rest) == PACKET_WHOLE && letter == 'h' && in.len == 0,
		"a packet");
	struct str name;
	tap_ok(packet_take_text(&rest, &name) && str_eq(name, STR("name")) &&
			packet_take_number(&rest, &n) && n == 0x01020304,
		"... and what is in it");
	tap_ok(!packet_take_text(&rest, &name) && !packet_take_number(&rest, &n),
		"... and no more");
	in = STR("\0\x10\0\0x");
	tap_ok(packet_next(&in, &letter, &rest) == PACKET_MORE, "MILTER_PACKET_BYTES_MAX");
	in = STR("\0\x10\0\x01x");
	tap_ok(packet_next(&in, &letter, &rest) == PACKET_BROKEN, "... and one byte more");
	buf_fini(&out);
}

static void
test_spool(void)
{
	char folder[] = "/tmp/nixie-spool-XXXXXX", *big = malloc(SPOOL_MEMORY_BYTES + 1), four[4];
	struct spool s;
	struct buf header;
	memset(big, 'x', SPOOL_MEMORY_BYTES + 1);
	tap_ok(mkdtemp(folder) != NULL && big != NULL, "a folder");
	spool_init(&s, folder);
	tap_ok(spool_add(&s, STR("A: b\r\n\r\n")), "a header");
	tap_ok(spool_add(&s, (struct str){big, SPOOL_MEMORY_BYTES - 8}) && s.fd < 0,
		"up to SPOOL_MEMORY_BYTES in memory");
	tap_ok(spool_add(&s, STR("z")) && s.fd >= 0, "... and one byte more in a file");
	tap_ok(spool_add(&s, STR("end")), "... and on");
	tap_ok(spool_read(&s, SPOOL_MEMORY_BYTES, four, 4) == 4 && memcmp(four, "zend", 4) == 0,
		"it is read from there");
	tap_is_int(spool_read(&s, SPOOL_MEMORY_BYTES + 4, four, 4), 0, "... to its end");
	buf_init(&header, SPOOL_HEADER_BYTES_MAX + 4096);
	tap_ok(spool_header(&s, &header), "the header");
	tap_is_str(
		buf_str(&header), STR("A: b\r\n\r\n"), "... is what stands before the blank line");
	spool_fini(&s);
	tap_is_int(rmdir(folder), 0, "no file of it has a name");
	spool_init(&s, "/nowhere/at/all");
	tap_ok(spool_add(&s, STR("x")) && !spool_add(&s, (struct str){big, SPOOL_MEMORY_BYTES + 1}),
		"no room on the disk");
	tap_is_int(spool_read(&s, 0, four, 4), -1, "... is told");
	spool_fini(&s);
	buf_fini(&header);
	free(big);
}

/* An answer that comes before the message was sent is believed when it is bad, and not when it is
 * good. */
static void
test_early(void)
{
	static const struct filter_facts facts;
	const struct filter_question q = {.at = FILTER_END, .facts = &facts, .arena = &arena};
	struct clamd c;
	struct buf out;
	struct str in = STR("stream: OK\0");
	buf_init(&out, 65536);
	clamd_begin(&c, &q, &out);
	tap_ok(clamd_next(&c, &in, false, &out) == MACHINE_BROKEN, "clean before it was seen");
	clamd_begin(&c, &q, &out);
	in = STR("stream: Worm FOUND\0");
	tap_ok(clamd_next(&c, &in, false, &out) == MACHINE_DONE &&
			c.m.answer.verdict == FILTER_REFUSE,
		"a virus in what was seen");
	tap_is_str(c.m.answer.rule, STR("Worm"), "... by its name");
	buf_fini(&out);
}

int
main(void)
{
	arena_init(&arena, (size_t)64 << 20);
	test_header();
	test_what_is_refused();
	test_points();
	test_places();
	test_packets();
	test_spool();
	test_early();
	arena_fini(&arena);
	return tap_done();
}
