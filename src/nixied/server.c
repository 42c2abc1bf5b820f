#include "nixied/server.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/tally.h"
#include "feedback/feedback.h"
#include "net/clock.h"
#include "net/listen.h"
#include "nixied/confine.h"
#include "nixied/control.h"
#include "nixied/delivery.h"
#include "nixied/hooks_conf.h"
#include "nixied/metrics.h"
#include "nixied/notify.h"
#include "sign/signing.h"

#define PATIENCE_MS 10000 /* for sessions, when the server ends */
#define IDLE_PAUSE_MS 50  /* between looks at deliveries that end */
#define REFRESH_S 60      /* certificates */
#define INHERITED_MAX 64
#define NAME_BYTES_MAX 4096 /* of the arena of the host's name */
#define SPARE_FILES 512     /* besides the connections */
#define FOLDER_MODE 0700
#define THREADS_LEAST 8 /* by default: they wait for the disk, not for a processor */
/* Of the threads that write mailboxes: a message in the queue is safe, a client waits. When both
 * want a processor, it is the client's for ten parts of eleven. */
#define MAILBOX_NICENESS 10

struct server {
	struct conf conf, before; /* `before`: of the last reload, which sessions may still use */
	struct event_base *base;
	struct receive *receive;
	struct workers *workers, *mailbox_workers;
	struct eventlog *log;
	struct directory *directory;
	struct dns *dns;
	struct checks *checks;
	struct filters *filters;
	struct hooks *hooks; /* NULL: there is no script */
	struct signing *signing;
	struct feedback *feedback; /* to those whose domains wrote */
	struct disk *disk;
	struct queue *queue;
	struct delivery *delivery;
	struct control *control;
	struct metrics *metrics; /* NULL: nobody asked for it */
	int64_t started_ms;
	char directory_path[FOLDER_PATH_MAX];
	struct event ends[2], reload, queue_wakes, refresh, idle;
	int64_t patience_ms; /* wall time: when the last deliveries are left to their fate */
	bool is_stopping;
	bool has_less_files, has_less_calls; /* confine.h */
};

static const struct config_value *
value(const struct server *s, enum config_setting setting)
{
	return &s->conf.config.values[setting];
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
	receive_refresh(s->receive);
	on_queue(-1, 0, s); /* what it tidies by itself */
}

static void
alarm_operator(void *server, const char *words)
{
	struct server *const s = server;
	EVENTLOG(s->log, clock_wall_ms(), LOG_ALARM, {FIELD_WORDS, str_of(words)});
}

static bool
configure_feedback(struct server *s, char words[static FEEDBACK_WORDS_MAX])
{
	struct arena a;
	arena_init(&a, NAME_BYTES_MAX);
	const struct str host = receive_hostname(&s->conf.config, &a);
	const bool ok = feedback_configure(s->feedback, &s->conf.config, host, words);
	arena_fini(&a);
	return ok;
}

/* ---- a reload */

static bool
take_hooks(struct server *s, const struct conf *conf, struct receive_error *error)
{
	char words[HOOKS_WORDS_MAX] = "";
	const bool ok = hooks_conf_load(s->hooks, &conf->config, words);
	if (!ok)
		snprintf(error->words, sizeof error->words, "hooks: %s", words);
	return ok;
}

static bool
take_checks(struct server *s, const struct conf *conf, struct receive_error *error)
{
	return checks_configure(s->checks, &conf->config, error->words);
}

static bool
take_filters(struct server *s, const struct conf *conf, struct receive_error *error)
{
	return filters_configure(s->filters, &conf->config, error->words);
}

static bool
take_signing(struct server *s, const struct conf *conf, struct receive_error *error)
{
	return signing_configure(s->signing, &conf->config, error->words);
}

static bool
take_delivery(struct server *s, const struct conf *conf, struct receive_error *error)
{
	const char *const wrong = delivery_reload(s->delivery, conf);
	if (wrong != NULL)
		snprintf(error->words, sizeof error->words, "%s", wrong);
	return wrong == NULL;
}

static bool
take_listeners(struct server *s, const struct conf *conf, struct receive_error *error)
{
	return receive_configure(s->receive, &conf->config, NULL, 0, error);
}

