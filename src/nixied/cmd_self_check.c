/* nixied self-check - what others see of a domain, its servers and this one */
#include "nixied/options.h"
#include "nixied/self_check.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
	"Usage: nixied self-check [OPTION]... DOMAIN|ADDRESS\n"
	"Asks as other servers do whether mail from a domain is welcome and mail to it arrives: "
	"MX,\n"
	"reverse DNS, the name in HELO, SPF, DKIM, DMARC, blocklists, the policy for mail to it\n"
	"(MTA-STS), and a session with each of its mail servers (the null sender, postmaster, "
	"TLS,\n"
	"relaying). No mail is sent. With an address, it is verified as others verify a sender.\n"
	"Exit status: 0 nothing is wrong, 1 something is.\n\n"
	"  -a, --address IP     the address others see mail come from; else source_ipv4 and\n"
	"                       source_ipv6, else what the DNS has for hostname. Several times\n"
	"  -s, --selector NAME  a selector that mail is signed with (DKIM). Several times\n"
	"  -p, --port PORT      the port of the mail servers (25)\n"
	"  -c, --config FILE    the configuration; else $NIXIED_CONF, else " NIXIED_CONF_DEFAULT
	"\n"
	"  -h, --help           this help\n";

static bool
fault(const char *what, const char *why)
{
	return option_fault("self-check", what, why);
}

static bool
take_address(struct self *s, const char *text)
{
	struct ip ip;
	if (!ip_parse(str_of(text), &ip))
		return fault(text, "is no IP address");
	if (s->sender_count == SELF_ADDRESSES_MAX)
		return fault(text, "16 addresses are enough");
	s->senders[s->sender_count++] = ip;
	return true;
}

static bool
take_selector(struct self *s, const char *text)
{
	if (s->selector_count == SELF_SELECTORS_MAX)
		return fault(text, "16 selectors are enough");
	s->selectors[s->selector_count++] = str_of(text);
	return true;
}

static bool
take_port(struct self *s, const char *text)
{
	char *end;
	const unsigned long n = strtoul(text, &end, 10);
	if (!ascii_is_digit(text[0]) || *end != '\0' || n == 0 || n > 65535)
		return fault(text, "is no port: 1 to 65535");
	s->port = (unsigned)n;
	return true;
}

/* "u@example.org" or "example.org" */
static bool
take_operand(struct self *s, const char *text)
{
	const char *const at = strrchr(text, '@');
	s->domain = str_of(at == NULL ? text : at + 1);
	s->address = at == NULL ? STR_NONE : str_of(text);
	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p == '<' || *p == '>' || *p == 127)
			return fault(text, "is neither a domain nor an address");
	return s->domain.len > 0 || fault(text, "has no domain");
}

static bool
options_take(struct self *s, int argc, char **argv, const char **config, int *code)
{
	static const struct option options[] = {{"address", required_argument, NULL, 'a'},
		{"selector", required_argument, NULL, 's'}, {"port", required_argument, NULL, 'p'},
		{"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	bool ok = true;
	*code = EXIT_USAGE;
	for (int c; ok && (c = getopt_long(argc, argv, "a:s:p:c:h", options, NULL)) != -1;) {
		switch (c) {
		case 'a':
			ok = take_address(s, optarg);
			break;
		case 's':
			ok = take_selector(s, optarg);
			break;
		case 'p':
			ok = take_port(s, optarg);
			break;
		case 'c':
			*config = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			*code = EXIT_DONE;
			return false;
		default:
			fputs("Try: nixied self-check --help\n", stderr);
			return false;
		}
	}
	if (!ok)
		return false;
	if (optind + 1 != argc)
		return fault(optind < argc ? argv[optind + 1] : "DOMAIN",
			optind < argc ? "one domain at a time" : "is missing");
	return take_operand(s, argv[optind]);
}

int
cmd_self_check(int argc, char **argv)
{
	static struct findings findings;
	static struct self s = {.port = SELF_PORT};
	struct conf conf;
	char host[256];
	const char *config = NULL, *complaint;
	int code;
	if (!options_take(&s, argc, argv, &config, &code))
		return code;
	if (!conf_read(&conf, config))
		return EXIT_NO;
	findings = (struct findings){.arena = &conf.arena};
	s.config = &conf.config;
	s.findings = &findings;
	s.arena = &conf.arena;
	check_host(&conf.config, host, &findings);
	s.host = str_of(host);
	if (!lookup_open(&s.lookup, &conf.config, &conf.arena, &complaint)) {
		complain("dns_servers", complaint);
		conf_free(&conf);
		return EXIT_TROUBLE;
	}
	const struct str authorities =
		arena_str(s.arena, s.config->values[SETTING_tls_authorities].text);
	s.tls = tls_client_new(authorities.len > 0 ? authorities.ptr : NULL);
	if (s.tls == NULL)
		findings_add(&findings, FINDING_WARNING, 0, "See /etc/ssl, and tls_authorities.",
			"TLS cannot be used here: the servers were not asked");
	if (self_names(&s)) {
		self_policies(&s);
		self_lists(&s);
		if (s.tls != NULL && s.host_count > 0) {
			self_sts(&s);
			self_talks(&s);
		}
	}
	SSL_CTX_free(s.tls);
	lookup_close(&s.lookup);
	const struct str of = arena_str(s.arena, s.domain);
	findings_print(&findings, of.ptr != NULL ? of.ptr : "");
	code = findings.of_kind[FINDING_WRONG] > 0 ? EXIT_NO : EXIT_DONE;
	conf_free(&conf);
	return fflush(stdout) == 0 ? code : EXIT_TROUBLE;
}
