/* All filters: their settings, what is counted of them, and whether they answer. */
#include "filter/inside.h"

#include <stdio.h>
#include <stdlib.h>

struct filters *
filters_new(const struct filters_parts *parts)
{
	struct filters *const f = calloc(1, sizeof *f);
	if (f != NULL)
		f->parts = *parts;
	return f;
}

bool
filters_configure(struct filters *f, const struct config *config,
	char words[static FILTER_SETTINGS_WORDS_MAX])
{
	struct filter_settings *const settings = filter_settings_new(config, words);
	if (settings == NULL)
		return false;
	struct backends *const fresh =
		backends_new(f->parts.base, f->parts.log, f->counts, settings);
	if (fresh == NULL) {
		filter_settings_release(settings);
		snprintf(words, FILTER_SETTINGS_WORDS_MAX, "out of memory");
		return false;
	}
	backends_release(f->backends);
	f->backends = fresh;
	return true;
}

void
filters_free(struct filters *f)
{
	if (f == NULL)
		return;
	backends_release(f->backends);
	free(f);
}

bool
filters_hear_sessions(const struct filters *f, unsigned wanted)
{
	const struct backends *const b = f != NULL ? f->backends : NULL;
	for (size_t i = 0; b != NULL && i < b->settings->count; i++)
		if (b->settings->list[i].kind == KIND_MILTER && (wanted >> KIND_MILTER & 1) != 0)
			return true;
	return false;
}

const struct filter_counts *
filters_counts(const struct filters *f, enum filter_kind kind)
{
	return &f->counts[kind];
}

/* ---- do they answer? */

static void
pinged(void *to, struct exchange *x)
{
	(void)x;
	--*(size_t *)to;
}

void
filters_ping(struct filters *f, filters_pinged *fn, void *to)
{
	static const struct filter_facts nothing;
	struct backends *const b = f->backends;
	static struct exchange list[FILTERS_MAX];
	size_t left = b->settings->count;
	for (size_t i = 0; i < b->settings->count; i++) {
		exchange_init(&list[i], &b->list[i], pinged, &left);
		exchange_ask(
			&list[i], &(struct filter_question){.at = FILTER_PING, .facts = &nothing});
	}
	while (left > 0 && event_base_loop(f->parts.base, EVLOOP_ONCE) == 0)
		;
	for (size_t i = 0; i < b->settings->count; i++) {
		fn(to, &b->list[i].setting, list[i].has_failed ? list[i].trouble : NULL);
		exchange_fini(&list[i]);
	}
}
