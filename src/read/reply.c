#include "read/reply.h"

#include "base/lanes.h"
#include "catalogue/names.h"

#define STATUS_SUBJECT_MAX 9 /* 0 to 7 are assigned (RFC 3463 s3); 9 is met in the wild */

static size_t
digits(struct str s, size_t from, size_t max)
{
	size_t n = 0;
	while (n <= max && from + n < s.len && ascii_is_digit((unsigned char)s.ptr[from + n]))
		n++;
	return n;
}

size_t
status_parse(struct str in, struct status *out)
{
	if (in.len < 5 || in.ptr[1] != '.' ||
		(in.ptr[0] != '2' && in.ptr[0] != '4' && in.ptr[0] != '5'))
		return 0;
	const size_t subject = digits(in, 2, 3);
	if (subject == 0 || subject > 3 || 2 + subject >= in.len || in.ptr[2 + subject] != '.')
		return 0;
	const size_t at = 3 + subject;
	const size_t detail = digits(in, at, 3);
	if (detail == 0 || detail > 3)
		return 0;
	const size_t end = at + detail;
	/* 5.1.1.2 is an address or a version, 5.1.1a is neither. */
	if (end + 1 < in.len && in.ptr[end] == '.' &&
		ascii_is_digit((unsigned char)in.ptr[end + 1]))
		return 0;
	if (end < in.len && (ascii_is_alpha((unsigned char)in.ptr[end]) || in.ptr[end] == '@'))
		return 0;
	*out = (struct status){
		.class = (uint8_t)(in.ptr[0] - '0'),
		.subject = (uint16_t)str_number(str_from(in, 2), 999),
		.detail = (uint16_t)str_number(str_from(in, at), 999),
	};
	return end;
}

/* The first dot from `i` on, which is not 0, that stands behind the class of a status; the end when
 * there is none. */
static size_t
next_dot(struct str text, size_t i)
{
	for (; i < text.len; i += LANES) {
		const size_t left = text.len - i;
		const unsigned dots = lanes_equal(lanes_next(text.ptr + i, left), '.');
		const unsigned classes = lanes_within(lanes_next(text.ptr + i - 1, left), '2', '5');
		if ((dots & classes) != 0)
			return i + lanes_first(dots & classes);
	}
	return text.len;
}

struct status
status_next(struct str text, size_t *at, size_t *found_at)
{
	struct status s = {0};
	/* Every status has a dot as its second byte: hop from dot to dot behind its digit. */
	for (size_t dot = *at + 1; (dot = next_dot(text, dot)) < text.len; dot++) {
		const size_t from = dot - 1;
		const char before = from > 0 ? text.ptr[from - 1] : ' ';
		if (from < *at || ascii_is_alnum((unsigned char)before) || before == '.' ||
			before == '@' || before == '_' ||
			(before == '-' && from > 1 &&
				!ascii_is_digit((unsigned char)text.ptr[from - 2])) ||
			before == '/')
			continue;
		const size_t n = status_parse(str_from(text, from), &s);
		/* RFC 3463 has room for more, but what looks like it in running text is a version:
		 * "Perl: 5.10.1". */
		if (n == 0 || s.subject > STATUS_SUBJECT_MAX)
			continue;
		*at = from + n;
		*found_at = from;
		return s;
	}
	*at = text.len;
	return (struct status){0};
}

struct str
status_text(struct status s, struct arena *a)
{
	char out[16];
	size_t n = 0;
	const unsigned parts[3] = {s.class, s.subject, s.detail};
	if (s.class == 0)
		return STR_NONE;
	for (int i = 0; i < 3; i++) {
		if (i > 0)
			out[n++] = '.';
		if (parts[i] >= 100)
			out[n++] = (char)('0' + parts[i] / 100 % 10);
		if (parts[i] >= 10)
			out[n++] = (char)('0' + parts[i] / 10 % 10);
		out[n++] = (char)('0' + parts[i] % 10);
	}
	return arena_str(a, (struct str){out, n});
}

/* Three digits that are in use as a refusal: 4xx and 5xx with a second digit that exists. */
static unsigned
refusal_code(struct str s)
{
	if (s.len < 3 || (s.ptr[0] != '4' && s.ptr[0] != '5') ||
		!ascii_is_digit((unsigned char)s.ptr[1]) ||
		!ascii_is_digit((unsigned char)s.ptr[2]))
		return 0;
	if (s.ptr[1] == '6' || s.ptr[1] == '8' || s.ptr[1] == '9')
		return 0;
	return (unsigned)(s.ptr[0] - '0') * 100 + (unsigned)(s.ptr[1] - '0') * 10 +
	       (unsigned)(s.ptr[2] - '0');
}

