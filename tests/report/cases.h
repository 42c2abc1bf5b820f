/*
 * cases - reports that are worth being read by a person: one for each kind, and for each way in
 * which one can go wrong
 */
#ifndef TESTS_REPORT_CASES_H
#define TESTS_REPORT_CASES_H

#include "report/report.h"

#define NOW 1795338843000 /* Sun, 22 Nov 2026 09:14:03 +0000 */
#define MINUTE 60000

#define ORIGINAL                                                                                   \
	"Received: from laptop.a.example ([198.51.100.7]) by mail.a.example\r\n"                   \
	"\twith ESMTPSA id 7K2M9QX1ABCDE; Sun, 22 Nov 2026 09:00:00 +0000\r\n"                     \
	"Date: Sun, 22 Nov 2026 10:00:00 +0100\r\n"                                                \
	"From: Ann Example <ann@a.example>\r\n"                                                    \
	"To: Bob <bob@b.example>\r\n"                                                              \
	"Subject: Lunch on Friday?\r\n"                                                            \
	"Message-ID: <20261122100000.1@a.example>\r\n"                                             \
	"MIME-Version: 1.0\r\n"                                                                    \
	"Content-Type: text/plain; charset=utf-8\r\n"                                              \
	"\r\n"                                                                                     \
	"Shall we?\r\n"                                                                            \
	"-- \r\n"                                                                                  \
	"Ann\r\n"

#define ANSWER(minute, name, address, secure, step, words)                                         \
	{                                                                                          \
		.at_ms = NOW - 14 * MINUTE + (minute)*MINUTE, .stage = NIXIE_STAGE_##step,         \
		.condition = ATTEMPT_ANSWERED, .host = STR_INIT(name), .ip = STR_INIT(address),    \
		.tls = STR_INIT(secure), .answer = STR_INIT(words)                                 \
	}
#define FOUND(minute, name, address, step, what, words)                                            \
	{                                                                                          \
		.at_ms = NOW - 14 * MINUTE + (minute)*MINUTE, .stage = NIXIE_STAGE_##step,         \
		.condition = CONDITION_##what, .host = STR_INIT(name), .ip = STR_INIT(address),    \
		.answer = STR_INIT(words)                                                          \
	}
#define TLS13 "TLSv1.3 TLS_AES_256_GCM_SHA384"
#define COUNT(list) (sizeof(list) / sizeof *(list))
#define TO(who, what, list)                                                                        \
	{                                                                                          \
		.final = STR_INIT(who), .action = NIXIE_ACTION_##what, .attempts = (list),         \
		.attempt_count = COUNT(list)                                                       \
	}

