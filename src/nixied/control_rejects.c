/* control_rejects - mail that was refused, and is released by an operator all the same */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/clock.h"
#include "net/file.h"
#include "nixied/control.h"
#include "nixied/nixied.h"
#include "receive/head.h"
#include "receive/reject_file.h"

/*
 * A message is released once, whatever happens meanwhile. Its file is renamed first, to
 * "NAME.released-ID" with the id that it will have in the queue, which makes it none of those that
 * are kept; then it is committed; then the file goes, and only then may anybody deliver it. At the
 * next start such a file tells what to do: a message that is in the queue was released, and one
 * that is not there never was, since it cannot be gone from there before its file is.
 */
#define ASIDE ".released-"
#define ASIDE_BYTES (sizeof ASIDE + QUEUE_ID_BYTES)

/* Until the queue has answered. */
struct release {
	struct release *next; /* of those that wait for it */
	struct buf *out;
	control_done *done;
	void *to;
	struct deliver *deliver;
	uint64_t message;
	char folder[REJECT_PATH_MAX], path[REJECT_PATH_MAX];
	char aside[REJECT_PATH_MAX + ASIDE_BYTES]; /* its name meanwhile; "": it has none */
};

/* A message that is asked for twice at once is released once. The loop's. */
static struct release *releasing;

static bool
is_being_released(const char *path)
{
	for (const struct release *r = releasing; r != NULL; r = r->next)
		if (strcmp(r->path, path) == 0)
			return true;
	return false;
}

static void
release_end(struct release *r)
{
	struct release **at = &releasing;
	while (*at != NULL && *at != r)
		at = &(*at)->next;
	if (*at != NULL)
		*at = r->next;
	free(r);
}

/* 0, or a negative errno, and then it is kept as before. */
static int
set_aside(struct release *r)
{
	char id[QUEUE_ID_BYTES];
	queue_id_text(r->message, id);
	snprintf(r->aside, sizeof r->aside, "%s" ASIDE "%s", r->path, id);
	if (rename(r->path, r->aside) == 0) {
		if (file_folder_sync(r->folder) == 0) /* seldom: the loop may wait for it */
			return 0;
		(void)rename(r->aside, r->path);
	}
	r->aside[0] = '\0';
	return -EIO;
}

static void
fault(const struct control_request *request, struct str what, struct str why)
{
	const struct str parts[] = {STR("nixied: rejects: "), what, STR(": "), why, STR("\n")};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		buf_add(request->out, parts[i]);
}

static void
was_kept(void *to, int error)
{
	struct release *const r = to;
	char id[QUEUE_ID_BYTES];
	queue_id_text(r->message, id);
	if (error != 0 && r->aside[0] != '\0')
		(void)rename(r->aside, r->path);
	if (error == 0) {
		unlink(r->aside);
		(void)file_folder_sync(r->folder);
		deliver_added(r->deliver, r->message);
		buf_add(r->out, STR("released as "));
		buf_add(r->out, str_of(id));
	} else {
		buf_add(r->out, STR("the queue does not take it: "));
		buf_add(r->out, str_of(strerror(-error)));
	}
	buf_add_char(r->out, '\n');
	r->done(r->to, error == 0 ? EXIT_DONE : EXIT_TROUBLE, NULL);
	release_end(r);
}

/* Its way: who brought it, and that it was refused first. */
static void
front_write(const struct control_parts *parts, const struct control_request *request,
	const struct reject *reject, const char *id, struct buf *out)
{
	const struct trace trace = {.helo = reject->helo,
		.client = reject->client,
		.host = parts->host,
		.protocol = STR("SMTP"),
		.id = str_of(id),
		.session = reject->session,
		.now_ms = reject->time_ms};
	buf_add(out, STR("X-Released: by "));
	buf_add(out, request->who);
	buf_add(out, STR(", after it was refused:\r\n "));
	buf_add(out, str_head_text(reject->reply, 900));
	buf_add(out, STR("\r\n"));
	trace_write(&trace, out);
}

