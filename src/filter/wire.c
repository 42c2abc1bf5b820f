#include "filter/wire.h"

#include "filter/spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define OUT_ENOUGH ((size_t)64 << 10) /* that waits to be sent, before more is added */
#define READ_BYTES ((size_t)16 << 10)

static void wire_run(void *wire);

/* ---- the machines */

static void
machine_begin(struct wire *t, const struct filter_question *q)
{
	switch (t->backend->setting.kind) {
	case KIND_CLAMD:
		clamd_begin(&t->u.clamd, q, &t->out);
		break;
	case KIND_SPAMD:
		spamd_begin(&t->u.spamd, q, &t->out);
		break;
	case KIND_RSPAMD:
		rspamd_fini(&t->u.rspamd);
		rspamd_begin(&t->u.rspamd, q, &t->out);
		break;
	case KIND_MILTER:
		milter_begin(&t->u.milter, q, &t->out);
		break;
	default:
		policy_begin(&t->u.policy, q, &t->out);
		break;
	}
}

static enum machine_wants
machine_next(struct wire *t, struct str *in)
{
	switch (t->backend->setting.kind) {
	case KIND_CLAMD:
		return clamd_next(&t->u.clamd, in, t->is_end, &t->out);
	case KIND_SPAMD:
		return spamd_next(&t->u.spamd, in, t->is_end, &t->out);
	case KIND_RSPAMD:
		return rspamd_next(&t->u.rspamd, in, t->is_end, &t->out);
	case KIND_MILTER:
		return milter_next(&t->u.milter, in, t->is_end, &t->out);
	default:
		return policy_next(&t->u.policy, in, t->is_end, &t->out);
	}
}

static void
machine_text(struct wire *t, struct str piece)
{
	switch (t->backend->setting.kind) {
	case KIND_CLAMD:
		clamd_text(&t->u.clamd, piece, &t->out);
		break;
	case KIND_SPAMD:
		spamd_text(&t->u.spamd, piece, &t->out);
		break;
	case KIND_RSPAMD:
		rspamd_text(&t->u.rspamd, piece, &t->out);
		break;
	case KIND_MILTER:
		milter_text(&t->u.milter, piece, &t->out);
		break;
	default:
		break;
	}
}

static void
machine_fini(struct wire *t)
{
	if (t->backend->setting.kind == KIND_MILTER)
		milter_fini(&t->u.milter);
	else if (t->backend->setting.kind == KIND_RSPAMD)
		rspamd_fini(&t->u.rspamd);
}

/* ---- its end */

static void
wire_close(struct wire *t)
{
	if (t->state == WIRE_DEAD)
		return;
	stream_close(&t->stream);
	event_del(&t->timer);
	machine_fini(t);
	buf_fini(&t->in);
	buf_fini(&t->out);
	t->state = WIRE_DEAD;
	t->exchange = NULL;
	t->backend->open_count--;
	TAILQ_REMOVE(&t->backend->wires, t, link);
	TAILQ_INSERT_TAIL(&t->backend->all->dead, t, link);
	backend_tidy(t->backend);
}

void
wire_free(struct wire *t)
{
	wire_close(t);
	TAILQ_REMOVE(&t->backend->all->dead, t, link);
	free(t);
}

/* The exchange fails; nothing of the wire is left behind it. */
static void
wire_fail(struct wire *t, const char *why)
{
	struct exchange *const x = t->exchange;
	char words[FILTER_TROUBLE_BYTES];
	snprintf(words, sizeof words, "%s", why);
	const bool is_old = t->is_reused && !t->has_heard;
	wire_close(t);
	if (x == NULL)
		return;
	x->wire = NULL;
	if (!is_old || !exchange_lost(x))
		exchange_end(x, words);
}

static void
fail_with(struct wire *t, const char *what, int error)
{
	char words[FILTER_TROUBLE_BYTES];
	snprintf(words, sizeof words, "%s: %s", what, strerror(error));
	wire_fail(t, words);
}

static void
on_idle_timer(evutil_socket_t fd, short what, void *wire)
{
	(void)fd;
	(void)what;
	wire_close(wire);
}

/* A milter that may be asked of the next message: last in line to be taken from its session. That
 * it closes, or speaks unasked, is looked for. */
