/* EHLO and what is no mail: NOOP, RSET, HELP, VRFY, QUIT, STARTTLS, XCLIENT. */
#include "smtp/inside.h"
#include "smtp/xtext.h"

verb_fn on_ehlo, on_foreign, on_helo, on_help, on_noop, on_quit, on_rset, on_starttls, on_vrfy,
	on_xclient;

/* ---- EHLO ----------------------------------------------------------------------------------- */

struct values {
	char ptr[128];
	size_t len;
};

static void
values_add(struct values *x, struct str s)
{
	if (s.len <= sizeof x->ptr - x->len) {
		memcpy(x->ptr + x->len, s.ptr, s.len);
		x->len += s.len;
	}
}

static void
values_add_number(struct values *x, int64_t n)
{
	char digits[STR_DIGITS_MAX];
	values_add(x, str_digits(n, digits));
}

/* What follows a keyword in EHLO's answer. */
static void
keyword_values(const struct session *s, enum extension_index i, struct values *x)
{
	const struct smtp_settings *const set = s->settings;
	const unsigned mechanisms = session_mechanisms(s);
	switch (i) {
	case EXTENSION_INDEX_SIZE:
		if (set->message_bytes_max > 0) {
			values_add(x, STR(" "));
			values_add_number(x, set->message_bytes_max);
		}
		break;
	case EXTENSION_INDEX_AUTH:
		for (unsigned m = 1; m <= AUTH_LOGIN; m <<= 1)
			if (mechanisms & m) {
				values_add(x, STR(" "));
				values_add(x, mechanism_name((enum auth_mechanism)m));
			}
		break;
	case EXTENSION_INDEX_LIMITS:
		if (set->messages_max > 0) {
			values_add(x, STR(" MAILMAX="));
			values_add_number(x, set->messages_max);
		}
		values_add(x, STR(" RCPTMAX="));
		values_add_number(x, set->recipients_max);
		break;
	case EXTENSION_INDEX_XCLIENT:
		values_add(
			x, STR(" NAME REVERSE_NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT"));
		break;
	default:
		break;
	}
}

static void
keywords_reply(struct turn *t)
{
	static const struct str keywords[] = {
#define X(id, keyword, rfc) STR_INIT(keyword),
		EXTENSIONS(X)
#undef X
	};
	unsigned left = session_offers(t->s);
	for (unsigned i = 0; left != 0; i++) {
		if (!(left & 1u << i))
			continue;
		struct values x = {.len = 0};
		left &= ~(1u << i);
		values_add(&x, keywords[i]);
		keyword_values(t->s, (enum extension_index)i, &x);
		reply_line(t->out, 250, left != 0 ? '-' : ' ', (struct str){x.ptr, x.len});
	}
}

static enum step
hello(struct turn *t, bool is_extended, enum condition invalid)
{
	struct session *const s = t->s;
	t->is_greeting = true;
	if (t->args.len == 0 ||
		(s->settings->strict_helo && host_parse(t->args, NULL) == HOST_NONE)) {
		refuse(t, invalid, NULL);
		return STEP_DONE;
	}
	t->event->text = t->args;
	if (!session_ask(t, EVENT_HELLO))
		return STEP_ASK;
	const struct facts f = {.helo = t->args};
	if (!is_accepted(s)) {
		refuse_answer(t, &f);
		return STEP_DONE;
	}
	/* RFC 5321 s4.1.4: as if RSET had been said. */
	transaction_end(s, "EHLO");
	session_set_state(s, STATE_READY, "EHLO");
	s->is_extended = is_extended;
	t->has_more = is_extended && session_offers(s) != 0;
	reply(t, CONDITION_HELLO, &f);
	if (t->has_more)
		keywords_reply(t);
	return STEP_DONE;
}

int
on_ehlo(struct turn *t)
{
	return hello(t, true, CONDITION_EHLO_INVALID);
}

int
on_helo(struct turn *t)
{
	return hello(t, false, CONDITION_HELO_NAME_INVALID);
}

/* ---- those that change little --------------------------------------------------------------- */

int
on_noop(struct turn *t)
{
	reply(t, CONDITION_DONE, NULL);
	return STEP_DONE;
}

int
on_rset(struct turn *t)
{
	transaction_end(t->s, "RSET");
	reply(t, CONDITION_DONE, NULL);
	return STEP_DONE;
}

int
on_help(struct turn *t)
{
	char room[256];
	const bool is_lmtp = t->s->settings->kind == LISTENER_LMTP;
	reply(t, CONDITION_HELP,
		&(struct facts){.text = {room, verb_list(is_lmtp, session_offers(t->s), room)}});
	return STEP_DONE;
}

int
on_vrfy(struct turn *t)
{
	refuse(t, CONDITION_VRFY_REFUSED, NULL);
	return STEP_DONE;
}

int
on_quit(struct turn *t)
{
	reply(t, CONDITION_GOODBYE, NULL);
	transaction_end(t->s, "QUIT");
	session_set_state(t->s, STATE_CLOSED, "QUIT");
	return STEP_DONE;
}

