/* test_parts - the parts of the runner that stand alone: what is due, ways round, settings,
 * commands */
#include "deliver/cap.h"
#include "deliver/census.h"
#include "deliver/due.h"
#include "deliver/pipe.h"
#include "deliver/round.h"
#include "deliver/settings.h"
#include "tap.h"

#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

static struct arena arena;

/* ---- due */

static void
test_due(void)
{
	struct due d = {0};
	uint64_t seed = 42, last = 0;
	tap_ok(due_next(&d) == INT64_MAX, "nothing is due when there is nothing");
	tap_is_int(due_take(&d, INT64_MAX), 0, "and nothing comes out");
	for (uint64_t i = 1; i <= 5000; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		const int64_t at = (int64_t)(seed >> 44);
		if (!due_add(&d, at, (uint64_t)at * 10000 + i))
			break;
	}
	tap_is_int(d.count, 5000, "all are in");
	tap_is_int(due_take(&d, due_next(&d) - 1), 0, "nothing before its time");
	bool in_order = true;
	size_t count = 0;
	for (uint64_t id; (id = due_take(&d, INT64_MAX)) != 0; count++) {
		in_order = in_order && id / 10000 >= last;
		last = id / 10000;
	}
	tap_ok(in_order, "they come out in the order of their times");
	tap_is_int(count, 5000, "each once");
	due_fini(&d);
}

/* ---- the census */

static void
test_census(void)
{
	static struct census c;
	char name[32];
	census_init(&c);
	census_add(&c, CENSUS_DESTINATION, STR("A.Example"), CENSUS_RELAYED);
	census_add(&c, CENSUS_DESTINATION, STR("a.example"), CENSUS_BOUNCED);
	census_add(&c, CENSUS_DESTINATION, STR(""), CENSUS_BOUNCED);
	census_add(&c, CENSUS_PROVIDER, STR("Google"), CENSUS_DEFERRED);
	tap_is_int(c.count[CENSUS_DESTINATION], 1, "a domain in any case is one, and none is none");
	tap_is_int(c.rows[CENSUS_DESTINATION][0].n[CENSUS_RELAYED], 1, "its outcomes apart");
	tap_is_int(c.rows[CENSUS_DESTINATION][0].n[CENSUS_BOUNCED], 1, "... each");
	tap_is_str(c.rows[CENSUS_PROVIDER][0].key, STR("Google"), "a provider as it is written");
	census_add(&c, CENSUS_DESTINATION, STR("b\"\\\n\xff.example"), CENSUS_RELAYED);
	tap_is_str(c.rows[CENSUS_DESTINATION][1].key, STR("b????.example"),
		"nothing that ends a label");
	for (int i = 0; i < CENSUS_ROWS_MAX + 10; i++) {
		snprintf(name, sizeof name, "d%d.example", i);
		census_add(&c, CENSUS_DESTINATION, str_of(name), CENSUS_DISCARDED);
	}
	const struct census_row *const last = &c.rows[CENSUS_DESTINATION][CENSUS_ROWS_MAX - 1];
	tap_is_int(c.count[CENSUS_DESTINATION], CENSUS_ROWS_MAX, "as many as fit");
	tap_is_str(last->key, STR(CENSUS_OTHERS), "the rest together");
	tap_is_int(last->n[CENSUS_DISCARDED], 13, "... and none is lost");
	census_fini(&c);
}

/* ---- ways round */

