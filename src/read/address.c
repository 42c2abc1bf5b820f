#include "read/address.h"

#include "base/charset.h"
#include "catalogue/names.h"
#include "read/limits.h"

static bool
is_local_char(unsigned char c)
{
	if (c >= 128 || ascii_is_alnum(c))
		return true;
	switch (c) { /* a set of bits for the compiler, and no search */
	case '!':
	case '#':
	case '$':
	case '%':
	case '&':
	case '\'':
	case '*':
	case '+':
	case '-':
	case '.':
	case '/':
	case '=':
	case '?':
	case '^':
	case '_':
	case '`':
	case '{':
	case '|':
	case '}':
	case '~':
		return true;
	default:
		return false;
	}
}

static bool
is_domain_char(unsigned char c)
{
	return c >= 128 || ascii_is_alnum(c) || c == '.' || c == '-' || c == '_';
}

/* Is text[i] the last byte of a character that may touch an address without being of it: one of
 * three bytes (CJK, Thai, typographic quotes), or of the Latin-1 signs (U+00A0..U+00BF)? */
static bool
is_touching_end(struct str text, size_t low, size_t i)
{
	const unsigned char c = (unsigned char)text.ptr[i];
	if (c < 0x80 || c >= 0xC0 || i < low + 1)
		return false;
	const unsigned char b = (unsigned char)text.ptr[i - 1];
	return b == 0xC2 ||
	       (i >= low + 2 && b >= 0x80 && b < 0xC0 && (unsigned char)text.ptr[i - 2] >= 0xE0);
}

/* "/G=HUGH/S=MORTIMER/C=GB/": an O/R name as the local part, RFC 2156 s4.1. */
static bool
is_x400_name(struct str local)
{
	const size_t equals = str_find_char(str_head(local, 8), '=', 0);
	return local.len > 4 && local.ptr[0] == '/' && local.ptr[local.len - 1] == '/' &&
	       equals != STR_NPOS && equals > 1;
}

/* Where the local part that ends before `at` begins; `at` itself when there is none. */
static size_t
local_start(struct str text, size_t low, size_t at)
{
	size_t from = at;
	if (at > low + 1 && text.ptr[at - 1] == '"') {
		/* "quoted string"@: back to the quote that opens it, on the same line. */
		for (size_t i = at - 1; i-- > low && at - i < ADDRESS_BYTES_MAX;) {
			if (text.ptr[i] == '\n')
				break;
			if (text.ptr[i] == '"' && (i == low || text.ptr[i - 1] != '\\'))
				return i;
		}
		return at;
	}
	while (from > low && at - from < ADDRESS_BYTES_MAX &&
		is_local_char((unsigned char)text.ptr[from - 1]))
		from--;
	/* Quotes and dots of the sentence around it, and UTF-8 punctuation such as 「 or “ that
	 * touches it. */
	const bool is_x400 = is_x400_name(str_between(text.ptr + from, text.ptr + at));
	while (from < at && !is_x400 &&
		(text.ptr[from] == '\'' || text.ptr[from] == '{' || text.ptr[from] == '.' ||
			text.ptr[from] == '`' || text.ptr[from] == '*' || text.ptr[from] == '/' ||
			text.ptr[from] == '='))
		from++;
	/* Text of a script without blanks, or a quotation mark, may touch the address: what follows
	 * its last such character is the local part. One that ends in such a character is taken
	 * whole (RFC 6531). */
	for (size_t i = at; i-- > from;)
		if (i + 1 < at && is_touching_end(text, from, i) &&
			(unsigned char)text.ptr[i + 1] < 128)
			return i + 1;
	return from;
}

