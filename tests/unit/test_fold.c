#include "base/fold.h"
#include "tap.h"

#include <stdlib.h>

/*
 * What the folding of every character up to U+FFFF comes to: tests/tools/test_gen_catalogue.py
 * reads this number and has tools/gen-catalogue come to the same.
 */
#define FOLD_SUM 808049183U

static uint32_t random_state = 1;

static unsigned
random_below(unsigned n)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 16) % n;
}

/* Folds a copy of exactly the right size into room of exactly the right size. */
static struct str
folded(struct str raw, char **out)
{
	char *const copy = malloc(raw.len > 0 ? raw.len : 1);
	*out = malloc(raw.len > 0 ? raw.len : 1);
	if (copy == NULL || *out == NULL)
		abort();
	if (raw.len > 0)
		memcpy(copy, raw.ptr, raw.len);
	const size_t len = fold_text((struct str){copy, raw.len}, *out);
	free(copy);
	return (struct str){*out, len};
}

static void
test_rows(void)
{
	/* These rows are too wide to be aligned. */
	/* clang-format off */
	static const struct {
		const char *name;
		struct str raw, want;
	} rows[] = {
		{"nothing", STR_INIT(""), STR_INIT("")},
		{"only blanks", STR_INIT(" \t\r\n\v\f "), STR_INIT("")},
		{"capitals", STR_INIT("ABCXYZabcxyz"), STR_INIT("abcxyzabcxyz")},
		{"the neighbours of letters", STR_INIT("@[`{/:09~\x7F!"), STR_INIT("@[`{/:09~\x7F!")},
		{"blanks at the ends", STR_INIT("  a b  "), STR_INIT("a b")},
		{"runs of blanks", STR_INIT("User \r\n\t unknown"), STR_INIT("user unknown")},
		{"a blank at the border of eight", STR_INIT("1234567  9"), STR_INIT("1234567 9")},
		{"a blank before the border", STR_INIT("123456  8 0"), STR_INIT("123456 8 0")},
		{"a blank after the border", STR_INIT("12345678  0"), STR_INIT("12345678 0")},
		{"a NUL and control bytes", STR_INIT("A\0B\x01\x1F"), STR_INIT("a\0b\x01\x1F")},
		{"Latin-1", STR_INIT("ÀÖØÞ×ß÷ÿ Ünbekannt É"), STR_INIT("aooth×ss÷y unbekannt e")},
		{"Latin Extended-A", STR_INIT("ĀĶĹŇŊŶŸŹŽ ĸ ŉ ſ ăłő"), STR_INIT("aklnnyyzz k n s alo")},
		{"Turkish", STR_INIT("İstanbul ISPARTA ı"), STR_INIT("istanbul isparta i")},
		{"Greek", STR_INIT("Ο ΧΡΉΣΤΗΣ χρήστης ΆΈΉΊΌΎΏ ΪΫ"), STR_INIT("ο χρηστησ χρηστησ αεηιουω ιυ")},
		{"Cyrillic", STR_INIT("ЯЩИК ПЕРЕПОЛНЕН Ёж Њ Ґ Ѡ Ӂ Ӏ ӿ"), STR_INIT("ящик переполнен еж њ ґ ѡ ӂ ӏ ӿ")},
		{"letters that are two", STR_INIT("Æra Œuvre Straße Þing ĳ"), STR_INIT("aera oeuvre strasse thing ij")},
		{"Romanian, Vietnamese", STR_INIT("căsuța Ș Hộp thư đã đầy ẞ"), STR_INIT("casuta s hop thu da day ss")},
		{"marks behind their letters", STR_INIT("e\u0301te\u0301 \u0438\u0306"), STR_INIT("ete \u0438")},
		{"letters that stay", STR_INIT("Ɓ ƿ Ʃ ɐ"), STR_INIT("Ɓ ƿ Ʃ ɐ")},
		{"scripts without case", STR_INIT("用户不存在 メール 존재하지 عنوان"), STR_INIT("用户不存在 メール 존재하지 عنوان")},
		{"beyond 16 bits", STR_INIT("a😀B𝐀"), STR_INIT("a😀b𝐀")},
		{"kinds of blank", STR_INIT("a\u00A0b\u2003c\u202Fd\u3000e\u2028f\u2007"), STR_INIT("a b c d e f")},
		{"blanks of several kinds", STR_INIT("a \u00A0\t\u3000 b"), STR_INIT("a b")},
		{"a wide blank first", STR_INIT("\u3000a"), STR_INIT("a")},
		{"quotes", STR_INIT("‘a’ ‚b‛ “c” „d‟ «e»"), STR_INIT("'a' 'b' \"c\" \"d\" «e»")},
		{"dashes", STR_INIT("a‐b‑c‒d–e—f―g−h"), STR_INIT("a-b-c-d-e-f-g-h")},
		{"what vanishes", STR_INIT("mail\u00ADbox\u200B \u200C\u200D\uFEFF full"), STR_INIT("mailbox full")},
		{"only what vanishes", STR_INIT("\uFEFF\u200B"), STR_INIT("")},
		{"a byte-order mark", STR_INIT("\uFEFFSubject"), STR_INIT("subject")},
		{"vanishes at the end", STR_INIT("a \u200B"), STR_INIT("a")},
		{"ISO-8859-1", STR_INIT("Gr\xFC\xDF" "e"), STR_INIT("gr\xFC\xDF" "e")},
		{"a lead byte at the end", STR_INIT("a\xC3"), STR_INIT("a\xC3")},
		{"two lead bytes", STR_INIT("\xC3\xC3\x84"), STR_INIT("\xC3" "a")},
		{"a cut sequence of three", STR_INIT("\xE2\x80"), STR_INIT("\xE2\x80")},
		{"a cut one, then another", STR_INIT("\xE2\x80\xC3\x84"), STR_INIT("\xE2\x80" "a")},
		{"continuation bytes alone", STR_INIT("\x80\xA0\xBF"), STR_INIT("\x80\xA0\xBF")},
		{"a no-break space in another byte set", STR_INIT("a\xA0" "b"), STR_INIT("a\xA0" "b")},
		{"overlong forms stay", STR_INIT("\xC1\x81 \xE0\x81\x81 \xC0\xA0"), STR_INIT("\xC1\x81 \xE0\x81\x81 \xC0\xA0")},
		{"four bytes, cut", STR_INIT("\xF0\x9F\x98" "A"), STR_INIT("\xF0\x9F\x98" "a")},
		{"bytes that are never UTF-8", STR_INIT("\xFE\xFF" "A"), STR_INIT("\xFE\xFF" "a")},
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *out;
		const struct str got = folded(rows[i].raw, &out);
		tap_is_str(got, rows[i].want, "%s", rows[i].name);
		free(out);
	}
}

