#include "report/attempt.h"

#include "base/buf.h"

/* ---- words */

static struct str
blank_text(const struct attempt_blanks *b, struct str name, bool *is_text)
{
	*is_text = true;
#define X(field)                                                                                   \
	if (str_eq(name, STR(#field)))                                                             \
		return b->field;
	ATTEMPT_TEXTS(X)
#undef X
	*is_text = false;
	return STR_NONE;
}

static int64_t
blank_number(const struct attempt_blanks *b, struct str name)
{
#define X(field)                                                                                   \
	if (str_eq(name, STR(#field)))                                                             \
		return b->field;
	ATTEMPT_NUMBERS(X)
#undef X
	return 0;
}

/* A fact, on one line. */
static void
add_fact(struct buf *b, struct str fact)
{
	fact = str_head_text(str_trim(fact), ATTEMPT_ANSWER_BYTES_MAX);
	if (fact.len == 0)
		buf_add(b, STR("-"));
	for (size_t i = 0; i < fact.len; i++)
		buf_add_char(b, (unsigned char)fact.ptr[i] < ' ' ? ' ' : fact.ptr[i]);
}

struct str
attempt_words(enum condition c, const struct attempt_blanks *blanks, struct arena *a)
{
	const struct condition_line line = condition_line(c, REPLY_MODERN);
	struct str rest = line.sentence;
	struct buf b;
	buf_init(&b, ATTEMPT_WORDS_BYTES_MAX);
	buf_add(&b, line.enhanced);
	buf_add(&b, line.enhanced.len > 0 ? STR(" ") : STR(""));
	while (str_is_set(rest)) {
		buf_add(&b, str_cut(&rest, '{'));
		if (!str_is_set(rest))
			break;
		const struct str name = str_cut(&rest, '}');
		bool is_text;
		const struct str text = blank_text(blanks, name, &is_text);
		if (is_text)
			add_fact(&b, text);
		else
			buf_add_number(&b, blank_number(blanks, name));
	}
	const struct str words = buf_failed(&b) ? STR_NONE : arena_str(a, buf_str(&b));
	buf_fini(&b);
	return words;
}

/* ---- the timeline
 *
 * An attempt is a line; a field ends at a tab:
 *
 *	1795338843120<TAB>6<TAB>-<TAB>mx.example.net<TAB>192.0.2.1<TAB>TLSv1.3<TAB>451 ...<LF>
 */

enum { FIELD_AT, FIELD_STAGE, FIELD_CONDITION, FIELD_HOST, FIELD_IP, FIELD_TLS, FIELD_ANSWER };
#define FIELDS (FIELD_ANSWER + 1)

static size_t
put(char *room, size_t n, struct str s, size_t most)
{
	s = str_head_text(s, most);
	for (size_t i = 0; i < s.len; i++) {
		const char c = s.ptr[i];
		const char letter = c == '\t'   ? 't'
				    : c == '\n' ? 'n'
				    : c == '\r' ? 'r'
				    : c == '\\' ? '\\'
						: 0;
		if (letter != 0)
			room[n++] = '\\';
		room[n++] = letter != 0 ? letter : c;
	}
	return n;
}

static size_t
put_attempt(const struct attempt *t, char *room)
{
	char digits[STR_DIGITS_MAX];
	const struct str id = t->condition < CONDITION__COUNT
				      ? catalogue_text(catalogue_conditions[t->condition].id)
				      : STR("-");
	const struct {
		struct str text;
		size_t most;
	} rest[] = {
		{id, id.len},
		{t->host, ATTEMPT_HOST_BYTES_MAX},
		{t->ip, ATTEMPT_SHORT_BYTES_MAX},
		{t->tls, ATTEMPT_SHORT_BYTES_MAX},
		{t->answer, ATTEMPT_ANSWER_BYTES_MAX},
	};
	size_t n = put(room, 0, str_digits(t->at_ms, digits), STR_DIGITS_MAX);
	room[n++] = '\t';
	n = put(room, n, str_digits((int64_t)t->stage, digits), STR_DIGITS_MAX);
	for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
		room[n++] = '\t';
		n = put(room, n, rest[i].text, rest[i].most);
	}
	room[n++] = '\n';
	return n;
}

/* `s` without its first line. */
static struct str
behind_line(struct str s)
{
	const size_t end = str_find_char(s, '\n', 0);
	return str_from(s, end == STR_NPOS ? s.len : end + 1);
}

size_t
attempts_pack(struct str before, const struct attempt *newest, char *room)
{
	char line[ATTEMPTS_PACKED_BYTES_MAX];
	const size_t bytes = put_attempt(newest, line);
	const size_t left = ATTEMPTS_PACKED_BYTES_MAX - bytes;
	struct str rest = behind_line(before);
	const bool is_whole = before.len > 0 && before.ptr[before.len - rest.len - 1] == '\n';
	struct str first = is_whole ? str_head(before, before.len - rest.len) : STR("");
	if (first.len > left)
		first = STR("");
	while (first.len + rest.len > left)
		rest = behind_line(rest);
	const struct str parts[] = {first, rest, {line, bytes}};
	size_t n = 0;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (parts[i].len > 0)
			memcpy(room + n, parts[i].ptr, parts[i].len);
		n += parts[i].len;
	}
	return n;
}

/* The field as it was before put(). */
static struct str
unescaped(struct str s, struct arena *a)
{
	char *const room = arena_bytes(a, s.len);
	size_t n = 0;
	if (room == NULL || s.len == 0)
		return STR_NONE;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (c == '\\' && i + 1 < s.len) {
			c = s.ptr[++i];
			c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
		}
		room[n++] = c;
	}
	return (struct str){room, n};
}

static bool
parse_attempt(struct str line, struct arena *a, struct attempt *out)
{
	struct str field[FIELDS];
	for (size_t i = 0; i < FIELDS; i++) {
		if (!str_is_set(line))
			return false;
		field[i] = str_cut(&line, '\t');
	}
	const int64_t at = str_number(field[FIELD_AT], INT64_MAX);
	const int64_t stage = str_number(field[FIELD_STAGE], NIXIE_STAGE_END_OF_DATA);
	const int condition = catalogue_condition_find(field[FIELD_CONDITION]);
	if (at < 0 || stage < 0)
		return false;
	*out = (struct attempt){.at_ms = at,
		.stage = (enum nixie_stage)stage,
		.condition = condition < 0 ? ATTEMPT_ANSWERED : (enum condition)condition,
		.host = unescaped(field[FIELD_HOST], a),
		.ip = unescaped(field[FIELD_IP], a),
		.tls = unescaped(field[FIELD_TLS], a),
		.answer = unescaped(field[FIELD_ANSWER], a)};
	return true;
}

size_t
attempts_unpack(struct str packed, struct arena *a, struct attempt **out)
{
	struct attempt *list = NULL;
	size_t count = 0, room = 0;
	*out = NULL;
	while (packed.len > 0 && count < ATTEMPTS_MAX) {
		struct attempt one;
		if (!parse_attempt(str_cut(&packed, '\n'), a, &one))
			continue;
		list = arena_more(a, list, count, &room, sizeof *list);
		if (list == NULL)
			return 0;
		list[count++] = one;
	}
	*out = list;
	return count;
}
