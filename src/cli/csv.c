#include "cli/csv.h"

#include <string.h>

/* Programs that show tables run a cell that begins like this as a formula. */
static const char formula[] = "=+-@\t\r";

static bool
is_plain_number(struct nixie_str s)
{
	size_t i = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+');
	const size_t first = i;
	unsigned points = 0;
	for (; i < s.len; i++) {
		if (s.ptr[i] == '.')
			points++;
		else if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	}
	return i > first + points && points < 2;
}

static void
cell(struct put *p, struct nixie_str s)
{
	if (s.len == 0)
		return;
	const bool is_formula =
		memchr(formula, s.ptr[0], sizeof formula - 1) != NULL && !is_plain_number(s);
	bool is_quoted = false;
	for (size_t i = 0; i < s.len && !is_quoted; i++)
		is_quoted =
			s.ptr[i] == '"' || s.ptr[i] == ',' || s.ptr[i] == '\n' || s.ptr[i] == '\r';
	if (is_quoted)
		put_char(p, '"');
	if (is_formula)
		put_char(p, '\'');
	const char *quote;
	while (is_quoted && (quote = memchr(s.ptr, '"', s.len)) != NULL) {
		const size_t n = (size_t)(quote - s.ptr) + 1;
		put_utf8(p, (struct nixie_str){s.ptr, n});
		put_char(p, '"');
		s.ptr += n;
		s.len -= n;
	}
	put_utf8(p, s);
	if (is_quoted)
		put_char(p, '"');
}

static void
word(struct put *p, const char *name)
{
	put_char(p, ',');
	cell(p, (struct nixie_str){name, strlen(name)});
}

static void
text(struct put *p, struct nixie_str s)
{
	put_char(p, ',');
	cell(p, s);
}

static void
number(struct put *p, int64_t n, bool is_there)
{
	put_char(p, ',');
	if (is_there)
		put_number(p, n);
}

static void
put_outcome(struct put *p, const struct nixie_outcome *o)
{
	const bool has_action = o->action != NIXIE_ACTION_NONE;
	const bool has_reason = o->reason.len > 0;
	text(p, o->recipient);
	text(p, o->original_recipient);
	word(p, has_action ? nixie_action_name(o->action) : "");
	word(p, !has_action ? "" : o->is_final ? "true" : "false");
	word(p, !has_action ? "" : o->is_expired ? "true" : "false");
	const bool has_status = o->status_origin != NIXIE_ORIGIN_ABSENT;
	text(p, has_status ? o->status : (struct nixie_str){NULL, 0});
	word(p, !has_status ? "" : o->status_origin == NIXIE_ORIGIN_STATED ? "stated" : "inferred");
	number(p, o->reply_code, o->reply_code != 0);
	word(p, o->said != NIXIE_SAID_NOTHING ? nixie_said_name(o->said) : "");
	word(p, o->stage != NIXIE_STAGE_NONE ? nixie_stage_name(o->stage) : "");
	text(p, o->reason);
	word(p, has_reason ? nixie_verdict_name(o->verdict) : "");
	const unsigned percent = o->confidence < 100 ? o->confidence : 100;
	const char decimals[] = {percent == 100 ? '1' : '0', '.', (char)('0' + percent / 10 % 10),
		(char)('0' + percent % 10)};
	text(p, (struct nixie_str){decimals, has_reason ? sizeof decimals : 0});
	word(p, o->refuser != NIXIE_REFUSER_UNKNOWN ? nixie_refuser_name(o->refuser) : "");
	text(p, o->refuser_name);
	text(p, o->provider);
	text(p, o->help_link);
	text(p, o->blocklist);
	text(p, o->blocklist_link);
	text(p, o->blocked_ip);
	text(p, o->remote_mta);
	text(p, o->remote_ip);
	number(p, o->retry_after_s, o->retry_after_s >= 0);
	text(p, o->last_attempt);
	text(p, o->will_retry_until);
	text(p, o->diagnostic);
}

void
csv_put(struct put *p, const struct nixie_report_info *info, const struct nixie_style *style)
{
	const struct nixie_outcome none = {.retry_after_s = -1};
	const size_t rows = info->outcome_count > 0 ? info->outcome_count : 1;
	for (size_t i = 0; i < rows; i++) {
		const char *const path = style->source_path;
		cell(p, (struct nixie_str){path, path != NULL ? strlen(path) : 0});
		number(p, (int64_t)style->source_index, true);
		word(p, nixie_kind_name(info->kind));
		text(p, info->generator);
		const struct nixie_outcome *const o =
			info->outcome_count > 0 ? &info->outcomes[i] : &none;
		put_outcome(p, o);
		text(p, info->reporting_mta);
		text(p, info->arrival_date);
		text(p, info->feedback_type);
		text(p, info->verp_recipient);
		text(p, info->original.message_id);
		text(p, info->original.subject);
		text(p, info->original.from);
		text(p, info->original.to);
		text(p, info->original.date);
		text(p, o->condition);
		text(p, o->session);
		put_words(p, "\r\n");
	}
}
