/*
 * scheduler - what is due, in line by where it goes, so many at a time
 *
 * A message is looked at when the heap says so: its recipients that are due and not under way are
 * put into parcels by their destination, each parcel in the line of its lane. Lanes that have
 * somebody in line form a ring and take turns, so that one busy place cannot hold up the others.
 *
 * What is in memory is bounded: so many parcels in line, so many of one lane. What finds no room in
 * its lane waits there, as 16 bytes, and is looked at again when the lane has room.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/hash.h"
#include "deliver/destination.h"
#include "deliver/inside.h"
#include "deliver/round.h"
#include "net/clock.h"

#define LOOP_HEAD_BYTES 32768
#define FLIGHT_OF(node_) TABLE_OWNER(node_, struct flight, node)
#define LANE_OF(node_) TABLE_OWNER(node_, struct lane, node)
#define ALARM_EVERY_MS 600000
#define WALK_AGAIN_MS 30000
#define SLEEP_LONGEST_MS 60000 /* clocks are set, so look now and then */
#define DUE_SLACK 100000       /* entries of the heap beyond one for each message */

int64_t
deliver_now(struct deliver *d)
{
	if (d->options.now_ms != NULL)
		return d->options.now_ms(d->options.clock);
	return clock_wall_ms();
}

/* xorshift64*: jitter needs no more. */
uint32_t
deliver_random(struct deliver *d)
{
	uint64_t x = d->random;
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	d->random = x;
	return (uint32_t)(x * 0x2545F4914F6CDD1DULL >> 32);
}

void
deliver_log(struct deliver *d, enum eventlog_event event, const struct eventlog_field *fields,
	size_t count)
{
	eventlog_write(d->options.log, deliver_now(d), event, fields, count);
}

void
deliver_alarm(void *to, const char *words)
{
	struct deliver *const d = to;
	deliver_log(d, LOG_ALARM, &(struct eventlog_field){FIELD_WORDS, str_of(words)}, 1);
}

void
deliver_alarm_rarely(struct deliver *d, const char *words)
{
	const int64_t now = deliver_now(d);
	if (d->alarm_ms != 0 && now - d->alarm_ms < ALARM_EVERY_MS)
		return;
	d->alarm_ms = now;
	deliver_alarm(d, words);
}

void
deliver_wake(struct deliver *d)
{
	static const struct timeval at_once = {0};
	if (d->has_event)
		evtimer_add(&d->event, &at_once);
}

/* ---- when to look at a message */

/* The message must be found again by a walk, since there was no memory for it. */
static void
walk_later(struct deliver *d)
{
	d->must_walk = true;
	d->walk_ms = deliver_now(d) + WALK_AGAIN_MS;
}

static void
plan(struct deliver *d, uint64_t message, int64_t at_ms)
{
	if (at_ms == INT64_MAX)
		return;
	struct flight *const f = FLIGHT_OF(table_find(&d->flights, message));
	if (f != NULL) {
		if (f->planned_ms <= at_ms)
			return; /* that look will plan the next */
		f->planned_ms = at_ms;
	}
	if (!due_add(&d->due, at_ms, message))
		walk_later(d);
}

static bool
is_busy(const struct flight *f, uint32_t recipient)
{
	return f != NULL && recipient < f->recipient_count &&
	       (f->busy[recipient / 8] >> recipient % 8 & 1) != 0;
}

/* When the first recipient that waits, and is not under way, is due. */
static int64_t
message_due(struct deliver *d, const struct queue_message *m)
{
	const struct flight *const f = FLIGHT_OF(table_find(&d->flights, m->id));
	int64_t first = INT64_MAX;
	for (size_t i = 0; i < m->envelope.recipient_count; i++) {
		const struct recipient_progress p = queue_recipient(m, i).progress;
		if (p.state == RECIPIENT_WAITING && p.due_ms < first && !is_busy(f, (uint32_t)i))
			first = p.due_ms;
	}
	return first;
}

