#include "receive/mail.h"
#include "base/hash.h"

#include <stdlib.h>

#include "receive/binary.h"
#include "receive/inside.h"
#include "receive/refusals.h"

#define SEEN_BUCKETS 256

struct target_seen {
	struct str address;
	size_t place;
	struct target_seen *next;
};

struct mail *
mail_new(struct guest *g)
{
	struct mail *const m = calloc(1, sizeof *m);
	if (m == NULL)
		return NULL;
	m->receive = g->receive;
	m->guest = g;
	m->began_ms = clock_wall_ms();
	arena_init(&m->arena, MAIL_ARENA_BYTES_MAX);
	head_init(&m->head);
	buf_init(&m->front, QUEUE_FRONT_MAX);
	return m;
}

static void
mail_free(struct mail *m)
{
	signing_drop(m->sign);
	binary_free(m->binary);
	queue_intake_drop(m->intake);
	buf_fini(&m->front);
	head_fini(&m->head);
	buf_fini(&m->copy);
	buf_fini(&m->returned.text);
	arena_fini(&m->arena);
	free(m);
}

void
mail_drop(struct mail *m)
{
	if (m == NULL)
		return;
	m->guest = NULL;
	if (m->stage != MAIL_COMMITTING)
		mail_free(m);
}

/* There already. What the sender wants of it counts, and not what a list would. */
static void
add_again(struct mail *m, size_t place, const struct queue_recipient *recipient)
{
	struct queue_recipient *const r = &m->recipients[place];
	if (r->list == 0 || recipient->list != 0)
		return;
	r->list = 0;
	r->notify = recipient->notify;
	r->original = arena_str(&m->arena, recipient->original);
	r->kind = recipient->kind;
}

bool
mail_add_target(struct mail *m, const struct queue_recipient *recipient, size_t *place)
{
	struct arena *const a = &m->arena;
	if (m->seen == NULL)
		m->seen = arena_alloc(a, SEEN_BUCKETS, sizeof(void *));
	if (m->seen == NULL)
		return false;
	struct target_seen **const bucket =
		&m->seen[hash_add_case(HASH_FIRST, recipient->forward_path) % SEEN_BUCKETS];
	for (const struct target_seen *s = *bucket; s != NULL; s = s->next)
		if (str_eq_case(s->address, recipient->forward_path)) {
			*place = s->place;
			add_again(m, s->place, recipient);
			return !arena_failed(a);
		}
	if (m->count == QUEUE_RECIPIENTS_MAX)
		return false;
	struct queue_recipient *const more =
		arena_more(a, m->recipients, m->count, &m->room, sizeof *m->recipients);
	struct target_seen *const seen = arena_alloc(a, 1, sizeof *seen);
	if (more == NULL || seen == NULL)
		return false;
	m->recipients = more;
	more[m->count] = *recipient;
	more[m->count].forward_path = seen->address = arena_str(a, recipient->forward_path);
	more[m->count].original = arena_str(a, recipient->original);
	*place = seen->place = m->count++;
	seen->next = *bucket;
	*bucket = seen;
	return !arena_failed(a);
}

void
mail_forget_targets(struct mail *m)
{
	if (m->seen != NULL)
		memset(m->seen, 0, SEEN_BUCKETS * sizeof(void *));
	m->count = 0;
}

bool
mail_begin_again(struct mail *m)
{
	struct queue_intake *const fresh = queue_intake_again(m->intake);
	if (fresh == NULL)
		return false;
	m->intake = fresh;
	m->is_rewritten = true;
	head_fini(&m->head);
	head_init(&m->head);
	if (m->sign != NULL) {
		signing_drop(m->sign);
		mail_begin_signing(m);
	}
	return true;
}

