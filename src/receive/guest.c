#include "receive/guest.h"

#include <stdlib.h>

#include "receive/binary.h"
#include "receive/inside.h"
#include "receive/login.h"
#include "receive/refusals.h"

#define SCRATCH_BYTES_MAX ((size_t)64 << 10)

struct str
guest_client(const struct guest *g, char room[ENDPOINT_TEXT_BYTES])
{
	const size_t n = endpoint_print(&g->session.client, room);
	return n > 0 ? (struct str){room, n} : STR_NONE;
}

struct str
guest_client_name(const struct guest *g)
{
	const struct str name = client_name_facts(g->name).name;
	return str_is_set(name) ? name : check_client_name(g->check);
}

struct ip
endpoint_ip(const struct endpoint *e)
{
	struct ip ip = {{0}};
	if (e->family == 4)
		return ip_of_v4(e->bytes);
	memcpy(ip.bytes, e->bytes, sizeof ip.bytes);
	return ip;
}

struct ip
guest_ip(const struct guest *g)
{
	return endpoint_ip(&g->session.client);
}

bool
guest_range(struct guest *g, struct arena *a, struct directory_range *out)
{
	const struct ip ip = guest_ip(g);
	char text[IP_TEXT_BYTES];
	ip_text(&ip, text);
	return directory_range_find(g->receive->parts.directory, str_of(text), a, out);
}

bool
range_is_free(const struct directory_range *range, enum direction way)
{
	return (range->allowed & 1u << way) != 0 && (range->needs_login & 1u << way) == 0;
}

void
guest_init(struct guest *g, struct receive *r, struct profile *p, const struct session_peer *peer,
	int64_t now)
{
	*g = (struct guest){.receive = r, .profile = p, .began_ms = clock_wall_ms()};
	p->uses++;
	arena_init(&g->scratch, SCRATCH_BYTES_MAX);
	session_init(&g->session, &p->settings, peer, now);
}

void
guest_fini(struct guest *g)
{
	refusals_free(g);
	login_forget(g);
	hooked_forget(g);
	weigh_forget(g);
	filter_session_free(g->filter);
	client_name_free(g->name);
	check_session_free(g->check);
	mail_drop(g->mail);
	session_fini(&g->session);
	free(g->helo);
	free(g->user);
	free(g->tls);
	free(g->hook_words);
	profile_release(g->profile);
}

void
guest_answer(struct guest *g, uint32_t question, const struct smtp_answer *answer)
{
	if (session_answer(&g->session, question, answer))
		g->wake(g->to);
}

/* ---- news */

static void
log_refused(struct guest *g, const struct smtp_event *e)
{
	char ip[ENDPOINT_TEXT_BYTES], code[STR_DIGITS_MAX], path[PATH_PRINT_BYTES_MAX];
	const struct condition_row *const row = &catalogue_conditions[e->condition];
	const struct mail *const m = g->mail;
	/* What the machine refused by itself nobody was asked about. */
	const struct str named =
		e->has_path ? (struct str){path, path_print(&e->path, path)} : STR_NONE;
	const struct str sender = m != NULL                     ? m->sender
				  : e->stage == SESSION_AT_MAIL ? named
								: STR_NONE;
	/* What is no address was not asked about, and the one before it is not what was refused. */
	const bool has_to = m != NULL && (e->stage != SESSION_AT_RCPT || m->is_asked);
	g->receive->counts.refused[e->condition]++;
	EVENTLOG(g->receive->parts.log, clock_wall_ms(), LOG_REFUSED,
		{FIELD_SESSION, {g->session.reference, g->session.reference_bytes}},
		{FIELD_LISTENER, g->profile->name}, {FIELD_CLIENT, guest_client(g, ip)},
		{FIELD_CLIENT_NAME, guest_client_name(g)}, {FIELD_HELO, str_of(g->helo)},
		{FIELD_USER, str_of(g->user)},
		{FIELD_FROM, str_is_set(sender) && sender.len == 0 ? STR("<>") : sender},
		{FIELD_TO, has_to                        ? m->asked
			   : e->stage == SESSION_AT_RCPT ? named
							 : STR_NONE},
		{FIELD_STAGE, session_stage_name(e->stage)},
		{FIELD_CONDITION, catalogue_text(row->id)}, {FIELD_CODE, str_digits(e->code, code)},
		{FIELD_SETTING, catalogue_text(row->setting)},
		{FIELD_RULE, m != NULL ? m->why : STR_NONE}, {FIELD_REPLY, str_trim(e->text)});
}

