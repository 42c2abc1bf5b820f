/* One connection: hosts tried in order, TLS, and the machine of smtp/client.h on a stream. */
#include "deliver/remote_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define TEXT_PIECE_BYTES (24 << 10) /* of a message, read at a time */

static void link_run(void *link);
static void connect_next(struct link *l);

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

static void
connection_close(struct link *l)
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
static void
link_kill(struct link *l)
{
	if (l->state == LINK_DEAD)
		return;
	if (l->state == LINK_IDLE)
		l->place->idle_count--;
	hosts_fini(&l->hosts);
	connection_close(l);
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
static void
job_leave(struct link *l)
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
	connection_close(l);
	l->host++;
	connect_next(l);
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
	const struct remote_result r = {.outcome = REMOTE_DEFERRED,
		.stage = REMOTE_AT_DNS,
		.condition = CONDITION_DNS_SILENT,
		.status = STR("4.4.3"),
		.words = str_of(words),
		.peer = l->try};
	job_note(l->job, &r);
	l->host++;
	connect_next(l);
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
	job_leave(l);
	link_kill(l);
}

static void
connect_next(struct link *l)
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
	connect_next(l);
}

/* ---- talking -------------------------------------------------------------------------------- */

static void
nonce_make(struct link *l)
{
	unsigned char bytes[sizeof l->nonce / 2];
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
		l->nonce[0] = '\0';
		return;
	}
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(l->nonce + 2 * i, 3, "%02x", bytes[i]);
}

void
link_talk_begin(struct link *l, bool is_secure)
{
	const struct remote_place *const w = &l->place->where;
	nonce_make(l);
	l->settings = (struct client_settings){.host = l->remote->settings.hostname,
		.is_lmtp = w->is_lmtp,
		.knows_self = str_is_set(w->domain),
		.tls = link_tls_wanted(l),
		.avoids = l->remote->settings.uses_chunking ? 0 : EXTENSION_CHUNKING,
		.user = w->user.len > 0 ? w->user : STR_NONE,
		.password = w->password,
		.nonce = l->nonce[0] != '\0' ? str_of(l->nonce) : STR_NONE};
	client_init(&l->client, &l->settings, is_secure, clock_mono_ms());
	l->state = LINK_TALKING;
	l->messages = 0;
	l->remote->counts.connected++;
}

/* The next transaction of the job, or what comes when there is none. */
static void
ready(struct link *l)
{
	struct remote_job *const job = l->job;
	uint32_t most = client_recipients_max(&l->client);
	if (client_is_tired(&l->client)) {
		l->stays_here = true;
		client_quit(&l->client, clock_mono_ms());
		return;
	}
	if (!job->was_reached) {
		job->was_reached = true;
		place_worked(l->place);
	}
	if (l->tls[0] == '\0' && l->messages == 0)
		l->remote->counts.tls_in_clear++;
	if (l->place->recipients_max > 0 && most > l->place->recipients_max)
		most = l->place->recipients_max;
	if (job_scan(job) != 0) {
		client_lost(&l->client, CAUSE_OWN_TEXT);
		return;
	}
	/* Said to need SMTPUTF8 is not needing it: RFC 6531 s3.4. */
	const bool has_utf8 = (l->client.offers & EXTENSION_SMTPUTF8) != 0;
	l->envelope = (struct client_envelope){.path = job->reverse_path,
		.size_bytes = (int64_t)job->body.bytes,
		.is_8bit = job->has_8bit,
		.is_utf8 = (job->flags & MESSAGE_SMTPUTF8) && (has_utf8 || job->has_8bit_header),
		.requires_tls = (job->flags & MESSAGE_REQUIRETLS) != 0,
		.is_ret_full = (job->flags & MESSAGE_RET_FULL) != 0,
		.is_ret_headers = (job->flags & MESSAGE_RET_HEADERS) != 0,
		.envelope_id = job->envelope_id,
		.recipients = job->batch,
		.recipient_count = job_batch(job, most)};
	l->offset = 0;
	l->messages++;
	l->remote->counts.transactions++;
	client_begin(&l->client, &l->envelope, clock_mono_ms());
}

/* A piece of the message; it is read once more when the buffer had no room for all of it. */
static void
text(struct link *l)
{
	static char piece[TEXT_PIECE_BYTES]; /* used within this call alone */
	struct remote_job *const job = l->job;
	const uint64_t left = job->body.bytes - l->offset;
	const size_t n = left < sizeof piece ? (size_t)left : sizeof piece;
	if (n > 0 && job->body.read(job->body.of, l->offset, piece, n) != 0) {
		client_lost(&l->client, CAUSE_OWN_TEXT);
		return;
	}
	const size_t used = client_text(
		&l->client, (struct str){piece, n}, n == left, &l->out, clock_mono_ms());
	l->offset += used;
	l->remote->counts.bytes += used;
}

static void
result(struct link *l, const struct client_event *e)
{
	struct remote_job *const job = l->job;
	static const enum remote_outcome outcomes[] = {
		[VERDICT_TAKEN] = REMOTE_TAKEN,
		[VERDICT_DEFERRED] = REMOTE_DEFERRED,
		[VERDICT_REFUSED] = REMOTE_REFUSED,
		[VERDICT_LATER] = REMOTE_DEFERRED,
	};
	link_try_note(l);
	struct remote_result r = link_result_of(l, e, outcomes[e->verdict]);
	if (r.outcome == REMOTE_TAKEN && l->without_tls)
		r.words = str_of(l->why_in_clear);
	if (e->verdict == VERDICT_LATER) {
		l->place->recipients_max = l->client.exchange.accepted;
		return; /* open still */
	}
	if (event_is_of_the_connection(e)) {
		job_note(job, &r);
		return;
	}
	job_settle(job, job->batch_places[e->recipient], &r);
}

