#include "smtp/inside.h"
#include "smtp/line.h"

#include <assert.h>

/* What no answer, and an answer that does not come in time, mean. */
static const struct question {
	unsigned asked_by; /* enum ask; 0 = always asked */
	bool passes;       /* no opinion is a yes; else: */
	enum condition passed, expired;
} questions[] = {
	[EVENT_CONNECT] = {ASK_CONNECT, true, 0, CONDITION_SERVER_FULL},
	[EVENT_HELLO] = {ASK_HELLO, true, 0, CONDITION_FILTER_UNAVAILABLE},
	[EVENT_MAIL] = {ASK_MAIL, true, 0, CONDITION_LOOKUP_FAILED},
	[EVENT_RCPT] = {ASK_RCPT, false, CONDITION_RELAYING_REFUSED, CONDITION_LOOKUP_FAILED},
	[EVENT_DATA] = {ASK_DATA, true, 0, CONDITION_FILTER_UNAVAILABLE},
	[EVENT_END] = {0, false, CONDITION_QUEUE_FAILED, CONDITION_QUEUE_FAILED},
	[EVENT_LOGIN] = {0, false, CONDITION_AUTH_UNAVAILABLE, CONDITION_AUTH_UNAVAILABLE},
	[EVENT_SCRAM] = {0, false, CONDITION_AUTH_UNAVAILABLE, CONDITION_AUTH_UNAVAILABLE},
	[EVENT_SIGNED_IN] = {0, true, 0, CONDITION_AUTH_UNAVAILABLE},
};

const char *
session_state_name(enum smtp_state state)
{
	static const char *const names[] = {"proxy", "connect", "refused", "start", "ready", "mail",
		"rcpt", "chunks", "data", "end", "auth", "tls", "closed"};
	size_t i = 0;
	while ((1u << i) < (unsigned)state)
		i++;
	return names[i];
}

void
session_set_state(struct session *s, enum smtp_state state, const char *cause)
{
	if (s->state != state && s->settings->trace != NULL)
		s->settings->trace(s->settings->trace_to, session_state_name(s->state),
			session_state_name(state), cause);
	s->state = state;
}

void
session_init(struct session *s, const struct smtp_settings *settings,
	const struct session_peer *peer, int64_t now_ms)
{
	assert(peer->reference.len <= sizeof s->reference);
	*s = (struct session){.settings = settings,
		.state = peer->sends_proxy ? STATE_PROXY : STATE_CONNECT,
		.reference_bytes = (uint8_t)peer->reference.len,
		.client = peer->client,
		.is_secure = peer->is_secure,
		.may_xclient = peer->may_xclient,
		.began_ms = now_ms,
		.step_ms = now_ms};
	if (peer->reference.len > 0)
		memcpy(s->reference, peer->reference.ptr, peer->reference.len);
}

void
event_wipe(struct smtp_event *event)
{
	if (event->has_credentials)
		scram_cleanse(event, sizeof *event);
	else
		memset(event, 0, offsetof(struct smtp_event, room));
}

void
session_fini(struct session *s)
{
	scram_wipe(&s->scram);
}

/* ---- questions ------------------------------------------------------------------------------ */

bool
session_ask(struct turn *t, enum smtp_event_kind kind)
{
	struct session *const s = t->s;
	const struct question *const q = &questions[kind];
	const bool is_asked = q->asked_by == 0 || (s->settings->asks & q->asked_by);
	if (is_asked && !(s->pending == kind && s->has_answer)) {
		s->pending = (uint8_t)kind;
		s->has_answer = false;
		s->step_ms = t->now_ms;
		t->event->kind = kind;
		t->event->question = ++s->question;
		return false;
	}
	if (!is_asked)
		s->answer = (struct smtp_answer){.verdict = ANSWER_PASS};
	s->pending = 0;
	s->has_answer = false;
	if (s->answer.verdict == ANSWER_PASS) {
		s->answer.verdict = q->passes ? ANSWER_ACCEPT : ANSWER_REFUSE;
		s->answer.condition = q->passed;
	}
	return true;
}

enum condition
question_expired(enum smtp_event_kind kind)
{
	return questions[kind].expired;
}

