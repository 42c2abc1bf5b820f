/* Every ceiling of read/limits.h at n-1, n and n+1: what is kept, and that the report says so. */
#include "base/buf.h"
#include "base/charset.h"
#include "nixie.h"
#include "read/address.h"
#include "read/facts.h"
#include "tap.h"

#define ARENA_LIMIT_BYTES ((size_t)512 << 20)

static struct arena a;
static struct buf in;
static struct facts f;

static void
add(const char *text)
{
	buf_add(&in, str_of(text));
}

static void
add_times(char c, size_t n)
{
	char *const to = buf_reserve(&in, n);
	if (to == NULL)
		return;
	memset(to, c, n);
	in.len += n;
}

static void
begin(void)
{
	arena_fini(&a);
	arena_init(&a, ARENA_LIMIT_BYTES);
	buf_clear(&in);
}

static bool
is_noted(const char *what)
{
	for (size_t i = 0; i < f.note_count; i++)
		if (strcmp(f.notes[i].what, what) == 0)
			return true;
	return false;
}

static void
test_header_fields(size_t n)
{
	begin();
	add("From: a@b.example\nSubject: x\n");
	for (size_t i = 2; i < n; i++)
		add("X: y\n");
	add("\nbody\n");
	facts_read(buf_str(&in), NIXIE_INPUT_ANY, &a, &f);
	const size_t kept = n < HEADER_FIELDS_MAX ? n : HEADER_FIELDS_MAX;
	tap_is_int(f.header.count, kept, "HEADER_FIELDS_MAX: %zu: kept", n);
	tap_ok(is_noted("header-limit") == (n > kept), "HEADER_FIELDS_MAX: %zu: noted", n);
	tap_is_str(str_trim(f.prose.all), STR("body"), "HEADER_FIELDS_MAX: %zu: the body", n);
}

static void
test_header_value(size_t n)
{
	begin();
	add("=?utf-8?Q?=41?=");
	add_times('x', n - in.len);
	const struct str text = header_text(buf_str(&in), &a);
	const size_t kept = n < HEADER_VALUE_MAX ? n : HEADER_VALUE_MAX;
	tap_is_int(text.len, kept - strlen("=?utf-8?Q?=41?=") + 1, "HEADER_VALUE_MAX: %zu", n);
}

/* `n` multiparts, one inside the other, and text in the innermost. */
static void
test_depth(size_t n)
{
	begin();
	add("From: a@b.example\nSubject: x\n");
	for (size_t i = 0; i < n; i++) {
		add("Content-Type: multipart/mixed; boundary=b");
		buf_add_number(&in, (int64_t)(1000 + i));
		add("\n\n--b");
		buf_add_number(&in, (int64_t)(1000 + i));
		add("\n");
	}
	add("\ninnermost\n");
	facts_read(buf_str(&in), NIXIE_INPUT_ANY, &a, &f);
	tap_ok(is_noted("depth-limit") == (n > MIME_DEPTH_MAX), "MIME_DEPTH_MAX: %zu: noted", n);
	tap_ok(str_has(f.prose.all, STR("innermost")) == (n <= MIME_DEPTH_MAX),
		"MIME_DEPTH_MAX: %zu: read", n);
}

static void
test_parts(size_t n)
{
	begin();
	add("From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n");
	for (size_t i = 0; i < n; i++)
		add("--b\n\nx\n");
	add("--b--\n");
	facts_read(buf_str(&in), NIXIE_INPUT_ANY, &a, &f);
	const size_t kept = n < MIME_PARTS_MAX ? n : MIME_PARTS_MAX;
	tap_is_int(f.mime.count, kept, "MIME_PARTS_MAX: %zu: kept", n);
	tap_ok(is_noted("parts-limit") == (n > kept), "MIME_PARTS_MAX: %zu: noted", n);
}

