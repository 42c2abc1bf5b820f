/* What dialogues do not show: size, timers, answers that come late, and the smuggling grid. */
#include "../script/drive.h"
#include "tap.h"

static struct smtp_settings settings;
static const struct session_peer peer = {.reference = STR_INIT("7Q2F")};

static void
answer_well(struct drive *d, struct smtp_answer *a)
{
	(void)d;
	a->verdict = ANSWER_ACCEPT;
	a->facts.id = STR("Q1");
}

static void
begin(struct drive *d)
{
	memset(d, 0, sizeof *d);
	d->answer = answer_well;
	d->now_ms = 1000;
	drive_init(d, &settings, &peer);
	drive_run(d);
}

/* ---- timers --------------------------------------------------------------------------------- */

/* The next event, at `now_ms`, with nothing new in the input; what is written goes to d->sent. */
static enum smtp_event_kind
next(struct drive *d, struct str *in, int64_t now_ms)
{
	const enum smtp_event_kind kind = session_next(&d->session, in, &d->out, &d->event, now_ms);
	buf_add(&d->sent, (struct str){d->out.ptr, d->out.len});
	d->out.len = 0;
	return kind;
}

static void
expire(struct drive *d, int64_t now_ms)
{
	session_expire(&d->session, &d->out, now_ms);
}

static bool
has_sent(const struct drive *d, struct str reply)
{
	return str_ends_case(buf_str(&d->sent), reply);
}

static void
test_commands_in_time(void)
{
	static struct drive d;
	begin(&d);
	tap_is_int(session_deadline(&d.session), 1000 + 300000, "a command must come in 300 s");
	d.now_ms = 2000;
	drive_feed(&d, STR("EHLO c.exa"));
	tap_is_int(session_deadline(&d.session), 1000 + 300000, "half a command does not count");
	drive_feed(&d, STR("mple\r\n"));
	tap_is_int(session_deadline(&d.session), 2000 + 300000, "a whole one does");
	drive_feed(&d, STR("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"));
	tap_is_int(session_deadline(&d.session), 2000 + 60000, "a message: the grace for its rate");
	static char text[9000];
	memset(text, 'x', sizeof text);
	d.now_ms = 3000;
	drive_feed(&d, (struct str){text, sizeof text});
	tap_is_int(session_deadline(&d.session), 2000 + 60000 + 90000,
		"9000 bytes, at 100 each second");
	drive_feed(&d, (struct str){text, sizeof text});
	drive_feed(&d, (struct str){text, sizeof text});
	tap_is_int(session_deadline(&d.session), 3000 + 180000,
		"no longer than the next bytes may take");
	drive_feed(&d, STR("\r\n.\r\n"));
	d.now_ms = 7200000;
	drive_feed(&d, STR("NOOP\r\n"));
	tap_is_int(session_deadline(&d.session), 1000 + 7200000, "nor than a session may");
	d.now_ms = 1000 + 7200000;
	expire(&d, d.now_ms);
	drive_run(&d);
	tap_ok(has_sent(&d, STR("421 4.4.2 Connection timeout: no session lasts longer than 7200 "
				"s, connect again "
				"(X09 7Q2F)\r\n")),
		"X09");
	tap_ok(d.is_closed, "closed");
	drive_fini(&d);
}

/* A question at `command` that nobody answers in time. */
static void
check_expiry(const char *before, const char *command, enum smtp_event_kind kind, const char *reply)
{
	static struct drive d;
	struct str in = str_of(command);
	const struct smtp_answer yes = {.verdict = ANSWER_ACCEPT};
	begin(&d);
	drive_feed(&d, str_of(before));
	tap_ok(next(&d, &in, 2000) == kind, "%s asks", command);
	const uint32_t question = d.event.question;
	tap_ok(next(&d, &in, 3000) == EVENT_WAIT, "%s waits", command);
	tap_is_int(session_deadline(&d.session), 2000 + 120000, "%s: for 120 s", command);
	expire(&d, 2000 + 119999);
	tap_ok(next(&d, &in, 121999) == EVENT_WAIT, "%s: no sooner", command);
	expire(&d, 2000 + 120000);
	tap_ok(!session_answer(&d.session, question, &yes), "%s: too late", command);
	enum smtp_event_kind told = next(&d, &in, 122000);
	if (kind == EVENT_END) {
		tap_ok(told == EVENT_RESET, "%s: the message is to be forgotten", command);
		told = next(&d, &in, 122000);
	}
	tap_ok(told == EVENT_REFUSED && has_sent(&d, str_of(reply)), "%s: %s", command, reply);
	if (kind == EVENT_DATA)
		tap_ok(next(&d, &in, 122000) == EVENT_RESET, "%s: X79 takes the message with it",
			command);
	tap_ok(next(&d, &in, 122000) == EVENT_MORE && in.len == 0, "%s: and on", command);
	drive_fini(&d);
}

