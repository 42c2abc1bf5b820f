/*
 * log_opensmtpd - OpenSMTPD
 *
 *	2fd1 mta delivery evpid=25f3c4e87d1e9b37 from=<s@d> to=<a@b> rcpt=<-> source="192.0.2.9"
 *		relay="192.0.2.1 (mx.b)" delay=1s result="PermFail" stat="550 5.1.1 ..."
 *	2fd1 mta event=delivery evpid=... (6.0 to 6.3)
 *	smtp-out: PermFail for 25f3c4e87d1e9b37: session=..., from=<s@d>, to=<a@b>, ..., stat=550
 *... (5.x) 2fd1 mda delivery evpid=... result="TempFail" stat="Error (\"temporary failure\")" 2fd1
 *smtp message msgid=25f3c4e8 size=1 nrcpt=1 proto=ESMTP     2fd1 smtp envelope evpid=... from= to=
 *	2fd1 smtp failed-command command="RCPT TO:<a@b>" result="550 Invalid recipient"
 */
#include "read/mtalog.h"

#include "read/address.h"
#include "read/host.h"

/* The value of " name=" in `s`: in quotes, in brackets or a word. */
static struct str
value_of(struct str s, struct str name)
{
	size_t at = 0;
	for (; (at = str_find(s, name, at)) != STR_NPOS; at++)
		if (at > 0 && s.ptr[at - 1] == ' ')
			break;
	if (at == STR_NPOS)
		return STR_NONE;
	struct str value = str_from(s, at + name.len);
	if (str_starts(value, STR("<")))
		return log_address(&value);
	if (str_starts(value, STR("\""))) {
		/* A quote inside is escaped, or, by older versions, is not: "RCPT TO:<\"a b\"@c>".
		 * The one that closes has a blank behind it. */
		size_t end = 1;
		while (end < value.len &&
			!(value.ptr[end] == '"' &&
				(end + 1 == value.len || value.ptr[end + 1] == ' ' ||
					value.ptr[end + 1] == ',')))
			end += value.ptr[end] == '\\' && end + 1 < value.len ? 2 : 1;
		return str_from(str_head(value, end), 1);
	}
	size_t end = 0;
	while (end < value.len && value.ptr[end] != ' ' && value.ptr[end] != ',')
		end++;
	return str_head(value, end);
}

static bool
read_result(struct str word, struct log_entry *e)
{
	if (str_eq_case(word, STR("Ok")))
		e->action = NIXIE_ACTION_DELIVERED;
	else if (str_eq_case(word, STR("TempFail")))
		e->action = NIXIE_ACTION_DELAYED;
	else if (str_eq_case(word, STR("PermFail")) || str_eq_case(word, STR("Loop")) ||
		 str_starts_case(word, STR("Expire")))
		e->action = NIXIE_ACTION_FAILED;
	else
		return false;
	e->is_expired = str_starts_case(word, STR("Expire")); /* "relay: Expire for 25f3:" */
	return true;
}

/* "192.0.2.1 (mx.example.org)" */
static void
relay(struct str s, struct log_entry *e)
{
	size_t at = 0;
	e->ip = ip_next(str_head(s, 64), &at);
	const size_t open = str_find_char(s, '(', 0);
	const struct str host =
		open != STR_NPOS ? str_unwrap(str_from(s, open), '(', ')') : STR_NONE;
	e->host = host_looks_real(host) ? host : STR_NONE;
}

/* The last value, which without quotes runs to the end of the line: stat=Error ("mail.lmtp: 550")
 */
static struct str
last_value(struct str s, struct str name)
{
	const size_t at = str_find(s, name, 0);
	if (at == STR_NPOS || at == 0 || s.ptr[at - 1] != ' ' ||
		str_starts(str_from(s, at + name.len), STR("\"")))
		return value_of(s, name);
	return str_trim(str_from(s, at + name.len));
}

