/* frame - what a hook is told, and what it answers, as bytes */
#include "hooks/frame.h"

static const struct str points[] = {
#define X(id, name) STR_INIT(name),
	HOOK_POINTS(X)
#undef X
};

struct str
hook_name(enum hook_point p)
{
	return points[p];
}

/* ---- entries: letter, count, and each text behind four bytes of its length */

static void
put_text(struct buf *b, struct str s)
{
	for (unsigned shift = 0; shift < 32; shift += 8)
		buf_add_char(b, (char)(s.len >> shift & 0xFF));
	buf_add(b, s);
}

static bool
put(struct buf *b, char letter, const struct str *texts, size_t count)
{
	size_t bytes = 2;
	for (size_t i = 0; i < count; i++)
		bytes += 4 + texts[i].len;
	if (b->len + bytes > HOOK_FRAME_BYTES_MAX)
		return false;
	buf_add_char(b, letter);
	buf_add_char(b, (char)count);
	for (size_t i = 0; i < count; i++)
		put_text(b, texts[i]);
	return !buf_failed(b);
}

static bool
take_text(struct str *rest, struct str *out)
{
	uint32_t len = 0;
	if (rest->len < 4)
		return false;
	for (unsigned i = 0; i < 4; i++)
		len |= (uint32_t)(unsigned char)rest->ptr[i] << 8 * i;
	*rest = str_from(*rest, 4);
	if (len > rest->len)
		return false;
	*out = str_head(*rest, len);
	*rest = str_from(*rest, len);
	return true;
}

static bool
take(struct str *rest, char *letter, struct str texts[HOOK_TEXTS_MAX])
{
	for (size_t i = 0; i < HOOK_TEXTS_MAX; i++)
		texts[i] = STR_NONE;
	if (rest->len < 2)
		return false;
	*letter = rest->ptr[0];
	const size_t count = (unsigned char)rest->ptr[1];
	*rest = str_from(*rest, 2);
	for (size_t i = 0; i < count; i++)
		if (i == HOOK_TEXTS_MAX || !take_text(rest, &texts[i]))
			return false;
	return true;
}

/* ---- what is told */

static const char letters[] = {
	[FACT_TEXT] = 't',
	[FACT_NUMBER] = 'n',
	[FACT_ITEM] = 'i',
	[FACT_HEADER] = 'h',
	[FACT_CHECK] = 'c',
};

static bool
put_fact(struct buf *b, enum fact_kind kind, const struct str *texts, size_t count)
{
	return put(b, letters[kind], texts, count);
}

bool
fact_text(struct buf *b, struct str name, struct str value)
{
	return !str_is_set(value) || put_fact(b, FACT_TEXT, (const struct str[]){name, value}, 2);
}

bool
fact_number(struct buf *b, struct str name, int64_t value)
{
	char digits[STR_DIGITS_MAX];
	return put_fact(b, FACT_NUMBER, (const struct str[]){name, str_digits(value, digits)}, 2);
}

bool
fact_item(struct buf *b, struct str list, struct str value)
{
	return put_fact(b, FACT_ITEM, (const struct str[]){list, value}, 2);
}

bool
fact_header(struct buf *b, struct str name, struct str value)
{
	return put_fact(b, FACT_HEADER, (const struct str[]){name, value}, 2);
}

bool
fact_check(struct buf *b, struct str name, struct str result, struct str words, unsigned score)
{
	char digits[STR_DIGITS_MAX];
	return put_fact(b, FACT_CHECK,
		(const struct str[]){name, result, str_digits(score, digits), words}, 4);
}

bool
fact_next(struct str *rest, struct fact *out)
{
	char letter;
	*out = (struct fact){.kind = FACT_TEXT};
	if (!take(rest, &letter, out->text))
		return false;
	for (size_t k = 0; k < sizeof letters; k++) {
		if (letters[k] != letter)
			continue;
		out->kind = (enum fact_kind)k;
		const size_t at = out->kind == FACT_CHECK ? 2 : 1;
		if (out->kind == FACT_NUMBER || out->kind == FACT_CHECK)
			out->number = str_number(out->text[at], INT64_MAX);
		return str_is_set(out->text[0]) && str_is_set(out->text[1]);
	}
	return false;
}

/* ---- what is answered */

void
hook_result_write(struct buf *b, const struct hook_result *r)
{
	char act[STR_DIGITS_MAX], score[STR_DIGITS_MAX];
	const struct {
		char letter;
		struct str text;
	} texts[] = {{'a', str_digits(r->act, act)}, {'w', r->words}, {'r', r->redirect},
		{'g', r->tags}, {'s', str_digits(r->score, score)}, {'y', r->score_words},
		{'l', r->log}};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (str_is_set(texts[i].text))
			put(b, texts[i].letter, &texts[i].text, 1);
}

/* Is it header fields, each with its CRLF? A script's words end in a message. */
static bool
is_fields(struct str tags)
{
	bool is_first = true;
	while (tags.len > 0) {
		const size_t end = str_find(tags, STR("\r\n"), 0);
		const struct str line = str_head(tags, end == STR_NPOS ? 0 : end);
		if (line.len == 0)
			return false;
		for (size_t i = 0; i < line.len; i++)
			if (line.ptr[i] == '\0' || line.ptr[i] == '\r' || line.ptr[i] == '\n')
				return false;
		const bool is_folded = line.ptr[0] == ' ' || line.ptr[0] == '\t';
		if (is_folded ? is_first : str_find_char(line, ':', 0) == STR_NPOS)
			return false;
		tags = str_from(tags, end + 2);
		is_first = false;
	}
	return true;
}

void
hook_result_read(struct str bytes, struct hook_result *out)
{
	struct str texts[HOOK_TEXTS_MAX];
	char letter;
	int64_t act = -1, score = 0;
	*out = (struct hook_result){.act = HOOK_PASS};
	while (take(&bytes, &letter, texts)) {
		const struct str text = texts[0];
		switch (letter) {
		case 'a':
			act = str_number(text, HOOK_FAILED);
			break;
		case 'w':
			out->words = str_head(text, HOOK_WORDS_BYTES_MAX);
			break;
		case 'r':
			out->redirect = str_head(text, HOOK_WORDS_BYTES_MAX);
			break;
		case 'g':
			out->tags = text.len <= HOOK_TAGS_BYTES_MAX && is_fields(text) ? text
										       : STR_NONE;
			break;
		case 's':
			score = str_number(text, HOOK_SCORE_MAX);
			break;
		case 'y':
			out->score_words = str_head(text, HOOK_WORDS_BYTES_MAX);
			break;
		case 'l':
			out->log = str_head(text, HOOK_WORDS_BYTES_MAX);
			break;
		default:
			act = -1;
		}
	}
	out->score = score > 0 ? (unsigned)score : 0;
	out->act = (enum hook_act)act;
	if (act < 0)
		*out = (struct hook_result){.act = HOOK_FAILED, .words = STR("it gave no answer")};
}
