#include "serve/server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "serve/loop.h"

#define SPARE_FILES (LOOP_REFUSALS_MAX + 128) /* besides the connections: listeners, epoll ... */
#define THREADS_MAX 64

struct server {
	struct service service;
	int listeners[LOOP_LISTENERS_MAX];
	size_t listener_count;
	int stop;
	struct loop loops[THREADS_MAX];
	size_t loop_count, running;
};

static bool
fail(struct server_trouble *t, struct str what, const char *why)
{
	const struct str head = str_head(what, sizeof t->what - 1);
	memcpy(t->what, head.ptr, head.len);
	t->what[head.len] = '\0';
	snprintf(t->why, sizeof t->why, "%s", why);
	return false;
}

/* A pasted mail must not end up in a file because of a mistake of ours, and nothing that is run
 * from here can gain rights. */
static void
give_up_rights(void)
{
	const struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static bool
allow_files(const struct settings *settings, struct server_trouble *t)
{
	const rlim_t wanted = settings->max_connections + SPARE_FILES;
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur >= wanted)
		return true;
	files.rlim_cur = wanted < files.rlim_max ? wanted : files.rlim_max;
	if (files.rlim_cur >= wanted && setrlimit(RLIMIT_NOFILE, &files) == 0)
		return true;
	return fail(t, STR("--max-connections"),
		"is more than the system's limit of open files allows; raise that (ulimit -n, "
		"LimitNOFILE=), or ask for less");
}

static bool
open_listeners(struct server *s, struct server_trouble *t)
{
	const struct settings *const settings = s->service.settings;
	const size_t named = settings->listen_count;
	s->listener_count = listen_inherited(s->listeners, SETTINGS_LISTEN_MAX);
	/* Where nothing is named and nothing was given, at home. */
	for (size_t i = 0; i < (named == 0 && s->listener_count == 0 ? 1 : named); i++) {
		const struct str where =
			named > 0 ? settings->listen[i] : STR(SETTINGS_LISTEN_DEFAULT);
		char why[LISTEN_WHY_BYTES];
		const int fd = listen_open(where, why);
		if (fd < 0)
			return fail(t, where, why);
		s->listeners[s->listener_count++] = fd;
	}
	return true;
}

static size_t
thread_count(const struct settings *settings)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);
	if (settings->threads > 0)
		return settings->threads;
	return processors < 1 ? 1 : processors > THREADS_MAX ? THREADS_MAX : (size_t)processors;
}

static bool
start_loops(struct server *s, struct server_trouble *t)
{
	const size_t wanted = thread_count(s->service.settings);
	for (; s->loop_count < wanted; s->loop_count++)
		if (!loop_init(&s->loops[s->loop_count], &s->service, s->listeners,
			    s->listener_count, s->stop))
			return fail(t, STR("web"), strerror(errno));
	for (; s->running < wanted; s->running++) {
		struct loop *const l = &s->loops[s->running];
		const int error = pthread_create(&l->thread, NULL, loop_run, l);
		if (error != 0)
			return fail(t, STR("web"), strerror(error));
	}
	return true;
}

static void
tell_ready(const struct server *s, server_ready *ready, void *to)
{
	char names[LOOP_LISTENERS_MAX][LISTEN_ADDRESS_BYTES_MAX];
	for (size_t i = 0; i < s->listener_count; i++)
		listen_name(s->listeners[i], names[i]);
	ready(to, names, s->listener_count);
}

static void
stop_loops(struct server *s)
{
	const uint64_t one = 1;
	if (s->stop >= 0 && write(s->stop, &one, sizeof one) < 0)
		return; /* cannot fail: the counter is far from full */
	for (size_t i = 0; i < s->running; i++)
		pthread_join(s->loops[i].thread, NULL);
	for (size_t i = 0; i < s->loop_count; i++)
		loop_fini(&s->loops[i]);
}

static struct clients *
make_clients(const struct settings *settings)
{
	const struct clients_limits limits = {.rate = settings->rate,
		.burst = settings->burst,
		.connections = settings->per_client,
		.all = settings->max_connections};
	uint64_t seed;
	return getrandom(&seed, sizeof seed, 0) == sizeof seed ? serve_clients_new(&limits, seed)
							       : NULL;
}

bool
serve_run(const struct settings *settings, server_ready *ready, void *to,
	struct server_trouble *trouble)
{
	sigset_t ends, before;
	int signal;
	struct server *const s = calloc(1, sizeof *s);
	if (s == NULL)
		return fail(trouble, STR("web"), "not enough memory");
	s->service.settings = settings;
	s->service.web = web_new();
	if (s->service.web != NULL)
		web_extend(s->service.web, settings->more, settings->more_to);
	s->service.clients = make_clients(settings);
	s->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	give_up_rights();
	/* The threads inherit the mask: only this one takes the signals. */
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	pthread_sigmask(SIG_BLOCK, &ends, &before);
	bool is_fine = s->service.web != NULL && s->service.clients != NULL && s->stop >= 0;
	if (!is_fine)
		fail(trouble, STR("web"), "not enough memory");
	is_fine = is_fine && allow_files(settings, trouble) && open_listeners(s, trouble) &&
		  start_loops(s, trouble);
	if (is_fine) {
		tell_ready(s, ready, to);
		sigwait(&ends, &signal);
	}
	/* A second signal ends it at once. */
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	stop_loops(s);
	for (size_t i = 0; i < s->listener_count; i++)
		close(s->listeners[i]);
	if (s->stop >= 0)
		close(s->stop);
	/* Nothing of strangers is left; leak checkers may look again. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	serve_clients_free(s->service.clients);
	web_free(s->service.web);
	free(s);
	return is_fine;
}
