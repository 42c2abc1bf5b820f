#include "nixied/delivery.h"

#include <stdlib.h>
#include <sys/random.h>

#include "deliver/sts.h"
#include "net/clock.h"
#include "net/tls.h"
#include "receive/receive.h"

#define ARENA_BYTES_MAX ((size_t)1 << 20)
#define COMMAND STR("pipe:")
#define CAP_FILE "report-counts" /* in data_directory */
#define STS_FOLDER "mta-sts"     /* there, too: policies of domains */

struct delivery {
	struct arena arena, before; /* of settings; those of before may still be used */
	struct deliver_settings settings;
	struct remote_settings remote_settings;
	struct pipe_helper *pipe;
	SSL_CTX *tls;
	struct sts *sts;
	struct remote *remote;
	struct deliver *runner;
	struct eventlog *log;
	char cap_path[FOLDER_PATH_MAX]; /* of the counts of reports */
};

struct deliver *
delivery_runner(const struct delivery *d)
{
	return d->runner;
}

struct remote *
delivery_remote(const struct delivery *d)
{
	return d->remote;
}

struct delivery *
delivery_new(const struct conf *conf)
{
	const struct config_value *const v = conf->config.values;
	struct delivery *const d = calloc(1, sizeof *d);
	struct pipe_error error;
	if (d == NULL) {
		complain("serve", "not enough memory");
		return NULL;
	}
	arena_init(&d->arena, ARENA_BYTES_MAX);
	arena_init(&d->before, ARENA_BYTES_MAX);
	if (str_starts(v[SETTING_local_delivery].text, COMMAND)) {
		const struct str user = v[SETTING_pipe_user].text;
		d->pipe = pipe_helper_start(user.len > 0 ? user : STR_NONE, &error);
		if (d->pipe == NULL) {
			complain("pipe_user", error.words);
			delivery_free(d);
			return NULL;
		}
	}
	return d;
}

/* The settings of a configuration; NULL, or what is wrong with them. */
static const char *
settings_read(const struct conf *conf, struct arena *a, struct deliver_settings *deliver,
	struct remote_settings *remote)
{
	const struct str host = receive_hostname(&conf->config, a);
	const struct str wrong = deliver_settings_read(&conf->config, host, a, deliver);
	remote_settings_read(&conf->config, remote);
	remote->hostname = host;
	return str_is_set(wrong) ? arena_str(a, wrong).ptr : NULL;
}

/* ---- policies of domains: MTA-STS */

const struct sts *
delivery_policies(const struct delivery *d)
{
	return d->sts;
}

static void
policy_news(void *delivery, const struct sts_news *news)
{
	const struct delivery *const d = delivery;
	EVENTLOG(d->log, clock_wall_ms(), LOG_POLICY, {FIELD_DOMAIN, news->domain},
		{FIELD_RESULT,
			news->policy != NULL ? sts_mode_name(news->policy->mode) : STR("failed")},
		{FIELD_WORDS, str_of(news->words)});
}

static unsigned
policy_port(const struct conf *conf)
{
	return (unsigned)conf->config.values[SETTING_mta_sts_port].number;
}

/* Also when they are not heeded: a reload may change that. */
static struct sts *
policies_open(struct delivery *d, const struct conf *conf, const struct delivery_parts *parts)
{
	char folder[FOLDER_PATH_MAX];
	if (!conf_path(conf, STS_FOLDER, folder))
		return NULL;
	return sts_new(&(struct sts_options){.base = parts->base,
		.dns = parts->dns,
		.tls = d->tls,
		.workers = parts->workers,
		.folder = folder,
		.port = policy_port(conf),
		.timeout_ms = d->remote_settings.connect_timeout_ms,
		.tell = policy_news,
		.to = d});
}

/* NULL after a complaint. */
static SSL_CTX *
tls_open(const struct conf *conf, struct arena *a)
{
	const struct str stated = conf->config.values[SETTING_tls_authorities].text;
	SSL_CTX *const tls = tls_client_new(stated.len > 0 ? arena_str(a, stated).ptr : NULL);
	if (tls == NULL)
		complain(stated.len > 0 ? "tls_authorities" : "serve",
			stated.len > 0
				? "no certificates can be read from this file (PEM is wanted)"
				: "not enough memory");
	return tls;
}

bool
delivery_start(struct delivery *d, const struct conf *conf, const struct delivery_parts *parts)
{
	uint32_t seed = 1;
	const char *const wrong = settings_read(conf, &d->arena, &d->settings, &d->remote_settings);
	if (wrong != NULL) {
		complain("local_delivery", wrong);
		return false;
	}
	if (!conf_path(conf, CAP_FILE, d->cap_path))
		return false;
	if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
		seed = (uint32_t)(uintptr_t)d;
	d->log = parts->log;
	d->tls = tls_open(conf, &d->arena);
	if (d->tls == NULL)
		return false;
	d->sts = policies_open(d, conf, parts);
	if (d->sts != NULL)
		d->remote = remote_new(&(struct remote_options){.base = parts->base,
			.dns = parts->dns,
			.tls = d->tls,
			.sts = d->sts,
			.settings = &d->remote_settings,
			.own_doors = parts->own_doors,
			.own_door_count = parts->own_door_count});
	if (d->remote != NULL)
		d->runner = deliver_new(&(struct deliver_options){.base = parts->base,
			.queue = parts->queue,
			.directory = parts->directory,
			.workers = parts->workers,
			.signing = parts->signing,
			.return_paths = parts->return_paths,
			.remote = d->remote,
			.pipe = d->pipe,
			.cap_path = d->cap_path,
			.log = parts->log,
			.settings = &d->settings,
			.after_crash_ms = parts->after_crash_ms,
			.seed = seed});
	if (d->runner == NULL || (d->pipe != NULL && !pipe_helper_listen(d->pipe, parts->base))) {
		complain("serve", "not enough memory");
		return false;
	}
	deliver_start(d->runner);
	return true;
}

const char *
delivery_reload(struct delivery *d, const struct conf *conf)
{
	struct arena fresh;
	struct deliver_settings settings;
	struct remote_settings remote;
	const char *wrong = NULL;
	arena_init(&fresh, ARENA_BYTES_MAX);
	if (settings_read(conf, &fresh, &settings, &remote) != NULL)
		wrong = "local_delivery is not understood: `nixied check` says what is wrong";
	else if (settings.local == LOCAL_PIPE && d->pipe == NULL)
		wrong = "local_delivery: commands have a helper that begins with the server: "
			"restart it";
	else if (!remote_settings_set(d->remote, &remote))
		wrong = "not enough memory";
	if (wrong != NULL) {
		arena_fini(&fresh);
		return wrong;
	}
	deliver_settings_set(d->runner, &settings);
	sts_settings_set(d->sts, policy_port(conf), remote.connect_timeout_ms);
	d->settings = settings;
	d->remote_settings = remote;
	arena_fini(&d->before);
	d->before = d->arena;
	d->arena = fresh;
	return NULL;
}

void
delivery_free(struct delivery *d)
{
	if (d == NULL)
		return;
	deliver_free(d->runner);
	remote_free(d->remote);
	sts_free(d->sts);
	pipe_helper_stop(d->pipe);
	SSL_CTX_free(d->tls);
	arena_fini(&d->arena);
	arena_fini(&d->before);
	free(d);
}
