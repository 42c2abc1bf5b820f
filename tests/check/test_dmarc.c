/* DMARC's records and organizations; authors of From; the words of Authentication-Results. */
#include "check/author.h"
#include "check/authres.h"
#include "check/dmarc.h"
#include "zone.h"

static const struct {
	const char *record;
	bool is_one;
	enum dmarc_policy policy, subdomain;
} records[] = {
	{"v=DMARC1; p=reject", true, DMARC_REJECT, DMARC_NO_POLICY},
	{"v=DMARC1;p=quarantine;sp=none;", true, DMARC_QUARANTINE, DMARC_NONE},
	{"v=DMARC1 ; p = REJECT ; unknown=x", true, DMARC_REJECT, DMARC_NO_POLICY},
	{"v=DMARC1; p=nonsense; rua=mailto:a@b.example", true, DMARC_NONE, DMARC_NO_POLICY},
	{"v=DMARC1; p=nonsense", false, DMARC_NO_POLICY, DMARC_NO_POLICY},
	{"v=DMARC1", false, DMARC_NO_POLICY, DMARC_NO_POLICY},
	{"p=reject; v=DMARC1", false, DMARC_NO_POLICY, DMARC_NO_POLICY},
	{"v=DMARC2; p=reject", false, DMARC_NO_POLICY, DMARC_NO_POLICY},
	{"v=dmarc1; p=reject", false, DMARC_NO_POLICY, DMARC_NO_POLICY},
	{"", false, DMARC_NO_POLICY, DMARC_NO_POLICY},
};

static void
test_records(void)
{
	struct dmarc_record r;
	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		tap_is_int(dmarc_record_parse(str_of(records[i].record), &r), records[i].is_one,
			"\"%s\"", records[i].record);
		if (records[i].is_one)
			tap_ok(r.policy == records[i].policy &&
					r.subdomain_policy == records[i].subdomain,
				"... its policies");
	}
	tap_ok(dmarc_record_parse(STR("v=DMARC1; p=none; aspf=s; adkim=r; pct=20; t=y"), &r) &&
			r.is_spf_strict && !r.is_dkim_strict && r.percent == 20 && r.is_test,
		"the other tags");
}

