/*
 * notice - what a signed-in person's mail program was refused, told in their own mailbox
 *
 * Many programs drop a refusal without a word, and then nobody knows that the message was never
 * sent. So, where the setting `notify_refused_submissions` wants it, the server writes what it
 * would have written had it accepted the message and failed: report/report.h, with `is_notice`. It
 * is a message in the queue like any report, from the null return path, and counts as one of the
 * `reports_per_sender` of an hour; past those nothing is written, for the program was told.
 */
#ifndef DELIVER_NOTICE_H
#define DELIVER_NOTICE_H

#include "catalogue/conditions.h"
#include "nixie.h"

struct deliver;

struct notice_recipient {
	struct str rcpt; /* without <>; empty: it was not said when the server refused */
	struct str reply;
	enum nixie_stage stage;
	int64_t at_ms;
};

struct notice {
	struct str account; /* who signed in: an address here */
	struct str sender;  /* the reverse-path that was given; empty: null, or none */
	struct str session; /* "7Q2F" */
	struct str client;  /* its address */
	struct str header;  /* of the message, when it came; empty */
	int64_t began_ms;
	const struct notice_recipient *recipients; /* at least one */
	size_t count;
};

/* deliver_notice - copies what it needs; a notice that cannot be written is told in the log, and is
 * no more than a courtesy */
void deliver_notice(struct deliver *d, const struct notice *n);

#endif
