/* test_deliver - what becomes of each recipient, by what was answered */
#include "deliver/notice.h"
#include "report/summary.h"
#include "tap.h"
#include "world.h"

#include <stdlib.h>
#include <unistd.h>

#define HOUR_MS 3600000
#define DAY_MS (24 * (int64_t)HOUR_MS)

static struct world world;

static struct queue_counts
audit(const struct world *w)
{
	struct queue_counts c;
	tap_ok(queue_audit(w->queue, &c), "the books balance");
	return c;
}

static void
is_state(const struct world *w, enum recipient_state state, uint64_t want)
{
	const struct queue_counts c = audit(w);
	const uint64_t got = state == RECIPIENT_WAITING ? c.waiting
			     : state == RECIPIENT_HELD  ? c.held
							: c.final[state];
	tap_is_int(got, want, "%s", recipient_state_name(state));
}

/* Does the library read that of the report: recipient, action, status and some words? */
static bool
tells(const char *text, const char *recipient, enum nixie_action action, const char *status,
	const char *words)
{
	bool found = false;
	struct nixie_report *const r = nixie_report_new();
	if (text == NULL || nixie_read(r, text, strlen(text), NIXIE_INPUT_ANY) != NIXIE_OK) {
		nixie_report_free(r);
		return false;
	}
	const struct nixie_report_info *const info = nixie_report_info(r);
	for (size_t i = 0; i < info->outcome_count; i++) {
		const struct nixie_outcome *const o = &info->outcomes[i];
		const struct str got[] = {{o->recipient.ptr, o->recipient.len},
			{o->status.ptr, o->status.len}, {o->diagnostic.ptr, o->diagnostic.len}};
		found |= str_eq(got[0], str_of(recipient)) && o->action == action &&
			 str_eq(got[1], str_of(status)) && str_has(got[2], str_of(words));
		if (!found)
			printf("# %.*s %s %.*s %.*s\n", (int)got[0].len, got[0].ptr,
				nixie_action_name(o->action), (int)got[1].len, got[1].ptr,
				(int)got[2].len, got[2].ptr);
	}
	nixie_report_free(r);
	return found;
}

/* ... of the one that is in the queue. */
static bool
report_tells(const struct world *w, const char *recipient, enum nixie_action action,
	const char *status, const char *words)
{
	const uint64_t id = world_report(w);
	char *const text = id == 0 ? NULL : world_text(w, id);
	const bool has = tells(text, recipient, action, status, words);
	free(text);
	return has;
}

/* ---- here */

static void
test_mailbox(struct world *w)
{
	char text[2048] = "";
	const uint64_t id = world_take_one(w, "sam@far.example", "ann@here.example");
	tap_ok(deliver_turn(w->deliver) <= w->now_ms || workers_left(w->workers) > 0,
		"what was begun is not slept over");
	world_settle(w);
	tap_ok(!queue_find(w->queue, id, NULL), "the message has left the queue");
	is_state(w, RECIPIENT_DELIVERED, 1);
	tap_is_int(world_mailbox(w, "here.example", "ann", text, sizeof text), 1, "one file");
	tap_ok(strncmp(text,
		       "Return-Path: <sam@far.example>\nDelivered-To: ann@here.example\nFrom:",
		       66) == 0,
		"with its head, and lines that end in LF");
	tap_ok(strstr(w->log, "delivered id=") != NULL, "the log says so");
}

static void
test_quota(struct world *w)
{
	const uint64_t id = world_take_one(w, "sam@far.example", "full@here.example");
	world_settle(w);
	const struct recipient_progress *p = world_progress(w, id, 0);
	tap_is_int(p->state, RECIPIENT_WAITING, "a full mailbox waits");
	tap_is_str(p->why, STR("X52"), "as mailbox full");
	tap_is_int(p->attempts, 1, "an attempt");
	w->now_ms += 3 * DAY_MS;
	world_wait_due(w, id, 0);
	tap_ok(!queue_find(w->queue, id, NULL), "when its grace is over it is given up");
	tap_ok(report_tells(w, "full@here.example", NIXIE_ACTION_FAILED, "5.2.2", "Mailbox full"),
		"and its sender told");
}

static void
test_unknown(struct world *w)
{
	const uint64_t id = world_take_one(w, "sam@far.example", "gone@here.example");
	world_settle(w);
	tap_ok(!queue_find(w->queue, id, NULL), "nobody of that name");
	is_state(w, RECIPIENT_BOUNCED, 1);
	const uint64_t report = world_report(w);
	tap_ok(report != 0, "a report");
	struct queue_message found;
	const struct queue_message *const m = queue_find(w->queue, report, &found) ? &found : NULL;
	tap_is_int(m->envelope.reverse_path.len, 0, "with the null reverse-path");
	tap_is_str(queue_recipient(m, 0).forward_path, STR("sam@far.example"), "to the sender");
	const size_t job = world_job(w);
	tap_ok(job < WORLD_JOBS_MAX && strcmp(w->jobs[job].place, "far.example:0") == 0,
		"on its way");
	world_answer(w, job, REMOTE_TAKEN, 250, "250 2.0.0 Ok");
	world_settle(w);
	is_state(w, RECIPIENT_RELAYED, 1);
	is_state(w, RECIPIENT_WAITING, 0);
}

/* An account that became an alias after the message was accepted is followed. */
static void
test_changed(struct world *w)
{
	static struct directory_error e;
	char text[2048] = "";
	tap_ok(directory_alias_add(
		       w->directory, STR("new@here.example"), STR("bob@here.example"), &e),
		"%s", e.words);
	world_take_one(w, "sam@far.example", "new@here.example");
	world_settle(w);
	tap_is_int(world_mailbox(w, "here.example", "bob", text, sizeof text), 1, "to its target");
}

