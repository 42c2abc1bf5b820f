/* What is said on a connection: the machine of smtp/client.h on a stream, one job after the other.
 */
#include "deliver/remote_inside.h"

#include <stdio.h>
#include <sys/random.h>

#define TAKEN_WORDS_MAX (CLEAR_WORDS_MAX + STREAM_WORDS_MAX + 2)
#define TEXT_PIECE_BYTES (24 << 10) /* of a message, read at a time */

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

/* What is worth a word though it was taken: that it went in clear, and what a policy in testing
 * would have said. */
static struct str
taken_words(const struct link *l, char words[static TAKEN_WORDS_MAX])
{
	char complaint[STREAM_WORDS_MAX];
	sts_complaint(l, complaint);
	snprintf(words, TAKEN_WORDS_MAX, "%s%s%s", l->without_tls ? l->why_in_clear : "",
		l->without_tls && complaint[0] != '\0' ? "; " : "", complaint);
	return words[0] != '\0' ? str_of(words) : STR_NONE;
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
	char words[TAKEN_WORDS_MAX];
	link_try_note(l);
	struct remote_result r = link_result_of(l, e, outcomes[e->verdict]);
	if (r.outcome == REMOTE_TAKEN)
		r.words = taken_words(l, words);
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
		link_job_leave(l);
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
	link_disconnect(l);
	l->is_reused = l->stays_here = false;
	if (l->job == NULL) {
		link_kill(l);
		return;
	}
	l->without_tls = retries_in_clear;
	if (!stays_here) /* RFC 5321 s5.1: behind ourselves no host is nearer than we are */
		l->host = is_self ? l->hosts.count : l->host + 1;
	link_connect_next(l);
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
bool
link_fill(struct link *l)
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
bool
link_talk(struct link *l)
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
			return link_fill(l); /* it may not want to hear the rest */
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
			return link_fill(l);
		}
		if (kind == CLIENT_FLUSH || link_fill(l))
			return true;
		stream_wait(&l->stream, STREAM_READ);
		return false;
	default:
		return true;
	}
}
