#include "base/str.h"
#include "tap.h"

#include <stdlib.h>
#include <time.h>

/* A copy of exactly that size, so that a sanitizer sees one byte too far. */
static struct str
exact(struct str s)
{
	char *const copy = malloc(s.len > 0 ? s.len : 1);
	if (copy == NULL)
		abort();
	if (s.len > 0)
		memcpy(copy, s.ptr, s.len);
	return (struct str){copy, s.len};
}

static void
give_back(struct str s)
{
	union {
		const char *was;
		char *is;
	} p = {s.ptr};
	free(p.is);
}

static void
test_absent(void)
{
	struct str none = STR_NONE;
	tap_ok(!str_is_set(none), "absent is not set");
	tap_ok(str_is_set(STR("")), "empty is set");
	tap_ok(str_eq(none, STR("")), "absent equals empty in bytes");
	tap_ok(!str_is_set(str_of(NULL)), "str_of(NULL) is absent");
	tap_is_str(str_from(none, 0), STR_NONE, "from 0 of absent");
	tap_is_str(str_from(none, 9), STR_NONE, "from 9 of absent");
	tap_is_str(str_head(none, 9), STR_NONE, "head of absent");
	tap_is_str(str_trim(none), STR_NONE, "trim of absent");
	tap_ok(!str_is_set(str_word(&none)), "word of absent");
	tap_ok(!str_is_set(str_cut(&none, ',')), "cut of absent");
	tap_ok(str_starts(none, none) && str_starts_case(none, none), "absent starts with absent");
	tap_is_int(str_find(none, STR("a"), 0), STR_NPOS, "find in absent");
	tap_is_int(str_find_char(none, 'a', 0), STR_NPOS, "find_char in absent");
	tap_is_int(str_number(none, 9), -1, "number of absent");
	struct str line;
	tap_ok(!str_line(&none, &line), "no line in absent");
}

static void
test_slices(void)
{
	const struct str s = STR("abcdef");
	tap_is_str(str_from(s, 0), STR("abcdef"), "from 0");
	tap_is_str(str_from(s, 5), STR("f"), "from len - 1");
	tap_is_str(str_from(s, 6), STR(""), "from len");
	tap_is_str(str_from(s, 7), STR(""), "from len + 1");
	tap_is_str(str_head(s, 0), STR(""), "head 0");
	tap_is_str(str_head(s, 6), STR("abcdef"), "head len");
	tap_is_str(str_head(s, 7), STR("abcdef"), "head len + 1");
	tap_is_str(str_between(s.ptr + 1, s.ptr + 3), STR("bc"), "between");
	tap_is_str(str_between(s.ptr + 3, s.ptr + 1), STR(""), "between, the wrong way round");
	tap_ok(str_is_within(str_from(s, 2), s), "a tail is within");
	tap_ok(str_is_within(str_from(s, 6), s), "the empty end is within");
	tap_ok(!str_is_within(s, str_from(s, 1)), "the whole is not within its tail");
	tap_ok(str_is_blank(STR_NONE) && str_is_blank(STR("")) && str_is_blank(STR(" \t\r\n\v\f")),
		"blank");
	tap_ok(!str_is_blank(STR("  a ")) && !str_is_blank(STR("a")) && !str_is_blank(STR("\0")) &&
			!str_is_blank(STR(" \xA0")),
		"not blank");
}

static void
test_case(void)
{
	static const struct {
		const char *a, *b;
		bool eq, starts, ends;
	} rows[] = {
		{"Abc", "aBC", true, true, true}, {"abcd", "ABC", false, true, false},
		{"dabc", "ABC", false, false, true}, {"ab", "abc", false, false, false},
		{"abc", "", false, true, true}, {"", "", true, true, true},
		{"@[`{", "`{@[", false, false,
			false}, /* the neighbours of the letters do not fold */
		{"\xC4", "\xE4", false, false, false}, /* nor does anything that is not ASCII */
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct str a = str_of(rows[i].a), b = str_of(rows[i].b);
		tap_ok(str_eq_case(a, b) == rows[i].eq, "\"%s\" eq_case \"%s\"", rows[i].a,
			rows[i].b);
		tap_ok(str_starts_case(a, b) == rows[i].starts, "\"%s\" starts_case \"%s\"",
			rows[i].a, rows[i].b);
		tap_ok(str_ends_case(a, b) == rows[i].ends, "\"%s\" ends_case \"%s\"", rows[i].a,
			rows[i].b);
	}
}

/* Any byte beside any other, at any place of texts of any length: they are the same when both are
 * small letters of one letter, or equal. */
