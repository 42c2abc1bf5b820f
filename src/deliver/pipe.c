/* pipe - the server's side: requests to the helper, and its answers */
#define _GNU_SOURCE /* initgroups */
#include "deliver/pipe.h"

#include <errno.h>
#include <event2/event.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "deliver/pipe_helper.h"

/* Somebody who waits. */
struct waiting {
	pipe_answer *answer;
	void *to;
};

struct pipe_helper {
	int fd;
	pid_t pid;
	struct event *event;
	struct waiting waiting[PIPE_COMMANDS_MAX];
	unsigned running;
};

/* The user's rights, in the helper. Gives false with errno. */
static bool
become(const struct passwd *pw)
{
	return initgroups(pw->pw_name, pw->pw_gid) == 0 && setgid(pw->pw_gid) == 0 &&
	       setuid(pw->pw_uid) == 0;
}

static const struct passwd *
user_find(struct str user, char name[256], struct pipe_error *error)
{
	snprintf(name, 256, "%.*s", (int)user.len, user.ptr);
	errno = 0;
	const struct passwd *const pw = getpwnam(name);
	if (pw == NULL)
		snprintf(error->words, sizeof error->words, "pipe_user %.100s: no such user", name);
	return pw;
}

struct pipe_helper *
pipe_helper_start(struct str user, struct pipe_error *error)
{
	char name[256];
	const struct passwd *pw = NULL;
	if (user.len > 0 && (pw = user_find(user, name, error)) == NULL)
		return NULL;
	int fds[2];
	struct pipe_helper *const h = calloc(1, sizeof *h);
	if (h == NULL || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
		snprintf(error->words, sizeof error->words, "the helper for commands: %s",
			strerror(errno));
		free(h);
		return NULL;
	}
	const pid_t pid = fork();
	if (pid == 0) {
		close(fds[0]);
		if (pw != NULL && getuid() != pw->pw_uid && !become(pw))
			_exit(EX_NOPERM);
		pipe_helper_main(fds[1]);
		_exit(0);
	}
	close(fds[1]);
	*h = (struct pipe_helper){.fd = fds[0], .pid = pid};
	struct pipe_hello hello;
	/* It greets when it has become who it should be. */
	if (pid < 0 || recv(h->fd, &hello, sizeof hello, 0) != (ssize_t)sizeof hello) {
		snprintf(error->words, sizeof error->words,
			"the helper for commands did not start%s",
			pw != NULL && getuid() != 0
				? ": only root can give it the rights of pipe_user"
				: "");
		pipe_helper_stop(h);
		return NULL;
	}
	return h;
}

static void
answer_one(struct pipe_helper *h, unsigned slot, const struct pipe_result *result)
{
	const struct waiting w = h->waiting[slot];
	if (w.answer == NULL)
		return;
	h->waiting[slot] = (struct waiting){0};
	h->running--;
	w.answer(w.to, result);
}

/* It is gone: nobody learns more. */
static void
helper_lost(struct pipe_helper *h)
{
	if (h->event != NULL)
		event_free(h->event);
	h->event = NULL;
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
	const struct pipe_result gone = {.end = PIPE_NOT_RUN, .line = STR("")};
	for (unsigned i = 0; i < PIPE_COMMANDS_MAX; i++)
		answer_one(h, i, &gone);
}

static void
on_readable(evutil_socket_t fd, short what, void *to)
{
	struct pipe_helper *const h = to;
	struct pipe_reply reply;
	(void)what;
	for (;;) {
		const ssize_t n = recv(fd, &reply, sizeof reply, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n != (ssize_t)sizeof reply) {
			helper_lost(h);
			return;
		}
		if (reply.slot >= PIPE_COMMANDS_MAX || reply.line_bytes > sizeof reply.line)
			continue;
		answer_one(h, reply.slot,
			&(struct pipe_result){.end = (enum pipe_end)reply.end,
				.code = reply.code,
				.line = {reply.line, reply.line_bytes}});
	}
}

bool
pipe_helper_listen(struct pipe_helper *h, struct event_base *base)
{
	h->event = event_new(base, h->fd, EV_READ | EV_PERSIST, on_readable, h);
	return h->event != NULL && event_add(h->event, NULL) == 0;
}

void
pipe_helper_stop(struct pipe_helper *h)
{
	if (h == NULL)
		return;
	helper_lost(h);
	/* It ends when its socket does; with it, the commands. */
	if (h->pid > 0)
		while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
			;
	free(h);
}

unsigned
pipe_room(const struct pipe_helper *h)
{
	return h->fd < 0 ? 0 : PIPE_COMMANDS_MAX - h->running;
}

/* Text and a NUL behind it; NULs inside are left out. False when it does not fit. */
static bool
put(char *room, size_t *len, struct str s)
{
	if (s.len >= PIPE_REQUEST_BYTES_MAX - *len)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != '\0')
			room[(*len)++] = s.ptr[i];
	return true;
}

