/*
 * later - failures past a sender's reports of an hour, told in one message when the hour is over
 *
 * They wait in the queue under RULE_REPORT_LATER, all of a sender until the same moment. When it
 * has come, each that is looked at is kept here instead of being told of, and when there are no
 * more, or many, one message (report/summary.h) tells of all: a commit that ends all of them. What
 * stands here is under way and nothing else: after a crash it is found in the queue as before.
 *
 * Who said NOTIFY is told of each message, as RFC 3461 wants it; and so is who has but one.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "deliver/settle_inside.h"
#include "read/header.h"

#define OPEN_MAX 1000  /* senders; of more each message is told */
#define WAIT_MS 5000   /* for more, while other messages are due */
#define AGAIN_MS 20000 /* when there was no memory */
#define WORK_ARENA_MAX (64u << 20)
#define ADDRESS_ARENA_MAX (64u << 10)
#define ONE_ARENA_MAX (8u << 20) /* of one failure, while it is judged */

/* A recipient that waits for its report. */
struct put_off {
	uint64_t message;
	uint32_t place;
};

struct bundle {
	struct table_node node; /* by its sender */
	char *sender;
	struct put_off *list;
	size_t count, room;
	int64_t opened_ms;
};

#define BUNDLE_OF(node_) TABLE_OWNER(node_, struct bundle, node)

static struct bundle *
bundle_open(struct deliver *d, struct str sender)
{
	const uint64_t hash = hash_add_case(HASH_FIRST, sender);
	struct bundle *g = BUNDLE_OF(table_find(&d->later, hash));
	if (g != NULL) /* another one of the same hash is told of each message */
		return str_eq_case(str_of(g->sender), sender) ? g : NULL;
	if (d->later.count == OPEN_MAX || !table_reserve(&d->later, 1))
		return NULL;
	g = calloc(1, sizeof *g);
	if (g != NULL)
		g->sender = strndup(sender.ptr, sender.len);
	if (g == NULL || g->sender == NULL) {
		free(g);
		return NULL;
	}
	g->opened_ms = deliver_now(d);
	table_add(&d->later, &g->node, hash);
	return g;
}

bool
later_add(struct deliver *d, const struct queue_message *m, uint32_t place)
{
	struct arena a;
	struct copy copy;
	arena_init(&a, ADDRESS_ARENA_MAX);
	copy_of(m, queue_recipient(m, place).list, &a, &copy);
	struct bundle *const g = bundle_open(d, copy.sender);
	arena_fini(&a);
	if (g == NULL)
		return false;
	if (g->count == g->room) {
		const size_t room = g->room == 0 ? 16 : 2 * g->room;
		struct put_off *const more = realloc(g->list, room * sizeof *more);
		if (more == NULL)
			return false;
		g->list = more;
		g->room = room;
	}
	g->list[g->count++] = (struct put_off){m->id, place};
	return true;
}

/* ---- told of each message */

/* As if nobody had looked at them yet. */
static void
land(struct deliver *d, const struct put_off *list, size_t count, int64_t not_before_ms)
{
	for (size_t i = 0; i < count; i++)
		deliver_landed(d, list[i].message, list[i].place, not_before_ms);
}

/* Those at the front of the list that are of one message. */
static size_t
of_one_message(const struct put_off *list, size_t count)
{
	size_t n = 1;
	while (n < count && n < LOOK_RECIPIENTS_MAX && list[n].message == list[0].message)
		n++;
	return n;
}

static void
tell_each(struct deliver *d, const struct put_off *list, size_t count)
{
	while (count > 0) {
		uint32_t places[LOOK_RECIPIENTS_MAX];
		const size_t n = of_one_message(list, count);
		for (size_t i = 0; i < n; i++)
			places[i] = list[i].place;
		land(d, list, n, 0);
		deliver_settle(d, list[0].message, places, n, CONDITION__COUNT);
		list += n;
		count -= n;
	}
}

/* ---- told together */

/* What goes into one message and one commit. */
struct together {
	struct deliver *d;
	struct ledger_entry *e;
	struct book *book;
	struct arena work;
	struct tell_recipient *told;
	struct str *subjects;   /* of their messages */
	struct put_off *others; /* that are to be told otherwise, or not at all */
	struct put_off *gone;   /* that an operator has ended or holds */
	size_t other_count, gone_count;
	int64_t now_ms;
};

static struct str
subject_of(struct str original, struct arena *a)
{
	struct header h;
	return header_parse(original, a, &h) ? header_find(&h, STR("Subject")) : STR_NONE;
}

