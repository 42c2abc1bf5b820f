/*
 * people - the recipients a report speaks of, each with everything that was said of it
 *
 * A report names its recipients in up to five places that do not always agree.
 * The order of trust: the fields of RFC 3464, X-Failed-Recipients, addresses at the
 * head of a line, labelled ones, the dialogue, a sentence, the subject, the header of a list; and
 * where the report names nobody, the header of the message it returns. A weaker place adds words to
 * what a stronger one named, never further recipients.
 */
#ifndef JUDGE_PEOPLE_H
#define JUDGE_PEOPLE_H

#include "judge/scan.h"
#include "read/facts.h"

/* Where words about a recipient stood; earlier ones speak louder. */
enum voice {
	VOICE_DIAGNOSTIC, /* Diagnostic-Code */
	VOICE_REPLY,      /* the dialogue's answer to its RCPT, or to the message */
	VOICE_OWN,        /* its own paragraph in the prose */
	VOICE_COMMENT,    /* "Status: 5.1.1 (unknown user)" and further fields */
	VOICE_AFTER,      /* the prose behind its paragraph */
	VOICE_PROSE       /* the whole prose */
};

#define WORDS_MAX 8

struct words {
	struct str text; /* joined to one line where it was folded */
	struct str raw;  /* as it stood in the message */
	enum voice voice;
	struct scanned *scan; /* words_scan(); one for all to whom the same words were said */
};

struct person {
	struct str recipient, original;
	const struct dsn_recipient *dsn; /* NULL when the report has no fields for it */
	struct words *words;             /* at most WORDS_MAX; most people need one or two */
	size_t word_count, word_room;
	bool is_one_of_many; /* others have answers of their own: what the prose says may be about
				them */
	bool is_delayed;     /* the text says that it is still being tried for this one, and that it
				failed for others */
	bool is_delivered;   /* ... that this one has got it */
	bool is_settled;     /* the transcript has a line for it before the answer to all */
	const char *named_by; /* "dsn", "x-failed-recipients", "text", "dialogue", "subject",
				 "list", "disposition", "returned" */
	struct str host;      /* the server in the dialogue */
	struct str command;   /* the last command to it */
};

struct people {
	struct str quoted_head; /* of a report that somebody forwards in a text */
	struct str quoted_to;   /* who got it */
	struct person *list;
	size_t count, room;
	bool is_many;           /* RECIPIENTS_MAX was reached; who came behind it was passed over */
	struct words last_said; /* while it is gathered */
};

/* people_gather - who it is about. `is_failure`: the message is known to be about a failed
 * delivery, so that weak namings may be believed. O(recipients * log recipients) */
void people_gather(const struct facts *f, bool is_failure, struct people *p);

/* people_say_prose - gives the first of them, who has no name, all that the report says */
void people_say_prose(const struct facts *f, struct people *p);

/* words_scan - what the catalogue knows in these words; searched when it is first asked for */
const struct scanned *words_scan(struct words *w, struct arena *a);

#endif
