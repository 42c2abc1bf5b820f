/* why_event - one line of the log as a sentence or two */
#include "eventlog/why_inside.h"

void
why_say_if(struct buf *b, const char *before, struct str value, const char *behind)
{
	if (value.len == 0)
		return;
	buf_add(b, str_of(before));
	buf_add(b, value);
	buf_add(b, str_of(behind));
}

/* What strangers' programs call a thing, as words: "user_unknown". */
static void
say_plain(struct buf *b, struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		buf_add_char(b, name.ptr[i] == '_' ? ' ' : name.ptr[i]);
}

struct str
why_address(struct str path)
{
	return str_eq(path, STR("<>")) ? STR("<> (the sender of bounces)") : path;
}

void
why_say_client(struct buf *b, const struct eventlog_line *l)
{
	const struct str ip = l->field[FIELD_CLIENT], name = l->field[FIELD_CLIENT_NAME];
	buf_add(b, name);
	if (ip.len > 0)
		why_say_if(b, name.len > 0 ? " [" : "[", ip, "]");
}

static void
say_words(struct buf *b, const struct eventlog_line *l)
{
	why_say_if(b, " (", l->field[FIELD_WORDS], ")");
}

static void
say_reply(struct buf *b, const struct eventlog_line *l)
{
	why_say_if(b, " Answer: ", l->field[FIELD_REPLY], "");
}

void
why_say_title(struct buf *b, const struct why_advice *a)
{
	say_plain(b, a->title);
	if (!str_eq(a->name, a->title))
		why_say_if(b, " (", a->name, ")");
}

/* Whose copy of the message it is. */
static void
say_list(struct buf *b, const struct eventlog_line *l)
{
	why_say_if(b, ", as a member of ", l->field[FIELD_LIST], "");
}

typedef void teller(struct buf *b, const struct eventlog_line *l);

static void
tell_connect(struct buf *b, const struct eventlog_line *l)
{
	why_say_client(b, l);
	buf_add(b, STR(" connects"));
	why_say_if(b, " to the listener ", l->field[FIELD_LISTENER], "");
	buf_add(b, STR("."));
}

static void
tell_disconnect(struct buf *b, const struct eventlog_line *l)
{
	buf_add(b, STR("The connection ends"));
	why_say_if(b, " after ", l->field[FIELD_SECONDS], " s");
	why_say_if(b, ", messages taken: ", l->field[FIELD_MESSAGES], "");
	why_say_if(b, ", refusals: ", l->field[FIELD_ERRORS], "");
	say_words(b, l);
	buf_add(b, STR("."));
}

static void
tell_tls(struct buf *b, const struct eventlog_line *l)
{
	const struct str result = l->field[FIELD_RESULT];
	const bool is_done = str_eq(result, STR("done")) || result.len == 0;
	buf_add(b, is_done ? STR("Encrypted") : STR("The TLS handshake failed"));
	why_say_if(b, " with ", l->field[FIELD_TLS], "");
	say_words(b, l);
	buf_add(b, STR("."));
}

static void
tell_login(struct buf *b, const struct eventlog_line *l)
{
	const bool is_failed = str_eq(l->field[FIELD_RESULT], STR("failed"));
	buf_add(b, is_failed ? STR("Could not sign in") : STR("Signs in"));
	why_say_if(b, " as ", l->field[FIELD_USER], "");
	say_words(b, l);
	buf_add(b, STR("."));
}

/* The rule in words, which the catalogue cannot know. */
static void
say_rule(struct buf *b, const struct eventlog_line *l)
{
	const struct str rule = l->field[FIELD_RULE], words = why_rule_words(rule);
	if (why_rule_is_plain(rule))
		return;
	if (!str_is_set(words))
		why_say_if(b, " Decided by: ", rule, ".");
	else
		why_say_if(b, " Decided by: ", rule, "");
	why_say_if(b, " (", words, ").");
}

static void
tell_refused(struct buf *b, const struct eventlog_line *l)
{
	struct why_advice advice;
	why_say_if(b, "", l->field[FIELD_TO], " is refused");
	if (l->field[FIELD_TO].len == 0) {
		why_say_if(b, "The sender ", why_address(l->field[FIELD_FROM]), " is refused");
		if (l->field[FIELD_FROM].len == 0)
			buf_add(b, STR("Refused"));
	}
	why_say_if(b, ", at ", l->field[FIELD_STAGE], "");
	if (why_advice_of(l, &advice)) {
		buf_add(b, STR(": "));
		why_say_title(b, &advice);
	}
	buf_add(b, STR("."));
	say_rule(b, l);
	say_reply(b, l);
}

