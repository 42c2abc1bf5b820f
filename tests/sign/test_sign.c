/* DKIM-Signature: what is signed is what our verifier takes, and nothing can be put in front of it.
 */
#include "vouched.h"

#define FROM "From: Joe SixPack <joe@example.org>\r\n"
#define REST                                                                                       \
	"To: Suzie Q <suzie@shopping.example.net>\r\n"                                             \
	"Subject: Is dinner ready?\r\n\t(it is)\r\n"                                               \
	"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"                                          \
	"Message-ID: <20030712040037.46341.5F8J@example.org>\r\n"
#define BODY "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
#define MESSAGE FROM REST "\r\n" BODY

static struct vouched_key rsa, ed;
static const char *zone[] = {rsa.line, ed.line, NULL};
static struct str fields[DKIM_FIELDS_MAX];

/* The message with both signatures in front of it. */
static const char *
sign(const char *message, int64_t lifetime_s)
{
	static char whole[65536];
	struct buf out;
	struct sign_text t = vouched_text(message, fields);
	t.lifetime_s = lifetime_s;
	buf_init(&out, 32768);
	const bool ok = sign_dkim(&rsa.key, &t, &out) && sign_dkim(&ed.key, &t, &out);
	snprintf(whole, sizeof whole, "%.*s%s", ok ? (int)out.len : 0, ok ? out.ptr : "", message);
	buf_fini(&out);
	return whole;
}

#define is(message, want, ...)                                                                     \
	tap_is_str(str_of(vouched_signatures(zone, message)), str_of(want), __VA_ARGS__)

/* The signed message with one text in the place of another. */
static const char *
with(const char *one, const char *other)
{
	static char changed[65536];
	const char *const whole = sign(MESSAGE, 0);
	/* The message, not the signature that names the same fields. */
	const char *const at = strstr(strstr(whole, FROM), one);
	snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - whole), whole, other,
		at + strlen(one));
	return changed;
}

static void
test_whole(void)
{
	is(sign(MESSAGE, 0), "pass pass", "RSA and Ed25519");
	is(sign(FROM "\r\n", 0), "pass pass", "an empty body");
	is(sign(FROM "\r\n\r\n\r\n", 0), "pass pass", "a body of empty lines");
	is(sign(FROM "\r\nno line end", 0), "pass pass", "a body without a line end");
	is(sign(FROM "Subject: J\xc3\xbcrgen\r\n\r\n\xff\xfe \t\r\n", 0), "pass pass",
		"bytes beyond ASCII");
	is(with("Joe SixPack", "Joe  \t SixPack"), "pass pass", "relaxed: blanks");
	is(with("Subject: Is dinner ready?\r\n\t(it is)", "subject:Is dinner ready? (it is)"),
		"pass pass", "relaxed: folding and case");
	is(with("Joe.\r\n", "Joe. \r\n\r\n"), "pass pass", "relaxed: the end of the body");
}

/* Who changes what was signed is seen; so is who adds what would be shown in its place. */
static const struct {
	const char *one, *other, *want, *what;
} changes[] = {
	{"Joe SixPack", "Joe Sixpack", "fail fail", "another name"},
	{"dinner", "supper", "fail fail", "another subject"},
	{"hungry", "thirsty", "fail fail", "another body"},
	{"Joe.\r\n", "Joe.\r\nP.S.\r\n", "fail fail", "text added"},
	{FROM, "From: evil@example.net\r\n" FROM, "fail fail", "a second From"},
	{FROM, "Subject: Win!\r\n" FROM, "fail fail", "a second Subject"},
	{FROM, "Reply-To: evil@example.net\r\n" FROM, "fail fail",
		"a Reply-To where there was none"},
	{FROM, "Cc: evil@example.net\r\n" FROM, "fail fail", "a Cc where there was none"},
	{FROM, "Message-ID: <other@example.org>\r\n" FROM, "fail fail", "a second Message-ID"},
	{FROM, "Received: from here by there\r\n" FROM, "pass pass",
		"a Received of the next server"},
	{FROM, "List-Id: <a.example.net>\r\n" FROM, "pass pass", "a field that a list adds"},
	{FROM, "Sender: list@example.net\r\n" FROM, "pass pass", "... or another one"},
};

