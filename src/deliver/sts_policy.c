#include "deliver/sts_policy.h"

#define VERSION STR("STSv1")
#define HOST_BYTES_MAX 253
#define LABEL_BYTES_MAX 63

struct str
sts_mode_name(enum sts_mode mode)
{
	static const char *const names[STS_MODE_COUNT] = {
		[STS_NONE] = "none", [STS_TESTING] = "testing", [STS_ENFORCE] = "enforce"};
	return str_of(names[mode]);
}

/* ---- the policy ----------------------------------------------------------------------------- */

enum { HAS_VERSION = 1, HAS_MODE = 2, HAS_MAX_AGE = 4 };

static bool
is_host_name(struct str s)
{
	if (s.len == 0 || s.len > HOST_BYTES_MAX)
		return false;
	for (struct str label; str_is_set(s);) {
		label = str_cut(&s, '.');
		if (label.len == 0 || label.len > LABEL_BYTES_MAX)
			return false;
		for (size_t i = 0; i < label.len; i++) {
			const unsigned char c = (unsigned char)label.ptr[i];
			if (!ascii_is_digit(c) && !ascii_is_alpha(c) && c != '-' && c != '_')
				return false;
		}
	}
	return true;
}

static const char *
take_version(struct sts_policy *p, struct str value)
{
	(void)p;
	return str_eq(value, VERSION) ? NULL : "its version is not STSv1";
}

static const char *
take_mode(struct sts_policy *p, struct str value)
{
	for (int i = 0; i < STS_MODE_COUNT; i++)
		if (str_eq(value, sts_mode_name((enum sts_mode)i))) {
			p->mode = (enum sts_mode)i;
			return NULL;
		}
	return "its mode is none of enforce, testing and none";
}

static const char *
take_max_age(struct sts_policy *p, struct str value)
{
	for (size_t i = 0; i < value.len; i++)
		if (!ascii_is_digit((unsigned char)value.ptr[i]))
			return "its max_age is no number of seconds";
	if (value.len == 0 || value.len > 10)
		return "its max_age is no number of seconds";
	p->max_age_s = str_number(value, INT64_MAX);
	if (p->max_age_s > STS_MAX_AGE_S_MAX)
		p->max_age_s = STS_MAX_AGE_S_MAX;
	return NULL;
}

static const char *
take_mx(struct sts_policy *p, struct str value)
{
	if (p->mx_count == STS_MX_MAX)
		return "it names more mail servers than anybody has";
	if (!is_host_name(str_starts(value, STR("*.")) ? str_from(value, 2) : value))
		return "an mx in it is no name of a host";
	p->mx[p->mx_count++] = value;
	return NULL;
}

/* Of a field that stands twice the first counts, mx apart; one that nobody knows is passed over:
 * s3.2. */
static const char *
take_field(struct sts_policy *p, struct str name, struct str value, unsigned *has)
{
	static const struct {
		struct str name;
		unsigned once; /* 0: any number of times */
		const char *(*take)(struct sts_policy *p, struct str value);
	} fields[] = {
		{STR_INIT("version"), HAS_VERSION, take_version},
		{STR_INIT("mode"), HAS_MODE, take_mode},
		{STR_INIT("max_age"), HAS_MAX_AGE, take_max_age},
		{STR_INIT("mx"), 0, take_mx},
	};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (!str_eq(name, fields[i].name))
			continue;
		if (*has & fields[i].once)
			return NULL;
		*has |= fields[i].once;
		return fields[i].take(p, value);
	}
	return NULL;
}

const char *
sts_policy_parse(struct str text, struct sts_policy *out)
{
	unsigned has = 0;
	*out = (struct sts_policy){.mode = STS_NONE};
	if (text.len > STS_POLICY_BYTES_MAX)
		return "it is too long";
	for (struct str line; str_line(&text, &line);) {
		struct str value = str_trim(line);
		if (value.len == 0)
			continue; /* people end their files with one */
		const struct str name = str_cut(&value, ':');
		if (!str_is_set(value))
			return "a line in it is no field: NAME: VALUE";
		const char *const wrong = take_field(out, str_trim(name), str_trim(value), &has);
		if (wrong != NULL)
			return wrong;
	}
	if (!(has & HAS_VERSION))
		return "it has no version";
	if (!(has & HAS_MODE))
		return "it has no mode";
	if (!(has & HAS_MAX_AGE))
		return "it has no max_age";
	if (out->mx_count == 0 && out->mode != STS_NONE)
		return "it names no mail server";
	return NULL;
}

bool
sts_policy_names(const struct sts_policy *p, struct str host)
{
	if (host.len > 0 && host.ptr[host.len - 1] == '.')
		host.len--;
	const size_t dot = str_find_char(host, '.', 0);
	for (size_t i = 0; i < p->mx_count; i++) {
		const struct str mx = p->mx[i];
		if (str_eq_case(mx, host))
			return true;
		if (dot != STR_NPOS && dot > 0 && str_starts(mx, STR("*.")) &&
			str_eq_case(str_from(mx, 1), str_from(host, dot)))
			return true;
	}
	return false;
}

/* ---- the record ----------------------------------------------------------------------------- */

bool
sts_record_starts(struct str record)
{
	const struct str version = str_cut(&record, ';');
	return str_eq(str_trim_end(version), STR("v=STSv1"));
}

const char *
sts_record_parse(struct str record, struct str *id)
{
	*id = STR_NONE;
	if (!sts_record_starts(record))
		return "it does not begin with v=STSv1;";
	str_cut(&record, ';');
	while (str_is_set(record)) {
		struct str value = str_trim(str_cut(&record, ';'));
		if (value.len == 0 && !str_is_set(record))
			break; /* behind the last semicolon */
		const struct str name = str_cut(&value, '=');
		if (!str_is_set(value))
			return "a part of it is no field: NAME=VALUE";
		if (str_eq(name, STR("id")) && !str_is_set(*id))
			*id = value;
	}
	if (!str_is_set(*id))
		return "it has no id";
	if (id->len == 0 || id->len > STS_ID_BYTES_MAX)
		return "its id is no 1 to 32 letters and digits";
	for (size_t i = 0; i < id->len; i++)
		if (!ascii_is_digit((unsigned char)id->ptr[i]) &&
			!ascii_is_alpha((unsigned char)id->ptr[i]))
			return "its id is no 1 to 32 letters and digits";
	return NULL;
}
