/* Each ceiling of a report at its edge; languages; the summary; text into mail. */
#include "read/limits.h"
#include "report/mailtext.h"
#include "report/report.h"
#include "report/summary.h"
#include "tap.h"

#include <stdlib.h>

#define NOW 1795338843000
#define HEADER "Subject: x\r\nMessage-ID: <1@a.example>\r\n"

static struct arena arena;
static struct buf out;
static struct nixie_report *reader;

static struct str
str_in(struct nixie_str s)
{
	return (struct str){s.ptr, s.len};
}

static struct report_facts
facts(const struct report_recipient *recipients, size_t count, struct str original)
{
	return (struct report_facts){.hostname = STR("mail.a.example"),
		.id = STR("REPORT1"),
		.about = STR("7K2M9QX1ABCDE"),
		.to = STR("ann@a.example"),
		.now_ms = NOW,
		.sender = STR("ann@a.example"),
		.returns_full = true,
		.arrived_ms = NOW,
		.original = original,
		.original_bytes = original.len,
		.recipients = recipients,
		.recipient_count = count};
}

static struct str
written(const struct report_facts *f)
{
	arena_reset(&arena);
	buf_clear(&out);
	if (!report_write(f, &arena, &out))
		abort();
	return buf_str(&out);
}

static size_t
occurrences(struct str s, struct str what)
{
	size_t n = 0;
	for (size_t at = 0; (at = str_find(s, what, at)) != STR_NPOS; at += what.len)
		n++;
	return n;
}

static void
test_original(void)
{
	static char message[REPORT_ORIGINAL_BYTES_MAX + 1];
	const struct report_recipient r = {
		.final = STR("bob@b.example"), .action = NIXIE_ACTION_FAILED};
	memset(message, 'x', sizeof message);
	for (size_t i = 70; i + 1 < sizeof message; i += 72)
		memcpy(message + i, "\r\n", 2);
	memcpy(message, HEADER "\r\n", strlen(HEADER) + 2);
	struct report_facts f = facts(&r, 1, (struct str){message, REPORT_ORIGINAL_BYTES_MAX});
	tap_ok(str_has(written(&f), STR("Content-Type: message/rfc822")),
		"a message at the limit is returned whole");
	f = facts(&r, 1, (struct str){message, REPORT_ORIGINAL_BYTES_MAX + 1});
	tap_ok(str_has(written(&f), STR("Content-Type: text/rfc822-headers")) &&
			str_has(buf_str(&out), STR("too large to be returned whole")),
		"a byte more: its header, and the report says so");
	f = facts(&r, 1, (struct str){message, 5000});
	f.original_bytes = 5001;
	tap_ok(str_has(written(&f), STR("text/rfc822-headers")), "not all was given: the header");
	f = facts(&r, 1, STR(HEADER "\r\ncaf\xE9\r\n"));
	tap_ok(report_is_8bit(written(&f)), "8-bit text that is returned whole needs 8BITMIME");
	f.returns_full = false;
	tap_ok(!report_is_8bit(written(&f)), "... and its header alone does not");
	f = facts(&r, 1, STR("Subject: caf\xE9\r\n\r\ntext"));
	f.returns_full = false;
	tap_ok(!report_is_8bit(written(&f)), "... nor does one with such text: it is encoded");
	f = facts(&r, 1, STR(HEADER "\r\ntext"));
	f.returns_full = false;
	tap_ok(!str_has(written(&f), STR("\r\ntext")), "unasked: the header alone");
}

