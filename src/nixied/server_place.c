/* What the system gives a server, some of it only to root: folders, files, ports, and its bounds.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/clock.h"
#include "net/listen.h"
#include "nixied/confine.h"
#include "nixied/metrics.h"
#include "nixied/server_parts.h"

#define INHERITED_MAX 64
#define SPARE_FILES 512 /* besides the connections */
#define FOLDER_MODE 0700
#define LIFE_FILE "serving" /* in data_directory */
#define LIFE_MODE 0600

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

bool
server_make_folders(const struct server *s, const struct confine_user *user)
{
	static const char *const names[] = {"", "queue", "mail"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[FOLDER_PATH_MAX];
		if (!conf_path(&s->conf, names[i], path) || !make_folder(path, user))
			return false;
	}
	return true;
}

bool
server_allow_files(const struct server *s)
{
	const rlim_t wanted =
		(rlim_t)server_value(s, SETTING_max_connections)->number + SPARE_FILES;
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

static bool
open_metrics(struct server *s)
{
	char why[LISTEN_WHY_BYTES];
	const struct str address = server_value(s, SETTING_metrics_address)->text;
	if (address.len == 0)
		return true;
	s->metrics = metrics_open(s->base, address, why);
	if (s->metrics == NULL)
		complain("metrics_address", why);
	return s->metrics != NULL;
}

/* What may need root: the ports, the keys of certificates. */
bool
server_open_ports(struct server *s)
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

void
server_confine(struct server *s)
{
	static struct folders written, read; /* too large for a stack */
	const struct config *const config = &s->conf.config;
	if (server_value(s, SETTING_confine)->number == 0)
		return;
	folders_add(&written, server_value(s, SETTING_data_directory)->text, false);
	folders_add(&written, server_value(s, SETTING_log_file)->text, true);
	folders_add(&read, STR("/etc"), false); /* names of hosts, authorities */
	folders_add(&read, STR("/usr"), false);
	folders_add(&read, STR("/run/systemd/resolve"), false);
	folders_add(&read, STR("/proc/self"), false);
	folders_add(&read, str_of(s->conf.path), true); /* for a reload */
	folders_add(&read, server_value(s, SETTING_hooks)->text, true);
	folders_add(&read, server_value(s, SETTING_tls_authorities)->text, true);
	folders_add(&read, server_value(s, SETTING_dkim_keys)->text, false);
	for (size_t i = 0; i < config->listener_count; i++)
		add_certificates(&read, config->listeners[i].values);
	s->has_less_files = confine_files(written.list, written.count, read.list, read.count);
	s->has_less_calls = confine_calls();
}

void
server_life_begin(struct server *s)
{
	char path[FOLDER_PATH_MAX];
	if (!conf_path(&s->conf, LIFE_FILE, path))
		return;
	if (access(path, F_OK) == 0) {
		s->after_crash_ms = clock_wall_ms();
		return;
	}
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, LIFE_MODE);
	if (fd < 0)
		server_alarm(s, "cannot make the file \"serving\" in data_directory: should this "
				"server end in disorder, the log does not tell what is sent twice");
	else {
		(void)fsync(fd); /* power may fail soon */
		close(fd);
	}
}

void
server_life_end(const struct server *s)
{
	char path[FOLDER_PATH_MAX];
	if (conf_path(&s->conf, LIFE_FILE, path))
		unlink(path);
}
