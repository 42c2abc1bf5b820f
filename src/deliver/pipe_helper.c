/*
 * pipe_helper - the process that runs commands
 *
 * It does nothing but fork, wait, read the last line of what a command writes, and kill the one
 * whose time is over, with all that it has started: each runs in a process group of its own.
 */
#define _GNU_SOURCE /* pipe2 */
#include "deliver/pipe_helper.h"
#include "net/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define VARIABLES_MAX 32
#define WAKE_MS 100      /* while a command has closed its output and has not ended */
#define OUTPUT_ROUNDS 64 /* reads of one command's output in one go */

struct child {
	pid_t pid; /* 0: the slot is free */
	int output;
	int64_t deadline_ms;
	bool is_timed_out, has_ended;
	int status;
	char line[PIPE_OUTPUT_BYTES_MAX]; /* the last that is not empty */
	size_t line_len;
	char now[PIPE_OUTPUT_BYTES_MAX]; /* the one being read */
	size_t now_len;
};

struct helper {
	int fd;
	struct child children[PIPE_COMMANDS_MAX];
};

/* ---- what a command writes */

static void
line_end(struct child *c)
{
	if (c->now_len > 0) {
		memcpy(c->line, c->now, c->now_len);
		c->line_len = c->now_len;
	}
	c->now_len = 0;
}

static void
output_byte(struct child *c, char b)
{
	if (b == '\n')
		line_end(c);
	else if ((unsigned char)b >= ' ' && b != 127 && c->now_len < sizeof c->now)
		c->now[c->now_len++] = b;
}

/* Reads what is there; false when it has closed. */
static bool
output_read(struct child *c)
{
	char room[4096];
	for (int round = 0; round < OUTPUT_ROUNDS; round++) {
		const ssize_t n = read(c->output, room, sizeof room);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		if (n == 0)
			return false;
		for (ssize_t i = 0; i < n; i++)
			output_byte(c, room[i]);
	}
	return true;
}

/* ---- one command */

