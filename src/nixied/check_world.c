/* check_world - the name of the machine, folders, ports, the directory */
#include "base/net.h"
#include "directory/directory.h"
#include "directory/entry.h"
#include "net/listen.h"
#include "nixied/check.h"
#include "nixied/confine.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* ---- the name ---- */

void
check_host(const struct config *config, char host[static 256], struct findings *f)
{
	const struct config_value *const v = &config->values[SETTING_hostname];
	struct ip ip;
	host[0] = '\0';
	if (v->text.len > 0)
		snprintf(host, 256, "%.*s", SHOWN(v->text));
	else if (gethostname(host, 255) < 0)
		host[0] = '\0';
	host[255] = '\0';
	const char *const from =
		v->text.len > 0 ? "hostname" : "hostname is not set, and the system";
	if (strchr(host, '.') == NULL || strcmp(host, "localhost.localdomain") == 0 ||
		ip_parse(str_of(host), &ip))
		findings_add(f, FINDING_WRONG, v->line,
			"Set hostname to the name that the MX record and the reverse DNS of this "
			"machine have, e.g. mail.example.org.",
			"%s says \"%s\", which is no full name: other servers refuse who calls "
			"itself so",
			from, host);
}

/* ---- folders ---- */

static void
check_space(const char *path, const struct config_value *least, struct findings *f)
{
	struct statvfs disk = {.f_bavail = 0};
	if (statvfs(path, &disk) < 0)
		return;
	const uint64_t free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	if (free_bytes < (uint64_t)least->number)
		findings_add(f, FINDING_WRONG, least->line,
			"Make room, or make min_free_space smaller.",
			"%s has %llu MiB left, less than min_free_space: every message is answered "
			"with 452 (X11)",
			path, (unsigned long long)(free_bytes >> 20));
}

static void
check_log(const struct config *config, struct findings *f)
{
	const struct config_value *const v = &config->values[SETTING_log_file];
	struct stat st = {.st_mode = 0};
	const struct str path = arena_str(f->arena, v->text);
	if (path.len == 0)
		return;
	const char *const slash = strrchr(path.ptr, '/');
	const struct str folder =
		arena_str(f->arena, slash > path.ptr ? str_between(path.ptr, slash) : STR("/"));
	if (stat(folder.ptr, &st) < 0)
		findings_add(f, FINDING_WRONG, v->line, "Make the folder, for the server's user.",
			"log_file: the folder %s: %s", folder.ptr, strerror(errno));
	else if (access(stat(path.ptr, &st) == 0 ? path.ptr : folder.ptr, W_OK) < 0)
		findings_add(f, FINDING_WRONG, v->line, "Give it to the server's user (chown).",
			"log_file: %s cannot be written: %s", path.ptr, strerror(errno));
}

void
check_folders(const struct conf *conf, struct findings *f)
{
	const struct config *const config = &conf->config;
	const struct config_value *const v = &config->values[SETTING_data_directory];
	const struct str path = arena_str(f->arena, v->text);
	const struct str name = arena_str(f->arena, config->values[SETTING_user].text);
	struct stat st = {.st_mode = 0};
	struct confine_user user;
	char words[CONFINE_WORDS_MAX];
	check_log(config, f);
	if (stat(path.ptr, &st) < 0) {
		findings_add(f, FINDING_WRONG, v->line,
			"Make it, for the server's user alone:  install -d -m 700 -o USER ...",
			"data_directory: %s: %s", path.ptr, strerror(errno));
		return;
	}
	if (!S_ISDIR(st.st_mode)) {
		findings_add(f, FINDING_WRONG, v->line, "Name a folder.",
			"data_directory: %s is no folder", path.ptr);
		return;
	}
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		findings_add(f, FINDING_WARNING, v->line, "chmod 700 it.",
			"data_directory: others than the server's user may look into %s, where "
			"people's mail is",
			path.ptr);
	if (!confine_find_user(name.ptr != NULL ? name.ptr : "", path.ptr, &user, words))
		findings_add(f, FINDING_WRONG, config->values[SETTING_user].line,
			"See `user` in nixied.conf(5).", "%s", words);
	else if (user.uid != 0 && st.st_uid != user.uid)
		findings_add(f, FINDING_WRONG, v->line, "Give it to that user (chown -R).",
			"data_directory: %s does not belong to the user the server runs as",
			path.ptr);
	else if (user.uid == 0)
		findings_add(f, FINDING_WARNING, config->values[SETTING_user].line,
			"Make a user (useradd --system nixie), and name it in `user`.",
			"the server would run as root");
	check_space(path.ptr, &config->values[SETTING_min_free_space], f);
}

/* ---- ports ---- */

static void
check_port(const struct config_value *address, const char *of, struct findings *f)
{
	char why[LISTEN_WHY_BYTES];
	/* A socket of the file system is left alone: to try it would take it away. */
	if (address->text.len == 0 || address_reach(address->text) == REACH_FILE)
		return;
	errno = 0;
	const int fd = listen_open(address->text, why);
	if (fd >= 0)
		close(fd);
	else if (str_starts(str_of(why), STR("is in use")))
		findings_add(f, FINDING_NOTE, address->line,
			"ss -ltnp  shows which program that is.",
			"%s: %.*s is in use: by nixied, if it runs, else by another program", of,
			SHOWN(address->text));
	else
		findings_add(f, FINDING_WRONG, address->line, "See `address` in nixied.conf(5).",
			"%s: %.*s %s", of, SHOWN(address->text), why);
}