static void
test_loop(struct world *w)
{
	const struct queue_recipient one = {.forward_path = STR("ann@here.example")};
	world_take(w, STR("sam@far.example"), &one, 1,
		STR("Delivered-To: two@there.example\r\nDelivered-To: ann@here.example\r\n"
		    "Subject: round\r\n\r\n."));
	world_settle(w);
	is_state(w, RECIPIENT_BOUNCED, 1);
	tap_ok(report_tells(w, "ann@here.example", NIXIE_ACTION_FAILED, "5.4.6",
		       "ann@here.example -> two@there.example -> ann@here.example"),
		"the way round is told");
	tap_is_int(world_mailbox(w, "here.example", "ann", NULL, 0), 0, "and nothing delivered");
}

/* ---- commands */

static void
command_set(struct world *w, const char *command)
{
	w->settings.local = LOCAL_PIPE;
	w->settings.command = str_of(command);
	deliver_settings_set(w->deliver, &w->settings);
}

static void
test_command(struct world *w)
{
	char command[512], cwd[256], path[400], text[2048] = "";
	tap_ok(getcwd(cwd, sizeof cwd) != NULL, "a folder");
	snprintf(path, sizeof path, "%s/%s/out", cwd, w->folder);
	snprintf(command, sizeof command, "{ env; cat; } > '%s'", path);
	command_set(w, command);
	const struct queue_recipient ann = {.forward_path = STR("ann@here.example"),
		.original = STR("rfc822;ann+shop@here.example")};
	world_take(w, STR("sam@far.example"), &ann, 1, STR("From: s\r\n\r\nHello.\r\n"));
	world_settle(w);
	is_state(w, RECIPIENT_DELIVERED, 1);
	FILE *const f = fopen(path, "r");
	tap_ok(f != NULL && fread(text, 1, sizeof text - 1, f) > 0, "the command ran");
	if (f != NULL)
		fclose(f);
	tap_ok(strstr(text, "SENDER=sam@far.example\n") != NULL, "it is told the sender");
	tap_ok(strstr(text, "\nRECIPIENT=ann@here.example\n") != NULL, "and the recipient");
	tap_ok(strstr(text, "EXTENSION=shop\n") != NULL, "and what stood behind its plus");
	tap_ok(strstr(text,
		       "\nReturn-Path: <sam@far.example>\nDelivered-To: ann@here.example\nFrom:") !=
			NULL,
		"and gets the message");
	tap_ok(strchr(text, '\r') == NULL, "with lines of here");

	command_set(w, "cat >/dev/null; echo first; echo 'no such person' >&2; exit 67");
	world_take_one(w, "sam@far.example", "ann@here.example");
	world_settle(w);
	is_state(w, RECIPIENT_BOUNCED, 1);
	tap_ok(report_tells(w, "ann@here.example", NIXIE_ACTION_FAILED, "5.1.1",
		       "user unknown: no such person"),
		"its last line is the reason");

	command_set(w, "exit 75");
	const uint64_t id = world_take_one(w, "sam@far.example", "ann@here.example");
	world_settle(w);
	tap_is_int(world_progress(w, id, 0)->state, RECIPIENT_WAITING, "a temporary failure waits");
	command_set(w, "exec /no/such/command");
	w->logged[LOG_ALARM] = 0;
	world_wait_due(w, id, 0);
	tap_is_int(
		world_progress(w, id, 0)->state, RECIPIENT_WAITING, "what is our fault waits, too");
	tap_is_int(w->logged[LOG_ALARM], 1, "and an operator is told");
	w->settings.pipe_timeout_s = 0;
	command_set(w, "sleep 600");
	world_wait_due(w, id, 0);
	tap_is_int(world_progress(w, id, 0)->attempts, 3, "one that takes too long is killed");
	tap_ok(str_has(world_progress(w, id, 0)->reply, STR("pipe_timeout")), "and said to be");
}

/* ---- elsewhere */

static void
test_relayed(struct world *w)
{
	const struct queue_recipient list[] = {{.forward_path = STR("a@far.example")},
		{.forward_path = STR("b@FAR.example")}, {.forward_path = STR("c@other.example")},
		{.forward_path = STR("d@routed.example")}};
	const uint64_t id =
		world_take(w, STR("ann@here.example"), list, 4, STR("Subject: x\r\n\r\n"));
	world_settle(w);
	tap_is_int(w->job_count, 3, "one job for each place");
	bool has_two = false, has_route = false;
	for (size_t i = 0; i < w->job_count; i++) {
		has_two |= w->jobs[i].count == 2;
		has_route |= strcmp(w->jobs[i].place, "relay.example:587") == 0;
	}
	tap_ok(has_two, "two recipients of one domain go together");
	tap_ok(has_route, "a route goes to its host");
	for (size_t i = 0; i < 3; i++)
		world_answer(w, i, REMOTE_TAKEN, 250, "250 2.0.0 Ok");
	world_settle(w);
	tap_ok(!queue_find(w->queue, id, NULL), "all gone");
	is_state(w, RECIPIENT_RELAYED, 4);
	is_state(w, RECIPIENT_BOUNCED, 0);
}

