/* The handshake of a visit, and the PROXY header that may stand in front of it: its bytes alone are
 * taken from the socket. */
#include "receive/visit_inside.h"

#include <errno.h>
#include <sys/socket.h>

#define HANDSHAKE_MS 60000
#define PROXY_REST_MS 10000 /* for the rest of a PROXY header */

void
visit_handshake(struct visit *v)
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
	visit_serve(v, true);
}

void
visit_begin_handshake(struct visit *v)
{
	v->phase = PHASE_HANDSHAKE;
	if (!v->has_guest)
		visit_set_deadline(v, clock_mono_ms() + HANDSHAKE_MS, clock_mono_ms());
	if (v->profile->tls == NULL ||
		!stream_accept_tls(&v->stream, tls_server_context(v->profile->tls))) {
		visit_free(v);
		return;
	}
	visit_handshake(v);
}

void
visit_read_proxy(struct visit *v)
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
		const int64_t latest_ms = clock_mono_ms() + PROXY_REST_MS;
		v->deadline_ms = v->deadline_ms < latest_ms ? v->deadline_ms : latest_ms;
		stream_wait(&v->stream, STREAM_READ);
		return;
	}
	if (recv(v->stream.fd, in, used, 0) != (ssize_t)used) {
		visit_free(v);
		return;
	}
	if (!proxy.is_local)
		v->peer = proxy.source;
	visit_begin_handshake(v);
}

void
visit_begin_proxy(struct visit *v)
{
	v->phase = PHASE_PROXY;
	visit_set_deadline(v, clock_mono_ms() + HANDSHAKE_MS, clock_mono_ms());
	visit_read_proxy(v);
}