static void
test_case_of_bytes(void)
{
	unsigned wrong = 0;
	for (size_t len = 1; len <= 20; len++)
		for (size_t at = 0; at < len; at++)
			for (unsigned c = 0; c < 256; c++) {
				static const unsigned others[] = {0, 0x20, 0x60, 0xA0, 0x01};
				for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
					char a[] = "Abcdefghijklmnopqrst",
					     b[] = "aBcDefghIJklmnopqRST";
					a[at] = (char)c;
					b[at] = (char)(c ^ others[k]);
					const bool want = ascii_lower((int)c) ==
							  ascii_lower((int)(c ^ others[k]));
					wrong += str_same_case(a, b, len) != want;
					memcpy(b, a, sizeof b);
					b[at] = (char)(c ^ others[k]);
					wrong += str_same_bytes(a, b, len) != (others[k] == 0);
				}
			}
	tap_is_int(wrong, 0, "each byte beside another, with its case and without");
}

static void
test_find(void)
{
	static const struct {
		const char *name, *text, *needle;
		size_t from, want, want_case;
	} rows[] = {
		{"at the start", "abc", "ab", 0, 0, 0},
		{"at the end", "abc", "bc", 0, 1, 1},
		{"the whole", "abc", "abc", 0, 0, 0},
		{"too long", "abc", "abcd", 0, STR_NPOS, STR_NPOS},
		{"empty needle", "abc", "", 2, 2, 2},
		{"empty at the end", "abc", "", 3, 3, 3},
		{"empty past the end", "abc", "", 4, STR_NPOS, STR_NPOS},
		{"from past the first", "abab", "ab", 1, 2, 2},
		{"from past the last", "abab", "ab", 3, STR_NPOS, STR_NPOS},
		{"other case", "xABx", "ab", 0, STR_NPOS, 1},
		{"case, later lower", "ABab", "ab", 0, 2, 0},
		{"case, later upper", "abAB", "AB", 0, 2, 0},
		{"false starts", "aAaAaAb", "aab", 0, STR_NPOS, 4},
		{"no letter first", "a-B", "-b", 0, STR_NPOS, 1},
		{"last byte", "aaaB", "b", 0, STR_NPOS, 3},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct str text = exact(str_of(rows[i].text));
		const struct str needle = exact(str_of(rows[i].needle));
		tap_is_int(str_find(text, needle, rows[i].from), rows[i].want, "find %s",
			rows[i].name);
		tap_is_int(str_find_case(text, needle, rows[i].from), rows[i].want_case,
			"find_case %s", rows[i].name);
		give_back(text);
		give_back(needle);
	}
	tap_is_int(str_find(STR("a\0b"), STR("\0b"), 0), 1, "find over a NUL");
	/* At any place of a text of any length, which ends with its memory. */
	unsigned wrong = 0;
	for (size_t len = 3; len <= 40; len++)
		for (size_t at = 0; at + 3 <= len; at++) {
			char bytes[41] = {0};
			memset(bytes, 'a', len);
			memcpy(bytes + at, "\0x\0", 3);
			const struct str text = exact((struct str){bytes, len});
			wrong += str_find(text, STR("\0x\0"), 0) != at;
			wrong += str_find(text, STR("x\0\0"), 0) != STR_NPOS;
			give_back(text);
		}
	tap_is_int(wrong, 0, "find at any place");
	tap_is_int(str_find_char(STR("abab"), 'b', 2), 3, "find_char from");
	tap_is_int(str_find_char(STR("abab"), 'b', 4), STR_NPOS, "find_char from the end");
	tap_is_int(str_find_last(STR("abab"), 'a'), 2, "find_last");
	tap_is_int(str_find_last(STR("abab"), 'c'), STR_NPOS, "find_last of what is not there");
	tap_is_int(str_find_last(STR_NONE, 'a'), STR_NPOS, "find_last in absent");
	tap_ok(str_has(STR("abc"), STR("c")) && !str_has(STR("abc"), STR("C")), "has");
	tap_ok(str_has_case(STR("abc"), STR("C")), "has_case");
}

static void
test_trim(void)
{
	tap_is_str(str_trim(STR(" \t\r\n\v\fa b \n")), STR("a b"), "trim");
	tap_is_str(str_trim(STR(" \t ")), STR(""), "trim of blanks is present and empty");
	tap_is_str(str_trim_end(STR(" a ")), STR(" a"), "trim_end");
	tap_is_str(str_trim(STR("\0 ")), STR("\0"), "a NUL is not a blank");
	tap_is_str(str_unwrap(STR("<a>"), '<', '>'), STR("a"), "unwrap");
	tap_is_str(str_unwrap(STR("<>"), '<', '>'), STR(""), "unwrap to nothing");
	tap_is_str(str_unwrap(STR("<"), '<', '<'), STR("<"), "one byte is not both ends");
	tap_is_str(str_unwrap(STR("<<a>>"), '<', '>'), STR("<a>"), "unwrap once");
	tap_is_str(str_unwrap(STR("<a"), '<', '>'), STR("<a"), "unwrap needs both");
}

