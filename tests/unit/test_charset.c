/*
 * Without arguments: TAP. With the name of a charset: a filter from it to UTF-8, for
 * tests/tools/test_charsets.py, which compares every character of every charset with Python's.
 */
#include "base/charset.h"
#include "tap.h"

#include <stdlib.h>

#define ARENA_LIMIT_BYTES ((size_t)64 << 20)

/* Made with Python's codecs: one sample for each reader and each table. */
static const struct sample {
	const char *charset;
	struct str in, want;
} samples[] = {
	/* clang-format off */
	{"iso-8859-1", STR_INIT("Gr\366\337e \374bergro\337 \351t\351"), STR_INIT("Größe übergroß été")},
	{"iso-8859-2", STR_INIT("Za\277\363\263\346 g\352\266l\261 ja\274\361"), STR_INIT("Zażółć gęślą jaźń")},
	{"iso-8859-3", STR_INIT("\246\346\370\274\376\375 \261a\365ar"), STR_INIT("Ĥĉĝĵŝŭ ħaġar")},
	{"iso-8859-4", STR_INIT("\261\363\272\273\361 \271\276\365"), STR_INIT("ąķēģņ šžõ")},
	{"iso-8859-5", STR_INIT("\317\351\330\332 \337\325\340\325\337\336\333\335\325\335"), STR_INIT("Ящик переполнен")},
	{"iso-8859-6", STR_INIT("\325\346\317\350\342 \307\344\310\321\352\317 \345\345\312\344\306"), STR_INIT("صندوق البريد ممتلئ")},
	{"iso-8859-7", STR_INIT("\324\357 \343\361\341\354\354\341\364\357\352\351\342\376\364\351\357"), STR_INIT("Το γραμματοκιβώτιο")},
	{"iso-8859-8", STR_INIT("\372\351\341\372 \344\343\345\340\370 \356\354\340\344"), STR_INIT("תיבת הדואר מלאה")},
	{"iso-8859-9", STR_INIT("Kutu do\360ru \376\366yle \335\375"), STR_INIT("Kutu doğru şöyle İı")},
	{"iso-8859-10", STR_INIT("\336\346\360i \277\271\273"), STR_INIT("Þæði ŋđŧ")},
	{"iso-8859-11", STR_INIT("\241\305\350\315\247\250\264\313\301\322\302\340\265\347\301"), STR_INIT("กล่องจดหมายเต็ม")},
	{"iso-8859-13", STR_INIT("Pa\360to d\353\376ut\353 pilna \272"), STR_INIT("Pašto dėžutė pilna ŗ")},
	{"iso-8859-14", STR_INIT("\320\376 \242\253\261"), STR_INIT("Ŵŷ ḃḋḟ")},
	{"iso-8859-15", STR_INIT("bo\356te pleine: 5 \244, \275uf"), STR_INIT("boîte pleine: 5 €, œuf")},
	{"iso-8859-16", STR_INIT("Cutia po\272tal\343 \376\342\376 \245x\265"), STR_INIT("Cutia poștală țâț „x”")},
	{"windows-1250", STR_INIT("Schr\341nka je pln\341 \226 \223\236\224"), STR_INIT("Schránka je plná – “ž”")},
	{"windows-1251", STR_INIT("\337\371\350\352 \253\357\345\360\345\357\356\353\355\345\355\273 \2715"), STR_INIT("Ящик «переполнен» №5")},
	{"windows-1252", STR_INIT("\223Mailbox full\224 \226 \2005\205"), STR_INIT("“Mailbox full” – €5…")},
	{"windows-1253", STR_INIT("\303\361\341\354\354\341\364\357\352\351\342\376\364\351\357 \226 \200"), STR_INIT("Γραμματοκιβώτιο – €")},
	{"windows-1254", STR_INIT("Posta kutusu \223dolu\224 \360\375\376"), STR_INIT("Posta kutusu “dolu” ğış")},
	{"windows-1255", STR_INIT("\372\351\341\372 \223\343\345\340\370\224 \244"), STR_INIT("תיבת “דואר” ₪")},
	{"windows-1256", STR_INIT("\201\215\216 \220 \325\344\317\346\336"), STR_INIT("پچژ گ صندوق")},
	{"windows-1257", STR_INIT("Pa\360to d\353\376ut\353 \204pilna\223"), STR_INIT("Pašto dėžutė „pilna“")},
	{"windows-1258", STR_INIT("H\364\362p th\375"), STR_INIT("Hộp thư")},
	{"windows-874", STR_INIT("\241\305\350\315\247 \223\340\265\347\301\224 \200"), STR_INIT("กล่อง “เต็ม” €")},
	{"tis-620", STR_INIT("\241\305\350\315\247\250\264\313\301\322\302\340\265\347\301"), STR_INIT("กล่องจดหมายเต็ม")},
	{"koi8-r", STR_INIT("\361\335\311\313 \320\305\322\305\320\317\314\316\305\316 \240"), STR_INIT("Ящик переполнен ═")},
	{"koi8-u", STR_INIT("\363\313\322\311\316\330\313\301 \247\255\244 \332\301\320\317\327\316\305\316\301"), STR_INIT("Скринька їґє заповнена")},
	{"cp437", STR_INIT("Gr\224\341e \260\261\262 \253"), STR_INIT("Größe ░▒▓ ½")},
	{"cp850", STR_INIT("Gr\224\341e \265\266\267 \253"), STR_INIT("Größe ÁÂÀ ½")},
	{"cp852", STR_INIT("Za\276\242\210\206 g\251\230l\245"), STR_INIT("Zażółć gęślą")},
	{"cp866", STR_INIT("\237\351\250\252 \272 \361\360"), STR_INIT("Ящик ║ ёЁ")},
	{"macintosh", STR_INIT("Gr\232\247e \320 \322\317uf\323 \330"), STR_INIT("Größe – “œuf” ÿ")},
	{"x-mac-cyrillic", STR_INIT("\237\371\350\352 \307\357\356\353\356\355\310"), STR_INIT("Ящик «полон»")},
	{"shift_jis", STR_INIT("\224z\220M\202\305\202\253\202\334\202\271\202\361 \322\260\331 \207@\207\212 \201`"), STR_INIT("配信できません ﾒｰﾙ ①㈱ ～")},
	{"euc-jp", STR_INIT("\307\333\277\256\244\307\244\255\244\336\244\273\244\363"), STR_INIT("配信できません")},
	{"euc-jp", STR_INIT("\216\322\216\260\216\331"), STR_INIT("ﾒｰﾙ")},
	{"iso-2022-jp", STR_INIT("\033$BG[\077.$G$-$^$;$s\033(B mail \033$B=*\033(B"), STR_INIT("配信できません mail 終")},
	{"gb2312", STR_INIT("\323\312\274\376\316\336\267\250\315\266\265\335"), STR_INIT("邮件无法投递")},
	{"gbk", STR_INIT("\340]\274\376\237o\267\250\315\266\337f"), STR_INIT("郵件無法投遞")},
	{"gb18030", STR_INIT("\323\312\274\376 \2252\2026 \2015\3647 \250\271\2249\3746 \2010\2118"), STR_INIT("邮件 𠀀 ḿ ü😀 ß")},
	{"hz-gb-2312", STR_INIT("~{SJ<~~}~~~{N^7(~} mail"), STR_INIT("邮件~无法 mail")},
	{"big5", STR_INIT("\266l\245\363\265L\252k\247\353\273\274 \241]\253H\275c\241^"), STR_INIT("郵件無法投遞 （信箱）")},
	{"big5", STR_INIT("\306\241\306\347\307j"), STR_INIT("①ぁゃ")},
	{"euc-kr", STR_INIT("\270\336\300\317\300\273 \300\374\274\333\307\322 \274\366 \276\370\275\300\264\317\264\331"), STR_INIT("메일을 전송할 수 없습니다")},
	{"ks_c_5601-1987", STR_INIT("\214c\271\346\260\242\307\317 \274\204\275\303\304\335\266\363"), STR_INIT("똠방각하 펲시콜라")},
	{"iso-2022-kr", STR_INIT("\033$)C\0168^@O\017 mail \0163!\017"), STR_INIT("메일 mail 끝")},
	{"utf-7", STR_INIT("Gr+APYA3w-e +- 5 +2D3eAA--+AOk-"), STR_INIT("Größe + 5 😀-é")},
	{"utf-16", STR_INIT("\377\376p\000l\000a\000i\000n\000 \000\351\000 \000M\221 \000=\330\000\336"), STR_INIT("plain é 配 😀")},
	{"utf-16le", STR_INIT("p\000l\000a\000i\000n\000 \000\351\000 \000M\221 \000=\330\000\336"), STR_INIT("plain é 配 😀")},
	{"utf-16be", STR_INIT("\000p\000l\000a\000i\000n\000 \000\351\000 \221M\000 \330=\336\000"), STR_INIT("plain é 配 😀")},
	{"utf-16", STR_INIT("n\000o\000 \000m\000a\000r\000k\000:\000 \000A\000S\000C\000I\000I\000"), STR_INIT("no mark: ASCII")},
	{"utf-16", STR_INIT("\000n\000o\000 \000m\000a\000r\000k\000:\000 \000A\000S\000C\000I\000I"), STR_INIT("no mark: ASCII")},
	{"utf-8", STR_INIT("Gr\303\266\303\237e \360\237\230\200"), STR_INIT("Größe 😀")},
	/* clang-format on */
};