/* clang-format off */
static const struct attempt unknown_user[] = {
	ANSWER(14, "mx1.b.example", "192.0.2.25", TLS13, RCPT, "550-5.1.1 The email account that you tried to reach does not exist.\r\n550-5.1.1 Please try double-checking the address\r\n550 5.1.1 for typos: https://support.b.example/?p=NoSuchUser x1-2006si"),
};
static const struct attempt unknown_for_now[] = {
	ANSWER(14, "mx1.b.example", "192.0.2.25", TLS13, RCPT, "450 4.1.1 <bob@b.example>: Recipient address rejected: User unknown in virtual mailbox table"),
};
static const struct attempt full_permanent[] = {
	ANSWER(14, "mx1.b.example", "192.0.2.25", TLS13, RCPT, "552 5.2.2 <bob@b.example>: Mailbox full"),
};
static const struct attempt moved[] = {
	ANSWER(14, "mx1.b.example", "192.0.2.25", TLS13, RCPT, "551 5.1.6 User has moved: <bob@b.example> is now <robert@c.example> (X57 4QZ)"),
};
static const struct attempt unread[] = {
	ANSWER(14, "mx1.b.example", "192.0.2.25", TLS13, RCPT, "550 5.7.1 Spam, message rejected"),
};
static const struct attempt no_domain_there[] = {
	ANSWER(14, "mx1.b.example", "192.0.2.25", TLS13, RCPT, "550 5.1.2 <bob@b.example>: Host unknown"),
};
static const struct attempt slow_down[] = {
	ANSWER(14, "mx1.b.example", "192.0.2.25", TLS13, MAIL, "550 5.7.0 Too many messages from your IP, slow down"),
};
static const struct attempt greylisted[] = {
	ANSWER(0, "mx1.b.example", "192.0.2.25", TLS13, RCPT, "451 4.7.1 <bob@b.example>: Greylisted, please try again in 300 seconds"),
	ANSWER(6, "mx2.b.example", "192.0.2.26", "", RCPT, "451 4.7.1 <bob@b.example>: Greylisted, please try again in 300 seconds"),
};
static const struct attempt refused_connections[] = {
	FOUND(0, "mx1.b.example", "192.0.2.25", CONNECT, PEER_REFUSES_CONNECTIONS, "4.4.1 Connection refused by mx1.b.example [192.0.2.25]"),
	FOUND(3, "mx1.b.example", "2001:db8::25", CONNECT, PEER_DOES_NOT_ANSWER, "4.4.1 Connection timed out: 30 s, and no answer of mx1.b.example [2001:db8::25]"),
	FOUND(9, "mx1.b.example", "192.0.2.25", CONNECT, PEER_REFUSES_CONNECTIONS, "4.4.1 Connection refused by mx1.b.example [192.0.2.25]"),
};
static const struct attempt no_domain[] = {
	FOUND(14, "", "", NONE, RCPT_DOMAIN_UNKNOWN, "5.1.2 Domain does not exist: b.example"),
};
static const struct attempt loops_here[] = {
	FOUND(14, "", "", NONE, ROUTE_TO_SELF, "5.4.6 The mail server software tried to deliver e-mail to the local machine: the MX of b.example is this server, which does not host it"),
};
static const struct attempt circle[] = {
	FOUND(14, "", "", NONE, MAIL_GOES_ROUND, "5.4.6 Mail loop, the message goes round: bob@b.example -> bob@c.example -> bob@b.example"),
};
static const struct attempt by_hand[] = {
	ANSWER(0, "mx1.b.example", "192.0.2.25", TLS13, RCPT, "451 4.7.1 come back"),
	FOUND(14, "", "", NONE, RETURNED_BY_OPERATOR, "5.7.0 Message rejected by hand: an operator of this server returned it"),
};
static const struct attempt gone[] = {
	FOUND(14, "", "", NONE, UNKNOWN_USER, "5.1.1 Unknown user <bob@b.example>"),
};
static const struct attempt relay_denied[] = {
	ANSWER(14, "mx1.b.example", "192.0.2.25", "", RCPT, "550 5.7.1 <bob@b.example>: Relay access denied"),
};
static const struct attempt refusing_relay[] = {
	ANSWER(14, "smtp.isp.example", "192.0.2.35", TLS13, MAIL, "551 5.7.1 Not authorised to send from this header address"),
};
static const struct attempt listed[] = {
	ANSWER(14, "mx1.b.example", "192.0.2.25", TLS13, RCPT, "554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/203.0.113.9"),
};
static const struct attempt nixied_refused[] = {
	ANSWER(14, "mx1.b.example", "192.0.2.25", TLS13, RCPT, "550 5.1.1 Unknown user <bob@b.example> (C34 7Q2F)"),
};
static const struct attempt taken[] = {
	ANSWER(14, "mx1.b.example", "192.0.2.25", TLS13, END_OF_DATA, "250 2.0.0 Ok: queued as 4XyZ1k"),
};
static const struct attempt spam[] = {
	ANSWER(14, "mx1.b.example", "192.0.2.25", TLS13, END_OF_DATA, "550 5.7.1 Message rejected as spam"),
};
static const struct attempt hostile[] = {
	ANSWER(14, "mx1.b.example\r\nBcc: x@y", "192.0.2.25", "TLS\r\n\r\n--b", RCPT, "550 5.1.1 <script>alert(1)</script> no such user\r\n\r\n--=_0rREPORT1\r\nAction: delivered\r\nStatus: 2.0.0\r\n.\r\n\033[31m\x80\xE2\x80\xAEnur"),
};
static const struct attempt japanese[] = {
	ANSWER(14, "mx1.b.example", "192.0.2.25", TLS13, RCPT, "550 5.1.1 \xE3\x81\x9D\xE3\x81\xAE\xE3\x82\xA2\xE3\x83\x89\xE3\x83\xAC\xE3\x82\xB9\xE3\x81\xAF\xE5\xAD\x98\xE5\x9C\xA8\xE3\x81\x97\xE3\x81\xBE\xE3\x81\x9B\xE3\x82\x93 User unknown"),
};

