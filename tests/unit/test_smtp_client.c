/* The client's machine where a dialogue cannot go: time, edges, and bytes that come too early. */
#include "../script/client_drive.h"
#include "tap.h"

#define GREETING "220 there.example\r\n"
#define HELLO "250-there.example\r\n250 PIPELINING\r\n"

static const struct client_settings settings = {.host = STR_INIT("me.example")};

static struct client_mail mail; /* of most tests: one recipient */

static void
mail_init(struct str path, uint32_t recipients)
{
	mail = (struct client_mail){.envelope = {.path = STR_INIT("a@me.example"),
					    .recipients = mail.recipients,
					    .recipient_count = recipients},
		.pieces = {STR_INIT("hello\r\n")},
		.piece_count = 1};
	for (uint32_t i = 0; i < recipients; i++)
		mail.recipients[i] = (struct client_recipient){.path = path};
}

static void
begin(struct client_drive *d, const struct client_settings *set)
{
	memset(d, 0, sizeof *d);
	d->mails = &mail;
	d->mail_count = 1;
	d->now_ms = 1000000;
	client_drive_init(d, set, false);
	client_drive_run(d);
}

static void
feed(struct client_drive *d, const char *text)
{
	client_drive_feed(d, str_of(text));
}

static bool
has_told(const struct client_drive *d, const char *text)
{
	return str_has(buf_str(&d->told), str_of(text));
}

/* ---- time: RFC 5321 s4.5.3.2 ---------------------------------------------------------------- */

static void
check_times(void)
{
	/* What the server has said, and how long it may think about the next. */
	static const struct {
		const char *said, *stage;
		int minutes;
	} rows[] = {
		{"", "TIMEOUT greeting", 5},
		{GREETING, "TIMEOUT helo", 5},
		{GREETING "250-there\r\n250 STARTTLS\r\n", "TIMEOUT tls", 2},
		{GREETING "250 there\r\n", "TIMEOUT mail", 5},
		{GREETING "250 there\r\n250 ok\r\n", "TIMEOUT rcpt", 5},
		{GREETING "250 there\r\n250 ok\r\n250 ok\r\n", "TIMEOUT data", 2},
		{GREETING "250 there\r\n250 ok\r\n250 ok\r\n354 go\r\n", "TIMEOUT end", 10},
		{GREETING HELLO, "TIMEOUT mail", 5},
		{GREETING HELLO "250 ok\r\n", "TIMEOUT rcpt", 5},
		{GREETING HELLO "250 ok\r\n250 ok\r\n", "TIMEOUT data", 2},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		static struct client_drive d;
		mail_init(STR("b@there.example"), 1);
		begin(&d, &settings);
		const int64_t wait_ms = (int64_t)rows[i].minutes * 60000;
		for (struct str rest = str_of(rows[i].said), line; rest.len > 0;) {
			line = str_head(rest, str_find(rest, STR("\n"), 0) + 1);
			d.now_ms += 7000;
			client_drive_feed(&d, line);
			rest = str_from(rest, line.len);
		}
		tap_is_int(client_deadline(&d.client) - d.now_ms, wait_ms, "%s: %d minutes",
			rows[i].stage, rows[i].minutes);
		/* A byte now and then does not help. */
		d.now_ms += wait_ms;
		feed(&d, "2");
		client_expire(&d.client, d.now_ms);
		client_drive_run(&d);
		tap_ok(has_told(&d, rows[i].stage), "... and no longer");
		client_drive_fini(&d);
	}
}

static void
check_quit_and_idle(void)
{
	static struct client_drive d;
	mail_init(STR("b@there.example"), 1);
	begin(&d, &settings);
	d.mail_count = 0;
	d.stays = true;
	feed(&d, GREETING HELLO);
	tap_ok(client_deadline(&d.client) == INT64_MAX, "an idle connection is its owner's to end");
	client_quit(&d.client, d.now_ms);
	client_drive_run(&d);
	tap_is_int(client_deadline(&d.client) - d.now_ms, 10000, "QUIT waits for ten seconds");
	client_expire(&d.client, d.now_ms + 10000);
	client_drive_run(&d);
	tap_ok(d.is_closed && !has_told(&d, "failed"),
		"... and that nobody says bye is no failure");
	client_drive_fini(&d);
}

/* ---- bytes too early ------------------------------------------------------------------------ */

static void
check_injection(void)
{
	static struct client_drive d;
	mail_init(STR("b@there.example"), 1);
	begin(&d, &settings);
	feed(&d, GREETING "250-there\r\n250 STARTTLS\r\n");
	feed(&d, "220 go\r\n250-there\r\n250 AUTH PLAIN\r\n");
	tap_ok(has_told(&d, "failed TLS_INJECTED tls") && !d.wants_tls,
		"what stands behind the answer to STARTTLS ends the connection");
	client_drive_fini(&d);
}

