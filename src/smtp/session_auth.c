/* AUTH: RFC 4954 with PLAIN (RFC 4616), LOGIN (never standardised, spoken by all) and
 * SCRAM-SHA-256. */
#include "smtp/base64.h"
#include "smtp/inside.h"

verb_fn on_auth;

/* What the next line of the exchange is. */
enum {
	AUTH_NONE,
	AUTH_PLAIN_MESSAGE,
	AUTH_LOGIN_USER,
	AUTH_LOGIN_PASSWORD,
	AUTH_SCRAM_FIRST,
	AUTH_SCRAM_FINAL,
	AUTH_SCRAM_EMPTY, /* the client has seen the server's proof */
};

static const struct mechanism {
	struct str name;
	enum auth_mechanism id;
	uint8_t first;
	struct str prompt; /* when AUTH came without an initial response */
} mechanisms[] = {
	{STR_INIT("SCRAM-SHA-256"), AUTH_SCRAM_SHA_256, AUTH_SCRAM_FIRST, STR_INIT("")},
	{STR_INIT("PLAIN"), AUTH_PLAIN, AUTH_PLAIN_MESSAGE, STR_INIT("")},
	{STR_INIT("LOGIN"), AUTH_LOGIN, AUTH_LOGIN_USER, STR_INIT("VXNlcm5hbWU6")},
};
#define MECHANISM_COUNT (sizeof mechanisms / sizeof *mechanisms)

#define PASSWORD_PROMPT STR("UGFzc3dvcmQ6") /* "Password:" */

struct str
mechanism_name(enum auth_mechanism m)
{
	for (size_t i = 0; i < MECHANISM_COUNT; i++)
		if (mechanisms[i].id == m)
			return mechanisms[i].name;
	return STR_NONE;
}

void
auth_end(struct session *s, const char *cause)
{
	scram_wipe(&s->scram);
	s->auth_step = AUTH_NONE;
	session_set_state(s, STATE_READY, cause);
}

/* Waits for the next line; `text` is in base64 already. */
static enum step
challenge(struct turn *t, uint8_t next, struct str text)
{
	t->s->auth_step = next;
	session_set_state(t->s, STATE_AUTH, "AUTH");
	reply_line(t->out, 334, ' ', text);
	return STEP_DONE;
}

/* The exchange failed. After so many of them the session is over, since who guesses goes on. */
static enum step
fail(struct turn *t, enum condition c, bool is_guess)
{
	struct session *const s = t->s;
	auth_end(s, "AUTH failed");
	refuse(t, c, NULL);
	s->user_bytes = 0;
	if (is_guess && s->state != STATE_CLOSED &&
		++s->login_failures >= s->settings->login_failures_max)
		s->closing = CONDITION_LOGIN_BANNED;
	return STEP_DONE;
}

/* The caller's answer to a login. */
static enum step
finish(struct turn *t)
{
	struct session *const s = t->s;
	const struct str identity = s->answer.identity;
	if (!is_accepted(s)) {
		const enum condition c = s->answer.condition;
		/* A directory that does not answer is nobody's guess. */
		return fail(t, c, catalogue_conditions[c].is_counted);
	}
	if (str_is_set(identity) && identity.len <= SESSION_USER_BYTES_MAX) {
		memcpy(s->user, identity.ptr, identity.len);
		s->user_bytes = (uint8_t)identity.len;
	}
	auth_end(s, "AUTH");
	s->is_authenticated = true;
	s->login_failures = 0;
	reply(t, CONDITION_SIGNED_IN, NULL);
	return STEP_DONE;
}

/* Keeps the name for the next steps; false when it is too long, or no name. */
static bool
user_keep(struct session *s, struct str user)
{
	if (user.len == 0 || user.len > SESSION_USER_BYTES_MAX ||
		str_find_char(user, '\0', 0) != STR_NPOS)
		return false;
	memcpy(s->user, user.ptr, user.len);
	s->user_bytes = (uint8_t)user.len;
	return true;
}

static enum step
login_ask(struct turn *t, enum auth_mechanism mechanism)
{
	t->event->user = (struct str){t->s->user, t->s->user_bytes};
	t->event->mechanism = mechanism;
	return session_ask(t, EVENT_LOGIN) ? finish(t) : STEP_ASK;
}

/* RFC 4616 s2: [authzid] NUL authcid NUL passwd */
static enum step
on_plain(struct turn *t, struct str message)
{
	const struct str authzid = str_cut(&message, '\0'), user = str_cut(&message, '\0');
	if (message.len == 0 || str_find_char(message, '\0', 0) != STR_NPOS ||
		!user_keep(t->s, user))
		return fail(t, CONDITION_WRONG_PASSWORD, true);
	t->event->authzid = authzid.len > 0 ? authzid : STR_NONE;
	t->event->password = message;
	return login_ask(t, AUTH_PLAIN);
}

static enum step
on_login(struct turn *t, struct str message)
{
	if (t->s->auth_step == AUTH_LOGIN_USER) {
		if (!user_keep(t->s, message))
			return fail(t, CONDITION_WRONG_PASSWORD, true);
		return challenge(t, AUTH_LOGIN_PASSWORD, PASSWORD_PROMPT);
	}
	t->event->password = message;
	return login_ask(t, AUTH_LOGIN);
}

