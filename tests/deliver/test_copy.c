/* test_copy - what a list sends: from its owner, told to its owner, and to the sender the list
 * alone */
#include "tap.h"
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include "deliver/copy.h"

static struct world world;

static void
must(bool ok)
{
	if (!ok) {
		printf("Bail out! not to be\n");
		exit(1);
	}
}

/* Bob owns the list team@here.example. */
static void
list_begin(struct world *w)
{
	struct directory_error e;
	must(directory_list_add(w->directory, STR("team@here.example"),
		&(struct list_settings){.mode = LIST_PUBLIC, .owner = STR("bob@here.example")},
		&e));
	must(directory_member_add(
		w->directory, STR("team@here.example"), STR("x@far.example"), &e));
}

#define MEMBER(address)                                                                            \
	{                                                                                          \
		.forward_path = STR_INIT(address), .notify = NOTIFY_FAILURE, .list = 1             \
	}

/* As a session puts it there. */
static uint64_t
post(struct world *w, const char *sender, uint32_t notify, const char *subject)
{
	const struct queue_recipient list[] = {{.forward_path = STR("team@here.example"),
						       .notify = notify,
						       .kind = RECIPIENT_LIST},
		MEMBER("ann@here.example"), MEMBER("gone@here.example"), MEMBER("x@far.example")};
	char text[80];
	snprintf(text, sizeof text, "Subject: %s\r\n\r\nHello.\r\n", subject);
	return world_take(w, str_of(sender), list, 4, str_of(text));
}

static uint64_t
final_of(const struct world *w, enum recipient_state state)
{
	struct queue_counts c;
	queue_count(w->queue, &c);
	tap_ok(queue_audit(w->queue, &c), "the books balance");
	return c.final[state];
}

static void
test_told(struct world *w)
{
	list_begin(w);
	const uint64_t id = post(w, "sam@poster.example", NOTIFY_SUCCESS | NOTIFY_FAILURE, "one");
	world_settle(w);
	tap_is_int(final_of(w, RECIPIENT_EXPANDED), 1, "the list has it");
	tap_is_int(w->logged[LOG_EXPANDED], 1, "and the log says so");
	tap_ok(strstr(w->log, "expanded id=") != NULL && strstr(w->log, " recipients=3") != NULL,
		"with the number of its members: %s", w->log);
	char text[8192];
	tap_is_int(
		world_mailbox(w, "here.example", "ann", text, sizeof text), 1, "a member has it");
	tap_ok(strncmp(text, "Return-Path: <owner-team@here.example>\n", 39) == 0,
		"from the owner");
	tap_is_int(world_mailbox(w, "here.example", "bob", text, sizeof text), 1,
		"the owner is told of who is gone");
	tap_ok(strstr(text, "Final-Recipient: rfc822; gone@here.example") != NULL, "by address");
	tap_is_int(world_jobs_open(w), 2, "the report to the sender, and the member elsewhere");
	for (size_t i = 0; i < w->job_count; i++) {
		const struct world_job *const j = &w->jobs[i];
		const bool is_report = strcmp(j->place, "poster.example:0") == 0;
		tap_is_str(str_of(j->sender), is_report ? STR("") : STR("owner-team@here.example"),
			"from whom: %s", j->place);
	}
	struct queue_message m;
	struct arena a;
	struct copy copy;
	arena_init(&a, 1 << 16);
	must(queue_find(w->queue, id, &m));
	copy_of(&m, 0, &a, &copy);
	tap_is_str(copy.sender, STR("sam@poster.example"), "what is the sender's stays so");
	copy_of(&m, 1, &a, &copy);
	tap_is_str(
		copy.sender, STR("owner-team@here.example"), "what is the list's is its owner's");
	tap_is_int(copy.flags & (MESSAGE_RET_HEADERS | MESSAGE_RET_FULL), MESSAGE_RET_HEADERS,
		"with the header back");
	copy_of(&m, 99, &a, &copy);
	tap_is_str(copy.sender, STR("sam@poster.example"), "no list is at that place");
	arena_fini(&a);
}

