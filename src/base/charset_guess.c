/*
 * Which charset is eight-bit text in that names none? Servers of China, Taiwan, Korea, Japan and
 * Russia wrote such reports for twenty years. Each candidate reads the text by its own grammar; it
 * is that one when nearly all it finds are the characters that its language uses most. Text of
 * western Europe never passes, because its accented letters stand alone among ASCII ones.
 */
#include "base/charset_tables.h"

#define GUESS_BYTES_MAX 8192
#define PAIRS_MIN 4     /* "退信通知", "메일반송" */
#define LETTERS_MIN 10  /* of a script with one byte a letter */
#define SHARE_COMMON 88 /* percent of the characters that are common ones */
#define SHARE_KANA 25
#define SHARE_TOP_SIX 38 /* the six letters that Russian uses most are half of any text */
#define SHARE_BESIDE 50  /* characters right behind another of their kind */

static bool
is_within(unsigned byte, unsigned low, unsigned high)
{
	return byte >= low && byte <= high;
}

/* The characters in common use stand together in each charset: level 1 of JIS X 0208, GB 2312 and
 * Big5, the syllables of KS X 1001; and the punctuation. */
static bool
is_common_jis(unsigned lead, unsigned trail)
{
	return trail >= 0xA1 && is_within(lead, 0xA1, 0xCF);
}

static bool
is_common_sjis(unsigned lead, unsigned trail)
{
	(void)trail;
	return is_within(lead, 0x81, 0x98);
}

static bool
is_common_ks(unsigned lead, unsigned trail)
{
	(void)trail;
	return is_within(lead, 0xB0, 0xC8) || lead == 0xA1 || lead == 0xA3;
}

static bool
is_common_gb(unsigned lead, unsigned trail)
{
	return trail >= 0xA1 && (is_within(lead, 0xB0, 0xD7) || lead == 0xA1 || lead == 0xA3);
}

static bool
is_common_big5(unsigned lead, unsigned trail)
{
	(void)trail;
	return is_within(lead, 0xA4, 0xC6) || lead == 0xA1;
}

/* Japanese is known by its kana. */
static bool
is_kana_jis(unsigned lead, unsigned trail)
{
	return trail >= 0xA1 && is_within(lead, 0xA4, 0xA5);
}

static bool
is_kana_sjis(unsigned lead, unsigned trail)
{
	return is_within(lead, 0x82, 0x83) && (lead == 0x83 || trail >= 0x9F);
}

typedef bool pair_fn(unsigned lead, unsigned trail);

/* A character of two bytes has a lead in a range, and a trail of 0xA1 on, or one in a lower range.
 */
static const struct candidate {
	enum charset cs;
	unsigned char lead_low, lead_high, trail_low, trail_high;
	pair_fn *is_common, *is_kana;
} candidates[] = {
	{CHARSET_EUC_JP, 0xA1, 0xFE, 0xA1, 0xFE, is_common_jis, is_kana_jis},
	{CHARSET_SHIFT_JIS, 0x81, 0xFC, 0x40, 0xFC, is_common_sjis, is_kana_sjis},
	{CHARSET_EUC_KR, 0xA1, 0xFE, 0xA1, 0xFE, is_common_ks, NULL},
	{CHARSET_GB18030, 0x81, 0xFE, 0x40, 0xFE, is_common_gb, NULL},
	{CHARSET_BIG5, 0xA1, 0xF9, 0x40, 0x7E, is_common_big5, NULL},
};

static bool
is_share(size_t part, size_t whole, size_t percent)
{
	return part * 100 >= whole * percent;
}

static bool
is_trail(const struct candidate *c, unsigned byte)
{
	return byte != 0x7F &&
	       (is_within(byte, c->trail_low, c->trail_high) || is_within(byte, 0xA1, 0xFE));
}

/* Is `in` text of that candidate? *common: how many of its characters are common ones. */
static bool
reads_as(const struct candidate *c, struct str in, size_t *common)
{
	size_t pairs = 0, kana = 0, beside = 0, bad = 0;
	bool is_behind = false;
	*common = 0;
	for (size_t i = 0; i < in.len; i++) {
		const unsigned lead = (unsigned char)in.ptr[i];
		const unsigned trail = i + 1 < in.len ? (unsigned char)in.ptr[i + 1] : 0;
		if (lead < 0x80) {
			is_behind = false;
		} else if (is_within(lead, c->lead_low, c->lead_high) && is_trail(c, trail)) {
			pairs++;
			beside += is_behind;
			*common += c->is_common(lead, trail);
			kana += c->is_kana != NULL && c->is_kana(lead, trail);
			is_behind = true;
			i++;
		} else {
			bad++;
		}
	}
	return pairs >= PAIRS_MIN && bad * 50 <= pairs && is_share(beside, pairs, SHARE_BESIDE) &&
	       is_share(*common, pairs, SHARE_COMMON) &&
	       (c->is_kana == NULL || is_share(kana, pairs, SHARE_KANA));
}

/* Cyrillic, one byte a letter: is half of it о, е, а, и, н and т, in the places that they have? */
static bool
is_russian(struct str in, const char top_six[7])
{
	size_t letters = 0, top = 0, beside = 0, bad = 0;
	for (size_t i = 0; i < in.len; i++) {
		const unsigned char c = (unsigned char)in.ptr[i];
		if (c < 0x80)
			continue;
		letters += c >= 0xC0;
		bad += c < 0xC0;
		top += strchr(top_six, in.ptr[i]) != NULL;
		beside += i > 0 && (unsigned char)in.ptr[i - 1] >= 0xC0;
	}
	return letters >= LETTERS_MIN && bad * 20 <= letters &&
	       is_share(beside, letters, SHARE_BESIDE) && is_share(top, letters, SHARE_TOP_SIX);
}

enum charset
charset_guess_bytes(struct str in)
{
	enum charset best = CHARSET_WINDOWS_1252;
	size_t most = 0, common;
	in = str_head(in, GUESS_BYTES_MAX);
	/* A letter of Cyrillic may pass for half a character of two bytes; the reverse is rarer. */
	if (is_russian(in, "\xEE\xE5\xE0\xE8\xED\xF2"))
		return CHARSET_WINDOWS_1251;
	if (is_russian(in, "\xCF\xC5\xC1\xC9\xCE\xD4"))
		return CHARSET_KOI8_R;
	for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
		const struct candidate *const c = &candidates[i];
		if (!reads_as(c, in, &common))
			continue;
		/* Kana, or nothing but syllables, can be no accident. */
		if (c->is_kana != NULL || c->cs == CHARSET_EUC_KR)
			return c->cs;
		if (common > most) {
			most = common;
			best = c->cs;
		}
	}
	return best;
}
