/* Names and numbers: where the domain's mail goes, and who this server is to others. */
#include "check/origin.h"
#include "nixied/self_check.h"

#include <stdio.h>
#include <stdlib.h>

/* Can nobody outside reach it? */
static bool
is_inner(const struct ip *ip)
{
	const struct net net = {.first = *ip, .bits = 128};
	const enum reach reach = net_reach(&net);
	return reach == REACH_HOST || reach == REACH_PRIVATE;
}

void
self_addresses(struct self *s, struct str name, struct ip *list, size_t *count, size_t room,
	bool *has_failed, bool *has_cname)
{
	static const enum dns_type types[] = {DNS_A, DNS_AAAA};
	*has_failed = *has_cname = false;
	for (size_t t = 0; t < 2; t++) {
		const struct dns_answer *const answer = lookup_ask(&s->lookup, types[t], name);
		if (answer == NULL || dns_is_failure(answer->status))
			*has_failed = true;
		for (size_t i = 0; answer != NULL && i < answer->count && *count < room; i++)
			list[(*count)++] = dns_answer_ip(answer, i);
		*has_cname |= answer != NULL && answer->has_cname;
	}
}

/* ---- MX -------------------------------------------------------------------------------------- */

static int
by_preference(const void *a, const void *b)
{
	const struct self_host *const x = a, *const y = b;
	return (x->preference > y->preference) - (x->preference < y->preference);
}

static void
look_at_host(struct self *s, struct self_host *h)
{
	struct ip literal;
	bool has_failed, has_cname;
	if (ip_parse(h->name, &literal)) {
		findings_add(s->findings, FINDING_WRONG, 0,
			"Give the machine a name with an address record, and put the name there.",
			"the MX of %.*s is the address %.*s: it must be a name, and most servers "
			"find "
			"no host there",
			SHOWN(s->domain), SHOWN(h->name));
		return;
	}
	self_addresses(
		s, h->name, h->addresses, &h->count, SELF_ADDRESSES_MAX, &has_failed, &has_cname);
	if (has_cname)
		findings_add(s->findings, FINDING_WARNING, 0,
			"Put the name it leads to into the MX record (RFC 2181 s10.3).",
			"the MX %.*s is an alias (CNAME): some servers refuse to follow it",
			SHOWN(h->name));
	if (h->count == 0 && has_failed)
		findings_add(s->findings, FINDING_WARNING, 0, "Try again later.",
			"nobody could tell the address of the MX %.*s", SHOWN(h->name));
	else if (h->count == 0)
		findings_add(s->findings, FINDING_WRONG, 0,
			"Add its A or AAAA record, or take the MX away.",
			"the MX %.*s has no address: mail waits for it, and comes back after days",
			SHOWN(h->name));
	for (size_t i = 0; i < h->count; i++) {
		char text[IP_TEXT_BYTES];
		ip_text(&h->addresses[i], text);
		if (is_inner(&h->addresses[i]))
			findings_add(s->findings, FINDING_WARNING, 0,
				"Where this net has a DNS of its own, that is as it should be; "
				"name the "
				"public address in the one that the world asks.",
				"the MX %.*s leads to %s, an address that nobody outside can reach",
				SHOWN(h->name), text);
	}
}

static void
add_host(struct self *s, struct str name, uint32_t preference)
{
	if (s->host_count < SELF_HOSTS_MAX)
		s->hosts[s->host_count++] =
			(struct self_host){.name = name, .preference = preference};
}

static void
find_hosts(struct self *s, const struct dns_answer *mx)
{
	if (mx->status == DNS_NO_NAME || mx->status == DNS_BAD_NAME) {
		findings_add(s->findings, FINDING_WRONG, 0,
			"Mend its spelling; else register it, or see why its zone is not "
			"published.",
			"there is no domain %.*s: mail from it is refused, and none can be sent to "
			"it",
			SHOWN(s->domain));
		return;
	}
	if (mx->status == DNS_NO_DATA) {
		findings_add(s->findings, FINDING_NOTE, 0,
			"Add an MX record, so that mail does not hang on the web server's address.",
			"%.*s has no MX: mail goes to the address of the domain itself",
			SHOWN(s->domain));
		add_host(s, s->domain, 0);
	}
	for (size_t i = 0; i < mx->count; i++) {
		if (mx->records[i].data.len > 0)
			add_host(s, mx->records[i].data, mx->records[i].preference);
		else
			findings_add(s->findings, FINDING_WRONG, 0,
				"Name the mail server in the MX record.",
				"%.*s has a null MX: it tells the world that it takes no mail, and "
				"mail "
				"from it is refused (RFC 7505)",
				SHOWN(s->domain));
	}
	if (mx->count > SELF_HOSTS_MAX)
		findings_add(s->findings, FINDING_NOTE, 0, "Few servers try more than five.",
			"%.*s has %zu MX; the first %d were looked at", SHOWN(s->domain), mx->count,
			SELF_HOSTS_MAX);
}

static void
tell_hosts(struct self *s)
{
	for (size_t i = 0; i < s->host_count; i++) {
		const struct self_host *const h = &s->hosts[i];
		if (h->count > 0)
			findings_add(s->findings, FINDING_GOOD, 0, "",
				"mail for %.*s goes to %.*s (MX %u)", SHOWN(s->domain),
				SHOWN(h->name), (unsigned)h->preference);
	}
}

/* ---- who this server is -----------------------------------------------------------------------
 */

