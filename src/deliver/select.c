/* select - which recipients of the queue an operator means */
#include "deliver/select.h"

#include <stdlib.h>

#include "catalogue/catalogue.h"
#include "deliver/inside.h"
#include "read/address.h"
#include "report/judged.h"

#define WALK_MESSAGES 4000         /* looked at in one turn: some milliseconds */
#define WALK_READ_MESSAGES 200     /* ... when words must be read from the disk for it */
#define WORDS_ARENA_MAX (1u << 20) /* of one recipient */
#define ROOM_FIRST 64

struct selecting {
	struct selecting *next;
	struct deliver *d;
	struct select_filter filter;
	bool is_reason; /* the filter's is one of the catalogue */
	char *texts;    /* of the filter */
	size_t most;
	uint64_t cursor;
	struct selection found; /* when it is full, a heap with the latest on top */
	select_done *done;
	void *to;
};

/* ---- does it fit? */

static bool
sender_fits(struct str wanted, struct str sender)
{
	return str_eq(wanted, STR("<>")) ? sender.len == 0 : str_eq_case(wanted, sender);
}

struct str
select_reason(const struct deliver *d, const struct queue_message *m, size_t place,
	const struct recipient_progress *p, struct arena *a)
{
	struct attempt *list;
	struct nixie_outcome o;
	const size_t count = attempts_unpack(p->note, a, &list);
	if (count == 0)
		return STR_NONE;
	const struct judged_case c = {.attempt = &list[count - 1],
		.rcpt = queue_recipient(m, place).forward_path,
		.sender = m->envelope.reverse_path,
		.hostname = d->settings.hostname,
		.action = NIXIE_ACTION_DELAYED};
	judged_outcome(&c, a, &o);
	return o.reason.len > 0 ? (struct str){o.reason.ptr, o.reason.len} : STR_NONE;
}

/* The words are on the disk: asked last, of those that fit in all else. */
static bool
reason_fits(const struct selecting *k, const struct queue_message *m, size_t place,
	const struct recipient_progress *known)
{
	const struct str wanted = k->filter.reason;
	if (!str_is_set(wanted) || str_has_case(known->why, wanted))
		return true;
	struct recipient_progress p = *known;
	struct arena a;
	arena_init(&a, WORDS_ARENA_MAX);
	const bool is_read = queue_words(m, place, &a, &p) == 0;
	const bool has_it =
		is_read &&
		(str_has_case(p.reply, wanted) ||
			(k->is_reason &&
				str_eq_case(select_reason(k->d, m, place, &p, &a), wanted)));
	arena_fini(&a);
	return has_it;
}

static bool
fits(const struct selecting *k, const struct queue_message *m, size_t place,
	const struct queue_recipient *r)
{
	const struct select_filter *const f = &k->filter;
	const struct recipient_progress *const p = &r->progress;
	return !recipient_is_final(p->state) &&
	       (!f->only_waiting || p->state == RECIPIENT_WAITING) &&
	       (!f->only_held || p->state == RECIPIENT_HELD) &&
	       (!str_is_set(f->recipient) || str_eq_case(f->recipient, r->forward_path)) &&
	       (!str_is_set(f->destination) ||
		       str_eq_case(f->destination, address_domain(r->forward_path))) &&
	       reason_fits(k, m, place, p);
}

/* ---- the first so many */

static int
place_order(const void *a, const void *b)
{
	const struct select_place *const x = a, *const y = b;
	if (x->message != y->message)
		return x->message < y->message ? -1 : 1;
	return x->recipient < y->recipient ? -1 : x->recipient > y->recipient;
}

/* Puts `p` where the top was, and what is later than it above it. */
static void
heap_sink(struct selection *s, struct select_place p, size_t at)
{
	for (size_t child; (child = 2 * at + 1) < s->count; at = child) {
		if (child + 1 < s->count &&
			place_order(&s->places[child + 1], &s->places[child]) > 0)
			child++;
		if (place_order(&p, &s->places[child]) >= 0)
			break;
		s->places[at] = s->places[child];
	}
	s->places[at] = p;
}

