#include "read/content_type.h"

#include "base/decode.h"
#include "base/lanes.h"
#include "read/limits.h"

#define PIECES_MAX 64 /* of a continued parameter */

bool
content_type_is(struct str value, struct str type)
{
	if (!str_starts_case(value, type))
		return false;
	if (type.ptr[type.len - 1] == '/')
		return true;
	const char next = value.len > type.len ? value.ptr[type.len] : ';';
	return next == ';' || ascii_is_space((unsigned char)next) || next == ',' || next == '"';
}

static bool
is_parameter_end(char c)
{
	return c == ';' || ascii_is_space((unsigned char)c);
}

static struct str
skip_between(struct str s)
{
	while (s.len > 0 && is_parameter_end(s.ptr[0]))
		s = str_from(s, 1);
	return s;
}

/* A quoted string at the start of *rest, which moves past it: what stands inside, without the
 * backslashes. */
static struct str
read_quoted(struct str *rest, struct arena *a)
{
	const struct str in = str_from(*rest, 1);
	size_t to = 0, escapes = 0;
	while (to < in.len && in.ptr[to] != '"') {
		if (in.ptr[to] == '\\' && to + 1 < in.len) {
			escapes++;
			to++;
		}
		to++;
	}
	if (to >= in.len) {
		/* No closing quote: to the end of that line. */
		struct str line = in;
		*rest = STR("");
		return str_trim(str_cut(&line, '\n'));
	}
	*rest = str_from(in, to + 1);
	char *const out = escapes == 0 ? NULL : arena_bytes(a, to);
	if (out == NULL)
		return str_head(in, to);
	size_t n = 0;
	for (size_t i = 0; i < to; i++) {
		if (in.ptr[i] == '\\' && i + 1 < to)
			i++;
		out[n++] = in.ptr[i];
	}
	return (struct str){out, n};
}

/* The next parameter of *rest; false at the end. `name` may end in "*", "*0", "*0*". */
static bool
next_parameter(struct str *rest, struct str *name, struct str *value, struct arena *a)
{
	for (;;) {
		*rest = skip_between(*rest);
		if (rest->len == 0)
			return false;
		size_t n = 0;
		while (n < rest->len && rest->ptr[n] != '=' && !is_parameter_end(rest->ptr[n]) &&
			rest->ptr[n] != '"')
			n++;
		*name = str_head(*rest, n);
		struct str behind = str_from(*rest, n);
		while (behind.len > 0 && ascii_is_space((unsigned char)behind.ptr[0]))
			behind = str_from(behind, 1);
		if (behind.len == 0 || behind.ptr[0] != '=') {
			/* A word that is no parameter: the type itself, rubbish, a stray quoted
			 * string. */
			*rest = str_from(*rest, n);
			if (rest->len > 0 && rest->ptr[0] == '"')
				(void)read_quoted(rest, a);
			continue;
		}
		behind = str_from(behind, 1);
		while (behind.len > 0 && ascii_is_space((unsigned char)behind.ptr[0]))
			behind = str_from(behind, 1);
		if (behind.len > 0 && behind.ptr[0] == '"') {
			*value = read_quoted(&behind, a);
		} else {
			size_t to = 0;
			while (to < behind.len && !is_parameter_end(behind.ptr[to]))
				to++;
			*value = str_head(behind, to);
			behind = str_from(behind, to);
		}
		*rest = behind;
		return true;
	}
}

static struct str
join(const struct str *pieces, size_t count, struct arena *a)
{
	size_t len = 0;
	for (size_t i = 0; i < count; i++)
		len += pieces[i].len;
	char *const out = arena_bytes(a, len + 1);
	if (out == NULL)
		return pieces[0];
	len = 0;
	for (size_t i = 0; i < count; i++) {
		if (pieces[i].len > 0)
			memcpy(out + len, pieces[i].ptr, pieces[i].len);
		len += pieces[i].len;
	}
	return (struct str){out, len};
}

/* What stands behind the type: it has no parameter before its first semicolon, unless an equals
 * sign or a quote stands there. */
static struct str
behind_type(struct str value)
{
	for (size_t i = 0; i < value.len; i += LANES) {
		const struct lanes l = lanes_next(value.ptr + i, value.len - i);
		const unsigned found = lanes_either(l, ';', '=') | lanes_equal(l, '"');
		if (found == 0)
			continue;
		const size_t at = i + lanes_first(found);
		return value.ptr[at] == ';' ? str_from(value, at) : value;
	}
	return STR("");
}

struct str
content_type_parameter(struct str value, struct str name, struct arena *a)
{
	struct str rest = behind_type(str_head(value, HEADER_VALUE_MAX)), one, got;
	struct str pieces[PIECES_MAX];
	size_t count = 0;
	bool is_extended = false;
	while (next_parameter(&rest, &one, &got, a)) {
		if (!str_starts_case(one, name))
			continue;
		const struct str suffix = str_from(one, name.len);
		if (suffix.len == 0)
			return got;
		if (suffix.ptr[0] != '*' || count == PIECES_MAX)
			continue;
		is_extended = is_extended || suffix.ptr[suffix.len - 1] == '*';
		pieces[count++] = got;
	}
	if (count == 0)
		return STR_NONE;
	const struct str whole = count == 1 ? pieces[0] : join(pieces, count, a);
	return is_extended ? decode_rfc2231(whole, a) : whole;
}