static bool
walk_visit(void *to, const struct queue_message *m)
{
	struct deliver *const d = to;
	const int64_t at_ms = message_due(d, m);
	if (at_ms != INT64_MAX && !due_add(&d->due, at_ms, m->id)) {
		walk_later(d);
		return false;
	}
	return true;
}

static void
walk(struct deliver *d)
{
	d->must_walk = false;
	due_clear(&d->due);
	for (struct table_node *n = NULL; (n = table_next(&d->flights, n)) != NULL;)
		FLIGHT_OF(n)->planned_ms = INT64_MAX;
	for (struct table_node *n = NULL; (n = table_next(&d->lanes, n)) != NULL;)
		due_clear(&LANE_OF(n)->full);
	queue_each(d->options.queue, walk_visit, d);
}

/* Entries that nobody needs any more are rare; when they are many all the same, begin anew. */
static void
due_tidy(struct deliver *d, size_t *limit)
{
	if (d->due.count <= *limit)
		return;
	struct queue_counts counts;
	queue_count(d->options.queue, &counts);
	const size_t messages = (size_t)counts.here;
	if (d->due.count > 2 * messages + DUE_SLACK)
		walk(d);
	*limit = 2 * messages + 2 * DUE_SLACK;
}

/* ---- recipients under way */

static struct flight *
flight_get(struct deliver *d, const struct queue_message *m)
{
	struct flight *f = FLIGHT_OF(table_find(&d->flights, m->id));
	if (f != NULL)
		return f;
	const size_t count = m->envelope.recipient_count;
	f = calloc(1, sizeof *f + (count + 7) / 8);
	if (f == NULL || !table_reserve(&d->flights, 1)) {
		free(f);
		return NULL;
	}
	f->recipient_count = count;
	f->planned_ms = INT64_MAX;
	table_add(&d->flights, &f->node, m->id);
	return f;
}

static void
flight_end(struct deliver *d, struct flight *f)
{
	if (f->recipients > 0)
		return;
	table_remove(&d->flights, &f->node);
	free(f);
}

void
deliver_landed(struct deliver *d, uint64_t message, uint32_t recipient, int64_t not_before_ms)
{
	struct flight *const f = FLIGHT_OF(table_find(&d->flights, message));
	assert(f != NULL && is_busy(f, recipient));
	f->busy[recipient / 8] &= (unsigned char)~(1u << recipient % 8);
	f->recipients--;
	d->counts.under_way--;
	struct queue_message m;
	if (queue_find(d->options.queue, message, &m) && recipient < m.envelope.recipient_count) {
		const struct recipient_progress p = queue_recipient(&m, recipient).progress;
		if (p.state == RECIPIENT_WAITING)
			plan(d, message, p.due_ms > not_before_ms ? p.due_ms : not_before_ms);
	}
	flight_end(d, f);
	deliver_wake(d);
}

/* ---- lanes */

/* Two names of one hash share a lane, which harms nobody: each parcel knows where it goes. */
static struct lane *
lane_get(struct deliver *d, struct str name)
{
	const uint64_t hash = hash_add_case(HASH_FIRST, name);
	struct lane *l = LANE_OF(table_find(&d->lanes, hash));
	if (l != NULL)
		return l;
	l = calloc(1, sizeof *l);
	if (l == NULL || !table_reserve(&d->lanes, 1)) {
		free(l);
		return NULL;
	}
	l->end = &l->first;
	table_add(&d->lanes, &l->node, hash);
	d->counts.lanes++;
	return l;
}

static void
ring_add(struct deliver *d, struct lane *l)
{
	l->next = NULL;
	l->link = d->ring_end;
	*d->ring_end = l;
	d->ring_end = &l->next;
}

static void
ring_remove(struct deliver *d, struct lane *l)
{
	*l->link = l->next;
	if (l->next != NULL)
		l->next->link = l->link;
	else
		d->ring_end = l->link;
	l->link = NULL;
}

