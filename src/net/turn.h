/*
 * turn - what is done once at the end of a turn of the loop, for all that happened in it
 *
 * The system tells of many events at a time, and they are handled one after the other. What each of
 * them would do by itself, a line of the log, a reply, a look at a file, costs less when it is done
 * for all: that is a turn. Nobody waits longer for it than for the others that came with him.
 *
 * Threads: that of the event base.
 */
#ifndef NET_TURN_H
#define NET_TURN_H

#include <event2/event_struct.h>
#include <stdbool.h>

struct event_base;

struct turn {
	struct event event;
	bool is_asked;
	void (*end)(void *to);
	void *to;
};

void turn_init(struct turn *t, struct event_base *base, void (*end)(void *to), void *to);

/* turn_ask - end() is called, once, when what the system told of has been handled; asked for within
 * end(), once more */
void turn_ask(struct turn *t);

#endif
