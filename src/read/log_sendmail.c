/*
 * log_sendmail - Sendmail (and its submission side)
 *
 *	4AM4: from=<s@d>, size=1, class=0, nrcpts=1, msgid=<...>, proto=ESMTP, relay=h [192.0.2.9]
 *	4AM4: to=<a@b>,<c@b>, ctladdr=<s@d> (1000/1000), delay=00:00:01, mailer=esmtp,
 *		relay=mx. [192.0.2.1], dsn=5.1.1, reply=550 5.1.1 ..., stat=User unknown
 *	4AM4: ruleset=check_rcpt, arg1=<a@b>, relay=h [192.0.2.9], reject=550 5.7.1 <a@b>...
 *Relaying denied 4AM4: Milter: to=<a@b>, reject=451 4.7.1 Greylisting in action 4AM4: <a@b>... User
 *unknown
 */
#include "read/mtalog.h"

#include "read/address.h"

static struct str
take_queue_id(struct str *s)
{
	const size_t colon = str_find_char(str_head(*s, 24), ':', 0);
	if (colon == STR_NPOS || !log_is_id(str_head(*s, colon), 7, 20, "") ||
		!ascii_is_alnum((unsigned char)s->ptr[0]) ||
		!str_starts(str_from(*s, colon), STR(": ")))
		return STR_NONE;
	const struct str id = str_head(*s, colon);
	*s = str_from(*s, colon + 2);
	return id;
}

/* ", name=value" in `s`: the value up to the next ", name="; the last ones ("stat", "reject") go to
 * the end of the line. */
static struct str
value_of(struct str s, struct str name, bool is_last)
{
	size_t at = 0;
	for (; (at = str_find(s, name, at)) != STR_NPOS; at++)
		if (at == 0 || (at >= 2 && s.ptr[at - 1] == ' ' && s.ptr[at - 2] == ','))
			break;
	if (at == STR_NPOS)
		return STR_NONE;
	const struct str value = str_from(s, at + name.len);
	if (is_last)
		return str_trim(value);
	for (size_t i = 0; i + 3 < value.len; i++) {
		if (value.ptr[i] != ',' || value.ptr[i + 1] != ' ')
			continue;
		size_t k = i + 2;
		while (k < value.len &&
			(ascii_is_alnum((unsigned char)value.ptr[k]) || value.ptr[k] == '_'))
			k++;
		if (k > i + 2 && k < value.len && value.ptr[k] == '=')
			return str_head(value, i);
	}
	return value;
}

static enum nixie_action
action_of(const struct log_entry *e, struct str stat)
{
	if (str_starts(stat, STR("Sent")))
		return NIXIE_ACTION_DELIVERED;
	if (str_starts_case(stat, STR("queued")))
		return NIXIE_ACTION_NONE;
	if (str_starts(stat, STR("Deferred")) || e->status.class == 4)
		return NIXIE_ACTION_DELAYED;
	return e->status.class == 2 ? NIXIE_ACTION_DELIVERED : NIXIE_ACTION_FAILED;
}

static bool
delivery(struct str s, struct log_entry *e)
{
	const struct str stat = value_of(s, STR("stat="), true);
	if (!str_is_set(stat))
		return false;
	const struct str fields = str_head(s, (size_t)(stat.ptr - s.ptr));
	(void)status_parse(value_of(fields, STR("dsn="), false), &e->status);
	log_peer(value_of(fields, STR("relay="), false), e);
	const struct str reply = value_of(fields, STR("reply="), false);
	e->action = action_of(e, stat);
	e->text = reply.len > 0 && e->action != NIXIE_ACTION_DELIVERED ? reply : stat;
	/* "Sent (OK id=1)": the answer stands in the brackets. */
	if (e->action == NIXIE_ACTION_DELIVERED && str_starts(stat, STR("Sent")))
		e->text = str_unwrap(str_trim(str_from(stat, 4)), '(', ')');
	e->recipients = value_of(fields, STR("to="), false);
	e->is_expired = e->action == NIXIE_ACTION_FAILED && e->status.class == 4;
	e->what = LOG_DELIVERY;
	return e->action != NIXIE_ACTION_NONE && log_entry_more(e);
}

