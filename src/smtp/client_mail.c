/* One transaction: the envelope, and what becomes of each recipient. RFC 5321 s3.3, 2920, 3461. */
#include "smtp/client_inside.h"

#include <assert.h>

/* ---- commands ------------------------------------------------------------------------------- */

static bool
offers(const struct client *c, enum extension e)
{
	return (c->offers & e) != 0;
}

static bool
has_8bit(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] >= 128)
			return true;
	return false;
}

/* Can it stand in a command? Nothing that ends a line, or that a path has only when it is forged.
 */
static bool
can_be_said(struct str path)
{
	bool is_quoted = false;
	for (size_t i = 0; i < path.len; i++) {
		const unsigned char byte = (unsigned char)path.ptr[i];
		if (byte < ' ' || byte == 127)
			return false;
		if (is_quoted && byte == '\\' && i + 1 < path.len) {
			i++;
			if ((unsigned char)path.ptr[i] < ' ' || path.ptr[i] == 127)
				return false;
		} else if (byte == '"') {
			is_quoted = !is_quoted;
		} else if (!is_quoted && (byte == '<' || byte == '>' || byte == ' ')) {
			return false;
		}
	}
	return !is_quoted && path.len <= PATH_PRINT_BYTES_MAX;
}

/* The value of a parameter: printable, no blank. */
static bool
is_value(struct str s, size_t bytes_max)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 127)
			return false;
	return s.len > 0 && s.len <= bytes_max;
}

bool
client_uses_chunks(const struct client *c)
{
	/* LMTP has one answer for each recipient, and nobody says how many for a chunk. */
	return offers(c, EXTENSION_CHUNKING) && !c->settings->is_lmtp;
}

/* Letters beyond ASCII in any address, or in the header's. */
static bool
needs_utf8(const struct client_envelope *e)
{
	if (e->is_utf8 || has_8bit(e->path))
		return true;
	for (uint32_t i = 0; i < e->recipient_count; i++)
		if (e->recipients[i].fate == FATE_OPEN && has_8bit(e->recipients[i].path))
			return true;
	return false;
}

static void
say_mail(struct client_turn *t)
{
	const struct client *const c = t->c;
	const struct client_envelope *const e = c->envelope;
	const bool has_dsn = offers(c, EXTENSION_DSN);
	const bool has_envid = has_dsn && is_value(e->envelope_id, PARAM_ENVID_BYTES_MAX);
	const bool has_size = offers(c, EXTENSION_SIZE) && e->size_bytes > 0;
	char digits[STR_DIGITS_MAX];
#define WHEN(condition, text) ((condition) ? STR(text) : STR(""))
	SAY(t->out, STR("MAIL FROM:<"), e->path, STR(">"), WHEN(has_size, " SIZE="),
		has_size ? str_digits(e->size_bytes, digits) : STR(""),
		WHEN(e->is_8bit && offers(c, EXTENSION_8BITMIME), " BODY=8BITMIME"),
		WHEN(offers(c, EXTENSION_SMTPUTF8) && needs_utf8(e), " SMTPUTF8"),
		WHEN(e->requires_tls, " REQUIRETLS"), WHEN(has_dsn && e->is_ret_full, " RET=FULL"),
		WHEN(has_dsn && e->is_ret_headers && !e->is_ret_full, " RET=HDRS"),
		WHEN(has_envid, " ENVID="), has_envid ? e->envelope_id : STR(""));
}

