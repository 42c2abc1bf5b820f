/*
 * The names of charsets: IANA's, Windows' and those that mailers made up.
 */
#include "base/charset.h"

/*
 * Names as squeeze() leaves them: lower-case letters and digits only. A code
 * page of any maker ("windows-1252", "ibm866", "x-cp1251") is "cp" here, and
 * "x-" and "cs" in front of a name are not written down.
 */
static const struct alias {
	char name[18];
	unsigned char charset;
} aliases[] = {
	/* clang-format off */
	{"ascii", CHARSET_US_ASCII},
	{"usascii", CHARSET_US_ASCII},
	{"us", CHARSET_US_ASCII},
	{"646", CHARSET_US_ASCII},
	{"iso646us", CHARSET_US_ASCII},
	{"ansix341968", CHARSET_US_ASCII},
	{"ansix341986", CHARSET_US_ASCII},
	{"iso646irv", CHARSET_US_ASCII},
	{"cp367", CHARSET_US_ASCII},
	{"cp20127", CHARSET_US_ASCII},
	{"isoir6", CHARSET_US_ASCII},
	{"utf8", CHARSET_UTF_8},
	{"unicode11utf8", CHARSET_UTF_8},
	{"unicode20utf8", CHARSET_UTF_8},
	{"cp65001", CHARSET_UTF_8},
	{"utf8mb4", CHARSET_UTF_8},
	{"utf8n", CHARSET_UTF_8},
	{"utf7", CHARSET_UTF_7},
	{"unicode11utf7", CHARSET_UTF_7},
	{"unicode20utf7", CHARSET_UTF_7},
	{"cp65000", CHARSET_UTF_7},
	{"utf16", CHARSET_UTF_16},
	{"ucs2", CHARSET_UTF_16},
	{"iso10646ucs2", CHARSET_UTF_16},
	{"unicode", CHARSET_UTF_16},
	{"cp1200", CHARSET_UTF_16},
	{"utf16le", CHARSET_UTF_16LE},
	{"ucs2le", CHARSET_UTF_16LE},
	{"unicodelittle", CHARSET_UTF_16LE},
	{"utf16be", CHARSET_UTF_16BE},
	{"ucs2be", CHARSET_UTF_16BE},
	{"unicodebig", CHARSET_UTF_16BE},
	{"unicodefffe", CHARSET_UTF_16BE},
	{"cp1201", CHARSET_UTF_16BE},
	{"iso2022jp", CHARSET_ISO_2022_JP},
	{"iso2022jp1", CHARSET_ISO_2022_JP},
	{"iso2022jp2", CHARSET_ISO_2022_JP},
	{"iso2022jp3", CHARSET_ISO_2022_JP},
	{"iso2022jp2004", CHARSET_ISO_2022_JP},
	{"iso2022jpext", CHARSET_ISO_2022_JP},
	{"iso2022jpms", CHARSET_ISO_2022_JP},
	{"jis", CHARSET_ISO_2022_JP},
	{"cp50220", CHARSET_ISO_2022_JP},
	{"cp50221", CHARSET_ISO_2022_JP},
	{"cp50222", CHARSET_ISO_2022_JP},
	{"jis7", CHARSET_ISO_2022_JP},
	{"iso2022kr", CHARSET_ISO_2022_KR},
	{"cp50225", CHARSET_ISO_2022_KR},
	{"hz", CHARSET_HZ},
	{"hzgb2312", CHARSET_HZ},
	{"hzgb", CHARSET_HZ},
	{"cp52936", CHARSET_HZ},
	{"shiftjis", CHARSET_SHIFT_JIS},
	{"sjis", CHARSET_SHIFT_JIS},
	{"mskanji", CHARSET_SHIFT_JIS},
	{"cp932", CHARSET_SHIFT_JIS},
	{"windows31j", CHARSET_SHIFT_JIS},
	{"cp943", CHARSET_SHIFT_JIS},
	{"shiftjis2004", CHARSET_SHIFT_JIS},
	{"shiftjisx0213", CHARSET_SHIFT_JIS},
	{"jisx0208", CHARSET_SHIFT_JIS},
	{"eucjp", CHARSET_EUC_JP},
	{"eucjpms", CHARSET_EUC_JP},
	{"eucjpwin", CHARSET_EUC_JP},
	{"ujis", CHARSET_EUC_JP},
	{"cp51932", CHARSET_EUC_JP},
	{"cp20932", CHARSET_EUC_JP},
	{"eucjis2004", CHARSET_EUC_JP},
	{"euc", CHARSET_EUC_JP},
	{"euckr", CHARSET_EUC_KR},
	{"ksc56011987", CHARSET_EUC_KR},
	{"ksc56011989", CHARSET_EUC_KR},
	{"ksc5601", CHARSET_EUC_KR},
	{"ksx1001", CHARSET_EUC_KR},
	{"korean", CHARSET_EUC_KR},
	{"cp949", CHARSET_EUC_KR},
	{"uhc", CHARSET_EUC_KR},
	{"unifiedhangul", CHARSET_EUC_KR},
	{"isoir149", CHARSET_EUC_KR},
	{"cp51949", CHARSET_EUC_KR},
	{"ksc5861", CHARSET_EUC_KR},
	{"gb18030", CHARSET_GB18030},
	{"gb2312", CHARSET_GB18030},
	{"gbk", CHARSET_GB18030},
	{"gb231280", CHARSET_GB18030},
	{"euccn", CHARSET_GB18030},
	{"chinese", CHARSET_GB18030},
	{"cp936", CHARSET_GB18030},
	{"cp54936", CHARSET_GB18030},
	{"cp51936", CHARSET_GB18030},
	{"gb180302000", CHARSET_GB18030},
	{"cngb", CHARSET_GB18030},
	{"big5", CHARSET_BIG5},
	{"big5hkscs", CHARSET_BIG5},
	{"big5eten", CHARSET_BIG5},
	{"big5tw", CHARSET_BIG5},
	{"cnbig5", CHARSET_BIG5},
	{"big5hk", CHARSET_BIG5},
	{"cp950", CHARSET_BIG5},
	{"cp951", CHARSET_BIG5},
	{"bigfive", CHARSET_BIG5},
	{"iso88592", CHARSET_ISO_8859_2},
	{"latin2", CHARSET_ISO_8859_2},
	{"l2", CHARSET_ISO_8859_2},
	{"isolatin2", CHARSET_ISO_8859_2},
	{"isoir101", CHARSET_ISO_8859_2},
	{"cp28592", CHARSET_ISO_8859_2},
	{"cp912", CHARSET_ISO_8859_2},
	{"iso88593", CHARSET_ISO_8859_3},
	{"latin3", CHARSET_ISO_8859_3},
	{"l3", CHARSET_ISO_8859_3},
	{"isolatin3", CHARSET_ISO_8859_3},
	{"isoir109", CHARSET_ISO_8859_3},
	{"cp28593", CHARSET_ISO_8859_3},
	{"cp913", CHARSET_ISO_8859_3},
	{"iso88594", CHARSET_ISO_8859_4},
	{"latin4", CHARSET_ISO_8859_4},
	{"l4", CHARSET_ISO_8859_4},
	{"isolatin4", CHARSET_ISO_8859_4},
	{"isoir110", CHARSET_ISO_8859_4},
	{"cp28594", CHARSET_ISO_8859_4},
	{"cp914", CHARSET_ISO_8859_4},
	{"iso88595", CHARSET_ISO_8859_5},
	{"cyrillic", CHARSET_ISO_8859_5},
	{"isolatincyrillic", CHARSET_ISO_8859_5},
	{"isoir144", CHARSET_ISO_8859_5},
	{"cp28595", CHARSET_ISO_8859_5},
	{"cp915", CHARSET_ISO_8859_5},
	{"iso88596", CHARSET_ISO_8859_6},
	{"iso88596e", CHARSET_ISO_8859_6},
	{"iso88596i", CHARSET_ISO_8859_6},
	{"arabic", CHARSET_ISO_8859_6},
	{"isolatinarabic", CHARSET_ISO_8859_6},
	{"isoir127", CHARSET_ISO_8859_6},
	{"ecma114", CHARSET_ISO_8859_6},
	{"asmo708", CHARSET_ISO_8859_6},
	{"cp28596", CHARSET_ISO_8859_6},
	{"cp1089", CHARSET_ISO_8859_6},
	{"iso88597", CHARSET_ISO_8859_7},
	{"greek", CHARSET_ISO_8859_7},
	{"greek8", CHARSET_ISO_8859_7},
	{"isolatingreek", CHARSET_ISO_8859_7},
	{"isoir126", CHARSET_ISO_8859_7},
	{"ecma118", CHARSET_ISO_8859_7},
	{"elot928", CHARSET_ISO_8859_7},
	{"cp28597", CHARSET_ISO_8859_7},
	{"cp813", CHARSET_ISO_8859_7},
	{"iso88598", CHARSET_ISO_8859_8},
	{"iso88598i", CHARSET_ISO_8859_8},
	{"iso88598e", CHARSET_ISO_8859_8},
	{"hebrew", CHARSET_ISO_8859_8},
	{"isolatinhebrew", CHARSET_ISO_8859_8},
	{"isoir138", CHARSET_ISO_8859_8},
	{"logical", CHARSET_ISO_8859_8},
	{"visual", CHARSET_ISO_8859_8},
	{"cp28598", CHARSET_ISO_8859_8},
	{"cp38598", CHARSET_ISO_8859_8},
	{"cp916", CHARSET_ISO_8859_8},
	{"iso885910", CHARSET_ISO_8859_10},
	{"latin6", CHARSET_ISO_8859_10},
	{"l6", CHARSET_ISO_8859_10},
	{"isolatin6", CHARSET_ISO_8859_10},
	{"isoir157", CHARSET_ISO_8859_10},
	{"iso885913", CHARSET_ISO_8859_13},
	{"latin7", CHARSET_ISO_8859_13},
	{"l7", CHARSET_ISO_8859_13},
	{"cp28603", CHARSET_ISO_8859_13},
	{"cp921", CHARSET_ISO_8859_13},
	{"iso885914", CHARSET_ISO_8859_14},
	{"latin8", CHARSET_ISO_8859_14},
	{"l8", CHARSET_ISO_8859_14},
	{"isoceltic", CHARSET_ISO_8859_14},
	{"iso885915", CHARSET_ISO_8859_15},
	{"latin9", CHARSET_ISO_8859_15},
	{"l9", CHARSET_ISO_8859_15},
	{"latin0", CHARSET_ISO_8859_15},
	{"cp28605", CHARSET_ISO_8859_15},
	{"cp923", CHARSET_ISO_8859_15},
	{"iso885916", CHARSET_ISO_8859_16},
	{"latin10", CHARSET_ISO_8859_16},
	{"l10", CHARSET_ISO_8859_16},
	{"cp874", CHARSET_WINDOWS_874},
	{"tis620", CHARSET_WINDOWS_874},
	{"tis6202533", CHARSET_WINDOWS_874},
	{"thai", CHARSET_WINDOWS_874},
	{"iso885911", CHARSET_WINDOWS_874},
	{"isoir166", CHARSET_WINDOWS_874},
	{"cp1250", CHARSET_WINDOWS_1250},
	{"cp1251", CHARSET_WINDOWS_1251},
	{"cp1253", CHARSET_WINDOWS_1253},
	{"cp1252", CHARSET_WINDOWS_1252},
	{"iso88591", CHARSET_WINDOWS_1252},
	{"latin1", CHARSET_WINDOWS_1252},
	{"latin", CHARSET_WINDOWS_1252},
	{"l1", CHARSET_WINDOWS_1252},
	{"isolatin1", CHARSET_WINDOWS_1252},
	{"isoir100", CHARSET_WINDOWS_1252},
	{"cp28591", CHARSET_WINDOWS_1252},
	{"cp819", CHARSET_WINDOWS_1252},
	{"ansi", CHARSET_WINDOWS_1252},
	{"western", CHARSET_WINDOWS_1252},
	{"iso8859", CHARSET_WINDOWS_1252},
	{"88591", CHARSET_WINDOWS_1252},
	{"cp1004", CHARSET_WINDOWS_1252},
	{"cp1254", CHARSET_WINDOWS_1254},
	{"iso88599", CHARSET_WINDOWS_1254},
	{"latin5", CHARSET_WINDOWS_1254},
	{"l5", CHARSET_WINDOWS_1254},
	{"isolatin5", CHARSET_WINDOWS_1254},
	{"isoir148", CHARSET_WINDOWS_1254},
	{"turkish", CHARSET_WINDOWS_1254},
	{"cp28599", CHARSET_WINDOWS_1254},
	{"cp920", CHARSET_WINDOWS_1254},
	{"cp1255", CHARSET_WINDOWS_1255},
	{"cp1256", CHARSET_WINDOWS_1256},
	{"cp1257", CHARSET_WINDOWS_1257},
	{"baltic", CHARSET_WINDOWS_1257},
	{"cp1258", CHARSET_WINDOWS_1258},
	{"vietnamese", CHARSET_WINDOWS_1258},
	{"koi8r", CHARSET_KOI8_R},
	{"koi8", CHARSET_KOI8_R},
	{"koi", CHARSET_KOI8_R},
	{"cp20866", CHARSET_KOI8_R},
	{"cp878", CHARSET_KOI8_R},
	{"koi8u", CHARSET_KOI8_U},
	{"koi8ru", CHARSET_KOI8_U},
	{"cp21866", CHARSET_KOI8_U},
	{"cp1168", CHARSET_KOI8_U},
	{"cp437", CHARSET_CP437},
	{"cp850", CHARSET_CP850},
	{"cp858", CHARSET_CP850},
	{"cp852", CHARSET_CP852},
	{"cp866", CHARSET_CP866},
	{"macroman", CHARSET_MAC_ROMAN},
	{"macintosh", CHARSET_MAC_ROMAN},
	{"mac", CHARSET_MAC_ROMAN},
	{"cp10000", CHARSET_MAC_ROMAN},
	{"maccyrillic", CHARSET_MAC_CYRILLIC},
	{"macukrainian", CHARSET_MAC_CYRILLIC},
	{"cp10007", CHARSET_MAC_CYRILLIC},
	{"cp10017", CHARSET_MAC_CYRILLIC},
	/* clang-format on */
};

