#include "../fuzz/sinks.h"
#include "base/buf.h"
#include "explain/page.h"
#include "tap.h"

#define JA "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E" /* three characters, six columns */
#define JA_HEAD "\xE6\x97\xA5\xE6\x9C\xAC"        /* the first two of them */
#define JA_LAST "\xE8\xAA\x9E"                    /* the last */
#define KUTEN "\xE3\x80\x82"
#define OPEN "\xE3\x80\x8C"
#define CLOSE "\xE3\x80\x8D"

/* clang-format off */
static const struct row {
	const char *name;
	unsigned columns, indent;
	struct str lead, in, want;
} rows[] = {
	{"no wrapping", 0, 0, STR_INIT(""), STR_INIT("one two three four five six seven eight nine ten"),
		STR_INIT("one two three four five six seven eight nine ten\n")},
	{"at blanks", 30, 0, STR_INIT(""), STR_INIT("one two three four five six seven eight"),
		STR_INIT("one two three four five six\nseven eight\n")},
	{"a word that just fits", 30, 0, STR_INIT(""), STR_INIT("12345678901234567890 123456789 x"),
		STR_INIT("12345678901234567890 123456789\nx\n")},
	{"indented", 34, 4, STR_INIT(""), STR_INIT("12345678901234567890 123456789 x"),
		STR_INIT("    12345678901234567890 123456789\n    x\n")},
	{"a list item hangs", 34, 4, STR_INIT("- "), STR_INIT("12345678901234567890 123456789 x"),
		STR_INIT("  - 12345678901234567890 123456789\n    x\n")},
	{"a word longer than the line", 30, 0, STR_INIT(""), STR_INIT("a123456789012345678901234567890b c"),
		STR_INIT("a12345678901234567890123456789\n0b c\n")},
	{"wide characters take two columns and break anywhere", 30, 0, STR_INIT(""),
		STR_INIT(JA JA JA JA JA JA), STR_INIT(JA JA JA JA JA "\n" JA "\n")},
	{"no mark begins a line", 30, 0, STR_INIT(""), STR_INIT(JA JA JA JA JA KUTEN JA),
		STR_INIT(JA JA JA JA JA_HEAD "\n" JA_LAST KUTEN JA "\n")},
	{"nor do several", 30, 0, STR_INIT(""), STR_INIT(JA JA JA JA JA CLOSE KUTEN "x"),
		STR_INIT(JA JA JA JA JA_HEAD "\n" JA_LAST CLOSE KUTEN "x\n")},
	{"nor a small letter, nor a long vowel", 30, 0, STR_INIT(""), STR_INIT(JA JA JA JA "\xE3\x81\xB2\xE3\x83\xA1\xE3\x83\xBC\xE3\x83\xAB\xE3\x81\xA3"),
		STR_INIT(JA JA JA JA "\xE3\x81\xB2\xE3\x83\xA1\xE3\x83\xBC\n\xE3\x83\xAB\xE3\x81\xA3\n")},
	{"no bracket ends one", 30, 0, STR_INIT(""), STR_INIT(JA JA JA JA JA_HEAD OPEN JA CLOSE),
		STR_INIT(JA JA JA JA JA_HEAD "\n" OPEN JA CLOSE "\n")},
	{"a word beside them may move", 30, 0, STR_INIT(""), STR_INIT(JA JA JA JA "postmaster@b.example" JA),
		STR_INIT(JA JA JA JA "\npostmaster@b.example" JA "\n")},
	{"but not its comma", 30, 0, STR_INIT(""), STR_INIT(JA JA JA JA JA ", a"),
		STR_INIT(JA JA JA JA JA_HEAD "\n" JA_LAST ", a\n")},
	{"combining marks take none", 30, 0, STR_INIT(""),
		STR_INIT("123456789012345678901234567e\xCC\x81 x y"), STR_INIT("123456789012345678901234567e\xCC\x81 x\ny\n")},
	{"empty", 30, 2, STR_INIT(""), STR_INIT(""), STR_INIT("  \n")},
	{"control characters are gone", 0, 0, STR_INIT(""), STR_INIT("a\x1B[31mb\x07\x08\x7F" "c\0d"), STR_INIT("a[31mbcd\n")},
	{"C1 controls are gone", 0, 0, STR_INIT(""), STR_INIT("a\xC2\x9B" "31m\xC2\x85" "b"), STR_INIT("a31mb\n")},
	{"what reorders text is gone", 0, 0, STR_INIT(""),
		STR_INIT("a\xE2\x80\xAE" "b\xE2\x81\xA6" "c\xE2\x80\x8F\xE2\x80\x8B\xEF\xBB\xBF" "d\xD8\x9C" "e"), STR_INIT("abcde\n")},
	{"line ends and tabs are blanks", 0, 0, STR_INIT(""), STR_INIT("a\nb\tc\rd"), STR_INIT("a b c d\n")},
	{"what is no UTF-8", 0, 0, STR_INIT(""), STR_INIT("a\xFF" "b"), STR_INIT("a\xEF\xBF\xBD" "b\n")},
	{"umlauts stay", 0, 0, STR_INIT(""), STR_INIT("\xC3\xA4\xC2\xA0\xC3\xB1"), STR_INIT("\xC3\xA4\xC2\xA0\xC3\xB1\n")},
};

