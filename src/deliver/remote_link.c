/* One connection, from its beginning to its end: hosts tried in order, and what goes on when. */
#include "deliver/remote_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void link_run(void *link);

/* ---- time ----------------------------------------------------------------------------------- */

static void
timer_set(struct link *l)
{
	if (l->state == LINK_DEAD)
		return;
	const int64_t at_ms =
		l->state == LINK_TALKING ? client_deadline(&l->client) : l->deadline_ms;
	if (at_ms == INT64_MAX || l->state == LINK_FINDING) {
		evtimer_del(&l->timer);
		return;
	}
	int64_t wait_ms = at_ms - clock_mono_ms();
	wait_ms = wait_ms > 0 ? wait_ms : 0;
	const struct timeval wait = {wait_ms / 1000, wait_ms % 1000 * 1000};
	evtimer_add(&l->timer, &wait);
}

/* ---- its end -------------------------------------------------------------------------------- */

void
link_disconnect(struct link *l)
{
	stream_close(&l->stream);
	if (l->is_open)
		l->remote->counts.connections--;
	l->is_open = false;
	l->in_bytes = l->out.len = l->out_sent = 0;
	client_fini(&l->client);
}

static void
link_remove(struct link *l)
{
	struct link **at = &l->place->links;
	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	l->remote->link_count--;
	/* How many recipients it takes is asked anew when it was not used for a while. */
	if (--l->place->link_count == 0)
		l->place->recipients_max = 0;
}

/* Done with. Whoever called still stands on it: links_bury() frees it, from the loop. */
void
link_kill(struct link *l)
{
	if (l->state == LINK_DEAD)
		return;
	if (l->state == LINK_IDLE)
		l->place->idle_count--;
	hosts_fini(&l->hosts);
	link_disconnect(l);
	evtimer_del(&l->timer);
	link_remove(l);
	l->state = LINK_DEAD;
	l->next = l->remote->dead;
	l->remote->dead = l;
	place_pump_later(l->remote);
}

void
link_free(struct link *l)
{
	link_kill(l);
}

void
links_bury(struct remote *r)
{
	while (r->dead != NULL) {
		struct link *const l = r->dead;
		r->dead = l->next;
		free(l);
	}
}

/* The job is over, whatever became of it; the connection stays for another when it can. */
void
link_job_leave(struct link *l)
{
	struct remote_job *const job = l->job;
	l->job = NULL;
	l->try = NULL;
	if (job != NULL)
		job_finish(job);
}

/* ---- connecting ----------------------------------------------------------------------------- */

/* This host cannot be reached: the next. */
static void
connect_failed(struct link *l, int error)
{
	char words[WORDS_BYTES_MAX];
	const struct host *const h = &l->hosts.list[l->host];
	char ip[IP_TEXT_BYTES] = "";
	if (!h->is_path)
		ip_text(&h->ip, ip);
	snprintf(words, sizeof words, "connecting to %s%s%s%s: %s", h->name, h->is_path ? "" : " [",
		ip, h->is_path ? "" : "]", strerror(error));
	const struct remote_result r = {.outcome = REMOTE_DEFERRED,
		.stage = REMOTE_AT_CONNECT,
		.condition = connect_condition(error),
		.status = STR("4.4.1"),
		.words = str_of(words),
		.peer = l->try};
	l->remote->counts.connect_failed++;
	if (l->try != NULL)
		l->try->took_ms = clock_mono_ms() - l->began_ms;
	job_note(l->job, &r);
	link_disconnect(l);
	l->host++;
	link_connect_next(l);
}

/* What the DNS says keeps us from this host: the next. */
static void
host_passed_over(struct link *l, enum condition condition, struct str status, const char *words)
{
	const struct remote_result r = {.outcome = REMOTE_DEFERRED,
		.stage = REMOTE_AT_DNS,
		.condition = condition,
		.status = status,
		.words = str_of(words),
		.peer = l->try};
	job_note(l->job, &r);
	l->host++;
	link_connect_next(l);
}

/* A server in the middle that keeps its TLSA records back must gain nothing: RFC 7672 s2.1.2. */
static void
dane_silent(struct link *l)
{
	const struct host *const h = &l->hosts.list[l->host];
	const struct str status = dns_status_name(h->dane->status);
	char name[DANE_NAME_BYTES_MAX], words[WORDS_BYTES_MAX];
	dane_name(place_port(l->remote, &l->place->where), h->name, name);
	snprintf(words, sizeof words, "the TLSA records of %s (DANE): %.*s", name, (int)status.len,
		status.ptr);
	host_passed_over(l, CONDITION_DNS_SILENT, STR("4.4.3"), words);
}

/* Whoever changed the MX records on their way here must gain nothing: RFC 8461 s4.1. */
static void
unnamed(struct link *l)
{
	char words[WORDS_BYTES_MAX];
	snprintf(words, sizeof words, "the policy of %.*s (MTA-STS) does not name %.200s",
		(int)l->place->where.domain.len, l->place->where.domain.ptr,
		l->hosts.list[l->host].name);
	host_passed_over(l, CONDITION_PEER_NOT_NAMED, STR("4.7.5"), words);
}

/* All hosts were tried in vain, or there are none. */
static void
hosts_end(struct link *l)
{
	struct remote_job *const job = l->job;
	const struct remote_result *const f = &job->failure;
	if (!job->was_reached && !job->is_cancelled && job->has_failure &&
		f->outcome == REMOTE_DEFERRED && f->stage >= REMOTE_AT_CONNECT)
		place_failed(l->place, f->words.len > 0 ? f->words.ptr : "");
	link_job_leave(l);
	link_kill(l);
}

