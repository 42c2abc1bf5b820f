/* test_turn - what is asked for in a turn of the loop comes once, at its end */
#include "net/turn.h"

#include <event2/event.h>

#include "tap.h"

struct world {
	struct turn turn;
	char said[64];
	size_t len;
	int asks_at_end;
};

struct speaker {
	struct event event;
	struct world *world;
	char letter;
};

static void
say(struct world *w, char c)
{
	if (w->len + 1 < sizeof w->said)
		w->said[w->len++] = c;
}

static void
on_end(void *world)
{
	struct world *const w = world;
	say(w, '.');
	if (w->asks_at_end-- > 0)
		turn_ask(&w->turn);
}

static void
on_speaker(evutil_socket_t fd, short what, void *speaker)
{
	struct speaker *const s = speaker;
	(void)fd;
	(void)what;
	say(s->world, s->letter);
	turn_ask(&s->world->turn);
	turn_ask(&s->world->turn);
}

static struct str
turn_of(struct world *w, struct event_base *base, struct speaker *speakers, int count)
{
	w->len = 0;
	for (int i = 0; i < count; i++)
		event_active(&speakers[i].event, 0, 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	return (struct str){w->said, w->len};
}

int
main(void)
{
	struct event_base *const base = event_base_new();
	struct world w = {.len = 0};
	struct speaker speakers[3];
	turn_init(&w.turn, base, on_end, &w);
	for (int i = 0; i < 3; i++) {
		speakers[i] = (struct speaker){.world = &w, .letter = (char)('a' + i)};
		event_assign(&speakers[i].event, base, -1, 0, on_speaker, &speakers[i]);
	}
	tap_is_str(turn_of(&w, base, speakers, 3), STR("abc."), "once, when all have spoken");
	tap_is_str(turn_of(&w, base, speakers, 1), STR("a."), "in the next turn again");
	tap_is_str(turn_of(&w, base, speakers, 0), STR(""), "not when nobody asks");
	w.asks_at_end = 1;
	const struct str twice = turn_of(&w, base, speakers, 2);
	tap_is_str(twice, STR("ab.."), "asked for at its end: once more");
	event_base_free(base);
	return tap_done();
}
