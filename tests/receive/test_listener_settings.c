/* test_listener_settings - what nixied.conf says of a listener is what the session does */
#include "receive/listener_settings.h"
#include "tap.h"

#include <stdlib.h>

static struct arena arena;
static struct config config;

static struct smtp_settings
of(const char *text)
{
	struct config_complaints complaints;
	struct smtp_settings s;
	arena_reset(&arena);
	tap_ok(config_parse(str_of(text), &arena, &config, &complaints), "%s", text);
	listener_settings(&config, &config.listeners[0], &s);
	return s;
}

/* Every member has the default of the session's own table, where a setting could change it. */
static void
test_defaults(const char *text, enum listener_kind kind, unsigned offers, bool needs_tls)
{
	struct smtp_settings want;
	const struct smtp_settings s = of(text);
	settings_init(&want, kind, STR("mx.example"));
	tap_is_int(s.kind, kind, "kind");
	tap_is_str(s.host, STR("mx.example"), "host");
	tap_is_str(s.banner, want.banner, "banner");
	tap_is_int(s.style, want.style, "style");
	tap_is_int(s.has_marks, want.has_marks, "marks");
	tap_is_int(s.offers, offers, "offers");
	tap_is_int(s.asks, want.asks, "asks");
	tap_is_int(s.mechanisms, want.mechanisms, "mechanisms");
	tap_is_int(s.auth_in_clear, want.auth_in_clear, "AUTH in clear");
	tap_is_int(s.needs_tls, needs_tls, "needs TLS");
	tap_is_int(s.needs_auth, want.needs_auth, "needs AUTH");
	tap_is_int(s.strict_helo, want.strict_helo, "strict HELO");
	tap_is_int(s.strict_pipelining, want.strict_pipelining, "strict pipelining");
	tap_is_int(s.tolerates_early_talk, want.tolerates_early_talk, "early talk");
	tap_is_int(s.refuses_null_sender, want.refuses_null_sender, "null sender");
	tap_is_int(s.bare, want.bare, "bare LF");
	tap_is_int(s.nul, want.nul, "NUL");
	tap_is_int(s.text_line_bytes_max, want.text_line_bytes_max, "lines");
	tap_is_int(s.message_bytes_max, want.message_bytes_max, "size");
	tap_is_int(s.message_bytes_drop, want.message_bytes_drop, "size to close at");
	tap_is_int(s.unterminated_bytes_max, want.unterminated_bytes_max, "endless lines");
	tap_is_int(s.recipients_max, want.recipients_max, "recipients");
	tap_is_int(s.messages_max, want.messages_max, "messages");
	tap_is_int(s.errors_max, want.errors_max, "errors");
	tap_is_int(s.unknown_max, want.unknown_max, "unknown verbs");
	tap_is_int(s.login_failures_max, want.login_failures_max, "logins");
	tap_is_int(s.command_timeout_ms, want.command_timeout_ms, "command timeout");
	tap_is_int(s.data_timeout_ms, want.data_timeout_ms, "data timeout");
	tap_is_int(s.session_ms_max, want.session_ms_max, "session");
	tap_is_int(s.data_rate_min, want.data_rate_min, "rate");
}

#define HEAD "hostname = mx.example\n"
#define CERTIFICATE "tls_certificate = /etc/cert.pem\n"

static void
test_profiles(void)
{
	struct smtp_settings mx, submission;
	settings_init(&mx, LISTENER_MX, STR("x"));
	settings_init(&submission, LISTENER_SUBMISSION, STR("x"));
	const unsigned without = mx.offers & ~(unsigned)EXTENSION_STARTTLS;
	test_defaults(HEAD "listener a {\naddress = 0.0.0.0:25\n}\n", LISTENER_MX, without, false);
	test_defaults(HEAD CERTIFICATE "listener a {\naddress = 0.0.0.0:25\n}\n", LISTENER_MX,
		mx.offers, false);
	test_defaults(HEAD CERTIFICATE
		"listener a {\naddress = 0.0.0.0:587\nkind = submission\n}\n",
		LISTENER_SUBMISSION, submission.offers, true);
	test_defaults(HEAD CERTIFICATE
		"listener a {\naddress = 0.0.0.0:465\nkind = submission\ntls = immediate\n}\n",
		LISTENER_SUBMISSION, submission.offers & ~(unsigned)EXTENSION_STARTTLS, true);
	test_defaults(HEAD "listener a {\naddress = /run/lmtp\nkind = lmtp\n}\n", LISTENER_LMTP,
		without, false);
}

static void
test_said(void)
{
	struct smtp_settings s = of("reply_style = documented\nreply_marks = no\n"
				    "max_errors = 7\n"
				    "listener a {\n"
				    "address = 0.0.0.0:25\n"
				    "greeting = \"no spam, please\"\n"
				    "tls = off\n" CERTIFICATE "auth_mechanisms = plain\n"
				    "auth_without_tls = yes\n"
				    "max_login_failures = 2\n"
				    "max_message_size = 1M\n"
				    "max_recipients = 100\n"
				    "max_messages_per_session = 0\n"
				    "max_text_line = 1000\n"
				    "max_unterminated = 4096\n"
				    "command_timeout = 10s\n"
				    "data_timeout = 1h\n"
				    "max_session = 1d\n"
				    "minimum_rate = 0\n"
				    "bare_lf = normalise\n"
				    "nul_bytes = remove\n"
				    "early_talk = yes\n"
				    "allow_null_sender = no\n"
				    "strict_helo = no\n"
				    "strict_pipelining = no\n}\n");
	tap_is_str(s.banner, STR("no spam, please"), "greeting");
	tap_ok(s.style == REPLY_DOCUMENTED && !s.has_marks, "the server's style");
	tap_is_int(s.errors_max, 7, "the server's limit");
	tap_ok(!s.needs_tls && (s.offers & EXTENSION_STARTTLS) == 0, "no TLS");
	tap_ok((s.offers & EXTENSION_AUTH) != 0 && s.mechanisms == AUTH_PLAIN && s.auth_in_clear &&
			!s.needs_auth,
		"AUTH where a listener speaks of it");
	tap_is_int(s.login_failures_max, 2, "logins");
	tap_ok(s.message_bytes_max == 1 << 20 && s.message_bytes_drop == 1 << 20, "size");
	tap_ok(s.recipients_max == 100 && s.messages_max == 0, "counts");
	tap_ok(s.text_line_bytes_max == 1000 && s.unterminated_bytes_max == 4096, "lines");
	tap_ok(s.command_timeout_ms == 10000 && s.data_timeout_ms == 3600000 &&
			s.session_ms_max == 86400000 && s.data_rate_min == 0,
		"times");
	tap_ok(s.bare == BARE_NORMALISE && s.nul == NUL_STRIP, "repairs");
	tap_ok(s.tolerates_early_talk && s.refuses_null_sender && !s.strict_helo &&
			!s.strict_pipelining,
		"manners");
	s = of("auth_mechanisms = plain\nlistener a {\naddress = 0.0.0.0:25\n}\n");
	tap_ok((s.offers & EXTENSION_AUTH) == 0, "what the server says of AUTH does not offer it");
	s = of("listener a {\naddress = 0.0.0.0:25\nrequire_auth = yes\n}\n");
	tap_ok((s.offers & EXTENSION_AUTH) != 0 && s.needs_auth, "require_auth does");
}

int
main(void)
{
	arena_init(&arena, (size_t)1 << 20);
	test_profiles();
	test_said();
	arena_fini(&arena);
	return tap_done();
}
