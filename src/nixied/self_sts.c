/* What the domain wants of servers that send to it: MTA-STS (RFC 8461), and who is told: TLSRPT. */
#include "deliver/sts.h"
#include "nixied/self_check.h"

#include <event2/event.h>

#define MAX_AGE_S_LEAST 86400 /* below that a night without the web server ends the policy */

/* The record of `prefix` at the domain; NULL: the DNS could not tell. */
static const struct dns_answer *
ask(struct self *s, struct str prefix, const char *what)
{
	const struct str at = arena_join(s->arena, prefix, s->domain, STR_NONE);
	const struct dns_answer *const answer = lookup_ask(&s->lookup, DNS_TXT, at);
	if (answer != NULL && !dns_is_failure(answer->status))
		return answer;
	findings_add(s->findings, FINDING_WARNING, 0, "Try again later.",
		"%s: the DNS could not tell of %.*s", what, SHOWN(at));
	return NULL;
}

/* ---- the record ------------------------------------------------------------------------------ */

static bool
look_at_record(struct self *s)
{
	const struct dns_answer *const answer = ask(s, STR("_mta-sts."), "MTA-STS");
	struct str record = STR_NONE, id;
	size_t count = 0;
	if (answer == NULL)
		return false;
	for (size_t i = 0; i < answer->count; i++)
		if (sts_record_starts(answer->records[i].data)) {
			record = answer->records[i].data;
			count++;
		}
	if (count == 0) {
		findings_add(s->findings, FINDING_NOTE, 0,
			"Publish a policy and the TXT record that tells of it: "
			"nixied-self-check(8) "
			"shows both. "
			"DANE does the same where the domain has DNSSEC.",
			"%.*s has no MTA-STS policy: somebody on the way can have mail to it sent "
			"in clear",
			SHOWN(s->domain));
		return false;
	}
	const char *const wrong =
		count > 1 ? "there is more than one" : sts_record_parse(record, &id);
	if (wrong != NULL)
		findings_add(s->findings, FINDING_WRONG, 0,
			"Publish one TXT record there, \"v=STSv1; id=20261122\", with another id "
			"whenever the policy changes.",
			"MTA-STS: the record at _mta-sts.%.*s cannot be used: %s", SHOWN(s->domain),
			wrong);
	return wrong == NULL;
}

/* ---- the policy ------------------------------------------------------------------------------ */

struct fetched {
	struct self *self;
	struct sts_policy policy;
	const char *wrong; /* NULL: nothing */
	char words[HTTPS_WORDS_MAX];
};

static void
on_fetched(void *to, const struct https_answer *answer)
{
	struct fetched *const f = to;
	f->wrong = sts_answer_parse(answer, &f->policy, f->words);
	for (size_t i = 0; f->wrong == NULL && i < f->policy.mx_count; i++)
		f->policy.mx[i] = arena_str(f->self->arena, f->policy.mx[i]);
	event_base_loopbreak(f->self->lookup.base);
}

static bool
fetch(struct self *s, struct fetched *f)
{
	const struct config_value *const v = s->config->values;
	const struct sts_options options = {.base = s->lookup.base,
		.dns = s->lookup.dns,
		.tls = s->tls,
		.port = (unsigned)v[SETTING_mta_sts_port].number,
		.timeout_ms = 1000 * v[SETTING_connect_timeout].number};
	*f = (struct fetched){.self = s, .wrong = "memory ran out"};
	if (sts_get(&options, s->domain, on_fetched, f) != NULL)
		event_base_dispatch(s->lookup.base);
	if (f->wrong == NULL && !arena_failed(s->arena))
		return true;
	findings_add(s->findings, FINDING_WRONG, 0,
		"Have it served there as text/plain, by a server with a certificate for that name, "
		"and without a redirect. Until then others take it that there is none, or that "
		"what they have of before stands.",
		"MTA-STS: the policy at https://mta-sts.%.*s" STS_PATH " cannot be used: %s",
		SHOWN(s->domain), f->wrong != NULL ? f->wrong : "memory ran out");
	return false;
}

