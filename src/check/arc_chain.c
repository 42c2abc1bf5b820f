/* arc_chain - the ARC sets of a header */
#include "check/arc_chain.h"

#include "check/dkim_text.h"

struct str
arc_field_name(enum arc_kind kind)
{
	static const struct str names[ARC_KIND_COUNT] = {
		[ARC_RESULTS] = STR_INIT("ARC-Authentication-Results"),
		[ARC_MESSAGE] = STR_INIT("ARC-Message-Signature"),
		[ARC_SEAL] = STR_INIT("ARC-Seal"),
	};
	return names[kind];
}

struct str
arc_result_name(enum arc_result r)
{
	static const struct str names[ARC_RESULT_COUNT] = {
		[ARC_NONE] = STR_INIT("none"),
		[ARC_PASS] = STR_INIT("pass"),
		[ARC_FAIL] = STR_INIT("fail"),
		[ARC_TEMPERROR] = STR_INIT("temperror"),
	};
	return names[r];
}

static struct str
value_of(struct str field)
{
	str_cut(&field, ':');
	return field;
}

/* i= of a field: 1 ... ARC_SETS_MAX, else 0. That of results stands in front of all else. */
static size_t
instance_of(enum arc_kind kind, struct str field)
{
	struct dkim_tags tags;
	struct str number, rest = value_of(field);
	if (kind == ARC_RESULTS) {
		number = str_cut(&rest, ';');
		if (!str_eq_case(str_trim(str_cut(&number, '=')), STR("i")))
			return 0;
		number = str_trim(number);
	} else {
		if (!dkim_tags_parse(rest, &tags))
			return 0;
		number = dkim_tag(&tags, STR("i"));
	}
	for (size_t i = 0; i < number.len; i++)
		if (!ascii_is_digit((unsigned char)number.ptr[i]))
			return 0;
	const int64_t n = str_number(number, ARC_SETS_MAX);
	return n > 0 ? (size_t)n : 0;
}

static void
add_field(struct arc_chain *c, enum arc_kind kind, struct str field)
{
	const size_t n = instance_of(kind, field);
	if (n == 0) {
		c->wrong = STR("an i= is not from 1 to 50");
		return;
	}
	if (n > c->count)
		c->count = n;
	if (str_is_set(c->sets[n - 1][kind]))
		c->wrong = STR("a set has a field twice");
	c->sets[n - 1][kind] = field;
}

/* What is wrong with set n; absent: nothing. */
static struct str
fault_of(struct arc_chain *c, size_t n)
{
	struct dkim_tags tags;
	for (int kind = 0; kind < ARC_KIND_COUNT; kind++)
		if (!str_is_set(c->sets[n - 1][kind]))
			return STR("a set lacks a field");
	if (!dkim_tags_parse(value_of(c->sets[n - 1][ARC_SEAL]), &tags))
		return STR("a seal is no list of tags");
	const struct str cv = dkim_tag(&tags, STR("cv"));
	c->has_failed = str_eq_case(cv, STR("fail")); /* in the end: of the newest */
	if (c->has_failed)
		return STR("the chain was broken before it came here");
	if (!str_eq_case(cv, n == 1 ? STR("none") : STR("pass")))
		return STR("a seal has another cv= than its place allows");
	return str_is_set(dkim_tag(&tags, STR("h"))) ? STR("a seal has h=") : STR_NONE;
}

void
arc_chain_find(const struct str *fields, size_t field_count, struct arc_chain *out)
{
	*out = (struct arc_chain){.count = 0};
	for (size_t i = 0; i < field_count; i++)
		for (int kind = 0; kind < ARC_KIND_COUNT; kind++)
			if (dkim_field_is(fields[i], arc_field_name((enum arc_kind)kind)))
				add_field(out, (enum arc_kind)kind, fields[i]);
	for (size_t n = 1; n <= out->count; n++) {
		const struct str wrong = fault_of(out, n);
		if (!str_is_set(out->wrong))
			out->wrong = wrong;
	}
}

/* ---- what a set found */

/* Behind a quoted string or a comment that begins at `at`; comments nest. */
static size_t
skip(struct str s, size_t at)
{
	const bool is_quoted = s.ptr[at] == '"';
	size_t depth = 0;
	for (; at < s.len; at++) {
		const char c = s.ptr[at];
		if (c == '\\')
			at++;
		else if (is_quoted ? c == '"' && depth++ > 0 : c == ')' && --depth == 0)
			return at + 1;
		else if (!is_quoted && c == '(')
			depth++;
	}
	return s.len;
}

/* The next word: what stands between blanks, comments, "=" and ";"; these two are words, too. A
 * quoted string is a word with its quotes. */
static struct str
word_next(struct str *rest)
{
	size_t at = 0;
	while (at < rest->len &&
		(rest->ptr[at] == '(' || ascii_is_space((unsigned char)rest->ptr[at])))
		at = rest->ptr[at] == '(' ? skip(*rest, at) : at + 1;
	*rest = str_from(*rest, at);
	for (at = 0; at < rest->len; at++) {
		const char c = rest->ptr[at];
		if (c == ';' || c == '=' || c == '(' || c == '"' ||
			ascii_is_space((unsigned char)c))
			break;
	}
	if (at == 0 && rest->len > 0)
		at = rest->ptr[0] == '"' ? skip(*rest, 0) : 1;
	const struct str word = str_head(*rest, at);
	*rest = str_from(*rest, at);
	return word;
}

bool
arc_results_say(struct str field, struct str from)
{
	struct str rest = value_of(field), name = STR(""), word;
	bool is_dmarc = false, is_first = true, is_same = false, passed = false;
	while ((word = word_next(&rest)).len > 0) {
		if (str_eq(word, STR(";"))) {
			if (passed && is_same)
				return true;
			is_dmarc = passed = is_same = false;
			is_first = true;
		} else if (str_eq(word, STR("="))) {
			const struct str value = str_unwrap(word_next(&rest), '"', '"');
			if (is_first) {
				is_dmarc = str_eq_case(name, STR("dmarc"));
				passed = is_dmarc && str_eq_case(value, STR("pass"));
				is_first = false;
			} else if (is_dmarc && str_eq_case(name, STR("header.from"))) {
				is_same = str_eq_case(value, from);
			}
		}
		name = word;
	}
	return passed && is_same;
}
