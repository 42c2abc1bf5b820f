/*
 * local - mailboxes and commands here
 *
 * The message is read from the queue on the loop, a piece at a time and so many bytes in all, then
 * a thread writes it where it goes: into a Maildir, or into a file without a name that a command
 * gets as its input.
 */
#include "deliver/local_inside.h"
#include "net/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TURN_BYTES (256u << 10)         /* read from the queue in one turn */
#define BYTES_IN_MEMORY_MAX (64u << 20) /* of all messages; a larger one comes alone */
#define DAY_MS INT64_C(86400000)

struct local *
local_new(struct deliver *d)
{
	struct local *const l = calloc(1, sizeof *l);
	if (l == NULL)
		return NULL;
	l->d = d;
	l->reading_end = &l->reading;
	l->started_ms = deliver_now(d);
	return l;
}

bool
local_is_idle(const struct local *l)
{
	return l->open == 0;
}

bool
local_has_room(const struct local *l, enum carrier carrier)
{
	return carrier == CARRIER_PIPE ? l->pipes < PIPE_COMMANDS_MAX
				       : l->open - l->pipes < LOCAL_PARCELS_MAX;
}

/* ---- the end of an errand */

static void
bytes_free(struct errand *e)
{
	if (e->bytes != NULL)
		e->local->bytes_in_memory -= e->parcel->body_bytes;
	free(e->bytes);
	e->bytes = NULL;
}

void
local_errand_end(struct errand *e)
{
	struct local *const l = e->local;
	struct parcel *const p = e->parcel;
	l->open--;
	l->pipes -= p->carrier == CARRIER_PIPE;
	bytes_free(e);
	if (e->input >= 0)
		close(e->input);
	free(e);
	deliver_returned(l->d, p);
}

/* How long a full mailbox has had no room for the message, or for those before it. */
static int64_t
full_for_ms(const struct parcel *p, const struct written *w)
{
	const int64_t since_ms = w->error.full_since_s * 1000;
	return w->at_ms - (since_ms < p->arrived_ms ? since_ms : p->arrived_ms);
}

void
local_fail(struct errand *e, struct parcel_recipient *r, enum condition condition, struct str words,
	const struct written *w)
{
	struct parcel *const p = e->parcel;
	r->result = (struct carried){.outcome = CARRIED_FAILED,
		.attempt = {.at_ms = w->at_ms, .condition = condition},
		.words = arena_str(&p->arena, words)};
	r->result.attempt.answer = attempt_words(condition,
		&(struct attempt_blanks){.rcpt = r->forward_path,
			.address = r->address,
			.sender = p->reverse_path,
			.text = r->result.words,
			.days = full_for_ms(p, w) / DAY_MS},
		&p->arena);
}

static void
all_unreadable(struct errand *e)
{
	struct parcel *const p = e->parcel;
	const int64_t now = deliver_now(e->local->d);
	for (size_t i = 0; i < p->count; i++)
		p->recipients[i].result = (struct carried){.outcome = CARRIED_UNREADABLE,
			.attempt = {.at_ms = now, .condition = ATTEMPT_ANSWERED},
			.words = arena_str(&p->arena, str_of(strerror(-e->error)))};
	local_errand_end(e);
}

void
local_fail_all(struct errand *e, enum condition condition, const char *words)
{
	struct parcel *const p = e->parcel;
	const struct written now = {.at_ms = deliver_now(e->local->d)};
	for (size_t i = 0; i < p->count; i++)
		local_fail(e, &p->recipients[i], condition, str_of(words), &now);
	local_errand_end(e);
}

/* ---- in the thread */

struct str
local_head(
	const struct parcel *p, const struct parcel_recipient *r, char room[LOCAL_HEAD_BYTES_MAX])
{
	const int n = snprintf(room, LOCAL_HEAD_BYTES_MAX,
		"Return-Path: <%.*s>\r\nDelivered-To: %.*s\r\n",
		(int)str_head(p->reverse_path, 900).len, p->reverse_path.ptr,
		(int)str_head(r->address, 900).len, r->address.ptr);
	return (struct str){room, (size_t)n};
}

static void
mailbox_write(struct errand *e, size_t i)
{
	const struct parcel *const p = e->parcel;
	const struct parcel_recipient *const r = &p->recipients[i];
	struct written *const w = &e->written[i];
	char path[MAILBOX_PATH_MAX], head[LOCAL_HEAD_BYTES_MAX],
		id[QUEUE_ID_BYTES + STR_DIGITS_MAX];
	struct str domain = r->address;
	const struct str local = str_cut(&domain, '@');
	if (!mailbox_path(e->mail_folder, domain, local, path)) {
		w->error.code = ENAMETOOLONG;
		snprintf(w->error.words, sizeof w->error.words,
			"the path of the mailbox is too long");
		w->result = MAILBOX_FAILED;
		return;
	}
	snprintf(id, sizeof id, "%.*s%u", (int)p->id.len, p->id.ptr, (unsigned)r->place);
	struct str rest = {e->bytes, e->have};
	const struct mailbox_message message = {.head = local_head(p, r, head),
		.source = mailbox_source_text,
		.from = &rest,
		.bytes = p->body_bytes,
		.id = str_of(id),
		.host = e->hostname,
		.arrived_s = p->arrived_ms / 1000,
		.now_s = w->at_ms / 1000,
		/* An attempt may have been made that nobody remembers: before a crash. */
		.may_be_there = r->attempts > 0 || p->arrived_ms <= e->local->started_ms};
	w->result = maildir_deliver(path, &message, r->quota_bytes, &w->error);
	/* The first mail of a domain. */
	if (w->result == MAILBOX_FAILED && w->error.code == ENOENT &&
		mailbox_parents_make(path, &w->error)) {
		rest = (struct str){e->bytes, e->have};
		w->result = maildir_deliver(path, &message, r->quota_bytes, &w->error);
	}
}

