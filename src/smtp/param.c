#include "smtp/param.h"

#include "base/charset.h"
#include "smtp/xtext.h"

struct params {
	struct mail_params mail;
	struct rcpt_params rcpt;
};

/* Reads a value, absent when there is none; false when it is malformed. */
typedef bool value_fn(struct str value, struct params *p);

static value_fn on_size, on_body, on_smtputf8, on_auth, on_ret, on_envid, on_requiretls, on_notify,
	on_orcpt;

enum command { IN_MAIL, IN_RCPT };

static const struct param {
	struct str keyword;
	enum command command;
	unsigned extension;
	value_fn *read;
	const char *rfc;
} params[] = {
	{STR_INIT("SIZE"), IN_MAIL, EXTENSION_SIZE, on_size, "RFC 1870 s3"},
	{STR_INIT("BODY"), IN_MAIL, EXTENSION_8BITMIME | EXTENSION_BINARYMIME, on_body, "RFC 6152"},
	{STR_INIT("SMTPUTF8"), IN_MAIL, EXTENSION_SMTPUTF8, on_smtputf8, "RFC 6531 s3.4"},
	{STR_INIT("AUTH"), IN_MAIL, EXTENSION_AUTH, on_auth, "RFC 4954 s5"},
	{STR_INIT("RET"), IN_MAIL, EXTENSION_DSN, on_ret, "RFC 3461 s4.3"},
	{STR_INIT("ENVID"), IN_MAIL, EXTENSION_DSN, on_envid, "RFC 3461 s4.4"},
	{STR_INIT("REQUIRETLS"), IN_MAIL, EXTENSION_REQUIRETLS, on_requiretls, "RFC 8689 s2"},
	{STR_INIT("NOTIFY"), IN_RCPT, EXTENSION_DSN, on_notify, "RFC 3461 s4.1"},
	{STR_INIT("ORCPT"), IN_RCPT, EXTENSION_DSN, on_orcpt, "RFC 3461 s4.2"},
};
#define PARAM_COUNT (sizeof params / sizeof *params)

static bool
on_size(struct str value, struct params *p)
{
	if (value.len == 0 || value.len > 20)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (!ascii_is_digit(value.ptr[i]))
			return false;
	const int64_t n = str_number(value, INT64_MAX);
	p->mail.size_bytes = n < 0 ? INT64_MAX : n;
	return true;
}

/* The word of a list that `value` is, from 1; 0 when it is none. */
static unsigned
word_find(struct str value, const struct str *words, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (str_eq_case(value, words[i]))
			return i + 1;
	return 0;
}

static bool
on_body(struct str value, struct params *p)
{
	static const struct str words[] = {
		STR_INIT("7BIT"), STR_INIT("8BITMIME"), STR_INIT("BINARYMIME")};
	p->mail.body = (enum body)word_find(value, words, 3);
	return p->mail.body != BODY_UNSAID;
}

static bool
on_smtputf8(struct str value, struct params *p)
{
	p->mail.is_utf8 = true;
	return !str_is_set(value);
}

static bool
on_requiretls(struct str value, struct params *p)
{
	p->mail.requires_tls = true;
	return !str_is_set(value);
}

static bool
on_auth(struct str value, struct params *p)
{
	p->mail.auth = value;
	return value.len > 0 && value.len <= PARAM_AUTH_BYTES_MAX && xtext_is_valid(value);
}

static bool
on_ret(struct str value, struct params *p)
{
	static const struct str words[] = {STR_INIT("FULL"), STR_INIT("HDRS")};
	p->mail.ret = (enum ret)word_find(value, words, 2);
	return p->mail.ret != RET_UNSAID;
}

static bool
on_envid(struct str value, struct params *p)
{
	p->mail.envid = value;
	return value.len > 0 && value.len <= PARAM_ENVID_BYTES_MAX && xtext_is_valid(value);
}

static bool
on_notify(struct str value, struct params *p)
{
	static const struct str words[] = {
		STR_INIT("NEVER"), STR_INIT("SUCCESS"), STR_INIT("FAILURE"), STR_INIT("DELAY")};
	while (str_is_set(value)) {
		const unsigned word = word_find(str_cut(&value, ','), words, 4);
		if (word == 0)
			return false;
		p->rcpt.notify |= 1u << (word - 1);
	}
	/* NEVER stands alone. */
	return p->rcpt.notify != 0 &&
	       (p->rcpt.notify == NOTIFY_NEVER || !(p->rcpt.notify & NOTIFY_NEVER));
}

/* RFC 3461 s4.2 addr-type: an atom. */
static bool
is_type(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alnum(s.ptr[i]) && s.ptr[i] != '-')
			return false;
	return s.len > 0;
}

static bool
on_orcpt(struct str value, struct params *p)
{
	p->rcpt.orcpt_type = str_cut(&value, ';');
	p->rcpt.orcpt = value;
	if (!is_type(p->rcpt.orcpt_type) || value.len == 0 || value.len > PARAM_ORCPT_BYTES_MAX)
		return false;
	/* The forms of RFC 6533 s3 for addresses that xtext has no letters for. */
	return xtext_is_valid(value) ||
	       (str_eq_case(p->rcpt.orcpt_type, STR("utf-8")) && utf8_valid(value));
}

/* RFC 5321 s4.1.2 esmtp-value, RFC 6531 s3.3: printable, no "=". */
static bool
is_value(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] == '=' || (unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 127)
			return false;
	return true;
}

static enum param_fault
param_read(
	struct str text, enum command command, unsigned offered, struct params *p, unsigned *seen)
{
	struct str value = text;
	const struct str keyword = str_cut(&value, '=');
	for (size_t i = 0; i < PARAM_COUNT; i++) {
		if (params[i].command != command || !(params[i].extension & offered) ||
			!str_eq_case(keyword, params[i].keyword))
			continue;
		if (*seen & 1u << i)
			return PARAM_TWICE;
		*seen |= 1u << i;
		return is_value(value) && params[i].read(value, p) ? PARAM_NONE : PARAM_VALUE;
	}
	return PARAM_UNKNOWN;
}

static enum param_fault
params_parse(
	struct str in, enum command command, unsigned offered, struct params *p, struct str *at)
{
	unsigned seen = 0;
	*p = (struct params){.mail = {.size_bytes = -1}};
	for (struct str text; (text = str_word(&in)).len > 0;) {
		const enum param_fault fault = param_read(text, command, offered, p, &seen);
		if (fault != PARAM_NONE) {
			*at = text;
			return fault;
		}
	}
	return PARAM_NONE;
}

enum param_fault
mail_params_parse(struct str in, unsigned offered, struct mail_params *out, struct str *at)
{
	struct params p;
	enum param_fault fault = params_parse(in, IN_MAIL, offered, &p, at);
	if (fault == PARAM_NONE && p.mail.body == BODY_BINARYMIME &&
		!(offered & EXTENSION_BINARYMIME)) {
		*at = STR("BODY=BINARYMIME");
		fault = PARAM_VALUE;
	}
	if (fault == PARAM_NONE)
		*out = p.mail;
	return fault;
}

enum param_fault
rcpt_params_parse(struct str in, unsigned offered, struct rcpt_params *out, struct str *at)
{
	struct params p;
	const enum param_fault fault = params_parse(in, IN_RCPT, offered, &p, at);
	if (fault == PARAM_NONE)
		*out = p.rcpt;
	return fault;
}