static void
test_header(void)
{
	static char header[REPORT_HEADER_BYTES_MAX + 200];
	const struct report_recipient r = {
		.final = STR("bob@b.example"), .action = NIXIE_ACTION_FAILED};
	size_t n = strlen(HEADER);
	memcpy(header, HEADER, n);
	while (n + 50 <= REPORT_HEADER_BYTES_MAX)
		n += (size_t)snprintf(header + n, 50, "X-Field: %038zu\r\n", n);
	const size_t left = REPORT_HEADER_BYTES_MAX - n; /* "X-Last: aaa\r\n" fills it */
	n += (size_t)snprintf(header + n, left + 1, "X-Last: %0*d\r\n", (int)left - 10, 0);
	memcpy(header + n, "X-Behind: 1\r\n\r\n", 15);
	const struct report_facts f = facts(&r, 1, (struct str){header, n + 15});
	struct report_facts headers = f;
	headers.returns_full = false;
	const struct str report = written(&headers);
	tap_is_int(n, REPORT_HEADER_BYTES_MAX, "a header that ends at the limit");
	tap_ok(str_has(report, STR("\r\nX-Last: ")), "its last field is there");
	tap_ok(!str_has(report, STR("\r\nX-Behind: ")), "the one behind is not");
	header[n - 3] = 'x';
	memcpy(header + n - 2, "y\r\n", 3); /* now the last field ends one byte later */
	memcpy(header + n + 1, "\r\n", 2);
	headers.original = (struct str){header, n + 3};
	tap_ok(!str_has(written(&headers), STR("\r\nX-Last: ")),
		"one byte more, and it is left out whole");
}

static void
test_recipients(void)
{
	enum { MANY = 3000 };
	static struct report_recipient list[MANY];
	static char names[MANY][24];
	for (size_t i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof names[i], "user%zu@b.example", i);
		list[i] = (struct report_recipient){
			.final = str_of(names[i]), .action = NIXIE_ACTION_FAILED};
	}
	const struct report_facts at = facts(list, REPORT_SHOWN_RECIPIENTS_MAX, STR(HEADER)),
				  over = facts(list, REPORT_SHOWN_RECIPIENTS_MAX + 1, STR(HEADER)),
				  many = facts(list, MANY, STR(HEADER));
	tap_ok(!str_has(written(&at), STR("more\r\n")), "so many recipients are all shown");
	tap_ok(str_has(written(&over), STR("and 1 more\r\n")), "one more is counted");
	const struct str report = written(&many);
	tap_is_int(occurrences(report, STR("\r\nFinal-Recipient: ")), MANY, "machines get all");
	tap_ok(nixie_read(reader, report.ptr, report.len, NIXIE_INPUT_MESSAGE) == NIXIE_OK &&
			nixie_report_info(reader)->outcome_count == MANY,
		"... and read them");
}

/* Causes past those that are explained are listed with their reason. */
static void
test_causes(void)
{
	static const char *const answers[] = {"550 5.1.1 User unknown", "552 5.2.2 Mailbox full",
		"550 5.2.1 Mailbox disabled", "550 5.7.1 Relay access denied",
		"550 5.7.1 Message rejected as spam", "552 5.3.4 Message too big",
		"550 5.7.23 SPF check failed", "550 5.7.25 no reverse DNS",
		"550 5.7.26 DMARC failed"};
	enum { CAUSES = sizeof answers / sizeof *answers };
	struct attempt attempts[CAUSES];
	struct report_recipient list[CAUSES];
	char names[CAUSES][24];
	for (size_t i = 0; i < CAUSES; i++) {
		snprintf(names[i], sizeof names[i], "user%zu@b.example", i);
		attempts[i] = (struct attempt){.at_ms = NOW,
			.stage = NIXIE_STAGE_RCPT,
			.condition = ATTEMPT_ANSWERED,
			.host = STR("mx.b.example"),
			.answer = str_of(answers[i])};
		list[i] = (struct report_recipient){.final = str_of(names[i]),
			.action = NIXIE_ACTION_FAILED,
			.attempts = &attempts[i],
			.attempt_count = 1};
	}
	const struct report_facts f = facts(list, CAUSES, STR(HEADER));
	const struct str report = written(&f);
	tap_is_int(
		occurrences(report, STR("\r\nWhat happened\r\n")), 8, "eight causes are explained");
	tap_ok(str_has(report, STR("user8@b.example  DMARC check failed")), "the ninth is named");
}