static void
say_rcpt(struct client_turn *t, const struct client_recipient *r)
{
	static const struct str words[] = {
		STR_INIT("SUCCESS"), STR_INIT("FAILURE"), STR_INIT("DELAY")};
	const bool has_dsn = offers(t->c, EXTENSION_DSN);
	const bool has_original = has_dsn && str_has(r->original, STR(";")) &&
				  is_value(r->original, PARAM_ORCPT_BYTES_MAX + 16) &&
				  (offers(t->c, EXTENSION_SMTPUTF8) || !has_8bit(r->original));
	struct str notify[6] = {{NULL, 0}};
	size_t n = 0;
	/* RFC 3461 s4.1: NEVER stands alone. */
	for (unsigned i = 0; i < 3 && !(r->notify & NOTIFY_NEVER); i++)
		if (r->notify & (unsigned)NOTIFY_SUCCESS << i) {
			notify[n] = n > 0 ? STR(",") : STR("");
			notify[n + 1] = words[i];
			n += 2;
		}
	if (r->notify & NOTIFY_NEVER)
		notify[1] = STR("NEVER");
	SAY(t->out, STR("RCPT TO:<"), r->path, STR(">"),
		WHEN(has_dsn && r->notify != 0, " NOTIFY="), notify[0],
		has_dsn ? notify[1] : STR(""), has_dsn && n > 2 ? notify[2] : STR(""),
		has_dsn && n > 2 ? notify[3] : STR(""), has_dsn && n > 4 ? notify[4] : STR(""),
		has_dsn && n > 4 ? notify[5] : STR(""), WHEN(has_original, " ORCPT="),
		has_original ? r->original : STR(""));
}

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

/* Recipients, or all, that cannot be sent to this server as they are: told at once. */
static bool
unfit_tell(struct client *c)
{
	struct client_envelope *const e = c->envelope;
	enum client_cause cause = CAUSE_NONE;
	if (!can_be_said(e->path))
		cause = CAUSE_ADDRESS;
	else if (e->requires_tls && !(c->is_secure && offers(c, EXTENSION_REQUIRETLS)))
		cause = CAUSE_REQUIRETLS;
	else if (c->size_max > 0 && e->size_bytes > c->size_max)
		cause = CAUSE_TOO_LARGE;
	else if (has_8bit(e->path) && !offers(c, EXTENSION_SMTPUTF8))
		cause = CAUSE_UTF8;
	else if (e->is_utf8 && !offers(c, EXTENSION_SMTPUTF8))
		cause = CAUSE_UTF8_HEADER;
	else if (e->is_8bit && !offers(c, EXTENSION_8BITMIME))
		cause = CAUSE_EIGHT_BIT;
	if (cause != CAUSE_NONE) {
		client_tell_all(c, VERDICT_REFUSED, cause, CLIENT_AT_MAIL);
		c->exchange.is_ended = true;
	}
	return cause != CAUSE_NONE;
}

/* The same for one recipient, when its turn comes. */
static enum client_cause
recipient_fault(const struct client *c, const struct client_recipient *r)
{
	if (r->path.len == 0 || !can_be_said(r->path))
		return CAUSE_ADDRESS;
	if (has_8bit(r->path) && !offers(c, EXTENSION_SMTPUTF8))
		return CAUSE_UTF8;
	return CAUSE_NONE;
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
	const enum client_cause cause = recipient_fault(c, &c->envelope->recipients[i]);
	/* In order: those before it are answered first, so that `heard` need not know of it. */
	if (cause == CAUSE_NONE || x->heard < x->said)
		return false;
	x->said++;
	x->heard++;
	tell_range(c, i, i + 1, VERDICT_REFUSED, cause, CLIENT_AT_RCPT);
	return true;
}

static bool
may_say_more(const struct client *c)
{
	uint32_t i = 0;
	const struct client_exchange *const x = &c->exchange;
	if (x->heard == x->said)
		return true;
	return offers(c, EXTENSION_PIPELINING) &&
	       !(place_of(c, x->said, &i) == PLACE_RCPT &&
		       recipient_fault(c, &c->envelope->recipients[i]) != CAUSE_NONE);
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
		say_mail(t);
		break;
	case PLACE_RCPT:
		say_rcpt(t, &c->envelope->recipients[i]);
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
	       (offers(c, EXTENSION_PIPELINING) || x->chunks_said == x->chunks_heard);
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
