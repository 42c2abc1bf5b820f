/*
 * log_exim - Exim (its specification, chapter 53)
 *
 *	1tEabc-00000000123-0001 <= s@d H=client [192.0.2.9] P=esmtps S=1234
 *	1tEabc-... => a@b <c@b> R=dnslookup T=remote_smtp H=mx [192.0.2.1] C="250 OK"
 *	1tEabc-... ** a@b R=dnslookup T=remote_smtp H=mx [192.0.2.1]: SMTP error from ...: 550 ...
 *	1tEabc-... == a@b R=dnslookup T=remote_smtp defer (-44) H=mx [192.0.2.1]: SMTP error ...:
 *451 ... H=client (helo) [192.0.2.9] F=<s@d> temporarily rejected RCPT <a@b>: greylisted
 */
#include "read/mtalog.h"

#include "read/host.h"

/* Six, six and two letters and digits with dashes between; since 4.97 six, eleven and four. */
static bool
is_id(struct str s)
{
	const bool is_old = s.len == 16 && s.ptr[6] == '-' && s.ptr[13] == '-';
	const bool is_new = s.len == 23 && s.ptr[6] == '-' && s.ptr[18] == '-';
	return (is_old || is_new) && log_is_id(s, 16, 23, "-");
}

/* Where the fields end and the words begin: the first ": " outside quotes and brackets. */
static size_t
text_at(struct str s)
{
	bool in_quotes = false;
	unsigned depth = 0;
	for (size_t i = 0; i + 1 < s.len; i++) {
		const char c = s.ptr[i];
		if (c == '\\' && in_quotes)
			i++;
		else if (c == '"')
			in_quotes = !in_quotes;
		else if (c == '<' && !in_quotes)
			depth++;
		else if (c == '>' && !in_quotes)
			depth -= depth > 0;
		else if (c == ':' && s.ptr[i + 1] == ' ' && !in_quotes && depth == 0)
			return i;
	}
	return s.len;
}

/* The value of " H=..." in `fields`, up to the next field: "mx.example.org [192.0.2.1]:25". */
static struct str
field(struct str fields, struct str name)
{
	const size_t at = str_find(fields, name, 0);
	if (at == STR_NPOS)
		return STR_NONE;
	const struct str value = str_from(fields, at + name.len);
	for (size_t i = 0; i + 2 < value.len; i++)
		if (value.ptr[i] == ' ' && value.ptr[i + 2] == '=')
			return str_head(value, i);
	return value;
}

/* "mx.example.org (helo) [192.0.2.1]:25" or "(helo) [192.0.2.1]" */
static void
peer(struct str fields, struct log_entry *e)
{
	const struct str value = field(fields, STR(" H="));
	if (!str_is_set(value))
		return;
	log_peer(value, e);
	if (str_is_set(e->host))
		return;
	struct str rest = value;
	const struct str name = str_word(&rest);
	if (host_looks_real(name))
		e->host = name;
}

/* The address at the start of *s, and the one behind it in <...>: what it was made from. */
static void
addresses(struct str *s, struct log_entry *e)
{
	/* "|/usr/bin/vacation joe <joe@example.org>": a command has blanks, and is nobody. */
	const size_t behind = str_starts(*s, STR("|")) ? str_find(*s, STR(" <"), 0) : STR_NPOS;
	struct str first = behind == STR_NPOS ? log_address(s) : str_head(*s, behind);
	if (behind != STR_NPOS) {
		*s = str_from(*s, behind);
	} else if (!str_is_set(first)) {
		/* A quoted local part may hold blanks. */
		size_t at = 0;
		bool in_quotes = false;
		while (at < s->len && (in_quotes || s->ptr[at] != ' ')) {
			if (s->ptr[at] == '"')
				in_quotes = !in_quotes;
			at++;
		}
		first = str_head(*s, at);
		*s = str_from(*s, at);
		if (first.len > 0 && first.ptr[first.len - 1] == ':') {
			first.len--;
			*s = str_between(first.ptr + first.len, s->ptr + s->len);
		}
	}
	e->recipient = first;
	const struct str next = str_trim(*s);
	if (!str_starts(next, STR("<")))
		return;
	*s = next;
	const struct str original = log_address(s);
	/* "=> joe <joe@example.org>": the mailbox it went to, and the address it came by. */
	if (behind != STR_NPOS || str_find_char(first, '@', 0) == STR_NPOS)
		e->recipient = original;
	else if (!str_eq_case(original, first))
		e->original = original;
}

static void
sender_field(struct str fields, struct log_entry *e)
{
	static const struct str names[] = {STR_INIT(" F=<"), STR_INIT(" P=<")};
	for (size_t i = 0; i < 2; i++) {
		const size_t at = str_find(fields, names[i], 0);
		if (at == STR_NPOS)
			continue;
		struct str rest = str_from(fields, at + 3);
		const struct str sender = log_address(&rest);
		if (str_is_set(sender))
			e->sender = sender;
		return;
	}
}

