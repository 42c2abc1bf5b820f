/* cap - how many reports each sender got in this hour */
#include "deliver/cap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "net/file.h"

#define LINE_BYTES_MAX 80

static bool
is_of_this_hour(const struct cap_count *e, int64_t now_ms)
{
	/* A clock that was set back must not keep somebody waiting for long. */
	return e->reports > 0 && now_ms >= e->since_ms && now_ms - e->since_ms < CAP_HOUR_MS;
}

struct cap_count *
cap_count(struct cap *c, struct str sender, int64_t now_ms)
{
	const uint64_t hash = hash_add_case(HASH_FIRST, sender);
	struct cap_count *const e = &c->list[hash & (CAP_COUNTS - 1)];
	if (e->sender != hash || !is_of_this_hour(e, now_ms))
		*e = (struct cap_count){.sender = hash, .since_ms = now_ms};
	return e;
}

void
cap_add(struct cap *c, struct str sender, int64_t now_ms)
{
	cap_count(c, sender, now_ms)->reports++;
	c->is_changed = true;
}

void
cap_load(struct cap *c, const char *path, int64_t now_ms)
{
	char line[LINE_BYTES_MAX];
	c->path = path;
	FILE *const f = path == NULL ? NULL : fopen(path, "r");
	if (f == NULL)
		return;
	for (size_t i = 0; i < CAP_COUNTS && fgets(line, sizeof line, f) != NULL; i++) {
		struct cap_count e = {0};
		char *at = line;
		e.sender = strtoull(at, &at, 16);
		e.since_ms = strtoll(at, &at, 10);
		e.reports = (uint32_t)strtoul(at, &at, 10);
		if (*at == '\n' && is_of_this_hour(&e, now_ms))
			c->list[e.sender & (CAP_COUNTS - 1)] = e;
	}
	fclose(f);
}

bool
cap_save(struct cap *c, int64_t now_ms)
{
	struct buf text;
	if (c->path == NULL || !c->is_changed)
		return true;
	c->saved_ms = now_ms;
	buf_init(&text, CAP_COUNTS * LINE_BYTES_MAX);
	for (size_t i = 0; i < CAP_COUNTS; i++) {
		char line[LINE_BYTES_MAX];
		const int n =
			snprintf(line, sizeof line, "%016" PRIx64 " %" PRId64 " %" PRIu32 "\n",
				c->list[i].sender, c->list[i].since_ms, c->list[i].reports);
		if (is_of_this_hour(&c->list[i], now_ms))
			buf_add(&text, (struct str){line, (size_t)n});
	}
	const bool ok = !buf_failed(&text) && file_replace(c->path, buf_str(&text), FILE_HINT) == 0;
	buf_fini(&text);
	c->is_changed = !ok;
	return ok;
}

bool
cap_turn(struct cap *c, int64_t now_ms)
{
	const bool is_due = now_ms - c->saved_ms >= CAP_SAVE_MS || now_ms < c->saved_ms;
	return !c->is_changed || !is_due || cap_save(c, now_ms);
}