static void
test_changes(void)
{
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		is(with(changes[i].one, changes[i].other), changes[i].want, "%s", changes[i].what);
}

/* The field itself: its tags, and no line that a server would fold. */
static void
test_form(void)
{
	struct str rest = str_of(sign(MESSAGE, 0)), line;
	const size_t end = str_find(rest, STR(FROM), 0);
	const struct str both = str_head(rest, end);
	size_t longest = 0;
	tap_ok(str_has(both, STR("t=1600000000;")), "t= is now");
	tap_ok(!str_has(both, STR("x=")), "no x= without a lifetime");
	tap_ok(!str_has(both, STR("l=")), "no l=");
	tap_ok(str_has(both, STR("h=From:From:To:To:Cc:Subject:Subject:Date:Date:Reply-To:")),
		"what is there is named once more than it is there");
	for (rest = both; str_line(&rest, &line);)
		longest = line.len > longest ? line.len : longest;
	tap_ok(longest > 60 && longest <= 78, "lines of 78 at the most: %zu", longest);
	tap_ok(str_has(str_of(sign(MESSAGE, 604800)), STR("x=1600604800;")), "x= a week later");
	is(sign(MESSAGE, 604800), "pass pass", "... and it passes until then");
	/* Many fields of one name: h= stays below what our verifier looks at. */
	static char crowded[65536];
	size_t used = (size_t)snprintf(crowded, sizeof crowded, "%s", FROM);
	for (int i = 0; i < 400; i++)
		used += (size_t)snprintf(crowded + used, sizeof crowded - used,
			"References: <%d@example.org>\r\nContent-Type: text/plain\r\n", i);
	snprintf(crowded + used, sizeof crowded - used, "%s\r\n%s", REST, BODY);
	is(sign(crowded, 0), "pass pass", "400 fields of one name");
}

static void
test_record(void)
{
	struct buf record, line;
	struct str wrong;
	buf_init(&record, SIGN_RECORD_BYTES_MAX);
	buf_init(&line, 4096);
	sign_record(ed.key.key, &record);
	tap_is_str(buf_str(&record),
		STR("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
		"the record of RFC 8463 A.2");
	tap_ok(sign_record_matches(ed.key.key, buf_str(&record), &wrong), "... is that key's");
	buf_clear(&record);
	sign_record(rsa.key.key, &record);
	tap_ok(sign_record_matches(rsa.key.key, buf_str(&record), &wrong), "RSA: the key's own");
	tap_ok(!sign_record_matches(ed.key.key, buf_str(&record), &wrong) &&
			str_eq(wrong, STR("the key is of another kind than the signature")),
		"the record of another kind");
	struct vouched_key other;
	vouched_key_make(&other, false, "example.net");
	tap_ok(!sign_record_matches(other.key.key, buf_str(&record), &wrong) &&
			str_eq(wrong, STR("it is the public half of another key")),
		"the record of another key");
	EVP_PKEY_free(other.key.key);
	tap_ok(record.len > 400, "RSA with 2048 bits: %zu bytes", record.len);
	sign_record_line(STR("rsa._domainkey.example.org"), buf_str(&record), &line);
	tap_ok(str_starts(
		       buf_str(&line), STR("rsa._domainkey.example.org. IN TXT ( \"v=DKIM1; k=rsa; "
					   "p=")),
		"a line of a zone");
	size_t longest = 0, inside = 0;
	for (size_t i = 0; i < line.len; i++) {
		inside = line.ptr[i] == '"' ? 0 : inside + 1;
		longest = inside > longest ? inside : longest;
	}
	tap_is_int(longest, SIGN_STRING_BYTES_MAX, "... in strings that the DNS can hold");
	buf_fini(&record);
	buf_fini(&line);
}

int
main(void)
{
	vouched_key_make(&rsa, false, "example.org");
	vouched_key_make(&ed, true, "example.org");
	test_whole();
	test_changes();
	test_form();
	test_record();
	EVP_PKEY_free(rsa.key.key);
	EVP_PKEY_free(ed.key.key);
	return tap_done();
}
