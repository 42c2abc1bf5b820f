#include "read/text_head.h"

#include "catalogue/names.h"
#include "read/address.h"
#include "read/limits.h"
#include "read/signs.h"

#define LABEL_BYTES_MAX 48 /* "The following recipient's address is unknown:" is no label */
#define DATE_BYTES_MAX 40
#define LOCAL_BYTES_MAX 64   /* RFC 5321 s4.5.3.1.1 */
#define ANSWER_HEAD_BYTES 24 /* of an answer, in which its codes stand */
#define ROW_CELLS_MAX 8      /* of a table with addresses in it */
#define NAMED_BYTES_MAX 200
#define NAME_WORDS_MAX 5

struct str
text_skip_bullet(struct str s)
{
	for (;;) {
		size_t n = 0;
		while (n < s.len && n < 4 &&
			(s.ptr[n] == '*' || s.ptr[n] == '-' || s.ptr[n] == '>' || s.ptr[n] == '=' ||
				s.ptr[n] == '+' || s.ptr[n] == '|' || s.ptr[n] == '#'))
			n++;
		/* "1. a@b", "2) a@b", and a table's rows with their numbers */
		if (n == 0) {
			while (n < s.len && n < 4 && ascii_is_digit((unsigned char)s.ptr[n]))
				n++;
			const bool is_cell = n > 0 && n < s.len && s.ptr[n] == '\t';
			const bool is_item = n > 0 && n + 1 < s.len &&
					     (s.ptr[n] == '.' || s.ptr[n] == ')') &&
					     s.ptr[n + 1] == ' ';
			n = is_item ? n + 1 : is_cell ? n : 0;
		}
		if (str_starts(s, STR("\xE2\x80\xA2")) || str_starts(s, STR("\xE2\x97\x8F")) ||
			str_starts(s, STR("\xE3\x83\xBB")) ||
			str_starts(s, STR("\xE2\x96\xA0"))) /* • ● ・ ■ */
			n = 3;
		else if (str_starts(s, STR("\xC2\xB7"))) /* · */
			n = 2;
		if (n == 0 || n >= s.len ||
			(!ascii_is_space((unsigned char)s.ptr[n]) && n < 3 && s.ptr[n] != '<'))
			return s;
		s = str_trim(str_from(s, n));
	}
}

bool
text_is_head_tail(struct str tail)
{
	if (tail.len == 0)
		return true;
	const char c = tail.ptr[0];
	if (c == ':' || c == ';' || c == '(' || c == '[' || c == ',' || c == '-' || c == '\t' ||
		c == '=' || c == '|')
		return true;
	return str_starts(tail, STR("...")) || str_starts(tail, STR("<mailto:")) ||
	       str_starts_case(tail, STR("on ")) || str_starts(tail, STR("<<<")) ||
	       ascii_is_digit((unsigned char)c) || str_starts(tail, STR("\xEF\xBC\x9A")) ||
	       str_starts(tail, STR("\xE3\x80\x80"));
}

bool
text_head(struct str line, struct str *address, struct str *tail)
{
	size_t at = 0;
	if (line.len < 3)
		return false;
	if (line.ptr[0] == '<') {
		const size_t close = str_find_char(line, '>', 1);
		if (close == STR_NPOS || close < 2 || close > ADDRESS_BYTES_MAX)
			return false;
		const struct str inside = (struct str){line.ptr + 1, close - 1};
		*tail = str_trim(str_from(line, close + 1));
		*address = address_clean(inside);
		if (str_find_char(*address, '@', 0) != STR_NPOS)
			return str_find_char(*address, ' ', 0) == STR_NPOS ||
			       address->ptr[0] == '"';
		/* A local part alone is one only before a colon: "<nobody>: unknown user". */
		return str_starts(*tail, STR(":")) && address->len > 0 && address->len <= 64 &&
		       str_find_char(*address, ' ', 0) == STR_NPOS &&
		       str_find(*address, STR("://"), 0) == STR_NPOS;
	}
	const char quote = strchr("\"'*`", line.ptr[0]) != NULL ? line.ptr[0] : '\0';
	const struct str bare = quote != '\0' ? str_from(line, 1) : line;
	const size_t sign = str_find_char(str_head(bare, ADDRESS_BYTES_MAX), '@', 0);
	if (sign == STR_NPOS)
		return false;
	/* Blanks before the @ mean that the line begins with something else (but for a quoted local
	 * part). */
	struct str found = address_next(line, &at);
	if (!str_is_set(found) || found.ptr > bare.ptr)
		return false;
	*address = found;
	*tail = str_from(line, at);
	if (quote != '\0' && tail->len > 0 && tail->ptr[0] == quote)
		*tail = str_from(*tail, 1);
	*tail = str_trim(*tail);
	if (str_starts(*tail, STR("<"))) {
		const size_t close = str_find_char(*tail, '>', 0);
		const struct str inside = close == STR_NPOS ? STR("") : str_head(*tail, close + 1);
		/* "a@b <c@d>": the first was its display name; "a@b<mailto:a@b>": the same twice.
		 */
		const struct str clean = address_clean(inside);
		if (str_find_char(clean, '@', 0) != STR_NPOS && !str_starts(*tail, STR("<mailto:")))
			*address = clean;
		if (str_find_char(inside, '@', 0) != STR_NPOS)
			*tail = str_trim(str_from(*tail, close + 1));
	}
	return true;
}

