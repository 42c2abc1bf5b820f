/*
 * receiver - the text of a message on its way in: where it ends, and what it really says
 *
 * The end of DATA is CRLF "." CRLF and nothing else (RFC 5321 s4.1.1.4, s2.3.8): a server that also
 * ends at LF "." LF lets a stranger smuggle a second message past the one that passed it on. A CR
 * or LF of its own is refused or repaired by setting, and never passed on, so that this server is
 * never the first half of such a pair.
 *
 * An automaton over bytes: how the bytes were cut into pieces changes nothing. It holds no text; a
 * piece is a slice of the input, or static text where a line end was repaired.
 */
#ifndef SMTP_RECEIVER_H
#define SMTP_RECEIVER_H

#include "base/str.h"
#include "smtp/limits.h"

enum receiver_form {
	RECEIVER_DATA,  /* dots stuffed, ends at CRLF.CRLF */
	RECEIVER_CHUNK, /* BDAT: no dots, no end of its own */
	RECEIVER_BINARY /* BDAT of BODY=BINARYMIME: any bytes at all */
};

enum receiver_bare {
	BARE_REFUSE,   /* a CR or LF alone makes the message refused */
	BARE_NORMALISE /* LF becomes CRLF, CR a blank */
};

enum receiver_nul {
	NUL_REFUSE,
	NUL_STRIP,
	NUL_KEEP,
};

enum receiver_flaw { FLAW_NONE, FLAW_BARE_LF, FLAW_BARE_CR, FLAW_NUL, FLAW_LONG_LINE };

struct receiver {
	uint8_t form, bare, nul; /* enum receiver_form, receiver_bare, receiver_nul */
	uint8_t state;
	uint8_t flaw;            /* enum receiver_flaw: the first that refuses the message */
	bool has_repairs;        /* something was repaired */
	bool has_8bit;           /* a byte beyond ASCII */
	uint64_t size_bytes;     /* of the content so far, as it is handed on */
	uint64_t wire_bytes;     /* taken from the input, dots and end too */
	uint64_t flaw_line;      /* 1 is the first */
	uint64_t flaw_offset;    /* in what was sent; 0 is the first byte */
	uint64_t line;           /* of the next byte */
	uint32_t line_bytes;     /* of the line so far, without its end */
	uint32_t longest_line;   /* bytes with CRLF */
	uint32_t line_bytes_max; /* setting: longer ones are refused; 0 = never */
};

void receiver_init(struct receiver *r, enum receiver_form form, enum receiver_bare bare,
	enum receiver_nul nul, uint32_t line_bytes_max);

enum receiver_step {
	RECEIVER_MORE,  /* the input is used up */
	RECEIVER_PIECE, /* a piece of content; there may be more input */
	RECEIVER_END    /* the message is complete; what is left of the input comes after it */
};

/*
 * receiver_next - takes bytes off `in` up to the next piece, the end, or the end of the input
 *
 * in        advanced past what was taken
 * piece     not empty on RECEIVER_PIECE; a slice of what `in` was, or static
 * After a flaw that refuses the message no more pieces come, only the end. Not to be called after
 * RECEIVER_END. O(bytes taken)
 */
enum receiver_step receiver_next(struct receiver *r, struct str *in, struct str *piece);

/*
 * receiver_finish - no more chunks will come (BDAT LAST): what the automaton still holds
 *
 * A CR at the very end is one of its own. Returns RECEIVER_PIECE once with the blank that replaces
 * it, then RECEIVER_END.
 */
enum receiver_step receiver_finish(struct receiver *r, struct str *piece);

#endif