static void
errand_run(struct work *work)
{
	struct errand *const e = (struct errand *)work;
	struct parcel *const p = e->parcel;
	for (size_t i = 0; i < p->count; i++) {
		struct written *const w = &e->written[i];
		const int64_t began = clock_mono_ms();
		if (p->carrier == CARRIER_MAILDIR)
			mailbox_write(e, i);
		w->took_ms = clock_mono_ms() - began;
	}
	if (p->carrier == CARRIER_PIPE)
		local_input_write(e);
}

/* ---- back on the loop */

static void
mailbox_done(struct errand *e, size_t i)
{
	struct local *const l = e->local;
	struct parcel *const p = e->parcel;
	struct parcel_recipient *const r = &p->recipients[i];
	const struct written *const w = &e->written[i];
	const bool is_in_grace = full_for_ms(p, w) < l->d->settings.quota_grace_s * 1000;
	switch (w->result) {
	case MAILBOX_DONE:
		r->result = (struct carried){.outcome = CARRIED_DELIVERED,
			.attempt = {.at_ms = w->at_ms,
				.condition = ATTEMPT_ANSWERED,
				.answer = STR("2.0.0 in the mailbox")},
			.took_ms = w->took_ms};
		break;
	case MAILBOX_FULL:
		local_fail(e, r,
			is_in_grace ? CONDITION_QUOTA_REACHED : CONDITION_QUOTA_REACHED_FOR_DAYS,
			str_of(w->error.words), w);
		break;
	case MAILBOX_FAILED:
	case MAILBOX_UNREADABLE: /* of bytes in memory, that cannot be */
		local_fail(e, r, CONDITION_MAILBOX_NOT_WRITTEN, str_of(w->error.words), w);
		r->result.is_ours = true;
		break;
	}
}

static void
errand_done(struct work *work)
{
	struct errand *const e = (struct errand *)work;
	struct parcel *const p = e->parcel;
	if (p->carrier == CARRIER_PIPE) {
		bytes_free(e);
		if (e->input_error != 0)
			local_fail_all(e, CONDITION_PROGRAM_FAILED, strerror(e->input_error));
		else
			local_command_start(e);
		return;
	}
	for (size_t i = 0; i < p->count; i++)
		mailbox_done(e, i);
	local_errand_end(e);
}

/* ---- reading the message, and the beginning */

static bool
may_read(const struct local *l, const struct errand *e)
{
	return l->bytes_in_memory == 0 ||
	       l->bytes_in_memory + e->parcel->body_bytes <= BYTES_IN_MEMORY_MAX;
}

/* Reads on; true when it is whole, or cannot be. */
static bool
errand_read(struct errand *e, uint64_t *budget)
{
	struct parcel *const p = e->parcel;
	if (e->bytes == NULL) {
		e->bytes = malloc((size_t)p->body_bytes + 1);
		if (e->bytes == NULL) {
			e->error = -ENOMEM;
			return true;
		}
		e->local->bytes_in_memory += p->body_bytes;
	}
	const uint64_t left = p->body_bytes - e->have;
	const uint64_t now = left < *budget ? left : *budget;
	e->error = queue_body_read(
		e->local->d->options.queue, p->message, e->have, e->bytes + e->have, (size_t)now);
	e->have += now;
	*budget -= now;
	return e->error != 0 || e->have == p->body_bytes;
}

bool
local_turn(struct local *l)
{
	uint64_t budget = TURN_BYTES;
	while (l->reading != NULL && budget > 0) {
		struct errand *const e = l->reading;
		if (e->bytes == NULL && !may_read(l, e))
			return false; /* whoever ends wakes us */
		if (!errand_read(e, &budget))
			break;
		l->reading = e->next;
		if (l->reading == NULL)
			l->reading_end = &l->reading;
		const int64_t now = deliver_now(l->d);
		for (size_t i = 0; i < e->parcel->count; i++)
			e->written[i].at_ms = now;
		if (e->error == 0)
			workers_submit(l->d->options.workers, &e->work);
		else if (e->error == -ENOMEM)
			local_errand_end(e); /* untried */
		else
			all_unreadable(e);
	}
	return l->reading != NULL;
}

void
local_start(struct local *l, struct parcel *p)
{
	struct errand *const e = calloc(1, sizeof *e);
	struct written *const written = arena_alloc(&p->arena, p->count, sizeof *written);
	if (e == NULL || written == NULL) {
		free(e);
		deliver_returned(l->d, p); /* untried */
		return;
	}
	*e = (struct errand){.work = {.run = errand_run, .done = errand_done},
		.local = l,
		.parcel = p,
		.input = -1,
		.hostname = arena_str(&p->arena, l->d->settings.hostname),
		.mail_folder = arena_str(&p->arena, l->d->settings.mail_folder),
		.written = written};
	l->open++;
	l->pipes += p->carrier == CARRIER_PIPE;
	if (p->carrier == CARRIER_PIPE && l->d->options.pipe == NULL) {
		local_fail_all(e, CONDITION_PROGRAM_FAILED,
			"local_delivery is a command, and the server was not started with one");
		return;
	}
	*l->reading_end = e;
	l->reading_end = &e->next;
}

void
local_free(struct local *l)
{
	if (l == NULL)
		return;
	while (l->reading != NULL) {
		struct errand *const e = l->reading;
		l->reading = e->next;
		free(e->bytes);
		parcel_free(e->parcel);
		free(e);
	}
	free(l);
}
