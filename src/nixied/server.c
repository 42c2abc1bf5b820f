#include "nixied/server.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "feedback/feedback.h"
#include "net/clock.h"
#include "nixied/confine.h"
#include "nixied/control.h"
#include "nixied/hooks_conf.h"
#include "nixied/metrics.h"
#include "nixied/notify.h"
#include "nixied/server_parts.h"
#include "sign/return_path.h"
#include "sign/signing.h"

#define PATIENCE_MS 10000 /* for sessions, when the server ends */
#define IDLE_PAUSE_MS 50  /* between looks at deliveries that end */
#define REFRESH_S 60      /* certificates */
#define THREADS_LEAST 8   /* by default: they wait for the disk, not for a processor */
/* Of the threads that write mailboxes: a message in the queue is safe, a client waits. When the
 * loop and all eight of them want a processor, it is the loop's for three parts of four. */
#define MAILBOX_NICENESS 15

const struct config_value *
server_value(const struct server *s, enum config_setting setting)
{
	return &s->conf.config.values[setting];
}

void
server_alarm(void *server, const char *words)
{
	struct server *const s = server;
	EVENTLOG(s->log, clock_wall_ms(), LOG_ALARM, {FIELD_WORDS, str_of(words)});
}

/* ---- while it runs */

static void
on_queue(evutil_socket_t fd, short what, void *server)
{
	struct server *const s = server;
	(void)fd;
	(void)what;
	while (queue_turn(s->queue))
		;
	receive_queue_turned(s->receive);
}

static void
on_refresh(evutil_socket_t fd, short what, void *server)
{
	struct server *const s = server;
	(void)fd;
	(void)what;
	char words[RETURN_PATH_WORDS_MAX];
	receive_refresh(s->receive);
	if (!return_paths_turn(s->return_paths, clock_wall_ms(), words))
		server_alarm(s, words);
	on_queue(-1, 0, s); /* what it tidies by itself */
}

/* What is under way in threads and connections ends, or is tried again after the next start. */
static void
on_idle(evutil_socket_t fd, short what, void *server)
{
	struct server *const s = server;
	(void)fd;
	(void)what;
	if (deliver_is_idle(delivery_runner(s->delivery)) || clock_wall_ms() >= s->patience_ms)
		event_base_loopexit(s->base, NULL);
}

static void
sessions_are_gone(void *server)
{
	struct server *const s = server;
	const struct timeval pause = {0, IDLE_PAUSE_MS * 1000};
	deliver_stop(delivery_runner(s->delivery));
	s->patience_ms = clock_wall_ms() + PATIENCE_MS;
	event_assign(&s->idle, s->base, -1, EV_PERSIST, on_idle, s);
	event_add(&s->idle, &pause);
}

static void
on_end(evutil_socket_t signal, short what, void *server)
{
	struct server *const s = server;
	(void)signal;
	(void)what;
	if (s->is_stopping) { /* the second time it is meant at once */
		event_base_loopbreak(s->base);
		return;
	}
	s->is_stopping = true;
	notify_supervisor("STOPPING=1");
	receive_stop(s->receive, PATIENCE_MS, sessions_are_gone, s);
}

/* For Prometheus. */
static void
tell_metrics(void *server, struct buf *out)
{
	struct server *const s = server;
	struct queue_counts counts;
	queue_count(s->queue, &counts); /* `nixied audit` counts again */
	struct deliver_counts deliveries;
	deliver_counts(delivery_runner(s->delivery), &deliveries);
	const struct hooks_counts hooks = hooks_counts(s->hooks);
	struct sts_counts policies;
	sts_counts(delivery_policies(s->delivery), &policies);
	const struct dns_counts dns = dns_counts(s->dns);
	const struct metrics_facts facts = {.started_s = s->started_ms / 1000,
		.log_lost = eventlog_lost(s->log),
		.receive = receive_counts(s->receive),
		.queue = &counts,
		.deliver = &deliveries,
		.census = deliver_census(delivery_runner(s->delivery)),
		.filters = s->filters,
		.hooks = &hooks,
		.policies = &policies,
		.dns = &dns};
	metrics_write(&facts, out);
}

/* What happened in this turn of the loop is in the log before anybody is told. */
static void
on_turn_end(void *server)
{
	struct server *const s = server;
	directory_release(s->directory);
	eventlog_flush(s->log);
	receive_turn_ended(s->receive);
}

static void
end_turn_soon(void *turn)
{
	turn_ask(turn);
}

/* ---- the beginning */

static unsigned
thread_count(const struct server *s)
{
	const int64_t said = server_value(s, SETTING_threads)->number;
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);
	if (said > 0)
		return (unsigned)said;
	const long most = processors < WORKERS_THREADS_MAX ? processors : WORKERS_THREADS_MAX;
	return most > THREADS_LEAST ? (unsigned)most : THREADS_LEAST;
}

