/*
 * client_drive - a caller of the client's machine for tests: keeps the input, gathers what was sent
 * and told
 *
 * Before each call the input moves to new memory of its exact size, so that a slice kept too long,
 * or a byte read too far, is seen by the sanitizers.
 */
#ifndef TESTS_CLIENT_DRIVE_H
#define TESTS_CLIENT_DRIVE_H

#include "base/buf.h"
#include "smtp/client.h"

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define CLIENT_DRIVE_BYTES_MAX ((size_t)64 << 20)
#define CLIENT_DRIVE_OUT_BYTES (CLIENT_OUT_BYTES_MIN + 4096)
#define CLIENT_DRIVE_MESSAGES_MAX 16
#define CLIENT_DRIVE_RECIPIENTS_MAX 256

/* One message that is to be sent. */
struct client_mail {
	struct client_envelope envelope;
	struct client_recipient recipients[CLIENT_DRIVE_RECIPIENTS_MAX];
	struct str pieces[16]; /* of its text */
	size_t piece_count;
};

struct client_drive {
	struct client client;
	struct client_event event;
	char *in;
	size_t in_bytes;
	struct reply_buffer out;
	char out_room[CLIENT_DRIVE_OUT_BYTES];
	struct buf sent, told;
	struct client_mail *mails;
	size_t mail_count, mail;
	size_t piece, piece_used;
	size_t text_bytes_max; /* given at a time; 0: a whole piece */
	bool is_tight;         /* the smallest buffers that are allowed */
	bool stays;            /* no QUIT when all is sent */
	bool wants_tls, is_closed;
	int64_t now_ms;
	uint32_t told_of; /* recipients of this transaction */
};

static inline void
client_drive_init(struct client_drive *d, const struct client_settings *settings, bool is_secure)
{
	client_init(&d->client, settings, is_secure, d->now_ms);
	buf_init(&d->sent, CLIENT_DRIVE_BYTES_MAX);
	buf_init(&d->told, CLIENT_DRIVE_BYTES_MAX);
	d->out = (struct reply_buffer){
		d->out_room, 0, d->is_tight ? (size_t)CLIENT_OUT_BYTES_MIN : sizeof d->out_room};
	d->in = malloc(1);
	assert(d->in != NULL);
}

static inline void
client_drive_fini(struct client_drive *d)
{
	client_fini(&d->client);
	free(d->in);
	buf_fini(&d->sent);
	buf_fini(&d->told);
}

static inline void
client_drive_move(struct client_drive *d, struct str rest, struct str more)
{
	char *const to = malloc(rest.len + more.len > 0 ? rest.len + more.len : 1);
	assert(to != NULL);
	if (rest.len > 0)
		memcpy(to, rest.ptr, rest.len);
	if (more.len > 0)
		memcpy(to + rest.len, more.ptr, more.len);
	free(d->in);
	d->in = to;
	d->in_bytes = rest.len + more.len;
}

static inline void
client_drive_flush(struct client_drive *d)
{
	buf_add(&d->sent, (struct str){d->out.ptr, d->out.len});
	d->out.len = 0;
}

/* The cause, the step and the answer, as the dialogues write them. */
static inline void
client_drive_why(struct client_drive *d)
{
	static const char *const causes[] = {
#define X(id, permanent, status, ours, words) #id,
		CLIENT_CAUSES(X)
#undef X
	};
	static const char *const stages[] = {
#define X(id, name, command) name,
		CLIENT_STAGES(X)
#undef X
	};
	const struct client_event *const e = &d->event;
	buf_add_char(&d->told, ' ');
	buf_add(&d->told, str_of(causes[e->cause]));
	buf_add_char(&d->told, ' ');
	buf_add(&d->told, str_of(stages[e->stage]));
	if (str_is_set(e->reply)) {
		buf_add_char(&d->told, ' ');
		buf_add_number(&d->told, e->code);
		buf_add_char(&d->told, ' ');
		for (size_t i = 0; i < e->reply.len; i++)
			buf_add_char(&d->told, e->reply.ptr[i] == '\n' ? '|' : e->reply.ptr[i]);
	}
}