/* `n` messages around a report, one inside the other. */
static void
read_nested(size_t n, const char *from)
{
	begin();
	for (size_t i = 0; i < n; i++) {
		add(from);
		add("\nSubject: Fwd: Undelivered mail\nContent-Type: multipart/mixed; boundary=f");
		buf_add_number(&in, (int64_t)(1000 + i));
		add("\n\n--f");
		buf_add_number(&in, (int64_t)(1000 + i));
		add("\nContent-Type: message/rfc822\n\n");
	}
	add("From: MAILER-DAEMON@mx.example\nSubject: x\n"
	    "Content-Type: multipart/report; boundary=r\n\n--r\n"
	    "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b.example\n"
	    "Action: failed\nStatus: 5.1.1\n\n--r--\n");
	facts_read(buf_str(&in), NIXIE_INPUT_ANY, &a, &f);
}

static void
test_nesting(size_t n)
{
	read_nested(n, "From: MAILER-DAEMON@b.example");
	tap_is_int(f.nesting, n < NESTED_REPORTS_MAX ? n : NESTED_REPORTS_MAX,
		"NESTED_REPORTS_MAX: %zu: opened", n);
	tap_is_int(f.dsn.count, n <= NESTED_REPORTS_MAX, "NESTED_REPORTS_MAX: %zu: read", n);
	tap_ok((f.note_count > 0) == (n > NESTED_REPORTS_MAX), "NESTED_REPORTS_MAX: %zu: noted", n);
}

static void
test_text(size_t n)
{
	begin();
	add("<a@b.example>: no\n");
	add_times('x', n - in.len);
	facts_read(buf_str(&in), NIXIE_INPUT_TEXT, &a, &f);
	tap_is_int(f.prose.all.len, n < TEXT_BYTES_MAX ? n : TEXT_BYTES_MAX,
		"TEXT_BYTES_MAX: %zu: kept", n);
	tap_ok(is_noted("text-limit") == (n > TEXT_BYTES_MAX), "TEXT_BYTES_MAX: %zu: noted", n);
}

/* A diagnostic of `n` bytes; the last kept must not be a part of a character. */
static void
test_diagnostic(size_t n)
{
	struct nixie_report *const r = nixie_report_new();
	begin();
	add("From: MAILER-DAEMON@mx.example\nSubject: x\n"
	    "Content-Type: multipart/report; boundary=r\n\n--r\n"
	    "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b.example\n"
	    "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; ");
	const size_t from = in.len;
	add("550 ");
	while (in.len - from + 3 <= n)
		add("\xE3\x81\x82");
	add_times('x', n - (in.len - from));
	add("\n\n--r--\n");
	if (!tap_ok(r != NULL && nixie_read(r, in.ptr, in.len, NIXIE_INPUT_ANY) == NIXIE_OK,
		    "DIAGNOSTIC_BYTES_MAX: %zu: read", n))
		return;
	const struct nixie_report_info *const info = nixie_report_info(r);
	tap_is_int(info->outcome_count, 1, "DIAGNOSTIC_BYTES_MAX: %zu: one outcome", n);
	const struct nixie_str d = info->outcomes[0].diagnostic;
	tap_ok(n <= DIAGNOSTIC_BYTES_MAX
			? d.len == n
			: d.len <= DIAGNOSTIC_BYTES_MAX && d.len > DIAGNOSTIC_BYTES_MAX - 4,
		"DIAGNOSTIC_BYTES_MAX: %zu: kept", n);
	tap_ok(utf8_valid((struct str){d.ptr, d.len}),
		"DIAGNOSTIC_BYTES_MAX: %zu: whole characters", n);
	nixie_report_free(r);
}

static void
test_address(size_t n)
{
	size_t at = 0;
	begin();
	add_times('x', n - strlen("@b.example"));
	add("@b.example");
	const struct str found = address_next(buf_str(&in), &at);
	tap_is_int(found.len, n <= ADDRESS_BYTES_MAX ? n : 0, "ADDRESS_BYTES_MAX: %zu: found", n);
	tap_ok(address_clean(buf_str(&in)).len <= ADDRESS_BYTES_MAX,
		"ADDRESS_BYTES_MAX: %zu: clean", n);
}