/* A text of ordinary words and all that folding knows; and, if asked for, of broken sequences. */
static size_t
random_text(char *out, size_t room, bool broken)
{
	static const char *const pieces[] = {"User", "UNKNOWN", " ", "  ", "\t", "\r\n", "a", "Z",
		"1", "\u00A0", "\u3000", "\u2019", "\u201E", "\u2014", "\u2212", "\u200B", "\u00AD",
		"\uFEFF", "É", "ß", "İ", "Σ", "ς", "Ж", "用", "😀", "\x01", "mailbox full",
		"recipient",
		/* from here on broken */
		"\xC3", "\xE2", "\xE2\x80", "\xF0\x9F", "\x80", "\xFF"};
	const unsigned all = sizeof pieces / sizeof *pieces;
	size_t n = 0;
	for (unsigned left = random_below(12); left > 0; left--) {
		const char *const piece = pieces[random_below(broken ? all : all - 6)];
		if (n + strlen(piece) > room)
			break;
		memcpy(out + n, piece, strlen(piece));
		n += strlen(piece);
	}
	if (broken && n > 0 && random_below(10) == 0)
		out[random_below((unsigned)n)] = (char)random_below(256);
	return n;
}

/* Where a text lies among the words of eight bytes must not matter. */
static bool
is_shift_free(struct str raw)
{
	static const char pad[] = "qqqqqqqq";
	char text[256];
	char *want_out, *got_out;
	bool same = true;
	memcpy(text, "q", 1);
	memcpy(text + 1, raw.ptr, raw.len);
	const struct str want = folded((struct str){text, raw.len + 1}, &want_out);
	for (size_t k = 1; k < 8; k++) {
		memcpy(text, pad, k + 1);
		memcpy(text + k + 1, raw.ptr, raw.len);
		const struct str got = folded((struct str){text, raw.len + k + 1}, &got_out);
		same = same && str_eq(str_from(got, k), want);
		free(got_out);
	}
	free(want_out);
	return same;
}

