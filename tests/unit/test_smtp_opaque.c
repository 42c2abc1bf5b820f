/* Passwords prepared: OpaqueString of RFC 8265 s4.2, with RFC 8264's class, RFC 5892's contexts. */
#include "smtp/opaque.h"
#include "tap.h"

#define ARABIC_BEH "\xD8\xA8"   /* joins on both sides */
#define ARABIC_ALEF "\xD8\xA7"  /* joins to the right alone */
#define ARABIC_FATHA "\xD9\x8E" /* transparent */
#define DEVANAGARI_KA "\xE0\xA4\x95"
#define DEVANAGARI_VIRAMA "\xE0\xA5\x8D"
#define ZWNJ "\xE2\x80\x8C"
#define ZWJ "\xE2\x80\x8D"
#define MIDDLE_DOT "\xC2\xB7"
#define KERAIA "\xCD\xB5"
#define GERESH "\xD7\xB3"
#define JAPANESE_DOT "\xE3\x83\xBB"

#define REFUSED                                                                                    \
	{                                                                                          \
		NULL, 0                                                                            \
	}

static void
check_table(void)
{
	/* clang-format off */
	static const struct { const char *what; struct str in, want; } rows[] = {
		/* what stays */
		{"ASCII", STR_INIT("correct horse"), STR_INIT("correct horse")},
		{"every printable one at the edges", STR_INIT(" !~ "), STR_INIT(" !~ ")},
		{"case", STR_INIT("P\xC3\x84" "ss"), STR_INIT("P\xC3\x84" "ss")},
		{"composed", STR_INIT("p\xC3\xA4ssw\xC3\xB6rd"), STR_INIT("p\xC3\xA4ssw\xC3\xB6rd")},
		{"full width: no mapping", STR_INIT("\xEF\xBC\xA1"), STR_INIT("\xEF\xBC\xA1")},
		{"a ligature: no NFKC", STR_INIT("\xEF\xAC\x81"), STR_INIT("\xEF\xAC\x81")},
		{"an emoji", STR_INIT("\xF0\x9F\x98\x80"), STR_INIT("\xF0\x9F\x98\x80")},
		{"RFC 8265 s4.3", STR_INIT("Correct Horse Battery Staple"), STR_INIT("Correct Horse Battery Staple")},
		{"RFC 8265 s4.3", STR_INIT("\xCF\x80\xC3\x9F\xC3\xA5"), STR_INIT("\xCF\x80\xC3\x9F\xC3\xA5")},
		{"RFC 8265 s4.3", STR_INIT("Jack of \xE2\x99\xA6s"), STR_INIT("Jack of \xE2\x99\xA6s")},
		/* what becomes something else */
		{"decomposed", STR_INIT("pa\xCC\x88sswo\xCC\x88rd"), STR_INIT("p\xC3\xA4ssw\xC3\xB6rd")},
		{"marks in another order", STR_INIT("a\xCC\x81\xCC\xA3"), STR_INIT("\xE1\xBA\xA1\xCC\x81")},
		{"the sign of \xC3\x85ngstr\xC3\xB6m", STR_INIT("\xE2\x84\xAB"), STR_INIT("\xC3\x85")},
		{"a syllable in parts", STR_INIT("\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB"), STR_INIT("\xED\x95\x9C")},
		{"Ogham space", STR_INIT("foo\xE1\x9A\x80" "bar"), STR_INIT("foo bar")},
		{"no-break space", STR_INIT("a\xC2\xA0" "b"), STR_INIT("a b")},
		{"ideographic space, at an end", STR_INIT("a\xE3\x80\x80"), STR_INIT("a ")},
		/* what is refused */
		{"nothing", STR_INIT(""), REFUSED},
		{"a tab: RFC 8265 s4.3", STR_INIT("my cat is a \tby"), REFUSED},
		{"NUL", STR_INIT("a\0b"), REFUSED},
		{"DEL", STR_INIT("a\x7F"), REFUSED},
		{"a control beyond ASCII", STR_INIT("a\xC2\x85"), REFUSED},
		{"a line's end", STR_INIT("a\xE2\x80\xA8"), REFUSED},
		{"no UTF-8", STR_INIT("p\xE4ssw\xF6rd"), REFUSED},
		{"half a surrogate", STR_INIT("\xED\xA0\x80"), REFUSED},
		{"unassigned", STR_INIT("\xCD\xB8"), REFUSED},
		{"a noncharacter", STR_INIT("\xEF\xBF\xBE"), REFUSED},
		{"private", STR_INIT("\xEE\x80\x80"), REFUSED},
		{"a soft hyphen", STR_INIT("a\xC2\xAD" "b"), REFUSED},
		{"a byte order mark", STR_INIT("\xEF\xBB\xBF" "abc"), REFUSED},
		{"a variation selector", STR_INIT("\xE2\x9D\xA4\xEF\xB8\x8F"), REFUSED},
		{"a letter that is not seen", STR_INIT("\xE3\x85\xA4"), REFUSED},
		{"part of a syllable", STR_INIT("\xE1\x84\x92"), REFUSED},
		{"a part of old Hangul", STR_INIT("\xEA\xA5\xA0"), REFUSED},
		{"another", STR_INIT("\xED\x9E\xB0"), REFUSED},
		{"tatweel", STR_INIT("\xD9\x80"), REFUSED},
		{"a letter of NKo", STR_INIT("\xDF\xBA"), REFUSED},
		{"a Hangul tone mark", STR_INIT("a\xE3\x80\xAE"), REFUSED},
		{"a kana repeat mark", STR_INIT("\xE3\x80\xB1"), REFUSED},
		{"an ideographic iteration mark", STR_INIT("\xE3\x80\xBB"), REFUSED},
		/* what may stand beside some alone */
		{"a middle dot in Catalan", STR_INIT("l" MIDDLE_DOT "l"), STR_INIT("l" MIDDLE_DOT "l")},
		{"behind another", STR_INIT("a" MIDDLE_DOT "l"), REFUSED},
		{"before another", STR_INIT("l" MIDDLE_DOT "a"), REFUSED},
		{"at the end", STR_INIT("l" MIDDLE_DOT), REFUSED},
		{"keraia before Greek", STR_INIT("a" KERAIA "\xCE\xB2"), STR_INIT("a" KERAIA "\xCE\xB2")},
		{"behind it", STR_INIT("\xCE\xB2" KERAIA), REFUSED},
		{"geresh behind Hebrew", STR_INIT("\xD7\x90" GERESH), STR_INIT("\xD7\x90" GERESH)},
		{"before it", STR_INIT(GERESH "\xD7\x90"), REFUSED},
		{"the Japanese dot with Hiragana", STR_INIT(JAPANESE_DOT "\xE3\x81\x82"), STR_INIT(JAPANESE_DOT "\xE3\x81\x82")},
		{"with Katakana", STR_INIT("\xE3\x82\xA2" JAPANESE_DOT), STR_INIT("\xE3\x82\xA2" JAPANESE_DOT)},
		{"with Han", STR_INIT("\xE4\xB8\xAD" JAPANESE_DOT), STR_INIT("\xE4\xB8\xAD" JAPANESE_DOT)},
		{"alone", STR_INIT("a" JAPANESE_DOT), REFUSED},
		{"Arabic digits", STR_INIT("\xD9\xA0\xD9\xA9"), STR_INIT("\xD9\xA0\xD9\xA9")},
		{"extended ones", STR_INIT("\xDB\xB0\xDB\xB9"), STR_INIT("\xDB\xB0\xDB\xB9")},
		{"both", STR_INIT("\xD9\xA9 \xDB\xB0"), REFUSED},
		{"both, the other way", STR_INIT("\xDB\xB9 \xD9\xA0"), REFUSED},
		{"ZWJ behind a virama", STR_INIT(DEVANAGARI_KA DEVANAGARI_VIRAMA ZWJ), STR_INIT(DEVANAGARI_KA DEVANAGARI_VIRAMA ZWJ)},
		{"ZWJ behind a letter", STR_INIT(DEVANAGARI_KA ZWJ), REFUSED},
		{"ZWJ first", STR_INIT(ZWJ "a"), REFUSED},
		{"ZWNJ behind a virama", STR_INIT(DEVANAGARI_KA DEVANAGARI_VIRAMA ZWNJ), STR_INIT(DEVANAGARI_KA DEVANAGARI_VIRAMA ZWNJ)},
		{"ZWNJ between what would join", STR_INIT(ARABIC_BEH ZWNJ ARABIC_ALEF), STR_INIT(ARABIC_BEH ZWNJ ARABIC_ALEF)},
		{"with marks between", STR_INIT(ARABIC_BEH ARABIC_FATHA ZWNJ ARABIC_FATHA ARABIC_BEH), STR_INIT(ARABIC_BEH ARABIC_FATHA ZWNJ ARABIC_FATHA ARABIC_BEH)},
		{"behind what does not join", STR_INIT(ARABIC_ALEF ZWNJ ARABIC_BEH), REFUSED},
		{"before nothing", STR_INIT(ARABIC_BEH ZWNJ), REFUSED},
		{"behind nothing", STR_INIT(ZWNJ ARABIC_BEH), REFUSED},
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char room[OPAQUE_ROOM_BYTES];
		struct str got;
		const bool ok = opaque_prepare(rows[i].in, room, &got);
		tap_ok(ok == str_is_set(rows[i].want) && (!ok || str_eq(got, rows[i].want)), "%s",
			rows[i].what);
		struct str again;
		char room2[OPAQUE_ROOM_BYTES];
		tap_ok(!ok || (opaque_prepare(got, room2, &again) && str_eq(again, got)),
			"and once more changes nothing");
	}
}