/* Where the domain that begins at `at` ends. */
static size_t
domain_end(struct str text, size_t at)
{
	size_t to = at;
	if (to < text.len && text.ptr[to] == '[') {
		const size_t close = str_find_char(str_head(text, to + 80), ']', to);
		return close == STR_NPOS ? at : close + 1;
	}
	while (to < text.len && to - at < 256 && is_domain_char((unsigned char)text.ptr[to]))
		to++;
	/* The same behind it: a character of three bytes, or a Latin-1 sign, that touches the last
	 * letter. */
	for (size_t i = at; i + 1 < to; i++) {
		const unsigned char c = (unsigned char)text.ptr[i];
		if ((c == 0xC2 || c >= 0xE0) && i > at &&
			ascii_is_alnum((unsigned char)text.ptr[i - 1])) {
			to = i;
			break;
		}
	}
	while (to > at &&
		(text.ptr[to - 1] == '.' || text.ptr[to - 1] == '-' || text.ptr[to - 1] == '_'))
		to--;
	return to;
}

/* "W32/Mydoom.M@mm": what virus scanners call worms that mail themselves, in their letters. */
static bool
is_worm(struct str domain)
{
	return str_eq_case(domain, STR("mm")) || str_eq_case(domain, STR("m"));
}

/* How many marks around an address are none of it: "*a@b*" of a program that made text of bold
 * words,
 * "`a@b`" of one that people write with. */
static size_t
emphasis(struct str local, size_t from, struct str behind)
{
	size_t n = 0;
	while (n < behind.len && strchr("*_`~", behind.ptr[n]) != NULL && behind.ptr[n] != '\0' &&
		from + n + 1 < local.len && local.ptr[from + n] == behind.ptr[n])
		n++;
	return n;
}

/* Is there something in it, or does it end at something, that could not be decoded? Then it was
 * another.
 */
static bool
is_spoilt(struct str text, size_t from, size_t to)
{
	static const struct str bad = STR_INIT("\xEF\xBF\xBD");
	return str_starts(str_from(text, to), bad) ||
	       (from > 0 && (unsigned char)text.ptr[from - 1] == 0xBD &&
		       str_ends_case(str_head(text, from), bad)) ||
	       str_has(str_between(text.ptr + from, text.ptr + to), bad);
}

struct str
address_next(struct str text, size_t *at)
{
	size_t low = *at, sign;
	while ((sign = str_find_char(text, '@', *at)) != STR_NPOS) {
		const size_t from = local_start(text, low, sign);
		const size_t to = domain_end(text, sign + 1);
		*at = low = sign + 1;
		if (from == sign || to == sign + 1 || to - from > ADDRESS_BYTES_MAX ||
			is_worm(str_between(text.ptr + sign + 1, text.ptr + to)))
			continue;
		/* "@a,@b:user@c": the route is not the address; "a@b@c" is none at all. */
		if (to < text.len && text.ptr[to] == '@') {
			*at = low = domain_end(text, to + 1);
			continue;
		}
		if (is_spoilt(text, from, to))
			continue;
		const size_t marks = emphasis(str_head(text, sign), from, str_from(text, to));
		*at = to + marks;
		return str_between(text.ptr + from + marks, text.ptr + to);
	}
	*at = text.len;
	return STR_NONE;
}

