#include "base/charset.h"
#include "base/decode.h"
#include "base/lanes.h"

/*
 * The output is written straight to its place; the bytes of the text at hand
 * (a stretch of plain text, or of encoded words in one charset) are first put
 * together in `raw`.
 */
struct line {
	struct str in; /* what is still to read */
	char *to;
	char *raw;
	size_t raw_len;
	enum charset charset; /* of `raw` */
	bool after_word;      /* the last thing read was an encoded word */
};

struct word {
	struct str charset, text;
	bool is_base64;
	size_t len; /* all of it, in the input */
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_line_end(char c)
{
	return c == '\r' || c == '\n';
}

/*
 * Finds where the text of a word ends: at "?=", or else where it must have lost
 * that: before the next "=?", at the end, and then no further than its first
 * blank. Each byte is looked at twice at the most, as the next word cannot start
 * before the place where this one stopped.
 */
static size_t
word_text_len(struct str s, size_t *closing)
{
	size_t i = 0;
	for (; i < s.len; i++) {
		const char next = i + 1 < s.len ? s.ptr[i + 1] : '\0';
		if (s.ptr[i] == '?' && next == '=') {
			*closing = 2;
			return i;
		}
		if (s.ptr[i] == '=' && next == '?' && (i + 2 == s.len || s.ptr[i + 2] != '='))
			break;
	}
	size_t len = 0;
	while (len < i && !is_blank(s.ptr[len]) && !is_line_end(s.ptr[len]))
		len++;
	*closing = len > 0 && s.ptr[len - 1] == '?'; /* cut off inside "?=" */
	return len - *closing;
}

/* RFC 2047 s2: "=?" charset "?" encoding "?" text "?=" at the start of `s`. */
static bool
word_parse(struct str s, struct word *word)
{
	if (!str_starts(s, STR("=?")))
		return false;
	size_t i = 2;
	while (i < s.len && s.ptr[i] > ' ' && s.ptr[i] < 0x7F && s.ptr[i] != '?' && s.ptr[i] != '=')
		i++;
	if (i == 2 || s.len - i < 3 || s.ptr[i] != '?' || s.ptr[i + 2] != '?')
		return false;
	const int encoding = ascii_lower((unsigned char)s.ptr[i + 1]);
	if (encoding != 'b' && encoding != 'q')
		return false;
	const struct str rest = str_from(s, i + 3);
	size_t closing;
	word->charset = (struct str){s.ptr + 2, i - 2};
	word->text = str_head(rest, word_text_len(rest, &closing));
	word->is_base64 = encoding == 'b';
	word->len = i + 3 + word->text.len + closing;
	return true;
}

/* RFC 2047 s4.2; the line ends of folding inside the word are left out. */
static char *
write_q(struct str s, char *to)
{
	for (size_t i = 0; i < s.len; i++) {
		const int byte = s.ptr[i] == '=' ? hex_pair(str_from(s, i + 1)) : -1;
		if (byte >= 0) {
			*to++ = (char)byte;
			i += 2;
		} else if (!is_line_end(s.ptr[i])) {
			*to++ = s.ptr[i];
			if (s.ptr[i] == '_')
				to[-1] = ' ';
		}
	}
	return to;
}

/* Converts what was put together. */
static void
line_flush(struct line *line)
{
	char *const from = line->to;
	line->to = charset_write(line->charset, (struct str){line->raw, line->raw_len}, from);
	for (char *p = from; p < line->to; p++)
		if (is_line_end(*p))
			*p = ' ';
	line->raw_len = 0;
}

static void
line_word(struct line *line, const struct word *word)
{
	const enum charset cs = charset_find(word->charset);
	/* A shift of UTF-7 may be left open at the end of a word: the next one starts afresh. */
	if (!line->after_word || cs != line->charset || cs == CHARSET_UTF_7)
		line_flush(line);
	line->charset = cs;
	char *const to = line->raw + line->raw_len;
	char *const end = word->is_base64 ? base64_write(word->text, to) : write_q(word->text, to);
	line->raw_len += (size_t)(end - to);
	line->after_word = true;
	line->in = str_from(line->in, word->len);
}

/* White space that folds, or that stands between two words, is not text. True when it took some. */
static bool
line_space(struct line *line)
{
	struct word next;
	bool is_fold = false;
	size_t len = 0;
	while (len < line->in.len &&
		(is_blank(line->in.ptr[len]) || is_line_end(line->in.ptr[len])))
		is_fold |= is_line_end(line->in.ptr[len++]);
	if (len == 0)
		return false;
	const struct str rest = str_from(line->in, len);
	if (line->after_word && word_parse(rest, &next)) {
		line->in = rest;
		return true;
	}
	if (line->after_word)
		line_flush(line);
	line->after_word = false;
	line->charset = CHARSET_UNKNOWN;
	if (!is_fold) {
		memcpy(line->raw + line->raw_len, line->in.ptr, len);
		line->raw_len += len;
	} else if (rest.len > 0) {
		line->raw[line->raw_len++] = ' ';
	}
	line->in = rest;
	return true;
}

static void
line_text(struct line *line)
{
	if (line->after_word)
		line_flush(line);
	line->after_word = false;
	line->charset = CHARSET_UNKNOWN;
	line->raw[line->raw_len++] = line->in.ptr[0];
	line->in = str_from(line->in, 1);
}

/* Is there nothing to decode: neither the "=" of a word, nor a fold, nor a byte that is no ASCII?
 */
static bool
is_plain(struct str in)
{
	for (size_t i = 0; i < in.len; i += LANES) {
		const struct lanes l = lanes_next(in.ptr + i, in.len - i);
		const unsigned odd = lanes_odd(l, ' ') | lanes_equal(l, '=');
		if (odd != 0)
			return i + lanes_first(odd) >= in.len; /* the NULs behind it */
	}
	return true;
}

struct str
decode_words(struct str in, struct arena *a)
{
	if (is_plain(in))
		return in;
	if (!str_has(in, STR("=?")) && str_find_char(in, '\n', 0) == STR_NPOS &&
		str_find_char(in, '\r', 0) == STR_NPOS)
		return charset_to_utf8(CHARSET_UNKNOWN, in, a);
	const size_t written_max = charset_write_max(in);
	const size_t room = in.len > SIZE_MAX / 4 ? SIZE_MAX : written_max + in.len;
	char *const out = arena_bytes(a, room);
	if (out == NULL)
		return STR_NONE;
	struct line line = {.in = in, .to = out, .raw = out + written_max};
	while (line.in.len > 0) {
		struct word word;
		if (word_parse(line.in, &word))
			line_word(&line, &word);
		else if (!line_space(&line))
			line_text(&line);
	}
	line_flush(&line);
	const struct str text = str_between(out, line.to);
	if (str_eq(text, in)) {
		arena_give_back(a, room);
		return in;
	}
	arena_give_back(a, room - text.len);
	return text;
}
