/*
 * text_head - the shapes of single lines that name somebody, for the reader of text.c
 *
 * Each program has its own for a recipient: the address at the head of the line, behind a label,
 * behind a reply code, in brackets behind a name. A line is looked at alone; what stands around it
 * is the reader's. Lines come without the blanks at their ends, and slices point into them. Where a
 * function returns false, what it was to set has no meaning.
 */
#ifndef READ_TEXT_HEAD_H
#define READ_TEXT_HEAD_H

#include "read/reply.h"

/* text_skip_bullet - the line without the bullets, dashes and marks of quotation before it */
struct str text_skip_bullet(struct str s);

/* text_head - "<a@b>: text", "a@b (text)", "'a@b' on DATE": the address at the head of a line, and
 * what follows it */
bool text_head(struct str line, struct str *address, struct str *tail);

/* text_is_head_tail - may an address at the head of a line be followed by this and still be its
 * head? */
bool text_is_head_tail(struct str tail);

/* text_code_line - "550 5.1.1 <a@b>... User unknown": Sendmail's own line about a recipient, at the
 * end of its dialogue */
bool text_code_line(struct str line, struct str *address);

/* text_named - "Name (a@b)", "Name <a@b>", "Name [a@b]" and nothing else on the line. `is_contact`:
 * the line says whom to ask, so it names no recipient */
bool text_named(struct str line, bool is_contact, struct str *address);

/* text_label - "Recipient address: a@b". `label` is set to the words before the colon, `tail` to
 * what stands behind the address */
bool text_label(struct str line, struct str *address, struct str *tail, struct str *label);

/* text_cells - "Recipient a@b": an address at the end of a line, and a few words before it, without
 * a colon */
bool text_cells(struct str line, struct str *address, struct str *label);

/* text_begins_with_answer - "550 5.1.1 Unknown user" */
bool text_begins_with_answer(struct str text);

/* text_row - a row of a table: an address in a cell of its own that is not the only one, and
 * `said`, the cell that begins with a server's answer. Where the row stands below words of failure
 * or the name of the column (`is_led`), the one cell behind the address that is no number will do;
 * `said` is empty where all are numbers and dates. Cells are parted by tabs, bars or two blanks */
bool text_row(struct str line, bool is_led, struct str *address, struct str *said);

/* text_behind_name - "Åsa Holm, a@b": a few words, a comma and an address that ends the line */
bool text_behind_name(struct str line, struct str *address);

/* text_listed - at the head of *tail the next address of a list, "a@b, c@d; <e@f>": moves *tail
 * behind it */
bool text_listed(struct str *tail, struct str *address);

/* text_local - "jsmith (user not found)": a local part alone and a failure in parentheses */
bool text_local(struct str line, struct str *address, struct str *tail);

/* text_is_recipient_label - such a label is hardly more than the words for it: "after RCPT TO:" is
 * a sentence about a step */
bool text_is_recipient_label(struct str label);

/* text_is_behind_sender_word - does `address`, a slice of the line, stand behind a word that makes
 * it a sender, or a Message-ID: "MAIL FROM:<a@b>", "from a@b"? */
bool text_is_behind_sender_word(struct str line, struct str address);

/* text_begins_with_to - "to <a@b>": is a word for "to" all that stands before the address in this
 * line? */
bool text_begins_with_to(struct str line, struct str address);

/* text_is_from_to - "the message from a@b to c@d", in the languages of reports: do these two
 * addresses of a line stand so? */
bool text_is_from_to(struct str line, struct str sender, struct str recipient);

#endif
