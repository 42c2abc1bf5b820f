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
	take_checks, take_filters, take_signing, take_return_paths, take_delivery, take_listeners};

/* All of them, or none: what was taken already is set back. */
static bool
take_all(struct server *s, const struct conf *fresh, struct receive_error *error)
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

/* ---- a reload: first the script, which is compiled elsewhere, then the rest at once */

static void
renewal_end(struct server *s)
{
	s->renewal.is_open = false;
	if (s->renewal.is_due_again)
		server_on_reload(-1, 0, s);
}

/* The script of before was taken again. */
static void
on_script_back(void *server, bool is_ok, const char *words)
{
	if (!is_ok)
		server_alarm(server, words);
	renewal_end(server);
}

static void
refuse_fresh(struct server *s, const char *why, bool has_script)
{
	char words[RECEIVE_WORDS_MAX + 64], back[HOOKS_WORDS_MAX];
	snprintf(words, sizeof words, "%s; the configuration of before stays", why);
	server_alarm(s, words);
	complain(s->conf.path, words);
	conf_free(&s->renewal.conf);
	const enum hooks_load state =
		has_script ? hooks_conf_load(s->hooks, &s->conf.config, on_script_back, s, back)
			   : HOOKS_LOAD_DONE;
	if (state != HOOKS_LOAD_OPEN)
		on_script_back(s, state == HOOKS_LOAD_DONE, back);
}

static void
on_script(void *server, bool is_ok, const char *words)
{
	struct server *const s = server;
	struct receive_error error = {""};
	if (!is_ok)
		snprintf(error.words, sizeof error.words, "hooks: %s", words);
	if (!is_ok || !take_all(s, &s->renewal.conf, &error)) {
		refuse_fresh(s, error.words, is_ok);
		return;
	}
	/* Sessions have copies of what they need; only the one before last can go. */
	conf_free(&s->before);
	s->before = s->conf;
	s->conf = s->renewal.conf;
	s->renewal.conf = (struct conf){.path = NULL};
	eventlog_set_detail(
		s->log, (enum eventlog_detail)server_value(s, SETTING_log_detail)->number);
	if (!server_configure_feedback(s, error.words))
		server_alarm(s, error.words);
	EVENTLOG(s->log, clock_wall_ms(), LOG_RELOAD,
		{FIELD_WORDS, STR("the configuration was read again")});
	renewal_end(s);
}

void
server_on_reload(evutil_socket_t signal, short what, void *server)
{
	struct server *const s = server;
	char log_error[EVENTLOG_ERROR_BYTES], words[HOOKS_WORDS_MAX] = "";
	(void)signal;
	(void)what;
	s->renewal.is_due_again = s->renewal.is_open;
	if (!eventlog_reopen(s->log, log_error))
		server_alarm(s, log_error);
	if (s->renewal.is_open)
		return;
	if (!conf_read(&s->renewal.conf, s->conf.path)) {
		snprintf(words, sizeof words,
			"%s; the configuration of before stays: nixied check tells all of it",
			s->renewal.conf.fault);
		server_alarm(s, words);
		return;
	}
	s->renewal.is_open = true;
	const enum hooks_load state =
		hooks_conf_load(s->hooks, &s->renewal.conf.config, on_script, s, words);
	if (state != HOOKS_LOAD_OPEN)
		on_script(s, state == HOOKS_LOAD_DONE, words);
}
