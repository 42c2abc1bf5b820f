#include "base/buf.h"
#include "read/mend.h"
#include "read/reline.h"
#include "tap.h"

#define ARENA_LIMIT_BYTES ((size_t)1 << 20)
#define EIGHT(x) x x x x x x x x

/* clang-format off */
static const struct bytes_row {
	const char *name;
	struct str in, want;
} bytes_rows[] = {
	{"nothing to mend", STR_INIT("To: a\r\n\r\nb\r\n"), STR_INIT("To: a\r\n\r\nb\r\n")},
	{"nothing at all", STR_INIT(""), STR_INIT("")},
	{"one zero", STR_INIT("\0"), STR_INIT("\0")},
	{"zeros", STR_INIT("To: a\0\n\0b\0"), STR_INIT("To: a\nb")},
	{"zeros alone", STR_INIT("\0\0\0"), STR_INIT("")},
	{"UTF-16, little end first", STR_INIT("\xFF\xFE" "a\0\xE4\0\n\0"), STR_INIT("a\xC3\xA4\n")},
	{"UTF-16, big end first", STR_INIT("\xFE\xFF" "\0a\0\n"), STR_INIT("a\n")},
	{"CR CR LF", STR_INIT("a\r\r\nb\r\nc\nd\re"), STR_INIT("a\nb\nc\nd\re")},
	{"LF CR", STR_INIT("To: a\n\r\n\rb\n\r"), STR_INIT("To: a\n\nb\n")},
	{"LF, then a blank line of CR LF", STR_INIT("To: a\n\r\nb\r\n"), STR_INIT("To: a\n\r\nb\r\n")},
	{"a mark before every line", STR_INIT("> To: a\n> Cc: b\n>  c\n>\n" EIGHT("> d\n") "> e\n> f\ng\n"),
		STR_INIT("To: a\nCc: b\n c\n\n" EIGHT("d\n") "e\nf\ng\n")},
	{"blanks before every line", STR_INIT("  To: a\n  Cc: b\n\n" EIGHT("  d\n") "    e\n  f\n"),
		STR_INIT("To: a\nCc: b\n\n" EIGHT("d\n") "  e\nf\n")},
	{"a line without them among the first", STR_INIT("  To: a\nCc: b\n" EIGHT("  d\n") EIGHT("  e\n")),
		STR_INIT("  To: a\nCc: b\n" EIGHT("  d\n") EIGHT("  e\n"))},
	{"twelve lines are enough", STR_INIT("> To: a\n" EIGHT("> d\n") "> e\n> e\n> e\n> e\n"), STR_INIT("To: a\n" EIGHT("d\n") "e\ne\ne\ne\n")},
	{"and eleven are not", STR_INIT("> To: a\n" EIGHT("> d\n") "> e\n> e\n> e\n"), STR_INIT("> To: a\n" EIGHT("> d\n") "> e\n> e\n> e\n")},
	{"a quotation that begins with words", STR_INIT("> so\n" EIGHT("> d\n") EIGHT("> e\n")), STR_INIT("> so\n" EIGHT("> d\n") EIGHT("> e\n"))},
	{"line ends as programs print them", STR_INIT("To: a\\r\\nCc: \\\"b\\\"\\r\\n\\r\\n\\tc\\\\d"), STR_INIT("To: a\nCc: \"b\"\n\n\tc\\d")},
	{"Python's bytes", STR_INIT("b'To: a\\nCc: b\\n\\nc"), STR_INIT("To: a\nCc: b\n\nc")},
	{"two of them are words", STR_INIT("print \\n and \\n"), STR_INIT("print \\n and \\n")},
	{"JSON has its own", STR_INIT("{\"a\": \"\\n\\n\\n\"}"), STR_INIT("{\"a\": \"\\n\\n\\n\"}")},
	{"lines that speak of them", STR_INIT("a\n\\n\\n\\n"), STR_INIT("a\n\\n\\n\\n")},
	{"each line end twice", STR_INIT("a\n\n\n\n" EIGHT("b\n\n")), STR_INIT("a\n\n" EIGHT("b\n"))},
	{"each CRLF twice", STR_INIT("a\r\n\r\n\r\n\r\n" EIGHT("b\r\n\r\n")), STR_INIT("a\n\n" EIGHT("b\n"))},
	{"a last line that is cut", STR_INIT("a\n\n\n\n" EIGHT("b\n\n") "c\n"), STR_INIT("a\n\n" EIGHT("b\n") "c\n")},
	{"paragraphs of a line prove nothing", STR_INIT("a\n\n" EIGHT("b\n\n")), STR_INIT("a\n\n" EIGHT("b\n\n"))},
	{"nor do few of them", STR_INIT("a\n\n\n\nb\n\nc\n\n"), STR_INIT("a\n\n\n\nb\n\nc\n\n")},
	{"nor when one line end is single", STR_INIT("a\n\n\n\n" EIGHT("b\n\n") "c\nd"), STR_INIT("a\n\n\n\n" EIGHT("b\n\n") "c\nd")},
};

