#include "filter/settings.h"

#include "base/net.h"
#include "filter/machine.h"

#include <stdio.h>
#include <stdlib.h>

struct str
filter_kind_name(enum filter_kind kind)
{
	static const struct str names[KIND_COUNT] = {
		[KIND_CLAMD] = STR_INIT("clamd"),
		[KIND_SPAMD] = STR_INIT("spamd"),
		[KIND_RSPAMD] = STR_INIT("rspamd"),
		[KIND_MILTER] = STR_INIT("milter"),
		[KIND_POLICY] = STR_INIT("policy"),
	};
	return names[kind];
}

/* ---- places */

static bool
take_path(struct str path, struct filter_place *out)
{
	struct sockaddr_un *const un = &out->address.path;
	if (path.len == 0 || path.ptr[0] != '/' || path.len >= sizeof un->sun_path)
		return false;
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path.ptr, path.len);
	out->bytes = sizeof *un;
	return true;
}

bool
filter_place_parse(struct str s, struct filter_place *out)
{
	struct ip ip;
	*out = (struct filter_place){.bytes = 0};
	if (str_starts(s, STR("unix:")))
		return take_path(str_from(s, 5), out);
	if (str_starts(s, STR("/")))
		return take_path(s, out);
	if (str_starts(s, STR("inet:")) || str_starts(s, STR("inet6:")))
		s = str_from(s, str_find_char(s, ':', 0) + 1);
	size_t colon = s.len;
	while (colon > 0 && s.ptr[colon - 1] != ':')
		colon--;
	const struct str digits = str_from(s, colon);
	const int64_t port = str_number(digits, 65535);
	struct str host = str_unwrap(str_head(s, colon > 0 ? colon - 1 : 0), '[', ']');
	for (size_t i = 0; i < digits.len; i++)
		if (!ascii_is_digit((unsigned char)digits.ptr[i]))
			return false;
	if (str_eq_case(host, STR("localhost")))
		host = STR("127.0.0.1");
	if (port <= 0 || !ip_parse(host, &ip))
		return false;
	if (ip_is_v4(&ip)) {
		out->address.v4.sin_family = AF_INET;
		out->address.v4.sin_port = htons((uint16_t)port);
		memcpy(&out->address.v4.sin_addr, ip.bytes + 12, 4);
		out->bytes = sizeof out->address.v4;
	} else {
		out->address.v6.sin6_family = AF_INET6;
		out->address.v6.sin6_port = htons((uint16_t)port);
		memcpy(&out->address.v6.sin6_addr, ip.bytes, 16);
		out->bytes = sizeof out->address.v6;
	}
	return true;
}

/* ---- settings */

/* Which settings a kind has. */
static const struct {
	enum config_setting where, down, timeout, connections;
	bool are_many;
} kinds[KIND_COUNT] = {
	[KIND_CLAMD] = {SETTING_clamd, SETTING_clamd_down, SETTING_clamd_timeout,
		SETTING_clamd_connections, false},
	[KIND_SPAMD] = {SETTING_spamd, SETTING_spamd_down, SETTING_spamd_timeout,
		SETTING_spamd_connections, false},
	[KIND_RSPAMD] = {SETTING_rspamd, SETTING_rspamd_down, SETTING_rspamd_timeout,
		SETTING_rspamd_connections, false},
	[KIND_MILTER] = {SETTING_milters, SETTING_milter_down, SETTING_milter_timeout,
		SETTING_milter_connections, true},
	[KIND_POLICY] = {SETTING_policy_services, SETTING_policy_down, SETTING_policy_timeout,
		SETTING_policy_connections, true},
};

enum config_setting
filter_kind_setting(enum filter_kind kind)
{
	return kinds[kind].where;
}

/* "unix:/run/opendkim.sock*pass": what becomes of mail when this one is down. */
static bool
take_down(struct str *word, bool *passes)
{
	const size_t star = str_find_char(*word, '*', 0);
	if (star == STR_NPOS)
		return true;
	const struct str down = str_from(*word, star + 1);
	*word = str_head(*word, star);
	*passes = str_eq(down, STR("pass"));
	return *passes || str_eq(down, STR("defer"));
}

