/* language - in which language a message's sender is spoken to: RFC 8255, RFC 4021, RFC 9110
 * s12.5.4 for the weights */
#include "read/header.h"
#include "report/report.h"

#define LANGUAGE_HEADER_BYTES_MAX (64u << 10)
#define LANGUAGE_ARENA_BYTES (1u << 20)

/* The weight in "de;q=0.7", in thousandths; 1000 when there is none, or none that can be read. */
static int64_t
weight_of(struct str parameters)
{
	const size_t at = str_find_case(parameters, STR("q="), 0);
	if (at == STR_NPOS)
		return 1000;
	struct str value = str_from(parameters, at + 2);
	const struct str whole = str_cut(&value, '.');
	int64_t weight = str_number(str_trim(whole), 1) * 1000;
	for (size_t i = 0, unit = 100; i < 3 && i < value.len && weight >= 0; i++, unit /= 10)
		if (ascii_is_digit((unsigned char)value.ptr[i]))
			weight += (value.ptr[i] - '0') * (int64_t)unit;
	return weight < 0 || weight > 1000 ? 1000 : weight;
}

/* The language of the catalogue that a list of tags prefers: enum lang, or -1. */
static int
preferred(struct str list)
{
	int best = -1;
	int64_t most = 0;
	while (list.len > 0) {
		struct str one = str_cut(&list, ',');
		const struct str tag = str_trim(str_cut(&one, ';'));
		const int lang = tag.len > 0 ? catalogue_lang_find(tag) : -1;
		const int64_t weight = weight_of(one);
		if (lang >= 0 && weight > most) {
			best = lang;
			most = weight;
		}
	}
	return best;
}

enum lang
report_language(struct str original, struct str account, enum lang standard)
{
	static const struct str fields[] = {
		STR_INIT("Content-Language"), STR_INIT("Accept-Language")};
	struct arena a;
	struct header h;
	int lang = -1;
	arena_init(&a, LANGUAGE_ARENA_BYTES);
	if (header_parse(str_head(original, LANGUAGE_HEADER_BYTES_MAX), &a, &h))
		for (size_t i = 0; i < sizeof fields / sizeof *fields && lang < 0; i++)
			lang = preferred(header_find(&h, fields[i]));
	arena_fini(&a);
	if (lang < 0)
		lang = preferred(account);
	return lang < 0 ? standard : (enum lang)lang;
}
