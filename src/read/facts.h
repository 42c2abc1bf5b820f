/*
 * facts - everything a message says that bears on delivery, gathered and not yet judged
 *
 * The one entry to src/read/: bytes in, facts out. What is found is kept apart by
 * where it stood, because that is what judging needs: the fields of RFC 3464, the
 * report's own prose, the dialogue it quotes, and the returned message, whose words decide
 * nothing.
 */
#ifndef READ_FACTS_H
#define READ_FACTS_H

#include "read/mime.h"
#include "read/signs.h"
#include "read/text.h"

/* A complaint: RFC 5965. */
struct feedback {
	bool is_there;
	struct str type, user_agent, original_rcpt_to, original_mail_from, source_ip, arrival_date,
		reporting_mta, auth_failure, reported_domain, original_envelope_id;
};

/* A receipt: RFC 8098. */
struct disposition {
	bool is_there;
	struct str disposition, final_recipient, original_recipient, original_message_id,
		reporting_ua, explanation;
};

/* What the returned message or its header says of itself. Decoded. */
struct returned {
	bool is_there;
	struct header header;
	struct str message_id, subject, from, to, date, list_id, return_path;
};

struct note {
	const char *what; /* static */
	size_t at;        /* offset in the input; STR_NPOS = the whole */
};

struct facts {
	struct str input;
	struct arena *arena;
	bool is_message; /* it has a header; else it was pasted text or a reply */
	bool is_persons; /* no server sent it, so that a server's message in it may be the report */
	bool is_quoted;  /* most of its text was a quotation, and is read without the '>' */
	bool is_relined; /* it was pasted as one line, and taken apart to find whom it is about */
	unsigned nesting; /* this many messages were opened to come to the report */
	struct header header;
	struct str subject, from, from_address, to_address, return_path, message_id, date;
	struct mime mime;
	struct prose prose;
	struct str text; /* the whole of the prose part, the returned message too */
	struct dsn dsn;  /* from the status part, else from the prose */
	struct feedback feedback;
	struct disposition disposition;
	struct returned returned;
	struct mark_set marks; /* of programs, in subject, From, prose and Message-ID */
	struct facts_memo *memo;
	size_t note_count;
	/* From here on only what a bit or a count speaks of has a meaning. */
	struct note notes[NOTES_MAX];
	struct sign_set signs; /* of subject, From and prose together */
	struct sign_set subject_signs;
};

/* facts_read - reads `input` as `kind` says into *f (overwritten). Slices point into `input` or the
 * arena; when the arena fails (arena_failed) the facts are incomplete. O(n) */
void facts_read(struct str input, enum nixie_input kind, struct arena *a, struct facts *f);

/* facts_open - goes over to the message that a person attached or pasted whole, whatever its header
 * says; false when there is none, and *f is as before */
bool facts_open(struct facts *f);

void facts_note(struct facts *f, const char *what, size_t at);

/* facts_reply - reply_scan() of words that last as long as the facts; several judges ask for the
 * same ones, and they are read once */
struct reply facts_reply(const struct facts *f, struct str words);

/* facts_has_null_path - the return path "<>": a server or another program sent it, and nothing is
 * sent back (RFC 5321 s4.5.5) */
bool facts_has_null_path(const struct facts *f);

/* facts_letter - letter_read() of the prose; the same */
struct letter facts_letter(const struct facts *f);

#endif
