/*
 * judge - of all that was found: the verdict, and the lines of the log
 *
 * Deterministic: whoever refuses alone speaks before a sum, for good before for now, the heavier
 * before the lighter, and at the same weight the order of enum test and of the configuration.
 */
#include "check/inside.h"

#define SCOPES 2

/* The findings of several scopes, and what they come to. */
struct sum {
	unsigned total;
	const struct finding *refusing, *deferring, *heaviest;
};

static bool
is_before(const struct finding *a, const struct finding *b)
{
	if (b == NULL || a->score != b->score)
		return b == NULL || a->score > b->score;
	return a->test < b->test;
}

/* A client that a list of good ones has is not held to lists of bad ones. */
static bool
counts(const struct check_session *s, const struct finding *f)
{
	return !f->is_waiting && (f->test != TEST_LIST || !s->is_listed_good);
}

static void
sum_add(const struct check_session *s, const struct finding *f, struct sum *sum)
{
	if (!counts(s, f))
		return;
	sum->total += f->score;
	if (f->refuses && is_before(f, sum->refusing))
		sum->refusing = f;
	if (f->defers && is_before(f, sum->deferring))
		sum->deferring = f;
	if (f->score > 0 && is_before(f, sum->heaviest))
		sum->heaviest = f;
}

static void
finding_log(const struct check_session *s, const struct finding *f, int64_t now_ms)
{
	char digits[STR_DIGITS_MAX];
	const bool is_weighed = f->score > 0 && counts(s, f);
	EVENTLOG(s->checks->parts.log, now_ms, LOG_CHECK, {FIELD_SESSION, str_of(s->reference)},
		{FIELD_CLIENT, str_of(s->ip_text)}, {FIELD_CHECK, test_name(f->test)},
		{FIELD_RESULT, f->result}, {FIELD_RULE, f->words},
		{FIELD_SCORE, is_weighed ? str_digits(f->score, digits) : STR_NONE});
}

static void
total_log(const struct check_session *s, const struct sum *sum, const struct finding *speaks,
	int64_t now_ms)
{
	char total[STR_DIGITS_MAX];
	const struct str result = speaks == NULL             ? STR("pass")
				  : speaks == sum->deferring ? STR("defer")
							     : STR("refuse");
	EVENTLOG(s->checks->parts.log, now_ms, LOG_CHECK, {FIELD_SESSION, str_of(s->reference)},
		{FIELD_CLIENT, str_of(s->ip_text)},
		{FIELD_FROM, s->sender.len > 0 ? s->sender : STR("<>")},
		{FIELD_CHECK, STR("total")}, {FIELD_RESULT, result},
		{FIELD_SCORE, str_digits(sum->total, total)},
		{FIELD_RULE, speaks == NULL ? STR_NONE : test_name(speaks->test)},
		{FIELD_SETTING, s->limit_words});
}

void
judge(struct check_session *s, struct check_verdict *out)
{
	struct scope *const scopes[SCOPES] = {&s->client, &s->mail};
	const int64_t now_ms = clock_wall_ms();
	struct sum sum = {0};
	for (size_t i = 0; i < SCOPES; i++)
		for (size_t j = 0; j < scopes[i]->count; j++) {
			struct finding *const f = &scopes[i]->findings[j];
			sum_add(s, f, &sum);
			/* Of the client for each message, of the message once. */
			if (!f->is_logged || (scopes[i] == &s->client && !s->is_at_end))
				finding_log(s, f, now_ms);
			f->is_logged = true;
		}
	const struct finding *const speaks =
		sum.refusing != NULL                                             ? sum.refusing
		: sum.total >= s->settings->refuse_score && sum.heaviest != NULL ? sum.heaviest
										 : sum.deferring;
	total_log(s, &sum, speaks, now_ms);
	*out = (struct check_verdict){0};
	out->score = sum.total;
	if (sum.heaviest != NULL) {
		out->heaviest_score = sum.heaviest->score;
		out->heaviest = sum.heaviest->condition;
		out->heaviest_facts = sum.heaviest->facts;
	}
	if (speaks != NULL) {
		out->is_refused = true;
		out->condition = speaks->condition;
		out->facts = speaks->facts;
	}
}

void
check_each(const struct check_session *s, check_fact *fn, void *to)
{
	if (s == NULL)
		return;
	const struct scope *const scopes[SCOPES] = {&s->client, &s->mail};
	for (size_t i = 0; i < SCOPES; i++)
		for (size_t j = 0; j < scopes[i]->count; j++) {
			const struct finding *const f = &scopes[i]->findings[j];
			fn(to, test_name(f->test), f->result, f->words, f->score);
		}
}

void
check_add(struct check_session *s, struct str words, unsigned score)
{
	if (s == NULL || s->is_exempt)
		return;
	struct finding *const f = finding_add(&s->mail, TEST_HOOK, STR("score"));
	if (f == NULL)
		return;
	f->words = f->facts.text = arena_str(&s->mail.arena, words);
	f->score = score;
	f->is_logged = true; /* by who found it */
	f->condition = words.len > 0 ? CONDITION_HOOK_REFUSED_SAYING_WHY : CONDITION_HOOK_REFUSED;
}

void
check_again(struct check_session *s, struct check_verdict *verdict)
{
	*verdict = (struct check_verdict){0};
	if (s != NULL && !s->is_exempt)
		judge(s, verdict);
}
