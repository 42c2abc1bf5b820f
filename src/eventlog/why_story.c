/* why_story - stories out of the lines that were collected */
#include "eventlog/why_inside.h"

#include <stdlib.h>

struct stories {
	struct why *w;
	struct why_story *list;
	size_t count, room;
};

struct gathered {
	const struct why_record **list;
	size_t count, room;
};

static void
gather(struct stories *s, struct gathered *g, const struct why_record *r)
{
	const struct why_record **const list =
		arena_more(&s->w->told, g->list, g->count, &g->room, sizeof(void *));
	if (list == NULL)
		return;
	g->list = list;
	g->list[g->count++] = r;
}

static struct why_story *
story_add(struct stories *s, enum why_kind kind, int64_t time_ms, const struct gathered *g)
{
	struct why_story *const list =
		arena_more(&s->w->told, s->list, s->count, &s->room, sizeof *s->list);
	if (list == NULL)
		return NULL;
	s->list = list;
	struct why_story *const story = &list[s->count++];
	*story = (struct why_story){.kind = kind,
		.time_ms = time_ms,
		.records = g->list,
		.count = g->count,
		.place = s->count - 1};
	return story;
}

/* ---- one session among those that had the same reference ---- */

struct instance {
	const struct why_record *first, *end; /* `end` is behind it; NULL: the list ends */
};

static struct instance
instance_of(const struct why_record *first)
{
	const struct why_record *r = first;
	while (r->next_of_session != NULL && r->line.event != LOG_DISCONNECT &&
		r->next_of_session->line.event != LOG_CONNECT)
		r = r->next_of_session;
	return (struct instance){first, r->next_of_session};
}

/* Lines of the whole session, and of none of its messages. */
static bool
is_of_session(enum eventlog_event event)
{
	return event == LOG_CONNECT || event == LOG_TLS || event == LOG_LOGIN;
}

/* ---- messages ---- */

/* What the session said of the message that `accepted` took: what stands behind the message before
 * it, and is not of a try that was given up. */
static void
session_part(struct stories *s, struct gathered *g, const struct why_record *accepted)
{
	const struct eventlog_line *const a = &accepted->line;
	const struct why_key *const key = why_key_find(s->w, KEY_SESSION, a->field[FIELD_SESSION]);
	if (key == NULL)
		return;
	struct instance in = instance_of(key->records);
	const struct why_record *begin = NULL, *r = NULL;
	for (const struct why_record *at = key->records; at != NULL; at = in.end) {
		in = instance_of(at);
		begin = in.first;
		for (r = in.first; r != in.end && r != accepted; r = r->next_of_session)
			if (r->line.event == LOG_ACCEPTED)
				begin = r->next_of_session;
		if (r == accepted)
			break;
	}
	if (r != accepted)
		return;
	bool is_own = false;
	for (r = in.first; r != accepted; r = r->next_of_session) {
		const struct eventlog_line *const l = &r->line;
		is_own |= r == begin;
		const bool is_other =
			str_is_set(l->field[FIELD_ID])
				? !str_eq(l->field[FIELD_ID], a->field[FIELD_ID])
				: str_is_set(l->field[FIELD_FROM]) &&
					  !str_eq(l->field[FIELD_FROM], a->field[FIELD_FROM]);
		if (is_of_session(l->event) || (is_own && !is_other))
			gather(s, g, r);
	}
}

/* The last that is known of each report which the message made. One that tells of several
 * recipients, or of a delay, has lines that stand together. */
static void
reports_find(struct stories *s, struct why_story *story)
{
	struct gathered g = {0};
	for (size_t i = 0; i < story->count; i++) {
		const struct why_key *const key =
			why_key_find(s->w, KEY_ID, story->records[i]->line.field[FIELD_REPORT]);
		if (key != NULL && key->last != NULL &&
			(g.count == 0 || g.list[g.count - 1] != key->last))
			gather(s, &g, key->last);
	}
	story->reports = g.list;
	story->report_count = g.count;
}