#define NAME_MAX_BYTES sizeof aliases[0].name

/*
 * Writes what matters of `name` to `out`; the length, or 0 when nothing matters or it is too long.
 * RFC 2231 puts a language behind a star, IANA a year behind a colon.
 */
static size_t
squeeze(struct str name, char out[2 * NAME_MAX_BYTES])
{
	size_t len = 0;
	for (size_t i = 0; i < name.len && name.ptr[i] != '*' && name.ptr[i] != ':'; i++) {
		const int c = ascii_lower((unsigned char)name.ptr[i]);
		if (!ascii_is_alnum(c))
			continue;
		if (len == 2 * NAME_MAX_BYTES)
			return 0;
		out[len++] = (char)c;
	}
	return len;
}

static enum charset
alias_find(struct str name)
{
	for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
		if (name.len < NAME_MAX_BYTES && aliases[i].name[name.len] == '\0' &&
			memcmp(aliases[i].name, name.ptr, name.len) == 0)
			return (enum charset)aliases[i].charset;
	return CHARSET_UNKNOWN;
}

/* A number, with or without one of the words for "code page" in front. */
static enum charset
code_page_find(struct str name)
{
	static const struct str words[] = {STR_INIT("windows"), STR_INIT("win"), STR_INIT("mswin"),
		STR_INIT("ms"), STR_INIT("ibm"), STR_INIT("dos"), STR_INIT("codepage"),
		STR_INIT("cp"), STR_INIT("")};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		const struct str number = str_from(name, words[i].len);
		if (!str_starts(name, words[i]) || number.len == 0 || number.len > 5 ||
			str_number(number, 99999) < 0)
			continue;
		char page[2 + 5] = "cp";
		memcpy(page + 2, number.ptr, number.len);
		return alias_find((struct str){page, 2 + number.len});
	}
	return CHARSET_UNKNOWN;
}

static enum charset
squeezed_find(struct str name)
{
	const enum charset found = alias_find(name);
	return found == CHARSET_UNKNOWN ? code_page_find(name) : found;
}

enum charset
charset_find(struct str name)
{
	char squeezed[2 * NAME_MAX_BYTES];
	const struct str key = {squeezed, squeeze(name, squeezed)};
	if (key.len == 0)
		return CHARSET_UNKNOWN;
	enum charset found = squeezed_find(key);
	if (found == CHARSET_UNKNOWN && str_starts(key, STR("x")))
		found = squeezed_find(str_from(key, 1));
	if (found == CHARSET_UNKNOWN && str_starts(key, STR("cs")))
		found = squeezed_find(str_from(key, 2));
	return found;
}
