/* links - the domains that a message leads to */
#include "check/links.h"

#include "base/decode.h"
#include "check/dmarc.h"
#include "dns/name.h"
#include "read/mime.h"

static bool
has(const struct links *l, struct str domain)
{
	for (size_t i = 0; i < l->count; i++)
		if (str_eq(l->domain[i], domain))
			return true;
	return false;
}

/* "%2e" is a dot. */
static struct str
percent_undo(struct str s, char room[static LINKS_HOST_BYTES_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < s.len && n < LINKS_HOST_BYTES_MAX; i++) {
		const int byte = s.ptr[i] == '%' ? hex_pair(str_from(s, i + 1)) : -1;
		room[n++] = byte >= 0 ? (char)byte : s.ptr[i];
		i += byte >= 0 ? 2 : 0;
	}
	return (struct str){room, n};
}

static bool
is_address(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_digit((unsigned char)s.ptr[i]) && s.ptr[i] != '.')
			return false;
	return true;
}

/* What stands between "//" and the first "/": user:password@host:port. */
static void
add_authority(struct str s, struct arena *a, struct links *out)
{
	char room[LINKS_HOST_BYTES_MAX], name[DNS_NAME_BYTES_MAX + 1];
	struct str host;
	for (size_t at; (at = str_find_char(s, '@', 0)) != STR_NPOS;)
		s = str_from(s, at + 1);
	host = percent_undo(str_cut(&s, ':'), room);
	while (host.len > 0 && !ascii_is_alnum((unsigned char)host.ptr[host.len - 1]) &&
		(unsigned char)host.ptr[host.len - 1] < 0x80)
		host.len--; /* the end of a sentence */
	if (out->count == LINKS_MAX || is_address(host) || !dns_name_parse(host, name, &host) ||
		str_find_char(host, '.', 0) == STR_NPOS)
		return;
	const struct str domain = dmarc_organization(host);
	if (has(out, domain))
		return;
	const struct str kept = arena_str(a, domain);
	if (str_is_set(kept))
		out->domain[out->count++] = kept;
}

/* Does the authority end here? A backslash is a slash to browsers; "&#46;" has a # in it. */
static bool
is_end(unsigned char c, unsigned char before, bool is_html)
{
	if (c == '#' && before == '&' && is_html)
		return false;
	return c <= ' ' || c == 127 || c == '/' || c == '\\' || c == '?' || c == '#' || c == '"' ||
	       c == '\'' || c == '<' || c == '>' || c == '(' || c == ')' || c == '[' || c == ']' ||
	       c == '{' || c == '}' || c == ',' || c == '|' || c == '`' ||
	       (!is_html && (c == '&' || c == ';'));
}

/* From where the host begins; the place behind it. */
static size_t
take(struct str text, size_t from, bool is_html, struct arena *a, struct links *out)
{
	size_t end = from;
	while (end < text.len &&
		!is_end((unsigned char)text.ptr[end],
			end > from ? (unsigned char)text.ptr[end - 1] : ' ', is_html) &&
		end - from < LINKS_HOST_BYTES_MAX)
		end++;
	struct str authority = str_head(str_from(text, from), end - from);
	/* Entities: "shop&#46;example", and "&amp;" behind a host without a path. */
	if (is_html && str_find_char(authority, '&', 0) != STR_NPOS)
		authority = decode_html(authority, a);
	authority = str_cut(&authority, '&');
	add_authority(authority, a, out);
	return end;
}

static bool
is_scheme_before(struct str text, size_t colon)
{
	static const struct str schemes[] = {STR_INIT("http"), STR_INIT("https"), STR_INIT("ftp")};
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (str_ends_case(str_head(text, colon), schemes[i]))
			return true;
	return false;
}

/* "www." that begins a word. */
static bool
is_bare(struct str text, size_t at)
{
	const unsigned char before = at > 0 ? (unsigned char)text.ptr[at - 1] : ' ';
	return str_starts_case(str_from(text, at), STR("www.")) && !ascii_is_alnum(before) &&
	       before != '-' && before != '.' && before != '@' && before != '/';
}

void
links_scan(struct str text, bool is_html, struct arena *a, struct links *out)
{
	for (size_t i = 0; i < text.len && out->count < LINKS_MAX; i++) {
		const char c = text.ptr[i];
		const struct str rest = str_from(text, i + 1);
		const bool is_slashed = str_starts(rest, STR("//"));
		if (c == ':' && is_slashed && is_scheme_before(text, i))
			i = take(text, i + 3, is_html, a, out) - 1;
		else if (is_html && is_slashed && (c == '"' || c == '\'' || c == '='))
			i = take(text, i + 3, is_html, a, out) - 1;
		else if ((c == 'w' || c == 'W') && is_bare(text, i))
			i = take(text, i, is_html, a, out) - 1;
	}
}

/* A part that is shown as text. What a report would take it for, by its words, is no matter here:
 * nobody hides a link behind "Received:" as its first line. */
static bool
is_shown(const struct part *p)
{
	return !str_is_set(p->type) || content_type_is(p->type, STR("text/")) ||
	       str_find_char(p->type, '/', 0) == STR_NPOS;
}

void
links_find(struct str message, struct arena *a, struct links *out)
{
	struct arena own;
	struct header header;
	struct mime mime = {0};
	*out = (struct links){.count = 0};
	arena_init(&own, LINKS_ARENA_BYTES_MAX);
	message = str_head(message, LINKS_TEXT_BYTES_MAX);
	header_parse(message, &own, &header);
	mime_parse(&header, &own, &mime);
	for (size_t i = 0; i < mime.count && !arena_failed(&own); i++) {
		struct part p = mime.parts[i];
		const bool is_html = content_type_is(p.type, STR("text/html"));
		if (!is_shown(&p))
			continue;
		p.role = is_html ? PART_HTML : PART_TEXT;
		if (!str_is_set(p.encoding)) /* it is not guessed */
			p.encoding = STR("8bit");
		links_scan(part_decode(&p, &own), is_html, a, out);
	}
	arena_fini(&own);
}
