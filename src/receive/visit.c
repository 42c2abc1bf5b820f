/*
 * visit - a client's connection: bytes between its socket and its session
 *
 * A visit that rests holds its session and what a client has not finished saying, nothing else: the
 * buffers that bytes go through are shared by all.
 */
#include "receive/visit_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define READS_MAX 16   /* before it is another visit's turn */
#define CLOSE_MS 10000 /* for a client to take what it is still to be sent */

void
visit_set_deadline(struct visit *v, int64_t at_ms, int64_t now)
{
	v->deadline_ms = at_ms;
	if (at_ms >= v->timer_ms)
		return;
	const int64_t left = at_ms > now ? at_ms - now : 0;
	const struct timeval tv = {left / 1000, left % 1000 * 1000};
	v->timer_ms = at_ms;
	evtimer_add(&v->timer, &tv);
}

/* Keeps what the session did not use; false: the visit is gone. */
static bool
keep(struct visit *v, struct str rest)
{
	if (rest.len == 0) {
		free(v->kept);
		v->kept = NULL;
		v->kept_len = 0;
		return true;
	}
	char *const more = rest.len > v->kept_len ? realloc(v->kept, rest.len) : v->kept;
	if (more == NULL) {
		visit_free(v);
		return false;
	}
	memmove(more, rest.ptr, rest.len);
	v->kept = more;
	v->kept_len = rest.len;
	return true;
}

/* After the machine has said what it wants; false when nothing can be done until visit_ready(). */
static bool
settle(struct visit *v, enum guest_wants wants, struct str rest, bool *may_read)
{
	struct receive *const r = v->receive;
	switch (wants) {
	case GUEST_FLUSH:
		return v->unsent_len == 0 || visit_send_now(v) == SENT_ALL;
	case GUEST_MORE:
		if (v->close_with != 0) {
			visit_close(v, v->close_with);
			return false;
		}
		*may_read = v->wants_bytes = true;
		if (!visit_is_behind(v))
			return true;
		stream_wait(&v->stream, STREAM_WRITE);
		return false;
	case GUEST_WAIT:
		/* What it says meanwhile stays in the socket; few say anything, so visit_ready()
		 * sees to that. */
		v->waits = true;
		if (visit_is_behind(v))
			stream_wait(&v->stream, STREAM_WRITE);
		return false;
	case GUEST_HOLD:
		stream_wait(&v->stream, 0);
		if (!v->is_held) {
			v->is_held = true;
			v->next_held = r->held;
			r->held = v;
		}
		return false;
	case GUEST_TLS: {
		const enum sent sent = visit_send_now(v);
		/* The machine has refused what stood behind STARTTLS. */
		if (sent == SENT_ALL && rest.len == 0)
			visit_begin_handshake(v);
		else if (sent != SENT_NEVER)
			visit_free(v);
		return false;
	}
	case GUEST_CLOSE:
		v->is_closing = true;
		/* A client that does not read its last reply does not keep us either. */
		visit_set_deadline(v, clock_mono_ms() + CLOSE_MS, clock_mono_ms());
		if (visit_is_behind(v))
			stream_wait(&v->stream, STREAM_WRITE);
		else if (v->unsent_len == 0)
			visit_begin_linger(v);
		return false;
	}
	return false;
}

/* One step of the machine, with what is there in `rest`; false when nothing can be done until
 * visit_ready(). */
static bool
step(struct visit *v, struct str rest, struct reply_buffer *out, bool *may_read)
{
	v->waits = v->wants_bytes = false;
	const enum guest_wants wants = guest_go(&v->guest, &rest, out, clock_mono_ms());
	if (!keep(v, rest) || !visit_say(v, out->ptr, out->len))
		return false;
	visit_set_deadline(v, session_deadline(&v->guest.session), clock_mono_ms());
	return settle(v, wants, rest, may_read);
}

/* The machine wrote something by itself: what it means is told by its next step. */
static void
finish(struct visit *v, struct reply_buffer *out)
{
	bool may_read = false;
	if (step(v, (struct str){v->kept, v->kept_len}, out, &may_read))
		stream_wait(&v->stream, STREAM_READ);
}

