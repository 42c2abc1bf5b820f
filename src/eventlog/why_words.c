/* why_words - what the catalogue knows of a line, and how it stands with a recipient */
#include "eventlog/why_inside.h"

#include "catalogue/conditions.h"

bool
why_advice_of(const struct eventlog_line *l, struct why_advice *out)
{
	const struct str condition = l->field[FIELD_CONDITION], reason = l->field[FIELD_REASON];
	switch (l->event) {
	case LOG_REFUSED:
	case LOG_DEFERRED:
	case LOG_BOUNCED:
	case LOG_DISCARDED:
	case LOG_CHECK:
	case LOG_ALARM:
	case LOG_RETURNED:
		break;
	default:
		return false;
	}
	const int c = condition.len > 0 ? catalogue_condition_find(condition) : -1;
	if (c >= 0) {
		const struct condition_row *const row = &catalogue_conditions[c];
		const struct condition_words_row *const words =
			catalogue_condition_words(LANG_EN, (enum condition)c);
		*out = (struct why_advice){
			.name = catalogue_text(row->id),
			.title = catalogue_text(words->title),
			.meaning = catalogue_text(words->trigger),
			.setting = catalogue_text(row->setting),
			.to_do = catalogue_text(words->admin),
		};
		/* What the server said counts more: it knows the value. */
		if (str_is_set(l->field[FIELD_SETTING]))
			out->setting = l->field[FIELD_SETTING];
		return true;
	}
	const int r = reason.len > 0 ? catalogue_reason_find(reason) : -1;
	if (r < 0)
		return false;
	const struct reason_row *const row = &catalogue_reasons[r];
	*out = (struct why_advice){
		.name = catalogue_text(row->name),
		.title = catalogue_text(row->name),
		.meaning = catalogue_text(row->meaning),
		.setting = l->field[FIELD_SETTING],
		.to_do = catalogue_text(row->advice),
	};
	return true;
}

bool
why_rule_is_plain(struct str rule)
{
	return str_eq(rule, STR("rule:report")) || str_eq(rule, STR("rule:retry"));
}

struct str
why_rule_words(struct str rule)
{
	static const struct {
		struct str rule, words;
	} rows[] = {
		{STR_INIT("rule:after-crash"),
			STR_INIT("the server had ended without warning when this may have been "
				 "under way: whoever gets it may have had it before")},
		{STR_INIT("rule:automatic"), STR_INIT("a program had sent it by itself")},
		{STR_INIT("rule:double-bounce"), STR_INIT("it was a report already")},
		{STR_INIT("rule:list"),
			STR_INIT("a report would go to a list, or to who only wrote to one")},
		{STR_INIT("rule:may-be-taken"),
			STR_INIT("the connection was lost behind the text, so the other server "
				 "may have it: another attempt may make it two")},
		{STR_INIT("rule:nothing-failed"),
			STR_INIT("it was a notice that nothing had failed")},
		{STR_INIT("rule:notify"), STR_INIT("the sender asked for no report of this kind")},
		{STR_INIT("rule:notify-never"), STR_INIT("the sender asked for no report")},
		{STR_INIT("rule:null-sender"),
			STR_INIT("it was a bounce itself: there is no sender who could be told")},
		{STR_INIT("rule:report-in-digest"),
			STR_INIT("one message tells of all that failed in that hour")},
		{STR_INIT("rule:spf-failed"),
			STR_INIT("SPF failed, so that whoever is named as its sender may not be")},
		{STR_INIT("rule:told-already"), STR_INIT("the sender knows that it is late")},
		{STR_INIT("rule:too-many-reports"),
			STR_INIT("the sender had as many reports in this hour as "
				 "reports_per_sender allows")},
		{STR_INIT("rule:unreadable"), STR_INIT("the queue could not read it")},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (str_eq(rule, rows[i].rule))
			return rows[i].words;
	return STR_NONE;
}

const struct eventlog_line *
why_line_with(const struct why_story *story, enum eventlog_name name)
{
	for (size_t i = 0; i < story->count; i++)
		if (str_is_set(story->records[i]->line.field[name]))
			return &story->records[i]->line;
	return NULL;
}

struct str
why_sender(const struct why_story *story)
{
	const struct eventlog_line *const l = why_line_with(story, FIELD_FROM);
	return l != NULL ? l->field[FIELD_FROM] : STR_NONE;
}

/* Does the event say how it stands with the recipient that it names? */
static bool
is_of_recipient(enum eventlog_event event)
{
	switch (event) {
	case LOG_REFUSED:
	case LOG_RECIPIENT:
	case LOG_ATTEMPT:
	case LOG_DELIVERED:
	case LOG_RELAYED:
	case LOG_DEFERRED:
	case LOG_BOUNCED:
	case LOG_DISCARDED:
	case LOG_EXPANDED:
		return true;
	default:
		return false;
	}
}

/* A recipient that leads to another address, of which the deliveries speak? Squares are capped. */
#define LEADS_RECORDS_MAX 2000

static bool
leads_elsewhere(const struct why_story *story, const struct eventlog_line *l)
{
	const struct str target = l->field[FIELD_TARGET];
	if (l->event != LOG_RECIPIENT || target.len == 0 || story->count > LEADS_RECORDS_MAX)
		return false;
	for (size_t i = 0; i < story->count; i++) {
		const struct eventlog_line *const other = &story->records[i]->line;
		const struct str to = other->field[FIELD_TO];
		if (other->event != LOG_RECIPIENT && other->event != LOG_REFUSED && to.len > 0 &&
			!str_eq_case(to, l->field[FIELD_TO]) && str_has_case(target, to))
			return true;
	}
	return false;
}

size_t
why_states(const struct why_story *story, struct why_state *out, size_t room)
{
	size_t count = 0;
	for (size_t i = 0; i < story->count; i++) {
		const struct eventlog_line *const l = &story->records[i]->line;
		const struct str to = l->field[FIELD_TO];
		size_t at = 0;
		if (!str_is_set(to) || !is_of_recipient(l->event) || leads_elsewhere(story, l))
			continue;
		while (at < count && at < room && !str_eq_case(out[at].recipient, to))
			at++;
		if (at == count)
			count++;
		if (at < room)
			out[at] = (struct why_state){to, story->records[i]};
	}
	/* Nothing but that it was taken: of one recipient that is told too. */
	for (size_t i = 0; i < story->count && count == 0 && room > 0; i++)
		if (story->records[i]->line.event == LOG_ACCEPTED &&
			str_is_set(story->records[i]->line.field[FIELD_TO]))
			out[count++] = (struct why_state){
				story->records[i]->line.field[FIELD_TO], story->records[i]};
	return count;
}

struct str
why_state_name(const struct why_state *state)
{
	switch (state->last->line.event) {
	case LOG_REFUSED:
		return STR("refused");
	case LOG_DELIVERED:
		return STR("delivered");
	case LOG_RELAYED:
		return STR("relayed");
	case LOG_BOUNCED:
		return STR("bounced");
	case LOG_DISCARDED:
		return STR("discarded");
	case LOG_EXPANDED:
		return STR("expanded");
	case LOG_DEFERRED:
		return STR("deferred");
	default:
		return STR("queued");
	}
}
