/*
 * visit - a client's connection: bytes between its socket and its session
 *
 * A visit that rests holds its session and what a client has not finished saying, nothing else: the
 * buffers that bytes go through are shared by all.
 */
#include "receive/inside.h"
#include "receive/refusals.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#define READS_MAX 16   /* before it is another visit's turn */
#define LINGER_MS 2000 /* for a client to read why it is sent away */
#define LINGER_BYTES_MAX 262144
#define HANDSHAKE_MS 60000
#define CLOSE_MS 10000                     /* for a client to take what it is still to be sent */
#define UNSENT_BYTES_MAX ((size_t)1 << 20) /* replies to a client that does not read */

enum visit_phase {
	PHASE_PROXY, /* the header before an immediate handshake */
	PHASE_HANDSHAKE,
	PHASE_SILENCE, /* greeting_delay: who speaks now does not wait for anybody */
	PHASE_SERVE,
	PHASE_LINGER
};

struct visit {
	struct guest guest;
	struct stream stream;
	struct event timer;
	int64_t timer_ms, deadline_ms; /* when the timer fires; when something is due */
	enum visit_phase phase;
	bool has_guest, is_held, is_closing, waits;
	bool wants_bytes; /* the session has nothing to do until there are some */
	bool is_proxied, is_too_many, is_beyond_client;
	char *kept; /* what the client said and the session has not used */
	size_t kept_len;
	char *unsent;
	size_t unsent_len;
	size_t lingered_bytes;
	enum condition close_with; /* when the message that is being kept has its answer; 0: no */
	struct receive *receive;
	struct profile *profile;
	struct endpoint peer;
	struct ip counted;
	struct visit *next, **link, *next_held;
	struct visit *next_speaking, **speaking_link; /* link NULL: it is not among those */
};

static void serve(struct visit *v, bool is_readable);
static void finish(struct visit *v, struct reply_buffer *out);
static void visit_begin_session(struct visit *v);

struct visit *
visit_next(const struct visit *v)
{
	return v->next;
}

/* ---- time */

/* Deadlines move with every command; the timer only when it would be late. */
static void
set_deadline(struct visit *v, int64_t at_ms, int64_t now)
{
	v->deadline_ms = at_ms;
	if (at_ms >= v->timer_ms)
		return;
	const int64_t left = at_ms > now ? at_ms - now : 0;
	const struct timeval tv = {left / 1000, left % 1000 * 1000};
	v->timer_ms = at_ms;
	evtimer_add(&v->timer, &tv);
}

/* ---- whose turn to speak it is */

static void
speaking_add(struct visit *v)
{
	struct receive *const r = v->receive;
	if (v->speaking_link != NULL)
		return;
	v->next_speaking = NULL;
	v->speaking_link = r->speaking_end;
	*r->speaking_end = v;
	r->speaking_end = &v->next_speaking;
	turn_ask(r->parts.turn);
}

static void
speaking_remove(struct visit *v)
{
	if (v->speaking_link == NULL)
		return;
	*v->speaking_link = v->next_speaking;
	if (v->next_speaking != NULL)
		v->next_speaking->speaking_link = v->speaking_link;
	else
		v->receive->speaking_end = v->speaking_link;
	v->speaking_link = NULL;
}

/* ---- the end */