static void
found_add(struct selecting *k, struct select_place p)
{
	struct selection *const s = &k->found;
	s->fitted++;
	if (s->count < k->most) {
		if (s->count == s->room) {
			const size_t room = s->room == 0 ? ROOM_FIRST : 2 * s->room;
			struct select_place *const more = realloc(s->places, room * sizeof *more);
			if (more == NULL) {
				s->no_memory = true;
				return;
			}
			s->places = more;
			s->room = room;
		}
		s->places[s->count++] = p;
		if (s->count == k->most)
			for (size_t i = s->count / 2; i-- > 0;)
				heap_sink(s, s->places[i], i);
	} else if (k->most > 0 && place_order(&p, &s->places[0]) < 0) {
		heap_sink(s, p, 0);
	}
}

void
selection_fini(struct selection *s)
{
	free(s->places);
	*s = (struct selection){0};
}

/* ---- the walk */

static bool
visit(void *to, const struct queue_message *m)
{
	struct selecting *const k = to;
	if (str_is_set(k->filter.sender) &&
		!sender_fits(k->filter.sender, m->envelope.reverse_path))
		return true;
	for (size_t i = 0; i < m->envelope.recipient_count && !k->found.no_memory; i++) {
		const struct queue_recipient r = queue_recipient(m, i);
		if (!fits(k, m, i, &r))
			continue;
		k->found.tried += r.progress.attempts > 0;
		k->found.held += r.progress.state == RECIPIENT_HELD;
		found_add(k, (struct select_place){m->id, (uint32_t)i});
	}
	return !k->found.no_memory;
}

/* One piece; false when it was the last. */
static bool
walk_on(struct selecting *k)
{
	struct queue_message m;
	if (k->filter.message == 0)
		return queue_walk(k->d->options.queue, &k->cursor,
			str_is_set(k->filter.reason) ? WALK_READ_MESSAGES : WALK_MESSAGES, visit,
			k);
	if (queue_find(k->d->options.queue, k->filter.message, &m))
		visit(k, &m);
	return false;
}

static void
end(struct selecting *k)
{
	if (k->found.count > 1)
		qsort(k->found.places, k->found.count, sizeof *k->found.places, place_order);
	k->done(k->to, &k->found);
	free(k->texts);
	free(k);
}

bool
select_turn(struct deliver *d)
{
	struct selecting *const k = d->selecting;
	if (k == NULL)
		return false;
	if (!walk_on(k)) {
		d->selecting = k->next;
		end(k);
	}
	return true;
}

void
select_stop(struct deliver *d)
{
	while (d->selecting != NULL) {
		struct selecting *const k = d->selecting;
		d->selecting = k->next;
		k->found.was_stopped = true;
		end(k);
	}
}

static void
text_keep(char **to, struct str *s)
{
	if (s->len > 0)
		memcpy(*to, s->ptr, s->len);
	if (str_is_set(*s))
		s->ptr = *to;
	*to += s->len;
}

void
select_start(struct deliver *d, const struct select_filter *filter, size_t most, select_done *done,
	void *to)
{
	struct selecting *const k = calloc(1, sizeof *k);
	char *const texts = malloc(filter->recipient.len + filter->destination.len +
				   filter->sender.len + filter->reason.len + 1);
	if (k == NULL || texts == NULL) {
		free(k);
		free(texts);
		done(to, &(struct selection){.no_memory = true});
		return;
	}
	*k = (struct selecting){
		.d = d, .filter = *filter, .texts = texts, .most = most, .done = done, .to = to};
	k->is_reason = catalogue_reason_find(k->filter.reason) >= 0;
	char *at = texts;
	text_keep(&at, &k->filter.recipient);
	text_keep(&at, &k->filter.destination);
	text_keep(&at, &k->filter.sender);
	text_keep(&at, &k->filter.reason);
	struct selecting **last = &d->selecting;
	while (*last != NULL)
		last = &(*last)->next;
	*last = k;
	deliver_wake(d);
}

bool
select_look(const struct deliver *d, const struct select_place *place, struct select_found *out)
{
	if (!queue_find(d->options.queue, place->message, &out->message))
		return false;
	out->recipient = queue_recipient(&out->message, place->recipient);
	out->is_under_way = deliver_is_under_way(d, place->message, place->recipient);
	return !recipient_is_final(out->recipient.progress.state);
}