static bool
delivery(struct str mark, struct str s, struct log_entry *e)
{
	if (str_eq(mark, STR("=>")) || str_eq(mark, STR("->")) || str_eq(mark, STR(">>")))
		e->action = NIXIE_ACTION_DELIVERED;
	else if (str_eq(mark, STR("**")))
		e->action = NIXIE_ACTION_FAILED;
	else if (str_eq(mark, STR("==")))
		e->action = NIXIE_ACTION_DELAYED;
	else
		return false;
	s = str_trim(s);
	addresses(&s, e);
	const size_t text = e->action == NIXIE_ACTION_DELIVERED ? s.len : text_at(s);
	const struct str fields = str_head(s, text);
	peer(fields, e);
	sender_field(fields, e);
	e->text = str_trim(str_from(s, text + 1));
	if (e->action == NIXIE_ACTION_DELIVERED) {
		const size_t answer = str_find(s, STR(" C=\""), 0);
		if (answer != STR_NPOS) {
			const struct str said = str_from(s, answer + 4);
			e->text = str_head(said, str_find_char(said, '"', 0));
		}
	}
	/* No new try was made: the answer stands in an earlier line. */
	if (str_starts(e->text, STR("retry time not reached")))
		return false;
	e->is_expired =
		e->action == NIXIE_ACTION_FAILED && str_has(e->text, STR("retry timeout exceeded"));
	e->what = LOG_DELIVERY;
	return e->recipient.len > 0;
}

/* "... rejected RCPT <a@b>: text", "rejected MAIL: ...", "rejected after DATA: ..." */
static bool
refusal(struct str s, struct log_entry *e)
{
	static const struct str soft = STR_INIT("temporarily rejected ");
	size_t at = str_find(s, soft, 0);
	const bool is_soft = at != STR_NPOS;
	if (!is_soft)
		at = str_find(s, STR("rejected "), 0);
	if (at == STR_NPOS || (at > 0 && s.ptr[at - 1] != ' '))
		return false;
	const struct str fields = str_head(s, at);
	struct str rest = str_from(s, at + (is_soft ? soft.len : 9));
	e->command = str_head(rest, 5);
	if (str_starts(rest, STR("after DATA")) || str_starts(rest, STR("during MIME")))
		e->command = STR("END-OF-MESSAGE");
	else if (str_starts(rest, STR("connection")))
		e->command = STR("CONNECT");
	/* " H=..." also at the very start of the line */
	if (str_starts(fields, STR("H="))) {
		const size_t end = str_find(fields, STR("]"), 0);
		const struct str whole =
			str_from(str_head(fields, end == STR_NPOS ? end : end + 1), 2);
		log_peer(whole, e);
		struct str words = whole;
		const struct str name = str_word(&words);
		if (!str_is_set(e->host) && host_looks_real(name))
			e->host = name;
	} else {
		peer(fields, e);
	}
	sender_field(fields, e);
	const size_t open = str_find_char(str_head(rest, 300), '<', 0);
	const size_t text = text_at(rest);
	if (open != STR_NPOS && open < text && str_starts(rest, STR("RCPT"))) {
		struct str inside = str_from(rest, open);
		e->recipient = log_address(&inside);
	}
	e->text = str_trim(str_from(rest, text + 1));
	if (e->text.len == 0)
		e->text = str_from(s, at);
	e->action = is_soft ? NIXIE_ACTION_DELAYED : NIXIE_ACTION_FAILED;
	e->what = LOG_REFUSAL;
	return true;
}

bool
log_exim(struct str message, struct log_entry *e)
{
	/* To syslog it writes its own stamp as well, unless told not to. */
	struct str s = logline_skip_stamp(message);
	struct str rest = s;
	struct str word = str_word(&rest);
	*e = (struct log_entry){.generator = "Exim"};
	bool is_ours = false;
	if (str_starts(word, STR("[")) && str_find_char(word, '.', 0) == STR_NPOS) {
		/* "[1/3] 2025-12-31 23:19:21 1sOFzO-...": what syslog has in pieces. */
		s = logline_skip_stamp(str_trim(rest));
		rest = s;
		word = str_word(&rest);
	}
	if (is_id(word)) {
		e->queue_id = word;
		const struct str behind = str_trim(rest);
		rest = behind;
		const struct str mark = str_word(&rest);
		if (str_eq(mark, STR("<="))) {
			rest = str_trim(rest);
			const struct str bracketed = log_address(&rest);
			e->sender = str_is_set(bracketed) ? bracketed : str_word(&rest);
			e->what = LOG_SENDER;
			is_ours = true;
		} else if (str_eq(mark, STR("Completed"))) {
			e->what = LOG_DONE;
			is_ours = true;
		} else {
			is_ours = delivery(mark, rest, e) ||
				  (str_starts(mark, STR("H=")) && refusal(behind, e));
		}
	} else if (str_starts(s, STR("H=")) || str_starts(s, STR("U=")) ||
		   str_starts(s, STR("rejected ")) || str_starts(s, STR("temporarily rejected "))) {
		is_ours = refusal(s, e);
	}
	if (!is_ours)
		*e = (struct log_entry){.what = LOG_NOTHING};
	return is_ours;
}
