/* lists - lists in the DNS of addresses and domains */
#include "check/lists.h"

#include "catalogue/catalogue.h"
#include "check/origin.h"

/* "5", "2..11": one range of a part. */
static bool
range_parse(struct str s, struct list_part *part)
{
	const size_t dots = str_find(s, STR(".."), 0);
	const struct str first = str_head(s, dots == STR_NPOS ? s.len : dots);
	const struct str last = dots == STR_NPOS ? first : str_from(s, dots + 2);
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_digit((unsigned char)s.ptr[i]) && s.ptr[i] != '.')
			return false;
	const int64_t least = str_number(first, 255), most = str_number(last, 255);
	if (least < 0 || most < least || part->count == LIST_RANGES_MAX ||
		str_find_char(first, '.', 0) != STR_NPOS || str_find_char(last, '.', 0) != STR_NPOS)
		return false;
	part->least[part->count] = (uint8_t)least;
	part->most[part->count++] = (uint8_t)most;
	return true;
}

/* One part of "127.0.0.[2..4;9]", and the dot behind it; *rest moves past both. */
static bool
part_parse(struct str *rest, bool is_last, struct list_part *part)
{
	struct str inside;
	if (rest->len > 0 && rest->ptr[0] == '[') {
		const size_t end = str_find_char(*rest, ']', 0);
		if (end == STR_NPOS)
			return false;
		inside = str_head(str_from(*rest, 1), end - 1);
		*rest = str_from(*rest, end + 1);
	} else {
		size_t end = 0;
		while (end < rest->len && rest->ptr[end] != '.')
			end++;
		inside = str_head(*rest, end);
		*rest = str_from(*rest, end);
	}
	do {
		if (!range_parse(str_cut(&inside, ';'), part))
			return false;
	} while (str_is_set(inside));
	if (is_last)
		return rest->len == 0;
	if (rest->len == 0 || rest->ptr[0] != '.')
		return false;
	*rest = str_from(*rest, 1);
	return true;
}

static bool
list_parse(struct str word, struct list *out)
{
	*out = (struct list){.weight = LIST_REFUSES};
	const size_t star = str_find_char(word, '*', 0);
	if (star != STR_NPOS) {
		const struct str weight = str_from(word, star + 1);
		const int64_t n = str_number(weight, LIST_WEIGHT_MAX);
		char digits[STR_DIGITS_MAX];
		if (n < 0 || !str_eq(str_digits(n, digits), weight))
			return false;
		out->weight = (int)n;
		word = str_head(word, star);
	}
	const size_t equals = str_find_char(word, '=', 0);
	if (equals != STR_NPOS) {
		struct str filter = str_from(word, equals + 1);
		for (size_t i = 0; i < 4; i++)
			if (!part_parse(&filter, i == 3, &out->parts[i]))
				return false;
		word = str_head(word, equals);
	}
	if (word.len > 0 && word.ptr[word.len - 1] == '.')
		word.len--;
	if (word.len == 0 || word.len > LIST_ZONE_BYTES_MAX ||
		str_find_char(word, '.', 0) == STR_NPOS)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		const unsigned char c = (unsigned char)word.ptr[i];
		if (!ascii_is_alnum(c) && c != '-' && c != '_' && c != '.')
			return false;
		out->zone[i] = (char)ascii_lower(c);
	}
	return true;
}

bool
lists_parse(struct str text, struct lists *out, struct str *wrong)
{
	*out = (struct lists){0};
	while (text.len > 0) {
		size_t end = 0;
		while (end < text.len && !ascii_is_space((unsigned char)text.ptr[end]) &&
			text.ptr[end] != ',')
			end++;
		const struct str word = str_head(text, end);
		text = str_from(text, end + 1);
		if (word.len == 0)
			continue;
		*wrong = word;
		if (out->count == LISTS_MAX || !list_parse(word, &out->list[out->count]))
			return false;
		out->count++;
	}
	return true;
}

static bool
part_has(const struct list_part *part, unsigned byte)
{
	for (unsigned i = 0; i < part->count; i++)
		if (byte >= part->least[i] && byte <= part->most[i])
			return true;
	return part->count == 0;
}

/* Spamhaus and others: 127.255.255.252 to .255; dnswl.org and others: 127.0.0.255. */
static bool
is_refusal(const unsigned char *code)
{
	static const unsigned char over_limit[] = {127, 0, 0, 255};
	return code[0] != 127 || (code[1] == 255 && code[2] == 255) ||
	       memcmp(code, over_limit, sizeof over_limit) == 0;
}

enum list_answer
list_judge(const struct list *l, const struct dns_answer *answer, struct ip *code)
{
	enum list_answer found = LIST_NO;
	if (dns_is_failure(answer->status))
		return LIST_TEMPERROR;
	for (size_t i = 0; i < answer->count; i++) {
		*code = dns_answer_ip(answer, i);
		const unsigned char *const bytes = code->bytes + 12;
		if (is_refusal(bytes))
			return LIST_ERROR;
		bool is_wanted = true;
		for (size_t part = 0; part < 4; part++)
			is_wanted &= part_has(&l->parts[part], bytes[part]);
		if (is_wanted)
			found = LIST_YES;
		else if (found == LIST_NO)
			found = LIST_OTHER;
	}
	return found;
}

static struct str
zone_of(const struct list *l)
{
	return str_of(l->zone);
}

