/*
 * charset - text in any charset that mail uses, as UTF-8
 *
 * Bounces quote and translate: the human text of one comes in the charset of
 * the machine that wrote it, and often under a false name. This module reads
 * on past anything malformed (U+FFFD takes its place) and gives the same answer
 * on every machine: no locale, no iconv (which loads modules from disk).
 *
 * The readings follow what mail readers do rather than the letter of the
 * registry: iso-8859-1 is read as windows-1252, iso-8859-9 as windows-1254,
 * iso-8859-11 as windows-874, gb2312 as GB 18030, shift_jis as cp932, ks_c_5601
 * as cp949. Refused: writing any of them, and UTF-32, EBCDIC and JIS X 0212,
 * which do not come by mail.
 *
 * Any thread; two calls at once want two arenas.
 */
#ifndef BASE_CHARSET_H
#define BASE_CHARSET_H

#include "base/arena.h"
#include "base/str.h"

/* One byte is one character, ASCII below 0x80; the upper halves are in charset_tables.h. */
#define CHARSETS_SINGLE(X)                                                                         \
	X(ISO_8859_2)                                                                              \
	X(ISO_8859_3)                                                                              \
	X(ISO_8859_4)                                                                              \
	X(ISO_8859_5)                                                                              \
	X(ISO_8859_6)                                                                              \
	X(ISO_8859_7)                                                                              \
	X(ISO_8859_8)                                                                              \
	X(ISO_8859_10)                                                                             \
	X(ISO_8859_13)                                                                             \
	X(ISO_8859_14)                                                                             \
	X(ISO_8859_15)                                                                             \
	X(ISO_8859_16)                                                                             \
	X(WINDOWS_874)                                                                             \
	X(WINDOWS_1250)                                                                            \
	X(WINDOWS_1251)                                                                            \
	X(WINDOWS_1252)                                                                            \
	X(WINDOWS_1253)                                                                            \
	X(WINDOWS_1254)                                                                            \
	X(WINDOWS_1255)                                                                            \
	X(WINDOWS_1256)                                                                            \
	X(WINDOWS_1257)                                                                            \
	X(WINDOWS_1258)                                                                            \
	X(KOI8_R)                                                                                  \
	X(KOI8_U)                                                                                  \
	X(CP437)                                                                                   \
	X(CP850)                                                                                   \
	X(CP852)                                                                                   \
	X(CP866)                                                                                   \
	X(MAC_ROMAN)                                                                               \
	X(MAC_CYRILLIC)

enum charset {
	CHARSET_UNKNOWN, /* no charset named, or one we have never heard of */
	CHARSET_US_ASCII,
	CHARSET_UTF_8,
	CHARSET_UTF_7,    /* RFC 2152; not IMAP's variant */
	CHARSET_UTF_16,   /* RFC 2781: by its byte order mark, else by where the NULs are */
	CHARSET_UTF_16LE, /* a byte order mark overrules the name here too */
	CHARSET_UTF_16BE,
	CHARSET_ISO_2022_JP, /* RFC 1468, with JIS X 0201 katakana */
	CHARSET_ISO_2022_KR, /* RFC 1557 */
	CHARSET_HZ,          /* RFC 1843 */
	CHARSET_SHIFT_JIS,
	CHARSET_EUC_JP,
	CHARSET_EUC_KR,
	CHARSET_GB18030,
	CHARSET_BIG5,
	CHARSET__BEFORE_SINGLE, /* keeps the next value one past it */
#define X(id) CHARSET_##id,
	CHARSETS_SINGLE(X)
#undef X
		CHARSET__COUNT
};

/*
 * charset_find - the charset of that name
 *
 * name      borrowed; any case, any punctuation, quotes and blanks around it;
 *           a language (`utf-8*en`, RFC 2231) or a year behind it is ignored
 * Returns   CHARSET_UNKNOWN when absent, empty or never heard of
 */
enum charset charset_find(struct str name);

/*
 * charset_to_utf8 - the text `in`, written in `cs`, as UTF-8
 *
 * Never fails on bad bytes: each malformed sequence becomes one U+FFFD, an
 * ASCII byte that broke one is read again on its own, and reading goes on.
 * CHARSET_UNKNOWN and CHARSET_US_ASCII say little, so the bytes decide: valid
 * UTF-8 stays, ESC $ B or ESC $ @ means ISO-2022-JP; text that is nearly all of common characters
 * in an East Asian or Russian charset is in that; all else is windows-1252.
 * A byte order mark is dropped where the charset is a UTF.
 *
 * in        borrowed, any bytes
 * a         takes at most 3 bytes for each of `in`, and keeps what was written
 * Returns   `in` itself when it is right as it stands (for UTF-8: perhaps
 *           without its byte order mark); else text in `a`; absent when `in` is
 *           absent or the arena failed
 */
struct str charset_to_utf8(enum charset cs, struct str in, struct arena *a);

/*
 * charset_write - charset_to_utf8() into the caller's memory
 *
 * to        has room for charset_write_max(in) bytes and does not overlap `in`
 * Returns   the end of what was written
 */
char *charset_write(enum charset cs, struct str in, char *to);

/* charset_write_max - how much charset_write() may write for an `in` of that length */
static inline size_t
charset_write_max(struct str in)
{
	return in.len > SIZE_MAX / 3 ? SIZE_MAX : in.len * 3;
}

/* utf8_valid - is `s` well-formed UTF-8 (Unicode table 3-7)? Absent and empty text are. */
bool utf8_valid(struct str s);

/*
 * utf8_step - the length of the sequence at the start of `s`, which is not empty
 *
 * Returns   1..4 when it is well-formed; -1..-3 when that many bytes are one
 *           malformed sequence (Unicode 3.9, "maximal subpart")
 */
int utf8_step(struct str s);

/* utf8_head - the first `max` bytes of `s`, or up to three fewer: a character is not cut in two */
struct str utf8_head(struct str s, size_t max);

/*
 * utf8_put - writes one character
 *
 * codepoint a surrogate or a number past U+10FFFF is written as U+FFFD
 * out       room for 4 bytes
 * Returns   bytes written, 1..4
 */
size_t utf8_put(uint32_t codepoint, char *out);

#endif
