#include "nixied/stage.h"
#include "nixied/hooks_conf.h"

#include "check/check.h"
#include "dns/resolver.h"
#include "net/clock.h"
#include "sign/return_path.h"

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define LOG_BYTES_MAX ((size_t)16 << 20) /* that are waiting to be read */

static bool
fail(const char *what, const char *why)
{
	complain(what, why);
	return false;
}

static bool
folder_make(struct stage *s)
{
	const char *const top = getenv("TMPDIR");
	const int n = snprintf(s->folder, sizeof s->folder, "%s/nixied-try.XXXXXX",
		top != NULL && top[0] == '/' ? top : "/tmp");
	if (n >= (int)sizeof s->folder || mkdtemp(s->folder) == NULL) {
		s->folder[0] = '\0';
		return fail("a folder for what is thrown away", strerror(errno));
	}
	snprintf(s->log_path, sizeof s->log_path, "%s.log", s->folder);
	return true;
}

static bool
log_make(struct stage *s)
{
	char error[EVENTLOG_ERROR_BYTES];
	s->log = eventlog_open(s->log_path, EVENTLOG_LOGFMT, error);
	s->log_fd = open(s->log_path, O_RDONLY | O_CLOEXEC);
	return (s->log != NULL && s->log_fd >= 0) || fail(s->log_path, "cannot be written");
}

static bool
queue_make(struct stage *s)
{
	const struct queue_options options = {.salt = (uint32_t)time(NULL)};
	int error = disk_folder_open(s->folder, &s->disk);
	if (error == 0)
		error = queue_open(s->disk, &options, &s->queue);
	if (error == 0)
		error = queue_start(s->queue);
	return error == 0 || fail(s->folder, strerror(-error));
}

/* The DNS is asked as ever; whom the greylist knows is not seen, and is not changed. */
static bool
checks_make(struct stage *s)
{
	const struct config_value *const v = s->conf->config.values;
	const struct dns_settings settings = {.servers = v[SETTING_dns_servers].text,
		.timeout_ms = v[SETTING_dns_timeout].number * 1000};
	const char *complaint = "not enough memory";
	char words[CHECK_WORDS_MAX] = "not enough memory";
	s->base = event_base_new();
	s->dns = s->base != NULL ? dns_new(s->base, &settings, &complaint) : NULL;
	if (s->dns == NULL)
		return fail("dns_servers", complaint);
	const struct checks_parts parts = {
		.base = s->base, .dns = s->dns, .log = s->log, .data_folder = s->folder};
	s->checks = checks_new(&parts);
	if (s->checks == NULL || !checks_configure(s->checks, &s->conf->config, words))
		return fail("checks", words);
	const struct filters_parts filters = {
		.base = s->base, .log = s->log, .data_folder = s->folder};
	s->filters = filters_new(&filters);
	return (s->filters != NULL && filters_configure(s->filters, &s->conf->config, words)) ||
	       fail("filters", words);
}

/* The script itself, in processes of its own. */
static bool
hooks_make(struct stage *s)
{
	char words[HOOKS_WORDS_MAX] = "not enough memory";
	return s->hooks == NULL ||
	       (hooks_listen(s->hooks, s->base) &&
		       hooks_conf_load_now(s->hooks, &s->conf->config, words)) ||
	       fail("hooks", words);
}

/* With the keys of the server, which are not renewed. */
static bool
return_paths_make(struct stage *s)
{
	char words[RETURN_PATH_WORDS_MAX] = "not enough memory";
	if (!conf_path(s->conf, RETURN_PATH_FILE, s->return_path))
		return false;
	s->return_paths = return_paths_new(s->return_path, false);
	return (s->return_paths != NULL && return_paths_configure(s->return_paths, &s->conf->config,
						   clock_wall_ms(), words)) ||
	       fail("sign_return_paths", words);
}

static void
accepted(void *to, uint64_t message)
{
	(void)to;
	(void)message;
}

static bool
receive_make(struct stage *s)
{
	s->receive = receive_new(s->base);
	s->workers = s->receive != NULL ? workers_new(s->base, 1) : NULL;
	const struct receive_parts parts = {.directory = s->directory,
		.directory_path = s->directory_path,
		.queue = s->queue,
		.workers = s->workers,
		.log = s->log,
		.checks = s->checks,
		.filters = s->filters,
		.hooks = s->hooks,
		.return_paths = s->return_paths,
		.rates_path = conf_path(s->conf, RATES_FILE, s->rates_path) ? s->rates_path : NULL,
		.is_rehearsal = true,
		.accepted = accepted,
		.to = s};
	return (s->workers != NULL && receive_start(s->receive, &parts)) ||
	       fail("try", "not enough memory");
}

static bool
directory_find(struct stage *s)
{
	struct directory_error error;
	if (!conf_path(s->conf, "directory.db", s->directory_path))
		return false;
	if (access(s->directory_path, R_OK) < 0)
		return fail(s->directory_path, strerror(errno));
	s->directory = directory_open(s->directory_path, &error);
	return s->directory != NULL || fail(s->directory_path, error.words);
}

bool
stage_set_up(struct stage *s, const struct conf *conf)
{
	*s = (struct stage){.conf = conf, .log_fd = -1};
	buf_init(&s->unread, LOG_BYTES_MAX);
	/* Processes come before threads. */
	return hooks_conf_open(&conf->config, &s->hooks) && directory_find(s) && folder_make(s) &&
	       log_make(s) && queue_make(s) && checks_make(s) && hooks_make(s) &&
	       return_paths_make(s) && receive_make(s);
}

/* The queue makes files in its folder, and no folders. */
static void
folder_remove(const char *path)
{
	DIR *const dir = opendir(path);
	if (dir == NULL)
		return;
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(dirfd(dir), e->d_name, 0);
	closedir(dir);
	rmdir(path);
}

void
stage_strike(struct stage *s)
{
	workers_free(s->workers);
	queue_close(s->queue);
	receive_free(s->receive);
	filters_free(s->filters);
	hooks_free(s->hooks);
	return_paths_free(s->return_paths);
	checks_free(s->checks);
	dns_free(s->dns);
	directory_close(s->directory);
	if (s->disk != NULL)
		s->disk->ops->free(s->disk);
	eventlog_close(s->log);
	if (s->base != NULL)
		event_base_free(s->base);
	if (s->log_fd >= 0)
		close(s->log_fd);
	if (s->folder[0] != '\0') {
		folder_remove(s->folder);
		unlink(s->log_path);
	}
	buf_fini(&s->unread);
}

void
stage_events(struct stage *s, stage_event *fn, void *to)
{
	char bytes[8192];
	for (ssize_t n; (n = read(s->log_fd, bytes, sizeof bytes)) > 0;)
		buf_add(&s->unread, (struct str){bytes, (size_t)n});
	struct str rest = buf_str(&s->unread);
	size_t end;
	while ((end = str_find_char(rest, '\n', 0)) != STR_NPOS) {
		fn(to, str_head(rest, end));
		rest = str_from(rest, end + 1);
	}
	memmove(s->unread.ptr, rest.ptr, rest.len);
	s->unread.len = rest.len;
}
