#include "base/charset.h"
#include "base/decode.h"
#include "tap.h"

#include <stdlib.h>

#define ARENA_LIMIT_BYTES ((size_t)64 << 20)
#define BAD "\xEF\xBF\xBD"

typedef struct str decoder_fn(struct str in, struct arena *a);

struct row {
	struct str in, want;
};

#define ROW(in, want)                                                                              \
	{                                                                                          \
		STR_INIT(in), STR_INIT(want)                                                       \
	}

/* clang-format off */
static const struct row base64_rows[] = {
	ROW("", ""),
	ROW("Zm9v", "foo"),
	ROW("Zm9vYg==", "foob"),
	ROW("Zm9vYmE=", "fooba"),
	ROW("Zm9v\r\nYmFy\r\n", "foobar"),
	ROW("Zm!9*v", "foo"),
	ROW("Zm9vYg", "foob"),
	ROW("Zm9vY", "foo"),
	ROW("Z", ""),
	ROW("=", ""),
	ROW("====Zm9v", "foo"),
	ROW("Zg==Zm9v", "ffoo"),
	ROW("Zg==\n \n", "f"),
	ROW("AP8A/w==", "\0\xFF\0\xFF"),
	ROW("+/+/", "\xFB\xFF\xBF"),
	ROW("Zm9v\0YmFy\xFF", "foobar"),
};

static const struct row qp_rows[] = {
	ROW("", ""),
	ROW("plain", "plain"),
	ROW("Gr=F6=DFe", "Gr\xF6\xDF" "e"),
	ROW("=c3=b6", "\xC3\xB6"),
	ROW("one =\r\ntwo", "one two"),
	ROW("one=\ntwo=\rthree", "onetwothree"),
	ROW("one= \t \r\ntwo", "onetwo"),
	ROW("one=", "one"),
	ROW("one=  ", "one"),
	ROW("one=4", "one=4"),
	ROW("a=b c=3Dd =XY=4G", "a=b c=d =XY=4G"),
	ROW("1=  2", "1=  2"),
	ROW("==3D=", "=="),
	ROW("=00\0", "\0\0"),
	ROW("=0D=0A=\r\n", "\r\n"),
};