/* Each takes its settings, or stays as it was and says why. */
static bool (*const takers[])(struct server *, const struct conf *, struct receive_error *) = {
	take_hooks, take_checks, take_filters, take_signing, take_delivery, take_listeners};

/* All of it, or nothing: what was taken already is set back. */
static bool
reload_all(struct server *s, const struct conf *fresh, struct receive_error *error)
{
	size_t taken = 0;
	while (taken < sizeof takers / sizeof *takers && takers[taken](s, fresh, error))
		taken++;
	if (taken == sizeof takers / sizeof *takers)
		return true;
	while (taken-- > 0) {
		struct receive_error again = {""};
		if (!takers[taken](s, &s->conf, &again)) /* its files are others by now */
			alarm_operator(s, again.words);
	}
	return false;
}

static void
on_reload(evutil_socket_t signal, short what, void *server)
{
	struct server *const s = server;
	struct receive_error error = {""};
	char log_error[EVENTLOG_ERROR_BYTES];
	struct conf fresh;
	(void)signal;
	(void)what;
	if (!eventlog_reopen(s->log, log_error))
		alarm_operator(s, log_error);
	if (!conf_read(&fresh, s->conf.path)) {
		alarm_operator(s, "the configuration has mistakes, which were told on standard "
				  "error; the one of before stays: nixied check tells them too");
		return;
	}
	if (!reload_all(s, &fresh, &error)) {
		alarm_operator(s, error.words);
		conf_free(&fresh);
		return;
	}
	/* Sessions have copies of what they need; only the one before last can go. */
	conf_free(&s->before);
	s->before = s->conf;
	s->conf = fresh;
	eventlog_set_detail(s->log, (enum eventlog_detail)value(s, SETTING_log_detail)->number);
	if (!configure_feedback(s, error.words))
		alarm_operator(s, error.words);
	EVENTLOG(s->log, clock_wall_ms(), LOG_RELOAD,
		{FIELD_WORDS, STR("the configuration was read again")});
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
	const struct metrics_facts facts = {.started_s = s->started_ms / 1000,
		.log_lost = eventlog_lost(s->log),
		.receive = receive_counts(s->receive),
		.queue = &counts,
		.deliver = &deliveries,
		.filters = s->filters,
		.hooks = &hooks};
	metrics_write(&facts, out);
}

/* ---- the beginning */

static bool
open_metrics(struct server *s)
{
	char why[LISTEN_WHY_BYTES];
	const struct str address = value(s, SETTING_metrics_address)->text;
	if (address.len == 0)
		return true;
	s->metrics = metrics_open(s->base, address, why);
	if (s->metrics == NULL)
		complain("metrics_address", why);
	return s->metrics != NULL;
}

static bool
make_folder(const char *path, const struct confine_user *user)
{
	if (mkdir(path, FOLDER_MODE) == 0) {
		if (user->is_other && chown(path, user->uid, user->gid) < 0) {
			complain(path, strerror(errno));
			return false;
		}
		return true;
	}
	if (errno == EEXIST)
		return true;
	complain(path, strerror(errno));
	return false;
}

static bool
make_folders(const struct server *s, const struct confine_user *user)
{
	static const char *const names[] = {"", "queue", "mail"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[FOLDER_PATH_MAX];
		if (!conf_path(&s->conf, names[i], path) || !make_folder(path, user))
			return false;
	}
	return true;
}

static bool
allow_files(const struct server *s)
{
	const rlim_t wanted = (rlim_t)value(s, SETTING_max_connections)->number + SPARE_FILES;
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur >= wanted)
		return true;
	if (files.rlim_max < wanted && geteuid() == 0)
		files.rlim_max = wanted;
	files.rlim_cur = wanted < files.rlim_max ? wanted : files.rlim_max;
	if (files.rlim_cur >= wanted && setrlimit(RLIMIT_NOFILE, &files) == 0)
		return true;
	complain("max_connections", "is more than the system's limit of open files allows; raise "
				    "that (ulimit -n, LimitNOFILE=), or ask for less");
	return false;
}