/* "DOMAIN.ZONE"; absent when it is too long. */
static struct str
name_below(const struct list *l, struct str domain, char room[DNS_NAME_BYTES_MAX + 1])
{
	const struct str zone = zone_of(l);
	if (domain.len == 0 || !str_is_set(domain) || !str_is_set(zone) ||
		domain.len + 1 + zone.len > DNS_NAME_BYTES_MAX)
		return STR_NONE;
	memcpy(room, domain.ptr, domain.len);
	room[domain.len] = '.';
	memcpy(room + domain.len + 1, zone.ptr, zone.len);
	room[domain.len + 1 + zone.len] = '\0';
	return (struct str){room, domain.len + 1 + zone.len};
}

enum list_state { STATE_MUST_NOT, STATE_MUST, STATE_ASKED, STATE_TEXT };

static bool
list_end(struct list_check *c, enum list_result result)
{
	c->result = result;
	return false;
}

static bool
list_ask(struct list_check *c, enum list_state state, enum dns_type type, struct str name)
{
	c->state = (uint8_t)state;
	c->ask = (struct ask){type, name};
	return true;
}

static bool
list_begin(struct list_check *c)
{
	const struct str must_not = c->kind == LIST_OF_DOMAINS ? STR("invalid") : STR("1.0.0.127");
	return list_ask(c, STATE_MUST_NOT, DNS_A, name_below(c->list, must_not, c->room));
}

bool
list_check_ip(struct list_check *c, const struct list *l, enum list_kind kind, const struct ip *ip)
{
	*c = (struct list_check){.list = l, .kind = kind};
	return str_is_set(dns_reverse_name(ip, zone_of(l), c->name)) && list_begin(c);
}

bool
list_check_domain(struct list_check *c, const struct list *l, struct str domain)
{
	*c = (struct list_check){.list = l, .kind = LIST_OF_DOMAINS};
	return str_is_set(name_below(l, domain, c->name)) && list_begin(c);
}

/* Its text is kept; that it has none changes nothing. */
static bool
on_text(struct list_check *c, const struct dns_answer *answer)
{
	if (answer->count > 0) {
		const struct str text = str_head(answer->records[0].data, LIST_WORDS_BYTES_MAX);
		memcpy(c->text, text.ptr, text.len);
		c->text[text.len] = '\0';
	}
	return list_end(c, LIST_IS_LISTED);
}

bool
list_check_step(struct list_check *c, const struct dns_answer *answer)
{
	if (c->state == STATE_TEXT)
		return on_text(c, answer);
	struct ip code = {0};
	const enum list_answer said = list_judge(c->list, answer, &code);
	if (said == LIST_TEMPERROR)
		return list_end(c, LIST_IS_SILENT);
	if (said == LIST_ERROR)
		return list_end(c, LIST_IS_CLOSED);
	switch ((enum list_state)c->state) {
	case STATE_MUST_NOT:
		if (said != LIST_NO)
			return list_end(c, LIST_IS_WILD);
		if (c->kind == LIST_OF_IPS)
			return list_ask(c, STATE_MUST, DNS_A,
				name_below(c->list, STR("2.0.0.127"), c->room));
		return list_ask(c, STATE_ASKED, DNS_A, str_of(c->name));
	case STATE_MUST:
		if (said == LIST_NO)
			return list_end(c, LIST_IS_DEAD);
		return list_ask(c, STATE_ASKED, DNS_A, str_of(c->name));
	default:
		break;
	}
	if (said != LIST_YES)
		return list_end(c, LIST_IS_CLEAN);
	c->code = code;
	return list_ask(c, STATE_TEXT, DNS_TXT, str_of(c->name));
}

/* The row of the catalogue; NULL when the list is not in it. */
static const struct blocklist_row *
row_of(const struct list *l)
{
	for (size_t i = 0; i < CATALOGUE_BLOCKLISTS; i++)
		if (str_eq_case(catalogue_text(catalogue_blocklists[i].match), zone_of(l)))
			return &catalogue_blocklists[i];
	return NULL;
}

struct str
list_shown(const struct list *l)
{
	const struct blocklist_row *const row = row_of(l);
	return row == NULL ? zone_of(l) : catalogue_text(row->name);
}

struct str
list_words(const struct list *l, struct str text, char room[LIST_WORDS_BYTES_MAX + 1])
{
	const struct blocklist_row *const row = row_of(l);
	const struct str page = row == NULL ? STR_NONE : catalogue_text(row->removal);
	size_t used = 0;
	/* The text may be long; the page must not be lost for it. */
	const size_t most = page.len + 4 < LIST_WORDS_BYTES_MAX
				    ? LIST_WORDS_BYTES_MAX - page.len - 4
				    : LIST_WORDS_BYTES_MAX;
	text = str_trim(str_head(text, most));
	for (; used < text.len; used++)
		room[used] = text.ptr[used] >= ' ' && text.ptr[used] <= '~' ? text.ptr[used] : '?';
	if (page.len > 0 && page.len + 4 < LIST_WORDS_BYTES_MAX && !str_has_case(text, page)) {
		if (used > 0) {
			memcpy(room + used, "; ", 2);
			used += 2;
		}
		memcpy(room + used, page.ptr, page.len);
		used += page.len;
	}
	if (used == 0) {
		static const char none[] = "it gives no reason";
		memcpy(room, none, sizeof none - 1);
		used = sizeof none - 1;
	}
	room[used] = '\0';
	return (struct str){room, used};
}
