#include "explain/log_json.h"

#include <assert.h>

#include "base/buf.h"
#include "explain/report_json.h"

#define EVENT_BYTES_MAX ((size_t)4 << 20)

void
log_info(const struct nixie_log_event *event, struct nixie_report_info *info)
{
	*info = (struct nixie_report_info){.kind = NIXIE_KIND_FAILURE,
		.reporting_mta = event->host,
		.outcomes = &event->outcome,
		.outcome_count = 1};
	info->original.envelope_from = event->sender;
}

static bool
to_buf(void *to, const char *bytes, size_t len)
{
	struct buf *const b = to;
	buf_add(b, (struct str){bytes, len});
	return !buf_failed(b);
}

/*
 * The outcome as a report has it, without its braces: so that the two never differ, it is written
 * as a report of nothing else and taken out of that.
 */
static struct str
outcome_members(const struct nixie_log_event *event, const struct nixie_style *style,
	enum lang lang, struct arena *a, struct buf *b)
{
	static const struct str open = STR_INIT("\"outcomes\":[{"), close = STR_INIT("}]}\n");
	struct nixie_report_info info;
	struct out out;
	const struct nixie_style plain = {.explain = style->explain};
	log_info(event, &info);
	info.reporting_mta = (struct nixie_str){NULL, 0};
	info.original.envelope_from = (struct nixie_str){NULL, 0};
	out_init(&out, to_buf, b);
	report_json(&info, &plain, lang, a, &out);
	if (!out_finish(&out))
		return STR_NONE;
	const struct str all = buf_str(b);
	const size_t at = str_find(all, open, 0);
	assert(at != STR_NPOS && str_ends_case(all, close));
	return str_between(all.ptr + at + open.len, all.ptr + all.len - close.len);
}

static void
member(struct json *j, struct str name, struct nixie_str value)
{
	json_text_if(j, name, (struct str){value.ptr, value.len});
}

bool
log_json(const struct nixie_log_event *event, const struct nixie_style *style, enum lang lang,
	struct arena *a, struct out *out)
{
	struct buf b;
	buf_init(&b, EVENT_BYTES_MAX);
	const struct str outcome = outcome_members(event, style, lang, a, &b);
	const bool is_whole = str_is_set(outcome);
	struct json j;
	json_init(&j, out, false);
	json_open(&j, STR_NONE, '{');
	json_number(&j, STR("schema"), NIXIE_SCHEMA);
	if (style->source_path != NULL) {
		json_open(&j, STR("source"), '{');
		json_text(&j, STR("path"), str_of(style->source_path));
		json_number(&j, STR("line"), (int64_t)style->source_index);
		json_close(&j, '}');
	}
	member(&j, STR("time"), event->time);
	member(&j, STR("host"), event->host);
	member(&j, STR("program"), event->program);
	member(&j, STR("generator"), event->generator);
	member(&j, STR("queue_id"), event->queue_id);
	json_text(&j, STR("direction"), str_of(nixie_direction_name(event->direction)));
	/* An empty one is a fact: the null reverse-path of a bounce. */
	if (event->sender.ptr != NULL)
		json_text(&j, STR("sender"), str_in(event->sender));
	member(&j, STR("client"), event->client);
	member(&j, STR("client_ip"), event->client_ip);
	if (is_whole && outcome.len > 0) {
		out_add_char(out, ',');
		out_add(out, outcome);
	}
	json_close(&j, '}');
	out_add_char(out, '\n');
	buf_fini(&b);
	return is_whole;
}