/* Its fate is written into the entry; false when it is none that is told here. */
static bool
take(struct together *t, const struct put_off *one, const struct queue_message *m)
{
	const struct queue_recipient r = queue_recipient(m, one->place);
	const struct parcel p = {.message = one->message};
	const struct parcel_recipient of = {.place = one->place,
		.forward_path = r.forward_path,
		.original = r.original,
		.notify = r.notify,
		.kind = r.kind,
		.list = r.list,
		.attempts = r.progress.attempts,
		.result = {.outcome = CARRIED_UNTRIED}};
	struct settling s = {.d = t->d, .p = &p, .m = *m, .now_ms = t->now_ms};
	struct recipient_progress before = r.progress;
	struct fate f = {.r = &of};
	char id[QUEUE_ID_BYTES];
	arena_init(&s.arena, ONE_ARENA_MAX);
	tell_begin(&s.about, t->d->options.queue, one->message, &s.arena);
	/* A timeline that cannot be read has no reason to tell. */
	(void)queue_words(m, one->place, &s.arena, &before);
	fate_decide(&s, &f, &before);
	const bool is_told = f.action == NIXIE_ACTION_FAILED &&
			     (f.way == REPORT_TO_SENDER || f.way == REPORT_IN_DIGEST);
	if (is_told) {
		const size_t n = t->e->change_count++;
		struct arena *const keep = &t->e->arena;
		f.to.state = RECIPIENT_BOUNCED;
		f.to.due_ms = 0;
		f.rule = STR("rule:report-in-digest");
		t->e->changes[n] = (struct queue_change){
			.message = one->message, .recipient = one->place, .to = f.to};
		struct recipient_progress *const to = &t->e->changes[n].to;
		to->why = f.condition == ATTEMPT_ANSWERED ? arena_str(keep, f.decision.rule)
							  : settle_condition_id(f.condition);
		to->reply = to->peer = to->note = STR_NONE; /* the log has them */
		book_line_fill(&f, m, keep, &t->book->lines[n]);
		queue_id_text(one->message, id);
		t->told[n] = (struct tell_recipient){.action = NIXIE_ACTION_FAILED,
			.final = arena_str(&t->work, r.forward_path),
			.original = arena_str(&t->work, r.original),
			.packed = arena_str(&t->work, f.packed),
			.is_expired = f.decision.is_expired,
			.attempts = f.to.attempts,
			.about = arena_str(&t->work, str_of(id))};
		t->subjects[n] = arena_str(&t->work, subject_of(tell_header(&s.about), &s.arena));
	}
	arena_fini(&s.arena);
	return is_told;
}

static void
take_all(struct together *t, const struct put_off *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct queue_message m;
		if (!queue_find(t->d->options.queue, list[i].message, &m) ||
			queue_recipient(&m, list[i].place).progress.state != RECIPIENT_WAITING)
			t->gone[t->gone_count++] = list[i];
		else if (!take(t, &list[i], &m))
			t->others[t->other_count++] = list[i];
	}
}

static bool
together_begin(struct together *t, struct str sender, size_t count)
{
	arena_init(&t->work, WORK_ARENA_MAX);
	t->e = ledger_entry_new(count);
	t->others = arena_alloc(&t->work, count, sizeof *t->others);
	t->gone = arena_alloc(&t->work, count, sizeof *t->gone);
	t->told = arena_alloc(&t->work, count, sizeof *t->told);
	t->subjects = arena_alloc(&t->work, count, sizeof *t->subjects);
	if (t->e == NULL || t->others == NULL || t->gone == NULL || t->told == NULL ||
		t->subjects == NULL)
		return false;
	t->book = arena_alloc(&t->e->arena, 1, sizeof *t->book);
	struct line *const lines = arena_alloc(&t->e->arena, count, sizeof *lines);
	if (t->book == NULL || lines == NULL)
		return false;
	*t->book = (struct book){.d = t->d,
		.sender = arena_str(&t->e->arena, sender),
		.lines = lines,
		.kind = KIND_FAILURE};
	t->e->durable = book_durable;
	t->e->to = t->book;
	return true;
}

/* False: no memory, and all is as before. */
static bool
tell_together(struct deliver *d, struct str sender, const struct put_off *list, size_t count)
{
	struct together t = {.d = d, .now_ms = deliver_now(d)};
	bool ok = together_begin(&t, sender, count);
	if (ok) {
		take_all(&t, list, count);
		t.book->count = t.e->change_count;
		ok = !arena_failed(&t.e->arena) &&
		     (t.e->change_count == 0 || tell_summary(d, sender, t.told, t.subjects,
							t.e->change_count, t.now_ms, &t.work, t.e));
	}
	if (ok && t.e->change_count > 0) {
		cap_add(&d->cap, sender, t.now_ms);
		ledger_enter(&d->ledger, t.e);
	} else {
		ledger_entry_free(t.e);
	}
	if (ok) {
		land(d, t.gone, t.gone_count, 0);
		tell_each(d, t.others, t.other_count);
	}
	arena_fini(&t.work);
	return ok;
}

/* ---- when */

static void
bundle_free(struct deliver *d, struct bundle *g)
{
	table_remove(&d->later, &g->node);
	free(g->list);
	free(g->sender);
	free(g);
}

static void
bundle_close(struct deliver *d, struct bundle *g)
{
	for (size_t at = 0; at < g->count;) {
		const struct put_off *const list = g->list + at;
		const size_t left = g->count - at;
		const size_t n = left < SUMMARY_SHOWN_MAX ? left : SUMMARY_SHOWN_MAX;
		if (of_one_message(list, n) == n)
			tell_each(d, list, n);
		else if (!tell_together(d, str_of(g->sender), list, n))
			land(d, list, n, deliver_now(d) + AGAIN_MS);
		at += n;
	}
	bundle_free(d, g);
}

bool
later_turn(struct deliver *d, bool has_more)
{
	const int64_t now_ms = deliver_now(d);
	struct table_node *n = table_next(&d->later, NULL);
	while (n != NULL) {
		struct bundle *const g = TABLE_AT(n, struct bundle, node);
		const bool is_due = !has_more || g->count >= SUMMARY_SHOWN_MAX ||
				    now_ms - g->opened_ms >= WAIT_MS || now_ms < g->opened_ms;
		if (is_due)
			bundle_close(d, g);
		n = table_next(&d->later, is_due ? NULL : n);
	}
	return d->later.count > 0;
}

void
later_clear(struct deliver *d)
{
	for (struct table_node *n; (n = table_next(&d->later, NULL)) != NULL;) {
		struct bundle *const g = TABLE_AT(n, struct bundle, node);
		land(d, g->list, g->count, 0);
		bundle_free(d, g);
	}
}

void
later_fini(struct deliver *d)
{
	for (struct table_node *n; (n = table_next(&d->later, NULL)) != NULL;)
		bundle_free(d, TABLE_AT(n, struct bundle, node));
	table_fini(&d->later);
}
