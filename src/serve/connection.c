#include "serve/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/wipe.h"
#include "serve/stamp.h"
#include "web/route.h"

static bool
is_proxy(const struct settings *settings, const struct peer *peer)
{
	for (size_t i = 0; i < settings->proxy_count; i++)
		if (trusted_has(&settings->proxies[i], peer))
			return true;
	return false;
}

/* ---- what it holds ---- */

/* The connection now holds so many bytes; false when all together would be too many. */
static bool
hold(struct connection *c, size_t bytes)
{
	struct service *const s = c->service;
	if (bytes <= c->held_bytes) {
		atomic_fetch_sub(&s->held_bytes, c->held_bytes - bytes);
		c->held_bytes = bytes;
		return true;
	}
	const size_t more = bytes - c->held_bytes;
	if (atomic_fetch_add(&s->held_bytes, more) + more > s->settings->max_memory) {
		atomic_fetch_sub(&s->held_bytes, more);
		return false;
	}
	c->held_bytes = bytes;
	return true;
}

struct connection *
connection_new(int fd, const struct peer *peer, struct service *service, int64_t now_ms)
{
	struct connection *const c = malloc(sizeof *c);
	if (c == NULL)
		return NULL;
	/* The room stays as malloc() gives it: most of it is never needed. */
	memset(c, 0, offsetof(struct connection, room));
	memset(&c->len, 0, sizeof *c - offsetof(struct connection, len));
	c->fd = fd;
	c->service = service;
	c->peer = c->client = *peer;
	c->deadline_ms = now_ms + (int64_t)service->settings->timeout * 1000;
	arena_init(&c->arena, CONNECTION_ARENA_BYTES_MAX);
	buf_init(&c->body, service->settings->max_body);
	buf_init(&c->out, CONNECTION_ROOM_BYTES);
	c->arena.is_private = c->body.is_private = c->out.is_private = true;
	web_response_init(&c->res);
	web_count_connections(service->web, 1);
	/* A proxy has the connections of many clients. */
	if (!is_proxy(service->settings, peer) &&
		!clients_connect(service->clients, peer, now_ms, &c->is_counted))
		connection_refuse(c, PROBLEM_TOO_MANY, now_ms);
	return c;
}

void
connection_free(struct connection *c)
{
	web_count_connections(c->service->web, -1);
	if (c->is_counted)
		clients_disconnect(c->service->clients, &c->peer);
	hold(c, 0);
	close(c->fd);
	arena_fini(&c->arena);
	buf_fini(&c->body);
	buf_fini(&c->out);
	web_response_fini(&c->res);
	wipe(c->room, c->most);
	free(c);
}

/* ---- the answer ---- */

static struct str
body_to_send(const struct connection *c)
{
	const bool has_none = str_eq(c->head.request.method, STR("HEAD")) || c->res.status == 204 ||
			      c->res.status == 304;
	return has_none ? STR_NONE : web_response_body(&c->res);
}

