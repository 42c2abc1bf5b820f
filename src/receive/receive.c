#define _GNU_SOURCE /* accept4 */
#include "receive/receive.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/listen.h"
#include "receive/inside.h"
#include "receive/login.h"

#define ACCEPTS_MAX 64   /* before it is a session's turn again */
#define REFUSALS_MAX 256 /* sessions past the limit that are told so; more are closed */
#define REFERENCES_PER_MS 2
#define REFERENCES (UINT64_C(1) << 35) /* seven digits */

struct receive *
receive_new(struct event_base *base)
{
	struct receive *const r = calloc(1, sizeof *r);
	if (r == NULL)
		return NULL;
	r->base = base;
	r->speaking_end = &r->speaking;
	r->clients = clients_new();
	r->in = malloc(RECEIVE_IN_BYTES);
	r->out = malloc(RECEIVE_OUT_BYTES);
	/* Begun at a time that moves on by itself, so that a restart repeats no reference, not even
	 * one within the same second; the same ones come again after half a year. Short enough to
	 * be read aloud. */
	r->next_reference = (uint64_t)clock_wall_ms() * REFERENCES_PER_MS % REFERENCES;
	r->limits = limits_new();
	r->rejects = rejects_new();
	if (r->clients == NULL || r->limits == NULL || r->rejects == NULL || r->in == NULL ||
		r->out == NULL) {
		receive_free(r);
		return NULL;
	}
	return r;
}

/* A certificate that was at fault when the server started: it is told, and looked at again. */
static void
tell_lacks(const struct receive *r)
{
	for (size_t i = 0; i < r->listener_count; i++) {
		const struct profile *const p = r->listeners[i]->profile;
		if (p->settings.lacks_tls)
			EVENTLOG(r->parts.log, clock_wall_ms(), LOG_ALARM,
				{FIELD_LISTENER, p->name}, {FIELD_SETTING, STR("tls_certificate")},
				{FIELD_WORDS, p->lacks});
	}
}

bool
receive_start(struct receive *r, const struct receive_parts *parts)
{
	r->parts = *parts;
	r->logins = logins_new(parts->directory_path);
	if (!parts->is_rehearsal)
		rejects_start(r->rejects, r->base, parts->workers);
	limits_start(
		r->limits, r->base, parts->is_rehearsal ? NULL : parts->workers, parts->rates_path);
	for (size_t i = 0; r->logins != NULL && i < r->listener_count; i++)
		event_add(&r->listeners[i]->event, NULL);
	tell_lacks(r);
	return r->logins != NULL;
}

/* ---- listeners */