/* A server that a route names is told as such, any other as the recipient's. */
static void
test_route_refuses(struct world *w)
{
	static const char *const to[] = {"d@routed.example", "a@far.example"};
	for (size_t i = 0; i < 2; i++) {
		char text[8192] = "";
		(void)world_take_one(w, i == 0 ? "ann@here.example" : "bob@here.example", to[i]);
		world_settle(w);
		world_answer(w, world_job(w), REMOTE_REFUSED, 550, "550 5.1.1 No such user");
		world_settle(w);
		tap_is_int(
			world_mailbox(w, "here.example", i == 0 ? "ann" : "bob", text, sizeof text),
			1, "a report about %s", to[i]);
		tap_is_int(strstr(text, "sends this") != NULL, i == 0,
			"%s: by the server of a route?", to[i]);
		tap_is_int(strstr(text, "receives mail") != NULL, i == 1,
			"%s: by the server of the domain?", to[i]);
	}
}

static void
test_mixed(struct world *w)
{
	const struct queue_recipient list[] = {{.forward_path = STR("a@far.example")},
		{.forward_path = STR("b@far.example")}, {.forward_path = STR("c@far.example")}};
	const uint64_t id =
		world_take(w, STR("ann@here.example"), list, 3, STR("Subject: x\r\n\r\n"));
	world_settle(w);
	const struct remote_try peer = {
		.name = STR("mx.far.example"), .ip = STR("192.0.2.9"), .port = 25};
	const struct remote_result results[] = {{.outcome = REMOTE_TAKEN,
							.code = 250,
							.reply = STR("250 Ok"),
							.condition = CONDITION__COUNT,
							.peer = &peer},
		{.outcome = REMOTE_REFUSED,
			.code = 550,
			.stage = REMOTE_AT_RCPT,
			.reply = STR("550 5.1.1 No such user"),
			.condition = CONDITION__COUNT,
			.peer = &peer},
		{.outcome = REMOTE_DEFERRED,
			.code = 451,
			.stage = REMOTE_AT_RCPT,
			.reply = STR("451 4.7.1 Greylisted, try again in 300 seconds"),
			.condition = CONDITION__COUNT,
			.peer = &peer}};
	world_answer_each(w, world_job(w), results);
	world_settle(w);
	tap_is_int(world_progress(w, id, 0)->state, RECIPIENT_RELAYED, "one taken");
	tap_is_int(world_progress(w, id, 1)->state, RECIPIENT_BOUNCED, "one refused");
	tap_is_int(world_progress(w, id, 2)->state, RECIPIENT_WAITING, "one waits");
	const int64_t wait = world_progress(w, id, 2)->due_ms - w->now_ms;
	tap_ok(wait >= 300000 && wait <= 400000, "as long as it was asked to: %lld",
		(long long)wait);
	char text[8192] = "";
	tap_is_int(world_mailbox(w, "here.example", "ann", text, sizeof text), 1,
		"the report is in the sender's mailbox");
	tap_ok(tells(text, "b@far.example", NIXIE_ACTION_FAILED, "5.1.1", "No such user"),
		"it tells of the one");
	tap_ok(strstr(text, "c@far.example") == NULL, "and of no other");
}

static void
test_waiting(struct world *w)
{
	const uint64_t id = world_take_one(w, "sam@far.example", "x@busy.example");
	world_settle(w);
	unsigned attempts = 0, notices = 0;
	int64_t first_notice_ms = 0;
	const int64_t began_ms = w->now_ms;
	while (queue_find(w->queue, id, NULL) && attempts < 500) {
		const size_t job = world_job(w);
		if (job == WORLD_JOBS_MAX)
			break;
		attempts++;
		world_answer(w, job, REMOTE_DEFERRED, 451, "451 4.3.0 Please come back");
		world_settle(w);
		if (w->logged[LOG_DELAYED] > notices) {
			notices = w->logged[LOG_DELAYED];
			first_notice_ms = w->now_ms;
			world_answer(w, world_job(w), REMOTE_TAKEN, 250, "250 Ok");
			world_settle(w);
		}
		if (queue_find(w->queue, id, NULL))
			world_wait_due(w, id, 0);
	}
	tap_ok(attempts > 20 && attempts < 200, "tried %u times", attempts);
	tap_is_int(notices, 1, "told once of the delay");
	tap_ok(first_notice_ms - began_ms >= 4 * HOUR_MS &&
			first_notice_ms - began_ms < 5 * HOUR_MS,
		"after four hours");
	tap_ok(w->now_ms - began_ms >= 5 * DAY_MS, "given up after five days");
	tap_ok(report_tells(w, "x@busy.example", NIXIE_ACTION_FAILED, "4.3.0", "Please come back"),
		"with a report");
	is_state(w, RECIPIENT_BOUNCED, 1);
}

/* However many places do not answer: one notice, and it names all who wait. */
static void
test_one_notice(struct world *w)
{
	const struct queue_recipient list[] = {{.forward_path = STR("a@one.example")},
		{.forward_path = STR("b@two.example")},
		{.forward_path = STR("c@three.example"), .notify = NOTIFY_FAILURE}};
	const uint64_t id =
		world_take(w, STR("bob@here.example"), list, 3, STR("Subject: x\r\n\r\n"));
	for (int i = 0; i < 60 && w->now_ms < 1790000000000 + 6 * HOUR_MS; i++) {
		world_settle(w);
		for (size_t job; (job = world_job(w)) != WORLD_JOBS_MAX;)
			world_answer(w, job, REMOTE_DEFERRED, 451, "451 4.3.0 Please come back");
		world_settle(w);
		w->now_ms += HOUR_MS / 6;
	}
	char text[32768] = "";
	tap_is_int(world_mailbox(w, "here.example", "bob", text, sizeof text), 1, "one notice");
	tap_ok(tells(text, "a@one.example", NIXIE_ACTION_DELAYED, "4.3.0", "come back"),
		"of one who waits");
	tap_ok(tells(text, "b@two.example", NIXIE_ACTION_DELAYED, "4.3.0", "come back"),
		"and of the other");
	tap_ok(strstr(text, "c@three.example") == NULL, "and of none who is not to be told");
	tap_is_int(world_progress(w, id, 1)->state, RECIPIENT_WAITING, "who wait still");
}

