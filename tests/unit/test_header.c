#include "base/buf.h"
#include "catalogue/catalogue.h"
#include "read/header.h"
#include "tap.h"

#define ARENA_LIMIT_BYTES ((size_t)1 << 20)

/* A header as "Name[value]Name[value]|body"; "-|body" when there is none. */
static void
render(struct str in, bool goes_on, struct arena *a, struct buf *out)
{
	struct header h;
	if (!header_parse(in, a, &h))
		buf_add(out, STR("-"));
	if (goes_on)
		(void)header_go_on(&h, a);
	for (size_t i = 0; i < h.count; i++) {
		buf_add(out, h.fields[i].name);
		buf_add_char(out, '[');
		buf_add(out, h.fields[i].value);
		buf_add_char(out, ']');
	}
	buf_add_char(out, '|');
	buf_add(out, h.body);
}

/* clang-format off */
static const struct parse_row {
	const char *name;
	struct str in, want;
} parse_rows[] = {
	{"LF", STR_INIT("From: a\nTo: b\n\nbody\n"), STR_INIT("From[a]To[b]|body\n")},
	{"CRLF", STR_INIT("From: a\r\nTo: b\r\n\r\nbody\r\n"), STR_INIT("From[a]To[b]|body\r\n")},
	{"CR", STR_INIT("From: a\rTo: b\r\rbody\r"), STR_INIT("From[a]To[b]|body\r")},
	{"line ends mixed", STR_INIT("From: a\r\nTo: b\nCc: c\r\n\nbody"), STR_INIT("From[a]To[b]Cc[c]|body")},
	{"no blank around the value", STR_INIT("From:a\n\n"), STR_INIT("From[a]|")},
	{"blanks and tabs around the value", STR_INIT("From: \t a \t\n\n"), STR_INIT("From[a]|")},
	{"an empty value", STR_INIT("X:\nY: 1\n\n"), STR_INIT("X[]Y[1]|")},
	{"a blank before the colon: RFC 5322 s4.5", STR_INIT("Subject : x\nTo\t: y\n\n"), STR_INIT("Subject[x]To[y]|")},
	{"a value keeps its folding", STR_INIT("Subject: a\r\n b\r\n\tc\r\n\r\nx"), STR_INIT("Subject[a\r\n b\r\n\tc]|x")},
	{"a value that begins on the second line", STR_INIT("Subject:\r\n hello\r\n\r\n"), STR_INIT("Subject[hello]|")},
	{"a colon in the value", STR_INIT("Date: Mon, 23:59:60\n\n"), STR_INIT("Date[Mon, 23:59:60]|")},
	{"a continuation that lost its indent", STR_INIT("Received: from a\nby b\nDate: x\n\ny"),
		STR_INIT("Received[from a\nby b]Date[x]|y")},
	{"several such lines before a field that no text has", STR_INIT("Received: from a\nby b\nwith c\nfor d\nSubject: x\n\ny"),
		STR_INIT("Received[from a\nby b\nwith c\nfor d]Subject[x]|y")},
	{"seven such lines", STR_INIT("A: a\n1\n2\n3\n4\n5\n6\n7\nDate: x\n\ny"), STR_INIT("A[a\n1\n2\n3\n4\n5\n6\n7]Date[x]|y")},
	{"eight", STR_INIT("A: a\n1\n2\n3\n4\n5\n6\n7\n8\nDate: x\n\ny"), STR_INIT("A[a\n1\n2\n3\n4\n5\n6\n7\n8]Date[x]|y")},
	{"nine are text", STR_INIT("A: a\n1\n2\n3\n4\n5\n6\n7\n8\n9\nDate: x\n\ny"), STR_INIT("A[a]|1\n2\n3\n4\n5\n6\n7\n8\n9\nDate: x\n\ny")},
	{"several lines before another word", STR_INIT("From: a\nThis is text.\nAnd more\nReason: x\n\ny"),
		STR_INIT("From[a]|This is text.\nAnd more\nReason: x\n\ny")},
	{"text without a blank line before it", STR_INIT("From: a\nTo: b\nThis is text.\nAnd more\n"),
		STR_INIT("From[a]To[b]|This is text.\nAnd more\n")},
	{"a line of blanks ends it too", STR_INIT("From: a\n \t\nbody"), STR_INIT("From[a]|body")},
	{"no end", STR_INIT("From: a"), STR_INIT("From[a]|")},
	{"no body", STR_INIT("From: a\n"), STR_INIT("From[a]|")},
	{"the body begins with a blank line", STR_INIT("From: a\n\n\nx"), STR_INIT("From[a]|\nx")},
	{"a byte order mark", STR_INIT("\xEF\xBB\xBF" "From: a\n\nx"), STR_INIT("From[a]|x")},
	{"blank lines first", STR_INIT("\n\r\n \nFrom: a\n\nx"), STR_INIT("From[a]|x")},
	{"mbox", STR_INIT("From x@y.example Mon Jan  1 00:00:00 2024\nFrom: a\n\nx"), STR_INIT("From[a]|x")},
	{"mbox, escaped", STR_INIT(">From x@y.example Mon Jan  1 00:00:00 2024\nFrom: a\n\nx"), STR_INIT("From[a]|x")},
	{"mbox, between the fields", STR_INIT("From: a\n>From b\nTo: c\n\nx"), STR_INIT("From[a]To[c]|x")},
	{"a byte order mark, a blank line and mbox", STR_INIT("\xEF\xBB\xBF\r\nFrom x\r\nA: b\r\n\r\n"), STR_INIT("A[b]|")},
	{"a NUL is a byte like others", STR_INIT("A: x\0y\nB: z\n\n"), STR_INIT("A[x\0y]B[z]|")},
	{"8-bit values", STR_INIT("Subject: \xE9\xE8\nX: \xD0\x96\n\n"), STR_INIT("Subject[\xE9\xE8]X[\xD0\x96]|")},
	{"the same name twice", STR_INIT("Received: 1\nReceived: 2\n\n"), STR_INIT("Received[1]Received[2]|")},
	{"all that RFC 5322 lets a name have", STR_INIT("X!#$%&'*+-./09^_`{|}~: 1\n\n"),
		STR_INIT("X!#$%&'*+-./09^_`{|}~[1]|")},
	{"nothing", STR_INIT(""), STR_INIT("-|")},
	{"no header", STR_INIT("Hello there\n\nFrom: a\n"), STR_INIT("-|Hello there\n\nFrom: a\n")},
	{"a name is no 8-bit text", STR_INIT("Gr\xFC\xDF" "e: x\n\n"), STR_INIT("-|Gr\xFC\xDF" "e: x\n\n")},
	{"it does not begin with a continuation", STR_INIT(" x\nFrom: a\n\n"), STR_INIT("-| x\nFrom: a\n\n")},
	{"blank lines only: the body is all of it", STR_INIT("\n\n"), STR_INIT("-|\n\n")},
	{"an mbox line only: the body is all of it", STR_INIT("From x\n"), STR_INIT("-|From x\n")},
};

