/* ARC: chains that are sealed here, whole and broken; what a set found; whom to believe. */
#include "vouched.h"

#define MESSAGE                                                                                    \
	"From: joe@example.org\r\nTo: list@forward.example\r\nSubject: hi\r\n"                     \
	"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; b=AAAA\r\n\r\nhello\r\n"
#define DMARC_PASS "forward.example; spf=pass; dmarc=pass header.from=example.org"
#define DMARC_FAIL "forward.example; spf=fail; dmarc=fail header.from=example.org; arc=pass"

static struct vouched_key rsa, ed;
static const char *zone[] = {rsa.line, ed.line, NULL};
static struct str fields[DKIM_FIELDS_MAX];
static char whole[1 << 20];

/* The chain's result: "pass", "fail: why". */
static const char *
verify_in(const char *const *answers, const char *message, struct arc *a, struct dkim **d)
{
	static char text[256];
	*d = vouched_read(message);
	for (bool more = dkim_begin(*d); more;)
		more = dkim_step(
			*d, zone_ask(answers, &vouched_answer, (*d)->ask.type, (*d)->ask.name));
	for (bool more = arc_begin(a, *d); more;)
		more = arc_step(a, zone_ask(answers, &vouched_answer, a->ask.type, a->ask.name));
	snprintf(text, sizeof text, "%s%s%.*s", arc_result_name(a->result).ptr,
		a->words.len > 0 ? ": " : "", (int)a->words.len, a->words.ptr);
	return text;
}

static const char *
verify(const char *message)
{
	struct arc a;
	struct dkim *d;
	const char *const text = verify_in(zone, message, &a, &d);
	dkim_free(d);
	return text;
}

#define is(message, want, ...) tap_is_str(str_of(verify(message)), str_of(want), __VA_ARGS__)

/* One more set in front of the message in `whole`; false: nobody may seal it. */
static bool
seal(const struct sign_key *key, enum arc_result result, const char *results)
{
	struct arc_chain chain;
	struct buf out;
	const struct sign_text t = vouched_text(whole, fields);
	arc_chain_find(t.fields, t.count, &chain);
	const struct seal_facts facts = {&chain, result, str_of(results)};
	buf_init(&out, 32768);
	const bool ok = sign_seal(key, &t, &facts, &out);
	const size_t len = strlen(whole) + 1;
	if (ok && len + out.len <= sizeof whole) {
		memmove(whole + out.len, whole, len);
		memcpy(whole, out.ptr, out.len);
	}
	buf_fini(&out);
	return ok;
}

static void
begin(size_t sets)
{
	snprintf(whole, sizeof whole, "%s", MESSAGE);
	for (size_t i = 0; i < sets; i++)
		seal(i % 2 == 0 ? &rsa.key : &ed.key, i == 0 ? ARC_NONE : ARC_PASS,
			i == 0 ? DMARC_PASS : DMARC_FAIL);
}

/* `one` becomes `other`, of the same length, the first time it stands there behind `after`. */
static void
change(const char *after, const char *one, const char *other)
{
	char *const at = strstr(strstr(whole, after), one);
	if (at == NULL || strlen(one) != strlen(other))
		abort();
	memcpy(at, other, strlen(other));
}

static void
test_chains(void)
{
	static const size_t lengths[] = {1, 2, 3, 7, ARC_SETS_MAX};
	is(MESSAGE, "none", "no chain");
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		begin(lengths[i]);
		is(whole, "pass", "a chain of %zu", lengths[i]);
	}
	tap_ok(!seal(&rsa.key, ARC_PASS, DMARC_PASS), "nobody seals the %dth", ARC_SETS_MAX + 1);
}

static void
test_broken(void)
{
	begin(3);
	change("\r\n\r\n", "hello", "HELLO");
	is(whole, "fail: the body was changed", "another body behind the newest set");
	begin(3);
	change("\r\nSubject", "hi", "HI");
	is(whole, "fail: the header was changed, or the key is another", "another subject");
	begin(3);
	change("b=AAAA", "AAAA", "AAAB");
	is(whole, "fail: the header was changed, or the key is another",
		"another signature of the first sender");
	begin(3);
	change("ARC-Authentication-Results: i=1;", "spf=pass", "spf=fail");
	is(whole, "fail: a seal does not fit: a set was changed, or the key is another",
		"another result in the oldest set");
	begin(2);
	change("ARC-Seal: i=1;", "ARC-Seal", "XRC-Seal");
	is(whole, "fail: a set lacks a field", "a seal is not there");
	begin(2);
	change("ARC-Seal: i=1;", "cv=none", "cv=pass");
	is(whole, "fail: a seal has another cv= than its place allows", "cv= of the first");
	begin(2);
	change("ARC-Seal: i=2;", "i=2", "i=1");
	is(whole, "fail: a set has a field twice", "two seals of one number");
	begin(1);
	change("ARC-Seal: i=1;", "i=1", "i=0");
	is(whole, "fail: an i= is not from 1 to 50", "i=0");
	begin(1);
	change("ARC-Authentication-Results: i=1", "i=1;", "i1;;");
	is(whole, "fail: an i= is not from 1 to 50", "no i=");
	is("ARC-Seal: i=51; cv=pass\r\n" MESSAGE, "fail: an i= is not from 1 to 50", "i=51");
	is("ARC-Seal: i=1; h=from; cv=none\r\nARC-Message-Signature: i=1\r\n"
	   "ARC-Authentication-Results: i=1; x\r\n" MESSAGE,
		"fail: a seal has h=", "a seal with h=");
	is("ARC-Seal: nonsense\r\n" MESSAGE, "fail: an i= is not from 1 to 50", "no tags at all");
	/* What a broken chain may still get: one seal that says so, and no other. */
	begin(2);
	change("\r\n\r\n", "hello", "HELLO");
	tap_ok(seal(&rsa.key, ARC_FAIL, DMARC_FAIL), "a broken chain is sealed once more");
	is(whole, "fail: the chain was broken before it came here", "... and stays broken");
	tap_ok(!seal(&rsa.key, ARC_FAIL, DMARC_FAIL), "... and is sealed no more");
}

