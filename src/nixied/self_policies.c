/* What the domain says of its mail, and what lists say of it. */
#include "catalogue/catalogue.h"
#include "check/dkim_text.h"
#include "check/dmarc.h"
#include "check/lists.h"
#include "check/spf.h"
#include "nixied/self_check.h"

#include <stdio.h>
#include <time.h>

/* The kinds of lists in the catalogue that anybody may ask. */
#define PUBLIC_LIST STR("public dnsbl")

/* ---- SPF --------------------------------------------------------------------------------------
 */

static void
judge_spf(struct self *s, const struct spf *spf, const char *ip)
{
	const struct str result = spf_result_name(spf->result);
	switch (spf->result) {
	case SPF_PASS:
		findings_add(s->findings, FINDING_GOOD, 0, "",
			"SPF: %s may send for %.*s (%.*s; %u of %d look-ups)", ip, SHOWN(s->domain),
			SHOWN(spf->decided), spf->lookups, SPF_LOOKUPS_MAX);
		return;
	case SPF_NONE:
		findings_add(s->findings, FINDING_WRONG, 0,
			"Publish a TXT record at the domain, e.g. \"v=spf1 mx -all\".",
			"%.*s has no SPF record: Gmail, Yahoo and others refuse or file as spam "
			"what "
			"comes from it",
			SHOWN(s->domain));
		return;
	case SPF_TEMPERROR:
		findings_add(s->findings, FINDING_WARNING, 0, "Try again later.",
			"SPF: the DNS could not tell (%.*s)", SHOWN(spf->decided));
		return;
	case SPF_PERMERROR:
		findings_add(s->findings, FINDING_WRONG, 0,
			"Mend the record; one record a domain, ten look-ups at most (RFC 7208 "
			"s4.6.4).",
			"SPF: the record of %.*s cannot be used: %.*s", SHOWN(spf->decided_at),
			SHOWN(spf->decided));
		return;
	default:
		findings_add(s->findings, FINDING_WRONG, 0,
			"Add the address (ip4:, ip6:), or mx or a:HOST, to the record.",
			"SPF: mail of %.*s from %s gets \"%.*s\" (%.*s in the record of %.*s): "
			"others "
			"refuse it or file it as spam (C21)",
			SHOWN(s->domain), ip, SHOWN(result), SHOWN(spf->decided),
			SHOWN(spf->decided_at));
	}
}

static void
look_at_spf(struct self *s, const struct ip *ip)
{
	char text[IP_TEXT_BYTES];
	struct spf spf;
	ip_text(ip, text);
	const struct spf_question question = {
		.ip = *ip,
		.sender = arena_join(s->arena, STR("postmaster@"), s->domain, STR_NONE),
		.helo = s->host,
		.receiver = s->host,
		.now_s = (int64_t)time(NULL),
	};
	bool more = spf_begin(&spf, &question);
	while (more) {
		const struct dns_answer *const answer =
			lookup_ask(&s->lookup, spf.ask.type, spf.ask.name);
		if (answer == NULL)
			break;
		more = spf_step(&spf, answer);
	}
	if (!more)
		judge_spf(s, &spf, text);
	spf_fini(&spf);
}

/* ---- DKIM -------------------------------------------------------------------------------------
 */

static void
look_at_key(struct self *s, struct str selector)
{
	const struct str at = arena_join(s->arena, selector, STR("._domainkey."), s->domain);
	const struct dns_answer *const answer = lookup_ask(&s->lookup, DNS_TXT, at);
	struct dkim_tags tags;
	if (answer == NULL || dns_is_failure(answer->status)) {
		findings_add(s->findings, FINDING_WARNING, 0, "Try again later.",
			"DKIM: the DNS could not tell of %.*s", SHOWN(at));
		return;
	}
	if (answer->count == 0) {
		findings_add(s->findings, FINDING_WRONG, 0,
			"Publish the record that belongs to the key the mail is signed with.",
			"DKIM: there is no key at %.*s: every signature that names it fails",
			SHOWN(at));
		return;
	}
	for (size_t i = 0; i < answer->count; i++) {
		if (!dkim_tags_parse(answer->records[i].data, &tags))
			continue;
		if (dkim_tag(&tags, STR("p")).len == 0)
			continue;
		findings_add(s->findings, FINDING_GOOD, 0, "", "DKIM: %.*s has a key", SHOWN(at));
		if (dkim_list_has(dkim_tag(&tags, STR("t")), STR("y")))
			findings_add(s->findings, FINDING_NOTE, 0,
				"Take t=y out when the trial is over.",
				"DKIM: the key at %.*s is marked as a trial (t=y)", SHOWN(at));
		return;
	}
	findings_add(s->findings, FINDING_WRONG, 0,
		"Publish v=DKIM1; k=rsa; p=KEY there, in one TXT record.",
		"DKIM: the record at %.*s has no key: it was withdrawn, or is cut short",
		SHOWN(at));
}

/* ---- DMARC ------------------------------------------------------------------------------------
 */