/* Hundreds of recipients refused at once: all of them are told of. */
static void
test_many(struct world *w)
{
	static struct queue_recipient list[600];
	static char names[600][40], reply[900];
	for (size_t i = 0; i < 600; i++) {
		snprintf(names[i], sizeof names[i], "user%zu@far.example", i);
		list[i] = (struct queue_recipient){.forward_path = str_of(names[i])};
	}
	memset(reply, 'x', sizeof reply - 1);
	memcpy(reply, "550 5.1.1 No such user ", 23);
	world_take(w, STR("bob@here.example"), list, 600, STR("Subject: x\r\n\r\n"));
	world_settle(w);
	for (size_t job; (job = world_job(w)) != WORLD_JOBS_MAX;) {
		world_answer(w, job, REMOTE_REFUSED, 550, reply);
		world_settle(w);
	}
	is_state(w, RECIPIENT_BOUNCED, 600);
	is_state(w, RECIPIENT_WAITING, 0);
	tap_is_int(world_mailbox_count(w, "here.example", "bob", "Action: failed"), 600,
		"each is told of once");
	const size_t reports = world_mailbox(w, "here.example", "bob", NULL, 0);
	tap_ok(reports <= 8, "in %zu reports", reports);
}

/* Nobody could be asked: no attempt counts, but time goes on. */
/* More than a lane takes: each goes as soon as there is room, and not when time has gone on. */
static void
test_crowd(struct world *w)
{
	enum { CROWD = 620 };
	int answered = 0;
	for (int i = 0; i < CROWD; i++)
		world_take_one(w, "ann@here.example", "x@far.example");
	world_settle(w);
	struct deliver_counts counts;
	deliver_counts(w->deliver, &counts);
	tap_ok(counts.in_line < CROWD - world_jobs_open(w), "some find the lane full");
	for (size_t job; (job = world_job(w)) < WORLD_JOBS_MAX; answered++) {
		world_answer(w, job, REMOTE_TAKEN, 250, "250 2.0.0 Ok");
		world_settle(w);
	}
	tap_is_int(answered, CROWD, "all were tried at the same moment");
	is_state(w, RECIPIENT_RELAYED, CROWD);
}

static void
test_untried(struct world *w)
{
	const uint64_t id = world_take_one(w, "sam@far.example", "x@dead.example");
	world_settle(w);
	world_answer(w, world_job(w), REMOTE_UNTRIED, 0, "");
	world_settle(w);
	tap_is_int(world_progress(w, id, 0)->attempts, 0, "no attempt");
	tap_is_int(world_jobs_open(w), 0, "nobody tries");
	w->now_ms += HOUR_MS + 1000;
	world_settle(w);
	tap_is_int(world_jobs_open(w), 1, "until the place may be asked again");
	w->now_ms += 6 * DAY_MS;
	world_answer(w, world_job(w), REMOTE_UNTRIED, 0, "");
	world_settle(w);
	tap_ok(!queue_find(w->queue, id, NULL), "and in the end it is given up all the same");
	tap_ok(report_tells(w, "x@dead.example", NIXIE_ACTION_FAILED, "4.4.7", ""),
		"with a report");
}

/* ---- who is told */

static void
refuse_one(struct world *w, const char *sender, uint32_t notify)
{
	const struct queue_recipient one = {.forward_path = STR("x@far.example"), .notify = notify};
	world_take(w, str_of(sender), &one, 1, STR("Subject: x\r\n\r\n"));
	world_settle(w);
	world_answer(w, world_job(w), REMOTE_REFUSED, 550, "550 5.1.1 No such user");
	world_settle(w);
}

static void
test_told(struct world *w)
{
	refuse_one(w, "sam@far.example", NOTIFY_NEVER);
	tap_ok(world_report(w) == 0, "who asked for no report gets none");
	is_state(w, RECIPIENT_DISCARDED, 1);
	tap_ok(strstr(w->log, "discarded id=") != NULL && strstr(w->log, "rule=rule:") != NULL,
		"by a rule that the log names");
	/* A report that cannot be returned is told to the postmaster, here. */
	refuse_one(w, "sam@elsewhere.example", 0);
	world_answer(w, world_job(w), REMOTE_REFUSED, 550, "550 5.1.1 No such user");
	world_settle(w);
	char text[16384] = "";
	tap_is_int(world_mailbox(w, "here.example", "postmaster", text, sizeof text), 1,
		"a bounce of a bounce goes to the postmaster");
	is_state(w, RECIPIENT_WAITING, 0);
}

static void
test_success(struct world *w)
{
	const struct queue_recipient one = {
		.forward_path = STR("ann@here.example"), .notify = NOTIFY_SUCCESS};
	world_take(w, STR("sam@far.example"), &one, 1, STR("Subject: x\r\n\r\n"));
	world_settle(w);
	tap_ok(report_tells(w, "ann@here.example", NIXIE_ACTION_DELIVERED, "2.0.0", ""),
		"who asked for it hears of success");
}