static void
keep_refused(struct guest *g, const struct smtp_event *e)
{
	char count[STR_DIGITS_MAX];
	const struct rejects_kept kept = rejects_keep(g, e->condition, e->code, e->text);
	if (kept.by_operator)
		EVENTLOG(g->receive->parts.log, clock_wall_ms(), LOG_CHECK,
			{FIELD_SESSION, {g->session.reference, g->session.reference_bytes}},
			{FIELD_ID, str_of(g->mail->id)}, {FIELD_CHECK, STR("rejects")},
			{FIELD_RESULT, STR("kept")});
	if (kept.shown_to > 0)
		EVENTLOG(g->receive->parts.log, clock_wall_ms(), LOG_CHECK,
			{FIELD_SESSION, {g->session.reference, g->session.reference_bytes}},
			{FIELD_ID, str_of(g->mail->id)}, {FIELD_CHECK, STR("rejects")},
			{FIELD_RESULT, STR("shown")},
			{FIELD_RECIPIENTS, str_digits((int64_t)kept.shown_to, count)});
}

void
guest_tell_check(const struct guest *g, struct str check, struct str result, struct str rule)
{
	char ip[ENDPOINT_TEXT_BYTES];
	EVENTLOG(g->receive->parts.log, clock_wall_ms(), LOG_CHECK,
		{FIELD_SESSION, {g->session.reference, g->session.reference_bytes}},
		{FIELD_CLIENT, guest_client(g, ip)}, {FIELD_CHECK, check}, {FIELD_RESULT, result},
		{FIELD_RULE, rule});
}

char *
guest_text(struct str text)
{
	char *const copy = malloc(text.len + 1);
	if (copy == NULL)
		return NULL;
	if (text.len > 0)
		memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return copy;
}

static void
set_text(char **to, struct str text)
{
	free(*to);
	*to = str_is_set(text) ? guest_text(text) : NULL;
}

/* XCLIENT: a listed host tells for whom it speaks (postfix.org/XCLIENT_README). */
static void
take_xclient(struct guest *g, struct str rest)
{
	char room[XCLIENT_VALUE_BYTES_MAX];
	struct xclient_attribute a;
	filter_session_free(g->filter); /* another client: its milters hear of it anew */
	g->filter = NULL;
	client_name_free(g->name);
	g->name = NULL;
	while (xclient_next(&rest, &a, room)) {
		const struct str name = a.name, value = a.value;
		struct str address = value;
		if (str_starts_case(address, STR("IPV6:")))
			address = str_from(address, 5);
		if (str_eq_case(name, STR("ADDR")) && str_is_set(value))
			endpoint_parse(address, &g->session.client);
		else if (str_eq_case(name, STR("HELO")) && str_is_set(value))
			set_text(&g->helo, value);
		else if (str_eq_case(name, STR("LOGIN"))) {
			set_text(&g->user, value);
			g->session.is_authenticated = str_is_set(value);
		} else if (str_eq_case(name, STR("NAME")))
			client_name_claim(&g->name, CLAIM_NAME, value, a.is_temporary);
		else if (str_eq_case(name, STR("REVERSE_NAME")))
			client_name_claim(&g->name, CLAIM_REVERSE_NAME, value, a.is_temporary);
	}
}

void
guest_end_mail(struct guest *g)
{
	refusals_tell(g);
	hooked_forget(g);
	weigh_forget(g);
	g->filter = filter_mail_over(g->filter);
	check_session_free(g->check);
	g->check = NULL;
	mail_drop(g->mail);
	g->mail = NULL;
}

/* ---- questions */

