/* check_settings - what the settings say against each other, and against the world's customs */
#include "base/net.h"
#include "nixied/check.h"
#include "receive/listener_settings.h"

#include <stdarg.h>
#include <stdio.h>

#define WORDS_BYTES_MAX 1500

/* ---- who can come to an address ---- */

enum reach
net_reach(const struct net *net)
{
	static const struct {
		struct str text;
		enum reach reach;
	} known[] = {
		{STR_INIT("127.0.0.0/8"), REACH_HOST},
		{STR_INIT("::1/128"), REACH_HOST},
		{STR_INIT("10.0.0.0/8"), REACH_PRIVATE},
		{STR_INIT("172.16.0.0/12"), REACH_PRIVATE},
		{STR_INIT("192.168.0.0/16"), REACH_PRIVATE},
		{STR_INIT("100.64.0.0/10"), REACH_PRIVATE},
		{STR_INIT("169.254.0.0/16"), REACH_PRIVATE},
		{STR_INIT("fc00::/7"), REACH_PRIVATE},
		{STR_INIT("fe80::/10"), REACH_PRIVATE},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct net wide;
		if (net_parse(known[i].text, &wide) == NET_OK && net->bits >= wide.bits &&
			net_has(&wide, &net->first))
			return known[i].reach;
	}
	return REACH_WORLD;
}

enum reach
address_reach(struct str address)
{
	if (str_starts(address, STR("/")) || str_starts(address, STR("unix:")))
		return REACH_FILE;
	size_t colon = address.len;
	while (colon > 0 && address.ptr[colon - 1] != ':')
		colon--;
	struct str host = str_head(address, colon > 0 ? colon - 1 : 0);
	host = str_unwrap(host, '[', ']');
	struct net net;
	if (str_eq_case(host, STR("localhost")))
		return REACH_HOST;
	return net_parse(host, &net) == NET_OK ? net_reach(&net) : REACH_WORLD;
}

/* ---- one listener ---- */

static int64_t
number(const struct config_listener *l, enum config_setting s)
{
	return l->values[s].number;
}

/* Where to point at: the setting's line, else that of the listener. */
static unsigned
line_of(const struct config_listener *l, enum config_setting s)
{
	return l->values[s].line != 0 ? l->values[s].line : l->line;
}

static struct str
port_of(struct str address)
{
	size_t colon = address.len;
	while (colon > 0 && address.ptr[colon - 1] != ':')
		colon--;
	return str_from(address, colon);
}

static void
check_tls_of(const struct config_listener *l, const struct smtp_settings *s, struct findings *f)
{
	const enum listener_tls tls = listener_tls(l);
	const bool has_certificate = l->values[SETTING_tls_certificate].text.len > 0;
	const enum reach reach = address_reach(l->values[SETTING_address].text);
	const unsigned line = line_of(l, SETTING_tls);
	const struct str port = port_of(l->values[SETTING_address].text);
	if (!has_certificate && (tls == TLS_REQUIRED || tls == TLS_IMMEDIATE))
		findings_add(f, FINDING_WRONG, line,
			"Name the files of a certificate in tls_certificate and tls_key; "
			"certbot(1) gets one for nothing. On a net of your own, tls = off may do.",
			"the listener %.*s wants TLS and has no certificate: nobody can use it",
			SHOWN(l->name));
	else if (!has_certificate && tls == TLS_OFFERED && reach == REACH_WORLD)
		findings_add(f, FINDING_WARNING, line,
			"Name the files of a certificate in tls_certificate and tls_key.",
			"the listener %.*s has no certificate: mail comes unencrypted, and some "
			"servers refuse to send it so",
			SHOWN(l->name));
	if (tls == TLS_OFF && reach == REACH_WORLD)
		findings_add(f, FINDING_WARNING, line, "Leave tls out, and name a certificate.",
			"the listener %.*s, which the world can reach, has TLS switched off",
			SHOWN(l->name));
	if (str_eq(port, STR("465")) && tls != TLS_IMMEDIATE)
		findings_add(f, FINDING_WARNING, line, "Write  tls = immediate  there.",
			"the listener %.*s waits on port 465, where clients begin with TLS",
			SHOWN(l->name));
	if ((str_eq(port, STR("25")) || str_eq(port, STR("587"))) && tls == TLS_IMMEDIATE)
		findings_add(f, FINDING_WARNING, line,
			"Write  tls = offered  on port 25, required on 587.",
			"the listener %.*s begins with TLS on a port where clients expect a "
			"greeting",
			SHOWN(l->name));
	if (s->kind == LISTENER_MX && tls == TLS_REQUIRED && str_eq(port, STR("25")))
		findings_add(f, FINDING_WARNING, line, "Write  tls = offered.",
			"the listener %.*s takes no mail without TLS: RFC 3207 forbids that on "
			"port 25, and some servers cannot send to it",
			SHOWN(l->name));
}

