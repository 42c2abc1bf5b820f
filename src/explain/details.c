#include "explain/details.h"

/* "mx.example.net [192.0.2.1]" */
static struct str
named(struct arena *a, struct nixie_str name, struct nixie_str ip)
{
	if (name.len == 0 || ip.len == 0)
		return str_in(name.len > 0 ? name : ip);
	return arena_join(a, arena_join(a, str_in(name), STR(" ["), str_in(ip)), STR("]"), STR(""));
}

static struct str
word(struct arena *a, enum lang lang, struct str prefix, struct str name)
{
	return catalogue_sentence(lang, arena_join(a, prefix, name, STR("")));
}

struct str
detail_label(enum detail d, enum lang lang)
{
#define X(name) STR_INIT("label." #name),
	static const struct str keys[] = {DETAIL_NAMES(X)};
#undef X
	return catalogue_sentence(lang, keys[d]);
}

void
details_gather(const struct nixie_report_info *info, const struct nixie_outcome *o,
	const struct explanation *e, enum lang lang, struct arena *a, struct details *d)
{
	*d = (struct details){
		.value = {
			[DETAIL_recipient] = str_in(o->recipient),
			[DETAIL_original_recipient] = str_in(o->original_recipient),
			[DETAIL_reason] = word(a, lang, STR("reason."), str_in(o->reason)),
			[DETAIL_reply] = e->facts.code,
			[DETAIL_server] = named(a, o->remote_mta, o->remote_ip),
			[DETAIL_condition] = explain_condition(str_in(o->condition), lang, a),
			[DETAIL_session] = str_in(o->session),
			[DETAIL_provider] = str_in(o->provider),
			[DETAIL_blocklist] = str_in(o->blocklist),
			[DETAIL_sending_ip] = str_in(o->blocked_ip),
			[DETAIL_link] = str_in(o->help_link),
			[DETAIL_retry_after] = e->facts.wait,
			[DETAIL_last_attempt] = explain_date(str_in(o->last_attempt), a),
			[DETAIL_retry_until] = explain_date(str_in(o->will_retry_until), a),
			[DETAIL_reported_by] = str_in(info->reporting_mta),
			[DETAIL_generator] = str_in(info->generator),
			[DETAIL_subject] = str_in(info->original.subject),
			[DETAIL_date] = explain_date(str_in(info->original.date), a),
			[DETAIL_message_id] = str_in(info->original.message_id),
		}};
	if (o->action != NIXIE_ACTION_NONE)
		d->value[DETAIL_action] =
			word(a, lang, STR("action."), str_of(nixie_action_name(o->action)));
}
