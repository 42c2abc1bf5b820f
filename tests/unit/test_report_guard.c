/* Who is told: each rule alone, and the order in which they count. */
#include "report/guard.h"
#include "tap.h"

#define LIST "List-Id: <knit.lists.example>\r\nList-Post: <mailto:knit@lists.example>\r\n"

/* clang-format off */
static const struct row {
	const char *what;
	struct guard_facts f;
	const char *header;
	enum report_way way;
	const char *rule;
} rows[] = {
	{"a failure", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT("ann@a.example")}, "From: ann@a.example\r\n", REPORT_TO_SENDER, "rule:report"},
	{"a delay", {.action = NIXIE_ACTION_DELAYED, .sender = STR_INIT("ann@a.example")}, "", REPORT_TO_SENDER, "rule:report"},
	{"the same delay again", {.action = NIXIE_ACTION_DELAYED, .sender = STR_INIT("ann@a.example"), .is_repeated_delay = true}, "", REPORT_NONE, "rule:told-already"},
	{"success, nobody asked", {.action = NIXIE_ACTION_DELIVERED, .sender = STR_INIT("ann@a.example")}, "", REPORT_NONE, "rule:notify"},
	{"success, asked for", {.action = NIXIE_ACTION_RELAYED, .sender = STR_INIT("ann@a.example"), .notify = REPORT_NOTIFY_SUCCESS}, "", REPORT_TO_SENDER, "rule:report"},
	{"failure, only success asked for", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT("ann@a.example"), .notify = REPORT_NOTIFY_SUCCESS}, "", REPORT_NONE, "rule:notify"},
	{"delay, only failure asked for", {.action = NIXIE_ACTION_DELAYED, .sender = STR_INIT("ann@a.example"), .notify = REPORT_NOTIFY_FAILURE}, "", REPORT_NONE, "rule:notify"},
	{"NEVER", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT("ann@a.example"), .notify = REPORT_NOTIFY_NEVER, .is_report = true}, "", REPORT_NONE, "rule:notify-never"},
	{"the null sender", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT("")}, "", REPORT_NONE, "rule:null-sender"},
	{"a bounce of a bounce", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT(""), .is_report = true}, "", REPORT_TO_POSTMASTER, "rule:double-bounce"},
	{"... and of that", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT(""), .is_report = true, .is_double = true}, "", REPORT_NONE, "rule:double-bounce"},
	{"a notice that nothing failed", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT(""), .is_report = true, .is_courtesy = true}, "", REPORT_NONE, "rule:nothing-failed"},
	{"a late report", {.action = NIXIE_ACTION_DELAYED, .sender = STR_INIT(""), .is_report = true}, "", REPORT_NONE, "rule:null-sender"},
	{"from outside, SPF says no", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT("ann@a.example"), .failed_spf = true}, "", REPORT_NONE, "rule:spf-failed"},
	{"signed in, SPF says no", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT("ann@a.example"), .failed_spf = true, .is_authenticated = true}, "", REPORT_TO_SENDER, "rule:report"},
	{"an automatic reply", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT("ann@a.example")}, "Auto-Submitted: auto-replied (vacation)\r\n", REPORT_NONE, "rule:automatic"},
	{"one that asks for reports", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT("ann@a.example"), .notify = REPORT_NOTIFY_FAILURE}, "Auto-Submitted: auto-generated\r\n", REPORT_TO_SENDER, "rule:report"},
	{"Auto-Submitted: no", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT("ann@a.example")}, "auto-submitted: No; x=y\r\n", REPORT_TO_SENDER, "rule:report"},
	{"Precedence: junk", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT("ann@a.example")}, "Precedence: junk\r\n", REPORT_NONE, "rule:automatic"},
	{"a list with an address for bounces", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT("knit-bounces+bob=b.example@lists.example")}, "From: ann@a.example\r\n" LIST, REPORT_TO_SENDER, "rule:report"},
	{"... is not told of delays", {.action = NIXIE_ACTION_DELAYED, .sender = STR_INIT("knit-bounces@lists.example")}, "From: ann@a.example\r\n" LIST, REPORT_NONE, "rule:list"},
	{"a list that keeps the author's", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT("ann@a.example")}, "From: Ann <Ann@A.example>\r\n" LIST, REPORT_NONE, "rule:list"},
	{"a list that would post it to all", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT("knit@lists.example")}, "From: ann@a.example\r\n" LIST, REPORT_NONE, "rule:list"},
	{"our own user's list", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT("ann@a.example"), .is_authenticated = true}, "From: Ann <ann@a.example>\r\n" LIST, REPORT_TO_SENDER, "rule:report"},
	{"the last below the cap", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT("ann@a.example"), .sent_lately = 49, .most = 50}, "", REPORT_TO_SENDER, "rule:report"},
	{"at the cap", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT("ann@a.example"), .sent_lately = 50, .most = 50}, "", REPORT_IN_DIGEST, "rule:too-many-reports"},
	{"no cap", {.action = NIXIE_ACTION_FAILED, .sender = STR_INIT("ann@a.example"), .sent_lately = 5000}, "", REPORT_TO_SENDER, "rule:report"},
	{"a delay at the cap", {.action = NIXIE_ACTION_DELAYED, .sender = STR_INIT("ann@a.example"), .sent_lately = 50, .most = 50}, "", REPORT_NONE, "rule:too-many-reports"},
};
/* clang-format on */

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct guard_facts f = rows[i].f;
		struct str rule;
		char message[600];
		snprintf(message, sizeof message, "%sSubject: x\r\n\r\nList-Id: in the text\r\n",
			rows[i].header);
		f.original = str_of(message);
		tap_is_int(report_route(&f, &rule), rows[i].way, "%s", rows[i].what);
		tap_is_str(rule, str_of(rows[i].rule), "... by its rule");
	}
	tap_ok(!header_is_list(STR("")), "no header, no list");
	tap_ok(!header_is_automatic(STR("")), "and nothing automatic");
	tap_ok(header_is_list(STR("Precedence: bulk\r\n\r\n")), "bulk is a list's");
	return tap_done();
}
