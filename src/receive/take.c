/* take - the text of a message, and the answer after its last dot */
#include "receive/binary.h"
#include "receive/form.h"
#include "receive/inside.h"

#include <errno.h>

bool
answer_data(struct guest *g, const struct smtp_event *e, struct smtp_answer *a)
{
	struct mail *const m = g->mail;
	if (m == NULL)
		return refuse_with(a, CONDITION_NO_DATA_SAVED);
	m->intake = queue_intake_new(g->receive->parts.queue, m->began_ms);
	if (m->is_binary)
		m->binary =
			binary_new(g->profile->settings.text_line_bytes_max, guest_take_text, g);
	if (m->intake == NULL || (m->is_binary && m->binary == NULL))
		return refuse_with(a, CONDITION_NO_DATA_SAVED);
	m->message = queue_intake_id(m->intake);
	queue_id_text(m->message, m->id);
	mail_begin_signing(m);
	return guest_check(g, CHECK_AT_DATA, e->question, a);
}

/* What is durable is told: the log, whoever delivers, and the client, when it is still there. */
static void
taken(struct mail *m)
{
	struct receive *const r = m->receive;
	char bytes[STR_DIGITS_MAX], count[STR_DIGITS_MAX], took[STR_DIGITS_MAX];
	r->counts.messages++;
	r->counts.recipients += m->count;
	r->counts.bytes += m->bytes;
	EVENTLOG(r->parts.log, clock_wall_ms(), LOG_ACCEPTED, {FIELD_SESSION, m->session},
		{FIELD_ID, str_of(m->id)}, {FIELD_CLIENT, m->client},
		{FIELD_CLIENT_NAME, m->client_name}, {FIELD_HELO, m->helo},
		{FIELD_USER, m->account}, {FIELD_PROTOCOL, m->protocol},
		{FIELD_FROM, m->sender.len == 0 ? STR("<>") : m->sender},
		{FIELD_TO, m->only_recipient},
		{FIELD_RECIPIENTS, str_digits((int64_t)m->count, count)},
		{FIELD_BYTES, str_digits((int64_t)m->bytes, bytes)},
		{FIELD_MESSAGE_ID, m->message_id},
		{FIELD_DELAY_MS, str_digits(clock_mono_ms() - m->commit_ms, took)});
	mail_discarded(m);
	mail_owned_told(m);
	if (r->parts.accepted != NULL)
		r->parts.accepted(r->parts.to, m->message);
}

/* They are discarded under the rule's name: mail_discard(). */
static void
hold_all(struct mail *m)
{
	for (size_t i = 0; i < m->count; i++) {
		struct recipient_progress *const p = &m->recipients[i].progress;
		p->state = RECIPIENT_HELD;
		p->why = p->note = m->discard;
	}
	m->has_discards = true;
}

/* What a failure of the queue is called: no room, or else `failed`. */
static enum condition
condition_of(int error, enum condition failed)
{
	return error == -ENOSPC || error == -EDQUOT ? CONDITION_STORAGE_LOW : failed;
}

static void
answer_with(const struct mail *m, struct smtp_answer *a)
{
	a->facts.id = str_of(m->id);
	if (m->stage == MAIL_TAKEN)
		a->verdict = ANSWER_ACCEPT;
	else
		refuse_with(a, m->refused);
}

static void
committed(void *to, int error)
{
	struct mail *const m = to;
	struct guest *const g = m->guest;
	struct smtp_answer a = {.verdict = ANSWER_PASS};
	m->stage = error == 0 ? MAIL_TAKEN : MAIL_REFUSED;
	m->refused = condition_of(error, CONDITION_QUEUE_FAILED);
	if (error == 0)
		taken(m);
	if (g == NULL) {
		mail_drop(m);
		return;
	}
	g->taken += error == 0;
	m->is_over = true;
	answer_with(m, &a);
	guest_answer(g, m->question, &a);
}

void
mail_refuse(struct mail *m, enum condition c)
{
	m->stage = MAIL_REFUSED;
	m->refused = c;
	m->is_over = true;
}

static bool
refuse_message(struct mail *m, enum condition c, struct smtp_answer *a)
{
	mail_refuse(m, c);
	return refuse_with(a, c);
}

/* Does the header speak against it? */
static bool
header_is_refused(struct guest *g, struct smtp_answer *a)
{
	struct mail *const m = g->mail;
	if (m->head.received > g->profile->hops_max) {
		a->facts.limit = m->head.received;
		return refuse_message(m, CONDITION_TOO_MANY_HOPS, a);
	}
	if (!g->profile->wants_form)
		return false;
	if (m->head.has_8bit && !(m->flags & MESSAGE_SMTPUTF8)) {
		m->why = STR("strict_header: RFC 5322 allows ASCII alone");
		return refuse_message(m, CONDITION_HEADER_NEEDS_SMTPUTF8, a);
	}
	char room[FORM_WORDS_BYTES];
	const struct str fault = form_fault(buf_str(&m->head.text), m->head.is_cut,
		g->profile->settings.kind == LISTENER_SUBMISSION, room);
	if (str_is_set(fault)) {
		m->why = a->facts.text = arena_str(&m->arena, fault);
		return refuse_message(m, CONDITION_HEADER_INVALID, a);
	}
	return false;
}

