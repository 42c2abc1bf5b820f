#include "read/log_senders.h"
#include "read/mtalog.h"
#include "tap.h"

#define NONE NIXIE_ACTION_NONE
#define SENT NIXIE_ACTION_DELIVERED
#define LATE NIXIE_ACTION_DELAYED
#define FAIL NIXIE_ACTION_FAILED

/* clang-format off */
static const struct row {
	const char *program, *message;
	enum log_what what;
	enum nixie_action action;
	const char *queue_id, *sender, *recipient, *original, *host, *ip, *text;
} rows[] = {
	/* Postfix */
	{"postfix/smtp", "4XyZ1: to=<a@b.example>, orig_to=<c@d.example>, relay=mx.b.example[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host mx.b.example[192.0.2.1] said: 550 no (in reply to RCPT TO command))",
		LOG_DELIVERY, FAIL, "4XyZ1", NULL, "a@b.example", "c@d.example", "mx.b.example", "192.0.2.1", "host mx.b.example[192.0.2.1] said: 550 no (in reply to RCPT TO command)"},
	{"postfix-out/smtp", "4XyZ1: to=<a@b.example>, relay=none, delay=1, dsn=4.4.1, status=deferred (connect to mx[192.0.2.1]:25: timed out)",
		LOG_DELIVERY, LATE, "4XyZ1", NULL, "a@b.example", NULL, NULL, NULL, "connect to mx[192.0.2.1]:25: timed out"},
	{"mail/lmtp", "4XyZ1: to=<\"a>, b\"@c.example>, relay=mx[private/dovecot-lmtp], conn_use=2, dsn=2.0.0, status=sent (250 ok)",
		LOG_DELIVERY, SENT, "4XyZ1", NULL, "\"a>, b\"@c.example", NULL, NULL, NULL, "250 ok"},
	{"postfix/smtp", "4XyZ1: to=<a@b.example>, relay=2001-db8--1.example[2001:db8::1]:25, status=expired (x)",
		LOG_DELIVERY, FAIL, "4XyZ1", NULL, "a@b.example", NULL, "2001-db8--1.example", "2001:db8::1", "x"},
	{"postfix/qmgr", "4XyZ1: from=<s@d.example>, size=1, nrcpt=1 (queue active)", LOG_SENDER, NONE, "4XyZ1", "s@d.example", NULL, NULL, NULL, NULL, NULL},
	{"postfix/qmgr", "4XyZ1: from=<>, size=1, nrcpt=1 (queue active)", LOG_SENDER, NONE, "4XyZ1", "", NULL, NULL, NULL, NULL, NULL},
	{"postfix/qmgr", "4XyZ1: from=<s@d.example>, status=expired, returned to sender", LOG_EXPIRED, FAIL, "4XyZ1", "s@d.example", NULL, NULL, NULL, NULL, "status=expired, returned to sender"},
	{"postfix/qmgr", "4XyZ1: removed", LOG_DONE, NONE, "4XyZ1", NULL, NULL, NULL, NULL, NULL, NULL},
	{"postfix/smtpd", "NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 554 5.7.1 <a@b.example>: Relay access denied; from=<s@d.example> to=<a@b.example> proto=ESMTP helo=<h>",
		LOG_REFUSAL, FAIL, NULL, "s@d.example", "a@b.example", NULL, NULL, "192.0.2.9", "554 5.7.1 <a@b.example>: Relay access denied"},
	{"postfix/smtpd", "NOQUEUE: reject: RCPT from h.example[192.0.2.9]: 450 4.7.1 Try later; from=<x>; really; from=<> to=<a@b.example> proto=ESMTP helo=<h>",
		LOG_REFUSAL, LATE, NULL, "", "a@b.example", NULL, "h.example", "192.0.2.9", "450 4.7.1 Try later; from=<x>; really"},
	{"postfix/postscreen", "NOQUEUE: reject: RCPT from [192.0.2.9]:4711: 550 5.7.1 blocked using zen.spamhaus.org; from=<s@d.example>, to=<a@b.example>, proto=ESMTP, helo=<h>",
		LOG_REFUSAL, FAIL, NULL, "s@d.example", "a@b.example", NULL, NULL, "192.0.2.9", "550 5.7.1 blocked using zen.spamhaus.org"},
	{"postfix/cleanup", "4XyZ1: milter-reject: END-OF-MESSAGE from h.example[192.0.2.9]: 5.7.1 Spam; from=<s@d.example> to=<a@b.example> proto=ESMTP helo=<h>",
		LOG_REFUSAL, FAIL, "4XyZ1", "s@d.example", "a@b.example", NULL, "h.example", "192.0.2.9", "5.7.1 Spam"},
	{"postfix/cleanup", "4XyZ1: reject: header Subject: money from: me from h.example[192.0.2.9]; from=<s@d.example> to=<a@b.example> proto=ESMTP helo=<h>: 5.7.1 no",
		LOG_REFUSAL, FAIL, "4XyZ1", "s@d.example", "a@b.example", NULL, "h.example", "192.0.2.9", "5.7.1 no"},
	{"postfix/smtpd", "connect from unknown[192.0.2.9]", LOG_NOTHING, NONE, NULL, NULL, NULL, NULL, NULL, NULL, NULL},
	{"postfix/cleanup", "4XyZ1: message-id=<x@y>", LOG_NOTHING, NONE, NULL, NULL, NULL, NULL, NULL, NULL, NULL},
	/* Exim */
	{"exim", "1tEabc-00000000123-0001 <= s@d.example H=h [192.0.2.9] P=esmtps S=1", LOG_SENDER, NONE, "1tEabc-00000000123-0001", "s@d.example", NULL, NULL, NULL, NULL, NULL},
	{"exim", "1tEabc-0001Ab-Cd <= <> R=1tEabc-0001Ab-Cc U=mail P=local S=1", LOG_SENDER, NONE, "1tEabc-0001Ab-Cd", "", NULL, NULL, NULL, NULL, NULL},
	{"exim4", "2026-11-22 04:05:06 1tEabc-00000000123-0001 => joe <joe@b.example> R=local T=mail C=\"250 ok\"", LOG_DELIVERY, SENT, "1tEabc-00000000123-0001", NULL, "joe@b.example", NULL, NULL, NULL, "250 ok"},
	{"exim", "1tEabc-00000000123-0001 ** a@b.example <c@b.example> F=<s@d.example> R=dnslookup T=remote_smtp H=mx.b.example [192.0.2.1]:25 X=TLS1.3:x:256 CV=yes DN=\"C=x: y\": SMTP error from remote mail server after RCPT TO:<a@b.example>: 550 no",
		LOG_DELIVERY, FAIL, "1tEabc-00000000123-0001", "s@d.example", "a@b.example", "c@b.example", "mx.b.example", "192.0.2.1", "SMTP error from remote mail server after RCPT TO:<a@b.example>: 550 no"},
	{"exim", "1tEabc-00000000123-0001 ** |/usr/bin/vacation joe <joe@b.example> R=userforward T=address_pipe: Child process returned 127",
		LOG_DELIVERY, FAIL, "1tEabc-00000000123-0001", NULL, "joe@b.example", NULL, NULL, NULL, "Child process returned 127"},
	{"exim", "[1/3] 2025-12-31 23:19:21 1tEabc-00000000123-0001 ** a@b.example R=r T=t: 550-5.7.1 refused", LOG_DELIVERY, FAIL, "1tEabc-00000000123-0001", NULL, "a@b.example", NULL, NULL, NULL, "550-5.7.1 refused"},
	{"exim", "1tEabc-00000000123-0001 ** a@b.example: Unrouteable address", LOG_DELIVERY, FAIL, "1tEabc-00000000123-0001", NULL, "a@b.example", NULL, NULL, NULL, "Unrouteable address"},
	{"exim", "1tEabc-00000000123-0001 == a@b.example R=dnslookup T=remote_smtp defer (-44) H=mx.b.example [192.0.2.1]: 451 later", LOG_DELIVERY, LATE, "1tEabc-00000000123-0001", NULL, "a@b.example", NULL, "mx.b.example", "192.0.2.1", "451 later"},
	{"exim", "1tEabc-00000000123-0001 == a@b.example R=r T=t defer (-53): retry time not reached for any host", LOG_NOTHING, NONE, NULL, NULL, NULL, NULL, NULL, NULL, NULL},
	{"exim", "1tEabc-00000000123-0001 Completed", LOG_DONE, NONE, "1tEabc-00000000123-0001", NULL, NULL, NULL, NULL, NULL, NULL},
	{"exim", "H=h.example (helo) [192.0.2.9] F=<s@d.example> rejected RCPT <a@b.example>: relay not permitted", LOG_REFUSAL, FAIL, NULL, "s@d.example", "a@b.example", NULL, "h.example", "192.0.2.9", "relay not permitted"},
	{"exim", "H=(helo) [192.0.2.9] F=<> temporarily rejected RCPT <a@b.example>: greylisted", LOG_REFUSAL, LATE, NULL, "", "a@b.example", NULL, NULL, "192.0.2.9", "greylisted"},
	{"exim", "1tEabc-00000000123-0001 H=h.example [192.0.2.9] F=<s@d.example> rejected after DATA: spam", LOG_REFUSAL, FAIL, "1tEabc-00000000123-0001", "s@d.example", NULL, NULL, "h.example", "192.0.2.9", "spam"},
	{"exim", "Start queue run: pid=1", LOG_NOTHING, NONE, NULL, NULL, NULL, NULL, NULL, NULL, NULL},
	/* Sendmail */
	{"sm-mta", "4AM4512x012345: to=<a@b.example>,<c@b.example>, ctladdr=<s@d.example> (1000/1000), delay=00:00:01, mailer=esmtp, relay=mx.b.example. [192.0.2.1], dsn=5.1.1, stat=User unknown",
		LOG_DELIVERY, FAIL, "4AM4512x012345", NULL, "a@b.example", NULL, "mx.b.example", "192.0.2.1", "User unknown"},
	{"sendmail", "4AM4512x012345: to=a@b.example, delay=1, relay=mx.b.example. [192.0.2.1], dsn=5.1.1, reply=550 5.1.1 <a@b.example>... no, sorry, stat=User unknown",
		LOG_DELIVERY, FAIL, "4AM4512x012345", NULL, "a@b.example", NULL, "mx.b.example", "192.0.2.1", "550 5.1.1 <a@b.example>... no, sorry"},
	{"sm-mta", "4AM4512x012345: to=<a@b.example>, relay=mx.b.example. [192.0.2.1], dsn=4.0.0, stat=Deferred: Connection refused by mx.b.example.",
		LOG_DELIVERY, LATE, "4AM4512x012345", NULL, "a@b.example", NULL, "mx.b.example", "192.0.2.1", "Deferred: Connection refused by mx.b.example."},
	{"sm-mta", "4AM4512x012345: to=<a@b.example>, dsn=2.0.0, stat=Sent (OK id=1)", LOG_DELIVERY, SENT, "4AM4512x012345", NULL, "a@b.example", NULL, NULL, NULL, "OK id=1"},
	{"sm-mta", "4AM4512x012345: to=<a@b.example>, stat=queued", LOG_NOTHING, NONE, NULL, NULL, NULL, NULL, NULL, NULL, NULL},
	{"sm-mta", "4AM4512x012345: from=<s@d.example>, size=1, class=0, nrcpts=1, msgid=<x>, relay=h [192.0.2.9]", LOG_SENDER, NONE, "4AM4512x012345", "s@d.example", NULL, NULL, NULL, NULL, NULL},
	{"sm-mta", "4AM4512x012345: ruleset=check_rcpt, arg1=<a@b.example>, relay=h.example [192.0.2.9], reject=550 5.7.1 <a@b.example>... Relaying denied",
		LOG_REFUSAL, FAIL, "4AM4512x012345", NULL, "a@b.example", NULL, "h.example", "192.0.2.9", "550 5.7.1 <a@b.example>... Relaying denied"},
	{"sm-mta", "ruleset=check_relay, arg1=h.example, arg2=192.0.2.9, relay=h.example [192.0.2.9], reject=421 4.7.0 slow", LOG_REFUSAL, LATE, NULL, NULL, NULL, NULL, "h.example", "192.0.2.9", "421 4.7.0 slow"},
	{"sm-mta", "4AM4512x012345: Milter: to=<a@b.example>, reject=451 4.7.1 Greylisting in action", LOG_REFUSAL, LATE, "4AM4512x012345", NULL, "a@b.example", NULL, NULL, NULL, "451 4.7.1 Greylisting in action"},
	{"sm-mta", "4AM4512x012345: <a@b.example>... User unknown", LOG_REFUSAL, FAIL, "4AM4512x012345", NULL, "a@b.example", NULL, NULL, NULL, "User unknown"},
	/* OpenSMTPD */
	{"smtpd", "2fd1aaaabbbbcccc mta delivery evpid=25f3c4e87d1e9b37 from=<s@d.example> to=<a@b.example> rcpt=<-> source=\"192.0.2.9\" relay=\"192.0.2.1 (mx.b.example)\" delay=1s result=\"PermFail\" stat=\"550 5.1.1 no\"",
		LOG_DELIVERY, FAIL, "25f3c4e87d1e9b37", "s@d.example", "a@b.example", NULL, "mx.b.example", "192.0.2.1", "550 5.1.1 no"},
	{"smtpd", "2fd1aaaabbbbcccc mta event=delivery evpid=25f3c4e87d1e9b37 from=<> to=<a@b.example> rcpt=<c@b.example> source=\"-\" relay=\"192.0.2.1\" delay=1s result=\"TempFail\" stat=\"421 later\"",
		LOG_DELIVERY, LATE, "25f3c4e87d1e9b37", "", "a@b.example", "c@b.example", NULL, "192.0.2.1", "421 later"},
	{"smtpd", "smtp-out: Ok for 25f3c4e87d1e9b37: session=1, from=<s@d.example>, to=<a@b.example>, rcpt=<->, source=192.0.2.9, relay=192.0.2.1 (mx.b.example), delay=1s, stat=250 2.0.0 ok",
		LOG_DELIVERY, SENT, "25f3c4e87d1e9b37", "s@d.example", "a@b.example", NULL, NULL, "192.0.2.1", "250 2.0.0 ok"},
	{"smtpd", "2fd1aaaabbbbcccc smtp failed-command address=192.0.2.9 host=h.example command=\"RCPT TO:<a@b.example>\" result=\"550 Invalid recipient\"",
		LOG_REFUSAL, FAIL, NULL, NULL, "a@b.example", NULL, "h.example", "192.0.2.9", "550 Invalid recipient"},
	{"smtpd", "2fd1aaaabbbbcccc smtp failed-command command=\"RCPT TO:<\"anna b\"@c.example>\" result=\"553 no such address\"",
		LOG_REFUSAL, FAIL, NULL, NULL, "\"anna b\"@c.example", NULL, NULL, NULL, "553 no such address"},
	{"smtpd", "relay: Expire for 25f3c4e87d1e9b37: from=<s@d.example>, to=<a@b.example>, rcpt=<->, delay=4d3s, stat=Envelope expired",
		LOG_DELIVERY, FAIL, "25f3c4e87d1e9b37", "s@d.example", "a@b.example", NULL, NULL, NULL, "Envelope expired"},
	{"smtpd", "2fd1aaaabbbbcccc mda delivery evpid=25f3c4e87d1e9b37 from=<s@d.example> to=<a@b.example> rcpt=<-> user=vmail delay=2s result=PermFail stat=Error (\"mail.lmtp: LMTP server error: 550 5.1.1 no\")",
		LOG_DELIVERY, FAIL, "25f3c4e87d1e9b37", "s@d.example", "a@b.example", NULL, NULL, NULL, "Error (\"mail.lmtp: LMTP server error: 550 5.1.1 no\")"},
	/* somebody else's, and nobody's */
	{"dovecot", "4XyZ1: to=<a@b.example>, status=bounced (x)", LOG_NOTHING, NONE, NULL, NULL, NULL, NULL, NULL, NULL, NULL},
	{NULL, "4XyZ1: to=<a@b.example>, status=bounced (x)", LOG_DELIVERY, FAIL, "4XyZ1", NULL, "a@b.example", NULL, NULL, NULL, "x"},
	{NULL, "1tEabc-00000000123-0001 ** a@b.example: Unrouteable address", LOG_DELIVERY, FAIL, "1tEabc-00000000123-0001", NULL, "a@b.example", NULL, NULL, NULL, "Unrouteable address"},
};
/* clang-format on */

