/* What the policy of a domain means for one of its hosts: MTA-STS, RFC 8461 s4, s5. */
#include "deliver/remote_inside.h"

#include <stdio.h>

const struct sts_policy *
sts_keep(const struct sts_policy *policy, struct arena *a)
{
	/* Without memory for its names none is named: no policy at all would open the door. */
	static const struct sts_policy no_memory = {.mode = STS_ENFORCE};
	struct sts_policy *const kept = arena_alloc(a, 1, sizeof *kept);
	if (kept == NULL)
		return &no_memory;
	*kept = *policy;
	for (size_t i = 0; i < kept->mx_count; i++)
		kept->mx[i] = arena_str(a, policy->mx[i]);
	return arena_failed(a) ? &no_memory : kept;
}

/* The policy that counts for the host at hand; NULL: none. */
static const struct sts_policy *
policy_of(const struct link *l)
{
	return l->hosts.list[l->host].dane == NULL ? l->hosts.policy : NULL;
}

bool
link_is_enforced(const struct link *l)
{
	const struct sts_policy *const p = policy_of(l);
	return p != NULL && p->mode == STS_ENFORCE;
}

bool
link_is_unnamed(const struct link *l)
{
	return link_is_enforced(l) && l->hosts.list[l->host].is_unnamed;
}

void
sts_complaint(const struct link *l, char words[static STREAM_WORDS_MAX])
{
	const struct sts_policy *const p = policy_of(l);
	const char *const what = p == NULL || p->mode != STS_TESTING ? NULL
				 : l->hosts.list[l->host].is_unnamed ? "does not name this host"
				 : l->tls[0] == '\0' ? "wants this host to offer TLS"
				 : !l->is_verified   ? "wants a good certificate of this host"
						     : NULL;
	words[0] = '\0';
	if (what != NULL)
		snprintf(words, STREAM_WORDS_MAX,
			"the policy of the domain (MTA-STS, testing) %s, and would refuse it",
			what);
}