static bool
take_one(struct filter_settings *s, const struct config *config, enum filter_kind kind,
	struct str word)
{
	const struct config_value *const values = config->values;
	struct filter_setting *const one = &s->list[s->count];
	const struct str name = filter_kind_name(kind);
	*one = (struct filter_setting){.kind = kind,
		.passes_when_down = values[kinds[kind].down].number != 0,
		.timeout_ms = values[kinds[kind].timeout].number * 1000,
		.connections_max = (unsigned)values[kinds[kind].connections].number,
		.line = values[kinds[kind].where].line};
	if (!take_down(&word, &one->passes_when_down) || !filter_place_parse(word, &one->place))
		return false;
	snprintf(one->name, sizeof one->name, kinds[kind].are_many ? "%.*s %.*s" : "%.*s",
		(int)name.len, name.ptr, (int)word.len, word.ptr);
	s->count++;
	return true;
}

static bool
take_kind(
	struct filter_settings *s, const struct config *config, enum filter_kind kind, char *words)
{
	struct str rest = config->values[kinds[kind].where].text, word;
	const struct str name = config_row(kinds[kind].where).name;
	const size_t most = kinds[kind].are_many ? FILTER_MANY_MAX : 1;
	for (size_t n = 0; (word = str_word(&rest)).len > 0; n++) {
		if (n < most && take_one(s, config, kind, word))
			continue;
		word = str_head(word, 200);
		if (n == most)
			snprintf(words, FILTER_SETTINGS_WORDS_MAX,
				"%.*s: there may be %zu, and "
				"\"%.*s\" is one more",
				(int)name.len, name.ptr, most, (int)word.len, word.ptr);
		else
			snprintf(words, FILTER_SETTINGS_WORDS_MAX,
				"%.*s: \"%.*s\" is no place: write unix:/PATH, ADDRESS:PORT or "
				"[ADDRESS]:PORT, and *pass or *defer behind it if you like",
				(int)name.len, name.ptr, (int)word.len, word.ptr);
		return false;
	}
	return true;
}

/* The words of policy_at, in its order. */
static unsigned
points_of(int64_t bits)
{
	static const enum filter_point points[] = {
		FILTER_MAIL, FILTER_RCPT, FILTER_DATA, FILTER_END};
	unsigned out = 0;
	for (unsigned i = 0; i < sizeof points / sizeof *points; i++)
		if (bits >> i & 1)
			out |= 1u << points[i];
	return out;
}

struct filter_settings *
filter_settings_new(const struct config *config, char words[static FILTER_SETTINGS_WORDS_MAX])
{
	struct filter_settings *const s = calloc(1, sizeof *s);
	const struct config_value *const values = config->values;
	if (s == NULL) {
		snprintf(words, FILTER_SETTINGS_WORDS_MAX, "out of memory");
		return NULL;
	}
	s->uses = 1;
	s->spamd_tag = values[SETTING_spamd_tag_score].number * 1000;
	s->spamd_refuse = values[SETTING_spamd_refuse_score].number * 1000;
	s->spamd_bytes_max = (uint64_t)values[SETTING_spamd_max_size].number;
	s->points_count = values[SETTING_filter_points_count].number != 0;
	s->takes_codes = values[SETTING_filter_codes].number != 0;
	s->refuse_score = (unsigned)values[SETTING_refuse_score].number;
	s->policy_points = points_of(values[SETTING_policy_at].number);
	for (enum filter_kind kind = 0; kind < KIND_COUNT; kind++)
		if (!take_kind(s, config, kind, words)) {
			free(s);
			return NULL;
		}
	return s;
}

void
filter_settings_release(struct filter_settings *s)
{
	if (s != NULL && --s->uses == 0)
		free(s);
}
