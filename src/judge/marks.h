/*
 * marks - what a message without the fields of RFC 3464 has of a report from a mail server
 *
 * No mark is sure alone: people forward bounces, vacation notices come from MAILER-DAEMON, parcel
 * services say "could not be delivered". So they are counted, and words count only beside form.
 */
#ifndef JUDGE_MARKS_H
#define JUDGE_MARKS_H

#include "read/facts.h"

#define REPORT_POINTS 4                  /* so many, and it is a report */
#define MARK_REPLY_BYTES ((size_t)16384) /* of the prose, in which an answer is looked for */

/* mark_points - how much it looks like a report; 0 for a person's answer, and for a message with
 * the name of a mail server and nothing that a report is about */
unsigned mark_points(const struct facts *f);

/* mark_refusals - how many answers of the quoted dialogue say no */
size_t mark_refusals(const struct facts *f);

/* mark_head_block - does an address stand at the head of a line or behind a label? */
bool mark_head_block(const struct facts *f);

/* mark_quoted_head - the lines "From: Mail Delivery System <MAILER-DAEMON@mx.example.org>" or
 * "Betreff: Unzustellbar: Angebot" and those around them: somebody forwards a report, its head
 * before it. Absent when there are none */
struct str mark_quoted_head(const struct facts *f);

/* mark_quoted_failure - does that head, as people forward it, have a subject that tells of a
 * failure and not of a delay? */
bool mark_quoted_failure(const struct facts *f);

/* mark_described_refusal - nobody is to answer it, and it describes a message ("To: a@b") and
 * quotes a server's refusal, so that its words may be in any language */
bool mark_described_refusal(const struct facts *f);

/* mark_names_other - does the prose name an address that is neither the reader's nor the writer's?
 */
bool mark_names_other(const struct facts *f);

/* mark_prose_tells - does a line of the prose say that delivery failed, or is delayed? */
bool mark_prose_tells(const struct facts *f);

/* mark_persons_answer - "Re: Undelivered Mail ...": people discuss bounces, and quote them */
bool mark_persons_answer(const struct facts *f);

/* mark_asks - does a question stand in the text? */
bool mark_asks(struct str text);

/* mark_lists_talk - does a member of a list, or somebody who watches a project, speak of bounces? A
 * digest of that comes from the list's robot */
bool mark_lists_talk(const struct facts *f);

/* mark_list - did it come through a mailing list or from a newsletter (RFC 2369, RFC 2919)? */
bool mark_list(const struct facts *f);

/* mark_header_says - is the word in the field of that name, in any case? */
bool mark_header_says(const struct facts *f, struct str name, struct str word);

#endif
