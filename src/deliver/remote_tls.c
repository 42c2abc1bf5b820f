/*
 * Whether a connection is encrypted, and what its certificate must prove.
 *
 * The place says (opportunistic, required, verified), and so does the DNS of the host (DANE, RFC
 * 7672): where DNSSEC vouches for TLSA records nothing goes in clear, and when one of them is
 * usable, the certificate must match. Where there is none, the policy of the domain counts
 * (MTA-STS, RFC 8461).
 */
#include "deliver/remote_inside.h"

#include <stdio.h>

#define SHAKE_MS 60000 /* for a handshake; no RFC says */

bool
link_is_immediate(const struct link *l)
{
	const struct remote_place *const w = &l->place->where;
	return w->is_tls_immediate || (str_is_set(w->host) && w->port == 465);
}

enum client_tls
link_tls_wanted(const struct link *l)
{
	if (l->remote->options.tls == NULL && l->place->where.tls == REMOTE_TLS_OPPORTUNISTIC)
		return CLIENT_TLS_OFF;
	switch (l->place->where.tls) {
	case REMOTE_TLS_OPPORTUNISTIC:
		if (l->hosts.list[l->host].dane != NULL || link_is_enforced(l))
			return CLIENT_TLS_REQUIRED;
		return l->without_tls || l->hosts.list[l->host].is_path ? CLIENT_TLS_OFF
									: CLIENT_TLS_OPPORTUNISTIC;
	case REMOTE_TLS_OFF:
		return CLIENT_TLS_OFF;
	default:
		return CLIENT_TLS_REQUIRED;
	}
}

bool
link_may_go_clear(const struct link *l)
{
	return l->place->where.tls == REMOTE_TLS_OPPORTUNISTIC && !link_is_immediate(l) &&
	       l->hosts.list[l->host].dane == NULL && !link_is_enforced(l);
}

/* TLS begins: at once, or behind STARTTLS. */
void
link_shake_begin(struct link *l)
{
	const struct host *const h = &l->hosts.list[l->host];
	SSL_CTX *const context = l->remote->options.tls;
	size_t usable = 0;
	bool ok = context != NULL;
	l->state = LINK_SHAKING;
	l->deadline_ms = clock_mono_ms() + SHAKE_MS;
	l->must_prove = l->place->where.tls == REMOTE_TLS_VERIFIED || link_is_enforced(l);
	if (ok && h->dane != NULL) {
		/* Of an address literal, or a route, there is no other name. */
		const struct str domain = l->place->where.domain;
		ok = stream_connect_dane(&l->stream, context, h->name,
			domain.len > 0 ? domain.ptr : NULL, h->dane->list, h->dane->count, &usable);
		l->has_dane = usable > 0;
		l->must_prove |= l->has_dane;
		if (ok && !l->has_dane && l->must_prove)
			SSL_set_verify(l->stream.ssl, SSL_VERIFY_PEER, NULL);
	} else if (ok) {
		ok = stream_connect_tls(&l->stream, context, h->name, l->must_prove);
	}
	if (!ok)
		snprintf(l->trouble, sizeof l->trouble, "TLS could not be set up here");
}

/* One step of the handshake; false while it waits. */
bool
link_shake(struct link *l, bool is_immediate)
{
	const int done = l->trouble[0] != '\0' ? STREAM_FAILED : stream_handshake(&l->stream);
	if (done == STREAM_AGAIN)
		return false;
	if (done == STREAM_FAILED) {
		if (l->trouble[0] == '\0') {
			stream_error_words(&l->stream, l->trouble);
			l->is_unproven =
				l->must_prove && SSL_get_verify_result(l->stream.ssl) != X509_V_OK;
			if (l->is_unproven && link_is_enforced(l))
				snprintf(l->trouble + strlen(l->trouble),
					sizeof l->trouble - strlen(l->trouble),
					"; the policy of the domain wants it to be (MTA-STS)");
		}
		l->remote->counts.tls_failed++;
		if (is_immediate)
			link_talk_begin(l, false); /* so that there is somebody to tell */
		client_insecure(&l->client);
		l->state = LINK_TALKING;
		return true;
	}
	stream_tls_words(&l->stream, l->tls);
	if (l->has_dane || link_is_enforced(l))
		snprintf(l->tls + strlen(l->tls), sizeof l->tls - strlen(l->tls), " %s",
			l->has_dane ? "DANE" : "MTA-STS");
	l->is_verified = stream_is_verified(&l->stream);
	l->remote->counts.tls_done++;
	if (is_immediate)
		link_talk_begin(l, true);
	else
		client_secured(&l->client, clock_mono_ms());
	l->state = LINK_TALKING;
	return true;
}
