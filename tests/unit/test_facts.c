#include "base/buf.h"
#include "read/facts.h"
#include "tap.h"

#define ARENA_LIMIT_BYTES ((size_t)64 << 20)

/* A report in the form of RFC 3464, with "\n" to be replaced by other line ends. */
#define HEAD                                                                                       \
	"From: MAILER-DAEMON@mx.example\n"                                                         \
	"To: me@b.example\n"                                                                       \
	"Subject: =?utf-8?Q?R=C3=BCckl=C3=A4ufer?=\n"                                              \
	"Message-ID: <r@mx.example>\n"                                                             \
	"MIME-Version: 1.0\n"                                                                      \
	"Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"=_part\"\n\n"
#define PROSE "--=_part\nContent-Type: text/plain\n\nYour mail came back.\n\n"
#define FIELDS                                                                                     \
	"Reporting-MTA: dns; mx.example\n\n"                                                       \
	"Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n"                    \
	"Diagnostic-Code: smtp; 550 5.1.1 no such\n user\n"
#define STATUS "--=_part\nContent-Type: message/delivery-status\n\n" FIELDS "\n"
#define RETURNED                                                                                   \
	"--=_part\nContent-Type: message/rfc822\n\nFrom: me@b.example\nTo: a@b.example\n"          \
	"Subject: hello\nMessage-ID: <1@b.example>\n\nhi\n\n"
#define END "--=_part--\n"
#define WHOLE HEAD PROSE STATUS RETURNED END

/* Read or not: one recipient that failed, and the message that came back. */
static void
check_whole(const struct facts *f, const char *name)
{
	tap_is_str(f->subject,
		STR("R\xC3\xBC"
		    "ckl\xC3\xA4ufer"),
		"%s: subject", name);
	tap_is_str(f->from_address, STR("MAILER-DAEMON@mx.example"), "%s: from", name);
	if (tap_is_int(f->dsn.count, 1, "%s: recipients", name)) {
		const struct dsn_recipient *const r = &f->dsn.recipients[0];
		tap_is_str(r->final, STR("a@b.example"), "%s: recipient", name);
		tap_is_int(r->action, NIXIE_ACTION_FAILED, "%s: action", name);
		tap_ok(status_same(r->status, (struct status){5, 1, 1}), "%s: status", name);
		tap_ok(str_starts(r->diagnostic, STR("550 5.1.1 no such")) &&
				str_ends_case(r->diagnostic, STR("user")),
			"%s: diagnostic", name);
	}
	tap_ok(f->returned.is_there, "%s: returned", name);
	tap_is_str(f->returned.message_id, STR("<1@b.example>"), "%s: its Message-ID", name);
	tap_is_str(str_trim(f->prose.all), STR("Your mail came back."), "%s: prose", name);
}