static void
test_attempts(void)
{
	struct attempt attempts[REPORT_SHOWN_ATTEMPTS_MAX + 1];
	for (size_t i = 0; i < REPORT_SHOWN_ATTEMPTS_MAX + 1; i++)
		attempts[i] = (struct attempt){.at_ms = NOW + (int64_t)i * 60000,
			.stage = NIXIE_STAGE_RCPT,
			.condition = ATTEMPT_ANSWERED,
			.host = STR("mx.b.example"),
			.answer = STR("451 4.3.0 Try later")};
	struct report_recipient r = {.final = STR("bob@b.example"),
		.action = NIXIE_ACTION_FAILED,
		.attempts = attempts,
		.attempt_count = REPORT_SHOWN_ATTEMPTS_MAX};
	const struct report_facts f = facts(&r, 1, STR(HEADER));
	tap_ok(!str_has(written(&f), STR("are not shown")), "so many attempts are all shown");
	r.attempt_count++;
	tap_ok(str_has(written(&f), STR("1 attempts between these are not shown")),
		"of one more the second is left out");
	tap_is_int(occurrences(buf_str(&out), STR("\r\n  2026-11-22 09:")),
		REPORT_SHOWN_ATTEMPTS_MAX, "... and no other");
}

static void
test_no_memory(void)
{
	const struct report_recipient r = {
		.final = STR("bob@b.example"), .action = NIXIE_ACTION_FAILED};
	const struct report_facts f = facts(&r, 1, STR(HEADER));
	size_t whole = 0;
	for (size_t limit = 0; limit < 400000; limit += limit < 2000 ? 100 : 7000) {
		struct arena small;
		struct buf b;
		arena_init(&small, limit);
		buf_init(&b, 1 << 20);
		whole += report_write(&f, &small, &b);
		buf_fini(&b);
		arena_fini(&small);
	}
	for (size_t limit = 1; limit < 20000; limit += 500) {
		struct buf b;
		arena_reset(&arena);
		buf_init(&b, limit);
		const bool is_whole = report_write(&f, &arena, &b);
		whole += is_whole && b.len > limit;
		buf_fini(&b);
	}
	tap_ok(whole > 0 && whole < 60, "a report is written whole or not at all");
}

/* clang-format off */
static const struct language {
	const char *header, *account;
	enum lang standard, want;
} languages[] = {
	{"Content-Language: de\r\n", "fr", LANG_EN, LANG_DE},
	{"Content-Language: de-AT, en\r\n", "", LANG_EN, LANG_DE},
	{"Content-Language: nl\r\nAccept-Language: pt-BR, en;q=0.5\r\n", "", LANG_DE, LANG_PT},
	{"Accept-Language: en;q=0.5, ja;q=0.9, fr;q=0\r\n", "", LANG_DE, LANG_JA},
	{"Subject: Content-Language: de\r\n\r\nContent-Language: es\r\n", "es", LANG_EN, LANG_ES},
	{"", "fr-CA, en", LANG_EN, LANG_FR},
	{"", "", LANG_ES, LANG_ES},
	{"Content-Language: \xFF,,;q=\r\n", "xx;q=1.0.0", LANG_FR, LANG_FR},
};
/* clang-format on */

static void
test_languages(void)
{
	for (size_t i = 0; i < sizeof languages / sizeof *languages; i++) {
		const struct language *const l = &languages[i];
		tap_is_int(report_language(str_of(l->header), str_of(l->account), l->standard),
			l->want, "language %zu", i);
	}
}

