/* metrics_door - the counters over HTTP/1.1: one request, one answer, and the connection ends */
#include "net/listen.h"
#include "nixied/metrics.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct scraper {
	struct metrics *door;
	int fd; /* -1: nobody */
	struct event event;
	char request[METRICS_REQUEST_BYTES_MAX];
	size_t len, sent;
	bool is_answered, is_drained; /* the answer is made; it is sent, and the rest is read */
	struct buf answer;
};

struct metrics {
	struct event_base *base;
	int fd;
	struct event event;
	char address[LISTEN_ADDRESS_BYTES_MAX];
	metrics_teller *tell;
	void *to;
	struct scraper clients[METRICS_CLIENTS_MAX];
};

static void
client_close(struct scraper *c)
{
	event_del(&c->event);
	close(c->fd);
	buf_fini(&c->answer);
	c->fd = -1;
}

static void
answer(struct scraper *c, const char *status, const char *more, struct str body, bool has_body)
{
	struct buf *const b = &c->answer;
	const char *const parts[] = {"HTTP/1.1 ", status, "\r\n", more, "Connection: close\r\n",
		"Cache-Control: no-store\r\n", "X-Content-Type-Options: nosniff\r\n",
		"Content-Length: "};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		buf_add(b, str_of(parts[i]));
	buf_add_number(b, (int64_t)body.len);
	buf_add(b, STR("\r\n\r\n"));
	if (has_body)
		buf_add(b, body);
	c->is_answered = true;
}

#define TEXT "Content-Type: text/plain; charset=utf-8\r\n"
#define COUNTERS "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"

/* The head of the request is complete. Its fields say nothing that matters here. */
static void
request_read(struct scraper *c, struct str head)
{
	struct str rest = head, line = STR(""); /* the head may be empty */
	(void)str_line(&rest, &line);
	const struct str method = str_word(&line);
	struct str target = str_word(&line);
	const struct str version = str_word(&line);
	const bool is_head = str_eq(method, STR("HEAD"));
	target = str_cut(&target, '?');
	if (!str_starts(version, STR("HTTP/1.")) || line.len > 0) {
		answer(c, "400 Bad Request", TEXT, STR("this is no HTTP/1.1\n"), true);
	} else if (!is_head && !str_eq(method, STR("GET"))) {
		answer(c, "405 Method Not Allowed", "Allow: GET, HEAD\r\n" TEXT,
			STR("counters can only be read\n"), true);
	} else if (!str_eq(target, STR("/metrics"))) {
		answer(c, "404 Not Found", TEXT, STR("the counters are at /metrics\n"), !is_head);
	} else {
		struct buf text;
		buf_init(&text, METRICS_BYTES_MAX);
		c->door->tell(c->door->to, &text);
		if (buf_failed(&text))
			answer(c, "503 Service Unavailable", TEXT, STR("not enough memory\n"),
				!is_head);
		else
			answer(c, "200 OK", COUNTERS, buf_str(&text), !is_head);
		buf_fini(&text);
	}
}

static void client_wait(struct scraper *c, short what);

/* false: it is gone. */
static bool
client_read(struct scraper *c)
{
	/* What comes behind the request is thrown away, so that closing does not reset the
	 * connection before the answer is there. */
	char *const to = c->is_answered ? c->request : c->request + c->len;
	const size_t room = sizeof c->request - (c->is_answered ? 0 : c->len);
	const ssize_t n = recv(c->fd, to, room, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	if (c->is_answered)
		return true;
	c->len += (size_t)n;
	const struct str got = {c->request, c->len};
	const size_t end = str_find(got, STR("\r\n\r\n"), 0);
	if (end != STR_NPOS)
		request_read(c, str_head(got, end));
	else if (c->len == sizeof c->request)
		answer(c, "431 Request Header Fields Too Large", TEXT,
			STR("a request of less than 4096 bytes will do\n"), true);
	return true;
}

static bool
client_write(struct scraper *c)
{
	const struct str all = buf_str(&c->answer);
	if (buf_failed(&c->answer))
		return false;
	const ssize_t n = send(c->fd, all.ptr + c->sent, all.len - c->sent, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->sent += (size_t)n;
	if (c->sent == all.len && !c->is_drained) {
		shutdown(c->fd, SHUT_WR);
		c->is_drained = true;
	}
	return true;
}

static void
on_client(evutil_socket_t fd, short what, void *client)
{
	struct scraper *const c = client;
	(void)fd;
	bool is_there = (what & EV_TIMEOUT) == 0;
	if (is_there && (what & EV_READ) != 0)
		is_there = client_read(c);
	if (is_there && c->is_answered && !c->is_drained)
		is_there = client_write(c);
	if (!is_there)
		client_close(c);
	else
		client_wait(c, c->is_answered && !c->is_drained ? EV_WRITE : EV_READ);
}

/* The time is that for one step: few steps are needed, and few clients are served. */
static void
client_wait(struct scraper *c, short what)
{
	const struct timeval timeout = {METRICS_TIMEOUT_S, 0};
	event_del(&c->event);
	event_assign(&c->event, c->door->base, c->fd, what, on_client, c);
	event_add(&c->event, &timeout);
}

static void
on_door(evutil_socket_t fd, short what, void *door)
{
	struct metrics *const m = door;
	(void)what;
	const int client = accept(fd, NULL, NULL);
	if (client < 0)
		return;
	evutil_make_socket_nonblocking(client);
	evutil_make_socket_closeonexec(client);
	for (size_t i = 0; i < METRICS_CLIENTS_MAX; i++) {
		struct scraper *const c = &m->clients[i];
		if (c->fd >= 0)
			continue;
		*c = (struct scraper){.door = m, .fd = client};
		buf_init(&c->answer, METRICS_BYTES_MAX + METRICS_REQUEST_BYTES_MAX);
		event_assign(&c->event, m->base, client, EV_READ, on_client, c);
		client_wait(c, EV_READ);
		return;
	}
	close(client);
}

struct metrics *
metrics_open(struct event_base *base, struct str address, char why[static 256])
{
	struct metrics *const m = calloc(1, sizeof *m);
	if (m == NULL) {
		snprintf(why, 256, "not enough memory");
		return NULL;
	}
	m->base = base;
	m->fd = listen_open(address, why);
	for (size_t i = 0; i < METRICS_CLIENTS_MAX; i++)
		m->clients[i].fd = -1;
	if (m->fd < 0) {
		free(m);
		return NULL;
	}
	listen_name(m->fd, m->address);
	event_assign(&m->event, base, m->fd, EV_READ | EV_PERSIST, on_door, m);
	return m;
}

void
metrics_start(struct metrics *m, metrics_teller *tell, void *to)
{
	m->tell = tell;
	m->to = to;
	event_add(&m->event, NULL);
}

const char *
metrics_address(const struct metrics *m)
{
	return m->address;
}

void
metrics_free(struct metrics *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < METRICS_CLIENTS_MAX; i++)
		if (m->clients[i].fd >= 0)
			client_close(&m->clients[i]);
	event_del(&m->event);
	close(m->fd);
	free(m);
}