/* clang-format off */
static const struct whole_row {
	const char *name;
	struct str in;
	const char *line_end;
} whole_rows[] = {
	{"LF", STR_INIT(WHOLE), "\n"},
	{"CRLF", STR_INIT(WHOLE), "\r\n"},
	{"CR", STR_INIT(WHOLE), "\r"},
	{"CR CR LF", STR_INIT(WHOLE), "\r\r\n"},
	{"each line end twice", STR_INIT(WHOLE), "\n\n"},
	{"each CRLF twice", STR_INIT(WHOLE), "\r\n\r\n"},
	{"each CR twice", STR_INIT(WHOLE), "\r\r"},
	{"no line ends", STR_INIT(WHOLE), " "},
	{"a byte order mark", STR_INIT("\xEF\xBB\xBF" WHOLE), "\n"},
	{"an mbox line", STR_INIT("From MAILER-DAEMON Mon Jan  1 00:00:00 2024\n" WHOLE), "\n"},
	{"blank lines first", STR_INIT("\n\n\n" WHOLE), "\r\n"},
	{"never closed", STR_INIT(HEAD PROSE STATUS RETURNED), "\n"},
	{"no boundary named", STR_INIT("From: MAILER-DAEMON@mx.example\nTo: me@b.example\nSubject: R\xC3\xBC" "ckl\xC3\xA4ufer\n"
		"Content-Type: multipart/report\n\n" PROSE STATUS RETURNED END), "\n"},
	{"a boundary that occurs nowhere", STR_INIT("From: MAILER-DAEMON@mx.example\nTo: me@b.example\nSubject: R\xC3\xBC" "ckl\xC3\xA4ufer\n"
		"Content-Type: multipart/report; boundary=lost\n\n" PROSE STATUS RETURNED END), "\r\n"},
	{"the status in base64", STR_INIT(HEAD PROSE "--=_part\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n"
		"UmVwb3J0aW5nLU1UQTogZG5zOyBteC5leGFtcGxlCgpGaW5hbC1SZWNpcGllbnQ6IHJmYzgyMjsg\n"
		"YUBiLmV4YW1wbGUKQWN0aW9uOiBmYWlsZWQKU3RhdHVzOiA1LjEuMQpEaWFnbm9zdGljLUNvZGU6\n"
		"IHNtdHA7IDU1MCA1LjEuMSBubyBzdWNoCiB1c2VyCg==\n\n" RETURNED END), "\n"},
	{"the status in base64 that nobody announces", STR_INIT(HEAD PROSE "--=_part\nContent-Type: message/delivery-status\n\n"
		"UmVwb3J0aW5nLU1UQTogZG5zOyBteC5leGFtcGxlCgpGaW5hbC1SZWNpcGllbnQ6IHJmYzgyMjsg\n"
		"YUBiLmV4YW1wbGUKQWN0aW9uOiBmYWlsZWQKU3RhdHVzOiA1LjEuMQpEaWFnbm9zdGljLUNvZGU6\n"
		"IHNtdHA7IDU1MCA1LjEuMSBubyBzdWNoCiB1c2VyCg==\n\n" RETURNED END), "\r\n"},
	{"the status in quoted-printable", STR_INIT(HEAD PROSE "--=_part\nContent-Type: message/delivery-status\n"
		"Content-Transfer-Encoding: quoted-printable\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; a=40b.exa=\nmple\n"
		"Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such=20\n user\n\n" RETURNED END), "\n"},
	{"the status as text/plain", STR_INIT(HEAD PROSE "--=_part\nContent-Type: text/plain\n\n" FIELDS "\n" RETURNED END), "\n"},
	{"the status without blank lines between its groups", STR_INIT(HEAD PROSE "--=_part\nContent-Type: message/delivery-status\n"
		"\nReporting-MTA: dns; mx.example\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n"
		"Diagnostic-Code: smtp; 550 5.1.1 no such\n user\n\n" RETURNED END), "\n"},
	{"only the header was returned", STR_INIT(HEAD PROSE STATUS "--=_part\nContent-Type: text/rfc822-headers\n\nFrom: me@b.example\n"
		"Message-ID: <1@b.example>\n\n" END), "\r\n"},
	{"the parts in another order", STR_INIT(HEAD RETURNED STATUS PROSE END), "\n"},
	{"in a multipart/mixed by a list", STR_INIT("From: MAILER-DAEMON@mx.example\nTo: me@b.example\n"
		"Subject: =?iso-8859-1?Q?R=FCckl=E4ufer?=\nContent-Type: multipart/mixed; boundary=o\n\n--o\n"
		"Content-Type: multipart/report; report-type=delivery-status; boundary=\"=_part\"\n\n" PROSE STATUS RETURNED END "--o--\n"), "\n"},
};
/* clang-format on */

static struct str
with_line_ends(struct str in, const char *line_end, struct buf *out)
{
	buf_clear(out);
	for (size_t i = 0; i < in.len; i++)
		if (in.ptr[i] == '\n')
			buf_add(out, str_of(line_end));
		else
			buf_add_char(out, in.ptr[i]);
	return buf_str(out);
}

