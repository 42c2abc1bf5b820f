#include "report/report.h"

#include "base/decode.h"
#include "base/when.h"
#include "explain/explain.h"
#include "read/address.h"
#include "read/date.h"
#include "report/inside.h"
#include "report/judged.h"
#include "report/letter.h"
#include "report/mailtext.h"
#include "report/sheet.h"

/* ---- moments */

static void
put_number(char *to, unsigned digits, int n)
{
	while (digits-- > 0) {
		to[digits] = (char)('0' + n % 10);
		n /= 10;
	}
}

struct str
draft_iso(const struct draft *d, int64_t ms)
{
	const int zone = d->zone_minutes < 0 ? -d->zone_minutes : d->zone_minutes;
	const struct when_parts p = when_parts(ms + (int64_t)d->zone_minutes * 60000);
	char room[] = "0000-00-00T00:00:00+00:00";
	put_number(room, 4, p.year);
	put_number(room + 5, 2, p.month);
	put_number(room + 8, 2, p.day);
	put_number(room + 11, 2, p.hour);
	put_number(room + 14, 2, p.minute);
	put_number(room + 17, 2, p.second);
	room[19] = d->zone_minutes < 0 ? '-' : '+';
	put_number(room + 20, 2, zone / 60);
	put_number(room + 23, 2, zone % 60);
	return arena_str(d->arena, STR(room));
}

struct str
draft_date(const struct draft *d, int64_t ms)
{
	return explain_date(draft_iso(d, ms), d->arena);
}

/* The zone at the end of an RFC 3339 date, in minutes; 0 when it is not known. */
static int
zone_of(struct str iso)
{
	if (iso.len != strlen("2026-11-22T04:15:57+01:00"))
		return 0;
	const int64_t hours = str_number(str_head(str_from(iso, 20), 2), 14),
		      minutes = str_number(str_head(str_from(iso, 23), 2), 59);
	if (hours < 0 || minutes < 0)
		return 0;
	return (int)(hours * 60 + minutes) * (iso.ptr[19] == '-' ? -1 : 1);
}

/* ---- the case */

static struct nixie_str
out_str(struct str s)
{
	return (struct nixie_str){s.ptr, s.len};
}

/* The header: whole fields, up to its end or REPORT_HEADER_BYTES_MAX. */
static struct str
header_of(struct str original)
{
	struct str rest = original, line;
	size_t at = 0, field_at = 0;
	while (str_line(&rest, &line) && line.len > 0) {
		const size_t next = (size_t)(rest.ptr - original.ptr);
		if (!field_continues(line))
			field_at = at;
		if (next > REPORT_HEADER_BYTES_MAX)
			return str_head(original, field_at);
		at = next;
	}
	return str_head(original, at);
}

static void
read_original(struct draft *d)
{
	struct nixie_original *const o = &d->info.original;
	struct arena *const a = d->arena;
	d->header_bytes = header_of(d->facts->original);
	if (header_parse(d->header_bytes, a, &d->header)) {
		const struct header *const h = &d->header;
		o->message_id =
			out_str(str_trim(header_text(header_find(h, STR("Message-ID")), a)));
		o->subject = out_str(header_text(header_find(h, STR("Subject")), a));
		o->from = out_str(header_text(header_find(h, STR("From")), a));
		o->to = out_str(header_text(header_find(h, STR("To")), a));
		o->date = out_str(date_text(header_find(h, STR("Date")), a));
	}
	o->envelope_from = out_str(d->facts->sender);
	d->zone_minutes = zone_of(str_in(o->date));
}

/* ORCPT, "rfc822;ann+40a.example": the type, and the address that the xtext stands for. */
static void
read_orcpt(struct draft_recipient *r, struct arena *a)
{
	struct str rest = r->given->original;
	const struct str type = str_cut(&rest, ';');
	if (type.len == 0 || !str_is_set(rest))
		return;
	for (size_t i = 0; i < type.len; i++)
		if (!ascii_is_alnum((unsigned char)type.ptr[i]) && type.ptr[i] != '-')
			return;
	r->original_type = type;
	r->original = mail_clean(decode_xtext(str_trim(rest), a), DRAFT_ADDRESS_BYTES_MAX, a);
	if (str_eq_case(type, STR("utf-8")))
		r->original_type = is_ascii(r->original) ? STR("rfc822") : STR("utf-8");
}

struct str
draft_host(struct str s)
{
	size_t n = 0;
	while (n < s.len && n < ATTEMPT_HOST_BYTES_MAX &&
		(ascii_is_alnum((unsigned char)s.ptr[n]) || s.ptr[n] == '.' || s.ptr[n] == '-' ||
			s.ptr[n] == '_' || s.ptr[n] == ':' || s.ptr[n] == '/'))
		n++;
	return str_head(s, n);
}