static void
reply(struct helper *h, unsigned slot, enum pipe_end end, int code, const struct child *c)
{
	struct pipe_reply r = {.slot = slot, .end = end, .code = code};
	if (c != NULL) {
		r.line_bytes = (uint32_t)c->line_len;
		memcpy(r.line, c->line, c->line_len);
	}
	while (send(h->fd, &r, sizeof r, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/* Signals that end the server: the helper ends after it, which may still wait for commands. */
static void
signals_held(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}

/* In the child: it becomes the command. */
_Noreturn static void
child_become(const char *command, char *const *environment, int input, int output)
{
	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	/* What was sent meanwhile counts now: ignored, it would have been lost. */
	sigset_t held;
	signals_held(&held);
	sigprocmask(SIG_UNBLOCK, &held, NULL);
	if (lseek(input, 0, SEEK_SET) == 0 && dup2(input, 0) >= 0 && dup2(output, 1) >= 0 &&
		dup2(output, 2) >= 0 && chdir("/") == 0)
		execle("/bin/sh", "sh", "-c", command, (char *)NULL, environment);
	_exit(127);
}

static void
child_start(struct helper *h, const struct pipe_order *order, char *texts, size_t len, int input)
{
	struct child *const c = &h->children[order->slot];
	char *environment[VARIABLES_MAX + 2] = {"PATH=/usr/local/bin:/usr/bin:/bin"};
	size_t count = 1;
	char *const command = texts;
	for (char *at = texts + strlen(texts) + 1; at < texts + len && count <= VARIABLES_MAX;
		at += strlen(at) + 1)
		environment[count++] = at;
	int output[2];
	if (pipe2(output, O_CLOEXEC) != 0) {
		reply(h, order->slot, PIPE_NOT_RUN, errno, NULL);
		return;
	}
	const pid_t pid = fork();
	if (pid == 0)
		child_become(command, environment, input, output[1]);
	const int error = errno;
	close(output[1]);
	if (pid < 0) {
		close(output[0]);
		reply(h, order->slot, PIPE_NOT_RUN, error, NULL);
		return;
	}
	setpgid(pid, pid); /* here too: whoever comes first */
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	*c = (struct child){.pid = pid,
		.output = output[0],
		.deadline_ms = clock_mono_ms() + (int64_t)order->timeout_s * 1000};
}

/* A process that the command left behind may hold the output open: the command's end is what
 * counts. */
static void
child_end(struct helper *h, unsigned slot)
{
	struct child *const c = &h->children[slot];
	if (c->output >= 0) {
		output_read(c);
		close(c->output);
	}
	line_end(c);
	if (c->is_timed_out)
		reply(h, slot, PIPE_TIMED_OUT, 0, c);
	else if (WIFEXITED(c->status))
		reply(h, slot, PIPE_EXITED, WEXITSTATUS(c->status), c);
	else
		reply(h, slot, PIPE_KILLED, WTERMSIG(c->status), c);
	c->pid = 0;
}

static void
children_reap(struct helper *h)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		for (unsigned i = 0; i < PIPE_COMMANDS_MAX; i++)
			if (h->children[i].pid == pid) {
				h->children[i].status = status;
				child_end(h, i);
			}
}

/* ---- the loop */

/* The next request; false when the server is gone. */
static bool
order_take(struct helper *h)
{
	static char room[PIPE_REQUEST_BYTES_MAX + 1];
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = {room, PIPE_REQUEST_BYTES_MAX};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof control.room};
	const ssize_t n = recvmsg(h->fd, &message, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	const struct cmsghdr *const c = CMSG_FIRSTHDR(&message);
	struct pipe_order order;
	if (n <= (ssize_t)sizeof order || c == NULL || c->cmsg_type != SCM_RIGHTS)
		return false;
	int input;
	memcpy(&input, CMSG_DATA(c), sizeof input);
	memcpy(&order, room, sizeof order);
	room[n] = '\0';
	if (order.slot < PIPE_COMMANDS_MAX && h->children[order.slot].pid == 0)
		child_start(h, &order, room + sizeof order, (size_t)n - sizeof order, input);
	close(input);
	return true;
}

static int
next_wait_ms(const struct helper *h, int64_t now)
{
	int64_t wait = -1;
	for (unsigned i = 0; i < PIPE_COMMANDS_MAX; i++) {
		const struct child *const c = &h->children[i];
		if (c->pid == 0)
			continue;
		int64_t left = c->is_timed_out || c->output < 0 ? WAKE_MS : c->deadline_ms - now;
		if (left > WAKE_MS)
			left = WAKE_MS; /* its end comes without a sign on its output, if a child of
					   its own holds that */
		if (left < 0)
			left = 0;
		if (wait < 0 || left < wait)
			wait = left;
	}
	return (int)wait;
}

static void
deadlines(struct helper *h, int64_t now)
{
	for (unsigned i = 0; i < PIPE_COMMANDS_MAX; i++) {
		struct child *const c = &h->children[i];
		if (c->pid == 0 || now < c->deadline_ms || c->is_timed_out)
			continue;
		c->is_timed_out = true;
		kill(-c->pid, SIGKILL);
	}
}

static void
turn(struct helper *h, bool *is_open)
{
	struct pollfd fds[PIPE_COMMANDS_MAX + 1] = {{.fd = h->fd, .events = POLLIN}};
	unsigned slots[PIPE_COMMANDS_MAX + 1] = {0};
	nfds_t count = 1;
	for (unsigned i = 0; i < PIPE_COMMANDS_MAX; i++)
		if (h->children[i].pid != 0 && h->children[i].output >= 0) {
			slots[count] = i;
			fds[count++] =
				(struct pollfd){.fd = h->children[i].output, .events = POLLIN};
		}
	if (poll(fds, count, next_wait_ms(h, clock_mono_ms())) < 0 && errno != EINTR)
		*is_open = false;
	for (nfds_t i = 1; i < count; i++) {
		struct child *const c = &h->children[slots[i]];
		if (fds[i].revents != 0 && !output_read(c)) {
			close(c->output);
			c->output = -1;
		}
	}
	children_reap(h);
	deadlines(h, clock_mono_ms());
	if (fds[0].revents != 0)
		*is_open = *is_open && order_take(h);
}

void
pipe_helper_main(int fd)
{
	static struct helper h;
	h.fd = fd;
	/* Of the server's descriptors it needs none but this. */
	if (fd != 3) {
		dup2(fd, 3);
		fcntl(3, F_SETFD, FD_CLOEXEC);
		h.fd = 3;
	}
	close_range(4, ~0U, 0);
	prctl(PR_SET_NAME, "nixied-commands");
	sigset_t held;
	signals_held(&held);
	sigprocmask(SIG_BLOCK, &held, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	const struct pipe_hello hello = {.pid = getpid()};
	bool is_open = send(h.fd, &hello, sizeof hello, MSG_NOSIGNAL) == (ssize_t)sizeof hello;
	while (is_open)
		turn(&h, &is_open);
	for (unsigned i = 0; i < PIPE_COMMANDS_MAX; i++)
		if (h.children[i].pid != 0)
			kill(-h.children[i].pid, SIGTERM);
}