static int
commit(const struct control_parts *parts, const struct control_request *request,
	const struct reject *reject, struct release *r)
{
	struct queue_recipient recipients[REJECT_RECIPIENTS_MAX] = {{.notify = 0}};
	struct buf front;
	char id[QUEUE_ID_BYTES];
	const int64_t now_ms = clock_wall_ms();
	struct queue_intake *const in = queue_intake_new(parts->queue, now_ms);
	if (in == NULL)
		return -ENOMEM;
	r->message = queue_intake_id(in);
	queue_id_text(r->message, id);
	for (size_t i = 0; i < reject->to_count; i++)
		recipients[i] = (struct queue_recipient){.forward_path = reject->to[i],
			.progress = {.state = RECIPIENT_WAITING,
				.due_ms = now_ms,
				.changed_ms = now_ms}};
	const struct queue_envelope envelope = {.arrived_ms = now_ms,
		.reverse_path = str_eq(reject->from, STR("<>")) ? STR("") : reject->from,
		.client = reject->client,
		.helo = reject->helo,
		.session = reject->session,
		.recipients = recipients,
		.recipient_count = reject->to_count};
	const struct queue_commit what = {
		.intake = in, .envelope = &envelope, .answer = was_kept, .to = r};
	buf_init(&front, QUEUE_FRONT_MAX);
	front_write(parts, request, reject, id, &front);
	int error = set_aside(r);
	const bool ok = error == 0 && !buf_failed(&front) &&
			queue_intake_add(in, reject->message.ptr, reject->message.len) &&
			queue_intake_front(in, front.ptr, front.len);
	buf_fini(&front);
	if (error == 0)
		error = ok ? queue_commit(parts->queue, &what) : -ENOMEM;
	if (error != 0)
		queue_intake_drop(in);
	return error;
}

static void
operator_log(const struct control_parts *parts, const struct control_request *request,
	const struct reject *reject, uint64_t message)
{
	char id[QUEUE_ID_BYTES];
	queue_id_text(message, id);
	EVENTLOG(parts->log, clock_wall_ms(), LOG_OPERATOR, {FIELD_ID, str_of(id)},
		{FIELD_SESSION, reject->session}, {FIELD_FROM, reject->from},
		{FIELD_TO, reject->to[0]}, {FIELD_RESULT, STR("released")},
		{FIELD_USER, request->who}, {FIELD_RULE, STR("rejects")},
		{FIELD_REPLY, reject->reply});
}

void
control_rejects(const struct control_parts *parts, const struct control_request *request,
	control_done *done, void *to)
{
	struct buf text;
	struct reject reject;
	char name[QUEUE_ID_BYTES] = "";
	const struct str id = request->count > 2 ? request->words[2] : STR_NONE;
	struct release *const r = calloc(1, sizeof *r);
	if (r == NULL || request->count != 3 || !str_eq(request->words[1], STR("release")) ||
		queue_id_parse(id) == 0) {
		fault(request, STR("release"), STR("wants the id of one message"));
		free(r);
		done(to, EXIT_USAGE, NULL);
		return;
	}
	queue_id_text(queue_id_parse(id), name);
	*r = (struct release){
		.out = request->out, .done = done, .to = to, .deliver = parts->deliver};
	snprintf(r->folder, sizeof r->folder, "%s/" REJECTS_FOLDER, parts->folder);
	const int n = snprintf(r->path, sizeof r->path, "%s/%s", r->folder, name);
	if (is_being_released(r->path)) {
		fault(request, id, STR("is being released already"));
		free(r);
		done(to, EXIT_NO, NULL);
		return;
	}
	buf_init(&text, REJECT_FILE_BYTES_MAX);
	int error = n > 0 && (size_t)n < sizeof r->path ? reject_load(r->folder, name, &text) : -1;
	if (error != 0 || !reject_read(buf_str(&text), &reject)) {
		fault(request, id, STR("no such message is kept"));
		free(r);
		done(to, EXIT_NO, NULL);
	} else if ((error = commit(parts, request, &reject, r)) != 0) {
		was_kept(r, error);
	} else {
		r->next = releasing;
		releasing = r;
		operator_log(parts, request, &reject, r->message);
	}
	buf_fini(&text);
}

/* ---- at the start */

/* One that a crash left aside: released, or kept as before. */
static void
settle(const char *folder, const char *name, struct queue *queue)
{
	char from[REJECT_PATH_MAX + NAME_MAX], to[REJECT_PATH_MAX + NAME_MAX];
	const size_t at = str_find(str_of(name), STR(ASIDE), 0);
	const uint64_t id =
		at == STR_NPOS ? 0 : queue_id_parse(str_from(str_of(name), at + strlen(ASIDE)));
	if (id == 0)
		return;
	snprintf(from, sizeof from, "%s/%s", folder, name);
	snprintf(to, sizeof to, "%s/%.*s", folder, (int)at, name);
	if (queue_find(queue, id, NULL))
		unlink(from);
	else
		(void)rename(from, to);
}

void
control_rejects_settle(const char *data_folder, struct queue *queue)
{
	char folder[REJECT_PATH_MAX];
	struct dirent **list = NULL;
	snprintf(folder, sizeof folder, "%s/" REJECTS_FOLDER, data_folder);
	const int count = scandir(folder, &list, NULL, NULL);
	for (int i = 0; i < count; i++) {
		settle(folder, list[i]->d_name, queue);
		free(list[i]);
	}
	free(list);
	if (count >= 0)
		(void)file_folder_sync(folder);
}