static void
look_at_mode(struct self *s, const struct sts_policy *p)
{
	if (p->mode == STS_NONE)
		findings_add(s->findings, FINDING_NOTE, 0,
			"It is for giving MTA-STS up: when max_age of the policy before is over, "
			"take record and policy away. Else say mode: testing.",
			"MTA-STS: the policy of %.*s says that there is none (mode: none)",
			SHOWN(s->domain));
	else if (p->mode == STS_TESTING)
		findings_add(s->findings, FINDING_NOTE, 0,
			"When the reports (TLSRPT) tell of no trouble for some weeks, mode: "
			"enforce "
			"protects it.",
			"MTA-STS: the policy of %.*s is being tried (mode: testing), and protects "
			"nothing yet",
			SHOWN(s->domain));
	else
		findings_add(s->findings, FINDING_GOOD, 0, "",
			"MTA-STS: mail to %.*s goes encrypted, and to its own servers alone "
			"(mode: enforce)",
			SHOWN(s->domain));
	if (p->mode != STS_NONE && p->max_age_s < MAX_AGE_S_LEAST)
		findings_add(s->findings, FINDING_NOTE, 0,
			"Weeks (max_age: 2419200) are usual: it protects as long as others keep "
			"it.",
			"MTA-STS: others forget the policy of %.*s after %lld s", SHOWN(s->domain),
			(long long)p->max_age_s);
}

static void
look_at_coverage(struct self *s, const struct sts_policy *p)
{
	size_t named = 0;
	for (size_t i = 0; i < s->host_count; i++) {
		const struct str host = s->hosts[i].name;
		if (sts_policy_names(p, host)) {
			named++;
			continue;
		}
		findings_add(s->findings, p->mode == STS_ENFORCE ? FINDING_WRONG : FINDING_WARNING,
			0,
			"Add a line \"mx: NAME\" for it and change the id of the TXT record, or "
			"take the MX away.",
			"MTA-STS: the policy of %.*s does not name the MX %.*s: %s (D19)",
			SHOWN(s->domain), SHOWN(host),
			p->mode == STS_ENFORCE
				? "who heeds policies sends nothing there"
				: "with mode: enforce nobody who heeds policies would send there");
	}
	if (named > 0 && named == s->host_count)
		findings_add(s->findings, FINDING_GOOD, 0, "",
			"MTA-STS: the policy names every MX of %.*s", SHOWN(s->domain));
}

/* ---- who is told: RFC 8460 s3 ---------------------------------------------------------------- */

static void
look_at_reports(struct self *s, bool has_policy)
{
	const struct dns_answer *const answer = ask(s, STR("_smtp._tls."), "TLSRPT");
	size_t count = 0, with_address = 0;
	if (answer == NULL)
		return;
	for (size_t i = 0; i < answer->count; i++) {
		struct str rest = answer->records[i].data;
		if (!str_eq(str_trim(str_cut(&rest, ';')), STR("v=TLSRPTv1")))
			continue;
		count++;
		while (str_is_set(rest)) {
			const struct str field = str_trim(str_cut(&rest, ';'));
			with_address += str_starts(field, STR("rua=mailto:")) ||
					str_starts(field, STR("rua=https:"));
		}
	}
	if (count == 0 && has_policy)
		findings_add(s->findings, FINDING_NOTE, 0,
			"A TXT record there, \"v=TLSRPTv1; rua=mailto:ADDRESS\", has the large "
			"providers report each day whom the policy kept from sending.",
			"TLSRPT: there is no record at _smtp._tls.%.*s: nobody tells of mail that "
			"does not come",
			SHOWN(s->domain));
	else if (count > 1 || (count == 1 && with_address == 0))
		findings_add(s->findings, FINDING_WRONG, 0,
			"Publish one TXT record there, \"v=TLSRPTv1; rua=mailto:ADDRESS\".",
			"TLSRPT: the record at _smtp._tls.%.*s cannot be used: %s",
			SHOWN(s->domain), count > 1 ? "there is more than one" : "it has no rua");
	else if (count == 1)
		findings_add(s->findings, FINDING_GOOD, 0, "",
			"TLSRPT: others report trouble with encryption to the address of %.*s",
			SHOWN(s->domain));
}

void
self_sts(struct self *s)
{
	struct fetched f;
	const bool has_record = look_at_record(s);
	if (has_record && fetch(s, &f)) {
		look_at_mode(s, &f.policy);
		if (f.policy.mode != STS_NONE)
			look_at_coverage(s, &f.policy);
	}
	look_at_reports(s, has_record);
}
