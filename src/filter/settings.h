/*
 * settings - which filters there are, and what becomes of mail when one is down
 *
 * Shared by the sessions that began with them, and counted: a reload makes new ones. What a reload
 * leaves as it was keeps its connections (filter/backend.h).
 */
#ifndef FILTER_SETTINGS_H
#define FILTER_SETTINGS_H

#include <netinet/in.h>
#include <sys/un.h>

#include "config/config.h"

#define FILTER_MANY_MAX 8 /* milters, and policy services */
#define FILTERS_MAX (3 + 2 * FILTER_MANY_MAX)
#define FILTER_NAME_BYTES 320
#define FILTER_SETTINGS_WORDS_MAX 512

/* In the order in which they speak when they weigh the same. */
enum filter_kind { KIND_CLAMD, KIND_SPAMD, KIND_RSPAMD, KIND_MILTER, KIND_POLICY, KIND_COUNT };

/* filter_kind_name - "clamd": the word of `filters` and the check of the log */
struct str filter_kind_name(enum filter_kind kind);

/* filter_kind_setting - the setting that says where those of a kind are */
enum config_setting filter_kind_setting(enum filter_kind kind);

/* Where a filter is. */
struct filter_place {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un path;
	} address;
	socklen_t bytes;
};

/* filter_place_parse - "unix:/path", "/path", "127.0.0.1:3310", "[::1]:3310", "localhost:3310",
 * with or without "inet:" in front; false: it is none of these */
bool filter_place_parse(struct str s, struct filter_place *out);

struct filter_setting {
	enum filter_kind kind;
	struct filter_place place;
	char name[FILTER_NAME_BYTES]; /* "clamd", "milter 127.0.0.1:8891" */
	bool passes_when_down;        /* else mail is deferred */
	int64_t timeout_ms;
	unsigned connections_max;
	unsigned line; /* of nixied.conf */
};

struct filter_settings {
	unsigned uses;
	struct filter_setting list[FILTERS_MAX];
	size_t count;
	int64_t spamd_tag, spamd_refuse; /* points in thousandths */
	uint64_t spamd_bytes_max;
	bool points_count; /* towards refuse_score */
	bool takes_codes;  /* of milters and policy services, into the reply */
	unsigned refuse_score;
	unsigned policy_points; /* a bit for each enum filter_point */
};

/* filter_settings_new - NULL: no memory, or *words says what is wrong */
struct filter_settings *filter_settings_new(
	const struct config *config, char words[static FILTER_SETTINGS_WORDS_MAX]);
void filter_settings_release(struct filter_settings *s); /* NULL is harmless */

#endif
