/*
 * settings - what the operator decides: one table
 *
 * Every number has a default that suits one server in the open, a least and a most; sizes take
 * K, M and G, times s, m and h.
 */
#ifndef SERVE_SETTINGS_H
#define SERVE_SETTINGS_H

#include "serve/peer.h"

#define SETTINGS_LISTEN_MAX 8
#define SETTINGS_PROXIES_MAX 32
#define SETTINGS_LISTEN_DEFAULT "127.0.0.1:8025"

struct web_request;
struct web_response;

enum setting_unit { UNIT_COUNT, UNIT_BYTES, UNIT_SECONDS, UNIT_FLAG };

/* id, option, default, least, most, unit, help */
#define SETTINGS(X)                                                                                \
	X(max_body, "--max-body", (10 << 20), 1024, (256 << 20), UNIT_BYTES,                       \
		"the largest body of a request (10M)")                                             \
	X(max_memory, "--max-memory", (256 << 20), (1 << 20), ((uint64_t)64 << 30), UNIT_BYTES,    \
		"bodies and answers of all clients together (256M)")                               \
	X(max_connections, "--max-connections", 1024, 1, 65536, UNIT_COUNT,                        \
		"connections at a time (1024)")                                                    \
	X(per_client, "--per-client", 64, 1, 65536, UNIT_COUNT,                                    \
		"connections at a time of one client (64)")                                        \
	X(rate, "--rate", 20, 0, 1000000, UNIT_COUNT,                                              \
		"requests a second of one client, 0: no limit (20)")                               \
	X(burst, "--burst", 200, 1, 1000000, UNIT_COUNT,                                           \
		"requests of one client at once, after a pause (200)")                             \
	X(timeout, "--timeout", 20, 1, 3600, UNIT_SECONDS,                                         \
		"time for the header of a request, and between two (20s)")                         \
	X(max_time, "--max-time", 60, 1, 3600, UNIT_SECONDS,                                       \
		"time for a body to arrive, and for an answer to be taken (60s)")                  \
	X(threads, "--threads", 0, 0, 64, UNIT_COUNT,                                              \
		"threads that answer, 0: one for each processor (0)")                              \
	X(is_logging, "--access-log", 0, 0, 1, UNIT_FLAG,                                          \
		"a line on stderr for each answer; never what was asked")

struct settings {
#define X(id, option, standard, least, most, unit, help) uint64_t id;
	SETTINGS(X)
#undef X
	struct str listen[SETTINGS_LISTEN_MAX]; /* borrowed from the arguments */
	size_t listen_count;
	struct trusted proxies[SETTINGS_PROXIES_MAX]; /* whose word about clients is taken */
	size_t proxy_count;
	bool is_rfc7239; /* their word is the field Forwarded, not X-Forwarded-For */
	/* Pages besides those of web.h, a web_more; NULL: none. Who only sets numbers need not know
	 * of the web. */
	bool (*more)(void *to, const struct web_request *req, struct web_response *res);
	void *more_to;
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

/* serve_settings_init - the defaults; no address yet */
void serve_settings_init(struct settings *s);

/*
 * settings_set - one option of the table
 *
 * Returns  NULL, or what is wrong with the value, in words
 */
const char *settings_set(struct settings *s, const struct setting *which, struct str value);

/* settings_listen, settings_proxy, settings_proxy_field - one --listen, --trust-proxy,
 * --proxy-field; NULL, or what is wrong */
const char *settings_listen(struct settings *s, struct str address);
const char *settings_proxy(struct settings *s, struct str net);
const char *settings_proxy_field(struct settings *s, struct str name);

#endif
