/* What follows a failed attempt: by what was said, by age, by who asked. */
#include "config/config.h"
#include "report/guard.h"
#include "report/retry.h"
#include "tap.h"

#define ARRIVED 1795338843000
#define MINUTES(n) ((int64_t)(n)*60000)
#define HOURS(n) MINUTES((n)*60)
#define DAYS(n) HOURS((n)*24)

static struct arena arena;
static struct retry_settings settings;

static struct retry_facts
facts(const char *answer, uint32_t attempts, int64_t age_ms)
{
	return (struct retry_facts){.attempt = {.at_ms = ARRIVED + age_ms,
					    .stage = NIXIE_STAGE_RCPT,
					    .condition = ATTEMPT_ANSWERED,
					    .host = STR("mx.b.example"),
					    .ip = STR("192.0.2.1"),
					    .answer = str_of(answer)},
		.rcpt = STR("bob@b.example"),
		.sender = STR("ann@a.example"),
		.hostname = STR("mail.a.example"),
		.attempts = attempts,
		.arrived_ms = ARRIVED,
		.now_ms = ARRIVED + age_ms};
}

static struct retry_decision
decide(const struct retry_facts *f)
{
	struct retry_decision d;
	retry_decide(f, &settings, &arena, &d);
	return d;
}

/* clang-format off */
static const struct row {
	const char *answer;
	uint32_t attempts;
	int64_t age_ms;
	int64_t wait_s; /* 0: bounced */
	const char *rule;
} rows[] = {
	/* asked */
	{"451 4.7.1 Greylisted, please try again in 300 s", 1, 0, 300, "rule:retry-as-asked"},
	{"451 4.7.1 Greylisted for 5 minutes", 1, 0, 300, "rule:retry-as-asked"},
	{"450 4.2.0 Greylisted, see https://grey.example/?t=1 (retry in 00:10:00)", 1, 0, 600, "rule:retry-as-asked"},
	{"451 4.7.1 Please try again after 2026-11-22T09:34:03Z", 1, 0, 1200, "rule:retry-as-asked"},
	{"451 4.7.1 Please try again after 2026-11-22 10:34:03 +0100", 1, 0, 1200, "rule:retry-as-asked"},
	{"451 4.7.1 Greylisted, try again in 1 second", 1, 0, 30, "rule:retry-as-asked"},
	{"451 4.3.0 Try again in 9 days", 1, 0, 300, "rule:retry-greylisted"},
	{"451 4.7.1 Temporary failure, queued since 2026-11-20T09:34:03Z", 1, 0, 180, "rule:retry"},
	/* not for ever: the schedule counts after five */
	{"451 4.7.1 Greylisted, please try again in 300 s", 7, HOURS(6), 3600, "rule:retry-as-asked"},
	/* without a time */
	{"451 4.7.1 Greylisted, please try again later", 1, 0, 300, "rule:retry-greylisted"},
	/* a busy server: soon, then less often, hourly to 12 h, then every 3 h */
	{"451 4.3.0 Temporary server error", 1, 0, 180, "rule:retry"},
	{"451 4.3.0 Temporary server error", 2, MINUTES(3), 360, "rule:retry"},
	{"451 4.3.0 Temporary server error", 3, MINUTES(9), 720, "rule:retry"},
	{"451 4.3.0 Temporary server error", 6, HOURS(2), 3600, "rule:retry"},
	{"451 4.3.0 Temporary server error", 30, HOURS(12) - 1, 3600, "rule:retry"},
	{"451 4.3.0 Temporary server error", 30, HOURS(12), 10800, "rule:retry"},
	/* a full mailbox: later */
	{"452 4.2.2 Mailbox full", 1, 0, 3600, "rule:retry-mailbox-full"},
	{"452 4.2.2 Mailbox full", 2, HOURS(1), 7200, "rule:retry-mailbox-full"},
	{"452 4.2.2 Mailbox full", 3, HOURS(5), 10800, "rule:retry-mailbox-full"},
	{"450 4.7.1 Too many messages from your server, slow down", 1, 0, 900, "rule:retry-rate"},
	{"452 4.5.3 Too many recipients", 1, 0, 60, "rule:retry-recipients"},
	{"552 Too many recipients", 1, 0, 60, "rule:retry-recipients"},
	/* called temporary, and does not look it */
	{"450 4.1.1 User unknown in virtual mailbox table", 1, 0, 1800, "rule:retry-doubtful"},
	/* hopeless */
	{"550 5.1.1 User unknown", 1, 0, 0, "rule:permanent"},
	{"552 5.2.2 Mailbox full", 1, 0, 0, "rule:permanent"},
	{"554 5.7.1 Relay access denied", 1, 0, 0, "rule:permanent"},
	{"550-5.7.1 one\r\n550 5.7.1 two", 1, 0, 0, "rule:permanent"},
	/* the end */
	{"451 4.3.0 Try later", 40, DAYS(5) - 1, 0, "rule:retry"}, /* a last time: at the end */
	{"451 4.3.0 Try later", 41, DAYS(5), 0, "rule:expired"},
	{"", 1, 0, 180, "rule:retry"},
};
/* clang-format on */

