/*
 * text - the prose of a report: whom it names, what it says of each, what it quotes
 *
 * There is no grammar here, only habits: a line that begins with an address and
 * goes on with the reason; a label and an address; a list of addresses and one
 * explanation for all; an SMTP dialogue; the fields of RFC 3464 as plain text; a copy of
 * the message at the end. The reader knows the habits, not the programs that have them, so
 * that a program nobody has heard of is still read.
 */
#ifndef READ_TEXT_H
#define READ_TEXT_H

#include "read/dsn.h"
#include "read/letter.h"
#include "read/signs.h"

/* How an address stands in the text: the stronger, the surer it is a recipient of whom the report
 * speaks. */
enum naming {
	NAMING_PASSING,  /* somewhere in a sentence */
	NAMING_TO,       /* in a description of the message: "To: a@b" */
	NAMING_SENTENCE, /* in a sentence that says that delivery to it failed */
	NAMING_OBJECT,   /* at the end of such a sentence: "Failed to deliver to 'a@b'" */
	NAMING_LABEL,    /* behind "Recipient:", or "Name (a@b)" on a line of its own */
	NAMING_HEAD      /* at the head of its own line or paragraph */
};

/* An address and what the text says under it. */
struct block {
	struct str address;
	struct str original; /* "(expanded from: <x>)", "(generated from x)" */
	struct str own;      /* behind and under the address, up to the next blank line */
	struct str after;    /* from there to the next address or the end */
	struct str heading;  /* the answer that stands above a list of addresses, with a colon */
	enum naming naming;
	bool is_listed;    /* it follows another in a list: "a@b, c@d" */
	bool is_contact;   /* the words before it told whom to write to */
	bool is_led;       /* the words before it spoke of failure, delay or a recipient */
	bool is_apart;     /* `own` stands behind a blank line, so that it is about all of a list */
	bool is_in_list;   /* another address followed at once: what is said behind the last one */
	bool is_delayed;   /* the words above it said that it is still being tried */
	bool is_delivered; /* ... or they, or those behind it, that this one has got it */
};

/* One command of a quoted SMTP dialogue and the answer to it. */
struct exchange {
	struct str host;    /* "while talking to" */
	struct str command; /* "RCPT TO:<a@b>"; absent for the greeting */
	struct str reply;   /* with all its lines */
};

struct prose {
	struct str all;       /* the text, without the returned message */
	struct str returned;  /* the copy of the message, or its header, when one follows; else
				 absent */
	struct block *blocks; /* in order */
	size_t count, room;
	struct exchange *dialogue;
	size_t exchange_count, exchange_room;
	struct str labelled; /* the first address behind "Recipient:" */
	bool has_full;       /* a line begins with an address, domain and all */
	bool has_sentence;   /* one that says that delivery to somebody failed, or waits */
	struct dsn dsn;      /* fields met in the text */
	struct text_lines lines;
	struct letter *letter;   /* what `all` says, where it was asked; else NULL */
	bool is_letter;          /* no line had a known sign of failure or delay, ... */
	enum sign letter_sign;   /* ... and its sentences were given this one: read/letter.h */
	struct str letter_words; /* of the first of them */
	bool speaks_of_mail;     /* one of them does */
	bool is_many;            /* NAMINGS_MAX was reached; what came behind it was passed over */
};

/* text_read - reads a report's prose (UTF-8). *p is zeroed first; the signs and marks in it are
 * added to *set and *marks. `may_be_letter`: no fields tell what happened, so that words of its own
 * count (read/letter.h). Slices point into `text`. O(n) */
void text_read(struct str text, bool may_be_letter, struct arena *a, struct sign_set *set,
	struct mark_set *marks, struct prose *p);

/* text_header_at - where the header of a copy of a message begins in `text`, or STR_NPOS. *ends:
 * where the report's own words end, before the line that announces the copy */
size_t text_header_at(struct str text, size_t *ends);

/* text_begins_header - do the lines from here on make the header of a message? Three known fields
 * in a row, one of them a sign of transport. O(1) lines */
bool text_begins_header(struct str rest);

/* text_announced_at - the same for a copy that a line of its own announces: "------ This is a copy
 * of the message ------", what comes behind that line. `lines` are those of `text`, or of its
 * beginning */
size_t text_announced_at(struct str text, const struct text_lines *lines, size_t *ends);

/* text_is_message_field - is it a field name that makes the head of a message out of lines that
 * follow each other? Case does not matter */
bool text_is_message_field(struct str name);

/* text_is_from_name, text_is_subject_name - does a field with this name, in the language of some
 * mail program, say who wrote the message, what it is about? */
bool text_is_from_name(struct str name);
bool text_is_to_name(struct str name);
bool text_is_subject_name(struct str name);

/* text_unquote - text that somebody forwarded or pasted with '>' before each line, without those,
 * up to QUOTE_DEPTH_MAX deep; any other text as it is */
struct str text_unquote(struct str text, struct arena *a);

/* text_unlink - text in which a program made links of addresses ("a@b<mailto:a@b>",
 * "[a@b](mailto:a@b)") with each of them once; else `text` itself. O(n) */
struct str text_unlink(struct str text, struct arena *a);

/* text_unwrap - pasted text whose lines were joined, with the lines of a transcript and the
 * recipients of a report at the heads of lines again. The same length; any other text as it is.
 * O(n)
 */
struct str text_unwrap(struct str text, struct arena *a);

#endif
