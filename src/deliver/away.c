/* away - parcels that go to other servers, by way of remote.h */
#include <stdlib.h>

#include "deliver/inside.h"

/* A parcel with the remote side. */
struct trip {
	struct trip *next, **link;
	struct deliver *d;
	struct parcel *parcel;
	struct remote_job *job;
};

static int
body_read(void *of, uint64_t offset, void *to, size_t bytes)
{
	const struct trip *const t = of;
	return queue_body_read(t->d->options.queue, t->parcel->message, offset, to, bytes);
}

/* How far it came, in the words of a report. */
static enum nixie_stage
stage_of(enum remote_stage stage)
{
	static const enum nixie_stage stages[REMOTE_STAGE_COUNT] = {
		[REMOTE_AT_DNS] = NIXIE_STAGE_NONE,
		[REMOTE_AT_CONNECT] = NIXIE_STAGE_CONNECT,
		[REMOTE_AT_GREETING] = NIXIE_STAGE_CONNECT,
		[REMOTE_AT_HELLO] = NIXIE_STAGE_HELO,
		[REMOTE_AT_TLS] = NIXIE_STAGE_STARTTLS,
		[REMOTE_AT_LOGIN] = NIXIE_STAGE_AUTH,
		[REMOTE_AT_MAIL] = NIXIE_STAGE_MAIL,
		[REMOTE_AT_RCPT] = NIXIE_STAGE_RCPT,
		[REMOTE_AT_DATA] = NIXIE_STAGE_DATA,
		[REMOTE_AT_TEXT] = NIXIE_STAGE_DATA,
		[REMOTE_AT_END] = NIXIE_STAGE_END_OF_DATA,
	};
	return (unsigned)stage < REMOTE_STAGE_COUNT ? stages[stage] : NIXIE_STAGE_NONE;
}

/* "mx1.example.org [192.0.2.1]:25" */
static struct str
peer_text(const struct remote_try *t, struct arena *a)
{
	if (t == NULL)
		return STR_NONE;
	char room[STR_DIGITS_MAX];
	struct str s = t->name;
	if (t->ip.len > 0)
		s = arena_join(a, arena_join(a, s, STR(" ["), t->ip), STR("]"), STR_NONE);
	return t->port == 0 ? arena_str(a, s)
			    : arena_join(a, s, STR(":"), str_digits(t->port, room));
}

/* What was answered: the server's words, or what happened in ours. */
static struct str
answer_text(const struct remote_result *r, const struct parcel *p,
	const struct parcel_recipient *to, struct arena *a)
{
	if (r->reply.len > 0 && r->condition == CONDITION__COUNT)
		return arena_str(a, r->reply);
	if (r->condition != CONDITION__COUNT) {
		const struct attempt_blanks blanks = {
			.domain = p->remote.domain.len > 0 ? p->remote.domain : p->remote.host,
			.host = r->peer != NULL ? r->peer->name : p->remote.host,
			.ip = r->peer != NULL ? r->peer->ip : STR_NONE,
			.rcpt = to->address,
			.sender = p->reverse_path,
			.text = r->words.len > 0 ? r->words : r->reply,
			.seconds = r->peer != NULL ? r->peer->took_ms / 1000 : 0,
			.kb = (int64_t)(p->body_bytes / 1024),
			.max_kb = r->size_bytes_max / 1024};
		return attempt_words(r->condition, &blanks, a);
	}
	return arena_join(a, r->status, r->status.len > 0 ? STR(" ") : STR(""), r->words);
}

static void
carry(const struct remote_result *r, const struct remote_report *report, struct parcel *p,
	struct parcel_recipient *to, int64_t now_ms)
{
	struct arena *const a = &p->arena;
	const struct remote_try *const peer = r->peer;
	struct carried *const c = &to->result;
	(void)report;
	*c = (struct carried){
		.attempt = {.at_ms = peer != NULL ? peer->began_ms : now_ms,
			.stage = stage_of(r->stage),
			.condition =
				r->condition == CONDITION__COUNT ? ATTEMPT_ANSWERED : r->condition,
			.host = peer != NULL ? arena_str(a, peer->name) : STR_NONE,
			.ip = peer != NULL && peer->ip.len > 0 ? arena_str(a, peer->ip) : STR_NONE,
			.tls = peer != NULL && peer->tls.len > 0 ? arena_str(a, peer->tls)
								 : STR_NONE,
			.answer = answer_text(r, p, to, a)},
		.peer = peer_text(peer, a),
		.words = r->words.len > 0 ? arena_str(a, r->words) : STR_NONE,
		.stage = remote_stage_name(r->stage),
		.code = r->code,
		.took_ms = peer != NULL ? peer->took_ms : 0,
		.not_before_ms = r->not_before_ms,
		.is_ours = r->is_ours,
		.may_be_taken = r->may_be_taken,
		.passed_dsn_on = peer != NULL && peer->offers_dsn};
	switch (r->outcome) {
	case REMOTE_TAKEN:
		c->outcome = p->carrier == CARRIER_LMTP ? CARRIED_DELIVERED : CARRIED_RELAYED;
		break;
	case REMOTE_UNTRIED:
		c->outcome = CARRIED_UNTRIED;
		break;
	case REMOTE_DEFERRED:
	case REMOTE_REFUSED:
		c->outcome = CARRIED_FAILED;
		break;
	}
}

static void
trip_end(struct trip *t)
{
	*t->link = t->next;
	if (t->next != NULL)
		t->next->link = t->link;
	struct deliver *const d = t->d;
	struct parcel *const p = t->parcel;
	free(t);
	deliver_returned(d, p);
}

static void
on_done(void *to, const struct remote_report *report)
{
	struct trip *const t = to;
	const int64_t now = deliver_now(t->d);
	for (size_t i = 0; i < t->parcel->count && i < report->result_count; i++)
		carry(&report->results[i], report, t->parcel, &t->parcel->recipients[i], now);
	trip_end(t);
}

bool
away_has_room(struct deliver *d, const struct parcel *p)
{
	return remote_room(d->options.remote, &p->remote) > 0;
}

void
away_start(struct deliver *d, struct parcel *p)
{
	struct trip *const t = calloc(1, sizeof *t);
	struct remote_recipient *const to = arena_alloc(&p->arena, p->count, sizeof *to);
	if (t == NULL || to == NULL) {
		free(t);
		deliver_returned(d, p); /* untried, every one */
		return;
	}
	for (size_t i = 0; i < p->count; i++)
		to[i] = (struct remote_recipient){.forward_path = p->recipients[i].address,
			.original = p->recipients[i].original,
			.notify = p->recipients[i].notify};
	*t = (struct trip){.next = d->trips, .link = &d->trips, .d = d, .parcel = p};
	if (d->trips != NULL)
		d->trips->link = &t->next;
	d->trips = t;
	const struct remote_message message = {.id = p->id,
		.flags = p->flags,
		.reverse_path = str_is_set(p->signed_path) ? p->signed_path : p->reverse_path,
		.envelope_id = p->envelope_id.len > 0 ? p->envelope_id : STR_NONE,
		.recipients = to,
		.recipient_count = p->count,
		.body = {.bytes = p->body_bytes, .read = body_read, .of = t}};
	t->job = remote_start(d->options.remote, &p->remote, &message, on_done, t);
	if (t->job == NULL)
		trip_end(t);
}

void
away_stop(struct deliver *d)
{
	struct trip *t = d->trips;
	while (t != NULL) {
		struct trip *const next = t->next;
		remote_cancel(d->options.remote, t->job);
		t = next;
	}
}