void
visit_free(struct visit *v)
{
	struct receive *const r = v->receive;
	if (v->is_held) {
		struct visit **at = &r->held;
		while (*at != v)
			at = &(*at)->next_held;
		*at = v->next_held;
	}
	if (v->has_guest) {
		char ip[ENDPOINT_TEXT_BYTES], seconds[STR_DIGITS_MAX], messages[STR_DIGITS_MAX],
			errors[STR_DIGITS_MAX];
		const struct guest *const g = &v->guest;
		refusals_tell(&v->guest); /* the log has it before the end */
		EVENTLOG(r->parts.log, clock_wall_ms(), LOG_DISCONNECT,
			{FIELD_SESSION, {g->session.reference, g->session.reference_bytes}},
			{FIELD_CLIENT, guest_client(g, ip)},
			{FIELD_MESSAGES, str_digits(g->taken, messages)},
			{FIELD_ERRORS, str_digits(g->session.errors, errors)},
			{FIELD_SECONDS,
				str_digits((clock_wall_ms() - g->began_ms) / 1000, seconds)});
		guest_fini(&v->guest);
	}
	speaking_remove(v);
	clients_leave(r->clients, &v->counted);
	profile_release(v->profile);
	evtimer_del(&v->timer);
	stream_close(&v->stream);
	free(v->kept);
	free(v->unsent);
	*v->link = v->next;
	if (v->next != NULL)
		v->next->link = v->link;
	r->counts.open--;
	free(v);
	if (r->is_stopping && r->visits == NULL && r->stopped != NULL)
		r->stopped(r->stopped_to);
}

/* What still comes is read and dropped, so that the last reply is not taken back by the system. */
static void
linger(struct visit *v)
{
	struct receive *const r = v->receive;
	for (;;) {
		const long n = stream_read(&v->stream, r->in, RECEIVE_IN_BYTES);
		if (n == STREAM_AGAIN) {
			stream_wait(&v->stream, STREAM_READ);
			return;
		}
		v->lingered_bytes += n > 0 ? (size_t)n : 0;
		if (n <= 0 || v->lingered_bytes > LINGER_BYTES_MAX) {
			visit_free(v);
			return;
		}
	}
}

static void
begin_linger(struct visit *v)
{
	v->phase = PHASE_LINGER;
	stream_shut(&v->stream);
	set_deadline(v, clock_mono_ms() + LINGER_MS, clock_mono_ms());
	stream_wait(&v->stream, STREAM_READ);
}

/* ---- bytes */

/* Is something left that the client does not take? What is sent when the turn ends does not count.
 */
static bool
is_behind(const struct visit *v)
{
	return v->unsent_len > 0 && v->speaking_link == NULL;
}

enum sent { SENT_ALL, SENT_NOT_ALL, SENT_NEVER /* the visit is gone */ };

/* Sends what there is to send. */
static enum sent
send_kept(struct visit *v)
{
	size_t sent = 0;
	speaking_remove(v);
	while (sent < v->unsent_len) {
		const long n = stream_write(&v->stream, v->unsent + sent, v->unsent_len - sent);
		if (n == STREAM_FAILED) {
			visit_free(v);
			return SENT_NEVER;
		}
		if (n == STREAM_AGAIN)
			break;
		sent += (size_t)n;
	}
	v->unsent_len -= sent;
	if (v->unsent_len > 0) {
		memmove(v->unsent, v->unsent + sent, v->unsent_len);
		stream_wait(&v->stream, STREAM_WRITE);
		return SENT_NOT_ALL;
	}
	free(v->unsent);
	v->unsent = NULL;
	return SENT_ALL;
}

/* The same, before the turn ends: what the log says of it goes first. */
static enum sent
send_now(struct visit *v)
{
	eventlog_flush(v->receive->parts.log);
	return send_kept(v);
}

/* Takes `bytes` to be sent at the end of the turn, or now when nobody ends it; false: the visit is
 * gone. */
static bool
send_bytes(struct visit *v, const char *bytes, size_t len)
{
	if (len == 0)
		return true;
	const bool was_behind = is_behind(v);
	char *const more = v->unsent_len + len <= UNSENT_BYTES_MAX
				   ? realloc(v->unsent, v->unsent_len + len)
				   : NULL;
	if (more == NULL) {
		visit_free(v);
		return false;
	}
	memcpy(more + v->unsent_len, bytes, len);
	v->unsent = more;
	v->unsent_len += len;
	if (was_behind)
		return true;
	if (v->receive->parts.turn == NULL)
		return send_now(v) != SENT_NEVER;
	speaking_add(v);
	return true;
}