static void
check_auth_of(const struct config_listener *l, const struct smtp_settings *s, struct findings *f)
{
	const enum reach reach = address_reach(l->values[SETTING_address].text);
	const bool has_tls =
		listener_tls(l) != TLS_OFF && l->values[SETTING_tls_certificate].text.len > 0;
	if (s->auth_in_clear && reach == REACH_WORLD)
		findings_add(f, FINDING_WARNING, line_of(l, SETTING_auth_without_tls),
			"Take auth_without_tls away, and name a certificate.",
			"auth_without_tls: whoever is on the way can read the passwords that "
			"come to the listener %.*s",
			SHOWN(l->name));
	if (s->needs_auth && !has_tls && !s->auth_in_clear && listener_tls(l) == TLS_OFF)
		findings_add(f, FINDING_WRONG, line_of(l, SETTING_tls),
			"Name a certificate and leave tls out; on a net of your own, "
			"auth_without_tls = yes may do.",
			"the listener %.*s wants a login, and none is possible without TLS",
			SHOWN(l->name));
	if (s->needs_auth && s->kind == LISTENER_MX &&
		str_eq(port_of(l->values[SETTING_address].text), STR("25")))
		findings_add(f, FINDING_WARNING, line_of(l, SETTING_require_auth),
			"Take require_auth away there; a listener of kind submission is for users.",
			"the listener %.*s asks for a login on port 25: other servers have none, "
			"so that no mail comes in from outside",
			SHOWN(l->name));
	if (number(l, SETTING_sending_identities) == 0 && (s->offers & EXTENSION_AUTH) != 0)
		findings_add(f, FINDING_WARNING, line_of(l, SETTING_sending_identities),
			"Take it away, and give an account further addresses with "
			"`nixied admin identity add`.",
			"sending_identities = no: whoever can sign in at the listener %.*s can "
			"send in the name of everybody",
			SHOWN(l->name));
}

static void
check_trusted(const struct config_listener *l, enum config_setting s, struct findings *f)
{
	struct str words = l->values[s].text, word;
	while ((word = str_word(&words)).len > 0) {
		struct net net;
		if (net_parse(word, &net) == NET_OK && net_reach(&net) == REACH_WORLD &&
			net.bits < (ip_is_v4(&net.first) && net.bits >= 96 ? 96 + 16 : 32))
			findings_add(f, FINDING_WARNING, line_of(l, s),
				"Name the addresses of your proxies alone.",
				"%s = %.*s at the listener %.*s: whoever is in there can pretend "
				"to be any client",
				config_row(s).name.ptr, SHOWN(word), SHOWN(l->name));
	}
}

static void
check_listener(const struct config *config, const struct config_listener *l, struct findings *f)
{
	struct smtp_settings s;
	listener_settings(config, l, &s);
	check_tls_of(l, &s, f);
	check_auth_of(l, &s, f);
	check_trusted(l, SETTING_proxies, f);
	check_trusted(l, SETTING_xclient, f);
	if (s.refuses_null_sender)
		findings_add(f, FINDING_WARNING, line_of(l, SETTING_allow_null_sender),
			"Take it away: RFC 5321 s4.5.5 wants the null sender to be taken.",
			"allow_null_sender = no at the listener %.*s: your users never learn that "
			"their mail came back (C30)",
			SHOWN(l->name));
	if (s.kind == LISTENER_LMTP &&
		address_reach(l->values[SETTING_address].text) == REACH_WORLD)
		findings_add(f, FINDING_WARNING, line_of(l, SETTING_address),
			"Let it wait on 127.0.0.1 or on a socket of the file system.",
			"the listener %.*s speaks LMTP, which is for programs of one's own, and "
			"the world can reach it",
			SHOWN(l->name));
	if (number(l, SETTING_require_auth_for_local_senders) == 0 && s.kind == LISTENER_MX)
		findings_add(f, FINDING_NOTE, line_of(l, SETTING_require_auth_for_local_senders),
			"Take it away, unless others may send in the name of your domains.",
			"require_auth_for_local_senders = no: strangers can write to your users in "
			"the name of your users at the listener %.*s",
			SHOWN(l->name));
}

/* ---- the whole ---- */

/* Port 0: the system gives each listener one of its own. */
static bool
any_port(struct str address)
{
	return str_ends_case(address, STR(":0"));
}

static void
check_addresses(const struct config *config, struct findings *f)
{
	bool takes_mail = false;
	for (size_t i = 0; i < config->listener_count; i++) {
		const struct config_listener *const l = &config->listeners[i];
		takes_mail |= number(l, SETTING_kind) == LISTENER_MX;
		for (size_t k = 0; k < i; k++)
			if (str_eq(l->values[SETTING_address].text,
				    config->listeners[k].values[SETTING_address].text) &&
				!any_port(l->values[SETTING_address].text))
				findings_add(f, FINDING_WRONG, line_of(l, SETTING_address),
					"Give each listener an address of its own.",
					"the listeners %.*s and %.*s wait at the same address",
					SHOWN(config->listeners[k].name), SHOWN(l->name));
	}
	if (config->listener_count == 0)
		findings_add(f, FINDING_WRONG, 0,
			"Write  listener mx { ... address = 0.0.0.0:25 ... }.",
			"there is no listener: no mail can come in");
	else if (!takes_mail)
		findings_add(f, FINDING_NOTE, 0,
			"Add  listener mx { ... address = 0.0.0.0:25 ... }, if it should.",
			"there is no listener of kind smtp: no mail comes in from outside");
}