static void
look_at_dmarc(struct self *s)
{
	struct dmarc_find find;
	bool more = dmarc_find_begin(&find, s->domain);
	while (more) {
		const struct dns_answer *const answer =
			lookup_ask(&s->lookup, find.ask.type, find.ask.name);
		if (answer == NULL)
			return;
		more = dmarc_find_step(&find, answer);
	}
	if (find.has_failed)
		findings_add(s->findings, FINDING_WARNING, 0, "Try again later.",
			"DMARC: the DNS could not tell the policy of %.*s", SHOWN(s->domain));
	else if (!find.has_record)
		findings_add(s->findings, FINDING_WARNING, 0,
			"Publish a TXT record at _dmarc.DOMAIN, to begin with \"v=DMARC1; "
			"p=none\".",
			"%.*s has no DMARC policy: Gmail and Yahoo ask for one of who sends much",
			SHOWN(s->domain));
	else if (find.policy == DMARC_NONE)
		findings_add(s->findings, FINDING_NOTE, 0,
			"When SPF and DKIM pass for all its mail, p=quarantine or p=reject "
			"protects it "
			"from forgers.",
			"DMARC: the policy of %.*s is p=none (record of %s)", SHOWN(s->domain),
			find.at);
	else
		findings_add(s->findings, FINDING_GOOD, 0, "", "DMARC: the policy of %.*s is p=%s",
			SHOWN(s->domain), find.policy == DMARC_REJECT ? "reject" : "quarantine");
}

void
self_policies(struct self *s)
{
	for (size_t i = 0; i < s->sender_count; i++)
		look_at_spf(s, &s->senders[i]);
	for (size_t i = 0; i < s->selector_count; i++)
		look_at_key(s, s->selectors[i]);
	if (s->selector_count == 0)
		findings_add(s->findings, FINDING_NOTE, 0,
			"Name the selector (s= in the DKIM-Signature of a mail) with --selector.",
			"DKIM was not looked at: no selector was named");
	look_at_dmarc(s);
}

/* ---- lists ------------------------------------------------------------------------------------
 */

struct tally {
	size_t asked, listed, silent;
};

/* One list, one address or domain; the words of who is listed are "192.0.2.1" or the domain. */
static void
ask_list(struct self *s, struct list_check *c, bool more, const char *who, struct tally *tally)
{
	char room[LIST_WORDS_BYTES_MAX + 1];
	while (more) {
		const struct dns_answer *const answer =
			lookup_ask(&s->lookup, c->ask.type, c->ask.name);
		if (answer == NULL)
			return;
		more = list_check_step(c, answer);
	}
	tally->asked++;
	if (c->result == LIST_IS_LISTED) {
		const struct str name = list_shown(c->list);
		tally->listed++;
		findings_add(s->findings, FINDING_WRONG, 0,
			"Find out why first (an infected machine, a stolen password, a "
			"newsletter), "
			"then ask the list to take it off.",
			"%s is listed by %.*s: %.*s", who, SHOWN(name),
			SHOWN(list_words(c->list, str_of(c->text), room)));
	} else if (c->result != LIST_IS_CLEAN) {
		tally->silent++;
	}
}

static void
ask_lists(struct self *s, const struct lists *lists, enum list_kind kind, struct tally *tally)
{
	struct list_check c;
	for (size_t i = 0; i < lists->count; i++) {
		for (size_t j = 0; kind == LIST_OF_IPS && j < s->sender_count; j++) {
			char text[IP_TEXT_BYTES];
			ip_text(&s->senders[j], text);
			const bool more = list_check_ip(&c, &lists->list[i], kind, &s->senders[j]);
			ask_list(s, &c, more, text, tally);
		}
		if (kind == LIST_OF_DOMAINS) {
			const struct str who = arena_str(s->arena, s->domain);
			const bool more = list_check_domain(&c, &lists->list[i], s->domain);
			ask_list(s, &c, more, who.ptr, tally);
		}
	}
}

static bool
has_zone(const struct lists *lists, struct str zone)
{
	for (size_t i = 0; i < lists->count; i++)
		if (str_eq_case(str_of(lists->list[i].zone), zone))
			return true;
	return false;
}

/* Those of the catalogue that anybody may ask and that are not in the configuration. */
static void
ask_public(struct self *s, const struct lists *ours, struct tally *tally)
{
	for (size_t i = 0; i < CATALOGUE_BLOCKLISTS; i++) {
		const struct blocklist_row *const row = &catalogue_blocklists[i];
		const struct str zone = catalogue_text(row->match);
		struct lists one;
		struct str wrong;
		if (row->is_dead || row->is_allow ||
			!str_starts(catalogue_text(row->kind), PUBLIC_LIST) ||
			!str_eq(catalogue_text(row->lists), STR("ip")) || has_zone(ours, zone) ||
			!lists_parse(zone, &one, &wrong))
			continue;
		ask_lists(s, &one, LIST_OF_IPS, tally);
	}
}

void
self_lists(struct self *s)
{
	static struct lists ips, domains;
	struct tally tally = {0};
	struct str wrong;
	/* nixied check tells of what is wrong in these settings. */
	if (!lists_parse(s->config->values[SETTING_dnsbl].text, &ips, &wrong))
		ips.count = 0;
	if (!lists_parse(s->config->values[SETTING_rhsbl].text, &domains, &wrong))
		domains.count = 0;
	ask_lists(s, &ips, LIST_OF_IPS, &tally);
	ask_lists(s, &domains, LIST_OF_DOMAINS, &tally);
	ask_public(s, &ips, &tally);
	if (tally.asked > 0 && tally.listed == 0 && tally.silent < tally.asked)
		findings_add(s->findings, FINDING_GOOD, 0, "",
			"on none of the %zu lists that answer", tally.asked - tally.silent);
	if (tally.silent > 0)
		findings_add(s->findings, FINDING_NOTE, 0,
			"Lists answer to a resolver of your own, not to the large public ones.",
			"%zu of %zu questions to lists got no answer that can be used",
			tally.silent, tally.asked);
}