static size_t
request_write(const struct pipe_request *r, unsigned slot, char room[PIPE_REQUEST_BYTES_MAX])
{
	const struct pipe_order order = {.slot = slot, .timeout_s = r->timeout_s};
	size_t len = sizeof order;
	memcpy(room, &order, sizeof order);
	bool ok = put(room, &len, r->command) && len < PIPE_REQUEST_BYTES_MAX;
	if (ok)
		room[len++] = '\0';
	for (size_t i = 0; ok && i < r->variable_count; i++) {
		const struct pipe_variable *const v = &r->variables[i];
		if (!str_is_set(v->value))
			continue;
		ok = put(room, &len, str_of(v->name)) && put(room, &len, STR("=")) &&
		     put(room, &len, v->value) && len < PIPE_REQUEST_BYTES_MAX;
		if (ok)
			room[len++] = '\0';
	}
	return ok ? len : 0;
}

bool
pipe_run(struct pipe_helper *h, const struct pipe_request *request, pipe_answer *answer, void *to)
{
	unsigned slot = 0;
	while (slot < PIPE_COMMANDS_MAX && h->waiting[slot].answer != NULL)
		slot++;
	if (h->fd < 0 || slot == PIPE_COMMANDS_MAX)
		return false;
	char room[PIPE_REQUEST_BYTES_MAX];
	const size_t len = request_write(request, slot, room);
	if (len == 0)
		return false;
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec part = {room, len};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof control.room};
	struct cmsghdr *const c = CMSG_FIRSTHDR(&message);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &request->input, sizeof(int));
	if (sendmsg(h->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)len)
		return false;
	h->waiting[slot] = (struct waiting){answer, to};
	h->running++;
	return true;
}

/* ---- what an end means */

#define EXIT_NOT_EXECUTABLE 126 /* of a shell */
#define EXIT_NOT_FOUND 127
#define EXIT_QMAIL_STOP 99
#define EXIT_QMAIL_HARD 100
#define EXIT_QMAIL_SOFT 111

/* sysexits.h, and qmail-command(8). What points at the command itself, and not at the message or
 * its recipient, is tried again, and an operator is told. */
static const struct {
	int code;
	struct pipe_meaning meaning;
} meanings[] = {
	{0, {.is_delivered = true, .status = "2.0.0", .words = "delivered to the command"}},
	{EXIT_QMAIL_STOP,
		{.is_delivered = true, .status = "2.0.0", .words = "delivered, and no more"}},
	{EX_DATAERR, {.is_permanent = true, .status = "5.6.0", .words = "data format error"}},
	{EX_NOINPUT, {.is_permanent = true, .status = "5.3.0", .words = "cannot open input"}},
	{EX_NOUSER, {.is_permanent = true, .status = "5.1.1", .words = "user unknown"}},
	{EX_NOHOST, {.is_permanent = true, .status = "5.1.2", .words = "host name unknown"}},
	{EX_UNAVAILABLE, {.is_permanent = true, .status = "5.3.0", .words = "service unavailable"}},
	{EX_CANTCREAT, {.is_permanent = true,
			       .status = "5.2.0",
			       .words = "cannot create the output file"}},
	{EX_PROTOCOL,
		{.is_permanent = true, .status = "5.5.0", .words = "remote error in protocol"}},
	{EX_NOPERM, {.is_permanent = true, .status = "5.7.0", .words = "permission denied"}},
	{EXIT_QMAIL_HARD,
		{.is_permanent = true, .status = "5.3.0", .words = "refused by the command"}},
	{EX_OSERR, {.status = "4.3.0", .words = "system resource problem"}},
	{EX_IOERR, {.status = "4.3.0", .words = "input/output error"}},
	{EX_TEMPFAIL, {.status = "4.3.0", .words = "temporary failure"}},
	{EXIT_QMAIL_SOFT, {.status = "4.3.0", .words = "temporary failure"}},
	{EX_USAGE, {.is_ours = true, .status = "4.3.5", .words = "command line usage error"}},
	{EX_SOFTWARE, {.is_ours = true, .status = "4.3.0", .words = "internal software error"}},
	{EX_OSFILE,
		{.is_ours = true, .status = "4.3.5", .words = "a file of the system is missing"}},
	{EX_CONFIG, {.is_ours = true, .status = "4.3.5", .words = "configuration error"}},
	{EXIT_NOT_EXECUTABLE,
		{.is_ours = true, .status = "4.3.5", .words = "the command cannot be executed"}},
	{EXIT_NOT_FOUND,
		{.is_ours = true, .status = "4.3.5", .words = "the command was not found"}},
};

struct pipe_meaning
pipe_meaning_of(const struct pipe_result *r)
{
	if (r->end == PIPE_EXITED)
		for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
			if (meanings[i].code == r->code)
				return meanings[i].meaning;
	/* A code that means nothing may be a slip in a script: no reason to lose mail. */
	static const char *const words[] = {[PIPE_EXITED] = "an exit code that says nothing",
		[PIPE_KILLED] = "killed by a signal",
		[PIPE_TIMED_OUT] = "not done when its time was over (pipe_timeout)",
		[PIPE_NOT_RUN] = "the system could not run it"};
	return (struct pipe_meaning){
		.is_ours = r->end != PIPE_TIMED_OUT, .status = "4.3.0", .words = words[r->end]};
}
