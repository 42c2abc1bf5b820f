/* From the greeting to READY: EHLO, STARTTLS, AUTH. RFC 5321 s4.1.1.1, 3207, 4954. */
#include "smtp/base64.h"
#include "smtp/client_inside.h"
#include "smtp/settings.h"

/* ---- what the server offers ----------------------------------------------------------------- */

void
client_hello_forget(struct client *c)
{
	c->offers = c->mechanisms = 0;
	c->size_max = 0;
	c->recipients_max = c->messages_max = 0;
}

static void
mechanisms_read(struct client *c, struct str words)
{
	for (struct str word; (word = str_word(&words)).len > 0;)
		for (unsigned m = 1; m <= AUTH_LOGIN; m <<= 1)
			if (str_eq_case(word, mechanism_name((enum auth_mechanism)m)))
				c->mechanisms |= m;
}

static void
limits_read(struct client *c, struct str words)
{
	for (struct str word; (word = str_word(&words)).len > 0;) {
		const struct str name = str_cut(&word, '=');
		const int64_t n = str_number(word, UINT32_MAX);
		if (n > 0 && str_eq_case(name, STR("RCPTMAX")))
			c->recipients_max = (uint32_t)n;
		else if (n > 0 && str_eq_case(name, STR("MAILMAX")))
			c->messages_max = (uint32_t)n;
	}
}

void
client_keyword(struct client *c, struct str line)
{
	static const struct str keywords[] = {
#define X(id, keyword, rfc) STR_INIT(keyword),
		EXTENSIONS(X)
#undef X
	};
	struct str rest = line;
	struct str word = str_word(&rest);
	/* "AUTH=LOGIN PLAIN", from before RFC 2554, is still said by some. */
	if (str_starts_case(word, STR("AUTH="))) {
		mechanisms_read(c, str_from(word, 5));
		mechanisms_read(c, rest);
		c->offers |= EXTENSION_AUTH;
		return;
	}
	for (unsigned i = 0; i < EXTENSION__COUNT; i++)
		if (str_eq_case(word, keywords[i]))
			c->offers |= (1u << i) & ~c->settings->avoids;
	if (str_eq_case(word, STR("SIZE"))) {
		const int64_t n = str_number(str_word(&rest), INT64_MAX);
		c->size_max = n > 0 ? n : 0;
	} else if (str_eq_case(word, STR("AUTH"))) {
		mechanisms_read(c, rest);
	} else if (str_eq_case(word, STR("LIMITS"))) {
		limits_read(c, rest);
	}
}

/* The name that the server gives itself: the first word behind the code. */
static struct str
name_of(const struct client *c)
{
	struct str line = {c->reply, c->reply_bytes};
	const size_t end = str_find_char(line, '\n', 0);
	line = str_from(str_head(line, end == STR_NPOS ? line.len : end), 4);
	return str_word(&line);
}

/* Keeps that name; false when it is our own. */
static bool
name_take(struct client *c)
{
	const struct str name = str_head(name_of(c), sizeof c->name);
	if (name.len > 0) {
		memcpy(c->name, name.ptr, name.len);
		c->name_bytes = (uint8_t)name.len;
	}
	return !c->settings->knows_self || !str_eq_case(name, c->settings->host);
}

/* ---- AUTH ----------------------------------------------------------------------------------- */

enum { STEP_SENT, STEP_USER, STEP_PASSWORD, STEP_FIRST, STEP_FINAL, STEP_VERIFIED };

static void
say_base64(struct client_turn *t, struct str command, struct str text)
{
	char room[BASE64_BYTES(SCRAM_CLIENT_FIRST_BYTES_MAX)];
	SAY(t->out, command, (struct str){room, base64_encode(text, room)});
	scram_cleanse(room, sizeof room);
}

static struct str
put(char *room, size_t *n, struct str s)
{
	if (s.len > 0)
		memcpy(room + *n, s.ptr, s.len);
	*n += s.len;
	return s;
}