void
visits_speak(struct receive *r)
{
	for (struct visit *v; (v = r->speaking) != NULL;)
		if (send_kept(v) == SENT_ALL && v->is_closing)
			begin_linger(v);
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

/* ---- TLS */

static void
handshake(struct visit *v)
{
	struct receive *const r = v->receive;
	const int64_t now = clock_mono_ms();
	char words[STREAM_WORDS_MAX], ip[ENDPOINT_TEXT_BYTES];
	switch (stream_handshake(&v->stream)) {
	case STREAM_AGAIN:
		return;
	case STREAM_FAILED:
		stream_error_words(&v->stream, words);
		r->counts.tls_failed++;
		const size_t n = endpoint_print(&v->peer, ip);
		EVENTLOG(r->parts.log, clock_wall_ms(), LOG_TLS,
			{FIELD_SESSION, v->has_guest ? (struct str){v->guest.session.reference,
							       v->guest.session.reference_bytes}
						     : STR_NONE},
			{FIELD_CLIENT, {ip, n}}, {FIELD_RESULT, STR("failed")},
			{FIELD_WORDS, str_of(words)});
		visit_free(v);
		return;
	default:
		break;
	}
	v->phase = PHASE_SERVE;
	if (!v->has_guest)
		visit_begin_session(v);
	stream_tls_words(&v->stream, words);
	guest_secured(&v->guest, words, now);
	serve(v, true);
}

static void
begin_handshake(struct visit *v)
{
	v->phase = PHASE_HANDSHAKE;
	if (!v->has_guest)
		set_deadline(v, clock_mono_ms() + HANDSHAKE_MS, clock_mono_ms());
	if (v->profile->tls == NULL ||
		!stream_accept_tls(&v->stream, tls_server_context(v->profile->tls))) {
		visit_free(v);
		return;
	}
	handshake(v);
}

/* The PROXY header in front of a handshake: its bytes alone are taken from the socket. */
static void
read_proxy(struct visit *v)
{
	char *const in = v->receive->in;
	struct proxy proxy;
	size_t used = 0;
	const ssize_t n = recv(v->stream.fd, in, PROXY_V2_BYTES_MAX, MSG_PEEK);
	const enum proxy_result result =
		n > 0 ? proxy_parse((struct str){in, (size_t)n}, &proxy, &used) : PROXY_MORE;
	if (result == PROXY_BAD || n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		visit_free(v);
		return;
	}
	if (result == PROXY_MORE) {
		/* The part that is there would wake us again and again. */
		v->deadline_ms = v->deadline_ms < clock_mono_ms() + 10000 ? v->deadline_ms
									  : clock_mono_ms() + 10000;
		stream_wait(&v->stream, STREAM_READ);
		return;
	}
	if (recv(v->stream.fd, in, used, 0) != (ssize_t)used) {
		visit_free(v);
		return;
	}
	if (!proxy.is_local)
		v->peer = proxy.source;
	begin_handshake(v);
}

/* ---- serving */

/* After the machine has said what it wants; false when nothing can be done until ready(). */
static bool
settle(struct visit *v, enum guest_wants wants, struct str rest, bool *may_read)
{
	struct receive *const r = v->receive;
	switch (wants) {
	case GUEST_FLUSH:
		return v->unsent_len == 0 || send_now(v) == SENT_ALL;
	case GUEST_MORE:
		if (v->close_with != 0) {
			visit_close(v, v->close_with);
			return false;
		}
		*may_read = v->wants_bytes = true;
		if (!is_behind(v))
			return true;
		stream_wait(&v->stream, STREAM_WRITE);
		return false;
	case GUEST_WAIT:
		/* What it says meanwhile stays in the socket; few say anything, so ready() sees to
		 * that. */
		v->waits = true;
		if (is_behind(v))
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
		const enum sent sent = send_now(v);
		/* The machine has refused what stood behind STARTTLS. */
		if (sent == SENT_ALL && rest.len == 0)
			begin_handshake(v);
		else if (sent != SENT_NEVER)
			visit_free(v);
		return false;
	}
	case GUEST_CLOSE:
		v->is_closing = true;
		/* A client that does not read its last reply does not keep us either. */
		set_deadline(v, clock_mono_ms() + CLOSE_MS, clock_mono_ms());
		if (is_behind(v))
			stream_wait(&v->stream, STREAM_WRITE);
		else if (v->unsent_len == 0)
			begin_linger(v);
		return false;
	}
	return false;
}

