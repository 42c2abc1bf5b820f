#include "cli/log_tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDEX_SLOTS 8192 /* a power of two above LEAVES_MAX */
#define PENDING_BUCKETS 262144
#define EXAMPLE_BYTES_MAX 600
#define DEAD_KEY 0xFFFFFFFFu

/* ---- small things ---- */

/* A copy with a NUL; NULL for nothing. */
static char *
copy(struct nixie_str s, size_t most, bool *ok)
{
	if (s.len == 0)
		return NULL;
	const size_t n = s.len < most ? s.len : most;
	char *const to = malloc(n + 1);
	if (to == NULL) {
		*ok = false;
		return NULL;
	}
	memcpy(to, s.ptr, n);
	to[n] = '\0';
	return to;
}

static int
lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c | 32 : c;
}

static uint64_t
hash_more(uint64_t h, struct nixie_str s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (uint64_t)lower((unsigned char)s.ptr[i])) * 0x100000001B3u;
	h = (h ^ 0xFF) * 0x100000001B3u;
	return h ^ h >> 31;
}

static uint64_t
hash(struct nixie_str s)
{
	return hash_more(0xCBF29CE484222325u, s);
}

/* Adds to the set; true when it was not there. When the set may grow no more, everything is new. */
static bool
set_add(struct set *s, uint64_t key)
{
	key += key == 0;
	if (s->count * 2 >= s->room) {
		if (s->count >= DISTINCT_MAX)
			return true;
		const size_t room = s->room == 0 ? 4096 : s->room * 2;
		uint64_t *const slots = calloc(room, sizeof *slots);
		if (slots == NULL)
			return true;
		for (size_t i = 0; i < s->room; i++) {
			if (s->slots[i] == 0)
				continue;
			size_t at = s->slots[i] & (room - 1);
			while (slots[at] != 0)
				at = (at + 1) & (room - 1);
			slots[at] = s->slots[i];
		}
		free(s->slots);
		s->slots = slots;
		s->room = room;
	}
	size_t at = key & (s->room - 1);
	for (; s->slots[at] != 0; at = (at + 1) & (s->room - 1))
		if (s->slots[at] == key)
			return false;
	s->slots[at] = key;
	s->count++;
	return true;
}

/* ---- life ---- */

struct log_report *
log_report_new(const struct nixie_style *style)
{
	struct log_report *const r = calloc(1, sizeof *r);
	if (r == NULL)
		return NULL;
	r->style = *style;
	r->leaves = calloc(LEAVES_MAX, sizeof *r->leaves);
	r->index = calloc(INDEX_SLOTS, sizeof *r->index);
	r->buckets = calloc(PENDING_BUCKETS, sizeof *r->buckets);
	r->span.first_s = r->span.last_s = -1;
	r->unasked_span = r->span;
	if (r->leaves != NULL && r->index != NULL && r->buckets != NULL)
		return r;
	log_report_free(r);
	return NULL;
}

static void
leaf_fini(struct leaf *l)
{
	free(l->reason);
	free(l->provider);
	free(l->blocklist);
	free(l->blocklist_link);
	free(l->blocked_ip);
	free(l->example);
	free(l->example_place);
	for (size_t i = 0; i < l->step_count; i++)
		free(l->steps[i]);
}

void
log_report_free(struct log_report *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; r->leaves != NULL && i < r->leaf_count; i++)
		leaf_fini(&r->leaves[i]);
	for (size_t i = 0; i < DEAD_SHOWN_MAX; i++)
		free(r->dead[i]);
	free(r->leaves);
	free(r->index);
	free(r->pending);
	free(r->buckets);
	free(r->distinct.slots);
	free(r);
}

/* ---- leaves ---- */

