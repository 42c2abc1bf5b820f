/*
 * report - what a sender is told of a message: RFC 3464, for people first
 *
 * A whole message with CRLF, ready for the queue with the null reverse-path: multipart/report
 * (RFC 6522) of words for the person who sent the message (text and HTML, in one language), the
 * fields for machines (RFC 3464, with those that RFC 3461 s6 asks for), and the message, or its
 * header. With SMTPUTF8 in RFC 6533's form where addresses need it, else with those fields in
 * US-ASCII.
 *
 * The words come from the catalogue, chosen by what libnixie makes of the last answer: the same
 * that `nixie explain` says of the report afterwards. tests/unit/test_report_round.c holds the two
 * together.
 *
 * Pure: no input or output, no clock. What servers and senders wrote may be any bytes; no byte of
 * it can end a field, a part or the report. The same facts give the same report.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/buf.h"
#include "report/attempt.h"

#define REPORT_ORIGINAL_BYTES_MAX                                                                  \
	(256u << 10)                        /* of a message that is returned whole; a larger one   \
					       gives its header, and the report says so */
#define REPORT_HEADER_BYTES_MAX (64u << 10) /* of a header that is returned: whole fields */
#define REPORT_SHOWN_RECIPIENTS_MAX 100     /* for people; machines get all */
#define REPORT_SHOWN_ATTEMPTS_MAX 20        /* of one recipient, for people: first and newest */

/* What became of one recipient. */
struct report_recipient {
	enum nixie_action action;       /* FAILED, DELAYED, DELIVERED, RELAYED or EXPANDED */
	struct str final;               /* the forward-path, without <> */
	struct str original;            /* ORCPT as it came, "rfc822;user+40example.org"; absent */
	bool is_expired;                /* FAILED: the time for retries ran out */
	bool is_own_relay;              /* the server is one that a route of ours names */
	const struct attempt *attempts; /* oldest first; the last one is what decided */
	size_t attempt_count;
	uint32_t attempts_made;      /* all, also those that were not kept; 0: attempt_count */
	int64_t will_retry_until_ms; /* DELAYED: when it is given up; 0 = not known */
	int64_t next_ms;             /* DELAYED: the next attempt; 0 = not known */
	struct str about; /* the id of its message, where a report is about several; else absent */
};

struct report_facts {
	struct str hostname;   /* Reporting-MTA, and who writes */
	struct str postmaster; /* whom people may ask; absent: postmaster at the host name */
	struct str id;         /* of this report in the queue: its Message-ID is <id@hostname> */
	struct str about;      /* the message's id in the queue: the reference people can quote */
	struct str to;         /* whom the report goes to, without <>; not always the sender: a
				  bounce that cannot be returned goes to the postmaster */
	int64_t now_ms;
	enum lang lang; /* report_language() */

	/* the envelope */
	struct str sender;      /* the reverse-path, without <>; empty: null */
	struct str envelope_id; /* ENVID as it came, xtext; absent */
	bool is_utf8;           /* SMTPUTF8 was asked for */
	bool returns_full;      /* RET=FULL */
	int64_t arrived_ms;
	bool is_from_outside;     /* nobody signed in to send it, so that its sender may be false */
	bool is_sender_elsewhere; /* ... and its domain is none of here: to its sender, this server
				     is the other side */
	/* Nothing was accepted: it tells somebody who signed in what a mail program was told. Then
	 * `about` is a session, and a recipient may be empty: it was never named. */
	bool is_notice;
	bool is_last_notice; /* of this hour */
	struct str client;   /* Received-From-MTA: the name or address it came from; absent */

	/* The message as it is in the queue: from its first byte up to all of it, at least the
	 * header; of what was refused it may be empty. Past REPORT_ORIGINAL_BYTES_MAX only the
	 * header is used. */
	struct str original;
	uint64_t original_bytes; /* how long it is in all */

	const struct report_recipient *recipients; /* at least one */
	size_t recipient_count;
};

/*
 * report_write - the report
 *
 * a         for the judging; may be reset afterwards
 * out       the message is added
 * Returns   false when memory ran out or a limit of `a` or `out` was met: `out` is then not to be
 *           used
 * Cost      O(recipients * answer + original)
 */
bool report_write(const struct report_facts *facts, struct arena *a, struct buf *out);

/* report_is_utf8 - must the report itself go with SMTPUTF8? */
bool report_is_utf8(const struct report_facts *facts);

/* report_is_8bit - must a report that was written go with 8BITMIME? A message that is returned
 * whole may have such text. */
bool report_is_8bit(struct str report);

/*
 * report_language - in which language a message's sender is spoken to
 *
 * original  the message or its header: Content-Language, then Accept-Language decide (RFC 8255,
 *           RFC 4021), when they name a language that the catalogue has
 * account   what the sender's account asks for, a tag or the value of an Accept-Language; absent
 * standard  of the server
 */
enum lang report_language(struct str original, struct str account, enum lang standard);

/* report_judge - what libnixie makes of a recipient's last attempt: reason, verdict, status ...
 * Text lives in the arena, the facts or the catalogue. */
void report_judge(const struct report_facts *facts, const struct report_recipient *r,
	struct arena *a, struct nixie_outcome *out);

#endif