bool
session_answer(struct session *s, uint32_t question, const struct smtp_answer *answer)
{
	if (s->pending == 0 || s->has_answer || question != s->question)
		return false;
	assert(answer->verdict != ANSWER_REFUSE ||
		catalogue_conditions[answer->condition].reply >= 200);
	s->answer = *answer;
	s->has_answer = true;
	return true;
}

/* ---- commands ------------------------------------------------------------------------------- */

unsigned
session_offers(const struct session *s)
{
	unsigned offers = s->settings->offers;
	if (s->is_secure)
		offers &= ~(unsigned)EXTENSION_STARTTLS;
	else
		offers &= ~(unsigned)EXTENSION_REQUIRETLS;
	if (session_mechanisms(s) == 0)
		offers &= ~(unsigned)EXTENSION_AUTH;
	if (!(offers & EXTENSION_CHUNKING))
		offers &= ~(unsigned)EXTENSION_BINARYMIME;
	if (s->settings->style == REPLY_DOCUMENTED)
		offers &= ~(unsigned)EXTENSION_ENHANCEDSTATUSCODES;
	if (s->may_xclient)
		offers |= EXTENSION_XCLIENT;
	else
		offers &= ~(unsigned)EXTENSION_XCLIENT;
	return offers;
}

unsigned
session_mechanisms(const struct session *s)
{
	return (s->settings->offers & EXTENSION_AUTH) &&
			       (s->is_secure || s->settings->auth_in_clear)
		       ? s->settings->mechanisms
		       : 0;
}

/* Why a command cannot be here and now; CONDITION__COUNT when it can. */
static enum condition
command_check(const struct session *s, const struct verb *v, struct str args)
{
	const bool is_lmtp = s->settings->kind == LISTENER_LMTP;
	if (s->state == STATE_REFUSED && !(v->states & STATE_REFUSED))
		return CONDITION_WRONG_ORDER;
	if (v->run == NULL)
		return v->unoffered;
	if (v->flags & (is_lmtp ? (unsigned)VERB_SMTP : (unsigned)VERB_LMTP))
		return v->unoffered;
	if (s->settings->needs_tls && !s->is_secure && !(v->flags & VERB_BEFORE_TLS))
		return CONDITION_STARTTLS_FIRST;
	if (s->state == STATE_START && !(v->states & STATE_START))
		return CONDITION_NO_HELO_YET;
	if (v->extension == EXTENSION_STARTTLS && s->is_secure)
		return CONDITION_TLS_ALREADY;
	if (v->extension == EXTENSION_AUTH && s->is_extended && !s->is_secure &&
		(s->settings->offers & EXTENSION_AUTH) && session_mechanisms(s) == 0)
		return CONDITION_AUTH_NEEDS_TLS;
	if (v->extension != 0 && !(session_offers(s) & v->extension))
		return v->unoffered;
	if (!(v->states & s->state)) {
		if (v->states == STATE_RCPT && s->state == STATE_MAIL && s->transaction.refused > 0)
			return CONDITION_NO_RECIPIENT_LEFT;
		return s->state == STATE_CHUNKS ? CONDITION_WRONG_ORDER : v->elsewhere;
	}
	if ((v->flags & VERB_NO_ARGUMENT) && args.len > 0)
		return CONDITION_PARAMETERS_NOT_ALLOWED;
	if ((v->flags & VERB_NEEDS_AUTH) && s->settings->needs_auth && !s->is_authenticated)
		return CONDITION_AUTH_REQUIRED;
	return CONDITION__COUNT;
}

/* Did the client go on before an answer that it must wait for? */
static bool
is_hasty(const struct session *s, const struct verb *v, bool has_more)
{
	return has_more && s->settings->strict_pipelining &&
	       ((v->flags & VERB_GROUP_END) ||
		       (!(s->is_extended && (session_offers(s) & EXTENSION_PIPELINING)) &&
			       v->extension != EXTENSION_CHUNKING && !(v->flags & VERB_IDLE) &&
			       !(v->states & STATE_REFUSED)));
}