void
visit_serve(struct visit *v, bool is_readable)
{
	struct receive *const r = v->receive;
	bool may_read = v->wants_bytes && is_readable;
	if (visit_is_behind(v) && visit_send(v) != SENT_ALL)
		return;
	if (v->is_closing) {
		if (v->unsent_len == 0)
			visit_begin_linger(v);
		return;
	}
	for (int turn = 0; turn < READS_MAX; turn++) {
		struct reply_buffer out = {r->out, 0, RECEIVE_OUT_BYTES};
		size_t n = v->kept_len;
		if (n > 0)
			memcpy(r->in, v->kept, n);
		if (may_read) {
			const size_t room = RECEIVE_IN_BYTES - n;
			const long got = is_readable ? stream_read(&v->stream, r->in + n, room)
						     : STREAM_AGAIN;
			if (got == STREAM_AGAIN) {
				stream_wait(&v->stream, STREAM_READ);
				return;
			}
			if (got <= 0) {
				visit_free(v);
				return;
			}
			/* A socket that gave less than there was room for has no more. */
			is_readable = stream_is_tls(&v->stream) || (size_t)got == room;
			n += (size_t)got;
			may_read = false;
		}
		if (!step(v, (struct str){r->in, n}, &out, &may_read))
			return;
	}
	stream_wait(&v->stream, STREAM_READ | STREAM_WRITE);
}

/* Something came before the greeting: bytes, which the machine judges, or the end. */
static void
interrupted(struct visit *v)
{
	char byte;
	if (recv(v->stream.fd, &byte, 1, MSG_PEEK) < 0 && (errno == EAGAIN || errno == EINTR)) {
		stream_wait(&v->stream, STREAM_READ);
		return;
	}
	v->phase = PHASE_SERVE;
	v->wants_bytes = true;
	visit_serve(v, true);
}

void
visit_ready(void *visit)
{
	struct visit *const v = visit;
	switch (v->phase) {
	case PHASE_PROXY:
		visit_read_proxy(v);
		break;
	case PHASE_HANDSHAKE:
		visit_handshake(v);
		break;
	case PHASE_SILENCE:
		interrupted(v);
		break;
	case PHASE_SERVE:
		if (v->waits && !visit_is_behind(v))
			stream_wait(&v->stream, 0); /* until the answer is there */
		else
			visit_serve(v, true);
		break;
	case PHASE_LINGER:
		visit_linger(v);
		break;
	}
}

void
visit_wake(void *visit)
{
	struct visit *const v = visit;
	if (v->phase == PHASE_SERVE)
		visit_serve(v, false);
}

void
visits_resume(struct visit *held)
{
	while (held != NULL) {
		struct visit *const v = held;
		held = v->next_held;
		v->is_held = false;
		visit_serve(v, true); /* it may end, or be held again */
	}
}

void
visit_timer(evutil_socket_t fd, short what, void *visit)
{
	struct visit *const v = visit;
	const int64_t now = clock_mono_ms();
	(void)fd;
	(void)what;
	v->timer_ms = INT64_MAX;
	if (v->deadline_ms > now) {
		visit_set_deadline(v, v->deadline_ms, now);
		return;
	}
	if (v->phase == PHASE_SILENCE) {
		v->phase = PHASE_SERVE;
		visit_serve(v, false);
		return;
	}
	if (v->phase != PHASE_SERVE || v->is_closing) {
		visit_free(v);
		return;
	}
	struct reply_buffer out = {v->receive->out, 0, RECEIVE_OUT_BYTES};
	session_expire(&v->guest.session, &out, now);
	finish(v, &out);
}

void
visit_close(struct visit *v, enum condition c)
{
	if (v->phase == PHASE_SILENCE)
		v->phase = PHASE_SERVE;
	if (v->phase != PHASE_SERVE || v->is_closing) {
		if (v->phase != PHASE_LINGER)
			visit_free(v);
		return;
	}
	/* A message that is on its way to the disk gets its answer, or it would come twice. */
	if (v->waits && v->guest.mail != NULL && v->guest.mail->stage == MAIL_COMMITTING) {
		v->close_with = c;
		return;
	}
	struct reply_buffer out = {v->receive->out, 0, RECEIVE_OUT_BYTES};
	v->close_with = 0;
	session_close(&v->guest.session, &out, c, NULL);
	finish(v, &out);
}

struct visit *
visit_next(const struct visit *v)
{
	return v->next;
}
