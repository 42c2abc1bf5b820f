/* DMARC's aggregate reports: what is counted, to whom it goes, and what it says. */
#include "feedback/aggregate.h"
#include "tap.h"

#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

/* ---- to whom: rua= */

static const struct {
	const char *list, *want;
} lists[] = {
	{"mailto:a@example.org", "a@example.org -"},
	{"mailto:a@example.org!10m", "a@example.org 10485760"},
	{" MAILTO:a@Example.ORG!5 , mailto:b@example.net!1G",
		"a@Example.ORG 5; b@example.net 1073741824"},
	{"https://example.org/r,mailto:a@example.org", "a@example.org -"},
	{"mailto:a%2Bb@example.org!2k", "a+b@example.org 2048"},
	{"mailto:a@example.org!0", ""},
	{"mailto:a@example.org!x", ""},
	{"mailto:a@example.org!10mm", ""},
	{"mailto:a@example.org!99999999m", ""},
	{"mailto:a%20b@example.org", ""},
	{"mailto:a%0d%0aX@example.org", ""},
	{"mailto:<a@example.org>", ""},
	{"mailto:a@b@example.org", ""},
	{"mailto:@example.org", ""},
	{"mailto:a", ""},
	{"mailto:", ""},
	{",,,", ""},
	{"", ""},
};

static void
test_targets(void)
{
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct arena a;
		struct aggregate_target t;
		struct str rest = str_of(lists[i].list);
		char text[512] = "";
		size_t used = 0;
		arena_init(&a, 1 << 16);
		while (aggregate_target_next(&rest, &a, &t)) {
			used += (size_t)snprintf(text + used, sizeof text - used, "%s%.*s ",
				used > 0 ? "; " : "", (int)t.address.len, t.address.ptr);
			used += (size_t)(t.bytes_max == UINT64_MAX
						 ? snprintf(text + used, sizeof text - used, "-")
						 : snprintf(text + used, sizeof text - used, "%llu",
							   (unsigned long long)t.bytes_max));
		}
		tap_is_str(str_of(text), str_of(lists[i].want), "rua=%s", lists[i].list);
		arena_fini(&a);
	}
}

/* ---- the tally */

static char folder[] = "/tmp/nixie-tally-XXXXXX";

static struct tally_row
row(const char *ip, bool passed)
{
	return (struct tally_row){.ip = str_of(ip),
		.disposition = passed ? STR("none") : STR("reject"),
		.reason = STR(""),
		.is_spf_aligned = passed,
		.header_from = STR("example.org"),
		.envelope_from = STR("bounce.example.org"),
		.spf_domain = STR("bounce.example.org"),
		.spf_scope = STR("mfrom"),
		.spf_result = passed ? STR("pass") : STR("fail"),
		.dkim = STR("example.org s1 pass\nother.example s2 fail")};
}

static bool
count_row(void *to, const struct tally_row *r)
{
	int64_t *const sums = to;
	sums[0]++;
	sums[1] += r->count;
	return true;
}

static bool
xml_row(void *to, const struct tally_row *r)
{
	aggregate_row(r, to);
	return true;
}

