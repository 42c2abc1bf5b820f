/* settings - what the configuration says of the checks */
#include "check/settings.h"

#include <stdio.h>
#include <stdlib.h>

static int64_t
number(const struct config *config, enum config_setting s)
{
	return config->values[s].number;
}

static bool
lists_of(const struct config *config, enum config_setting s, struct lists *out, char *words)
{
	struct str wrong = STR_NONE;
	const struct str text = config->values[s].text, name = config_row(s).name;
	if (lists_parse(text, out, &wrong))
		return true;
	snprintf(words, SETTINGS_WORDS_MAX,
		"%.*s: \"%.*s\" is no list, or one of more than %d: write zone.example, "
		"zone.example*5 or zone.example=127.0.0.[2..11]*5",
		(int)name.len, name.ptr, (int)(wrong.len < 200 ? wrong.len : 200), wrong.ptr,
		LISTS_MAX);
	return false;
}

/* The parser of the configuration has looked at them. */
static void
networks_of(struct str text, struct check_settings *s)
{
	while (text.len > 0 && s->exempt_count < CONFIG_LIST_MAX) {
		const struct str word = str_word(&text);
		if (word.len > 0 && net_parse(word, &s->exempt[s->exempt_count]) == NET_OK)
			s->exempt_count++;
	}
}

/* Its own, since a configuration goes before its sessions. */
static char *
text_of(const struct config *config, enum config_setting s)
{
	const struct str text = config->values[s].text;
	return strndup(text.len > 0 ? text.ptr : "", text.len);
}

struct check_settings *
settings_new(const struct config *config, char words[static SETTINGS_WORDS_MAX])
{
	struct check_settings *const s = calloc(1, sizeof *s);
	if (s != NULL) {
		s->uses = 1;
		s->arc_trusted = text_of(config, SETTING_arc_trusted);
		s->dkim_required = text_of(config, SETTING_dkim_required);
	}
	if (s == NULL || s->arc_trusted == NULL || s->dkim_required == NULL) {
		snprintf(words, SETTINGS_WORDS_MAX, "out of memory");
		settings_release(s);
		return NULL;
	}
	networks_of(config->values[SETTING_check_exempt].text, s);
	s->spf = (enum check_mode)number(config, SETTING_spf);
	s->sender = (enum check_mode)number(config, SETTING_sender_mx_check);
	s->helo = (enum check_mode)number(config, SETTING_helo_check);
	s->reverse = (enum check_mode)number(config, SETTING_ptr_check);
	static const enum check_mode dmarc_modes[] = {CHECK_OFF, CHECK_LOG, CHECK_REFUSE};
	s->dmarc = dmarc_modes[number(config, SETTING_dmarc)];
	s->refuses_broken_spf = number(config, SETTING_spf_permerror_refuses) != 0;
	s->spf_waits = number(config, SETTING_spf_waits_for_dmarc) != 0;
	s->spf_score = (unsigned)number(config, SETTING_spf_score);
	s->sender_score = (unsigned)number(config, SETTING_sender_mx_score);
	s->helo_score = (unsigned)number(config, SETTING_helo_score);
	s->reverse_score = (unsigned)number(config, SETTING_ptr_score);
	s->refuse_score = (unsigned)number(config, SETTING_refuse_score);
	s->timeout_ms = number(config, SETTING_check_timeout) * 1000;
	s->has_tally = number(config, SETTING_dmarc_reports) != 0;
	s->has_greylist = number(config, SETTING_greylisting) != 0;
	s->spf_passes_greylist = number(config, SETTING_greylist_spf_passes) != 0;
	s->greylist = (struct greylist_times){.delay_s = number(config, SETTING_greylist_delay),
		.window_s = number(config, SETTING_greylist_window),
		.keep_s = number(config, SETTING_greylist_keep)};
	if (lists_of(config, SETTING_dnsbl, &s->blocked_ips, words) &&
		lists_of(config, SETTING_rhsbl, &s->blocked_domains, words) &&
		lists_of(config, SETTING_dnswl, &s->allowed_ips, words) &&
		lists_of(config, SETTING_uribl, &s->blocked_links, words))
		return s;
	settings_release(s);
	return NULL;
}

void
settings_release(struct check_settings *s)
{
	if (s == NULL || --s->uses > 0)
		return;
	free(s->arc_trusted);
	free(s->dkim_required);
	free(s);
}

bool
settings_exempt(const struct check_settings *s, const struct ip *ip)
{
	for (size_t i = 0; i < s->exempt_count; i++)
		if (net_has(&s->exempt[i], ip))
			return true;
	return false;
}