/* Everything that can be done now; `is_readable`: it may be worth while to read. */
static void
serve(struct visit *v, bool is_readable)
{
	struct receive *const r = v->receive;
	bool may_read = v->wants_bytes && is_readable;
	if (is_behind(v) && send_kept(v) != SENT_ALL)
		return;
	if (v->is_closing) {
		if (v->unsent_len == 0)
			begin_linger(v);
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
		struct str rest = {r->in, n};
		v->waits = v->wants_bytes = false;
		const enum guest_wants wants = guest_go(&v->guest, &rest, &out, clock_mono_ms());
		if (!keep(v, rest) || !send_bytes(v, out.ptr, out.len))
			return;
		set_deadline(v, session_deadline(&v->guest.session), clock_mono_ms());
		if (!settle(v, wants, rest, &may_read))
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
	serve(v, true);
}

static void
ready(void *visit)
{
	struct visit *const v = visit;
	switch (v->phase) {
	case PHASE_PROXY:
		read_proxy(v);
		break;
	case PHASE_HANDSHAKE:
		handshake(v);
		break;
	case PHASE_SILENCE:
		interrupted(v);
		break;
	case PHASE_SERVE:
		if (v->waits && !is_behind(v))
			stream_wait(&v->stream, 0); /* until the answer is there */
		else
			serve(v, true);
		break;
	case PHASE_LINGER:
		linger(v);
		break;
	}
}

/* The answer to a question came; it may come from within another visit's turn. */
static void
wake(void *visit)
{
	struct visit *const v = visit;
	if (v->phase == PHASE_SERVE)
		serve(v, false);
}

void
visits_resume(struct visit *held)
{
	while (held != NULL) {
		struct visit *const v = held;
		held = v->next_held;
		v->is_held = false;
		serve(v, true); /* it may end, or be held again */
	}
}

static void
on_timer(evutil_socket_t fd, short what, void *visit)
{
	struct visit *const v = visit;
	const int64_t now = clock_mono_ms();
	(void)fd;
	(void)what;
	v->timer_ms = INT64_MAX;
	if (v->deadline_ms > now) {
		set_deadline(v, v->deadline_ms, now);
		return;
	}
	if (v->phase == PHASE_SILENCE) {
		v->phase = PHASE_SERVE;
		serve(v, false);
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

/* The machine wrote something by itself: what it means is told by its next step. */
static void
finish(struct visit *v, struct reply_buffer *out)
{
	struct str rest = {v->kept, v->kept_len};
	bool may_read = false;
	v->waits = v->wants_bytes = false;
	const enum guest_wants wants = guest_go(&v->guest, &rest, out, clock_mono_ms());
	if (!keep(v, rest) || !send_bytes(v, out->ptr, out->len))
		return;
	set_deadline(v, session_deadline(&v->guest.session), clock_mono_ms());
	if (settle(v, wants, rest, &may_read))
		stream_wait(&v->stream, STREAM_READ);
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

/* ---- the beginning */

static struct endpoint
endpoint_of(const struct sockaddr *address)
{
	struct endpoint e = {.family = 0};
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *const v4 = (const void *)address;
		e.family = 4;
		e.port = ntohs(v4->sin_port);
		memcpy(e.bytes, &v4->sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
		const struct sockaddr_in6 *const v6 = (const void *)address;
		const bool is_v4 = memcmp(&v6->sin6_addr, mapped, sizeof mapped) == 0;
		e.family = is_v4 ? 4 : 6;
		e.port = ntohs(v6->sin6_port);
		memcpy(e.bytes, (const char *)&v6->sin6_addr + (is_v4 ? 12 : 0), is_v4 ? 4 : 16);
	}
	return e;
}

static bool
is_among(const struct net *nets, size_t count, const struct ip *ip)
{
	for (size_t i = 0; i < count; i++)
		if (net_has(&nets[i], ip))
			return true;
	return false;
}

/* A reference that people can read aloud: base 32 without I, L, O, U; counted, so that none comes
 * twice soon, and begun at a time (receive.c). */
static struct str
reference_of(struct receive *r, char room[CONDITION_SESSION_BYTES_MAX])
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint64_t n = r->next_reference++;
	size_t at = CONDITION_SESSION_BYTES_MAX;
	while (n > 0 || CONDITION_SESSION_BYTES_MAX - at < 7) {
		room[--at] = digits[n % 32];
		n /= 32;
		if (at == 0)
			break;
	}
	return (struct str){room + at, CONDITION_SESSION_BYTES_MAX - at};
}

static void
visit_begin_session(struct visit *v)
{
	struct receive *const r = v->receive;
	struct profile *const p = v->profile;
	char room[CONDITION_SESSION_BYTES_MAX], ip[ENDPOINT_TEXT_BYTES];
	const struct ip address = endpoint_ip(&v->peer);
	const struct session_peer peer = {.client = v->peer,
		.reference = reference_of(r, room),
		.is_secure = p->is_immediate,
		.sends_proxy = v->phase == PHASE_SERVE && !p->is_immediate && v->is_proxied,
		.may_xclient = is_among(p->xclient, p->xclient_count, &address)};
	guest_init(&v->guest, r, p, &peer, clock_mono_ms());
	v->guest.is_too_many = v->is_too_many;
	v->guest.is_beyond_client = v->is_beyond_client;
	v->guest.wake = wake;
	v->guest.to = v;
	v->has_guest = true;
	EVENTLOG(r->parts.log, v->guest.began_ms, LOG_CONNECT, {FIELD_SESSION, peer.reference},
		{FIELD_LISTENER, p->name},
		{FIELD_CLIENT, (struct str){ip, endpoint_print(&v->peer, ip)}});
}

/* Greets, at once or after a while; who comes in vain is told at once. */
static void
begin_serving(struct visit *v)
{
	const int64_t now = clock_mono_ms();
	if (v->profile->greeting_delay_ms == 0 || v->is_proxied || v->is_too_many ||
		v->is_beyond_client) {
		serve(v, false);
		return;
	}
	v->phase = PHASE_SILENCE;
	set_deadline(v, now + v->profile->greeting_delay_ms, now);
	stream_wait(&v->stream, STREAM_READ);
}

void
visit_new(struct receive *r, struct profile *p, int fd, const struct sockaddr *address)
{
	struct visit *const v = calloc(1, sizeof *v);
	if (v == NULL) {
		close(fd);
		return;
	}
	v->receive = r;
	v->profile = p;
	p->uses++;
	v->peer = endpoint_of(address);
	v->counted = endpoint_ip(&v->peer);
	v->timer_ms = INT64_MAX;
	evtimer_assign(&v->timer, r->base, on_timer, v);
	stream_open(&v->stream, r->base, fd, ready, v);
	v->next = r->visits;
	v->link = &r->visits;
	if (v->next != NULL)
		v->next->link = &v->next;
	r->visits = v;
	r->counts.sessions++;
	v->is_too_many = ++r->counts.open > r->connections_max;
	v->is_proxied = is_among(p->proxies, p->proxy_count, &v->counted);
	const uint32_t its = clients_enter(r->clients, &v->counted);
	/* A proxy brings everybody; what has no address is our own. */
	v->is_beyond_client =
		its > r->connections_per_client && !v->is_proxied && v->peer.family != 0;
	if (p->is_immediate && v->is_proxied) {
		v->phase = PHASE_PROXY;
		set_deadline(v, clock_mono_ms() + HANDSHAKE_MS, clock_mono_ms());
		read_proxy(v);
	} else if (p->is_immediate) {
		begin_handshake(v);
	} else {
		v->phase = PHASE_SERVE;
		visit_begin_session(v);
		begin_serving(v);
	}
}