/* Who found the lane full is looked at when it is due, as everybody: the lane does not take turns
 * any more. */
static void
full_release(struct deliver *d, struct lane *l, size_t most)
{
	for (; most > 0 && l->full.count > 0; most--) {
		const int64_t at_ms = due_next(&l->full);
		if (!due_add(&d->due, at_ms, due_take(&l->full, at_ms)))
			walk_later(d);
	}
}

static void
lane_end(struct deliver *d, struct lane *l)
{
	if (l->in_line > 0 || l->under_way > 0)
		return;
	full_release(d, l, SIZE_MAX);
	table_remove(&d->lanes, &l->node);
	d->counts.lanes--;
	due_fini(&l->full);
	free(l);
}

static void
lane_add(struct deliver *d, struct lane *l, struct parcel *p)
{
	p->lane = l;
	p->next = NULL;
	*l->end = p;
	l->end = &p->next;
	if (l->in_line++ == 0)
		ring_add(d, l);
	d->in_line++;
	d->counts.in_line += p->count;
}

static struct parcel *
lane_take(struct deliver *d, struct lane *l)
{
	struct parcel *const p = l->first;
	l->first = p->next;
	p->next = NULL;
	if (l->first == NULL)
		l->end = &l->first;
	if (--l->in_line == 0) {
		ring_remove(d, l);
		full_release(d, l, LANE_PARCELS_MAX);
	}
	d->in_line--;
	d->counts.in_line -= p->count;
	return p;
}

static bool
carrier_is_local(enum carrier carrier)
{
	return carrier == CARRIER_MAILDIR || carrier == CARRIER_PIPE;
}

static bool
carrier_has_room(struct deliver *d, const struct lane *l)
{
	const struct parcel *const p = l->first;
	if (carrier_is_local(p->carrier))
		return local_has_room(d->local, p->carrier);
	/* One is always with the remote side: its return is what wakes the lane again. */
	return d->away < d->settings.max_deliveries && (l->under_way == 0 || away_has_room(d, p));
}

static void
parcel_start(struct deliver *d, struct lane *l)
{
	struct parcel *const p = lane_take(d, l);
	l->under_way++;
	d->under_way++;
	p->began_ms = deliver_now(d);
	if (carrier_is_local(p->carrier)) {
		local_start(d->local, p);
	} else {
		d->away++;
		away_start(d, p);
	}
}

/* Each lane of the ring gets a turn, again and again, until nobody has room. */
static void
lanes_turn(struct deliver *d)
{
	bool did = true;
	while (did) {
		did = false;
		struct lane *l = d->ring;
		struct lane *const last =
			l == NULL ? NULL : TABLE_OWNER(d->ring_end, struct lane, next);
		while (l != NULL) {
			struct lane *const next = l == last ? NULL : l->next;
			if (carrier_has_room(d, l)) {
				parcel_start(d, l);
				did = true;
			}
			l = next;
		}
	}
}

void
deliver_returned(void *to, struct parcel *p)
{
	struct deliver *const d = to;
	struct lane *const l = p->lane;
	settle(d, p);
	l->under_way--;
	d->under_way--;
	d->away -= !carrier_is_local(p->carrier);
	lane_end(d, l);
	parcel_free(p);
	deliver_wake(d);
}

/* ---- looking at a message */

/* What one look puts together. */
struct look {
	struct deliver *d;
	const struct queue_message *m;
	struct flight *flight;
	struct parcel *parcels; /* not yet in line */
	size_t taken, examined;
	struct arena head_arena;
	struct str head;   /* the message's first bytes, when they were asked for */
	struct lane *full; /* the last one that had no room */
	bool is_starved;   /* no memory, or no room in a lane */
};

