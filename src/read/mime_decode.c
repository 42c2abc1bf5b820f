/* The content of a part: its transfer encoding undone, whatever the part says of it and whatever
 * happened to it on the way. */
#include "base/charset.h"
#include "base/decode.h"
#include "read/mime.h"

#define GUESS_BYTES 8192     /* of a text that are asked whether it is encoded */
#define GUESS_BASE64_LINE 40 /* a first line of fewer bytes may be a word */
#define GUESS_LINE_MAX 998   /* RFC 5322 s2.1.1; a longer one is no line that a program wrote */
#define SURE_BASE64_LINE 60  /* without a blank no words are as long */
#define ODD_PER_LINE 2       /* bytes of a line of base64 that something may have changed */
#define NOT_DECODED 0xFFFDu  /* REPLACEMENT CHARACTER */
#define UTF8_CHARS_MIN 4     /* that no other charset has in a row by chance */

/* Text that claims nothing of its encoding, but is quoted-printable all the same: "=20" at line
 * ends, "=3D". */
static bool
looks_quoted_printable(struct str text)
{
	static const struct str signs[] = {STR_INIT("=3D"), STR_INIT("=\n"), STR_INIT("=\r\n"),
		STR_INIT("=20\n"), STR_INIT("=20\r\n"), STR_INIT("=C3=")};
	const struct str head = str_head(text, GUESS_BYTES);
	for (size_t at = 0; (at = str_find_char(head, '=', at)) != STR_NPOS; at++)
		for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
			if (str_starts(str_from(head, at), signs[i]))
				return true;
	return false;
}

/* The same of base64: nothing but its alphabet, in lines of one length, multiples of four, and a
 * last one that may be shorter. */
static bool
looks_base64(struct str text)
{
	struct str rest = str_trim(str_head(text, GUESS_BYTES)), line;
	const bool is_whole = text.len <= GUESS_BYTES;
	size_t first = 0, lines = 0;
	/* Nearly every text has a blank so early. */
	if (rest.len < GUESS_BASE64_LINE || memchr(rest.ptr, ' ', GUESS_BASE64_LINE) != NULL)
		return false;
	for (bool is_last = false; !is_last && str_line(&rest, &line); lines++) {
		is_last = rest.len == 0;
		if (lines == 0)
			first = line.len;
		if ((is_last && !is_whole && lines > 0) || line.len == 0)
			continue;
		if (line.len % 4 != 0 || line.len > first || (!is_last && line.len < first))
			return false;
		for (size_t i = 0; i < line.len; i++)
			if (base64_value((unsigned char)line.ptr[i]) < 0 &&
				!(is_last && line.ptr[i] == '=' && i + 2 >= line.len))
				return false;
	}
	return first >= GUESS_BASE64_LINE && first <= GUESS_LINE_MAX;
}

/* A line of base64 as it was before somebody quoted it. */
static struct str
bare_line(struct str line)
{
	line = str_trim(line);
	while (line.len > 0 && (line.ptr[0] == '>' || line.ptr[0] == '|'))
		line = str_trim(str_from(line, 1));
	return line;
}

/* May it be base64? Words have blanks between them and other signs behind them. */
static bool
is_coded(struct str line)
{
	size_t odd = 0;
	for (size_t i = 0; i < line.len; i++) {
		const unsigned char c = (unsigned char)line.ptr[i];
		if (ascii_is_space(c))
			return false;
		odd += base64_value(c) < 0 && c != '=';
	}
	return odd <= ODD_PER_LINE;
}

/* How long most lines are, when so much of the text is base64 that its label is right; else 0. */
static size_t
coded_width(struct str text)
{
	struct str rest = str_head(text, GUESS_BYTES), line;
	size_t coded = 0, plain = 0, width = 0;
	bool is_sure = false;
	while (str_line(&rest, &line)) {
		line = bare_line(line);
		if (!is_coded(line)) {
			plain += line.len;
			continue;
		}
		coded += line.len;
		width = line.len > width ? line.len : width;
		is_sure = is_sure || (line.len >= SURE_BASE64_LINE && line.len % 4 == 0 &&
					     coded + plain == line.len &&
					     str_find_char(line, '=', 0) == STR_NPOS);
	}
	return (is_sure || coded > plain) && coded >= GUESS_BASE64_LINE ? width : 0;
}

/* One line alone, so that what was lost of it spoils no other. Where the line has its length, the
 * three bytes of a group that something changed are the one character that says so. */
static char *
write_line(struct str line, bool is_full, char *to)
{
	char quad[4];
	size_t n = 0;
	bool is_changed = false;
	for (size_t i = 0; i < line.len; i++) {
		const bool is_value = base64_value((unsigned char)line.ptr[i]) >= 0;
		if (!is_value && (!is_full || line.ptr[i] == '='))
			continue;
		is_changed = is_changed || !is_value;
		quad[n++] = line.ptr[i];
		if (n < sizeof quad)
			continue;
		n = 0;
		if (is_changed)
			to += utf8_put(NOT_DECODED, to);
		else
			to = base64_write((struct str){quad, sizeof quad}, to);
		is_changed = false;
	}
	return base64_write((struct str){quad, n}, to);
}