/* What stands before a reply code when it is one, or before the words "error code". */
static bool
is_cue_before(struct str text, size_t at)
{
	struct str head = str_trim_end(str_head(text, at));
	/* A quote or bracket may open in between: returned '550 ... */
	const struct str before = head;
	while (head.len > 0 && strchr("'\"([<`", head.ptr[head.len - 1]) != NULL &&
		head.ptr[head.len - 1] != '\0')
		head = str_trim_end(str_head(head, head.len - 1));
	if (head.len == 0)
		return true;
	/* "a@b (550 who?)" */
	if (before.ptr[before.len - 1] == '(') {
		size_t word = head.len;
		while (word > 0 && !ascii_is_space((unsigned char)head.ptr[word - 1]))
			word--;
		if (str_find_char(str_from(head, word), '@', 0) != STR_NPOS)
			return true;
	}
	const char last = head.ptr[head.len - 1];
	/* "a@b - 550 no such user" */
	if (last == '-' && head.len > 1 && head.ptr[head.len - 2] == ' ' && head.len < at)
		return true;
	if (last == ':' || last == ';' || last == '|' || str_ends_case(head, STR("\xEF\xBC\x9A")) ||
		str_ends_case(head, STR("\xEF\xBC\x9B"))) /* ： ； */
		return true;
	return str_is_set(catalogue_name_at_end(KNOWN_REPLY_CUE, head));
}

bool
reply_begins_line(struct str text, size_t at)
{
	while (at > 0 && (text.ptr[at - 1] == ' ' || text.ptr[at - 1] == '\t'))
		at--;
	return at == 0 || text.ptr[at - 1] == '\n' || text.ptr[at - 1] == '\r';
}

static struct str
skip_blanks(struct str s)
{
	while (s.len > 0 && ascii_is_space((unsigned char)s.ptr[0]))
		s = str_from(s, 1);
	return s;
}

/* Where from `i` on a digit is that begins a refusal; the end when there is none. */
static size_t
next_class(struct str text, size_t i)
{
	for (; text.len - i >= LANES; i += LANES) {
		const unsigned found = lanes_within(lanes_load(text.ptr + i), '4', '5');
		if (found != 0)
			return i + lanes_first(found);
	}
	while (i < text.len && text.ptr[i] != '4' && text.ptr[i] != '5')
		i++;
	return i;
}

struct reply
reply_scan(struct str text)
{
	struct reply best = {0}, maybe = {0};
	for (size_t i = 0; (i = next_class(text, i)) + 3 <= text.len; i++) {
		const unsigned char before = i > 0 ? (unsigned char)text.ptr[i - 1] : ' ';
		/* Not inside a word, an address, an IP, a port, a path. */
		if (ascii_is_alnum(before) ||
			(before < 128 && strchr(".-/@_+=&%$~", before) != NULL && before != 0))
			continue;
		const unsigned code = refusal_code(str_from(text, i));
		if (code == 0)
			continue;
		const unsigned char after = i + 3 < text.len ? (unsigned char)text.ptr[i + 3] : ' ';
		if (ascii_is_alnum(after) || after == '@' || after == '_' || after == '/' ||
			after == '%')
			continue;
		if ((after == '.' || after == ',') && i + 4 < text.len &&
			ascii_is_alnum((unsigned char)text.ptr[i + 4]))
			continue;
		/* ":25]" and "[::1]:587" are ports, "12:550:33" is no code. */
		if (before == ':' && i > 1 &&
			(text.ptr[i - 2] == ']' || ascii_is_digit((unsigned char)text.ptr[i - 2])))
			continue;
		if (after == ':' && i + 4 < text.len &&
			ascii_is_digit((unsigned char)text.ptr[i + 4]))
			continue;
		struct status s = {0};
		const struct str behind =
			skip_blanks(str_from(text, i + 3 + (after == '-' || after == ':')));
		const size_t hash = str_starts(behind, STR("#")) ? 1 : 0;
		const size_t n = status_parse(str_from(behind, hash), &s);
		const bool has_status = n > 0 && s.class == code / 100;
		/* "5.3.0 - Other mail system problem 550-'no such user'" */
		const bool is_quoting = after == '-' && i + 4 < text.len && text.ptr[i + 4] == '\'';
		/* "rcpt failed (550 <a@b>: no such user)" */
		const bool names_somebody = before == '(' && str_starts(behind, STR("<"));
		if (has_status || names_somebody || is_quoting || reply_begins_line(text, i) ||
			is_cue_before(text, i)) {
			best = (struct reply){.code = code, .at = i, .is_sure = true};
			break;
		}
		if (maybe.code == 0 && (after == ' ' || after == '-'))
			maybe = (struct reply){.code = code, .at = i};
	}
	if (best.code == 0)
		best = maybe;
	/* The status behind the code, or any that agrees with it; without a code, the first one. */
	size_t at = best.code != 0 ? best.at : 0, found;
	struct status s;
	while ((s = status_next(text, &at, &found)).class != 0) {
		if (s.class == 2)
			continue;
		/* "550 relay said: 452 4.3.1 ..., 552 5.2.2 ...": one that agrees with the code. */
		if (best.status.class == 0 ||
			(best.code != 0 && best.status.class != best.code / 100 &&
				s.class == best.code / 100))
			best.status = s;
		/* A vague code loses to a plain one later on: "550 5.0.0 ... (#5.1.1)". */
		else if (status_is_vague(best.status) && !status_is_vague(s) &&
			 s.class == best.status.class)
			best.status = s;
	}
	if (best.status.class == 0 && best.code != 0) {
		at = 0;
		while ((s = status_next(text, &at, &found)).class != 0 && found < best.at)
			if (s.class == best.code / 100)
				best.status = s;
	}
	return best;
}