static struct parcel *
parcel_new(const struct look *k, const struct destination *to)
{
	struct arena a;
	arena_init(&a, PARCEL_ARENA_BYTES_MAX);
	const struct queue_envelope *const v = &k->m->envelope;
	struct parcel *const p = arena_alloc(&a, 1, sizeof *p);
	char id[QUEUE_ID_BYTES];
	queue_id_text(k->m->id, id);
	if (p == NULL) {
		arena_fini(&a);
		return NULL;
	}
	p->message = k->m->id;
	p->body_bytes = k->m->body_bytes;
	p->id = arena_str(&a, str_of(id));
	p->flags = v->flags;
	p->arrived_ms = v->arrived_ms;
	p->reverse_path = arena_str(&a, v->reverse_path);
	p->envelope_id = arena_str(&a, v->envelope_id);
	p->client = arena_str(&a, v->client);
	p->carrier = to->carrier;
	p->lane_name = arena_str(&a, to->lane_name);
	p->remote = to->remote;
	p->remote.domain = arena_str(&a, to->remote.domain);
	p->remote.host = arena_str(&a, to->remote.host);
	p->remote.user = arena_str(&a, to->remote.user);
	p->remote.password = arena_str(&a, to->remote.password);
	p->is_own_relay = to->is_own_relay;
	p->arena = a;
	return p;
}

static size_t
parcel_most(enum carrier carrier)
{
	return carrier == CARRIER_MAILDIR ? LOCAL_PARCEL_RECIPIENTS_MAX
	       : carrier == CARRIER_PIPE  ? 1
					  : PARCEL_RECIPIENTS_MAX;
}

static bool
parcel_add(struct parcel *p, const struct queue_recipient *r, uint32_t place,
	const struct destination *to)
{
	if ((p->count & (p->count - 1)) == 0) { /* it doubles at powers of two */
		const size_t room = p->count == 0 ? 1 : 2 * p->count;
		struct parcel_recipient *const more =
			arena_alloc(&p->arena, room, sizeof *p->recipients);
		if (more == NULL)
			return false;
		if (p->count > 0)
			memcpy(more, p->recipients, p->count * sizeof *more);
		p->recipients = more;
	}
	p->recipients[p->count] = (struct parcel_recipient){.place = place,
		.forward_path = arena_str(&p->arena, r->forward_path),
		.original = r->original.len > 0 ? arena_str(&p->arena, r->original) : STR_NONE,
		.notify = r->notify,
		.attempts = r->progress.attempts,
		.address = arena_str(&p->arena, to->address),
		.quota_bytes = to->quota_bytes};
	if (arena_failed(&p->arena))
		return false;
	p->count++;
	return true;
}

/* The parcel of this look that goes there and has room, or a new one. */
static struct parcel *
parcel_for(struct look *k, const struct destination *to)
{
	for (struct parcel *p = k->parcels; p != NULL; p = p->next)
		if (p->carrier == to->carrier && p->count < parcel_most(p->carrier) &&
			str_eq_case(p->lane_name, to->lane_name))
			return p;
	struct parcel *const p = parcel_new(k, to);
	if (p != NULL) {
		p->next = k->parcels;
		k->parcels = p;
	}
	return p;
}

static void
mark_busy(struct look *k, uint32_t place)
{
	k->flight->busy[place / 8] |= (unsigned char)(1u << place % 8);
	k->flight->recipients++;
	k->d->counts.under_way++;
	k->taken++;
}

/* Settled without a carrier: what the directory says is the outcome, or, with CONDITION__COUNT, the
 * last attempt is. */
static void
settle_here(struct look *k, const struct queue_recipient *r, uint32_t place,
	enum condition condition, struct str why)
{
	const struct destination nowhere = {.carrier = CARRIER_MAILDIR};
	struct parcel *const p = parcel_new(k, &nowhere);
	if (p == NULL || !parcel_add(p, r, place, &nowhere)) {
		k->is_starved = true;
		parcel_free(p);
		return;
	}
	mark_busy(k, place);
	p->began_ms = deliver_now(k->d);
	if (condition != CONDITION__COUNT)
		parcel_fail(p, condition, why, p->began_ms);
	settle(k->d, p);
	parcel_free(p);
}