static const struct width_row {
	const char *text;
	unsigned want;
} width_rows[] = {
	{"", 0}, {"abc", 3}, {"\xC3\xA4\xC3\xB6", 2}, {JA, 6}, {"\xEA\xB0\x80", 2}, {"\xEF\xBC\xA1", 2}, {"\xEF\xBD\xB1", 1},
	{"e\xCC\x81", 1}, {"\xF0\x9F\x92\xA9", 2}, {"\xF0\xA0\x80\x80", 2}, {"\x1B[0m", 3}, {"\xE2\x80\x8B", 0}, {"\xD0\x96", 1},
	{"\xE0\xB8\x81", 1},
};
/* clang-format on */

static void
test_text(struct buf *b)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct out out;
		struct page p = {&out, rows[i].columns, false};
		buf_clear(b);
		out_init(&out, to_buf, b);
		page_text(&p, rows[i].indent, rows[i].lead, rows[i].in, PAINT_BAD);
		tap_ok(out_finish(&out), "text: %s: written", rows[i].name);
		tap_is_str(buf_str(b), rows[i].want, "text: %s", rows[i].name);
	}
}

static void
test_colour(struct buf *b)
{
	struct out out;
	struct page p = {&out, 0, true};
	buf_clear(b);
	out_init(&out, to_buf, b);
	page_line(&p, STR("bad\x1B[5m"), PAINT_BAD);
	page_line(&p, STR("plain"), PAINT_PLAIN);
	tap_ok(out_finish(&out), "colour: written");
	tap_is_str(buf_str(b), STR("\x1B[31mbad[5m\x1B[0m\nplain\n"), "colour: ours, not theirs");
}

static void
test_fact(struct buf *b)
{
	struct out out;
	struct page p = {&out, 40, false};
	buf_clear(b);
	out_init(&out, to_buf, b);
	page_fact(&p, STR("name"), 8, STR("value"));
	page_fact(&p, STR("absent"), 8, STR_NONE);
	page_fact(&p, STR(JA), 8, STR("wide"));
	page_fact(&p, STR("long"), 8, STR("one two three four five six seven"));
	page_blank(&p);
	tap_ok(out_finish(&out), "fact: written");
	tap_is_str(buf_str(b),
		STR("  name      value\n"
		    "  " JA "    wide\n"
		    "  long      one two three four five six\n"
		    "            seven\n\n"),
		"fact: in columns");
}

int
main(void)
{
	struct buf b;
	buf_init(&b, 65536);
	test_text(&b);
	test_colour(&b);
	test_fact(&b);
	for (size_t i = 0; i < sizeof width_rows / sizeof *width_rows; i++)
		tap_is_int(text_columns(str_of(width_rows[i].text)), width_rows[i].want,
			"columns: %s", width_rows[i].text);
	buf_fini(&b);
	return tap_done();
}
