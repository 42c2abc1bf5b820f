/* hooks - the operator's script, as the loop asks it */
#include "hooks/hooks.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hooks/runner.h"
#include "net/clock.h"

struct hook_question {
	struct hooks *hooks;
	uint32_t id;
	hook_done *done; /* NULL: nobody wants to know */
	void *to;
	int64_t deadline_ms;
	TAILQ_ENTRY(hook_question) link;
};

struct hooks {
	int fd; /* -1: the processes are gone */
	struct event_base *base;
	struct event event, timer;
	unsigned points;
	int64_t timeout_ms;
	uint32_t last_id;
	size_t open_count;
	TAILQ_HEAD(hook_questions, hook_question)
	open; /* in the order in which they were asked, and are answered */
	struct hooks_counts counts;
	/* Of a script that is being loaded. */
	uint32_t load_id;
	hooks_loaded *loaded; /* NULL: none is */
	void *loaded_to;
	int64_t load_timeout_ms;
	struct event load_timer;
	struct {
		struct runner_head head;
		char bytes[HOOK_FRAME_BYTES_MAX + 1];
	} in;
};

struct hooks *
hooks_new(void)
{
	struct hooks *const h = calloc(1, sizeof *h);
	if (h == NULL)
		return NULL;
	TAILQ_INIT(&h->open);
	h->fd = runner_start();
	if (h->fd < 0) {
		free(h);
		return NULL;
	}
	return h;
}

bool
hooks_has(const struct hooks *h, enum hook_point p)
{
	return h != NULL && (h->points >> p & 1) != 0;
}

struct hooks_counts
hooks_counts(const struct hooks *h)
{
	return h != NULL ? h->counts : (struct hooks_counts){0};
}

/* ---- answers */

static void
question_free(struct hook_question *q)
{
	struct hooks *const h = q->hooks;
	TAILQ_REMOVE(&h->open, q, link);
	h->open_count--;
	free(q);
}

static void
question_end(struct hook_question *q, const struct hook_result *result)
{
	hook_done *const done = q->done;
	void *const to = q->to;
	q->hooks->counts.failures += result->act == HOOK_FAILED;
	question_free(q);
	if (done != NULL)
		done(to, result);
}

static void
question_fail(struct hook_question *q, const char *words)
{
	const struct hook_result failed = {.act = HOOK_FAILED, .words = str_of(words)};
	question_end(q, &failed);
}

/* words: NULL when it is compiled. */
static void
load_end(struct hooks *h, const char *words)
{
	hooks_loaded *const done = h->loaded;
	h->loaded = NULL;
	event_del(&h->load_timer);
	done(h->loaded_to, words == NULL, words != NULL ? words : "");
}

static void
on_load_timer(evutil_socket_t fd, short what, void *hooks)
{
	(void)fd;
	(void)what;
	load_end(hooks, "the script gave no answer when it was loaded");
}

/* The one that was under way: they are answered in their order. */
static void
on_death(struct hooks *h, uint32_t signal)
{
	char words[120];
	snprintf(words, sizeof words,
		signal == SIGPROF ? "the script took more than its time and was ended"
				  : "the process of the script ended by signal %u",
		(unsigned)signal);
	struct hook_question *const first = TAILQ_FIRST(&h->open);
	const bool is_before_load = first != NULL && (int32_t)(first->id - h->load_id) < 0;
	if (h->loaded != NULL && !is_before_load) {
		load_end(h, words);
	} else if (first != NULL) {
		question_fail(first, words);
	}
}

static void
on_frame(struct hooks *h, size_t len)
{
	const struct str bytes = {h->in.bytes, len};
	char words[HOOKS_WORDS_MAX];
	struct hook_result result;
	switch ((enum runner_kind)h->in.head.kind) {
	case RUNNER_DIED:
		on_death(h, h->in.head.number);
		return;
	case RUNNER_LOADED:
		if (h->in.head.id != h->load_id)
			return;
		/* Too late, it runs all the same: it is asked at the places that it has. */
		if (bytes.len == 0) {
			h->points = h->in.head.points;
			h->timeout_ms = h->load_timeout_ms;
		}
		if (h->loaded != NULL) {
			snprintf(words, sizeof words, "%.*s", (int)bytes.len, bytes.ptr);
			load_end(h, bytes.len == 0 ? NULL : words);
		}
		return;
	case RUNNER_ANSWER:
		break;
	default:
		return;
	}
	struct hook_question *q = TAILQ_FIRST(&h->open);
	while (q != NULL && q->id != h->in.head.id)
		q = TAILQ_NEXT(q, link);
	if (q == NULL)
		return;
	hook_result_read(bytes, &result);
	question_end(q, &result);
}

