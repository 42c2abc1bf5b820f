/* operate - what an operator does with the queue */
#include "deliver/operate.h"

#include <stdlib.h>

#include "deliver/inside.h"
#include "read/address.h"

#define CHUNK 200 /* changes in one commit */
#define RULE_HOLD "rule:held-by-operator"
#define RULE_REMOVE "rule:removed-by-operator"

/* ---- looking */

static bool
sender_fits(struct str wanted, struct str sender)
{
	return str_eq(wanted, STR("<>")) ? sender.len == 0 : str_eq_case(wanted, sender);
}

static bool
fits(const struct operate_filter *f, const struct queue_recipient *r)
{
	const struct recipient_progress *const p = &r->progress;
	return !recipient_is_final(p->state) &&
	       (!f->only_waiting || p->state == RECIPIENT_WAITING) &&
	       (!f->only_held || p->state == RECIPIENT_HELD) &&
	       (!str_is_set(f->recipient) || str_eq_case(f->recipient, r->forward_path)) &&
	       (!str_is_set(f->destination) ||
		       str_eq_case(f->destination, address_domain(r->forward_path))) &&
	       (!str_is_set(f->reason) || str_has_case(p->why, f->reason) ||
		       str_has_case(p->reply, f->reason));
}

struct visiting {
	struct deliver *d;
	const struct operate_filter *filter;
	operate_visit *visit;
	void *to;
	size_t count;
};

static bool
visit_message(void *to, const struct queue_message *m)
{
	struct visiting *const v = to;
	if (str_is_set(v->filter->sender) &&
		!sender_fits(v->filter->sender, m->envelope.reverse_path))
		return true;
	for (size_t i = 0; i < m->envelope.recipient_count; i++) {
		if (!fits(v->filter, &m->envelope.recipients[i]))
			continue;
		v->count++;
		const struct operate_found found = {.message = m,
			.recipient = (uint32_t)i,
			.is_under_way = deliver_is_under_way(v->d, m->id, (uint32_t)i)};
		if (!v->visit(v->to, &found))
			return false;
	}
	return true;
}

size_t
operate_each(struct deliver *d, const struct operate_filter *filter, operate_visit *visit, void *to)
{
	struct visiting v = {.d = d, .filter = filter, .visit = visit, .to = to};
	if (filter->message == 0) {
		queue_each(d->options.queue, visit_message, &v);
	} else {
		const struct queue_message *const m = queue_find(d->options.queue, filter->message);
		if (m != NULL)
			visit_message(&v, m);
	}
	return v.count;
}

/* ---- acting */

static const struct {
	const char *name, *done;
} acts[] = {[OPERATE_HOLD] = {"hold", "held"},
	[OPERATE_RELEASE] = {"release", "released"},
	[OPERATE_RETRY] = {"retry", "to be tried now"},
	[OPERATE_RETURN] = {"bounce", "returned to the sender"},
	[OPERATE_REMOVE] = {"remove", "removed"}};

int
operate_act_find(struct str name)
{
	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
		if (str_eq(name, str_of(acts[i].name)))
			return (int)i;
	return -1;
}

struct place {
	uint64_t message;
	uint32_t recipient;
};

/* What is to be done, chunk after chunk, so that a million changes are not under way at once. */
struct operation {
	struct deliver *d;
	enum operate_act act;
	char *who;
	size_t who_len;
	struct place *places;
	size_t count, room, at;
	struct operate_result result;
	operate_answer *answer;
	void *to;
};

static bool
collect(void *to, const struct operate_found *found)
{
	struct operation *const o = to;
	if (o->count == o->room) {
		const size_t room = o->room == 0 ? CHUNK : 2 * o->room;
		struct place *const places = realloc(o->places, room * sizeof *places);
		if (places == NULL) {
			o->result.no_memory = true;
			return false;
		}
		o->places = places;
		o->room = room;
	}
	o->places[o->count++] = (struct place){found->message->id, found->recipient};
	return true;
}

/* The new state; false when it makes no sense. */
static bool
change_make(const struct operation *o, const struct recipient_progress *before, int64_t now,
	struct recipient_progress *to)
{
	*to = *before;
	to->changed_ms = now;
	switch (o->act) {
	case OPERATE_HOLD:
		to->state = RECIPIENT_HELD;
		if (before->why.len == 0)
			to->why = STR(RULE_HOLD);
		return before->state == RECIPIENT_WAITING;
	case OPERATE_RELEASE:
		to->state = RECIPIENT_WAITING;
		to->due_ms = now;
		return before->state == RECIPIENT_HELD;
	case OPERATE_RETRY:
		to->due_ms = now;
		return before->state == RECIPIENT_WAITING;
	case OPERATE_REMOVE:
		to->state = RECIPIENT_DISCARDED;
		to->why = STR(RULE_REMOVE);
		to->note = STR_NONE;
		return true;
	case OPERATE_RETURN:
		break;
	}
	return false;
}

