/* The beginning of a visit: who has connected, what is counted for him, and whether he is greeted
 * at once, after a while, or after a handshake. */
#include "receive/visit_inside.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

void
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
	v->guest.wake = visit_wake;
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
		visit_serve(v, false);
		return;
	}
	v->phase = PHASE_SILENCE;
	visit_set_deadline(v, now + v->profile->greeting_delay_ms, now);
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
	evtimer_assign(&v->timer, r->base, visit_timer, v);
	stream_open(&v->stream, r->base, fd, visit_ready, v);
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
		visit_begin_proxy(v);
	} else if (p->is_immediate) {
		visit_begin_handshake(v);
	} else {
		v->phase = PHASE_SERVE;
		visit_begin_session(v);
		begin_serving(v);
	}
}
