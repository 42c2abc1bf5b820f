/* test_check_settings - what nixied check finds in settings and certificates, and that it finds
 * nothing in good ones */
#include "nixied/check.h"
#include "tap.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW INT64_C(1795341600) /* 2026-11-22 */
#define DAY 86400

static struct arena arena;
static struct config config;
static struct findings findings;

static bool
parse(const char *text)
{
	struct config_complaints complaints;
	arena_reset(&arena);
	findings = (struct findings){.arena = &arena};
	const bool ok = config_parse(str_of(text), &arena, &config, &complaints);
	if (!ok)
		tap_show("said", complaints.list[0].words);
	return ok;
}

static bool
has(enum finding_kind kind, unsigned line, const char *part)
{
	for (size_t i = 0; i < findings.count && i < FINDINGS_MAX; i++)
		if (findings.list[i].kind == kind && findings.list[i].line == line &&
			str_has(findings.list[i].what, str_of(part)) &&
			findings.list[i].to_do.len > 10)
			return true;
	return false;
}

static void
show(void)
{
	for (size_t i = 0; i < findings.count && i < FINDINGS_MAX; i++)
		tap_show("found", findings.list[i].what);
}

#define GOOD_HEAD "hostname = mx.example.org\ntls_certificate = /c.pem\n"
#define MX "listener mx {\naddress = 0.0.0.0:25\n"
#define SUBMISSION "listener s {\nkind = submission\naddress = 0.0.0.0:587\n"

static void
test_good(void)
{
	static const char *const good[] = {
		GOOD_HEAD MX "}\n" SUBMISSION "}\nlistener i {\nkind = submission\n"
			     "address = [::]:465\ntls = immediate\n}\n",
		"hostname = mx.example.org\nlistener mx {\naddress = 127.0.0.1:25\n}\n"
		"listener l {\nkind = lmtp\naddress = unix:/run/lmtp\n}\n",
		/* On a net of one's own passwords may travel as they are. */
		GOOD_HEAD MX "xclient = 192.0.2.7 10.0.0.0/8\nproxies = 2001:db8::1/128\n}\n"
			     "listener s {\nkind = submission\naddress = 192.168.1.1:587\n"
			     "tls = off\nauth_without_tls = yes\n}\n",
		GOOD_HEAD "metrics_address = 127.0.0.1:9125\n" MX "}\n",
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		tap_ok(parse(good[i]), "good %zu", i);
		check_settings(&config, &findings);
		if (!tap_ok(findings.count == 0, "nothing is found in it"))
			show();
	}
}