void
link_connect_next(struct link *l)
{
	if (l->host == l->hosts.count || l->job->is_cancelled ||
		l->job->try_count == REMOTE_TRIES_MAX) {
		hosts_end(l);
		return;
	}
	const struct host *const h = &l->hosts.list[l->host];
	struct sockaddr_storage to, from;
	const socklen_t to_bytes = link_host_address(l, h, &to);
	const socklen_t from_bytes =
		h->is_path ? 0 : link_source_address(l, ip_is_v4(&h->ip), &from);
	l->state = LINK_CONNECTING;
	l->tls[0] = l->trouble[0] = '\0';
	l->is_verified = l->is_unproven = l->has_dane = false;
	link_try_begin(l);
	if (h->dane != NULL && h->dane->state == DANE_SILENT) {
		dane_silent(l);
		return;
	}
	if (link_is_unnamed(l)) {
		unnamed(l);
		return;
	}
	l->deadline_ms = l->began_ms + l->remote->settings.connect_timeout_ms;
	const int error = to_bytes == 0 ? ENAMETOOLONG
					: stream_connect(&l->stream, l->remote->options.base,
						  (struct sockaddr *)&to, to_bytes,
						  from_bytes > 0 ? (struct sockaddr *)&from : NULL,
						  from_bytes, link_run, l);
	if (error != 0) {
		connect_failed(l, error);
		return;
	}
	l->is_open = true;
	l->remote->counts.connections++;
	timer_set(l);
}

static void
hosts_found(void *link)
{
	struct link *const l = link;
	if (l->hosts.count == 0) {
		const struct remote_result r = {.outcome = l->hosts.outcome,
			.stage = REMOTE_AT_DNS,
			.condition = l->hosts.condition,
			.status = str_of(l->hosts.status),
			.words = str_of(l->hosts.words),
			.is_ours = str_is_set(l->place->where.host)};
		job_note(l->job, &r);
	}
	link_connect_next(l);
}

static void
connecting(struct link *l)
{
	const int error = stream_connected(&l->stream);
	if (error == EINPROGRESS)
		return;
	if (error != 0)
		connect_failed(l, error);
	else if (link_is_immediate(l))
		link_shake_begin(l);
	else
		link_talk_begin(l, false);
}

/* Goes on with whatever can go on. */
static void
link_run(void *link)
{
	struct link *const l = link;
	if (l->state == LINK_IDLE) { /* it speaks, or is gone */
		l->place->idle_count--;
		l->state = LINK_TALKING;
		if (!link_fill(l)) {
			l->place->idle_count++;
			l->state = LINK_IDLE;
		}
	}
	if (l->state == LINK_CONNECTING)
		connecting(l);
	for (bool goes_on = true; goes_on;) {
		if (l->state == LINK_SHAKING)
			goes_on = link_shake(l, link_is_immediate(l));
		else
			goes_on = l->state == LINK_TALKING && link_talk(l);
	}
	timer_set(l);
}

static void
on_timer(evutil_socket_t fd, short what, void *link)
{
	struct link *const l = link;
	const int64_t now = clock_mono_ms();
	(void)fd;
	(void)what;
	switch (l->state) {
	case LINK_CONNECTING:
		if (now >= l->deadline_ms)
			connect_failed(l, ETIMEDOUT);
		break;
	case LINK_IDLE:
		if (now >= l->deadline_ms) {
			l->place->idle_count--;
			l->state = LINK_TALKING;
			client_quit(&l->client, now);
		}
		break;
	case LINK_SHAKING:
	case LINK_TALKING:
		if (l->state == LINK_TALKING)
			client_expire(&l->client, now);
		else if (now >= l->deadline_ms)
			snprintf(l->trouble, sizeof l->trouble, "the handshake took too long");
		break;
	default:
		break;
	}
	if (l->state == LINK_TALKING || l->state == LINK_SHAKING)
		link_run(l);
	else
		timer_set(l);
}

bool
link_open(struct place *p, struct remote_job *job)
{
	struct link *const l = calloc(1, sizeof *l);
	if (l == NULL)
		return false;
	l->remote = p->remote;
	l->place = p;
	l->job = job;
	job->link = l;
	l->stream.fd = -1;
	l->deadline_ms = INT64_MAX;
	l->out = (struct reply_buffer){l->out_room, 0, sizeof l->out_room};
	evtimer_assign(&l->timer, p->remote->options.base, on_timer, l);
	l->next = p->links;
	p->links = l;
	p->link_count++;
	p->remote->link_count++;
	if (hosts_find(&l->hosts, p->remote, &p->where, hosts_found, l))
		hosts_found(l);
	return true;
}

void
link_send(struct link *l, struct remote_job *job)
{
	l->place->idle_count--;
	l->state = LINK_TALKING;
	l->job = job;
	job->link = l;
	l->is_reused = true;
	l->remote->counts.reused++;
	link_try_begin(l);
	link_run(l);
}

void
link_cancel(struct link *l)
{
	l->job->is_cancelled = true;
	if (l->state == LINK_TALKING) {
		client_lost(&l->client, CAUSE_CANCELLED);
		link_run(l);
	} else {
		hosts_end(l);
	}
}
