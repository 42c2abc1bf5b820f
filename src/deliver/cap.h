/*
 * cap - how many reports each sender got in this hour
 *
 * A bounded table: who shares a place with another begins anew. It is kept in a small file, so that
 * a server that is restarted does not begin to count again. The file is a hint and not synced: what
 * the power takes away lets a sender have some reports more, and anything may stand in it.
 *
 * Time is the caller's: milliseconds since 1970.
 */
#ifndef DELIVER_CAP_H
#define DELIVER_CAP_H

#include "base/str.h"

#define CAP_HOUR_MS 3600000
#define CAP_COUNTS 4096 /* a power of two */
#define CAP_SAVE_MS 60000

struct cap_count {
	uint64_t sender; /* a hash */
	int64_t since_ms;
	uint32_t reports;
};

struct cap {
	struct cap_count list[CAP_COUNTS];
	const char *path; /* NULL: it is not kept */
	int64_t saved_ms;
	bool is_changed;
};

/* cap_count - of that sender, in the hour that runs */
struct cap_count *cap_count(struct cap *c, struct str sender, int64_t now_ms);

/* cap_add - one more report to it */
void cap_add(struct cap *c, struct str sender, int64_t now_ms);

/* cap_load - what the file has of the hour that runs; path: borrowed, or NULL */
void cap_load(struct cap *c, const char *path, int64_t now_ms);

/* cap_save - writes the file anew when something has changed; false when it cannot. cap_turn - the
 * same, not more often than each CAP_SAVE_MS */
bool cap_save(struct cap *c, int64_t now_ms);
bool cap_turn(struct cap *c, int64_t now_ms);

#endif