static void
test_cap(struct world *w)
{
	w->settings.reports_per_sender = 3;
	deliver_settings_set(w->deliver, &w->settings);
	for (int i = 0; i < 5; i++) {
		refuse_one(w, "sam@mass.example", 0);
		if (i < 3) { /* the report itself */
			world_answer(w, world_job(w), REMOTE_TAKEN, 250, "250 Ok");
			world_settle(w);
		}
	}
	struct queue_counts c = audit(w);
	tap_is_int(c.final[RECIPIENT_BOUNCED], 3, "so many reports in an hour");
	tap_is_int(c.waiting, 2, "the others wait");
	world_crash(w); /* what was counted is in a file */
	world_settle(w);
	refuse_one(w, "sam@mass.example", 0);
	c = audit(w);
	tap_is_int(c.waiting, 3, "also after a restart");
	const size_t jobs = w->job_count;
	w->now_ms += HOUR_MS + 1000;
	world_settle(w);
	c = audit(w);
	tap_is_int(c.final[RECIPIENT_BOUNCED], 6, "for the next hour");
	tap_is_int(w->job_count, jobs + 1, "and nothing but one report was sent for them");
}

/* What a program of ann's was refused comes into ann's mailbox, as often as reports may. */
static void
test_notice(struct world *w)
{
	const struct notice_recipient refused = {.rcpt = STR("nobody@far.example"),
		.reply = STR("550 5.1.1 Unknown user <nobody@far.example> (C34 7Q2F)"),
		.stage = NIXIE_STAGE_RCPT,
		.at_ms = w->now_ms};
	const struct notice n = {.account = STR("ann@here.example"),
		.sender = STR("ann@here.example"),
		.session = STR("7Q2F"),
		.client = STR("192.0.2.7"),
		.header = STR("Subject: Lunch\r\n\r\n"),
		.began_ms = w->now_ms,
		.recipients = &refused,
		.count = 1};
	static char text[65536];
	w->settings.reports_per_sender = 2;
	deliver_settings_set(w->deliver, &w->settings);
	deliver_notice(w->deliver, &n);
	world_settle(w);
	tap_is_int(world_mailbox(w, "here.example", "ann", text, sizeof text), 1, "a notice");
	tap_ok(strncmp(text, "Return-Path: <>\n", 16) == 0 &&
			strstr(text, "Auto-Submitted: auto-generated\n") != NULL &&
			strstr(text, "nobody@far.example") != NULL &&
			strstr(text, "Lunch") != NULL && strstr(text, "(C34 7Q2F)") != NULL,
		"from nobody, with what was said");
	tap_ok(strstr(text, "the last notice of this hour") == NULL, "not the last of the hour");
	deliver_notice(w->deliver, &n);
	deliver_notice(w->deliver, &n);
	world_settle(w);
	tap_is_int(world_mailbox(w, "here.example", "ann", NULL, 0), 2, "no more than reports");
	tap_is_int(
		(long)world_mailbox_count(w, "here.example", "ann", "the last notice of this hour"),
		2, "... of which the last says so, as text and as HTML");
	tap_ok(strstr(w->log, "rule:too-many-reports") != NULL, "... and the log why");
	const struct queue_counts c = audit(w);
	tap_is_int((long)c.accepted, 2, "each is counted");
	tap_is_int((long)c.final[RECIPIENT_DELIVERED], 2, "... and delivered");
	w->now_ms += HOUR_MS + 1000;
	deliver_notice(w->deliver, &n);
	world_settle(w);
	tap_is_int(world_mailbox(w, "here.example", "ann", NULL, 0), 3, "in the next hour again");
	deliver_stop(w->deliver);
	deliver_notice(w->deliver, &n);
	tap_is_int((long)audit(w).accepted, 3, "not when it ends");
}

static void
act(struct world *w, enum operate_act what, uint64_t id)
{
	operate(w->deliver, what, &(struct select_filter){.message = id}, STR("root"), NULL, NULL);
	world_settle(w);
}

/* Recipients of one message that fail at once are told of in one report: who is not here, who is
 * returned by hand, whose report was put off. */
static void
test_one_report(struct world *w)
{
	const struct queue_recipient here[] = {{.forward_path = STR("no.one@here.example")},
		{.forward_path = STR("x@far.example")},
		{.forward_path = STR("no.two@here.example")},
		{.forward_path = STR("no.three@here.example")}};
	struct deliver_counts c;
	world_take(w, STR("ann@here.example"), here, 4, STR("Subject: x\r\n\r\n"));
	world_settle(w);
	char text[32768] = "";
	tap_is_int(world_mailbox(w, "here.example", "ann", text, sizeof text), 1, "one report");
	tap_ok(strstr(text, "no.one@here.example") != NULL &&
			strstr(text, "no.two@here.example") != NULL &&
			strstr(text, "no.three@here.example") != NULL,
		"of all three");
	deliver_counts(w->deliver, &c);
	tap_is_int(c.bounced, 3, "that failed");
	world_answer(w, world_job(w), REMOTE_TAKEN, 250, "250 Ok");
	world_settle(w);

	const struct queue_recipient far[] = {{.forward_path = STR("p@far.example")},
		{.forward_path = STR("q@far.example")}, {.forward_path = STR("r@else.example")}};
	const uint64_t id =
		world_take(w, STR("ann@here.example"), far, 3, STR("Subject: x\r\n\r\n"));
	world_settle(w);
	world_answer(w, world_job(w), REMOTE_DEFERRED, 451, "451 4.3.0 Busy");
	world_answer(w, world_job(w), REMOTE_DEFERRED, 451, "451 4.3.0 Busy");
	world_settle(w);
	act(w, OPERATE_RETURN, id);
	tap_ok(!queue_find(w->queue, id, NULL), "all are returned by hand");
	tap_is_int(world_mailbox(w, "here.example", "ann", NULL, 0), 2, "in one report");

	w->settings.reports_per_sender = 1;
	deliver_settings_set(w->deliver, &w->settings);
	refuse_one(w, "ann@here.example", 0);
	world_take(w, STR("ann@here.example"), here, 1, STR("Subject: x\r\n\r\n"));
	const struct queue_recipient late[] = {{.forward_path = STR("no.four@here.example")},
		{.forward_path = STR("no.five@here.example")}};
	world_take(w, STR("ann@here.example"), late, 2, STR("Subject: x\r\n\r\n"));
	world_settle(w);
	const size_t before = world_mailbox(w, "here.example", "ann", NULL, 0);
	w->settings.reports_per_sender = 50;
	deliver_settings_set(w->deliver, &w->settings);
	w->now_ms += HOUR_MS + 1000;
	world_settle(w);
	tap_is_int(world_mailbox(w, "here.example", "ann", NULL, 0), (long)before + 1,
		"and when they were put off, one of all messages");
	audit(w);
}