static void
spare(struct wire *t)
{
	struct backend *const b = t->backend;
	t->state = WIRE_SPARE;
	TAILQ_REMOVE(&b->wires, t, link);
	TAILQ_INSERT_TAIL(&b->wires, t, link);
	stream_wait(&t->stream, STREAM_READ);
	if (b->waiting_count > 0)
		backend_tidy(b);
}

static void
rest(struct wire *t)
{
	const struct timeval wait = {FILTER_IDLE_MS / 1000, 0};
	t->state = WIRE_IDLE;
	t->exchange = NULL;
	evtimer_add(&t->timer, &wait);
	stream_wait(&t->stream, STREAM_READ);
	backend_tidy(t->backend); /* for whoever waits */
}

/* ---- talking */

/* Sends what was written; false while the other end takes no more. */
static bool
flush(struct wire *t)
{
	while (t->out_sent < t->out.len && !t->is_mute) {
		const long n = stream_write(
			&t->stream, t->out.ptr + t->out_sent, t->out.len - t->out_sent);
		if (n == STREAM_AGAIN)
			return false;
		if (n < 0) /* what it said before it closed may say why */
			t->is_mute = true;
		else
			t->out_sent += (size_t)n;
	}
	buf_clear(&t->out);
	t->out_sent = 0;
	return true;
}

/* Reads what came; false when nothing did. */
static bool
fill(struct wire *t)
{
	char *const to = t->is_end ? NULL : buf_reserve(&t->in, READ_BYTES);
	if (to == NULL)
		return false;
	const long n = stream_read(&t->stream, to, READ_BYTES);
	if (n == STREAM_AGAIN)
		return false;
	t->is_end = n <= 0;
	t->has_heard |= n > 0;
	t->in.len += n > 0 ? (size_t)n : 0;
	return true;
}

/* The next piece of the text: the header, but for milters, which have it; then the body. */
static bool
give_text(struct wire *t)
{
	const struct exchange *const x = t->exchange;
	char piece[FILTER_PIECE_BYTES];
	if (!t->has_header && t->backend->setting.kind != KIND_MILTER) {
		const struct str all = t->exchange->question.facts->header;
		const struct str head =
			str_head(str_from(all, (size_t)t->text_at), FILTER_PIECE_BYTES);
		t->text_at += head.len;
		t->has_header = t->text_at >= all.len;
		t->text_at = t->has_header ? 0 : t->text_at;
		if (head.len > 0)
			machine_text(t, head);
		return true;
	}
	if (str_is_set(x->body)) {
		const struct str some =
			str_head(str_from(x->body, (size_t)t->text_at), FILTER_PIECE_BYTES);
		t->text_at += some.len;
		machine_text(t, some);
		return true;
	}
	const long n = spool_read(x->text, x->body_at + t->text_at, piece, sizeof piece);
	if (n < 0)
		return false;
	t->text_at += (uint64_t)n;
	machine_text(t, (struct str){piece, (size_t)n});
	return true;
}

/* The machine is done. */
static void
wire_done(struct wire *t)
{
	struct exchange *const x = t->exchange;
	const bool can_go_on = t->u.m.can_go_on && !t->is_end && !t->is_mute;
	x->answer = t->u.m.answer;
	if (t->backend->setting.kind == KIND_MILTER && x->question.at != FILTER_PING && can_go_on) {
		t->state = WIRE_RESTING;
		stream_wait(
			&t->stream, 0); /* that it is gone is found out with the next question */
		if (x->question.at < FILTER_MAIL)
			wire_mail_over(t);
	} else {
		x->wire = NULL;
		if (can_go_on && t->in.len == 0)
			rest(t);
		else
			wire_close(t);
	}
	exchange_end(x, NULL);
}

