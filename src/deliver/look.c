/*
 * look - a message that is due: where each recipient goes now, put into parcels
 *
 * What needs no carrier (the directory refuses it, the mail goes round, its report was put off) is
 * settled at once, all recipients of one look together.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "deliver/destination.h"
#include "deliver/inside.h"
#include "deliver/round.h"
#include "sign/return_path.h"
#include "smtp/xtext.h"

#define LOOP_HEAD_BYTES 32768

/* What one look puts together. */
struct look {
	struct deliver *d;
	const struct queue_message *m;
	struct flight *flight;
	struct parcel *parcels; /* not yet in line */
	struct parcel *here;    /* those who need no carrier; or NULL */
	size_t taken, examined;
	struct arena head_arena;
	struct str head;   /* the message's first bytes, when they were asked for */
	struct lane *full; /* the last one that had no room */
	bool is_starved;   /* no memory, or no room in a lane */
};

static struct parcel *
parcel_new(const struct look *k, const struct destination *to, uint32_t list)
{
	struct arena a;
	arena_init(&a, PARCEL_ARENA_BYTES_MAX);
	const struct queue_envelope *const v = &k->m->envelope;
	struct copy copy;
	copy_of(k->m, list, &a, &copy);
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
	p->flags = copy.flags;
	p->arrived_ms = v->arrived_ms;
	p->list = list;
	p->reverse_path = arena_str(&a, copy.sender);
	p->envelope_id = arena_str(&a, copy.envelope_id);
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

/* ORCPT (RFC 3461 s4.2). Of a member it is the address that the list has, by which its owner knows
 * whom a bounce is about, wherever that one forwards to; it is not kept for each of thousands. */
static struct str
original_of(const struct queue_recipient *r, struct arena *a)
{
	if (r->original.len > 0)
		return arena_str(a, r->original);
	return r->list > 0 ? xtext_orcpt(r->forward_path, a) : STR_NONE;
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
		.original = original_of(r, &p->arena),
		.notify = r->notify,
		.kind = r->kind,
		.list = r->list,
		.attempts = r->progress.attempts,
		.address = arena_str(&p->arena, to->address),
		.quota_bytes = to->quota_bytes};
	if (arena_failed(&p->arena))
		return false;
	p->count++;
	return true;
}

/* Is that recipient told a signed return path? That of a list is always one of here. */
static bool
wants_signed(const struct look *k, const struct destination *to, const struct queue_recipient *r)
{
	const struct return_paths *const paths = k->d->options.return_paths;
	if (to->carrier != CARRIER_REMOTE || return_paths_is_excepted(paths, r->forward_path))
		return false;
	return r->list == 0 ? (k->m->envelope.flags & MESSAGE_SIGNS_RETURN) != 0
			    : return_paths_signs(paths, copy_list(k->m, r->list));
}

/* The parcel of this look that goes there and has room, or a new one. */
static struct parcel *
parcel_for(struct look *k, const struct destination *to, const struct queue_recipient *r)
{
	const bool is_signed = wants_signed(k, to, r);
	for (struct parcel *p = k->parcels; p != NULL; p = p->next)
		if (p->carrier == to->carrier && p->count < parcel_most(p->carrier) &&
			p->wants_signed == is_signed && p->list == r->list &&
			str_eq_case(p->lane_name, to->lane_name))
			return p;
	struct parcel *const p = parcel_new(k, to, r->list);
	if (p != NULL) {
		p->wants_signed = is_signed;
		if (is_signed)
			p->signed_path = return_paths_sign(k->d->options.return_paths,
				p->reverse_path, p->arrived_ms, &p->arena);
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

/* Without a carrier: what the directory says is the outcome, or, with CONDITION__COUNT, the last
 * attempt is. All of one look are settled together, so that one report tells of them. */
static bool
keep_here(struct look *k, const struct queue_recipient *r, uint32_t place, enum condition condition,
	struct str why)
{
	const struct destination nowhere = {.carrier = CARRIER_MAILDIR};
	if (k->here == NULL && (k->here = parcel_new(k, &nowhere, 0)) != NULL)
		k->here->began_ms = deliver_now(k->d);
	struct parcel *const p = k->here;
	if (p == NULL || !parcel_add(p, r, place, &nowhere)) {
		k->is_starved = true;
		return false;
	}
	mark_busy(k, place);
	if (condition != CONDITION__COUNT)
		parcel_fail_one(p, p->count - 1, condition, why, p->began_ms);
	return true;
}

/* A list: its members are recipients of their own, and that it took the message is the end of it.
 */
static void
expand_here(struct look *k, const struct queue_recipient *r, uint32_t place)
{
	if (keep_here(k, r, place, CONDITION__COUNT, STR_NONE))
		k->here->recipients[k->here->count - 1].result.outcome = CARRIED_EXPANDED;
}

static void
settle_here(struct look *k)
{
	if (k->here == NULL)
		return;
	settle(k->d, k->here);
	parcel_free(k->here);
	k->here = NULL;
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
		if ((r->notify == 0 || r->list != 0) && later_add(d, k->m, place)) {
			mark_busy(k, place);
			return;
		}
		keep_here(k, r, place, CONDITION__COUNT, STR_NONE);
		return;
	}
	if (r->kind == RECIPIENT_LIST) {
		expand_here(k, r, place);
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
		keep_here(k, r, place, refusal, why);
	} else {
		struct lane *const l = lane_find(d, to.lane_name);
		struct parcel *p = NULL;
		if (l == NULL || l->in_line < LANE_PARCELS_MAX)
			p = parcel_for(k, &to, r);
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
	settle_here(k);
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

void
look_at(struct deliver *d, uint64_t id)
{
	struct queue_message found;
	const struct queue_message *const m = &found;
	if (!queue_find(d->options.queue, id, &found))
		return;
	const int64_t now = deliver_now(d);
	struct look k = {.d = d, .m = m, .flight = flight_get(d, m)};
	if (k.flight == NULL) {
		plan_walk_later(d);
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
			flight_has(k.flight, (uint32_t)i))
			continue;
		is_cut = k.examined++ == LOOK_RECIPIENTS_MAX;
		if (!is_cut)
			look_recipient(&k, (uint32_t)i);
	}
	look_done(&k);
	arena_fini(&k.head_arena);
	k.flight->recipients--;
	const int64_t next = plan_message_due(d, m);
	if (next > now || !k.is_starved || k.taken > 0)
		plan_look(d, id, next);
	else if (k.full == NULL || !due_add(&k.full->full, now, id))
		plan_look(d, id, now + NO_MEMORY_MS);
	else
		k.flight->planned_ms = now; /* in the lane */
	flight_end(d, k.flight);
}

size_t
deliver_settle(struct deliver *d, uint64_t id, const uint32_t *recipients, size_t count,
	enum condition condition)
{
	struct queue_message m;
	if (!queue_find(d->options.queue, id, &m))
		return 0;
	struct look k = {.d = d, .m = &m, .flight = flight_get(d, &m)};
	if (k.flight == NULL)
		return 0;
	k.flight->recipients++; /* so that nothing below ends it */
	for (size_t i = 0; i < count && !k.is_starved; i++) {
		if (recipients[i] >= m.envelope.recipient_count ||
			flight_has(k.flight, recipients[i]))
			continue;
		const struct queue_recipient r = queue_recipient(&m, recipients[i]);
		if (!recipient_is_final(r.progress.state))
			keep_here(&k, &r, recipients[i], condition, STR_NONE);
	}
	settle_here(&k);
	k.flight->recipients--;
	flight_end(d, k.flight);
	return k.taken;
}
