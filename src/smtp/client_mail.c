/* One transaction: the envelope, and what becomes of each recipient. RFC 5321 s3.3, 2920, 3461. */
#include "smtp/client_inside.h"

#include <assert.h>

/* ---- places in the exchange ----------------------------------------------------------------- */

enum place { PLACE_RSET, PLACE_MAIL, PLACE_RCPT, PLACE_DATA, PLACE_END };

static enum place
place_of(const struct client *c, uint32_t n, uint32_t *recipient)
{
	const uint32_t mail = c->exchange.has_rset;
	if (n < mail)
		return PLACE_RSET;
	if (n == mail)
		return PLACE_MAIL;
	*recipient = n - mail - 1;
	if (*recipient < c->envelope->recipient_count)
		return PLACE_RCPT;
	return *recipient == c->envelope->recipient_count && !client_uses_chunks(c) ? PLACE_DATA
										    : PLACE_END;
}

enum client_stage
client_where(const struct client *c)
{
	static const enum client_stage stages[] = {
		[CLIENT_STATE_GREETING] = CLIENT_AT_GREETING,
		[CLIENT_STATE_EHLO] = CLIENT_AT_HELLO,
		[CLIENT_STATE_HELO] = CLIENT_AT_HELLO,
		[CLIENT_STATE_STARTTLS] = CLIENT_AT_TLS,
		[CLIENT_STATE_HANDSHAKE] = CLIENT_AT_TLS,
		[CLIENT_STATE_AUTH] = CLIENT_AT_LOGIN,
		[CLIENT_STATE_READY] = CLIENT_AT_MAIL,
		[CLIENT_STATE_ENVELOPE] = CLIENT_AT_MAIL,
		[CLIENT_STATE_TEXT] = CLIENT_AT_TEXT,
		[CLIENT_STATE_END] = CLIENT_AT_END,
		[CLIENT_STATE_QUIT] = CLIENT_AT_END,
		[CLIENT_STATE_CLOSED] = CLIENT_AT_END,
	};
	uint32_t recipient = 0;
	if (c->state != CLIENT_STATE_ENVELOPE || c->envelope == NULL)
		return stages[c->state];
	switch (place_of(c, c->exchange.heard, &recipient)) {
	case PLACE_RSET:
	case PLACE_MAIL:
		return CLIENT_AT_MAIL;
	case PLACE_RCPT:
		return CLIENT_AT_RCPT;
	default:
		return CLIENT_AT_DATA;
	}
}

/* ---- telling -------------------------------------------------------------------------------- */

static void
tell_range(struct client *c, uint32_t from, uint32_t to, enum client_verdict verdict,
	enum client_cause cause, enum client_stage stage)
{
	struct client_exchange *const x = &c->exchange;
	x->tell_from = from;
	x->tell_to = to;
	x->verdict = verdict;
	x->cause = cause;
	x->stage = stage;
}

void
client_tell_all(struct client *c, enum client_verdict verdict, enum client_cause cause,
	enum client_stage stage)
{
	tell_range(c, 0, c->envelope->recipient_count, verdict, cause, stage);
}

/* What the reply of this moment makes of those it is about. */
static enum client_verdict
reply_verdict(const struct client *c)
{
	return reply_class(c) == 5 ? VERDICT_REFUSED : VERDICT_DEFERRED;
}

static bool
has_news(const struct client *c)
{
	return c->exchange.tell_from < c->exchange.tell_to;
}

bool
client_tell(struct client_turn *t)
{
	struct client *const c = t->c;
	struct client_exchange *const x = &c->exchange;
	if (c->envelope == NULL)
		return false;
	while (has_news(c)) {
		struct client_recipient *const r = &c->envelope->recipients[x->tell_from++];
		if (r->fate == FATE_TOLD)
			continue;
		r->fate = FATE_TOLD;
		client_event_fill(t, CLIENT_RESULT, x->cause, x->stage);
		t->event->recipient = x->tell_from - 1;
		t->event->verdict = x->verdict;
		t->event->may_be_taken = c->may_be_taken;
		return true;
	}
	if (!x->is_ended)
		return false;
	c->envelope = NULL;
	if (c->state < CLIENT_STATE_QUIT)
		client_set_state(c, CLIENT_STATE_READY);
	t->event->kind = CLIENT_DONE;
	return true;
}

/* ---- the transaction ------------------------------------------------------------------------ */

/* Where what cannot be said fails: most of it for what the server offers in its answer to EHLO, and
 * nothing was said since. */
static enum client_stage
unfit_where(enum client_cause cause, enum client_stage otherwise)
{
	return cause == CAUSE_ADDRESS ? otherwise : CLIENT_AT_HELLO;
}