static void
test_notes(size_t n)
{
	static char names[NOTES_MAX + 2][8];
	f = (struct facts){.note_count = 0};
	for (size_t i = 0; i < n; i++) {
		names[i][0] = (char)('A' + i / 10);
		names[i][1] = (char)('0' + i % 10);
		facts_note(&f, names[i], i);
		facts_note(&f, names[i], 0);
	}
	tap_is_int(f.note_count, n < NOTES_MAX ? n : NOTES_MAX, "NOTES_MAX: %zu", n);
}

static void
test_lines(size_t n)
{
	begin();
	add("<a@b.example>: no\n");
	add_times('\n', n - 2);
	add("end");
	facts_read(buf_str(&in), NIXIE_INPUT_TEXT, &a, &f);
	tap_is_int(f.prose.lines.count, n < TEXT_LINES_MAX ? n : TEXT_LINES_MAX,
		"TEXT_LINES_MAX: %zu: kept", n);
	tap_ok(is_noted("text-limit") == (n > TEXT_LINES_MAX), "TEXT_LINES_MAX: %zu: noted", n);
}

static void
add_many(size_t n, const char *before, const char *after)
{
	for (size_t i = 0; i < n; i++) {
		add(before);
		buf_add_number(&in, (int64_t)i);
		add(after);
	}
}

/* `n` recipients in the form that `head`, `before` and `after` make: all or RECIPIENTS_MAX are told
 * of. */
static void
read_recipients(size_t n, const char *name, const char *head, const char *before, const char *after,
	const char *tail)
{
	struct nixie_report *const r = nixie_report_new();
	begin();
	add(head);
	add_many(n, before, after);
	add(tail);
	const bool is_read =
		r != NULL && nixie_read(r, in.ptr, in.len, NIXIE_INPUT_ANY) == NIXIE_OK;
	const struct nixie_report_info *const info = nixie_report_info(r);
	tap_ok(is_read, "RECIPIENTS_MAX: %s: %zu: read", name, n);
	tap_is_int(info->outcome_count, n < RECIPIENTS_MAX ? n : RECIPIENTS_MAX,
		"RECIPIENTS_MAX: %s: %zu: kept", name, n);
	bool noted = false;
	for (size_t i = 0; i < info->note_count; i++)
		noted = noted ||
			str_eq((struct str){info->notes[i].what.ptr, info->notes[i].what.len},
				STR("recipients-limit"));
	tap_ok(noted == (n > RECIPIENTS_MAX), "RECIPIENTS_MAX: %s: %zu: noted", name, n);
	nixie_report_free(r);
}

static void
test_recipients(size_t n)
{
	read_recipients(n, "fields",
		"From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; "
		"boundary=b\n\n--b\n"
		"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n",
		"Final-Recipient: rfc822; u", "@b.example\nAction: failed\nStatus: 5.1.1\n\n",
		"--b--\n");
	read_recipients(n, "prose",
		"From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\nI could not "
		"deliver:\n\n",
		"<u", "@b.example>:\n550 5.1.1 no such user\n\n", "");
	read_recipients(n, "X-Failed-Recipients",
		"From: MAILER-DAEMON@mx.example\nSubject: failure notice\nX-Failed-Recipients: ",
		",\n u", "@b.example", "\n\nNot delivered.\n");
	read_recipients(n, "JSON",
		"{\"notificationType\":\"Bounce\",\"bounce\":{\"bounceType\":\"Permanent\","
		"\"bouncedRecipients\":[",
		"{\"emailAddress\":\"u", "@b.example\",\"status\":\"5.1.1\"},", "{}]}}\n");
}

