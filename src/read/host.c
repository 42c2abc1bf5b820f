#include "read/host.h"

/* The length of an IPv4 address at the start of `s`, or 0. */
static size_t
ipv4_length(struct str s)
{
	size_t i = 0;
	for (int part = 0; part < 4; part++) {
		int n = 0;
		const size_t from = i;
		while (i < s.len && ascii_is_digit(s.ptr[i]) && i - from < 3)
			n = n * 10 + (s.ptr[i++] - '0');
		if (i == from || n > 255)
			return 0;
		if (part < 3 && (i >= s.len || s.ptr[i++] != '.'))
			return 0;
	}
	if (i < s.len && (ascii_is_alnum(s.ptr[i]) || s.ptr[i] == '-' || s.ptr[i] == '_'))
		return 0;
	if (i + 1 < s.len && s.ptr[i] == '.' && ascii_is_alnum(s.ptr[i + 1]))
		return 0;
	return i;
}

/* The length of an IPv6 address at the start of `s`, or 0: two colons at least, groups of at most
 * four digits. */
static size_t
ipv6_length(struct str s)
{
	size_t i = 0, colons = 0, digits = 0;
	bool has_gap = false;
	while (i < s.len && i < 45) {
		const char c = s.ptr[i];
		if (c == ':') {
			if (i > 0 && s.ptr[i - 1] == ':') {
				if (has_gap)
					return 0;
				has_gap = true;
			}
			colons++;
			digits = 0;
		} else if (ascii_is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f')) {
			if (++digits > 4)
				return 0;
		} else {
			break;
		}
		i++;
	}
	if (i > 0 && s.ptr[i - 1] == ':' && !(i > 1 && s.ptr[i - 2] == ':')) {
		i--;
		colons--;
	}
	if (colons < 2 || colons > 7 || (colons != 7 && !has_gap) ||
		(i < s.len && ascii_is_alnum(s.ptr[i])))
		return 0;
	return i > 2 ? i : 0;
}

/* Is text[i] the hyphen of "550-192.0.2.1 is blocked"? */
static bool
is_reply_hyphen(struct str text, size_t i)
{
	return i >= 3 && ascii_is_digit((unsigned char)text.ptr[i - 1]) &&
	       ascii_is_digit((unsigned char)text.ptr[i - 2]) &&
	       ascii_is_digit((unsigned char)text.ptr[i - 3]) &&
	       (i == 3 || ascii_is_space((unsigned char)text.ptr[i - 4]));
}

struct str
ip_next(struct str text, size_t *at)
{
	for (size_t i = *at; i < text.len; i++) {
		const char c = text.ptr[i];
		const bool is_digit = ascii_is_digit(c);
		if (!is_digit && !((c | 32) >= 'a' && (c | 32) <= 'f') && c != ':')
			continue;
		const char before = i > 0 ? text.ptr[i - 1] : ' ';
		if (ascii_is_alnum(before) || before == '.' || before == '_' ||
			(before == ':' && !str_ends_case(str_head(text, i), STR("IPv6:"))) ||
			(before == '-' && !is_reply_hyphen(text, i - 1)))
			continue;
		const struct str rest = str_from(text, i);
		size_t n = is_digit ? ipv4_length(rest) : 0;
		if (n == 0)
			n = ipv6_length(rest);
		if (n == 0)
			continue;
		*at = i + n;
		return str_head(rest, n);
	}
	*at = text.len;
	return STR_NONE;
}

bool
host_looks_real(struct str host)
{
	bool has_dot = false;
	for (size_t i = 0; i < host.len; i++) {
		const unsigned char c = (unsigned char)host.ptr[i];
		if (c == '.' && i > 0 && i + 1 < host.len)
			has_dot = true;
		else if (!ascii_is_alnum(c) && c != '-' && c != '_' && c != '.' && c < 128)
			return false;
	}
	return has_dot && host.len <= 255;
}

struct str
host_clean(struct str value)
{
	const size_t semicolon = str_find_char(str_head(value, 20), ';', 0);
	if (semicolon != STR_NPOS)
		value = str_from(value, semicolon + 1);
	struct str host = str_word(&value);
	host = str_unwrap(host, '[', ']');
	host = str_unwrap(host, '<', '>');
	/* "mx.example.org[192.0.2.1]:25", "mx.example.org(192.0.2.1)", "mx.example.org." */
	for (size_t i = 0; i < host.len; i++)
		if (host.ptr[i] == '[' || host.ptr[i] == '(' || host.ptr[i] == ',' ||
			host.ptr[i] == ';')
			host.len = i;
	while (host.len > 0 && (host.ptr[host.len - 1] == '.' || host.ptr[host.len - 1] == ':'))
		host.len--;
	return host.len == 0 ? STR_NONE : host;
}
