/* DKIM: the message of RFC 8463 with its two signatures, whole, changed, and with other keys. */
#include "check/dkim.h"
#include "zone.h"

#define ED_KEY "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define RSA_DATA                                                                                   \
	"p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2j"  \
	"LQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9Pzo" \
	"xZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"

#define ED_FIELD                                                                                   \
	"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"                            \
	" d=football.example.com; i=@football.example.com;\r\n"                                    \
	" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"                                  \
	" subject : date : message-id : from : subject : date;\r\n"                                \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"                                    \
	" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"                          \
	" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
#define RSA_FIELD                                                                                  \
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"                                \
	" d=football.example.com; i=@football.example.com;\r\n"                                    \
	" q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"                            \
	" date : message-id : from : subject : date;\r\n"                                          \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"                                    \
	" b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"                          \
	" DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"                          \
	" dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"
#define FROM "From: Joe SixPack <joe@football.example.com>\r\n"
#define REST                                                                                       \
	"To: Suzie Q <suzie@shopping.example.net>\r\n"                                             \
	"Subject: Is dinner ready?\r\n"                                                            \
	"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"                                          \
	"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
#define BODY "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"

static const char *const keys[] = {
	"brisbane._domainkey.football.example.com TXT " ED_KEY,
	"test._domainkey.football.example.com TXT v=DKIM1; k=rsa; " RSA_DATA,
	NULL,
};

static struct zone_answer answer; /* large */

/* The results, in the order of the fields: "pass fail ". */
static const char *
verify(const char *const *zone, const char *message, int64_t now_s, size_t piece)
{
	static char text[512], words[512];
	struct dkim *const d = dkim_new(now_s);
	struct str rest = str_of(message);
	size_t used = 0;
	while (rest.len > 0) {
		const struct str now = str_head(rest, piece);
		dkim_add(d, now);
		rest = str_from(rest, now.len);
	}
	for (bool more = dkim_begin(d); more;)
		more = dkim_step(d, zone_ask(zone, &answer, d->ask.type, d->ask.name));
	text[0] = '\0';
	for (size_t i = 0; i < d->count; i++) {
		const struct dkim_signature *const s = &d->signatures[i];
		const struct str name = dkim_result_name(s->result);
		snprintf(words, sizeof words, "%s%.*s%s%.*s", i > 0 ? "; " : "", (int)name.len,
			name.ptr, s->words.len > 0 ? ": " : "", (int)s->words.len, s->words.ptr);
		used += (size_t)snprintf(text + used, sizeof text - used, "%s", words);
	}
	dkim_free(d);
	return text;
}

#define is(zone, message, want, ...)                                                               \
	tap_is_str(str_of(verify(zone, message, 1600000000, 7)), str_of(want), __VA_ARGS__)

static void
test_example(void)
{
	static const char whole[] = ED_FIELD RSA_FIELD FROM REST "\r\n" BODY;
	for (size_t piece = 1; piece < 2000; piece = piece * 3 + 1)
		tap_is_str(str_of(verify(keys, whole, 1600000000, piece)), STR("pass; pass"),
			"RFC 8463: both signatures, in pieces of %zu", piece);
	is(keys, FROM REST "\r\n" BODY, "", "nobody signed");
	is(keys, ED_FIELD RSA_FIELD FROM REST "\r\n" BODY "\r\n \r\n", "pass; pass",
		"empty lines at the end");
	is(keys,
		ED_FIELD RSA_FIELD
		"from:   Joe  SixPack \r\n\t<joe@football.example.com> \r\n" REST
		"\r\nHi. \t\r\n\r\nWe lost \tthe game. Are you hungry yet?\r\n\r\n"
		"Joe.\r\n",
		"pass; pass", "relaxed: blanks and case");
	is(keys, "X-New: field\r\n" ED_FIELD RSA_FIELD FROM REST "\r\n" BODY, "pass; pass",
		"a field that is not signed");
}

static void
test_changes(void)
{
	is(keys, ED_FIELD RSA_FIELD FROM REST "\r\n" BODY "more\r\n",
		"fail: the body was changed; fail: the body was changed", "text added");
	is(keys,
		ED_FIELD RSA_FIELD "From: Joe Sixpack <joe@football.example.com>\r\n" REST
				   "\r\n" BODY,
		"fail: the header was changed, or the key is another; fail: the header was "
		"changed, "
		"or the key is another",
		"another name");
	is(keys, ED_FIELD RSA_FIELD FROM REST "From: evil@example.net\r\n\r\n" BODY,
		"fail: the header was changed, or the key is another; fail: the header was "
		"changed, "
		"or the key is another",
		"a second From: the names were signed once more often");
	is(keys, ED_FIELD RSA_FIELD FROM REST "Subject: Win!\r\n\r\n" BODY,
		"fail: the header was changed, or the key is another; fail: the header was "
		"changed, "
		"or the key is another",
		"a second Subject");
	is(keys, ED_FIELD RSA_FIELD FROM REST "\r\n",
		"fail: the body was changed; fail: the body was changed", "no body");
	is(keys, RSA_FIELD, "fail: the body was changed", "a header alone");
}

