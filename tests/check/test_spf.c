/* SPF: the examples of RFC 7208 appendix A, and each rule of its text at its edge. */
#include "check/spf.h"
#include "zone.h"

/* Appendix A. */
static const char *const example[] = {
	"example.com A 192.0.2.10",
	"example.com A 192.0.2.11",
	"example.com MX 10 mail-a.example.com",
	"example.com MX 20 mail-b.example.com",
	"amy.example.com A 192.0.2.65",
	"bob.example.com A 192.0.2.66",
	"mail-a.example.com A 192.0.2.129",
	"mail-b.example.com A 192.0.2.130",
	"example.org MX 10 mail-c.example.org",
	"mail-c.example.org A 192.0.2.140",
	"10.2.0.192.in-addr.arpa PTR example.com",
	"65.2.0.192.in-addr.arpa PTR amy.example.com",
	"140.2.0.192.in-addr.arpa PTR mail-c.example.org",
	"4.0.0.10.in-addr.arpa PTR bob.example.com",
	/* DNSBL style, A.4 */
	"mary.mobile-users._spf.example.net A 127.0.0.2",
	"fred.mobile-users._spf.example.net A 127.0.0.2",
	"15.15.168.192.joel.remote-users._spf.example.net A 127.0.0.2",
	"16.15.168.192.joel.remote-users._spf.example.net A 127.0.0.2",
	"example.net TXT v=spf1 include:mobile._spf.%{d} include:remote._spf.%{d} -all",
	"mobile._spf.example.net TXT v=spf1 exists:%{l1r+}.mobile-users._spf.example.net -all",
	"remote._spf.example.net TXT v=spf1 exists:%{ir}.%{l1r+}.remote-users._spf.example.net "
	"-all",
	NULL,
};

static const struct {
	const char *record, *ip;
	enum spf_result result;
} examples[] = {
	{"v=spf1 +all", "192.0.2.129", SPF_PASS},
	{"v=spf1 a -all", "192.0.2.10", SPF_PASS},
	{"v=spf1 a -all", "192.0.2.11", SPF_PASS},
	{"v=spf1 a -all", "192.0.2.12", SPF_FAIL},
	{"v=spf1 a:example.org -all", "192.0.2.10", SPF_FAIL},
	{"v=spf1 mx -all", "192.0.2.129", SPF_PASS},
	{"v=spf1 mx -all", "192.0.2.131", SPF_FAIL},
	{"v=spf1 mx:example.org -all", "192.0.2.140", SPF_PASS},
	{"v=spf1 mx mx:example.org -all", "192.0.2.130", SPF_PASS},
	{"v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.131", SPF_PASS},
	{"v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.143", SPF_PASS},
	{"v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.132", SPF_FAIL},
	{"v=spf1 ptr -all", "192.0.2.10", SPF_PASS},
	{"v=spf1 ptr -all", "192.0.2.65", SPF_PASS},
	{"v=spf1 ptr -all", "192.0.2.140", SPF_FAIL},
	{"v=spf1 ptr -all", "10.0.0.4", SPF_FAIL}, /* its name has another address */
	{"v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.65", SPF_FAIL},
	{"v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.129", SPF_PASS},
};

static struct zone_answer answer; /* large */
static char decided[512], explanation[512];
static unsigned lookups;

static enum spf_result
check_from(const char *const *zone, const char *sender, const char *ip, const char *helo)
{
	struct spf spf;
	struct spf_question q = {.sender = str_of(sender),
		.helo = str_of(helo),
		.receiver = STR("mx.receiver.example"),
		.now_s = 1000000};
	if (!ip_parse(str_of(ip), &q.ip))
		abort();
	unsigned steps = 0;
	for (bool more = spf_begin(&spf, &q); more;) {
		if (++steps > 1000)
			abort();
		more = spf_step(&spf, zone_ask(zone, &answer, spf.ask.type, spf.ask.name));
	}
	lookups = spf.lookups;
	snprintf(decided, sizeof decided, "%.*s", (int)spf.decided.len, spf.decided.ptr);
	snprintf(explanation, sizeof explanation, "%.*s", (int)spf.explanation.len,
		spf.explanation.ptr);
	const enum spf_result result = spf.result;
	spf_fini(&spf);
	return result;
}

