#include "serve/settings.h"

#include "base/units.h"
#include "net/listen.h"

const struct setting settings_table[] = {
#define X(id, option, standard, least, most, unit, help)                                           \
	{STR_INIT(option), offsetof(struct settings, id), standard, least, most, unit, help},
	SETTINGS(X)
#undef X
};
const size_t settings_count = sizeof settings_table / sizeof *settings_table;

static uint64_t *
value_of(struct settings *s, const struct setting *which)
{
	return (uint64_t *)((char *)s + which->at);
}

void
serve_settings_init(struct settings *s)
{
	*s = (struct settings){.listen_count = 0};
	for (size_t i = 0; i < settings_count; i++)
		*value_of(s, &settings_table[i]) = settings_table[i].standard;
}

const char *
settings_set(struct settings *s, const struct setting *which, struct str value)
{
	static const char *const wants[] = {
		[UNIT_COUNT] = "wants a whole number",
		[UNIT_BYTES] = "wants a size in bytes, such as 500K or 10M",
		[UNIT_SECONDS] = "wants a time, such as 30s or 2m",
		[UNIT_FLAG] = "is 1 or 0",
	};
	static const enum units units[] = {
		[UNIT_COUNT] = UNITS_NONE,
		[UNIT_BYTES] = UNITS_BYTES,
		[UNIT_SECONDS] = UNITS_SECONDS,
		[UNIT_FLAG] = UNITS_NONE,
	};
	const int64_t parsed = units_parse(value, units[which->unit]);
	if (parsed < 0)
		return wants[which->unit];
	const uint64_t n = (uint64_t)parsed;
	if (n > which->most)
		return "is more than this can be; nixie-web(8) tells the most";
	if (n < which->least)
		return "is less than this can be; nixie-web(8) tells the least";
	*value_of(s, which) = n;
	return NULL;
}

const char *
settings_listen(struct settings *s, struct str address)
{
	if (s->listen_count == SETTINGS_LISTEN_MAX)
		return "is given too often; 8 addresses are the most";
	const char *const wrong = listen_wrong(address);
	if (wrong == NULL)
		s->listen[s->listen_count++] = address;
	return wrong;
}

const char *
settings_proxy(struct settings *s, struct str net)
{
	if (s->proxy_count == SETTINGS_PROXIES_MAX)
		return "is given too often; 32 networks are the most";
	if (!trusted_parse(net, &s->proxies[s->proxy_count]))
		return "wants an address or a network, such as 127.0.0.1, 10.0.0.0/8 or fd00::/8, "
		       "or "
		       "unix";
	s->proxy_count++;
	return NULL;
}

const char *
settings_proxy_field(struct settings *s, struct str name)
{
	s->is_rfc7239 = str_eq_case(name, STR("forwarded"));
	return s->is_rfc7239 || str_eq_case(name, STR("x-forwarded-for"))
		       ? NULL
		       : "is x-forwarded-for or forwarded";
}