static void
on_client(evutil_socket_t fd, short what, void *listener)
{
	struct listener *const l = listener;
	struct receive *const r = l->receive;
	(void)what;
	for (int i = 0; i < ACCEPTS_MAX; i++) {
		union {
			struct sockaddr any;
			struct sockaddr_storage room;
		} address = {.room = {.ss_family = AF_UNSPEC}};
		socklen_t len = sizeof address;
		const int client = accept4(fd, &address.any, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (client < 0)
			return;
		if (r->counts.open >= r->connections_max + REFUSALS_MAX) {
			r->counts.refused_sessions++;
			close(client);
			continue;
		}
		visit_new(r, l->profile, client, &address.any);
	}
}

static void
listener_free(struct listener *l)
{
	if (l == NULL)
		return;
	if (l->fd >= 0) {
		event_del(&l->event);
		close(l->fd);
	}
	profile_release(l->profile);
	free(l);
}

/* The socket that systemd opened for this address. */
static int
inherited_at(const char *address, const int *fds, size_t count)
{
	char name[LISTEN_ADDRESS_BYTES_MAX];
	for (size_t i = 0; i < count; i++) {
		listen_name(fds[i], name);
		if (strcmp(name, address) == 0)
			return fds[i];
	}
	return -1;
}

static struct listener *
listener_new(struct receive *r, struct str address, const int *fds, size_t fd_count,
	struct receive_error *error)
{
	struct listener *const l = calloc(1, sizeof *l);
	char why[LISTEN_WHY_BYTES] = "no memory";
	if (l != NULL) {
		l->receive = r;
		snprintf(l->address, sizeof l->address, "%.*s", (int)address.len, address.ptr);
		l->fd = inherited_at(l->address, fds, fd_count);
		if (l->fd < 0)
			l->fd = listen_open(address, why);
	}
	if (l == NULL || l->fd < 0) {
		snprintf(error->words, sizeof error->words, "%.*s %s", (int)address.len,
			address.ptr, why);
		listener_free(l);
		return NULL;
	}
	event_assign(&l->event, r->base, l->fd, EV_READ | EV_PERSIST, on_client, l);
	return l;
}

/* The one at this address that nobody has claimed yet: port 0 may be asked for several times. */
static struct listener *
listener_find(
	const struct receive *r, struct str address, struct listener *const *claimed, size_t n)
{
	for (size_t i = 0; i < r->listener_count; i++) {
		bool is_free = str_eq(str_of(r->listeners[i]->address), address);
		for (size_t k = 0; k < n; k++)
			is_free &= claimed[k] != r->listeners[i];
		if (is_free)
			return r->listeners[i];
	}
	return NULL;
}

/* What the whole server has one of. */
static void
apply(struct receive *r, const struct config *config)
{
	const struct config_value *const v = config->values;
	r->connections_max = (size_t)v[SETTING_max_connections].number;
	r->connections_per_client = (size_t)v[SETTING_max_connections_per_client].number;
	r->ban_failures = (unsigned)v[SETTING_autoban].number;
	r->ban_ms = v[SETTING_autoban_time].number * 1000;
	limits_configure(r->limits, config);
	rejects_configure(r->rejects, config);
}

bool
receive_configure(struct receive *r, const struct config *config, const int *inherited,
	size_t inherited_count, struct receive_error *error)
{
	struct profile *profiles[CONFIG_LISTENERS_MAX] = {NULL};
	struct listener *listeners[CONFIG_LISTENERS_MAX] = {NULL};
	bool is_new[CONFIG_LISTENERS_MAX] = {false};
	size_t n = 0;
	for (; n < config->listener_count; n++) {
		const struct config_listener *const c = &config->listeners[n];
		const struct str address = c->values[SETTING_address].text;
		profiles[n] = profile_new(config, c, r->logins == NULL, error);
		if (profiles[n] == NULL)
			goto failed;
		listeners[n] = listener_find(r, address, listeners, n);
		is_new[n] = listeners[n] == NULL;
		if (is_new[n])
			listeners[n] = listener_new(r, address, inherited, inherited_count, error);
		if (listeners[n] == NULL)
			goto failed;
	}
	/* From here on nothing can fail. */
	for (size_t i = 0; i < r->listener_count; i++) {
		bool is_kept = false;
		for (size_t k = 0; k < n; k++)
			is_kept |= listeners[k] == r->listeners[i];
		if (!is_kept)
			listener_free(r->listeners[i]);
	}
	for (size_t i = 0; i < n; i++) {
		profile_release(listeners[i]->profile);
		listeners[i]->profile = profiles[i];
		r->listeners[i] = listeners[i];
		if (is_new[i] && r->logins != NULL)
			event_add(&listeners[i]->event, NULL);
	}
	r->listener_count = n;
	apply(r, config);
	return true;
failed:
	for (size_t i = 0; i <= n && i < CONFIG_LISTENERS_MAX; i++) {
		profile_release(profiles[i]);
		if (is_new[i])
			listener_free(listeners[i]);
	}
	return false;
}

void
receive_addresses(const struct receive *r, receive_address *fn, void *to)
{
	for (size_t i = 0; i < r->listener_count; i++) {
		char name[LISTEN_ADDRESS_BYTES_MAX];
		listen_name(r->listeners[i]->fd, name);
		fn(to, r->listeners[i]->profile->name, name);
	}
}

void
receive_refresh(struct receive *r)
{
	for (size_t i = 0; i < r->listener_count; i++) {
		struct profile *const p = r->listeners[i]->profile;
		struct tls_error error;
		if (p->tls == NULL || !tls_server_is_stale(p->tls))
			continue;
		const bool ok = tls_server_reload(p->tls, &error);
		p->settings.lacks_tls = p->settings.lacks_tls && !ok;
		EVENTLOG(r->parts.log, clock_wall_ms(), ok ? LOG_RELOAD : LOG_ALARM,
			{FIELD_LISTENER, p->name},
			{FIELD_WORDS, ok ? STR("the certificates were read again")
					 : str_of(error.words)});
	}
}

/* ---- the end */

static void
on_patience(evutil_socket_t fd, short what, void *receive)
{
	struct receive *const r = receive;
	(void)fd;
	(void)what;
	while (r->visits != NULL && r->visits != visit_next(r->visits))
		visit_free(r->visits);
}

void
receive_stop(struct receive *r, int64_t patience_ms, void (*stopped)(void *to), void *to)
{
	const struct timeval tv = {patience_ms / 1000, patience_ms % 1000 * 1000};
	for (size_t i = 0; i < r->listener_count; i++)
		listener_free(r->listeners[i]);
	r->listener_count = 0;
	for (struct visit *v = r->visits, *next; v != NULL; v = next) {
		next = visit_next(v);
		visit_close(v, CONDITION_SHUTTING_DOWN);
	}
	r->is_stopping = true;
	r->stopped = stopped;
	r->stopped_to = to;
	if (r->visits == NULL) {
		stopped(to);
		return;
	}
	evtimer_assign(&r->patience, r->base, on_patience, r);
	evtimer_add(&r->patience, &tv);
}

void
receive_turn_ended(struct receive *r)
{
	r->is_room_known = false;
	visits_speak(r);
}

int64_t
receive_room(struct receive *r)
{
	if (!r->is_room_known)
		r->room = queue_room(r->parts.queue);
	r->is_room_known = r->parts.turn != NULL;
	if (r->is_room_known)
		turn_ask(r->parts.turn);
	return r->room;
}

void
receive_queue_turned(struct receive *r)
{
	struct visit *list = r->held;
	r->held = NULL;
	visits_resume(list);
}

void
receive_bans(const struct receive *r, void (*fn)(void *to, const struct net *who, int64_t left_ms),
	void *to)
{
	clients_bans(r->clients, clock_mono_ms(), fn, to);
}

size_t
receive_lift_bans(struct receive *r, const struct net *which)
{
	return clients_lift(r->clients, which, clock_mono_ms());
}

void
receive_free(struct receive *r)
{
	if (r == NULL)
		return;
	r->stopped = NULL;
	r->parts.refused = NULL; /* the queue takes nothing any more */
	while (r->visits != NULL)
		visit_free(r->visits);
	for (size_t i = 0; i < r->listener_count; i++)
		listener_free(r->listeners[i]);
	if (event_initialized(&r->patience))
		evtimer_del(&r->patience);
	logins_free(r->logins);
	clients_free(r->clients);
	limits_free(r->limits);
	rejects_free(r->rejects);
	free(r->in);
	free(r->out);
	free(r);
}

const struct receive_counts *
receive_counts(const struct receive *r)
{
	return &r->counts;
}