/* What to do *here*: of our own refusals, what those can do who receive. */
static bool
take_steps(struct log_report *r, struct nixie_log *log, const struct nixie_log_event *event,
	struct leaf *l)
{
	struct nixie_log_event general = *event;
	struct nixie_advice advice;
	bool ok = true;
	/* The advice is for all who share the reason: it speaks of no one by name. */
	general.outcome.recipient = general.outcome.original_recipient =
		(struct nixie_str){NULL, 0};
	general.sender = (struct nixie_str){NULL, 0};
	if (nixie_log_advice(log, &general, &r->style, &advice) != NIXIE_OK)
		return false;
	const struct nixie_steps *const steps =
		event->direction == NIXIE_DIRECTION_INCOMING ? &advice.receiving_admin
		: advice.sending_admin.count > 0             ? &advice.sending_admin
							     : &advice.sender;
	for (size_t i = 0; i < steps->count && ok; i++)
		l->steps[l->step_count++] = copy(steps->list[i], 2000, &ok);
	return ok;
}

static bool
fill_leaf(struct log_report *r, struct nixie_log *log, const struct nixie_log_event *event,
	const char *path, uint64_t line, struct leaf *l)
{
	const struct nixie_outcome *const o = &event->outcome;
	char place[24];
	bool ok = true;
	const size_t n = strlen(path);
	snprintf(place, sizeof place, ":%llu", (unsigned long long)line);
	l->blocked_ip = copy(o->blocked_ip, 64, &ok);
	l->example = copy(o->diagnostic, EXAMPLE_BYTES_MAX, &ok);
	l->example_place = malloc(n + sizeof place);
	if (l->example_place == NULL)
		return false;
	memcpy(l->example_place, path, n);
	memcpy(l->example_place + n, place, strlen(place) + 1);
	return take_steps(r, log, event, l) && ok;
}

static struct leaf *
leaf_of(struct log_report *r, struct nixie_log *log, const struct nixie_log_event *event,
	const char *path, uint64_t line)
{
	const struct nixie_outcome *const o = &event->outcome;
	const bool is_full = r->leaf_count >= LEAVES_MAX - 512;
	const struct nixie_str none = {NULL, 0};
	const struct nixie_str provider = is_full ? none : o->provider;
	const struct nixie_str blocklist = is_full ? none : o->blocklist;
	const bool is_own = o->refuser == NIXIE_REFUSER_OWN_SERVER;
	uint64_t h = hash_more(hash_more(hash(o->reason), provider), blocklist);
	h += (uint64_t)event->direction * 2 + is_own;
	size_t at = h & (INDEX_SLOTS - 1);
	for (; r->index[at] != 0; at = (at + 1) & (INDEX_SLOTS - 1)) {
		struct leaf *const l = &r->leaves[r->index[at] - 1];
		if (l->direction == event->direction && l->is_own == is_own &&
			same(l->reason, o->reason) && same(l->provider, provider) &&
			same(l->blocklist, blocklist))
			return l;
	}
	if (r->leaf_count == LEAVES_MAX)
		return &r->leaves[0];
	bool ok = true;
	struct leaf *const l = &r->leaves[r->leaf_count++];
	r->index[at] = (uint32_t)r->leaf_count;
	l->direction = event->direction;
	l->is_own = is_own;
	l->reason = copy(o->reason.len > 0 ? o->reason : str("unknown"), 64, &ok);
	l->provider = copy(provider, 128, &ok);
	l->blocklist = copy(blocklist, 128, &ok);
	l->blocklist_link = copy(o->blocklist_link, 256, &ok);
	return fill_leaf(r, log, event, path, line, l) && ok ? l : NULL;
}

/* ---- those who wait ---- */

static uint32_t *
pending_find(struct log_report *r, uint64_t message, uint64_t recipient, bool any)
{
	uint32_t *at = &r->buckets[message & (PENDING_BUCKETS - 1)];
	while (*at != 0) {
		struct pending *const p = &r->pending[*at - 1];
		if (p->message == message && (any || p->recipient == recipient))
			return at;
		at = &p->next;
	}
	return NULL;
}

static uint32_t
pending_take(struct log_report *r, uint32_t *at)
{
	const uint32_t i = *at;
	struct pending *const p = &r->pending[i - 1];
	*at = p->next;
	p->next = r->pending_free;
	r->pending_free = i;
	r->pending_count--;
	return p->leaf;
}