static void
test_tally(const char *path, struct buf *xml)
{
	char words[TALLY_WORDS_MAX];
	struct arena a;
	struct tally_policy p = {.day = 20000,
		.domain = STR("example.org"),
		.rua = STR("mailto:r@example.org"),
		.policy = STR("reject"),
		.subdomain_policy = STR("none"),
		.is_spf_strict = true,
		.percent = 100};
	struct tally_policy found;
	int64_t sums[2] = {0, 0};
	struct tally *t = tally_open(path, words);
	arena_init(&a, 1 << 20);
	tap_ok(t != NULL, "a new file");
	const struct tally_row good = row("192.0.2.1", true), bad = row("2001:db8::1", false);
	for (int i = 0; i < 3; i++)
		tally_add(t, &p, &good);
	tally_add(t, &p, &bad);
	p.day = 20001;
	p.policy = STR("none");
	tally_add(t, &p, &good);
	tally_close(t);
	t = tally_open(path, words);
	tap_ok(!tally_due(t, 20000, 0, &a, &found), "a day that is not over is not due");
	tap_ok(tally_due(t, 20002, 0, &a, &found) && found.day == 20000 &&
			str_eq(found.policy, STR("reject")) && found.messages == 4 &&
			found.failed == 1,
		"the oldest day is, with its counts");
	tap_ok(tally_rows(t, found.id, count_row, sums) && sums[0] == 2 && sums[1] == 4,
		"messages that are alike are one row");
	struct aggregate_facts facts = {.hostname = STR("mail.example.net"),
		.contact = STR("postmaster@example.net"),
		.id = STR("20241004.example.org"),
		.policy = found,
		.now_ms = INT64_C(1728086400000)};
	aggregate_begin(&facts, xml);
	tally_rows(t, found.id, xml_row, xml);
	aggregate_end(xml);
	tap_ok(tally_later(t, found.id, 100) && tally_due(t, 20002, 99, &a, &found) &&
			found.day == 20001,
		"what waits lets others pass");
	tap_ok(tally_settle(t, found.id, 50, STR("sent")) && !tally_due(t, 20002, 99, &a, &found),
		"what is settled is not due any more");
	tap_ok(tally_due(t, 20002, 100, &a, &found) && found.day == 20000,
		"what waited is, when its time has come");
	tap_ok(tally_find(t, STR("example.org"), 20001, &a, &found) &&
			str_eq(found.outcome, STR("sent")) && !str_eq(found.policy, STR("reject")),
		"a domain and its day");
	bool has_more = true;
	tap_ok(tally_forget(t, 20001, &has_more) && !has_more &&
			!tally_find(t, STR("example.org"), 20000, &a, &found),
		"old days are forgotten");
	/* Of a day with many domains some at a time. */
	for (int i = 0; i < TALLY_FORGET_MOST + 1; i++) {
		char domain[32];
		snprintf(domain, sizeof domain, "d%02d.example", i);
		p.day = 20002;
		p.domain = str_of(domain);
		tally_add(t, &p, &good);
	}
	p.domain = STR("example.org");
	tap_ok(tally_forget(t, 20003, &has_more) && has_more &&
			tally_find(t, STR("d16.example"), 20002, &a, &found),
		"not more than so many domains at once");
	tap_ok(tally_rows(t, found.id, count_row, sums), "the others have their rows");
	tap_ok(tally_forget(t, 20003, &has_more) && !has_more &&
			!tally_find(t, STR("d16.example"), 20002, &a, &found),
		"then the rest");
	/* At the edge: as many rows as a report may have, and one more. */
	p.day = 20005;
	size_t taken = 0;
	for (int i = 0; i < TALLY_ROWS_MAX + 5; i++) {
		char ip[32];
		snprintf(ip, sizeof ip, "10.0.%d.%d", i / 256, i % 256);
		const struct tally_row one = row(ip, true);
		taken += tally_add(t, &p, &one);
	}
	tap_is_int(taken, TALLY_ROWS_MAX, "rows of a domain and day");
	const struct tally_row again = row("10.0.0.0", true);
	tap_ok(tally_add(t, &p, &again), "... but what is alike is still counted");
	tally_close(t);
	arena_fini(&a);
}

/* ---- what it says */

static void
test_report(struct str xml)
{
	static const struct str has[] = {STR_INIT("<org_name>mail.example.net</org_name>"),
		STR_INIT("<begin>1728000000</begin>\n<end>1728086399</end>"),
		STR_INIT("<domain>example.org</domain>\n<adkim>r</adkim>\n<aspf>s</"
			 "aspf>\n<p>reject</p>\n"
			 "<sp>none</sp>\n<pct>100</pct>"),
		STR_INIT("<source_ip>192.0.2.1</source_ip>\n<count>3</count>"),
		STR_INIT("<disposition>reject</disposition>\n<dkim>fail</dkim>\n<spf>fail</spf>"),
		STR_INIT("<dkim>\n<domain>other.example</domain>\n<selector>s2</"
			 "selector>\n<result>fail</"
			 "result>"),
		STR_INIT("<spf>\n<domain>bounce.example.org</domain>\n<scope>mfrom</"
			 "scope>\n<result>pass</"
			 "result>")};
	for (size_t i = 0; i < sizeof has / sizeof *has; i++)
		tap_ok(str_has(xml, has[i]), "the report has %s", has[i].ptr);
	struct buf odd;
	struct tally_row r = row("192.0.2.1", true);
	r.header_from = STR("<a>&\x01\xff");
	buf_init(&odd, 1 << 16);
	aggregate_row(&r, &odd);
	tap_ok(str_has(buf_str(&odd), STR("<header_from>&lt;a&gt;&amp;?\?</header_from>")),
		"text of strangers is no markup");
	buf_fini(&odd);
}