static void
log_act(const struct operation *o, const struct place *p, struct str to)
{
	char id[QUEUE_ID_BYTES];
	queue_id_text(p->message, id);
	const struct eventlog_field fields[] = {
		{FIELD_ID, str_of(id)},
		{FIELD_TO, to},
		{FIELD_RESULT, str_of(acts[o->act].done)},
		{FIELD_USER, (struct str){o->who, o->who_len}},
		{FIELD_RULE, o->act == OPERATE_REMOVE ? STR(RULE_REMOVE) : STR_NONE},
	};
	deliver_log(o->d, LOG_OPERATOR, fields, sizeof fields / sizeof *fields);
	o->d->counts.discarded += o->act == OPERATE_REMOVE;
}

static void step(struct operation *o);

static void
operation_end(struct operation *o)
{
	if (o->answer != NULL)
		o->answer(o->to, &o->result);
	free(o->places);
	free(o->who);
	free(o);
}

/* What is looked up for the log must be kept: the message may be gone when it is durable. */
struct chunk {
	struct operation *o;
	struct place places[CHUNK];
	struct str to[CHUNK];
	size_t count;
};

static void
on_durable(void *to, struct ledger_entry *e, uint64_t message)
{
	struct chunk *const c = to;
	struct operation *const o = c->o;
	(void)message;
	/* What somebody else finished first was left out of the entry; the order is the same. */
	size_t kept = 0;
	for (size_t i = 0; i < c->count; i++) {
		const struct queue_change *const change = &e->changes[kept];
		if (kept == e->change_count || change->message != c->places[i].message ||
			change->recipient != c->places[i].recipient) {
			o->result.skipped++;
			continue;
		}
		kept++;
		o->result.changed++;
		log_act(o, &c->places[i], c->to[i]);
		if (o->act == OPERATE_RELEASE || o->act == OPERATE_RETRY)
			deliver_added(o->d, c->places[i].message);
	}
	step(o);
}

static bool
chunk_fill(struct operation *o, struct ledger_entry *e, struct chunk *c)
{
	const int64_t now = deliver_now(o->d);
	for (; o->at < o->count && c->count < CHUNK; o->at++) {
		const struct place *const p = &o->places[o->at];
		const struct queue_message *const m = queue_find(o->d->options.queue, p->message);
		struct recipient_progress to;
		const bool is_busy = deliver_is_under_way(o->d, p->message, p->recipient);
		if (m == NULL ||
			recipient_is_final(m->envelope.recipients[p->recipient].progress.state) ||
			(is_busy && o->act == OPERATE_RETRY) ||
			!change_make(o, &m->envelope.recipients[p->recipient].progress, now, &to)) {
			o->result.skipped++;
			continue;
		}
		to.why = arena_str(&e->arena, to.why);
		to.reply = arena_str(&e->arena, to.reply);
		to.peer = arena_str(&e->arena, to.peer);
		to.note = arena_str(&e->arena, to.note);
		c->places[c->count] = *p;
		c->to[c->count++] =
			arena_str(&e->arena, m->envelope.recipients[p->recipient].forward_path);
		e->changes[e->change_count++] = (struct queue_change){
			.message = p->message, .recipient = p->recipient, .to = to};
	}
	return !arena_failed(&e->arena);
}

static void
step(struct operation *o)
{
	if (o->at == o->count) {
		operation_end(o);
		return;
	}
	struct ledger_entry *const e = ledger_entry_new(CHUNK);
	struct chunk *const c = e == NULL ? NULL : arena_alloc(&e->arena, 1, sizeof *c);
	if (c == NULL || !chunk_fill(o, e, c)) {
		ledger_entry_free(e);
		o->result.no_memory = true;
		operation_end(o);
		return;
	}
	if (c->count == 0) {
		ledger_entry_free(e);
		operation_end(o); /* the chunk ended because nothing is left */
		return;
	}
	c->o = o;
	e->durable = on_durable;
	e->to = c;
	ledger_enter(&o->d->ledger, e);
}

/* Each goes its own way, with its report. */
static void
return_all(struct operation *o)
{
	for (; o->at < o->count; o->at++) {
		const struct place *const p = &o->places[o->at];
		const struct queue_message *const m = queue_find(o->d->options.queue, p->message);
		if (m == NULL || !deliver_settle(o->d, p->message, p->recipient,
					 CONDITION_RETURNED_BY_OPERATOR)) {
			o->result.skipped++;
			continue;
		}
		o->result.changed++;
		log_act(o, p, m->envelope.recipients[p->recipient].forward_path);
	}
	operation_end(o);
}

void
operate(struct deliver *d, enum operate_act act, const struct operate_filter *filter,
	struct str who, operate_answer *answer, void *to)
{
	struct operation *const o = calloc(1, sizeof *o);
	char *const name = malloc(who.len + 1);
	if (o == NULL || name == NULL) {
		free(o);
		free(name);
		if (answer != NULL)
			answer(to, &(struct operate_result){.no_memory = true});
		return;
	}
	if (who.len > 0)
		memcpy(name, who.ptr, who.len);
	*o = (struct operation){
		.d = d, .act = act, .who = name, .who_len = who.len, .answer = answer, .to = to};
	o->result.fitted = operate_each(d, filter, collect, o);
	if (act == OPERATE_RETURN)
		return_all(o);
	else
		step(o);
}