/* The header as it came, but for what somebody else gives out for ours. */
static bool
add_header(struct mail *m)
{
	struct str rest = buf_str(&m->head.text);
	while (rest.len > 0) {
		size_t end = 0;
		do { /* a field with its folded lines */
			const size_t eol = str_find(rest, STR("\r\n"), end);
			end = eol == STR_NPOS ? rest.len : eol + 2;
		} while (end < rest.len && (rest.ptr[end] == ' ' || rest.ptr[end] == '\t'));
		const struct str field = str_head(rest, end);
		rest = str_from(rest, end);
		/* What was rewritten has been looked at before. */
		if (!m->is_rewritten &&
			filter_is_forged(m->guest->filter, m->guest->profile->authserv, field))
			continue;
		signing_header(m->sign, field);
		if (!queue_intake_add(m->intake, field.ptr, field.len))
			return false;
	}
	return true;
}

/* The header is over: it goes on, and what came behind it. */
static void
end_header(struct mail *m)
{
	m->message_id = arena_str(&m->arena, m->head.message_id);
	if (hooks_has(m->receive->parts.hooks, HOOK_MESSAGE) || refusals_are_told(m->guest))
		m->header = arena_str(&m->arena, buf_str(&m->head.text));
	/* A header that goes on where looking ends is not known, and nobody vouches for it. */
	const struct str text = buf_str(&m->head.text);
	if (text.len >= HEAD_BYTES_MAX || buf_failed(&m->head.text)) {
		signing_drop(m->sign);
		m->sign = NULL;
	}
	if (!add_header(m))
		m->stage = MAIL_REFUSED;
	buf_fini(&m->head.text);
	buf_init(&m->head.text, 0);
}

void
mail_add_body(struct mail *m, struct str piece)
{
	if (m->stage != MAIL_OPEN || m->intake == NULL)
		return;
	if (!m->head.is_over) {
		const size_t taken = head_add(&m->head, piece);
		piece = str_from(piece, taken);
		if (!m->head.is_over)
			return;
		end_header(m);
	}
	signing_body(m->sign, piece);
	if (!queue_intake_add(m->intake, piece.ptr, piece.len))
		m->stage = MAIL_REFUSED;
}

void
mail_header_end(struct mail *m)
{
	if (m->head.is_over)
		return;
	head_end(&m->head);
	end_header(m);
}

static struct trace
trace_of(const struct mail *m, char ip[ENDPOINT_TEXT_BYTES])
{
	const struct guest *const g = m->guest;
	const struct session *const s = &g->session;
	return (struct trace){.helo = str_of(g->helo),
		.client = guest_client(g, ip),
		.client_name = guest_client_name(g),
		.host = g->profile->host,
		.protocol = session_protocol(s),
		.id = str_of(m->id),
		.session = {s->reference, s->reference_bytes},
		.tls = str_of(g->tls),
		/* One beyond ASCII would make the whole message need SMTPUTF8 from here on. */
		.recipient = m->accepted == 1 && str_is_ascii(m->only_recipient) ? m->only_recipient
										 : STR_NONE,
		.now_ms = clock_wall_ms()};
}

struct str
mail_completion(struct mail *m)
{
	char ip[ENDPOINT_TEXT_BYTES];
	struct buf fields;
	if (m->guest->session.settings->kind != LISTENER_SUBMISSION || str_is_set(m->completion))
		return m->completion;
	const struct trace trace = trace_of(m, ip);
	buf_init(&fields, QUEUE_FRONT_MAX);
	head_complete(&m->head, &trace, &fields);
	m->completion = arena_str(&m->arena, buf_str(&fields));
	buf_fini(&fields);
	return m->completion;
}

void
mail_trace(const struct mail *m, struct buf *out)
{
	char ip[ENDPOINT_TEXT_BYTES];
	const struct trace trace = trace_of(m, ip);
	trace_write(&trace, out);
}

void
mail_front_write(struct mail *m, struct str checked)
{
	char ip[ENDPOINT_TEXT_BYTES];
	const struct trace trace = trace_of(m, ip);
	buf_add(&m->front, checked);
	buf_add(&m->front, m->tags);
	trace_write(&trace, &m->front);
	/* What filters have rewritten has them already. */
	if (!m->is_rewritten)
		buf_add(&m->front, mail_completion(m));
}