static void
test_examples(void)
{
	const char *zone[sizeof example / sizeof *example + 1];
	char line[256];
	memcpy(zone + 1, example, sizeof example);
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		snprintf(line, sizeof line, "example.com TXT %s", examples[i].record);
		zone[0] = line;
		tap_is_int(check_from(zone, "strong-bad@example.com", examples[i].ip, "h.example"),
			examples[i].result, "%s from %s", examples[i].record, examples[i].ip);
	}
	tap_is_int(check_from(example, "mary@example.net", "203.0.113.9", "h.example"), SPF_PASS,
		"A.4: mary from anywhere");
	tap_is_int(check_from(example, "joel@example.net", "192.168.15.15", "h.example"), SPF_PASS,
		"A.4: joel from his address");
	tap_is_int(check_from(example, "joel@example.net", "192.168.15.17", "h.example"), SPF_FAIL,
		"A.4: joel from another");
}

/* One record at d.example, with what the others need beside it. */
static const char *const around[] = {
	"d.example A 192.0.2.1",
	"d.example AAAA 2001:db8::1",
	"null.example MX 0 ",
	"two.example TXT v=spf1 -all",
	"two.example TXT v=spf1 +all",
	"pass.example TXT v=spf1 +all",
	"fail.example TXT v=spf1 -all",
	"soft.example TXT v=spf1 ~all",
	"neutral.example TXT v=spf1 ?all",
	"broken.example TXT v=spf1 ip4:nonsense",
	"down.example ! *",
	"down-a.example ! A",
	"down-a.example TXT v=spf1 a -all",
	"text.example TXT something else",
	"loop.example TXT v=spf1 include:loop.example -all",
	"redirect-loop.example TXT v=spf1 redirect=redirect-loop.example",
	"why.example TXT %{s} may not send from %{c}: see http://%{o}/why?s=%{S};ip=%{I}",
	"why-bad.example TXT %{x}",
	"why-two.example TXT one",
	"why-two.example TXT two",
	"why-utf8.example TXT caf\303\251",
	"why-name.example TXT connect from %{p}",
	"mail.d.example.by-name.example TXT by name",
	"eleven.example MX 1 m1.example",
	"eleven.example MX 1 m2.example",
	"eleven.example MX 1 m3.example",
	"eleven.example MX 1 m4.example",
	"eleven.example MX 1 m5.example",
	"eleven.example MX 1 m6.example",
	"eleven.example MX 1 m7.example",
	"eleven.example MX 1 m8.example",
	"eleven.example MX 1 m9.example",
	"eleven.example MX 1 m10.example",
	"eleven.example MX 1 m11.example",
	"voidmx.example MX 1 gone1.example",
	"voidmx.example MX 1 gone2.example",
	"voidmx.example MX 1 gone3.example",
	"strong-bad.email.example.com.x.example A 127.0.0.2",
	"1.2.0.192.in-addr.x.example A 127.0.0.2",
	"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.x.example A 127.0.0.2",
	"postmaster.x.example A 127.0.0.2",
	"helo.host.example.x.example A 127.0.0.2",
	"mail.d.example.p.example A 127.0.0.2",
	"unknown.p.example A 127.0.0.2",
	"1.2.0.192.in-addr.arpa PTR other.example",
	"1.2.0.192.in-addr.arpa PTR mail.d.example",
	"mail.d.example A 192.0.2.1",
	"other.example A 192.0.2.1",
	"helo.host.example TXT v=spf1 ip4:192.0.2.1 -all",
	"a--b.example A 192.0.2.1",
	NULL,
};

