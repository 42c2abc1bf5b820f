/* What the machine says, and what a refusal does to its session. */
#include "smtp/inside.h"

static const struct condition_row *
row_of(enum condition c)
{
	return &catalogue_conditions[c];
}

/* The facts that the machine knows, where `f` has none. */
static void
facts_fill(const struct session *s, struct facts *f, char ip[ENDPOINT_TEXT_BYTES])
{
	if (!str_is_set(f->host))
		f->host = s->settings->host;
	if (!str_is_set(f->ip) && s->client.family != 0)
		f->ip = (struct str){ip, endpoint_print(&s->client, ip)};
	if (!str_is_set(f->user) && s->user_bytes > 0)
		f->user = (struct str){s->user, s->user_bytes};
}

static unsigned
reply_put(struct turn *t, enum condition c, const struct facts *facts)
{
	const struct session *const s = t->s;
	char ip[ENDPOINT_TEXT_BYTES];
	struct facts f = {0};
	if (facts != NULL)
		f = *facts;
	facts_fill(s, &f, ip);
	const struct reply_form form = {
		.style = s->settings->style,
		.session = s->settings->has_marks ? (struct str){s->reference, s->reference_bytes}
						  : STR_NONE,
		.may_be_utf8 = s->transaction.is_utf8,
		.is_greeting = t->is_greeting,
		.has_more = t->has_more,
	};
	return reply_write(t->out, &form, c, &f);
}

void
reply(struct turn *t, enum condition c, const struct facts *facts)
{
	reply_put(t, c, facts);
}

static void
close_begin(struct session *s, const char *cause)
{
	s->pending = 0;
	s->has_answer = false;
	transaction_end(s, cause);
	session_set_state(s, STATE_CLOSED, cause);
}

struct str
session_stage_name(enum session_stage stage)
{
	static const struct str names[] = {
#define X(id, name) [SESSION_AT_##id] = STR_INIT(name),
		SESSION_STAGES(X)
#undef X
	};
	return names[stage];
}

/* At which step the session is: the command's, or what it waits for. */
static enum session_stage
stage_now(const struct turn *t)
{
	if (t->verb != NULL)
		return t->verb->stage;
	switch (t->s->state) {
	case STATE_PROXY:
	case STATE_CONNECT:
	case STATE_REFUSED:
		return SESSION_AT_CONNECT;
	case STATE_DATA:
	case STATE_CHUNKS:
		return SESSION_AT_TEXT;
	case STATE_END:
		return SESSION_AT_END;
	case STATE_AUTH: /* its time is over */
		return SESSION_AT_AUTH;
	case STATE_TLS:
		return SESSION_AT_TLS;
	default:
		return SESSION_AT_COMMAND;
	}
}

void
refuse(struct turn *t, enum condition c, const struct facts *facts)
{
	struct session *const s = t->s;
	const struct condition_row *const row = row_of(c);
	s->refused.at = t->out->len;
	s->refused.code = reply_put(t, c, facts);
	s->refused.condition = c;
	s->refused.stage = stage_now(t);
	s->owes_refused = true;
	if (row->after == AFTER_CLOSES)
		close_begin(s, "refused");
	else if (row->is_counted && ++s->errors >= s->settings->errors_max)
		s->closing = CONDITION_TOO_MANY_ERRORS;
}

void
refuse_answer(struct turn *t, const struct facts *more)
{
	struct facts f = t->s->answer.facts;
#define X(name)                                                                                    \
	if (!str_is_set(f.name) && more != NULL)                                                   \
		f.name = more->name;
	FACT_TEXTS(X)
#undef X
#define X(name)                                                                                    \
	if (f.name == 0 && more != NULL)                                                           \
		f.name = more->name;
	FACT_NUMBERS(X)
#undef X
	refuse(t, t->s->answer.condition, &f);
}

void
transaction_end(struct session *s, const char *cause)
{
	s->owes_reset |= s->transaction.is_begun;
	s->transaction = (struct transaction){.declared_bytes = -1};
	s->has_verdict = false;
	if (s->state & (STATE_MAIL | STATE_RCPT | STATE_CHUNKS | STATE_DATA | STATE_END))
		session_set_state(s, STATE_READY, cause);
}

bool
resets(enum condition c)
{
	return row_of(c)->after == AFTER_RESET;
}