/* The way round, when the message has been here before; asked at the first attempt. */
static struct str
loop_of(struct look *k, const struct queue_recipient *r, const struct destination *to,
	struct arena *a)
{
	const uint64_t bytes =
		k->m->body_bytes < LOOP_HEAD_BYTES ? k->m->body_bytes : LOOP_HEAD_BYTES;
	if (r->progress.attempts > 0)
		return STR_NONE;
	if (!str_is_set(k->head)) {
		char *const room = arena_bytes(&k->head_arena, LOOP_HEAD_BYTES);
		const bool ok = room != NULL && queue_body_read(k->d->options.queue, k->m->id, 0,
							room, (size_t)bytes) == 0;
		/* One that cannot be read is the carrier's to find. */
		k->head = ok ? (struct str){room, (size_t)bytes} : STR("");
	}
	return round_find(k->head, k->d->settings.hostname,
		to->carrier == CARRIER_REMOTE ? STR_NONE : to->address, a);
}

static void
look_recipient(struct look *k, uint32_t place)
{
	struct deliver *const d = k->d;
	const struct queue_recipient one = queue_recipient(k->m, place);
	const struct queue_recipient *const r = &one;
	if (str_eq(r->progress.why, STR(RULE_REPORT_LATER))) {
		settle_here(k, r, place, CONDITION__COUNT, STR_NONE);
		return;
	}
	struct arena a;
	arena_init(&a, PARCEL_ARENA_BYTES_MAX);
	struct destination to;
	enum condition refusal = CONDITION_MAIL_GOES_ROUND;
	struct str why;
	const bool has_way = destination_find(d->options.directory, &d->settings, r->forward_path,
		k->m->envelope.reverse_path, &a, &to, &refusal, &why);
	if (has_way)
		why = loop_of(k, r, &to, &a);
	if (!has_way || str_is_set(why)) {
		settle_here(k, r, place, refusal, why);
	} else {
		struct lane *const l =
			LANE_OF(table_find(&d->lanes, hash_add_case(HASH_FIRST, to.lane_name)));
		struct parcel *p = NULL;
		if (l == NULL || l->in_line < LANE_PARCELS_MAX)
			p = parcel_for(k, &to);
		else
			k->full = l;
		if (p != NULL && parcel_add(p, r, place, &to))
			mark_busy(k, place);
		else
			k->is_starved = true;
	}
	arena_fini(&a);
}

static void
look_done(struct look *k)
{
	struct deliver *const d = k->d;
	while (k->parcels != NULL) {
		struct parcel *const p = k->parcels;
		k->parcels = p->next;
		struct lane *const l = p->count == 0 ? NULL : lane_get(d, p->lane_name);
		if (l != NULL) {
			lane_add(d, l, p);
			continue;
		}
		for (size_t i = 0; i < p->count; i++) { /* no memory: as if not looked at */
			k->flight->busy[p->recipients[i].place / 8] &=
				(unsigned char)~(1u << p->recipients[i].place % 8);
			k->flight->recipients--;
			d->counts.under_way--;
			k->is_starved = true;
		}
		parcel_free(p);
	}
}

