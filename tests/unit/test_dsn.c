#include "base/buf.h"
#include "read/dsn.h"
#include "tap.h"

#define ARENA_LIMIT_BYTES ((size_t)1 << 20)

static const char *const action_names[] = {
	"-", "failed", "delayed", "delivered", "relayed", "expanded"};

/* "final|action|status|diagnostic; final|..." */
static struct dsn
render(struct str in, struct arena *a, struct buf *out)
{
	struct dsn d = {.count = 0};
	dsn_parse(in, a, &d);
	dsn_finish(&d, a);
	for (size_t i = 0; i < d.count; i++) {
		const struct dsn_recipient *const r = &d.recipients[i];
		if (i > 0)
			buf_add(out, STR("; "));
		buf_add(out, r->final);
		buf_add_char(out, '|');
		buf_add(out, str_of(action_names[r->action]));
		buf_add_char(out, '|');
		if (r->status.class != 0)
			buf_add(out, status_text(r->status, a));
		else if (r->status_reply != 0)
			buf_add_number(out, r->status_reply);
		buf_add_char(out, '|');
		buf_add(out, r->diagnostic);
	}
	return d;
}

#define ONE                                                                                        \
	"Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: "   \
	"smtp; 550 no\n"
#define ONE_WANT "a@b.example|failed|5.1.1|550 no"
#define TWO "Final-Recipient: rfc822; c@d.example\nAction: delayed\nStatus: 4.4.1\n"
#define TWO_WANT "c@d.example|delayed|4.4.1|"

