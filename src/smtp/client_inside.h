/*
 * client_inside - what the files of the client's machine share
 *
 * For client*.c only.
 */
#ifndef SMTP_CLIENT_INSIDE_H
#define SMTP_CLIENT_INSIDE_H

#include "smtp/client.h"

/* What the next reply answers, or what is to be done. */
enum client_state {
	CLIENT_STATE_GREETING,
	CLIENT_STATE_EHLO,
	CLIENT_STATE_HELO,
	CLIENT_STATE_STARTTLS,
	CLIENT_STATE_HANDSHAKE,
	CLIENT_STATE_AUTH,
	CLIENT_STATE_READY,
	CLIENT_STATE_ENVELOPE, /* RSET, MAIL, RCPT, DATA */
	CLIENT_STATE_TEXT,
	CLIENT_STATE_END, /* all was sent */
	CLIENT_STATE_QUIT,
	CLIENT_STATE_CLOSED
};

/* What became of a recipient: client_recipient.fate. */
enum client_fate { FATE_OPEN, FATE_ACCEPTED, FATE_TOLD };

/* One call of client_next(). */
struct client_turn {
	struct client *c;
	struct str *in;
	struct reply_buffer *out;
	struct client_event *event;
	int64_t now_ms;
};

void client_set_state(struct client *c, enum client_state state);

/* say - one line of a command: its parts, then CRLF */
void say(struct reply_buffer *out, const struct str *parts, size_t count);
#define SAY(out, ...)                                                                              \
	say((out), (const struct str[]){__VA_ARGS__},                                              \
		sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))

/* client_fail - the connection can do no more; whoever is open is told so */
void client_fail(struct client *c, enum client_cause cause);

/* client_fail_politely - the same, with a QUIT: the server is sound, but of no use */
void client_fail_politely(struct client_turn *t, enum client_cause cause);

enum reply_result { REPLY_MORE, REPLY_WHOLE, REPLY_GARBAGE, REPLY_FLOOD };

/* client_reply_read - the next reply, into c->code and c->reply; lines of EHLO's answer go to
 * client_keyword() too */
enum reply_result client_reply_read(struct client *c, struct str *in);

static inline unsigned
reply_class(const struct client *c)
{
	return c->code / 100;
}

/* client_keyword - a line of EHLO's answer behind its code: "SIZE 1000" */
void client_keyword(struct client *c, struct str line);

/* client_hello_forget - what the server offered holds no longer */
void client_hello_forget(struct client *c);

/* What a reply means, by state. */
void client_hear_greeting(struct client_turn *t);
void client_hear_hello(struct client_turn *t);
void client_hear_starttls(struct client_turn *t);
void client_hear_auth(struct client_turn *t);
void client_hear_envelope(struct client_turn *t);
void client_hear_text(struct client_turn *t); /* while it is sent, and after it */

/* client_speak_hello - EHLO once more, behind STARTTLS; true when it was owed */
bool client_speak_hello(struct client_turn *t);

/* client_speak_envelope - goes on with what may be said now; false when an answer must come first
 */
bool client_speak_envelope(struct client_turn *t);

/* client_may_send_text - is it the caller's turn to give text? */
bool client_may_send_text(const struct client *c);

static inline bool
client_offers(const struct client *c, enum extension e)
{
	return (c->offers & e) != 0;
}

/* client_say_mail, client_say_rcpt - the command with the parameters that this server knows */
void client_say_mail(struct client_turn *t);
void client_say_rcpt(struct client_turn *t, const struct client_recipient *r);

/* client_envelope_fault - why the message cannot be sent to this server as it is, or CAUSE_NONE */
enum client_cause client_envelope_fault(const struct client *c);

/* client_recipient_fault - the same for one recipient, when its turn comes */
enum client_cause client_recipient_fault(const struct client *c, const struct client_recipient *r);

/* client_uses_chunks - BDAT instead of DATA */
bool client_uses_chunks(const struct client *c);

/* client_event_fill - the event's cause, stage, and the answer where it is what decided */
void client_event_fill(struct client_turn *t, enum client_event_kind kind, enum client_cause cause,
	enum client_stage stage);

/* client_tell - news of the transaction, into t->event; true when there is some */
bool client_tell(struct client_turn *t);

/* client_tell_all - whoever is open is told this verdict, by the reply of this moment */
void client_tell_all(struct client *c, enum client_verdict verdict, enum client_cause cause,
	enum client_stage stage);

/* client_where - the step that is going on */
enum client_stage client_where(const struct client *c);

#endif