static void
test_dns(void)
{
	static const char *const down[] = {
		"rsa._domainkey.forward.example ! *", "ed._domainkey.forward.example ! *", NULL};
	static const char *const nothing[] = {NULL};
	struct arc a;
	struct dkim *d;
	begin(2);
	struct str told = str_of(verify_in(down, whole, &a, &d));
	tap_is_str(told, STR("temperror: servfail"), "a DNS that does not tell is no broken chain");
	dkim_free(d);
	told = str_of(verify_in(nothing, whole, &a, &d));
	tap_is_str(told, STR("fail: there is no key"), "keys that are gone");
	dkim_free(d);
}

/* Does a set say that DMARC passed for example.org? */
static const struct {
	const char *field;
	bool want;
} results[] = {
	{"i=1; a.example; dmarc=pass header.from=example.org", true},
	{"i=1; a.example;\r\n\tdmarc = pass (p=none)\r\n\theader.from = Example.ORG; spf=none",
		true},
	{"i=1; a.example; spf=pass; dmarc=pass header.from=\"example.org\"", true},
	{"i=1; a.example; dmarc=pass policy.x=1 header.from=example.org", true},
	{"i=1; a.example; dmarc=fail header.from=example.org", false},
	{"i=1; a.example; dmarc=pass header.from=example.net", false},
	{"i=1; a.example; dmarc=pass", false},
	{"i=1; a.example; dkim=pass header.from=example.org", false},
	{"i=1; a.example; spf=fail (; dmarc=pass header.from=example.org)", false},
	{"i=1; a.example; spf=fail smtp.mailfrom=\"x; dmarc=pass header.from=example.org\"", false},
	{"i=1; a.example; spf=fail reason=\"\\\"; dmarc=pass header.from=example.org\"", false},
	{"i=1; a.example; x=dmarc=pass header.from=example.org", false},
	{"i=1; a.example; dmarc=none dmarc=pass header.from=example.org", false},
	{"i=1; a.example; dmarc=pass; header.from=example.org", false},
	{"i=1; a.example; dmarc=pass header.from=example.org.evil.example", false},
	{"i=1; a.example; (unclosed dmarc=pass header.from=example.org", false},
	{"i=1; a.example; dmarc=", false},
	{"", false},
};

static void
test_results(void)
{
	char field[512];
	for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
		snprintf(field, sizeof field, "ARC-Authentication-Results: %s\r\n",
			results[i].field);
		tap_ok(arc_results_say(str_of(field), STR("example.org")) == results[i].want,
			"%s: %s", results[i].want ? "passed" : "did not", results[i].field);
	}
}

static bool
vouches(const char *trusted)
{
	struct arc a;
	struct dkim *d;
	struct str by = STR_NONE;
	verify_in(zone, whole, &a, &d);
	const bool ok = arc_vouches(&a, str_of(trusted), STR("example.org"), &by) &&
			str_eq(by, STR("forward.example"));
	dkim_free(d);
	return ok;
}

static void
test_trust(void)
{
	static struct vouched_key other;
	static const char *const both[] = {rsa.line, ed.line, other.line, NULL};
	begin(1);
	tap_ok(vouches("forward.example"), "a forwarder that is trusted");
	tap_ok(vouches("other.example  example"), "... by a domain above it");
	tap_ok(!vouches(""), "nobody is trusted");
	tap_ok(!vouches("other.example ward.example"), "others are");
	begin(3);
	tap_ok(vouches("forward.example"), "all of them are trusted, the oldest found it");
	begin(0);
	seal(&rsa.key, ARC_NONE, DMARC_FAIL);
	tap_ok(!vouches("forward.example"), "it found that DMARC failed");
	begin(1);
	change("\r\n\r\n", "hello", "HELLO");
	tap_ok(!vouches("forward.example"), "the chain does not hold");
	/* One in the middle whom nobody knows could have written what he liked. */
	vouched_key_make(&other, false, "other.example");
	begin(1);
	seal(&other.key, ARC_PASS, DMARC_FAIL);
	struct arc a;
	struct dkim *d;
	struct str by;
	const struct str told = str_of(verify_in(both, whole, &a, &d));
	tap_is_str(told, STR("pass"), "a stranger passed it on");
	tap_ok(!arc_vouches(&a, STR("forward.example"), STR("example.org"), &by),
		"... and vouches for nothing");
	tap_ok(arc_vouches(&a, STR("forward.example other.example"), STR("example.org"), &by),
		"... unless he is trusted too");
	tap_ok(!arc_vouches(&a, STR("forward.example other.example"), STR("example.net"), &by),
		"another domain in From");
	dkim_free(d);
	EVP_PKEY_free(other.key.key);
}

int
main(void)
{
	vouched_key_make(&rsa, false, "forward.example");
	vouched_key_make(&ed, true, "forward.example");
	test_chains();
	test_broken();
	test_dns();
	test_results();
	test_trust();
	EVP_PKEY_free(rsa.key.key);
	EVP_PKEY_free(ed.key.key);
	return tap_done();
}