static const struct {
	const char *record;
	enum spf_result result;
	const char *decided; /* NULL: not compared */
} records[] = {
	/* s4.5: which records count */
	{"v=spf10 +all", SPF_NONE, "no SPF record"},
	{"v=spf1", SPF_NEUTRAL, "no term matches"},
	{"V=SPF1 +ALL", SPF_PASS, "+ALL"},
	{" v=spf1 +all", SPF_NONE, NULL},
	{"v=spf1\t+all", SPF_NONE, NULL},
	/* s4.6.1: all of the syntax first */
	{"v=spf1 +all nonsense", SPF_PERMERROR, "nonsense"},
	{"v=spf1 +all a:", SPF_PERMERROR, "a:"},
	{"v=spf1 -all:x.example", SPF_PERMERROR, NULL},
	{"v=spf1 all/24", SPF_PERMERROR, NULL},
	{"v=spf1   ip4:192.0.2.1   -all  ", SPF_PASS, "ip4:192.0.2.1"},
	{"v=spf1 ++all", SPF_PERMERROR, NULL},
	{"v=spf1 ip4", SPF_PERMERROR, NULL},
	{"v=spf1 ip4:192.0.2.1/33", SPF_PERMERROR, NULL},
	{"v=spf1 ip4:192.0.2.1/032", SPF_PERMERROR, NULL},
	{"v=spf1 ip4:192.0.2", SPF_PERMERROR, NULL},
	{"v=spf1 ip4:2001:db8::1", SPF_PERMERROR, NULL},
	{"v=spf1 ip6:192.0.2.1", SPF_PERMERROR, NULL},
	{"v=spf1 ip6:2001:db8::/129", SPF_PERMERROR, NULL},
	{"v=spf1 ip4:0.0.0.0/0 -all", SPF_PASS, NULL},
	{"v=spf1 ip6:::/0 -all", SPF_FAIL, "-all"},
	{"v=spf1 a/33", SPF_PERMERROR, NULL},
	{"v=spf1 a//129", SPF_PERMERROR, NULL},
	{"v=spf1 a/24//64 -all", SPF_PASS, NULL},
	{"v=spf1 a:a--b.example/24//64 -all", SPF_PASS, NULL},
	{"v=spf1 a/24/64 -all", SPF_PERMERROR, NULL},
	{"v=spf1 include", SPF_PERMERROR, NULL},
	{"v=spf1 exists", SPF_PERMERROR, NULL},
	{"v=spf1 include:pass.example/24", SPF_PERMERROR, NULL},
	{"v=spf1 a:example", SPF_PERMERROR, NULL},
	{"v=spf1 a:x.111", SPF_PERMERROR, NULL},
	{"v=spf1 a:x.-a", SPF_PERMERROR, NULL},
	{"v=spf1 a:x.example. -all", SPF_FAIL, NULL},
	{"v=spf1 moo=%{x} -all", SPF_PERMERROR, NULL},
	{"v=spf1 moo=%{d} -all", SPF_FAIL, NULL},
	{"v=spf1 moo.far_1-x=anything -all", SPF_FAIL, NULL},
	{"v=spf1 1moo=x -all", SPF_PERMERROR, NULL},
	{"v=spf1 =x -all", SPF_PERMERROR, NULL},
	/* qualifiers */
	{"v=spf1 ~all", SPF_SOFTFAIL, "~all"},
	{"v=spf1 ?all", SPF_NEUTRAL, "?all"},
	{"v=spf1 -ip4:192.0.2.1 +all", SPF_FAIL, "-ip4:192.0.2.1"},
	/* s5.2 include */
	{"v=spf1 include:pass.example -all", SPF_PASS, "include:pass.example"},
	{"v=spf1 -include:pass.example +all", SPF_FAIL, NULL},
	{"v=spf1 include:fail.example ?all", SPF_NEUTRAL, NULL},
	{"v=spf1 include:soft.example ?all", SPF_NEUTRAL, NULL},
	{"v=spf1 include:neutral.example -all", SPF_FAIL, NULL},
	{"v=spf1 include:down.example -all", SPF_TEMPERROR, "servfail"},
	{"v=spf1 include:broken.example -all", SPF_PERMERROR, "ip4:nonsense"},
	{"v=spf1 include:text.example -all", SPF_PERMERROR, NULL},
	{"v=spf1 include:gone.example -all", SPF_PERMERROR, NULL},
	{"v=spf1 include:two.example -all", SPF_PERMERROR, "two SPF records"},
	{"v=spf1 include:loop.example -all", SPF_PERMERROR, "more than 10 terms ask the DNS"},
	/* s6.1 redirect */
	{"v=spf1 redirect=pass.example", SPF_PASS, "+all"},
	{"v=spf1 -all redirect=pass.example", SPF_FAIL, NULL},
	{"v=spf1 redirect=pass.example ip4:203.0.113.1", SPF_PASS, NULL},
	{"v=spf1 redirect=gone.example", SPF_PERMERROR, NULL},
	{"v=spf1 redirect=pass.example redirect=fail.example", SPF_PERMERROR, NULL},
	{"v=spf1 redirect=down.example", SPF_TEMPERROR, NULL},
	{"v=spf1 redirect=redirect-loop.example", SPF_PERMERROR, NULL},
	{"v=spf1 exp=a.example exp=b.example -all", SPF_PERMERROR, NULL},
	/* addresses */
	{"v=spf1 a -all", SPF_PASS, "a"},
	{"v=spf1 a:down-a.example -all", SPF_TEMPERROR, NULL},
	{"v=spf1 a:gone.example -all", SPF_FAIL, NULL},
	{"v=spf1 mx:null.example -all", SPF_FAIL, NULL},
	{"v=spf1 mx:eleven.example -all", SPF_PERMERROR, "more than 10 MX hosts"},
	/* s4.6.4: limits */
	{"v=spf1 a:g1.example a:g2.example -all", SPF_FAIL, NULL},
	{"v=spf1 a:g1.example a:g2.example a:g3.example -all", SPF_PERMERROR,
		"more than 2 names without anything"},
	{"v=spf1 mx:voidmx.example -all", SPF_PERMERROR, "more than 2 names without anything"},
	{"v=spf1 a:other.example/32 -a -a -a -a -a -a -a -a -a +all", SPF_PASS, NULL},
	{"v=spf1 exists:fail.example ?a:pass.example ~all", SPF_SOFTFAIL, NULL},
	{"v=spf1 ?ip4:203.0.113.1 mx:d.example mx:d.example ?all", SPF_NEUTRAL, NULL},
	/* s7: macros */
	{"v=spf1 exists:%{l}.x.example -all", SPF_FAIL, NULL},
	{"v=spf1 exists:%{l}.%{d}.x.example -all", SPF_FAIL, NULL},
	{"v=spf1 exists:%{ir}.%{v}.x.example -all", SPF_PASS, NULL},
	{"v=spf1 exists:%{h}.x.example -all", SPF_PASS, NULL},
	{"v=spf1 exists:%{p}.p.example -all", SPF_PASS, NULL},
	{"v=spf1 exists:%{d0}.x.example -all", SPF_PERMERROR, NULL},
	{"v=spf1 exists:%{c}.x.example -all", SPF_PERMERROR, NULL},
	{"v=spf1 exists:%{d -all", SPF_PERMERROR, NULL},
	{"v=spf1 exists:%x.example -all", SPF_PERMERROR, NULL},
	{"v=spf1 exists:a%.example -all", SPF_PERMERROR, NULL},
	{"v=spf1 exists:%{d9999999999r}.x.example -all", SPF_FAIL, NULL},
	{"v=spf1 ptr:d.example -all", SPF_PASS, NULL},
	{"v=spf1 ptr -all", SPF_PASS, NULL},
	{"v=spf1 ptr:example -all", SPF_PERMERROR, NULL},
	{"v=spf1 ptr:nobody.example -all", SPF_FAIL, NULL},
};

