/*
 * drive - a caller of the machine for tests: keeps the input, gathers what was sent and told
 *
 * Before each call the input moves to new memory of its exact size, so that a slice kept too long,
 * or a byte read too far, is seen by the sanitizers.
 */
#ifndef TESTS_DRIVE_H
#define TESTS_DRIVE_H

#include "base/buf.h"
#include "smtp/session.h"

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define DRIVE_BYTES_MAX ((size_t)64 << 20)

struct drive {
	struct session session;
	struct smtp_event event;
	char *in; /* what the machine has not used, in_bytes of it */
	size_t in_bytes;
	struct reply_buffer out;
	char out_room[SESSION_OUT_BYTES_MIN + 4096];
	struct buf sent, told; /* replies; events, a line each */
	struct buf body;       /* of the message that comes; told when it is complete */
	bool answers_later;    /* only after the machine has said that it waits */
	bool is_tight;         /* the smallest buffers that are allowed */
	bool wants_tls, was_tls, is_closed;
	int64_t now_ms;
	size_t in_bytes_most; /* that were ever left over */
	uint32_t waits;
	/* Fills in the answer to event->question; event is NULL no more when it is called. */
	void (*answer)(struct drive *d, struct smtp_answer *answer);
	void *of;
};

static inline void
drive_init(struct drive *d, const struct smtp_settings *settings, const struct session_peer *peer)
{
	session_init(&d->session, settings, peer, d->now_ms);
	buf_init(&d->sent, DRIVE_BYTES_MAX);
	buf_init(&d->told, DRIVE_BYTES_MAX);
	buf_init(&d->body, DRIVE_BYTES_MAX);
	d->out = (struct reply_buffer){
		d->out_room, 0, d->is_tight ? (size_t)SESSION_OUT_BYTES_MIN : sizeof d->out_room};
	d->in = malloc(1);
	assert(d->in != NULL);
}

static inline void
drive_fini(struct drive *d)
{
	session_fini(&d->session);
	free(d->in);
	buf_fini(&d->sent);
	buf_fini(&d->told);
	buf_fini(&d->body);
}

/* The input with `more` behind it, elsewhere. */
static inline void
drive_move(struct drive *d, struct str rest, struct str more)
{
	char *const to = malloc(rest.len + more.len + 1);
	assert(to != NULL);
	char *const exact = realloc(to, rest.len + more.len > 0 ? rest.len + more.len : 1);
	assert(exact != NULL);
	if (rest.len > 0)
		memcpy(exact, rest.ptr, rest.len);
	if (more.len > 0)
		memcpy(exact + rest.len, more.ptr, more.len);
	free(d->in);
	d->in = exact;
	d->in_bytes = rest.len + more.len;
}

static inline void
drive_tell(struct drive *d, const char *what, struct str detail)
{
	buf_add(&d->told, str_of(what));
	if (str_is_set(detail)) {
		buf_add_char(&d->told, ' ');
		buf_add(&d->told, detail);
	}
	buf_add_char(&d->told, '\n');
}

static inline struct str
drive_mailbox(const struct path *p, char *room)
{
	return (struct str){room, path_print(p, room)};
}