static const struct row words_rows[] = {
	ROW("", ""),
	ROW("plain", "plain"),
	ROW("=?iso-8859-1?Q?Gr=F6=DFe?=", "Größe"),
	ROW("=?UTF-8?b?R3LDtsOfZQ==?=", "Größe"),
	ROW("=?utf-8*en?Q?a?=", "a"),
	ROW("=?utf-8?Q?a_b=5Fc?=", "a b_c"),
	ROW("=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"),
	ROW("=?utf-8?Q?a?=\r\n =?iso-8859-1?Q?b?=\r\n\t=?utf-8?B?Yw==?=", "abc"),
	ROW("=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
	ROW("=?utf-8?Q?a?= b", "a b"),
	ROW("a =?utf-8?Q?b?= c =?utf-8?Q?d?=", "a b c d"),
	ROW("Re:  =?utf-8?Q?b?=", "Re:  b"),
	ROW("=?utf-8?Q?=C3?= =?utf-8?Q?=B6?=", "ö"),
	ROW("=?utf-8?B?ww==?= =?utf-8?Q?=B6?=", "ö"),
	ROW("=?utf-8?Q?=C3?= =?iso-8859-1?Q?=B6?=", BAD "¶"),
	ROW("=?iso-2022-jp?B?GyRCJCIbKEI=?= =?iso-2022-jp?B?GyRCJCQbKEI=?=", "あい"),
	ROW("=?utf-7?Q?Gr+APY?= =?utf-7?Q?A?=", "GröA"),
	ROW("\"=?utf-8?Q?a?=\" <a@b>", "\"a\" <a@b>"),
	ROW("=?utf-8?Q?a b c?= d", "a b c d"),
	ROW("=?utf-8?Q?a\r\n b?=", "a b"),
	ROW("=?utf-8?Q?a b", "a b"),
	ROW("=?utf-8?Q?a=C3=B6", "aö"),
	ROW("=?utf-8?Q?a=C3=B6?", "aö"),
	ROW("=?utf-8?B?R3LDtsOfZQ", "Größe"),
	ROW("=?utf-8?Q?a =?utf-8?Q?b?=", "ab"),
	ROW("=?utf-8?Q?a=?utf-8?Q?b?=", "ab"),
	ROW("=?utf-8?Q?why?\?= x", "why? x"),
	ROW("=?utf-8?Q?\?= x", " x"),
	ROW("=?utf-8?Q?=?=", "="),
	ROW("=?utf-8?Q?=4?= =?utf-8?Q?=XX?=", "=4=XX"),
	ROW("=?utf-8?X?a?=", "=?utf-8?X?a?="),
	ROW("=??Q?a?=", "=??Q?a?="),
	ROW("=?", "=?"),
	ROW("=?utf-8", "=?utf-8"),
	ROW("=?utf-8?Q", "=?utf-8?Q"),
	ROW("=?utf-8?Q?", ""),
	ROW("a=?=b", "a=?=b"),
	ROW("=?martian?Q?Gr=F6=DFe?=", "Größe"),
	ROW("=?utf-8?Q?Gr\xF6?=", "Gr" BAD),
	ROW("Gr\xF6\xDF" "e", "Größe"),
	ROW("Grö =?utf-8?Q?x?= Gr\xF6", "Grö x Grö"),
	ROW("\x1B$B$\"\x1B(B", "あ"),
	ROW("one\r\n two\n\tthree", "one two three"),
	ROW("one \r\n  two\r\n", "one two"),
	ROW("one\r\n two\r\n ", "one two"),
	ROW("one\rtwo", "one two"),
	ROW("\r\n", ""),
	ROW("=?utf-8?Q?a=0D=0ABcc:_x?=", "a  Bcc: x"),
	ROW("=?utf-8?Q?a=00?=", "a\0"),
};

static const struct row rfc2231_rows[] = {
	ROW("utf-8'en'Gr%C3%B6", "Grö"),
	ROW("iso-8859-1''Gr%F6", "Grö"),
	ROW("''Gr%F6", "Grö"),
	ROW("''Gr%C3%B6", "Grö"),
	ROW("Gr%C3%B6", "Grö"),
	ROW("it's", "it's"),
	ROW("utf-8''100%", "100%"),
	ROW("utf-8''%4", "%4"),
	ROW("utf-8''%zz%41", "%zzA"),
	ROW("utf-8''it's", "it's"),
	ROW("shift_jis'ja'%82%A0", "あ"),
	ROW("utf-8''", ""),
	ROW("", ""),
	ROW("utf-8''%F6%", BAD "%"),
};

static const struct row xtext_rows[] = {
	ROW("", ""),
	ROW("joe@example.org", "joe@example.org"),
	ROW("joe+2Bfax@example.org", "joe+fax@example.org"),
	ROW("joe+fax@example.org", "joe+fax@example.org"),
	ROW("joe+ad@example.org", "joe+ad@example.org"),
	ROW("joe+4", "joe+4"),
	ROW("+3D+3d+", "=+3d+"),
	ROW("\\x{F6}@b", "ö@b"),
	ROW("\\x{5C}\\x{1F600}", "\\😀"),
	ROW("\\x{10FFFF}", "\xF4\x8F\xBF\xBF"),
	ROW("\\x{110000}\\x{D800}\\x{}\\x{F6", "\\x{110000}\\x{D800}\\x{}\\x{F6"),
	ROW("\\x{00000F6}", "\\x{00000F6}"),
	ROW("\\x{G}+2B", "\\x{G}+"),
	ROW("+FF", "\xFF"),
};

static const struct row unitext_rows[] = {
	ROW("a+2B\\x{F6}", "a+2Bö"),
	ROW("a+2B", "a+2B"),
};

static const struct row html_rows[] = {
	ROW("", ""),
	ROW("plain", "plain"),
	ROW("  a \r\n\t b  ", "a b"),
	ROW("<p>one</p><p>two</p>", "one\n\ntwo"),
	ROW("one<br>two<br/><BR />three", "one\ntwo\n\nthree"),
	ROW("<div>one</div><div><br></div><div>two<br></div>three", "one\n\ntwo\nthree"),
	ROW("<h1>one</h1>two<ul><li>a<li>b</ul>c", "one\n\ntwo\na\nb\nc"),
	ROW("<table><tr><td>a</td><td>b</td></tr>\n<tr><td>c<th>d</table>", "a\tb\nc\td"),
	ROW("a<b>b</b>c <i> d </i> e", "abc d e"),
	ROW("a<script>if (a<b) x('</p>')</script>b", "ab"),
	ROW("a<STYLE type='x'>p > b {}</Style >b", "ab"),
	ROW("a<script>never ends", "a"),
	ROW("a<script></scrip></script>b", "ab"),
	ROW("a<!-- > <p> -->b<!---->c<!-->d<!doctype html>e<?xml version='1.0'?>f", "abcdef"),
	ROW("a<!-- never > ends", "a ends"),
	ROW("a<!-- never ends", "a"),
	ROW("a<!--[if mso]><p>x</p><![endif]-->b<![if !mso]>c<![endif]>", "abc"),
	ROW("<html><head><title>T</title><meta x><style>s</style>h</head><body>b", "T\nb"),
	ROW("<head><meta x>lost end<p>b</p>", "b"),
	ROW("<head><title>never ends<body>b", "never ends\nb"),
	ROW("<pre>a  b\n  c\r\n\r\nd</pre> e  f", "a  b\n  c\n\nd\ne f"),
	ROW("x<pre>\n  a</pre>", "x\n  a"),
	ROW("a &lt; b &amp;&amp; c &gt; d &quot;&apos;", "a < b && c > d \"'"),
	ROW("&euro;&eacute;&Eacute;&hellip;&thetasym;&zwnj;&alpha;&AElig;", "€éÉ…ϑ\xE2\x80\x8C" "αÆ"),
	ROW("&#65;&#x42;&#X43;&#8364;&#128;&#150;", "ABC€€–"),
	ROW("&#0;&#xD800;&#x110000;&#99999999999999999999;", BAD BAD BAD BAD),
	ROW("&#65 &#x &# & &; &nosuch; &amp", "A &#x &# & &; &nosuch; &"),
	ROW("?a=1&copy=2&copyx&copy;", "?a=1&copy=2&copyx©"),
	ROW("a&nbsp;b\xC2\xA0 c&#160;d", "a b c d"),
	ROW("a\xC2\xA9" "b&shy;c", "a©bc"),
	ROW("&lt;b&gt;", "<b>"),
	ROW("RCPT TO:<joe@example.org>: 550", "RCPT TO:<joe@example.org>: 550"),
	ROW("see <http://example.org/a> or <mailto:a@b>", "see <http://example.org/a> or <mailto:a@b>"),
	ROW("<o:p>x</o:p>", "x"),
	ROW("1 < 2 <3 <> </ >", "1 < 2 <3 <> </ >"),
	ROW("a<a href=\"x>y\">b</a>", "ab"),
	ROW("a<a href = 'x>y' title=it's>b</a>", "ab"),
	ROW("<a href=\"mailto:a@b\">Joe</a>", "Joe <a@b>"),
	ROW("<A HREF='MAILTO:a%2eb%40c%00%zz?subject=x'>Joe\n Doe</A>.", "Joe Doe <a.b@c%00%zz>."),
	ROW("<a href=mailto:a@b>a@b</a> <a href=\"mailto:c@d\"><img></a> x", "a@b x"),
	ROW("<a href=\"mailto:a@b\">Joe", "Joe"),
	ROW("<a href=\"http://c\">Joe</a></a>", "Joe"),
	ROW("a<p class=\"lost>b</p>c", "a\n\nb\n\nc"),
	ROW("a<p never ends", "a"),
	ROW("a<", "a<"),
	ROW("a<!", "a"),
	ROW("a</", "a</"),
	ROW("a\0b", "a\0b"),
	ROW("Gr\xF6\xDF" "e <b>x</b>", "Größe x"),
	ROW("&\xC2", "&Â"),
};
/* clang-format on */

static const struct suite {
	const char *name;
	decoder_fn *run;
	const struct row *rows;
	size_t count;
	bool is_utf8;   /* whatever comes in */
	size_t per_len; /* bytes out for each byte in, at the most */
} suites[] = {
#define SUITE(name, run, rows, is_utf8, per_len)                                                   \
	{                                                                                          \
		name, run, rows, sizeof rows / sizeof rows[0], is_utf8, per_len                    \
	}
	SUITE("base64", decode_base64, base64_rows, false, 1),
	SUITE("quoted-printable", decode_quoted_printable, qp_rows, false, 1),
	SUITE("words", decode_words, words_rows, true, 3),
	SUITE("rfc2231", decode_rfc2231, rfc2231_rows, true, 3),
	SUITE("xtext", decode_xtext, xtext_rows, false, 1),
	SUITE("unitext", decode_unitext, unitext_rows, false, 1),
	SUITE("html", decode_html, html_rows, true, 3),
#undef SUITE
};

/* A copy of exact size on the heap, so that one byte too far is seen. */
static char *
exact(struct str s)
{
	char *const copy = malloc(s.len > 0 ? s.len : 1);
	if (copy == NULL)
		exit(2);
	if (s.len > 0)
		memcpy(copy, s.ptr, s.len);
	return copy;
}

static void
test_rows(const struct suite *suite, struct arena *a)
{
	for (size_t i = 0; i < suite->count; i++) {
		arena_reset(a);
		const struct str row = suite->rows[i].in;
		char *const copy = exact(row);
		tap_is_str(suite->run((struct str){copy, row.len}, a), suite->rows[i].want,
			"%s: %.*s", suite->name, (int)row.len, row.ptr);
		free(copy);
	}
	tap_ok(!str_is_set(suite->run(STR_NONE, a)), "%s: absent stays absent", suite->name);
}

/* Every beginning of every row: mail is cut off anywhere. And random bytes. */
static bool
holds(const struct suite *suite, struct str in, struct arena *a)
{
	arena_reset(a);
	char *const copy = exact(in);
	const struct str out = suite->run((struct str){copy, in.len}, a);
	const bool is_good =
		str_is_set(out) && out.len <= in.len * suite->per_len &&
		(!suite->is_utf8 || utf8_valid(out)) &&
		(suite->run != decode_words || (str_find_char(out, '\n', 0) == STR_NPOS &&
						       str_find_char(out, '\r', 0) == STR_NPOS));
	free(copy);
	return is_good;
}

static void
test_properties(const struct suite *suite, struct arena *a)
{
	bool is_good = true;
	for (size_t i = 0; i < suite->count; i++)
		for (size_t len = 0; len <= suite->rows[i].in.len; len++)
			is_good = is_good && holds(suite, str_head(suite->rows[i].in, len), a);
	tap_ok(is_good, "%s: rows cut off anywhere", suite->name);

	static const char meaning[] =
		"=?utf-8?Q?=C3?= \r\n<p><pre></><!---->&lt;&#x4;%41\\x{+2B\"''";
	uint32_t seed = 1;
	is_good = true;
	for (int round = 0; round < 20000; round++) {
		char bytes[64];
		for (size_t i = 0; i < sizeof bytes; i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = seed >> 29 == 0 ? (char)(seed >> 16)
						   : meaning[(seed >> 8) % (sizeof meaning - 1)];
		}
		is_good = is_good && holds(suite, (struct str){bytes, seed >> 16 & 63}, a);
	}
	tap_ok(is_good, "%s: random bytes", suite->name);
}

static void
test_borrowing(struct arena *a)
{
	static const struct row plain[] = {ROW("a@b", "")};
	const struct str in = plain[0].in;
	tap_ok(decode_quoted_printable(in, a).ptr == in.ptr, "quoted-printable: borrowed");
	tap_ok(decode_words(in, a).ptr == in.ptr, "words: borrowed");
	tap_ok(decode_rfc2231(in, a).ptr == in.ptr, "rfc2231: borrowed");
	tap_ok(decode_xtext(in, a).ptr == in.ptr, "xtext: borrowed");
	const struct str no_word = STR("why=?because?no");
	tap_ok(decode_words(no_word, a).ptr == no_word.ptr, "words: borrowed, though it had =?");
}

static void
test_no_memory(void)
{
	for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
		struct arena a;
		arena_init(&a, 4);
		const struct str out = suites[i].run(STR("=?x?Q?=C3?= %41 \\x{41} <p>"), &a);
		tap_ok(!str_is_set(out) && arena_failed(&a), "%s: no memory", suites[i].name);
		arena_fini(&a);
	}
}