/* A message of ann's to somebody who is not here. */
static void
fail_one(struct world *w, const char *to, uint32_t notify, const char *subject)
{
	char text[80];
	const struct queue_recipient one = {.forward_path = str_of(to), .notify = notify};
	snprintf(text, sizeof text, "Subject: %s\r\n\r\n", subject);
	world_take(w, STR("ann@here.example"), &one, 1, str_of(text));
}

/* The hour of a sender who has had one report already is over. */
static void
hour_is_over(struct world *w)
{
	w->now_ms += HOUR_MS + 1000;
	world_settle(w);
}

/* Failures past the reports of an hour are told together when it is over, whatever happens to the
 * server meanwhile. */
static void
test_together(struct world *w)
{
	struct deliver_counts c;
	w->settings.reports_per_sender = 1;
	deliver_settings_set(w->deliver, &w->settings);
	fail_one(w, "first@here.example", 0, "told at once");
	world_settle(w);
	fail_one(w, "second@here.example", 0, "=?UTF-8?Q?caf=C3=A9?=");
	fail_one(w, "third@here.example", 0, "the third");
	fail_one(w, "fourth@here.example", NOTIFY_FAILURE, "who wants to be told of each");
	world_settle(w);
	tap_is_int(world_mailbox(w, "here.example", "ann", NULL, 0), 1, "one report in this hour");
	world_crash(w);
	world_settle(w);
	tap_is_int(world_mailbox(w, "here.example", "ann", NULL, 0), 1, "also after a crash");
	hour_is_over(w);
	tap_is_int(world_mailbox(w, "here.example", "ann", NULL, 0), 3,
		"then one of two of the others, and one for who said NOTIFY");
	tap_is_int(world_mailbox_count(
			   w, "here.example", "ann", "Subject: 2 more messages were not delivered"),
		1, "... it counts them");
	tap_ok(world_mailbox_count(w, "here.example", "ann", "second@here.example") > 0 &&
			world_mailbox_count(w, "here.example", "ann", "third@here.example") > 0 &&
			world_mailbox_count(w, "here.example", "ann", "the third") > 0,
		"... and names both");
	tap_is_int(world_mailbox_count(w, "here.example", "ann", "Auto-Submitted: auto-replied"), 3,
		"... as a machine's");
	tap_ok(strstr(w->log, "rule=rule:report-in-digest") != NULL, "... as the log says");
	is_state(w, RECIPIENT_WAITING, 0);
	hour_is_over(w);
	tap_is_int(world_mailbox_count(w, "here.example", "ann",
			   "Final-Recipient: rfc822; fourth@here.example"),
		1, "who said NOTIFY is told of each message");
	fail_one(w, "fifth@here.example", 0, "told at once");
	world_settle(w);
	fail_one(w, "sixth@here.example", 0, "alone");
	world_settle(w);
	hour_is_over(w);
	tap_is_int(world_mailbox_count(w, "here.example", "ann", "Subject: 2 more messages"), 1,
		"who has but one more is told as ever");
	is_state(w, RECIPIENT_WAITING, 0);
	deliver_counts(w->deliver, &c);
	tap_is_int(c.under_way, 0, "nothing is left under way");
	audit(w);
}

/* Past what one message lists there is another one. */
static void
test_together_many(struct world *w)
{
	enum { MANY = SUMMARY_SHOWN_MAX + 2 };
	w->settings.reports_per_sender = 1;
	deliver_settings_set(w->deliver, &w->settings);
	fail_one(w, "first@here.example", 0, "told at once");
	world_settle(w);
	for (int i = 0; i < MANY; i++) {
		char to[40];
		snprintf(to, sizeof to, "no%d@here.example", i);
		fail_one(w, to, 0, "of many");
	}
	world_settle(w);
	hour_is_over(w);
	tap_is_int(world_mailbox(w, "here.example", "ann", NULL, 0), 3, "two messages of many");
	tap_is_int(world_mailbox_count(w, "here.example", "ann", "Subject: 500 more messages"), 1,
		"one has as many as are listed");
	tap_is_int(world_mailbox_count(w, "here.example", "ann", "Subject: 2 more messages"), 1,
		"the other the rest");
	is_state(w, RECIPIENT_WAITING, 0);
	audit(w);
}

/* A server that stops while it collects them keeps nothing back. */
static void
test_together_stopped(struct world *w)
{
	enum { MANY = 60 }; /* more than are looked at in one turn */
	struct deliver_counts c;
	w->settings.reports_per_sender = 1;
	deliver_settings_set(w->deliver, &w->settings);
	fail_one(w, "first@here.example", 0, "told at once");
	world_settle(w);
	for (int i = 0; i < MANY; i++) {
		char to[40];
		snprintf(to, sizeof to, "no%d@here.example", i);
		fail_one(w, to, 0, "of many");
	}
	world_settle(w);
	w->now_ms += HOUR_MS + 1000;
	deliver_turn(w->deliver);
	deliver_counts(w->deliver, &c);
	tap_ok(c.under_way > 0 && c.under_way < MANY, "some are kept for one message");
	deliver_stop(w->deliver);
	deliver_counts(w->deliver, &c);
	tap_is_int(c.under_way, 0, "... and let go when the server stops");
	world_settle(w);
	world_crash(w);
	world_settle(w);
	hour_is_over(w);
	is_state(w, RECIPIENT_WAITING, 0);
	tap_is_int(world_mailbox_count(w, "here.example", "ann", "Subject: 60 more messages"), 1,
		"the next start tells of all");
	audit(w);
}