static const struct report_recipient to_unknown[] = {TO("bob@b.example", FAILED, unknown_user)};
static const struct report_recipient to_unknown_for_now[] = {{.final = STR_INIT("bob@b.example"), .action = NIXIE_ACTION_DELAYED, .attempts = unknown_for_now, .attempt_count = 1, .will_retry_until_ms = NOW + 432000000, .next_ms = NOW + 30 * MINUTE}};
static const struct report_recipient to_full[] = {TO("bob@b.example", FAILED, full_permanent)};
static const struct report_recipient to_greylisted[] = {{.final = STR_INIT("bob@b.example"), .action = NIXIE_ACTION_DELAYED, .attempts = greylisted, .attempt_count = 2, .will_retry_until_ms = NOW + 432000000, .next_ms = NOW + 5 * MINUTE}};
static const struct report_recipient to_down[] = {{.final = STR_INIT("bob@b.example"), .action = NIXIE_ACTION_DELAYED, .attempts = refused_connections, .attempt_count = 3, .attempts_made = 9, .will_retry_until_ms = NOW + 432000000, .next_ms = NOW + 60 * MINUTE}};
static const struct report_recipient to_expired[] = {{.final = STR_INIT("bob@b.example"), .action = NIXIE_ACTION_FAILED, .is_expired = true, .attempts = refused_connections, .attempt_count = 3, .attempts_made = 47}};
static const struct report_recipient to_expired_grey[] = {{.final = STR_INIT("bob@b.example"), .action = NIXIE_ACTION_FAILED, .is_expired = true, .attempts = greylisted, .attempt_count = 2, .attempts_made = 47}};
static const struct report_recipient to_no_domain[] = {TO("bob@b.example", FAILED, no_domain)};
static const struct report_recipient to_self[] = {TO("bob@b.example", FAILED, loops_here)};
static const struct report_recipient to_circle[] = {TO("bob@b.example", FAILED, circle)};
static const struct report_recipient to_refusing_relay[] = {{.final = STR_INIT("bob@b.example"), .action = NIXIE_ACTION_FAILED, .is_own_relay = true, .attempts = refusing_relay, .attempt_count = 1}};
static const struct report_recipient to_denied[] = {TO("bob@b.example", FAILED, relay_denied)};
static const struct report_recipient to_listed[] = {TO("bob@b.example", FAILED, listed)};
static const struct report_recipient to_nixied[] = {TO("bob@b.example", FAILED, nixied_refused)};
static const struct report_recipient to_spam[] = {TO("bob@b.example", FAILED, spam)};
static const struct report_recipient to_gone[] = {TO("bob@b.example", FAILED, gone)};
static const struct report_recipient to_by_hand[] = {TO("bob@b.example", FAILED, by_hand)};
static const struct report_recipient to_moved[] = {TO("bob@b.example", FAILED, moved)};
static const struct report_recipient to_unread[] = {TO("bob@b.example", FAILED, unread)};
static const struct report_recipient to_no_domain_there[] = {TO("bob@b.example", FAILED, no_domain_there)};
static const struct report_recipient to_slow_down[] = {TO("bob@b.example", FAILED, slow_down)};
static const struct report_recipient to_hostile[] = {TO("bob@b.example", FAILED, hostile)};
static const struct report_recipient to_japanese[] = {TO("bob@b.example", FAILED, japanese)};
static const struct report_recipient to_forwarded[] = {{.final = STR_INIT("bob@c.example"), .original = STR_INIT("rfc822;bob+2Bwork@b.example"), .action = NIXIE_ACTION_FAILED, .attempts = full_permanent, .attempt_count = 1}};
static const struct report_recipient to_delivered[] = {{.final = STR_INIT("carl@a.example"), .original = STR_INIT("rfc822;carl@a.example"), .action = NIXIE_ACTION_DELIVERED}};
static const struct report_recipient to_relayed[] = {TO("bob@b.example", RELAYED, taken)};
static const struct report_recipient to_expanded[] = {{.final = STR_INIT("team@a.example"), .action = NIXIE_ACTION_EXPANDED}};
static const struct report_recipient to_international[] = {TO("j\xC3\xBCrgen@b\xC3\xBC" "cher.example", FAILED, japanese)};
static const struct report_recipient to_several[] = {
	TO("bob@b.example", FAILED, unknown_user), TO("bert@b.example", FAILED, unknown_user), TO("eve@b.example", FAILED, full_permanent),
	{.final = STR_INIT("dan@d.example"), .action = NIXIE_ACTION_DELAYED, .attempts = greylisted, .attempt_count = 2, .will_retry_until_ms = NOW + 432000000, .next_ms = NOW + 5 * MINUTE},
};