/* A megabyte of what could cost its square: each of these takes milliseconds, or else minutes. */
static void
test_linear(struct arena *a)
{
	static const struct str pieces[] = {STR_INIT("=?a?q?"), STR_INIT("=?a?q?b "),
		STR_INIT("=? "), STR_INIT("=?a?b?===?="), STR_INIT("= "), STR_INIT("=  \t"),
		STR_INIT("<!--"), STR_INIT("<a x=\""), STR_INIT("<a x='>"), STR_INIT("<script>"),
		STR_INIT("<script></"), STR_INIT("<pre>\n"), STR_INIT("<"), STR_INIT("</"),
		STR_INIT("<!"), STR_INIT("&"), STR_INIT("&#1"), STR_INIT("<br>"), STR_INIT("<p"),
		STR_INIT("\r\n"), STR_INIT("%"), STR_INIT("\\x{"), STR_INIT("\x1B$")};
	const size_t len = (size_t)1 << 20;
	char *const text = malloc(len);
	if (text == NULL)
		exit(2);
	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		for (size_t at = 0; at < len; at++)
			text[at] = pieces[i].ptr[at % pieces[i].len];
		bool is_good = true;
		for (size_t k = 0; k < sizeof suites / sizeof suites[0]; k++)
			is_good = is_good && holds(&suites[k], (struct str){text, len}, a);
		tap_ok(is_good, "a megabyte of %.*s", (int)pieces[i].len, pieces[i].ptr);
	}
	free(text);
}

int
main(void)
{
	struct arena a;
	arena_init(&a, ARENA_LIMIT_BYTES);
	for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
		test_rows(&suites[i], &a);
		test_properties(&suites[i], &a);
	}
	test_borrowing(&a);
	test_no_memory();
	test_linear(&a);
	arena_fini(&a);
	return tap_done();
}