/* The envelope, in the mail's arena: its guest may be gone when the queue answers. */
static void
gather(struct guest *g, struct mail *m)
{
	char ip[ENDPOINT_TEXT_BYTES];
	const struct session *const s = &g->session;
	mail_sign_return(m);
	m->client = arena_str(&m->arena, guest_client(g, ip));
	m->client_name = arena_str(&m->arena, guest_client_name(g));
	m->helo = arena_str(&m->arena, str_of(g->helo));
	m->session = arena_str(&m->arena, (struct str){s->reference, s->reference_bytes});
	m->account = arena_str(&m->arena, str_of(g->user));
	m->protocol = arena_str(&m->arena, session_protocol(s));
}

/* To the queue, with what goes in front. True: it was refused, and *a is written. */
static bool
commit(struct mail *m, struct smtp_answer *a)
{
	if (buf_failed(&m->front) || !queue_intake_front(m->intake, m->front.ptr, m->front.len))
		return refuse_message(
			m, condition_of(queue_intake_error(m->intake), CONDITION_QUEUE_FAILED), a);
	if (!mail_discard(m))
		return refuse_message(m, CONDITION_QUEUE_FAILED, a);
	m->bytes = queue_intake_bytes(m->intake);
	const struct queue_envelope envelope = {.arrived_ms = m->began_ms,
		.flags = m->flags,
		.reverse_path = m->sender,
		.envelope_id = m->envelope_id,
		.account = m->account,
		.client = m->client,
		.helo = m->helo,
		.session = m->session,
		.recipients = m->recipients,
		.recipient_count = m->count};
	const struct queue_commit commit = {.intake = m->intake,
		.envelope = &envelope,
		.changes = m->discards,
		.change_count = m->discard_count,
		.answer = committed,
		.to = m};
	m->commit_ms = clock_mono_ms();
	const int error =
		arena_failed(&m->arena) ? -ENOMEM : queue_commit(m->receive->parts.queue, &commit);
	if (error != 0)
		return refuse_message(m, condition_of(error, CONDITION_QUEUE_FAILED), a);
	m->intake = NULL; /* the queue's now */
	m->stage = MAIL_COMMITTING;
	return false;
}

/* The fields are made. Its guest is still there: it would have dropped the message. */
static void
on_signed(void *to, struct str fields)
{
	struct mail *const m = to;
	struct guest *const g = m->guest;
	struct smtp_answer a = {.verdict = ANSWER_PASS};
	struct buf front;
	mail_signed(m, fields);
	m->stage = MAIL_OPEN;
	buf_init(&front, QUEUE_FRONT_MAX);
	buf_add(&front, fields);
	buf_add(&front, buf_str(&m->front));
	buf_fini(&m->front);
	m->front = front;
	if (commit(m, &a))
		guest_answer(g, m->question, &a);
}

bool
mail_keep(struct mail *m, struct str checked, uint32_t question, struct smtp_answer *a)
{
	struct guest *const g = m->guest;
	gather(g, m);
	if (str_is_set(m->discard))
		hold_all(m);
	m->question = question;
	mail_front_write(m, checked);
	if (!mail_sign(m, on_signed))
		return commit(m, a);
	m->stage = MAIL_SIGNING;
	return false;
}

bool
answer_end(struct guest *g, const struct smtp_event *e, struct smtp_answer *a)
{
	struct mail *const m = g->mail;
	if (m != NULL && m->is_over) { /* LMTP: the same for each recipient */
		answer_with(m, a);
		return true;
	}
	if (m == NULL || m->intake == NULL)
		return refuse_with(a, CONDITION_NO_DATA_SAVED);
	const char *const fault = m->binary != NULL ? binary_end(m->binary) : NULL;
	const int error = queue_intake_error(m->intake);
	if (m->stage == MAIL_REFUSED || error != 0)
		/* Some of its text is nowhere: that is known before anybody tried to keep it. */
		return refuse_message(m, condition_of(error, CONDITION_NO_DATA_SAVED), a);
	mail_header_end(m);
	if (fault != NULL) {
		m->why = a->facts.text = str_of(fault);
		return refuse_message(m, CONDITION_EIGHT_BIT_IMPOSSIBLE, a);
	}
	mail_judge_return(m);
	mail_read_owned(m);
	return header_is_refused(g, a) || guest_check(g, CHECK_AT_END, e->question, a);
}
