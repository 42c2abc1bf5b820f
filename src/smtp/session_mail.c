/* MAIL and RCPT: the envelope. */
#include "smtp/inside.h"

verb_fn on_mail, on_rcpt;

/* The mailbox as it was written: "a@b", "" for the null path. */
static struct str
mailbox_of(const struct path *p)
{
	if (path_is_null(p))
		return STR("");
	const struct str last = str_is_set(p->domain) ? p->domain : p->local;
	return str_between(p->local.ptr, last.ptr + last.len);
}

/* Cuts "FROM:" off; false when it is not there. */
static bool
prefix_cut(struct str *args, struct str prefix)
{
	if (!str_starts_case(*args, prefix))
		return false;
	*args = str_from(*args, prefix.len);
	return true;
}

static void
refuse_param(struct turn *t, enum param_fault fault, struct str at)
{
	const struct facts f = {.parameter = str_head(at, PARAM_SHOWN_BYTES)};
	refuse(t,
		fault == PARAM_UNKNOWN ? CONDITION_PARAMETER_UNKNOWN : CONDITION_PARAMETER_INVALID,
		&f);
}

/* The extensions whose parameters count: none after HELO. */
static unsigned
param_offers(const struct session *s)
{
	return s->is_extended ? session_offers(s) : 0;
}

/* Checks MAIL and reads it into t->event; false when it was refused. */
static bool
mail_check(struct turn *t)
{
	struct session *const s = t->s;
	const struct smtp_settings *const set = s->settings;
	struct smtp_event *const e = t->event;
	struct str args = t->args, at = STR_NONE;
	size_t used = 0;
	if (set->messages_max > 0 && s->messages >= set->messages_max) {
		refuse(t, CONDITION_MESSAGES_IN_SESSION, NULL);
		return false;
	}
	const unsigned may = PATH_MAY_BE_NULL | PATH_MAY_HAVE_UTF8 |
			     (set->accepts_bare_paths ? PATH_MAY_BE_BARE : 0u) |
			     (set->accepts_local_paths ? PATH_MAY_BE_LOCAL : 0u);
	if (!prefix_cut(&args, STR("FROM:"))) {
		refuse(t, CONDITION_MAIL_SYNTAX, NULL);
		return false;
	}
	const enum path_fault fault = path_parse(args, may, &e->path, &used);
	e->has_path = fault == PATH_NONE;
	if (fault != PATH_NONE) {
		const bool is_form = fault == PATH_NO_BRACKET || fault == PATH_NOT_CLOSED;
		refuse(t, is_form ? CONDITION_MAIL_SYNTAX : CONDITION_SENDER_ADDRESS_INVALID, NULL);
		return false;
	}
	const struct str sender = mailbox_of(&e->path);
	const enum param_fault param =
		mail_params_parse(str_from(args, used), param_offers(s), &e->mail, &at);
	if (param != PARAM_NONE) {
		refuse_param(t, param, at);
		return false;
	}
	if (e->path.has_utf8 && !e->mail.is_utf8) {
		refuse(t, CONDITION_ADDRESS_NEEDS_SMTPUTF8, &(struct facts){.address = sender});
		return false;
	}
	if (path_is_null(&e->path) && set->refuses_null_sender) {
		refuse(t, CONDITION_NULL_SENDER_REFUSED, NULL);
		return false;
	}
	if (set->message_bytes_max > 0 && e->mail.size_bytes > set->message_bytes_max) {
		const struct facts f = {
			.kb = e->mail.size_bytes / 1024, .max_kb = set->message_bytes_max / 1024};
		refuse(t, CONDITION_TOO_LARGE, &f);
		return false;
	}
	return true;
}

int
on_mail(struct turn *t)
{
	struct session *const s = t->s;
	const struct smtp_event *const e = t->event;
	if (!mail_check(t))
		return STEP_DONE;
	if (!session_ask(t, EVENT_MAIL))
		return STEP_ASK;
	const struct facts f = {.sender = mailbox_of(&e->path),
		.domain = e->path.domain,
		.kb = e->mail.size_bytes / 1024,
		.max_kb = s->settings->message_bytes_max / 1024};
	if (!is_accepted(s)) {
		refuse_answer(t, &f);
		return STEP_DONE;
	}
	s->transaction = (struct transaction){.declared_bytes = e->mail.size_bytes,
		.body = (uint8_t)e->mail.body,
		.is_utf8 = e->mail.is_utf8,
		.requires_tls = e->mail.requires_tls,
		.is_begun = true};
	session_set_state(s, STATE_MAIL, "MAIL");
	reply(t, CONDITION_SENDER_TAKEN, &f);
	return STEP_DONE;
}

/* Checks RCPT and reads it into t->event; false when it was refused. */
static bool
rcpt_check(struct turn *t)
{
	struct session *const s = t->s;
	const struct smtp_settings *const set = s->settings;
	struct smtp_event *const e = t->event;
	struct str args = t->args, at = STR_NONE;
	size_t used = 0;
	const unsigned may = PATH_MAY_HAVE_UTF8 |
			     (set->accepts_bare_paths ? PATH_MAY_BE_BARE : 0u) |
			     (set->accepts_local_paths ? PATH_MAY_BE_LOCAL : 0u);
	if (!prefix_cut(&args, STR("TO:"))) {
		refuse(t, CONDITION_RCPT_SYNTAX, NULL);
		return false;
	}
	const enum path_fault fault = path_parse(args, may, &e->path, &used);
	e->has_path = fault == PATH_NONE;
	if (fault != PATH_NONE) {
		const bool is_form = fault == PATH_NO_BRACKET || fault == PATH_NOT_CLOSED;
		refuse(t, is_form ? CONDITION_RCPT_SYNTAX : CONDITION_RCPT_ADDRESS_INVALID, NULL);
		return false;
	}
	const enum param_fault param =
		rcpt_params_parse(str_from(args, used), param_offers(s), &e->rcpt, &at);
	if (param != PARAM_NONE) {
		refuse_param(t, param, at);
		return false;
	}
	if (e->path.has_utf8 && !s->transaction.is_utf8) {
		const struct facts f = {.address = mailbox_of(&e->path)};
		refuse(t, CONDITION_ADDRESS_NEEDS_SMTPUTF8, &f);
		return false;
	}
	/* Those that were refused cost a look-up as well. */
	if (s->transaction.accepted + s->transaction.refused >= set->recipients_max) {
		refuse(t, CONDITION_RECIPIENT_LIMIT, &(struct facts){.limit = set->recipients_max});
		return false;
	}
	return true;
}

int
on_rcpt(struct turn *t)
{
	struct session *const s = t->s;
	if (!rcpt_check(t)) {
		s->transaction.refused += s->transaction.is_begun;
		return STEP_DONE;
	}
	if (!session_ask(t, EVENT_RCPT))
		return STEP_ASK;
	const struct path *const p = &t->event->path;
	const struct facts f = {.rcpt = mailbox_of(p),
		.address = mailbox_of(p),
		.domain = str_is_set(p->domain) ? p->domain : s->settings->host,
		.max_kb = s->settings->message_bytes_max / 1024};
	if (!is_accepted(s)) {
		s->transaction.refused++;
		refuse_answer(t, &f);
		return STEP_DONE;
	}
	s->transaction.accepted++;
	session_set_state(s, STATE_RCPT, "RCPT");
	reply(t, CONDITION_RECIPIENT_TAKEN, &f);
	return STEP_DONE;
}