/* The best mechanism that is left, or 0. */
static unsigned
mechanism_choose(const struct client *c)
{
	char room[SCRAM_CLIENT_FIRST_BYTES_MAX];
	const struct client_settings *const set = c->settings;
	if ((c->mechanisms & AUTH_SCRAM_SHA_256) && str_is_set(set->nonce) &&
		str_is_set(scram_client_first(set->user, set->nonce, room)))
		return AUTH_SCRAM_SHA_256;
	if (!c->is_secure && !set->auth_in_clear)
		return 0;
	return c->mechanisms & AUTH_PLAIN ? AUTH_PLAIN : c->mechanisms & AUTH_LOGIN;
}

static void
auth_begin(struct client_turn *t)
{
	struct client *const c = t->c;
	const struct client_settings *const set = c->settings;
	char room[SCRAM_CLIENT_FIRST_BYTES_MAX];
	size_t n = 0;
	c->auth_mechanism = (uint8_t)mechanism_choose(c);
	if (c->auth_mechanism == 0 || set->user.len > CLIENT_CREDENTIAL_BYTES_MAX ||
		set->password.len > CLIENT_CREDENTIAL_BYTES_MAX) {
		client_fail_politely(t, CAUSE_AUTH_NOT_OFFERED);
		return;
	}
	client_set_state(c, CLIENT_STATE_AUTH);
	switch (c->auth_mechanism) {
	case AUTH_SCRAM_SHA_256:
		c->auth_step = STEP_FIRST;
		say_base64(t, STR("AUTH SCRAM-SHA-256 "),
			scram_client_first(set->user, set->nonce, room));
		break;
	case AUTH_PLAIN:
		c->auth_step = STEP_SENT;
		put(room, &n, STR("\0"));
		put(room, &n, set->user);
		put(room, &n, STR("\0"));
		put(room, &n, set->password);
		say_base64(t, STR("AUTH PLAIN "), (struct str){room, n});
		scram_cleanse(room, n);
		break;
	default:
		c->auth_step = STEP_USER;
		SAY(t->out, STR("AUTH LOGIN"));
		break;
	}
}

/* SCRAM: what the server says is base64 behind 334. */
static void
scram_answer(struct client_turn *t)
{
	struct client *const c = t->c;
	const struct client_settings *const set = c->settings;
	char bytes[BASE64_BYTES(SCRAM_SERVER_FIRST_BYTES_MAX)];
	char room[SCRAM_CLIENT_FIRST_BYTES_MAX];
	struct str text = str_trim(str_from((struct str){c->reply, c->reply_bytes}, 4)), message;
	size_t n = 0;
	if (text.len > sizeof bytes || !base64_decode(text, bytes, &n))
		n = 0;
	text = (struct str){bytes, n};
	if (c->auth_step == STEP_FIRST &&
		scram_client_final(&c->scram, set->user, set->password, set->nonce, text,
			CLIENT_SCRAM_ITERATIONS_MAX, room, &message) == SCRAM_OK) {
		c->auth_step = STEP_FINAL;
		say_base64(t, STR(""), message);
	} else if (c->auth_step == STEP_FINAL && scram_client_verify(&c->scram, text)) {
		c->auth_step = STEP_VERIFIED;
		SAY(t->out, STR(""));
	} else {
		client_fail(c, CAUSE_AUTH_FORGED);
	}
}

static void
challenge_answer(struct client_turn *t)
{
	struct client *const c = t->c;
	switch (c->auth_step) {
	case STEP_USER:
		c->auth_step = STEP_PASSWORD;
		say_base64(t, STR(""), c->settings->user);
		break;
	case STEP_PASSWORD:
		c->auth_step = STEP_SENT;
		say_base64(t, STR(""), c->settings->password);
		break;
	case STEP_FIRST:
	case STEP_FINAL:
		scram_answer(t);
		break;
	default:
		client_fail(c, CAUSE_GARBAGE);
		break;
	}
}

static void ready_or_more(struct client_turn *t);