static void
tell_check(struct buf *b, const struct eventlog_line *l)
{
	why_say_if(b, "Check ", l->field[FIELD_CHECK], "");
	why_say_if(b, ": ", l->field[FIELD_RESULT], "");
	why_say_if(b, ", counts ", l->field[FIELD_SCORE], "");
	say_words(b, l);
	buf_add(b, STR("."));
	say_rule(b, l);
}

static void
tell_notice(struct buf *b, const struct eventlog_line *l)
{
	why_say_if(b, "", l->field[FIELD_USER],
		str_is_set(l->field[FIELD_REPORT]) ? " is told in a message from here"
						   : " gets no message about it");
	why_say_if(b, ", ", l->field[FIELD_REPORT], "");
	buf_add(b, STR("."));
	say_rule(b, l);
}

static void
tell_recipient(struct buf *b, const struct eventlog_line *l)
{
	why_say_if(b, "", l->field[FIELD_TO], " is accepted");
	if (!str_eq_case(l->field[FIELD_TO], l->field[FIELD_TARGET]))
		why_say_if(b, "; it leads to ", l->field[FIELD_TARGET], "");
	buf_add(b, STR("."));
	say_rule(b, l);
}

static void
tell_accepted(struct buf *b, const struct eventlog_line *l)
{
	buf_add(b, STR("The message is safe on disk"));
	why_say_if(b, " as ", l->field[FIELD_ID], "");
	why_say_if(b, ", ", l->field[FIELD_BYTES], " bytes");
	why_say_if(b, ", recipients: ", l->field[FIELD_RECIPIENTS], "");
	buf_add(b, STR("."));
	say_reply(b, l);
}

/* "Attempt 2 for x@y at mx.example [192.0.2.1]" */
static void
say_attempt(struct buf *b, const struct eventlog_line *l)
{
	why_say_if(b, " (attempt ", l->field[FIELD_ATTEMPT], ")");
	why_say_if(b, " at ", l->field[FIELD_PEER], "");
	why_say_if(b, ", at ", l->field[FIELD_STAGE], "");
}

static void
say_reason(struct buf *b, const struct eventlog_line *l)
{
	struct why_advice advice;
	if (!why_advice_of(l, &advice))
		return;
	buf_add(b, STR(": "));
	why_say_title(b, &advice);
}

static void
tell_attempt(struct buf *b, const struct eventlog_line *l)
{
	why_say_if(b, "", l->field[FIELD_TO], ": a delivery is tried");
	say_attempt(b, l);
	why_say_if(b, ", ", l->field[FIELD_TLS], "");
	why_say_if(b, ": ", l->field[FIELD_RESULT], "");
	say_words(b, l);
	buf_add(b, STR("."));
	say_reply(b, l);
}

static void
tell_delivered(struct buf *b, const struct eventlog_line *l)
{
	why_say_if(b, "", l->field[FIELD_TO], ": delivered");
	say_list(b, l);
	why_say_if(b, " into ", l->field[FIELD_TARGET], "");
	say_attempt(b, l);
	buf_add(b, STR("."));
	say_reply(b, l);
}

static void
tell_relayed(struct buf *b, const struct eventlog_line *l)
{
	why_say_if(b, "", l->field[FIELD_TO], ": taken by ");
	buf_add(b, l->field[FIELD_PEER].len > 0 ? l->field[FIELD_PEER] : STR("another server"));
	why_say_if(b, " (attempt ", l->field[FIELD_ATTEMPT], ")");
	why_say_if(b, ", ", l->field[FIELD_TLS], "");
	say_list(b, l);
	buf_add(b, STR(", which is responsible for it from here on."));
	say_reply(b, l);
}

static void
tell_deferred(struct buf *b, const struct eventlog_line *l)
{
	why_say_if(b, "", l->field[FIELD_TO], ": not delivered yet");
	say_list(b, l);
	say_attempt(b, l);
	say_reason(b, l);
	say_words(b, l);
	buf_add(b, STR("."));
	say_rule(b, l);
	why_say_if(b, " Tried again at ", l->field[FIELD_NEXT], ".");
	say_reply(b, l);
}

/* Who hears of a failure. */
static void
say_told(struct buf *b, const struct eventlog_line *l)
{
	const char *who = " The sender";
	if (str_eq(l->field[FIELD_RULE], STR("rule:double-bounce")))
		who = " The postmaster";
	else if (l->field[FIELD_LIST].len > 0)
		who = " The owner of the list";
	if (l->field[FIELD_REPORT].len == 0)
		return;
	buf_add(b, str_of(who));
	why_say_if(b, " is told by the report ", l->field[FIELD_REPORT], ".");
}

static void
tell_bounced(struct buf *b, const struct eventlog_line *l)
{
	why_say_if(b, "", l->field[FIELD_TO], ": given up");
	say_list(b, l);
	say_attempt(b, l);
	say_reason(b, l);
	say_words(b, l);
	buf_add(b, STR("."));
	say_rule(b, l);
	say_told(b, l);
	say_reply(b, l);
}

