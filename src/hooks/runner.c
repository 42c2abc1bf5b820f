/* runner - the process that runs the script, and the one that starts it again */
#define _GNU_SOURCE /* close_range, MAP_ANONYMOUS */
#include "hooks/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define FD 3
#define SOCKET_BYTES (1 << 20) /* calls that wait in the socket */
#define AGAIN_MS 100           /* between two that ended at once */

/* What the next runner begins with: memory of both. */
struct kept {
	struct runner_load load;
	size_t text_bytes; /* 0: no script yet */
	char text[SCRIPT_BYTES_MAX];
};

struct packet {
	struct runner_head head;
	char bytes[sizeof(struct runner_load) + HOOK_FRAME_BYTES_MAX];
};

struct runner {
	struct kept *kept;
	struct script *script;
	struct packet in;
	struct buf out;
};

static void
answer(struct runner *r, const struct runner_head *head)
{
	char packet[sizeof *head + HOOK_FRAME_BYTES_MAX];
	const size_t len = r->out.len < HOOK_FRAME_BYTES_MAX ? r->out.len : HOOK_FRAME_BYTES_MAX;
	memcpy(packet, head, sizeof *head);
	if (len > 0)
		memcpy(packet + sizeof *head, r->out.ptr, len);
	while (send(FD, packet, sizeof *head + len, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/* The kernel's clock: at its end this process is, with SIGPROF. 0: it stops. */
static void
clock_set(long ms)
{
	const struct itimerval limit = {.it_value = {ms / 1000, ms % 1000 * 1000}};
	setitimer(ITIMER_PROF, &limit, NULL);
}

static bool
script_begin(struct runner *r, const struct runner_load *load, struct str text, char *words)
{
	clock_set(RUNNER_CPU_MS);
	struct script *const fresh = script_new(text, load->name, &load->limits, words);
	clock_set(0);
	if (fresh == NULL)
		return false;
	script_free(r->script);
	r->script = fresh;
	return true;
}

static void
on_load(struct runner *r, size_t len)
{
	struct runner_load load;
	char words[HOOK_WORDS_BYTES_MAX] = "the script is too long";
	struct runner_head head = {.id = r->in.head.id, .kind = RUNNER_LOADED};
	buf_clear(&r->out);
	if (len < sizeof load)
		return;
	memcpy(&load, r->in.bytes, sizeof load);
	load.name[sizeof load.name - 1] = '\0';
	const struct str text = {r->in.bytes + sizeof load, len - sizeof load};
	if (text.len > SCRIPT_BYTES_MAX || !script_begin(r, &load, text, words)) {
		buf_add(&r->out, str_of(words));
	} else {
		r->kept->load = load;
		memcpy(r->kept->text, text.ptr, text.len);
		r->kept->text_bytes = text.len;
		head.points = script_points(r->script);
	}
	answer(r, &head);
}

static void
on_call(struct runner *r, size_t len)
{
	const struct runner_head head = {.id = r->in.head.id, .kind = RUNNER_ANSWER};
	char words[HOOK_WORDS_BYTES_MAX];
	struct hook_result result = {.act = HOOK_FAILED, .words = STR("there is no script")};
	if (r->script != NULL && r->in.head.point < HOOK_POINT_COUNT) {
		clock_set(RUNNER_CPU_MS);
		script_call(r->script, (enum hook_point)r->in.head.point,
			(struct str){r->in.bytes, len}, &result);
		clock_set(0);
	}
	buf_clear(&r->out);
	hook_result_write(&r->out, &result);
	answer(r, &head);
	/* A state that is full stays full. */
	if (r->script != NULL && script_is_spent(r->script))
		script_begin(
			r, &r->kept->load, (struct str){r->kept->text, r->kept->text_bytes}, words);
}

_Noreturn static void
runner_main(struct kept *kept, pid_t parent)
{
	static struct runner r;
	char words[HOOK_WORDS_BYTES_MAX];
	const struct rlimit none = {0, 0};
	prctl(PR_SET_NAME, "nixied-hooks");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	setrlimit(RLIMIT_NOFILE, &none); /* what is open stays; nothing more is opened */
	setrlimit(RLIMIT_FSIZE, &none);
	r.kept = kept;
	buf_init(&r.out, HOOK_FRAME_BYTES_MAX);
	if (kept->text_bytes > 0)
		script_begin(&r, &kept->load, (struct str){kept->text, kept->text_bytes}, words);
	for (;;) {
		const ssize_t n = recv(FD, &r.in, sizeof r.in, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < (ssize_t)sizeof r.in.head)
			break; /* the server is gone */
		const size_t len = (size_t)n - sizeof r.in.head;
		if (r.in.head.kind == RUNNER_LOAD)
			on_load(&r, len);
		else if (r.in.head.kind == RUNNER_CALL)
			on_call(&r, len);
	}
	script_free(r.script);
	buf_fini(&r.out);
	_exit(0);
}

static void
tell_death(int status)
{
	const struct runner_head head = {.kind = RUNNER_DIED,
		.number = WIFSIGNALED(status) ? (uint32_t)WTERMSIG(status) : 0};
	while (send(FD, &head, sizeof head, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

/* Forks runners, one after the other. */
_Noreturn static void
keeper_main(int fd)
{
	struct kept *const kept =
		mmap(NULL, sizeof *kept, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fd != FD)
		dup2(fd, FD);
	close_range(FD + 1, ~0U, 0);
	prctl(PR_SET_NAME, "nixied-hooks");
	/* The server ends it, by closing the socket: a signal to all of a terminal does not. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPROF, SIG_DFL);
	const pid_t self = getpid();
	while (kept != MAP_FAILED) {
		int status = 0;
		const pid_t pid = fork();
		if (pid == 0)
			runner_main(kept, self);
		if (pid < 0)
			break;
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			break;
		tell_death(status);
		usleep(AGAIN_MS * 1000);
	}
	_exit(0);
}

int
runner_start(void)
{
	int ends[2];
	const int bytes = SOCKET_BYTES;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	const pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		keeper_main(ends[1]);
	}
	close(ends[1]);
	if (pid < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) {
		close(ends[0]);
		return -1;
	}
	return ends[0];
}