static int64_t
micros(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* One line for each answer, when the operator wants it: the pattern that fitted, not the address
 * that was asked, which may hold words of a mail. */
static void
log_answer(const struct connection *c, const struct web_measure *m)
{
	char line[256], client[IP_TEXT_BYTES], room[STAMP_BYTES];
	const struct str stamp = stamp_log(room);
	peer_text(&c->client, client);
	const struct str route =
		c->res.route < web_route_count ? web_routes[c->res.route].pattern : STR("-");
	const int n = snprintf(line, sizeof line,
		"%.*s client=%s route=%.*s status=%u in=%zu out=%zu micros=%llu\n", (int)stamp.len,
		stamp.ptr, client, (int)route.len, route.ptr, c->res.status, m->bytes_in,
		m->bytes_out, (unsigned long long)m->micros);
	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
		return; /* nobody reads it: no reason to stop */
}

static void
count_answer(struct connection *c, size_t bytes_in)
{
	const struct web_measure measure = {
		.micros = c->took_micros, .bytes_in = bytes_in, .bytes_out = body_to_send(c).len};
	web_count(c->service->web, &c->res, &measure);
	if (c->service->settings->is_logging)
		log_answer(c, &measure);
	c->took_micros = 0;
}

static void
begin_answer(struct connection *c, int64_t now_ms)
{
	char date[STAMP_BYTES];
	const size_t bytes_in = c->body.len, room = c->res.body.room;
	buf_fini(&c->body); /* the answer is a copy */
	/* Small answers are always given: their number is that of the connections. */
	if (!hold(c, room > CONNECTION_SMALL_BYTES ? room : 0)) {
		buf_fini(&c->res.body);
		problem_answer(PROBLEM_BUSY, STR_NONE, &c->res);
		c->res.retry_after_s = CONNECTION_RETRY_S;
		problem_page(&c->head.request, &c->res);
	}
	count_answer(c, bytes_in);
	c->is_last = c->is_last || c->is_stopping;
	buf_clear(&c->out);
	web_response_head(&c->res, stamp_http(date), c->is_last, &c->out);
	c->sent = 0;
	c->phase = buf_failed(&c->out) ? PHASE_OVER : PHASE_ANSWER;
	c->deadline_ms = now_ms + (int64_t)c->service->settings->max_time * 1000;
}

/* The request cannot be answered, and where the next one begins is not known. Its head was read, or
 * there is none that can be trusted. */
static void
refuse(struct connection *c, enum problem p, const char *why, int64_t now_ms)
{
	const bool has_head = c->phase == PHASE_BODY;
	c->is_last = true;
	problem_answer(p, str_of(why), &c->res);
	if (p == PROBLEM_BUSY || p == PROBLEM_TOO_MANY)
		c->res.retry_after_s = CONNECTION_RETRY_S;
	problem_page(has_head ? &c->head.request : NULL, &c->res);
	begin_answer(c, now_ms);
}

void
connection_refuse(struct connection *c, enum problem p, int64_t now_ms)
{
	refuse(c, p, NULL, now_ms);
}

/* False when the socket is full, or broken (PHASE_OVER). */
static bool
send_some(struct connection *c)
{
	const struct str parts[] = {buf_str(&c->out), body_to_send(c)};
	while (c->sent < parts[0].len + parts[1].len) {
		struct iovec io[2];
		size_t skip = c->sent, count = 0;
		for (size_t i = 0; i < 2; i++) {
			const struct str rest = str_from(parts[i], skip);
			skip -= parts[i].len - rest.len;
			if (rest.len == 0)
				continue;
			/* sendmsg() only reads, but its vector knows no const */
			memcpy(&io[count].iov_base, &rest.ptr, sizeof rest.ptr);
			io[count++].iov_len = rest.len;
		}
		const struct msghdr message = {.msg_iov = io, .msg_iovlen = count};
		const ssize_t n = sendmsg(c->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (errno != EAGAIN)
				c->phase = PHASE_OVER;
			return false;
		}
		c->sent += (size_t)n;
	}
	return true;
}

/* What was received and used goes: other connections are served from this memory. */
static void
wipe_room(struct connection *c)
{
	wipe(c->room + c->len, c->most - c->len);
	c->most = c->len;
}

/* The answer was sent: the next request, or the end. */
static void
end_answer(struct connection *c, int64_t now_ms)
{
	web_response_fini(&c->res);
	web_response_init(&c->res);
	arena_reset(&c->arena);
	hold(c, 0);
	if (c->is_last) {
		shutdown(c->fd, SHUT_WR);
		c->len = 0;
		wipe_room(c);
		c->phase = PHASE_LINGER;
		c->deadline_ms = now_ms + CONNECTION_LINGER_MS;
		return;
	}
	memmove(c->room, c->room + c->head.len, c->len - c->head.len);
	c->len -= c->head.len;
	wipe_room(c);
	c->scanned = 0;
	c->phase = PHASE_HEAD;
	c->deadline_ms = now_ms + (int64_t)c->service->settings->timeout * 1000;
}

/* ---- the request ---- */

/* The frames of what was called hold words of the mail, as buffers of output do. */
static __attribute__((noinline)) void
wipe_stack(void)
{
	char room[CONNECTION_STACK_BYTES];
	wipe(room, sizeof room);
}

static void
answer(struct connection *c, int64_t now_ms)
{
	c->head.request.body = buf_str(&c->body);
	c->head.request.is_local = c->peer.is_local && !is_proxy(c->service->settings, &c->peer);
	c->is_last = c->head.wants_close;
	clients_charge(c->service->clients, &c->client, c->body.len / CONNECTION_BYTES_PER_REQUEST);
	const int64_t before = micros();
	web_answer(c->service->web, &c->head.request, &c->res);
	c->took_micros = (uint64_t)(micros() - before);
	wipe_stack();
	begin_answer(c, now_ms);
}

static void
say_continue(struct connection *c)
{
	static const char words[] = "HTTP/1.1 100 Continue\r\n\r\n";
	/* A few bytes on an idle connection: when they do not go out, the client is gone, or sends
	 * without them. */
	if (send(c->fd, words, sizeof words - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

static void
begin_body(struct connection *c, int64_t now_ms)
{
	c->phase = PHASE_BODY;
	if (c->head.content_length > (int64_t)c->service->settings->max_body) {
		refuse(c, PROBLEM_TOO_LARGE, NULL, now_ms);
		return;
	}
	if (!c->head.is_chunked && c->head.content_length <= 0) {
		answer(c, now_ms);
		return;
	}
	if (c->head.wants_continue && c->len == c->head.len)
		say_continue(c);
	c->chunks = (struct http_chunks){.left = 0};
	c->deadline_ms = now_ms + (int64_t)c->service->settings->max_time * 1000;
}

/* Has the client asked too often? Then the request is refused, and a body with it. */
static bool
is_too_often(struct connection *c, int64_t now_ms)
{
	const struct settings *const s = c->service->settings;
	c->client = c->peer;
	peer_behind(s->proxies, s->proxy_count,
		s->is_rfc7239 ? c->head.forwarded : c->head.x_forwarded_for, s->is_rfc7239,
		&c->client);
	const unsigned wait_s = clients_take(c->service->clients, &c->client, now_ms);
	if (wait_s == 0)
		return false;
	problem_answer(PROBLEM_TOO_MANY, STR_NONE, &c->res);
	c->res.retry_after_s = wait_s;
	problem_page(&c->head.request, &c->res);
	c->is_last = c->head.wants_close || c->head.is_chunked || c->head.content_length > 0;
	begin_answer(c, now_ms);
	return true;
}

/* False: more bytes are needed. */
static bool
read_head(struct connection *c, int64_t now_ms)
{
	const enum http_progress progress =
		http_head_parse((struct str){c->room, c->len}, &c->scanned, &c->arena, &c->head);
	if (progress == HTTP_MORE)
		return false;
	if (progress == HTTP_BAD)
		refuse(c, c->head.problem, c->head.why, now_ms);
	else if (!is_too_often(c, now_ms))
		begin_body(c, now_ms);
	return true;
}

/* The bytes behind the head that were used for the body go. */
static void
drop_used(struct connection *c, size_t used)
{
	const size_t from = c->head.len + used;
	memmove(c->room + c->head.len, c->room + from, c->len - from);
	c->len -= used;
}

static bool
read_body(struct connection *c, int64_t now_ms)
{
	const struct str bytes = {c->room + c->head.len, c->len - c->head.len};
	enum http_progress progress;
	size_t used;
	if (c->head.is_chunked) {
		progress = http_chunks_read(&c->chunks, bytes, &c->body, &used);
	} else {
		used = (size_t)c->head.content_length - c->body.len;
		used = used < bytes.len ? used : bytes.len;
		buf_add(&c->body, str_head(bytes, used));
		progress = c->body.len == (size_t)c->head.content_length ? HTTP_DONE : HTTP_MORE;
	}
	drop_used(c, used);
	if (buf_failed(&c->body) || !hold(c, c->body.room))
		refuse(c, PROBLEM_BUSY, NULL, now_ms);
	else if (progress == HTTP_BAD)
		refuse(c, c->chunks.problem, c->chunks.why, now_ms);
	else if (progress == HTTP_DONE)
		answer(c, now_ms);
	return c->phase != PHASE_BODY;
}

/* False when nothing is there now, or the connection is over. */
static bool
receive(struct connection *c, int64_t now_ms)
{
	const ssize_t n = recv(c->fd, c->room + c->len, sizeof c->room - c->len, MSG_DONTWAIT);
	if (n > 0) {
		/* A request begins: it has its time, however long the connection was idle. */
		if (c->phase == PHASE_HEAD && c->len == 0)
			c->deadline_ms = now_ms + (int64_t)c->service->settings->timeout * 1000;
		c->len += (size_t)n;
		c->most = c->len > c->most ? c->len : c->most;
		return true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		c->phase = PHASE_OVER;
	return false;
}

void
connection_serve(struct connection *c, int64_t now_ms)
{
	unsigned reads = 0;
	for (;;) {
		switch (c->phase) {
		case PHASE_HEAD:
			if (read_head(c, now_ms))
				continue;
			break;
		case PHASE_BODY:
			if (read_body(c, now_ms))
				continue;
			break;
		case PHASE_ANSWER:
			if (!send_some(c))
				return;
			end_answer(c, now_ms);
			continue;
		case PHASE_LINGER:
			c->len = 0;
			break;
		case PHASE_OVER:
			return;
		}
		/* Only here, where all that was received is used: what is still in the socket
		 * brings another call, after everybody else's turn. */
		if (reads++ == CONNECTION_READS_MAX || !receive(c, now_ms))
			return;
	}
}

void
connection_expire(struct connection *c, int64_t now_ms)
{
	const bool is_answerable = c->phase == PHASE_BODY || (c->phase == PHASE_HEAD && c->len > 0);
	if (!is_answerable) {
		c->phase = PHASE_OVER;
		return;
	}
	refuse(c, PROBLEM_TIMEOUT, NULL, now_ms);
	connection_serve(c, now_ms);
}

void
connection_stop(struct connection *c, int64_t now_ms)
{
	c->is_stopping = true;
	if (c->phase == PHASE_HEAD && c->len == 0)
		c->phase = PHASE_OVER;
	else
		connection_serve(c, now_ms);
}