/* Origins rise with the place, stay inside, and lead to the letter that was folded. */
static bool
has_origins(struct str raw, struct str text)
{
	size_t before = 0;
	for (size_t at = 0; at <= text.len; at++) {
		const size_t origin = fold_origin(raw, at);
		if (origin > raw.len || (at > 0 && origin <= before && at < text.len))
			return false;
		before = origin;
		if (at == text.len)
			break;
		/* The piece from here, of any length, is what lies between two origins. */
		const size_t len = random_below((unsigned)(text.len - at) + 3);
		const struct str words = fold_origin_words(raw, at, len);
		if (words.ptr != raw.ptr + origin ||
			words.ptr + words.len != raw.ptr + fold_origin(raw, at + len))
			return false;
		const unsigned char c = (unsigned char)text.ptr[at];
		const unsigned char from = (unsigned char)raw.ptr[origin];
		if (c < 0x80 && from < 0x80 && c != ascii_lower(from) &&
			!(c == ' ' && ascii_is_space(from)))
			return false;
		if (c >= 0x80 && from < 0x80)
			return false;
	}
	return fold_origin(raw, text.len + 1) == before && fold_origin(raw, SIZE_MAX) == before;
}

static void
test_random(void)
{
	bool shorter = true, twice = true, in_place = true, shift = true, origins = true;
	for (int round = 0; round < 20000; round++) {
		char raw[160];
		char *out, *out_twice;
		const bool broken = round % 2 == 1;
		const struct str text = {raw, random_text(raw, sizeof raw, broken)};
		const struct str got = folded(text, &out);
		const struct str got_twice = folded(got, &out_twice);
		shorter = shorter && got.len <= text.len;
		twice = twice && (broken || str_eq(got, got_twice));
		shift = shift && is_shift_free(text);
		origins = origins && has_origins(text, got);
		const size_t len = fold_text(text, raw);
		in_place = in_place && str_eq((struct str){raw, len}, got);
		free(out);
		free(out_twice);
		if (!(shorter && twice && in_place && shift && origins)) {
			tap_show("text", text);
			break;
		}
	}
	tap_ok(shorter, "folding never makes text longer");
	tap_ok(twice, "folding twice is folding once, in UTF-8");
	tap_ok(in_place, "folding in place");
	tap_ok(shift, "folding does not depend on where a text lies");
	tap_ok(origins, "origins");
}

static void
test_origins(void)
{
	/* These rows are too wide to be aligned. */
	/* clang-format off */
	static const struct {
		const char *name;
		struct str raw;
		size_t at, want;
	} rows[] = {
		{"the first", STR_INIT("abc"), 0, 0},
		{"the last", STR_INIT("abc"), 2, 2},
		{"the end", STR_INIT("abc"), 3, 3},
		{"past the end", STR_INIT("abc"), 9, 3},
		{"nothing", STR_INIT(""), 0, 0},
		{"behind blanks", STR_INIT(" \t a"), 0, 3},
		{"a run of blanks", STR_INIT("a \r\n b"), 1, 1},
		{"behind a run of blanks", STR_INIT("a \r\n b"), 2, 5},
		{"the end before blanks", STR_INIT("ab \r\n"), 2, 2},
		{"only blanks", STR_INIT("   "), 0, 0},
		{"behind what vanished", STR_INIT("a\u200Bb"), 1, 4},
		{"a quote of three bytes", STR_INIT("\u2018a\u2019"), 2, 4},
		{"behind it", STR_INIT("\u2018a\u2019"), 3, 7},
		{"inside a letter", STR_INIT("xЖ"), 2, 2},
		{"behind an accent", STR_INIT("xÉ"), 2, 3},
		{"a blank of two bytes", STR_INIT("a\u00A0b"), 2, 3},
		{"a blank, then a vanished, then another", STR_INIT("a \u200B b"), 2, 6},
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		tap_is_int(fold_origin(rows[i].raw, rows[i].at), rows[i].want, "origin: %s",
			rows[i].name);
}

static void
test_sum(void)
{
	uint32_t sum = 2166136261U; /* FNV-1a */
	for (unsigned c = 1; c <= 0xFFFF; c++) {
		char raw[8] = "a", out[8];
		size_t n = 1;
		if (c >= 0xD800 && c <= 0xDFFF)
			continue;
		if (c < 0x80) {
			raw[n++] = (char)c;
		} else if (c < 0x800) {
			raw[n++] = (char)(0xC0 | c >> 6);
			raw[n++] = (char)(0x80 | (c & 0x3F));
		} else {
			raw[n++] = (char)(0xE0 | c >> 12);
			raw[n++] = (char)(0x80 | (c >> 6 & 0x3F));
			raw[n++] = (char)(0x80 | (c & 0x3F));
		}
		raw[n++] = 'b';
		const size_t len = fold_text((struct str){raw, n}, out);
		for (size_t i = 0; i < len; i++)
			sum = (sum ^ (unsigned char)out[i]) * 16777619U;
	}
	tap_is_int(sum, FOLD_SUM, "every character folds as tools/gen-catalogue does it");
}

int
main(void)
{
	test_rows();
	test_origins();
	test_random();
	test_sum();
	return tap_done();
}