static void
look(struct deliver *d, uint64_t id)
{
	struct queue_message found;
	const struct queue_message *const m = &found;
	if (!queue_find(d->options.queue, id, &found))
		return;
	const int64_t now = deliver_now(d);
	struct look k = {.d = d, .m = m, .flight = flight_get(d, m)};
	if (k.flight == NULL) {
		walk_later(d);
		return;
	}
	arena_init(&k.head_arena, 2 * LOOP_HEAD_BYTES);
	k.flight->recipients++; /* so that nothing below ends it */
	if (k.flight->planned_ms <= now)
		k.flight->planned_ms = INT64_MAX;
	bool is_cut = false;
	for (size_t i = 0; i < m->envelope.recipient_count && !is_cut; i++) {
		const struct recipient_progress p = queue_recipient(m, i).progress;
		if (p.state != RECIPIENT_WAITING || p.due_ms > now ||
			is_busy(k.flight, (uint32_t)i))
			continue;
		is_cut = k.examined++ == LOOK_RECIPIENTS_MAX;
		if (!is_cut)
			look_recipient(&k, (uint32_t)i);
	}
	look_done(&k);
	arena_fini(&k.head_arena);
	k.flight->recipients--;
	const int64_t next = message_due(d, m);
	if (next > now || !k.is_starved || k.taken > 0)
		plan(d, id, next);
	else if (k.full == NULL || !due_add(&k.full->full, now, id))
		plan(d, id, now + NO_MEMORY_MS);
	else
		k.flight->planned_ms = now; /* in the lane */
	flight_end(d, k.flight);
}

void
deliver_note_told(struct deliver *d, uint64_t message)
{
	struct flight *const f = FLIGHT_OF(table_find(&d->flights, message));
	if (f != NULL)
		f->is_told = true;
}

bool
deliver_was_told(const struct deliver *d, uint64_t message)
{
	const struct flight *const f = FLIGHT_OF(table_find(&d->flights, message));
	return f != NULL && f->is_told;
}

bool
deliver_is_under_way(const struct deliver *d, uint64_t message, uint32_t recipient)
{
	return is_busy(FLIGHT_OF(table_find(&d->flights, message)), recipient);
}

bool
deliver_settle(struct deliver *d, uint64_t id, uint32_t recipient, enum condition condition)
{
	struct queue_message m;
	if (!queue_find(d->options.queue, id, &m) || recipient >= m.envelope.recipient_count ||
		deliver_is_under_way(d, id, recipient))
		return false;
	const struct queue_recipient r = queue_recipient(&m, recipient);
	if (recipient_is_final(r.progress.state))
		return false;
	struct look k = {.d = d, .m = &m, .flight = flight_get(d, &m)};
	if (k.flight == NULL)
		return false;
	k.flight->recipients++;
	settle_here(&k, &r, recipient, condition, STR_NONE);
	k.flight->recipients--;
	flight_end(d, k.flight);
	return !k.is_starved;
}

/* ---- turns */

/* Lanes that have room again: who found them full is before who is new. How many were looked at. */
static int
look_again(struct deliver *d)
{
	int looks = 0;
	for (struct lane *l = d->ring; l != NULL; l = l->next)
		while (l->full.count > 0 && l->in_line < LANE_PARCELS_MAX &&
			d->in_line < PARCELS_IN_LINE_MAX && looks < LOOKS_AGAIN_MAX) {
			look(d, due_take(&l->full, INT64_MAX));
			looks++;
		}
	return looks;
}

/* Messages that are due are put in line, and those whose turn it is begin. */
static void
begin(struct deliver *d, int64_t now)
{
	uint64_t id;
	if (d->must_walk && now >= d->walk_ms)
		walk(d);
	due_tidy(d, &d->due_limit);
	for (int i = look_again(d); i < LOOKS_IN_TURN_MAX && d->in_line < PARCELS_IN_LINE_MAX &&
				    (id = due_take(&d->due, now)) != 0;
		i++)
		look(d, id);
	lanes_turn(d);
}

int64_t
deliver_turn(struct deliver *d)
{
	const int64_t now = deliver_now(d);
	const bool begins = d->is_started && !d->is_stopping;
	ledger_turn(&d->ledger, now);
	if (begins)
		begin(d, now);
	/* Behind what was begun just now: there may be something to read for it. */
	const bool has_more = select_turn(d);
	if (local_turn(d->local) || has_more)
		return now;
	int64_t next = now + SLEEP_LONGEST_MS;
	if (begins && d->in_line < PARCELS_IN_LINE_MAX && due_next(&d->due) < next)
		next = due_next(&d->due);
	if (d->ledger.again_ms < next)
		next = d->ledger.again_ms;
	return next > now ? next : now;
}

