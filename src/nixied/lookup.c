#include "nixied/lookup.h"

#include <event2/event.h>

bool
lookup_open(
	struct lookup *l, const struct config *config, struct arena *arena, const char **complaint)
{
	const struct dns_settings settings = {
		.servers = config->values[SETTING_dns_servers].text,
		.timeout_ms = 1000 * config->values[SETTING_dns_timeout].number,
	};
	*l = (struct lookup){.base = event_base_new(), .arena = arena};
	*complaint = "memory ran out";
	if (l->base != NULL)
		l->dns = dns_new(l->base, &settings, complaint);
	if (l->dns == NULL)
		lookup_close(l);
	return l->dns != NULL;
}

void
lookup_close(struct lookup *l)
{
	if (l->dns != NULL)
		dns_free(l->dns);
	if (l->base != NULL)
		event_base_free(l->base);
	*l = (struct lookup){.arena = l->arena};
}

/* The answer is the resolver's until this returns. */
static void
keep(void *context, const struct dns_answer *answer)
{
	struct lookup *const l = context;
	struct dns_answer *const copy = arena_alloc(l->arena, 1, sizeof *copy);
	struct dns_record *const records =
		arena_alloc(l->arena, answer->count + 1, sizeof *records);
	if (copy != NULL && records != NULL) {
		*copy = *answer;
		copy->name = arena_str(l->arena, answer->name);
		copy->canonical = arena_str(l->arena, answer->canonical);
		copy->records = records;
		for (size_t i = 0; i < answer->count; i++) {
			records[i] = answer->records[i];
			records[i].data = arena_str(l->arena, answer->records[i].data);
		}
		l->answer = copy;
	}
	event_base_loopbreak(l->base);
}

const struct dns_answer *
lookup_ask(struct lookup *l, enum dns_type type, struct str name)
{
	l->answer = NULL;
	if (dns_ask(l->dns, type, name, keep, l) != NULL)
		event_base_dispatch(l->base);
	return arena_failed(l->arena) ? NULL : l->answer;
}
