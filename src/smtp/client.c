#include "smtp/client_inside.h"

#include <assert.h>

const struct client_cause_row *
client_cause_row(enum client_cause cause)
{
	static const struct client_cause_row rows[] = {
#define X(id, permanent, status, ours, words) {permanent, ours, STR_INIT(status), STR_INIT(words)},
		CLIENT_CAUSES(X)
#undef X
	};
	return &rows[cause];
}

void
client_set_state(struct client *c, enum client_state state)
{
	c->state = (uint8_t)state;
}

void
say(struct reply_buffer *out, const struct str *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert(parts[i].len < out->room - out->len);
		if (parts[i].len > 0)
			memcpy(out->ptr + out->len, parts[i].ptr, parts[i].len);
		out->len += parts[i].len;
	}
	assert(out->room - out->len >= 2);
	memcpy(out->ptr + out->len, "\r\n", 2);
	out->len += 2;
}

void
client_init(
	struct client *c, const struct client_settings *settings, bool is_secure, int64_t now_ms)
{
	*c = (struct client){.settings = settings,
		.state = CLIENT_STATE_GREETING,
		.is_secure = is_secure,
		.is_whole_reply = true,
		.step_ms = now_ms};
}

void
client_fini(struct client *c)
{
	scram_cleanse(&c->scram, sizeof c->scram);
}

/* ---- trouble -------------------------------------------------------------------------------- */

/* The causes that the server's answer is a part of. */
static bool
has_reply(enum client_cause cause)
{
	return cause == CAUSE_REPLY || cause == CAUSE_GARBAGE || cause == CAUSE_TLS_REFUSED ||
	       cause == CAUSE_AUTH_REFUSED;
}

void
client_event_fill(struct client_turn *t, enum client_event_kind kind, enum client_cause cause,
	enum client_stage stage)
{
	const struct client *const c = t->c;
	t->event->kind = kind;
	t->event->cause = cause;
	t->event->stage = stage;
	if (has_reply(cause)) {
		t->event->code = cause == CAUSE_GARBAGE ? 0 : c->code;
		t->event->reply = (struct str){c->reply, c->reply_bytes};
	}
}

static enum client_verdict
cause_verdict(const struct client *c, enum client_cause cause)
{
	return client_cause_row(cause)->is_permanent || (cause == CAUSE_REPLY && c->code >= 500)
		       ? VERDICT_REFUSED
		       : VERDICT_DEFERRED;
}

void
client_fail(struct client *c, enum client_cause cause)
{
	if (c->state == CLIENT_STATE_QUIT || c->has_failed) {
		client_set_state(c, CLIENT_STATE_CLOSED);
		return;
	}
	c->cause = cause;
	c->stage = cause == CAUSE_TLS_FAILED ? CLIENT_AT_TLS : client_where(c);
	c->has_failed = c->owes_failed = true;
	if (c->envelope != NULL && !c->exchange.is_ended) {
		c->may_be_taken = c->state == CLIENT_STATE_END && cause != CAUSE_REPLY;
		client_tell_all(c, cause_verdict(c, cause), cause, c->stage);
		c->exchange.is_ended = true;
	}
	client_set_state(c, CLIENT_STATE_CLOSED);
}

void
client_fail_politely(struct client_turn *t, enum client_cause cause)
{
	struct client *const c = t->c;
	assert(c->envelope == NULL);
	client_fail(c, cause);
	SAY(t->out, STR("QUIT"));
	client_set_state(c, CLIENT_STATE_QUIT);
}

void
client_lost(struct client *c, enum client_cause why)
{
	if (c->lost == CAUSE_NONE)
		c->lost = why;
}

/* ---- time ----------------------------------------------------------------------------------- */

#define MINUTES(n) ((int64_t)(n)*60 * 1000)

int64_t
client_deadline(const struct client *c)
{
	/* RFC 5321 s4.5.3.2; of what it does not name: a handshake, and the end of all. */
	static const int64_t waits_ms[] = {
		[CLIENT_STATE_GREETING] = MINUTES(5),
		[CLIENT_STATE_EHLO] = MINUTES(5),
		[CLIENT_STATE_HELO] = MINUTES(5),
		[CLIENT_STATE_STARTTLS] = MINUTES(2),
		[CLIENT_STATE_HANDSHAKE] = MINUTES(2),
		[CLIENT_STATE_AUTH] = MINUTES(2),
		[CLIENT_STATE_READY] = 0,
		[CLIENT_STATE_ENVELOPE] = MINUTES(5),
		[CLIENT_STATE_TEXT] = MINUTES(3),
		[CLIENT_STATE_END] = MINUTES(10),
		[CLIENT_STATE_QUIT] = 10 * 1000,
		[CLIENT_STATE_CLOSED] = 0,
	};
	int64_t wait_ms = waits_ms[c->state];
	if (wait_ms == 0)
		return INT64_MAX;
	if (c->state == CLIENT_STATE_ENVELOPE && client_where(c) == CLIENT_AT_DATA)
		wait_ms = MINUTES(2);
	return c->step_ms + wait_ms;
}

