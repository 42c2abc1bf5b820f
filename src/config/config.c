/* config - nixied.conf: its lines and listeners */
#include "config/config.h"

#include "config/value.h"

static const struct setting_row rows[SETTING_COUNT] = {
#define X(id, type, scope, standard, least, most, words)                                           \
	{STR_INIT(#id), CONFIG_##type, CONFIG_##scope, STR_INIT(standard), (least), (most),        \
		STR_INIT(""), STR_INIT(words)},
	CONFIG_TABLE(X)
#undef X
};

/* The choices stand in front of the words, between bars: one text to read in the table. */
struct setting_row
config_row(enum config_setting s)
{
	struct setting_row row = rows[s];
	if (!str_starts(row.words, STR("|")))
		return row;
	size_t end = 0, bar = 0;
	while ((bar = str_find_char(row.words, '|', end + 1)) != STR_NPOS)
		end = bar;
	row.choices = str_head(str_from(row.words, 1), end - 1);
	row.words = str_trim(str_from(row.words, end + 1));
	return row;
}

enum config_setting
config_setting_find(struct str name)
{
	int s = 0;
	while (s < SETTING_COUNT && !str_eq(rows[s].name, name))
		s++;
	return (enum config_setting)s;
}

struct parser {
	struct arena *a;
	struct config *config;
	struct config_complaints *complaints;
	struct config_listener *listener; /* we are in it; NULL outside */
	unsigned line;
	bool is_said[SETTING_COUNT]; /* of the listener, or of the server */
};

static void
complain_at(struct parser *p, unsigned line, struct str one, struct str two, struct str three)
{
	struct config_complaints *const c = p->complaints;
	if (c->count < CONFIG_COMPLAINTS_MAX)
		c->list[c->count] =
			(struct config_complaint){line, arena_join(p->a, one, two, three)};
	c->count++;
}

static void
complain(struct parser *p, struct str one, struct str two, struct str three)
{
	complain_at(p, p->line, one, two, three);
}

/* How many letters to change, add or leave out; more than `most` is just more. */
static size_t
distance(struct str a, struct str b)
{
	enum { MOST = 40 };
	size_t row[MOST + 1];
	if (a.len > MOST || b.len > MOST)
		return MOST;
	for (size_t i = 0; i <= b.len; i++)
		row[i] = i;
	for (size_t i = 1; i <= a.len; i++) {
		size_t corner = row[0];
		row[0] = i;
		for (size_t k = 1; k <= b.len; k++) {
			const size_t swap = corner + (a.ptr[i - 1] != b.ptr[k - 1]);
			corner = row[k];
			if (row[k - 1] < row[k])
				row[k] = row[k - 1];
			row[k] = row[k] + 1 < swap ? row[k] + 1 : swap;
		}
	}
	return row[b.len];
}

static void
complain_unknown(struct parser *p, struct str name)
{
	/* More than three letters, or more than every other one, is another word. */
	size_t best = name.len < 6 ? name.len / 2 + 1 : 4;
	int nearest = -1;
	for (int s = 0; s < SETTING_COUNT; s++)
		if (distance(rows[s].name, name) < best) {
			best = distance(rows[s].name, name);
			nearest = s;
		}
	const struct str quoted = arena_join(p->a, STR("there is no setting \""), name, STR("\""));
	if (nearest < 0)
		complain(p, quoted, STR(": nixied.conf(5) lists them"), STR_NONE);
	else
		complain(p, arena_join(p->a, quoted, STR("; did you mean "), rows[nearest].name),
			STR("?"), STR_NONE);
}

/* ---- lines */

/* Nothing more than a comment? */
static bool
is_end(struct str rest)
{
	rest = str_trim(rest);
	return rest.len == 0 || rest.ptr[0] == '#';
}

/* The value: without its comment and its quotes. False when a quote is not closed, or something
 * stands behind it. */
static bool
value_take(struct str rest, struct str *out)
{
	rest = str_trim(rest);
	if (!str_starts(rest, STR("\""))) {
		/* A # begins a comment at the start or behind a blank, so a#b is a value. */
		for (size_t i = 0; i < rest.len; i++)
			if (rest.ptr[i] == '#' &&
				(i == 0 || ascii_is_space((unsigned char)rest.ptr[i - 1]))) {
				rest = str_head(rest, i);
				break;
			}
		*out = str_trim(rest);
		return true;
	}
	const size_t end = str_find_char(rest, '"', 1);
	if (end == STR_NPOS)
		return false;
	*out = str_head(str_from(rest, 1), end - 1);
	return is_end(str_from(rest, end + 1));
}

static void
setting_line(struct parser *p, struct str name, struct str rest)
{
	const enum config_setting s = config_setting_find(name);
	if (s == SETTING_COUNT) {
		complain_unknown(p, name);
		return;
	}
	const struct setting_row row = config_row(s);
	if (p->listener != NULL && row.scope == CONFIG_SERVER) {
		complain(p, name, STR(" is the whole server's: it cannot stand in a listener"),
			STR_NONE);
		return;
	}
	if (p->listener == NULL && s == SETTING_address) {
		complain(p, STR("address is of a listener: write  listener NAME { address = ... }"),
			STR_NONE, STR_NONE);
		return;
	}
	if (p->is_said[s]) {
		complain(p, name, STR(" is said twice"), STR_NONE);
		return;
	}
	struct str text;
	struct config_value value = {.line = p->line};
	if (!value_take(rest, &text)) {
		complain(p, name,
			STR(": the quotes are not closed, or something stands behind them"),
			STR_NONE);
		return;
	}
	const struct str fault = config_value_parse(&row, text, p->a, &value);
	if (str_is_set(fault)) {
		complain(p, arena_join(p->a, name, STR(" = "), text), STR(": "), fault);
		return;
	}
	p->is_said[s] = true;
	if (p->listener != NULL)
		p->listener->values[s] = value;
	else
		p->config->values[s] = value;
}

static void
listener_begin(struct parser *p, struct str rest)
{
	const struct str name = str_word(&rest);
	struct config *const c = p->config;
	if (name.len == 0 || str_eq(name, STR("{")) || !str_eq(str_word(&rest), STR("{")) ||
		!is_end(rest)) {
		complain(p, STR("a listener begins with  listener NAME {"), STR_NONE, STR_NONE);
		return;
	}
	for (size_t i = 0; i < c->listener_count; i++)
		if (str_eq(c->listeners[i].name, name))
			complain(p, STR("there is a listener \""), name, STR("\" already"));
	if (c->listener_count == CONFIG_LISTENERS_MAX) {
		complain(p, STR("more listeners than there may be (16)"), STR_NONE, STR_NONE);
		return;
	}
	p->listener = &c->listeners[c->listener_count++];
	*p->listener = (struct config_listener){.name = arena_str(p->a, name), .line = p->line};
	memset(p->is_said, 0, sizeof p->is_said);
}

static void
line_read(struct parser *p, struct str line)
{
	struct str rest = str_trim(line);
	if (is_end(rest))
		return;
	struct str words = rest;
	const struct str first = str_word(&words);
	if (str_eq(first, STR("}")) && is_end(words)) {
		if (p->listener == NULL)
			complain(p, STR("\"}\" without a listener"), STR_NONE, STR_NONE);
		p->listener = NULL;
		return;
	}
	if (str_eq(first, STR("listener"))) {
		if (p->listener != NULL)
			complain(p, STR("the listener \""), p->listener->name,
				STR("\" is not closed by \"}\""));
		listener_begin(p, words);
		return;
	}
	const size_t equals = str_find_char(rest, '=', 0);
	if (equals == STR_NPOS) {
		complain(p, STR("neither  name = value  nor a listener: "), rest, STR_NONE);
		return;
	}
	setting_line(p, str_trim(str_head(rest, equals)), str_from(rest, equals + 1));
}

/* ---- the whole */

/* What a listener does not say is the server's, and for submission what its users need. */
static void
listener_complete(struct parser *p, struct config_listener *l)
{
	static const struct {
		enum config_setting setting;
		int64_t number;
	} of_submission[] = {
		{SETTING_require_auth, 1}, {SETTING_strict_helo, 0},
		{SETTING_bare_lf, 1}, /* normalise */
		{SETTING_tls, 1},     /* required */
	};
	enum { KIND_SUBMISSION = 1 };
	for (int s = 0; s < SETTING_COUNT; s++)
		if (l->values[s].line == 0)
			l->values[s] = p->config->values[s];
	for (size_t i = 0; i < sizeof of_submission / sizeof *of_submission; i++) {
		struct config_value *const v = &l->values[of_submission[i].setting];
		if (l->values[SETTING_kind].number == KIND_SUBMISSION && v->line == 0)
			v->number = of_submission[i].number;
	}
	if (l->values[SETTING_address].text.len == 0)
		complain_at(p, l->line, STR("the listener \""), l->name,
			STR("\" has no address: write  address = 0.0.0.0:25"));
}

bool
config_parse(
	struct str text, struct arena *a, struct config *out, struct config_complaints *complaints)
{
	struct parser p = {.a = a, .config = out, .complaints = complaints};
	struct str line;
	*out = (struct config){0};
	*complaints = (struct config_complaints){0};
	for (int s = 0; s < SETTING_COUNT; s++) {
		const struct setting_row row = config_row((enum config_setting)s);
		config_value_parse(&row, row.standard, a, &out->values[s]);
		out->values[s].line = 0;
	}
	/* Said for the server anywhere: is_said is of the place we are in, so keep both. */
	bool is_said[SETTING_COUNT] = {0};
	while (str_line(&text, &line)) {
		const bool was_inside = p.listener != NULL;
		p.line++;
		if (!was_inside)
			memcpy(p.is_said, is_said, sizeof is_said);
		line_read(&p, line);
		if (!was_inside && p.listener == NULL)
			memcpy(is_said, p.is_said, sizeof is_said);
	}
	if (p.listener != NULL)
		complain_at(&p, p.listener->line, STR("the listener \""), p.listener->name,
			STR("\" is not closed by \"}\""));
	for (size_t i = 0; i < out->listener_count; i++)
		listener_complete(&p, &out->listeners[i]);
	if (arena_failed(a))
		complain_at(&p, 0, STR("the file is too large"), STR_NONE, STR_NONE);
	return complaints->count == 0;
}
