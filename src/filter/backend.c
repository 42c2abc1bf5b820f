#include "filter/backend.h"

#include "filter/wire.h"
#include "net/clock.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- up and down */

static void
state_write(struct backend *b, enum eventlog_event event, const char *words)
{
	EVENTLOG(b->all->log, clock_wall_ms(), event, {FIELD_CHECK, str_of(b->setting.name)},
		{FIELD_WORDS, str_of(words)});
}

static void
went_wrong(struct backend *b, const char *why)
{
	char words[2 * FILTER_TROUBLE_BYTES];
	b->all->counts[b->setting.kind].failed++;
	b->unanswered++;
	if (b->is_down)
		return;
	b->is_down = true;
	b->down_since_ms = clock_wall_ms();
	b->all->counts[b->setting.kind].outages++;
	b->all->counts[b->setting.kind].down++;
	snprintf(words, sizeof words,
		"the filter does not do its work (%s): until it does, mail %s", why,
		b->setting.passes_when_down ? "passes without it" : "is deferred");
	state_write(b, LOG_ALARM, words);
}

static void
went_well(struct backend *b)
{
	char words[FILTER_TROUBLE_BYTES];
	if (b->is_down) {
		b->is_down = false;
		b->all->counts[b->setting.kind].down--;
		snprintf(words, sizeof words,
			"the filter does its work again, after %lld s; questions without an "
			"answer: %llu",
			(long long)((clock_wall_ms() - b->down_since_ms) / 1000),
			(unsigned long long)b->unanswered);
		state_write(b, LOG_RECOVERED, words);
	}
	b->unanswered = 0;
}

/* ---- exchanges */

static void
leave_line(struct exchange *x)
{
	if (!x->is_waiting)
		return;
	TAILQ_REMOVE(&x->backend->waiting, x, link);
	x->backend->waiting_count--;
	x->is_waiting = false;
}

void
exchange_end(struct exchange *x, const char *why)
{
	struct backend *const b = x->backend;
	const bool is_ping = x->question.at == FILTER_PING;
	event_del(&x->timer);
	leave_line(x);
	x->is_open = false;
	x->has_failed = why != NULL;
	if (why != NULL)
		snprintf(x->trouble, sizeof x->trouble, "%s", why);
	if (!is_ping && why != NULL)
		went_wrong(b, why);
	else if (!is_ping)
		went_well(b);
	x->done(x->to, x); /* may end the exchange, and whoever owns it */
}

static struct wire *
idle_wire(struct backend *b)
{
	struct wire *t;
	TAILQ_FOREACH(t, &b->wires, link)
	if (t->state == WIRE_IDLE)
		return t;
	return NULL;
}

/* A message goes before what another session may still have to say. */
static bool
make_room(struct backend *b)
{
	struct wire *t;
	TAILQ_FOREACH(t, &b->wires, link)
	if (t->state == WIRE_SPARE) {
		wire_leave(t);
		return true;
	}
	return false;
}

/* A connection for it, when there can be one. False: none, and nothing was done. */
static bool
exchange_go(struct exchange *x)
{
	struct backend *const b = x->backend;
	struct wire *const t = x->has_retried ? NULL : idle_wire(b);
	const char *why = "";
	if (t == NULL && b->open_count >= b->setting.connections_max &&
		(x->question.at < FILTER_MAIL || !make_room(b)))
		return false;
	leave_line(x);
	if (t != NULL)
		wire_ask(t, x);
	else if (!wire_open(b, x, &why))
		exchange_end(x, why);
	return true;
}

static void
enter_line(struct exchange *x)
{
	struct backend *const b = x->backend;
	if (b->waiting_count >= FILTER_LINE_MAX) {
		exchange_end(x, "more questions wait for it than it can answer");
		return;
	}
	x->is_waiting = true;
	b->waiting_count++;
	TAILQ_INSERT_TAIL(&b->waiting, x, link);
}

bool
exchange_lost(struct exchange *x)
{
	if (x->has_retried)
		return false;
	x->has_retried = true;
	if (!exchange_go(x))
		enter_line(x);
	return true;
}

static void
on_timer(evutil_socket_t fd, short what, void *exchange)
{
	struct exchange *const x = exchange;
	char words[FILTER_TROUBLE_BYTES];
	(void)fd;
	(void)what;
	snprintf(words, sizeof words, "no answer within %lld s",
		(long long)(x->backend->setting.timeout_ms / 1000));
	exchange_give_up(x, words);
}