void
client_expire(struct client *c, int64_t now_ms)
{
	if (now_ms >= client_deadline(c))
		client_lost(c, CAUSE_TIMEOUT);
}

/* ---- going on ------------------------------------------------------------------------------- */

void
client_quit(struct client *c, int64_t now_ms)
{
	assert(c->state == CLIENT_STATE_READY && c->envelope == NULL);
	c->owes_quit = true;
	c->step_ms = now_ms;
	client_set_state(c, CLIENT_STATE_QUIT);
}

/* Says what is to be said; true when something changed by it. */
static bool
speak(struct client_turn *t)
{
	struct client *const c = t->c;
	if (c->owes_quit) {
		c->owes_quit = false;
		SAY(t->out, STR("QUIT"));
		return true;
	}
	return client_speak_hello(t) ||
	       (c->state == CLIENT_STATE_ENVELOPE && client_speak_envelope(t));
}

/* A whole reply came. */
static void
hear(struct client_turn *t)
{
	struct client *const c = t->c;
	c->step_ms = t->now_ms;
	if (c->state == CLIENT_STATE_QUIT) {
		client_set_state(c, CLIENT_STATE_CLOSED);
		return;
	}
	/* RFC 5321 s3.8: said at any time, and the end. */
	if (c->code == 421) {
		client_fail(c, CAUSE_REPLY);
		return;
	}
	switch ((enum client_state)c->state) {
	case CLIENT_STATE_GREETING:
		client_hear_greeting(t);
		break;
	case CLIENT_STATE_EHLO:
	case CLIENT_STATE_HELO:
		client_hear_hello(t);
		break;
	case CLIENT_STATE_STARTTLS:
		client_hear_starttls(t);
		break;
	case CLIENT_STATE_AUTH:
		client_hear_auth(t);
		break;
	case CLIENT_STATE_ENVELOPE:
		client_hear_envelope(t);
		break;
	case CLIENT_STATE_TEXT:
	case CLIENT_STATE_END:
		client_hear_text(t);
		break;
	default: /* nobody asked */
		client_fail(c, CAUSE_GARBAGE);
		break;
	}
}

/* Reads what came; false when there is no whole reply yet. */
static bool
input_take(struct client_turn *t)
{
	struct client *const c = t->c;
	if (t->in->len == 0)
		return false;
	if (c->state == CLIENT_STATE_HANDSHAKE) {
		/* CVE-2021-38371 and kin: what was said in clear must not count behind TLS. */
		client_fail(c, CAUSE_TLS_INJECTED);
		return true;
	}
	switch (client_reply_read(c, t->in)) {
	case REPLY_MORE:
		return false;
	case REPLY_WHOLE:
		hear(t);
		break;
	case REPLY_GARBAGE:
		client_fail(c, CAUSE_GARBAGE);
		break;
	case REPLY_FLOOD:
		client_fail(c, CAUSE_FLOOD);
		break;
	}
	return true;
}

/* What the caller is to do when there is nothing to say and nothing to hear. */
static enum client_event_kind
turn_of_caller(const struct client *c)
{
	switch ((enum client_state)c->state) {
	case CLIENT_STATE_HANDSHAKE:
		return CLIENT_TLS;
	case CLIENT_STATE_READY:
		return CLIENT_READY;
	default:
		return client_may_send_text(c) ? CLIENT_TEXT : CLIENT_MORE;
	}
}

/* One step; true when there is something to tell in t->event. */
static bool
go_on(struct client_turn *t)
{
	struct client *const c = t->c;
	if (client_tell(t))
		return true;
	if (c->owes_failed) {
		c->owes_failed = false;
		client_event_fill(t, CLIENT_FAILED, c->cause, c->stage);
		return true;
	}
	if (c->state == CLIENT_STATE_CLOSED) {
		*t->in = str_from(*t->in, t->in->len);
		t->event->kind = CLIENT_CLOSE;
		return true;
	}
	if (t->out->room - t->out->len < CLIENT_OUT_BYTES_MIN && c->lost == CAUSE_NONE) {
		t->event->kind = CLIENT_FLUSH;
		return true;
	}
	if ((c->lost == CAUSE_NONE && speak(t)) || input_take(t))
		return false;
	if (c->lost != CAUSE_NONE) {
		client_fail(c, c->lost);
		return false;
	}
	t->event->kind = turn_of_caller(c);
	return true;
}

enum client_event_kind
client_next(struct client *c, struct str *in, struct reply_buffer *out, struct client_event *event,
	int64_t now_ms)
{
	struct client_turn t = {.c = c, .in = in, .out = out, .event = event, .now_ms = now_ms};
	*event = (struct client_event){.code = 0};
	while (!go_on(&t))
		continue;
	return event->kind;
}
