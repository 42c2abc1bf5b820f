/* why - which lines belong to what is asked */
#include "base/hash.h"
#include "eventlog/why_inside.h"

#include <stdlib.h>

/* A delivery is the first to name its recipient, and leads back to the session. */
#define SELECTIONS 2
#define SCRATCH_BYTES_MAX ((size_t)1 << 20) /* of one line */
#define KEYS_FIRST 1024                     /* a power of two */

/* ---- does a line speak of what is asked? ---- */

static bool
char_matches(char pattern, char c)
{
	return pattern == '?' ||
	       ascii_lower((unsigned char)pattern) == ascii_lower((unsigned char)c);
}

/* With * and ? in it. Goes back to the last star alone, so O(pattern * text). */
static bool
pattern_matches(struct str pattern, struct str s)
{
	size_t p = 0, at = 0, star = STR_NPOS, star_at = 0;
	while (at < s.len) {
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star = p++;
			star_at = at;
		} else if (p < pattern.len && char_matches(pattern.ptr[p], s.ptr[at])) {
			p++;
			at++;
		} else if (star != STR_NPOS) {
			p = star + 1;
			at = ++star_at;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.ptr[p] == '*')
		p++;
	return p == pattern.len;
}

static bool
text_matches(struct str pattern, struct str s)
{
	if (str_find_char(pattern, '*', 0) != STR_NPOS ||
		str_find_char(pattern, '?', 0) != STR_NPOS)
		return pattern_matches(pattern, s);
	if (str_eq(pattern, STR("<>")))
		return str_eq(s, pattern);
	return str_has_case(s, pattern);
}

static enum why_answer
answer(bool is_known, bool is_so)
{
	return is_so ? WHY_YES : is_known ? WHY_NO : WHY_UNKNOWN;
}

static enum why_answer
client_answer(struct str asked, const struct eventlog_line *l)
{
	const struct str client = l->field[FIELD_CLIENT];
	struct net net;
	struct ip ip;
	if (net_parse(asked, &net) == NET_OK)
		return answer(str_is_set(client), ip_parse(client, &ip) && net_has(&net, &ip));
	const struct str name = l->field[FIELD_CLIENT_NAME], helo = l->field[FIELD_HELO];
	return answer(str_is_set(name) || str_is_set(helo),
		(str_is_set(name) && text_matches(asked, name)) ||
			(str_is_set(helo) && text_matches(asked, helo)));
}

static enum why_answer
text_answer(struct str asked, struct str value)
{
	return answer(str_is_set(value), str_is_set(value) && text_matches(asked, value));
}

void
why_answers(const struct why_query *q, const struct eventlog_line *l,
	enum why_answer out[WHY_QUESTIONS])
{
	const struct str session = l->field[FIELD_SESSION], id = l->field[FIELD_ID],
			 to = l->field[FIELD_TO], target = l->field[FIELD_TARGET];
	for (int i = 0; i < WHY_QUESTIONS; i++)
		out[i] = WHY_NOT_ASKED;
	if (str_is_set(q->from))
		out[0] = text_answer(q->from, l->field[FIELD_FROM]);
	if (str_is_set(q->to))
		out[1] = str_is_set(target) && text_matches(q->to, target) ? WHY_YES
									   : text_answer(q->to, to);
	if (str_is_set(q->client))
		out[2] = client_answer(q->client, l);
	if (str_is_set(q->session))
		out[3] = answer(str_is_set(session), str_eq_case(q->session, session));
	if (str_is_set(q->id))
		out[4] = answer(str_is_set(id), str_eq_case(q->id, id));
	if (str_is_set(q->message_id))
		out[5] = text_answer(q->message_id, l->field[FIELD_MESSAGE_ID]);
}

void
why_answers_add(enum why_answer all[WHY_QUESTIONS], const enum why_answer some[WHY_QUESTIONS])
{
	for (int i = 0; i < WHY_QUESTIONS; i++)
		if (some[i] > all[i])
			all[i] = some[i];
}

bool
why_fits(const enum why_answer answers[WHY_QUESTIONS])
{
	bool is_asked = false, has_yes = false;
	for (int i = 0; i < WHY_QUESTIONS; i++) {
		if (answers[i] == WHY_NO)
			return false;
		is_asked |= answers[i] != WHY_NOT_ASKED;
		has_yes |= answers[i] == WHY_YES;
	}
	return has_yes || !is_asked;
}

bool
why_in_time(const struct why_query *q, const struct eventlog_line *l)
{
	return l->time_ms >= q->since_ms && l->time_ms <= q->until_ms;
}

/* May the line begin a story? A refusal says all of itself; of a message, sender and recipients
 * stand on different lines, so each of them counts. */
static bool
is_wanted(const struct why *w, const struct eventlog_line *l)
{
	enum why_answer answers[WHY_QUESTIONS];
	bool is_asked = false, has_yes = false;
	if (!why_in_time(&w->query, l))
		return false;
	why_answers(&w->query, l, answers);
	if (l->event == LOG_REFUSED)
		return why_fits(answers);
	for (int i = 0; i < WHY_QUESTIONS; i++) {
		is_asked |= answers[i] != WHY_NOT_ASKED;
		has_yes |= answers[i] == WHY_YES;
	}
	return has_yes || !is_asked;
}

/* ---- keys: sessions and ids that lines are joined by ---- */

