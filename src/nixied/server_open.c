/* The parts of a server, each opened with what the configuration says of it. */
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "check/tally.h"
#include "deliver/notice.h"
#include "feedback/feedback.h"
#include "net/clock.h"
#include "nixied/control.h"
#include "nixied/hooks_conf.h"
#include "nixied/server_parts.h"
#include "sign/return_path.h"
#include "sign/signing.h"

bool
server_open_log(struct server *s)
{
	const struct str path = server_value(s, SETTING_log_file)->text;
	char error[EVENTLOG_ERROR_BYTES];
	s->log = eventlog_open(path.len > 0 ? path.ptr : NULL,
		(enum eventlog_format)server_value(s, SETTING_log_format)->number, error);
	if (s->log == NULL) {
		complain(path.len > 0 ? path.ptr : "log", error);
		return false;
	}
	eventlog_set_detail(
		s->log, (enum eventlog_detail)server_value(s, SETTING_log_detail)->number);
	return true;
}

bool
server_open_queue(struct server *s)
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
		.keep_free_bytes = (uint64_t)server_value(s, SETTING_min_free_space)->number,
		.salt = salt,
		.alarm = server_alarm,
		.alarm_to = s};
	if (error == 0)
		error = queue_open(s->disk, &options, &s->queue);
	if (error == 0)
		error = queue_start(s->queue);
	if (error != 0)
		complain(path, strerror(-error));
	else if (conf_path(&s->conf, "", path))
		control_rejects_settle(path, s->queue);
	return error == 0;
}

bool
server_open_directory(struct server *s)
{
	struct directory_error error;
	if (!conf_path(&s->conf, "directory.db", s->directory_path))
		return false;
	s->directory = directory_open(s->directory_path, &error);
	if (s->directory == NULL)
		complain(s->directory_path, error.words);
	return s->directory != NULL;
}

static void
on_dns_silence(void *server)
{
	server_alarm(server,
		"the DNS does not answer, whatever is asked: mail to other servers waits, "
		"and checks that need it are left out. Look at dns_servers, or at the "
		"servers in /etc/resolv.conf, and ask one of them with `dig`");
}

bool
server_open_checks(struct server *s)
{
	static char folder[FOLDER_PATH_MAX]; /* borrowed as long as there are checks */
	char words[CHECK_WORDS_MAX];
	const char *complaint = NULL;
	const struct dns_settings settings = {.servers = server_value(s, SETTING_dns_servers)->text,
		.timeout_ms = server_value(s, SETTING_dns_timeout)->number * 1000};
	s->dns = dns_new(s->base, &settings, &complaint);
	if (s->dns == NULL) {
		complain("dns_servers", complaint);
		return false;
	}
	dns_watch(s->dns, on_dns_silence, s);
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

bool
server_open_hooks(struct server *s)
{
	char words[HOOKS_WORDS_MAX] = "not enough memory";
	const bool ok =
		s->hooks == NULL || (hooks_listen(s->hooks, s->base) &&
					    hooks_conf_load_now(s->hooks, &s->conf.config, words));
	if (!ok)
		complain("hooks", words);
	return ok;
}

bool
server_open_signing(struct server *s)
{
	char words[SIGNING_WORDS_MAX] = "not enough memory";
	s->signing = signing_new(s->workers);
	if (s->signing != NULL && signing_configure(s->signing, &s->conf.config, words))
		return true;
	complain("dkim_keys", words);
	return false;
}

bool
server_open_return_paths(struct server *s)
{
	static char path[FOLDER_PATH_MAX]; /* borrowed as long as the server runs */
	char words[RETURN_PATH_WORDS_MAX] = "not enough memory";
	if (!conf_path(&s->conf, RETURN_PATH_FILE, path))
		return false;
	s->return_paths = return_paths_new(path, true);
	if (s->return_paths != NULL &&
		return_paths_configure(s->return_paths, &s->conf.config, clock_wall_ms(), words))
		return true;
	complain("sign_return_paths", words);
	return false;
}

/* Where this server listens. */
struct doors {
	struct remote_door list[CONFIG_LISTENERS_MAX];
	size_t count;
};

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

bool
server_start_delivery(struct server *s)
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
			.return_paths = s->return_paths,
			.log = s->log,
			.own_doors = doors.list,
			.own_door_count = doors.count,
			.after_crash_ms = s->after_crash_ms});
}

/* A message is in the queue. */
void
server_accepted(void *server, uint64_t message)
{
	struct server *const s = server;
	deliver_added(delivery_runner(s->delivery), message);
}

/* ... and something that was meant for it is not. */
void
server_refused(void *server, const struct notice *notice)
{
	struct server *const s = server;
	deliver_notice(delivery_runner(s->delivery), notice);
}

bool
server_open_feedback(struct server *s)
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
		.accepted = server_accepted,
		.to = s});
	if (s->feedback != NULL && server_configure_feedback(s, words))
		return true;
	complain("serve", words);
	return false;
}

bool
server_open_control(struct server *s)
{
	char path[FOLDER_PATH_MAX], why[256];
	static char folder[FOLDER_PATH_MAX], host[256]; /* borrowed as long as the server runs */
	const struct str name = receive_hostname(&s->conf.config, &s->conf.arena);
	snprintf(host, sizeof host, "%.*s", (int)name.len, name.ptr);
	const struct control_parts parts = {.folder = folder,
		.host = str_of(host),
		.log = s->log,
		.queue = s->queue,
		.deliver = delivery_runner(s->delivery),
		.receive = s->receive};
	if (!conf_path(&s->conf, CONTROL_SOCKET, path) || !conf_path(&s->conf, "", folder))
		return false;
	s->control = control_open(s->base, path, &parts, why);
	if (s->control == NULL)
		complain(path, why);
	return s->control != NULL;
}
