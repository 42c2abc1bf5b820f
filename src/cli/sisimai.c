#include "cli/sisimai.h"

#include <string.h>

/* An address is called toxic when its verdict is at least that sure. */
#define TOXIC_PERCENT 75

static const struct nixie_str none = {NULL, 0};

static struct nixie_str
str_of(const char *s)
{
	return (struct nixie_str){s, strlen(s)};
}

/* ---- values ---- */

/* "Name <user@example.org>" -> "user@example.org" */
static struct nixie_str
address_in(struct nixie_str s)
{
	for (size_t end = s.len; end > 0; end--) {
		if (s.ptr[end - 1] != '>')
			continue;
		for (size_t at = end - 1; at > 0; at--)
			if (s.ptr[at - 1] == '<')
				return (struct nixie_str){s.ptr + at, end - 1 - at};
	}
	while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '<')) {
		s.ptr++;
		s.len--;
	}
	const char *const stop = s.len > 0 ? memchr(s.ptr, ' ', s.len) : NULL;
	return stop != NULL ? (struct nixie_str){s.ptr, (size_t)(stop - s.ptr)} : s;
}

static struct nixie_str
domain_of(struct nixie_str address)
{
	for (size_t at = address.len; at > 0; at--)
		if (address.ptr[at - 1] == '@')
			return (struct nixie_str){address.ptr + at, address.len - at};
	return none;
}

static bool
is_same(struct nixie_str a, struct nixie_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static int64_t
digits(const char *s, size_t n)
{
	int64_t value = 0;
	for (size_t i = 0; i < n; i++)
		value = value * 10 + (s[i] - '0');
	return value;
}

/* Days from 1970-01-01 in the Gregorian calendar; a year that begins in March has its odd day last.
 */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	if (month <= 2)
		year--;
	const int64_t in_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	return year * 365 + year / 4 - year / 100 + year / 400 + in_year - 719468;
}

struct moment {
	int64_t epoch_s;
	char zone[5]; /* "+0900" */
	bool is_known;
};

/* RFC 3339, which is what a report holds: "2026-11-22T04:15:57+01:00", or with a Z. */
static struct moment
moment_of(struct nixie_str s)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	struct moment m = {0, {'+', '0', '0', '0', '0'}, false};
	if (s.len < sizeof form)
		return m;
	for (size_t i = 0; i < sizeof form - 1; i++)
		if (form[i] == 'd' ? s.ptr[i] < '0' || s.ptr[i] > '9' : s.ptr[i] != form[i])
			return m;
	const int64_t days = days_of(digits(s.ptr, 4), digits(s.ptr + 5, 2), digits(s.ptr + 8, 2));
	m.epoch_s = days * 86400 + digits(s.ptr + 11, 2) * 3600 + digits(s.ptr + 14, 2) * 60 +
		    digits(s.ptr + 17, 2);
	m.is_known = true;
	const char *const z = s.ptr + s.len - 6;
	if ((z[0] != '+' && z[0] != '-') || z[3] != ':')
		return m;
	const int64_t offset_s = digits(z + 1, 2) * 3600 + digits(z + 4, 2) * 60;
	m.epoch_s -= z[0] == '-' ? -offset_s : offset_s;
	if (offset_s != 0)
		memcpy(m.zone, (const char[]){z[0], z[1], z[2], z[4], z[5]}, sizeof m.zone);
	return m;
}

static const char *
command_of(enum nixie_stage stage)
{
	static const char *const commands[] = {
		[NIXIE_STAGE_NONE] = "",
		[NIXIE_STAGE_CONNECT] = "CONN",
		[NIXIE_STAGE_HELO] = "EHLO",
		[NIXIE_STAGE_STARTTLS] = "STARTTLS",
		[NIXIE_STAGE_AUTH] = "AUTH",
		[NIXIE_STAGE_MAIL] = "MAIL",
		[NIXIE_STAGE_RCPT] = "RCPT",
		[NIXIE_STAGE_DATA] = "DATA",
		[NIXIE_STAGE_END_OF_DATA] = "DATA",
	};
	return (size_t)stage < sizeof commands / sizeof *commands ? commands[stage] : "";
}

/* ---- writing ---- */

struct object {
	struct put *p;
	bool is_pretty, has_member;
};

static void
begin(struct object *j, const char *name)
{
	put_words(j->p, j->has_member ? "," : "{");
	if (j->is_pretty)
		put_words(j->p, "\n  ");
	j->has_member = true;
	put_char(j->p, '"');
	put_words(j->p, name);
	put_words(j->p, j->is_pretty ? "\": " : "\":");
}

