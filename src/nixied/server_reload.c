#include "net/clock.h"
#include "nixied/hooks_conf.h"
#include "nixied/server_parts.h"
#include "sign/return_path.h"
#include "sign/signing.h"

#define NAME_BYTES_MAX 4096 /* of the arena of the host's name */

bool
server_configure_feedback(struct server *s, char words[static FEEDBACK_WORDS_MAX])
{
	struct arena a;
	arena_init(&a, NAME_BYTES_MAX);
	const struct str host = receive_hostname(&s->conf.config, &a);
	const bool ok = feedback_configure(s->feedback, &s->conf.config, host, words);
	arena_fini(&a);
	return ok;
}

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
take_return_paths(struct server *s, const struct conf *conf, struct receive_error *error)
{
	return return_paths_configure(
		s->return_paths, &conf->config, clock_wall_ms(), error->words);
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
	take_hooks, take_checks, take_filters, take_signing, take_return_paths, take_delivery,
	take_listeners};

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
			server_alarm(s, again.words);
	}
	return false;
}

void
server_on_reload(evutil_socket_t signal, short what, void *server)
{
	struct server *const s = server;
	struct receive_error error = {""};
	char log_error[EVENTLOG_ERROR_BYTES];
	struct conf fresh;
	(void)signal;
	(void)what;
	if (!eventlog_reopen(s->log, log_error))
		server_alarm(s, log_error);
	if (!conf_read(&fresh, s->conf.path)) {
		server_alarm(s, "the configuration has mistakes, which were told on standard "
				"error; the one of before stays: nixied check tells them too");
		return;
	}
	if (!reload_all(s, &fresh, &error)) {
		char words[RECEIVE_WORDS_MAX + 64];
		snprintf(words, sizeof words, "%s; the configuration of before stays", error.words);
		server_alarm(s, words);
		complain(s->conf.path, words);
		conf_free(&fresh);
		return;
	}
	/* Sessions have copies of what they need; only the one before last can go. */
	conf_free(&s->before);
	s->before = s->conf;
	s->conf = fresh;
	eventlog_set_detail(
		s->log, (enum eventlog_detail)server_value(s, SETTING_log_detail)->number);
	if (!server_configure_feedback(s, error.words))
		server_alarm(s, error.words);
	EVENTLOG(s->log, clock_wall_ms(), LOG_RELOAD,
		{FIELD_WORDS, STR("the configuration was read again")});
}