/* clang-format off */
static const struct row {
	const char *name;
	struct str in, want;
} rows[] = {
	{"the RFC's form", STR_INIT("Reporting-MTA: dns; mx.example\n\n" ONE), STR_INIT(ONE_WANT)},
	{"two recipients", STR_INIT("Reporting-MTA: dns; mx.example\n\n" ONE "\n" TWO), STR_INIT(ONE_WANT "; " TWO_WANT)},
	{"no blank line between the groups", STR_INIT("Reporting-MTA: dns; mx.example\n" ONE TWO), STR_INIT(ONE_WANT "; " TWO_WANT)},
	{"several blank lines", STR_INIT("\n\n" ONE "\n\n\n" TWO "\n\n"), STR_INIT(ONE_WANT "; " TWO_WANT)},
	{"CRLF", STR_INIT("Reporting-MTA: dns; m\r\n\r\nFinal-Recipient: rfc822;a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
		"Diagnostic-Code: smtp; 550\r\n no\r\n\r\n"), STR_INIT("a@b.example|failed|5.1.1|550\r\n no")},
	{"CR", STR_INIT("Final-Recipient: rfc822;a@b.example\rAction: failed\rStatus: 5.1.1\r\rFinal-Recipient: rfc822;c@d.example\r"
		"Action: delayed\rStatus: 4.4.1\r"), STR_INIT("a@b.example|failed|5.1.1|; " TWO_WANT)},
	{"a blank line behind every field", STR_INIT("Reporting-MTA: dns; m\n\nOriginal-Recipient: rfc822;x@b.example\n\nFinal-Recipient: rfc822; a@b.example\n\n"
		"Action: failed\n\nStatus: 5.1.1\n\nDiagnostic-Code: smtp; 550 no\n\nFinal-Recipient: rfc822; c@d.example\n\nAction: delayed\n\nStatus: 4.4.1\n"),
		STR_INIT(ONE_WANT "; " TWO_WANT)},
	{"the same, and the original last", STR_INIT("Final-Recipient: rfc822; a@b.example\n\nOriginal-Recipient: rfc822;x@b.example\n\n"
		"Action: failed\n\nStatus: 5.1.1\n\nDiagnostic-Code: smtp; 550 no\n\n" TWO), STR_INIT(ONE_WANT "; " TWO_WANT)},
	{"recipients and nothing else", STR_INIT("Final-Recipient: rfc822; a@b.example\n\nFinal-Recipient: rfc822; c@d.example\n"),
		STR_INIT("a@b.example|-||; c@d.example|-||")},
	{"a group that names nobody, of its own", STR_INIT(ONE "\nAction: delayed\nStatus: 4.4.1\n"), STR_INIT(ONE_WANT "; |delayed|4.4.1|")},
	{"every line twice", STR_INIT("Final-Recipient: rfc822; a@b.example\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nAction: failed\n"
		"Status: 5.1.1\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no\nDiagnostic-Code: smtp; 550 no\n"), STR_INIT(ONE_WANT)},
	{"twice, but not at once", STR_INIT("Reporting-MTA: dns; m\nAction: failed\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nFinal-Recipient: rfc822; c@d.example\n"),
		STR_INIT("a@b.example|failed||; c@d.example|failed||")},
	{"in one line", STR_INIT("Final-Recipient: rfc822; a@b.example Action: failed Status: 5.1.1 Diagnostic-Code: smtp; 550 no\n"), STR_INIT(ONE_WANT)},
	{"a diagnostic that quotes a field", STR_INIT("Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no, and no Action: delayed here\n"),
		STR_INIT("a@b.example|failed|5.1.1|550 no, and no Action: delayed here")},
	{"in bold", STR_INIT("*Final-Recipient:* rfc822; a@b.example\n*Action:* failed\n*Status:* 5.1.1\n*Diagnostic-Code:* smtp; 550 no\n"), STR_INIT(ONE_WANT)},
	{"names in any case, a blank before the colon", STR_INIT("FINAL-RECIPIENT : RFC822; a@b.example\naction:FAILED\nstatus :5.1.1\n"),
		STR_INIT("a@b.example|failed|5.1.1|")},
	{"Action first", STR_INIT("Reporting-MTA: dns; m\n\nAction: failed\nFinal-Recipient: rfc822; a@b.example\nStatus: 5.1.1\n\n"
		"Action: failed\nFinal-Recipient: rfc822; c@d.example\nStatus: 5.1.2\n"), STR_INIT("a@b.example|failed|5.1.1|; c@d.example|failed|5.1.2|")},
	{"RFC 6533", STR_INIT("Final-Recipient: utf-8; \xE7\x94\xA8@\xE4\xBE\x8B.example\nAction: failed\nStatus: 5.6.7\n"),
		STR_INIT("\xE7\x94\xA8@\xE4\xBE\x8B.example|failed|5.6.7|")},
	{"no type", STR_INIT("Final-Recipient: <a@b.example>\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: 550 no\n"), STR_INIT(ONE_WANT)},
	{"a comment behind the status", STR_INIT("Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.2.2 (mailbox full)\n"),
		STR_INIT("a@b.example|failed|5.2.2|")},
	{"a reply code as status", STR_INIT("Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 550\n"), STR_INIT("a@b.example|failed|550|")},
	{"a status with leading zeros", STR_INIT("Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.01.01\n"),
		STR_INIT("a@b.example|failed|5.1.1|")},
	{"no action and no status", STR_INIT("Final-Recipient: rfc822; a@b.example\n"), STR_INIT("a@b.example|-||")},
	{"a value wrapped without indent", STR_INIT("Final-Recipient: rfc822; a@b.example\nAction: failed\nDiagnostic-Code: smtp; 550 no\n"
		"such user here\nStatus: 5.1.1\n"), STR_INIT("a@b.example|failed|5.1.1|550 no\nsuch user here")},
	{"unknown fields in between", STR_INIT("Final-Recipient: rfc822; a@b.example\nX-Any-Thing: 1\n more\nAction: failed\nStatus: 5.1.1\n"),
		STR_INIT("a@b.example|failed|5.1.1|")},
	{"the recipient, then a blank line, then the rest", STR_INIT("Final-Recipient: rfc822; a@b.example\n\nAction: failed\nStatus: 5.1.1\n"),
		STR_INIT("a@b.example|failed|5.1.1|")},
	{"quoted", STR_INIT("> Final-Recipient: rfc822; a@b.example\n> Action: failed\n> Status: 5.1.1\n"), STR_INIT("a@b.example|failed|5.1.1|")},
	{"only the message's fields", STR_INIT("Reporting-MTA: dns; m\nArrival-Date: x\n"), STR_INIT("")},
	{"text", STR_INIT("Hello,\n\nStatus: all is well\nAction: none\n"), STR_INIT("")},
	{"nothing", STR_INIT(""), STR_INIT("")},
};