/* It ends as it began, whatever was lost: expanded and told in one commit. */
static void
test_crash(struct world *w)
{
	list_begin(w);
	post(w, "ann@here.example", NOTIFY_SUCCESS, "one");
	deliver_turn(w->deliver); /* it is decided, and not durable */
	world_crash(w);
	struct queue_counts c;
	queue_count(w->queue, &c);
	tap_is_int(c.final[RECIPIENT_EXPANDED], 0, "as if nobody had looked");
	tap_is_int(c.messages, 1, "and no report");
	world_settle(w);
	world_crash(w);
	world_settle(w);
	tap_is_int(final_of(w, RECIPIENT_EXPANDED), 1, "once");
	tap_is_int(world_mailbox_count(
			   w, "here.example", "ann", "Final-Recipient: rfc822; team@here.example"),
		1, "told once");
	tap_is_int(world_mailbox_count(w, "here.example", "ann", "Action: delivered"), 1,
		"as RFC 3461 s5.2.7.4 wants it");
}

/* Nobody is told of what nobody sent: a list whose owner is a list would be told for ever. */
static void
test_null(struct world *w)
{
	list_begin(w);
	post(w, "", NOTIFY_SUCCESS, "a bounce");
	world_settle(w);
	char text[8192];
	world_mailbox(w, "here.example", "ann", text, sizeof text);
	tap_ok(strncmp(text, "Return-Path: <>\n", 16) == 0, "no sender stays none");
	tap_is_int(world_mailbox(w, "here.example", "bob", NULL, 0), 0, "and nobody is told");
	tap_is_int(final_of(w, RECIPIENT_DISCARDED), 1, "of who is gone");
}

/* Failures past the reports of an hour come together, to the owner. */
static void
test_cap(struct world *w)
{
	list_begin(w);
	w->settings.reports_per_sender = 1;
	deliver_settings_set(w->deliver, &w->settings);
	for (int i = 0; i < 3; i++)
		post(w, "sam@poster.example", 0, "one of three");
	world_settle(w);
	tap_is_int(world_mailbox(w, "here.example", "bob", NULL, 0), 1, "one in this hour");
	w->now_ms += 3601 * 1000;
	world_settle(w);
	tap_is_int(world_mailbox(w, "here.example", "bob", NULL, 0), 2, "then one of the others");
	tap_is_int(world_mailbox_count(
			   w, "here.example", "bob", "Subject: 2 more messages were not delivered"),
		1, "which counts them");
	tap_is_int(final_of(w, RECIPIENT_BOUNCED), 3, "all three are told of");
}

/* A mailbox that keeps a copy: it is there, and has gone on. */
static void
test_forward(struct world *w)
{
	const struct queue_recipient both[] = {
		{.forward_path = STR("me@far.example"), .notify = NOTIFY_NEVER},
		{.forward_path = STR("bob@here.example"),
			.notify = NOTIFY_SUCCESS,
			.kind = RECIPIENT_FORWARDED}};
	world_take(w, STR("ann@here.example"), both, 2, STR("Subject: x\r\n\r\n"));
	world_settle(w);
	tap_is_int(world_mailbox_count(w, "here.example", "ann", "Action: expanded"), 1,
		"the sender is told so");
	tap_is_int(world_mailbox_count(w, "here.example", "ann", "me@far.example"), 0,
		"and not where to");
}

/* A report to the postmaster under another name, who is gone: told to nobody, or it goes on for
 * ever. */
static void
test_double(struct world *w)
{
	struct directory_error e;
	const struct queue_recipient one = {.forward_path = STR("gone@here.example")};
	must(directory_alias_add(
		w->directory, STR("root@here.example"), STR("root@away.example"), &e));
	w->settings.postmaster = STR("root@here.example");
	deliver_settings_set(w->deliver, &w->settings);
	world_take(w, STR("sam@poster.example"), &one, 1, STR("Subject: x\r\n\r\n"));
	world_settle(w);
	for (int i = 0; i < 3 && world_jobs_open(w) > 0; i++) {
		world_answer(w, world_job(w), REMOTE_REFUSED, 550, "550 5.1.1 No such user");
		world_settle(w);
	}
	tap_is_int(world_jobs_open(w), 0, "a bounce of a bounce of a bounce is no more");
	tap_is_int(final_of(w, RECIPIENT_BOUNCED), 2, "the message and its report");
	tap_is_int(final_of(w, RECIPIENT_DISCARDED), 1, "and what the postmaster was to be told");
}

int
main(void)
{
	void (*const tests[])(struct world *) = {
		test_told, test_crash, test_null, test_cap, test_forward, test_double};
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		world_begin(&world, 7 + i);
		tests[i](&world);
		world_end(&world);
	}
	return tap_done();
}