/* A message that cannot be sent to this server as it is: told at once. */
static bool
unfit_tell(struct client *c)
{
	const enum client_cause cause = client_envelope_fault(c);
	if (cause != CAUSE_NONE) {
		client_tell_all(c, VERDICT_REFUSED, cause, unfit_where(cause, CLIENT_AT_MAIL));
		c->exchange.is_ended = true;
	}
	return cause != CAUSE_NONE;
}

void
client_begin(struct client *c, struct client_envelope *envelope, int64_t now_ms)
{
	assert(c->state == CLIENT_STATE_READY && c->envelope == NULL &&
		envelope->recipient_count > 0);
	c->envelope = envelope;
	c->step_ms = now_ms;
	c->exchange = (struct client_exchange){.has_rset = c->is_dirty, .last = '\n'};
	for (uint32_t i = 0; i < envelope->recipient_count; i++)
		envelope->recipients[i].fate = FATE_OPEN;
	client_set_state(c, CLIENT_STATE_ENVELOPE);
	if (!unfit_tell(c)) {
		c->messages++;
		c->is_dirty = true;
	}
}

/* All that was said is answered: on to the text, or to the end. */
static void
envelope_heard(struct client_turn *t, bool may_send)
{
	struct client *const c = t->c;
	struct client_exchange *const x = &c->exchange;
	if (may_send && x->accepted > 0) {
		client_set_state(c, CLIENT_STATE_TEXT);
	} else if (may_send) {
		/* RFC 2920 s3.1: DATA was said before nobody was known to be accepted. */
		SAY(t->out, STR("."));
		x->is_whole = true;
		client_set_state(c, CLIENT_STATE_END);
	} else {
		c->exchange.is_ended = true;
	}
}

/* Is there nothing to say any more? Then the exchange ends when all is answered. */
static bool
is_all_said(const struct client *c)
{
	uint32_t recipient = 0;
	const struct client_exchange *const x = &c->exchange;
	const enum place place = place_of(c, x->said, &recipient);
	if (x->is_refused)
		return true;
	/* Nobody is left to send it to. */
	return place == PLACE_END ||
	       (place == PLACE_DATA && x->heard == x->said && x->accepted == 0);
}

/* Passes over recipients that cannot be said; true when one is told of. */
static bool
unfit_pass(struct client *c)
{
	uint32_t i = 0;
	struct client_exchange *const x = &c->exchange;
	if (place_of(c, x->said, &i) != PLACE_RCPT)
		return false;
	const enum client_cause cause = client_recipient_fault(c, &c->envelope->recipients[i]);
	/* In order: those before it are answered first, so that `heard` need not know of it. */
	if (cause == CAUSE_NONE || x->heard < x->said)
		return false;
	x->said++;
	x->heard++;
	tell_range(c, i, i + 1, VERDICT_REFUSED, cause, unfit_where(cause, CLIENT_AT_RCPT));
	return true;
}

static bool
may_say_more(const struct client *c)
{
	uint32_t i = 0;
	const struct client_exchange *const x = &c->exchange;
	if (x->heard == x->said)
		return true;
	return client_offers(c, EXTENSION_PIPELINING) &&
	       !(place_of(c, x->said, &i) == PLACE_RCPT &&
		       client_recipient_fault(c, &c->envelope->recipients[i]) != CAUSE_NONE);
}

bool
client_speak_envelope(struct client_turn *t)
{
	struct client *const c = t->c;
	struct client_exchange *const x = &c->exchange;
	uint32_t i = 0;
	if (x->is_ended)
		return true;
	if (is_all_said(c)) {
		if (x->heard == x->said) {
			envelope_heard(
				t, client_uses_chunks(c) && !x->is_refused && x->accepted > 0);
			return true;
		}
		return false;
	}
	if (unfit_pass(c))
		return true;
	if (!may_say_more(c))
		return false;
	switch (place_of(c, x->said, &i)) {
	case PLACE_RSET:
		SAY(t->out, STR("RSET"));
		break;
	case PLACE_MAIL:
		client_say_mail(t);
		break;
	case PLACE_RCPT:
		client_say_rcpt(t, &c->envelope->recipients[i]);
		break;
	default:
		SAY(t->out, STR("DATA"));
		break;
	}
	if (x->heard == x->said++)
		c->step_ms = t->now_ms;
	return true;
}

/* "Too many recipients": RFC 5321 s4.5.3.1.10 has 452 for it, and 552 for old servers, but both
 * have other meanings as well, which their enhanced codes or words tell. */
static bool
is_too_many(const struct client *c)
{
	struct str text = {c->reply, c->reply_bytes};
	if ((c->code != 452 && c->code != 552) || c->exchange.accepted == 0)
		return false;
	text = str_from(text, 4);
	if (text.len > 5 && text.ptr[1] == '.' && ascii_is_digit(text.ptr[2]))
		return str_starts(str_from(text, 1), STR(".5.3"));
	return c->code == 452 || str_has_case(text, STR("recipients"));
}