static bool
start(struct server *s)
{
	turn_init(&s->turn, s->base, on_turn_end, s);
	eventlog_gather(s->log, end_turn_soon, &s->turn);
	directory_hold(s->directory, end_turn_soon, &s->turn);
	s->workers = workers_new(s->base, thread_count(s));
	static char rates[FOLDER_PATH_MAX]; /* borrowed as long as the server runs */
	s->mailbox_workers = workers_new_behind(s->base, thread_count(s), MAILBOX_NICENESS);
	if (s->workers == NULL || s->mailbox_workers == NULL) {
		complain("serve", "not enough memory or threads");
		return false;
	}
	if (!server_open_signing(s) || !server_open_return_paths(s))
		return false;
	const struct receive_parts parts = {.directory = s->directory,
		.directory_path = s->directory_path,
		.queue = s->queue,
		.workers = s->workers,
		.log = s->log,
		.checks = s->checks,
		.filters = s->filters,
		.hooks = s->hooks,
		.turn = &s->turn,
		.rates_path = conf_path(&s->conf, RATES_FILE, rates) ? rates : NULL,
		.signing = s->signing,
		.return_paths = s->return_paths,
		.accepted = server_accepted,
		.refused = server_refused,
		.to = s};
	const struct timeval minute = {REFRESH_S, 0};
	if (!receive_start(s->receive, &parts)) {
		complain("serve", "not enough memory");
		return false;
	}
	server_life_begin(s);
	if (!server_start_delivery(s) || !server_open_feedback(s) || !server_open_control(s))
		return false;
	evsignal_assign(&s->ends[0], s->base, SIGTERM, on_end, s);
	evsignal_assign(&s->ends[1], s->base, SIGINT, on_end, s);
	evsignal_assign(&s->reload, s->base, SIGHUP, server_on_reload, s);
	event_assign(&s->queue_wakes, s->base, queue_wake_fd(s->queue), EV_READ | EV_PERSIST,
		on_queue, s);
	event_assign(&s->refresh, s->base, -1, EV_PERSIST, on_refresh, s);
	event_add(&s->ends[0], NULL);
	event_add(&s->ends[1], NULL);
	event_add(&s->reload, NULL);
	event_add(&s->queue_wakes, NULL);
	event_add(&s->refresh, &minute);
	s->started_ms = clock_wall_ms();
	if (s->metrics != NULL)
		metrics_start(s->metrics, tell_metrics, s);
	return true;
}

static void
say_address(void *to, struct str listener, const char *address)
{
	(void)to;
	printf("nixied: %.*s listens on %s\n", (int)listener.len, listener.ptr, address);
}

static void
say_ready(struct server *s)
{
	receive_addresses(s->receive, say_address, NULL);
	if (s->metrics != NULL)
		printf("nixied: metrics at %s\n", metrics_address(s->metrics));
	fflush(stdout);
	EVENTLOG(s->log, clock_wall_ms(), LOG_START,
		{FIELD_RULE, s->after_crash_ms != 0 ? STR("rule:after-crash") : STR_NONE},
		{FIELD_WORDS,
			s->has_less_files && s->has_less_calls ? STR("serving; confined")
			: s->has_less_files ? STR("serving; its files are confined, not its calls")
			: s->has_less_calls ? STR("serving; its calls are confined, not its files")
					    : STR("serving; not confined")});
	notify_supervisor("READY=1");
}

/* ---- the end */

static void
stop(struct server *s)
{
	const bool is_orderly = s->started_ms != 0 && deliver_is_idle(delivery_runner(s->delivery));
	if (s->queue != NULL && s->workers != NULL)
		EVENTLOG(s->log, clock_wall_ms(), LOG_STOP, {FIELD_WORDS, STR("the server ends")});
	metrics_free(s->metrics);
	workers_free(s->mailbox_workers);
	workers_free(s->workers); /* the last reports are signed */
	queue_close(s->queue);    /* the last answers: whoever asked is still there */
	if (is_orderly)
		server_life_end(s);
	if (s->started_ms != 0)
		on_turn_end(s);
	receive_free(s->receive);
	filters_free(s->filters);
	hooks_free(s->hooks);
	checks_free(s->checks);
	delivery_free(s->delivery);
	feedback_free(s->feedback);
	signing_free(s->signing); /* nobody has a job any more */
	return_paths_free(s->return_paths);
	control_free(s->control); /* nobody is answered any more */
	dns_free(s->dns);
	directory_close(s->directory);
	if (s->disk != NULL)
		s->disk->ops->free(s->disk);
	eventlog_close(s->log);
	if (s->base != NULL)
		event_base_free(s->base);
	conf_free(&s->conf);
	conf_free(&s->before);
	conf_free(&s->renewal.conf);
	confine_end();
}

int
server_run(const char *conf_path_given)
{
	struct confine_user user;
	char words[CONFINE_WORDS_MAX], folder[FOLDER_PATH_MAX];
	struct server s = {.base = NULL};
	if (!conf_read(&s.conf, conf_path_given))
		return EXIT_USAGE;
	signal(SIGPIPE, SIG_IGN);
	confine_basics();
	bool ok = conf_path(&s.conf, "", folder);
	if (ok && !confine_find_user(
			  server_value(&s, SETTING_user)->text.ptr, folder, &user, words)) {
		complain("serve", words);
		ok = false;
	}
	ok = ok && (s.delivery = delivery_new(&s.conf)) != NULL && server_make_folders(&s, &user) &&
	     server_allow_files(&s) && server_open_ports(&s);
	if (ok && !confine_become(&user, words)) {
		complain("serve", words);
		ok = false;
	}
	/* Threads begin in start(): all of them are confined. */
	if (ok)
		server_confine(&s);
	ok = ok && hooks_conf_open(&s.conf.config, &s.hooks) && server_open_log(&s) &&
	     server_open_directory(&s) && server_open_queue(&s) && server_open_checks(&s) &&
	     server_open_hooks(&s) && start(&s);
	if (ok) {
		directory_never_wait();
		say_ready(&s);
		event_base_dispatch(s.base);
	}
	stop(&s);
	return ok ? EXIT_DONE : EXIT_TROUBLE;
}
