#include "serve/settings.h"

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
settings_init(struct settings *s)
{
	*s = (struct settings){.listen_count = 0};
	for (size_t i = 0; i < settings_count; i++)
		*value_of(s, &settings_table[i]) = settings_table[i].standard;
}

static const struct {
	enum setting_unit unit;
	char suffix;
	uint64_t times;
} suffixes[] = {
	{UNIT_BYTES, 'k', 1 << 10},
	{UNIT_BYTES, 'm', 1 << 20},
	{UNIT_BYTES, 'g', 1 << 30},
	{UNIT_SECONDS, 's', 1},
	{UNIT_SECONDS, 'm', 60},
	{UNIT_SECONDS, 'h', 3600},
};

const char *
settings_set(struct settings *s, const struct setting *which, struct str value)
{
	static const char *const wants[] = {
		[UNIT_COUNT] = "wants a whole number",
		[UNIT_BYTES] = "wants a size in bytes, such as 500K or 10M",
		[UNIT_SECONDS] = "wants a time, such as 30s or 2m",
		[UNIT_FLAG] = "is 1 or 0",
	};
	uint64_t times = 1;
	for (size_t i = 0; value.len > 0 && i < sizeof suffixes / sizeof *suffixes; i++)
		if (suffixes[i].unit == which->unit &&
			ascii_lower(value.ptr[value.len - 1]) == suffixes[i].suffix) {
			times = suffixes[i].times;
			value.len--;
			break;
		}
	uint64_t n = 0;
	for (size_t i = 0; i < value.len; i++) {
		if (!ascii_is_digit((unsigned char)value.ptr[i]) || n > INT64_MAX / 10)
			return wants[which->unit];
		n = n * 10 + (uint64_t)(value.ptr[i] - '0');
	}
	if (value.len == 0)
		return wants[which->unit];
	if (n > which->most / times)
		return "is more than this can be; nixie-web(8) tells the most";
	n *= times;
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
	s->listen[s->listen_count++] = address;
	return NULL;
}

const char *
settings_proxy(struct settings *s, struct str net)
{
	if (s->proxy_count == SETTINGS_PROXIES_MAX)
		return "is given too often; 32 networks are the most";
	if (!net_parse(net, &s->proxies[s->proxy_count]))
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
