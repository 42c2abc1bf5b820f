/*
 * charset_tables - the tables of the charset readers, and the readers of one kind
 *
 * For charset*.c only. The tables come from tools/gen-charsets; a zero in one
 * means "no such character". A lead and a trail byte find their cell so:
 *
 *   jis    (ku-1)*94 + ten-1: the 94 rows of JIS X 0208 with NEC's and IBM's
 *          characters; behind them the rows that cp932 has at FA40..FCFC
 *   gbk    (lead-0x81)*190 + trail-0x40, one less past 0x7F
 *   big5   (lead-0x87)*157 + trail-0x40, or trail-0xA1+63
 *   uhc    (lead-0x81)*190 + trail-0x41
 */
#ifndef BASE_CHARSET_TABLES_H
#define BASE_CHARSET_TABLES_H

#include "base/charset.h"

#define CHARSET_SINGLE_FIRST (CHARSET__BEFORE_SINGLE + 1)
#define CHARSET_SINGLE_COUNT (CHARSET__COUNT - CHARSET_SINGLE_FIRST)
#define CHARSET_JIS_COUNT (100 * 94)
#define CHARSET_GBK_COUNT (126 * 190)
#define CHARSET_BIG5_COUNT (120 * 157)
#define CHARSET_UHC_COUNT (126 * 190)

extern const uint16_t charset_single[CHARSET_SINGLE_COUNT][128];
extern const uint16_t charset_jis[CHARSET_JIS_COUNT];
extern const uint16_t charset_gbk[CHARSET_GBK_COUNT];
extern const uint16_t charset_big5[CHARSET_BIG5_COUNT];
extern const uint16_t charset_uhc[CHARSET_UHC_COUNT];

/* Four-byte GB 18030 codes, counted from 81308130, that follow one another; sorted by `code`. */
struct charset_run {
	uint16_t code, codepoint, len;
};
extern const struct charset_run charset_gb_runs[];
extern const size_t charset_gb_runs_count;

#define CODEPOINT_BAD 0xFFFDu /* REPLACEMENT CHARACTER */

/*
 * A char reader takes one character off the start of `s`, whose first byte is 0x80 or more.
 * It returns the bytes used, at least 1, and writes the code point, CODEPOINT_BAD if malformed.
 */
typedef size_t charset_char_fn(struct str s, uint32_t *codepoint);
charset_char_fn charset_char_shift_jis, charset_char_euc_jp, charset_char_euc_kr,
	charset_char_gb18030, charset_char_big5;

/* A text reader writes all of `in` to `to`, at most 3 bytes for each, and returns the end. */
typedef char *charset_text_fn(struct str in, char *to);
charset_text_fn charset_text_utf_7, charset_text_utf_16, charset_text_utf_16le,
	charset_text_utf_16be, charset_text_iso_2022_jp, charset_text_iso_2022_kr, charset_text_hz;

/* charset_guess_bytes - the charset of text that is no UTF-8 and says nothing: an East Asian or
 * Cyrillic one whose common characters it is made of, else windows-1252. O(n), n <= 8 KiB */
enum charset charset_guess_bytes(struct str in);

#endif