static const struct report_case {
	const char *name;
	enum lang lang;
	const struct report_recipient *recipients;
	size_t count;
	const char *to; /* NULL: the sender */
	bool is_utf8, returns_full;
	const char *envelope_id;
	bool is_sender_elsewhere;
} cases[] = {
	{"user-unknown-en", LANG_EN, to_unknown, 1, NULL, false, false, NULL, false},
	{"user-unknown-de", LANG_DE, to_unknown, 1, NULL, false, false, NULL, false},
	{"user-unknown-fr", LANG_FR, to_unknown, 1, NULL, false, true, NULL, false},
	{"user-unknown-es", LANG_ES, to_unknown, 1, NULL, false, false, NULL, false},
	{"user-unknown-pt", LANG_PT, to_unknown, 1, NULL, false, false, NULL, false},
	{"user-unknown-ja", LANG_JA, to_unknown, 1, NULL, false, false, NULL, false},
	{"mailbox-full-en", LANG_EN, to_full, 1, NULL, false, true, "QQ314159", false},
	{"greylisted-en", LANG_EN, to_greylisted, 1, NULL, false, false, NULL, false},
	{"doubtful-delay-en", LANG_EN, to_unknown_for_now, 1, NULL, false, false, NULL, false},
	{"doubtful-delay-ja", LANG_JA, to_unknown_for_now, 1, NULL, false, false, NULL, false},
	{"server-down-en", LANG_EN, to_down, 1, NULL, false, false, NULL, false},
	{"server-down-de", LANG_DE, to_down, 1, NULL, false, false, NULL, false},
	{"server-down-fr", LANG_FR, to_down, 1, NULL, false, false, NULL, false},
	{"server-down-es", LANG_ES, to_down, 1, NULL, false, false, NULL, false},
	{"server-down-pt", LANG_PT, to_down, 1, NULL, false, false, NULL, false},
	{"server-down-ja", LANG_JA, to_down, 1, NULL, false, false, NULL, false},
	{"expired-en", LANG_EN, to_expired, 1, NULL, false, false, NULL, false},
	{"expired-de", LANG_DE, to_expired_grey, 1, NULL, false, false, NULL, false},
	{"no-domain-en", LANG_EN, to_no_domain, 1, NULL, false, false, NULL, false},
	{"to-itself-en", LANG_EN, to_self, 1, NULL, false, false, NULL, false},
	{"circle-de", LANG_DE, to_circle, 1, NULL, false, false, NULL, false},
	{"by-hand-en", LANG_EN, to_by_hand, 1, NULL, false, false, NULL, false},
	{"by-hand-de", LANG_DE, to_by_hand, 1, NULL, false, false, NULL, false},
	{"circle-outside-en", LANG_EN, to_circle, 1, NULL, false, false, NULL, true},
	{"gone-outside-en", LANG_EN, to_gone, 1, NULL, false, false, NULL, true},
	{"gone-outside-de", LANG_DE, to_gone, 1, NULL, false, false, NULL, true},
	{"own-relay-refuses-en", LANG_EN, to_refusing_relay, 1, NULL, false, false, NULL, false},
	{"own-relay-refuses-de", LANG_DE, to_refusing_relay, 1, NULL, false, false, NULL, false},
	{"relay-denied-en", LANG_EN, to_denied, 1, NULL, false, false, NULL, false},
	{"blocklisted-en", LANG_EN, to_listed, 1, NULL, false, false, NULL, false},
	{"spam-es", LANG_ES, to_spam, 1, NULL, false, false, NULL, false},
	{"spam-unread-en", LANG_EN, to_unread, 1, NULL, false, false, NULL, false},
	{"spam-unread-fr", LANG_FR, to_unread, 1, NULL, false, false, NULL, false},
	{"moved-en", LANG_EN, to_moved, 1, NULL, false, false, NULL, false},
	{"moved-de", LANG_DE, to_moved, 1, NULL, false, false, NULL, false},
	{"no-domain-there-en", LANG_EN, to_no_domain_there, 1, NULL, false, false, NULL, false},
	{"no-domain-there-de", LANG_DE, to_no_domain_there, 1, NULL, false, false, NULL, false},
	{"slow-down-en", LANG_EN, to_slow_down, 1, NULL, false, false, NULL, false},
	{"nixied-refused-en", LANG_EN, to_nixied, 1, NULL, false, false, NULL, false},
	{"forwarded-fr", LANG_FR, to_forwarded, 1, NULL, false, false, NULL, false},
	{"delivered-en", LANG_EN, to_delivered, 1, NULL, false, false, "a+2Bb", false},
	{"relayed-de", LANG_DE, to_relayed, 1, NULL, false, false, NULL, false},
	{"expanded-pt", LANG_PT, to_expanded, 1, NULL, false, false, NULL, false},
	{"hostile-en", LANG_EN, to_hostile, 1, NULL, false, true, NULL, false},
	{"reply-in-japanese-en", LANG_EN, to_japanese, 1, NULL, false, false, NULL, false},
	{"international-ascii-sender-de", LANG_DE, to_international, 1, NULL, true, false, NULL, false},
	{"international-de", LANG_DE, to_international, 1, "\xC3\xA4nn@a.example", true, true, NULL, false},
	{"several-en", LANG_EN, to_several, 4, NULL, false, false, NULL, false},
	{"to-the-postmaster-en", LANG_EN, to_unknown, 1, "postmaster@a.example", false, false, NULL, false},
};
/* clang-format on */

static inline struct report_facts
case_facts(const struct report_case *c)
{
	return (struct report_facts){.hostname = STR("mail.a.example"),
		.id = STR("REPORT1"),
		.about = STR("7K2M9QX1ABCDE"),
		.to = c->to != NULL ? str_of(c->to) : STR("ann@a.example"),
		.now_ms = NOW,
		.lang = c->lang,
		/* Whom a report goes to that is not the sender: the postmaster, about a report. */
		.sender = c->to == NULL ? STR("ann@a.example")
			  : c->is_utf8  ? str_of(c->to)
					: STR(""),
		.envelope_id = str_of(c->envelope_id),
		.is_from_outside = c->is_sender_elsewhere,
		.is_sender_elsewhere = c->is_sender_elsewhere,
		.is_utf8 = c->is_utf8,
		.returns_full = c->returns_full,
		.arrived_ms = NOW - 14 * MINUTE,
		.client = STR("laptop.a.example"),
		.original = STR(ORIGINAL),
		.original_bytes = sizeof ORIGINAL - 1,
		.recipients = c->recipients,
		.recipient_count = c->count};
}

#endif
