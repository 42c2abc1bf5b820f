#include "../fuzz/sinks.h"
#include "base/buf.h"
#include "base/charset.h"
#include "tap.h"
#include "web/html.h"

typedef void writer(struct out *out, struct str text);

/* clang-format off */
static const struct row {
	const char *name;
	struct str in, text, lines, component;
} rows[] = {
	{"nothing", STR_INIT(""), STR_INIT(""), STR_INIT(""), STR_INIT("")},
	{"plain", STR_INIT("a-b.c_d~9"), STR_INIT("a-b.c_d~9"), STR_INIT("a-b.c_d~9"), STR_INIT("a-b.c_d~9")},
	{"an element", STR_INIT("<script>x</script>"), STR_INIT("&lt;script&gt;x&lt;/script&gt;"),
		STR_INIT("&lt;script&gt;x&lt;/script&gt;"), STR_INIT("%3Cscript%3Ex%3C%2Fscript%3E")},
	{"the end of an attribute", STR_INIT("\" onclick='x'"), STR_INIT("&quot; onclick=&#39;x&#39;"),
		STR_INIT("&quot; onclick=&#39;x&#39;"), STR_INIT("%22%20onclick%3D%27x%27")},
	{"a reference", STR_INIT("&lt;&#60;"), STR_INIT("&amp;lt;&amp;#60;"), STR_INIT("&amp;lt;&amp;#60;"),
		STR_INIT("%26lt%3B%26%2360%3B")},
	{"line ends and tabs", STR_INIT("a\r\nb\nc\rd\te"), STR_INIT("a  b c d e"), STR_INIT("a\nb\nc\nd\te"),
		STR_INIT("a%0D%0Ab%0Ac%0Dd%09e")},
	{"controls", STR_INIT("a\0b\033[1mc\177"), STR_INIT("ab[1mc"),
		STR_INIT("a\xE2\x90\x80" "b\xE2\x90\x9B" "[1mc\xE2\x90\xA1"), STR_INIT("a%00b%1B%5B1mc%7F")},
	{"a C1 control", STR_INIT("a\xC2\x9B" "b"), STR_INIT("ab"), STR_INIT("ab"), STR_INIT("a%C2%9Bb")},
	{"what reorders or hides", STR_INIT("a\xE2\x80\xAE" "b\xE2\x80\x8B" "c\xEF\xBB\xBF"), STR_INIT("abc"), STR_INIT("abc"),
		STR_INIT("a%E2%80%AEb%E2%80%8Bc%EF%BB%BF")},
	{"other letters", STR_INIT("\xC3\xA4\xE6\x97\xA5\xF0\x9F\x92\x8C"), STR_INIT("\xC3\xA4\xE6\x97\xA5\xF0\x9F\x92\x8C"),
		STR_INIT("\xC3\xA4\xE6\x97\xA5\xF0\x9F\x92\x8C"), STR_INIT("%C3%A4%E6%97%A5%F0%9F%92%8C")},
	{"no UTF-8: Latin-1, overlong, a surrogate, cut off", STR_INIT("\xE4<\xC0\xBC\xED\xA0\x80\xE6\x97"),
		STR_INIT("\xEF\xBF\xBD&lt;\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"),
		STR_INIT("\xEF\xBF\xBD&lt;\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"),
		STR_INIT("%E4%3C%C0%BC%ED%A0%80%E6%97")},
};
/* clang-format on */

static struct str
written(writer *write, struct str in, struct buf *b)
{
	struct out out;
	buf_clear(b);
	out_init(&out, to_buf, b);
	write(&out, in);
	(void)out_finish(&out);
	return b->len == 0 ? STR("") : buf_str(b);
}

/* Every byte, and every pair with one that matters: never markup, never broken UTF-8. */
static void
test_all_pairs(struct buf *b)
{
	static writer *const writers[] = {html_text, html_lines, html_component};
	unsigned bad = 0;
	for (unsigned n = 0; n < 65536; n++)
		for (size_t w = 0; w < 3; w++) {
			const char pair[] = {(char)(n >> 8), (char)(n & 255)};
			const struct str got = written(writers[w], (struct str){pair, 2}, b);
			if (str_find_char(got, '<', 0) != STR_NPOS ||
				str_find_char(got, '>', 0) != STR_NPOS ||
				str_find_char(got, '"', 0) != STR_NPOS ||
				str_find_char(got, '\'', 0) != STR_NPOS ||
				str_find_char(got, '\0', 0) != STR_NPOS || !utf8_valid(got))
				bad++;
		}
	tap_is_int(bad, 0u, "any two bytes are text");
}

int
main(void)
{
	struct buf b;
	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		tap_is_str(
			written(html_text, rows[i].in, &b), rows[i].text, "text: %s", rows[i].name);
		tap_is_str(written(html_lines, rows[i].in, &b), rows[i].lines, "lines: %s",
			rows[i].name);
		tap_is_str(written(html_component, rows[i].in, &b), rows[i].component,
			"component: %s", rows[i].name);
	}
	test_all_pairs(&b);
	buf_fini(&b);
	return tap_done();
}
