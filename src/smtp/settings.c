#include "smtp/settings.h"

void
settings_init(struct smtp_settings *s, enum listener_kind kind, struct str host)
{
	const bool is_submission = kind == LISTENER_SUBMISSION;
	*s = (struct smtp_settings){
		.host = host,
		.banner = STR("Nixie"),
		.kind = kind,
		.style = REPLY_MODERN,
		.has_marks = true,
		.offers = EXTENSION_PIPELINING | EXTENSION_SIZE | EXTENSION_8BITMIME |
			  EXTENSION_SMTPUTF8 | EXTENSION_CHUNKING | EXTENSION_DSN |
			  EXTENSION_ENHANCEDSTATUSCODES | EXTENSION_STARTTLS |
			  EXTENSION_REQUIRETLS | EXTENSION_LIMITS |
			  (is_submission ? EXTENSION_AUTH : 0u),
		.asks = ASK_ALL,
		.mechanisms = AUTH_SCRAM_SHA_256 | AUTH_PLAIN | AUTH_LOGIN,
		.needs_tls = is_submission,
		.needs_auth = is_submission,
		/* What mail programs say in EHLO is the name of a PC; and scripts end lines in LF.
		 */
		.strict_helo = !is_submission,
		.strict_pipelining = true,
		.bare = is_submission ? BARE_NORMALISE : BARE_REFUSE,
		.nul = NUL_REFUSE,
		.text_line_bytes_max = 100000,
		.message_bytes_max = 50 << 20,
		.message_bytes_drop = 50 << 20,
		.unterminated_bytes_max = 65536,
		.recipients_max = 1000,
		.messages_max = 1000,
		.errors_max = 20,
		.unknown_max = 5,
		.idle_commands_max = 100,
		.login_failures_max = 3,
		.command_timeout_ms = 300000,
		.data_timeout_ms = 180000,
		.answer_timeout_ms = 120000,
		.session_ms_max = 7200000,
		.data_rate_min = 100,
		.data_grace_ms = 60000,
	};
}