static void
test_round(void)
{
	static const struct {
		const char *name, *head, *mailbox, *path;
	} rows[] = {
		{"a mailbox it was in", "Delivered-To: a@x.example\r\n\r\n", "A@x.example",
			"a@x.example -> A@x.example"},
		{"by way of two others",
			"Delivered-To: c@z.example\r\nReceived: by z\r\nDelivered-To: "
			"<b@y.example>\r\n"
			"Delivered-To: a@x.example\r\nDelivered-To: old@x.example\r\n\r\n",
			"a@x.example", "a@x.example -> b@y.example -> c@z.example -> a@x.example"},
		{"another mailbox is no loop", "Delivered-To: b@x.example\r\n\r\n", "a@x.example",
			NULL},
		{"of another server's recipient nothing is known",
			"Delivered-To: a@x.example\r\n\r\n", NULL, NULL},
		{"in the text it means nothing", "Subject: x\r\n\r\nDelivered-To: a@x.example\r\n",
			"a@x.example", NULL},
		{"no header at all", "", "a@x.example", NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct str path = round_find(str_of(rows[i].head), STR("mx.x.example"),
			rows[i].mailbox == NULL ? STR_NONE : str_of(rows[i].mailbox), &arena);
		tap_is_str(path, str_of(rows[i].path), "%s", rows[i].name);
	}
	char head[8192];
	size_t len = 0;
	for (int passes = 1; passes <= LOOP_PASSES_MAX + 1; passes++) {
		len += (size_t)snprintf(head + len, sizeof head - len,
			"Received: from mx.y.example\r\n\tby mx.x.example; Sun, 22 Nov 2026\r\n"
			"Received: from mx.x.example by mx.y.example with ESMTP\r\n");
		const struct str path =
			round_find((struct str){head, len}, STR("MX.x.example"), STR_NONE, &arena);
		if (passes == LOOP_PASSES_MAX)
			tap_is_str(path, STR_NONE, "so many passes may be");
		if (passes == LOOP_PASSES_MAX + 1)
			tap_is_str(path, STR("mx.x.example -> mx.y.example -> mx.x.example"),
				"one more is a way round");
	}
	len = 0;
	for (int i = 0; i < 2 * LOOP_PATH_NAMES_MAX; i++)
		len += (size_t)snprintf(
			head + len, sizeof head - len, "Delivered-To: n%d@x.example\r\n", i);
	const struct str path =
		round_find((struct str){head, len}, STR("mx"), STR("n23@x.example"), &arena);
	tap_ok(str_ends_case(path, STR("... -> n23@x.example")) && path.len < 400,
		"a long way is shown in part");
}

/* ---- settings */

static void
test_settings(void)
{
	struct deliver_settings s = {0};
	tap_is_str(local_delivery_parse(STR("maildir"), &arena, &s), STR_NONE, "maildir");
	tap_is_int(s.local, LOCAL_MAILDIR, "is a Maildir");
	tap_is_str(local_delivery_parse(STR("lmtp:unix:/run/dovecot/lmtp"), &arena, &s), STR_NONE,
		"a socket of the file system");
	tap_is_int(s.local, LOCAL_LMTP, "is LMTP");
	tap_is_str(s.lmtp.host, STR("/run/dovecot/lmtp"), "at its path");
	tap_is_str(
		local_delivery_parse(STR("lmtp:[::1]:2400"), &arena, &s), STR_NONE, "an address");
	tap_is_str(s.lmtp.host, STR("::1"), "without its brackets");
	tap_is_int(s.lmtp.port, 2400, "with its port");
	tap_is_str(local_delivery_parse(STR("pipe: /usr/bin/procmail -d \"$USER\""), &arena, &s),
		STR_NONE, "a command");
	tap_is_str(s.command, STR("/usr/bin/procmail -d \"$USER\""), "as it stands");
	static const char *const wrong[] = {"", "Maildir", "lmtp:", "lmtp:host",
		"lmtp:host:", "lmtp::24", "lmtp:host:0", "lmtp:host:70000", "lmtp:host:2x",
		"lmtp:unix:path", "pipe:", "pipe:  "};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		tap_ok(local_delivery_parse(str_of(wrong[i]), &arena, &s).len > 0,
			"\"%s\" is refused", wrong[i]);

	static struct config config;
	static struct config_complaints complaints;
	tap_ok(config_parse(STR("hostname = mx.example.org\nquota_grace = 2d\n"), &arena, &config,
		       &complaints),
		"a configuration");
	tap_is_str(deliver_settings_read(&config, STR("mx.example.org"), &arena, &s), STR_NONE,
		"is read");
	tap_is_str(s.postmaster, STR("postmaster@mx.example.org"), "the postmaster's default");
	tap_is_str(s.mail_folder, STR("/var/lib/nixie/mail"), "the mailboxes' folder");
	tap_is_int(s.quota_grace_s, 2 * 86400, "a time");
	tap_is_int(s.lang, LANG_EN, "a language");
	struct retry_settings standard;
	retry_defaults(&standard);
	tap_ok(memcmp(&standard, &s.retry, sizeof standard) == 0,
		"the table's times are those of retry.h");
}

/* ---- commands */

struct ended {
	struct event_base *base;
	struct pipe_result result;
	char line[PIPE_OUTPUT_BYTES_MAX + 1];
	unsigned count;
};

static void
on_end(void *to, const struct pipe_result *result)
{
	struct ended *const e = to;
	e->result = *result;
	if (result->line.len > 0)
		memcpy(e->line, result->line.ptr, result->line.len);
	e->line[result->line.len] = '\0';
	e->count++;
	event_base_loopbreak(e->base);
}

static const struct ended *
command(struct pipe_helper *h, struct event_base *base, const char *words, unsigned timeout_s)
{
	static struct ended e;
	const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const struct pipe_variable variables[] = {
		{"ODD", STR("a b'c\"$(exit 9)`exit 8`")}, {"ABSENT", STR_NONE}};
	e = (struct ended){.base = base};
	const bool ok = pipe_run(h,
		&(struct pipe_request){.command = str_of(words),
			.variables = variables,
			.variable_count = 2,
			.timeout_s = timeout_s,
			.input = input},
		on_end, &e);
	close(input);
	if (ok)
		event_base_dispatch(base);
	return &e;
}

static void
test_pipe(void)
{
	static struct pipe_error error;
	tap_ok(pipe_helper_start(STR("no such user"), &error) == NULL && error.words[0] != '\0',
		"a user who is not there: %s", error.words);
	struct pipe_helper *const h = pipe_helper_start(STR_NONE, &error);
	tap_ok(h != NULL, "a helper");
	struct event_base *const base = event_base_new();
	tap_ok(pipe_helper_listen(h, base), "is listened to");

	const struct ended *e = command(h, base, "exit 3", 60);
	tap_ok(e->result.end == PIPE_EXITED && e->result.code == 3, "an exit code");
	e = command(h, base, "echo one; echo two >&2; echo; printf 'last\\001'", 60);
	tap_is_str(str_of(e->line), STR("last"), "its last line, without controls");
	e = command(h, base, "echo \"$ODD\"", 60);
	tap_is_str(str_of(e->line), STR("a b'c\"$(exit 9)`exit 8`"), "a variable is text");
	e = command(h, base, "echo \"[${ABSENT-none}${HOME-none}]\"", 60);
	tap_is_str(str_of(e->line), STR("[nonenone]"), "and nothing else is in its environment");
	e = command(h, base, "kill -9 $$", 60);
	tap_ok(e->result.end == PIPE_KILLED && e->result.code == 9, "a signal");
	e = command(h, base, "sleep 600 & sleep 600", 0);
	tap_ok(e->result.end == PIPE_TIMED_OUT, "a command whose time is over");
	e = command(h, base, "sleep 600 & echo $!", 60);
	tap_ok(e->result.end == PIPE_EXITED && e->result.code == 0,
		"what a command leaves behind is not waited for");
	const pid_t left = (pid_t)str_number(str_of(e->line), INT32_MAX);
	tap_ok(left > 1 && kill(left, SIGKILL) == 0, "and lives on");
	e = command(h, base, "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done", 60);
	tap_is_str(str_of(e->line), STR("line 19999"), "much output");
	e = command(h, base, "printf '%05000d' 7", 60);
	tap_is_int(strlen(e->line), PIPE_OUTPUT_BYTES_MAX, "a long line is cut");

	char *const large = malloc(PIPE_REQUEST_BYTES_MAX + 1);
	memset(large, 'x', PIPE_REQUEST_BYTES_MAX);
	large[PIPE_REQUEST_BYTES_MAX] = '\0';
	tap_is_int(command(h, base, large, 1)->count, 0, "a command that is too long is refused");
	free(large);

	/* As many as there may be at a time, and one more. */
	static struct ended many;
	many = (struct ended){.base = base};
	const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const struct pipe_request wait = {
		.command = STR("sleep 600"), .timeout_s = 1000, .input = input};
	for (unsigned i = 0; i < PIPE_COMMANDS_MAX; i++)
		if (!pipe_run(h, &wait, on_end, &many))
			break;
	tap_is_int(pipe_room(h), 0, "so many run at a time");
	tap_ok(!pipe_run(h, &wait, on_end, &many), "and no more");
	close(input);
	pipe_helper_stop(h);
	tap_is_int(many.count, PIPE_COMMANDS_MAX, "who waits is answered when the helper ends");
	event_base_free(base);
}

static void
test_meaning(void)
{
	static const struct {
		enum pipe_end end;
		int code;
		bool is_delivered, is_permanent, is_ours;
	} rows[] = {{PIPE_EXITED, 0, true, false, false},
		{PIPE_EXITED, EX_NOUSER, false, true, false},
		{PIPE_EXITED, EX_TEMPFAIL, false, false, false},
		{PIPE_EXITED, EX_CONFIG, false, false, true},
		{PIPE_EXITED, 127, false, false, true}, {PIPE_EXITED, 1, false, false, true},
		{PIPE_EXITED, 100, false, true, false}, {PIPE_EXITED, 111, false, false, false},
		{PIPE_KILLED, 9, false, false, true}, {PIPE_TIMED_OUT, 0, false, false, false},
		{PIPE_NOT_RUN, 11, false, false, true}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct pipe_meaning m = pipe_meaning_of(
			&(struct pipe_result){.end = rows[i].end, .code = rows[i].code});
		tap_ok(m.is_delivered == rows[i].is_delivered &&
				m.is_permanent == rows[i].is_permanent &&
				m.is_ours == rows[i].is_ours,
			"end %d, code %d: %s", rows[i].end, rows[i].code, m.words);
		tap_ok(m.status[0] == (m.is_delivered          ? '2'
					      : m.is_permanent ? '5'
							       : '4'),
			"its status fits: %s", m.status);
	}
}

/* ---- reports to a sender */

static void
test_cap(void)
{
	static struct cap c, again, none;
	char path[] = "/tmp/nixie-cap.XXXXXX";
	const int64_t now = 1795341600000;
	const int fd = mkstemp(path);
	tap_ok(fd >= 0, "a file");
	cap_load(&c, path, now);
	cap_add(&c, STR("ann@a.example"), now);
	cap_add(&c, STR("ANN@a.example"), now + 1);
	cap_add(&c, STR("bob@b.example"), now - CAP_HOUR_MS + 1000);
	tap_is_int(cap_count(&c, STR("ann@a.example"), now + 2)->reports, 2, "two reports");
	tap_ok(cap_save(&c, now), "written down");
	tap_ok(cap_turn(&c, now + CAP_SAVE_MS), "nothing to write");
	cap_load(&again, path, now + 1000);
	tap_is_int(cap_count(&again, STR("ann@a.example"), now + 1000)->reports, 2,
		"known after a restart");
	tap_is_int(cap_count(&again, STR("bob@b.example"), now + 1000)->reports, 0,
		"but not whose hour is over");
	tap_is_int(cap_count(&again, STR("ann@a.example"), now + CAP_HOUR_MS - 1)->reports, 2,
		"until the hour is over");
	tap_is_int(cap_count(&again, STR("ann@a.example"), now + CAP_HOUR_MS)->reports, 0,
		"and no longer");
	cap_load(&again, path, now - 1);
	tap_is_int(cap_count(&again, STR("ann@a.example"), now - 1)->reports, 0,
		"a clock that was set back begins anew");
	const char rubbish[] = "no number\n\n12 34\nffffffffffffffffffffffffffffff 1 1\n\xff\xfe";
	tap_ok(pwrite(fd, rubbish, sizeof rubbish, 0) == (ssize_t)sizeof rubbish, "rubbish");
	cap_load(&none, path, now);
	cap_add(&none, STR("x@x.example"), now);
	none.path = "/nonexistent/folder/file";
	tap_ok(!cap_turn(&none, now + CAP_SAVE_MS), "a file that cannot be written is said");
	tap_ok(cap_turn(&none, now + CAP_SAVE_MS + 1), "once in a while");
	close(fd);
	unlink(path);
}

int
main(void)
{
	arena_init(&arena, 16 << 20);
	test_due();
	test_census();
	test_cap();
	test_round();
	test_settings();
	test_pipe();
	test_meaning();
	arena_fini(&arena);
	return tap_done();
}