struct str
address_clean(struct str s)
{
	s = str_trim(s);
	/* The innermost pair of angle brackets: `Display <a@b>`, `<<a@b>>`. */
	const size_t close = str_find_char(s, '>', 0);
	if (close != STR_NPOS) {
		size_t open = close;
		while (open > 0 && s.ptr[open] != '<')
			open--;
		if (s.ptr[open] == '<')
			s = str_trim((struct str){s.ptr + open + 1, close - open - 1});
	} else if (str_starts(s, STR("<"))) {
		s = str_from(s, 1);
	}
	if (str_starts_case(s, STR("mailto:")))
		s = str_from(s, 7);
	/* A comment behind it: "a@b (Some One)". */
	const size_t comment = str_find(s, STR(" ("), 0);
	if (comment != STR_NPOS && comment > 0 &&
		str_find_char(str_head(s, comment), '"', 0) == STR_NPOS)
		s = str_trim_end(str_head(s, comment));
	/* A source route in front of it: RFC 5321 appendix C. */
	if (str_starts(s, STR("@"))) {
		const size_t colon = str_find_char(s, ':', 0);
		if (colon != STR_NPOS)
			s = str_trim(str_from(s, colon + 1));
	}
	s = str_unwrap(str_unwrap(s, '\'', '\''), '*', '*');
	const struct str bare = str_unwrap(s, '"', '"');
	if (bare.len < s.len && str_find_char(bare, '"', 0) == STR_NPOS)
		s = bare;
	while (s.len > 0 && (s.ptr[s.len - 1] == ';' || s.ptr[s.len - 1] == ',' ||
				    s.ptr[s.len - 1] == ':' || s.ptr[s.len - 1] == '.'))
		s.len--;
	return utf8_head(str_trim(s), ADDRESS_BYTES_MAX);
}

struct str
address_typed(struct str value, struct str *type)
{
	/* A semicolon behind a quote or a bracket is part of the address. */
	size_t semicolon = str_find_char(value, ';', 0);
	if (semicolon != STR_NPOS &&
		(str_find_char(str_head(value, semicolon), '"', 0) != STR_NPOS ||
			str_find_char(str_head(value, semicolon), '<', 0) != STR_NPOS))
		semicolon = STR_NPOS;
	const struct str head =
		semicolon == STR_NPOS ? STR_NONE : str_trim(str_head(value, semicolon));
	if (type != NULL)
		*type = STR_NONE;
	if (str_is_set(head) && str_find_char(head, '@', 0) == STR_NPOS && head.len < 40) {
		if (type != NULL)
			*type = head;
		value = str_from(value, semicolon + 1);
	} else if (str_starts_case(value, STR("rfc822 ")) ||
		   str_starts_case(value, STR("rfc822:"))) {
		value = str_from(value, 7);
	} else if (str_starts_case(value, STR("system:"))) {
		if (type != NULL)
			*type = str_head(value, 6);
		value = str_from(value, 7);
	} else if (str_eq_case(str_trim(value), STR("rfc822")) ||
		   str_eq_case(str_trim(value), STR("utf-8"))) {
		return STR(""); /* cut off behind the type */
	}
	return address_clean(value);
}

struct str
address_domain(struct str address)
{
	for (size_t i = address.len; i-- > 0;)
		if (address.ptr[i] == '@')
			return str_from(address, i + 1);
	return STR_NONE;
}

bool
address_same(struct str a, struct str b)
{
	if (a.len == 0 || b.len == 0)
		return false;
	if (str_eq_case(a, b))
		return true;
	const struct str da = address_domain(a), db = address_domain(b);
	if (str_is_set(da) == str_is_set(db))
		return false;
	const struct str la = str_is_set(da) ? str_head(a, a.len - da.len - 1) : a;
	const struct str lb = str_is_set(db) ? str_head(b, b.len - db.len - 1) : b;
	return str_eq_case(la, lb);
}

/* What stands before the @; all of it where there is none. */
struct str
address_local(struct str address)
{
	const struct str domain = address_domain(address);
	return str_is_set(domain) ? str_head(address, address.len - domain.len - 1) : address;
}

bool
address_is_robot(struct str address)
{
	return catalogue_is_named(KNOWN_ROBOT_ADDRESS, address_local(address));
}

bool
address_is_service(struct str address)
{
	return catalogue_is_named(KNOWN_SERVICE_ADDRESS, address_local(address));
}

bool
address_is_lists(struct str address)
{
	const struct str local = address_local(address);
	const struct str end = catalogue_name_at_end(KNOWN_LIST_ADDRESS, local);
	/* "-request" alone is of no list. */
	return str_is_set(end) ? end.len < local.len
			       : catalogue_is_named(KNOWN_LIST_ADDRESS, local);
}