static const struct line_row {
	const char *name;
	struct str in, want;
} message_rows[] = {
	{"words alone", STR_INIT("some words: here"), STR_INIT("some words: here")},
	{"fields", STR_INIT("From: a@b.example (A) To: c@d.example, e@f.example Subject: x y Date: Tue, 3 Mar 2026 09:13:05 +0100 (CET) Hello"),
		STR_INIT("From: a@b.example (A)\nTo: c@d.example, e@f.example\nSubject: x y\nDate: Tue, 3 Mar 2026 09:13:05 +0100 (CET)\n\nHello")},
	{"parts", STR_INIT("Content-Type: multipart/report; boundary=\"x y\" --xy-z Content-Type: text/plain; charset=utf-8 It failed. "
			"--xy-z Content-Type: message/delivery-status Reporting-MTA: dns; m.example --xy-z--"),
		STR_INIT("Content-Type: multipart/report; boundary=\"x y\"\n\n--xy-z\nContent-Type: text/plain; charset=utf-8\n\nIt failed.\n\n"
			"--xy-z\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; m.example\n\n--xy-z--\n")},
	{"a value that never ends", STR_INIT("Message-ID: <a"), STR_INIT("Message-ID: <a")},
	{"a name that ends the text", STR_INIT("x Final-Recipient:"), STR_INIT("x\nFinal-Recipient:")},
};

static const struct line_row prose_rows[] = {
	{"sentences", STR_INIT("It failed. Try again. <a@b.example>: no"), STR_INIT("It failed.\nTry again.\n<a@b.example>: no")},
	{"an indent", STR_INIT("these failed:   a@b.example     no such user"), STR_INIT("these failed:\n  a@b.example\n    no such user")},
	{"paragraphs", STR_INIT("sorry  it failed"), STR_INIT("sorry\n\nit failed")},
	{"a label stays", STR_INIT("Adres odbiorcy: a@b.example"), STR_INIT("Adres odbiorcy: a@b.example")},
	{"numbers are no sentences", STR_INIT("550 5.1.1 No. 5 is x.y"), STR_INIT("550 5.1.1 No. 5 is x.y")},
};

static const struct bytes_row typeset_rows[] = {
	{"all is ASCII", STR_INIT("<a-b@c.example>: 550 5.1.1 no"), STR_INIT("<a-b@c.example>: 550 5.1.1 no")},
	{"letters of a language", STR_INIT("Empf\xC3\xA4nger \xE2\x80\x9E" "a@b.example\xE2\x80\x9C"), STR_INIT("Empf\xC3\xA4nger \xE2\x80\x9E" "a@b.example\xE2\x80\x9C")},
	{"blanks that do not break", STR_INIT("550\xC2\xA0" "5.1.1\xE2\x80\xAFno\xE2\x80\x87such"), STR_INIT("550 5.1.1 no such")},
	{"soft hyphens", STR_INIT("jo\xC2\xAD" "hn@a.ex\xC2\xAD" "ample"), STR_INIT("john@a.example")},
	{"signs without width", STR_INIT("a@\xE2\x80\x8B" "b.\xE2\x81\xA0" "ex\xEF\xBB\xBF" "ample"), STR_INIT("a@b.example")},
	{"two in a row", STR_INIT("a@\xE2\x80\x8B\xE2\x80\x8B" "b.example"), STR_INIT("a@b.example")},
	{"they stay where scripts need them", STR_INIT("\xD9\x85\xE2\x80\x8C\xD8\xAE a@b.example"), STR_INIT("\xD9\x85\xE2\x80\x8C\xD8\xAE a@b.example")},
	{"and at either end", STR_INIT("\xE2\x80\x8B" "a@b\xE2\x80\x8B"), STR_INIT("\xE2\x80\x8B" "a@b\xE2\x80\x8B")},
	{"dashes in addresses", STR_INIT("a\xE2\x80\x91" "b@c\xE2\x80\x90" "d\xE2\x80\x93" "e.example"), STR_INIT("a-b@c-d-e.example")},
	{"and elsewhere", STR_INIT("5\xE2\x80\x93" "10 days a@b.example 5\xE2\x80\x93" "10"), STR_INIT("5\xE2\x80\x93" "10 days a@b.example 5\xE2\x80\x93" "10")},
	{"a dash behind a name", STR_INIT("a@b.example \xE2\x80\x93 unknown"), STR_INIT("a@b.example \xE2\x80\x93 unknown")},
	{"escapes in addresses", STR_INIT("**john\\_a\\-b@c\\.example** 5\\.1"), STR_INIT("**john_a-b@c.example** 5\\.1")},
	{"a backslash of its own", STR_INIT("DOMAIN\\john a\\@b@c.example \\"), STR_INIT("DOMAIN\\john a\\@b@c.example \\")},
};
/* clang-format on */

