/*
 * log_postfix - Postfix
 *
 *	4XyZ: to=<a@b>, orig_to=<c>, relay=mx[192.0.2.1]:25, delay=1, delays=.., dsn=5.1.1,
 *		status=bounced (host mx[192.0.2.1] said: 550 ...)
 *	4XyZ: from=<s@d>, size=1, nrcpt=1 (queue active)
 *	4XyZ: from=<s@d>, status=expired, returned to sender
 *	NOQUEUE: reject: RCPT from h[192.0.2.9]: 554 5.7.1 <a@b>: ...; from=<s> to=<a@b> proto=ESMTP
 *	4XyZ: milter-reject: END-OF-MESSAGE from h[192.0.2.9]: 5.7.1 ...; from=<s> to=<a@b> ...
 *	4XyZ: reject: header Subject: ... from h[192.0.2.9]; from=<s> to=<a@b> ...: 5.7.1 ...
 */
#include "read/mtalog.h"

#include "read/address.h"

/* "4XyZ: " at the start, the short queue ids (hexadecimal) and the long ones (no vowels). */
static struct str
take_queue_id(struct str *s)
{
	const size_t colon = str_find_char(str_head(*s, 24), ':', 0);
	if (colon == STR_NPOS || !log_is_id(str_head(*s, colon), 5, 22, "") ||
		!str_starts(str_from(*s, colon), STR(": ")))
		return STR_NONE;
	const struct str id = str_head(*s, colon);
	*s = str_from(*s, colon + 2);
	return id;
}

static bool
read_status(struct str word, struct log_entry *e)
{
	static const struct {
		struct str word;
		enum nixie_action action;
		bool is_expired;
	} words[] = {
		{STR_INIT("sent"), NIXIE_ACTION_DELIVERED, false},
		{STR_INIT("deferred"), NIXIE_ACTION_DELAYED, false},
		{STR_INIT("bounced"), NIXIE_ACTION_FAILED, false},
		{STR_INIT("expired"), NIXIE_ACTION_FAILED, true},
		{STR_INIT("undeliverable"), NIXIE_ACTION_FAILED, false},
		{STR_INIT("SOFTBOUNCE"), NIXIE_ACTION_DELAYED, false},
		{STR_INIT("softbounce"), NIXIE_ACTION_DELAYED, false},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_eq(word, words[i].word)) {
			e->action = words[i].action;
			e->is_expired = words[i].is_expired;
			return true;
		}
	return false;
}

/* "to=<a@b>, orig_to=<c>, relay=..., dsn=5.1.1, status=bounced (text)" */
static bool
delivery(struct str s, struct log_entry *e)
{
	s = str_from(s, 3);
	const struct str to = log_address(&s);
	if (!str_is_set(to))
		return false;
	e->recipient = to;
	while (str_starts(s, STR(", "))) {
		s = str_from(s, 2);
		const size_t equals = str_find_char(str_head(s, 24), '=', 0);
		if (equals == STR_NPOS)
			return false;
		const struct str name = str_head(s, equals);
		s = str_from(s, equals + 1);
		if (str_eq(name, STR("orig_to"))) {
			e->original = log_address(&s);
			if (!str_is_set(e->original))
				return false;
			continue;
		}
		size_t end = 0;
		while (end < s.len && s.ptr[end] != ',' && s.ptr[end] != ' ')
			end++;
		const struct str value = str_head(s, end);
		s = str_from(s, end);
		if (str_eq(name, STR("relay")))
			log_peer(value, e);
		else if (str_eq(name, STR("dsn")))
			(void)status_parse(value, &e->status);
		else if (str_eq(name, STR("status")) && !read_status(value, e))
			return false;
	}
	/* "(text)": the last bracket closes it, and those inside it are its own. */
	e->text = str_unwrap(str_trim(s), '(', ')');
	e->what = e->action != NIXIE_ACTION_NONE ? LOG_DELIVERY : LOG_NOTHING;
	return e->what == LOG_DELIVERY;
}

static bool
from_queue(struct str s, struct log_entry *e)
{
	s = str_from(s, 5);
	e->sender = log_address(&s);
	if (!str_is_set(e->sender))
		return false;
	e->what = LOG_SENDER;
	if (str_starts(s, STR(", status=expired")) ||
		str_starts(s, STR(", status=force-expired"))) {
		e->what = LOG_EXPIRED;
		e->action = NIXIE_ACTION_FAILED;
		e->is_expired = true;
		e->text = str_from(s, 2);
	}
	return true;
}

