/*
 * fields - the part of a report for machines: RFC 3464 s2, RFC 6533 s4
 *
 * Every value is cleaned before it gets here, and folded at its blanks, so that no line begins with
 * what a stranger wrote.
 */
#include "base/decode.h"
#include "base/shown.h"
#include "base/when.h"
#include "explain/explain.h"
#include "read/dsn.h"
#include "report/inside.h"
#include "report/judged.h"
#include "report/mailtext.h"

static void
field(struct buf *out, struct str name, struct str value)
{
	if (value.len == 0)
		return;
	buf_add(out, name);
	buf_add(out, STR(": "));
	mail_folded(out, value, name.len + 2);
	buf_add(out, STR("\r\n"));
}

static void
date_field(struct buf *out, struct str name, int64_t ms)
{
	char room[WHEN_BYTES];
	if (ms > 0)
		field(out, name, when_mail(ms, room));
}

static void
typed_field(struct buf *out, struct str name, struct str type, struct str value, struct arena *a)
{
	if (value.len > 0)
		field(out, name, arena_join(a, type, STR("; "), value));
}

/* An address as RFC 6533 s3 has it where only ASCII may stand: "\x{FC}" for what is none. */
static struct str
ascii_address(struct str s, struct arena *a)
{
	static const char digits[] = "0123456789ABCDEF";
	struct buf b;
	size_t bytes;
	buf_init(&b, DRAFT_ADDRESS_BYTES_MAX * 10);
	for (; s.len > 0; s = str_from(s, bytes)) {
		const uint32_t cp = utf8_next(s, &bytes);
		if (cp > ' ' && cp < 127 && cp != '\\' && cp != '+' && cp != '=') {
			buf_add_char(&b, (char)cp);
			continue;
		}
		buf_add(&b, STR("\\x{"));
		bool begun = false;
		for (int shift = 20; shift >= 0; shift -= 4) {
			const unsigned digit = cp >> shift & 15;
			begun = begun || digit != 0 || shift <= 4;
			if (begun)
				buf_add_char(&b, digits[digit]);
		}
		buf_add_char(&b, '}');
	}
	const struct str text = buf_failed(&b) ? STR_NONE : arena_str(a, buf_str(&b));
	buf_fini(&b);
	return text;
}

static void
address_field(const struct draft *d, struct buf *out, struct str name, struct str type,
	struct str address)
{
	if (is_ascii(address)) {
		typed_field(out, name, type, address, d->arena);
		return;
	}
	typed_field(out, name, STR("utf-8"),
		d->is_utf8 ? address : ascii_address(address, d->arena), d->arena);
}

/* The answer: in ASCII as it is, else raw where UTF-8 may stand, else as encoded words. */
static void
diagnostic_field(const struct draft *d, const struct draft_recipient *r, struct buf *out)
{
	const struct str name = STR("Diagnostic-Code");
	const struct str text = str_in(r->outcome.diagnostic);
	const bool is_smtp = judged_is_answer(r->last) && str_number(str_head(text, 3), 599) >= 200;
	const struct str type = is_smtp ? STR("smtp") : STR("x-nixie");
	if (text.len == 0)
		return;
	/* What looks like an encoded word already would be decoded by whoever reads this. */
	if ((is_ascii(text) || d->is_utf8) && !str_has(text, STR("=?"))) {
		typed_field(out, name, type, text, d->arena);
		return;
	}
	buf_add(out, name);
	buf_add(out, STR(": "));
	buf_add(out, type);
	buf_add(out, STR("; "));
	mail_words(out, text, name.len + type.len + 4);
	buf_add(out, STR("\r\n"));
}

static void
remote_field(const struct draft *d, const struct draft_recipient *r, struct buf *out)
{
	if (!judged_is_answer(r->last))
		return;
	const struct str host = r->last->host, ip = r->last->ip;
	struct str value = host;
	if (ip.len > 0)
		value = arena_join(d->arena, host, host.len > 0 ? STR(" [") : STR("["),
			arena_join(d->arena, ip, STR("]"), STR("")));
	typed_field(out, STR("Remote-MTA"), STR("dns"), value, d->arena);
}