static void
test_records(void)
{
	const char *zone[sizeof around / sizeof *around + 1];
	char line[512];
	memcpy(zone + 1, around, sizeof around);
	zone[0] = line;
	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		snprintf(line, sizeof line, "d.example TXT %s", records[i].record);
		tap_is_int(check_from(zone, "user@d.example", "192.0.2.1", "helo.host.example"),
			records[i].result, "%s", records[i].record);
		if (records[i].decided != NULL)
			tap_is_str(str_of(decided), str_of(records[i].decided), "... because");
	}
	snprintf(line, sizeof line,
		"d.example TXT v=spf1 a:other.example//64 ip6:2001:db8::/64 -all");
	tap_is_int(check_from(zone, "u@d.example", "2001:db8::77", "h.example"), SPF_PASS,
		"IPv6, in a network");
	snprintf(line, sizeof line, "d.example TXT v=spf1 a -all");
	tap_is_int(check_from(zone, "u@d.example", "2001:db8::1", "h.example"), SPF_PASS,
		"IPv6, by AAAA");
	snprintf(line, sizeof line, "d.example TXT v=spf1 a//64 -all");
	tap_is_int(check_from(zone, "u@d.example", "2001:db8::7", "h.example"), SPF_PASS,
		"IPv6, by AAAA and a length");
	snprintf(line, sizeof line, "d.example TXT v=spf1 exists:%%{ir}.%%{v}.x.example -all");
	tap_is_int(check_from(zone, "u@d.example", "2001:db8::1", "h.example"), SPF_PASS,
		"IPv6, as nibbles");
	snprintf(line, sizeof line, "d.example TXT v=spf1 exists:%%{p}.p.example -all");
	tap_is_int(check_from(zone, "u@d.example", "203.0.113.5", "h.example"), SPF_PASS,
		"a client without a name is \"unknown\"");
	tap_is_int(lookups, 1, "the term is counted once, though its name was asked first");
}

