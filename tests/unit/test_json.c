#include "base/buf.h"
#include "base/json.h"
#include "tap.h"

#include "../fuzz/json_check.h"
#include "../fuzz/sinks.h"

#define BAD "\xEF\xBF\xBD"

/* clang-format off */
static const struct text_row {
	struct str in, want;
} text_rows[] = {
	{STR_INIT(""), STR_INIT("\"\"")},
	{STR_INIT("plain"), STR_INIT("\"plain\"")},
	{STR_INIT("\"\\/"), STR_INIT("\"\\\"\\\\/\"")},
	{STR_INIT("\n\r\t"), STR_INIT("\"\\n\\r\\t\"")},
	{STR_INIT("a\0b\x01\x1F\x7F"), STR_INIT("\"a\\u0000b\\u0001\\u001f\x7F\"")},
	{STR_INIT("\b\f\x1B[31m"), STR_INIT("\"\\u0008\\u000c\\u001b[31m\"")},
	{STR_INIT("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x92\xA9"), STR_INIT("\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x92\xA9\"")},
	{STR_INIT("\xE9"), STR_INIT("\"" BAD "\"")},
	{STR_INIT("a\xC3"), STR_INIT("\"a" BAD "\"")},
	{STR_INIT("\xC3" "a"), STR_INIT("\"" BAD "a\"")},
	{STR_INIT("\xC3\""), STR_INIT("\"" BAD "\\\"\"")},
	{STR_INIT("\x80\x80"), STR_INIT("\"" BAD BAD "\"")},
	{STR_INIT("\xC0\xAF"), STR_INIT("\"" BAD BAD "\"")},
	{STR_INIT("\xED\xA0\x80"), STR_INIT("\"" BAD BAD BAD "\"")},
	{STR_INIT("\xF5\x80\x80\x80"), STR_INIT("\"" BAD BAD BAD BAD "\"")},
};

static const struct check_row {
	struct str in;
	bool want;
} check_rows[] = {
	{STR_INIT("{\"a\":[1,-2.5e+3,true,null,\"\\u00e9\\n\"]}"), true},
	{STR_INIT(" [ ] "), true}, {STR_INIT("{}"), true}, {STR_INIT("0"), true},
	{STR_INIT(""), false}, {STR_INIT("{"), false}, {STR_INIT("[1,]"), false}, {STR_INIT("[1 2]"), false},
	{STR_INIT("{\"a\"}"), false}, {STR_INIT("{a:1}"), false}, {STR_INIT("[]]"), false}, {STR_INIT("01"), false},
	{STR_INIT("1."), false}, {STR_INIT("\"\n\""), false}, {STR_INIT("\"\\x\""), false}, {STR_INIT("\"\xE9\""), false},
	{STR_INIT("[],"), false}, {STR_INIT("\"\\u12\""), false},
};
/* clang-format on */

/* One value of every kind. */
static void
write_all(struct json *j)
{
	json_open(j, STR_NONE, '{');
	json_text(j, STR("t"), STR("x\"y"));
	json_text_if(j, STR("absent"), STR_NONE);
	json_text_if(j, STR("empty"), STR(""));
	json_number(j, STR("n"), INT64_MIN);
	json_percent(j, STR("p"), 95);
	json_bool(j, STR("b"), false);
	json_open(j, STR("e"), '[');
	json_close(j, ']');
	json_open(j, STR("l"), '[');
	json_number(j, STR_NONE, 0);
	json_open(j, STR_NONE, '{');
	json_close(j, '}');
	json_text(j, STR_NONE, STR(""));
	json_close(j, ']');
	json_close(j, '}');
}

static void
test_text(void)
{
	struct buf b;
	buf_init(&b, 65536);
	for (size_t i = 0; i < sizeof text_rows / sizeof *text_rows; i++) {
		struct out out;
		struct json j;
		buf_clear(&b);
		out_init(&out, to_buf, &b);
		json_init(&j, &out, false);
		json_text(&j, STR_NONE, text_rows[i].in);
		tap_ok(out_finish(&out), "text %zu: written", i);
		tap_is_str(buf_str(&b), text_rows[i].want, "text %zu", i);
		tap_ok(json_check(buf_str(&b)), "text %zu: is JSON", i);
	}
	buf_fini(&b);
}

static void
test_whole(void)
{
	static const struct str want[] = {
		STR_INIT("{\"t\":\"x\\\"y\",\"n\":-9223372036854775808,\"p\":0.95,\"b\":false,"
			 "\"e\":[],\"l\":[0,{},\"\"]}"),
		STR_INIT("{\n  \"t\": \"x\\\"y\",\n  \"n\": -9223372036854775808,\n  \"p\": 0.95,\n"
			 "  \"b\": false,\n  \"e\": [],\n  \"l\": [\n    0,\n    {},\n    \"\"\n  "
			 "]\n}"),
	};
	for (int pretty = 0; pretty < 2; pretty++) {
		struct buf b;
		struct out out;
		struct json j;
		buf_init(&b, 65536);
		out_init(&out, to_buf, &b);
		json_init(&j, &out, pretty);
		write_all(&j);
		tap_ok(out_finish(&out) && json_check(buf_str(&b)), "whole %d: is JSON", pretty);
		tap_is_str(buf_str(&b), want[pretty], "whole %d", pretty);
		buf_fini(&b);
	}
}

static void
test_percent(void)
{
	static const struct {
		unsigned percent;
		struct str want;
	} rows[] = {{0, STR_INIT("0.0")}, {5, STR_INIT("0.05")}, {50, STR_INIT("0.5")},
		{99, STR_INIT("0.99")}, {100, STR_INIT("1")}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf b;
		struct out out;
		struct json j;
		buf_init(&b, 4096);
		out_init(&out, to_buf, &b);
		json_init(&j, &out, false);
		json_percent(&j, STR_NONE, rows[i].percent);
		tap_ok(out_finish(&out) && json_check(buf_str(&b)), "percent %u: is JSON",
			rows[i].percent);
		tap_is_str(buf_str(&b), rows[i].want, "percent %u", rows[i].percent);
		buf_fini(&b);
	}
}

/* Long text takes the other way through out.c; a sink that refuses is left alone. */
static void
test_sink(void)
{
	static char text[OUT_ROOM_BYTES * 3];
	for (size_t len = OUT_ROOM_BYTES - 3; len <= OUT_ROOM_BYTES + 3; len++) {
		struct buf b;
		struct out out;
		struct json j;
		buf_init(&b, sizeof text * 2);
		memset(text, 'x', len);
		out_init(&out, to_buf, &b);
		json_init(&j, &out, false);
		json_text(&j, STR_NONE, (struct str){text, len});
		tap_ok(out_finish(&out) && b.len == len + 2 && json_check(buf_str(&b)),
			"sink: %zu bytes", len);
		buf_fini(&b);
	}
	struct out out;
	struct json j;
	int calls = 0;
	memset(text, 'x', sizeof text);
	out_init(&out, refuse, &calls);
	json_init(&j, &out, false);
	for (int i = 0; i < 5; i++)
		json_text(&j, STR_NONE, (struct str){text, sizeof text});
	tap_ok(!out_finish(&out), "sink: refused");
	tap_is_int(calls, 1, "sink: not called again");
}

int
main(void)
{
	for (size_t i = 0; i < sizeof check_rows / sizeof *check_rows; i++)
		tap_ok(json_check(check_rows[i].in) == check_rows[i].want, "checker: %s",
			check_rows[i].in.ptr);
	test_text();
	test_whole();
	test_percent();
	test_sink();
	return tap_done();
}