/* What may need root: the ports, the keys of certificates. */
static bool
open_ports(struct server *s)
{
	int inherited[INHERITED_MAX];
	struct receive_error error;
	const size_t count = listen_inherited(inherited, INHERITED_MAX);
	s->base = event_base_new();
	s->receive = s->base != NULL ? receive_new(s->base) : NULL;
	if (s->receive == NULL) {
		complain("serve", "not enough memory");
		return false;
	}
	if (s->conf.config.listener_count == 0) {
		complain(s->conf.path, "names no listener; `nixied demo FOLDER` makes an example");
		return false;
	}
	if (!receive_configure(s->receive, &s->conf.config, inherited, count, &error)) {
		complain("serve", error.words);
		return false;
	}
	return open_metrics(s);
}

/* Folders that may be read or written, for confine_files(). */
struct folders {
	char path[CONFINE_FOLDERS_MAX][FOLDER_PATH_MAX];
	const char *list[CONFINE_FOLDERS_MAX];
	size_t count;
};

/* A folder, or the one that a file is in: files are made anew, and their folder counts. */
static void
folders_add(struct folders *f, struct str path, bool is_file)
{
	if (path.len == 0 || path.len >= FOLDER_PATH_MAX || f->count == CONFINE_FOLDERS_MAX)
		return;
	char *const to = f->path[f->count];
	snprintf(to, FOLDER_PATH_MAX, "%.*s", (int)path.len, path.ptr);
	char *const slash = strrchr(to, '/');
	if (is_file && slash == NULL)
		snprintf(to, FOLDER_PATH_MAX, ".");
	else if (is_file)
		slash[slash == to] = '\0';
	f->list[f->count++] = to;
}

static void
add_certificates(struct folders *f, const struct config_value *values)
{
	folders_add(f, values[SETTING_tls_certificate].text, true);
	folders_add(f, values[SETTING_tls_key].text, true);
	folders_add(f, values[SETTING_tls_folder].text, false);
}

static void
confine(struct server *s)
{
	static struct folders written, read; /* too large for a stack */
	const struct config *const config = &s->conf.config;
	if (value(s, SETTING_confine)->number == 0)
		return;
	folders_add(&written, value(s, SETTING_data_directory)->text, false);
	folders_add(&written, value(s, SETTING_log_file)->text, true);
	folders_add(&read, STR("/etc"), false); /* names of hosts, authorities */
	folders_add(&read, STR("/usr"), false);
	folders_add(&read, STR("/run/systemd/resolve"), false);
	folders_add(&read, STR("/proc/self"), false);
	folders_add(&read, str_of(s->conf.path), true); /* for a reload */
	folders_add(&read, value(s, SETTING_hooks)->text, true);
	folders_add(&read, value(s, SETTING_dkim_keys)->text, false);
	for (size_t i = 0; i < config->listener_count; i++)
		add_certificates(&read, config->listeners[i].values);
	s->has_less_files = confine_files(written.list, written.count, read.list, read.count);
	s->has_less_calls = confine_calls();
}

static bool
open_log(struct server *s)
{
	const struct str path = value(s, SETTING_log_file)->text;
	char error[EVENTLOG_ERROR_BYTES];
	s->log = eventlog_open(path.len > 0 ? path.ptr : NULL,
		(enum eventlog_format)value(s, SETTING_log_format)->number, error);
	if (s->log == NULL) {
		complain(path.len > 0 ? path.ptr : "log", error);
		return false;
	}
	eventlog_set_detail(s->log, (enum eventlog_detail)value(s, SETTING_log_detail)->number);
	return true;
}

static bool
open_queue(struct server *s)
{
	char path[FOLDER_PATH_MAX];
	uint32_t salt = 0;
	if (!conf_path(&s->conf, "queue", path))
		return false;
	int error = disk_folder_open(path, &s->disk);
	if (error == -EWOULDBLOCK) {
		complain(path, "is in use: another nixied serves it");
		return false;
	}
	if (getrandom(&salt, sizeof salt, 0) != sizeof salt)
		salt = (uint32_t)clock_wall_ms();
	const struct queue_options options = {
		.keep_free_bytes = (uint64_t)value(s, SETTING_min_free_space)->number,
		.salt = salt,
		.alarm = alarm_operator,
		.alarm_to = s};
	if (error == 0)
		error = queue_open(s->disk, &options, &s->queue);
	if (error == 0)
		error = queue_start(s->queue);
	if (error != 0)
		complain(path, strerror(-error));
	return error == 0;
}