/* s4.6.4, of "ptr": a client without a name is nothing found, once for each such term. */
static const struct {
	const char *record, *ip;
	enum spf_result result;
} nameless[] = {
	{"v=spf1 ptr a:g1.example -all", "203.0.113.5", SPF_FAIL},
	{"v=spf1 ptr a:g1.example a:g2.example -all", "203.0.113.5", SPF_PERMERROR},
	{"v=spf1 a:g1.example a:g2.example ptr -all", "203.0.113.5", SPF_PERMERROR},
	{"v=spf1 ptr:a.example ptr:b.example -all", "203.0.113.5", SPF_FAIL},
	{"v=spf1 ptr:a.example ptr:b.example ptr -all", "203.0.113.5", SPF_PERMERROR},
	{"v=spf1 ptr a:g1.example a:g2.example -all", "2001:db8:ff::5", SPF_PERMERROR},
	/* the macro is no such term */
	{"v=spf1 exists:%{p}.p.example -all", "203.0.113.5", SPF_PASS},
	{"v=spf1 a:g1.example a:g2.example exists:%{p}.p.example -all", "203.0.113.5", SPF_PASS},
	/* its names are there, and have no address: they are passed over */
	{"v=spf1 a:g1.example a:g2.example ptr -all", "203.0.113.6", SPF_FAIL},
	/* nobody could tell who it is */
	{"v=spf1 a:g1.example a:g2.example ptr -all", "203.0.113.7", SPF_FAIL},
};

static void
test_nameless(void)
{
	const char *zone[sizeof around / sizeof *around + 4];
	char line[512];
	zone[0] = line;
	zone[1] = "6.113.0.203.in-addr.arpa PTR gone1.example";
	zone[2] = "6.113.0.203.in-addr.arpa PTR gone2.example";
	zone[3] = "7.113.0.203.in-addr.arpa ! PTR";
	memcpy(zone + 4, around, sizeof around);
	for (size_t i = 0; i < sizeof nameless / sizeof *nameless; i++) {
		snprintf(line, sizeof line, "d.example TXT %s", nameless[i].record);
		tap_is_int(check_from(zone, "user@d.example", nameless[i].ip, "h.example"),
			nameless[i].result, "%s from %s", nameless[i].record, nameless[i].ip);
		if (nameless[i].result == SPF_PERMERROR)
			tap_is_str(str_of(decided), STR("more than 2 names without anything"),
				"... because");
	}
}

static void
test_identity(void)
{
	const char *const *const zone = around;
	tap_is_int(check_from(zone, "", "192.0.2.1", "helo.host.example"), SPF_PASS,
		"the null sender is who says HELO");
	tap_is_int(
		check_from(zone, "", "192.0.2.2", "helo.host.example"), SPF_FAIL, "... or is not");
	tap_is_int(check_from(zone, "", "192.0.2.1", "[192.0.2.1]"), SPF_NONE,
		"an address is no domain");
	tap_is_int(check_from(zone, "", "192.0.2.1", "localhost"), SPF_NONE, "nor is one label");
	tap_is_int(
		check_from(zone, "u@a..example", "192.0.2.1", "x"), SPF_NONE, "nor an empty one");
	tap_is_int(check_from(zone, "u@down.example", "192.0.2.1", "x"), SPF_TEMPERROR,
		"a DNS that fails");
	tap_is_int(
		check_from(zone, "u@gone.example", "192.0.2.1", "x"), SPF_NONE, "no such domain");
	tap_is_int(
		check_from(zone, "u@two.example", "192.0.2.1", "x"), SPF_PERMERROR, "two records");
}

