/* marks_inside - what the files of the marks share */
#ifndef JUDGE_MARKS_INSIDE_H
#define JUDGE_MARKS_INSIDE_H

#include "judge/marks.h"

#define MARK_BLOCKS_MAX 64 /* addresses of the prose that are looked at */
#define MARK_LINES_MAX 200 /* ... and lines */

/* mark_has_reply - does the prose quote a server's answer? */
bool mark_has_reply(const struct facts *f);

/* mark_names_no_contact - does the text name anybody else, whom one is not just to write to? */
bool mark_names_no_contact(const struct facts *f);

/* mark_is_from_server - its sender, or the form of its header, is a mail server's */
bool mark_is_from_server(const struct facts *f);

/* mark_is_ticket - "[Ticket#2015030310] ...", "(HELP-33) ...": a help desk has numbered what it was
 * called */
bool mark_is_ticket(struct str subject);

/* mark_first_line_refuses - does the first line of the prose tell of a failure? */
bool mark_first_line_refuses(const struct facts *f);

/* mark_begins_with_refusal - "Your message to bugs@example.org could not be processed" is the first
 * that it says */
bool mark_begins_with_refusal(const struct facts *f);

/* mark_is_programs_address - an address of a program's own, that nobody reads */
bool mark_is_programs_address(struct str address);

/* mark_is_from_program - its return path is the account of a program that is no mail server */
bool mark_is_from_program(const struct facts *f);

/* mark_is_programs_refusal - a program that takes mail in (tickets, a forum, faxes) says that it
 * could not, in an answer to it or with the message below */
bool mark_is_programs_refusal(const struct facts *f);

/* mark_is_programs_account - a program that sends mail (a shop, a newsletter, a reminder) tells
 * what a server answered it, and about whom */
bool mark_is_programs_account(const struct facts *f);

/* mark_is_hosts_letter - a provider, a school or a gateway tells in words of its own that mail to
 * somebody at its own domain failed */
bool mark_is_hosts_letter(const struct facts *f);

/* mark_shows_others_mail - is the head of a mail shown in the prose that the reader did not write?
 */
bool mark_shows_others_mail(const struct facts *f);

/* mark_is_third_party - neither the reader's address nor the writer's */
bool mark_is_third_party(const struct facts *f, struct str address);

/* mark_named_in_subject - the first address of the subject, when it is a third party's; else absent
 */
struct str mark_named_in_subject(const struct facts *f);

/* mark_is_in_mail_program - has a person written it, as far as its header tells: in a mail program,
 * or to answer? */
bool mark_is_in_mail_program(const struct facts *f);

/* mark_is_persons_quotation - a person's letter, with some lines of a report quoted in it */
bool mark_is_persons_quotation(const struct facts *f);

#endif