void
exchange_init(
	struct exchange *x, struct backend *b, void (*done)(void *to, struct exchange *x), void *to)
{
	*x = (struct exchange){.backend = b, .done = done, .to = to};
	evtimer_assign(&x->timer, b->all->base, on_timer, x);
}

void
exchange_ask(struct exchange *x, const struct filter_question *q)
{
	const int64_t ms = x->backend->setting.timeout_ms;
	const struct timeval wait = {ms / 1000, ms % 1000 * 1000};
	x->question = *q;
	x->is_open = true;
	x->has_failed = x->has_retried = false;
	x->answer = (struct filter_answer){.verdict = FILTER_PASS};
	x->backend->all->counts[x->backend->setting.kind].asked += q->at != FILTER_PING;
	evtimer_add(&x->timer, &wait);
	if (x->wire != NULL)
		wire_ask(x->wire, x);
	else if (x->backend->waiting_count > 0 || !exchange_go(x))
		enter_line(x);
}

void
exchange_leave(struct exchange *x)
{
	if (x->wire != NULL)
		wire_leave(x->wire);
	x->wire = NULL;
}

void
exchange_give_up(struct exchange *x, const char *why)
{
	if (!x->is_open)
		return;
	exchange_leave(x);
	exchange_end(x, why);
}

void
exchange_mail_over(struct exchange *x)
{
	if (x->is_open)
		exchange_fini(x);
	else if (x->wire != NULL)
		wire_mail_over(x->wire);
	x->answer = (struct filter_answer){.verdict = FILTER_PASS};
}

void
exchange_fini(struct exchange *x)
{
	event_del(&x->timer);
	leave_line(x);
	exchange_leave(x);
	x->is_open = false;
}

/* ---- all of them */

static void
bury(struct backends *b)
{
	struct wire *t;
	while ((t = TAILQ_FIRST(&b->dead)) != NULL)
		wire_free(t);
}

static void
on_tidy(evutil_socket_t fd, short what, void *backends)
{
	struct backends *const b = backends;
	(void)fd;
	(void)what;
	bury(b);
	/* Whoever goes on may end its session, and that the last use of this. */
	backends_use(b);
	for (size_t i = 0; i < b->settings->count; i++) {
		struct exchange *x;
		while ((x = TAILQ_FIRST(&b->list[i].waiting)) != NULL && exchange_go(x))
			;
	}
	backends_release(b);
}

void
backend_tidy(struct backend *b)
{
	event_active(&b->all->tidy, EV_TIMEOUT, 1);
}

struct backends *
backends_new(struct event_base *base, struct eventlog *log, struct filter_counts *counts,
	struct filter_settings *settings)
{
	struct backends *const b = calloc(1, sizeof *b);
	size_t nth = 0;
	if (b == NULL)
		return NULL;
	b->uses = 1;
	b->base = base;
	b->log = log;
	b->counts = counts;
	b->settings = settings;
	TAILQ_INIT(&b->dead);
	evtimer_assign(&b->tidy, base, on_tidy, b);
	for (size_t i = 0; i < settings->count; i++) {
		struct backend *const one = &b->list[i];
		const struct filter_setting *const s = &settings->list[i];
		const struct str name = filter_kind_name(s->kind);
		nth = i > 0 && s[-1].kind == s->kind ? nth + 1 : 1;
		*one = (struct backend){.all = b, .setting = *s};
		TAILQ_INIT(&one->waiting);
		TAILQ_INIT(&one->wires);
		const bool has_more = nth > 1 || (i + 1 < settings->count && s[1].kind == s->kind);
		if (has_more)
			snprintf(one->shown, sizeof one->shown, "%.*s %zu", (int)name.len, name.ptr,
				nth);
		else
			snprintf(one->shown, sizeof one->shown, "%.*s", (int)name.len, name.ptr);
	}
	return b;
}

void
backends_use(struct backends *b)
{
	b->uses++;
}

void
backends_release(struct backends *b)
{
	if (b == NULL || --b->uses > 0)
		return;
	for (size_t i = 0; i < b->settings->count; i++) {
		struct wire *t;
		while ((t = TAILQ_FIRST(&b->list[i].wires)) != NULL)
			wire_free(t);
		b->counts[b->list[i].setting.kind].down -= b->list[i].is_down;
	}
	bury(b);
	event_del(&b->tidy);
	filter_settings_release(b->settings);
	free(b);
}
