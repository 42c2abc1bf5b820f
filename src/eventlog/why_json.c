/* why_json - a story for programs */
#include "base/json.h"
#include "base/when.h"
#include "eventlog/why_inside.h"

#define STATES_MAX 1000

static void
put_time(struct json *j, struct str name, int64_t time_ms)
{
	char room[WHEN_BYTES];
	json_text(j, name, when_log(time_ms, room));
}

static void
put_advice(struct json *j, const struct why_advice *a)
{
	json_open(j, STR("why"), '{');
	json_text(j, STR("name"), a->name);
	json_text_if(j, STR("title"), a->title);
	json_text_if(j, STR("meaning"), a->meaning);
	json_text_if(j, STR("setting"), a->setting);
	json_text_if(j, STR("to_do"), a->to_do);
	json_close(j, '}');
}

void
why_json(const struct why_story *story, struct out *out)
{
	static const struct str kinds[] = {
		STR_INIT("message"), STR_INIT("refusal"), STR_INIT("unsent"), STR_INIT("session")};
	struct why_state states[STATES_MAX];
	struct json j;
	json_init(&j, out, false);
	json_open(&j, STR_NONE, '{');
	json_text(&j, STR("kind"), kinds[story->kind]);
	put_time(&j, STR("time"), story->time_ms);
	json_text_if(&j, STR("id"), story->id);
	json_text_if(&j, STR("session"), story->session);
	json_text_if(&j, STR("from"), why_sender(story));
	json_open(&j, STR("recipients"), '[');
	const size_t all = why_states(story, states, STATES_MAX);
	for (size_t i = 0; i < all && i < STATES_MAX; i++) {
		json_open(&j, STR_NONE, '{');
		json_text(&j, STR("to"), states[i].recipient);
		json_text(&j, STR("state"), why_state_name(&states[i]));
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_open(&j, STR("events"), '[');
	for (size_t i = 0; i < story->count; i++) {
		const struct eventlog_line *const l = &story->records[i]->line;
		struct why_advice advice;
		json_open(&j, STR_NONE, '{');
		put_time(&j, STR("time"), l->time_ms);
		json_text(&j, STR("event"), eventlog_event_name(l->event));
		for (int f = 0; f < FIELD_COUNT; f++)
			if (str_is_set(l->field[f]))
				json_text(&j, eventlog_field_name((enum eventlog_name)f),
					l->field[f]);
		if (why_advice_of(l, &advice))
			put_advice(&j, &advice);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	if (story->about != NULL) {
		const struct eventlog_line *const l = &story->about->line;
		json_open(&j, STR("about"), '{');
		json_text_if(&j, STR("id"), l->field[FIELD_ID]);
		json_text_if(&j, STR("from"), l->field[FIELD_FROM]);
		json_text_if(&j, STR("to"), l->field[FIELD_TO]);
		json_text(&j, STR("event"), eventlog_event_name(l->event));
		json_close(&j, '}');
	}
	json_open(&j, STR("reports"), '[');
	for (size_t i = 0; i < story->report_count; i++) {
		const struct eventlog_line *const l = &story->reports[i]->line;
		json_open(&j, STR_NONE, '{');
		json_text_if(&j, STR("id"), l->field[FIELD_ID]);
		json_text_if(&j, STR("to"), l->field[FIELD_TO]);
		json_text(&j, STR("event"), eventlog_event_name(l->event));
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	out_add_char(out, '\n');
}