void
client_hear_auth(struct client_turn *t)
{
	struct client *const c = t->c;
	const bool is_scram = c->auth_mechanism == AUTH_SCRAM_SHA_256;
	switch (reply_class(c)) {
	case 2:
		if (is_scram && c->auth_step != STEP_VERIFIED) {
			client_fail(c, CAUSE_AUTH_FORGED);
			return;
		}
		c->is_authenticated = true;
		ready_or_more(t);
		return;
	case 3:
		challenge_answer(t);
		return;
	default:
		/* A mechanism that is offered and not there for this user: the next one. */
		c->mechanisms &= ~(unsigned)c->auth_mechanism;
		if (reply_class(c) == 5 && (is_scram || c->code == 504) && mechanism_choose(c) != 0)
			auth_begin(t);
		else
			client_fail_politely(t, CAUSE_AUTH_REFUSED);
		return;
	}
}

/* ---- greeting, EHLO, STARTTLS --------------------------------------------------------------- */

static void
say_hello(struct client_turn *t, bool is_extended)
{
	struct client *const c = t->c;
	client_hello_forget(c);
	c->is_extended = is_extended;
	SAY(t->out,
		c->settings->is_lmtp ? STR("LHLO ")
		: is_extended        ? STR("EHLO ")
				     : STR("HELO "),
		c->settings->host);
	client_set_state(c, is_extended ? CLIENT_STATE_EHLO : CLIENT_STATE_HELO);
}

void
client_hear_greeting(struct client_turn *t)
{
	if (reply_class(t->c) != 2)
		client_fail_politely(t, reply_class(t->c) == 3 ? CAUSE_GARBAGE : CAUSE_REPLY);
	else if (!name_take(t->c))
		client_fail_politely(t, CAUSE_SELF);
	else
		say_hello(t, true);
}

/* What comes before mail: encryption, then the login. */
static void
ready_or_more(struct client_turn *t)
{
	struct client *const c = t->c;
	const enum client_tls tls = c->settings->tls;
	if (!c->is_secure && tls != CLIENT_TLS_OFF && (c->offers & EXTENSION_STARTTLS)) {
		SAY(t->out, STR("STARTTLS"));
		client_set_state(c, CLIENT_STATE_STARTTLS);
	} else if (!c->is_secure && tls == CLIENT_TLS_REQUIRED) {
		client_fail_politely(t, CAUSE_TLS_NOT_OFFERED);
	} else if (str_is_set(c->settings->user) && !c->is_authenticated) {
		auth_begin(t);
	} else {
		client_set_state(c, CLIENT_STATE_READY);
	}
}

void
client_hear_hello(struct client_turn *t)
{
	struct client *const c = t->c;
	const bool was_ehlo = c->state == CLIENT_STATE_EHLO;
	if (reply_class(c) == 2) {
		if (name_take(c))
			ready_or_more(t);
		else
			client_fail_politely(t, CAUSE_SELF);
	} else if (reply_class(c) == 5 && was_ehlo && !c->settings->is_lmtp) {
		say_hello(t, false); /* RFC 5321 s3.2: a server from before 1995 */
	} else {
		client_fail_politely(t, reply_class(c) == 3 ? CAUSE_GARBAGE : CAUSE_REPLY);
	}
}

void
client_hear_starttls(struct client_turn *t)
{
	struct client *const c = t->c;
	if (reply_class(c) == 2) {
		client_set_state(c, CLIENT_STATE_HANDSHAKE);
	} else if (c->settings->tls == CLIENT_TLS_REQUIRED) {
		client_fail_politely(t, CAUSE_TLS_REFUSED);
	} else {
		c->offers &= ~(unsigned)EXTENSION_STARTTLS;
		ready_or_more(t);
	}
}

void
client_secured(struct client *c, int64_t now_ms)
{
	/* RFC 3207 s4.2: nothing that was said in clear is known any more. */
	client_hello_forget(c);
	c->is_secure = true;
	c->step_ms = now_ms;
	client_set_state(c, CLIENT_STATE_EHLO);
	c->owes_hello = true;
}

void
client_insecure(struct client *c)
{
	client_fail(c, CAUSE_TLS_FAILED);
}

bool
client_speak_hello(struct client_turn *t)
{
	const bool owes = t->c->owes_hello;
	t->c->owes_hello = false;
	if (owes)
		say_hello(t, true);
	return owes;
}