/* Asks; false when the answer comes later. */
static bool
ask_about(struct guest *g, const struct smtp_event *e, struct smtp_answer *a)
{
	switch (e->kind) {
	case EVENT_CONNECT:
		return answer_connect(g, a) &&
		       guest_filter_session(g, CHECK_AT_CONNECT, e->question, a);
	case EVENT_HELLO:
		guest_end_mail(g); /* of a MAIL that was refused something may be left */
		set_text(&g->helo, e->text);
		return guest_filter_session(g, CHECK_AT_HELLO, e->question, a);
	case EVENT_MAIL:
		return answer_mail(g, e, a);
	case EVENT_RCPT:
		return answer_rcpt(g, e, a);
	case EVENT_DATA:
		return answer_data(g, e, a);
	case EVENT_END:
		return answer_end(g, e, a);
	case EVENT_LOGIN:
		g->mechanism = e->mechanism;
		return answer_login(g, e, a);
	case EVENT_SCRAM:
		g->mechanism = e->mechanism;
		return answer_scram(g, e, a);
	default:
		return answer_signed_in(g, e, a);
	}
}

void
guest_take_text(void *guest, struct str piece)
{
	struct guest *const g = guest;
	mail_add_body(g->mail, piece);
	rejects_add(g->receive->rejects, g->mail, piece);
	mail_look(g->mail, piece);
	filter_body(g->filter, piece);
}

/* What the machine has to say; false when the caller must do something first. */
static bool
handle(struct guest *g, struct smtp_event *e, enum guest_wants *wants)
{
	switch (e->kind) {
	case EVENT_MORE:
		*wants = GUEST_MORE;
		return false;
	case EVENT_FLUSH:
		*wants = GUEST_FLUSH;
		return false;
	case EVENT_WAIT:
		*wants = GUEST_WAIT;
		return false;
	case EVENT_TLS:
		*wants = GUEST_TLS;
		return false;
	case EVENT_CLOSE:
		*wants = GUEST_CLOSE;
		return false;
	case EVENT_PROXY:
		if (!e->proxy.is_local)
			g->session.client = e->proxy.source;
		return true;
	case EVENT_XCLIENT:
		take_xclient(g, e->text);
		return true;
	case EVENT_BODY:
		if (g->mail != NULL) {
			/* A signature is about what was sent; all else about what is kept. */
			check_body(g->check, e->text);
			if (g->mail->binary != NULL)
				binary_add(g->mail->binary, e->text);
			else
				guest_take_text(g, e->text);
		}
		*wants = GUEST_HOLD;
		return !queue_is_busy(g->receive->parts.queue);
	case EVENT_RESET:
		guest_end_mail(g);
		return true;
	case EVENT_REFUSED:
		log_refused(g, e);
		keep_refused(g, e);
		refusals_add(g, e);
		if (g->mail != NULL) { /* it decided this, and nothing that follows */
			g->mail->why = STR_NONE;
			g->mail->is_asked = false;
		}
		if (e->condition == CONDITION_WRONG_PASSWORD)
			login_proof_failed(g);
		return true;
	default:
		break;
	}
	struct smtp_answer answer = {.verdict = ANSWER_PASS};
	if (g->mail != NULL)
		g->mail->why = STR_NONE;
	if (ask_about(g, e, &answer))
		session_answer(&g->session, e->question, &answer);
	return true;
}

enum guest_wants
guest_go(struct guest *g, struct str *in, struct reply_buffer *out, int64_t now)
{
	struct smtp_event e;
	e.has_credentials = false;
	enum guest_wants wants = GUEST_MORE;
	do
		session_next(&g->session, in, out, &e, now);
	while (handle(g, &e, &wants));
	event_wipe(&e);
	arena_fini(&g->scratch);
	arena_init(&g->scratch, SCRATCH_BYTES_MAX);
	/* A session that rests keeps nothing of the message before. */
	if (g->mail != NULL && g->mail->is_over && g->session.state == STATE_READY)
		guest_end_mail(g);
	return wants;
}

void
guest_secured(struct guest *g, const char *words, int64_t now)
{
	char ip[ENDPOINT_TEXT_BYTES];
	g->receive->counts.tls++;
	set_text(&g->tls, str_of(words));
	EVENTLOG(g->receive->parts.log, clock_wall_ms(), LOG_TLS,
		{FIELD_SESSION, {g->session.reference, g->session.reference_bytes}},
		{FIELD_CLIENT, guest_client(g, ip)}, {FIELD_RESULT, STR("done")},
		{FIELD_TLS, str_of(words)});
	if (!g->session.is_secure)
		session_secured(&g->session, now);
}