static void
on_gone(struct hooks *h)
{
	event_del(&h->event);
	close(h->fd);
	h->fd = -1;
	while (!TAILQ_EMPTY(&h->open))
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it takes itself out of the list */
		question_fail(TAILQ_FIRST(&h->open), "the processes of the script are gone");
	if (h->loaded != NULL)
		load_end(h, "the processes of the script are busy or gone");
}

/* What has come; done() of somebody may be called. */
static void
read_all(struct hooks *h)
{
	while (h->fd >= 0) {
		const ssize_t n = recv(h->fd, &h->in, sizeof h->in - 1, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < (ssize_t)sizeof h->in.head)
			on_gone(h);
		else
			on_frame(h, (size_t)n - sizeof h->in.head);
	}
}

static void
on_event(evutil_socket_t fd, short what, void *hooks)
{
	(void)fd;
	(void)what;
	read_all(hooks);
}

/* The first that somebody still waits for: each has the same time, but for a reload. */
static struct hook_question *
first_waiting(struct hooks *h)
{
	struct hook_question *q = TAILQ_FIRST(&h->open);
	while (q != NULL && q->done == NULL)
		q = TAILQ_NEXT(q, link);
	return q;
}

static void
timer_set(struct hooks *h)
{
	const struct hook_question *const q = first_waiting(h);
	if (q == NULL)
		return;
	const int64_t left = q->deadline_ms - clock_mono_ms();
	const struct timeval tv = {left > 0 ? left / 1000 : 0, left > 0 ? left % 1000 * 1000 : 1};
	event_add(&h->timer, &tv);
}

/* Who is late stays in its place, so that a death is the right one's. */
static void
on_timer(evutil_socket_t fd, short what, void *hooks)
{
	struct hooks *const h = hooks;
	const struct hook_result late = {
		.act = HOOK_FAILED, .words = STR("the script gave no answer in its time")};
	struct hook_question *q;
	(void)fd;
	(void)what;
	while ((q = first_waiting(h)) != NULL && q->deadline_ms <= clock_mono_ms()) {
		hook_done *const done = q->done;
		q->done = NULL;
		h->counts.failures++;
		done(q->to, &late); /* may ask the next */
	}
	timer_set(h);
}

bool
hooks_listen(struct hooks *h, struct event_base *base)
{
	h->base = base;
	event_assign(&h->event, base, h->fd, EV_READ | EV_PERSIST, on_event, h);
	event_assign(&h->timer, base, -1, 0, on_timer, h);
	event_assign(&h->load_timer, base, -1, 0, on_load_timer, h);
	return event_add(&h->event, NULL) == 0;
}

/* ---- questions */

/* sendmsg() reads what its struct may write. */
static void *
to_send(const void *bytes)
{
	void *same;
	memcpy(&same, &bytes, sizeof same);
	return same;
}

static bool
send_frame(struct hooks *h, const struct runner_head *head, struct str before, struct str bytes)
{
	struct iovec parts[] = {{to_send(head), sizeof *head}, {to_send(before.ptr), before.len},
		{to_send(bytes.ptr), bytes.len}};
	const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
	ssize_t n;
	do
		n = h->fd < 0 ? -1 : sendmsg(h->fd, &message, MSG_NOSIGNAL);
	while (n < 0 && h->fd >= 0 && errno == EINTR);
	return n >= 0;
}

