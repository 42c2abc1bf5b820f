#include "receive/listener_settings.h"

#define MS_PER_S 1000

enum { KIND_NONE = 3 }; /* a choice of `kind` */

static int64_t
number(const struct config_listener *listener, enum config_setting s)
{
	return listener->values[s].number;
}

static uint32_t
count(const struct config_listener *listener, enum config_setting s)
{
	return (uint32_t)number(listener, s);
}

static uint32_t
time_ms(const struct config_listener *listener, enum config_setting s)
{
	return (uint32_t)number(listener, s) * MS_PER_S; /* at most a day, says the table */
}

/* Is AUTH offered? On port 25 nobody signs in, and an offer only brings those who guess passwords.
 */
static bool
offers_auth(const struct config *config, const struct config_listener *listener,
	const struct smtp_settings *s)
{
	const unsigned said = listener->values[SETTING_auth_mechanisms].line;
	const bool is_said_here = said != 0 && said != config->values[SETTING_auth_mechanisms].line;
	return s->kind == LISTENER_SUBMISSION || s->needs_auth || is_said_here;
}

bool
listener_takes_nothing(const struct config_listener *listener)
{
	return number(listener, SETTING_kind) == KIND_NONE;
}

void
listener_settings(const struct config *config, const struct config_listener *listener,
	struct smtp_settings *out)
{
	/* The choices of `kind` stand in the table in this order, as those of the others do. */
	static const enum listener_kind kinds[] = {
		LISTENER_MX, LISTENER_SUBMISSION, LISTENER_LMTP, [KIND_NONE] = LISTENER_MX};
	const enum listener_tls tls = listener_tls(listener);
	struct smtp_settings *const s = out;
	settings_init(
		s, kinds[number(listener, SETTING_kind)], config->values[SETTING_hostname].text);
	s->banner = listener->values[SETTING_greeting].text;
	s->style = number(listener, SETTING_reply_style) == 0 ? REPLY_MODERN : REPLY_DOCUMENTED;
	s->has_marks = number(listener, SETTING_reply_marks) != 0;
	s->mechanisms = (unsigned)number(listener, SETTING_auth_mechanisms);
	s->auth_in_clear = number(listener, SETTING_auth_without_tls) != 0;
	s->needs_tls = tls == TLS_REQUIRED || tls == TLS_IMMEDIATE;
	s->needs_auth = number(listener, SETTING_require_auth) != 0;
	s->offers &= ~(unsigned)(EXTENSION_AUTH | EXTENSION_STARTTLS);
	if (offers_auth(config, listener, s))
		s->offers |= EXTENSION_AUTH;
	if ((tls == TLS_OFFERED || tls == TLS_REQUIRED) &&
		listener->values[SETTING_tls_certificate].text.len > 0)
		s->offers |= EXTENSION_STARTTLS;
	if (number(listener, SETTING_binarymime) != 0)
		s->offers |= EXTENSION_BINARYMIME;
	s->strict_helo = number(listener, SETTING_strict_helo) != 0;
	s->strict_pipelining = number(listener, SETTING_strict_pipelining) != 0;
	s->tolerates_early_talk = number(listener, SETTING_early_talk) != 0;
	s->refuses_null_sender = number(listener, SETTING_allow_null_sender) == 0;
	s->bare = number(listener, SETTING_bare_lf) == 0 ? BARE_REFUSE : BARE_NORMALISE;
	s->nul = number(listener, SETTING_nul_bytes) == 0 ? NUL_REFUSE : NUL_STRIP;
	s->text_line_bytes_max = count(listener, SETTING_max_text_line);
	s->message_bytes_max = number(listener, SETTING_max_message_size);
	/* Twice too large: what comes is not even read any more. */
	s->message_bytes_drop = s->message_bytes_max;
	s->unterminated_bytes_max = count(listener, SETTING_max_unterminated);
	s->recipients_max = count(listener, SETTING_max_recipients);
	s->messages_max = count(listener, SETTING_max_messages_per_session);
	s->errors_max = count(listener, SETTING_max_errors);
	s->login_failures_max = count(listener, SETTING_max_login_failures);
	s->command_timeout_ms = time_ms(listener, SETTING_command_timeout);
	s->data_timeout_ms = time_ms(listener, SETTING_data_timeout);
	s->session_ms_max = time_ms(listener, SETTING_max_session);
	s->data_rate_min = count(listener, SETTING_minimum_rate);
}