static void
test_organizations(void)
{
	static const char *const pairs[][2] = {{"a.b.example.com", "example.com"},
		{"example.com", "example.com"}, {"a.example.co.uk", "example.co.uk"},
		{"co.uk", "co.uk"}, {"com", "com"}, {"a.b.kobe.jp", "a.b.kobe.jp"},
		{"www.city.kobe.jp", "city.kobe.jp"}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		tap_is_str(dmarc_organization(str_of(pairs[i][0])), str_of(pairs[i][1]),
			"the organization of %s", pairs[i][0]);
	tap_ok(dmarc_is_aligned(STR("a.example.com"), STR("b.example.com"), false),
		"of one organization");
	tap_ok(!dmarc_is_aligned(STR("a.example.com"), STR("b.example.com"), true),
		"but not the same");
	tap_ok(!dmarc_is_aligned(STR("a.co.uk"), STR("b.co.uk"), false), "two organizations");
	tap_ok(!dmarc_is_aligned(STR(""), STR(""), false), "nothing agrees with nothing");
}

static enum dmarc_policy
find(const char *const *zone, const char *domain, struct dmarc_find *f)
{
	static struct zone_answer answer;
	for (bool more = dmarc_find_begin(f, str_of(domain)); more;)
		more = dmarc_find_step(f, zone_ask(zone, &answer, f->ask.type, f->ask.name));
	return f->has_record ? f->policy : DMARC_NO_POLICY;
}

static void
test_find(void)
{
	static const char *const zone[] = {
		"_dmarc.example.com TXT v=DMARC1; p=reject; sp=quarantine",
		"_dmarc.own.example.com TXT v=DMARC1; p=none",
		"_dmarc.two.example.com TXT v=DMARC1; p=none",
		"_dmarc.two.example.com TXT v=DMARC1; p=reject",
		"_dmarc.other.example.com TXT something else",
		"_dmarc.other.example.com TXT v=DMARC1; p=none", "_dmarc.down.example.com ! *",
		"_dmarc.plain.example TXT v=DMARC1; p=reject", NULL};
	struct dmarc_find f;
	tap_is_int(find(zone, "Example.COM", &f), DMARC_REJECT, "its own");
	tap_is_int(find(zone, "own.example.com", &f), DMARC_NONE, "a subdomain's own");
	tap_is_int(find(zone, "x.example.com", &f), DMARC_QUARANTINE, "inherited: sp");
	tap_ok(f.is_inherited && strcmp(f.at, "example.com") == 0, "... and whose it is");
	tap_is_int(find(zone, "x.plain.example", &f), DMARC_REJECT, "inherited: p");
	tap_is_int(find(zone, "two.example.com", &f), DMARC_QUARANTINE, "two records are none");
	tap_is_int(find(zone, "other.example.com", &f), DMARC_NONE, "other TXT are nothing");
	tap_is_int(find(zone, "nobody.example", &f), DMARC_NO_POLICY, "none");
	tap_ok(!f.has_failed, "... for sure");
	tap_is_int(find(zone, "down.example.com", &f), DMARC_NO_POLICY, "a DNS that fails");
	tap_ok(f.has_failed, "... is said");
	tap_is_int(find(zone, "..", &f), DMARC_NO_POLICY, "no domain");
}

static const struct {
	const char *field, *domains;
} fields[] = {
	{"joe@a.example", "a.example "},
	{"Joe <joe@a.example>", "a.example "},
	{"\"joe@b.example\" <joe@a.example>", "a.example "},
	{"joe@b.example <joe@a.example>", "a.example "},
	{"joe@a.example (joe@b.example)", "a.example "},
	{"(a (nested@b.example)) joe@a.example", "a.example "},
	{"\"a\\\"b@c.example\" <joe@a.example>", "a.example "},
	{"a@a.example, b <b@b.example>", "a.example b.example "},
	{"\"x, y\" <a@a.example>,,b@b.example", "a.example b.example "},
	{"<@b.example,@c.example:joe@a.example>", "a.example "},
	{"a group: a@a.example, b@b.example;", "a.example b.example "},
	{"joe", " "},
	{"", ""},
	{"\"open", " "},
	{"<joe@a.example", "a.example "},
	{"joe@[192.0.2.1]", " "},
};

static void
test_authors(void)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		char got[256] = "";
		struct str rest = str_of(fields[i].field), domain;
		while (author_next(&rest, &domain))
			snprintf(got + strlen(got), sizeof got - strlen(got), "%.*s ",
				(int)domain.len, domain.ptr);
		tap_is_str(str_of(got), str_of(fields[i].domains), "%s", fields[i].field);
	}
}

static void
test_results(void)
{
	struct authres a;
	struct buf out;
	buf_init(&out, 4096);
	authres_begin(&a, &out, STR("mx.example"));
	authres_end(&a);
	tap_is_str(buf_str(&out), STR("Authentication-Results: mx.example; none\r\n"), "nothing");
	buf_clear(&out);
	authres_begin(&a, &out, STR("mx.example"));
	authres_result(&a, STR("spf"), STR("fail"), STR("a (b\r\n"));
	authres_property(&a, STR("smtp.mailfrom"), STR("\"a b\"@c.example"));
	authres_property(&a, STR("x"), STR(""));
	authres_property(&a, STR("y"), STR("1\r\nForged: 2"));
	authres_end(&a);
	tap_is_str(buf_str(&out),
		STR("Authentication-Results: mx.example;\r\n\tspf=fail (a \\(b\?\?) "
		    "smtp.mailfrom=\"\\\"a b\\\"@c.example\" y=\"1\?\?Forged: 2\"\r\n"),
		"strangers' words forge nothing");
	buf_fini(&out);
	tap_ok(authres_is_of(
		       STR("Authentication-Results: MX.example; spf=pass\r\n"), STR("mx.example")),
		"a field of ours");
	tap_ok(authres_is_of(STR("authentication-results:\r\n \"mx.example\" 1; none"),
		       STR("mx.example")),
		"... quoted, with a version");
	tap_ok(authres_is_of(STR("Authentication-Results: (x) other; none"), STR("mx.example")),
		"... or one that cannot be read");
	tap_ok(!authres_is_of(
		       STR("Authentication-Results: mx2.example; spf=pass"), STR("mx.example")),
		"one of another");
	tap_ok(!authres_is_of(STR("Subject: mx.example;"), STR("mx.example")), "another field");
}

int
main(void)
{
	test_records();
	test_organizations();
	test_find();
	test_authors();
	test_results();
	return tap_done();
}
