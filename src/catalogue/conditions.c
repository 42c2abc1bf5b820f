#include "catalogue/conditions.h"

#define ANY '*'       /* in a pattern of letters: what a placeholder stands for, also nothing */
#define LETTERS_MIN 8 /* a pattern with fewer of its own and a placeholder would fit anything */
#define ID_BYTES 3    /* "C34" */

struct condition_line
condition_line(enum condition c, enum reply_style style)
{
	const struct condition_row *const row = &catalogue_conditions[c];
	struct condition_line line = {
		row->reply, catalogue_text(row->enhanced), catalogue_text(row->sentence)};
	if (style == REPLY_MODERN)
		return line;
	line.enhanced = row->reply != 0 ? STR_NONE : line.enhanced;
	if (row->documented_sentence.len > 0) {
		line.reply = row->documented_reply;
		line.sentence = catalogue_text(row->documented_sentence);
	}
	return line;
}

/* The letters and digits of ASCII, small, in `room` of CONDITION_LINE_BYTES_MAX. */
static struct str
letters_of(struct str s, char *room)
{
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++)
		if (ascii_is_alnum((unsigned char)s.ptr[i]))
			room[n++] = (char)ascii_lower((unsigned char)s.ptr[i]);
	return (struct str){room, n};
}

/* Those of a sentence of the table, with ANY for each placeholder; *own counts the letters. */
static struct str
pattern_of(struct str s, char *room, size_t *own)
{
	size_t n = 0;
	*own = 0;
	for (size_t i = 0; i < s.len && n < CONDITION_LINE_BYTES_MAX; i++) {
		if (s.ptr[i] == '{') {
			room[n++] = ANY;
			i = str_find_char(s, '}', i);
		} else if (ascii_is_alnum((unsigned char)s.ptr[i])) {
			room[n++] = (char)ascii_lower((unsigned char)s.ptr[i]);
			++*own;
		}
	}
	return (struct str){room, n};
}

/* As file names are matched: back to the last ANY when a letter does not fit. */
static bool
fits(struct str pattern, struct str text)
{
	size_t p = 0, t = 0, back_p = STR_NPOS, back_t = 0;
	while (t < text.len) {
		if (p < pattern.len && pattern.ptr[p] == ANY) {
			back_p = ++p;
			back_t = t;
		} else if (p < pattern.len && pattern.ptr[p] == text.ptr[t]) {
			p++;
			t++;
		} else if (back_p != STR_NPOS) {
			p = back_p;
			t = ++back_t;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.ptr[p] == ANY)
		p++;
	return p == pattern.len;
}

/* A line without its codes and its mark. */
struct bare {
	unsigned reply; /* 0: it had none */
	struct str letters;
};

static struct bare
bare_line(struct str line, char *room)
{
	struct condition_mark mark;
	struct bare b = {0, {room, 0}};
	line = str_trim(line);
	if (condition_mark_find(line, &mark))
		line = str_head(line, mark.at);
	const int64_t code = str_number(str_head(line, 3), 599);
	if (code >= 200 && line.len > 3 && (line.ptr[3] == ' ' || line.ptr[3] == '-')) {
		b.reply = (unsigned)code;
		line = str_trim(str_from(line, 4));
	}
	/* In reports of our own the enhanced code stands alone. */
	struct str rest = line;
	const struct str word = str_word(&rest);
	size_t dots = 0, i = 0;
	for (; i < word.len && (ascii_is_digit((unsigned char)word.ptr[i]) || word.ptr[i] == '.');
		i++)
		dots += word.ptr[i] == '.';
	if (dots == 2 && i == word.len)
		line = rest;
	if (line.len <= CONDITION_LINE_BYTES_MAX)
		b.letters = letters_of(line, room);
	return b;
}

/* One more than the letters that the condition and the line have in common, when the line is one of
 * its; 0 when it is not. A sentence with a placeholder needs `least` letters of its own. */
static size_t
likeness(const struct condition_row *row, const struct bare *b, size_t least)
{
	const struct text sentences[] = {row->documented_sentence, row->sentence};
	char room[CONDITION_LINE_BYTES_MAX];
	size_t best = 0, own;
	if (b->letters.len == 0 ||
		(b->reply != 0 && b->reply != row->reply && b->reply != row->documented_reply))
		return 0;
	for (size_t i = 0; i < 2; i++) {
		const struct str pattern = pattern_of(catalogue_text(sentences[i]), room, &own);
		if (own >= best && pattern.len > 0 && (own >= least || own == pattern.len) &&
			fits(pattern, b->letters))
			best = own + 1;
	}
	/* The document's own heading, where it says "x" or "<Other error message>". */
	const struct str heading = catalogue_text(row->documented);
	const struct str letters =
		letters_of(row->documented_reply != 0 ? str_from(heading, 3) : heading, room);
	if (letters.len >= best && str_eq(letters, b->letters))
		best = letters.len + 1;
	return best;
}

bool
condition_says(enum condition c, struct str line)
{
	char room[CONDITION_LINE_BYTES_MAX];
	const struct condition_row *const row = &catalogue_conditions[c];
	struct bare b = bare_line(line, room);
	if (likeness(row, &b, 0) > 0)
		return true;
	/* A filter's own code may stand there (filter_codes), of the same class: then the sentence
	 * must have words. */
	if (b.reply / 100 != row->reply / 100)
		return false;
	b.reply = row->reply;
	return likeness(row, &b, 1) > 0;
}

int
condition_of_line(struct str line)
{
	char room[CONDITION_LINE_BYTES_MAX];
	const struct bare b = bare_line(line, room);
	size_t best = 0;
	int found = -1;
	for (int c = 0; c < CONDITION__COUNT; c++) {
		const size_t n = likeness(&catalogue_conditions[c], &b, LETTERS_MIN);
		if (n > best) {
			best = n;
			found = c;
		}
	}
	return found;
}

/* "(C34 7Q2F)" at the "(" of `text`? */
static bool
mark_parse(struct str text, struct condition_mark *out)
{
	if (text.len < 1 + ID_BYTES + 1 || text.ptr[1 + ID_BYTES] != ' ')
		return false;
	const struct str id = str_head(str_from(text, 1), ID_BYTES);
	const struct str rest = str_from(text, 1 + ID_BYTES + 1);
	size_t n = 0;
	while (n < rest.len && n <= CONDITION_SESSION_BYTES_MAX &&
		(ascii_is_digit((unsigned char)rest.ptr[n]) ||
			(rest.ptr[n] >= 'A' && rest.ptr[n] <= 'Z')))
		n++;
	if (n < CONDITION_SESSION_BYTES_MIN || n > CONDITION_SESSION_BYTES_MAX || n == rest.len ||
		rest.ptr[n] != ')' || id.ptr[0] < 'A' || id.ptr[0] > 'Z')
		return false;
	const int c = catalogue_condition_find(id);
	if (c < 0)
		return false;
	out->condition = (enum condition)c;
	out->session = str_head(rest, n);
	return true;
}

bool
condition_mark_find(struct str text, struct condition_mark *out)
{
	for (size_t at = text.len; (at = str_find_last(str_head(text, at), '(')) != STR_NPOS;)
		if (mark_parse(str_from(text, at), out)) {
			out->at = at;
			return true;
		}
	return false;
}