/* `n` times `unit`, and `end`. */
static struct str
repeat(char *to, struct str unit, size_t n, const char *end)
{
	char *at = to;
	for (size_t i = 0; i < n; i++, at += unit.len)
		memcpy(at, unit.ptr, unit.len);
	memcpy(at, end, strlen(end));
	return str_between(to, at + strlen(end));
}

static void
check_limits(void)
{
	static char text[4 * OPAQUE_BYTES_MAX];
	char room[OPAQUE_ROOM_BYTES];
	struct str out, in = repeat(text, STR("p"), 2000, "");
	tap_ok(opaque_prepare(in, room, &out) && out.ptr == in.ptr && out.len == in.len,
		"printable ASCII is the result itself, however long");
	in = repeat(text, STR("\xC3\xA4"), OPAQUE_BYTES_MAX / 2, "");
	tap_ok(opaque_prepare(in, room, &out) && str_eq(in, out), "the longest beyond ASCII");
	in = repeat(text, STR("\xC3\xA4"), OPAQUE_BYTES_MAX / 2, "x");
	tap_ok(!opaque_prepare(in, room, &out), "a byte more");
	/* U+1D160, four bytes, is three characters of four in NFC. */
	in = repeat(text, STR("\xF0\x9D\x85\xA0"), OPAQUE_BYTES_MAX / 12, "");
	tap_ok(opaque_prepare(in, room, &out) && out.len == 3 * in.len, "what grows");
	in = repeat(text, STR("\xF0\x9D\x85\xA0"), OPAQUE_BYTES_MAX / 12 + 1, "");
	tap_ok(!opaque_prepare(in, room, &out), "what grows too far");
	in = repeat(text, STR("\xF0\x9D\x85\xA0"), OPAQUE_BYTES_MAX / 4, "");
	tap_ok(!opaque_prepare(in, room, &out), "as far as it can");
	in = repeat(text, STR("\xCC\x81"), OPAQUE_BYTES_MAX / 2, "");
	tap_ok(opaque_prepare(in, room, &out) && str_eq(in, out), "marks alone, all in one heap");
}

int
main(void)
{
	check_table();
	check_limits();
	return tap_done();
}