bool
text_code_line(struct str line, struct str *address)
{
	struct status s;
	if (line.len < 8 || (line.ptr[0] != '4' && line.ptr[0] != '5') ||
		!ascii_is_digit((unsigned char)line.ptr[1]) ||
		!ascii_is_digit((unsigned char)line.ptr[2]) || line.ptr[3] != ' ')
		return false;
	struct str rest = str_trim(str_from(line, 4));
	rest = str_trim(str_from(rest, status_parse(rest, &s)));
	struct str tail;
	return text_head(rest, address, &tail) && str_starts(tail, STR("..."));
}

/* "am 03.03.2009 09:13", "on 3/3/2009 9:13 AM": digits, and few letters. */
static bool
is_date(struct str s)
{
	int digits = 0, letters = 0;
	for (size_t i = 0; i < s.len; i++) {
		digits += ascii_is_digit((unsigned char)s.ptr[i]);
		letters += ascii_is_alpha((unsigned char)s.ptr[i]);
	}
	return s.len <= DATE_BYTES_MAX && digits >= 6 && letters <= digits &&
	       str_find_char(s, ':', 0) != STR_NPOS && s.ptr[0] != ':';
}

bool
text_named(struct str line, bool is_contact, struct str *address)
{
	if (line.len < 6 || line.len > 200)
		return false;
	const size_t bracket = str_find(line, STR("> "), 0);
	if (bracket != STR_NPOS && is_date(str_from(line, bracket + 2)))
		line = str_head(line, bracket + 1);
	if (line.ptr[line.len - 1] == ':')
		line.len--;
	const char close = line.ptr[line.len - 1];
	const char open = close == ')' ? '(' : close == '>' ? '<' : close == ']' ? '[' : '\0';
	if (open == '\0')
		return false;
	const size_t at = str_find_char(line, open, 0);
	if (at == STR_NPOS || at == 0)
		return false;
	struct str inside = str_from(line, at + 1);
	inside.len--;
	inside = address_clean(inside);
	size_t next = 0;
	const struct str found = address_next(inside, &next);
	if (!str_is_set(found) || found.len != inside.len)
		return false;
	/* The name: few words, and no sentence that asks to write to somebody, no answer of a
	 * server. */
	struct str name = str_head(line, at);
	if (ascii_is_digit((unsigned char)name.ptr[0]))
		return false;
	if (is_contact || str_find_char(name, ':', 0) != STR_NPOS ||
		str_find_char(name, '@', 0) != STR_NPOS)
		return false;
	int words = 0;
	for (struct str rest = name; str_word(&rest).len > 0;)
		words++;
	if (words > 6)
		return false;
	*address = found;
	return true;
}

/* "■ To    " without the bullet and the blanks, wide ones (U+3000) too. */
static struct str
trim_label(struct str label)
{
	static const struct str wide = STR_INIT("\xE3\x80\x80");
	label = text_skip_bullet(str_trim(label));
	for (;;) {
		if (str_starts(label, wide))
			label = str_trim(str_from(label, wide.len));
		else if (str_ends_case(label, wide))
			label = str_trim(str_head(label, label.len - wide.len));
		else
			return label;
	}
}