struct hook_question *
hooks_ask(struct hooks *h, enum hook_point p, struct str facts, hook_done *done, void *to)
{
	h->counts.calls++;
	struct hook_question *const q =
		h->open_count < HOOKS_OPEN_MAX ? calloc(1, sizeof *q) : NULL;
	const struct runner_head head = {
		.id = ++h->last_id, .kind = RUNNER_CALL, .point = (uint16_t)p};
	if (q == NULL || !send_frame(h, &head, STR(""), facts)) {
		free(q);
		h->counts.failures++;
		return NULL;
	}
	*q = (struct hook_question){.hooks = h,
		.id = head.id,
		.done = done,
		.to = to,
		.deadline_ms = clock_mono_ms() + h->timeout_ms};
	TAILQ_INSERT_TAIL(&h->open, q, link);
	h->open_count++;
	if (!event_pending(&h->timer, EV_TIMEOUT, NULL))
		timer_set(h);
	return q;
}

void
hooks_cancel(struct hook_question *q)
{
	if (q != NULL)
		q->done = NULL; /* its answer comes all the same */
}

/* ---- the script */

bool
hooks_read(const char *path, struct buf *text, char words[static HOOKS_WORDS_MAX])
{
	char room[8192];
	ssize_t n = 0;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		snprintf(words, HOOKS_WORDS_MAX, "%s: %s", path, strerror(errno));
		return false;
	}
	while (!buf_failed(text) && (n = read(fd, room, sizeof room)) > 0)
		buf_add(text, (struct str){room, (size_t)n});
	if (n < 0)
		snprintf(words, HOOKS_WORDS_MAX, "%s: %s", path, strerror(errno));
	else if (buf_failed(text))
		snprintf(words, HOOKS_WORDS_MAX, "%s: it is longer than %zu bytes", path,
			SCRIPT_BYTES_MAX);
	close(fd);
	return n >= 0 && !buf_failed(text);
}

/* A frame of it to the process; false: that is busy or gone. */
static bool
load_send(struct hooks *h, const struct hooks_script *script, struct str text)
{
	struct runner_load load = {.limits = script->limits};
	const struct runner_head head = {.id = ++h->last_id, .kind = RUNNER_LOAD};
	const char *const slash = strrchr(script->path, '/');
	snprintf(load.name, sizeof load.name, "%s", slash != NULL ? slash + 1 : script->path);
	h->load_id = head.id;
	h->load_timeout_ms = script->timeout_ms;
	return send_frame(h, &head, (struct str){(const char *)&load, sizeof load}, text);
}

enum hooks_load
hooks_load(struct hooks *h, const struct hooks_script *script, hooks_loaded *done, void *to,
	char words[static HOOKS_WORDS_MAX])
{
	const struct timeval patience = {HOOKS_LOAD_MS / 1000, HOOKS_LOAD_MS % 1000 * 1000};
	struct buf text;
	if (script->path[0] == '\0') {
		h->timeout_ms = script->timeout_ms;
		h->points = 0;
		return HOOKS_LOAD_DONE;
	}
	buf_init(&text, SCRIPT_BYTES_MAX);
	bool ok = hooks_read(script->path, &text, words);
	if (ok && !load_send(h, script, buf_str(&text))) {
		snprintf(words, HOOKS_WORDS_MAX, "the processes of the script are busy or gone");
		ok = false;
	}
	buf_fini(&text);
	if (!ok)
		return HOOKS_LOAD_FAILED;
	h->loaded = done;
	h->loaded_to = to;
	event_add(&h->load_timer, &patience);
	return HOOKS_LOAD_OPEN;
}

void
hooks_load_wait(struct hooks *h)
{
	const int64_t end = clock_mono_ms() + HOOKS_LOAD_MS;
	for (int64_t left; h->loaded != NULL && h->fd >= 0 && (left = end - clock_mono_ms()) > 0;) {
		struct pollfd p = {.fd = h->fd, .events = POLLIN};
		if (poll(&p, 1, (int)left) > 0)
			read_all(h);
	}
	if (h->loaded != NULL)
		on_load_timer(-1, 0, h);
}

void
hooks_free(struct hooks *h)
{
	if (h == NULL)
		return;
	if (h->base != NULL) {
		if (h->fd >= 0)
			event_del(&h->event);
		event_del(&h->timer);
		event_del(&h->load_timer);
	}
	while (!TAILQ_EMPTY(&h->open))
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it takes itself out of the list */
		question_free(TAILQ_FIRST(&h->open));
	if (h->fd >= 0)
		close(h->fd);
	free(h);
}