static void
by_reply(struct str reply, struct log_entry *e)
{
	e->text = reply;
	e->action = str_starts(reply, STR("4")) ? NIXIE_ACTION_DELAYED : NIXIE_ACTION_FAILED;
	e->what = LOG_REFUSAL;
}

static bool
ruleset(struct str s, struct log_entry *e)
{
	const struct str reply = value_of(s, STR("reject="), true);
	if (!str_is_set(reply))
		return false;
	const struct str fields = str_head(s, (size_t)(reply.ptr - s.ptr));
	const struct str name = value_of(fields, STR("ruleset="), false);
	const struct str argument = value_of(fields, STR("arg1="), false);
	log_peer(value_of(fields, STR("relay="), false), e);
	if (str_eq(name, STR("check_rcpt"))) {
		e->recipient = address_clean(argument);
		e->command = STR("RCPT");
	} else if (str_eq(name, STR("check_mail"))) {
		e->sender = address_clean(argument);
		e->command = STR("MAIL");
	} else if (str_eq(name, STR("check_relay"))) {
		e->command = STR("CONNECT");
	} else if (str_eq(name, STR("check_eom"))) {
		e->command = STR("END-OF-MESSAGE");
	}
	by_reply(reply, e);
	return true;
}

static bool
milter(struct str s, struct log_entry *e)
{
	const struct str reply = value_of(s, STR("reject="), true);
	if (!str_is_set(reply))
		return false;
	if (str_starts(s, STR("to="))) {
		struct str rest = str_from(s, 3);
		e->recipient = log_address(&rest);
		e->command = STR("RCPT");
	} else if (str_starts(s, STR("from="))) {
		struct str rest = str_from(s, 5);
		e->sender = log_address(&rest);
		e->command = STR("MAIL");
	} else if (str_starts(s, STR("data")) || str_starts(s, STR("eom"))) {
		e->command = STR("END-OF-MESSAGE");
	}
	by_reply(reply, e);
	return true;
}

/* "<a@b>... User unknown": a recipient refused as it was named. */
static bool
refused_name(struct str s, struct log_entry *e)
{
	struct str rest = s;
	const struct str address = log_address(&rest);
	if (!str_is_set(address) || !str_starts(rest, STR("... ")))
		return false;
	e->recipient = address;
	e->command = STR("RCPT");
	by_reply(str_from(rest, 4), e);
	return true;
}

static bool
from_client(struct str s, struct log_entry *e)
{
	const struct str from = value_of(s, STR("from="), false);
	struct str rest = from;
	if (!str_has(s, STR("nrcpts=")) && !str_has(s, STR("size=")))
		return false;
	const struct str address = log_address(&rest);
	e->sender = str_is_set(address) ? address : from;
	e->what = LOG_SENDER;
	return true;
}

bool
log_sendmail(struct str message, struct log_entry *e)
{
	struct str s = message;
	*e = (struct log_entry){.generator = "Sendmail"};
	e->queue_id = take_queue_id(&s);
	bool is_ours = false;
	if (str_eq(e->queue_id, STR("NOQUEUE")))
		e->queue_id = STR_NONE;
	else if (!str_is_set(e->queue_id) && !str_starts(s, STR("ruleset=")))
		s = STR("");
	if (str_starts(s, STR("to=")))
		is_ours = delivery(s, e);
	else if (str_starts(s, STR("from=")))
		is_ours = from_client(s, e);
	else if (str_starts(s, STR("ruleset=")))
		is_ours = ruleset(s, e);
	else if (str_starts(s, STR("Milter: ")))
		is_ours = milter(str_from(s, 8), e);
	else if (str_starts(s, STR("<")))
		is_ours = refused_name(s, e);
	if (!is_ours)
		*e = (struct log_entry){.what = LOG_NOTHING};
	return is_ours;
}