static void
check_times(const struct config *config, struct findings *f)
{
	static const struct {
		enum config_setting shorter, longer;
		const char *why;
	} orders[] = {
		{SETTING_retry_first, SETTING_retry_longest,
			"the first pause is longer than the longest"},
		{SETTING_retry_longest, SETTING_queue_lifetime,
			"a message is given up before it was tried a second time"},
		{SETTING_report_lifetime, SETTING_queue_lifetime,
			"reports are tried longer than messages"},
		{SETTING_delay_notice, SETTING_queue_lifetime,
			"nobody hears of a delay before the message is given up"},
	};
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		const struct config_value *const a = &config->values[orders[i].shorter];
		const struct config_value *const b = &config->values[orders[i].longer];
		if (a->number > b->number)
			findings_add(f, FINDING_WARNING, a->line != 0 ? a->line : b->line,
				"Make the one shorter or the other longer.",
				"%s is more than %s: %s", config_row(orders[i].shorter).name.ptr,
				config_row(orders[i].longer).name.ptr, orders[i].why);
	}
}

static void
check_server(const struct config *config, struct findings *f)
{
	const struct config_value *const v = config->values;
	const struct str metrics = v[SETTING_metrics_address].text;
	if (v[SETTING_max_connections_per_client].number > v[SETTING_max_connections].number)
		findings_add(f, FINDING_NOTE, v[SETTING_max_connections_per_client].line,
			"Make it a part of max_connections.",
			"max_connections_per_client is more than max_connections: one client can "
			"take all of them");
	if (v[SETTING_confine].number == 0)
		findings_add(f, FINDING_WARNING, v[SETTING_confine].line,
			"Take it away when you know what was in the way.",
			"confine = no: a fault in the server would give an attacker all its files");
	if (v[SETTING_autoban].number == 0)
		findings_add(f, FINDING_WARNING, v[SETTING_autoban].line, "Take it away.",
			"autoban = 0: passwords can be guessed without end");
	if (v[SETTING_reply_marks].number == 0)
		findings_add(f, FINDING_NOTE, v[SETTING_reply_marks].line, "Take it away.",
			"reply_marks = no: whoever is refused has no reference to ask you by");
	if (v[SETTING_log_detail].number == 0)
		findings_add(f, FINDING_NOTE, v[SETTING_log_detail].line,
			"Say mail or all, or take it away.",
			"log_detail = trouble: nixied why cannot tell what was delivered");
	if (metrics.len > 0 && address_reach(metrics) == REACH_WORLD)
		findings_add(f, FINDING_WARNING, v[SETTING_metrics_address].line,
			"Let it wait on 127.0.0.1 or on an address of an inner net.",
			"metrics_address: the world can read the counters");
}

/* What DNSSEC proved to a resolver elsewhere, anybody on the way can write anew. */
static void
check_resolver(const struct config *config, struct findings *f)
{
	const struct config_value *const v = config->values;
	struct str rest = v[SETTING_dns_servers].text;
	if (v[SETTING_resolver_is_validating].number == 0)
		return;
	if (rest.len == 0)
		findings_add(f, FINDING_NOTE, v[SETTING_resolver_is_validating].line,
			"Say dns_servers = 127.0.0.1 (unbound or another that checks DNSSEC).",
			"resolver_is_validating = yes trusts whatever /etc/resolv.conf names");
	while (rest.len > 0) { /* blanks or commas between */
		size_t n = 0;
		while (n < rest.len && rest.ptr[n] != ',' &&
			!ascii_is_space((unsigned char)rest.ptr[n]))
			n++;
		const struct str server = str_head(rest, n);
		rest = str_from(rest, n < rest.len ? n + 1 : n);
		struct net net;
		if (server.len == 0)
			continue;
		const bool is_bare = net_parse(str_unwrap(server, '[', ']'), &net) == NET_OK;
		if ((is_bare ? net_reach(&net) : address_reach(server)) != REACH_HOST)
			findings_add(f, FINDING_WARNING, v[SETTING_resolver_is_validating].line,
				"Run a resolver on this host, or say no.",
				"resolver_is_validating = yes, and %.*s is not on this host: on "
				"the "
				"way here its answers can be forged",
				SHOWN(server));
	}
}

void
check_settings(const struct config *config, struct findings *f)
{
	check_addresses(config, f);
	for (size_t i = 0; i < config->listener_count; i++)
		check_listener(config, &config->listeners[i], f);
	check_times(config, f);
	check_server(config, f);
	check_resolver(config, f);
}