static void
refuse_unknown(struct turn *t)
{
	struct session *const s = t->s;
	/* "Host: example.org" follows a verb of HTTP, and is no command of anything else. */
	if (t->word.len > 1 && t->word.ptr[t->word.len - 1] == ':') {
		refuse(t, CONDITION_FOREIGN_PROTOCOL, NULL);
		return;
	}
	refuse(t, CONDITION_COMMAND_UNKNOWN, NULL);
	if (s->state != STATE_CLOSED && ++s->unknown >= s->settings->unknown_max)
		s->closing = CONDITION_TOO_MANY_ERRORS;
}

static enum step
command_run(struct turn *t, struct str line, bool has_more)
{
	struct session *const s = t->s;
	const bool is_first_time = s->pending == 0;
	t->args = line;
	t->word = str_word(&t->args);
	t->args = str_trim(t->args);
	t->verb = verb_find(t->word);
	if (t->verb == NULL) {
		refuse_unknown(t);
		return STEP_DONE;
	}
	struct str verb = t->verb->name;
	const struct facts f = {.verb = verb};
	enum condition c = CONDITION__COUNT;
	if (is_first_time) {
		c = command_check(s, t->verb, t->args);
		if (c == CONDITION__COUNT && is_hasty(s, t->verb, has_more))
			c = CONDITION_PIPELINING_REFUSED;
	}
	if (c != CONDITION__COUNT) {
		refuse(t, c, &f);
		return STEP_DONE;
	}
	if (is_first_time && (t->verb->flags & VERB_IDLE) &&
		++s->idle_commands > s->settings->idle_commands_max)
		s->closing = CONDITION_TOO_MANY_ERRORS;
	return (enum step)t->verb->run(t);
}

/* One line of the input; true when there is something to tell in t->event. */
static bool
line_step(struct turn *t)
{
	struct session *const s = t->s;
	struct str line;
	size_t bytes = 0, limit = 0;
	enum step step = STEP_DONE;
	struct facts f = {0};
	if (s->state == STATE_AUTH)
		t->verb = verb_find(STR("AUTH")); /* whose line it is, too */
	switch (line_read(s, t->in, &line, &bytes, &limit)) {
	case LINE_MORE:
		t->event->kind = EVENT_MORE;
		return true;
	case LINE_FOREIGN:
		refuse(t, CONDITION_FOREIGN_PROTOCOL, NULL);
		return false;
	case LINE_ENDLESS:
		f.limit = s->settings->unterminated_bytes_max;
		refuse(t, CONDITION_ENDLESS_LINE, &f);
		break;
	case LINE_TOO_LONG:
		f.limit = (int64_t)limit;
		refuse(t,
			s->state == STATE_AUTH ? CONDITION_AUTH_LINE_TOO_LONG
					       : CONDITION_LINE_TOO_LONG,
			&f);
		if (s->state == STATE_AUTH)
			auth_end(s, "line too long");
		break;
	case LINE_BARE:
		refuse(t, CONDITION_COMMAND_BARE_LF, NULL);
		break;
	case LINE_OK:
		step = s->state == STATE_AUTH ? auth_step(t, line)
					      : command_run(t, line, t->in->len > bytes);
		break;
	}
	if (step == STEP_ASK)
		return true;
	line_use(s, t->in, bytes);
	s->step_ms = t->now_ms;
	return step == STEP_TELL;
}

/* ---- going on ------------------------------------------------------------------------------- */

static bool
proxy_step(struct turn *t)
{
	struct session *const s = t->s;
	size_t used = 0;
	switch (proxy_parse(*t->in, &t->event->proxy, &used)) {
	case PROXY_MORE:
		t->event->kind = EVENT_MORE;
		return true;
	case PROXY_BAD:
		refuse(t, CONDITION_FOREIGN_PROTOCOL, NULL);
		return false;
	case PROXY_OK:
		break;
	}
	*t->in = str_from(*t->in, used);
	if (!t->event->proxy.is_local)
		s->client = t->event->proxy.source;
	session_set_state(s, STATE_CONNECT, "PROXY");
	t->event->kind = EVENT_PROXY;
	return true;
}