static void
on_timer(evutil_socket_t fd, short what, void *to)
{
	(void)fd;
	(void)what;
	struct deliver *const d = to;
	const int64_t next = deliver_turn(d);
	const int64_t now = deliver_now(d);
	const int64_t wait_ms = next > now ? next - now : 0;
	const struct timeval wait = {.tv_sec = (time_t)(wait_ms / 1000),
		.tv_usec = (suseconds_t)(wait_ms % 1000 * 1000)};
	if (!evtimer_pending(&d->event, NULL))
		evtimer_add(&d->event, &wait);
}

/* ---- beginning and end */

struct deliver *
deliver_new(const struct deliver_options *options)
{
	struct deliver *const d = calloc(1, sizeof *d);
	if (d == NULL)
		return NULL;
	d->options = *options;
	d->settings = *options->settings;
	d->random = options->seed * 2654435761ULL + 88172645463325252ULL;
	d->ring_end = &d->ring;
	d->due_limit = 2 * DUE_SLACK;
	ledger_init(&d->ledger, options->queue, options->now_ms, options->clock, deliver_alarm, d);
	d->local = local_new(d);
	if (d->local == NULL) {
		free(d);
		return NULL;
	}
	if (options->base != NULL) {
		evtimer_assign(&d->event, options->base, on_timer, d);
		d->has_event = true;
	}
	return d;
}

void
deliver_start(struct deliver *d)
{
	d->is_started = true;
	walk(d);
	deliver_wake(d);
}

void
deliver_settings_set(struct deliver *d, const struct deliver_settings *settings)
{
	d->settings = *settings;
	deliver_wake(d);
}

void
deliver_added(struct deliver *d, uint64_t message)
{
	if (!d->is_started)
		return;
	struct queue_message m;
	if (!queue_find(d->options.queue, message, &m))
		return;
	plan(d, message, message_due(d, &m));
	deliver_wake(d);
}

/* What stands in line was not begun: it waits in the queue as it did before. */
static void
lines_clear(struct deliver *d)
{
	while (d->ring != NULL) {
		struct lane *const l = d->ring;
		struct parcel *const p = lane_take(d, l);
		for (size_t i = 0; i < p->count; i++)
			deliver_landed(d, p->message, p->recipients[i].place, 0);
		parcel_free(p);
		lane_end(d, l);
	}
}

void
deliver_stop(struct deliver *d)
{
	if (d->is_stopping)
		return;
	d->is_stopping = true;
	lines_clear(d);
	away_stop(d);
	ledger_flush(&d->ledger);
}

bool
deliver_is_idle(const struct deliver *d)
{
	return d->under_way == 0 && d->in_line == 0 && local_is_idle(d->local) &&
	       d->ledger.open == 0;
}

void
deliver_free(struct deliver *d)
{
	if (d == NULL)
		return;
	select_stop(d);
	lines_clear(d);
	local_free(d->local);
	ledger_fini(&d->ledger);
	for (struct table_node *n; (n = table_next(&d->flights, NULL)) != NULL;) {
		table_remove(&d->flights, n);
		free(FLIGHT_OF(n));
	}
	for (struct table_node *n; (n = table_next(&d->lanes, NULL)) != NULL;) {
		table_remove(&d->lanes, n);
		due_fini(&LANE_OF(n)->full);
		free(LANE_OF(n));
	}
	table_fini(&d->flights);
	table_fini(&d->lanes);
	due_fini(&d->due);
	if (d->has_event)
		evtimer_del(&d->event);
	free(d);
}

void
deliver_counts(const struct deliver *d, struct deliver_counts *out)
{
	*out = d->counts;
}
