#include "judge/judge_reply.h"

#include "read/limits.h"

static struct nixie_str
out_str(struct str s)
{
	return (struct nixie_str){s.ptr, s.len};
}

/* "mx.example.org [192.0.2.1]", as Remote-MTA fields have it. */
static struct str
remote_field(const struct reply_case *c, struct arena *a)
{
	if (!str_is_set(c->ip))
		return c->host;
	char *const room = arena_bytes(a, c->host.len + c->ip.len + 3);
	size_t n = 0;
	if (room == NULL)
		return c->host;
	if (c->host.len > 0) {
		memcpy(room, c->host.ptr, c->host.len);
		n = c->host.len;
		room[n++] = ' ';
	}
	room[n++] = '[';
	memcpy(room + n, c->ip.ptr, c->ip.len);
	n += c->ip.len;
	room[n++] = ']';
	return (struct str){room, n};
}

/* The first `n` bytes of UTF-8, or a few less: no character is cut in two. */
static struct str
whole_head(struct str s, size_t n)
{
	if (n >= s.len)
		return s;
	while (n > 0 && ((unsigned char)s.ptr[n] & 0xC0) == 0x80)
		n--;
	return str_head(s, n);
}

/* What went well needs no judge: most of a log is that. */
static void
delivered(const struct reply_case *c, struct arena *a, struct nixie_outcome *o)
{
	struct status status = c->status;
	const int64_t code = str_number(c->text, 299);
	if (code >= 200) {
		o->reply_code = (unsigned)code;
		if (status.class == 0)
			(void)status_parse(str_trim(str_from(c->text, 4)), &status);
	}
	if (status.class != 0) {
		o->status = out_str(status_text(status, a));
		o->status_origin = NIXIE_ORIGIN_STATED;
	}
	o->said = code >= 200 || status.class == 2 ? NIXIE_SAID_SUCCESS : NIXIE_SAID_NOTHING;
	if (c->text.len > 0)
		o->diagnostic = out_str(whole_head(c->text, DIAGNOSTIC_BYTES_MAX));
	if (c->host.len > 0)
		o->remote_mta = out_str(c->host);
	if (c->ip.len > 0)
		o->remote_ip = out_str(c->ip);
}

/* Names in our own refusal are the client's, or a list's: nobody else spoke. */
static void
refused_here(const struct reply_case *c, struct nixie_outcome *o)
{
	o->remote_mta = o->remote_ip = o->provider = out_str(STR_NONE);
	o->refuser = NIXIE_REFUSER_OWN_SERVER;
	o->refuser_name = out_str(c->ours);
}

static void
judged(const struct reply_case *c, struct arena *a, struct nixie_outcome *o)
{
	struct facts *const f = arena_alloc(a, 1, sizeof *f);
	struct dsn_recipient *const who = arena_alloc(a, 1, sizeof *who);
	struct nixie_report_info info;
	if (f == NULL || who == NULL)
		return;
	/* The original of a log stays out of it: the alias was resolved here, so no server
	 * forwarded. */
	*who = (struct dsn_recipient){.final = c->recipient,
		.original = c->forwarded_from,
		.diagnostic = whole_head(c->text, DIAGNOSTIC_BYTES_MAX),
		.command = c->command,
		.action = c->action,
		.status = c->status};
	if (!c->is_refusal_here)
		who->remote_mta = remote_field(c, a);
	f->input = c->input;
	f->arena = a;
	f->dsn.recipients = who;
	f->dsn.count = f->dsn.room = 1;
	f->dsn.reporting_mta = c->ours;
	f->dsn.envelope_from = c->sender;
	f->dsn.sender_place = c->sender_place;
	if (c->host.len == 0 && c->ip.len == 0) /* else these are the words of another */
		signs_find(c->text, WHERE_TEXT, a, &f->signs, NULL);
	judge_report(f, &info);
	if (info.outcome_count == 0)
		return;
	*o = info.outcomes[0];
	const bool went_well =
		c->action == NIXIE_ACTION_RELAYED || c->action == NIXIE_ACTION_EXPANDED;
	if (c->is_refusal_here)
		refused_here(c, o);
	else if (!went_well && o->remote_mta.len == 0 && o->remote_ip.len == 0 &&
		 (o->refuser == NIXIE_REFUSER_UNKNOWN || o->refuser == NIXIE_REFUSER_OWN_SERVER ||
			 o->refuser == NIXIE_REFUSER_REMOTE_SERVER)) {
		/* No server was spoken to: the one that writes the log said no by itself. */
		o->refuser = c->sender_place.len > 0 ? NIXIE_REFUSER_REMOTE_SERVER
						     : NIXIE_REFUSER_OWN_SERVER;
		o->refuser_name = out_str(c->ours);
	}
	o->is_expired = o->is_final && (o->is_expired || c->is_expired);
}

void
judge_reply(const struct reply_case *c, struct arena *a, struct nixie_outcome *out)
{
	*out = (struct nixie_outcome){.retry_after_s = -1, .action = c->action};
	if (c->action == NIXIE_ACTION_DELIVERED)
		delivered(c, a, out);
	else
		judged(c, a, out);
	out->recipient = c->recipient.len > 0 ? out_str(c->recipient) : out_str(STR_NONE);
	out->original_recipient = c->original.len > 0 ? out_str(c->original) : out_str(STR_NONE);
}
