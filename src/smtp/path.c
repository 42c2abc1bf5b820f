#include "smtp/path.h"

#include "base/charset.h"

#include <arpa/inet.h>

/* RFC 5322 s3.2.3 atext */
static bool
is_atext(unsigned char c)
{
	return ascii_is_alnum(c) ||
	       (c != '\0' && c < 128 && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* The length of one character beyond ASCII at the start of `s`; 0 when it is malformed or a C1
 * control. */
static size_t
utf8_length(struct str s)
{
	const int n = utf8_step(s);
	if (n < 2 || (n == 2 && (unsigned char)s.ptr[0] == 0xC2 && (unsigned char)s.ptr[1] < 0xA0))
		return 0;
	return (size_t)n;
}

/* The length of a quoted string at the start of `s`, with its quotes; 0 when it is none. */
static size_t
quoted_length(struct str s)
{
	size_t i = 1;
	while (i < s.len && s.ptr[i] != '"') {
		const unsigned char c = (unsigned char)s.ptr[i];
		if (c == '\\') {
			if (i + 1 >= s.len || s.ptr[i + 1] < ' ' || s.ptr[i + 1] == 127)
				return 0;
			i += 2;
		} else if (c >= 128) {
			const size_t n = utf8_length(str_from(s, i));
			if (n == 0)
				return 0;
			i += n;
		} else if (c < ' ' || c == 127) {
			return 0;
		} else {
			i++;
		}
	}
	return i < s.len ? i + 1 : 0;
}

/* The length of a dot-string at the start of `s`; 0 when there is none. */
static size_t
dots_length(struct str s)
{
	size_t i = 0;
	while (i < s.len) {
		const unsigned char c = (unsigned char)s.ptr[i];
		const size_t n = c >= 128 ? utf8_length(str_from(s, i)) : is_atext(c) || c == '.';
		if (n == 0)
			break;
		i += n;
	}
	return i;
}

/* The length of a domain name at the start of `s`; 0 when it is malformed. */
static size_t
name_length(struct str s)
{
	size_t i = 0, label = 0;
	while (i < s.len) {
		const unsigned char c = (unsigned char)s.ptr[i];
		size_t n = 1;
		if (c == '.') {
			if (i == label || s.ptr[i - 1] == '-')
				return 0;
			label = i + 1;
		} else if (c >= 128) {
			n = utf8_length(str_from(s, i));
			if (n == 0)
				return 0;
		} else if (c == '-' && i == label) {
			return 0;
		} else if (!ascii_is_alnum(c) && c != '-' && c != '_') {
			break;
		}
		i += n;
		if (i - label > PATH_LABEL_BYTES_MAX)
			return 0;
	}
	return i == label || s.ptr[i - 1] == '-' || i > PATH_DOMAIN_BYTES_MAX ? 0 : i;
}

/* What stands between the brackets of an address literal. */
static enum host_kind
literal_kind(struct str inside)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char address[sizeof(struct in6_addr)];
	const bool is_v6 = str_starts_case(inside, STR("IPv6:"));
	if (is_v6)
		inside = str_from(inside, 5);
	if (inside.len >= sizeof text || str_find_char(inside, '\0', 0) != STR_NPOS)
		return HOST_NONE;
	memcpy(text, inside.ptr, inside.len);
	text[inside.len] = '\0';
	if (inet_pton(is_v6 ? AF_INET6 : AF_INET, text, address) != 1)
		return HOST_NONE;
	return is_v6 ? HOST_IPV6 : HOST_IPV4;
}

/* The kind and the length of the host at the start of `s`. */
static enum host_kind
host_read(struct str s, size_t *length, enum path_fault *fault)
{
	if (s.len > 0 && s.ptr[0] == '[') {
		const size_t close = str_find_char(str_head(s, 64), ']', 0);
		*fault = PATH_LITERAL;
		if (close == STR_NPOS)
			return HOST_NONE;
		*length = close + 1;
		return literal_kind(str_head(str_from(s, 1), close - 1));
	}
	*fault = PATH_DOMAIN;
	*length = name_length(s);
	return *length == 0 ? HOST_NONE : HOST_NAME;
}

enum host_kind
host_parse(struct str in, enum path_fault *fault)
{
	size_t length = 0;
	enum path_fault why = PATH_NONE;
	enum host_kind kind = host_read(in, &length, &why);
	if (length != in.len)
		kind = HOST_NONE;
	if (fault != NULL)
		*fault = kind == HOST_NONE ? why : PATH_NONE;
	return kind;
}

/* The length of "@a,@b:" at the start of `s`, RFC 5321 s4.1.2 A-d-l; 0 when it is malformed. */
static size_t
route_length(struct str s)
{
	size_t i = 0;
	for (int hops = 0; hops < PATH_ROUTE_HOPS_MAX; hops++) {
		size_t length = 0;
		enum path_fault fault;
		if (i >= s.len || s.ptr[i] != '@' ||
			host_read(str_from(s, i + 1), &length, &fault) == HOST_NONE)
			return 0;
		i += 1 + length;
		if (i >= s.len)
			return 0;
		if (s.ptr[i] == ':')
			return i + 1;
		if (s.ptr[i++] != ',')
			return 0;
	}
	return 0;
}

/* Local part and domain at the start of `s`. */
static enum path_fault
mailbox_read(struct str s, struct path *p, size_t *used)
{
	p->is_quoted = s.len > 0 && s.ptr[0] == '"';
	const size_t local = p->is_quoted ? quoted_length(s) : dots_length(s);
	if (local == 0)
		return PATH_LOCAL;
	if (local > PATH_MAILBOX_BYTES_MAX)
		return PATH_TOO_LONG;
	p->local = str_head(s, local);
	*used = local;
	if (local < s.len && s.ptr[local] == '@') {
		size_t length = 0;
		enum path_fault fault;
		p->kind = host_read(str_from(s, local + 1), &length, &fault);
		if (p->kind == HOST_NONE)
			return fault;
		p->domain = str_head(str_from(s, local + 1), length);
		*used += 1 + length;
	}
	p->has_utf8 = !str_is_ascii(p->local) || !str_is_ascii(p->domain);
	return *used > PATH_MAILBOX_BYTES_MAX ? PATH_TOO_LONG : PATH_NONE;
}

enum path_fault
path_parse(struct str in, unsigned may, struct path *out, size_t *used)
{
	struct path p = {0};
	size_t at = 0, length = 0;
	while (at < in.len && (in.ptr[at] == ' ' || in.ptr[at] == '\t'))
		at++;
	const bool has_bracket = at < in.len && in.ptr[at] == '<';
	if (!has_bracket && !(may & PATH_MAY_BE_BARE))
		return PATH_NO_BRACKET;
	at += has_bracket;
	if (has_bracket && at < in.len && in.ptr[at] == '>') {
		if (!(may & PATH_MAY_BE_NULL))
			return PATH_NULL_PATH;
	} else {
		if (at < in.len && in.ptr[at] == '@') {
			const size_t route = route_length(str_from(in, at));
			if (route == 0)
				return PATH_ROUTE;
			p.route = (struct str){in.ptr + at, route - 1};
			at += route;
		}
		const enum path_fault fault = mailbox_read(str_from(in, at), &p, &length);
		if (fault != PATH_NONE)
			return fault;
		at += length;
	}
	if (has_bracket && at >= in.len)
		return PATH_NOT_CLOSED;
	if (has_bracket && in.ptr[at++] != '>')
		return str_is_set(p.domain) ? PATH_DOMAIN : PATH_LOCAL;
	if (at < in.len && in.ptr[at] != ' ' && in.ptr[at] != '\t')
		return has_bracket ? PATH_NOT_CLOSED : PATH_DOMAIN;
	if (!path_is_null(&p) && !str_is_set(p.domain) && !(may & PATH_MAY_BE_LOCAL) &&
		!path_is_postmaster(&p))
		return PATH_NO_DOMAIN;
	if (p.has_utf8 && !(may & PATH_MAY_HAVE_UTF8))
		return PATH_UTF8;
	*out = p;
	*used = at;
	return PATH_NONE;
}

struct str
path_fault_words(enum path_fault fault)
{
	static const struct str words[] = {
#define X(id, text) STR_INIT(text),
		PATH_FAULTS(X)
#undef X
	};
	return words[fault];
}

bool
path_is_postmaster(const struct path *p)
{
	return !str_is_set(p->domain) && str_eq_case(p->local, STR("postmaster"));
}

size_t
path_local(const struct path *p, char *room)
{
	size_t n = 0;
	if (!p->is_quoted) {
		if (p->local.len > 0)
			memcpy(room, p->local.ptr, p->local.len);
		return p->local.len;
	}
	for (size_t i = 1; i + 1 < p->local.len; i++) {
		if (p->local.ptr[i] == '\\')
			i++;
		room[n++] = p->local.ptr[i];
	}
	return n;
}

/* RFC 5321 s4.1.2 Dot-string, to the letter: an atom on either side of each dot. */
static bool
is_dot_string(struct str s)
{
	return s.len > 0 && s.ptr[0] != '.' && s.ptr[s.len - 1] != '.' && !str_has(s, STR("..")) &&
	       dots_length(s) == s.len;
}

size_t
path_print(const struct path *p, char *room)
{
	char plain[PATH_MAILBOX_BYTES_MAX];
	const struct str local = {plain, path_local(p, plain)};
	size_t n = 0;
	if (path_is_null(p))
		return 0;
	const bool must_quote = !is_dot_string(local);
	if (must_quote)
		room[n++] = '"';
	for (size_t i = 0; i < local.len; i++) {
		if (must_quote && (plain[i] == '"' || plain[i] == '\\'))
			room[n++] = '\\';
		room[n++] = plain[i];
	}
	if (must_quote)
		room[n++] = '"';
	if (str_is_set(p->domain)) {
		room[n++] = '@';
		memcpy(room + n, p->domain.ptr, p->domain.len);
		n += p->domain.len;
	}
	return n;
}