/* A transaction is over. */
static void
done(struct link *l)
{
	struct remote_job *const job = l->job;
	if (!l->client.has_failed)
		l->is_reused = false;
	if (job->open_count == 0) /* else READY, or another host, goes on with it */
		job_leave(l);
}

/* The connection is of no more use. */
static void
failed(struct link *l, const struct client_event *e)
{
	struct remote_job *const job = l->job;
	if (job == NULL)
		return;
	link_try_note(l);
	/* A connection that was closed while it was idle says nothing about the message. */
	if (l->is_reused && l->client.exchange.heard == 0 && !e->may_be_taken &&
		(e->cause == CAUSE_LOST || (e->cause == CAUSE_REPLY && e->code == 421))) {
		job->has_failure = false;
		job->try_count -= l->try != NULL;
		l->try = NULL;
		l->stays_here = true;
		return;
	}
	if (e->cause == CAUSE_REPLY && e->code == 421)
		place_busy(l->place);
	const struct remote_result r = link_result_of(l, e,
		client_cause_row(e->cause)->is_permanent ||
				(e->cause == CAUSE_REPLY && e->code >= 500)
			? REMOTE_REFUSED
			: REMOTE_DEFERRED);
	job_note(job, &r);
}

/* Closed; on with the job elsewhere, if it is not over. */
static void
failed_end(struct link *l)
{
	const bool retries_in_clear =
		l->client.cause == CAUSE_TLS_FAILED && !l->without_tls && link_may_go_clear(l);
	const bool stays_here = l->stays_here || retries_in_clear;
	const bool is_self = l->client.cause == CAUSE_SELF;
	if (retries_in_clear)
		snprintf(l->why_in_clear, sizeof l->why_in_clear,
			"in clear, since the handshake failed: %s", l->trouble);
	connection_close(l);
	l->is_reused = l->stays_here = false;
	if (l->job == NULL) {
		link_kill(l);
		return;
	}
	l->without_tls = retries_in_clear;
	if (!stays_here) /* RFC 5321 s5.1: behind ourselves no host is nearer than we are */
		l->host = is_self ? l->hosts.count : l->host + 1;
	connect_next(l);
}

static bool
is_tired(const struct link *l)
{
	return client_is_tired(&l->client) || l->place->limit < l->place->link_count;
}

/* The job is over and the connection sound: the next job, or some time of idleness. */
static void
idle(struct link *l)
{
	struct place *const p = l->place;
	if (is_tired(l) || l->remote->settings.idle_ms == 0) {
		client_quit(&l->client, clock_mono_ms());
		return;
	}
	l->state = LINK_IDLE;
	p->idle_count++;
	l->deadline_ms = clock_mono_ms() + l->remote->settings.idle_ms;
	stream_wait(&l->stream, STREAM_READ);
	place_pump_later(l->remote);
}

/* Sends what was written; false while the other end takes no more. */
static bool
flush(struct link *l)
{
	while (l->out_sent < l->out.len) {
		const long n = stream_write(
			&l->stream, l->out.ptr + l->out_sent, l->out.len - l->out_sent);
		if (n == STREAM_AGAIN)
			return false;
		if (n < 0) {
			client_lost(&l->client, CAUSE_LOST);
			break;
		}
		l->out_sent += (size_t)n;
	}
	l->out.len = l->out_sent = 0;
	return true;
}

/* Reads what came; false when nothing did. */
static bool
fill(struct link *l)
{
	if (l->in_bytes == sizeof l->in)
		return false;
	const long n = stream_read(&l->stream, l->in + l->in_bytes, sizeof l->in - l->in_bytes);
	if (n == STREAM_AGAIN)
		return false;
	if (n <= 0)
		client_lost(&l->client, CAUSE_LOST);
	else
		l->in_bytes += (size_t)n;
	return true;
}

/* One event of the machine; false when the loop must wait, or the link is gone. */
static bool
talk(struct link *l)
{
	struct client_event e;
	struct str in = {l->in, l->in_bytes};
	const enum client_event_kind kind =
		client_next(&l->client, &in, &l->out, &e, clock_mono_ms());
	switch (kind) {
	case CLIENT_RESULT:
		result(l, &e);
		break;
	case CLIENT_FAILED:
		failed(l, &e);
		break;
	default:
		break;
	}
	memmove(l->in, in.ptr, in.len);
	l->in_bytes = in.len;
	switch (kind) {
	case CLIENT_DONE:
		done(l);
		return true;
	case CLIENT_READY:
		if (l->job == NULL)
			idle(l);
		else
			ready(l);
		return l->state == LINK_TALKING;
	case CLIENT_TEXT:
		if (l->out.len > 0 && !flush(l)) {
			stream_wait(&l->stream, STREAM_READ | STREAM_WRITE);
			return fill(l); /* it may not want to hear the rest */
		}
		text(l);
		return true;
	case CLIENT_TLS:
		if (!flush(l)) {
			stream_wait(&l->stream, STREAM_WRITE);
			return false;
		}
		link_shake_begin(l);
		return true;
	case CLIENT_CLOSE:
		flush(l);
		failed_end(l);
		return false;
	case CLIENT_FLUSH:
	case CLIENT_MORE:
		if (!flush(l)) {
			stream_wait(&l->stream, STREAM_READ | STREAM_WRITE);
			return fill(l);
		}
		if (kind == CLIENT_FLUSH || fill(l))
			return true;
		stream_wait(&l->stream, STREAM_READ);
		return false;
	default:
		return true;
	}
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
		if (!fill(l)) {
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
			goes_on = l->state == LINK_TALKING && talk(l);
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