#define BAD "\xEF\xBF\xBD"

/* What no codec tells: bytes that are wrong, and text under a false name. */
static const struct odd {
	const char *name, *charset;
	struct str in, want;
} odds[] = {
	/* clang-format off */
	{"empty", "utf-8", STR_INIT(""), STR_INIT("")},
	{"empty", "utf-16", STR_INIT(""), STR_INIT("")},
	{"empty", "iso-2022-jp", STR_INIT(""), STR_INIT("")},
	{"NUL stays", "shift_jis", STR_INIT("a\0\x82\xA0\0"), STR_INIT("a\0あ\0")},
	{"mark is dropped", "utf-8", STR_INIT("\xEF\xBB\xBFx"), STR_INIT("x")},
	{"lone continuation bytes", "utf-8", STR_INIT("a\x80\xBF" "b"), STR_INIT("a" BAD BAD "b")},
	{"cut off at the end", "utf-8", STR_INIT("a\xE2\x82"), STR_INIT("a" BAD)},
	{"cut off in the middle", "utf-8", STR_INIT("\xF0\x9F\x98" "b"), STR_INIT(BAD "b")},
	{"overlong", "utf-8", STR_INIT("\xC0\xAF"), STR_INIT(BAD BAD)},
	{"surrogate", "utf-8", STR_INIT("\xED\xA0\x80"), STR_INIT(BAD BAD BAD)},
	{"past U+10FFFF", "utf-8", STR_INIT("\xF4\x90\x80\x80"), STR_INIT(BAD BAD BAD BAD)},
	{"really windows-1252", "utf-8", STR_INIT("Gr\xF6\xDF" "e"), STR_INIT("Gr" BAD BAD "e")},
	{"UTF-8 under no name", "", STR_INIT("Gr\xC3\xB6"), STR_INIT("Grö")},
	{"UTF-8 under an unknown name", "x-martian", STR_INIT("Gr\xC3\xB6"), STR_INIT("Grö")},
	{"windows-1252 under no name", "", STR_INIT("Gr\xF6 \x93x\x94"), STR_INIT("Grö “x”")},
	{"windows-1252 called ASCII", "us-ascii", STR_INIT("Gr\xF6"), STR_INIT("Grö")},
	{"GB 2312 under no name", "", STR_INIT("\312\325\274\376\310\313\323\312\317\344\262\273\264\346\324\332"), STR_INIT("收件人邮箱不存在")},
	{"GB 2312, a subject under no name", "", STR_INIT("\315\313\320\305\315\250\326\252"), STR_INIT("退信通知")},
	{"Big5 under no name", "", STR_INIT("\270\323\250\317\245\316\252\314\253H\275c\244w\272\241\241A\265L\252k\261\265\246\254\267s\266l\245\363\241C"), STR_INIT("該使用者信箱已滿，無法接收新郵件。")},
	{"EUC-KR under no name", "", STR_INIT("\271\336\264\302 \273\347\266\367\300\307 \270\336\300\317\307\324 \277\353\267\256\300\314 \303\312\260\372\265\307\276\356"), STR_INIT("받는 사람의 메일함 용량이 초과되어")},
	{"Shift_JIS under no name", "", STR_INIT("\210\266\220\346\202\314\203\201\201[\203\213\203A\203h\203\214\203X\202\252\214\251\202\302\202\251\202\350\202\334\202\271\202\361\202\305\202\265\202\275\201B"), STR_INIT("宛先のメールアドレスが見つかりませんでした。")},
	{"EUC-JP under no name", "", STR_INIT("\260\270\300\350\244\316\245\341\241\274\245\353\245\242\245\311\245\354\245\271\244\254\270\253\244\304\244\253\244\352\244\336\244\273\244\363\244\307\244\267\244\277\241\243"), STR_INIT("宛先のメールアドレスが見つかりませんでした。")},
	{"KOI8-R under no name", "", STR_INIT("\360\317\336\324\317\327\331\312 \321\335\311\313 \320\317\314\325\336\301\324\305\314\321 \320\305\322\305\320\317\314\316\305\316"), STR_INIT("Почтовый ящик получателя переполнен")},
	{"windows-1251 under no name", "", STR_INIT("\317\356\367\362\356\342\373\351 \377\371\350\352 \357\356\353\363\367\340\362\345\353\377 \357\345\360\345\357\356\353\355\345\355"), STR_INIT("Почтовый ящик получателя переполнен")},
	{"Polish under no name is left alone", "", STR_INIT("Twoja wiadomo\266\346 nie zosta\263a dostarczona, gdy\277 skrzynka jest pe\263na: \274le"), STR_INIT("Twoja wiadomo¶æ nie zosta³a dostarczona, gdy¿ skrzynka jest pe³na: ¼le")},
	{"French under no name is left alone", "", STR_INIT("L'adresse \351lectronique n'a pas \351t\351 trouv\351e o\371 elle \351tait: v\351rifi\351e"), STR_INIT("L'adresse électronique n'a pas été trouvée où elle était: vérifiée")},
	{"Swedish under no name is left alone", "", STR_INIT("Brevet kunde inte levereras, f\366r l\345dan \344r full och f\345r ej mer p\345 m\345ndag"), STR_INIT("Brevet kunde inte levereras, för lådan är full och får ej mer på måndag")},
	{"Greek under no name is left alone", "", STR_INIT("\324\357 \343\361\341\354\354\341\364\357\352\351\342\376\364\351\357 \364\357\365 \360\341\361\341\353\336\360\364\347 \345\337\355\341\351 \343\345\354\334\364\357"), STR_INIT("Ôï ãñáììáôïêéâþôéï ôïõ ðáñáëÞðôç åßíáé ãåìÜôï")},
	{"Thai under no name is left alone", "", STR_INIT("\241\305\350\315\247\250\264\313\301\322\302\242\315\247\274\331\351\303\321\272\340\265\347\301\341\305\351\307"), STR_INIT("¡ÅèÍ§¨´ËÁÒÂ¢Í§¼ÙéÃÑºàµçÁáÅéÇ")},
	{"Turkish under no name is left alone", "", STR_INIT("Al\375c\375n\375n posta kutusu dolu oldu\360u i\347in ileti teslim edilemedi, \376u an"), STR_INIT("Alýcýnýn posta kutusu dolu olduðu için ileti teslim edilemedi, þu an")},
	{"UTF-8 called ASCII", "us-ascii", STR_INIT("Gr\xC3\xB6"), STR_INIT("Grö")},
	{"ISO-2022-JP called ASCII", "us-ascii", STR_INIT("a \x1B$B$\"\x1B(B b"), STR_INIT("a あ b")},
	{"ISO-2022-JP, old set, under no name", "", STR_INIT("\x1B$@$\"\x1B(J!"), STR_INIT("あ!")},
	{"another escape is none", "us-ascii", STR_INIT("\x1B[1m"), STR_INIT("\x1B[1m")},
	{"holes of windows-1252", "iso-8859-1", STR_INIT("\x81\x8D\x8F\x90\x9D"), STR_INIT(BAD BAD BAD BAD BAD)},
	{"shift_jis: half a character at the end", "shift_jis", STR_INIT("\x82\xA0\x82"), STR_INIT("あ" BAD)},
	{"shift_jis: lead and line end", "shift_jis", STR_INIT("\x82\nx"), STR_INIT(BAD "\nx")},
	{"shift_jis: no leads", "shift_jis", STR_INIT("\x80\xA0\xFD\xFE\xFF"), STR_INIT(BAD BAD BAD BAD BAD)},
	{"shift_jis: user-defined", "cp932", STR_INIT("\xF0\x40\xF9\xFC"), STR_INIT("\xEE\x80\x80\xEE\x9D\x97")},
	{"shift_jis: last rows", "cp932", STR_INIT("\xFA\x40\xFC\x4B"), STR_INIT("ⅰ黑")},
	{"euc-jp: JIS X 0212 is one character", "euc-jp", STR_INIT("\x8F\xB0\xA1x"), STR_INIT(BAD "x")},
	{"euc-jp: half a character at the end", "euc-jp", STR_INIT("\xA4\xA2\xA4"), STR_INIT("あ" BAD)},
	{"euc-jp: JIS X 0212 cut off", "euc-jp", STR_INIT("\x8F\xB0"), STR_INIT(BAD BAD)},
	{"euc-kr: lead and quote", "euc-kr", STR_INIT("\xB0\"x"), STR_INIT(BAD "\"x")},
	{"big5: lead and bracket", "big5", STR_INIT("\xA4>x"), STR_INIT(BAD ">x")},
	{"big5: below the first row", "big5", STR_INIT("\x81\x81\x80"), STR_INIT(BAD BAD)},
	{"gb18030: euro of cp936", "gbk", STR_INIT("\x80"), STR_INIT("€")},
	{"gb18030: four bytes, digits kept", "gb18030", STR_INIT("\x81" "0x"), STR_INIT(BAD "0x")},
	{"gb18030: four bytes cut off", "gb18030", STR_INIT("\x81" "0\x81"), STR_INIT(BAD "0" BAD)},
	{"gb18030: last character", "gb18030", STR_INIT("\xE3" "2\x9A" "5"), STR_INIT("\xF4\x8F\xBF\xBF")},
	{"gb18030: past the last", "gb18030", STR_INIT("\xE3" "2\x9A" "6\xFE" "9\xFE" "9"), STR_INIT(BAD BAD)},
	{"gb18030: reserved", "gb18030", STR_INIT("\x85" "0\x81" "0"), STR_INIT(BAD)},
	{"iso-2022-jp: line end ends it", "iso-2022-jp", STR_INIT("\x1B$B$\"\nab"), STR_INIT("あ\nab")},
	{"iso-2022-jp: cut off", "iso-2022-jp", STR_INIT("\x1B$B$\"$"), STR_INIT("あ" BAD)},
	{"iso-2022-jp: cut off in an escape", "iso-2022-jp", STR_INIT("\x1B$"), STR_INIT(BAD "$")},
	{"iso-2022-jp: katakana", "iso-2022-jp", STR_INIT("\x1B(I12\x1B(B1"), STR_INIT("ｱｲ1")},
	{"iso-2022-jp: katakana by SO", "iso-2022-jp", STR_INIT("a\x0E" "1\x0E" "2\x0F" "1"), STR_INIT("aｱｲ1")},
	{"iso-2022-jp: Roman", "iso-2022-jp", STR_INIT("\x1B(J\\~a"), STR_INIT("¥‾a")},
	{"iso-2022-jp: JIS X 0212", "iso-2022-jp", STR_INIT("\x1B$(D0!\x1B(Bx"), STR_INIT(BAD "x")},
	{"iso-2022-jp: revision", "iso-2022-jp", STR_INIT("\x1B&@\x1B$B$\"\x1B(B"), STR_INIT("あ")},
	{"iso-2022-jp: 8 bits", "iso-2022-jp", STR_INIT("\x82\xA0"), STR_INIT(BAD BAD)},
	{"iso-2022-kr: line end ends it", "iso-2022-kr", STR_INIT("\x1B$)C\x0E" "0!\nab"), STR_INIT("가\nab")},
	{"hz: tilde", "hz-gb-2312", STR_INIT("a~~b"), STR_INIT("a~b")},
	{"hz: soft line ends", "hz-gb-2312", STR_INIT("a~\nb~\r\nc~"), STR_INIT("abc" BAD)},
	{"hz: line end ends it", "hz-gb-2312", STR_INIT("~{VP\nab"), STR_INIT("中\nab")},
	{"utf-7: plus", "utf-7", STR_INIT("1+-2+ 3"), STR_INIT("1+2+ 3")},
	{"utf-7: ends without a minus", "utf-7", STR_INIT("Gr+APY.x"), STR_INIT("Grö.x")},
	{"utf-7: half a pair", "utf-7", STR_INIT("+2D0-x"), STR_INIT(BAD "x")},
	{"utf-7: cut off", "utf-7", STR_INIT("+AP"), STR_INIT(BAD)},
	{"utf-7: 8 bits", "utf-7", STR_INIT("\xF6"), STR_INIT(BAD)},
	{"utf-16: odd byte", "utf-16be", STR_INIT("\0a\0"), STR_INIT("a" BAD)},
	{"utf-16: half a pair", "utf-16be", STR_INIT("\xD8\x3D\0a\xDE\0"), STR_INIT(BAD "a" BAD)},
	{"utf-16: half a pair at the end", "utf-16be", STR_INIT("\xD8\x3D"), STR_INIT(BAD)},
	{"utf-16: the mark overrules the name", "utf-16be", STR_INIT("\xFF\xFE" "a\0"), STR_INIT("a")},
	/* clang-format on */
};

