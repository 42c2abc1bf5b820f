/* What a domain says of its mail servers: RFC 8461 s3.1, s3.2, s4.1. */
#include "deliver/sts_policy.h"
#include "tap.h"

/* Of the RFC, s3.2. */
#define EXAMPLE                                                                                    \
	"version: STSv1\nmode: enforce\nmx: mail.example.com\nmx: *.example.net\n"                 \
	"mx: backupmx.example.com\nmax_age: 604800\n"

struct sample {
	const char *name, *text, *want; /* want: what is wrong; NULL: nothing */
	enum sts_mode mode;
	int64_t max_age_s;
	size_t mx_count;
};

static const struct sample samples[] = {
	{"the example of the RFC", EXAMPLE, NULL, STS_ENFORCE, 604800, 3},
	{"CRLF, and blanks",
		"version:  STSv1 \r\nmode:testing\r\nmx:\ta.example\r\nmax_age: 1 \r\n", NULL,
		STS_TESTING, 1, 1},
	{"no line end behind the last", "version: STSv1\nmode: none\nmax_age: 0", NULL, STS_NONE, 0,
		0},
	{"empty lines", "\nversion: STSv1\n\nmode: none\nmax_age: 5\n\n\n", NULL, STS_NONE, 5, 0},
	{"another order", "max_age: 9\nmx: a.example\nmode: enforce\nversion: STSv1\n", NULL,
		STS_ENFORCE, 9, 1},
	{"fields nobody knows", "version: STSv1\nx-new: a:b\nmode: none\nmax_age: 5\n", NULL,
		STS_NONE, 5, 0},
	{"of a field that stands twice the first counts",
		"version: STSv1\nversion: STSv2\nmode: none\nmode: enforce\nmax_age: 5\nmax_age: "
		"x\n",
		NULL, STS_NONE, 5, 0},
	{"none may name servers", "version: STSv1\nmode: none\nmx: a.example\nmax_age: 5\n", NULL,
		STS_NONE, 5, 1},
	{"the longest max_age", "version: STSv1\nmode: none\nmax_age: 31557600\n", NULL, STS_NONE,
		31557600, 0},
	{"... a longer one is cut", "version: STSv1\nmode: none\nmax_age: 9999999999\n", NULL,
		STS_NONE, 31557600, 0},
	{"... and eleven digits are none", "version: STSv1\nmode: none\nmax_age: 99999999999\n",
		"its max_age is no number of seconds", STS_NONE, 0, 0},
	{"no text", "", "it has no version", STS_NONE, 0, 0},
	{"a page", "<html>\n", "a line in it is no field: NAME: VALUE", STS_NONE, 0, 0},
	{"a page with a colon", "<a href=\"https://a\">\n", "it has no version", STS_NONE, 0, 0},
	{"another version", "version: STSv2\nmode: none\nmax_age: 5\n", "its version is not STSv1",
		STS_NONE, 0, 0},
	{"small letters", "version: stsv1\nmode: none\nmax_age: 5\n", "its version is not STSv1",
		STS_NONE, 0, 0},
	{"another mode", "version: STSv1\nmode: report\nmax_age: 5\n",
		"its mode is none of enforce, testing and none", STS_NONE, 0, 0},
	{"no mode", "version: STSv1\nmax_age: 5\n", "it has no mode", STS_NONE, 0, 0},
	{"no max_age", "version: STSv1\nmode: none\n", "it has no max_age", STS_NONE, 0, 0},
	{"a max_age of days", "version: STSv1\nmode: none\nmax_age: 7d\n",
		"its max_age is no number of seconds", STS_NONE, 0, 0},
	{"an empty max_age", "version: STSv1\nmode: none\nmax_age:\n",
		"its max_age is no number of seconds", STS_NONE, 0, 0},
	{"a max_age below nothing", "version: STSv1\nmode: none\nmax_age: -1\n",
		"its max_age is no number of seconds", STS_NONE, 0, 0},
	{"no mx", "version: STSv1\nmode: enforce\nmax_age: 5\n", "it names no mail server",
		STS_NONE, 0, 0},
	{"... in testing", "version: STSv1\nmode: testing\nmax_age: 5\n", "it names no mail server",
		STS_NONE, 0, 0},
	{"an mx with a priority", "version: STSv1\nmode: enforce\nmx: 10 a.example\nmax_age: 5\n",
		"an mx in it is no name of a host", STS_NONE, 0, 0},
	{"an mx that is all hosts", "version: STSv1\nmode: enforce\nmx: *\nmax_age: 5\n",
		"an mx in it is no name of a host", STS_NONE, 0, 0},
	{"an asterisk within", "version: STSv1\nmode: enforce\nmx: mx*.example\nmax_age: 5\n",
		"an mx in it is no name of a host", STS_NONE, 0, 0},
	{"an empty mx", "version: STSv1\nmode: enforce\nmx:\nmax_age: 5\n",
		"an mx in it is no name of a host", STS_NONE, 0, 0},
	{"an empty label", "version: STSv1\nmode: enforce\nmx: a..example\nmax_age: 5\n",
		"an mx in it is no name of a host", STS_NONE, 0, 0},
};

