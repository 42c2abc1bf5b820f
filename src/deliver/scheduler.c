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
#include <stdlib.h>
#include <time.h>

#include "deliver/inside.h"
#include "net/clock.h"

#define ALARM_EVERY_MS 600000
#define LATER_LOOK_MS 1000
#define SLEEP_LONGEST_MS 60000 /* clocks are set, so look now and then */

int64_t
deliver_now(struct deliver *d)
{
	if (d->options.now_ms != NULL)
		return d->options.now_ms(d->options.clock);
	return clock_wall_ms();
}

static int64_t
ledger_now(void *d)
{
	return deliver_now(d);
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

/* ---- turns */

/* Lanes that have room again: who found them full is before who is new. How many were looked at. */
static int
look_again(struct deliver *d)
{
	int looks = 0;
	for (struct lane *l = d->ring; l != NULL; l = l->next)
		while (l->full.count > 0 && l->in_line < LANE_PARCELS_MAX &&
			d->in_line < PARCELS_IN_LINE_MAX && looks < LOOKS_AGAIN_MAX) {
			look_at(d, due_take(&l->full, INT64_MAX));
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
		plan_walk(d);
	plan_tidy(d, &d->due_limit);
	for (int i = look_again(d); i < LOOKS_IN_TURN_MAX && d->in_line < PARCELS_IN_LINE_MAX &&
				    (id = due_take(&d->due, now)) != 0;
		i++)
		look_at(d, id);
	lanes_turn(d);
}

int64_t
deliver_turn(struct deliver *d)
{
	const int64_t now = deliver_now(d);
	const bool begins = d->is_started && !d->is_stopping;
	bool has_later = false;
	ledger_turn(&d->ledger, now);
	if (!cap_turn(&d->cap, now))
		deliver_alarm_rarely(d, "how many reports each sender got cannot be written down: "
					"after a restart it is counted anew");
	if (begins) {
		begin(d, now);
		has_later = later_turn(d, due_next(&d->due) <= now);
	}
	/* Behind what was begun just now: there may be something to read for it. */
	const bool has_more = select_turn(d);
	if (local_turn(d->local) || has_more)
		return now;
	int64_t next = now + SLEEP_LONGEST_MS;
	if (begins && d->in_line < PARCELS_IN_LINE_MAX && due_next(&d->due) < next)
		next = due_next(&d->due);
	if (has_later && next > now + LATER_LOOK_MS)
		next = now + LATER_LOOK_MS;
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
	census_init(&d->census);
	d->settings = *options->settings;
	d->random = options->seed * 2654435761ULL + 88172645463325252ULL;
	d->ring_end = &d->ring;
	d->due_limit = 2 * DUE_SLACK;
	ledger_init(&d->ledger, options->queue, ledger_now, d, deliver_alarm, d);
	cap_load(&d->cap, options->cap_path, deliver_now(d));
	d->ledger.signing = options->signing;
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
	plan_walk(d);
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
	plan_look(d, message, plan_message_due(d, &m));
	deliver_wake(d);
}

void
deliver_stop(struct deliver *d)
{
	if (d->is_stopping)
		return;
	d->is_stopping = true;
	lanes_clear(d);
	later_clear(d);
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
	(void)cap_save(&d->cap, deliver_now(d));
	select_stop(d);
	lanes_clear(d);
	local_free(d->local);
	ledger_fini(&d->ledger);
	later_fini(d);
	flights_fini(d);
	lanes_fini(d);
	due_fini(&d->due);
	if (d->has_event)
		evtimer_del(&d->event);
	census_fini(&d->census);
	free(d);
}

const struct census *
deliver_census(const struct deliver *d)
{
	return &d->census;
}

void
deliver_counts(const struct deliver *d, struct deliver_counts *out)
{
	*out = d->counts;
}