static void
test_summary(void)
{
	enum { MANY = SUMMARY_SHOWN_MAX + 1 };
	static struct report_recipient recipients[MANY];
	static struct str subjects[MANY];
	for (size_t i = 0; i < MANY; i++) {
		recipients[i] = (struct report_recipient){.action = NIXIE_ACTION_FAILED,
			.final = STR("bob@b.example\r\nBcc: x"),
			.about = STR("7K2M9QX1ABCDE")};
		subjects[i] = STR("=?UTF-8?Q?caf=C3=A9?= <b>");
	}
	struct summary_facts f = {.hostname = STR("mail.a.example"),
		.id = STR("REPORT1"),
		.to = STR("ann@a.example"),
		.now_ms = NOW,
		.recipients = recipients,
		.subjects = subjects,
		.count = SUMMARY_SHOWN_MAX};
	arena_reset(&arena);
	buf_clear(&out);
	tap_ok(summary_write(&f, &arena, &out), "a summary is written");
	tap_ok(str_has(buf_str(&out), STR("Subject: 500 more messages were not delivered\r\n")),
		"its subject counts");
	tap_ok(!str_has(buf_str(&out), STR("\r\nBcc:")), "no field of a stranger's");
	tap_ok(!str_has(buf_str(&out), STR("<b> (7K2M9QX1ABCDE)</td>")) &&
			str_has(buf_str(&out), STR("&lt;b&gt;")),
		"no markup of a stranger's");
	tap_ok(!str_has(buf_str(&out), STR("and 1 more")), "all are listed");
	f.count++;
	buf_clear(&out);
	tap_ok(summary_write(&f, &arena, &out) && str_has(buf_str(&out), STR("and 1 more")),
		"past the limit they are counted");
	tap_ok(nixie_read(reader, out.ptr, out.len, NIXIE_INPUT_MESSAGE) == NIXIE_OK &&
			str_eq(str_in(nixie_report_info(reader)->from),
				STR("\"Mail server mail.a.example\" <postmaster@mail.a.example>")),
		"it is a message of the server's");
}

static void
test_mailtext(void)
{
	buf_clear(&out);
	mail_body(&out, STR("plain\ntext\n"));
	tap_is_str(buf_str(&out), STR("Content-Transfer-Encoding: 7bit\r\n\r\nplain\r\ntext\r\n"),
		"ASCII goes as it is");
	buf_clear(&out);
	mail_body(&out, STR("From me\n"));
	tap_is_str(buf_str(&out),
		STR("Content-Transfer-Encoding: quoted-printable\r\n\r\n=46rom me\r\n"),
		"From at the start of a line is hidden");
	buf_clear(&out);
	mail_quoted_printable(&out, STR("a=b \n.\nc\xC3\xA9\t"));
	tap_is_str(buf_str(&out), STR("a=3Db=20\r\n=2E\r\nc=C3=A9=09\r\n"),
		"blanks at the end, dots, and what is not ASCII");
	buf_clear(&out);
	mail_base64(&out, STR("ab"));
	mail_base64(&out, STR("abc"));
	mail_base64(&out, STR("a"));
	tap_is_str(buf_str(&out), STR("YWI=\r\nYWJj\r\nYQ==\r\n"), "base64 of each length");
	buf_clear(&out);
	mail_words(&out, STR("J\xC3\xBCrgen"), 9);
	tap_is_str(buf_str(&out), STR("=?UTF-8?B?SsO8cmdlbg==?="), "an encoded word");
	buf_clear(&out);
	mail_words(&out, STR("a =?x?= b"), 9);
	tap_ok(str_starts(buf_str(&out), STR("=?UTF-8?B?")), "what looks like one is encoded");
}

int
main(void)
{
	arena_init(&arena, 256 << 20);
	buf_init(&out, 64 << 20);
	reader = nixie_report_new();
	if (reader == NULL)
		return 2;
	test_original();
	test_header();
	test_recipients();
	test_causes();
	test_attempts();
	test_no_memory();
	test_languages();
	test_summary();
	test_mailtext();
	nixie_report_free(reader);
	buf_fini(&out);
	arena_fini(&arena);
	return tap_done();
}