static const struct text_row {
	struct str in, want;
} text_rows[] = {
	{STR_INIT("plain"), STR_INIT("plain")},
	{STR_INIT("a\r\n b\n\tc"), STR_INIT("a b c")},
	{STR_INIT("=?UTF-8?Q?Mensaje_no_entregado=3A_buz=C3=B3n?="), STR_INIT("Mensaje no entregado: buz\xC3\xB3n")},
	{STR_INIT("=?koi8-r?B?89TS?=\r\n =?koi8-r?B?z8vB?="), STR_INIT("\xD0\xA1\xD1\x82\xD1\x80\xD0\xBE\xD0\xBA\xD0\xB0")},
	{STR_INIT("=?gb2312?B?zcvQxQ==?= (5.1.1)"), STR_INIT("\xE9\x80\x80\xE4\xBF\xA1 (5.1.1)")},
	{STR_INIT("=?x-none?Q?a=0Ab?="), STR_INIT("a b")},
};

static const struct split_row {
	struct str line;
	bool is_field;
	struct str name, value;
} split_rows[] = {
	{STR_INIT("Status: 5.1.1"), true, STR_INIT("Status"), STR_INIT("5.1.1")},
	{STR_INIT("Status:5.1.1 "), true, STR_INIT("Status"), STR_INIT("5.1.1")},
	{STR_INIT("Status  \t: x"), true, STR_INIT("Status"), STR_INIT("x")},
	{STR_INIT("Status:"), true, STR_INIT("Status"), STR_INIT("")},
	{STR_INIT("http://x"), true, STR_INIT("http"), STR_INIT("//x")},
	{STR_INIT("no colon"), false, STR_INIT(""), STR_INIT("")},
	{STR_INIT("two words: x"), false, STR_INIT(""), STR_INIT("")},
	{STR_INIT(": x"), false, STR_INIT(""), STR_INIT("")},
	{STR_INIT(" Status: x"), false, STR_INIT(""), STR_INIT("")},
	{STR_INIT(""), false, STR_INIT(""), STR_INIT("")},
	{STR_INIT("Status"), false, STR_INIT(""), STR_INIT("")},
	{STR_INIT("\xE7\x90\x86\xE7\x94\xB1: x"), false, STR_INIT(""), STR_INIT("")},
};
/* The same of a header that a blank line may have cut in two. */
static const struct parse_row cut_rows[] = {
	{"before the end", STR_INIT("Received: a\nFrom: b\n\nTo: c\nSubject: d\nX-Y: e\n\nbody"),
		STR_INIT("Received[a]From[b]To[c]Subject[d]X-Y[e]|body")},
	{"two blank lines", STR_INIT("From: b\n\n\nSubject: d\n\nbody"), STR_INIT("From[b]Subject[d]|body")},
	{"before the fields of MIME", STR_INIT("From: a\nSubject: b\nDate: c\n\nMIME-Version: 1.0\nContent-Type: text/plain\n\nbody"),
		STR_INIT("From[a]Subject[b]Date[c]MIME-Version[1.0]Content-Type[text/plain]|body")},
	{"a field that is there", STR_INIT("From: a\nTo: b\n\nTo: c\nSubject: d\n\nbody"), STR_INIT("From[a]To[b]|To: c\nSubject: d\n\nbody")},
	{"a header that has all it needs", STR_INIT("From: a\nSubject: b\nDate: c\n\nTo: d\n\nbody"), STR_INIT("From[a]Subject[b]Date[c]|To: d\n\nbody")},
	{"text that begins with a word", STR_INIT("From: a\n\nReason: b\n\nbody"), STR_INIT("From[a]|Reason: b\n\nbody")},
	{"the fields of a report", STR_INIT("From: a\n\nTo: b\nReporting-MTA: dns; c\n\nbody"), STR_INIT("From[a]|To: b\nReporting-MTA: dns; c\n\nbody")},
	{"text", STR_INIT("From: a\n\nbody"), STR_INIT("From[a]|body")},
	{"nothing", STR_INIT("From: a\n"), STR_INIT("From[a]|")},
};

