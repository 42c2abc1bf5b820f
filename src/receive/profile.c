/* profile - a listener's configuration, as its sessions use it */
#include "receive/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "receive/listener_settings.h"

#define ARENA_BYTES_MAX ((size_t)1 << 20)

static const struct config_value *
value(const struct config_listener *l, enum config_setting s)
{
	return &l->values[s];
}

/* NULL when nothing is said. */
static const char *
path_of(const struct config_listener *l, enum config_setting s, struct arena *a)
{
	const struct str text = value(l, s)->text;
	return text.len > 0 ? arena_str(a, text).ptr : NULL;
}

static size_t
networks(struct str words, struct net to[static NETWORKS_MAX])
{
	size_t n = 0;
	for (struct str word; (word = str_word(&words)).len > 0 && n < NETWORKS_MAX;)
		n += net_parse(word, &to[n]) == NET_OK;
	return n;
}

struct str
receive_hostname(const struct config *config, struct arena *a)
{
	char name[256];
	if (config->values[SETTING_hostname].text.len > 0)
		return arena_str(a, config->values[SETTING_hostname].text);
	if (gethostname(name, sizeof name) < 0)
		return STR("localhost");
	name[sizeof name - 1] = '\0';
	return arena_str(a, str_of(name));
}

static bool
load_tls(struct profile *p, const struct config_listener *l, bool may_wait,
	struct receive_error *error)
{
	struct tls_error why;
	const struct tls_files files = {
		.certificate = path_of(l, SETTING_tls_certificate, &p->arena),
		.key = path_of(l, SETTING_tls_key, &p->arena),
		.folder = path_of(l, SETTING_tls_folder, &p->arena)};
	p->is_immediate = listener_tls(l) == TLS_IMMEDIATE;
	if (files.certificate == NULL || listener_tls(l) == TLS_OFF)
		return true;
	p->tls = tls_server_new(&files, &why);
	if (p->tls == NULL)
		snprintf(error->words, sizeof error->words, "listener %.*s: %s",
			(int)str_head(l->name, 300).len, l->name.ptr, why.words);
	/* Mail in clear is better than none. From the first byte on there is nothing in clear. */
	if (p->tls == NULL && may_wait && !p->is_immediate) {
		p->tls = tls_server_new_waiting(&files);
		p->settings.lacks_tls = true;
		p->lacks = arena_str(&p->arena, str_of(why.words));
	}
	return p->tls != NULL;
}

struct profile *
profile_new(const struct config *config, const struct config_listener *l, bool may_wait,
	struct receive_error *error)
{
	struct profile *const p = calloc(1, sizeof *p);
	if (p == NULL) {
		snprintf(error->words, sizeof error->words, "no memory");
		return NULL;
	}
	p->uses = 1;
	arena_init(&p->arena, ARENA_BYTES_MAX);
	listener_settings(config, l, &p->settings);
	p->host = p->settings.host = receive_hostname(config, &p->arena);
	p->authserv = p->host;
	if (config->values[SETTING_authserv_id].text.len > 0)
		p->authserv = arena_str(&p->arena, config->values[SETTING_authserv_id].text);
	p->settings.banner = arena_str(&p->arena, p->settings.banner);
	p->name = arena_str(&p->arena, l->name);
	p->proxy_count = networks(value(l, SETTING_proxies)->text, p->proxies);
	p->xclient_count = networks(value(l, SETTING_xclient)->text, p->xclient);
	p->hops_max = (unsigned)value(l, SETTING_max_hops)->number;
	p->greeting_delay_ms = value(l, SETTING_greeting_delay)->number * 1000;
	p->quota_grace_s = config->values[SETTING_quota_grace].number;
	p->filters = (unsigned)value(l, SETTING_filters)->number;
	p->wants_form = value(l, SETTING_strict_header)->number != 0;
	p->checks_rcpt_domain = value(l, SETTING_rcpt_domain_check)->number != 0;
	p->takes_nothing = listener_takes_nothing(l);
	p->checks_identities = value(l, SETTING_sending_identities)->number != 0;
	p->guards_own_senders = value(l, SETTING_require_auth_for_local_senders)->number != 0;
	p->notified = arena_str(&p->arena, config->values[SETTING_notify_refused_submissions].text);
	if (config->values[SETTING_postmaster].text.len > 0)
		p->postmaster = arena_str(&p->arena, config->values[SETTING_postmaster].text);
	p->mail_folder = arena_join(
		&p->arena, config->values[SETTING_data_directory].text, STR("/mail"), STR_NONE);
	if (!load_tls(p, l, may_wait, error)) {
		profile_release(p);
		return NULL;
	}
	if (p->tls == NULL)
		p->settings.offers &= ~(unsigned)EXTENSION_STARTTLS;
	return p;
}

void
profile_release(struct profile *p)
{
	if (p == NULL || --p->uses > 0)
		return;
	tls_server_free(p->tls);
	arena_fini(&p->arena);
	free(p);
}