bool
text_label(struct str line, struct str *address, struct str *tail, struct str *label)
{
	const struct str head = str_head(line, LABEL_BYTES_MAX + 1);
	static const struct str wide_colon = STR_INIT("\xEF\xBC\x9A");
	size_t colon = str_find_char(head, ':', 0), behind = 1;
	const size_t wide = str_find(head, wide_colon, 0);
	if (wide < colon) {
		colon = wide;
		behind = wide_colon.len;
	}
	/* The cells of a table, as they come out of a window. */
	if (colon == STR_NPOS)
		colon = str_find_char(head, '\t', 0);
	/* ... or as a program drew them: "| Recipient | a@b |". */
	if (colon == STR_NPOS && str_starts(head, STR("|")))
		colon = str_find_char(head, '|', 1);
	if (colon == STR_NPOS || colon == 0)
		return false;
	const struct str value = str_trim(str_from(line, colon + behind));
	size_t at = 0;
	const struct str found = address_next(value, &at);
	if (!str_is_set(found))
		return false;
	*label = trim_label(str_head(line, colon));
	*address = found;
	*tail = str_trim(str_from(value, at));
	while (tail->len > 0 && strchr(">)]'\"", tail->ptr[0]) != NULL && tail->ptr[0] != '\0')
		*tail = str_trim(str_from(*tail, 1));
	return true;
}

bool
text_cells(struct str line, struct str *address, struct str *label)
{
	size_t at = 0;
	const struct str found = address_next(line, &at);
	if (!str_is_set(found) || found.ptr - line.ptr > LABEL_BYTES_MAX ||
		str_trim(str_between(found.ptr + found.len, line.ptr + line.len)).len > 0)
		return false;
	*label = str_trim(str_between(line.ptr, found.ptr));
	*address = found;
	return label->len > 0 && str_find_char(*label, ':', 0) == STR_NPOS;
}

/* The next cell of a row: up to a tab, a bar or two blanks. Absent behind the last. */
static struct str
next_cell(struct str *rest)
{
	struct str row = str_trim(*rest);
	size_t n = 0;
	if (row.len == 0)
		return STR_NONE;
	while (n < row.len && row.ptr[n] != '\t' && row.ptr[n] != '|' &&
		!(row.ptr[n] == ' ' && n + 1 < row.len && row.ptr[n + 1] == ' '))
		n++;
	*rest = str_from(row, n + (n < row.len && row.ptr[n] == '|'));
	return str_trim_end(str_head(row, n));
}

/* "3", "10/24", "2024-02-09 06:30" */
static bool
is_numbers(struct str cell)
{
	size_t digits = 0, letters = 0;
	for (size_t i = 0; i < cell.len; i++) {
		digits += ascii_is_digit((unsigned char)cell.ptr[i]);
		letters += ascii_is_alpha((unsigned char)cell.ptr[i]);
	}
	return digits > letters;
}

/* "a@b", "<a@b>" and nothing else */
static bool
is_address(struct str cell, struct str *address)
{
	const struct str bare = str_unwrap(cell, '<', '>');
	size_t at = 0;
	const struct str found = address_next(bare, &at);
	if (!str_is_set(found) || found.len != bare.len)
		return false;
	*address = found;
	return true;
}

bool
text_begins_with_answer(struct str text)
{
	if (text.len == 0 || (text.ptr[0] != '4' && text.ptr[0] != '5'))
		return false; /* as most lines do not, and it costs less to see that */
	const struct reply r = reply_scan(str_head(text, ANSWER_HEAD_BYTES));
	return r.is_sure && r.at == 0;
}

bool
text_row(struct str line, bool is_led, struct str *address, struct str *said)
{
	struct str rest = line, cell, words = STR_NONE;
	size_t cells = 0, named = 0, numbers = 0;
	*said = str_from(line, line.len);
	for (; cells < ROW_CELLS_MAX && str_is_set(cell = next_cell(&rest)); cells++) {
		if (cells == 0 && cell.len == line.len)
			return false; /* as most lines are */
		if (is_address(cell, address))
			named++;
		else if (said->len == 0 && text_begins_with_answer(cell))
			*said = cell;
		else if (is_numbers(cell))
			numbers++;
		else
			words = cell;
	}
	if (named != 1 || said->len > 0 || !is_led)
		return named == 1 && said->len > 0;
	/* "1  a@b  refused": numbers, and one cell that says what became of it. */
	if (str_is_set(words) && words.ptr > address->ptr && numbers + 2 == cells) {
		*said = words;
		return true;
	}
	return numbers > 0 && numbers + 1 == cells;
}

