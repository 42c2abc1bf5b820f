#include "check/dkim_signature.h"

#include "dns/name.h"

/* A number of seconds or bytes; -1: none stated, -2: none that makes sense. */
static int64_t
number_of(struct str value)
{
	if (!str_is_set(value))
		return -1;
	for (size_t i = 0; i < value.len; i++)
		if (!ascii_is_digit((unsigned char)value.ptr[i]))
			return -2;
	const int64_t n = str_number(value, INT64_MAX);
	return value.len == 0 || n < 0 ? -2 : n;
}

/* i=: an address at d= or below it; absent: "@" and d=. */
static bool
identity_parse(struct dkim_signature *s, struct str value, struct arena *a)
{
	if (!str_is_set(value)) {
		s->identity = arena_join(a, STR("@"), s->domain, STR_NONE);
		return true;
	}
	const size_t at = str_behind_last(value, '@');
	s->identity = dkim_without_blanks(value, a);
	const struct str at_domain = str_from(value, at);
	return at > 0 && (str_eq_case(at_domain, s->domain) || str_is_below(at_domain, s->domain));
}

static bool
forms_parse(struct dkim_signature *s, struct str value)
{
	struct str body = value;
	const struct str header = str_cut(&body, '/');
	if (!str_is_set(value))
		return true; /* simple/simple */
	s->is_header_relaxed = str_eq_case(header, STR("relaxed"));
	s->is_body_relaxed = str_eq_case(body, STR("relaxed"));
	return (s->is_header_relaxed || str_eq_case(header, STR("simple"))) &&
	       (s->is_body_relaxed || !str_is_set(body) || str_eq_case(body, STR("simple")));
}

static bool
has_too_many(struct str names)
{
	size_t n = 0;
	for (; str_is_set(names); n++)
		str_cut(&names, ':');
	return n > DKIM_NAMES_MAX;
}

/* What a signature must have, whoever made it; as below. */
static struct str
basics_parse(struct dkim *d, struct dkim_signature *s, const struct dkim_tags *tags)
{
	struct arena *const a = &d->arena;
	char room[DNS_NAME_BYTES_MAX + 1];
	s->algorithm = dkim_tag(tags, STR("a"));
	s->selector = dkim_tag(tags, STR("s"));
	s->names = dkim_tag(tags, STR("h"));
	s->domain = dkim_tag(tags, STR("d"));
	if (!dns_name_parse(s->domain, room, &s->domain))
		return STR("d= is no domain");
	s->domain = arena_str(a, s->domain);
	s->value_text = dkim_without_blanks(dkim_tag(tags, STR("b")), a);
	s->value = dkim_base64(s->value_text, a);
	s->body_hash = dkim_base64(dkim_tag(tags, STR("bh")), a);
	if (s->selector.len == 0 || s->names.len == 0 || s->value.len == 0 || s->body_hash.len == 0)
		return STR("one of s= h= b= bh= is not there");
	s->is_ed25519 = str_eq_case(s->algorithm, STR("ed25519-sha256"));
	if (!s->is_ed25519 && !str_eq_case(s->algorithm, STR("rsa-sha256")))
		return str_eq_case(s->algorithm, STR("rsa-sha1"))
			       ? STR("rsa-sha1 counts no more (RFC 8301)")
			       : STR("a= is unknown");
	if (has_too_many(s->names))
		return STR("h= has more than 200 names");
	if (!dkim_list_has(s->names, STR("from")))
		return STR("From is not signed");
	if (!forms_parse(s, dkim_tag(tags, STR("c"))))
		return STR("c= is unknown");
	if (str_is_set(dkim_tag(tags, STR("q"))) &&
		!dkim_list_has(dkim_tag(tags, STR("q")), STR("dns/txt")))
		return STR("q= is unknown");
	const int64_t length = number_of(dkim_tag(tags, STR("l"))),
		      begins = number_of(dkim_tag(tags, STR("t"))),
		      ends = number_of(dkim_tag(tags, STR("x")));
	if (length == -2 || begins == -2 || ends == -2 || (ends >= 0 && begins > ends))
		return STR("l=, t= or x= makes no sense");
	if (ends >= 0 && ends < d->now_s)
		return STR("the signature has expired");
	s->limit = length < 0 ? UINT64_MAX : (uint64_t)length;
	return STR_NONE;
}

struct str
dkim_signature_parse(struct dkim *d, struct dkim_signature *s)
{
	struct dkim_tags tags;
	struct str value = s->field;
	str_cut(&value, ':');
	if (!str_is_set(value) || !dkim_tags_parse(value, &tags))
		return STR("the field is no list of tags");
	const struct str wrong = basics_parse(d, s, &tags);
	if (str_is_set(wrong))
		return wrong;
	if (!str_eq(dkim_tag(&tags, STR("v")), STR("1")))
		return STR("v= is not 1");
	return identity_parse(s, dkim_tag(&tags, STR("i")), &d->arena) ? STR_NONE
								       : STR("i= is not of d=");
}

struct str
dkim_passed_parse(struct dkim *d, struct dkim_signature *s)
{
	struct dkim_tags tags;
	struct str value = s->field;
	str_cut(&value, ':');
	if (!dkim_tags_parse(value, &tags))
		return STR("the field is no list of tags");
	s->identity = STR_NONE;
	const struct str wrong = basics_parse(d, s, &tags);
	if (str_is_set(wrong))
		return wrong;
	s->identity = arena_join(&d->arena, STR("@"), s->domain, STR_NONE);
	return dkim_list_has(s->names, arc_field_name(ARC_SEAL)) ? STR("it signs a seal")
								 : STR_NONE;
}
