/* value - one value of nixied.conf */
#include "config/value.h"

#include "base/net.h"
#include "base/units.h"

static const enum units units_of[] = {
	[CONFIG_COUNT] = UNITS_NONE,
	[CONFIG_SIZE] = UNITS_BYTES,
	[CONFIG_TIME] = UNITS_SECONDS,
};

static struct str
number_text(int64_t n, enum units units, struct arena *a)
{
	char room[UNITS_TEXT_BYTES];
	return arena_str(a, units_text(n, units, room));
}

static struct str
in_range(const struct setting_row *row, int64_t n, enum units units, struct arena *a)
{
	if (n >= row->least && n <= row->most)
		return STR_NONE;
	return arena_join(a,
		arena_join(a, STR("it must be "), number_text(row->least, units, a), STR(" to ")),
		number_text(row->most, units, a), STR_NONE);
}

static struct str
number_value(const struct setting_row *row, struct str text, struct arena *a, int64_t *out)
{
	const enum units units = units_of[row->type];
	const int64_t n = units_parse(text, units);
	if (n < 0)
		return row->type == CONFIG_SIZE   ? STR("a size is a number, or one with K, M or G")
		       : row->type == CONFIG_TIME ? STR("a time is a number with s, m, h or d")
						  : STR("it must be a number");
	*out = n;
	return in_range(row, n, units, a);
}

static struct str
flag_value(struct str text, int64_t *out)
{
	static const struct {
		struct str word;
		int is;
	} words[] = {{STR_INIT("yes"), 1}, {STR_INIT("no"), 0}, {STR_INIT("true"), 1},
		{STR_INIT("false"), 0}, {STR_INIT("on"), 1}, {STR_INIT("off"), 0}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_eq_case(text, words[i].word)) {
			*out = words[i].is;
			return STR_NONE;
		}
	return STR("it must be yes or no");
}

/* The place of a word among the choices; -1 when it is none of them. */
static int
choice_find(struct str choices, struct str word)
{
	for (int i = 0; choices.len > 0; i++)
		if (str_eq_case(str_cut(&choices, '|'), word))
			return i;
	return -1;
}

static struct str
choices_text(struct str choices, struct arena *a)
{
	struct str all = STR("it must be ");
	for (bool first = true; choices.len > 0; first = false) {
		const struct str word = str_cut(&choices, '|');
		all = arena_join(a, all,
			first             ? STR("")
			: choices.len > 0 ? STR(", ")
					  : STR(" or "),
			word);
	}
	return all;
}

static struct str
words_value(const struct setting_row *row, struct str text, struct arena *a, int64_t *out)
{
	struct str word;
	*out = 0;
	if (row->type == CONFIG_WORD) {
		const int place = choice_find(row->choices, text);
		*out = place;
		return place < 0 ? choices_text(row->choices, a) : STR_NONE;
	}
	while ((word = str_word(&text)).len > 0) {
		const int place = choice_find(row->choices, word);
		if (place < 0)
			return arena_join(a, word, STR(": "), choices_text(row->choices, a));
		*out |= (int64_t)1 << place;
	}
	return STR_NONE;
}

static struct str
network_fault(struct str word, struct arena *a)
{
	struct net net;
	switch (net_parse(word, &net)) {
	case NET_NO_ADDRESS:
		return arena_join(a, word,
			STR(": not an address or network: write 192.0.2.0/24 or 2001:db8::/32"),
			STR_NONE);
	case NET_BAD_LENGTH:
		return arena_join(a, word, STR(": the length behind the / is 0 to "),
			str_find_char(word, ':', 0) == STR_NPOS ? STR("32") : STR("128"));
	case NET_OK:
		break;
	}
	return STR_NONE;
}

static struct str
networks_value(const struct setting_row *row, struct str text, struct arena *a, struct str *out)
{
	int64_t count = 0;
	struct str word;
	*out = STR("");
	while ((word = str_word(&text)).len > 0) {
		const struct str fault = network_fault(word, a);
		if (str_is_set(fault))
			return fault;
		if (++count > row->most)
			return STR("more networks than there may be (32)");
		*out = count == 1 ? arena_str(a, word) : arena_join(a, *out, STR(" "), word);
	}
	return STR_NONE;
}

