/* spf_record - the syntax of a record: RFC 7208 s12. All of it is read before any of it is used, as
 * s4.6 wants. */
#include "check/spf.h"

static const struct {
	struct str name;
	enum spf_mechanism mechanism;
	enum { SPEC_NONE, SPEC_MAY, SPEC_MUST } spec;
	bool has_length;
} mechanisms[] = {
	{STR_INIT("all"), SPF_ALL, SPEC_NONE, false},
	{STR_INIT("include"), SPF_INCLUDE, SPEC_MUST, false},
	{STR_INIT("a"), SPF_A, SPEC_MAY, true},
	{STR_INIT("mx"), SPF_MX, SPEC_MAY, true},
	{STR_INIT("ptr"), SPF_PTR, SPEC_MAY, false},
	{STR_INIT("exists"), SPF_EXISTS, SPEC_MUST, false},
};

static bool
is_name_char(int c)
{
	return ascii_is_alnum(c) || c == '-' || c == '_' || c == '.';
}

/* "0" or a number without a 0 in front, to the end of `s`. */
static bool
length_parse(struct str s, unsigned most, unsigned *out)
{
	if (s.len == 0 || s.len > 3 || (s.len > 1 && s.ptr[0] == '0'))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_digit((unsigned char)s.ptr[i]))
			return false;
	const int64_t n = str_number(s, most);
	if (n < 0)
		return false;
	*out = (unsigned)n;
	return true;
}

/* Takes "/24", "/24//64" or "//64" off the end of *s: dual-cidr-length. A "/" may stand in a macro
 * too, as a delimiter, so what lies between "%{" and "}" is passed over. */
static bool
lengths_cut(struct str *s, struct spf_term *term)
{
	size_t slash = s->len;
	bool is_in_macro = false;
	for (size_t i = 0; i < s->len && slash == s->len; i++) {
		if (s->ptr[i] == '{')
			is_in_macro = true;
		else if (s->ptr[i] == '}')
			is_in_macro = false;
		else if (s->ptr[i] == '/' && !is_in_macro)
			slash = i;
	}
	struct str rest = str_from(*s, slash);
	*s = str_head(*s, slash);
	if (rest.len == 0)
		return true;
	const size_t second = str_find(rest, STR("//"), 0);
	if (second != STR_NPOS) {
		if (!length_parse(str_from(rest, second + 2), 128, &term->bits_6))
			return false;
		rest = str_head(rest, second);
	}
	return rest.len == 0 || length_parse(str_from(rest, 1), 32, &term->bits_4);
}

/* ip4 and ip6: the address, and perhaps "/24". */
static bool
network_parse(struct str s, struct spf_term *term)
{
	const bool is_4 = term->mechanism == SPF_IP4;
	const size_t slash = str_find_char(s, '/', 0);
	const struct str address = str_head(s, slash == STR_NPOS ? s.len : slash);
	struct ip ip;
	unsigned bits = is_4 ? 32 : 128;
	/* One family in the words of the other is an error: "ip6:192.0.2.1", "ip4:::ffff:...". */
	if ((str_find_char(address, ':', 0) != STR_NPOS) == is_4 || !ip_parse(address, &ip))
		return false;
	if (slash != STR_NPOS && !length_parse(str_from(s, slash + 1), bits, &bits))
		return false;
	return net_parse(s, &term->net) == NET_OK;
}

static bool
mechanism_parse(struct str name, struct str value, bool has_value, struct spf_term *term)
{
	if (str_eq_case(name, STR("ip4")) || str_eq_case(name, STR("ip6"))) {
		term->mechanism = name.ptr[2] == '4' ? SPF_IP4 : SPF_IP6;
		return has_value && network_parse(value, term);
	}
	for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++) {
		if (!str_eq_case(name, mechanisms[i].name))
			continue;
		term->mechanism = mechanisms[i].mechanism;
		if (mechanisms[i].has_length && !lengths_cut(&value, term))
			return false;
		if (!has_value)
			return mechanisms[i].spec != SPEC_MUST && value.len == 0;
		if (mechanisms[i].spec == SPEC_NONE)
			return false;
		term->spec = value;
		return spf_macro_is_valid(value, false);
	}
	return false;
}

/* A directive: qualifier, mechanism, and what is behind ":" or "/". */
static bool
directive_parse(struct str word, struct spf_term *term)
{
	static const char qualifiers[] = "+-~?";
	const char *const q = memchr(qualifiers, word.ptr[0], sizeof qualifiers - 1);
	*term = (struct spf_term){.bits_4 = 32, .bits_6 = 128, .text = word};
	if (q != NULL) {
		term->qualifier = (enum spf_qualifier)(q - qualifiers);
		word = str_from(word, 1);
	}
	size_t end = 0;
	while (end < word.len && word.ptr[end] != ':' && word.ptr[end] != '/')
		end++;
	const struct str name = str_head(word, end);
	const bool has_value = end < word.len && word.ptr[end] == ':';
	if (!has_value && end < word.len) { /* "a/24": the length alone */
		struct str length = str_from(word, end);
		struct spf_term bare = *term;
		if (!lengths_cut(&length, &bare))
			return false;
		if (!mechanism_parse(name, STR_NONE, false, &bare) ||
			(bare.mechanism != SPF_A && bare.mechanism != SPF_MX))
			return false;
		*term = bare;
		return true;
	}
	return mechanism_parse(name, str_from(word, end + 1), has_value, term);
}

/* A modifier, name=value: true when the word is one; *ok then says whether it is a good one. */
static bool
modifier_parse(struct str word, struct spf_record *out, bool *ok)
{
	size_t end = 0;
	while (end < word.len && is_name_char((unsigned char)word.ptr[end]))
		end++;
	if (end == 0 || end == word.len || word.ptr[end] != '=' ||
		!ascii_is_alpha((unsigned char)word.ptr[0]))
		return false;
	const struct str name = str_head(word, end), value = str_from(word, end + 1);
	struct str *const known = str_eq_case(name, STR("redirect")) ? &out->redirect
				  : str_eq_case(name, STR("exp"))    ? &out->exp
								     : NULL;
	if (known == NULL) { /* s6: unknown ones are ignored, but must be macro-strings */
		*ok = spf_macro_is_valid(value, true);
		return true;
	}
	*ok = !str_is_set(*known) && spf_macro_is_valid(value, false);
	*known = value;
	return true;
}

bool
spf_record_parse(struct str text, struct arena *a, struct spf_record *out, struct str *wrong)
{
	*out = (struct spf_record){0};
	*wrong = text;
	if (text.len > SPF_RECORD_BYTES_MAX)
		return false;
	struct str rest = str_from(text, sizeof "v=spf1" - 1);
	while (rest.len > 0) {
		const struct str word = str_cut(&rest, ' '); /* s4.6.1: blanks, and no others */
		struct spf_term term;
		bool ok = true;
		if (word.len == 0)
			continue;
		*wrong = word;
		if (modifier_parse(word, out, &ok)) {
			if (!ok)
				return false;
			continue;
		}
		if (!directive_parse(word, &term))
			return false;
		struct spf_term *const terms =
			arena_more(a, out->terms, out->count, &out->room, sizeof *terms);
		if (terms == NULL)
			return false;
		out->terms = terms;
		terms[out->count++] = term;
	}
	return true;
}
