/*
 * loop - one thread that accepts, reads, answers and closes: epoll over its connections
 *
 * Every thread has a loop of its own over the same listening sockets; a connection stays with the
 * loop that accepted it. What they share is in struct service.
 */
#ifndef SERVE_LOOP_H
#define SERVE_LOOP_H

#include <pthread.h>

#include "serve/connection.h"

#define LOOP_TICK_MS 100   /* how exactly deadlines are kept */
#define LOOP_EVENTS_MAX 64 /* taken from the kernel at a time */
#define LOOP_REFUSALS_MAX                                                                          \
	64 /* connections over --max-connections that are told so; more are closed */
#define LOOP_STOP_MS 10000 /* for the requests under way when the server is to end */
#define LOOP_LISTENERS_MAX (2 * SETTINGS_LISTEN_MAX)

struct loop {
	struct service *service;
	int *listeners; /* borrowed; their places tell them apart */
	size_t listener_count;
	int epoll, stop; /* `stop`: an eventfd, readable when it is time to end */
	struct connection *connections;
	size_t count;
	int64_t now_ms, tick_ms; /* tick_ms: when to look at the deadlines again */
	int64_t stop_ms;         /* when to end; 0: not yet */
	bool is_stopping;
	pthread_t thread;
};

/* loop_init - false, with nothing kept, when the system has no room for it */
bool loop_init(struct loop *l, struct service *service, int *listeners, size_t count, int stop);
void loop_fini(struct loop *l);

/* loop_run - until `stop` is readable and what was under way is done. For pthread_create() */
void *loop_run(void *loop);

#endif