/* The key's record, and what comes of it. */
static const struct {
	const char *record, *want;
} records[] = {
	{"v=DKIM1; k=rsa; " RSA_DATA, "pass"},
	{RSA_DATA, "pass"},
	{"v=DKIM1; h=sha1 : sha256; s=email; t=s; " RSA_DATA, "pass"},
	{"v=DKIM1; t=y; n=trying; " RSA_DATA, "pass"},
	{"v=DKIM2; " RSA_DATA, "permerror: the key's v= is not DKIM1"},
	{RSA_DATA "; v=DKIM1", "permerror: the key's v= is not DKIM1"},
	{"v=DKIM1; p=", "permerror: the key was revoked"},
	{"v=DKIM1; k=rsa", "permerror: the key's record has no key"},
	{"v=DKIM1; k=ed25519; " RSA_DATA,
		"permerror: the key is of another kind than the signature"},
	{"v=DKIM1; h=sha1; " RSA_DATA, "permerror: the key is not for sha256"},
	{"v=DKIM1; s=other; " RSA_DATA, "permerror: the key is not for mail"},
	{"v=DKIM1; p=AAAA", "permerror: the key cannot be read"},
	{"hello", "permerror: the key's record is no list of tags"},
	{"v=DKIM1; k=rsa; k=rsa; " RSA_DATA, "permerror: the key's record is no list of tags"},
	/* 512 bits */
	{"v=DKIM1; "
	 "p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1P"
	 "t8QuKUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ==",
		"permerror: the key has fewer than 1024 bits or more than 8192 (RFC 8301)"},
};

static void
test_keys(void)
{
	static const char message[] = RSA_FIELD FROM REST "\r\n" BODY;
	char line[1024];
	const char *zone[] = {line, NULL, NULL};
	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		snprintf(line, sizeof line, "test._domainkey.football.example.com TXT %s",
			records[i].record);
		is(zone, message, records[i].want, "%.60s", records[i].record);
	}
	/* One key takes the other's place: both stand there, in any order. */
	snprintf(line, sizeof line, "test._domainkey.football.example.com TXT v=DKIM1; p=");
	zone[1] = keys[1];
	is(zone, message, "pass", "a revoked key beside the good one");
	zone[0] = keys[1];
	zone[1] = line;
	is(zone, message, "pass", "... in the other order");
	zone[0] = NULL;
	is(zone, message, "permerror: there is no key", "no key at all");
	static const char *const down[] = {"test._domainkey.football.example.com ! *", NULL};
	is(down, message, "temperror: servfail", "a DNS that fails");
}

/* Signatures that are none. */
#define SIGNED(tags) "DKIM-Signature: " tags "\r\n" FROM REST "\r\n" BODY
#define GOOD "d=football.example.com; s=test; bh=AAAA; b=AAAA; "

static const struct {
	const char *message, *want;
} broken[] = {
	{SIGNED("nonsense"), "permerror: the field is no list of tags"},
	{SIGNED("v=1; v=1"), "permerror: the field is no list of tags"},
	{SIGNED("v=1;; a=rsa-sha256"), "permerror: the field is no list of tags"},
	{SIGNED("v=2; a=rsa-sha256; h=from; " GOOD), "permerror: v= is not 1"},
	{SIGNED("v=1; a=rsa-sha1; h=from; " GOOD), "permerror: rsa-sha1 counts no more (RFC 8301)"},
	{SIGNED("v=1; a=x; h=from; " GOOD), "permerror: a= is unknown"},
	{SIGNED("v=1; a=rsa-sha256; h=to; " GOOD), "permerror: From is not signed"},
	{SIGNED("v=1; a=rsa-sha256; h=from; d=..; s=x; bh=AAAA; b=AAAA"),
		"permerror: d= is no domain"},
	{SIGNED("v=1; a=rsa-sha256; h=from; d=football.example.com; s=test; bh=AAAA"),
		"permerror: one of s= h= b= bh= is not there"},
	{SIGNED("v=1; a=rsa-sha256; h=from; c=loose; " GOOD), "permerror: c= is unknown"},
	{SIGNED("v=1; a=rsa-sha256; h=from; i=@example.net; " GOOD), "permerror: i= is not of d="},
	{SIGNED("v=1; a=rsa-sha256; h=from; q=http; " GOOD), "permerror: q= is unknown"},
	{SIGNED("v=1; a=rsa-sha256; h=from; x=1599999999; " GOOD),
		"permerror: the signature has expired"},
	{SIGNED("v=1; a=rsa-sha256; h=from; t=1700000001; x=1700000000; " GOOD),
		"permerror: l=, t= or x= makes no sense"},
	{SIGNED("v=1; a=rsa-sha256; h=from; l=x; " GOOD), "permerror: l=, t= or x= makes no sense"},
	{SIGNED("v=1; a=rsa-sha256; h=from; l=1000; " GOOD),
		"permerror: l= is more than the body has"},
	{SIGNED("v=1; a=rsa-sha256; h=from; x=1600000000; " GOOD), "fail: the body was changed"},
	/* The first three bytes of the body, hashed: "Hi." */
	{SIGNED("v=1; a=rsa-sha256; h=from; l=3; d=football.example.com; s=test; b=AAAA; "
		"bh=F/RETzky+KHFVMfN6pIgjb7LA7AXOitqecwjEKBcX60="),
		"policy: text was added behind what is signed (l=)"},
};

