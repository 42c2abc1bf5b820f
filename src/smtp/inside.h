/*
 * inside - what the files of the session share
 *
 * For session*.c and verb.c only.
 */
#ifndef SMTP_INSIDE_H
#define SMTP_INSIDE_H

#include "smtp/session.h"
#include "smtp/verb.h"

/* One call of session_next(): what its helpers work with. */
struct turn {
	struct session *s;
	struct str *in;
	struct reply_buffer *out;
	struct smtp_event *event;
	int64_t now_ms;
	const struct verb *verb; /* of the command at hand; NULL = unknown */
	struct str word, args;   /* its words, without blanks at either end */
	bool has_more;           /* more lines of this reply follow */
	bool is_greeting;        /* replies go without an enhanced code: RFC 2034 s4 */
};

/* How a handler leaves its command. */
enum step {
	STEP_DONE, /* it was answered: its line is used up */
	STEP_TELL, /* the same, and there is news in t->event */
	STEP_ASK   /* a question is open: the line stays, and the handler is called again */
};

/* The only door to the state. */
void session_set_state(struct session *s, enum smtp_state state, const char *cause);

/* reply - a positive reply; facts may be NULL */
void reply(struct turn *t, enum condition c, const struct facts *facts);

/* refuse - a refusal: counted, told to the caller, and the end of the session when its row says so;
 * facts may be NULL */
void refuse(struct turn *t, enum condition c, const struct facts *facts);

/* refuse_answer - the caller refused: with the facts it gave, and those of `more` it did not */
void refuse_answer(struct turn *t, const struct facts *more);

/* transaction_end - over, and no message came of it; back to READY */
void transaction_end(struct session *s, const char *cause);

/* resets - is the message gone after this refusal of DATA? */
bool resets(enum condition c);

/*
 * ask - asks the caller, or finds that the answer is there
 *
 * Returns   true when there is one, in s->answer, never ANSWER_PASS: for a place that is not asked,
 *           or no opinion, it is what the table of questions says. On false what stands in t->event
 *           is the question, and the caller returns STEP_ASK.
 */
bool session_ask(struct turn *t, enum smtp_event_kind kind);

/* question_expired - what is said when its answer did not come in time */
enum condition question_expired(enum smtp_event_kind kind);

static inline bool
is_accepted(const struct session *s)
{
	return s->answer.verdict == ANSWER_ACCEPT;
}

/* What is offered at this moment: enum extension. */
unsigned session_offers(const struct session *s);

/* The mechanisms that are offered at this moment: enum auth_mechanism. */
unsigned session_mechanisms(const struct session *s);

/* One step of the text of a message; true when there is something to tell in t->event. */
bool data_step(struct turn *t);

/* The end of a message: asks, and answers once or for each recipient; true as above. */
bool end_step(struct turn *t);

/* The next line of an AUTH exchange. */
enum step auth_step(struct turn *t, struct str line);

/* auth_end - the exchange is over */
void auth_end(struct session *s, const char *cause);

#endif