/* The prefix that a continued reply repeats: "550-5.7.1 ", "550-"; its length, or 0. */
static size_t
continuation_prefix(struct str line)
{
	if (digits(line, 0, 3) != 3 || line.len < 4 || (line.ptr[3] != '-' && line.ptr[3] != ' '))
		return 0;
	struct status s;
	const size_t n = status_parse(str_from(line, 4), &s);
	size_t end = 4 + n;
	while (end < line.len && line.ptr[end] == ' ')
		end++;
	return end;
}

/* The lines of an answer, without what each repeats of the first. */
struct joiner {
	struct str rest;
	struct str first; /* the first line, when it is a reply */
	size_t joined;    /* so long the text is until now */
};

/* The next piece, a slice of the answer, and where it goes in the joined text, behind a blank. */
static bool
next_piece(struct joiner *j, struct str *piece, size_t *at)
{
	struct str line;
	while (str_line(&j->rest, &line)) {
		line = str_trim(line);
		if (line.len == 0)
			continue;
		const size_t prefix = continuation_prefix(line);
		if (prefix > 0 && j->joined > 0 && str_is_set(j->first) &&
			memcmp(line.ptr, j->first.ptr, 3) == 0)
			line = str_from(line, prefix);
		else if (prefix > 0 && !str_is_set(j->first))
			j->first = line;
		if (line.len == 0)
			continue;
		if (j->joined == 0 && prefix > 0 && line.len == 4)
			line.len = 3; /* "550-" and no more */
		*piece = line;
		*at = j->joined + (j->joined > 0);
		j->joined = *at + line.len;
		return true;
	}
	return false;
}

struct str
reply_join(struct str text, struct arena *a)
{
	text = str_trim(text);
	if (str_find_char(text, '\n', 0) == STR_NPOS && str_find_char(text, '\r', 0) == STR_NPOS)
		return text;
	char *const out = arena_bytes(a, text.len + 1);
	if (out == NULL)
		return text;
	struct joiner j = {.rest = text};
	struct str piece;
	size_t at;
	while (next_piece(&j, &piece, &at)) {
		if (at > 0)
			out[at - 1] = ' ';
		memcpy(out + at, piece.ptr, piece.len);
		if (at == 0 && str_is_set(j.first) && piece.len > 3 && out[3] == '-')
			out[3] = ' ';
	}
	arena_give_back(a, text.len + 1 - j.joined);
	return (struct str){out, j.joined};
}

size_t
reply_join_origin(struct str text, size_t joined_at)
{
	const struct str trimmed = str_trim(text);
	struct joiner j = {.rest = trimmed};
	struct str piece;
	size_t at;
	while (next_piece(&j, &piece, &at))
		if (joined_at < at + piece.len)
			return (size_t)(piece.ptr - text.ptr) +
			       (joined_at > at ? joined_at - at : 0);
	return text.len;
}

struct str
reply_skip_rules(struct str raw)
{
	struct str line, rest = raw;
	while (str_line(&rest, &line)) {
		line = str_trim(line);
		size_t marks = 0;
		while (marks < line.len && (line.ptr[marks] == '-' || line.ptr[marks] == '='))
			marks++;
		if (line.len > 0 && marks < 3)
			return raw;
		raw = rest;
	}
	return STR_NONE;
}