static const struct name {
	const char *name;
	enum charset want;
} names[] = {
	{"UTF-8", CHARSET_UTF_8},
	{" \"utf8\" ", CHARSET_UTF_8},
	{"'Utf_8'", CHARSET_UTF_8},
	{"utf-8*en", CHARSET_UTF_8},
	{"US-ASCII", CHARSET_US_ASCII},
	{"ANSI_X3.4-1968", CHARSET_US_ASCII},
	{"iso-8859-1", CHARSET_WINDOWS_1252},
	{"ISO_8859-1:1987", CHARSET_WINDOWS_1252},
	{"latin1", CHARSET_WINDOWS_1252},
	{"csISOLatin2", CHARSET_ISO_8859_2},
	{"iso8859-15", CHARSET_ISO_8859_15},
	{"ISO-8859-8-I", CHARSET_ISO_8859_8},
	{"windows-1251", CHARSET_WINDOWS_1251},
	{"x-cp1251", CHARSET_WINDOWS_1251},
	{"cp-1251", CHARSET_WINDOWS_1251},
	{"1251", CHARSET_WINDOWS_1251},
	{"ibm866", CHARSET_CP866},
	{"dos-850", CHARSET_CP850},
	{"csShiftJIS", CHARSET_SHIFT_JIS},
	{"x-sjis", CHARSET_SHIFT_JIS},
	{"Windows-31J", CHARSET_SHIFT_JIS},
	{"ks_c_5601-1987", CHARSET_EUC_KR},
	{"GB2312", CHARSET_GB18030},
	{"x-gbk", CHARSET_GB18030},
	{"HZ-GB-2312", CHARSET_HZ},
	{"Big5-HKSCS", CHARSET_BIG5},
	{"x-mac-cyrillic", CHARSET_MAC_CYRILLIC},
	{"macintosh", CHARSET_MAC_ROMAN},
	{"unicode-1-1-utf-7", CHARSET_UTF_7},
	{"", CHARSET_UNKNOWN},
	{"\"\"", CHARSET_UNKNOWN},
	{"unknown-8bit", CHARSET_UNKNOWN},
	{"utf-9", CHARSET_UNKNOWN},
	{"x", CHARSET_UNKNOWN},
	{"cp", CHARSET_UNKNOWN},
	{"cp99999999", CHARSET_UNKNOWN},
	{"a-name-that-is-longer-than-any-name-of-a-charset-ever-was", CHARSET_UNKNOWN},
};

