/*
 * frame - what a hook is told, and what it answers, as bytes between two processes
 *
 * A list of entries, each a letter and up to four texts. Both ends are of one build and one host,
 * so the form needs no version; but one end runs scripts, so the other believes nothing: every
 * length is looked at, and every text is bounded. Pure.
 */
#ifndef HOOKS_FRAME_H
#define HOOKS_FRAME_H

#include "base/buf.h"

#define HOOK_FRAME_BYTES_MAX ((size_t)128 << 10) /* in either direction */
#define HOOK_TEXTS_MAX 4
#define HOOK_WORDS_BYTES_MAX 400 /* of what a script says to people */
#define HOOK_TAGS_BYTES_MAX 4096 /* of the header fields that one call adds */
#define HOOK_SCORE_MAX 10000

/* X(id, the function in the script) */
#define HOOK_POINTS(X)                                                                             \
	X(CONNECT, "on_connect")                                                                   \
	X(HELO, "on_helo")                                                                         \
	X(MAIL, "on_mail")                                                                         \
	X(RCPT, "on_rcpt")                                                                         \
	X(MESSAGE, "on_message")

enum hook_point {
#define X(id, name) HOOK_##id,
	HOOK_POINTS(X)
#undef X
		HOOK_POINT_COUNT
};

/* hook_name - "on_rcpt" */
struct str hook_name(enum hook_point p);

/* ---- what is told */

/* Behind what the buffer holds; one that is past HOOK_FRAME_BYTES_MAX is left out, and gives
 * false. Absent values are left out, too */
bool fact_text(struct buf *b, struct str name, struct str value);
bool fact_number(struct buf *b, struct str name, int64_t value);
/* fact_item - one more of a list: s.recipients */
bool fact_item(struct buf *b, struct str list, struct str value);
bool fact_header(struct buf *b, struct str name, struct str value);
bool fact_check(
	struct buf *b, struct str name, struct str result, struct str words, unsigned score);

enum fact_kind { FACT_TEXT, FACT_NUMBER, FACT_ITEM, FACT_HEADER, FACT_CHECK };

struct fact {
	enum fact_kind kind;
	struct str text[HOOK_TEXTS_MAX]; /* as above; absent: it has fewer */
	int64_t number;                  /* of NUMBER; the score of CHECK */
};

/* fact_next - the next of *rest; false at its end, and when it is none */
bool fact_next(struct str *rest, struct fact *out);

/* ---- what is answered */

enum hook_act {
	HOOK_PASS,
	HOOK_REFUSE,  /* for good; with words, or without */
	HOOK_DEFER,   /* for now */
	HOOK_DISCARD, /* taken, and given up by the rule that `words` names */
	HOOK_FAILED   /* there is no answer: `words` say why */
};

struct hook_result {
	enum hook_act act;
	struct str words;       /* may be absent */
	struct str redirect;    /* the recipient instead; absent: as it is */
	struct str tags;        /* header fields, each with its CRLF */
	struct str score_words; /* why it counts */
	struct str log;         /* what the script wants to be known */
	unsigned score;
};

void hook_result_write(struct buf *b, const struct hook_result *r);
/* hook_result_read - slices into `bytes`; one that is none is a HOOK_FAILED */
void hook_result_read(struct str bytes, struct hook_result *out);

#endif
