/*
 * The East Asian charsets of one and two bytes a character. Each reader is its
 * lead and trail ranges and the cell they name; see charset_tables.h.
 */
#include "base/charset_tables.h"

static unsigned
byte_at(struct str s, size_t i)
{
	return i < s.len ? (unsigned char)s.ptr[i] : 0;
}

static bool
is_within(unsigned byte, unsigned low, unsigned high)
{
	return byte >= low && byte <= high;
}

/*
 * What every two-byte character ends in. An ASCII trail that made no character
 * is left to be read on its own: it may be the line end or quote that matters.
 */
static size_t
take_pair(struct str s, uint32_t cell, uint32_t *codepoint)
{
	*codepoint = cell == 0 ? CODEPOINT_BAD : cell;
	if (cell == 0 && byte_at(s, 1) < 0x80)
		return 1;
	return 2;
}

static size_t
take_one(uint32_t value, uint32_t *codepoint)
{
	*codepoint = value;
	return 1;
}

#define KATAKANA_FIRST 0xFF61u /* JIS X 0201 0xA1 */

size_t
charset_char_shift_jis(struct str s, uint32_t *codepoint)
{
	const unsigned lead = byte_at(s, 0), trail = byte_at(s, 1);
	if (is_within(lead, 0xA1, 0xDF))
		return take_one(KATAKANA_FIRST + lead - 0xA1, codepoint);
	if (lead == 0x80 || lead == 0xA0 || lead > 0xFC)
		return take_one(CODEPOINT_BAD, codepoint);
	if (!is_within(trail, 0x40, 0xFC) || trail == 0x7F)
		return take_pair(s, 0, codepoint);
	unsigned cell = (lead - (lead < 0xA0 ? 0x81 : 0xC1)) * 188;
	cell += trail - (trail < 0x7F ? 0x40 : 0x41);
	/* F0..F9 is for users' own characters: private use. The table skips it. */
	if (is_within(lead, 0xF0, 0xF9))
		return take_pair(s, 0xE000 + cell - 94 * 94, codepoint);
	return take_pair(s, charset_jis[lead > 0xF9 ? cell - 10 * 188 : cell], codepoint);
}

size_t
charset_char_euc_jp(struct str s, uint32_t *codepoint)
{
	const unsigned lead = byte_at(s, 0), trail = byte_at(s, 1);
	if (lead == 0x8E && is_within(trail, 0xA1, 0xDF))
		return take_pair(s, KATAKANA_FIRST + trail - 0xA1, codepoint);
	if (lead == 0x8F && is_within(trail, 0xA1, 0xFE) && is_within(byte_at(s, 2), 0xA1, 0xFE)) {
		*codepoint = CODEPOINT_BAD; /* JIS X 0212: never seen in mail */
		return 3;
	}
	if (!is_within(lead, 0xA1, 0xFE))
		return take_one(CODEPOINT_BAD, codepoint);
	if (!is_within(trail, 0xA1, 0xFE))
		return take_pair(s, 0, codepoint);
	return take_pair(s, charset_jis[(lead - 0xA1) * 94 + trail - 0xA1], codepoint);
}

size_t
charset_char_euc_kr(struct str s, uint32_t *codepoint)
{
	const unsigned lead = byte_at(s, 0), trail = byte_at(s, 1);
	if (!is_within(lead, 0x81, 0xFE))
		return take_one(CODEPOINT_BAD, codepoint);
	if (!is_within(trail, 0x41, 0xFE))
		return take_pair(s, 0, codepoint);
	return take_pair(s, charset_uhc[(lead - 0x81) * 190 + trail - 0x41], codepoint);
}

size_t
charset_char_big5(struct str s, uint32_t *codepoint)
{
	const unsigned lead = byte_at(s, 0), trail = byte_at(s, 1);
	if (!is_within(lead, 0x81, 0xFE))
		return take_one(CODEPOINT_BAD, codepoint);
	if (lead < 0x87 || !(is_within(trail, 0x40, 0x7E) || is_within(trail, 0xA1, 0xFE)))
		return take_pair(s, 0, codepoint);
	const unsigned column = trail < 0x7F ? trail - 0x40 : trail - 0xA1 + 63;
	return take_pair(s, charset_big5[(lead - 0x87) * 157 + column], codepoint);
}

/* The character with the four-byte code `code`, counted from 81308130. */
static uint32_t
gb_four_bytes(uint32_t code)
{
	const uint32_t first_past_bmp = 189000; /* 90308130 is U+10000; all of it follows */
	if (code >= first_past_bmp)
		return code - first_past_bmp <= 0xFFFFF ? code - first_past_bmp + 0x10000
							: CODEPOINT_BAD;
	size_t low = 0, high = charset_gb_runs_count;
	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;
		if (charset_gb_runs[middle].code <= code)
			low = middle;
		else
			high = middle;
	}
	const struct charset_run *const run = &charset_gb_runs[low];
	return code - run->code < run->len ? code - run->code + run->codepoint : CODEPOINT_BAD;
}

size_t
charset_char_gb18030(struct str s, uint32_t *codepoint)
{
	const unsigned lead = byte_at(s, 0), trail = byte_at(s, 1);
	if (lead == 0x80)
		return take_one(0x20AC, codepoint); /* the euro in cp936 */
	if (lead == 0xFF)
		return take_one(CODEPOINT_BAD, codepoint);
	if (is_within(trail, '0', '9')) {
		const unsigned third = byte_at(s, 2), fourth = byte_at(s, 3);
		if (!is_within(third, 0x81, 0xFE) || !is_within(fourth, '0', '9'))
			return take_one(CODEPOINT_BAD, codepoint);
		const uint32_t code = ((lead - 0x81) * 10 + (trail - '0')) * 126 + (third - 0x81);
		*codepoint = gb_four_bytes(code * 10 + (fourth - '0'));
		return 4;
	}
	if (!is_within(trail, 0x40, 0xFE) || trail == 0x7F)
		return take_pair(s, 0, codepoint);
	const unsigned column = trail - (trail < 0x7F ? 0x40 : 0x41);
	return take_pair(s, charset_gbk[(lead - 0x81) * 190 + column], codepoint);
}
