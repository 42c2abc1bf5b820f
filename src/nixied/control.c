/* control - the socket of the commands, on the server's side */
#define _GNU_SOURCE /* struct ucred */
#include "nixied/control.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/listen.h"

struct caller {
	struct control *control;
	int fd; /* -1: nobody */
	struct event event;
	struct buf request, answer;
	size_t sent;
	char head[8], who[32]; /* the exit code in its line */
	bool is_asked, is_answered;
	struct control_rest rest; /* no `more`: there is none */
};

struct control {
	struct event_base *base;
	struct control_parts parts;
	char path[108];
	int fd;
	struct event event;
	struct caller clients[CONTROL_CLIENTS_MAX];
};

static void
client_close(struct caller *c)
{
	event_del(&c->event);
	if (c->rest.more != NULL)
		c->rest.end(c->rest.of);
	close(c->fd);
	buf_fini(&c->request);
	buf_fini(&c->answer);
	c->fd = -1;
}

static void on_client(evutil_socket_t fd, short what, void *client);

static void
client_wait(struct caller *c, short what)
{
	const struct timeval timeout = {CONTROL_TIMEOUT_S, 0};
	event_del(&c->event);
	event_assign(&c->event, c->control->base, c->fd, what, on_client, c);
	event_add(&c->event, &timeout);
}

/* The next piece is made when the last one has gone. */
static bool
has_more(struct caller *c)
{
	if (c->rest.more == NULL)
		return false;
	const struct control_rest r = c->rest;
	buf_clear(&c->answer);
	c->sent = strlen(c->head);
	if (!r.more(r.of, &c->answer)) {
		c->rest = (struct control_rest){0};
		r.end(r.of);
	}
	return !buf_failed(&c->answer);
}

static void
client_write(struct caller *c)
{
	const struct str head = str_of(c->head);
	for (;;) {
		const struct str text = buf_str(&c->answer);
		if (c->sent == head.len + text.len) {
			if (!has_more(c))
				break;
			continue;
		}
		const struct str rest = c->sent < head.len ? str_from(head, c->sent)
							   : str_from(text, c->sent - head.len);
		const ssize_t n = send(c->fd, rest.ptr, rest.len, MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			client_wait(c, EV_WRITE);
			return;
		}
		if (n < 0)
			break;
		c->sent += (size_t)n;
	}
	client_close(c);
}

static void think(struct caller *c);

static void
answered(void *to, int code, const struct control_rest *rest)
{
	struct caller *const c = to;
	if (rest != NULL)
		c->rest = *rest;
	if (c->rest.code != NULL) {
		think(c);
		return;
	}
	if (buf_failed(&c->answer)) {
		buf_clear(&c->answer);
		buf_add(&c->answer, STR("the answer is too long: ask for less\n"));
		code = 3;
	}
	snprintf(c->head, sizeof c->head, "%d\n", code);
	c->is_answered = true;
	client_write(c);
}

static void
on_thought(evutil_socket_t fd, short what, void *client)
{
	struct caller *const c = client;
	const struct control_rest r = c->rest;
	(void)fd;
	(void)what;
	if (r.more(r.of, &c->answer)) {
		think(c);
		return;
	}
	const int code = r.code(r.of, &c->answer);
	c->rest = (struct control_rest){0};
	r.end(r.of);
	answered(c, code, NULL);
}

/* A piece of the work, when others had their turn. */
static void
think(struct caller *c)
{
	const struct timeval at_once = {0, 0};
	evtimer_assign(&c->event, c->control->base, on_thought, c);
	evtimer_add(&c->event, &at_once);
}

/* The words are complete. */
static void
request_read(struct caller *c)
{
	struct control_request request = {.who = str_of(c->who), .out = &c->answer};
	struct str rest = buf_str(&c->request);
	while (rest.len > 0 && request.count < CONTROL_WORDS_MAX)
		request.words[request.count++] = str_cut(&rest, '\0');
	c->is_asked = true;
	event_del(&c->event); /* the answer may take its time */
	control_answer(&c->control->parts, &request, answered, c);
}

static void
on_client(evutil_socket_t fd, short what, void *client)
{
	struct caller *const c = client;
	char room[4096];
	if ((what & EV_TIMEOUT) != 0) {
		client_close(c);
		return;
	}
	if (c->is_answered) {
		client_write(c);
		return;
	}
	const ssize_t n = recv(fd, room, sizeof room, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		client_wait(c, EV_READ);
		return;
	}
	if (n > 0)
		buf_add(&c->request, (struct str){room, (size_t)n});
	if (n < 0 || buf_failed(&c->request))
		client_close(c);
	else if (n > 0)
		client_wait(c, EV_READ);
	else
		request_read(c);
}

static void
on_door(evutil_socket_t fd, short what, void *control)
{
	struct control *const k = control;
	struct ucred who = {.uid = (uid_t)-1};
	socklen_t len = sizeof who;
	(void)what;
	const int client = accept(fd, NULL, NULL);
	if (client < 0)
		return;
	evutil_make_socket_nonblocking(client);
	evutil_make_socket_closeonexec(client);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct caller *const c = &k->clients[i];
		if (c->fd >= 0)
			continue;
		*c = (struct caller){.control = k, .fd = client};
		if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
			who.uid = (uid_t)-1;
		snprintf(c->who, sizeof c->who, "uid %u", (unsigned)who.uid);
		buf_init(&c->request, CONTROL_REQUEST_BYTES_MAX);
		buf_init(&c->answer, CONTROL_ANSWER_BYTES_MAX);
		event_assign(&c->event, k->base, client, EV_READ, on_client, c);
		client_wait(c, EV_READ);
		return;
	}
	close(client);
}

struct control *
control_open(struct event_base *base, const char *path, const struct control_parts *parts,
	char why[static 256])
{
	char where[FILENAME_MAX];
	struct control *const k = calloc(1, sizeof *k);
	if (k == NULL || strlen(path) >= sizeof k->path) {
		snprintf(why, 256, "%s",
			k == NULL ? "not enough memory"
				  : "is too long for a socket (107 bytes): choose a shorter "
				    "data_directory");
		free(k);
		return NULL;
	}
	k->base = base;
	k->parts = *parts;
	snprintf(k->path, sizeof k->path, "%s", path);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		k->clients[i].fd = -1;
	unlink(path);
	snprintf(where, sizeof where, "unix:%s", path);
	const mode_t before = umask(077);
	k->fd = listen_open(str_of(where), why);
	umask(before);
	if (k->fd < 0) {
		free(k);
		return NULL;
	}
	event_assign(&k->event, base, k->fd, EV_READ | EV_PERSIST, on_door, k);
	event_add(&k->event, NULL);
	return k;
}

void
control_free(struct control *k)
{
	if (k == NULL)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (k->clients[i].fd >= 0)
			client_close(&k->clients[i]);
	event_del(&k->event);
	close(k->fd);
	unlink(k->path);
	free(k);
}