static void
hear_rcpt(struct client *c, uint32_t i)
{
	struct client_recipient *const r = &c->envelope->recipients[i];
	if (r->fate == FATE_TOLD)
		return;
	if (reply_class(c) == 2) {
		r->fate = FATE_ACCEPTED;
		c->exchange.accepted++;
	} else {
		tell_range(c, i, i + 1, is_too_many(c) ? VERDICT_LATER : reply_verdict(c),
			CAUSE_REPLY, CLIENT_AT_RCPT);
	}
}

static void
hear_data(struct client_turn *t)
{
	struct client *const c = t->c;
	if (reply_class(c) == 3) {
		envelope_heard(t, true);
		return;
	}
	if (c->exchange.accepted > 0)
		client_tell_all(c, reply_verdict(c), CAUSE_REPLY, CLIENT_AT_DATA);
	c->exchange.is_ended = true;
}

void
client_hear_envelope(struct client_turn *t)
{
	struct client *const c = t->c;
	struct client_exchange *const x = &c->exchange;
	uint32_t i = 0;
	const enum place place = place_of(c, x->heard, &i);
	/* An answer to nothing; 3yz where no text is to follow; 2yz where it is. */
	if (x->heard >= x->said || reply_class(c) == (place == PLACE_DATA ? 2 : 3)) {
		client_fail(c, CAUSE_GARBAGE);
		return;
	}
	switch (place) {
	case PLACE_RSET:
		if (reply_class(c) != 2) {
			client_fail(c, CAUSE_REPLY);
			return;
		}
		break;
	case PLACE_MAIL:
		if (reply_class(c) != 2) {
			client_tell_all(c, reply_verdict(c), CAUSE_REPLY, CLIENT_AT_MAIL);
			x->is_refused = true;
		}
		break;
	case PLACE_RCPT:
		hear_rcpt(c, i);
		break;
	default:
		x->heard++;
		hear_data(t);
		return;
	}
	x->heard++;
}

/* ---- after the text ------------------------------------------------------------------------- */

/* The next recipient that was accepted and has no answer: LMTP gives them in order. */
static uint32_t
accepted_next(const struct client *c)
{
	uint32_t i = 0;
	while (i < c->envelope->recipient_count && c->envelope->recipients[i].fate != FATE_ACCEPTED)
		i++;
	return i;
}

static void
hear_end(struct client *c)
{
	struct client_exchange *const x = &c->exchange;
	const enum client_verdict verdict = reply_class(c) == 2 ? VERDICT_TAKEN : reply_verdict(c);
	const bool is_each = c->settings->is_lmtp && x->accepted > 0;
	c->is_dirty = false;
	if (is_each) {
		const uint32_t i = accepted_next(c);
		tell_range(c, i, i + 1, verdict, CAUSE_REPLY, CLIENT_AT_END);
		if (--x->accepted > 0)
			return;
	} else {
		client_tell_all(c, verdict, CAUSE_REPLY, CLIENT_AT_END);
	}
	c->exchange.is_ended = true;
}

static void
hear_chunk(struct client *c)
{
	struct client_exchange *const x = &c->exchange;
	const bool is_last = x->is_whole && x->chunks_heard + 1 == x->chunks_said;
	if (++x->chunks_heard > x->chunks_said) {
		client_fail(c, CAUSE_GARBAGE);
		return;
	}
	if (!x->is_refused && reply_class(c) != 2) {
		/* RFC 3030 s2: a chunk that fails is the end of the message; RSET follows. */
		client_tell_all(c, reply_verdict(c), CAUSE_REPLY, CLIENT_AT_END);
		x->is_refused = true;
	} else if (!x->is_refused && is_last) {
		hear_end(c);
		return;
	}
	if (x->is_refused && x->chunks_heard == x->chunks_said)
		c->exchange.is_ended = true;
}

void
client_hear_text(struct client_turn *t)
{
	struct client *const c = t->c;
	if (reply_class(c) == 3)
		client_fail(c, CAUSE_GARBAGE);
	else if (client_uses_chunks(c))
		hear_chunk(c);
	else if (c->state == CLIENT_STATE_END)
		hear_end(c);
	else /* It does not want to hear the rest, and there is no way to stop but this. */
		client_fail(c, reply_class(c) == 2 ? CAUSE_GARBAGE : CAUSE_REPLY);
}

bool
client_may_send_text(const struct client *c)
{
	const struct client_exchange *const x = &c->exchange;
	return c->state == CLIENT_STATE_TEXT && !x->is_refused && !x->is_ended &&
	       (client_offers(c, EXTENSION_PIPELINING) || x->chunks_said == x->chunks_heard);
}

uint32_t
client_recipients_max(const struct client *c)
{
	return c->recipients_max > 0 ? c->recipients_max : 100;
}

bool
client_is_tired(const struct client *c)
{
	return c->messages_max > 0 && c->messages >= c->messages_max;
}