/* What exp= says. */
static const struct {
	const char *record, *words;
} explanations[] = {
	{"v=spf1 -all exp=why.example", "user@d.example may not send from 192.0.2.1: see "
					"http://d.example/why?s=user%40d.example;ip=192.0.2.1"},
	{"v=spf1 -all", ""},
	{"v=spf1 +all exp=why.example", ""},
	{"v=spf1 -all exp=why-bad.example", ""},
	{"v=spf1 -all exp=why-two.example", ""},
	{"v=spf1 -all exp=why-utf8.example", ""},
	{"v=spf1 -all exp=gone.example", ""},
	{"v=spf1 -all exp=down.example", ""},
	/* the client's name is asked for them, too */
	{"v=spf1 -all exp=why-name.example", "connect from mail.d.example"},
	{"v=spf1 -all exp=%{p}.by-name.example", "by name"},
	{"v=spf1 -all exp=%{P}.gone.example", ""},
};

static void
test_explanations(void)
{
	const char *zone[sizeof around / sizeof *around + 1];
	char line[512];
	memcpy(zone + 1, around, sizeof around);
	zone[0] = line;
	for (size_t i = 0; i < sizeof explanations / sizeof *explanations; i++) {
		snprintf(line, sizeof line, "d.example TXT %s", explanations[i].record);
		check_from(zone, "user@d.example", "192.0.2.1", "h.example");
		tap_is_str(str_of(explanation), str_of(explanations[i].words), "%s",
			explanations[i].record);
	}
}

/* RFC 7208 s7.4, letter by letter. */
static const struct {
	const char *spec, *ip, *want;
} macros[] = {
	{"%{s}", "192.0.2.3", "strong-bad@email.example.com"},
	{"%{o}", "192.0.2.3", "email.example.com"},
	{"%{d}", "192.0.2.3", "email.example.com"},
	{"%{d4}", "192.0.2.3", "email.example.com"},
	{"%{d3}", "192.0.2.3", "email.example.com"},
	{"%{d2}", "192.0.2.3", "example.com"},
	{"%{d1}", "192.0.2.3", "com"},
	{"%{dr}", "192.0.2.3", "com.example.email"},
	{"%{d2r}", "192.0.2.3", "example.email"},
	{"%{l}", "192.0.2.3", "strong-bad"},
	{"%{l-}", "192.0.2.3", "strong.bad"},
	{"%{lr}", "192.0.2.3", "strong-bad"},
	{"%{lr-}", "192.0.2.3", "bad.strong"},
	{"%{l1r-}", "192.0.2.3", "strong"},
	{"%{ir}.%{v}._spf.%{d2}", "192.0.2.3", "3.2.0.192.in-addr._spf.example.com"},
	{"%{lr-}.lp._spf.%{d2}", "192.0.2.3", "bad.strong.lp._spf.example.com"},
	{"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "192.0.2.3",
		"bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
	{"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "192.0.2.3",
		"3.2.0.192.in-addr.strong.lp._spf.example.com"},
	{"%{d2}.trusted-domains.example.net", "192.0.2.3",
		"example.com.trusted-domains.example.net"},
	{"%{ir}.%{v}._spf.%{d2}", "2001:db8::cb01",
		"1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf."
		"example.com"},
	{"a%%b%_c%-d.example", "192.0.2.3", "a%b c%20d.example"},
};

static void
test_macros(void)
{
	struct arena a;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof macros / sizeof *macros; i++) {
		struct spf spf = {.q = {.sender = STR("strong-bad@email.example.com"),
					  .helo = STR("h.example")},
			.identity = STR("email.example.com")};
		struct str out;
		ip_parse(str_of(macros[i].ip), &spf.q.ip);
		tap_ok(spf_expand(&spf, str_of(macros[i].spec), false, spf.identity, &a, &out),
			"%s", macros[i].spec);
		tap_is_str(out, str_of(macros[i].want), "... is");
	}
	/* s7.3: too long a name loses its first labels */
	char longest[400];
	struct spf spf = {0};
	struct str out;
	for (size_t i = 0; i < sizeof longest - 1; i++)
		longest[i] = i % 10 == 9 ? '.' : 'a';
	longest[sizeof longest - 1] = '\0';
	tap_ok(spf_expand(&spf, str_of(longest), false, STR("d.example"), &a, &out) &&
			out.len <= DNS_NAME_BYTES_MAX && out.len > DNS_NAME_BYTES_MAX - 10 &&
			out.ptr[0] == 'a',
		"a name too long loses its first labels");
	arena_fini(&a);
}

int
main(void)
{
	test_examples();
	test_records();
	test_nameless();
	test_identity();
	test_explanations();
	test_macros();
	return tap_done();
}