static enum step
on_scram_first(struct turn *t, struct str message)
{
	struct session *const s = t->s;
	struct smtp_event *const e = t->event;
	char names[SESSION_CREDENTIALS_BYTES_MAX], text[BASE64_BYTES(SCRAM_SERVER_FIRST_BYTES_MAX)];
	struct str user, authzid;
	const enum scram_result result = scram_first(&s->scram, message, names, &user, &authzid);
	if (result != SCRAM_OK || !user_keep(s, user))
		return fail(t, CONDITION_WRONG_PASSWORD, true);
	/* The names are not longer than the message, which is not needed any more. */
	memcpy(e->room, names, message.len);
	e->user = (struct str){s->user, s->user_bytes};
	e->authzid = authzid.len > 0 ? (struct str){e->room, authzid.len} : STR_NONE;
	e->mechanism = AUTH_SCRAM_SHA_256;
	if (!session_ask(t, EVENT_SCRAM))
		return STEP_ASK;
	if (!is_accepted(s))
		return finish(t);
	const struct str first =
		s->answer.secret == NULL
			? STR_NONE
			: scram_challenge(&s->scram, s->answer.secret, s->answer.nonce);
	if (!str_is_set(first))
		return fail(t, CONDITION_AUTH_UNAVAILABLE, false);
	const size_t n = base64_encode(first, text);
	return challenge(t, AUTH_SCRAM_FINAL, (struct str){text, n});
}

static enum step
on_scram_final(struct turn *t, struct str message)
{
	char answer[SCRAM_SERVER_FINAL_BYTES], text[BASE64_BYTES(SCRAM_SERVER_FINAL_BYTES)];
	if (scram_final(&t->s->scram, message, answer) != SCRAM_OK)
		return fail(t, CONDITION_WRONG_PASSWORD, true);
	const size_t n = base64_encode((struct str){answer, sizeof answer}, text);
	return challenge(t, AUTH_SCRAM_EMPTY, (struct str){text, n});
}

static enum step
on_scram_empty(struct turn *t, struct str message)
{
	if (message.len > 0)
		return fail(t, CONDITION_WRONG_PASSWORD, true);
	t->event->user = (struct str){t->s->user, t->s->user_bytes};
	t->event->mechanism = AUTH_SCRAM_SHA_256;
	return session_ask(t, EVENT_SIGNED_IN) ? finish(t) : STEP_ASK;
}

/* One message of the client, in base64. */
static enum step
message_take(struct turn *t, struct str coded)
{
	struct smtp_event *const e = t->event;
	size_t n = 0;
	if (coded.len > BASE64_BYTES(sizeof e->room) - 4)
		return fail(t, CONDITION_WRONG_PASSWORD, true);
	e->has_credentials = true;
	if (!base64_decode(coded, e->room, &n))
		return fail(t, CONDITION_AUTH_NOT_BASE64, false);
	const struct str message = {e->room, n};
	switch (t->s->auth_step) {
	case AUTH_PLAIN_MESSAGE:
		return on_plain(t, message);
	case AUTH_LOGIN_USER:
	case AUTH_LOGIN_PASSWORD:
		return on_login(t, message);
	case AUTH_SCRAM_FIRST:
		return on_scram_first(t, message);
	case AUTH_SCRAM_FINAL:
		return on_scram_final(t, message);
	default:
		return on_scram_empty(t, message);
	}
}

enum step
auth_step(struct turn *t, struct str line)
{
	if (str_eq(line, STR("*")))
		return fail(t, CONDITION_AUTH_CANCELLED, false);
	return message_take(t, line);
}

static const struct mechanism *
mechanism_find(struct str name, unsigned offered)
{
	for (size_t i = 0; i < MECHANISM_COUNT; i++)
		if ((offered & mechanisms[i].id) && str_eq_case(name, mechanisms[i].name))
			return &mechanisms[i];
	return NULL;
}

int
on_auth(struct turn *t)
{
	struct session *const s = t->s;
	struct str rest = t->args;
	const struct str name = str_word(&rest), initial = str_word(&rest);
	const struct mechanism *const m = mechanism_find(name, session_mechanisms(s));
	if (s->is_authenticated)
		refuse(t, CONDITION_AUTH_DONE_ALREADY, NULL);
	else if (!s->is_extended)
		refuse(t, CONDITION_AUTH_NOT_OFFERED, NULL);
	else if (name.len == 0 || str_trim(rest).len > 0)
		refuse(t, CONDITION_AUTH_MECHANISM_MISSING, NULL);
	else if (m == NULL)
		refuse(t, CONDITION_AUTH_MECHANISM_UNKNOWN, &(struct facts){.mechanism = name});
	else if (initial.len == 0)
		return challenge(t, m->first, m->prompt);
	else {
		/* RFC 4954 s4: "=" is the empty message. */
		s->auth_step = m->first;
		return message_take(t, str_eq(initial, STR("=")) ? STR("") : initial);
	}
	return STEP_DONE;
}