/* One turn; false when the loop must wait, or the wire is over. */
static bool
wire_turn(struct wire *t)
{
	struct str in = buf_str(&t->in);
	const enum machine_wants wants = machine_next(t, &in);
	if (in.len > 0)
		memmove(t->in.ptr, in.ptr, in.len);
	t->in.len = in.len;
	if (buf_failed(&t->out) || buf_failed(&t->in)) {
		wire_fail(t, "not enough memory");
		return false;
	}
	if (t->u.m.has_progress) {
		const int64_t ms = t->backend->setting.timeout_ms;
		const struct timeval wait = {ms / 1000, ms % 1000 * 1000};
		t->u.m.has_progress = false;
		evtimer_add(&t->exchange->timer, &wait);
	}
	switch (wants) {
	case MACHINE_DONE:
		wire_done(t);
		return false;
	case MACHINE_BROKEN:
		wire_fail(t, t->u.m.trouble);
		return false;
	case MACHINE_TEXT:
		if (t->out.len - t->out_sent < OUT_ENOUGH || flush(t)) {
			if (give_text(t))
				return true;
			wire_fail(t, "the message cannot be read from the disk");
			return false;
		}
		stream_wait(&t->stream, STREAM_READ | STREAM_WRITE);
		return fill(t); /* it may not want to hear the rest */
	case MACHINE_READ:
		break;
	}
	const bool is_sent = flush(t);
	if (fill(t))
		return true;
	stream_wait(&t->stream, is_sent ? STREAM_READ : STREAM_READ | STREAM_WRITE);
	return false;
}

static bool
wire_connected(struct wire *t)
{
	const int error = stream_connected(&t->stream);
	if (error == EINPROGRESS)
		return false;
	if (error != 0) {
		fail_with(t, "connecting", error);
		return false;
	}
	t->state = WIRE_TALKING;
	machine_begin(t, &t->exchange->question);
	return true;
}

static void
wire_run(void *wire)
{
	struct wire *const t = wire;
	/* It was closed, or speaks unasked: either way it is of no use. */
	if (t->state == WIRE_SPARE)
		t->exchange->wire = NULL;
	if (t->state == WIRE_SPARE || t->state == WIRE_IDLE)
		wire_close(t);
	if (t->state == WIRE_CONNECTING && !wire_connected(t))
		return;
	/* The wire may be over, and its exchange too, when a turn says so: it is not touched. */
	while (t->state == WIRE_TALKING && wire_turn(t))
		;
}

void
wire_ask(struct wire *t, struct exchange *x)
{
	event_del(&t->timer);
	t->is_reused = t->state == WIRE_IDLE || t->state == WIRE_SPARE;
	t->has_heard = t->has_header = t->has_text = false;
	t->text_at = 0;
	t->exchange = x;
	x->wire = t;
	t->state = WIRE_TALKING;
	machine_begin(t, &x->question);
	wire_run(t);
}

bool
wire_open(struct backend *b, struct exchange *x, const char **why)
{
	struct wire *const t = calloc(1, sizeof *t);
	if (t == NULL) {
		*why = "not enough memory";
		return false;
	}
	t->backend = b;
	t->state = WIRE_CONNECTING;
	buf_init(&t->in, WIRE_IN_BYTES_MAX);
	buf_init(&t->out, FILTER_OUT_BYTES_MAX);
	if (b->setting.kind == KIND_MILTER)
		milter_init(&t->u.milter);
	evtimer_assign(&t->timer, b->all->base, on_idle_timer, t);
	const struct filter_place *const place = &b->setting.place;
	const int error = stream_connect(
		&t->stream, b->all->base, &place->address.any, place->bytes, NULL, 0, wire_run, t);
	if (error != 0) {
		*why = strerror(error);
		machine_fini(t);
		free(t);
		return false;
	}
	t->exchange = x;
	x->wire = t;
	b->open_count++;
	TAILQ_INSERT_TAIL(&b->wires, t, link);
	return true;
}

void
wire_mail_over(struct wire *t)
{
	if (t->state != WIRE_RESTING && t->state != WIRE_SPARE)
		return;
	milter_mail_over(&t->u.milter, &t->out);
	flush(t);
	if (t->in.len > 0 || t->is_mute)
		wire_leave(t);
	else
		spare(t);
}

void
wire_leave(struct wire *t)
{
	if (t->exchange != NULL)
		t->exchange->wire = NULL;
	t->exchange = NULL;
	/* A milter that knows where it is: it is told of the end. */
	if (t->state == WIRE_RESTING || t->state == WIRE_SPARE) {
		milter_over(&t->u.milter, &t->out);
		flush(t);
	}
	wire_close(t);
}