static struct facts f; /* too large for comfort on a stack */

static void
test_whole(void)
{
	struct buf in;
	buf_init(&in, ARENA_LIMIT_BYTES);
	for (size_t i = 0; i < sizeof whole_rows / sizeof *whole_rows; i++) {
		struct arena a;
		arena_init(&a, ARENA_LIMIT_BYTES);
		facts_read(with_line_ends(whole_rows[i].in, whole_rows[i].line_end, &in),
			NIXIE_INPUT_ANY, &a, &f);
		tap_ok(f.is_message && !arena_failed(&a), "%s: a message", whole_rows[i].name);
		check_whole(&f, whole_rows[i].name);
		arena_fini(&a);
	}
	buf_fini(&in);
}

static void
read_one(struct str in, enum nixie_input kind, struct arena *a)
{
	arena_fini(a);
	arena_init(a, ARENA_LIMIT_BYTES);
	facts_read(in, kind, a, &f);
}

static void
test_utf8(struct arena *a)
{
	read_one(STR("From: MAILER-DAEMON@mx.example\nTo: me@b.example\nSubject: x\n"
		     "Content-Type: multipart/report; report-type=global-delivery-status; "
		     "boundary=g\n\n"
		     "--g\nContent-Type: text/plain; charset=utf-8\n\n\xE5\xA4\xB1\xE6\x95\x97\n\n"
		     "--g\nContent-Type: message/global-delivery-status\n\n"
		     "Reporting-MTA: dns; mx.example\n\n"
		     "Original-Recipient: utf-8;\xE7\x94\xA8\xE6\x88\xB7@\xE4\xBE\x8B.example\n"
		     "Final-Recipient: utf-8;\xE7\x94\xA8\xE6\x88\xB7@\xE4\xBE\x8B.example\n"
		     "Action: failed\nStatus: 5.6.7\nDiagnostic-Code: utf-8; 550 "
		     "\xE4\xB8\x8D\xE6\x98\x8E\n\n"
		     "--g\nContent-Type: message/global-headers\n\nSubject: "
		     "\xE6\x8C\xA8\xE6\x8B\xB6\n"
		     "From: me@b.example\n\n--g--\n"),
		NIXIE_INPUT_ANY, a);
	tap_is_int(f.dsn.count, 1, "RFC 6533: one recipient");
	tap_is_str(f.dsn.count == 1 ? f.dsn.recipients[0].final : STR_NONE,
		STR("\xE7\x94\xA8\xE6\x88\xB7@\xE4\xBE\x8B.example"), "RFC 6533: in UTF-8");
	tap_is_str(f.dsn.count == 1 ? f.dsn.recipients[0].diagnostic : STR_NONE,
		STR("550 \xE4\xB8\x8D\xE6\x98\x8E"), "RFC 6533: the diagnostic");
	tap_is_str(f.returned.subject, STR("\xE6\x8C\xA8\xE6\x8B\xB6"), "RFC 6533: the subject");
	tap_is_str(str_trim(f.prose.all), STR("\xE5\xA4\xB1\xE6\x95\x97"), "RFC 6533: the prose");
}