/* clang-format on */

static void
test_parse(void)
{
	struct arena a;
	struct buf out;
	arena_init(&a, ARENA_LIMIT_BYTES);
	buf_init(&out, ARENA_LIMIT_BYTES);
	for (size_t i = 0; i < sizeof parse_rows / sizeof *parse_rows; i++) {
		buf_clear(&out);
		render(parse_rows[i].in, false, &a, &out);
		tap_is_str(buf_str(&out), parse_rows[i].want, "parse: %s", parse_rows[i].name);
	}
	for (size_t i = 0; i < sizeof cut_rows / sizeof *cut_rows; i++) {
		buf_clear(&out);
		render(cut_rows[i].in, true, &a, &out);
		tap_is_str(buf_str(&out), cut_rows[i].want, "go on: %s", cut_rows[i].name);
	}
	buf_fini(&out);
	arena_fini(&a);
}

static void
test_find(void)
{
	struct arena a;
	struct header h;
	const struct str in =
		STR("From me@x Mon\nReceived: 1\nSUBJECT: s\nreceived: 2\nEmpty:\n\nTo: no\n");
	arena_init(&a, ARENA_LIMIT_BYTES);
	tap_ok(header_parse(in, &a, &h), "find: a header");
	tap_is_str(h.from_line, STR("From me@x Mon"), "find: the mbox line");
	tap_is_str(header_find(&h, STR("RECEIVED")), STR("1"), "find: the first, in any case");
	tap_is_str(header_find(&h, STR("Subject")), STR("s"), "find: in any case");
	tap_is_str(header_find(&h, STR("Empty")), STR(""), "find: present and empty");
	tap_is_str(header_find(&h, STR("To")), STR_NONE, "find: the body has no fields");
	tap_is_str(header_find(&h, STR("Subj")), STR_NONE, "find: the whole name");
	tap_ok(header_has(&h, STR("empty")) && !header_has(&h, STR("Cc")), "find: has");
	arena_fini(&a);
}