static inline void
client_drive_note(struct client_drive *d)
{
	static const char *const verdicts[] = {"taken", "deferred", "refused", "later"};
	const struct client_event *const e = &d->event;
	switch (e->kind) {
	case CLIENT_RESULT:
		d->told_of++;
		buf_add(&d->told, STR("result "));
		buf_add_number(&d->told, e->recipient);
		buf_add_char(&d->told, ' ');
		buf_add(&d->told, str_of(verdicts[e->verdict]));
		client_drive_why(d);
		if (e->may_be_taken)
			buf_add(&d->told, STR(" may be taken"));
		break;
	case CLIENT_FAILED:
		buf_add(&d->told, STR("failed"));
		client_drive_why(d);
		break;
	case CLIENT_DONE:
		assert(d->told_of == d->mails[d->mail].envelope.recipient_count);
		d->told_of = 0;
		d->mail++;
		d->piece = d->piece_used = 0;
		buf_add(&d->told, STR("done"));
		break;
	case CLIENT_TLS:
		buf_add(&d->told, STR("tls"));
		break;
	case CLIENT_CLOSE:
		buf_add(&d->told, STR("close"));
		break;
	default:
		return;
	}
	buf_add_char(&d->told, '\n');
}

static inline void
client_drive_text(struct client_drive *d)
{
	const struct client_mail *const m = &d->mails[d->mail];
	const struct str piece = str_from(m->pieces[d->piece], d->piece_used);
	const size_t most = d->text_bytes_max > 0 ? d->text_bytes_max : piece.len;
	const struct str now = str_head(piece, most);
	const bool is_end = now.len == piece.len;
	const bool is_last = is_end && d->piece + 1 >= m->piece_count;
	const size_t used = client_text(&d->client, now, is_last, &d->out, d->now_ms);
	assert(used <= now.len && d->out.len <= d->out.room);
	d->piece_used += used;
	if (used == now.len && is_end && !is_last) {
		d->piece++;
		d->piece_used = 0;
	}
	client_drive_flush(d);
}

/* client_drive_run - goes on until the machine wants more from outside */
static inline void
client_drive_run(struct client_drive *d)
{
	for (bool goes_on = !d->is_closed; goes_on;) {
		struct str in = {d->in, d->in_bytes};
		const enum client_event_kind kind =
			client_next(&d->client, &in, &d->out, &d->event, d->now_ms);
		assert(d->out.len <= d->out.room && in.len <= d->in_bytes);
		client_drive_note(d);
		client_drive_move(d, in, STR_NONE);
		client_drive_flush(d);
		switch (kind) {
		case CLIENT_READY:
			assert(d->in_bytes < CLIENT_IN_BYTES_MIN);
			if (d->mail < d->mail_count)
				client_begin(&d->client, &d->mails[d->mail].envelope, d->now_ms);
			else if (!d->stays)
				client_quit(&d->client, d->now_ms);
			else
				goes_on = false;
			break;
		case CLIENT_TEXT:
			client_drive_text(d);
			break;
		case CLIENT_MORE:
			assert(d->in_bytes < CLIENT_IN_BYTES_MIN);
			goes_on = false;
			break;
		case CLIENT_TLS:
			d->wants_tls = true;
			goes_on = false;
			break;
		case CLIENT_CLOSE:
			d->is_closed = true;
			goes_on = false;
			break;
		default:
			break;
		}
	}
}

/* client_drive_feed - bytes that came in one piece */
static inline void
client_drive_feed(struct client_drive *d, struct str bytes)
{
	client_drive_move(d, (struct str){d->in, d->in_bytes}, bytes);
	client_drive_run(d);
}

#endif