static bool
open_directory(struct server *s)
{
	struct directory_error error;
	if (!conf_path(&s->conf, "directory.db", s->directory_path))
		return false;
	s->directory = directory_open(s->directory_path, &error);
	if (s->directory == NULL)
		complain(s->directory_path, error.words);
	return s->directory != NULL;
}

static bool
open_checks(struct server *s)
{
	static char folder[FOLDER_PATH_MAX]; /* borrowed as long as there are checks */
	char words[CHECK_WORDS_MAX];
	const char *complaint = NULL;
	const struct dns_settings settings = {.servers = value(s, SETTING_dns_servers)->text,
		.timeout_ms = value(s, SETTING_dns_timeout)->number * 1000};
	s->dns = dns_new(s->base, &settings, &complaint);
	if (s->dns == NULL) {
		complain("dns_servers", complaint);
		return false;
	}
	if (!conf_path(&s->conf, "", folder))
		return false;
	const struct checks_parts parts = {
		.base = s->base, .dns = s->dns, .log = s->log, .data_folder = folder};
	s->checks = checks_new(&parts);
	if (s->checks == NULL || !checks_configure(s->checks, &s->conf.config, words)) {
		complain("checks", s->checks == NULL ? "not enough memory" : words);
		return false;
	}
	const struct filters_parts filters = {
		.base = s->base, .log = s->log, .data_folder = folder};
	s->filters = filters_new(&filters);
	if (s->filters == NULL || !filters_configure(s->filters, &s->conf.config, words)) {
		complain("filters", s->filters == NULL ? "not enough memory" : words);
		return false;
	}
	return true;
}

static bool
open_hooks(struct server *s)
{
	char words[HOOKS_WORDS_MAX] = "not enough memory";
	const bool ok =
		s->hooks == NULL || (hooks_listen(s->hooks, s->base) &&
					    hooks_conf_load(s->hooks, &s->conf.config, words));
	if (!ok)
		complain("hooks", words);
	return ok;
}

static bool
open_signing(struct server *s)
{
	char words[SIGNING_WORDS_MAX] = "not enough memory";
	s->signing = signing_new(s->workers);
	if (s->signing != NULL && signing_configure(s->signing, &s->conf.config, words))
		return true;
	complain("dkim_keys", words);
	return false;
}

static unsigned
thread_count(const struct server *s)
{
	const int64_t said = value(s, SETTING_threads)->number;
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);
	if (said > 0)
		return (unsigned)said;
	const long most = processors < WORKERS_THREADS_MAX ? processors : WORKERS_THREADS_MAX;
	return most > THREADS_LEAST ? (unsigned)most : THREADS_LEAST;
}

/* Where this server listens. */
struct doors {
	struct remote_door list[CONFIG_LISTENERS_MAX];
	size_t count;
};

/* A message is in the queue. */
static void
accepted(void *server, uint64_t message)
{
	struct server *const s = server;
	deliver_added(delivery_runner(s->delivery), message);
}

static void
add_door(void *doors, struct str listener, const char *address)
{
	struct doors *const d = doors;
	const char *const colon = strrchr(address, ':');
	(void)listener;
	if (colon == NULL || d->count == CONFIG_LISTENERS_MAX)
		return;
	struct remote_door *const door = &d->list[d->count];
	struct str host = {address, (size_t)(colon - address)};
	if (host.len > 1 && host.ptr[0] == '[')
		host = (struct str){host.ptr + 1, host.len - 2};
	door->port = (unsigned)str_number(str_of(colon + 1), 65535);
	if (ip_parse(host, &door->ip)) /* it is none of a socket in the file system */
		d->count++;
}

static bool
start_delivery(struct server *s)
{
	struct doors doors = {.count = 0};
	receive_addresses(s->receive, add_door, &doors);
	return delivery_start(s->delivery, &s->conf,
		&(struct delivery_parts){.base = s->base,
			.dns = s->dns,
			.queue = s->queue,
			.directory = s->directory,
			.workers = s->mailbox_workers,
			.signing = s->signing,
			.log = s->log,
			.own_doors = doors.list,
			.own_door_count = doors.count});
}