static void
test_text(void)
{
	struct arena a;
	arena_init(&a, ARENA_LIMIT_BYTES);
	for (size_t i = 0; i < sizeof text_rows / sizeof *text_rows; i++)
		tap_is_str(header_text(text_rows[i].in, &a), text_rows[i].want, "text: %s",
			text_rows[i].in.ptr);
	tap_is_str(header_text(STR_NONE, &a), STR_NONE, "text: absent");
	arena_fini(&a);
}

static void
test_split(void)
{
	for (size_t i = 0; i < sizeof split_rows / sizeof *split_rows; i++) {
		const struct split_row *const row = &split_rows[i];
		struct str name = STR(""), value = STR("");
		tap_ok(field_split(row->line, &name, &value) == row->is_field, "split: '%s'",
			row->line.ptr);
		tap_is_str(name, row->name, "split: name of '%s'", row->line.ptr);
		tap_is_str(value, row->value, "split: value of '%s'", row->line.ptr);
	}
	tap_ok(field_continues(STR(" x")) && field_continues(STR("\tx")), "continues: blank, tab");
	tap_ok(!field_continues(STR("x")) && !field_continues(STR("")), "continues: nothing else");
}

/* Running out of memory is no crash, and sticky. */
static void
test_limit(void)
{
	struct arena a;
	struct header h;
	arena_init(&a, 16);
	tap_ok(!header_parse(STR("From: a\n\n"), &a, &h) && arena_failed(&a), "limit: refused");
	arena_fini(&a);
}

/* tools/gen-catalogue has header_key() once more. */
static void
test_marks(void)
{
	size_t rows = 0, marks = 0, wrong = 0;
	for (size_t i = 0; i < CATALOGUE_GENERATORS; i++)
		rows += catalogue_generators[i].where == WHERE_HEADER;
	for (const struct header_mark *m = catalogue_header_marks; m->row != HEADER_MARK_END;
		m++, marks++)
		wrong += catalogue_generators[m->row].where != WHERE_HEADER ||
			 header_key(catalogue_text(catalogue_generators[m->row].header)) != m->key;
	tap_ok(rows > 0 && marks == rows, "a key for each of %zu generators' header fields", rows);
	tap_ok(wrong == 0, "and each is that of the name");
	tap_ok(header_key(STR("X-mailer")) == header_key(STR("x-MAILER")), "keys have no case");
}

int
main(void)
{
	test_marks();
	test_parse();
	test_find();
	test_text();
	test_split();
	test_limit();
	return tap_done();
}