static void
member(struct object *j, const char *name, struct nixie_str value)
{
	begin(j, name);
	put_json(j->p, value);
}

static void
put_outcome(struct put *p, const struct nixie_report_info *info, const struct nixie_outcome *o,
	const struct nixie_style *style)
{
	struct object j = {p, style->pretty, false};
	const bool is_complaint = info->kind == NIXIE_KIND_COMPLAINT;
	const struct nixie_original *const original = &info->original;
	const struct nixie_str sender = address_in(
		original->envelope_from.len > 0 ? original->envelope_from : original->from);
	struct moment when = moment_of(info->arrival_date);
	if (!when.is_known)
		when = moment_of(info->date);
	const char reply[] = {(char)('0' + o->reply_code / 100 % 10),
		(char)('0' + o->reply_code / 10 % 10), (char)('0' + o->reply_code % 10)};

	member(&j, "action",
		str_of(o->action != NIXIE_ACTION_NONE ? nixie_action_name(o->action) : ""));
	member(&j, "addresser", sender);
	member(&j, "alias",
		is_same(o->original_recipient, o->recipient) ? none : o->original_recipient);
	member(&j, "decodedby", is_complaint ? str_of("ARF") : info->generator);
	member(&j, "deliverystatus", o->status_origin != NIXIE_ORIGIN_ABSENT ? o->status : none);
	member(&j, "destination", domain_of(o->recipient));
	member(&j, "diagnosticcode", o->diagnostic);
	member(&j, "diagnostictype", str_of(o->reply_code != 0 ? "SMTP" : ""));
	member(&j, "feedbackid", none);
	member(&j, "feedbacktype", info->feedback_type);
	begin(&j, "hardbounce");
	put_words(p, !is_complaint && o->verdict == NIXIE_VERDICT_HARD ? "true" : "false");
	member(&j, "lhost", info->reporting_mta);
	member(&j, "listid", original->list_id);
	member(&j, "messageid", address_in(original->message_id));
	member(&j, "origin", style->source_path != NULL ? str_of(style->source_path) : none);
	member(&j, "reason", str_of(is_complaint ? "feedback" : nixie_reason_sisimai(o->reason)));
	member(&j, "recipient", o->recipient);
	member(&j, "replycode", (struct nixie_str){reply, o->reply_code != 0 ? sizeof reply : 0});
	member(&j, "rhost", o->remote_mta.len > 0 ? o->remote_mta : o->refuser_name);
	member(&j, "senderdomain", domain_of(sender));
	member(&j, "smtpagent", is_complaint ? str_of("ARF") : info->generator);
	member(&j, "smtpcommand", str_of(command_of(o->stage)));
	member(&j, "subject", original->subject);
	begin(&j, "timestamp");
	put_number(p, when.epoch_s);
	member(&j, "timezoneoffset", (struct nixie_str){when.zone, sizeof when.zone});
	begin(&j, "toxic");
	put_words(p,
		is_complaint || (o->verdict == NIXIE_VERDICT_HARD && o->confidence >= TOXIC_PERCENT)
			? "true"
			: "false");
	put_words(p, style->pretty ? "\n}\n" : "}\n");
}

/* Sisimai's own default: bounces, delays and complaints; nothing that went well, no vacation. */
static bool
is_wanted(const struct nixie_report_info *info, const struct nixie_outcome *o)
{
	if (info->kind == NIXIE_KIND_COMPLAINT)
		return true;
	return (info->kind == NIXIE_KIND_FAILURE || info->kind == NIXIE_KIND_DELAY ||
		       info->kind == NIXIE_KIND_SUCCESS) &&
	       (o->action == NIXIE_ACTION_FAILED || o->action == NIXIE_ACTION_DELAYED);
}

/* A complaint that names nobody is about the one whom the message went to, as far as it tells. */
static struct nixie_outcome
unnamed_complaint(const struct nixie_report_info *info)
{
	const struct nixie_str to = address_in(info->original.to);
	return (struct nixie_outcome){
		.recipient = domain_of(to).len > 0 ? to : none, .retry_after_s = -1};
}

void
sisimai_put(struct put *p, const struct nixie_report_info *info, const struct nixie_style *style,
	const char *between)
{
	if (info->kind == NIXIE_KIND_COMPLAINT && info->outcome_count == 0) {
		const struct nixie_outcome o = unnamed_complaint(info);
		put_words(p, between);
		put_outcome(p, info, &o, style);
	}
	for (size_t i = 0; i < info->outcome_count; i++) {
		if (!is_wanted(info, &info->outcomes[i]))
			continue;
		put_words(p, between);
		put_outcome(p, info, &info->outcomes[i], style);
	}
}