/* A copy of exact size on the heap, so that one byte too far is seen. */
static struct str
exact(struct str s)
{
	char *const copy = malloc(s.len > 0 ? s.len : 1);
	if (copy == NULL)
		exit(2);
	if (s.len > 0)
		memcpy(copy, s.ptr, s.len);
	return (struct str){copy, s.len};
}

static void
drop(struct str s)
{
	union {
		const char *in;
		char *out;
	} p = {s.ptr};
	free(p.out);
}

static void
check(struct arena *a, const char *name, const char *charset, struct str text, struct str want)
{
	arena_reset(a);
	const struct str in = exact(text);
	const enum charset cs = charset_find(str_of(charset));
	tap_is_str(charset_to_utf8(cs, in, a), want, "%s: %s", charset, name);
	drop(in);
}

/* Text that is right as it stands is not copied. */
static void
test_borrowing(struct arena *a)
{
	const struct str ascii = STR("Mailbox full"), utf8 = STR("Grö"),
			 marked = STR("\xEF\xBB\xBFx");
	for (int cs = 0; cs < CHARSET__COUNT; cs++)
		if (cs != CHARSET_UTF_16 && cs != CHARSET_UTF_16LE && cs != CHARSET_UTF_16BE)
			tap_ok(charset_to_utf8((enum charset)cs, ascii, a).ptr == ascii.ptr,
				"charset %d: ASCII is borrowed", cs);
	tap_ok(charset_to_utf8(CHARSET_UTF_8, utf8, a).ptr == utf8.ptr, "UTF-8 is borrowed");
	tap_ok(charset_to_utf8(CHARSET_UNKNOWN, utf8, a).ptr == utf8.ptr, "also when not named");
	tap_ok(charset_to_utf8(CHARSET_UTF_8, marked, a).ptr == marked.ptr + 3, "after its mark");
	tap_ok(!str_is_set(charset_to_utf8(CHARSET_UTF_8, STR_NONE, a)), "absent stays absent");
	tap_ok(!str_is_set(charset_to_utf8(CHARSET_UTF_16, STR_NONE, a)), "absent stays absent");
}