static void
test_namings(size_t n)
{
	begin();
	add("From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\n");
	add_many(n, "<u", "@b.example>: no\n");
	facts_read(buf_str(&in), NIXIE_INPUT_ANY, &a, &f);
	tap_is_int(
		f.prose.count, n < NAMINGS_MAX ? n : NAMINGS_MAX, "NAMINGS_MAX: %zu: addresses", n);
	tap_ok(is_noted("recipients-limit") == (n > NAMINGS_MAX), "NAMINGS_MAX: %zu: noted", n);
	begin();
	add("From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\n");
	add_many(n, "In:  NOOP", "\n");
	facts_read(buf_str(&in), NIXIE_INPUT_ANY, &a, &f);
	tap_is_int(f.prose.exchange_count, n < NAMINGS_MAX ? n : NAMINGS_MAX,
		"NAMINGS_MAX: %zu: commands", n);
	tap_ok(is_noted("recipients-limit") == (n > NAMINGS_MAX), "NAMINGS_MAX: %zu: noted", n);
}

/* Of some length: five hundred of them must not be put together one after the other. */
static const char *
text_part(void)
{
	static char part[33000];
	memset(part, 'x', sizeof part - 1);
	memcpy(part, "--b\n\n", 5);
	part[sizeof part - 2] = '\n';
	return part;
}

/* Rubbish past a limit costs no memory: the default of a report is enough for any input. */
static void
test_rubbish(const char *name, const char *head, const char *again, size_t bytes)
{
	struct nixie_report *const r = nixie_report_new();
	begin();
	add(head);
	while (in.len < bytes)
		add(again);
	tap_ok(r != NULL && nixie_read(r, in.ptr, in.len, NIXIE_INPUT_ANY) == NIXIE_OK,
		"rubbish: %s", name);
	nixie_report_free(r);
}

#define EACH(test, max)                                                                            \
	do {                                                                                       \
		test((max)-1);                                                                     \
		test(max);                                                                         \
		test((max) + 1);                                                                   \
	} while (0)

int
main(void)
{
	arena_init(&a, ARENA_LIMIT_BYTES);
	buf_init(&in, ARENA_LIMIT_BYTES);
	EACH(test_header_fields, HEADER_FIELDS_MAX);
	EACH(test_header_value, HEADER_VALUE_MAX);
	EACH(test_depth, MIME_DEPTH_MAX);
	EACH(test_parts, MIME_PARTS_MAX);
	EACH(test_nesting, NESTED_REPORTS_MAX);
	read_nested(2, "From: me@b.example");
	tap_is_int(
		f.dsn.count, 1, "NESTED_REPORTS_MAX: a bounce inside a forward inside a forward");
	EACH(test_text, TEXT_BYTES_MAX);
	EACH(test_lines, TEXT_LINES_MAX);
	EACH(test_recipients, RECIPIENTS_MAX);
	EACH(test_namings, NAMINGS_MAX);
	EACH(test_diagnostic, DIAGNOSTIC_BYTES_MAX);
	EACH(test_address, ADDRESS_BYTES_MAX);
	EACH(test_notes, NOTES_MAX);
	test_rubbish("parts", "From: a\nContent-Type: multipart/mixed; boundary=b\n\n",
		"--b\na:\n\n", (size_t)16 << 20);
	test_rubbish("parts of text", "From: a\nContent-Type: multipart/mixed; boundary=b\n\n",
		text_part(), (size_t)16 << 20);
	test_rubbish("groups",
		"From: a\nContent-Type: multipart/report; boundary=b\n\n--b\n"
		"Content-Type: message/delivery-status\n\n",
		"Status:\n", 8 * 100000);
	test_rubbish("addresses", "From: a\nSubject: x\n\n", "a@b\n", 4 * 100000);
	test_rubbish("blank lines", "From: a\nSubject: x\n\n", "\n", (size_t)8 << 20);
	test_rubbish("a dialogue",
		"From: MAILER-DAEMON@a\nSubject: failure notice\n\n... while talking to "
		"b.example:\n",
		">>> RCPT To:<u@b.example>\n<<< 550 5.1.1 <u@b.example>... User unknown\n",
		(size_t)10 << 20);
	test_rubbish("commands", "From: a\nSubject: x\n\n", ">>> DAT\n", 8 * 100000);
	buf_fini(&in);
	arena_fini(&a);
	return tap_done();
}