static void
test_answers_in_time(void)
{
	check_expiry("", "EHLO c.example\r\n", EVENT_HELLO,
		"451 Temporary failure of a filter here, please try again later (X79 7Q2F)\r\n");
	check_expiry("EHLO c.example\r\n", "MAIL FROM:<a@b.example>\r\n", EVENT_MAIL,
		"451 4.3.0 The directory of mx.here.example gave no answer, please try again later "
		"(X12 7Q2F)\r\n");
	check_expiry("EHLO c.example\r\nMAIL FROM:<a@b.example>\r\n", "RCPT TO:<c@d.example>\r\n",
		EVENT_RCPT,
		"451 4.3.0 The directory of mx.here.example gave no answer, please try again later "
		"(X12 7Q2F)\r\n");
	check_expiry("EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n",
		"DATA\r\n", EVENT_DATA,
		"451 4.3.0 Temporary failure of a filter here, please try again later (X79 "
		"7Q2F)\r\n");
	check_expiry(
		"EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n",
		".\r\n", EVENT_END,
		"451 4.3.0 Your message was received but it could not be saved. Please retry later "
		"(C38 7Q2F)\r\n");
}

/* ---- smuggling ------------------------------------------------------------------------------ */

/* What the server said to X "." Y and a command behind it, after `hello`. */
static bool
is_smuggled(struct str hello, struct str x, struct str y, bool in_one)
{
	static struct drive d;
	char text[512];
	begin(&d);
	drive_feed(&d, hello);
	drive_feed(&d, STR("MAIL FROM:<a@b.example>\r\n"));
	drive_feed(&d, STR("RCPT TO:<c@d.example>\r\n"));
	drive_feed(&d, STR("DATA\r\n"));
	const int n = snprintf(text, sizeof text,
		"one%.*s.%.*sMAIL FROM:<evil@b.example>\r\nend\r\n.\r\n", (int)x.len, x.ptr,
		(int)y.len, y.ptr);
	for (int i = 0; i < n; i = in_one ? n : i + 1)
		drive_feed(&d, (struct str){text + i, in_one ? (size_t)n : 1});
	const bool found = str_has(buf_str(&d.told), STR("mail evil@b.example"));
	const bool is_over = d.session.state != STATE_DATA;
	drive_fini(&d);
	return found || !is_over;
}

static void
test_smuggling(void)
{
	static const struct str ends[] = {STR_INIT("\r\n"), STR_INIT("\n"), STR_INIT("\r"),
		STR_INIT("\r\r\n"), STR_INIT("\n\r")};
	static const char *const names[] = {"CRLF", "LF", "CR", "CRCRLF", "LFCR"};
	for (int bare = BARE_REFUSE; bare <= BARE_NORMALISE; bare++)
		for (size_t x = 0; x < 5; x++)
			for (size_t y = 0; y < 5; y++)
				for (int in_one = 0; in_one < 2; in_one++) {
					settings.bare = (enum receiver_bare)bare;
					/* A true CRLF.CRLF ends the message, and what follows is
					 * the client's own next command. */
					const bool is_end = (x == 0 || x == 3) && y == 0;
					tap_is_int(is_smuggled(STR("EHLO c.example\r\n"), ends[x],
							   ends[y], in_one),
						is_end, "%s.%s %s, %s", names[x], names[y],
						bare == BARE_REFUSE ? "refused" : "repaired",
						in_one ? "in one write" : "byte by byte");
				}
	settings.bare = BARE_REFUSE;
}

int
main(void)
{
	settings_init(&settings, LISTENER_MX, STR("mx.here.example"));
	tap_ok(sizeof(struct session) <= 2048, "a session has %zu bytes", sizeof(struct session));
	test_commands_in_time();
	settings.strict_pipelining = false; /* several commands in one write */
	test_answers_in_time();
	settings.strict_pipelining = true;
	test_smuggling();

	static struct drive d;
	begin(&d);
	drive_feed(&d, STR("STARTTLS\r\n"));
	buf_clear(&d.sent);
	expire(&d, session_deadline(&d.session));
	drive_run(&d);
	tap_ok(d.is_closed && d.sent.len == 0, "a handshake that does not come ends in silence");
	drive_fini(&d);

	begin(&d);
	tap_ok(!session_answer(&d.session, 1, &(struct smtp_answer){.verdict = ANSWER_ACCEPT}),
		"no question, no answer");
	struct str in = STR("NOOP\r\n");
	d.out.len = d.out.room - SESSION_OUT_BYTES_MIN + 1;
	tap_ok(session_next(&d.session, &in, &d.out, &d.event, 1000) == EVENT_FLUSH && in.len == 6,
		"without room for replies nothing goes on");
	d.out.len--;
	tap_ok(session_next(&d.session, &in, &d.out, &d.event, 1000) == EVENT_FLUSH && in.len == 0,
		"with just enough it does, for one command");
	drive_fini(&d);
	return tap_done();
}
