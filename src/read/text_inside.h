/* text_inside - what the files of the reader of text share */
#ifndef READ_TEXT_INSIDE_H
#define READ_TEXT_INSIDE_H

#include "read/signs.h"
#include "read/text.h"

/* What the line reader remembers from line to line. */
struct reader {
	struct prose *p;
	struct arena *arena;
	struct str host;          /* of the dialogue */
	size_t current;           /* the block that further lines belong to, + 1; 0 = none yet */
	size_t indent;            /* of the line that began it */
	bool in_own;              /* its own paragraph is still open */
	bool in_reply;            /* the last line was an answer in the dialogue */
	bool is_command_open;     /* "In:  MAIL" goes on in the next line */
	bool is_failure_sentence; /* the words before said that delivery to what follows failed */
	struct str heading;       /* "550 No such user:", above the list of those it is about */
	uint64_t lead;            /* signs of the paragraph that leads to what follows */
	uint64_t lead_line;       /* ... and of its last line */
	uint64_t line_above;      /* signs of the line of prose before, whatever it stands under */
	bool is_after_blank;      /* the line before was blank */
	bool is_blank_above;      /* the same, also of a line that names somebody */
	bool is_sentence_open;    /* the line before ended amid a sentence */
	bool is_list_section;     /* "----- The following addresses failed -----" stands above */
	bool is_list_open;        /* ... and the paragraph below it has begun */
	bool is_in_head;          /* "From: mailer-daemon@a" stands above, in this paragraph, or
				     the text begins with "From:" */
	bool is_delay_section;    /* the last words of failure or delay were of delay */
	bool is_good_section;     /* they said behind them that it was delivered */
	const char *answer_above; /* where the paragraph began with a server's answer, and nobody
				     was named yet; NULL: it did not */
};

/* One line: as it stands, without its blanks, and the signs in it (looked for once, when first
 * asked). */
struct line {
	struct str raw, bare;
	bool has_at; /* an @ */
	uint64_t signs;
	const struct text_line *next; /* NULL behind the last */
};

static inline bool
text_line_says(const struct line *l, enum sign sign)
{
	return (l->signs >> sign) & 1;
}

/* text_block - the one that further lines belong to; NULL: there is none yet */
struct block *text_block(const struct reader *r);

/*
 * text_read_dialogue - a line of a quoted dialogue: ">>> RCPT TO:<a@b>", "<<< 550 no", "... while
 * talking to mx.example.org.:"; and what Postfix tells its postmaster, seen from the server's side:
 * " In: RCPT TO:<a@b>", " Out: 550 no"
 */
bool text_read_dialogue(struct reader *r, struct line *l);

/* text_tell_as_letter - where no line has a known sign of failure or delay: the sentences of a
 * letter in words of its own get the one that known words would have had */
void text_tell_as_letter(struct prose *p, struct arena *a);

#endif
