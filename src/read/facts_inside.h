/* facts_inside - what the files of facts share */
#ifndef READ_FACTS_INSIDE_H
#define READ_FACTS_INSIDE_H

#include "read/facts.h"

/* facts_read_parts - what the parts say in fields */
void facts_read_parts(struct facts *f);

/* facts_read_returned - the header of the message that is returned; the first one counts */
void facts_read_returned(struct facts *f, struct str message);

/* facts_read_feedback_text - the fields of a complaint, where they stand in the prose */
void facts_read_feedback_text(struct facts *f);

/* facts_read_prose - what it says to people; `whole` is what was pasted */
void facts_read_prose(struct facts *f, struct str whole);

/* facts_described_from, facts_described_subject - a field of a header, or of its description in a
 * forward, which is in the language of the mail program */
struct str facts_described_from(const struct header *h);
struct str facts_described_subject(const struct header *h);

/* facts_name_somebody - does the report itself name a recipient, so that what it returns is only
 * what it is about? */
bool facts_name_somebody(const struct facts *f);

/* facts_are_persons - did a person send this, so that a message in it from a postmaster is what it
 * is about? A server returns those that its own postmaster wrote. */
bool facts_are_persons(const struct facts *f);

/* facts_is_whole_message - by its type, or by what a text begins with */
bool facts_is_whole_message(const struct part *p);

/* facts_nested_report - a message that was forwarded, or pasted into another, and is a report
 * itself: then it is that one we are asked about */
struct str facts_nested_report(struct facts *f);

#endif