static void
recipient_fields(const struct draft *d, const struct draft_recipient *r, struct buf *out)
{
	const struct report_recipient *const given = r->given;
	const uint64_t attempts = given->attempts_made > given->attempt_count
					  ? given->attempts_made
					  : given->attempt_count;
	char digits[STR_DIGITS_MAX];
	buf_add(out, STR("\r\n"));
	if (str_is_set(r->original_type))
		address_field(d, out, STR("Original-Recipient"), r->original_type, r->original);
	if (d->facts->is_notice && r->final.len == 0) /* never named: RFC 3464 wants the field */
		field(out, STR("Final-Recipient"), STR("unknown; unknown"));
	address_field(d, out, STR("Final-Recipient"), STR("rfc822"), r->final);
	if (str_is_set(given->about))
		field(out, STR("X-Nixie-Queue-ID"),
			mail_clean(given->about, ATTEMPT_SHORT_BYTES_MAX, d->arena));
	field(out, STR("Action"), str_of(nixie_action_name(r->outcome.action)));
	field(out, STR("Status"), status_text(r->status, d->arena));
	remote_field(d, r, out);
	diagnostic_field(d, r, out);
	if (r->last != NULL)
		date_field(out, STR("Last-Attempt-Date"), r->last->at_ms);
	if (r->outcome.action == NIXIE_ACTION_DELAYED)
		date_field(out, STR("Will-Retry-Until"), given->will_retry_until_ms);
	if (r->outcome.action != NIXIE_ACTION_DELIVERED)
		field(out, STR("X-Nixie-Command"), judged_command(r->last));
	/* RFC 3464 has no field for either, and programs should not have to read prose. */
	if (!explain_is_through(&r->outcome) && r->outcome.reason.len > 0) {
		field(out, STR("X-Nixie-Reason"), str_in(r->outcome.reason));
		field(out, STR("X-Nixie-Fixer"), explain_fixer_of(&r->outcome));
	}
	if (attempts > 0)
		field(out, STR("X-Nixie-Attempts"), str_digits((int64_t)attempts, digits));
}

/* ENVID is printable ASCII (RFC 3461 s4.4), whatever its xtext stands for. */
static struct str
envelope_id(const struct draft *d)
{
	const struct str s = mail_clean(
		decode_xtext(d->facts->envelope_id, d->arena), DRAFT_ADDRESS_BYTES_MAX, d->arena);
	char *const room = arena_bytes(d->arena, s.len);
	if (room == NULL)
		return STR_NONE;
	for (size_t i = 0; i < s.len; i++)
		room[i] = (unsigned char)s.ptr[i] > 126 ? '?' : s.ptr[i];
	return (struct str){room, s.len};
}

void
draft_fields(const struct draft *d, struct buf *out)
{
	const struct report_facts *const f = d->facts;
	struct arena *const a = d->arena;
	typed_field(out, STR("Reporting-MTA"), STR("dns"), d->hostname, a);
	if (f->envelope_id.len > 0)
		field(out, STR("Original-Envelope-Id"), envelope_id(d));
	typed_field(out, STR("Received-From-MTA"), STR("dns"), draft_host(f->client), a);
	date_field(out, STR("Arrival-Date"), f->arrived_ms);
	field(out, f->is_notice ? STR("X-Nixie-Session") : STR("X-Nixie-Queue-ID"),
		f->about.len > 0 ? mail_clean(f->about, ATTEMPT_SHORT_BYTES_MAX, a) : STR("-"));
	address_field(d, out, STR("X-Nixie-Sender"), STR("rfc822"),
		mail_clean(f->sender, DRAFT_ADDRESS_BYTES_MAX, a));
	if (f->is_sender_elsewhere)
		field(out, STR("X-Nixie-Sender-Place"), STR(SENDER_ELSEWHERE));
	for (size_t i = 0; i < f->recipient_count; i++)
		recipient_fields(d, &d->recipients[i], out);
}