static bool
connect_step(struct turn *t)
{
	struct session *const s = t->s;
	t->is_greeting = true;
	if (t->in->len > 0 && !s->settings->tolerates_early_talk) {
		refuse(t, CONDITION_SPOKE_BEFORE_GREETING, NULL);
		return false;
	}
	if (!session_ask(t, EVENT_CONNECT))
		return true;
	s->step_ms = t->now_ms;
	if (is_accepted(s)) {
		session_set_state(s, STATE_START, "connect");
		reply(t, CONDITION_GREETING, &(struct facts){.text = s->settings->banner});
		return false;
	}
	/* RFC 5321 s3.1: who was greeted with 554 may still say QUIT. */
	session_set_state(s, STATE_REFUSED, "connect");
	refuse_answer(t, NULL);
	return false;
}

/* News that is owed, into t->event. */
static bool
tell(struct turn *t)
{
	struct session *const s = t->s;
	struct smtp_event *const event = t->event;
	if (s->owes_refused) {
		s->owes_refused = false;
		event->kind = EVENT_REFUSED;
		event->condition = s->refused.condition;
		event->code = s->refused.code;
		event->stage = s->refused.stage;
		event->has_path = event->has_path && (event->stage == SESSION_AT_MAIL ||
							     event->stage == SESSION_AT_RCPT);
		event->text = str_between(t->out->ptr + s->refused.at, t->out->ptr + t->out->len);
		return true;
	}
	if (s->owes_reset) {
		s->owes_reset = false;
		event->kind = EVENT_RESET;
		return true;
	}
	return false;
}

/* One step; true when there is something to tell in t->event. */
static bool
go_on(struct turn *t)
{
	struct session *const s = t->s;
	t->is_greeting = t->has_more = t->event->has_path = false;
	t->verb = NULL;
	if (s->closing != 0 && s->state != STATE_CLOSED) {
		refuse(t, s->closing, NULL);
		return false;
	}
	switch (s->state) {
	case STATE_PROXY:
		return proxy_step(t);
	case STATE_CONNECT:
		return connect_step(t);
	case STATE_END:
		return end_step(t);
	case STATE_TLS:
		/* RFC 3207 s4.2; CVE-2011-0411: nothing that came in clear may count afterwards. */
		if (t->in->len > 0) {
			refuse(t, CONDITION_DATA_BEHIND_STARTTLS, NULL);
			return false;
		}
		t->event->kind = EVENT_TLS;
		return true;
	case STATE_CLOSED:
		*t->in = str_from(*t->in, t->in->len);
		t->event->kind = EVENT_CLOSE;
		return true;
	default:
		return s->state == STATE_DATA || s->is_in_chunk ? data_step(t) : line_step(t);
	}
}

enum smtp_event_kind
session_next(struct session *s, struct str *in, struct reply_buffer *out, struct smtp_event *event,
	int64_t now_ms)
{
	struct turn t = {.s = s, .in = in, .out = out, .event = event, .now_ms = now_ms};
	event_wipe(event);
	event->has_path = false;
	for (;;) {
		if (tell(&t))
			break;
		if (out->room - out->len < SESSION_OUT_BYTES_MIN) {
			event->kind = EVENT_FLUSH;
			break;
		}
		if (s->pending != 0 && !s->has_answer && s->closing == 0) {
			event->kind = EVENT_WAIT;
			break;
		}
		if (go_on(&t))
			break;
	}
	return event->kind;
}

struct str
session_protocol(const struct session *s)
{
	/* RFC 3848, RFC 6531 s4.3; SMTP is what HELO makes of it. */
	static const struct str names[2][2][2][2] = {
		{{{STR_INIT("ESMTP"), STR_INIT("ESMTPA")},
			 {STR_INIT("ESMTPS"), STR_INIT("ESMTPSA")}},
			{{STR_INIT("UTF8SMTP"), STR_INIT("UTF8SMTPA")},
				{STR_INIT("UTF8SMTPS"), STR_INIT("UTF8SMTPSA")}}},
		{{{STR_INIT("LMTP"), STR_INIT("LMTPA")}, {STR_INIT("LMTPS"), STR_INIT("LMTPSA")}},
			{{STR_INIT("UTF8LMTP"), STR_INIT("UTF8LMTPA")},
				{STR_INIT("UTF8LMTPS"), STR_INIT("UTF8LMTPSA")}}},
	};
	if (!s->is_extended)
		return STR("SMTP");
	return names[s->settings->kind == LISTENER_LMTP][s->transaction.is_utf8][s->is_secure]
		    [s->is_authenticated];
}
