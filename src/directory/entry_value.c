/* entry_value - values of properties, as one writes them and as the tables have them */
#include "base/units.h"
#include "base/when.h"
#include "directory/entry_inside.h"

#include <stdio.h>

static int
hex_digit(int c)
{
	return ascii_is_digit(c)                    ? c - '0'
	       : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
						    : -1;
}

/* All of `text`, as exactly n bytes. */
static bool
hex_parse(struct str text, void *out, size_t n)
{
	unsigned char *const to = out;
	if (text.len != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const int high = hex_digit((unsigned char)text.ptr[2 * i]);
		const int low = hex_digit((unsigned char)text.ptr[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		to[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

bool
keys_parse(struct str text, struct secrets *out)
{
	struct str rest = text;
	const struct str count = str_cut(&rest, ':'), salt = str_cut(&rest, ':'),
			 stored = str_cut(&rest, ':'), server = rest;
	const int64_t iterations = units_parse(count, UNITS_NONE);
	if (iterations < 1 || iterations > SCRAM_ITERATIONS_MAX ||
		!hex_parse(salt, out->salt, sizeof out->salt) ||
		!hex_parse(stored, out->scram.stored_key, sizeof out->scram.stored_key) ||
		!hex_parse(server, out->scram.server_key, sizeof out->scram.server_key))
		return false;
	out->scram.iterations = (uint32_t)iterations;
	return true;
}

/* ---- choices */

static int
choice_find(const char *const *choices, struct str word)
{
	for (int i = 0; choices[i] != NULL; i++)
		if (str_eq_case(str_of(choices[i]), word))
			return i;
	return -1;
}

static bool
fail_choices(const struct entry_property *property, struct str word, struct directory_error *error)
{
	char all[256] = "";
	size_t len = 0;
	for (int i = 0; property->choices[i] != NULL; i++)
		len += (size_t)snprintf(all + len, sizeof all - len, "%s%s", i == 0 ? "" : ", ",
			property->choices[i]);
	return fail(error, "%.*s=%.*s: it is %s%s", SHOWN(property->name), SHOWN(word),
		property->type == PROPERTY_WORD ? "one of " : "any of ", all);
}

/* "local-to-local, elsewhere-to-local": commas or blanks between. */
static bool
words_parse(const struct entry_property *property, struct str text, int64_t *bits,
	struct directory_error *error)
{
	*bits = 0;
	while (text.len > 0) {
		size_t n = 0;
		while (n < text.len && text.ptr[n] != ',' && text.ptr[n] != ' ')
			n++;
		const struct str word = str_head(text, n);
		const int choice = n == 0 ? 0 : choice_find(property->choices, word);
		if (choice < 0)
			return fail_choices(property, word, error);
		if (n > 0)
			*bits |= (int64_t)1 << choice;
		text = str_from(text, n + 1);
	}
	return true;
}

/* ---- checks of texts */

static bool
is_plain(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 127)
			return false;
	return true;
}

/* BCP 47, its form alone. */
static bool
is_language(struct str text)
{
	size_t part = 0;
	for (size_t i = 0; i < text.len; i++) {
		const bool is_dash = text.ptr[i] == '-';
		if ((is_dash && part == 0) ||
			(!is_dash && !ascii_is_alnum((unsigned char)text.ptr[i])))
			return false;
		part = is_dash ? 0 : part + 1;
		if (part > 8)
			return false;
	}
	return part > 0 && text.len >= 2 && text.len <= 35;
}

static bool
is_plus(struct str text)
{
	static const struct str never = STR_INIT("@\"\\<>(),:;[] ");
	return text.len == 1 && text.ptr[0] > ' ' && text.ptr[0] < 127 &&
	       !ascii_is_alnum((unsigned char)text.ptr[0]) &&
	       str_find_char(never, text.ptr[0], 0) == STR_NPOS;
}

/* A day that the calendar has, written as 2027-01-31: so they compare as texts. */
static bool
is_date(struct str text)
{
	static const char form[] = "dddd-dd-dd";
	if (text.len != sizeof form - 1)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (form[i] == '-' ? text.ptr[i] != '-'
				   : !ascii_is_digit((unsigned char)text.ptr[i]))
			return false;
	const int year = (int)str_number(str_head(text, 4), 9999);
	const int month = (int)str_number(str_head(str_from(text, 5), 2), 99);
	const int day = (int)str_number(str_from(text, 8), 99);
	if (month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	const struct when_parts there = when_parts(when_of(year, month, day, 0, 0, 0) * 1000);
	return there.month == month && there.day == day;
}

/* ---- in */

static bool
fail_value(const struct entry_property *property, struct str text, const char *what,
	struct directory_error *error)
{
	/* What is secret stays so. */
	return property->is_secret
		       ? fail(error, "%.*s: %s", SHOWN(property->name), what)
		       : fail(error, "%.*s=%.*s: %s", SHOWN(property->name), SHOWN(text), what);
}

static bool
number_bind(sqlite3_stmt *s, const struct entry_property *property, struct str text,
	struct directory_error *error)
{
	const bool is_size = property->type == PROPERTY_SIZE;
	const int64_t n = units_parse(text, is_size ? UNITS_BYTES : UNITS_NONE);
	if (n < 0)
		return fail_value(property, text,
			is_size ? "a size is a number, or one with K, M or G"
				: "it must be a whole number",
			error);
	if (n < property->least || n > property->most) {
		char words[80], least[UNITS_TEXT_BYTES], most[UNITS_TEXT_BYTES];
		const enum units units = is_size ? UNITS_BYTES : UNITS_NONE;
		const struct str from = units_text(property->least, units, least),
				 to = units_text(property->most, units, most);
		snprintf(words, sizeof words, "it must be %.*s to %.*s", SHOWN(from), SHOWN(to));
		return fail_value(property, text, words, error);
	}
	bind_number(s, 2, n);
	return true;
}

/* "550 no", "5.7.1 no": two codes in one reply would say two things. */
static bool
begins_with_code(struct str text)
{
	return text.len >= 4 && text.ptr[0] >= '2' && text.ptr[0] <= '5' &&
	       ((text.ptr[1] == '.' && ascii_is_digit((unsigned char)text.ptr[2]) &&
			text.ptr[3] == '.') ||
		       (ascii_is_digit((unsigned char)text.ptr[1]) &&
			       ascii_is_digit((unsigned char)text.ptr[2]) &&
			       (text.ptr[3] == ' ' || text.ptr[3] == '-')));
}

static bool
text_bind(sqlite3_stmt *s, const struct entry_property *property, struct str text,
	struct directory_error *error)
{
	char room[256];
	struct name address;
	struct str taken = text;
	if (text.len > ENTRY_VALUE_MAX - 1 || !is_plain(text))
		return fail_value(
			property, STR("..."), "too long, or with a control character", error);
	if (property->type == PROPERTY_REPLY && begins_with_code(text))
		return fail_value(property, text,
			"begins with a code: write words alone, for the reply has its own", error);
	if (property->type == PROPERTY_ADDRESS && !name_new(text, &address))
		return fail_value(property, text, "not an address: write user@example.org", error);
	if (property->type == PROPERTY_HOST && !route_host_parse(text, room, &taken))
		return fail_value(property, text,
			"not a host: write mail.example.org, or the path of a socket", error);
	if (property->type == PROPERTY_LANGUAGE && !is_language(text))
		return fail_value(property, text, "not a language: write de or pt-BR", error);
	if (property->type == PROPERTY_DATE && !is_date(text))
		return fail_value(property, text, "not a date: write 2027-01-31", error);
	if (property->type == PROPERTY_PLUS && !is_plus(text))
		return fail_value(property, text,
			"one character that is no letter and no digit, such as +", error);
	bind_text(s, 2, property->type == PROPERTY_ADDRESS ? address.whole : taken);
	return true;
}

bool
value_bind(sqlite3_stmt *s, const struct entry_property *property, struct str text,
	struct directory_error *error)
{
	int64_t bits = 0;
	if (text.len == 0 && property->type != PROPERTY_WORDS) {
		if (!property->may_be_empty)
			return fail_value(property, text, "it must not be empty", error);
		/* Bound to nothing: NULL. The character of plus is a text, and may be none. */
		if (property->type == PROPERTY_PLUS)
			bind_text(s, 2, STR(""));
		return true;
	}
	switch (property->type) {
	case PROPERTY_FLAG:
		bits = str_eq_case(text, STR("yes")) ? 1 : str_eq_case(text, STR("no")) ? 0 : -1;
		if (bits < 0)
			return fail_value(property, text, "it is yes or no", error);
		break;
	case PROPERTY_WORD:
		bits = choice_find(property->choices, text);
		if (bits < 0)
			return fail_choices(property, text, error);
		break;
	case PROPERTY_WORDS:
		if (!words_parse(property, text, &bits, error))
			return false;
		break;
	case PROPERTY_SIZE:
	case PROPERTY_NUMBER:
		return number_bind(s, property, text, error);
	case PROPERTY_TEXT:
	case PROPERTY_REPLY:
	case PROPERTY_ADDRESS:
	case PROPERTY_HOST:
	case PROPERTY_LANGUAGE:
	case PROPERTY_DATE:
	case PROPERTY_PLUS:
	case PROPERTY_PASSWORD:
	case PROPERTY_HASH:
	case PROPERTY_KEYS:
		return text_bind(s, property, text, error);
	}
	bind_number(s, 2, bits);
	return true;
}

/* ---- out */

static struct str
choices_text(const struct entry_property *property, int64_t n, char room[static ENTRY_VALUE_MAX])
{
	size_t len = 0;
	room[0] = '\0';
	for (int i = 0; property->choices[i] != NULL; i++)
		if (property->type == PROPERTY_WORD ? n == i : (n >> i & 1) != 0)
			len += (size_t)snprintf(room + len, ENTRY_VALUE_MAX - len, "%s%s",
				len == 0 ? "" : ",", property->choices[i]);
	return (struct str){room, len};
}

struct str
value_text(sqlite3_stmt *s, int at, const struct entry_property *property,
	char room[static ENTRY_VALUE_MAX])
{
	if (sqlite3_column_type(s, at) == SQLITE_NULL)
		return STR("");
	const int64_t n = sqlite3_column_int64(s, at);
	switch (property->type) {
	case PROPERTY_FLAG:
		return n != 0 ? STR("yes") : STR("no");
	case PROPERTY_WORD:
	case PROPERTY_WORDS:
		return choices_text(property, n, room);
	case PROPERTY_SIZE:
		return units_text(n, UNITS_BYTES, room);
	case PROPERTY_NUMBER:
		return units_text(n, UNITS_NONE, room);
	case PROPERTY_ADDRESS:
		return name_written(column_text(s, at), room);
	case PROPERTY_TEXT:
	case PROPERTY_REPLY:
	case PROPERTY_HOST:
	case PROPERTY_LANGUAGE:
	case PROPERTY_DATE:
	case PROPERTY_PLUS:
	case PROPERTY_PASSWORD:
	case PROPERTY_HASH:
	case PROPERTY_KEYS:
		break;
	}
	return column_text(s, at);
}