void
check_ports(const struct config *config, struct findings *f)
{
	for (size_t i = 0; i < config->listener_count; i++) {
		char of[80];
		snprintf(of, sizeof of, "listener %.*s",
			SHOWN(str_head(config->listeners[i].name, 60)));
		check_port(&config->listeners[i].values[SETTING_address], of, f);
	}
	check_port(&config->values[SETTING_metrics_address], "metrics_address", f);
}

/* ---- the directory ---- */

struct looking {
	struct findings *f;
	size_t domains;
};

/* Of "local-to-local,local-to-elsewhere". */
static bool
has_word(struct str words, struct str wanted)
{
	while (words.len > 0)
		if (str_eq(str_trim(str_cut(&words, ',')), wanted))
			return true;
	return false;
}

static bool
take_domain(void *to, const struct entry *e)
{
	struct looking *const look = to;
	(void)e;
	look->domains++;
	return true;
}

/* May a part of the world have its mail passed on without a login? */
static bool
take_range(void *to, const struct entry *e)
{
	static const struct str ways[] = {
		STR_INIT("elsewhere-to-elsewhere"), STR_INIT("local-to-elsewhere")};
	struct looking *const look = to;
	const struct entry_form *const form = entry_form(ENTRY_RANGE);
	const struct str allowed = e->values[entry_property_find(form, STR("allowed"))];
	const struct str login = e->values[entry_property_find(form, STR("needs_login"))];
	struct net net;
	if (net_parse(e->name, &net) != NET_OK || net_reach(&net) != REACH_WORLD)
		return true;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		if (!has_word(allowed, ways[i]) || has_word(login, ways[i]))
			continue;
		findings_add(look->f, FINDING_WRONG, 0,
			"nixie-admin range set NETWORK --needs-login "
			"local-to-elsewhere,elsewhere-to-elsewhere, or take the range away; name "
			"only hosts of your own.",
			"the range %.*s may send mail to all the world (%.*s) without a login: an "
			"open relay, which spammers find within hours",
			SHOWN(e->name), SHOWN(ways[i]));
		break;
	}
	return true;
}

static void
check_postmaster(
	struct directory *d, const struct config *config, struct str host, struct findings *f)
{
	const struct config_value *const v = &config->values[SETTING_postmaster];
	const struct str to = v->text.len > 0
				      ? v->text
				      : arena_join(f->arena, STR("postmaster@"), host, STR_NONE);
	const struct directory_question question = {
		.recipient = to, .sender = STR(""), .is_authenticated = false};
	struct directory_answer answer;
	directory_resolve(d, &question, f->arena, &answer);
	if (answer.is_refused)
		findings_add(f, FINDING_WARNING, v->line,
			"Name somebody who reads it in `postmaster`, or make that address.",
			"mail to the postmaster would go to %.*s, which is refused: reports about "
			"reports, and complaints of others, are lost",
			SHOWN(to));
}

/* What cron says goes to root, and nixie-sendmail makes that root@HOST. */
static void
check_programs(struct directory *d, struct str host, struct findings *f)
{
	const struct str root = arena_join(f->arena, STR("root@"), host, STR_NONE);
	const struct directory_question question = {
		.recipient = root, .sender = STR(""), .is_authenticated = false};
	enum directory_place place = PLACE_ELSEWHERE;
	struct directory_answer answer;
	if (host.len == 0 || !directory_place(d, host, &place))
		return;
	directory_resolve(d, &question, f->arena, &answer);
	if (place == PLACE_LOCAL && !answer.is_refused)
		return;
	findings_add(f, FINDING_NOTE, 0,
		place == PLACE_LOCAL ? "nixie-admin alias add root@HOST YOU"
				     : "nixie-admin domain-alias add HOST DOMAIN, then alias add "
				       "root@DOMAIN YOU",
		"nobody gets %.*s: what cron and other programs here have to say to root is "
		"refused",
		SHOWN(root));
}

void
check_directory(const struct conf *conf, struct str host, struct findings *f)
{
	char path[FOLDER_PATH_MAX];
	struct directory_error error;
	struct looking look = {.f = f};
	if (!conf_path(conf, "directory.db", path))
		return;
	if (access(path, F_OK) < 0) {
		findings_add(f, FINDING_NOTE, 0,
			"nixied admin domain add example.org, then nixied admin account add ...",
			"there is no directory yet (%s): every recipient is refused", path);
		return;
	}
	struct directory *const d = directory_open(path, &error);
	if (d == NULL) {
		findings_add(f, FINDING_WRONG, 0,
			"See whose file it is, and that the disk is whole.", "%s: %s", path,
			error.words);
		return;
	}
	if (!entry_list(d, ENTRY_DOMAIN, STR_NONE, take_domain, &look, &error) ||
		!entry_list(d, ENTRY_RANGE, STR_NONE, take_range, &look, &error))
		findings_add(f, FINDING_WRONG, 0, "See that the disk is whole.", "%s: %s", path,
			error.words);
	else if (look.domains == 0)
		findings_add(f, FINDING_NOTE, 0, "nixied admin domain add example.org",
			"the directory has no domain: every recipient is refused");
	else {
		check_postmaster(d, &conf->config, host, f);
		check_programs(d, host, f);
	}
	directory_close(d);
}
