/*
 * settings - what the configuration says of the checks, for quick looking
 *
 * Shared by the sessions that began with them, and counted: a reload makes new ones.
 */
#ifndef CHECK_SETTINGS_H
#define CHECK_SETTINGS_H

#include "base/net.h"
#include "check/greylist.h"
#include "check/lists.h"
#include "config/config.h"

/* What a check that fails does; in the order of the words in config/table.h. */
enum check_mode { CHECK_OFF, CHECK_LOG, CHECK_SCORE, CHECK_REFUSE };

struct check_settings {
	unsigned uses;
	struct net exempt[CONFIG_LIST_MAX];
	size_t exempt_count;
	enum check_mode spf, sender, helo, reverse, dmarc; /* dmarc: never CHECK_SCORE */
	unsigned spf_score, sender_score, helo_score, reverse_score;
	unsigned refuse_score;
	char *arc_trusted;   /* domains; never NULL */
	char *dkim_required; /* domains; never NULL */
	bool refuses_broken_spf;
	bool spf_waits; /* for DMARC, where the domain has a policy */
	struct lists blocked_ips, blocked_domains, allowed_ips, blocked_links;
	int64_t timeout_ms;
	bool has_tally; /* of DMARC's results, for reports */
	bool has_greylist, spf_passes_greylist;
	struct greylist_times greylist;
};

/* settings_new - NULL: no memory, or *words says what is wrong */
#define SETTINGS_WORDS_MAX 512
struct check_settings *settings_new(
	const struct config *config, char words[static SETTINGS_WORDS_MAX]);
void settings_release(struct check_settings *s); /* NULL is harmless */

bool settings_exempt(const struct check_settings *s, const struct ip *ip);

#endif