/* Base64 that was damaged, or stands amid words that are none of it: a banner above it, a list's
 * footer below. Absent when it is no base64. */
static struct str
decode_torn_base64(struct str text, struct arena *a)
{
	const size_t width = coded_width(text);
	if (width == 0 || width % 4 != 0)
		return STR_NONE;
	char *const out = arena_bytes(a, text.len), *to = out;
	struct str rest = text, line;
	bool is_behind = false; /* a full line; the last one may be as short as a word */
	while (out != NULL && str_line(&rest, &line)) {
		line = bare_line(line);
		const bool is_full = line.len + 1 >= width;
		if (line.len == 0 || !is_coded(line) || (!is_full && !is_behind))
			continue;
		to = write_line(line, line.len == width, to);
		is_behind = is_full;
	}
	return str_between(out, to);
}

/* What is labelled so, and may be something else: text in a part whose label lies. */
static struct str
decode_labelled_base64(struct str text, struct arena *a)
{
	bool is_torn = false;
	const struct str whole = decode_base64_noting(text, a, &is_torn);
	if (!is_torn)
		return whole;
	const struct str torn = decode_torn_base64(text, a);
	if (str_is_set(torn))
		return torn;
	if (coded_width(text) > 0)
		return whole;
	return looks_quoted_printable(text) ? decode_quoted_printable(text, a) : text;
}

/* Is this UTF-8 beyond doubt, with something in it that is no ASCII? */
static bool
is_surely_utf8(struct str text)
{
	const struct str head = utf8_head(text, GUESS_BYTES);
	size_t chars = 0;
	for (size_t i = 0; i < head.len; i++)
		chars += (unsigned char)head.ptr[i] >= 0xC2;
	return chars >= UTF8_CHARS_MIN && utf8_valid(head);
}

/* The charset that the bytes allow. */
static enum charset
charset_of(struct str name, struct str text)
{
	const enum charset cs = charset_find(name);
	switch (cs) {
	case CHARSET_UNKNOWN:
	case CHARSET_US_ASCII:
	case CHARSET_UTF_8:
	case CHARSET_UTF_7:
	case CHARSET_ISO_2022_JP:
	case CHARSET_ISO_2022_KR:
	case CHARSET_HZ:
		return cs;
	case CHARSET_UTF_16:
	case CHARSET_UTF_16LE:
	case CHARSET_UTF_16BE:
		/* Its line ends have zeros in them. */
		return text.len > 0 && memchr(text.ptr, '\0', text.len) == NULL ? CHARSET_UNKNOWN
										: cs;
	default:
		return is_surely_utf8(text) ? CHARSET_UTF_8 : cs;
	}
}

static bool
is_local_part(struct str word)
{
	if (word.len == 0 || !ascii_is_alpha((unsigned char)word.ptr[0]))
		return false;
	for (size_t i = 0; i < word.len; i++)
		if (!ascii_is_alnum((unsigned char)word.ptr[i]) &&
			strchr("._-+", word.ptr[i]) == NULL)
			return false;
	return true;
}

/* Without what may be the beginning of an address, where the message was cut: half of one is
 * another. What stands behind blanks and words is left, and so is an address that something closes.
 */
static struct str
without_torn_address(struct str text)
{
	size_t line = text.len, word;
	while (line > 0 && text.ptr[line - 1] != '\n' && text.ptr[line - 1] != '\r')
		line--;
	for (word = text.len; word > line && !ascii_is_space((unsigned char)text.ptr[word - 1]);)
		word--;
	const struct str last = str_from(text, line), torn = str_from(text, word);
	if (str_starts_case(last, STR("Final-Recipient:")) ||
		str_starts_case(last, STR("Original-Recipient:")))
		return str_head(text, line);
	if (torn.len == 0 || str_has(torn, STR("://")))
		return text;
	const bool is_open = ascii_is_alnum((unsigned char)torn.ptr[torn.len - 1]) ||
			     strchr("@.-_", torn.ptr[torn.len - 1]) != NULL;
	const bool is_address = str_find_char(torn, '@', 0) != STR_NPOS;
	const bool is_alone = str_is_blank(str_head(last, word - line));
	const struct str bare = str_from(torn, torn.ptr[0] == '<');
	return is_open && (is_address || (is_alone && is_local_part(bare))) ? str_head(text, word)
									    : text;
}

/* The content without its transfer encoding. */
static struct str
part_bytes(const struct part *p, struct arena *a)
{
	struct str text = p->raw;
	const bool is_prose = p->role == PART_TEXT || p->role == PART_HTML;
	if (str_starts_case(p->encoding, STR("base64")))
		text = p->role == PART_OTHER ? decode_base64(text, a)
					     : decode_labelled_base64(text, a);
	else if (is_prose && looks_base64(text))
		text = decode_base64(text, a);
	else if (str_starts_case(p->encoding, STR("quoted-printable")) ||
		 (is_prose && !str_is_set(p->encoding) && looks_quoted_printable(text)))
		text = decode_quoted_printable(text, a);
	return p->is_torn ? without_torn_address(text) : text;
}

struct str
part_decode(const struct part *p, struct arena *a)
{
	const struct str text = part_bytes(p, a);
	return p->role == PART_OTHER ? text
				     : charset_to_utf8(charset_of(p->charset, text), text, a);
}
