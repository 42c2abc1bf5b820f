/* spf_macro - what stands between "%{" and "}": RFC 7208 s7 */
#include "check/spf.h"

#include "base/buf.h"
#include "dns/name.h"

#define PARTS_MAX 128 /* labels of a value; DIGIT may ask for so many, s7.3 */
#define EXPANDED_BYTES_MAX 4096

struct macro {
	char letter; /* in lower case */
	bool is_escaped;
	unsigned keep; /* parts from the right; 0 = all */
	bool is_reversed;
	struct str delimiters; /* empty: "." */
};

static bool
is_delimiter(char c)
{
	return memchr(".-+,/_=", c, 7) != NULL;
}

/* "%{d2r}" and the like at the start of *rest, which moves past it. */
static bool
macro_parse(struct str *rest, bool is_text, struct macro *out)
{
	const size_t end = str_find_char(*rest, '}', 0);
	if (end == STR_NPOS || end < 3)
		return false;
	struct str in = str_head(str_from(*rest, 2), end - 2);
	const char letter = (char)ascii_lower((unsigned char)in.ptr[0]);
	if (memchr(is_text ? "slodiphvcrt" : "slodiphv", letter, is_text ? 11 : 8) == NULL)
		return false;
	*out = (struct macro){.letter = letter, .is_escaped = letter != in.ptr[0]};
	in = str_from(in, 1);
	if (in.len > 0 && ascii_is_digit((unsigned char)in.ptr[0])) {
		size_t digits = 0;
		while (digits < in.len && ascii_is_digit((unsigned char)in.ptr[digits]))
			digits++;
		const int64_t n = str_number(str_head(in, digits), 1000000);
		if (n == 0)
			return false;
		out->keep = n < 0 || n > PARTS_MAX ? PARTS_MAX : (unsigned)n;
		in = str_from(in, digits);
	}
	if (in.len > 0 && ascii_lower((unsigned char)in.ptr[0]) == 'r') {
		out->is_reversed = true;
		in = str_from(in, 1);
	}
	for (size_t i = 0; i < in.len; i++)
		if (!is_delimiter(in.ptr[i]))
			return false;
	out->delimiters = in;
	*rest = str_from(*rest, end + 1);
	return true;
}

/* A toplabel, perhaps with a dot behind it, or a macro: domain-end of s7.1. */
static bool
ends_as_domain(struct str spec)
{
	if (spec.len > 0 && spec.ptr[spec.len - 1] == '}')
		return true;
	if (spec.len > 1 && spec.ptr[spec.len - 2] == '%' &&
		memchr("%_-", spec.ptr[spec.len - 1], 3) != NULL)
		return true; /* macro-expand has these too */
	if (spec.len > 0 && spec.ptr[spec.len - 1] == '.')
		spec.len--;
	size_t at = spec.len;
	bool has_letter = false;
	while (at > 0 &&
		(ascii_is_alnum((unsigned char)spec.ptr[at - 1]) || spec.ptr[at - 1] == '-')) {
		at--;
		has_letter |= !ascii_is_digit((unsigned char)spec.ptr[at]);
	}
	return at > 0 && spec.ptr[at - 1] == '.' && at < spec.len && has_letter &&
	       spec.ptr[at] != '-' && spec.ptr[spec.len - 1] != '-';
}

bool
spf_macro_is_valid(struct str spec, bool is_text)
{
	struct str rest = spec;
	while (rest.len > 0) {
		struct macro m;
		const char c = rest.ptr[0];
		if (c < '!' || c > '~')
			return false;
		if (c != '%') {
			rest = str_from(rest, 1);
		} else if (rest.len > 1 && rest.ptr[1] == '{') {
			if (!macro_parse(&rest, is_text, &m))
				return false;
		} else if (rest.len > 1 && memchr("%_-", rest.ptr[1], 3) != NULL) {
			rest = str_from(rest, 2);
		} else {
			return false;
		}
	}
	return is_text || ends_as_domain(spec);
}

bool
spf_needs_name(struct str spec)
{
	return str_has_case(spec, STR("%{p"));
}

/* s7.3: a validated name that is the domain, else one below it, else any. */
static struct str
validated_name(const struct spf *spf, struct str domain)
{
	struct str below = STR_NONE;
	for (size_t i = 0; i < spf->validated_count; i++) {
		const struct str name = spf->validated[i];
		if (str_eq_case(name, domain))
			return name;
		if (!str_is_set(below) && str_is_below(name, domain))
			below = name;
	}
	if (str_is_set(below))
		return below;
	return spf->validated_count > 0 ? spf->validated[0] : STR("unknown");
}

/* %{i}: dotted; IPv6 as nibbles. */
static void
address_add(const struct ip *ip, struct buf *out)
{
	static const char digits[] = "0123456789abcdef";
	char text[IP_TEXT_BYTES];
	if (ip_is_v4(ip)) {
		ip_text(ip, text);
		buf_add(out, str_of(text));
		return;
	}
	for (size_t i = 0; i < 32; i++) {
		const unsigned byte = ip->bytes[i / 2];
		if (i > 0)
			buf_add_char(out, '.');
		buf_add_char(out, digits[i % 2 == 0 ? byte >> 4 : byte & 15]);
	}
}