/* A report counts once, however many recipients it tells of. */
static void
test_cap_of_many(struct world *w)
{
	enum { MANY = 8 };
	struct queue_recipient to[MANY];
	char names[MANY][24];
	w->settings.reports_per_sender = 3;
	deliver_settings_set(w->deliver, &w->settings);
	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof names[i], "nobody%d@far.example", i);
		to[i] = (struct queue_recipient){.forward_path = str_of(names[i])};
	}
	world_take(w, STR("sam@mass.example"), to, MANY, STR("Subject: x\r\n\r\n"));
	world_settle(w);
	world_answer(w, world_job(w), REMOTE_REFUSED, 550, "550 5.1.1 User unknown");
	world_settle(w);
	struct queue_counts c = audit(w);
	tap_is_int(c.final[RECIPIENT_BOUNCED], MANY, "one report tells of more than the number");
}

/* ---- an operator */

static void
on_result(void *to, const struct operate_result *result)
{
	*(struct operate_result *)to = *result;
}

static void
test_operator(struct world *w)
{
	w->settings.retry.delay_notice_s = 0;
	deliver_settings_set(w->deliver, &w->settings);
	const uint64_t id = world_take_one(w, "ann@here.example", "x@far.example");
	world_settle(w);
	world_answer(w, world_job(w), REMOTE_DEFERRED, 451, "451 4.3.0 Busy");
	world_settle(w);
	act(w, OPERATE_HOLD, id);
	tap_is_int(world_progress(w, id, 0)->state, RECIPIENT_HELD, "held");
	w->now_ms += DAY_MS;
	world_settle(w);
	tap_is_int(world_jobs_open(w), 0, "and not tried");
	act(w, OPERATE_RELEASE, id);
	tap_is_int(world_jobs_open(w), 1, "released: tried at once");
	act(w, OPERATE_HOLD, id);
	world_answer(w, world_job(w), REMOTE_DEFERRED, 451, "451 4.3.0 Busy");
	world_settle(w);
	tap_is_int(world_progress(w, id, 0)->state, RECIPIENT_HELD, "held while it was under way");
	tap_is_int(world_progress(w, id, 0)->attempts, 2, "the attempt counts");
	act(w, OPERATE_RELEASE, id);
	world_answer(w, world_job(w), REMOTE_DEFERRED, 451, "451 4.3.0 Busy");
	world_settle(w);
	act(w, OPERATE_RETRY, id);
	tap_is_int(world_jobs_open(w), 1, "tried now");
	world_answer(w, world_job(w), REMOTE_DEFERRED, 451, "451 4.3.0 Busy");
	world_settle(w);
	act(w, OPERATE_RETURN, id);
	tap_ok(!queue_find(w->queue, id, NULL), "returned");
	char text[16384] = "";
	tap_is_int(world_mailbox(w, "here.example", "ann", text, sizeof text), 1,
		"its sender is told");
	tap_ok(tells(text, "x@far.example", NIXIE_ACTION_FAILED, "5.7.0", "by hand"), "why");

	const uint64_t other = world_take_one(w, "ann@here.example", "y@far.example");
	world_settle(w);
	act(w, OPERATE_REMOVE, other);
	tap_ok(!queue_find(w->queue, other, NULL), "removed while it was under way");
	world_answer(w, world_job(w), REMOTE_TAKEN, 250, "250 Ok");
	world_settle(w);
	is_state(w, RECIPIENT_DISCARDED, 1);

	for (int i = 0; i < 500; i++)
		world_take_one(
			w, "ann@here.example", i % 2 == 0 ? "p@many.example" : "q@odd.example");
	struct operate_result result = {0};
	operate(w->deliver, OPERATE_REMOVE,
		&(struct select_filter){
			.destination = STR("MANY.example"), .sender = STR("ann@here.example")},
		STR("root"), on_result, &result);
	world_settle(w);
	tap_is_int(result.changed, 250, "many at once, by destination");
	audit(w);
}

/* ---- crashes */

static void
test_crash(struct world *w)
{
	const uint64_t id = world_take_one(w, "ann@here.example", "x@far.example");
	world_settle(w);
	world_answer(w, world_job(w), REMOTE_TAKEN, 250, "250 Ok");
	world_crash(w); /* before it was durable */
	world_settle(w);
	tap_is_int(world_jobs_open(w), 1, "what was not written down is tried again");
	world_answer(w, world_job(w), REMOTE_REFUSED, 550, "550 5.1.1 No such user");
	world_settle(w);
	tap_ok(!queue_find(w->queue, id, NULL), "gone");
	is_state(w, RECIPIENT_BOUNCED, 1);
	world_crash(w);
	world_settle(w);
	is_state(w, RECIPIENT_BOUNCED, 1);
	tap_is_int(world_mailbox(w, "here.example", "ann", NULL, 0), 1, "one report, once");
}