static void
test_no_memory(void)
{
	struct arena a;
	arena_init(&a, 4);
	tap_ok(!str_is_set(charset_to_utf8(CHARSET_WINDOWS_1252,
		       STR("Gr\xF6\xDF"
			   "e"),
		       &a)),
		"no memory: absent");
	tap_ok(arena_failed(&a), "no memory: the arena says so");
	arena_fini(&a);
}

static void
test_utf8(void)
{
	char out[4];
	static const struct {
		uint32_t codepoint;
		struct str want;
	} puts[] = {
		{0, STR_INIT("\0")},
		{0x7F, STR_INIT("\x7F")},
		{0x80, STR_INIT("\xC2\x80")},
		{0x7FF, STR_INIT("\xDF\xBF")},
		{0x800, STR_INIT("\xE0\xA0\x80")},
		{0xD7FF, STR_INIT("\xED\x9F\xBF")},
		{0xD800, STR_INIT(BAD)},
		{0xDFFF, STR_INIT(BAD)},
		{0xE000, STR_INIT("\xEE\x80\x80")},
		{0xFFFF, STR_INIT("\xEF\xBF\xBF")},
		{0x10000, STR_INIT("\xF0\x90\x80\x80")},
		{0x10FFFF, STR_INIT("\xF4\x8F\xBF\xBF")},
		{0x110000, STR_INIT(BAD)},
		{0xFFFFFFFF, STR_INIT(BAD)},
	};
	for (size_t i = 0; i < sizeof puts / sizeof puts[0]; i++) {
		const struct str got = {out, utf8_put(puts[i].codepoint, out)};
		tap_is_str(got, puts[i].want, "utf8_put U+%04X", (unsigned)puts[i].codepoint);
		tap_ok(utf8_valid(puts[i].want), "U+%04X is valid", (unsigned)puts[i].codepoint);
	}
	tap_is_str(utf8_head(STR("a€b"), 3), STR("a"), "utf8_head: no piece of a character");
	tap_is_str(utf8_head(STR("a€b"), 4), STR("a€"), "utf8_head: a whole one");
	tap_is_str(utf8_head(STR("a€b"), 5), STR("a€b"), "utf8_head: all of it");
	tap_is_str(utf8_head(STR("a\x80\x80\x80\x80\x80"), 5), STR("a\x80"),
		"utf8_head: three bytes at most, of what is no UTF-8");
	/* The fast path at every offset. */
	char text[40];
	bool is_right = true;
	for (size_t len = 1; len <= sizeof text; len++)
		for (size_t at = 0; at < len; at++) {
			memset(text, 'a', len);
			text[at] = '\xF6';
			const struct str in = exact((struct str){text, len});
			is_right = is_right && !utf8_valid(in) && utf8_valid(str_head(in, at));
			drop(in);
		}
	tap_ok(is_right, "utf8_valid sees one bad byte anywhere");
	tap_ok(utf8_valid(STR_NONE) && utf8_valid(STR("")), "nothing is valid UTF-8");
}