static void
test_mail(struct str xml)
{
	struct buf gz, mail;
	static char back[65536];
	const struct aggregate_target to[] = {
		{STR("a@example.org"), STR("example.org"), UINT64_MAX},
		{STR("b@example.net"), STR("example.net"), UINT64_MAX},
	};
	const struct aggregate_facts facts = {.hostname = STR("mail.example.net"),
		.contact = STR("postmaster@example.net"),
		.id = STR("20241004.example.org"),
		.policy = {.day = 20000, .domain = STR("example.org")},
		.now_ms = INT64_C(1728086400000)};
	buf_init(&gz, AGGREGATE_BYTES_MAX);
	buf_init(&mail, AGGREGATE_MAIL_BYTES_MAX);
	tap_ok(aggregate_gzip(xml, &gz) && gz.len > 20 && gz.len < xml.len, "it is compressed");
	z_stream z = {.next_in = (unsigned char *)gz.ptr,
		.avail_in = (uInt)gz.len,
		.next_out = (unsigned char *)back,
		.avail_out = sizeof back};
	tap_ok(inflateInit2(&z, 31) == Z_OK && inflate(&z, Z_FINISH) == Z_STREAM_END &&
			z.total_out == xml.len && memcmp(back, xml.ptr, xml.len) == 0,
		"... and comes back whole");
	inflateEnd(&z);
	aggregate_mail(&facts, to, 2, buf_str(&gz), &mail);
	static const struct str has[] = {STR_INIT("From: <postmaster@example.net>\r\n"),
		STR_INIT("To: <a@example.org>,\r\n\t<b@example.net>\r\n"),
		STR_INIT("Subject: Report Domain: example.org\r\n\tSubmitter: "
			 "mail.example.net\r\n\tReport-ID: "
			 "<20241004.example.org>\r\n"),
		STR_INIT("Message-ID: <20241004.example.org@mail.example.net>\r\n"),
		STR_INIT("filename=\"mail.example.net!example.org!1728000000!1728086399.xml."
			 "gz\"\r\n"),
		STR_INIT("\r\nH4sIA")};
	for (size_t i = 0; i < sizeof has / sizeof *has; i++)
		tap_ok(str_has(buf_str(&mail), has[i]), "the mail has %s", has[i].ptr);
	struct str rest = buf_str(&mail), line;
	size_t longest = 0;
	while (str_line(&rest, &line))
		longest = line.len > longest ? line.len : longest;
	tap_ok(longest <= 100, "lines of %zu bytes", longest);
	buf_fini(&gz);
	buf_init(&gz, 16);
	tap_ok(!aggregate_gzip(xml, &gz), "what is larger than may be is none");
	buf_fini(&gz);
	buf_fini(&mail);
}

int
main(void)
{
	char path[64], command[80];
	struct buf xml;
	if (mkdtemp(folder) == NULL)
		abort();
	snprintf(path, sizeof path, "%s/dmarc.db", folder);
	buf_init(&xml, AGGREGATE_XML_BYTES_MAX);
	test_targets();
	test_tally(path, &xml);
	test_report(buf_str(&xml));
	test_mail(buf_str(&xml));
	buf_fini(&xml);
	snprintf(command, sizeof command, "rm -r '%s'", folder);
	if (system(command) != 0)
		abort();
	return tap_done();
}