static inline void
drive_note(struct drive *d)
{
	const struct smtp_event *const e = &d->event;
	char room[PATH_PRINT_BYTES_MAX + ENDPOINT_TEXT_BYTES];
	switch (e->kind) {
	case EVENT_CONNECT:
		drive_tell(
			d, "connect", (struct str){room, endpoint_print(&d->session.client, room)});
		break;
	case EVENT_HELLO:
		drive_tell(d, "hello", e->text);
		break;
	case EVENT_MAIL:
		drive_tell(d, "mail", drive_mailbox(&e->path, room));
		break;
	case EVENT_RCPT:
		drive_tell(d, "rcpt", drive_mailbox(&e->path, room));
		break;
	case EVENT_DATA:
		drive_tell(d, "data", STR_NONE);
		break;
	case EVENT_END:
		if (e->recipient == 0 && d->body.len > 0)
			drive_tell(d, "body", buf_str(&d->body));
		buf_clear(&d->body);
		drive_tell(d, "end", session_protocol(&d->session));
		break;
	case EVENT_LOGIN:
	case EVENT_SCRAM:
	case EVENT_SIGNED_IN:
		drive_tell(d,
			e->kind == EVENT_LOGIN   ? "login"
			: e->kind == EVENT_SCRAM ? "scram"
						 : "signed-in",
			e->user);
		if (str_is_set(e->authzid))
			drive_tell(d, "authzid", e->authzid);
		break;
	case EVENT_PROXY:
		drive_tell(d, "proxy", (struct str){room, endpoint_print(&e->proxy.source, room)});
		break;
	case EVENT_XCLIENT:
		drive_tell(d, "xclient", e->text);
		break;
	case EVENT_BODY:
		for (size_t i = 0; i < e->text.len; i++)
			if (e->text.ptr[i] == '\r')
				buf_add(&d->body, STR("\\r"));
			else if (e->text.ptr[i] == '\n')
				buf_add(&d->body, STR("\\n"));
			else if (e->text.ptr[i] == '\0')
				buf_add(&d->body, STR("\\0"));
			else
				buf_add_char(&d->body, e->text.ptr[i]);
		break;
	case EVENT_RESET:
		buf_clear(&d->body);
		drive_tell(d, "reset", STR_NONE);
		break;
	case EVENT_REFUSED:
		drive_tell(d, "refused",
			(struct str){room, (size_t)snprintf(room, sizeof room, "C%d %u",
						   (int)e->condition, e->code)});
		assert(e->text.len > 6 && str_number(e->text, 999) == (int64_t)e->code);
		break;
	case EVENT_TLS:
		d->was_tls = true;
		drive_tell(d, "tls", STR_NONE);
		break;
	case EVENT_CLOSE:
		drive_tell(d, "close", STR_NONE);
		break;
	default:
		break;
	}
}

static inline bool
drive_is_question(enum smtp_event_kind kind)
{
	return kind >= EVENT_CONNECT && kind <= EVENT_SIGNED_IN;
}

/* drive_run - goes on until the machine wants more from outside */
static inline void
drive_run(struct drive *d)
{
	struct reply_buffer *const out = &d->out;
	for (bool goes_on = !d->is_closed; goes_on;) {
		struct smtp_answer answer = {.verdict = ANSWER_PASS};
		struct str in = {d->in, d->in_bytes};
		const enum smtp_event_kind kind =
			session_next(&d->session, &in, out, &d->event, d->now_ms);
		const size_t left = in.len;
		assert(out->len <= out->room && left <= d->in_bytes);
		drive_note(d);
		if (drive_is_question(kind)) {
			d->answer(d, &answer);
			if (d->answers_later) {
				struct smtp_event wait = {.kind = EVENT_MORE};
				const uint32_t question = d->event.question;
				drive_move(d, in, STR_NONE);
				in = (struct str){d->in, d->in_bytes};
				if (out->room - out->len >= SESSION_OUT_BYTES_MIN) {
					assert(session_next(&d->session, &in, out, &wait,
						       d->now_ms) == EVENT_WAIT);
					assert(in.len == d->in_bytes);
				}
				assert(!session_answer(&d->session, question - 1, &answer));
				assert(session_answer(&d->session, question, &answer));
				assert(!session_answer(&d->session, question, &answer));
				continue;
			}
			assert(session_answer(&d->session, d->event.question, &answer));
		}
		drive_move(d, in, STR_NONE);
		if (kind == EVENT_FLUSH || out->len > 0) {
			assert(kind != EVENT_FLUSH || out->len > 0);
			buf_add(&d->sent, (struct str){out->ptr, out->len});
			out->len = 0;
		}
		d->wants_tls = kind == EVENT_TLS;
		d->is_closed = kind == EVENT_CLOSE;
		goes_on = kind != EVENT_MORE && !d->wants_tls && !d->is_closed;
		d->waits += kind == EVENT_WAIT;
		assert(kind != EVENT_WAIT);
	}
	d->in_bytes_most = d->in_bytes > d->in_bytes_most ? d->in_bytes : d->in_bytes_most;
}

/* drive_feed - bytes that came in one piece */
static inline void
drive_feed(struct drive *d, struct str bytes)
{
	drive_move(d, (struct str){d->in, d->in_bytes}, bytes);
	drive_run(d);
}

#endif
