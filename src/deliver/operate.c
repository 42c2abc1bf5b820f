/* operate - what an operator does with the queue */
#include "deliver/operate.h"

#include "read/address.h"

#include <stdlib.h>

#include "deliver/inside.h"

#define CHUNK 200 /* changes in one commit */
#define RULE_HOLD "rule:held-by-operator"
#define RULE_REMOVE "rule:removed-by-operator"

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

struct str
operate_act_name(enum operate_act act)
{
	return str_of(acts[act].name);
}

/* What is to be done, chunk after chunk, so that a million changes are not under way at once. */
struct operation {
	struct deliver *d;
	enum operate_act act;
	char *who;
	size_t who_len;
	struct selection all;
	size_t at;
	struct operate_result result;
	operate_answer *answer;
	void *to;
};

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
log_act(const struct operation *o, const struct select_place *p, struct str to)
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
	if (o->act != OPERATE_REMOVE)
		return;
	o->d->counts.discarded++;
	census_add(&o->d->census, CENSUS_DESTINATION, address_domain(to), CENSUS_DISCARDED);
}

static void step(struct operation *o);

static void
operation_end(struct operation *o)
{
	if (o->answer != NULL)
		o->answer(o->to, &o->result);
	selection_fini(&o->all);
	free(o->who);
	free(o);
}

/* What is looked up for the log must be kept: the message may be gone when it is durable. */
struct chunk {
	struct operation *o;
	struct select_place places[CHUNK];
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
	for (; o->at < o->all.count && c->count < CHUNK; o->at++) {
		const struct select_place *const p = &o->all.places[o->at];
		struct queue_message m;
		struct queue_recipient r = {.progress.state = RECIPIENT_DISCARDED};
		struct recipient_progress to;
		if (queue_find(o->d->options.queue, p->message, &m))
			r = queue_recipient(&m, p->recipient);
		const bool is_busy = deliver_is_under_way(o->d, p->message, p->recipient);
		/* Words that cannot be read must not keep an operator from deciding. */
		if (!recipient_is_final(r.progress.state))
			(void)queue_words(&m, p->recipient, &e->arena, &r.progress);
		if (recipient_is_final(r.progress.state) || (is_busy && o->act == OPERATE_RETRY) ||
			!change_make(o, &r.progress, now, &to)) {
			o->result.skipped++;
			continue;
		}
		to.why = arena_str(&e->arena, to.why); /* the others are in there */
		c->places[c->count] = *p;
		c->to[c->count++] = arena_str(&e->arena, r.forward_path);
		e->changes[e->change_count++] = (struct queue_change){
			.message = p->message, .recipient = p->recipient, .to = to};
	}
	return !arena_failed(&e->arena);
}

static void
step(struct operation *o)
{
	if (o->at == o->all.count) {
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

/* Those of one message go in one report. */
static void
return_all(struct operation *o)
{
	while (o->at < o->all.count) {
		const struct select_place first = o->all.places[o->at];
		uint32_t list[CHUNK] = {0};
		size_t count = 0;
		for (; o->at < o->all.count && count < CHUNK &&
			o->all.places[o->at].message == first.message;
			o->at++) {
			struct select_found f;
			if (select_look(o->d, &o->all.places[o->at], &f) && !f.is_under_way)
				list[count++] = o->all.places[o->at].recipient;
			else
				o->result.skipped++;
		}
		const size_t done = deliver_settle(
			o->d, first.message, list, count, CONDITION_RETURNED_BY_OPERATOR);
		o->result.changed += done;
		o->result.skipped += count - done;
		struct queue_message m;
		for (size_t i = 0; i < done && queue_find(o->d->options.queue, first.message, &m);
			i++)
			log_act(o, &(struct select_place){first.message, list[i]},
				queue_recipient(&m, list[i]).forward_path);
	}
	operation_end(o);
}

static void
selected(void *to, struct selection *found)
{
	struct operation *const o = to;
	o->all = *found;
	o->result.fitted = found->fitted;
	o->result.no_memory = found->no_memory;
	if (found->was_stopped)
		operation_end(o);
	else if (o->act == OPERATE_RETURN)
		return_all(o);
	else
		step(o);
}

void
operate(struct deliver *d, enum operate_act act, const struct select_filter *filter, struct str who,
	operate_answer *answer, void *to)
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
	select_start(d, filter, SIZE_MAX, selected, o);
}
