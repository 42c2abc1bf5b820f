/* check_parts - what the server would stumble over when it starts, asked of those who will read it;
 * and words that would do nothing, without a word */
#include "check/settings.h"
#include "deliver/settings.h"
#include "dns/resolver.h"
#include "net/tls.h"
#include "nixied/check.h"
#include "smtp/path.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define START_FAILS "Mend it: the server does not start with it. nixied.conf(5) has its form."

static void
check_resolver_of(const struct config *config, struct findings *f)
{
	const struct dns_settings settings = {.servers = config->values[SETTING_dns_servers].text,
		.timeout_ms = config->values[SETTING_dns_timeout].number * 1000};
	const char *complaint = "not enough memory";
	struct event_base *const base = event_base_new();
	struct dns *const dns = base != NULL ? dns_new(base, &settings, &complaint) : NULL;
	if (dns == NULL)
		findings_add(f, FINDING_WRONG, config->values[SETTING_dns_servers].line,
			START_FAILS, "dns_servers: %s", complaint);
	else
		dns_free(dns);
	if (base != NULL)
		event_base_free(base);
}

static void
check_lists(const struct config *config, struct findings *f)
{
	static const enum config_setting lists[] = {
		SETTING_dnsbl, SETTING_rhsbl, SETTING_dnswl, SETTING_uribl};
	char words[SETTINGS_WORDS_MAX] = "";
	unsigned line = 0;
	struct check_settings *const s = settings_new(config, words);
	settings_release(s);
	if (s != NULL)
		return;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (str_starts(str_of(words), config_row(lists[i]).name))
			line = config->values[lists[i]].line;
	findings_add(f, FINDING_WRONG, line, START_FAILS, "%s", words);
}

static void
check_delivery(const struct config *config, struct findings *f)
{
	const struct config_value *const v = config->values;
	const struct str user = v[SETTING_pipe_user].text;
	struct deliver_settings settings;
	char name[256];
	const struct str wrong =
		local_delivery_parse(v[SETTING_local_delivery].text, f->arena, &settings);
	if (str_is_set(wrong))
		findings_add(f, FINDING_WRONG, v[SETTING_local_delivery].line, START_FAILS,
			"local_delivery: %.*s", SHOWN(wrong));
	snprintf(name, sizeof name, "%.*s", SHOWN(user));
	if (user.len == 0)
		return;
	if (getpwnam(name) == NULL)
		findings_add(f, FINDING_WRONG, v[SETTING_pipe_user].line,
			"Make the user (useradd --system NAME), or name another.",
			"pipe_user: there is no user %s", name);
	else if (!str_is_set(wrong) && settings.local != LOCAL_PIPE)
		findings_add(f, FINDING_NOTE, v[SETTING_pipe_user].line,
			"Write  local_delivery = pipe:COMMAND  if one is meant.",
			"pipe_user does nothing: local_delivery names no command");
}

static void
check_rejects_folder(const struct config *config, struct findings *f)
{
	const struct config_value *const v = &config->values[SETTING_rejects_folder];
	if (v->text.len > 0 && !str_eq(config->values[SETTING_local_delivery].text, STR("maildir")))
		findings_add(f, FINDING_WRONG, v->line,
			"Take it out; nixied rejects shows what keep_rejects keeps.",
			"rejects_folder does nothing: the mailboxes are not here (local_delivery)");
}

/* ---- the addresses that mail is sent from ---- */

static void
check_source(
	const struct config *config, enum config_setting setting, int family, struct findings *f)
{
	const struct config_value *const v = &config->values[setting];
	const struct str name = config_row(setting).name;
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	const bool is_v4 = family == AF_INET;
	char text[INET6_ADDRSTRLEN];
	if (v->text.len == 0)
		return;
	snprintf(text, sizeof text, "%.*s", SHOWN(v->text));
	if (v->text.len >= sizeof text ||
		inet_pton(family, text, is_v4 ? (void *)&v4.sin_addr : &v6.sin6_addr) != 1) {
		findings_add(f, FINDING_WRONG, v->line,
			is_v4 ? "Write an address such as 192.0.2.25."
			      : "Write an address such as 2001:db8::25.",
			"%.*s: %.*s is no address of that kind, and the system chooses one",
			SHOWN(name), SHOWN(v->text));
		return;
	}
	const int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return; /* that family is not here */
	if (bind(fd, is_v4 ? (const void *)&v4 : &v6, is_v4 ? sizeof v4 : sizeof v6) != 0 &&
		errno == EADDRNOTAVAIL)
		findings_add(f, FINDING_WRONG, v->line,
			"ip address  shows those of this machine; behind a router it is the inner "
			"one.",
			"%.*s: %s is no address of this machine: no mail can be sent from it",
			SHOWN(name), text);
	close(fd);
}

/* ---- lists of domains ---- */

/* A comma between two domains makes one name of both, which nobody has. */
static void
check_domains(const struct config *config, enum config_setting setting, bool has_addresses,
	struct findings *f)
{
	const struct config_value *const v = &config->values[setting];
	struct str rest = v->text;
	for (struct str word; (word = str_word(&rest)).len > 0;) {
		const size_t at = has_addresses ? str_behind_last(word, '@') : 0;
		const struct str domain = str_from(word, word.ptr[0] == '.' ? 1 : at);
		if (str_eq(word, STR("*")) || host_parse(domain, NULL) == HOST_NAME)
			continue;
		findings_add(f, FINDING_WRONG, v->line,
			has_addresses ? "Write domains and addresses with blanks between, and "
					"nothing else."
				      : "Write domains with blanks between, and nothing else.",
			"%.*s: \"%.*s\" is no domain%s, and does nothing",
			SHOWN(config_row(setting).name), SHOWN(word),
			has_addresses ? " and no address" : "");
	}
}

/* Those that others' certificates are measured by. */
static void
check_authorities(const struct config *config, struct findings *f)
{
	const struct config_value *const v = &config->values[SETTING_tls_authorities];
	if (v->text.len == 0)
		return;
	SSL_CTX *const tls = tls_client_new(arena_str(f->arena, v->text).ptr);
	if (tls == NULL)
		findings_add(f, FINDING_WRONG, v->line,
			"Name a file of certificates (PEM) that the server's user can read.",
			"tls_authorities = %.*s: no certificates can be read from it, and the "
			"server does not start",
			SHOWN(v->text));
	SSL_CTX_free(tls);
}

void
check_parts(const struct config *config, struct findings *f)
{
	static const enum config_setting domains[] = {SETTING_tls_required_to,
		SETTING_tls_verified_to, SETTING_dkim_required, SETTING_arc_trusted};
	static const enum config_setting addresses[] = {
		SETTING_keep_rejects, SETTING_rejects_folder, SETTING_notify_refused_submissions};
	check_resolver_of(config, f);
	check_lists(config, f);
	check_delivery(config, f);
	check_authorities(config, f);
	check_rejects_folder(config, f);
	check_source(config, SETTING_source_ipv4, AF_INET, f);
	check_source(config, SETTING_source_ipv6, AF_INET6, f);
	for (size_t i = 0; i < sizeof domains / sizeof *domains; i++)
		check_domains(config, domains[i], false, f);
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		check_domains(config, addresses[i], true, f);
}