static void
check_rows(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *const r = &rows[i];
		struct log_entry e;
		const struct logline l = {.time_s = 1,
			.pid = 1,
			.program = str_of(r->program),
			.message = str_of(r->message)};
		log_entry_read(&l, &e);
		tap_is_int(e.what, r->what, "what: %.100s", r->message);
		if (e.what == LOG_NOTHING || e.what != r->what)
			continue;
		tap_is_int(e.action, r->action, "action");
		tap_is_str(e.queue_id, str_of(r->queue_id), "queue id");
		tap_is_str(e.sender, str_of(r->sender), "sender");
		tap_is_str(e.recipient, str_of(r->recipient), "recipient");
		tap_is_str(e.original, str_of(r->original), "original");
		tap_is_str(e.host, str_of(r->host), "host");
		tap_is_str(e.ip, str_of(r->ip), "ip");
		tap_is_str(e.text, str_of(r->text), "text");
	}
}

static void
check_several(void)
{
	struct log_entry e = {.recipients = STR("<a@b>,c@d, <\"x,>\"@e>,,<>")};
	tap_ok(log_entry_more(&e), "the first of several");
	tap_is_str(e.recipient, STR("a@b"), "in brackets");
	tap_ok(log_entry_more(&e), "the second");
	tap_is_str(e.recipient, STR("c@d"), "without");
	tap_ok(log_entry_more(&e), "the third");
	tap_ok(!log_entry_more(&e), "and no more");
}