static void
test_answers(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *const r = &rows[i];
		const struct retry_facts f = facts(r->answer, r->attempts, r->age_ms);
		const struct retry_decision d = decide(&f);
		tap_is_str(d.rule, str_of(r->rule), "'%s', attempt %u", r->answer, r->attempts);
		if (r->wait_s > 0)
			tap_is_int(d.due_ms - f.now_ms, r->wait_s * 1000, "... waits so long");
		tap_is_int(d.act == RETRY_BOUNCE,
			str_eq(d.rule, STR("rule:permanent")) ||
				str_eq(d.rule, STR("rule:expired")),
			"... and is given up, or not");
		tap_is_int(d.is_expired, str_eq(d.rule, STR("rule:expired")), "... over time");
		tap_ok(d.words.len > 0, "... in words");
	}
	const struct retry_facts last = facts("451 4.3.0 Try later", 40, DAYS(5) - 5000);
	tap_is_int(decide(&last).due_ms, ARRIVED + DAYS(5), "one last attempt at the end");
}

/* What was found here: the class of its status says whether it passes. */
static void
test_conditions(void)
{
	size_t wrong = 0;
	for (int c = 0; c < CONDITION__COUNT; c++) {
		const struct condition_line line = condition_line((enum condition)c, REPLY_MODERN);
		struct retry_facts f = facts("", 1, 0);
		f.attempt.condition = (enum condition)c;
		f.attempt.host = f.attempt.ip = STR_NONE;
		f.attempt.answer =
			attempt_words((enum condition)c, &(struct attempt_blanks){0}, &arena);
		const struct retry_decision d = decide(&f);
		const bool is_hopeless = line.reply >= 500 || str_starts(line.enhanced, STR("5"));
		wrong += d.act != (c == CONDITION_RELAY_LOGIN_FAILS ? RETRY_OPERATOR
					  : is_hopeless             ? RETRY_BOUNCE
								    : RETRY_AGAIN);
	}
	tap_is_int(wrong, 0, "each condition: again, or not");
}

static void
test_own_fault(void)
{
	struct retry_facts f = facts("535 5.7.8 Authentication failed", 1, 0);
	tap_is_int(decide(&f).act, RETRY_BOUNCE, "a stranger that wants a login: no use");
	f.is_own_relay = true;
	struct retry_decision d = decide(&f);
	tap_is_int(d.act, RETRY_OPERATOR, "our relay: ours to mend");
	tap_ok(d.is_alarm, "... and somebody is told");
	tap_is_int(d.due_ms - f.now_ms, 3600000, "... tried again in an hour");
	f.now_ms = ARRIVED + DAYS(6);
	d = decide(&f);
	tap_ok(d.act == RETRY_OPERATOR && d.due_ms == 0, "... and held, never bounced");
	f = facts("550 5.1.1 User unknown", 1, 0);
	f.is_own_relay = true;
	tap_is_int(decide(&f).act, RETRY_BOUNCE, "what the relay says of a recipient is no fault");
	f.is_ours = true;
	tap_is_int(decide(&f).act, RETRY_OPERATOR, "unless the deliverer knows better");
}

