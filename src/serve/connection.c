#include "serve/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct connection *
connection_new(int fd, const struct service *service, int64_t now_ms)
{
	struct connection *const c = malloc(sizeof *c);
	if (c == NULL)
		return NULL;
	*c = (struct connection){.fd = fd, .service = service};
	c->deadline_ms = now_ms + (int64_t)service->settings->timeout * 1000;
	arena_init(&c->arena, CONNECTION_ARENA_BYTES_MAX);
	buf_init(&c->body, service->settings->max_body);
	buf_init(&c->out, CONNECTION_ROOM_BYTES);
	web_response_init(&c->res);
	web_count_connections(service->web, 1);
	return c;
}

void
connection_free(struct connection *c)
{
	web_count_connections(c->service->web, -1);
	close(c->fd);
	arena_fini(&c->arena);
	buf_fini(&c->body);
	buf_fini(&c->out);
	web_response_fini(&c->res);
	free(c);
}

/* ---- the answer ---- */

/* "Thu, 01 Jan 2026 00:00:00 GMT" without the locale that strftime() asks. */
static struct str
http_date(char room[static 30])
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const time_t now = time(NULL);
	struct tm t;
	if (gmtime_r(&now, &t) == NULL)
		return STR_NONE;
	const int year = t.tm_year + 1900;
	memcpy(room, "Ddd, 00 Mmm 0000 00:00:00 GMT", 30);
	memcpy(room, days + 3 * t.tm_wday, 3);
	memcpy(room + 8, months + 3 * t.tm_mon, 3);
	const struct {
		int at, value;
	} pairs[] = {{5, t.tm_mday}, {12, year / 100}, {14, year % 100}, {17, t.tm_hour},
		{20, t.tm_min}, {23, t.tm_sec}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		room[pairs[i].at] = (char)('0' + pairs[i].value / 10 % 10);
		room[pairs[i].at + 1] = (char)('0' + pairs[i].value % 10);
	}
	return (struct str){room, 29};
}

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

static void
count_answer(struct connection *c)
{
	const struct web_measure measure = {.micros = c->took_micros,
		.bytes_in = c->body.len,
		.bytes_out = body_to_send(c).len};
	web_count(c->service->web, &c->res, &measure);
	c->took_micros = 0;
}

static void
begin_answer(struct connection *c, int64_t now_ms)
{
	char date[30];
	count_answer(c);
	c->is_last = c->is_last || c->is_stopping;
	buf_clear(&c->out);
	web_response_head(&c->res, http_date(date), c->is_last, &c->out);
	c->sent = 0;
	c->phase = buf_failed(&c->out) ? PHASE_OVER : PHASE_ANSWER;
	c->deadline_ms = now_ms + (int64_t)c->service->settings->max_time * 1000;
}

/* The request cannot be answered, and where the next one begins is not known. */
static void
refuse(struct connection *c, enum problem p, const char *why, int64_t now_ms)
{
	c->is_last = true;
	problem_answer(p, str_of(why), &c->res);
	begin_answer(c, now_ms);
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
			if (rest.len > 0)
				io[count++] = (struct iovec){(void *)(uintptr_t)rest.ptr, rest.len};
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

/* The answer was sent: the next request, or the end. */
static void
end_answer(struct connection *c, int64_t now_ms)
{
	web_response_fini(&c->res);
	web_response_init(&c->res);
	arena_reset(&c->arena);
	buf_fini(&c->body);
	if (c->is_last) {
		shutdown(c->fd, SHUT_WR);
		c->len = 0;
		c->phase = PHASE_LINGER;
		c->deadline_ms = now_ms + CONNECTION_LINGER_MS;
		return;
	}
	memmove(c->room, c->room + c->head.len, c->len - c->head.len);
	c->len -= c->head.len;
	c->scanned = 0;
	c->phase = PHASE_HEAD;
	c->deadline_ms = now_ms + (int64_t)c->service->settings->timeout * 1000;
}

/* ---- the request ---- */

static void
answer(struct connection *c, int64_t now_ms)
{
	c->head.request.body = buf_str(&c->body);
	c->is_last = c->head.wants_close;
	const int64_t before = micros();
	web_answer(c->service->web, &c->head.request, &c->res);
	c->took_micros = (uint64_t)(micros() - before);
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
	c->phase = PHASE_BODY;
	c->deadline_ms = now_ms + (int64_t)c->service->settings->max_time * 1000;
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
	else
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
	if (buf_failed(&c->body))
		refuse(c, PROBLEM_BUSY, NULL, now_ms);
	else if (progress == HTTP_BAD)
		refuse(c, c->chunks.problem, c->chunks.why, now_ms);
	else if (progress == HTTP_DONE)
		answer(c, now_ms);
	return c->phase != PHASE_BODY;
}

/* False when nothing is there now, or the connection is over. */
static bool
receive(struct connection *c)
{
	const ssize_t n = recv(c->fd, c->room + c->len, sizeof c->room - c->len, MSG_DONTWAIT);
	if (n > 0) {
		c->len += (size_t)n;
		return true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		c->phase = PHASE_OVER;
	return false;
}

void
connection_serve(struct connection *c, int64_t now_ms)
{
	/* What is left comes with the next call, after everybody else's turn. */
	for (unsigned reads = 0; reads < CONNECTION_READS_MAX;) {
		switch (c->phase) {
		case PHASE_HEAD:
			if (!read_head(c, now_ms) && (reads++, !receive(c)))
				return;
			break;
		case PHASE_BODY:
			if (!read_body(c, now_ms) && (reads++, !receive(c)))
				return;
			break;
		case PHASE_ANSWER:
			if (!send_some(c))
				return;
			end_answer(c, now_ms);
			break;
		case PHASE_LINGER:
			c->len = 0;
			if (reads++, !receive(c))
				return;
			break;
		case PHASE_OVER:
			return;
		}
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
