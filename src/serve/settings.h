/*
 * settings - what the operator decides: one table
 *
 * Every number has a default that suits one server in the open, a least and a most; sizes take
 * K, M and G, times s, m and h.
 */
#ifndef SERVE_SETTINGS_H
#define SERVE_SETTINGS_H

#include "base/str.h"

#define SETTINGS_LISTEN_MAX 8
#define SETTINGS_LISTEN_DEFAULT "127.0.0.1:8025"

enum setting_unit { UNIT_COUNT, UNIT_BYTES, UNIT_SECONDS };

/* id, option, default, least, most, unit, help */
#define SETTINGS(X)                                                                                \
	X(max_body, "--max-body", (10 << 20), 1024, (256 << 20), UNIT_BYTES,                       \
		"the largest body of a request (10M)")                                             \
	X(max_connections, "--max-connections", 1024, 1, 65536, UNIT_COUNT,                        \
		"connections at a time (1024)")                                                    \
	X(timeout, "--timeout", 20, 1, 3600, UNIT_SECONDS,                                         \
		"time for the header of a request, and between two (20s)")                         \
	X(max_time, "--max-time", 60, 1, 3600, UNIT_SECONDS,                                       \
		"time for a body to arrive, and for an answer to be taken (60s)")                  \
	X(threads, "--threads", 0, 0, 64, UNIT_COUNT,                                              \
		"threads that answer, 0: one for each processor (0)")

struct settings {
#define X(id, option, standard, least, most, unit, help) uint64_t id;
	SETTINGS(X)
#undef X
	struct str listen[SETTINGS_LISTEN_MAX]; /* borrowed from the arguments */
	size_t listen_count;
};

struct setting {
	struct str option;
	size_t at; /* offset in struct settings */
	uint64_t standard, least, most;
	enum setting_unit unit;
	const char *help;
};
extern const struct setting settings_table[];
extern const size_t settings_count;

/* settings_init - the defaults; no address yet */
void settings_init(struct settings *s);

/*
 * settings_set - one option of the table
 *
 * Returns  NULL, or what is wrong with the value, in words
 */
const char *settings_set(struct settings *s, const struct setting *which, struct str value);

#endif
