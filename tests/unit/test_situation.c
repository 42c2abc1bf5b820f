#include "explain/explain.h"
#include "tap.h"

#define OWN NIXIE_REFUSER_OWN_SERVER
#define REMOTE NIXIE_REFUSER_REMOTE_SERVER
#define HARD NIXIE_SAID_PERMANENT
#define SOFT NIXIE_SAID_TEMPORARY

/* clang-format off */
static const struct row {
	const char *reason;
	enum nixie_refuser refuser;
	enum nixie_said said;
	bool is_expired;
	const char *diagnostic, *want;
} rows[] = {
	{"relay_denied", OWN, HARD, false, "550 relaying denied", "relay_denied/own_server"},
	{"relay_denied", REMOTE, HARD, false, "550 relaying denied", "relay_denied/remote_server"},
	{"relay_denied", NIXIE_REFUSER_FILTER, HARD, false, "550 relaying denied", "relay_denied/remote_server"},
	{"relay_denied", NIXIE_REFUSER_UNKNOWN, HARD, false, "550 relaying denied", "relay_denied"},
	{"relay_denied", REMOTE, HARD, false, "550 you must authenticate first", "relay_denied"},
	{"user_unknown", REMOTE, HARD, false, "550 no such user", "user_unknown"},
	{"user_unknown", OWN, HARD, false, "550 no such user", "user_unknown/local"},
	{"mailbox_full", REMOTE, HARD, false, "552 full", "mailbox_full/permanent"},
	{"mailbox_full", REMOTE, SOFT, false, "452 full", "mailbox_full/temporary"},
	{"mailbox_full", REMOTE, SOFT, true, "452 full", "mailbox_full/expired"},
	{"mailbox_full", REMOTE, NIXIE_SAID_NOTHING, false, "full", "mailbox_full"},
	{"mailbox_disabled", REMOTE, HARD, false, "550 domain has been disabled", "mailbox_disabled/domain"},
	{"mailbox_disabled", REMOTE, HARD, false, "550 account inactive", "mailbox_disabled"},
	{"greylisted", REMOTE, SOFT, true, "451 greylisted", "greylisted/expired"},
	{"greylisted", REMOTE, SOFT, false, "451 greylisted", "greylisted"},
	{"routing_loop", OWN, HARD, false, "554 too many hops", "routing_loop/own_server"},
	{"routing_loop", REMOTE, HARD, false, "554 mail for b.example loops back to myself", "routing_loop/remote_server"},
	{"system_full", OWN, SOFT, false, "452 disk full", "system_full/own_server"},
	{"message_too_large", OWN, HARD, false, "552 too big", "message_too_large/own_server"},
	{"message_too_large", REMOTE, HARD, false, "552 too big", "message_too_large"},
	{"connection_timeout", NIXIE_REFUSER_NETWORK, SOFT, true, "lost connection with mx", "connection_timeout/lost"},
	{"spf_failure", REMOTE, HARD, false, "550 SPF permerror", "spf_failure/record_error"},
	{"suppressed", NIXIE_REFUSER_SENDING_SERVICE, HARD, false, "recipient unsubscribed", "suppressed/unsubscribed"},
	{"malformed_message", REMOTE, HARD, false, "550 5.6.11 bare <LF>", "malformed_message/bare_lf"},
	{"tls_required", REMOTE, SOFT, false, "TLS certificate not trusted", "tls_required/certificate"},
	{"unknown", OWN, HARD, false, "x", "unknown/own_server"},
	{"unknown", REMOTE, SOFT, false, "x", "unknown/temporary"},
	{"unknown", REMOTE, HARD, false, "x", "unknown"},
	{"login_failed", OWN, SOFT, false, "454 4.7.0 Temporary authentication failure", "login_failed/temporary"},
	{"login_failed", OWN, HARD, false, "538 5.7.11 Encryption required for requested authentication mechanism", "tls_required/own_server"},
	{"login_failed", OWN, HARD, false, "530 5.7.0 Authentication required", "login_failed/required"},
	{"login_failed", OWN, HARD, false, "535 5.7.8 wrong password", "login_failed"},
	{"expired", OWN, HARD, true, "", "expired/silent"},
	{"expired", OWN, HARD, true, "delivery time expired", "expired"},
	/* a reason without situations */
	{"domain_not_found", NIXIE_REFUSER_DNS, HARD, false, "no such domain", "domain_not_found"},
	{"no_such_reason", OWN, HARD, false, "x", "no_such_reason"},
	/* words inside other words, and inside the address, say nothing */
	{"domain_blocklisted", REMOTE, HARD, false, "554 blocked for security reasons", "domain_blocklisted"},
	{"domain_blocklisted", REMOTE, HARD, false, "554 a URL in it is listed", "domain_blocklisted/link"},
	{"recipient_restricted", REMOTE, HARD, false, "550 <filter@b.example> not permitted", "recipient_restricted"},
};
/* clang-format on */

static void
check(const char *name, struct nixie_outcome o, const char *want)
{
	tap_is_str(situation_find(&o), str_of(want), "situation: %s", name);
}

static struct nixie_str
text(const char *s)
{
	return (struct nixie_str){s, strlen(s)};
}

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *const r = &rows[i];
		struct nixie_outcome o = {.retry_after_s = -1,
			.reason = text(r->reason),
			.refuser = r->refuser,
			.said = r->said,
			.is_expired = r->is_expired,
			.diagnostic = text(r->diagnostic)};
		check(r->diagnostic, o, r->want);
		if (strchr(r->want, '/') != NULL)
			tap_ok(catalogue_explanation_find(LANG_EN, str_of(r->want)) != NULL,
				"situation: %s is explained", r->want);
	}
	struct nixie_outcome o = {
		.reason = text("ip_blocklisted"), .diagnostic = text("554 on our block list")};
	check("a list of their own", o, "ip_blocklisted/private");
	o.blocklist = text("Spamhaus ZEN");
	o.blocklist_link = text("https://check.spamhaus.org/");
	check("a public list", o, "ip_blocklisted");
	for (size_t i = 0; i < CATALOGUE_BLOCKLISTS; i++)
		if (catalogue_blocklists[i].is_dead)
			o.blocklist = text(catalogue_text(catalogue_blocklists[i].name).ptr);
	o.blocklist_link = (struct nixie_str){NULL, 0};
	check("a dead list", o, "ip_blocklisted/dead_list");
	o = (struct nixie_outcome){.reason = text("user_unknown"),
		.refuser = REMOTE,
		.status = text("5.4.1"),
		.diagnostic = text("550 5.4.1 Recipient address rejected: Access denied")};
	check("Exchange Online hides which", o, "user_unknown/ambiguous");
	o = (struct nixie_outcome){.reason = {NULL, 0}};
	tap_is_int(situation_find(&o).len, 0, "situation: no reason");
	return tap_done();
}