static void
test_typeset(struct arena *a)
{
	for (size_t i = 0; i < sizeof typeset_rows / sizeof *typeset_rows; i++) {
		const struct str in = typeset_rows[i].in, got = mend_typeset(in, a);
		tap_is_str(got, typeset_rows[i].want, "typeset: %s", typeset_rows[i].name);
		if (str_eq(in, typeset_rows[i].want))
			tap_ok(got.ptr == in.ptr, "typeset: %s: in place", typeset_rows[i].name);
	}
}

static void
test_bytes(struct arena *a)
{
	for (size_t i = 0; i < sizeof bytes_rows / sizeof *bytes_rows; i++) {
		const struct str got = mend_bytes(bytes_rows[i].in, a);
		tap_is_str(got, bytes_rows[i].want, "%s", bytes_rows[i].name);
		if (str_eq(bytes_rows[i].in, bytes_rows[i].want))
			tap_ok(got.ptr == bytes_rows[i].in.ptr, "%s: in place", bytes_rows[i].name);
	}
}

static void
test_lines(struct arena *a)
{
	for (size_t i = 0; i < sizeof message_rows / sizeof *message_rows; i++)
		tap_is_str(reline_message(message_rows[i].in, a), message_rows[i].want,
			"message: %s", message_rows[i].name);
	for (size_t i = 0; i < sizeof prose_rows / sizeof *prose_rows; i++)
		tap_is_str(reline_prose(prose_rows[i].in, false, a), prose_rows[i].want,
			"prose: %s", prose_rows[i].name);
	tap_is_str(reline_prose(STR("one  column"), true, a), STR("one  column"),
		"paste: columns stay");
}

/* A line that may be several has 160 bytes; one that no mail has, 1001. */
static void
test_lost(void)
{
	struct buf b;
	buf_init(&b, 4096);
	for (int i = 0; i < 159; i++)
		buf_add_char(&b, 'x');
	tap_ok(!reline_is_lost(buf_str(&b)), "159 bytes may be a line");
	buf_add_char(&b, 'x');
	tap_ok(reline_is_lost(buf_str(&b)), "160 bytes have lost their line ends");
	buf_add(&b, STR("\n\n"));
	tap_ok(reline_is_lost(buf_str(&b)), "blank lines behind them tell nothing");
	buf_add(&b, STR("y"));
	tap_ok(!reline_is_lost(buf_str(&b)), "a second line tells that there are lines");
	buf_clear(&b);
	for (int i = 0; i < 1000; i++)
		buf_add_char(&b, 'x');
	buf_add(&b, STR("\ny"));
	tap_ok(!reline_is_lost(buf_str(&b)), "1000 bytes and a line");
	buf_clear(&b);
	for (int i = 0; i < 1001; i++)
		buf_add_char(&b, 'x');
	buf_add(&b, STR("\ny"));
	tap_ok(reline_is_lost(buf_str(&b)), "1001 bytes are more than a line");
	b.ptr[0] = '{';
	tap_ok(!reline_is_lost(buf_str(&b)), "but for JSON");
	buf_fini(&b);
}

int
main(void)
{
	struct arena a;
	arena_init(&a, ARENA_LIMIT_BYTES);
	test_bytes(&a);
	test_typeset(&a);
	test_lines(&a);
	test_lost();
	arena_fini(&a);
	return tap_done();
}