static void
check_senders(void)
{
	struct log_senders t = {.count = 0};
	char id[16];
	log_senders_put(&t, STR("mx"), STR("A"), STR("one"));
	log_senders_put(&t, STR("mx"), STR("A"), STR("two"));
	log_senders_put(&t, STR("my"), STR("A"), STR(""));
	tap_is_str(log_senders_find(&t, STR("mx"), STR("A")), STR("two"), "the last word counts");
	tap_is_str(log_senders_find(&t, STR("my"), STR("A")), STR(""), "each host has its own ids");
	tap_is_str(log_senders_find(&t, STR("mx"), STR("B")), STR_NONE, "a queue id never seen");
	log_senders_drop(&t, STR("mx"), STR("A"));
	tap_is_str(log_senders_find(&t, STR("mx"), STR("A")), STR_NONE, "dropped");
	log_senders_drop(&t, STR("my"), STR("A"));
	tap_is_int(t.count, 0, "empty again");
	/* LOG_SENDERS_MAX at n - 1, n and n + 1 */
	for (int i = 0; i < LOG_SENDERS_MAX - 1; i++) {
		snprintf(id, sizeof id, "Q%d", i);
		log_senders_put(&t, STR("mx"), str_of(id), STR("s"));
	}
	tap_is_int(t.count, LOG_SENDERS_MAX - 1, "one less than the limit");
	log_senders_put(&t, STR("mx"), STR("N"), STR("s"));
	tap_is_int(t.count, LOG_SENDERS_MAX, "as many as the limit");
	tap_is_str(log_senders_find(&t, STR("mx"), STR("Q0")), STR("s"), "the oldest, asked for");
	log_senders_put(&t, STR("mx"), STR("M"), STR("s"));
	tap_is_int(t.count, LOG_SENDERS_MAX, "one more than the limit");
	tap_is_str(
		log_senders_find(&t, STR("mx"), STR("Q0")), STR("s"), "what was asked for stays");
	tap_is_str(log_senders_find(&t, STR("mx"), STR("Q1")), STR_NONE, "the next oldest goes");
	log_senders_fini(&t);
}

int
main(void)
{
	check_rows();
	check_several();
	check_senders();
	return tap_done();
}
