/* tally_mail - one message of a session, as the tally counts it */
#include "check/content.h"
#include "read/address.h"

#define SIGNATURES_TOLD 4 /* of a message; RFC 7489 wants those that matter, and no number */

/* What was done. Who must come again is counted then. */
static bool
disposition_of(const struct check_session *s, const struct check_verdict *v, struct tally_row *row)
{
	row->disposition = STR("none");
	row->reason = STR("");
	if (v->is_refused) {
		const bool is_for_good = catalogue_conditions[v->condition].reply >= 500;
		row->disposition = STR("reject");
		return is_for_good && !s->is_dmarc_pass;
	}
	if (s->is_quarantined)
		row->disposition = STR("quarantine");
	else if (s->is_vouched_for)
		row->reason = STR("trusted_forwarder");
	else if (!s->is_dmarc_pass && s->dmarc.policy > DMARC_NONE)
		row->reason = s->settings->dmarc == CHECK_REFUSE ? STR("sampled_out")
								 : STR("local_policy");
	return true;
}

static struct str
signatures_of(struct check_session *s)
{
	struct buf out;
	buf_init(&out, TALLY_TEXT_BYTES_MAX);
	for (size_t i = 0; i < s->dkim->count && i < SIGNATURES_TOLD; i++) {
		const struct dkim_signature *const one = &s->dkim->signatures[i];
		if (one->domain.len == 0 || one->selector.len == 0 || one->selector.len > 64)
			continue;
		if (out.len > 0)
			buf_add_char(&out, '\n');
		buf_add(&out, one->domain);
		buf_add_char(&out, ' ');
		buf_add(&out, one->selector);
		buf_add_char(&out, ' ');
		buf_add(&out, dkim_result_name(one->result));
	}
	const struct str text =
		arena_str(&s->mail.arena, buf_failed(&out) ? STR("") : buf_str(&out));
	buf_fini(&out);
	return text.len > 0 ? text : STR("");
}

void
tally_mail(struct check_session *s, const struct check_verdict *v)
{
	struct checks *const c = s->checks;
	const struct dmarc_record *const r = &s->dmarc.record;
	struct tally_row row = {.ip = str_of(s->ip_text),
		.is_spf_aligned = s->is_spf_aligned,
		.is_dkim_aligned = s->is_dkim_aligned,
		.header_from = str_of(s->dmarc.domain),
		.envelope_from = address_domain(s->sender),
		.spf_domain = s->spf_identity,
		.spf_scope = s->sender.len > 0 ? STR("mfrom") : STR("helo"),
		.spf_result = spf_result_name(s->spf_result)};
	if (!s->settings->has_tally || c->tally == NULL || s->dkim == NULL ||
		!s->dmarc.has_record || r->reports_to[0] == '\0' || !disposition_of(s, v, &row))
		return;
	row.dkim = signatures_of(s);
	const struct tally_policy policy = {.day = clock_wall_ms() / 1000 / TALLY_DAY_S,
		.domain = str_of(s->dmarc.at),
		.rua = str_of(r->reports_to),
		.policy = dmarc_policy_name(r->policy),
		.subdomain_policy = dmarc_policy_name(
			r->subdomain_policy != DMARC_NO_POLICY ? r->subdomain_policy : r->policy),
		.is_spf_strict = r->is_spf_strict,
		.is_dkim_strict = r->is_dkim_strict,
		.percent = r->percent};
	tally_add(c->tally, &policy, &row);
}