/* "from=<s> to=<a@b> proto=ESMTP helo=<h>"; postscreen puts commas between. */
static void
envelope(struct str s, struct log_entry *e)
{
	size_t at = str_find(s, STR("from=<"), 0);
	if (at != STR_NPOS) {
		struct str rest = str_from(s, at + 5);
		e->sender = log_address(&rest);
	}
	at = str_find(s, STR(" to=<"), 0);
	if (at != STR_NPOS) {
		struct str rest = str_from(s, at + 4);
		e->recipient = log_address(&rest);
	}
}

/* Where the envelope begins behind a refusal: the last "; from=<", since the words before it are
 * the configuration's own and may hold anything. */
static size_t
envelope_at(struct str s)
{
	size_t found = STR_NPOS;
	for (size_t at = 0; (at = str_find(s, STR("; from=<"), at)) != STR_NPOS; at++)
		found = at;
	return found;
}

static void
action_by_code(struct log_entry *e)
{
	const char c = e->text.len > 0 ? e->text.ptr[0] : '5';
	e->action = c == '4' ? NIXIE_ACTION_DELAYED : NIXIE_ACTION_FAILED;
}

/* Behind "reject: ": "RCPT from h[ip]: text; from=..." or "header X: y from h[ip]; from=...: text"
 */
static bool
refusal(struct str s, struct log_entry *e)
{
	const size_t tail = envelope_at(s);
	const struct str head = str_head(s, tail);
	const struct str behind = tail == STR_NPOS ? STR("") : str_from(s, tail);
	envelope(behind, e);
	struct str rest = head;
	const struct str command = str_word(&rest);
	const bool is_content = str_eq(command, STR("header")) || str_eq(command, STR("body"));
	if (is_content) {
		/* What the message said stands before the client; the answer last. */
		size_t from = STR_NPOS;
		for (size_t at = 0; (at = str_find(head, STR(" from "), at)) != STR_NPOS; at++)
			from = at;
		if (from != STR_NPOS)
			log_peer(str_from(head, from + 6), e);
		const size_t proto = str_find(behind, STR(" proto="), 0);
		const size_t text = str_find(behind, STR(": "), proto == STR_NPOS ? 0 : proto);
		e->text = text != STR_NPOS ? str_from(behind, text + 2) : STR("");
		e->command = STR("END-OF-MESSAGE");
	} else {
		if (!str_starts(rest, STR(" from ")))
			return false;
		rest = str_from(rest, 6);
		const struct str peer = log_head(&rest, STR(": "));
		if (!str_is_set(peer))
			return false;
		log_peer(peer, e);
		e->text = str_trim(rest);
		e->command = command;
	}
	action_by_code(e);
	e->what = LOG_REFUSAL;
	return true;
}

bool
log_postfix(struct str message, struct str component, struct log_entry *e)
{
	struct str s = message;
	*e = (struct log_entry){.generator = "Postfix"};
	e->queue_id = take_queue_id(&s);
	const bool is_queued = str_is_set(e->queue_id) && !str_eq(e->queue_id, STR("NOQUEUE"));
	if (!str_is_set(e->queue_id)) {
		*e = (struct log_entry){.what = LOG_NOTHING};
		return false;
	}
	bool is_ours = false;
	if (!is_queued)
		e->queue_id = STR_NONE;
	if (str_starts(s, STR("reject: ")))
		is_ours = refusal(str_from(s, 8), e);
	else if (str_starts(s, STR("milter-reject: ")))
		is_ours = refusal(str_from(s, 15), e);
	else if (is_queued && str_starts(s, STR("to=<")))
		is_ours = delivery(s, e);
	else if (is_queued && str_starts(s, STR("from=<")) &&
		 (str_is_set(component) || str_has(s, STR("nrcpt=")) ||
			 str_has(s, STR("status="))) &&
		 !str_has(s, STR("nrcpts=")))
		is_ours = from_queue(s, e);
	else if (is_queued && str_eq(s, STR("removed"))) {
		e->what = LOG_DONE;
		is_ours = true;
	}
	if (!is_ours)
		*e = (struct log_entry){.what = LOG_NOTHING};
	return is_ours;
}
