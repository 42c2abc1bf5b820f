/* check_filters - do the filters beside this server answer? */
#include "filter/filters.h"
#include "nixied/check.h"

#include <event2/event.h>

static void
pinged(void *to, const struct filter_setting *setting, const char *why)
{
	struct findings *const f = to;
	const struct str name = config_row(filter_kind_setting(setting->kind)).name;
	if (why == NULL)
		return;
	findings_add(f, setting->passes_when_down ? FINDING_WARNING : FINDING_WRONG, setting->line,
		"Start it, or see that it listens there and that the server's user may reach it.",
		"%.*s: %s does not answer (%s): mail %s", SHOWN(name), setting->name, why,
		setting->passes_when_down ? "passes unseen" : "is deferred with 451 (X88)");
}

void
check_filters(const struct config *config, struct findings *f)
{
	char words[FILTER_SETTINGS_WORDS_MAX] = "not enough memory";
	const struct filters_parts parts = {.base = event_base_new()};
	struct filters *const filters = parts.base != NULL ? filters_new(&parts) : NULL;
	if (filters == NULL || !filters_configure(filters, config, words))
		findings_add(
			f, FINDING_WRONG, 0, "See doc/filters.md and nixied.conf(5).", "%s", words);
	else
		filters_ping(filters, pinged, f);
	filters_free(filters);
	if (parts.base != NULL)
		event_base_free(parts.base);
}
