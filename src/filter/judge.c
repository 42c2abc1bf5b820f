/*
 * judge - of all that the filters said at one place: the outcome, and the lines of the log
 *
 * Deterministic: who refuses for good before who defers, a filter that answered before one that is
 * down, the most points before fewer, and among equals the order of enum filter_kind and of the
 * configuration. Points that count towards refuse_score are added to those of the checks, and when
 * the sum is reached the heaviest of all speaks.
 */
#include "filter/inside.h"

#include "net/clock.h"

#include <stdio.h>

#define RULE_BYTES 600

/* What an answer means here: the limits of spamd are ours. */
struct meaning {
	enum filter_verdict verdict;
	bool is_down;   /* it did not answer, and mail waits for it */
	int64_t limit;  /* that was reached, in thousandths; 0: none */
	int64_t points; /* by which it speaks */
	unsigned score; /* towards refuse_score */
	enum condition condition;
};

static struct meaning
meaning_of(const struct filter_session *s, const struct exchange *x)
{
	const struct filter_settings *const set = s->backends->settings;
	const struct filter_setting *const one = &x->backend->setting;
	const struct filter_answer *const a = &x->answer;
	struct meaning m = {.verdict = a->verdict};
	if (x->has_failed) {
		m.is_down = !one->passes_when_down && s->at >= FILTER_MAIL;
		m.verdict = m.is_down ? FILTER_DEFER : FILTER_PASS;
		m.condition = CONDITION_FILTER_DOWN;
		return m;
	}
	m.points = a->has_points ? a->points : 0;
	m.score = set->points_count && a->points > 0 && a->has_points ? (unsigned)(a->points / 1000)
								      : 0;
	switch (one->kind) {
	case KIND_CLAMD:
		m.condition = CONDITION_VIRUS_FOUND;
		m.points = a->verdict == FILTER_REFUSE ? INT64_MAX : 0;
		break;
	case KIND_SPAMD:
		m.condition = CONDITION_SPAM_SCORE;
		if (set->spamd_refuse > 0 && a->points >= set->spamd_refuse)
			m.verdict = FILTER_REFUSE;
		else if (set->spamd_tag > 0 && a->points >= set->spamd_tag)
			m.verdict = FILTER_TAG;
		m.limit = m.verdict == FILTER_REFUSE ? set->spamd_refuse : set->spamd_tag;
		break;
	case KIND_RSPAMD:
		m.limit = a->of;
		m.condition = a->verdict == FILTER_DEFER ? CONDITION_FILTER_DEFERRED
							 : CONDITION_CONTENT_REFUSED;
		break;
	default:
		m.condition = a->verdict == FILTER_DEFER ? CONDITION_FILTER_DEFERRED
							 : CONDITION_FILTER_REFUSED;
		break;
	}
	return m;
}

bool
filter_refuses(const struct filter_session *s, const struct exchange *x)
{
	return meaning_of(s, x).verdict >= FILTER_DEFER;
}

/* "15.3 points of 10.0: GTUBE,MISSING_DATE" */
static struct str
rule_of(const struct exchange *x, const struct meaning *m, char room[RULE_BYTES])
{
	const struct filter_answer *const a = &x->answer;
	char points[MACHINE_POINTS_BYTES], limit[MACHINE_POINTS_BYTES];
	const struct str rule = str_head(a->rule, FILTER_WORDS_BYTES_MAX);
	if (x->has_failed)
		return str_of(x->trouble);
	if (!a->has_points)
		return a->rule;
	const struct str p = machine_put_points(a->points, points);
	const struct str l = machine_put_points(m->limit, limit);
	const int n = snprintf(room, RULE_BYTES, "%.*s points of %.*s%s%.*s", (int)p.len, p.ptr,
		(int)l.len, l.ptr, rule.len > 0 ? ": " : "", (int)rule.len,
		rule.len > 0 ? rule.ptr : "");
	return (struct str){room, (size_t)n};
}

static struct str
result_name(const struct exchange *x, const struct meaning *m)
{
	static const struct str names[] = {
		[FILTER_PASS] = STR_INIT("pass"),
		[FILTER_TAG] = STR_INIT("tag"),
		[FILTER_DEFER] = STR_INIT("defer"),
		[FILTER_REFUSE] = STR_INIT("refuse"),
	};
	return x->has_failed ? STR("down") : names[m->verdict];
}

static void
answer_log(const struct filter_session *s, const struct exchange *x, const struct meaning *m)
{
	char room[RULE_BYTES], points[MACHINE_POINTS_BYTES];
	const struct filter_answer *const a = &x->answer;
	const bool is_plain = m->verdict == FILTER_PASS && !x->has_failed && a->edits.count == 0;
	if (is_plain && s->at != FILTER_END)
		return;
	EVENTLOG(s->filters->parts.log, clock_wall_ms(), LOG_CHECK,
		{FIELD_SESSION, s->facts.reference}, {FIELD_CLIENT, s->facts.ip},
		{FIELD_CHECK, str_of(x->backend->setting.name)}, {FIELD_RESULT, result_name(x, m)},
		{FIELD_SCORE, a->has_points ? machine_put_points(a->points, points) : STR_NONE},
		{FIELD_STAGE, filter_point_name(s->at)}, {FIELD_RULE, rule_of(x, m, room)});
}

/* Does `a` speak before `b`? */
static bool
is_before(const struct meaning *a, const struct meaning *b)
{
	if (a->verdict != b->verdict)
		return a->verdict > b->verdict;
	if (a->is_down != b->is_down)
		return b->is_down;
	return a->points > b->points;
}

