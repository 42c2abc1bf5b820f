#define _GNU_SOURCE /* accept4() */
#include "serve/loop.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int64_t
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool
watch(struct loop *l, int fd, uint32_t events, void *what)
{
	struct epoll_event event = {.events = events, .data.ptr = what};
	return epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool
loop_init(struct loop *l, struct service *service, int *listeners, size_t count, int stop)
{
	*l = (struct loop){.service = service,
		.listeners = listeners,
		.listener_count = count,
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		.stop = stop};
	bool is_fine = l->epoll >= 0 && watch(l, stop, EPOLLIN, &l->stop);
	/* One thread is woken for each client, not all. */
	for (size_t i = 0; is_fine && i < count; i++)
		is_fine = watch(l, listeners[i], EPOLLIN | EPOLLEXCLUSIVE, &listeners[i]);
	if (!is_fine && l->epoll >= 0)
		close(l->epoll);
	return is_fine;
}

static void
forget(struct loop *l, struct connection *c)
{
	*(c->before != NULL ? &c->before->next : &l->connections) = c->next;
	if (c->next != NULL)
		c->next->before = c->before;
	l->count--;
	atomic_fetch_sub(&l->service->connections, 1);
	connection_free(c);
}

void
loop_fini(struct loop *l)
{
	while (l->connections != NULL)
		forget(l, l->connections);
	close(l->epoll);
}

/* After a connection has done what it could: close it, or wait for what it waits for. */
static void
settle(struct loop *l, struct connection *c)
{
	const bool wants_write = c->phase == PHASE_ANSWER;
	if (c->phase == PHASE_OVER) {
		forget(l, c);
		return;
	}
	if (wants_write == c->wants_write)
		return;
	c->wants_write = wants_write;
	struct epoll_event event = {.events = wants_write ? EPOLLOUT : EPOLLIN, .data.ptr = c};
	if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, c->fd, &event) < 0)
		forget(l, c);
}

static void
take_client(struct loop *l, int listener)
{
	union {
		struct sockaddr any;
		struct sockaddr_storage room;
	} address = {.room = {.ss_family = AF_UNSPEC}};
	socklen_t len = sizeof address;
	struct peer peer;
	const int yes = 1;
	const int fd = accept4(listener, &address.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return; /* another thread was faster, or the client is gone */
	/* An answer goes out in one piece; fails, harmlessly, on a socket of the file system. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) < 0)
		errno = 0;
	peer_of_socket(&address.any, &peer);
	struct connection *const c = connection_new(fd, &peer, l->service, l->now_ms);
	if (c == NULL) {
		close(fd);
		return;
	}
	c->next = l->connections;
	if (c->next != NULL)
		c->next->before = c;
	l->connections = c;
	l->count++;
	const size_t open = atomic_fetch_add(&l->service->connections, 1);
	const size_t most = l->service->settings->max_connections;
	if (open >= most + LOOP_REFUSALS_MAX || !watch(l, fd, EPOLLIN, c)) {
		forget(l, c);
		return;
	}
	if (open >= most && c->phase == PHASE_HEAD)
		connection_refuse(c, PROBLEM_BUSY, l->now_ms);
	connection_serve(c, l->now_ms);
	settle(l, c);
}

static void
expire(struct loop *l)
{
	for (struct connection *c = l->connections, *next; c != NULL; c = next) {
		next = c->next;
		if (c->deadline_ms > l->now_ms)
			continue;
		connection_expire(c, l->now_ms);
		settle(l, c);
	}
}

static void
begin_stop(struct loop *l)
{
	l->stop_ms = l->now_ms + LOOP_STOP_MS;
	epoll_ctl(l->epoll, EPOLL_CTL_DEL, l->stop, NULL);
	for (size_t i = 0; i < l->listener_count; i++)
		epoll_ctl(l->epoll, EPOLL_CTL_DEL, l->listeners[i], NULL);
	for (struct connection *c = l->connections, *next; c != NULL; c = next) {
		next = c->next;
		connection_stop(c, l->now_ms);
		settle(l, c);
	}
}

static void
handle(struct loop *l, void *what)
{
	if (what == &l->stop) { /* later: this closes connections that may be in this round */
		l->is_stopping = true;
		return;
	}
	for (size_t i = 0; i < l->listener_count; i++)
		if (what == &l->listeners[i]) {
			take_client(l, l->listeners[i]);
			return;
		}
	struct connection *const c = what;
	connection_serve(c, l->now_ms);
	settle(l, c);
}

void *
loop_run(void *loop)
{
	struct loop *const l = loop;
	struct epoll_event events[LOOP_EVENTS_MAX];
	while (l->stop_ms == 0 || (l->count > 0 && l->now_ms < l->stop_ms)) {
		const int n = epoll_wait(
			l->epoll, events, LOOP_EVENTS_MAX, l->count > 0 ? LOOP_TICK_MS : -1);
		l->now_ms = now();
		for (int i = 0; i < n; i++)
			handle(l, events[i].data.ptr);
		if (l->is_stopping && l->stop_ms == 0)
			begin_stop(l);
		if (l->now_ms >= l->tick_ms) {
			l->tick_ms = l->now_ms + LOOP_TICK_MS;
			expire(l);
		}
	}
	return NULL;
}
