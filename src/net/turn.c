#include "net/turn.h"

#include <event2/event.h>

static void
on_end(evutil_socket_t fd, short what, void *turn)
{
	struct turn *const t = turn;
	(void)fd;
	(void)what;
	t->is_asked = false;
	t->end(t->to);
}

void
turn_init(struct turn *t, struct event_base *base, void (*end)(void *to), void *to)
{
	t->is_asked = false;
	t->end = end;
	t->to = to;
	event_assign(&t->event, base, -1, 0, on_end, t);
}

void
turn_ask(struct turn *t)
{
	if (t->is_asked)
		return;
	t->is_asked = true;
	event_active(&t->event, 0, 0); /* behind all that are active */
}