static void
message_story(struct stories *s, const struct why_key *key)
{
	struct gathered g = {0};
	const struct why_record *accepted = NULL;
	enum why_answer answers[WHY_QUESTIONS], some[WHY_QUESTIONS];
	bool is_in_time = false;
	for (const struct why_record *r = key->records; r != NULL; r = r->next_of_id)
		if (r->line.event == LOG_ACCEPTED && accepted == NULL)
			accepted = r;
	if (accepted != NULL)
		session_part(s, &g, accepted);
	const size_t before = g.count;
	for (const struct why_record *r = key->records; r != NULL; r = r->next_of_id) {
		size_t i = 0;
		while (i < before && g.list[i] != r)
			i++;
		if (i == before)
			gather(s, &g, r);
	}
	why_answers(&s->w->query, &key->records->line, answers);
	for (size_t i = 0; i < g.count; i++) {
		why_answers(&s->w->query, &g.list[i]->line, some);
		why_answers_add(answers, some);
		is_in_time |= why_in_time(&s->w->query, &g.list[i]->line);
	}
	if (!is_in_time || !why_fits(answers))
		return;
	struct why_story *const story = story_add(
		s, WHY_MESSAGE, (accepted != NULL ? accepted : key->records)->line.time_ms, &g);
	if (story == NULL)
		return;
	story->id = key->text;
	story->about = key->about;
	if (accepted != NULL)
		story->session = accepted->line.field[FIELD_SESSION];
	reports_find(s, story);
	for (size_t i = 0; i < g.count; i++)
		/* Ours: the list is const for those who read the story.
		 * NOLINTNEXTLINE(performance-no-int-to-ptr) */
		((struct why_record *)(uintptr_t)g.list[i])->is_told |=
			!is_of_session(g.list[i]->line.event);
}

/* ---- refusals ---- */

static bool
is_asked_for(const struct stories *s, const struct why_record *r)
{
	enum why_answer answers[WHY_QUESTIONS];
	why_answers(&s->w->query, &r->line, answers);
	return why_in_time(&s->w->query, &r->line) && why_fits(answers);
}

/* A check that had a part in a refusal: what counted, what a script said, what a bounce lacks. */
static bool
is_part(const struct eventlog_line *l)
{
	const struct str score = l->field[FIELD_SCORE], check = l->field[FIELD_CHECK];
	return l->event == LOG_CHECK &&
	       ((score.len > 0 && !str_eq(score, STR("0"))) || str_eq(check, STR("hook")) ||
		       str_eq(check, STR("batv")));
}

/* Those since the last answer, of this sender. */
static void
gather_checks(struct stories *s, struct gathered *g, const struct gathered *checks, struct str from)
{
	for (size_t i = 0; i < checks->count; i++) {
		const struct str its = checks->list[i]->line.field[FIELD_FROM];
		if (!str_is_set(its) || str_eq(its, from))
			gather(s, g, checks->list[i]);
	}
}

/* Does the line end what was named before it? A message that is taken or refused as a whole does.
 */
static bool
ends_mail(const struct eventlog_line *l)
{
	const struct str stage = l->field[FIELD_STAGE];
	return l->event == LOG_ACCEPTED || l->event == LOG_DISCARDED ||
	       (l->event == LOG_REFUSED &&
		       (str_eq(stage, STR("data")) || str_eq(stage, STR("end"))));
}

/* Recipients who were accepted, and for whom no message came: the client went away, lost the
 * connection in the middle of the text, or began anew. Its server knows, and ours has nothing. */
static bool
unsent_story(struct stories *s, const struct instance *in, const struct gathered *named,
	struct str session)
{
	struct gathered g = {0};
	bool is_asked = false, has_end = false;
	for (size_t i = 0; i < named->count; i++)
		is_asked |= is_asked_for(s, named->list[i]);
	if (!is_asked)
		return false;
	for (const struct why_record *r = in->first; r != in->end; r = r->next_of_session)
		if (is_of_session(r->line.event))
			gather(s, &g, r);
	for (size_t i = 0; i < named->count; i++)
		gather(s, &g, named->list[i]);
	for (const struct why_record *r = in->first; r != in->end; r = r->next_of_session)
		if (r->line.event == LOG_DISCONNECT) {
			gather(s, &g, r);
			has_end = true;
		}
	struct why_story *const story = story_add(s, WHY_UNSENT, named->list[0]->line.time_ms, &g);
	if (story == NULL)
		return false;
	story->session = session;
	story->is_open = !has_end;
	return true;
}