static bool
open_feedback(struct server *s)
{
	static char path[FOLDER_PATH_MAX]; /* borrowed as long as the server runs */
	char words[FEEDBACK_WORDS_MAX] = "not enough memory";
	if (!conf_path(&s->conf, TALLY_FILE, path))
		return false;
	s->feedback = feedback_new(&(struct feedback_parts){.base = s->base,
		.dns = s->dns,
		.queue = s->queue,
		.workers = s->workers,
		.signing = s->signing,
		.log = s->log,
		.path = path,
		.accepted = accepted,
		.to = s});
	if (s->feedback != NULL && configure_feedback(s, words))
		return true;
	complain("serve", words);
	return false;
}

static bool
open_control(struct server *s)
{
	char path[FOLDER_PATH_MAX], why[256];
	static char folder[FOLDER_PATH_MAX], host[256]; /* borrowed as long as the server runs */
	const struct str name = receive_hostname(&s->conf.config, &s->conf.arena);
	snprintf(host, sizeof host, "%.*s", (int)name.len, name.ptr);
	const struct control_parts parts = {.folder = folder,
		.host = str_of(host),
		.log = s->log,
		.queue = s->queue,
		.deliver = delivery_runner(s->delivery)};
	if (!conf_path(&s->conf, CONTROL_SOCKET, path) || !conf_path(&s->conf, "", folder))
		return false;
	s->control = control_open(s->base, path, &parts, why);
	if (s->control == NULL)
		complain(path, why);
	return s->control != NULL;
}

static bool
start(struct server *s)
{
	s->workers = workers_new(s->base, thread_count(s));
	static char rates[FOLDER_PATH_MAX]; /* borrowed as long as the server runs */
	s->mailbox_workers = workers_new_behind(s->base, thread_count(s), MAILBOX_NICENESS);
	if (s->workers == NULL || s->mailbox_workers == NULL) {
		complain("serve", "not enough memory or threads");
		return false;
	}
	if (!open_signing(s))
		return false;
	const struct receive_parts parts = {.directory = s->directory,
		.directory_path = s->directory_path,
		.queue = s->queue,
		.workers = s->workers,
		.log = s->log,
		.checks = s->checks,
		.filters = s->filters,
		.hooks = s->hooks,
		.rates_path = conf_path(&s->conf, RATES_FILE, rates) ? rates : NULL,
		.signing = s->signing,
		.accepted = accepted,
		.to = s};
	const struct timeval minute = {REFRESH_S, 0};
	if (!receive_start(s->receive, &parts)) {
		complain("serve", "not enough memory");
		return false;
	}
	if (!start_delivery(s) || !open_feedback(s) || !open_control(s))
		return false;
	evsignal_assign(&s->ends[0], s->base, SIGTERM, on_end, s);
	evsignal_assign(&s->ends[1], s->base, SIGINT, on_end, s);
	evsignal_assign(&s->reload, s->base, SIGHUP, on_reload, s);
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
	if (s->queue != NULL && s->workers != NULL)
		EVENTLOG(s->log, clock_wall_ms(), LOG_STOP, {FIELD_WORDS, STR("the server ends")});
	metrics_free(s->metrics);
	workers_free(s->mailbox_workers);
	workers_free(s->workers); /* the last reports are signed */
	queue_close(s->queue);    /* the last answers: whoever asked is still there */
	receive_free(s->receive);
	filters_free(s->filters);
	hooks_free(s->hooks);
	checks_free(s->checks);
	delivery_free(s->delivery);
	feedback_free(s->feedback);
	signing_free(s->signing); /* nobody has a job any more */
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
	if (ok && !confine_find_user(value(&s, SETTING_user)->text.ptr, folder, &user, words)) {
		complain("serve", words);
		ok = false;
	}
	ok = ok && (s.delivery = delivery_new(&s.conf)) != NULL && make_folders(&s, &user) &&
	     allow_files(&s) && open_ports(&s);
	if (ok && !confine_become(&user, words)) {
		complain("serve", words);
		ok = false;
	}
	/* Threads begin in start(): all of them are confined. */
	if (ok)
		confine(&s);
	ok = ok && hooks_conf_open(&s.conf.config, &s.hooks) && open_log(&s) &&
	     open_directory(&s) && open_queue(&s) && open_checks(&s) && open_hooks(&s) && start(&s);
	if (ok) {
		say_ready(&s);
		event_base_dispatch(s.base);
	}
	stop(&s);
	return ok ? EXIT_DONE : EXIT_TROUBLE;
}
