/* submit - the message to the server, while the caller waits */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sendmail/sendmail.h"
#include "smtp/client.h"
#include "smtp/xtext.h"

#define IN_BYTES 65536
#define OUT_BYTES 65536

_Static_assert(IN_BYTES >= CLIENT_IN_BYTES_MIN && OUT_BYTES >= CLIENT_OUT_BYTES_MIN, "rooms");

static int64_t
now_ms(void)
{
	struct timespec t = {0};
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A conversation, and what came of it. */
struct talk {
	const struct options *o;
	const char *where;
	struct client client;
	int fd;
	char in_room[IN_BYTES], out_room[OUT_BYTES];
	size_t in_len;
	struct reply_buffer out;
	const struct recipients *recipients;
	size_t *waiting; /* recipients, by place, that are in no transaction yet */
	size_t waiting_count;
	size_t *current; /* those of this transaction */
	struct client_recipient *envelope;
	struct client_envelope message;
	struct str text, text_left;
	bool gets_on; /* somebody's fate was told in this transaction */
	size_t taken, failed;
	int code; /* of the worst that happened */
	bool has_failed;
};

/* ---- bytes */

static bool
flush(struct talk *t)
{
	size_t at = 0;
	while (at < t->out.len) {
		const ssize_t n = send(t->fd, t->out.ptr + at, t->out.len - at, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		at += (size_t)n;
	}
	t->out.len = 0;
	return true;
}

/* Waits for the server, at most as long as it may take. */
static void
wait_for_more(struct talk *t)
{
	const int64_t deadline = client_deadline(&t->client), now = now_ms();
	const int wait = deadline == INT64_MAX        ? -1
			 : deadline <= now            ? 0
			 : deadline - now > INT32_MAX ? INT32_MAX
						      : (int)(deadline - now);
	struct pollfd p = {.fd = t->fd, .events = POLLIN};
	const int ready = poll(&p, 1, wait);
	if (ready == 0)
		client_expire(&t->client, now_ms());
	if (ready <= 0)
		return;
	const ssize_t n = recv(t->fd, t->in_room + t->in_len, IN_BYTES - t->in_len, 0);
	if (n > 0)
		t->in_len += (size_t)n;
	else if (n == 0 || errno != EINTR)
		client_lost(&t->client, CAUSE_LOST);
}

/* ---- what came of it */

/* sysexits for an answer: what callers decide by. */
static int
code_of(enum client_verdict verdict, enum client_stage stage, struct str reply)
{
	if (verdict == VERDICT_DEFERRED)
		return EXIT_TRY_LATER;
	const struct str status = str_from(reply, 4);
	if (str_starts(status, STR("5.7.")))
		return EXIT_NOT_ALLOWED;
	return stage == CLIENT_AT_RCPT ? EXIT_NO_USER : EXIT_UNAVAILABLE;
}

/* A refusal for good weighs more than one for now: trying again would not help everybody. */
static void
fail_with(struct talk *t, int code)
{
	if (t->code == EXIT_SENT || t->code == EXIT_TRY_LATER)
		t->code = code;
}

/* Why, in the server's words where it has said some. */
static void
complain_of(const char *what, struct str whom, const struct client_event *e)
{
	struct str reply = e->reply;
	const struct str words = client_cause_row(e->cause)->words;
	if (e->cause != CAUSE_REPLY || reply.len == 0) {
		complain("%s%.*s: %.*s", what, SHOWN(whom), SHOWN(words));
		return;
	}
	for (struct str line; str_line(&reply, &line);)
		complain("%s%.*s: %.*s", what, SHOWN(whom), SHOWN(line));
}

static void
on_result(struct talk *t, const struct client_event *e)
{
	const size_t at = t->current[e->recipient];
	const struct str whom = t->recipients->list[at];
	if (e->verdict == VERDICT_LATER) {
		t->waiting[t->waiting_count++] = at;
		return;
	}
	t->gets_on = true;
	if (e->verdict == VERDICT_TAKEN) {
		t->taken++;
		if (t->o->is_told)
			printf("sent to %.*s: %.*s\n", SHOWN(whom), SHOWN(e->reply));
		return;
	}
	t->failed++;
	complain_of(e->verdict == VERDICT_DEFERRED ? "not sent now to " : "not sent to ", whom, e);
	if (e->may_be_taken)
		complain("the server may have the message all the same: its answer was lost");
	fail_with(t, code_of(e->verdict, e->stage, e->reply));
}

static void
on_failed(struct talk *t, const struct client_event *e)
{
	/* Each recipient was told of already, when there were any. */
	if (t->failed > 0)
		return;
	t->has_failed = true;
	complain_of("the server at ", str_of(t->where), e);
	fail_with(t, e->cause == CAUSE_REPLY && e->code >= 500 ? EXIT_UNAVAILABLE : EXIT_TRY_LATER);
}

/* ---- the conversation */

static void
on_ready(struct talk *t)
{
	const size_t most = client_recipients_max(&t->client);
	if (t->waiting_count == 0 || !t->gets_on || client_is_tired(&t->client)) {
		client_quit(&t->client, now_ms());
		return;
	}
	const size_t n = t->waiting_count < most ? t->waiting_count : most;
	for (size_t i = 0; i < n; i++) {
		t->current[i] = t->waiting[i];
		t->envelope[i] = (struct client_recipient){
			.path = t->recipients->list[t->waiting[i]], .notify = t->o->notify};
	}
	t->waiting_count -= n;
	memmove(t->waiting, t->waiting + n, t->waiting_count * sizeof *t->waiting);
	t->message.recipients = t->envelope;
	t->message.recipient_count = (uint32_t)n;
	t->text_left = t->text;
	t->gets_on = false;
	client_begin(&t->client, &t->message, now_ms());
}

static void
talk(struct talk *t)
{
	struct client_event e;
	for (;;) {
		struct str in = {t->in_room, t->in_len};
		const enum client_event_kind kind =
			client_next(&t->client, &in, &t->out, &e, now_ms());
		switch (kind) {
		case CLIENT_MORE:
		case CLIENT_FLUSH:
		case CLIENT_CLOSE:
			break;
		case CLIENT_READY:
			on_ready(t);
			break;
		case CLIENT_TEXT: {
			const size_t used =
				client_text(&t->client, t->text_left, true, &t->out, now_ms());
			t->text_left = str_from(t->text_left, used);
			break;
		}
		case CLIENT_TLS:
			client_insecure(&t->client); /* it was not asked for */
			break;
		case CLIENT_RESULT:
			on_result(t, &e);
			break;
		case CLIENT_DONE:
			break;
		case CLIENT_FAILED:
			on_failed(t, &e);
			break;
		}
		/* What the event said of the reply is read by now. */
		t->in_len = in.len;
		memmove(t->in_room, in.ptr, in.len);
		if (t->out.len > 0 &&
			(kind == CLIENT_MORE || kind == CLIENT_FLUSH || kind == CLIENT_TEXT ||
				kind == CLIENT_CLOSE) &&
			!flush(t)) {
			t->out.len = 0;
			if (kind != CLIENT_CLOSE)
				client_lost(&t->client, CAUSE_LOST);
		}
		if (kind == CLIENT_CLOSE)
			return;
		if (kind == CLIENT_MORE)
			wait_for_more(t);
	}
}

int
submit(const struct options *o, const char *where, struct str host, struct str sender,
	const struct recipients *r, struct str message)
{
	static struct talk t; /* its rooms are large */
	const struct client_settings settings = {.host = host, .tls = CLIENT_TLS_OFF};
	t = (struct talk){
		.o = o, .where = where, .recipients = r, .text = message, .gets_on = true};
	t.envelope = arena_alloc(r->a, r->count, sizeof *t.envelope);
	t.waiting = arena_alloc(r->a, r->count, sizeof *t.waiting);
	t.current = arena_alloc(r->a, r->count, sizeof *t.current);
	char *const id_room = arena_bytes(r->a, 3 * o->envelope_id.len + 1);
	if (arena_failed(r->a)) {
		complain("not enough memory");
		return EXIT_OS;
	}
	bool is_utf8 = !str_is_ascii(sender);
	for (size_t i = 0; i < r->count; i++) {
		t.waiting[t.waiting_count++] = i;
		is_utf8 |= !str_is_ascii(r->list[i]);
	}
	t.message = (struct client_envelope){.path = sender,
		.size_bytes = (int64_t)message.len,
		.is_8bit = !str_is_ascii(message),
		.is_utf8 = is_utf8,
		.is_ret_full = o->is_ret_full,
		.is_ret_headers = o->is_ret_headers};
	if (str_is_set(o->envelope_id))
		t.message.envelope_id =
			(struct str){id_room, xtext_encode(o->envelope_id, id_room)};
	t.out = (struct reply_buffer){.ptr = t.out_room, .room = OUT_BYTES};
	t.fd = where_connect(where);
	if (t.fd < 0)
		return EXIT_TRY_LATER;
	client_init(&t.client, &settings, false, now_ms());
	talk(&t);
	client_fini(&t.client);
	close(t.fd);
	const size_t untold = r->count - t.taken - t.failed;
	if (untold > 0 && !t.has_failed) {
		complain("not sent to %zu recipients: the server takes no more in one connection",
			untold);
		fail_with(&t, EXIT_TRY_LATER);
	}
	if (t.taken > 0 && t.code != EXIT_SENT)
		complain("the server has the message for the others (%zu); send it again only to "
			 "those "
			 "named here",
			t.taken);
	return t.code;
}