static bool
is_host(struct str text)
{
	if (text.len == 0 || text.ptr[0] == '.' || text.ptr[text.len - 1] == '.' ||
		str_has(text, STR("..")))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!ascii_is_alnum((unsigned char)text.ptr[i]) && text.ptr[i] != '-' &&
			text.ptr[i] != '.')
			return false;
	return true;
}

static struct str
text_value(const struct setting_row *row, struct str text, struct arena *a, struct str *out)
{
	*out = text.len == 0 ? STR("") : arena_str(a, text);
	if ((int64_t)text.len < row->least)
		return STR("it must not be empty");
	if ((int64_t)text.len > row->most)
		return STR("it is too long");
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 127)
			return STR("it has a control character");
	if (text.len == 0)
		return STR_NONE;
	const size_t at = str_find_char(text, '@', 0);
	if (row->type == CONFIG_HOST && !is_host(text))
		return STR("it must be the name of a host: mail.example.org");
	if (row->type == CONFIG_PATH && text.ptr[0] != '/')
		return STR("it must be a whole path, from /");
	if (row->type == CONFIG_ADDRESS &&
		(at == STR_NPOS || at == 0 || !is_host(str_from(text, at + 1))))
		return STR("it must be an address: user@example.org");
	struct rate rate;
	if (row->type == CONFIG_RATE && !rate_parse(text, &rate))
		return STR("it must be so many in so long: 300/1h (at most 1000000/30d)");
	return STR_NONE;
}

struct str
config_value_parse(
	const struct setting_row *row, struct str text, struct arena *a, struct config_value *out)
{
	switch (row->type) {
	case CONFIG_FLAG:
		return flag_value(text, &out->number);
	case CONFIG_COUNT:
	case CONFIG_SIZE:
	case CONFIG_TIME:
		return number_value(row, text, a, &out->number);
	case CONFIG_WORD:
	case CONFIG_WORDS:
		return words_value(row, text, a, &out->number);
	case CONFIG_NETWORKS:
		return networks_value(row, text, a, &out->text);
	case CONFIG_TEXT:
	case CONFIG_HOST:
	case CONFIG_PATH:
	case CONFIG_ADDRESS:
	case CONFIG_RATE:
		break;
	}
	return text_value(row, text, a, &out->text);
}

static struct str
words_text(const struct setting_row *row, int64_t number, struct arena *a)
{
	struct str choices = row->choices, all = STR("");
	for (int i = 0; choices.len > 0; i++) {
		const struct str word = str_cut(&choices, '|');
		if (row->type == CONFIG_WORD ? number == i : (number >> i & 1) != 0)
			all = all.len == 0 ? word : arena_join(a, all, STR(" "), word);
	}
	return all;
}

struct str
config_value_text(enum config_setting s, const struct config_value *value, struct arena *a)
{
	const struct setting_row row = config_row(s);
	switch (row.type) {
	case CONFIG_FLAG:
		return value->number != 0 ? STR("yes") : STR("no");
	case CONFIG_COUNT:
	case CONFIG_SIZE:
	case CONFIG_TIME:
		return number_text(value->number, units_of[row.type], a);
	case CONFIG_WORD:
	case CONFIG_WORDS:
		return words_text(&row, value->number, a);
	case CONFIG_TEXT:
	case CONFIG_HOST:
	case CONFIG_PATH:
	case CONFIG_ADDRESS:
	case CONFIG_NETWORKS:
	case CONFIG_RATE:
		break;
	}
	/* What would be taken for a comment needs quotes. */
	return str_find_char(value->text, '#', 0) == STR_NPOS
		       ? value->text
		       : arena_join(a, STR("\""), value->text, STR("\""));
}

bool
config_list_has(struct str list, struct str address)
{
	const struct str domain = str_from(address, str_behind_last(address, '@'));
	for (struct str word; (word = str_word(&list)).len > 0;)
		if (str_eq(word, STR("*")) || str_eq_case(word, domain) ||
			str_eq_case(word, address) ||
			(word.ptr[0] == '.' && str_ends_case(domain, word)))
			return true;
	return false;
}