static void
test_policies(void)
{
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		const struct sample *const s = &samples[i];
		struct sts_policy p;
		const char *const wrong = sts_policy_parse(str_of(s->text), &p);
		tap_ok(wrong == NULL ? s->want == NULL
				     : s->want != NULL && strcmp(wrong, s->want) == 0,
			"%s: %s", s->name, wrong != NULL ? wrong : "good");
		if (wrong == NULL)
			tap_ok(p.mode == s->mode && p.max_age_s == s->max_age_s &&
					p.mx_count == s->mx_count,
				"... mode, max_age and servers");
	}
}

/* A policy of `mx` servers and a comment that makes it `bytes` long (0: none). */
static const char *
parse_large(size_t mx, size_t bytes)
{
	static char text[STS_POLICY_BYTES_MAX + 100];
	struct sts_policy p;
	size_t n =
		(size_t)snprintf(text, sizeof text, "version: STSv1\nmode: enforce\nmax_age: 5\n");
	for (size_t i = 0; i < mx; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "mx: m%zu.example\n", i);
	if (bytes > n) {
		memset(text + n, 'x', bytes - n);
		text[n + 1] = ':';
		n = bytes;
	}
	return sts_policy_parse((struct str){text, n}, &p);
}

static void
test_limits(void)
{
	static char label[300], text[400];
	struct sts_policy p;
	tap_ok(parse_large(STS_MX_MAX, 0) == NULL, "as many servers as may be");
	tap_ok(parse_large(STS_MX_MAX + 1, 0) != NULL, "... and one more");
	tap_ok(parse_large(1, STS_POLICY_BYTES_MAX) == NULL, "as long as may be");
	tap_ok(parse_large(1, STS_POLICY_BYTES_MAX + 1) != NULL, "... and a byte more");
	memset(label, 'x', sizeof label);
	for (int n = 63; n <= 64; n++) {
		const int len = snprintf(text, sizeof text,
			"version: STSv1\nmode: enforce\nmax_age: 5\nmx: %.*s.example\n", n, label);
		tap_ok((sts_policy_parse((struct str){text, (size_t)len}, &p) == NULL) == (n == 63),
			"a label of %d", n);
	}
}

static void
test_names(void)
{
	static const struct {
		const char *host;
		bool want;
	} hosts[] = {
		{"mail.example.com", true},
		{"MAIL.Example.COM", true},
		{"mail.example.com.", true},
		{"a.example.net", true},
		{"a.b.example.net", false},
		{"example.net", false},
		{".example.net", false},
		{"mail.example.com.evil.example", false},
		{"xmail.example.com", false},
		{"example.com", false},
		{"", false},
		{".", false},
	};
	struct sts_policy p;
	tap_ok(sts_policy_parse(STR(EXAMPLE), &p) == NULL, "a policy");
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
		tap_ok(sts_policy_names(&p, str_of(hosts[i].host)) == hosts[i].want,
			"\"%s\" is%s named", hosts[i].host, hosts[i].want ? "" : " not");
	tap_is_str(sts_mode_name(p.mode), STR("enforce"), "the name of its mode");
}

static void
test_records(void)
{
	static const struct {
		const char *record, *id; /* id: NULL when it is none */
		bool starts;
	} records[] = {
		{"v=STSv1; id=20160831085700Z;", "20160831085700Z", true},
		{"v=STSv1;id=1", "1", true},
		{"v=STSv1 ; id=1 ; ", "1", true},
		{"v=STSv1; x=y; id=a; id=b", "a", true},
		{"v=STSv1; id=12345678901234567890123456789012", "12345678901234567890123456789012",
			true},
		{"v=STSv1; id=123456789012345678901234567890123", NULL, true},
		{"v=STSv1; id=", NULL, true},
		{"v=STSv1; id=2016-08", NULL, true},
		{"v=STSv1; rubbish; id=1", NULL, true},
		{"v=STSv1;; id=1", NULL, true},
		{"v=STSv1", NULL, true},
		{"v=STSv1;", NULL, true},
		{"v=STSv2; id=1", NULL, false},
		{"id=1; v=STSv1", NULL, false},
		{"v=spf1 -all", NULL, false},
		{"", NULL, false},
	};
	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		struct str id;
		const char *const wrong = sts_record_parse(str_of(records[i].record), &id);
		tap_ok(sts_record_starts(str_of(records[i].record)) == records[i].starts,
			"\"%s\" is%s meant to be one", records[i].record,
			records[i].starts ? "" : " not");
		tap_ok((wrong == NULL) == (records[i].id != NULL) &&
				(wrong != NULL || str_eq(id, str_of(records[i].id))),
			"... its id: %s", records[i].id != NULL ? records[i].id : wrong);
	}
}

int
main(void)
{
	test_policies();
	test_limits();
	test_names();
	test_records();
	return tap_done();
}
