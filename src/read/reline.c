#include "read/reline.h"

#include "base/line.h"
#include "read/address.h"
#include "read/header.h"
#include "read/limits.h"

#define LINE_BYTES_MAX 1000 /* RFC 5322 s2.1.1: 998 */
#define LOST_BYTES_MIN 160  /* of one line that may be several */
#define NAME_BYTES_MAX 40
#define BOUNDARY_BYTES_MAX 100 /* RFC 2046 s5.1.1: 70, and its dashes */
#define BOUNDARIES_MAX 8
#define DATE_BYTES_MAX 48
#define VALUE_BYTES_MAX 1000 /* of an id or a comment */
#define LABEL_BYTES_MAX 32

bool
reline_is_lost(struct str text)
{
	const struct str head = str_head(text, LINE_BYTES_MAX + 1);
	if (head.len < LOST_BYTES_MIN || head.ptr[0] == '{' || head.ptr[0] == '[')
		return false; /* JSON has no lines */
	const char *const end = head.ptr + head.len;
	const char *const at = line_end(head.ptr, end);
	if (at == end)
		return true;
	const size_t first = (size_t)(at - head.ptr);
	return first >= LOST_BYTES_MIN && str_is_blank(str_from(text, first));
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct str
skip_blanks(struct str s)
{
	size_t n = 0;
	while (n < s.len && is_blank(s.ptr[n]))
		n++;
	return str_from(s, n);
}

static struct str
skip_word(struct str s)
{
	for (size_t i = 0; i < s.len; i += LANES) {
		const unsigned blanks = lanes_either(lanes_next(s.ptr + i, s.len - i), ' ', '\t');
		if (blanks != 0)
			return str_from(s, i + lanes_first(blanks));
	}
	return str_from(s, s.len);
}

/* A name that begins a line wherever it stands: it has a hyphen, or is one of the few without. */
static size_t
name_length(struct str s)
{
	static const struct str short_names[] = {STR_INIT("Received"), STR_INIT("Date"),
		STR_INIT("From"), STR_INIT("To"), STR_INIT("Cc"), STR_INIT("Subject"),
		STR_INIT("Sender"), STR_INIT("Action"), STR_INIT("Status"), STR_INIT("Precedence")};
	size_t n = 0;
	bool has_hyphen = false;
	if (s.len < 4 || s.ptr[0] < 'A' || s.ptr[0] > 'Z')
		return 0;
	while (n < s.len && n <= NAME_BYTES_MAX &&
		(ascii_is_alnum((unsigned char)s.ptr[n]) || s.ptr[n] == '-'))
		has_hyphen = s.ptr[n++] == '-' || has_hyphen;
	if (n > NAME_BYTES_MAX || n >= s.len || s.ptr[n] != ':' ||
		(n + 1 < s.len && !is_blank(s.ptr[n + 1])))
		return 0;
	const struct str name = str_head(s, n);
	return has_hyphen || str_is_among(
				     name, short_names, sizeof short_names / sizeof *short_names)
		       ? n
		       : 0;
}

/* "text/plain; charset=utf-8", "1.0", "7bit": a word and its parameters. */
static struct str
behind_parameters(struct str s)
{
	bool more = true;
	while (more) {
		s = skip_blanks(s);
		bool is_open = false; /* amid quotes */
		size_t n = 0;
		while (n < s.len && (is_open || !is_blank(s.ptr[n])))
			is_open = (s.ptr[n++] == '"') != is_open;
		more = n > 0 && s.ptr[n - 1] == ';';
		s = str_from(s, n);
		const struct str next = skip_blanks(s);
		if (!more && str_starts(next, STR(";"))) {
			s = str_from(next, 1);
			more = true;
		}
	}
	return s;
}

static struct str
behind_comment(struct str s)
{
	const struct str next = skip_blanks(s);
	const size_t close = str_starts(next, STR("("))
				     ? str_find_char(str_head(next, VALUE_BYTES_MAX), ')', 0)
				     : STR_NPOS;
	return close == STR_NPOS ? s : str_from(next, close + 1);
}

/* "Tue, 3 Mar 2026 09:13:05 +0100 (CET)" */
static struct str
behind_date(struct str s)
{
	const char *const from = s.ptr;
	while (s.len > 0 && s.ptr - from < DATE_BYTES_MAX) {
		const struct str word = skip_blanks(s), rest = skip_word(word);
		const char c = word.len > 0 ? word.ptr[0] : '\0';
		s = rest;
		if (c == '+' || (c == '-' && word.ptr != from) || str_starts(word, STR("GMT")) ||
			str_starts(word, STR("UTC")))
			return behind_comment(s);
	}
	return STR_NONE;
}

/* Addresses with commas between them, and their comments. */
static struct str
behind_addresses(struct str s)
{
	for (;;) {
		size_t at = 0;
		const struct str head = str_head(s, ADDRESS_BYTES_MAX);
		if (!str_is_set(address_next(head, &at)))
			return STR_NONE;
		s = str_from(s, at);
		while (s.len > 0 && (s.ptr[0] == '>' || s.ptr[0] == '"'))
			s = str_from(s, 1);
		s = behind_comment(s);
		const struct str next = skip_blanks(s);
		if (!str_starts(next, STR(",")))
			return s;
		s = str_from(next, 1);
	}
}

static struct str
behind_id(struct str s)
{
	const size_t close = str_find_char(str_head(s, VALUE_BYTES_MAX), '>', 0);
	return close == STR_NPOS ? STR_NONE : str_from(s, close + 1);
}

/* What stands behind the value of this field; absent where only the next field can tell. */
static struct str
behind_value(struct str name, struct str value)
{
	static const struct {
		struct str name;
		struct str (*behind)(struct str);
	} forms[] = {
		{STR_INIT("Content-Type"), behind_parameters},
		{STR_INIT("Content-Transfer-Encoding"), behind_parameters},
		{STR_INIT("Content-Disposition"), behind_parameters},
		{STR_INIT("MIME-Version"), behind_parameters},
		{STR_INIT("Auto-Submitted"), behind_parameters},
		{STR_INIT("Precedence"), behind_parameters},
		{STR_INIT("Message-ID"), behind_id},
		{STR_INIT("In-Reply-To"), behind_id},
		{STR_INIT("References"), behind_id},
		{STR_INIT("Return-Path"), behind_id},
		{STR_INIT("Content-ID"), behind_id},
		{STR_INIT("Date"), behind_date},
		{STR_INIT("To"), behind_addresses},
		{STR_INIT("From"), behind_addresses},
		{STR_INIT("X-Failed-Recipients"), behind_addresses},
	};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (str_eq_case(name, forms[i].name))
			return forms[i].behind(value);
	return STR_NONE;
}

/* A text in the making: no longer than twice what it is made of, and a little. */
struct sheet {
	char *ptr;
	size_t len;
	struct str boundaries[BOUNDARIES_MAX];
	size_t boundary_count;
};

static void
put(struct sheet *s, struct str text)
{
	if (text.len > 0)
		memcpy(s->ptr + s->len, text.ptr, text.len);
	s->len += text.len;
}

/* Ends the line in place of the blank behind it. */
static void
end_line(struct sheet *s, bool with_blank_line)
{
	while (s->len > 0 && is_blank(s->ptr[s->len - 1]))
		s->len--;
	if (s->len > 0 && s->ptr[s->len - 1] != '\n')
		s->ptr[s->len++] = '\n';
	if (with_blank_line && (s->len < 2 || s->ptr[s->len - 2] != '\n'))
		s->ptr[s->len++] = '\n';
}

/* "--x" with the fields of a part behind it, or where that was met before; with "--" at its end,
 * too. */
static size_t
boundary_length(struct sheet *s, struct str text)
{
	if (!str_starts(text, STR("--")))
		return 0;
	struct str word = str_head(text, BOUNDARY_BYTES_MAX);
	word.len -= skip_word(word).len;
	const struct str next = skip_blanks(str_from(text, word.len));
	for (size_t i = 0; i < s->boundary_count; i++) {
		const struct str known = s->boundaries[i];
		if (str_eq(word, known) || (word.len == known.len + 2 && str_starts(word, known) &&
						   str_ends_case(word, STR("--"))))
			return word.len;
	}
	if (word.len < 6 || s->boundary_count == BOUNDARIES_MAX ||
		!str_starts_case(next, STR("Content-")))
		return 0;
	s->boundaries[s->boundary_count++] = word;
	return word.len;
}

/* Is the value of "Content-Type" one behind which another header begins, and not more fields of
 * this one? */
static bool
begins_header(struct str name, struct str value)
{
	return str_eq_case(name, STR("Content-Type")) &&
	       (str_starts_case(value, STR("message/")) ||
		       str_starts_case(value, STR("text/rfc822-headers")));
}

/* A field, its line, and the blank line where the text begins; returns what is left. */
static struct str
put_field(struct sheet *s, struct str text, size_t name_len)
{
	const struct str name = str_head(text, name_len);
	const struct str value = skip_blanks(str_from(text, name_len + 1));
	const struct str rest = behind_value(name, value);
	end_line(s, false);
	if (!str_is_set(rest)) {
		put(s, str_head(text, name_len + 1));
		return str_from(text, name_len + 1);
	}
	put(s, str_between(text.ptr, rest.ptr));
	const struct str next = skip_blanks(rest);
	const bool is_content = str_starts_case(next, STR("Content-"));
	end_line(s, name_length(next) == 0 || (begins_header(name, value) && !is_content));
	return next;
}

struct str
reline_message(struct str text, struct arena *a)
{
	struct sheet s = {.ptr = arena_bytes(a, 2 * text.len + 2)};
	if (s.ptr == NULL)
		return text;
	for (struct str rest = text; rest.len > 0;) {
		const size_t boundary = boundary_length(&s, rest);
		const size_t name = boundary > 0 ? 0 : name_length(rest);
		if (boundary > 0) {
			end_line(&s, s.len > 0);
			put(&s, str_head(rest, boundary));
			end_line(&s, false);
			rest = skip_blanks(str_from(rest, boundary));
		} else if (name > 0) {
			rest = put_field(&s, rest, name);
		} else {
			const struct str next = skip_blanks(skip_word(rest));
			put(&s, str_between(rest.ptr, next.ptr));
			rest = next;
		}
	}
	return (struct str){s.ptr, s.len};
}

/* "<a@b>:", "<a@b> (expanded from ...", "<a@b>..." */
static bool
is_recipient(struct str s)
{
	const struct str head = str_head(s, ADDRESS_BYTES_MAX);
	const size_t close = str_starts(s, STR("<")) ? str_find_char(head, '>', 0) : STR_NPOS;
	if (close == STR_NPOS || str_find_char(str_head(head, close), '@', 0) == STR_NPOS)
		return false;
	const struct str tail = str_from(s, close + 1);
	return str_starts(tail, STR(":")) || str_starts(tail, STR(" (")) ||
	       str_starts(tail, STR("..."));
}

static bool
is_address(struct str s)
{
	size_t at = 0;
	const struct str word = str_head(s, s.len - skip_word(s).len);
	const struct str found = address_next(str_head(word, ADDRESS_BYTES_MAX), &at);
	return str_is_set(found) && found.ptr - s.ptr <= 1;
}

/* Does what is said up to here end in a sentence that leads to addresses? A label is shorter. */
static bool
leads_to_addresses(struct str before)
{
	size_t n = 0;
	while (n < before.len && n <= LABEL_BYTES_MAX &&
		strchr(".:!\n", before.ptr[before.len - 1 - n]) == NULL)
		n++;
	return n > LABEL_BYTES_MAX;
}

/* Did a line end between these two, with so many blanks between them now? */
static bool
was_line_end(struct str before, size_t blanks, struct str behind, bool is_paste)
{
	if (before.len < 2 || behind.len == 0)
		return false;
	if (is_recipient(behind))
		return true;
	const char last = before.ptr[before.len - 1], c = before.ptr[before.len - 2];
	const bool is_word = (c >= 'a' && c <= 'z') || c == ')' || c == '>';
	/* Two blanks in a row were two line ends, or one and an indent. */
	if (blanks > 1)
		return !is_paste || (last != '\0' && strchr(".:!?>)-", last) != NULL);
	if (last == '.' || last == '!')
		return is_word && (behind.ptr[0] == '<' || is_address(behind) ||
					  (behind.ptr[0] >= 'A' && behind.ptr[0] <= 'Z'));
	return last == ':' && is_word && is_address(behind) &&
	       leads_to_addresses(str_head(before, before.len - 1));
}

struct str
reline_prose(struct str text, bool is_paste, struct arena *a)
{
	char *const out = arena_bytes(a, text.len);
	if (out == NULL)
		return text;
	memcpy(out, text.ptr, text.len);
	for (size_t i = 0; i < text.len;) {
		const struct str rest = skip_blanks(str_from(text, i));
		const size_t blanks = text.len - i - rest.len;
		if (blanks > 0 && was_line_end(str_head(text, i), blanks, rest, is_paste)) {
			out[i] = '\n';
			if (blanks == 2)
				out[i + 1] = '\n';
		}
		i = text.len - skip_word(rest).len;
	}
	return (struct str){out, text.len};
}