static void
test_settings(void)
{
	static const struct {
		const char *text;
		enum finding_kind kind;
		unsigned line;
		const char *part;
	} cases[] = {
		{"", FINDING_WRONG, 0, "no listener"},
		{GOOD_HEAD SUBMISSION "}\n", FINDING_NOTE, 0, "no mail comes in"},
		{"listener s {\nkind = submission\naddress = 0.0.0.0:587\n}\n", FINDING_WRONG, 1,
			"has no certificate"},
		{MX "}\n", FINDING_WARNING, 1, "unencrypted"},
		{GOOD_HEAD MX "tls = off\n}\n", FINDING_WARNING, 5, "switched off"},
		{GOOD_HEAD "listener s {\nkind = submission\naddress = 0.0.0.0:465\n}\n",
			FINDING_WARNING, 3, "port 465"},
		{GOOD_HEAD MX "tls = immediate\n}\n", FINDING_WARNING, 5, "begins with TLS"},
		{GOOD_HEAD MX "tls = required\n}\n", FINDING_WARNING, 5, "RFC 3207"},
		{GOOD_HEAD SUBMISSION "auth_without_tls = yes\n}\n", FINDING_WARNING, 6,
			"read the passwords"},
		{GOOD_HEAD SUBMISSION "tls = off\n}\n", FINDING_WRONG, 6, "none is possible"},
		{GOOD_HEAD MX "require_auth = yes\n}\n", FINDING_WARNING, 5, "other servers"},
		{GOOD_HEAD SUBMISSION "sending_identities = no\n}\n", FINDING_WARNING, 6,
			"in the name of everybody"},
		{GOOD_HEAD MX "xclient = 0.0.0.0/0\n}\n", FINDING_WARNING, 5, "pretend"},
		{GOOD_HEAD MX "proxies = 192.0.2.1 2000::/3\n}\n", FINDING_WARNING, 5, "2000::/3"},
		{GOOD_HEAD MX "allow_null_sender = no\n}\n", FINDING_WARNING, 5, "C30"},
		{GOOD_HEAD "allow_null_sender = no\n" MX "}\n", FINDING_WARNING, 3, "C30"},
		{GOOD_HEAD "listener l {\nkind = lmtp\naddress = 0.0.0.0:24\n}\n", FINDING_WARNING,
			5, "LMTP"},
		{GOOD_HEAD MX "require_auth_for_local_senders = no\n}\n", FINDING_NOTE, 5,
			"in the name of your users"},
		{GOOD_HEAD MX "}\nlistener b {\naddress = 0.0.0.0:25\n}\n", FINDING_WRONG, 7,
			"same address"},
		{GOOD_HEAD MX "}\nlistener b {\naddress = 0.0.0.0:10\n}\n"
			      "listener c {\naddress = 0.0.0.0:10\n}\n",
			FINDING_WRONG, 10, "listeners b and c wait at the same address"},
		{GOOD_HEAD "retry_first = 1h\nretry_longest = 10m\n" MX "}\n", FINDING_WARNING, 3,
			"retry_longest"},
		{GOOD_HEAD "max_connections = 10\n" MX "}\n", FINDING_NOTE, 0, "one client"},
		{GOOD_HEAD "confine = no\n" MX "}\n", FINDING_WARNING, 3, "confine"},
		{GOOD_HEAD "autoban = 0\n" MX "}\n", FINDING_WARNING, 3, "guessed"},
		{GOOD_HEAD "reply_marks = no\n" MX "}\n", FINDING_NOTE, 3, "reference"},
		{GOOD_HEAD "log_detail = trouble\n" MX "}\n", FINDING_NOTE, 3, "nixied why"},
		{GOOD_HEAD "metrics_address = 192.0.2.1:9125\n" MX "}\n", FINDING_WARNING, 3,
			"counters"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		tap_ok(parse(cases[i].text), "%s", cases[i].text);
		check_settings(&config, &findings);
		if (!tap_ok(has(cases[i].kind, cases[i].line, cases[i].part), "found: %s",
			    cases[i].part))
			show();
	}
}

static void
test_reach(void)
{
	static const struct {
		const char *address;
		enum reach reach;
	} cases[] = {{"127.0.0.1:25", REACH_HOST}, {"[::1]:25", REACH_HOST},
		{"localhost:25", REACH_HOST}, {"10.1.2.3:25", REACH_PRIVATE},
		{"172.31.0.1:25", REACH_PRIVATE}, {"172.32.0.1:25", REACH_WORLD},
		{"[fd00::1]:25", REACH_PRIVATE}, {"0.0.0.0:25", REACH_WORLD},
		{"[::]:25", REACH_WORLD}, {":25", REACH_WORLD}, {"192.0.2.1:25", REACH_WORLD},
		{"unix:/run/x", REACH_FILE}, {"/run/x", REACH_FILE},
		{"mail.example.org:25", REACH_WORLD}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		tap_is_int(address_reach(str_of(cases[i].address)), cases[i].reach, "%s",
			cases[i].address);
}

/* ---- certificates ---- */

static char folder[] = "/tmp/test_check.XXXXXX";
static char certificate_path[64], key_path[64], other_path[64];

static EVP_PKEY *
write_key(const char *path)
{
	EVP_PKEY *const key = EVP_EC_gen("P-256");
	FILE *const f = fopen(path, "we");
	if (key != NULL && f != NULL)
		PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	if (f != NULL)
		fclose(f);
	chmod(path, 0600);
	return key;
}

/* For mx.example.org, from a day before NOW for ten days. */
static void
write_certificate(EVP_PKEY *key, const char *issuer)
{
	X509 *const x = X509_new();
	X509_NAME *const of = X509_NAME_new();
	X509_EXTENSION *const names = X509V3_EXT_conf_nid(
		NULL, NULL, NID_subject_alt_name, "DNS:mx.example.org, DNS:*.example.net");
	FILE *const f = fopen(certificate_path, "we");
	X509_set_version(x, 2);
	ASN1_TIME_set(X509_getm_notBefore(x), NOW - DAY);
	ASN1_TIME_set(X509_getm_notAfter(x), NOW + 30 * DAY);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
		(const unsigned char *)"mx.example.org", -1, -1, 0);
	X509_NAME_add_entry_by_txt(
		of, "CN", MBSTRING_ASC, (const unsigned char *)issuer, -1, -1, 0);
	X509_set_issuer_name(x, of);
	X509_add_ext(x, names, -1);
	X509_sign(x, key, EVP_sha256());
	PEM_write_X509(f, x);
	fclose(f);
	X509_EXTENSION_free(names);
	X509_NAME_free(of);
	X509_free(x);
}

static void
look(const char *key, const char *host, int64_t now_s)
{
	char text[1024];
	snprintf(text, sizeof text,
		"tls_certificate = %s\ntls_key = %s\n" MX "}\n" SUBMISSION "}\n", certificate_path,
		key);
	tap_ok(parse(text), "a certificate, as %s at %lld", host, (long long)now_s);
	check_certificates(&config, str_of(host), now_s, &findings);
}

static void
test_certificates(void)
{
	snprintf(certificate_path, sizeof certificate_path, "%s/c.pem", folder);
	snprintf(key_path, sizeof key_path, "%s/k.pem", folder);
	snprintf(other_path, sizeof other_path, "%s/o.pem", folder);
	EVP_PKEY *const key = write_key(key_path);
	EVP_PKEY_free(write_key(other_path));
	write_certificate(key, "mx.example.org");

	look(key_path, "mx.example.org", NOW);
	tap_ok(has(FINDING_NOTE, 1, "nobody vouches"), "signed by itself");
	if (!tap_is_int(findings.count, 1, "and nothing else, told once for two listeners"))
		show();
	look(key_path, "mail.example.net", NOW);
	tap_is_int(findings.count, 1, "a name with a star fits");
	look(key_path, "mx.example.com", NOW);
	tap_ok(has(FINDING_WARNING, 1, "not for mx.example.com but for DNS:mx.example.org"),
		"of another name");
	look(key_path, "mx.example.org", NOW + 16 * DAY);
	tap_is_int(findings.count, 1, "fourteen days to its end are enough");
	look(key_path, "mx.example.org", NOW + 16 * DAY + 1);
	tap_ok(has(FINDING_WARNING, 1, "ends on 2026-12-22"), "less is a warning");
	look(key_path, "mx.example.org", NOW + 30 * DAY + 1);
	tap_ok(has(FINDING_WRONG, 1, "ended on 2026-12-22"), "and then it is wrong");
	look(key_path, "mx.example.org", NOW - DAY - 1);
	tap_ok(has(FINDING_WRONG, 1, "not valid yet"), "before its time too");
	look(other_path, "mx.example.org", NOW);
	tap_ok(has(FINDING_WRONG, 1, ""), "a key of another certificate");
	look("/nowhere/key.pem", "mx.example.org", NOW);
	tap_ok(has(FINDING_WRONG, 1, "/nowhere/key.pem"), "no key");
	chmod(key_path, 0644);
	look(key_path, "mx.example.org", NOW);
	tap_ok(has(FINDING_WARNING, 1, "everybody on this machine"), "a key for everybody");
	chmod(key_path, 0600);
	write_certificate(key, "An Authority");
	look(key_path, "mx.example.org", NOW);
	tap_ok(has(FINDING_WARNING, 1, "stands alone"), "without that of its authority");
	EVP_PKEY_free(key);
	unlink(certificate_path);
	unlink(key_path);
	unlink(other_path);
}

static void
test_resolver(void)
{
	parse("resolver_is_validating = yes\ndns_servers = 127.0.0.1:53, [::1]:5353 ::1\n");
	check_settings(&config, &findings);
	tap_ok(!has(FINDING_WARNING, 1, "resolver"), "resolvers on this host may validate");
	parse("dns_servers = 127.0.0.1 9.9.9.9:53\nresolver_is_validating = yes\n");
	check_settings(&config, &findings);
	tap_ok(has(FINDING_WARNING, 2, "9.9.9.9:53 is not on this host"),
		"one elsewhere is warned of");
	tap_ok(!has(FINDING_WARNING, 2, "127.0.0.1 "), "and it alone");
	parse("resolver_is_validating = yes\n");
	check_settings(&config, &findings);
	tap_ok(has(FINDING_NOTE, 1, "/etc/resolv.conf"), "the system's are noted");
}

int
main(void)
{
	arena_init(&arena, (size_t)4 << 20);
	test_good();
	test_resolver();
	test_settings();
	test_reach();
	if (mkdtemp(folder) == NULL)
		return 1;
	test_certificates();
	rmdir(folder);
	arena_fini(&arena);
	return tap_done();
}