bool
text_behind_name(struct str line, struct str *address)
{
	const size_t comma = str_find_last(line, ',');
	size_t at = 0, words = 0;
	if (comma == STR_NPOS || comma == 0 || line.len > NAMED_BYTES_MAX)
		return false;
	const struct str behind = address_clean(str_from(line, comma + 1));
	const struct str found = address_next(behind, &at);
	struct str name = str_head(line, comma);
	if (!str_is_set(found) || found.len != behind.len ||
		str_find_char(name, '@', 0) != STR_NPOS || str_find_char(name, ':', 0) != STR_NPOS)
		return false;
	while (str_word(&name).len > 0)
		words++;
	*address = found;
	return words <= NAME_WORDS_MAX;
}

bool
text_listed(struct str *tail, struct str *address)
{
	size_t n = 0, at = 0;
	while (n < tail->len && strchr(" \t,;<>\"'", tail->ptr[n]) != NULL && tail->ptr[n] != '\0')
		n++;
	const struct str rest = str_from(*tail, n);
	const struct str found = address_next(rest, &at);
	if (n == 0 || !str_is_set(found) || found.ptr != rest.ptr)
		return false;
	*address = found;
	*tail = str_from(rest, at);
	while (tail->len > 0 && (tail->ptr[0] == '>' || tail->ptr[0] == '"'))
		*tail = str_from(*tail, 1);
	*tail = str_trim(*tail);
	return true;
}

bool
text_local(struct str line, struct str *address, struct str *tail)
{
	const size_t open = str_find(line, STR(" ("), 0);
	if (open == STR_NPOS || open == 0 || open > LOCAL_BYTES_MAX ||
		line.ptr[line.len - 1] != ')')
		return false;
	const struct str local = str_head(line, open), inside = str_from(line, open + 1);
	for (size_t i = 0; i < local.len; i++)
		if (!ascii_is_alnum((unsigned char)local.ptr[i]) &&
			(strchr("._-+", local.ptr[i]) == NULL || local.ptr[i] == '\0'))
			return false;
	struct str hit;
	*address = local;
	*tail = inside;
	return sign_in(inside, SIGN_FAILURE, &hit);
}

bool
text_is_recipient_label(struct str label)
{
	struct str hit;
	return sign_in(label, SIGN_RECIPIENT_LABEL, &hit) && hit.len * 5 >= label.len * 3;
}

bool
text_is_behind_sender_word(struct str line, struct str address)
{
	struct str head = str_between(line.ptr, address.ptr);
	while (head.len > 0 && (head.ptr[head.len - 1] == '<' || head.ptr[head.len - 1] == ' ' ||
				       head.ptr[head.len - 1] == '"'))
		head.len--;
	const struct str cue = catalogue_name_at_end(KNOWN_SENDER_CUE, head);
	return str_is_set(cue) &&
	       (cue.len == head.len ||
		       !ascii_is_alnum((unsigned char)head.ptr[head.len - cue.len - 1]));
}

bool
text_begins_with_to(struct str line, struct str address)
{
	struct str head = str_between(line.ptr, address.ptr);
	while (head.len > 0 && memchr(" <\"'", head.ptr[head.len - 1], 4) != NULL)
		head.len--;
	return catalogue_is_named(KNOWN_TO_WORD, head);
}

bool
text_is_from_to(struct str line, struct str sender, struct str recipient)
{
	static const char marks[] = " <>\"'()[],";
	struct str before = str_between(line.ptr, sender.ptr);
	struct str between = str_between(sender.ptr + sender.len, recipient.ptr);
	while (before.len > 0 &&
		memchr(marks, before.ptr[before.len - 1], sizeof marks - 1) != NULL)
		before.len--;
	size_t word = before.len;
	while (word > 0 && before.ptr[word - 1] != ' ')
		word--;
	while (between.len > 0 && memchr(marks, between.ptr[0], sizeof marks - 1) != NULL)
		between = str_from(between, 1);
	while (between.len > 0 &&
		memchr(marks, between.ptr[between.len - 1], sizeof marks - 1) != NULL)
		between.len--;
	return catalogue_is_named(KNOWN_FROM_WORD, str_from(before, word)) &&
	       catalogue_is_named(KNOWN_TO_WORD, between);
}
