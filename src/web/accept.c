#include "web/accept.h"

#define WEIGHT_ONE 1000 /* q=1 in thousandths */

/* "0.5" in thousandths (RFC 9110 s12.4.2). */
static unsigned
weight_parse(struct str q)
{
	if (q.len == 0 || (q.ptr[0] != '0' && q.ptr[0] != '1') || (q.len > 1 && q.ptr[1] != '.'))
		return WEIGHT_ONE;
	unsigned weight = q.ptr[0] == '1' ? WEIGHT_ONE : 0, place = WEIGHT_ONE / 10;
	for (size_t i = 2; i < q.len && place > 0; i++, place /= 10) {
		if (!ascii_is_digit(q.ptr[i]))
			return WEIGHT_ONE;
		weight += (unsigned)(q.ptr[i] - '0') * place;
	}
	return weight < WEIGHT_ONE ? weight : WEIGHT_ONE;
}

/* The next member of a list, and its weight; false at the end. Empty members are passed over. */
static bool
next_member(struct str *list, struct str *member, unsigned *weight)
{
	do {
		if (!str_is_set(*list))
			return false;
		struct str rest = str_cut(list, ',');
		*member = str_trim(str_cut(&rest, ';'));
		*weight = WEIGHT_ONE;
		while (str_is_set(rest)) {
			struct str value = str_cut(&rest, ';');
			if (str_eq_case(str_trim(str_cut(&value, '=')), STR("q")))
				*weight = weight_parse(str_trim(value));
		}
	} while (member->len == 0);
	return true;
}

/* How closely a range fits: 3 "text/html", 2 "text" and "*" behind the slash, 1 any, 0 not. */
static int
range_fits(struct str range, struct str offer)
{
	if (str_eq_case(range, offer))
		return 3;
	if (str_eq(range, STR("*/*")) || str_eq(range, STR("*")))
		return 1;
	const size_t slash = str_find_char(offer, '/', 0);
	const bool is_whole_type = range.len == slash + 2 && range.ptr[range.len - 1] == '*' &&
				   str_starts_case(offer, str_head(range, slash + 1));
	return is_whole_type ? 2 : 0;
}

static unsigned
offer_weight(struct str accept, struct str offer)
{
	int closest = 0;
	unsigned found = 0, weight;
	struct str range;
	while (next_member(&accept, &range, &weight)) {
		const int fits = range_fits(range, offer);
		if (fits > closest || (fits == closest && fits > 0 && weight > found)) {
			closest = fits;
			found = weight;
		}
	}
	return found;
}

int
accept_type(struct str accept, const struct str *offers, size_t count)
{
	if (str_trim(accept).len == 0)
		return 0;
	int best = -1;
	unsigned most = 0;
	for (size_t i = 0; i < count; i++) {
		const unsigned weight = offer_weight(accept, offers[i]);
		if (weight > most) {
			most = weight;
			best = (int)i;
		}
	}
	return best;
}

enum lang
accept_language(struct str accept)
{
	int best = -1;
	unsigned most = 0, weight;
	struct str range;
	while (next_member(&accept, &range, &weight)) {
		const int lang =
			str_eq(range, STR("*")) ? (int)LANG_EN : catalogue_lang_find(range);
		if (lang >= 0 && weight > most) {
			most = weight;
			best = lang;
		}
	}
	return best < 0 ? LANG_EN : (enum lang)best;
}

bool
accept_has_tag(struct str list, struct str tag)
{
	while (str_is_set(list)) {
		struct str one = str_trim(str_cut(&list, ','));
		if (str_starts(one, STR("W/")))
			one = str_from(one, 2);
		if (one.len > 0 && (str_eq(one, tag) || str_eq(one, STR("*"))))
			return true;
	}
	return false;
}