/* A mailbox gets a message once, even if nobody remembers. */
static void
test_crash_mailbox(struct world *w)
{
	world_take_one(w, "sam@far.example", "ann@here.example");
	deliver_turn(w->deliver);
	deliver_turn(w->deliver);
	while (workers_left(w->workers) > 0)
		event_base_loop(w->base, EVLOOP_ONCE);
	tap_is_int(world_mailbox(w, "here.example", "ann", NULL, 0), 1, "there");
	world_crash(w);
	is_state(w, RECIPIENT_WAITING, 1);
	world_settle(w);
	is_state(w, RECIPIENT_DELIVERED, 1);
	tap_is_int(world_mailbox(w, "here.example", "ann", NULL, 0), 1, "and not twice");
}

/* The disk takes nothing for a while: what was done stays done. */
static void
test_disk_fails(struct world *w)
{
	const uint64_t id = world_take_one(w, "ann@here.example", "x@far.example");
	world_settle(w);
	model_disk_fail(w->disk, 1, 200, MODEL_FAIL);
	world_answer(w, world_job(w), REMOTE_TAKEN, 250, "250 Ok");
	for (int i = 0; i < 10; i++)
		queue_turn(w->queue);
	tap_ok(w->logged[LOG_ALARM] > 0, "an operator is told");
	tap_ok(queue_find(w->queue, id, NULL), "it is still in the queue");
	for (int i = 0; i < 200 && queue_find(w->queue, id, NULL); i++) {
		w->now_ms += 10000;
		world_settle(w);
	}
	tap_is_int(w->job_count, 1, "nobody was asked again");
	is_state(w, RECIPIENT_RELAYED, 1);
}

#define LIVES 4
#define MESSAGES 8

/* Any answers, any crash: each recipient ends once, and who failed is told once. */
static void
test_lives(struct world *w, uint64_t seed)
{
	static const char *const places[] = {"x@far.example", "ann@here.example", "y@other.example",
		"gone@here.example", "z@routed.example"};
	uint64_t taken = 0;
	for (int life = 0; life < LIVES; life++) {
		for (int i = 0; i < MESSAGES; i++) {
			struct queue_recipient list[3] = {0};
			const size_t n = 1 + model_disk_random(w->disk) % 3;
			for (size_t k = 0; k < n; k++)
				list[k].forward_path =
					str_of(places[model_disk_random(w->disk) % 5]);
			world_take(w, STR("bob@here.example"), list, n,
				STR("Subject: x\r\n\r\nHi\r\n"));
			taken += n;
		}
		for (int step = 0; step < 40; step++) {
			world_settle(w);
			w->now_ms += (int64_t)(model_disk_random(w->disk) % (DAY_MS / 4));
			for (size_t job; (job = world_job(w)) != WORLD_JOBS_MAX;) {
				const uint64_t what = model_disk_random(w->disk) % 4;
				if (what == 0)
					world_answer(w, job, REMOTE_TAKEN, 250, "250 Ok");
				else if (what == 1)
					world_answer(w, job, REMOTE_REFUSED, 550,
						"550 5.1.1 No such user");
				else if (what == 2)
					world_answer(
						w, job, REMOTE_DEFERRED, 451, "451 4.3.0 Busy");
				else
					world_answer(w, job, REMOTE_UNTRIED, 0, "");
			}
			if (model_disk_random(w->disk) % 8 == 0)
				break;
		}
		world_crash(w);
	}
	for (int i = 0; i < 400; i++) {
		world_settle(w);
		w->now_ms += HOUR_MS * 6;
		for (size_t job; (job = world_job(w)) != WORLD_JOBS_MAX;)
			world_answer(w, job, REMOTE_DEFERRED, 451, "451 4.3.0 Busy");
	}
	world_settle(w);
	struct queue_counts c;
	const bool balances = queue_audit(w->queue, &c);
	tap_ok(balances && c.waiting == 0 && c.held == 0, "seed %llu: every recipient has ended",
		(unsigned long long)seed);
	/* Everything that was taken, and the reports, which all went to bob. */
	const size_t reports = world_mailbox(w, "here.example", "bob", NULL, 0);
	tap_is_int(c.accepted - reports, taken, "the books know of every report");
	tap_is_int(world_mailbox_count(w, "here.example", "bob", "Action: failed"),
		c.final[RECIPIENT_BOUNCED], "each failure is told, and told once");
}

static void
run(void (*test)(struct world *), const char *name)
{
	printf("# %s\n", name);
	world_begin(&world, 1);
	test(&world);
	world_end(&world);
}

int
main(void)
{
	static const struct {
		void (*test)(struct world *);
		const char *name;
	} tests[] = {{test_mailbox, "mailbox"}, {test_quota, "quota"},
		{test_unknown, "unknown user"}, {test_changed, "changed since"},
		{test_command, "command"}, {test_loop, "loop"}, {test_relayed, "relayed"},
		{test_route_refuses, "a route refuses"}, {test_mixed, "mixed answers"},
		{test_waiting, "waiting"}, {test_untried, "untried"},
		{test_one_notice, "one notice"}, {test_many, "many"}, {test_crowd, "crowd"},
		{test_told, "who is told"}, {test_success, "success"}, {test_cap, "cap"},
		{test_notice, "notice"}, {test_together, "told together"},
		{test_together_many, "many, told together"},
		{test_together_stopped, "told together, and stopped"},
		{test_cap_of_many, "cap of many"}, {test_one_report, "one report"},
		{test_operator, "operator"}, {test_crash, "crash"},
		{test_crash_mailbox, "crash after a mailbox"}, {test_disk_fails, "disk fails"}};
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		run(tests[i].test, tests[i].name);
	for (uint64_t seed = 1; seed <= 5; seed++) {
		world_begin(&world, seed);
		test_lives(&world, seed);
		world_end(&world);
	}
	return tap_done();
}