int
on_foreign(struct turn *t)
{
	refuse(t, CONDITION_FOREIGN_PROTOCOL, NULL);
	return STEP_DONE;
}

/* ---- STARTTLS ------------------------------------------------------------------------------- */

int
on_starttls(struct turn *t)
{
	if (t->s->settings->lacks_tls) {
		refuse(t, CONDITION_TLS_UNAVAILABLE, NULL);
		return STEP_DONE;
	}
	reply(t, CONDITION_READY_FOR_TLS, NULL);
	transaction_end(t->s, "STARTTLS");
	session_set_state(t->s, STATE_TLS, "STARTTLS");
	return STEP_DONE;
}

void
session_secured(struct session *s, int64_t now_ms)
{
	/* RFC 3207 s4.2: nothing that was said in clear is known any more. */
	scram_wipe(&s->scram);
	s->user_bytes = 0;
	s->is_extended = s->is_authenticated = false;
	s->is_secure = true;
	s->step_ms = now_ms;
	session_set_state(s, STATE_START, "TLS");
}

/* ---- XCLIENT -------------------------------------------------------------------------------- */

bool
xclient_next(struct str *rest, struct xclient_attribute *a, char *room)
{
	struct str value = str_word(rest);
	if (value.len == 0)
		return false;
	*a = (struct xclient_attribute){.name = str_cut(&value, '=')};
	a->is_temporary = str_eq_case(value, STR("[TEMPUNAVAIL]"));
	if (str_is_set(value) && !a->is_temporary && !str_eq_case(value, STR("[UNAVAILABLE]")))
		a->value = (struct str){
			room, xtext_decode(str_head(value, XCLIENT_VALUE_BYTES_MAX), room)};
	return true;
}

/* Is the raw text of an attribute one that there is? */
static bool
is_attribute(struct str raw)
{
	static const struct str names[] = {STR_INIT("NAME"), STR_INIT("REVERSE_NAME"),
		STR_INIT("ADDR"), STR_INIT("PORT"), STR_INIT("PROTO"), STR_INIT("HELO"),
		STR_INIT("LOGIN"), STR_INIT("DESTADDR"), STR_INIT("DESTPORT")};
	const struct str name = str_cut(&raw, '=');
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq_case(name, names[i]))
			return raw.len > 0 && raw.len <= XCLIENT_VALUE_BYTES_MAX &&
			       xtext_is_valid(raw);
	return false;
}

/* What XCLIENT says that concerns the machine. */
struct claim {
	struct endpoint client;
	char user[SESSION_USER_BYTES_MAX];
	size_t user_bytes;
};

/* Reads one attribute; false when its value makes no sense. */
static bool
claim_read(struct claim *c, struct str name, struct str value)
{
	if (str_eq_case(name, STR("ADDR"))) {
		const uint16_t port = c->client.port;
		c->client = (struct endpoint){0};
		if (str_starts_case(value, STR("IPV6:")))
			value = str_from(value, 5);
		if (str_is_set(value) && !endpoint_parse(value, &c->client))
			return false;
		c->client.port = port;
	} else if (str_eq_case(name, STR("PORT"))) {
		const int64_t port = str_number(value, UINT16_MAX);
		c->client.port = port > 0 ? (uint16_t)port : 0;
		return port > 0 || !str_is_set(value);
	} else if (str_eq_case(name, STR("NAME")) || str_eq_case(name, STR("REVERSE_NAME"))) {
		return !str_is_set(value) || host_parse(value, NULL) == HOST_NAME;
	} else if (str_eq_case(name, STR("LOGIN")) && str_is_set(value)) {
		if (value.len > sizeof c->user)
			return false;
		memcpy(c->user, value.ptr, value.len);
		c->user_bytes = value.len;
	}
	return true;
}

int
on_xclient(struct turn *t)
{
	struct session *const s = t->s;
	struct claim c = {.client = s->client};
	struct str rest = t->args;
	struct xclient_attribute a;
	char room[XCLIENT_VALUE_BYTES_MAX];
	bool is_valid = rest.len > 0;
	for (struct str all = t->args, raw; is_valid && (raw = str_word(&all)).len > 0;)
		is_valid = is_attribute(raw);
	while (is_valid && xclient_next(&rest, &a, room))
		is_valid = claim_read(&c, a.name, a.value);
	if (!is_valid) {
		const struct str shown = str_head(t->args, PARAM_SHOWN_BYTES);
		refuse(t, CONDITION_PARAMETER_INVALID,
			&(struct facts){.parameter = shown.len > 0 ? shown : STR_NONE});
		return STEP_DONE;
	}
	/* A new session, for somebody else: greeted again. */
	s->client = c.client;
	memcpy(s->user, c.user, c.user_bytes);
	s->user_bytes = (uint8_t)c.user_bytes;
	s->is_authenticated = c.user_bytes > 0;
	s->is_extended = false;
	s->may_xclient = false;
	session_set_state(s, STATE_CONNECT, "XCLIENT");
	t->event->text = t->args;
	t->event->kind = EVENT_XCLIENT;
	return STEP_TELL;
}