static void
test_kinds(struct arena *a)
{
	read_one(STR("From: me@b.example\nTo: help@b.example\nSubject: Fwd: what is this?\n"
		     "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=F\n\n"
		     "--F\n\nsee below\n\n--F\nContent-Type: message/rfc822\n\n" WHOLE "\n--F--\n"),
		NIXIE_INPUT_ANY, a);
	tap_is_int(f.nesting, 1, "a forwarded report: opened");
	check_whole(&f, "a forwarded report");

	read_one(STR("From: postmaster@mx.example\nTo: me@b.example\nSubject: x\n"
		     "Content-Type: text/html; charset=iso-8859-1\n"
		     "Content-Transfer-Encoding: quoted-printable\n\n"
		     "<html><head><title>t</title><style>p{color:red}</style></head><body>\n"
		     "<p>Empf=E4nger unbekannt:</p><p>&lt;a@b.example&gt;: 550&nbsp;5.1.1 "
		     "nein</p></body></html>\n"),
		NIXIE_INPUT_ANY, a);
	tap_ok(str_has(f.prose.all, STR("Empf\xC3\xA4nger unbekannt:")), "HTML alone: as text");
	tap_ok(!str_has(f.prose.all, STR("color")) && !str_has(f.prose.all, STR("<p>")),
		"HTML alone: without tags and style");
	tap_is_str(f.prose.count == 1 ? f.prose.blocks[0].address : STR_NONE, STR("a@b.example"),
		"HTML alone: the address");

	read_one(STR("From: fbl@isp.example\nSubject: complaint\nContent-Type: multipart/report; "
		     "report-type=feedback-report; boundary=z\n\n--z\n\nabuse\n--z\n"
		     "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: "
		     "X/1\n"
		     "Original-Rcpt-To: <a@b.example>\nSource-IP: 192.0.2.5\n\n--z\n"
		     "Content-Type: text/rfc822-headers\n\nFrom: me@b.example\nSubject: "
		     "offer\n\n--z--\n"),
		NIXIE_INPUT_ANY, a);
	tap_ok(f.feedback.is_there, "RFC 5965: there");
	tap_is_str(f.feedback.type, STR("abuse"), "RFC 5965: Feedback-Type");
	tap_is_str(f.feedback.original_rcpt_to, STR("<a@b.example>"), "RFC 5965: Original-Rcpt-To");
	tap_is_str(f.returned.subject, STR("offer"), "RFC 5965: the message");

	read_one(STR("From: a@b.example\nSubject: Read: x\nContent-Type: multipart/report; "
		     "report-type=disposition-notification; boundary=z\n\n--z\n\nread\n--z\n"
		     "Content-Type: message/disposition-notification\n\n"
		     "Final-Recipient: rfc822;a@b.example\nOriginal-Message-ID: <1@b.example>\n"
		     "Disposition: manual-action/MDN-sent-manually; displayed\n\n--z--\n"),
		NIXIE_INPUT_ANY, a);
	tap_ok(f.disposition.is_there, "RFC 8098: there");
	tap_is_str(f.disposition.original_message_id, STR("<1@b.example>"),
		"RFC 8098: Original-Message-ID");
}

static void
test_input(struct arena *a)
{
	const struct str paste = STR("Subject: this line was pasted\n550 5.1.1 no\n");
	read_one(STR("550 5.1.1 <a@b.example>: unknown"), NIXIE_INPUT_ANY, a);
	tap_ok(!f.is_message, "a bare reply is no message");
	tap_is_str(
		f.prose.all, STR("550 5.1.1 <a@b.example>: unknown"), "a bare reply is all prose");
	read_one(paste, NIXIE_INPUT_TEXT, a);
	tap_ok(!f.is_message && f.prose.all.len == paste.len, "asked for as text");
	read_one(paste, NIXIE_INPUT_MESSAGE, a);
	tap_ok(f.is_message, "asked for as a message");
	tap_is_str(f.subject, STR("this line was pasted"), "its subject");
	read_one(STR(""), NIXIE_INPUT_ANY, a);
	tap_ok(!f.is_message && f.dsn.count == 0 && f.prose.count == 0, "nothing gives nothing");
	read_one(STR("\xEF\xBB\xBF\n\n"), NIXIE_INPUT_MESSAGE, a);
	tap_ok(f.prose.count == 0 && f.dsn.count == 0, "blank gives nothing");
}

int
main(void)
{
	struct arena a;
	arena_init(&a, ARENA_LIMIT_BYTES);
	test_whole();
	test_utf8(&a);
	test_kinds(&a);
	test_input(&a);
	arena_fini(&a);
	return tap_done();
}