static void
test_broken(void)
{
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
		is(keys, broken[i].message, broken[i].want, "%.70s", broken[i].message + 16);
}

/* h= with so many names: each is looked for among all fields, so there is a limit. */
static void
test_names(void)
{
	static char message[4096];
	for (int extra = 0; extra < 2; extra++) {
		int used = snprintf(message, sizeof message,
			"DKIM-Signature: v=1; a=rsa-sha256; " GOOD "h=from");
		for (int i = 1; i < DKIM_NAMES_MAX + extra; i++)
			used += snprintf(message + used, sizeof message - (size_t)used, ":x");
		snprintf(message + used, sizeof message - (size_t)used, "\r\n" FROM "\r\n" BODY);
		is(keys, message,
			extra == 0 ? "fail: the body was changed"
				   : "permerror: h= has more than 200 names",
			"h= with %d names", DKIM_NAMES_MAX + extra);
	}
}

/* RFC 6376 s3.4.5, and what it says of empty bodies. */
static char canonical[4096];
static size_t canonical_bytes;

static void
give(void *to, struct str piece)
{
	(void)to;
	memcpy(canonical + canonical_bytes, piece.ptr, piece.len);
	canonical_bytes += piece.len;
}

static struct str
body_of(const char *text, bool is_relaxed)
{
	struct dkim_body b = {.is_relaxed = is_relaxed, .give = give};
	canonical_bytes = 0;
	for (; *text != '\0'; text++)
		dkim_body_add(&b, (struct str){text, 1});
	dkim_body_end(&b);
	return (struct str){canonical, canonical_bytes};
}

static void
test_forms(void)
{
	static const char example[] = " C \r\nD \t E\r\n\r\n\r\n";
	tap_is_str(body_of(example, true), STR(" C\r\nD E\r\n"), "3.4.5: a relaxed body");
	tap_is_str(body_of(example, false), STR(" C \r\nD \t E\r\n"), "3.4.5: a simple body");
	tap_is_str(body_of("", false), STR("\r\n"), "an empty body, simple");
	tap_is_str(body_of("", true), STR(""), "... relaxed");
	tap_is_str(body_of("\r\n\r\n", false), STR("\r\n"), "empty lines, simple");
	tap_is_str(body_of("\r\n \t\r\n", true), STR(""), "... relaxed");
	tap_is_str(body_of("a", false), STR("a\r\n"), "no line end, simple");
	tap_is_str(body_of("a ", true), STR("a\r\n"), "... relaxed");
	tap_is_str(body_of("a\rb\nc\r\r\nd", false), STR("a\rb\nc\r\r\nd\r\n"), "CR and LF alone");
	tap_is_str(body_of("\r\n\r\na\r\n", true), STR("\r\n\r\na\r\n"), "empty lines in front");
	struct buf out;
	buf_init(&out, 4096);
	dkim_field_add(&out, STR("A: X\r\n"), true);
	dkim_field_add(&out, STR("B : Y\t\r\n\tZ  \r\n"), true);
	tap_is_str(buf_str(&out), STR("a:X\r\nb:Y Z\r\n"), "3.4.5: a relaxed header");
	buf_clear(&out);
	dkim_field_add(&out, STR("B : Y\t\r\n\tZ  \r\n"), false);
	tap_is_str(buf_str(&out), STR("B : Y\t\r\n\tZ  \r\n"), "3.4.5: a simple header");
	buf_fini(&out);
	struct arena a;
	arena_init(&a, 1 << 16);
	tap_is_str(dkim_field_without_b(STR("D: a=b; b=xyz; bh=q\r\n"), &a),
		STR("D: a=b; b=; bh=q\r\n"), "b= is taken out, bh= is not");
	tap_is_str(dkim_field_without_b(STR("D: bh=q;\r\n b =xy\r\n z\r\n"), &a),
		STR("D: bh=q;\r\n b =\r\n"), "... at the end, folded");
	arena_fini(&a);
}

int
main(void)
{
	test_example();
	test_changes();
	test_keys();
	test_broken();
	test_names();
	test_forms();
	return tap_done();
}
