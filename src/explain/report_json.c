#include "explain/report_json.h"

static void
member(struct json *j, struct str name, struct nixie_str value)
{
	if (value.len > 0)
		json_text(j, name, (struct str){value.ptr, value.len});
}

static void
put_evidence(struct json *j, const struct nixie_evidence *list, size_t count)
{
	if (count == 0)
		return;
	json_open(j, STR("evidence"), '[');
	for (size_t i = 0; i < count; i++) {
		json_open(j, STR_NONE, '{');
		member(j, STR("decided"), list[i].decided);
		member(j, STR("rule"), list[i].rule);
		member(j, STR("words"), list[i].words);
		if (list[i].offset >= 0)
			json_number(j, STR("offset"), list[i].offset);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
put_steps(struct json *j, struct str name, const struct steps *s)
{
	if (s->count == 0)
		return;
	json_open(j, name, '[');
	for (size_t i = 0; i < s->count; i++)
		json_text(j, STR_NONE, s->list[i]);
	json_close(j, ']');
}

static void
put_explanation(struct json *j, const struct explanation *e)
{
	json_open(j, STR("explanation"), '{');
	json_text_if(j, STR("key"), e->key);
	json_text_if(j, STR("headline"), e->headline);
	json_text_if(j, STR("happened"), e->happened);
	json_text_if(j, STR("refused_by"), e->refused_by);
	json_text_if(j, STR("step"), e->step);
	json_text_if(j, STR("why"), e->why);
	json_text_if(j, STR("next"), e->next);
	json_text_if(j, STR("disagree"), e->disagree);
	json_text_if(j, STR("last_answer"), e->last_answer);
	json_text_if(j, STR("verdict"), e->verdict);
	json_text_if(j, STR("whose_move"), e->whose_move);
	put_steps(j, STR("sender"), &e->sender);
	json_text_if(j, STR("write_to"), e->write_to);
	json_text_if(j, STR("advice"), e->advice);
	put_steps(j, STR("sending_admin"), &e->sending_admin);
	put_steps(j, STR("receiving_admin"), &e->receiving_admin);
	json_text_if(j, STR("sure"), e->sure);
	json_text_if(j, STR("links"), e->links);
	json_text_if(j, STR("backscatter"), e->backscatter);
	json_close(j, '}');
}

static void
put_outcome(struct json *j, const struct nixie_report_info *info, const struct nixie_outcome *o,
	const struct nixie_style *style, enum lang lang, struct arena *a)
{
	json_open(j, STR_NONE, '{');
	member(j, STR("recipient"), o->recipient);
	member(j, STR("original_recipient"), o->original_recipient);
	if (o->action != NIXIE_ACTION_NONE) {
		json_text(j, STR("action"), str_of(nixie_action_name(o->action)));
		json_bool(j, STR("final"), o->is_final);
		json_bool(j, STR("expired"), o->is_expired);
	}
	if (o->status_origin != NIXIE_ORIGIN_ABSENT) {
		member(j, STR("status"), o->status);
		json_text(j, STR("status_origin"),
			o->status_origin == NIXIE_ORIGIN_STATED ? STR("stated") : STR("inferred"));
	}
	if (o->reply_code != 0)
		json_number(j, STR("reply_code"), o->reply_code);
	if (o->said != NIXIE_SAID_NOTHING)
		json_text(j, STR("said"), str_of(nixie_said_name(o->said)));
	member(j, STR("diagnostic"), o->diagnostic);
	if (o->stage != NIXIE_STAGE_NONE)
		json_text(j, STR("stage"), str_of(nixie_stage_name(o->stage)));
	member(j, STR("remote_mta"), o->remote_mta);
	member(j, STR("remote_ip"), o->remote_ip);
	if (o->refuser != NIXIE_REFUSER_UNKNOWN)
		json_text(j, STR("refuser"), str_of(nixie_refuser_name(o->refuser)));
	member(j, STR("refuser_name"), o->refuser_name);
	member(j, STR("provider"), o->provider);
	member(j, STR("blocklist"), o->blocklist);
	member(j, STR("blocklist_link"), o->blocklist_link);
	member(j, STR("blocked_ip"), o->blocked_ip);
	member(j, STR("help_link"), o->help_link);
	if (o->reason.len > 0) {
		member(j, STR("reason"), o->reason);
		json_text(j, STR("verdict"), str_of(nixie_verdict_name(o->verdict)));
		json_percent(j, STR("confidence"), o->confidence);
	}
	member(j, STR("condition"), o->condition);
	member(j, STR("session"), o->session);
	if (o->retry_after_s >= 0)
		json_number(j, STR("retry_after_s"), o->retry_after_s);
	member(j, STR("last_attempt"), o->last_attempt);
	member(j, STR("will_retry_until"), o->will_retry_until);
	put_evidence(j, o->evidence, o->evidence_count);
	if (style->explain && o->action != NIXIE_ACTION_NONE) {
		struct explanation e;
		explain_outcome(info, o, lang, a, &e);
		put_explanation(j, &e);
	}
	json_close(j, '}');
}

static void
put_original(struct json *j, const struct nixie_original *o)
{
	const struct {
		struct str name;
		struct nixie_str value;
	} members[] = {
		{STR_INIT("message_id"), o->message_id},
		{STR_INIT("subject"), o->subject},
		{STR_INIT("from"), o->from},
		{STR_INIT("to"), o->to},
		{STR_INIT("date"), o->date},
		{STR_INIT("list_id"), o->list_id},
		{STR_INIT("envelope_id"), o->envelope_id},
		{STR_INIT("envelope_from"), o->envelope_from},
	};
	bool is_open = false;
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		if (members[i].value.len == 0)
			continue;
		if (!is_open)
			json_open(j, STR("original"), '{');
		is_open = true;
		member(j, members[i].name, members[i].value);
	}
	if (is_open)
		json_close(j, '}');
}

void
report_json(const struct nixie_report_info *info, const struct nixie_style *style, enum lang lang,
	struct arena *a, struct out *out)
{
	struct json j;
	json_init(&j, out, style->pretty);
	json_open(&j, STR_NONE, '{');
	json_number(&j, STR("schema"), NIXIE_SCHEMA);
	if (style->source_path != NULL) {
		json_open(&j, STR("source"), '{');
		json_text(&j, STR("path"), str_of(style->source_path));
		json_number(&j, STR("index"), (int64_t)style->source_index);
		json_close(&j, '}');
	}
	json_text(&j, STR("kind"), str_of(nixie_kind_name(info->kind)));
	member(&j, STR("generator"), info->generator);
	member(&j, STR("reporting_mta"), info->reporting_mta);
	member(&j, STR("reporting_ip"), info->reporting_ip);
	member(&j, STR("received_from_mta"), info->received_from_mta);
	member(&j, STR("arrival_date"), info->arrival_date);
	member(&j, STR("feedback_type"), info->feedback_type);
	member(&j, STR("verp_recipient"), info->verp_recipient);
	if (info->subject.len + info->from.len + info->to.len + info->date.len +
			info->message_id.len >
		0) {
		json_open(&j, STR("report"), '{');
		member(&j, STR("subject"), info->subject);
		member(&j, STR("from"), info->from);
		member(&j, STR("to"), info->to);
		member(&j, STR("date"), info->date);
		member(&j, STR("message_id"), info->message_id);
		json_close(&j, '}');
	}
	put_original(&j, &info->original);
	json_open(&j, STR("outcomes"), '[');
	for (size_t i = 0; i < info->outcome_count; i++)
		put_outcome(&j, info, &info->outcomes[i], style, lang, a);
	json_close(&j, ']');
	if (style->explain &&
		(info->outcome_count == 0 || info->outcomes[0].action == NIXIE_ACTION_NONE)) {
		struct explanation e;
		explain_kind(info, lang, a, &e);
		put_explanation(&j, &e);
	}
	put_evidence(&j, info->evidence, info->evidence_count);
	if (info->note_count > 0) {
		json_open(&j, STR("notes"), '[');
		for (size_t i = 0; i < info->note_count; i++) {
			json_open(&j, STR_NONE, '{');
			member(&j, STR("what"), info->notes[i].what);
			if (info->notes[i].offset >= 0)
				json_number(&j, STR("offset"), info->notes[i].offset);
			json_close(&j, '}');
		}
		json_close(&j, ']');
	}
	json_close(&j, '}');
	out_add_char(out, '\n');
}
