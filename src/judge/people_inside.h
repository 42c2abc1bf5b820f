/*
 * people_inside - what the files of people share
 *
 * people.c has the order in which the places of a report are believed, people_named.c and
 * people_prose.c know the places, people_said.c gives to each what was said, people_list.c keeps
 * them.
 */
#ifndef JUDGE_PEOPLE_INSIDE_H
#define JUDGE_PEOPLE_INSIDE_H

#include "judge/people.h"

/* An index over the people by address, so that 100,000 recipients stay linear: open addressing,
 * rebuilt when it fills. All 0: of nobody. */
struct people_index {
	uint32_t *slots; /* position + 1; 0 = free */
	size_t size;     /* a power of two */
};

/* ---- the list: people_list.c */

/* people_find - the first with that address; NULL when there is none. Good until one is added */
struct person *people_find(const struct people_index *ix, struct people *p, struct str address);

/* people_like - the same; or, of 64 people at most, who seems to be meant: the addresses that a
 * report has for one person may differ in their domains */
struct person *people_like(struct people *p, const struct people_index *ix, struct str address);

/* people_add - one more, whom the place `by` names; NULL at RECIPIENTS_MAX, which is noted, and
 * without memory */
struct person *people_add(const struct facts *f, struct people *p, struct people_index *ix,
	struct str address, const char *by);

/* people_say - these words were said to that person; words without a letter, said before, or
 * beyond WORDS_MAX are passed over */
void people_say(const struct facts *f, struct people *p, struct person *who, struct str raw,
	enum voice voice);

/* ---- the places: each adds whom it names */

/* people_is_address - of somebody, and no pipe or path */
bool people_is_address(struct str address);
/* people_is_command - "|/usr/bin/procmail user", "/var/mail/x", ":include:...": what an alias led
 * to, no address */
bool people_is_command(struct str address);

/* people_from_fields - the groups of RFC 3464, with their diagnostics */
void people_from_fields(const struct facts *f, struct people *p, struct people_index *ix);
/* people_from_failed_field - X-Failed-Recipients */
void people_from_failed_field(const struct facts *f, struct people *p, struct people_index *ix);
/* people_from_disposition - a refusal in the form of a receipt (RFC 5429 s2.1.1): its text is what
 * the one who refused says */
void people_from_disposition(const struct facts *f, struct people *p, struct people_index *ix);
/* people_from_dialogue - "RCPT TO:<a@b>", when the answer to it is a refusal, or all of it was
 * refused */
void people_from_dialogue(const struct facts *f, struct people *p, struct people_index *ix);
/* people_from_subject - "Rejected posting to list@a", "Your mail to a@b": of a failure, where
 * nothing else names anybody */
void people_from_subject(const struct facts *f, struct people *p, struct people_index *ix);
/* people_from_list_header - a list that sends a post back, and names itself in its header alone */
void people_from_list_header(const struct facts *f, struct people *p, struct people_index *ix);
/* people_from_prose - those whom the text names most strongly, if that is `at_least` so strong */
void people_from_prose(
	const struct facts *f, struct people *p, struct people_index *ix, enum naming at_least);
/* people_from_returned - last of all: the one recipient in the header of the returned message, or
 * in the description of it */
void people_from_returned(const struct facts *f, struct people *p, struct people_index *ix);

/* ---- what is said to them: people_said.c */

/* people_give_prose - what stands under an address, to the person it speaks of */
void people_give_prose(const struct facts *f, struct people *p, const struct people_index *ix);
/* people_note_fates - of a text with a list of those that failed and one of those still being
 * tried, or who have got it: who is on which. With one list alone, the message as a whole tells */
void people_note_fates(const struct facts *f, struct people *p, const struct people_index *ix);
/* people_give_dialogue - the dialogue's refusals. An answer to somebody's RCPT, or one that names
 * somebody, is theirs; the first refusal of anything else is everybody's who has none ("503 need
 * RCPT" behind it only echoes it). is_failure: as for people_gather() */
void people_give_dialogue(
	const struct facts *f, struct people *p, const struct people_index *ix, bool is_failure);

#endif