static void
test_cut(void)
{
	struct str rest = STR("a,,b"), got;
	got = str_cut(&rest, ',');
	tap_is_str(got, STR("a"), "cut 1");
	got = str_cut(&rest, ',');
	tap_is_str(got, STR(""), "cut 2 is empty");
	got = str_cut(&rest, ',');
	tap_is_str(got, STR("b"), "cut 3 is the rest");
	tap_ok(!str_is_set(rest), "the rest is absent then");
	rest = STR("a,");
	got = str_cut(&rest, ',');
	tap_is_str(got, STR("a"), "cut before the last");
	tap_is_str(rest, STR(""), "what is behind the last delimiter is present and empty");
	rest = STR("  one\ttwo ");
	got = str_word(&rest);
	tap_is_str(got, STR("one"), "word 1");
	got = str_word(&rest);
	tap_is_str(got, STR("two"), "word 2");
	got = str_word(&rest);
	tap_is_str(got, STR(""), "no word 3");
}

/* The lines joined with '|', each closed by one. */
static struct str
lines_of(struct str text, char *out)
{
	size_t n = 0;
	struct str line;
	while (str_line(&text, &line)) {
		if (line.len > 0)
			memcpy(out + n, line.ptr, line.len);
		n += line.len;
		out[n++] = '|';
	}
	return (struct str){out, n};
}

static void
test_lines(void)
{
	static const struct {
		const char *name, *text, *want;
	} rows[] = {
		{"none", "", ""},
		{"no end", "a", "a|"},
		{"LF", "a\nb\n", "a|b|"},
		{"CRLF", "a\r\nb\r\n", "a|b|"},
		{"CR", "a\rb\r", "a|b|"},
		{"empty lines LF", "\n\n", "||"},
		{"empty lines CR", "\r\r", "||"},
		{"empty lines CRLF", "\r\n\r\n", "||"},
		{"CR CR LF", "a\r\r\nb", "a||b|"},
		{"LF CR", "a\n\rb", "a||b|"},
		{"CR at the very end", "a\nb\r", "a|b|"},
		{"mixed", "a\rb\nc\r\nd", "a|b|c|d|"},
		{"CRLF, then CR before LF", "a\r\nb\rc\nd", "a|b|c|d|"},
	};
	char out[1024];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct str text = exact(str_of(rows[i].text));
		tap_is_str(lines_of(text, out), str_of(rows[i].want), "lines: %s", rows[i].name);
		give_back(text);
	}
	/* Around the size of the window in which str_line looks. */
	for (size_t len = 120; len <= 260; len++) {
		char text[300];
		memset(text, 'x', sizeof text);
		static const char *const ends[] = {"\n", "\r\n", "\r"};
		for (size_t e = 0; e < 3; e++) {
			struct str rest = {text, len + strlen(ends[e]) + 1}, line = STR_NONE, copy;
			memcpy(text + len, ends[e], strlen(ends[e]));
			copy = rest = exact(rest);
			const bool ok = str_line(&rest, &line) && line.len == len &&
					rest.len == 1 && rest.ptr[0] == 'x';
			if (!ok)
				tap_ok(ok, "a line of %zu bytes, end %zu", len, e);
			give_back(copy);
			text[len] = 'x';
			text[len + 1] = 'x';
		}
	}
	tap_ok(true, "lines of 120..260 bytes");
}

/* A text of one kind of line end only must not cost the square of its size. */
static void
test_many_lines(char c)
{
	const size_t size = 4 * 1000 * 1000;
	char *const text = malloc(size);
	if (text == NULL)
		abort();
	memset(text, c, size);
	struct str rest = {text, size}, line;
	size_t n = 0;
	const clock_t begin = clock();
	while (str_line(&rest, &line))
		n++;
	const double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
	tap_ok(n == size && seconds < 5, "4 million lines that end in %02x", (unsigned)c);
	free(text);
}

static void
test_numbers(void)
{
	static const struct {
		const char *text;
		int64_t max, want;
	} rows[] = {
		{"0", 9, 0},
		{"007x", 9, 7},
		{"550 x", 999, 550},
		{"99", 99, 99},
		{"100", 99, -1},
		{"5", 4, -1},
		{"", 9, -1},
		{"x1", 9, -1},
		{"-1", 9, -1},
		{"9223372036854775807", INT64_MAX, INT64_MAX},
		{"9223372036854775808", INT64_MAX, -1},
		{"99999999999999999999", INT64_MAX, -1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		tap_is_int(str_number(str_of(rows[i].text), rows[i].max), rows[i].want,
			"number \"%s\"", rows[i].text);
}

int
main(void)
{
	test_absent();
	test_slices();
	test_case();
	test_case_of_bytes();
	test_find();
	test_trim();
	test_cut();
	test_lines();
	test_many_lines('\r');
	test_many_lines('\n');
	test_numbers();
	return tap_done();
}