static void
judge_recipient(struct draft *d, struct draft_recipient *r)
{
	const struct report_recipient *const given = r->given;
	struct nixie_outcome *const o = &r->outcome;
	if (given->attempt_count > 0) {
		r->attempt = given->attempts[given->attempt_count - 1];
		r->attempt.host = draft_host(r->attempt.host);
		r->attempt.ip = draft_host(r->attempt.ip);
		r->last = &r->attempt;
	}
	r->final = mail_clean(given->final, DRAFT_ADDRESS_BYTES_MAX, d->arena);
	read_orcpt(r, d->arena);
	const bool is_other = r->original.len > 0 && !address_same(r->original, r->final);
	struct judged_case c = {.attempt = r->last,
		.rcpt = r->final,
		.original = is_other ? r->original : STR_NONE,
		.sender = d->facts->sender,
		.hostname = d->hostname,
		.is_sender_elsewhere = d->facts->is_sender_elsewhere,
		.about = d->facts->about,
		.action = given->action,
		.is_expired = given->is_expired,
		.is_own = d->facts->is_notice};
	judged_outcome(&c, d->arena, o);
	c.status = r->status = judged_status(&c, o);
	judged_outcome(&c, d->arena, o); /* now as a reader has it, who sees Status too */
	if (r->last != NULL)
		o->last_attempt = out_str(draft_iso(d, r->last->at_ms));
	if (given->action == NIXIE_ACTION_DELAYED && given->will_retry_until_ms > 0)
		o->will_retry_until = out_str(draft_iso(d, given->will_retry_until_ms));
}

static enum nixie_kind
kind_of(const struct report_facts *f)
{
	enum nixie_kind kind = NIXIE_KIND_SUCCESS;
	for (size_t i = 0; i < f->recipient_count; i++) {
		if (f->recipients[i].action == NIXIE_ACTION_FAILED)
			return NIXIE_KIND_FAILURE;
		if (f->recipients[i].action == NIXIE_ACTION_DELAYED)
			kind = NIXIE_KIND_DELAY;
	}
	return kind;
}

bool
draft_make(struct draft *d)
{
	const struct report_facts *const f = d->facts;
	struct arena *const a = d->arena;
	d->is_utf8 = report_is_utf8(f);
	d->hostname = draft_host(f->hostname);
	d->to = mail_clean(f->to, DRAFT_ADDRESS_BYTES_MAX, a);
	d->postmaster = mail_clean(f->postmaster, DRAFT_ADDRESS_BYTES_MAX, a);
	if (d->postmaster.len == 0 || (!d->is_utf8 && !is_ascii(d->postmaster)))
		d->postmaster = arena_join(a, STR("postmaster@"), d->hostname, STR(""));
	read_original(d);
	d->recipients = arena_alloc(a, f->recipient_count, sizeof *d->recipients);
	d->outcomes = arena_alloc(a, f->recipient_count, sizeof *d->outcomes);
	if (d->recipients == NULL || d->outcomes == NULL)
		return false;
	for (size_t i = 0; i < f->recipient_count; i++) {
		d->recipients[i].given = &f->recipients[i];
		judge_recipient(d, &d->recipients[i]);
		d->outcomes[i] = d->recipients[i].outcome;
	}
	d->info.kind = kind_of(f);
	d->info.reporting_mta = out_str(d->hostname);
	d->info.to = out_str(d->to);
	d->info.outcomes = d->outcomes;
	d->info.outcome_count = f->recipient_count;
	return !arena_failed(a);
}

/* ---- the message */

static void
type_field(const struct draft *d, struct str outer, struct buf *out)
{
	buf_add(out, STR("Content-Type: multipart/report;\r\n report-type="));
	buf_add(out, d->is_utf8 ? STR("global-delivery-status") : STR("delivery-status"));
	buf_add(out, STR(";\r\n boundary=\""));
	buf_add(out, outer);
	buf_add(out, STR("\"\r\n\r\n"));
}

bool
draft_write(const struct draft *d, struct str subject, const struct sheet *words, bool returns,
	struct buf *out)
{
	const struct report_facts *const facts = d->facts;
	const struct letter l = {.arena = d->arena,
		.hostname = d->hostname,
		.postmaster = d->postmaster,
		.to = d->to,
		.id = facts->id,
		.now_ms = facts->now_ms,
		.lang = facts->lang,
		.raw = facts->original,
		.is_of_itself = facts->is_notice};
	const struct str outer = letter_boundary(&l, STR("r"));
	letter_head(&l, subject, str_in(d->info.original.message_id), out);
	type_field(d, outer, out);
	letter_part(outer, STR(""), out);
	letter_words(&l, words, out);
	buf_add(out, STR("\r\n"));
	letter_part(outer, STR(""), out);
	buf_add(out, d->is_utf8 ? STR("Content-Type: message/global-delivery-status\r\n"
				      "Content-Transfer-Encoding: 8bit\r\n\r\n")
				: STR("Content-Type: message/delivery-status\r\n\r\n"));
	draft_fields(d, out);
	buf_add(out, STR("\r\n"));
	if (returns) {
		letter_part(outer, STR(""), out);
		draft_returned(d, out);
	}
	letter_part(outer, STR("--"), out);
	return !buf_failed(out) && !arena_failed(d->arena);
}

bool
report_write(const struct report_facts *facts, struct arena *a, struct buf *out)
{
	struct draft d = {.facts = facts, .arena = a};
	struct sheet s = {.arena = a};
	if (!draft_make(&d))
		return false;
	draft_sheet(&d, &s);
	return draft_write(&d, draft_subject(&d), &s, facts->original.len > 0, out);
}

bool
report_is_utf8(const struct report_facts *facts)
{
	return !is_ascii(facts->to);
}

bool
report_is_8bit(struct str report)
{
	return !is_ascii(report);
}

void
report_judge(const struct report_facts *facts, const struct report_recipient *r, struct arena *a,
	struct nixie_outcome *out)
{
	struct draft d = {.facts = facts, .arena = a};
	struct draft_recipient one = {.given = r};
	d.hostname = draft_host(facts->hostname);
	judge_recipient(&d, &one);
	*out = one.outcome;
}
