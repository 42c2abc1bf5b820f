#include "web/groups.h"

#include "read/address.h"

static bool
is_same_text(struct nixie_str a, struct nixie_str b)
{
	return str_eq(str_in(a), str_in(b));
}

/* Would the two be explained in the same words, their addresses apart? */
static bool
is_same_cause(const struct group *g, const struct nixie_outcome *o)
{
	const struct nixie_outcome *const f = g->first;
	return f->action == o->action && f->verdict == o->verdict && f->refuser == o->refuser &&
	       f->stage == o->stage && f->said == o->said && f->is_final == o->is_final &&
	       f->is_expired == o->is_expired && f->reply_code == o->reply_code &&
	       is_same_text(f->reason, o->reason) && is_same_text(f->status, o->status) &&
	       is_same_text(f->provider, o->provider) && is_same_text(f->blocklist, o->blocklist) &&
	       str_eq(g->key, situation_find(o));
}

static struct str
domain_of(const struct nixie_outcome *o)
{
	return address_domain(
		str_in(o->original_recipient.len > 0 ? o->original_recipient : o->recipient));
}

static void
put(struct groups *g, const struct nixie_outcome *o)
{
	size_t i = 0;
	while (i < g->count && !is_same_cause(&g->list[i], o))
		i++;
	if (i == GROUPS_MAX) {
		g->others++;
		return;
	}
	struct group *const to = &g->list[i];
	if (i == g->count) {
		g->count++;
		*to = (struct group){.first = o, .key = situation_find(o)};
	}
	if (to->count < GROUP_ADDRESSES_MAX)
		to->some[to->count] = o;
	to->count++;
	if (!str_eq_case(domain_of(to->first), domain_of(o)))
		to->has_domains = true;
}

void
groups_find(const struct nixie_report_info *info, struct groups *g)
{
	g->count = 0;
	g->others = 0;
	for (size_t i = 0; i < info->outcome_count; i++)
		put(g, &info->outcomes[i]);
}