static void
tell_expanded(struct buf *b, const struct eventlog_line *l)
{
	const struct str count = l->field[FIELD_RECIPIENTS];
	why_say_if(b, "", l->field[FIELD_TO], ": a list");
	why_say_if(b, ", itself a member of ", l->field[FIELD_LIST], "");
	why_say_if(
		b, "; expanded to ", count, str_eq(count, STR("1")) ? " recipient" : " recipients");
	buf_add(b, STR("."));
	why_say_if(b, " The sender is told by the report ", l->field[FIELD_REPORT], ".");
}

/* "Of the list team@x a message came back from pat@y: user unknown." */
static void
tell_returned(struct buf *b, const struct eventlog_line *l)
{
	why_say_if(b, "Back to the list ", l->field[FIELD_LIST], "");
	if (l->field[FIELD_TO].len == 0) {
		why_say_if(b, " comes no report of a member, but ", l->field[FIELD_RESULT], "");
	} else {
		why_say_if(b, " comes mail for its member ", l->field[FIELD_TO], "");
		why_say_if(b, ", which went on to ", l->field[FIELD_TARGET], "");
		why_say_if(b, ": ", l->field[FIELD_RESULT], "");
		why_say_if(b, " at ", l->field[FIELD_PEER], "");
		say_reason(b, l);
	}
	buf_add(b, STR("."));
	say_reply(b, l);
}

static void
tell_discarded(struct buf *b, const struct eventlog_line *l)
{
	why_say_if(b, "", l->field[FIELD_TO], ": given up");
	say_list(b, l);
	buf_add(b, STR(", and nobody is told"));
	say_reason(b, l);
	buf_add(b, STR("."));
	say_rule(b, l);
	say_reply(b, l);
}

static void
tell_delayed(struct buf *b, const struct eventlog_line *l)
{
	buf_add(b, STR("The sender is told that it still waits"));
	why_say_if(b, " (", l->field[FIELD_TO], ")");
	why_say_if(b, ", by the report ", l->field[FIELD_REPORT], "");
	buf_add(b, STR("."));
}

static void
tell_operator(struct buf *b, const struct eventlog_line *l)
{
	buf_add(b, STR("An operator"));
	why_say_if(b, " (", l->field[FIELD_USER], ")");
	why_say_if(b, ": ", l->field[FIELD_RESULT], "");
	why_say_if(b, " ", l->field[FIELD_TO], "");
	say_words(b, l);
	buf_add(b, STR("."));
}

static void
tell_other(struct buf *b, const struct eventlog_line *l)
{
	buf_add(b, eventlog_event_name(l->event));
	why_say_if(b, ": ", l->field[FIELD_WORDS], "");
}

static const struct {
	teller *tell;
	enum paint paint;
} tellers[LOG_EVENT_COUNT] = {
	[LOG_CONNECT] = {tell_connect, PAINT_PLAIN},
	[LOG_DISCONNECT] = {tell_disconnect, PAINT_PLAIN},
	[LOG_TLS] = {tell_tls, PAINT_PLAIN},
	[LOG_LOGIN] = {tell_login, PAINT_PLAIN},
	[LOG_REFUSED] = {tell_refused, PAINT_BAD},
	[LOG_CHECK] = {tell_check, PAINT_PLAIN},
	[LOG_RECIPIENT] = {tell_recipient, PAINT_PLAIN},
	[LOG_ACCEPTED] = {tell_accepted, PAINT_GOOD},
	[LOG_ATTEMPT] = {tell_attempt, PAINT_PLAIN},
	[LOG_DELIVERED] = {tell_delivered, PAINT_GOOD},
	[LOG_RELAYED] = {tell_relayed, PAINT_GOOD},
	[LOG_DEFERRED] = {tell_deferred, PAINT_WAIT},
	[LOG_BOUNCED] = {tell_bounced, PAINT_BAD},
	[LOG_DISCARDED] = {tell_discarded, PAINT_BAD},
	[LOG_EXPANDED] = {tell_expanded, PAINT_GOOD},
	[LOG_RETURNED] = {tell_returned, PAINT_WAIT},
	[LOG_DELAYED] = {tell_delayed, PAINT_WAIT},
	[LOG_NOTICE] = {tell_notice, PAINT_PLAIN},
	[LOG_OPERATOR] = {tell_operator, PAINT_PLAIN},
};

void
why_say(const struct eventlog_line *l, struct buf *b)
{
	(tellers[l->event].tell != NULL ? tellers[l->event].tell : tell_other)(b, l);
}

enum paint
why_paint(const struct eventlog_line *l)
{
	return tellers[l->event].paint;
}
