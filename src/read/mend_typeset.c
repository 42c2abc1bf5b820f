/* What programs that set text for the eye put into words that are for machines. */
#include "base/lanes.h"
#include "base/shown.h"
#include "read/mend.h"

/* A character that is no letter, and what it is among the letters of an address. */
enum set_as {
	SET_BLANK,  /* a blank at which no line may break: "550&nbsp;5.1.1" */
	SET_UNSEEN, /* nothing: a place at which a line may break, a mark of a file's beginning */
	SET_HYPHEN  /* one that no line may break at, or one that was thought nicer */
};

static const struct typeset {
	uint32_t codepoint;
	enum set_as as;
} typeset[] = {
	{0x00A0, SET_BLANK},  /* no-break space */
	{0x2007, SET_BLANK},  /* figure space */
	{0x202F, SET_BLANK},  /* narrow no-break space */
	{0x00AD, SET_UNSEEN}, /* soft hyphen */
	{0x200B, SET_UNSEEN}, /* zero width space */
	{0x200C, SET_UNSEEN}, /* zero width non-joiner */
	{0x200D, SET_UNSEEN}, /* zero width joiner */
	{0x2060, SET_UNSEEN}, /* word joiner */
	{0xFEFF, SET_UNSEEN}, /* zero width no-break space */
	{0x2010, SET_HYPHEN}, /* hyphen */
	{0x2011, SET_HYPHEN}, /* non-breaking hyphen */
	{0x2013, SET_HYPHEN}, /* en dash */
};

/* The row of the character that begins at `at`, of *len bytes; NULL when it has none. */
static const struct typeset *
typeset_at(struct str text, size_t at, size_t *len)
{
	*len = 1;
	if ((unsigned char)text.ptr[at] < 0x80)
		return NULL;
	const uint32_t codepoint = utf8_next(str_from(text, at), len);
	for (size_t i = 0; i < sizeof typeset / sizeof *typeset; i++)
		if (typeset[i].codepoint == codepoint)
			return &typeset[i];
	return NULL;
}

/* The word last looked at. */
struct word {
	size_t end;
	bool is_address;
};

/* Is text[at] in a word with '@'? `at` never falls, so that each byte is passed over twice at most.
 */
static bool
is_in_address(struct str text, size_t at, struct word *w)
{
	if (at < w->end)
		return w->is_address;
	size_t from = at;
	while (from > w->end && !ascii_is_space((unsigned char)text.ptr[from - 1]))
		from--;
	for (w->end = at; w->end < text.len && !ascii_is_space((unsigned char)text.ptr[w->end]);)
		w->end++;
	w->is_address =
		str_find_char(str_between(text.ptr + from, text.ptr + w->end), '@', 0) != STR_NPOS;
	return w->is_address;
}

static bool
is_of_word(struct str text, size_t at)
{
	return at < text.len && (unsigned char)text.ptr[at] > ' ' &&
	       (unsigned char)text.ptr[at] < 0x7F;
}

/* "john\_doe@a.example": of a program that takes '_' for a mark of its own. */
static bool
is_escape(struct str text, size_t at)
{
	return text.ptr[at] == '\\' && at + 1 < text.len &&
	       (text.ptr[at + 1] == '_' || text.ptr[at + 1] == '-' || text.ptr[at + 1] == '.');
}

/* Where signs that are not seen end, of which one begins at `at`. */
static size_t
unseen_end(struct str text, size_t at)
{
	const struct typeset *t;
	size_t len;
	while (at < text.len && (t = typeset_at(text, at, &len)) != NULL && t->as == SET_UNSEEN)
		at += len;
	return at;
}

/* What text[at] is taken for: '\0' for nothing, a blank, a hyphen; itself where nothing is to mend.
 * *next: where the following one begins. */
static char
mended(struct str text, size_t at, struct word *w, size_t *next)
{
	size_t len;
	const struct typeset *const t = typeset_at(text, at, &len);
	*next = at + len;
	if (t == NULL)
		return is_escape(text, at) && is_in_address(text, at, w) ? '\0' : text.ptr[at];
	if (t->as == SET_BLANK)
		return ' ';
	if (t->as == SET_UNSEEN)
		*next = unseen_end(text, at);
	if (at == 0 || !is_of_word(text, at - 1) || !is_of_word(text, *next))
		return text.ptr[at];
	if (t->as == SET_UNSEEN)
		return '\0';
	return is_in_address(text, at, w) ? '-' : text.ptr[at];
}

/* The next byte from `at` on that anything to mend may begin with. Most text has none: that is one
 * question for sixteen bytes. */
static size_t
next_suspect(struct str text, size_t at)
{
	for (; at < text.len; at += LANES) {
		const struct lanes l = lanes_next(text.ptr + at, text.len - at);
		const unsigned escapes = lanes_equal(l, '\\');
		if ((lanes_high(l) | escapes) == 0)
			continue;
		const unsigned found =
			lanes_either(l, '\xC2', '\xE2') | lanes_equal(l, '\xEF') | escapes;
		if (found != 0)
			return at + lanes_first(found);
	}
	return text.len;
}

struct str
mend_typeset(struct str text, struct arena *a)
{
	struct word w = {0};
	size_t first = next_suspect(text, 0), next;
	while (first < text.len && mended(text, first, &w, &next) == text.ptr[first])
		first = next_suspect(text, next);
	char *const out = first < text.len ? arena_bytes(a, text.len) : NULL;
	if (out == NULL)
		return text;
	size_t n = 0, from = 0;
	for (size_t i = first; i < text.len; i = next_suspect(text, next)) {
		const char c = mended(text, i, &w, &next);
		if (c == text.ptr[i])
			continue;
		memcpy(out + n, text.ptr + from, i - from);
		n += i - from;
		from = next;
		if (c != '\0')
			out[n++] = c;
	}
	memcpy(out + n, text.ptr + from, text.len - from);
	return (struct str){out, n + text.len - from};
}