/* `stat` runs to the end of the line in the old form, which has no quotes. */
static bool
delivery(struct str s, struct str result, struct str stat, struct log_entry *e)
{
	if (!read_result(result, e))
		return false;
	struct str rcpt = value_of(s, STR("rcpt="));
	e->recipient = value_of(s, STR("to="));
	if (rcpt.len > 0 && !str_eq(rcpt, STR("-")) && !str_eq_case(rcpt, e->recipient))
		e->original = rcpt;
	e->sender = value_of(s, STR("from="));
	relay(value_of(s, STR("relay=")), e);
	e->text = stat;
	if (!str_is_set(e->text))
		e->text = STR("");
	e->what = LOG_DELIVERY;
	return e->recipient.len > 0;
}

/* "smtp-out: PermFail for 25f3c4e87d1e9b37: session=..., from=<s>, to=<a>, ..., stat=550 no" */
static bool
old_delivery(struct str s, struct log_entry *e)
{
	struct str rest = s;
	(void)str_word(&rest);
	const struct str result = str_word(&rest);
	if (!str_eq(str_word(&rest), STR("for")))
		return false;
	struct str id = str_word(&rest);
	if (id.len > 0 && id.ptr[id.len - 1] == ':')
		id.len--;
	e->queue_id = log_is_id(id, 8, 16, "") ? id : STR_NONE;
	const size_t stat = str_find(rest, STR(" stat="), 0);
	return delivery(str_head(rest, stat), result,
		stat == STR_NPOS ? STR("") : str_from(rest, stat + 6), e);
}

static bool
refusal(struct str s, struct log_entry *e)
{
	const struct str answer = value_of(s, STR("result="));
	const struct str command = value_of(s, STR("command="));
	if (!str_starts(answer, STR("4")) && !str_starts(answer, STR("5")))
		return false;
	size_t at = 0;
	e->command = command;
	if (str_starts_case(command, STR("RCPT TO:")))
		e->recipient = address_clean(str_from(command, 8));
	else if (str_starts_case(command, STR("MAIL FROM:")))
		e->sender = address_clean(str_from(command, 10));
	e->ip = ip_next(str_head(value_of(s, STR("address=")), 64), &at);
	const struct str host = value_of(s, STR("host="));
	e->host = host_looks_real(host) ? host : STR_NONE;
	e->text = answer;
	e->action = answer.ptr[0] == '4' ? NIXIE_ACTION_DELAYED : NIXIE_ACTION_FAILED;
	e->what = LOG_REFUSAL;
	return true;
}

bool
log_opensmtpd(struct str message, struct log_entry *e)
{
	struct str rest = message;
	const struct str session = str_word(&rest);
	*e = (struct log_entry){.generator = "OpenSMTPD"};
	bool is_ours = false;
	if (str_eq(session, STR("smtp-out:")) || str_eq(session, STR("relay:")) ||
		str_eq(session, STR("delivery:"))) {
		is_ours = old_delivery(message, e);
	} else if (log_is_id(session, 16, 16, "")) {
		const struct str part = str_word(&rest);
		const struct str fields = rest;
		struct str what = str_word(&rest);
		if (str_starts(what, STR("event=")))
			what = str_from(what, 6);
		const bool is_agent = str_eq(part, STR("mta")) || str_eq(part, STR("mda"));
		const struct str id = value_of(fields, STR("evpid="));
		e->queue_id = log_is_id(id, 8, 16, "") ? id : STR_NONE;
		if (is_agent && str_eq(what, STR("delivery")))
			is_ours = delivery(fields, value_of(fields, STR("result=")),
				last_value(fields, STR("stat=")), e);
		else if (str_eq(part, STR("smtp")) && str_eq(what, STR("failed-command")))
			is_ours = refusal(fields, e);
	}
	if (!is_ours)
		*e = (struct log_entry){.what = LOG_NOTHING};
	return is_ours;
}
