/* Text of which a mail program made links: each address stands in it twice. */
#include "read/address.h"
#include "read/limits.h"
#include "read/text.h"

static const struct str scheme = STR_INIT("mailto:");

static char
closing(char open)
{
	return open == '<' ? '>' : open == '(' ? ')' : open == '[' ? ']' : '\0';
}

/* Without the blanks at its end, and with one line end among them. */
static struct str
trim_joint(struct str s)
{
	size_t lines = 0;
	while (s.len > 0 && ascii_is_space((unsigned char)s.ptr[s.len - 1]) && lines < 2)
		lines += s.ptr[--s.len] == '\n';
	return s;
}

/* "[a@b]" at the end of what was written: where its bracket opens, or STR_NPOS. */
static size_t
label_at(struct str written, struct str address)
{
	if (written.len < address.len + 2 || written.ptr[written.len - 1] != ']')
		return STR_NPOS;
	const size_t from = written.len - address.len - 2;
	const struct str label = str_head(str_from(written, from + 1), address.len);
	return written.ptr[from] == '[' && str_eq_case(label, address) ? from : STR_NPOS;
}

/* Writes what a link to `address` was made of behind `written`, which ends before its bracket;
 * returns the new end. */
static char *
put_address(struct str written, struct str address, bool has_label, char *to)
{
	const struct str before = trim_joint(written);
	const size_t label = label_at(before, address);
	if (str_ends_case(before, address))
		return to - (written.len - before.len); /* "a@b<mailto:a@b>" */
	if (label != STR_NPOS)
		to -= written.len - label;                   /* "[a@b](mailto:a@b)" */
	const bool is_bare = has_label || label != STR_NPOS; /* "<mailto:a@b|a@b>" */
	if (!is_bare)
		*to++ = '<';
	memmove(to, address.ptr, address.len);
	to += address.len;
	if (!is_bare)
		*to++ = '>';
	return to;
}

struct str
text_unlink(struct str text, struct arena *a)
{
	size_t at = str_find(text, scheme, 0);
	if (at == STR_NPOS)
		return text;
	char *const out = arena_bytes(a, text.len), *to = out;
	struct str rest = text;
	while (out != NULL && at != STR_NPOS) {
		const char close = at > 0 ? closing(rest.ptr[at - 1]) : '\0';
		const struct str link =
			str_head(str_from(rest, at + scheme.len), ADDRESS_BYTES_MAX);
		const size_t end = close == '\0' ? STR_NPOS : str_find_char(link, close, 0);
		size_t len = 0;
		while (end != STR_NPOS && len < end && link.ptr[len] != '?' && link.ptr[len] != '|')
			len++;
		const struct str address = str_head(link, len);
		const bool is_link = len > 0 && str_find_char(address, '@', 0) != STR_NPOS;
		const size_t kept = is_link ? at - 1 : at + scheme.len;
		memcpy(to, rest.ptr, kept);
		to += kept;
		if (is_link)
			to = put_address(str_between(out, to), address,
				len < end && link.ptr[len] == '|', to);
		rest = is_link ? str_from(link, end + 1) : str_from(rest, kept);
		rest = str_between(rest.ptr, text.ptr + text.len);
		at = str_find(rest, scheme, 0);
	}
	if (out == NULL)
		return text;
	if (rest.len > 0)
		memcpy(to, rest.ptr, rest.len);
	return str_between(out, to + rest.len);
}
