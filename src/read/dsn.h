/*
 * dsn - the fields of a delivery status notification: RFC 3464, RFC 6533
 *
 * Meant for message/delivery-status, but read wherever they stand, since gateways
 * paste them into text. Tolerates: groups without a blank line between them,
 * fields wrapped without indent, a blank before the colon, missing Action or
 * Status, "Status: 550", types left out.
 */
#ifndef READ_DSN_H
#define READ_DSN_H

#include "nixie.h"
#include "read/reply.h"

/* What the report says of one recipient. All slices are values as written, trimmed, still folded.
 */
struct dsn_recipient {
	struct str final, original,
		actual; /* Final-Recipient, Original-Recipient, X-Actual-Recipient: the addresses */
	struct str final_type; /* "rfc822", "utf-8", "system", "x400" ... */
	struct str action_text;
	struct str status_text; /* the whole value, comment too */
	struct str remote_mta, diagnostic, diagnostic_type;
	struct str command; /* X-Nixie-Command: the step, which RFC 3464 has no field for */
	struct str more;    /* further words for people: X-Notes, X-Supplementary-Info ... */
	struct str last_attempt, will_retry_until;
	struct str envelope_from; /* X-Postfix-Sender and kin, when it stands here */
	enum nixie_action action;
	struct status status;
	unsigned status_reply; /* "Status: 550": a reply code in the wrong place; 0 = none */
	uint16_t seen;         /* enum dsn_field bits met so far */
};

#define SENDER_ELSEWHERE "elsewhere" /* X-Nixie-Sender-Place */

struct dsn {
	struct str reporting_mta, received_from_mta, arrival_date, envelope_id, envelope_from,
		queue_id;
	struct str sender_place; /* of nixied's, when the sender is none of its people */
	struct dsn_recipient *recipients;
	size_t count, room;
	bool in_group;        /* the last group is still open */
	bool is_many;         /* RECIPIENTS_MAX was reached; what came behind it was passed over */
	bool last_is_address; /* ... and is an address, which is never wrapped without an indent */
	struct str *last;     /* the value that a continuation line belongs to */
	size_t indent;        /* of the last field's line */
	bool has_message_fields;
	bool is_explained; /* nixied wrote it: its prose explains these fields, and quotes nobody
			      else */
	bool splits_lines; /* set by the caller: several fields may stand in one line (pasted text)
			    */
};

/* dsn_add - one more recipient, zeroed; NULL when there are RECIPIENTS_MAX, or the arena failed */
struct dsn_recipient *dsn_add(struct dsn *d, struct arena *a);

/* dsn_parse - reads all the fields of `in`, adding to *d (zeroed before the first call). O(n) */
void dsn_parse(struct str in, struct arena *a, struct dsn *d);

/*
 * dsn_line - reads one line, when it is such a field or continues one
 *
 * A blank line ends a group. Returns false when the line has nothing to do with a notification (and
 * *d is as before).
 */
bool dsn_line(struct str line, struct arena *a, struct dsn *d);

/* dsn_finish - completes what the groups say: addresses cleaned, action and status read; drops
 * groups without a recipient and without anything else of use */
void dsn_finish(struct dsn *d, struct arena *a);

/* action_parse - RFC 3464 s2.3.3's five words, and others' words for them */
enum nixie_action action_parse(struct str text);

#endif