static void
test_notice(void)
{
	struct retry_facts f = facts("451 4.3.0 Temporary server error", 7, MINUTES(59));
	f.is_authenticated = true;
	struct retry_decision d = decide(&f);
	tap_ok(!d.is_notice_due, "59 minutes: not yet");
	tap_is_int(d.notice_ms, ARRIVED + HOURS(1), "... due after an hour");
	f = facts("451 4.3.0 Temporary server error", 7, HOURS(1));
	f.is_authenticated = true;
	tap_ok(decide(&f).is_notice_due, "one hour: people who signed in are told");
	f.is_authenticated = false;
	d = decide(&f);
	tap_ok(!d.is_notice_due && d.notice_ms == ARRIVED + HOURS(4), "others after four");
	f = facts("452 4.2.2 Mailbox full", 3, HOURS(3));
	tap_is_int(decide(&f).due_ms, ARRIVED + HOURS(4), "an attempt falls on the notice");
	f = facts("451 4.3.0 Temporary server error", 7, HOURS(5));
	tap_ok(decide(&f).is_notice_due, "late, but not told: due");
	f.is_noticed = true;
	tap_ok(!decide(&f).is_notice_due, "told: not again");
	f = facts("451 4.3.0 Temporary server error", 7, HOURS(5));
	f.sender = STR("");
	tap_ok(!decide(&f).is_notice_due, "never to the null sender");
	f = facts("451 4.3.0 Temporary server error", 7, HOURS(5));
	f.notify = REPORT_NOTIFY_FAILURE;
	tap_ok(!decide(&f).is_notice_due, "not to who asked for failures alone");
	f.notify = REPORT_NOTIFY_FAILURE | REPORT_NOTIFY_DELAY;
	tap_ok(decide(&f).is_notice_due, "but to who asked");
	f = facts("550 5.1.1 User unknown", 7, HOURS(5));
	tap_ok(!decide(&f).is_notice_due, "what failed is not late");
}

static void
test_reports(void)
{
	struct retry_facts f = facts("451 4.3.0 later", 9, DAYS(1) - 1000);
	f.is_report = true;
	tap_is_int(decide(&f).act, RETRY_AGAIN, "a report lives for a day");
	f.now_ms += 1000;
	tap_ok(decide(&f).is_expired, "... and no longer");
}

static void
test_jitter(void)
{
	struct retry_facts f = facts("451 4.3.0 Temporary server error", 1, 0);
	f.random = UINT32_MAX;
	tap_is_int(decide(&f).due_ms - f.now_ms, 216000, "the largest chance adds a fifth");
	f.random = UINT32_MAX / 2;
	const int64_t middle = decide(&f).due_ms - f.now_ms;
	tap_ok(middle > 197000 && middle < 199000, "half of it a tenth");
}

/* The settings' defaults are these. */
static void
test_settings(void)
{
	struct config c;
	struct config_complaints complaints;
	struct retry_settings s;
	config_parse(STR(""), &arena, &c, &complaints);
	retry_defaults(&s);
#define X(name, standard)                                                                          \
	tap_is_int(c.values[SETTING_##name].number, s.name##_s, "the default of " #name);
	RETRY_SETTINGS(X)
#undef X
	for (int lang = 0; lang < LANG__COUNT; lang++) {
		char text[40];
		const struct str tag = catalogue_lang_tag((enum lang)lang);
		snprintf(text, sizeof text, "report_language = %.*s\n", (int)tag.len, tag.ptr);
		tap_ok(config_parse(str_of(text), &arena, &c, &complaints) &&
				c.values[SETTING_report_language].number == lang,
			"report_language: its words are the languages, in their order");
	}
}

int
main(void)
{
	arena_init(&arena, 64 << 20);
	retry_defaults(&settings);
	test_answers();
	test_conditions();
	test_own_fault();
	test_notice();
	test_reports();
	test_jitter();
	test_settings();
	arena_fini(&arena);
	return tap_done();
}