/* An answer while the text is sent: there is no other way to stop than to go. */
static void
check_early_answer(void)
{
	static const struct {
		const char *answer, *told;
	} rows[] = {
		{"552 5.3.4 too much\r\n", "result 0 refused REPLY text 552"},
		{"451 later\r\n", "result 0 deferred REPLY text 451"},
		{"250 ok\r\n", "result 0 deferred GARBAGE text"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct client c;
		struct client_event event;
		static char room[CLIENT_DRIVE_OUT_BYTES];
		struct reply_buffer out = {room, 0, sizeof room};
		static struct client_drive d; /* for its notes */
		mail_init(STR("b@there.example"), 1);
		begin(&d, &settings);
		client_init(&c, &settings, false, 0);
		struct str in = STR(GREETING HELLO);
		while (client_next(&c, &in, &out, &event, 0) != CLIENT_READY)
			out.len = 0;
		client_begin(&c, &mail.envelope, 0);
		client_next(&c, &in, &out, &event, 0);
		in = STR("250 ok\r\n250 ok\r\n354 go\r\n");
		tap_is_int(client_next(&c, &in, &out, &event, 0), CLIENT_TEXT, "text is wanted");
		out.len = 0;
		client_text(&c, STR("some\r\n"), false, &out, 0);
		in = str_of(rows[i].answer);
		d.told.len = 0;
		do {
			client_next(&c, &in, &out, &d.event, 0);
			client_drive_note(&d);
		} while (d.event.kind != CLIENT_CLOSE);
		tap_ok(has_told(&d, rows[i].told), "early answer: %.3s", rows[i].answer);
		client_drive_fini(&d);
	}
}

/* ---- edges ---------------------------------------------------------------------------------- */

static void
check_reply_cut(void)
{
	static char line[CLIENT_REPLY_LINE_BYTES_MAX + 100];
	static const struct {
		size_t bytes, kept;
	} rows[] = {{CLIENT_REPLY_LINE_BYTES_MAX - 2, CLIENT_REPLY_LINE_BYTES_MAX - 2},
		{CLIENT_REPLY_LINE_BYTES_MAX - 1, CLIENT_REPLY_LINE_BYTES_MAX - 1},
		{CLIENT_REPLY_LINE_BYTES_MAX, CLIENT_REPLY_LINE_BYTES_MAX},
		{CLIENT_REPLY_LINE_BYTES_MAX + 1, CLIENT_REPLY_LINE_BYTES_MAX}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		static struct client_drive d;
		mail_init(STR("b@there.example"), 1);
		begin(&d, &settings);
		memset(line, 'x', sizeof line);
		memcpy(line, "550 ", 4);
		memcpy(line + rows[i].bytes, "\r\n", 2);
		client_drive_feed(&d, (struct str){line, rows[i].bytes + 2});
		tap_ok(has_told(&d, "failed REPLY greeting 550"), "a line of %zu is a reply",
			rows[i].bytes);
		tap_is_int(d.client.reply_bytes, (int64_t)rows[i].kept, "... of which %zu are kept",
			rows[i].kept);
		client_drive_fini(&d);
	}
}

static void
check_path_edge(void)
{
	static char path[PATH_PRINT_BYTES_MAX + 1];
	memset(path, 'x', sizeof path);
	memcpy(path + PATH_PRINT_BYTES_MAX - 10, "@there.exa", 10);
	for (size_t more = 0; more < 2; more++) {
		static struct client_drive d;
		mail_init((struct str){path, PATH_PRINT_BYTES_MAX + more}, 1);
		begin(&d, &settings);
		feed(&d, GREETING HELLO);
		feed(&d, "250 ok\r\n");
		tap_is_int(str_has(buf_str(&d.sent), STR("RCPT TO")), more == 0,
			"a path of %zu bytes", PATH_PRINT_BYTES_MAX + more);
		tap_is_int(
			has_told(&d, "refused ADDRESS"), more == 1, "... is refused here or not");
		client_drive_fini(&d);
	}
}

/* More commands than the smallest buffer has room for. */
static void
check_many(void)
{
	static struct client_drive d;
	mail_init(STR("somebody.with.a.name.of.some.length@there.example"),
		CLIENT_DRIVE_RECIPIENTS_MAX);
	memset(&d, 0, sizeof d);
	d.mails = &mail;
	d.mail_count = 1;
	d.is_tight = true;
	client_drive_init(&d, &settings, false);
	client_drive_run(&d);
	feed(&d, GREETING HELLO);
	size_t commands = 0;
	for (size_t i = 0; (i = str_find(buf_str(&d.sent), STR("RCPT TO:"), i)) != STR_NPOS; i++)
		commands++;
	tap_is_int((int64_t)commands, CLIENT_DRIVE_RECIPIENTS_MAX, "all recipients in one group");
	client_drive_fini(&d);
}

static void
check_limits(void)
{
	static struct client_drive d;
	static const struct {
		const char *hello;
		uint32_t recipients;
		bool is_tired;
	} rows[] = {
		{"250 there\r\n", 100, false},
		{"250-there\r\n250 LIMITS RCPTMAX=7 MAILMAX=1\r\n", 7, true},
		{"250-there\r\n250 LIMITS mailmax=2 RCPTDOMAINMAX=3 rcptmax=500\r\n", 500, false},
		{"250-there\r\n250 LIMITS RCPTMAX=0 MAILMAX=x RCPTMAX\r\n", 100, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		mail_init(STR("b@there.example"), 1);
		begin(&d, &settings);
		feed(&d, GREETING);
		feed(&d, rows[i].hello);
		tap_is_int(
			client_recipients_max(&d.client), rows[i].recipients, "%s", rows[i].hello);
		tap_is_int(client_is_tired(&d.client), rows[i].is_tired, "... after one message");
		client_drive_fini(&d);
	}
}

static void
check_causes(void)
{
	for (int i = CAUSE_LOST; i < CAUSE_COUNT; i++) {
		const struct client_cause_row *const row = client_cause_row((enum client_cause)i);
		tap_ok(row->status.len >= 5 &&
				row->status.ptr[0] == (row->is_permanent ? '5' : '4'),
			"the status of \"%s\" is of its class", row->words.ptr);
	}
}

int
main(void)
{
	check_times();
	check_quit_and_idle();
	check_injection();
	check_early_answer();
	check_reply_cut();
	check_path_edge();
	check_many();
	check_limits();
	check_causes();
	return tap_done();
}