static uint64_t
hash_of(enum why_key_kind kind, struct str text)
{
	const uint64_t h = hash_add(HASH_FIRST + kind, text);
	return h ^ h >> 32;
}

static struct why_key **
slot_of(struct why_key **slots, size_t room, enum why_key_kind kind, struct str text)
{
	size_t at = hash_of(kind, text) & (room - 1);
	while (slots[at] != NULL && (slots[at]->kind != kind || !str_eq(slots[at]->text, text)))
		at = (at + 1) & (room - 1);
	return &slots[at];
}

struct why_key *
why_key_find(const struct why *w, enum why_key_kind kind, struct str text)
{
	return w->room == 0 || text.len == 0 ? NULL : *slot_of(w->slots, w->room, kind, text);
}

static bool
keys_grow(struct why *w)
{
	const size_t room = w->room == 0 ? KEYS_FIRST : w->room * 2;
	struct why_key **const slots = arena_alloc(&w->arena, room, sizeof(struct why_key *));
	if (slots == NULL)
		return false;
	for (struct why_key *k = w->first; k != NULL; k = k->next)
		*slot_of(slots, room, k->kind, k->text) = k;
	w->slots = slots;
	w->room = room;
	return true;
}

static void
key_add(struct why *w, enum why_key_kind kind, struct str text)
{
	if (text.len == 0 || why_key_find(w, kind, text) != NULL)
		return;
	if (w->count * 2 >= w->room && !keys_grow(w))
		return;
	struct why_key *const k = arena_alloc(&w->arena, 1, sizeof *k);
	const struct str copy = arena_str(&w->arena, text);
	if (k == NULL || !str_is_set(copy))
		return;
	*k = (struct why_key){.kind = kind, .text = copy};
	*slot_of(w->slots, w->room, kind, copy) = k;
	if (w->last != NULL)
		w->last->next = k;
	else
		w->first = k;
	w->last = k;
	w->count++;
}

/* ---- the contract ---- */

struct why *
why_new(const struct why_query *query)
{
	struct why *const w = calloc(1, sizeof *w);
	if (w == NULL)
		return NULL;
	w->query = *query;
	w->first_ms = w->last_ms = -1;
	arena_init(&w->arena, WHY_BYTES_MAX);
	arena_init(&w->told, WHY_BYTES_MAX / 2);
	arena_init(&w->scratch, SCRATCH_BYTES_MAX);
	return w;
}

void
why_free(struct why *w)
{
	if (w == NULL)
		return;
	arena_fini(&w->arena);
	arena_fini(&w->told);
	arena_fini(&w->scratch);
	free(w);
}

void
why_select(struct why *w, struct str line)
{
	struct eventlog_line l;
	arena_reset(&w->scratch);
	if (arena_failed(&w->arena) || !eventlog_read(line, &w->scratch, &l))
		return;
	const struct str session = l.field[FIELD_SESSION], id = l.field[FIELD_ID];
	if (is_wanted(w, &l)) {
		key_add(w, KEY_SESSION, session);
		key_add(w, KEY_ID, id);
	} else if (why_key_find(w, KEY_ID, id) != NULL) {
		/* The way back from a delivery to the session that brought the message. */
		key_add(w, KEY_SESSION, session);
	} else {
		return;
	}
	key_add(w, KEY_ID, l.field[FIELD_REPORT]);
}

void
why_collect(struct why *w, struct str line)
{
	struct eventlog_line l;
	arena_reset(&w->scratch);
	if (!eventlog_read(line, &w->scratch, &l))
		return;
	if (w->first_ms < 0 || l.time_ms < w->first_ms)
		w->first_ms = l.time_ms;
	if (l.time_ms > w->last_ms)
		w->last_ms = l.time_ms;
	struct why_key *const session = why_key_find(w, KEY_SESSION, l.field[FIELD_SESSION]);
	struct why_key *const id = why_key_find(w, KEY_ID, l.field[FIELD_ID]);
	struct why_key *const report = why_key_find(w, KEY_ID, l.field[FIELD_REPORT]);
	if (session == NULL && id == NULL && report == NULL)
		return;
	struct why_record *const r = arena_alloc(&w->arena, 1, sizeof *r);
	if (r == NULL)
		return;
	r->line = l;
	for (int f = 0; f < FIELD_COUNT; f++)
		r->line.field[f] = arena_str(&w->arena, l.field[f]);
	if (arena_failed(&w->arena))
		return; /* half a record would say what is not so */
	if (report != NULL && report->about == NULL)
		report->about = r;
	if (session != NULL) {
		*(session->records == NULL ? &session->records : &session->last->next_of_session) =
			r;
		session->last = r;
	}
	if (id != NULL) {
		*(id->records == NULL ? &id->records : &id->last->next_of_id) = r;
		id->last = r;
	}
}

bool
why_span(const struct why *w, int64_t *first_ms, int64_t *last_ms)
{
	*first_ms = w->first_ms;
	*last_ms = w->last_ms;
	return w->first_ms >= 0;
}

static void
select_line(void *why, struct str line)
{
	why_select(why, line);
}

static void
collect_line(void *why, struct str line)
{
	why_collect(why, line);
}

bool
why_read(struct why *w, why_reader *read, void *from)
{
	bool is_read = true;
	for (int i = 0; i < SELECTIONS && is_read; i++)
		is_read = read(from, select_line, w);
	return is_read && read(from, collect_line, w);
}