static bool
pending_put(struct log_report *r, uint64_t message, uint64_t recipient, uint32_t leaf)
{
	if (r->pending_count >= PENDING_MAX)
		return true;
	uint32_t i = r->pending_free;
	if (i != 0) {
		r->pending_free = r->pending[i - 1].next;
	} else {
		if (r->pending_used == r->pending_room) {
			const uint32_t room = r->pending_room == 0 ? 1024 : r->pending_room * 2;
			struct pending *const p = realloc(r->pending, room * sizeof *p);
			if (p == NULL)
				return false;
			r->pending = p;
			r->pending_room = room;
		}
		i = ++r->pending_used;
	}
	uint32_t *const bucket = &r->buckets[message & (PENDING_BUCKETS - 1)];
	r->pending[i - 1] = (struct pending){message, recipient, leaf, *bucket};
	*bucket = i;
	r->pending_count++;
	return true;
}

/* ---- counting ---- */

static void
note_time(struct span *span, const struct nixie_log_event *event)
{
	const struct nixie_str time = event->time;
	const int room = (int)sizeof span->first;
	if (event->time_s < 0 || time.len >= sizeof span->first)
		return;
	if (span->first_s < 0 || event->time_s < span->first_s) {
		span->first_s = event->time_s;
		snprintf(span->first, (size_t)room, "%.*s", (int)time.len, time.ptr);
	}
	if (event->time_s >= span->last_s) {
		span->last_s = event->time_s;
		snprintf(span->last, (size_t)room, "%.*s", (int)time.len, time.ptr);
	}
}

void
log_report_pass_over(struct log_report *r, const struct nixie_log_event *event)
{
	r->unasked++;
	note_time(&r->unasked_span, event);
}

static bool
note_dead(struct log_report *r, const struct nixie_outcome *o, uint64_t recipient)
{
	bool ok = true;
	if (o->verdict != NIXIE_VERDICT_HARD || o->recipient.len == 0 ||
		!set_add(&r->distinct, recipient ^ ((uint64_t)DEAD_KEY << 17)))
		return true;
	if (r->dead_count < DEAD_SHOWN_MAX)
		r->dead[r->dead_count] = copy(o->recipient, 320, &ok);
	r->dead_count++;
	return ok;
}

/* The whole message was given up: all who waited for it are lost, for the reason they were last
 * given. */
static void
give_up_all(struct log_report *r, uint64_t message)
{
	uint32_t *at;
	while ((at = pending_find(r, message, 0, true)) != NULL) {
		struct leaf *const l = &r->leaves[pending_take(r, at)];
		l->deferred--;
		l->failed++;
		r->failed++;
	}
}

bool
log_report_add(struct log_report *r, struct nixie_log *log, const struct nixie_log_event *event,
	const char *path, uint64_t line)
{
	const struct nixie_outcome *const o = &event->outcome;
	const uint64_t message = hash_more(hash(event->host), event->queue_id);
	const uint64_t recipient = hash(o->recipient);
	const bool is_outgoing = event->direction == NIXIE_DIRECTION_OUTGOING;
	r->events++;
	note_time(&r->span, event);
	if (is_outgoing && o->recipient.len == 0) {
		give_up_all(r, message);
		return true;
	}
	uint32_t *const waiting = is_outgoing ? pending_find(r, message, recipient, false) : NULL;
	if (waiting != NULL)
		r->leaves[pending_take(r, waiting)].deferred--;
	if (o->action == NIXIE_ACTION_DELIVERED) {
		r->delivered++;
		r->late += waiting != NULL;
		return true;
	}
	struct leaf *const l = leaf_of(r, log, event, path, line);
	if (l == NULL)
		return false;
	const uint32_t number = (uint32_t)(l - r->leaves);
	if (set_add(&r->distinct, recipient ^ ((uint64_t)number + 1) * 0x9E3779B97F4A7C15u))
		l->distinct++;
	if (!is_outgoing) {
		r->refused++;
		*(o->action == NIXIE_ACTION_DELAYED ? &l->deferred : &l->failed) += 1;
		return true;
	}
	if (o->action == NIXIE_ACTION_DELAYED) {
		l->deferred++;
		return pending_put(r, message, recipient, number);
	}
	l->failed++;
	r->failed++;
	return note_dead(r, o, recipient);
}