static void
value_add(const struct spf *spf, char letter, struct str domain, struct buf *out)
{
	const struct str sender = spf->q.sender;
	const size_t at = str_behind_last(sender, '@');
	/* s4.3: no local part is "postmaster"; the domain of a null sender is that of HELO */
	const struct str local = at > 1 ? str_head(sender, at - 1) : STR("postmaster");
	char text[IP_TEXT_BYTES];
	switch (letter) {
	case 's':
	case 'l':
		buf_add(out, local);
		if (letter == 'l')
			break;
		buf_add_char(out, '@');
		buf_add(out, spf->identity);
		break;
	case 'o':
		buf_add(out, spf->identity);
		break;
	case 'd':
		buf_add(out, domain);
		break;
	case 'i':
		address_add(&spf->q.ip, out);
		break;
	case 'p':
		buf_add(out, validated_name(spf, domain));
		break;
	case 'v':
		buf_add(out, ip_is_v4(&spf->q.ip) ? STR("in-addr") : STR("ip6"));
		break;
	case 'h':
		buf_add(out, spf->q.helo);
		break;
	case 'c':
		ip_text(&spf->q.ip, text);
		buf_add(out, str_of(text));
		break;
	case 'r':
		buf_add(out, spf->q.receiver.len > 0 ? spf->q.receiver : STR("unknown"));
		break;
	default: /* t */
		buf_add_number(out, spf->q.now_s);
		break;
	}
}

static void
escaped_add(struct str s, bool is_escaped, struct buf *out)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.len; i++) {
		const unsigned char c = (unsigned char)s.ptr[i];
		if (!is_escaped || ascii_is_alnum(c) || memchr("-._~", c, 4) != NULL) {
			buf_add_char(out, (char)c);
		} else {
			buf_add_char(out, '%');
			buf_add_char(out, digits[c >> 4]);
			buf_add_char(out, digits[c & 15]);
		}
	}
}

/* Split at the delimiters, turned round, the rightmost kept, joined with dots. */
static void
transformed_add(const struct macro *m, struct str value, struct buf *out)
{
	struct str parts[PARTS_MAX];
	size_t count = 0, from = 0;
	const struct str delimiters = m->delimiters.len > 0 ? m->delimiters : STR(".");
	if (m->keep == 0 && !m->is_reversed && m->delimiters.len == 0) {
		escaped_add(value, m->is_escaped, out);
		return;
	}
	for (size_t i = 0; i <= value.len && count < PARTS_MAX; i++)
		if (i == value.len ||
			memchr(delimiters.ptr, value.ptr[i], delimiters.len) != NULL) {
			parts[count++] = (struct str){value.ptr + from, i - from};
			from = i + 1;
		}
	const size_t keep = m->keep == 0 || m->keep > count ? count : m->keep;
	for (size_t i = count - keep; i < count; i++) {
		if (i > count - keep)
			buf_add_char(out, '.');
		escaped_add(parts[m->is_reversed ? count - 1 - i : i], m->is_escaped, out);
	}
}

static bool
expand(const struct spf *spf, struct str spec, bool is_text, struct str domain, struct buf *out)
{
	struct buf value;
	buf_init(&value, EXPANDED_BYTES_MAX);
	while (spec.len > 0) {
		struct macro m;
		if (spec.ptr[0] != '%') {
			buf_add_char(out, spec.ptr[0]);
			spec = str_from(spec, 1);
		} else if (spec.len > 1 && spec.ptr[1] == '{') {
			if (!macro_parse(&spec, is_text, &m))
				break;
			buf_clear(&value);
			value_add(spf, m.letter, domain, &value);
			transformed_add(&m, buf_str(&value), out);
		} else {
			const char c = spec.len > 1 ? spec.ptr[1] : '\0';
			if (c == '%')
				buf_add_char(out, '%');
			else if (c == '_')
				buf_add_char(out, ' ');
			else if (c == '-')
				buf_add(out, STR("%20"));
			else
				break;
			spec = str_from(spec, 2);
		}
	}
	const bool ok = spec.len == 0 && !buf_failed(out) && !buf_failed(&value);
	buf_fini(&value);
	return ok;
}

bool
spf_expand(const struct spf *spf, struct str spec, bool is_text, struct str domain, struct arena *a,
	struct str *out)
{
	struct buf text;
	buf_init(&text, EXPANDED_BYTES_MAX);
	const bool ok = expand(spf, spec, is_text, domain, &text);
	struct str s = buf_str(&text);
	if (!is_text && str_is_set(s)) {
		if (s.len > 0 && s.ptr[s.len - 1] == '.')
			s.len--;
		while (s.len > DNS_NAME_BYTES_MAX) { /* s7.3 */
			const size_t dot = str_find_char(s, '.', 0);
			s = str_from(s, dot == STR_NPOS ? s.len : dot + 1);
		}
	}
	*out = s.len == 0 ? STR("") : arena_str(a, s);
	buf_fini(&text);
	return ok && str_is_set(*out);
}