/* Random bytes, with a leaning to those that mean something. */
static void
test_random(struct arena *a)
{
	static const char meaning[] =
		"\x1B$B\x1B(J\x1B(I$)C~{~}+-\x0E\x0F\n\x81\x30\x81\x30\xFE\x8E\x8F";
	uint32_t seed = 1;
	for (int cs = 0; cs < CHARSET__COUNT; cs++) {
		bool is_valid = true;
		for (int round = 0; round < 2000; round++) {
			char bytes[64];
			arena_reset(a);
			for (size_t i = 0; i < sizeof bytes; i++) {
				seed = seed * 1664525 + 1013904223;
				bytes[i] = seed >> 31 ? (char)(seed >> 16)
						      : meaning[(seed >> 8) % (sizeof meaning - 1)];
			}
			const struct str in = exact((struct str){bytes, seed >> 16 & 63});
			const struct str out = charset_to_utf8((enum charset)cs, in, a);
			is_valid = is_valid && str_is_set(out) && utf8_valid(out) &&
				   out.len <= charset_write_max(in);
			drop(in);
		}
		tap_ok(is_valid, "charset %d: random bytes give valid UTF-8", cs);
	}
}

static int
filter(struct arena *a, struct str charset)
{
	static char in[4 << 20];
	const size_t len = fread(in, 1, sizeof in, stdin);
	const struct str out = charset_to_utf8(charset_find(charset), (struct str){in, len}, a);
	return fwrite(out.ptr, 1, out.len, stdout) == out.len ? 0 : 1;
}

int
main(int argc, char **argv)
{
	struct arena a;
	arena_init(&a, ARENA_LIMIT_BYTES);
	if (argc > 1) {
		const int rc = filter(&a, str_of(argv[1]));
		arena_fini(&a);
		return rc;
	}
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		tap_is_int(charset_find(str_of(names[i].name)), names[i].want, "name %s",
			names[i].name);
	tap_is_int(charset_find(STR_NONE), CHARSET_UNKNOWN, "no name");
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
		check(&a, "sample", samples[i].charset, samples[i].in, samples[i].want);
	for (size_t i = 0; i < sizeof odds / sizeof odds[0]; i++)
		check(&a, odds[i].name, odds[i].charset, odds[i].in, odds[i].want);
	test_borrowing(&a);
	test_no_memory();
	test_utf8();
	test_random(&a);
	arena_fini(&a);
	return tap_done();
}