static const struct action_row {
	const char *word;
	enum nixie_action want;
} action_rows[] = {
	{"failed", NIXIE_ACTION_FAILED}, {"Failed (permanent)", NIXIE_ACTION_FAILED}, {"failure", NIXIE_ACTION_FAILED},
	{"delayed", NIXIE_ACTION_DELAYED}, {"DELAYED", NIXIE_ACTION_DELAYED}, {"delivered", NIXIE_ACTION_DELIVERED},
	{"relayed", NIXIE_ACTION_RELAYED}, {"expanded", NIXIE_ACTION_EXPANDED}, {" expanded ", NIXIE_ACTION_EXPANDED},
	{"", NIXIE_ACTION_NONE}, {"none", NIXIE_ACTION_NONE}, {"not failed", NIXIE_ACTION_NONE},
};
/* clang-format on */

static void
test_fields(struct arena *a, struct buf *out)
{
	const struct dsn d = render(STR("Reporting-MTA: dns; mx.example\r\n"
					"Original-Envelope-Id: QQ314159\r\n"
					"Received-From-MTA: dns; me.example (192.0.2.1)\r\n"
					"Arrival-Date: Mon, 1 Jan 2024 00:00:00 +0000\r\n"
					"X-Postfix-Sender: rfc822; me@b.example\r\n\r\n"
					"Original-Recipient: rfc822;Big+2Bname@b.example\r\n"
					"Final-Recipient: X400; /C=de/S=x/\r\n"
					"Action: failed\r\nStatus: 5.1.1\r\n"
					"Remote-MTA: dns; mx2.example\r\n"
					"Diagnostic-Code: X-Notes; nobody\r\n"
					"Last-Attempt-Date: Mon, 1 Jan 2024 00:01:00 +0000\r\n"
					"Will-Retry-Until: Sat, 6 Jan 2024 00:00:00 +0000\r\n"),
		a, out);
	if (!tap_is_int(d.count, 1, "fields: one recipient"))
		return;
	const struct dsn_recipient *const r = &d.recipients[0];
	tap_is_str(d.reporting_mta, STR("dns; mx.example"), "fields: Reporting-MTA");
	tap_is_str(d.envelope_id, STR("QQ314159"), "fields: Original-Envelope-Id");
	tap_is_str(d.received_from_mta, STR("dns; me.example (192.0.2.1)"),
		"fields: Received-From-MTA");
	tap_is_str(d.arrival_date, STR("Mon, 1 Jan 2024 00:00:00 +0000"), "fields: Arrival-Date");
	tap_is_str(d.envelope_from, STR("rfc822; me@b.example"), "fields: X-Postfix-Sender");
	tap_is_str(r->final, STR("/C=de/S=x/"), "fields: Final-Recipient");
	tap_is_str(r->final_type, STR("X400"), "fields: its type");
	tap_is_str(r->remote_mta, STR("dns; mx2.example"), "fields: Remote-MTA");
	tap_is_str(r->diagnostic, STR("nobody"), "fields: Diagnostic-Code");
	tap_is_str(r->diagnostic_type, STR("X-Notes"), "fields: its type");
	tap_is_str(r->last_attempt, STR("Mon, 1 Jan 2024 00:01:00 +0000"),
		"fields: Last-Attempt-Date");
	tap_is_str(r->will_retry_until, STR("Sat, 6 Jan 2024 00:00:00 +0000"),
		"fields: Will-Retry-Until");
}

int
main(void)
{
	struct arena a;
	struct buf out;
	arena_init(&a, ARENA_LIMIT_BYTES);
	buf_init(&out, ARENA_LIMIT_BYTES);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_clear(&out);
		(void)render(rows[i].in, &a, &out);
		if (!tap_ok(str_eq(buf_str(&out), rows[i].want), "parse: %s", rows[i].name)) {
			tap_show(" got", buf_str(&out));
			tap_show("want", rows[i].want);
		}
	}
	for (size_t i = 0; i < sizeof action_rows / sizeof *action_rows; i++)
		tap_is_int(action_parse(str_of(action_rows[i].word)), action_rows[i].want,
			"action: '%s'", action_rows[i].word);
	test_fields(&a, &out);
	buf_fini(&out);
	arena_fini(&a);
	return tap_done();
}