static void
find_senders(struct self *s)
{
	static const int said[] = {SETTING_source_ipv4, SETTING_source_ipv6};
	bool has_failed, has_cname;
	if (s->sender_count > 0)
		return; /* said by the caller */
	for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
		struct ip ip;
		if (ip_parse(s->config->values[said[i]].text, &ip))
			s->senders[s->sender_count++] = ip;
	}
	if (s->sender_count > 0)
		return;
	self_addresses(s, s->host, s->senders, &s->sender_count, SELF_ADDRESSES_MAX, &has_failed,
		&has_cname);
	if (s->sender_count == 0 && has_failed)
		findings_add(s->findings, FINDING_WARNING, 0, "Try again later.",
			"nobody could tell the address of this server's name, %.*s",
			SHOWN(s->host));
	else if (s->sender_count == 0)
		findings_add(s->findings, FINDING_WRONG, 0,
			"Add an A or AAAA record for it, or set hostname to a name that has one.",
			"this server calls itself %.*s, and that name has no address: others "
			"refuse "
			"it (\"Invalid host name in HELO command\", C33)",
			SHOWN(s->host));
}

/* Does a name that the reverse DNS gives lead back to the address? */
static bool
leads_back(struct self *s, struct str name, const struct ip *ip)
{
	struct ip list[SELF_ADDRESSES_MAX];
	size_t count = 0;
	bool has_failed, has_cname;
	self_addresses(s, name, list, &count, SELF_ADDRESSES_MAX, &has_failed, &has_cname);
	for (size_t i = 0; i < count; i++)
		if (memcmp(list[i].bytes, ip->bytes, sizeof ip->bytes) == 0)
			return true;
	return false;
}

static void
look_at_sender(struct self *s, const struct ip *ip)
{
	char text[IP_TEXT_BYTES], room[DNS_NAME_BYTES_MAX + 1];
	ip_text(ip, text);
	if (is_inner(ip))
		findings_add(s->findings, FINDING_NOTE, 0,
			"Name the address that others see with --address.",
			"%s is not the address that others see of this server", text);
	const struct dns_answer *const ptr =
		lookup_ask(&s->lookup, DNS_PTR, dns_reverse_name(ip, STR_NONE, room));
	if (ptr == NULL || dns_is_failure(ptr->status)) {
		findings_add(s->findings, FINDING_WARNING, 0, "Try again later.",
			"nobody could tell the reverse DNS of %s", text);
		return;
	}
	if (ptr->count == 0) {
		findings_add(s->findings, FINDING_WRONG, 0,
			"Whoever gives you the address (provider, hosting company) sets it: ask "
			"them "
			"to make it the name in hostname.",
			"%s has no reverse DNS: large providers refuse mail from it (5.7.25)",
			text);
		return;
	}
	for (size_t i = 0; i < ptr->count; i++) {
		const struct str name = ptr->records[i].data;
		if (!leads_back(s, name, ip))
			continue;
		if (str_eq_case(name, s->host))
			findings_add(s->findings, FINDING_GOOD, 0, "",
				"the reverse DNS of %s is %.*s, and leads back", text, SHOWN(name));
		else
			findings_add(s->findings, FINDING_NOTE, 0,
				"Where it can be, give both the same name.",
				"the reverse DNS of %s is %.*s, this server calls itself %.*s",
				text, SHOWN(name), SHOWN(s->host));
		return;
	}
	findings_add(s->findings, FINDING_WRONG, 0,
		"Give that name this address, or have the reverse DNS changed to a name that has "
		"it.",
		"the reverse DNS of %s is %.*s, which does not have that address: others take it "
		"for "
		"forged (5.7.25)",
		text, SHOWN(ptr->records[0].data));
}

/* Is the name in HELO that of the address? Others compare the two. */
static void
look_at_helo(struct self *s)
{
	for (size_t i = 0; i < s->sender_count; i++) {
		char text[IP_TEXT_BYTES];
		ip_text(&s->senders[i], text);
		if (leads_back(s, s->host, &s->senders[i]))
			findings_add(s->findings, FINDING_GOOD, 0, "",
				"the name in HELO, %.*s, has the address %s", SHOWN(s->host), text);
		else
			findings_add(s->findings, FINDING_WRONG, 0,
				"Give the name this address in the DNS, or send from another one "
				"(source_ipv4, source_ipv6).",
				"mail is sent from %s, but the name in HELO, %.*s, does not have "
				"that "
				"address: others refuse it (C33)",
				text, SHOWN(s->host));
	}
}

bool
self_names(struct self *s)
{
	const struct dns_answer *const mx = lookup_ask(&s->lookup, DNS_MX, s->domain);
	if (mx == NULL || dns_is_failure(mx->status)) {
		const struct str why = mx == NULL ? STR("no memory") : dns_status_name(mx->status);
		findings_add(s->findings, FINDING_WRONG, 0,
			"Ask another resolver (dns_servers); when that fails too, the servers of "
			"the "
			"domain's zone are at fault: see who runs them.",
			"the DNS does not tell the MX of %.*s (%.*s)", SHOWN(s->domain),
			SHOWN(why));
		return false;
	}
	find_hosts(s, mx);
	qsort(s->hosts, s->host_count, sizeof *s->hosts, by_preference);
	for (size_t i = 0; i < s->host_count; i++)
		look_at_host(s, &s->hosts[i]);
	tell_hosts(s);
	find_senders(s);
	for (size_t i = 0; i < s->sender_count; i++)
		look_at_sender(s, &s->senders[i]);
	look_at_helo(s);
	return mx->status != DNS_NO_NAME && mx->status != DNS_BAD_NAME;
}