/* What it is refused with. */
static void
speak(struct filter_session *s, const struct exchange *x, const struct meaning *m)
{
	char room[RULE_BYTES];
	struct filter_outcome *const out = &s->outcome;
	struct arena *const a = &s->arena;
	const struct str rule = rule_of(x, m, room), words = x->answer.words;
	const bool has_own_words = str_is_set(words) && m->condition != CONDITION_SPAM_SCORE;
	out->is_refused = true;
	out->condition = m->condition;
	out->facts.list = str_of(x->backend->shown);
	if (s->backends->settings->takes_codes) {
		out->facts.code = x->answer.code;
		out->facts.enhanced = x->answer.status;
	}
	out->facts.text = has_own_words ? words : arena_str(a, rule);
	if (m->condition == CONDITION_CONTENT_REFUSED && str_is_set(words))
		out->facts.text = arena_join(a, words, STR("; "), rule);
	if (!str_is_set(out->facts.text))
		out->facts.text = STR("no reason was given");
	out->rule = arena_join(a, str_of(x->backend->setting.name),
		rule.len > 0 ? STR(": ") : STR(""), rule.len > 0 ? rule : STR(""));
	if (rule.len == 0 && str_is_set(words))
		out->rule = arena_join(a, out->rule, STR(": "), words);
}

static void
total_log(const struct filter_session *s, unsigned total, struct str who, bool is_refused)
{
	char digits[STR_DIGITS_MAX], setting[64];
	snprintf(setting, sizeof setting, "refuse_score = %u", s->backends->settings->refuse_score);
	EVENTLOG(s->filters->parts.log, clock_wall_ms(), LOG_CHECK,
		{FIELD_SESSION, s->facts.reference}, {FIELD_CLIENT, s->facts.ip},
		{FIELD_CHECK, STR("total")},
		{FIELD_RESULT, is_refused ? STR("refuse") : STR("pass")},
		{FIELD_SCORE, str_digits(total, digits)}, {FIELD_RULE, who},
		{FIELD_SETTING, str_of(setting)});
}

/* What the heaviest says when it is the sum that refuses. */
static void
speak_for_sum(
	struct filter_session *s, const struct exchange *x, const struct meaning *m, unsigned total)
{
	struct filter_outcome *const out = &s->outcome;
	char room[RULE_BYTES], points[MACHINE_POINTS_BYTES];
	const struct str p = machine_put_points(x->answer.points, points);
	const struct str rule = str_head(x->answer.rule, FILTER_WORDS_BYTES_MAX);
	const int n = snprintf(room, sizeof room,
		"%.*s points, with all checks and filters %u of refuse_score = %u%s%.*s",
		(int)p.len, p.ptr, total, s->backends->settings->refuse_score,
		rule.len > 0 ? ": " : "", (int)rule.len, rule.len > 0 ? rule.ptr : "");
	speak(s, x, m);
	out->facts.text = arena_str(&s->arena, (struct str){room, (size_t)n});
	out->rule =
		arena_join(&s->arena, str_of(x->backend->setting.name), STR(": "), out->facts.text);
}

/* The sum of checks and filters: who weighs most speaks, a check before a filter. */
static void
judge_sum(struct filter_session *s)
{
	const struct check_verdict *const o = s->origin;
	const struct exchange *heaviest = NULL;
	struct meaning most = {.verdict = FILTER_PASS};
	unsigned total = o != NULL ? o->score : 0;
	const unsigned before = total;
	for (size_t i = 0; i < s->backends->settings->count; i++) {
		const struct meaning m = meaning_of(s, &s->list[i]);
		if (!s->was_asked[i] || m.score == 0)
			continue;
		total += m.score;
		if (heaviest == NULL || m.score > most.score) {
			heaviest = &s->list[i];
			most = m;
		}
	}
	if (total == before)
		return;
	const bool is_refused = total >= s->backends->settings->refuse_score;
	const bool is_check = o != NULL && o->heaviest_score >= most.score;
	total_log(s, total, is_check ? STR("the checks") : str_of(heaviest->backend->setting.name),
		is_refused);
	if (!is_refused || s->outcome.is_refused)
		return;
	if (!is_check) {
		speak_for_sum(s, heaviest, &most, total);
		return;
	}
	s->outcome.is_refused = true;
	s->outcome.condition = o->heaviest;
	s->outcome.facts = o->heaviest_facts;
	s->outcome.rule = STR("the sum of checks and filters");
}

void
filter_judge(struct filter_session *s)
{
	const struct exchange *speaker = NULL;
	struct meaning loudest = {.verdict = FILTER_PASS};
	s->outcome = (struct filter_outcome){.is_refused = false};
	for (size_t i = 0; i < s->backends->settings->count; i++) {
		if (!s->is_asked[i])
			continue;
		const struct meaning m = meaning_of(s, &s->list[i]);
		answer_log(s, &s->list[i], &m);
		if (!s->list[i].has_failed)
			s->filters->counts[s->list[i].backend->setting.kind].verdicts[m.verdict]++;
		if (m.verdict >= FILTER_DEFER && (speaker == NULL || is_before(&m, &loudest))) {
			speaker = &s->list[i];
			loudest = m;
		}
	}
	if (speaker != NULL)
		speak(s, speaker, &loudest);
	if (s->at == FILTER_END)
		judge_sum(s);
}