/* ... of each sender that the session named. */
static bool
unsent_stories(struct stories *s, const struct instance *in, struct str session)
{
	struct gathered named = {0};
	bool has_any = false;
	for (const struct why_record *r = in->first; r != in->end; r = r->next_of_session) {
		const struct eventlog_line *const l = &r->line;
		if (ends_mail(l)) {
			named = (struct gathered){0};
			continue;
		}
		if (l->event != LOG_RECIPIENT || r->is_told)
			continue;
		if (named.count > 0 &&
			!str_eq(named.list[0]->line.field[FIELD_FROM], l->field[FIELD_FROM])) {
			has_any |= unsent_story(s, in, &named, session);
			named = (struct gathered){0};
		}
		gather(s, &named, r);
	}
	return (named.count > 0 && unsent_story(s, in, &named, session)) || has_any;
}

/* One story for each sender that the session tried. */
static void
refusal_stories(struct stories *s, const struct instance *in, struct str session)
{
	struct gathered whole = {0};
	struct why_story *story = NULL;
	struct gathered g = {0}, checks = {0};
	struct str from = STR_NONE;
	bool has_any = false;
	for (const struct why_record *r = in->first; r != in->end; r = r->next_of_session) {
		has_any |= r->line.event == LOG_REFUSED || r->line.event == LOG_ACCEPTED;
		if (is_of_session(r->line.event))
			gather(s, &whole, r);
		if (is_part(&r->line))
			gather(s, &checks, r);
		if (r->line.event == LOG_ACCEPTED)
			checks.count = 0;
		if (r->line.event == LOG_NOTICE && story != NULL &&
			str_eq(from, r->line.field[FIELD_FROM])) {
			gather(s, &g, r);
			story->records = g.list;
			story->count = g.count;
			reports_find(s, story);
		}
		if (r->line.event != LOG_REFUSED || r->is_told || !is_asked_for(s, r))
			continue;
		if (story == NULL || !str_eq(from, r->line.field[FIELD_FROM])) {
			g = (struct gathered){0};
			for (size_t i = 0; i < whole.count; i++)
				gather(s, &g, whole.list[i]);
			story = story_add(s, WHY_REFUSAL, r->line.time_ms, &g);
			from = r->line.field[FIELD_FROM];
		}
		gather_checks(s, &g, &checks, from);
		checks.count = 0;
		gather(s, &g, r);
		if (story == NULL)
			return;
		story->records = g.list;
		story->count = g.count;
		story->session = session;
	}
	has_any |= unsent_stories(s, in, session);
	if (has_any || (!str_is_set(s->w->query.client) && !str_is_set(s->w->query.session)))
		return;
	bool is_asked = false;
	for (const struct why_record *r = in->first; r != in->end; r = r->next_of_session) {
		is_asked |= is_asked_for(s, r);
		gather(s, &g, r);
	}
	story = is_asked ? story_add(s, WHY_SESSION, in->first->line.time_ms, &g) : NULL;
	if (story != NULL)
		story->session = session;
}

static int
by_time(const void *a, const void *b)
{
	const struct why_story *const one = a, *const two = b;
	if (one->time_ms != two->time_ms)
		return one->time_ms < two->time_ms ? -1 : 1;
	/* In one millisecond: in the order of the log, which is that of the list. */
	return one->place < two->place ? -1 : one->place > two->place;
}

bool
why_stories(struct why *w, const struct why_story **out, size_t *count)
{
	struct stories s = {.w = w};
	for (const struct why_key *k = w->first; k != NULL; k = k->next)
		if (k->kind == KEY_ID && k->records != NULL)
			message_story(&s, k);
	for (const struct why_key *k = w->first; k != NULL; k = k->next) {
		if (k->kind != KEY_SESSION || k->records == NULL)
			continue;
		struct instance in = instance_of(k->records);
		for (;;) {
			refusal_stories(&s, &in, k->text);
			if (in.end == NULL)
				break;
			in = instance_of(in.end);
		}
	}
	if (s.count > 0)
		qsort(s.list, s.count, sizeof *s.list, by_time);
	*out = s.list;
	*count = s.count;
	return !arena_failed(&w->arena) && !arena_failed(&w->told);
}
